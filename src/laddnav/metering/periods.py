"""Registers and activity marks, in order of time, become stretches of known energy; what does not fit becomes a doubt.

The same fold runs on each fact as it arrives and over all of them when the session is closed. No energy appears or
vanishes: the stretches add up to the last register less the first, less what was given back meanwhile, and what was
read but not billed is in a doubt.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power
from laddnav.kit.time import rfc3339
from laddnav.metering import falls
from laddnav.metering.currents import tallied
from laddnav.metering.cut import GAP_AFTER, read, to_end
from laddnav.metering.doubts import after_stop, backward, counted_on, named, no_stop, too_much
from laddnav.metering.ends import disagreeing
from laddnav.metering.model import (
    Activity,
    Doubt,
    DoubtKind,
    Exchanged,
    Fact,
    Held,
    Mark,
    Measurand,
    Measured,
    Meter,
    Reading,
    Stretch,
)
from laddnav.metering.notes import NoteKind, noted, watt_hours
from laddnav.metering.plausible import at_most, implausible

_LAST = Decimal(0)  # of facts that have no value to be ordered by
# As bare text and looked up once: each reading of each charge is compared with it.
_REGISTER = Measurand.ENERGY_IMPORT_REGISTER.value
# What changes anything in a charge: of what stations say most is powers, voltages and states of charge.
_CURRENT = Measurand.CURRENT_IMPORT.value
_COUNT = frozenset({_REGISTER, Measurand.ENERGY_EXPORT_REGISTER.value, _CURRENT})


def begun(
    at: datetime,
    register: Energy | None = None,
    activity: Activity = Activity.CHARGING,
    *,
    power_max: Power | None = None,
    full: Energy | None = None,
) -> Meter:
    """The meter of a session that starts now; `register` None where the station did not say it."""
    return Meter(
        started_at=at,
        first=register,
        register=register,
        read_at=at,
        activity=activity,
        since=at,
        power_max=power_max,
        full=full,
    )


def measured(meter: Meter, fact: Fact) -> Measured:
    """Fold one fact. A fact before what is folded is a LATE_READING: named, and left to a fold over all facts."""
    if not isinstance(fact, Reading):
        return _marked(meter, fact) if isinstance(fact, Mark) else _exchanged(meter, fact)
    register = fact.register
    if register is None:
        returned = fact.returned
        return Measured(meter=tallied(meter, (fact,))) if returned is None else _returned(meter, fact.at, returned)
    if fact.at == meter.read_at and register == meter.register:
        return Measured(meter=meter)
    if fact.at < meter.started_at:
        before_it = noted(NoteKind.BEFORE_START, register_wh=watt_hours(register))
        early = named(DoubtKind.REGISTER_BEFORE_START, fact.at, before_it)
        return Measured(meter=meter, doubts=() if register == meter.first else (early,))
    if fact.at < meter.read_at:
        late = noted(NoteKind.LATE, register_wh=watt_hours(register), read_at=rfc3339(meter.read_at))
        return Measured(meter=meter, doubts=(named(DoubtKind.LATE_READING, fact.at, late),))
    if meter.register is None:
        return _first(meter, fact.at, register)
    if meter.anew:
        return _another(meter, meter.register, register, fact.at)
    if meter.held is not None:
        if meter.held == Held(fact.at, register):
            return Measured(meter=meter)
        settled = _settled(meter, meter.held, register)
        return _then(settled, measured(settled.meter, fact))
    if register < meter.register:
        return _lower(meter, meter.register, register, fact.at)
    if implausible(meter, meter.register, register, fact.at):
        doubt = too_much(meter, meter.register, register, fact.at)
        return Measured(meter=replace(meter, held=Held(fact.at, register)), doubts=(doubt,))
    return read(meter, fact.at, register)


def folded(meter: Meter, facts: Iterable[Fact]) -> Measured:
    """Fold several facts, in the order in which they count."""
    count = [fact for fact in facts if not isinstance(fact, Reading) or fact.measurand in _COUNT]
    if len(count) > 1:
        count.sort(key=order)
    found, doubts, currents = list[Stretch](), list[Doubt](), list[Reading]()
    for fact in count:
        if isinstance(fact, Reading) and fact.measurand == _CURRENT:
            currents.append(fact)
            continue
        if currents:
            meter, currents = tallied(meter, currents), []
        more = measured(meter, fact)
        meter = more.meter
        found += more.stretches
        doubts += more.doubts
    meter = tallied(meter, currents)
    return Measured(meter=meter, stretches=tuple(found), doubts=tuple(doubts))


def ended(meter: Meter, at: datetime, register: Energy | None = None) -> Measured:
    """The rest of the session, up to its stop; `register` None where the station did not say it.

    A stop register is taken even when it implies too much power: nothing later could confirm it.
    """
    done = Measured(meter=meter) if meter.held is None else _settled(meter, meter.held, register)
    if at < done.meter.read_at:
        early = noted(NoteKind.STOP_TOO_EARLY, read_at=rfc3339(done.meter.read_at))
        done = _then(done, Measured(meter=done.meter, doubts=(named(DoubtKind.CLOCK_OFF, at, early),)))
        at = done.meter.read_at
    return _then(done, _stopped(done.meter, at, register))


def stretches(
    facts: Iterable[Fact],
    started_at: datetime,
    register: Energy | None,
    ended_at: datetime,
    stop_register: Energy | None,
    *,
    activity: Activity = Activity.CHARGING,
    power_max: Power | None = None,
    full: Energy | None = None,
) -> Measured:
    """The whole session at once, whatever order its facts came in."""
    facts = tuple(facts)
    meter = begun(started_at, register, activity, power_max=power_max, full=full)
    found, doubts = list[Stretch](), list[Doubt]()
    for fact in sorted(facts, key=order):
        if fact.at > ended_at:
            doubts += after_stop(fact)
            continue
        more = measured(meter, fact)
        meter = more.meter
        found += more.stretches
        doubts += more.doubts
    rest = ended(meter, ended_at, stop_register)
    doubts += (*rest.doubts, *disagreeing(facts, started_at, register, ended_at, stop_register))
    return Measured(meter=rest.meter, stretches=(*found, *rest.stretches), doubts=tuple(doubts))


def order(fact: Fact) -> tuple[datetime, int, Decimal]:
    """The order in which facts are folded: a register closes what was until then, a mark opens what is from then on.

    What else was said at that instant belongs to what the register closes; what another meter says, to that meter.
    """
    if isinstance(fact, Reading):  # first, for nearly all facts are
        return fact.at, 0 if fact.measurand != _REGISTER or fact.register is None else 1, fact.value
    return fact.at, 2 if isinstance(fact, Mark) else -1, _LAST


def _then(done: Measured, more: Measured) -> Measured:
    return Measured(meter=more.meter, stretches=done.stretches + more.stretches, doubts=done.doubts + more.doubts)


# ---- Marks


def _marked(meter: Meter, mark: Mark) -> Measured:
    """A mark waits for the register that ends its stretch. A late one still counts from what is not folded yet."""
    at = max(mark.at, meter.started_at)
    if at >= meter.read_at:
        marks = tuple(sorted((*meter.marks, replace(mark, at=at)), key=lambda waiting: waiting.at))
        return Measured(meter=replace(meter, marks=marks))
    if mark.activity == meter.activity and at == meter.since:
        return Measured(meter=meter)
    late = noted(NoteKind.LATE_MARK, activity=mark.activity.value, read_at=rfc3339(meter.read_at))
    doubt = named(DoubtKind.LATE_READING, mark.at, late)
    if at < meter.since:
        return Measured(meter=meter, doubts=(doubt,))
    return Measured(meter=replace(meter, activity=mark.activity, since=at), doubts=(doubt,))


# ---- Registers


def _first(meter: Meter, at: datetime, register: Energy) -> Measured:
    """The first register of a session whose start did not say one."""
    began = replace(meter, first=register, register=register)
    if at == meter.started_at:
        return Measured(meter=began)
    if at <= _reserved_until(meter, at):
        return read(began, at, register)
    unknown = noted(NoteKind.NO_START_REGISTER, register_wh=watt_hours(register), read_at=rfc3339(at))
    return read(began, at, register, doubts=(named(DoubtKind.START_UNKNOWN, meter.started_at, unknown),))


def _returned(meter: Meter, at: datetime, register: Energy) -> Measured:
    """What a car gave back since then waits for the next register of what it was given, and counts down from it."""
    before, said_at = meter.returned, meter.returned_at or meter.started_at
    if before is None or at <= meter.started_at:
        return Measured(meter=replace(meter, returned=register, returned_at=at))
    rise, newest_at = register - before, max(at, said_at)
    if not rise:
        return Measured(meter=replace(meter, returned_at=newest_at))
    if rise < NO_ENERGY:
        words = noted(NoteKind.GIVEN_BACK_LOWER, returned_kwh=str(register.kwh), before_kwh=str(before.kwh))
        lower = () if at < meter.read_at else (named(DoubtKind.BACKWARD_REGISTER, at, words),)
        return Measured(meter=meter, doubts=lower)
    if rise > at_most(meter, newest_at, since_at=said_at):
        words = noted(NoteKind.GIVEN_BACK_TOO_MUCH, returned_kwh=str(rise.kwh))
        return Measured(meter=meter, doubts=(named(DoubtKind.POWER_IMPLAUSIBLE, at, words),))
    return Measured(meter=replace(meter, returned=register, returned_at=newest_at, giving=meter.giving + rise))


def _settled(meter: Meter, held: Held, register: Energy | None) -> Measured:
    """The next register confirms the one that waits, or shows that it was a slip of the meter."""
    free = replace(meter, held=None)
    confirmed = register is not None and register >= held.register
    return read(free, held.at, held.register) if confirmed else Measured(meter=free)


def _lower(meter: Meter, before: Energy, register: Energy, at: datetime) -> Measured:
    """Its end, where that is known, lies between the two; else it fell."""
    rise = falls.rolled_over(before, register, meter.full, at_most(meter, at))
    if rise is None or meter.full is None:
        return _fell(meter, before, register, at)
    doubt = counted_on(DoubtKind.ROLLOVER, before, register, at, NO_ENERGY - meter.full)
    return read(replace(meter, moved=meter.moved + doubt.energy), at, register, (doubt,), energy=rise)


def _exchanged(meter: Meter, exchanged: Exchanged) -> Measured:
    """Counted up to what the old meter said last, and on from what the new one said first or says next."""
    if exchanged.at < meter.read_at:
        return Measured(meter=meter)
    done = Measured(meter=meter)
    if exchanged.before is not None:
        last = Reading(at=exchanged.at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=exchanged.before.wh)
        done = measured(meter, last)
    if done.meter.held is not None:
        done = _then(done, _settled(done.meter, done.meter.held, exchanged.before))
    meter = replace(done.meter, fallen=None)
    if meter.register is None:
        return _then(done, Measured(meter=meter))
    if exchanged.after is None:
        return _then(done, Measured(meter=replace(meter, anew=True)))
    return _then(done, _another(meter, meter.register, exchanged.after, exchanged.at))


def _another(meter: Meter, before: Energy, register: Energy, at: datetime) -> Measured:
    """What flowed since the old meter said its last nobody knows, unless that was at this instant."""
    doubt = counted_on(DoubtKind.METER_EXCHANGED, before, register, at, register - before)
    other = replace(meter, anew=False, moved=meter.moved + doubt.energy)
    return read(other, at, register, (doubt,), energy=NO_ENERGY)


def _fell(meter: Meter, before: Energy, register: Energy, at: datetime) -> Measured:
    """Lower than before: named when it falls and when it turns out to be another meter, not at each reading."""
    last = meter.fallen
    if last is not None and (last.at, last.register) == (at, register):
        return Measured(meter=meter)
    if last is None or register < last.register:
        fell, known = falls.fallen(before, register, at, at_most(meter, at)), None
    else:
        fell, known = falls.followed(last, register, at), last.kind
    doubts = () if fell.kind is known else (backward(fell.kind, before, register, at),)
    return Measured(meter=replace(meter, fallen=fell), doubts=doubts)


# ---- The stop


def _stopped(meter: Meter, at: datetime, register: Energy | None) -> Measured:
    reserved_until = _reserved_until(meter, at)
    if register is None and reserved_until >= at:
        return to_end(meter, at, NO_ENERGY)
    if meter.register is None:
        unknown = named(DoubtKind.START_UNKNOWN, meter.started_at, noted(NoteKind.NO_REGISTER))
        began = replace(meter, first=register, register=register)
        return to_end(began, at, NO_ENERGY, (unknown,) if register is not None else (unknown, no_stop(at)))
    if register is None:
        return to_end(meter, at, NO_ENERGY, (no_stop(at),))
    if meter.anew:
        new = _another(meter, meter.register, register, at)
        return _then(new, to_end(new.meter, at, NO_ENERGY))
    if register < meter.register:
        return _stopped_lower(meter, meter.register, register, at)
    doubts: tuple[Doubt, ...] = ()
    if implausible(meter, meter.register, register, at):
        doubts += (too_much(meter, meter.register, register, at),)
    if meter.readings == 0 and register > meter.register and at - reserved_until > GAP_AFTER:
        doubts += (named(DoubtKind.NO_READINGS, at, noted(NoteKind.ENDS_ALONE)),)
    return to_end(replace(meter, register=register), at, register - meter.register, doubts)


def _stopped_lower(meter: Meter, before: Energy, register: Energy, at: datetime) -> Measured:
    """Nothing comes after it that could tell what became of the meter: what it is lower by is in the doubt."""
    lower = _lower(meter, before, register, at)
    if lower.meter.register == register:
        return _then(lower, to_end(lower.meter, at, NO_ENERGY))
    kind = DoubtKind.BACKWARD_REGISTER if lower.meter.fallen is None else lower.meter.fallen.kind
    doubt = replace(backward(kind, before, register, at), energy=register - before)
    return to_end(meter, at, NO_ENERGY, (doubt,))


def _reserved_until(meter: Meter, at: datetime) -> datetime:
    """Until when, between the last register and `at`, the Evse did nothing but wait for its driver."""
    if meter.activity is not Activity.RESERVED:
        return meter.read_at
    return min((mark.at for mark in meter.marks if mark.activity is not Activity.RESERVED), default=at)
