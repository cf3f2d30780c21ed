"""What happens between us and homes."""

from __future__ import annotations

from laddnav.db.events import Event


class HomeChanged(Event, frozen=True, kw_only=True):
    """A broker came or went, or what is under it is otherwise."""

    broker: str

    @property
    def about(self) -> str:
        return self.broker
