"""What changes about who may charge."""

from typing import ClassVar

from laddnav.db.events import Event


class TokenChanged(Event, frozen=True, kw_only=True):
    owner: str
    type: str
    uid: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.type}/{self.uid}"


class TokenRenamed(Event, frozen=True, kw_only=True):
    """What else than its uid names a Token is different: these names were its own, and stand nowhere any more."""

    each: ClassVar[bool] = True

    owner: str
    type: str
    uid: str
    visual_number: str | None
    issuer: str
    group_id: str | None

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.type}/{self.uid}"
