"""A site: a grid connection with its panels, and the Evses that they feed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
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
