"""What an export of another central system holds for us, and what becomes of each part of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.locations.model import Location


class Source(StrEnum):
    """STATIONS: a list of stations that somebody wrote by hand."""

    STATIONS = "stations"
    STEVE = "steve"
    CITRINEOS = "citrineos"


class StationKnown(Struct, frozen=True, kw_only=True):
    """`evses`: what each number of it is, where the export says so; `password` None: one is made."""

    row: str
    id: str
    location_id: str | None = None
    evses: tuple[tuple[int, str], ...] = ()
    password: str | None = None
    security_profile: int = 1


class Card(Struct, frozen=True, kw_only=True):
    row: str
    uid: str
    group_id: str | None = None
    expires_at: datetime | None = None
    blocked: bool = False


class PastCharge(Struct, frozen=True, kw_only=True):
    """As the other system kept it, `id` is its own: told here, never priced and never billed.

    Of a source that keeps the energy alone, the register begins at nought.
    """

    row: str
    station_id: str
    id: str
    evse_no: int
    uid: str
    started_at: datetime
    ended_at: datetime
    meter_started: Decimal  # Wh
    meter_stopped: Decimal  # Wh
    stop_reason: str | None = None

    @property
    def energy(self) -> Energy:
        return Energy(self.meter_stopped - self.meter_started)


class LeftOut(Struct, frozen=True, kw_only=True):
    """`row` is the file and the line, or the place in it; `says` why nothing of ours can be made of it."""

    row: str
    says: str


class Brought(Struct, frozen=True, kw_only=True):
    """All that was found in the files, in their order."""

    source: Source
    locations: tuple[tuple[str, Location], ...] = ()  # with the row of each
    stations: tuple[StationKnown, ...] = ()
    cards: tuple[Card, ...] = ()
    charges: tuple[PastCharge, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


class Becomes(StrEnum):
    NEW = "NEW"
    KNOWN = "KNOWN"  # it is here already, and left as it is
    LEFT_OUT = "LEFT_OUT"


class Part(Struct, frozen=True, kw_only=True):
    """One row of an export and what becomes of it; `password` of a Station that is new, shown this once."""

    kind: str
    row: str
    id: str
    becomes: Becomes
    says: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        """Without the password."""
        return f"Part({self.kind} {self.id} {self.becomes})"


class TakenOver(Struct, frozen=True, kw_only=True):
    """`preview`: nothing was changed."""

    holder: PartyId
    source: Source
    preview: bool
    parts: tuple[Part, ...]

    def count(self, kind: str, becomes: Becomes) -> int:
        return sum(one.kind == kind and one.becomes is becomes for one in self.parts)
