"""What is kept of a meter: readings in their place, and doubts with a name."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.notes import Note
from laddnav.metering.model import DoubtKind, Reading


class Said(Struct, frozen=True, kw_only=True):
    """Readings of one message: which Station, which of its Evses, and for which Session ('' outside a charge)."""

    holder: PartyId
    station_id: str
    evse_no: int
    session_id: str
    readings: tuple[Reading, ...]


class KeptDoubt(Struct, frozen=True, kw_only=True):
    """`session_id` '' where no charge could be named; `settled_at` None until somebody, or a later fact, settles it.

    `energy` is what was read and is not billed because of it; less than nothing where the register fell. `note` is what
    `detail` says as a kind with its values; None where it was raised before there were kinds.
    """

    holder: PartyId
    id: str
    session_id: str
    station_id: str
    kind: DoubtKind
    at: datetime
    detail: str
    note: Note | None = None
    energy: Energy = NO_ENERGY
    raised_at: datetime
    settled_at: datetime | None = None


class Flow(Struct, frozen=True, kw_only=True):
    """What an Evse counted in the quarter of an hour that began `at`: drawn by cars, and given back by them."""

    station_id: str
    evse_no: int
    at: datetime
    drawn: Energy
    returned: Energy = NO_ENERGY

    @property
    def net(self) -> Energy:
        """Below zero where more came back."""
        return self.drawn - self.returned


class MainsReading(Struct, frozen=True, kw_only=True):
    """What the meter that a place is bought electricity by said at one instant."""

    holder: PartyId
    location_id: str
    meter: str
    at: datetime
    register: Energy


class MainsExchange(Struct, frozen=True, kw_only=True):
    """From an instant on another meter counts at a place under the same name.

    `before` is what the old one showed last, and `after` what the new one showed first.
    """

    holder: PartyId
    ref: str
    location_id: str
    meter: str
    at: datetime
    before: Energy
    after: Energy
    noted_at: datetime
    noted_by: str
