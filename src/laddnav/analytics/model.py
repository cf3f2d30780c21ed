"""What a report says: rows of a month, in Wh."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId


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
