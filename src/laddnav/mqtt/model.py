"""A broker of a home, the charge points that were put under it, and the meters that are heard through it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId

# Who limits a charge for a home: ISO 3166 gives XX to no country, so no company is called this.
HOME = PartyId("XX", "HOM")


class Broker(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a home's broker is. `user` None: it lets in anybody. All that we say begins with `topics`.

    `inward`: it may stand in a private network, because somebody who may see the whole installation said so.
    """

    holder: PartyId
    ref: str
    name: str
    url: str
    user: str | None = None
    topics: str = "laddnav"
    discovery: str = "homeassistant"  # what Home Assistant listens to
    inward: bool = False
    enabled: bool = True
    changed_at: datetime
    changed_by: str


class BrokerLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How it stands between us and a broker: since when it is as it is, and why we are not connected."""

    holder: PartyId
    ref: str
    connected: bool = False
    since_at: datetime | None = None
    heard_at: datetime | None = None  # when it last told us anything
    trouble: str | None = None


class HomeMode(StrEnum):
    """What a home wants of a charge."""

    NOW = "now"
    CHEAP = "cheap"
    GREEN = "green"
    SOLAR = "solar"  # only what the roof has to spare
    OFF = "off"


class HomeWish(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a home said last, kept for the charges that come. `amps` None: as many as there may be.

    `departs` is HH:MM of the place's own clock; None: nobody said, and `need_kwh` of the next eight hours is taken.
    """

    charge: bool = True
    amps: Decimal | None = None
    mode: HomeMode = HomeMode.NOW
    departs: str | None = None
    need_kwh: Decimal = Decimal(20)


class HomeAsked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of it was asked already, and of which charge. `refused_at`: when its Station would not, so that it rests."""

    session_id: str | None = None
    amps: Decimal | None = None
    refused_at: datetime | None = None
    phases: int | None = None
    mode: HomeMode | None = None
    departs: str | None = None
    need_kwh: Decimal | None = None


class ChargePoint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An Evse that was put under a broker; nobody there sees or moves any other.

    `key` is what it is called in topics. `token_ref` is the card on which a home starts charges; None: none are started
    from there. `phases`: on how many it charges; two of them where its Station can switch. `begin_after` and
    `stop_after`, in seconds: how long the roof has to spare enough, or too little.
    """

    holder: PartyId
    broker: str  # its ref
    station_id: str
    evse_no: int
    key: str
    name: str
    amps_max: Decimal = Decimal(16)
    phases: tuple[int, ...] = (3,)
    begin_after: int = 60
    stop_after: int = 180
    token_ref: str | None = None
    wanted: HomeWish = HomeWish()
    done: HomeAsked = HomeAsked()
    said: str = ""  # what came of the last command


class Measures(StrEnum):
    """What a topic of a home measures."""

    GRID = "GRID"  # W that come in, below zero what goes out
    SOLAR = "SOLAR"  # W of the roof
    BUILDING = "BUILDING"  # W that the house draws beside cars, battery and roof
    BATTERY = "BATTERY"  # W into it, below zero out of it
    STORED = "STORED"  # kWh that the battery holds
    GRID_L1 = "GRID_L1"  # A that come in on a phase
    GRID_L2 = "GRID_L2"
    GRID_L3 = "GRID_L3"


class HomeMeter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A topic in which a meter of the home speaks. `path`: where in its JSON the number stands; "": it is the number.

    What it says times `factor` is W or A: -1 where it counts what goes out, 1000 where it says kW. `site_id` None: only
    charge points under the same broker follow it.
    """

    holder: PartyId
    broker: str
    topic: str
    path: str = ""
    what: Measures
    factor: Decimal = Decimal(1)
    site_id: str | None = None


class Heard(Struct, frozen=True, kw_only=True):
    """What a HomeMeter said last, in W or A."""

    source: HomeMeter
    value: Decimal
    at: datetime
