"""What happens between us and a grid company."""

from __future__ import annotations

from laddnav.db.events import Event


class GridChanged(Event, frozen=True, kw_only=True):
    """A VTN asked for something else, answers again or no more, or is set up differently."""

    vtn: str

    @property
    def about(self) -> str:
        return self.vtn
