"""What happens to cures."""

from __future__ import annotations

from laddnav.db.events import Event


class CureWentOn(Event, frozen=True, kw_only=True):
    """A Station was asked to do something about its ill, answered, or it is known whether that helped."""

    station_id: str

    @property
    def about(self) -> str:
        return self.station_id
