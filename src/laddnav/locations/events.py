"""What changes at a place."""

from laddnav.db.events import Event


class LocationChanged(Event, frozen=True, kw_only=True):
    """A Location, or something on it, is new or different; read it to see what."""

    owner: str
    location_id: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.location_id}"


class EvseStatusChanged(Event, frozen=True, kw_only=True):
    owner: str
    location_id: str
    evse_uid: str
    status: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.location_id}/{self.evse_uid}"


class StationChanged(Event, frozen=True, kw_only=True):
    """A Station came, went, booted or was set up differently."""

    station_id: str

    @property
    def about(self) -> str:
        return self.station_id
