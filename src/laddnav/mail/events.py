"""What happens to mail."""

from __future__ import annotations

from laddnav.db.events import Event


class MailChanged(Event, frozen=True, kw_only=True):
    """It waits, a server has taken it, or nobody will."""

    ref: str

    @property
    def about(self) -> str:
        return self.ref
