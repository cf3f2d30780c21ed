"""A company's vehicles at their depots: when each has to leave with how much in it, and who pays for what it charges.

Who drives is not kept: nothing here needs it.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.power import Power

HUNDRED = Decimal(100)


class CostCentre(Struct, frozen=True, kw_only=True):
    """Whoever of the company pays; `code` is the name in its books."""

    code: str
    name: str


class Depot(Struct, frozen=True, kw_only=True):
    """A place of ours where vehicles of a fleet stand; its clock is that of the Location."""

    id: str
    name: str
    location_id: str
    time_zone: str


class Fleet(Struct, frozen=True, kw_only=True):
    """The vehicles of one `customer`, served by `holder`."""

    holder: PartyId
    ref: str
    name: str
    customer: str
    depots: tuple[Depot, ...] = ()
    cost_centres: tuple[CostCentre, ...] = ()
    last_updated: datetime

    def depot(self, id: str) -> Depot | None:
        return next((one for one in self.depots if one.id == id), None)


class SignKind(StrEnum):
    """How a station comes to know a vehicle."""

    CARD = "CARD"  # the uid of a card or key fob
    EVCCID = "EVCCID"  # the address of the car's own modem, by which it charges when it is plugged in
    CONTRACT = "CONTRACT"  # the contract of which the car holds a certificate, or that its cards belong to


class Sign(Struct, frozen=True, order=True):
    """By which a vehicle is recognised; no two vehicles of a holder have the same."""

    kind: SignKind
    value: str


class PaidSince(Struct, frozen=True, kw_only=True):
    """From the beginning of this day at its depot on, this CostCentre pays; `code` None: nobody in particular."""

    since: date
    code: str | None


class Vehicle(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`id` is what its company calls it. `ac_amps_max` on each of `ac_phases`; `dc_max` None: no direct current.

    `per_100_km` is what it uses; the last `reserve_percent` of its battery are not planned with. `paid` is in order.
    While it stands there it may give back down to `gives_back_to_percent`; 100: nothing.
    """

    holder: PartyId
    fleet: str
    ref: str
    id: str
    name: str = ""
    plate: str | None = None
    depot: str
    battery: Energy
    ac_amps_max: Decimal
    ac_phases: int = 3
    dc_max: Power | None = None
    per_100_km: Energy
    reserve_percent: Decimal = Decimal(10)
    gives_back_to_percent: Decimal = Decimal(100)
    signs: tuple[Sign, ...] = ()
    paid: tuple[PaidSince, ...] = ()
    last_updated: datetime

    @property
    def reserve(self) -> Energy:
        return self.share(self.reserve_percent)

    @property
    def says(self) -> str:
        """What people call it."""
        return self.name or self.id

    def share(self, percent: Decimal) -> Energy:
        """So much of its battery."""
        return Energy(self.battery.wh * percent / HUNDRED)

    def cost_centre(self, on: date) -> str | None:
        """Who pays for what it charges on a day."""
        return next((one.code for one in reversed(self.paid) if one.since <= on), None)


class NeedUnit(StrEnum):
    """In what somebody says how much has to be in a vehicle when it leaves."""

    KM = "km"  # to drive, with the reserve left at the end
    KWH = "kWh"  # to use, with the reserve left at the end
    PERCENT = "%"  # of the battery, when it leaves


class Need(Struct, frozen=True):
    amount: Decimal
    unit: NeedUnit

    def __str__(self) -> str:
        return f"{self.amount.normalize():f} {self.unit.value}"


