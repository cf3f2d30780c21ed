"""What changes at a place."""

from typing import ClassVar

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


class UnlockRequested(Event, frozen=True, kw_only=True):
    """A plug is stuck at this number of the Station; `request` is what asked, to be told the answer: so each counts."""

    each: ClassVar[bool] = True

    station_id: str
    evse_no: int
    request: str

    @property
    def about(self) -> str:
        return self.station_id


class UnlockAnswered(Event, frozen=True, kw_only=True):
    """What the Station said, as a CommandResultType of OCPI."""

    each: ClassVar[bool] = True

    station_id: str
    result: str
    request: str | None = None

    @property
    def about(self) -> str:
        return self.station_id
