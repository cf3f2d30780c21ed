"""What every announcement is: a frozen fact in the past tense, of one holder."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from laddnav.kit.ids import PartyId


class Event(Struct, frozen=True, kw_only=True):
    """Carries ids, not state: whoever hears it reads what is true by then.

    `about` names the thing in words that hold inside the holder; listeners hear only the newest of several waiting
    announcements of one kind about one thing, unless `each` says that every single one counts.
    """

    each: ClassVar[bool] = False

    holder: PartyId

    @property
    def ours(self) -> bool:
        """Whether it happened to what is the holder's own, and not to what a partner tells us of."""
        return getattr(self, "owner", None) in (None, str(self.holder))

    @property
    def about(self) -> str:
        raise AssertionError(f"{type(self).__name__} does not say what it is about")