class Departure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A vehicle leaves its depot on these `days` of the week (1 is Monday), from one day to another, but not `but_on`.

    One that leaves once does so on the day that is both the first and the last. `at` and `back` are what the clock at
    the depot shows; a `back` that is not after `at` is on the next day; None: nobody said. `id` is what its company
    calls it.
    """

    holder: PartyId
    fleet: str
    ref: str
    id: str
    vehicle: str
    days: tuple[int, ...]
    begins_on: date | None = None
    ends_on: date | None = None
    but_on: tuple[date, ...] = ()
    at: time
    back: time | None = None
    need: Need
    note: str = ""
    last_updated: datetime

    @property
    def once(self) -> date | None:
        """The only day on which it is."""
        return self.begins_on if self.begins_on is not None and self.begins_on == self.ends_on else None


class Swap(Struct, frozen=True, kw_only=True):
    """On this day another `vehicle` leaves instead; whoever said so is kept, for people ask."""

    departure: str
    on: date
    vehicle: str
    by: str
    at: datetime


class Trip(Struct, frozen=True, kw_only=True):
    """One Departure on one day. `vehicle` is the one that leaves, whatever the timetable says.

    `back_at` None: nobody said. `swapped_for`: the vehicle of the timetable, where another one leaves.
    """

    departure: str
    id: str
    on: date
    vehicle: str
    departs_at: datetime
    back_at: datetime | None
    need: Need
    note: str = ""
    swapped_for: str | None = None


class How(StrEnum):
    """From where it is known how much is in a vehicle, the surest first."""

    TOLD = "TOLD"  # its state of charge, by the station, the vehicle or a person
    COUNTED = "COUNTED"  # what was told, and what a meter counted since
    ESTIMATED = "ESTIMATED"  # with the distance that it drove since, or was to drive
    UNKNOWN = "UNKNOWN"  # nobody ever said: counted as empty


class Content(Struct, frozen=True, kw_only=True):
    """How much is in a battery at an instant, give or take `sure`.

    `charged` is what the charge under way had given by then, which is in it already. `odometer` in km, where it was
    told.
    """

    at: datetime
    energy: Energy
    sure: Energy
    how: How
    charged: Energy = NO_ENERGY
    odometer: Decimal | None = None

    @property
    def low(self) -> Energy:
        """What is surely in it; a departure is judged by this: a wrong guess costs some kWh, and no departure."""
        return Energy(max(self.energy.wh - self.sure.wh, Decimal(0)))


class Block(Struct, frozen=True, kw_only=True):
    """Power that is planned for a stretch of time."""

    begin_at: datetime
    end_at: datetime
    power: Power

    @property
    def length(self) -> timedelta:
        return self.end_at - self.begin_at


class Plugged(Struct, frozen=True, kw_only=True):
    """A vehicle stands at an Evse. `power_max`: what that Evse and the vehicle can do together.

    `planned` None: nobody plans there, it gets what it takes. `works` False: the Station is broken or away.
    """

    session: str
    location_id: str
    evse: str
    since_at: datetime
    energy: Energy = NO_ENERGY
    power_max: Power
    works: bool = True
    planned: tuple[Block, ...] | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """How a vehicle stands: what is in it, and what it is plugged in to.

    `home_at`: since or from when it is at its depot; None: nobody knows. `fastest`: what the best working Evse of its
    depot and itself can do together.
    """

    vehicle: Vehicle
    content: Content
    home_at: datetime | None
    plugged: Plugged | None
    fastest: Power


class Light(StrEnum):
    """How a departure looks, the best first."""

    READY = "READY"
    WILL_BE_READY = "WILL_BE_READY"
    TO_PLUG_IN = "TO_PLUG_IN"  # there is time, if somebody plugs it in by then
    AT_RISK = "AT_RISK"
    MISSED = "MISSED"


class Cause(StrEnum):
    """Why a departure is at risk."""

    NOT_PLUGGED_IN = "NOT_PLUGGED_IN"
    BACK_TOO_LATE = "BACK_TOO_LATE"  # it comes back too late for what it needs next
    PLUGGED_IN_LATE = "PLUGGED_IN_LATE"
    POWER_TOO_LOW = "POWER_TOO_LOW"
    OTHER_CARS = "OTHER_CARS"  # the plan gives the power to others, or the site has no more
    CHARGER_BROKEN = "CHARGER_BROKEN"
    BATTERY_TOO_SMALL = "BATTERY_TOO_SMALL"


class Readiness(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`short` is what will be missing in the battery when it leaves, as things stand, and `missing` what is now.

    `plug_by`: the last moment at which charging with all the power there is still saves it; None: nothing does, or
    nothing has to.
    """

    light: Light
    missing: Energy = NO_ENERGY
    short: Energy = NO_ENERGY
    ready_at: datetime | None = None
    cause: Cause | None = None
    plug_by: datetime | None = None


class Proposal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another vehicle of the depot that can leave instead, from `ready_at` on, with `over` more in it than is needed.

    `takes`: its own departure that the first vehicle can do in exchange. `next_at`: when it has to leave next itself.
    """

    vehicle: str
    ready_at: datetime
    over: Energy
    takes: Trip | None = None
    next_at: datetime | None = None


class Outlook(Struct, frozen=True, kw_only=True):
    """A Trip, how it looks, and what could leave instead, the best first.

    `act_by`: the last moment at which somebody can still save it, by plugging in or by a swap.
    """

    trip: Trip
    vehicle: Vehicle
    content: Content
    readiness: Readiness
    plugged: Plugged | None = None
    swaps: tuple[Proposal, ...] = ()
    act_by: datetime | None = None


class Alert(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A Departure was at risk for a Cause. `cured_at`: from then on it was not, or not for this cause."""

    holder: PartyId
    fleet: str
    ref: str
    departure: str
    on: date
    vehicle: str
    cause: Cause
    short: Energy
    departs_at: datetime
    act_by: datetime | None
    raised_at: datetime
    cured_at: datetime | None = None
    missed_at: datetime | None = None


class Spent(Struct, frozen=True, kw_only=True):
    """What a CDR says that a vehicle charged on a day, before taxes; a Credit CDR takes both back.

    `owner` is the CPO: another than the holder where it charged with a partner.
    """

    holder: PartyId
    fleet: str
    owner: PartyId
    cdr: str
    vehicle: str
    on: date
    cost_centre: str | None
    energy: Energy
    currency: str
    cost: Decimal


class Spending(Struct, frozen=True, kw_only=True):
    """Of a month, by CostCentre, vehicle and currency. `roamed` is what of the energy was charged with partners."""

    cost_centre: str | None
    vehicle: str
    charges: int
    energy: Energy
    roamed: Energy
    currency: str
    cost: Decimal
