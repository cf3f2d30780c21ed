"""What ails an Evse, by what is known of it, how many drivers and how much money that costs, and what may cure it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.locations.model import Status


class Ill(StrEnum):
    """SILENT: its Station is not heard. ENDLESS: a charge without a stop. STUCK: a plug that nobody charges through."""

    SILENT = "SILENT"
    FAULTED = "FAULTED"
    ENDLESS = "ENDLESS"
    STUCK = "STUCK"


class Cure(StrEnum):
    """What to ask of the Station."""

    RESET = "RESET"
    UNLOCK = "UNLOCK"


CURES: dict[Ill, Cure | None] = {
    Ill.SILENT: None,  # whoever does not hear us has to be visited
    Ill.FAULTED: Cure.RESET,
    Ill.ENDLESS: Cure.RESET,
    Ill.STUCK: Cure.UNLOCK,
}

QUIET = timedelta(minutes=15)  # a station that restarts after an update is back by then
ENDED = timedelta(minutes=10)  # a stop may be under way for as long as a mobile line is down
PARKED = timedelta(hours=8)  # a car that stays over night is no ill


class EvseSeen(Struct, frozen=True, kw_only=True):
    """`heard_at` None: its Station is on the line. `charging_since` None: no charge is under way.

    `drivers` charged there in the last week, for `money` before taxes.
    """

    holder: PartyId
    station_id: str
    evse_no: int
    evse_uid: str
    status: Status
    status_at: datetime
    heard_at: datetime | None
    charging_since: datetime | None
    drivers: int
    money: Decimal
    currency: str | None


class Attention(Struct, frozen=True, kw_only=True):
    """`since` when; `cure` None: nothing that a Station can be asked."""

    holder: PartyId
    station_id: str
    evse_no: int
    evse_uid: str
    ill: Ill
    since: datetime
    cure: Cure | None
    drivers: int
    money: Decimal
    currency: str | None


def ill_of(seen: EvseSeen, now: datetime) -> tuple[Ill, datetime] | None:
    """(what ails it, since when), the worst first; None: nothing that is known."""
    lasts = now - seen.status_at
    if seen.heard_at is not None:
        return (Ill.SILENT, seen.heard_at) if now - seen.heard_at >= QUIET else None
    if seen.status is Status.OUTOFORDER:
        return Ill.FAULTED, seen.status_at
    if seen.charging_since is not None:
        over = seen.status is Status.AVAILABLE and lasts >= ENDED
        return (Ill.ENDLESS, seen.charging_since) if over else None
    if seen.status is Status.BLOCKED and lasts >= PARKED:
        return Ill.STUCK, seen.status_at
    return None


def ranked(seen: Iterable[EvseSeen], now: datetime) -> list[Attention]:
    """Where most drivers and most money are missed first; of equals, what lasts longest."""
    found = [
        Attention(
            holder=one.holder,
            station_id=one.station_id,
            evse_no=one.evse_no,
            evse_uid=one.evse_uid,
            ill=ill[0],
            since=ill[1],
            cure=CURES[ill[0]],
            drivers=one.drivers,
            money=one.money,
            currency=one.currency,
        )
        for one in seen
        if (ill := ill_of(one, now)) is not None
    ]
    return sorted(found, key=lambda one: (-one.drivers, -one.money, one.since, one.station_id, one.evse_no))
