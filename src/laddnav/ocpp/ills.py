"""What ails an Evse or its Station, how many drivers and how much money that costs, and what may cure it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.locations.model import Status


class Ill(StrEnum):
    """SILENT: its Station is not heard. ENDLESS: a charge without a stop. STUCK: a plug that nobody charges through.

    ATTACKED: its Station noticed what may be an attack. TOUCHED: only what happens to every Station now and then.
    ALERTING: a monitor of it alerts, and has not said yet that this is over.
    """

    SILENT = "SILENT"
    FAULTED = "FAULTED"
    ENDLESS = "ENDLESS"
    STUCK = "STUCK"
    ATTACKED = "ATTACKED"
    TOUCHED = "TOUCHED"
    ALERTING = "ALERTING"


class Cure(StrEnum):
    """What to ask of the Station; SEE: nothing, somebody has to look at what it noticed."""

    RESET = "RESET"
    UNLOCK = "UNLOCK"
    SEE = "SEE"


CURES: dict[Ill, Cure | None] = {
    Ill.SILENT: None,  # whoever does not hear us has to be visited
    Ill.FAULTED: Cure.RESET,
    Ill.ENDLESS: Cure.RESET,
    Ill.STUCK: Cure.UNLOCK,
    Ill.ATTACKED: Cure.SEE,
    Ill.TOUCHED: Cure.SEE,
    Ill.ALERTING: None,  # what it is depends on what is monitored; it ends when the station says so
}
# Critical by the tables of security events, and a thing of every day all the same.
WARNING = 6  # the least severity that asks for somebody; what is above tells how things are
EVERYDAY = frozenset({"FirmwareUpdated", "ResetOrReboot", "SettingSystemTime", "StartupOfTheDevice"})

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


class Noticed(Struct, frozen=True, kw_only=True):
    """What a Station noticed that is critical and that nobody has looked at: the kinds, up to the event `last_id`."""

    holder: PartyId
    station_id: str
    kinds: tuple[str, ...]
    since: datetime
    last_id: int
    drivers: int
    money: Decimal
    currency: str | None


class Alert(Struct, frozen=True, kw_only=True):
    """What monitors of a Station alert of; `severity` 0 is danger, 9 is for whoever mends software (OCPP 2.0.1 N05)."""

    holder: PartyId
    station_id: str
    alerts: tuple[str, ...]
    severity: int | None
    since: datetime
    drivers: int
    money: Decimal
    currency: str | None


class Attention(Struct, frozen=True, kw_only=True):
    """`since` when; `evse_no` None: it ails the whole Station. `cure` None: nothing that a Station can be asked.

    `noticed` is what the Station says of it, up to the event `last_id`.
    """

    holder: PartyId
    station_id: str
    evse_no: int | None = None
    evse_uid: str | None = None
    ill: Ill
    noticed: tuple[str, ...] = ()
    last_id: int | None = None
    severity: int | None = None
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


def ranked(
    seen: Iterable[EvseSeen], noticed: Iterable[Noticed], alerts: Iterable[Alert], now: datetime
) -> list[Attention]:
    """Where most drivers and most money are missed first; of equals, what lasts longest. The everyday comes last."""
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
    return sorted([*found, *map(_looked_for, noticed), *map(_alerting, alerts)], key=_rank)


def _looked_for(one: Noticed) -> Attention:
    ill = Ill.TOUCHED if EVERYDAY.issuperset(one.kinds) else Ill.ATTACKED
    return Attention(
        holder=one.holder,
        station_id=one.station_id,
        ill=ill,
        noticed=tuple(sorted(one.kinds, key=lambda kind: (kind in EVERYDAY, kind))),
        last_id=one.last_id,
        since=one.since,
        cure=CURES[ill],
        drivers=one.drivers,
        money=one.money,
        currency=one.currency,
    )


def _alerting(one: Alert) -> Attention:
    return Attention(
        holder=one.holder,
        station_id=one.station_id,
        ill=Ill.ALERTING,
        noticed=one.alerts,
        severity=one.severity,
        since=one.since,
        cure=CURES[Ill.ALERTING],
        drivers=one.drivers,
        money=one.money,
        currency=one.currency,
    )


def _rank(one: Attention) -> tuple[bool, int, Decimal, datetime, str, int]:
    everyday = one.ill is Ill.TOUCHED or (one.severity is not None and one.severity > WARNING)
    return everyday, -one.drivers, -one.money, one.since, one.station_id, one.evse_no or 0
