"""How a site stands now, for whoever looks at it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.scheduling.notes import Said
from laddnav.scheduling.site import Wish
from laddnav.sites.model.site import Amps, Phase
from laddnav.sites.model.standing import BatteryWhy, RoofWhy
from laddnav.sites.model.told import OutsideLimit


class Why(StrEnum):
    """Why a car has what it has now."""

    AS_PLANNED = "AS_PLANNED"
    GIVES_BACK = "GIVES_BACK"  # what it has more than it keeps, while energy is dear
    WAITS_FOR_BETTER = "WAITS_FOR_BETTER"  # a cheaper or greener hour before it leaves
    WAITS_ITS_TURN = "WAITS_ITS_TURN"  # there is not enough for all at once
    ROOM_IS_MADE = "ROOM_IS_MADE"  # others have not lowered yet what this one will get
    HAS_ENOUGH = "HAS_ENOUGH"
    LIMITED = "LIMITED"  # by somebody else
    AWAY = "AWAY"  # its Station cannot be told: it has its fallback
    TAKEN_OUT = "TAKEN_OUT"  # its Station did not follow


class Gauge(Struct, frozen=True, kw_only=True):
    """A panel now, amperes by phase; the connection is the first and has the name ''.

    `committed` is the most that its cars may draw by what Stations have acknowledged; `drawn` what they say they do;
    `building` what else is drawn there.
    """

    panel: str
    limit: Amps
    committed: Amps
    drawn: Amps
    building: Amps


class CarNow(Struct, frozen=True, kw_only=True):
    """A car that stands there: amperes per phase, kW, kWh; `planned` is None where no plan knows it yet."""

    session_id: str
    session_ref: str
    station_id: str
    evse_no: int
    panel: str | None
    phases: tuple[Phase, ...]
    wish: Wish
    said: bool
    departs_at: datetime
    wanted_kwh: Decimal
    had_kwh: Decimal
    unmet_kwh: Decimal
    target_amps: Decimal
    committed_amps: Decimal
    drawn_kw: Decimal | None
    planned_kw: Decimal | None
    why: Why


class MemberNow(Struct, frozen=True, kw_only=True):
    """How a member stands: `fallback_known` False: it counts with all that it can draw until it says that it has it.

    `out_at`: since when it is taken out; an operator brings it back.
    """

    station_id: str
    evse_no: int
    connected: bool
    fallback_known: bool
    committed_amps: Decimal
    out_at: datetime | None = None
    out_why: Said = ""


class TakenOut(Struct, frozen=True, kw_only=True):
    """An Evse whose Station did not follow, since then; `why` it was."""

    holder: PartyId
    site_ref: str
    station_id: str
    evse_no: int
    since_at: datetime
    why: Said


class BatteryNow(Struct, frozen=True, kw_only=True):
    """A battery as it was told, and as it says it does, in kW into it; `told_kw` None: it goes by itself."""

    told_kw: Decimal | None = None
    why: BatteryWhy | None = None
    until_at: datetime | None = None
    does_kw: Decimal | None = None
    stored_kwh: Decimal | None = None
    capacity_kwh: Decimal


class RoofNow(Struct, frozen=True, kw_only=True):
    """A roof as it was told, in kW; None: as much as it can. `after_kw`: what it keeps to after `until_at`."""

    told_kw: Decimal | None
    why: RoofWhy
    until_at: datetime | None
    after_kw: Decimal | None


class Picture(Struct, frozen=True, kw_only=True):
    """A site now, for whoever looks at it; `grid_kw` None: no meter says."""

    holder: PartyId
    site_id: str
    ref: str
    at: datetime
    gauges: tuple[Gauge, ...]
    cars: tuple[CarNow, ...]
    members: tuple[MemberNow, ...]
    limits: tuple[OutsideLimit, ...]
    grid_kw: Decimal | None
    solar_kw: Decimal | None
    battery: BatteryNow | None = None
    roof: RoofNow | None = None
    measured_at: datetime | None
    plan_number: int | None
