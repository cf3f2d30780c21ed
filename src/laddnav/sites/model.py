"""A site: a grid connection with its panels and the Evses that they feed, and what is to happen there.

Amperes are per phase of the mains. What was set up, and what is said to a Station, is exact; a plan is in floats.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.scheduling.notes import Said
from laddnav.scheduling.outlets import Ban, Lease
from laddnav.scheduling.site import Wish

Amps = tuple[Decimal, Decimal, Decimal]  # of L1, L2 and L3 of the mains
NO_AMPS: Amps = (Decimal(0), Decimal(0), Decimal(0))


class Phase(StrEnum):
    """Of the mains."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


class Aim(StrEnum):
    """What the plan of a site is for, once every car has what it needs."""

    COST = "COST"
    CARBON = "CARBON"
    EVEN = "EVEN"  # as even a load as can be


class Panel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A board with fuses below the grid connection; `under` names the one that feeds it, None: the connection does."""

    name: str
    under: str | None = None
    amps: Amps


class Member(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An Evse that the site feeds, by its Station and the Station's own number for it.

    `panel` None: it hangs on the connection itself. `phases`: which of the mains is behind the Station's L1, L2, L3;
    one of them, where only one is wired. `fallback_amps` is what it may draw when nobody tells it: without a line, or
    after what it was told has lapsed. `amps_max` is the most that it can, and `discharge_amps_max` the most that it
    can give back, where car, driver and Station agree on that.
    """

    station_id: str
    evse_no: int
    panel: str | None = None
    phases: tuple[Phase, ...] = (Phase.L1, Phase.L2, Phase.L3)
    amps_max: Decimal
    amps_min: Decimal = Decimal(6)
    fallback_amps: Decimal = Decimal(6)
    discharge_amps_max: Decimal = Decimal(0)


