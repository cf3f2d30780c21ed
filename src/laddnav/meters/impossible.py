"""What no charge can be: why nobody should pay before a person has looked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from laddnav.kit.energy import Energy, kwh, wh
from laddnav.kit.notes import Note
from laddnav.kit.power import Power
from laddnav.kit.time import hours
from laddnav.metering.clocks import CATCHES_UP
from laddnav.metering.model import Doubt, DoubtKind, Reading
from laddnav.metering.notes import NoteKind, noted, watt_hours
from laddnav.metering.plausible import LARGEST_POWER, SLACK
from laddnav.sessions.hearing import priced_by_time, spans
from laddnav.sessions.model import Session
from laddnav.sessions.rules import given_all_along

# No car charges for longer: a clock that was never set says 1970 until it is, and all that lies between costs money.
LONGEST = timedelta(days=30)
AHEAD_AT_MOST = timedelta(days=1)  # further than any two time zones are apart
OLDEST = timedelta(days=365)  # no station keeps what it could not tell for so long
# Twice what an EVSE gives, and an hour more: its data may be of one of two plugs, and the hour forgives short charges.
POWER_SLACK = timedelta(hours=1)
# Stations that read the register twice between two drivers differ by less.
SHARED_AT_LEAST = wh(100)
# What is a thousand times fewer matters little; and a register in kWh is rounded to them.
TOLD_IN_KWH, ONE_KWH = wh(10), kwh(1)


def reasons(session: Session, billed: Energy) -> tuple[Note, ...]:
    """Why nobody should pay before a person has looked: a clock that was set meanwhile, a register that leapt.

    Beside when it was settled, and not now: what was still to come then may be over when somebody looks again.
    """
    if session.ended_at is None:
        return ()
    began_at = _began_at(session, session.ended_at)
    lasted = session.ended_at - began_at
    most = _given_at_most(session, session.ended_at)
    found = []
    if lasted > LONGEST:
        found.append(noted(NoteKind.TOO_LONG, days=lasted.days, began_on=_day(began_at)))
    if session.ended_at > session.last_updated + AHEAD_AT_MOST:
        found.append(noted(NoteKind.END_AHEAD, ended_on=_day(session.ended_at)))
    if session.ended_at < session.last_updated - OLDEST:
        found.append(noted(NoteKind.END_LONG_AGO, ended_on=_day(session.ended_at)))
    if billed > most:
        found.append(noted(NoteKind.MORE_THAN_GIVEN, billed_kwh=f"{billed.kwh:f}", most_kwh=f"{most.kwh:.0f}"))
    return tuple(found)


def in_another_unit(session: Session, said: Iterable[Reading], billed: Energy) -> tuple[Note, ...]:
    """Why nobody should pay for what lies between a register in kWh and one in Wh: most of it flowed long before.

    A thousand times as much alone is chance in a new meter, and more than its EVSE gives may be a plug beside it.
    """
    registers = [(one.at, one.value) for one in said if one.register is not None and one.at >= session.started_at]
    if session.meter_started is not None:
        registers.append((session.started_at, session.meter_started))
    if session.meter_stopped is not None and session.ended_at is not None:
        registers.append((session.ended_at, session.meter_stopped))
    for (since, before), (at, after) in pairwise(sorted(registers)):
        if before < TOLD_IN_KWH.wh or not before < after - before <= billed.wh:
            continue
        most = 2 * _power_max(session).watts * hours(at - since + SLACK)
        if after - before > most and -ONE_KWH.wh <= after - 1000 * before <= ONE_KWH.wh + most:
            both = {"before_wh": watt_hours(before), "register_wh": watt_hours(after)}
            return (noted(NoteKind.IN_ANOTHER_UNIT, **both),)
    return ()


def believable(session: Session, now: datetime) -> Session:
    """A charge under way; one of which more was counted than it would be billed for as though its EVSE gave all it can.

    What leapt is no use of a driver's money, and what the EVSE can have given meanwhile may be.
    """
    meter = session.meter
    if session.tab is None or meter is None or session.energy <= _given_at_most(session, meter.read_at):
        return session
    return given_all_along(session, _power_max(session), now)


def otherwise_long(session: Session) -> tuple[Note, ...]:
    """Why nobody should pay for the time of it where the clock of its Station was set on the way."""
    both = spans(session)
    if both is None or not priced_by_time(session) or abs(both[0] - both[1]) <= CATCHES_UP:
        return ()
    said, heard = both
    how = NoteKind.CLOCK_SET if said >= timedelta() else NoteKind.CLOCK_SET_BACK
    return (noted(how, clock_length=_length(abs(said)), here_length=_length(heard)),)


def shared(session: Session, other: Session, billed: Energy) -> Energy | None:
    """What both had of one register while both went on, more than stations round; None: nothing."""
    if other.id == session.id or session.meter_started is None or other.meter_started is None:
        return None
    until = min(session.meter_started + billed.wh, other.meter_started + other.energy.wh)
    both = Energy(until - max(session.meter_started, other.meter_started))
    return both if both > SHARED_AT_LEAST else None


def doubts(session: Session, why: Iterable[Note], now: datetime) -> tuple[Doubt, ...]:
    at = session.ended_at or now
    return tuple(Doubt(kind=DoubtKind.IMPOSSIBLE, at=at, note=reason) for reason in why)


def _given_at_most(session: Session, until: datetime) -> Energy:
    lasted = max(until - _began_at(session, until), timedelta())
    return Energy(2 * _power_max(session).watts * hours(lasted + POWER_SLACK))


def _power_max(session: Session) -> Power:
    return (session.meter and session.meter.power_max) or LARGEST_POWER


def _began_at(session: Session, until: datetime) -> datetime:
    """When the car could draw; of an EVSE that was only kept, never."""
    kept = session.reserved
    return session.started_at if kept is None else kept.used_at or until


def _length(length: timedelta) -> str:
    return f"{length // timedelta(hours=1)} h {length // timedelta(minutes=1) % 60} min"


def _day(at: datetime) -> str:
    return at.date().isoformat()
