"""What a report says: rows of a month, in Wh or minutes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.locations.model import Status


class Per(StrEnum):
    """What energy is added up by, in each month of the Location's time zone."""

    STATION = "station"
    LOCATION = "location"
    TARIFF = "tariff"
    CUSTOMER = "customer"
    MONTH = "month"


class Cause(StrEnum):
    """Why energy was delivered and not billed, where no doubt says it."""

    UNDER_WAY = "UNDER_WAY"  # the charge goes on, or waits for its last facts
    REFUSED = "REFUSED"  # its driver was not allowed, or nothing began
    NOT_CLOSED = "NOT_CLOSED"  # it is over, and has no Cdr yet
    CREDITED = "CREDITED"  # its Cdr was taken back
    UNEXPLAINED = "UNEXPLAINED"  # nothing that is kept says why: somebody should look


class Charges(Struct, frozen=True, kw_only=True):
    """Charges of one month that are alike; `doubts` are the kinds that hold energy back, with a space between them."""

    holder: PartyId
    month: str
    of: str
    status: str
    closed: bool
    credited: bool
    doubts: str
    many: int
    delivered: Energy
    billed: Energy


class EnergyDifference(Struct, frozen=True, kw_only=True):
    """`cause` is a Cause or the kinds of doubts; `energy` was delivered and not billed, or is less than nothing."""

    cause: str
    energy: Energy
    charges: int


class EnergyRow(Struct, frozen=True, kw_only=True):
    """`of` is the id of the station, Location or Tariff, or a company and its contract; `delivered` is by registers."""

    holder: PartyId
    month: str
    of: str
    charges: int
    delivered: Energy
    billed: Energy
    difference: Energy
    differences: tuple[EnergyDifference, ...] = ()


class Counted(Struct, frozen=True, kw_only=True):
    """By how much the register of one meter rose in a month; number 0 is the Station itself."""

    holder: PartyId
    month: str
    station_id: str
    location_id: str
    evse_no: int
    place: str
    energy: Energy


class LossRow(Struct, frozen=True, kw_only=True):
    """What came in from the grid and what went out to cars, where the meters of a Station say both."""

    holder: PartyId
    month: str
    station_id: str
    location_id: str
    grid: Energy
    outlets: Energy
    lost: Energy


class MainsCourse(Struct, frozen=True, kw_only=True):
    """What one mains meter of a Location showed, `(at, Wh)` in order of time.

    `exchanged` is when another came in its place, and what the old one showed last and the new one first.
    """

    holder: PartyId
    location_id: str
    time_zone: str
    meter: str
    shown: tuple[tuple[datetime, Decimal], ...]
    exchanged: tuple[tuple[datetime, Decimal, Decimal], ...] = ()


class MainsDoubtKind(StrEnum):
    """Why something that a mains meter shows is not counted."""

    BACKWARD = "BACKWARD"  # it fell, so nothing is told of that time
    SIDE_BY_SIDE = "SIDE_BY_SIDE"  # another was read meanwhile, and this one over a part of the month alone
    TWICE = "TWICE"  # it is another one by a second name, and counts once


class MainsDoubt(Struct, frozen=True, kw_only=True):
    """`at` is when the `meter` showed less than before, or since when it is not counted."""

    kind: MainsDoubtKind
    meter: str
    at: datetime


class LocationLossRow(Struct, frozen=True, kw_only=True):
    """What came in by the mains of a Location and went out to cars, in a month that its readings enclose.

    `mains` and `lost` None: a meter ran backwards, and `doubts` say which.
    """

    holder: PartyId
    month: str
    location_id: str
    mains: Energy | None
    outlets: Energy
    lost: Energy | None
    doubts: tuple[MainsDoubt, ...] = ()


class Place(StrEnum):
    """What minutes are added up by, in each month of the Location's time zone."""

    EVSE = "evse"
    LOCATION = "location"


class Course(Struct, frozen=True, kw_only=True):
    """How an Evse was told to be, `(since, status)` in order of time, and when outages of it were `excused`."""

    holder: PartyId
    location_id: str
    evse_uid: str
    time_zone: str
    changes: tuple[tuple[datetime, Status], ...]
    excused: tuple[tuple[datetime, datetime], ...] = ()


class UptimeRow(Struct, frozen=True, kw_only=True):
    """Minutes of a month that are over: they all are up, out, excluded or unknown.

    `silent` are those of `out` in which the Station was away. `uptime` is NEVI's percentage (23 CFR 680.116 (b)),
    `available` the share of minutes in which one could charge, whoever was at fault; None: nothing is known.
    """

    holder: PartyId
    month: str
    location_id: str
    evse_uid: str | None
    minutes: int
    up: int
    out: int
    silent: int
    excluded: int
    unknown: int
    uptime: Decimal | None
    available: Decimal | None