class SiteBattery(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of what goes in, the share `efficiency` comes out."""

    capacity_kwh: Decimal
    charge_kw: Decimal
    discharge_kw: Decimal
    efficiency: Decimal = Decimal("0.9")


class Unsaid(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a driver is taken to need who says nothing: so much, to leave so long after plugging in, and not to wait."""

    energy_kwh: Decimal = Decimal(20)
    stay_hours: Decimal = Decimal(8)
    wish: Wish = Wish.NOW


class Site(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`amps` is what the connection gives on each phase, and `building` the most that is drawn there beside the cars.

    `solar_follows`: the roof's inverter gives no more than it is told. `keeps_room`: for cars that are expected.
    Fallbacks and the building together fit every panel and phase, or the site is not accepted. `reaction_seconds` is
    how long a Station may take to follow; one that does not is taken out.
    """

    holder: PartyId
    id: str
    ref: str
    name: str
    location_ids: tuple[str, ...] = ()
    time_zone: str
    currency: str
    bidding_zone: str | None = None
    grid_tariff_id: str | None = None
    amps: Amps
    volts: Decimal = Decimal(230)
    panels: tuple[Panel, ...] = ()  # each after the one that feeds it
    members: tuple[Member, ...] = ()
    building: Amps = NO_AMPS
    unbalance_amps: Decimal | None = None
    solar_kwp: Decimal | None = None
    solar_follows: bool = False
    battery: SiteBattery | None = None
    aim: Aim = Aim.COST
    unsaid: Unsaid = Unsaid()
    keeps_room: bool = True
    reaction_seconds: int = 60
    last_updated: datetime


# What is measured, and what others limit -----------------------------------------------------------------------------


class Place(StrEnum):
    """Where a meter of a site sits."""

    GRID = "GRID"  # all that comes in, below zero what goes out
    BUILDING = "BUILDING"  # all that is drawn beside cars, battery and roof
    SOLAR = "SOLAR"  # what the roof gives
    BATTERY = "BATTERY"  # what goes into it, below zero what comes out


class Measurement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a meter said; `stored_kwh` is what a battery holds."""

    place: Place
    at: datetime
    amps: Amps
    stored_kwh: Decimal | None = None


class BatteryWhy(StrEnum):
    """Why a battery was told what it was."""

    AS_PLANNED = "AS_PLANNED"
    FULL = "FULL"
    EMPTY = "EMPTY"
    NO_ROOM = "NO_ROOM"  # fuse, building or a limit from outside leave less than was planned


class BatteryTold(Struct, frozen=True, kw_only=True):
    """What a battery is to do from `at` on: kW into it, below zero out of it. After `until_at` it goes by itself."""

    at: datetime
    kw: float
    until_at: datetime
    why: BatteryWhy = BatteryWhy.AS_PLANNED


class RoofWhy(StrEnum):
    """Why a roof was told what it was."""

    FREE = "FREE"  # it gives what it can
    LIMITED = "LIMITED"  # others let no more go out
    COSTS = "COSTS"  # what goes out costs money
    UNKNOWN = "UNKNOWN"  # nobody can say what is used there, so that it gives no more than may go out


class RoofTold(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a roof is to give from `at` on: so many kW at most; None: all that it can.

    After `until_at` it gives no more than `after_kw`, unless it was told again.
    """

    at: datetime
    kw: float | None = None
    until_at: datetime | None = None
    after_kw: float | None = None
    why: RoofWhy = RoofWhy.FREE


class Covers(StrEnum):
    """What a limit from outside is for."""

    SITE = "SITE"  # all that comes in from the grid
    CARS = "CARS"
    EXPORT = "EXPORT"  # all that goes out to the grid


class OutsideLimit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many kW at most in a time, as somebody outside says (`by`: a grid, a home), under an `id` of its own.

    `end_at` None: until it is taken back. `obeyed_at`: since when nothing there may draw more, by what Stations have
    acknowledged; None: not yet.
    """

    id: str
    by: str
    kw: Decimal
    covers: Covers = Covers.SITE
    begin_at: datetime
    end_at: datetime | None = None
    told_at: datetime
    obeyed_at: datetime | None = None


# What stations were told ---------------------------------------------------------------------------------------------


class Standing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a member was told and what it made of that: it outlives every process.

    `fallback` is what its Station has acknowledged to keep to by itself, None: nothing yet; `fallback_asked_at` when it
    was asked last. `session_id` is there `since_at`, or nobody is. `leases` are those of that charge, the last of them
    has this `number`; `phases` are those that its car uses, once that was seen. `ban`: it is taken out, for `ban_why`,
    and its Station was told so last at `out_told_at`; `outs`: how often it was, until somebody brought it back. Of all
    other fields an Outlet says what they are. Instants that control keeps are on the clock of the wall (`pace.py`).
    """

    station_id: str
    evse_no: int
    fallback: Decimal | None = None
    fallback_asked_at: datetime | None = None
    session_id: str | None = None
    since_at: datetime | None = None
    number: int = 0
    leases: tuple[Lease, ...] = ()
    phases: tuple[int, ...] | None = None
    on_since_at: datetime | None = None
    waits_since_at: datetime | None = None
    paused: bool = False
    over_since_at: datetime | None = None
    ban: Ban | None = None
    ban_why: Said = ""
    out_told_at: datetime | None = None
    outs: int = 0


# The plan ------------------------------------------------------------------------------------------------------------


class PlannedCar(Struct, frozen=True, kw_only=True):
    """A car as the plan saw it.

    `energy` is what it still wanted and `unmet` what it will miss, both kWh; `power` is kW a step.
    `said`: its driver, or whoever speaks for the vehicle, said what it needs; False: it is taken to need the usual.
    """

    session_id: str
    session_ref: str
    station_id: str
    evse_no: int
    since_at: datetime
    departs_at: datetime
    energy: float
    said: bool
    wish: Wish
    amps_max: float
    power: tuple[float, ...]
    unmet: float


class PlannedRoom(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a plan leaves to so many `cars` that are expected, beyond what their plugs fall back to.

    So many of them are `timetabled`, the others usually come. `power` is kW a step and `energy` what they would take,
    kWh. The plan is so much `dearer` for it. `gave_way`: a car that is there would have missed energy for them, so that
    nothing is left to them.
    """

    cars: int
    timetabled: int = 0
    energy: float
    power: tuple[float, ...] = ()
    dearer: float = 0.0
    gave_way: bool = False


class SitePlan(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to happen at a site: kW a step, the mean over the step. `number` grows by one with each plan.

    It was made because of `why`, and another is due when the `situation` is a different one (`planning.situation`).
    `prices` are money per kWh that comes in. `cost` is that of all energy and peaks until the end, `bound` what no plan
    could do for less, `at_once` what the same energy costs when every car takes it as soon as it can. `roof_out`: kW at
    most that are to go out of a roof that can be told, None: all that it gives; it is `roof_down` less than `solar`, of
    which nothing is taken off. `room`: for who is expected, None: nobody is. `forecast_from`:
    prices from then on are not published yet. `notes` say what cannot be met, or was not known.
    """

    number: int
    made_at: datetime
    why: Said
    situation: str = ""
    start_at: datetime
    step_minutes: int
    prices: tuple[float, ...]
    carbon: tuple[float, ...] = ()
    cars: tuple[PlannedCar, ...] = ()
    grid: tuple[float, ...] = ()
    building: tuple[float, ...] = ()
    solar: tuple[float, ...] = ()
    roof_out: tuple[float | None, ...] = ()
    roof_down: tuple[float, ...] = ()
    battery: tuple[float, ...] = ()
    limit: tuple[float, ...] = ()
    cost: float
    bound: float | None = None
    at_once: float | None = None
    room: PlannedRoom | None = None
    currency: str
    forecast_from: datetime | None = None
    notes: tuple[Said, ...] = ()


class Quarter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A quarter of an hour that has begun: what was planned for it and what happened, mean kW each; None: not known.

    `planned` is what the cars were to draw and `planned_grid` what was to come in, by the first plan that was made in
    it or for it; `grid_seconds` for how much of it the meter at the connection was heard.
    """

    at: datetime
    planned: float | None = None
    planned_grid: float | None = None
    limit: float | None = None
    cars: float | None = None
    grid: float | None = None
    grid_seconds: float = 0.0
    building: float | None = None
    solar: float | None = None
    battery: float | None = None


class Arrival(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A vehicle that will come by its timetable, and leaves again `until_at`; `since_at` None: it is there, unplugged.

    `energy_kwh` is what it will want by the meter; it draws `amps_max` at most from each of so many `phases`.
    """

    vehicle: str
    since_at: datetime | None = None
    until_at: datetime
    energy_kwh: Decimal
    amps_max: Decimal
    phases: int = 3


class Expected(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom somebody expects at a site, and which charges of the last days, by folded id, were theirs."""

    arrivals: tuple[Arrival, ...] = ()
    charges: tuple[str, ...] = ()


# How it stands -------------------------------------------------------------------------------------------------------


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


class Savings(Struct, frozen=True, kw_only=True):
    """What planning was worth in a time: the same cars and the same energy, as it was charged and as soon as it could.

    Both at the prices and peaks that came true. Cars that gave back are thought to have drawn at once what they kept,
    so that what was lost on the way out and in again is of `cost` alone. `energy_kwh` is what they drew less
    `returned_kwh`. `lent_kwh`: what left their batteries and was not in them again by the end; in `cost` it is bought
    again at the mean price of that time. `missed_kwh`: what the fuses would not have given in time to cars that
    do not wait, so that charging at once costs that much less. `carbon` in kg; None: nobody knew it.
    """

    begin_at: datetime
    end_at: datetime
    currency: str
    cars: int
    energy_kwh: Decimal
    cost: Decimal
    cost_at_once: Decimal
    returned_kwh: Decimal = Decimal(0)
    lent_kwh: Decimal = Decimal(0)
    missed_kwh: Decimal = Decimal(0)
    carbon: Decimal | None = None
    carbon_at_once: Decimal | None = None

    @property
    def saved(self) -> Decimal:
        return self.cost_at_once - self.cost
