"""What ails an Evse or its Station, how many drivers and how much money that costs, and what may cure it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.notes import Note
from laddnav.locations.model import Status
from laddnav.scheduling.notes import Said


class Ill(StrEnum):
    """SILENT: its Station is away. SHUT_OUT: it would come, and is not let in. MUTE: on the line it says nothing.

    ENDLESS: a charge without a stop. STUCK: a plug that nobody charges through. CLOCK_OFF: its Station told times that
    cannot be.
    ATTACKED: its Station noticed what may be an attack. TOUCHED: only what happens to every Station now and then.
    ALERTING: a monitor of it alerts, and has not said yet that this is over.
    OUT_OF_HAND: it drew more than its site allowed, and was taken out.
    HELD_CHARGES: nobody is billed for charges at this place before a person has decided. HELD_CDRS: nor are these of a
    partner paid.
    """

    SILENT = "SILENT"
    SHUT_OUT = "SHUT_OUT"
    MUTE = "MUTE"
    FAULTED = "FAULTED"
    ENDLESS = "ENDLESS"
    STUCK = "STUCK"
    CLOCK_OFF = "CLOCK_OFF"
    ATTACKED = "ATTACKED"
    TOUCHED = "TOUCHED"
    ALERTING = "ALERTING"
    OUT_OF_HAND = "OUT_OF_HAND"
    HELD_CHARGES = "HELD_CHARGES"
    HELD_CDRS = "HELD_CDRS"


class Cure(StrEnum):
    """What to ask of the Station: BEAT, to say something, for with the answer it sets its clock; CLOSE, to end the
    charge, which is closed without its end where it cannot. SEE: nothing, somebody has to look at what it noticed.
    """

    RESET = "RESET"
    UNLOCK = "UNLOCK"
    CLOSE = "CLOSE"
    BEAT = "BEAT"
    SEE = "SEE"


# What helps against each, the mildest first: that is what is proposed.
CURES: dict[Ill, tuple[Cure, ...]] = {
    Ill.SILENT: (),  # whoever does not hear us has to be visited
    Ill.SHUT_OUT: (),  # what it has to prove is set here, by a person who knows that it is itself
    Ill.MUTE: (Cure.BEAT, Cure.RESET),
    Ill.FAULTED: (Cure.RESET,),
    Ill.ENDLESS: (Cure.CLOSE, Cure.RESET),
    Ill.STUCK: (Cure.UNLOCK, Cure.RESET),
    Ill.CLOCK_OFF: (Cure.BEAT, Cure.RESET),
    Ill.ATTACKED: (Cure.SEE,),
    Ill.TOUCHED: (Cure.SEE,),
    Ill.OUT_OF_HAND: (),  # a person decides at its site whether it is trusted again
    Ill.HELD_CHARGES: (),  # money is a person's word
    Ill.HELD_CDRS: (),
    Ill.ALERTING: (),  # what it is depends on what is monitored; it ends when the station says so
}
# Critical by the tables of security events, and a thing of every day all the same.
WARNING = 6  # the least severity that asks for somebody; what is above tells how things are
EVERYDAY = frozenset({"FirmwareUpdated", "ResetOrReboot", "SettingSystemTime", "StartupOfTheDevice"})

QUIET = timedelta(minutes=15)  # a station that restarts after an update is back by then
ENDED = timedelta(minutes=10)  # a stop may be under way for as long as a mobile line is down
KNOCKS = timedelta(hours=1)  # a station that is not let in tries again, though ever more seldom
PARKED = timedelta(hours=8)  # a car that stays over night is no ill
BEATS = 3  # heartbeats that may be missing: one is lost, one is late


# What stands before what: no two have the same.
Rank = tuple[bool, int, Decimal, datetime, str, int, Ill]


class EvseSeen(Struct, frozen=True, kw_only=True):
    """`heard_at` None: its Station is on the line. `charging_since` None: no charge is under way.

    `said_at` is when its Station last said anything, as it does once in `beats_every`; `clock_off_at` when its clock
    was last found to be wrong, since somebody had it set; `refused_at` when it last knocked without being let in.
    `drivers` charged there in the last week, for `money` before taxes.
    """

    holder: PartyId
    location_id: str | None = None
    station_id: str
    evse_no: int
    evse_uid: str
    status: Status
    status_at: datetime
    heard_at: datetime | None
    said_at: datetime
    beats_every: timedelta
    clock_off_at: datetime | None = None
    refused_at: datetime | None = None
    refused_why: str | None = None
    refused_note: Note | None = None
    charging_since: datetime | None
    drivers: int
    money: Decimal
    currency: str | None


class Noticed(Struct, frozen=True, kw_only=True):
    """What a Station noticed that is critical and that nobody has looked at: the kinds, up to the event `last_id`."""

    holder: PartyId
    location_id: str | None = None
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
    location_id: str | None = None
    station_id: str
    alerts: tuple[str, ...]
    severity: int | None
    since: datetime
    drivers: int
    money: Decimal
    currency: str | None


class Out(Struct, frozen=True, kw_only=True):
    """An Evse that its site has taken out, and `why`."""

    holder: PartyId
    location_id: str | None = None
    station_id: str
    evse_no: int
    evse_uid: str | None
    site_ref: str
    why: Said
    since: datetime
    drivers: int
    money: Decimal
    currency: str | None


class Held(Struct, frozen=True, kw_only=True):
    """So many charges at a Location of ours, or CDRs of a partner (`owner`), wait for a person; the first did `since`.

    `drivers` are those who made them, for `money` before taxes.
    """

    holder: PartyId
    location_id: str | None = None
    owner: PartyId | None = None
    many: int
    since: datetime
    drivers: int
    money: Decimal
    currency: str


class Attention(Struct, frozen=True, kw_only=True):
    """`since` when; `evse_no` None: it ails the whole Station. `cure` None: nothing that a Station can be asked.

    `noticed` is what the Station says of it, up to the event `last_id`, or what is said of it; `site_ref`: where a
    person decides about it. `station_id` None: it is of no single Station. `many` charges wait, or CDRs of `owner`;
    then it is their drivers and money that are counted.
    """

    holder: PartyId
    location_id: str | None = None
    owner: PartyId | None = None
    station_id: str | None = None
    evse_no: int | None = None
    evse_uid: str | None = None
    ill: Ill
    many: int | None = None
    noticed: tuple[Said, ...] = ()
    last_id: int | None = None
    severity: int | None = None
    site_ref: str | None = None
    since: datetime
    cure: Cure | None
    drivers: int
    money: Decimal
    currency: str | None


def ill_of(seen: EvseSeen, now: datetime) -> tuple[Ill, datetime] | None:
    """(what ails it, since when), the worst first; None: nothing that is known."""
    lasts = now - seen.status_at
    if seen.heard_at is not None:
        if now - seen.heard_at < QUIET:
            return None
        knocks = seen.refused_at is not None and now - seen.refused_at < KNOCKS
        return (Ill.SHUT_OUT if knocks else Ill.SILENT), seen.heard_at
    if now - seen.said_at >= max(BEATS * seen.beats_every, QUIET):
        return Ill.MUTE, seen.said_at
    if seen.status is Status.OUTOFORDER:
        return Ill.FAULTED, seen.status_at
    if seen.charging_since is not None and seen.status is Status.AVAILABLE and lasts >= ENDED:
        return Ill.ENDLESS, seen.status_at
    if seen.charging_since is None and seen.status is Status.BLOCKED and lasts >= PARKED:
        return Ill.STUCK, seen.status_at
    return None if seen.clock_off_at is None else (Ill.CLOCK_OFF, seen.clock_off_at)


def proposed(ill: Ill) -> Cure | None:
    return next(iter(CURES[ill]), None)


def ranked(
    seen: Iterable[EvseSeen],
    noticed: Iterable[Noticed],
    alerts: Iterable[Alert],
    outs: Iterable[Out],
    held: Iterable[Held],
    now: datetime,
) -> list[Attention]:
    """Where most drivers and most money are missed first; of equals, what lasts longest. The everyday comes last."""
    found = [
        Attention(
            holder=one.holder,
            location_id=one.location_id,
            station_id=one.station_id,
            evse_no=one.evse_no,
            evse_uid=one.evse_uid,
            ill=ill[0],
            noticed=(one.refused_note or one.refused_why,) if ill[0] is Ill.SHUT_OUT and one.refused_why else (),
            since=ill[1],
            cure=proposed(ill[0]),
            drivers=one.drivers,
            money=one.money,
            currency=one.currency,
        )
        for one in seen
        if (ill := ill_of(one, now)) is not None
    ]
    return sorted(
        [*found, *map(_looked_for, noticed), *map(_alerting, alerts), *map(_out, outs), *map(_held, held)], key=rank
    )


def _looked_for(one: Noticed) -> Attention:
    ill = Ill.TOUCHED if EVERYDAY.issuperset(one.kinds) else Ill.ATTACKED
    return Attention(
        holder=one.holder,
        location_id=one.location_id,
        station_id=one.station_id,
        ill=ill,
        noticed=tuple(sorted(one.kinds, key=lambda kind: (kind in EVERYDAY, kind))),
        last_id=one.last_id,
        since=one.since,
        cure=proposed(ill),
        drivers=one.drivers,
        money=one.money,
        currency=one.currency,
    )


def _alerting(one: Alert) -> Attention:
    return Attention(
        holder=one.holder,
        location_id=one.location_id,
        station_id=one.station_id,
        ill=Ill.ALERTING,
        noticed=one.alerts,
        severity=one.severity,
        since=one.since,
        cure=proposed(Ill.ALERTING),
        drivers=one.drivers,
        money=one.money,
        currency=one.currency,
    )


def _out(one: Out) -> Attention:
    return Attention(
        holder=one.holder,
        location_id=one.location_id,
        station_id=one.station_id,
        evse_no=one.evse_no,
        evse_uid=one.evse_uid,
        ill=Ill.OUT_OF_HAND,
        noticed=(one.why,) if one.why else (),
        site_ref=one.site_ref,
        since=one.since,
        cure=proposed(Ill.OUT_OF_HAND),
        drivers=one.drivers,
        money=one.money,
        currency=one.currency,
    )


def _held(one: Held) -> Attention:
    return Attention(
        holder=one.holder,
        location_id=one.location_id,
        owner=one.owner,
        ill=Ill.HELD_CHARGES if one.owner is None else Ill.HELD_CDRS,
        many=one.many,
        since=one.since,
        cure=None,
        drivers=one.drivers,
        money=one.money,
        currency=one.currency,
    )


def everyday(one: Attention) -> bool:
    """Whether it can wait, whoever is missed."""
    return one.ill is Ill.TOUCHED or (one.severity is not None and one.severity > WARNING)


def rank(one: Attention) -> Rank:
    named = one.station_id or f"{one.holder}:{one.owner or one.location_id}:{one.currency}"
    return everyday(one), -one.drivers, -one.money, one.since, named, one.evse_no or 0, one.ill
