"""Registers and activity marks, in order of time, become stretches of known energy; what does not fit becomes a doubt.

The same fold runs on each fact as it arrives and over all of them when the session is closed. No energy appears or
vanishes: the stretches add up to the last register less the first, less what was given back meanwhile, and what was
read but not billed is in a doubt.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power, kw
from laddnav.kit.time import hours, rfc3339
from laddnav.metering import falls
from laddnav.metering.currents import left, tallied, with_current
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

# Stations are usually told to sample at least every quarter of an hour; two of those without a word is a gap.
GAP_AFTER = timedelta(minutes=30)
# No connector gives more: the Megawatt Charging System ends at 3.75 MW. A step beyond is a register gone wrong.
LARGEST_POWER = kw(4000)
# Meters count in steps and stations round times to the second, so a short interval may seem to hold too much power.
SLACK = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = 3_600_000_000  # microseconds
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
        early = _doubt(DoubtKind.REGISTER_BEFORE_START, fact.at, f"{_said(register)} before the session started")
        return Measured(meter=meter, doubts=() if register == meter.first else (early,))
    if fact.at < meter.read_at:
        late = f"{_said(register)} came after what was read at {rfc3339(meter.read_at)}"
        return Measured(meter=meter, doubts=(_doubt(DoubtKind.LATE_READING, fact.at, late),))
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
    if _implausible(meter, meter.register, register, fact.at):
        doubt = _too_much(meter, meter.register, register, fact.at)
        return Measured(meter=replace(meter, held=Held(fact.at, register)), doubts=(doubt,))
    return _read(meter, fact.at, register)


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
        early = f"the stop is before what was read at {rfc3339(done.meter.read_at)}"
        done = _then(done, Measured(meter=done.meter, doubts=(_doubt(DoubtKind.CLOCK_OFF, at, early),)))
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
            doubts += _after_stop(fact)
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
    late = f"{mark.activity} came after what was read at {rfc3339(meter.read_at)}"
    doubt = _doubt(DoubtKind.LATE_READING, mark.at, late)
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
        return _read(began, at, register)
    unknown = f"energy before {_said(register)} at {rfc3339(at)} is not known and not billed"
    return _read(began, at, register, doubts=(_doubt(DoubtKind.START_UNKNOWN, meter.started_at, unknown),))


def _returned(meter: Meter, at: datetime, register: Energy) -> Measured:
    """What a car gave back since then waits for the next register of what it was given, and counts down from it."""
    before, said_at = meter.returned, meter.returned_at or meter.started_at
    if before is None or at <= meter.started_at:
        return Measured(meter=replace(meter, returned=register, returned_at=at))
    rise, newest_at = register - before, max(at, said_at)
    if not rise:
        return Measured(meter=replace(meter, returned_at=newest_at))
    if rise < NO_ENERGY:
        words = f"{register.kwh} kWh given back, after {before.kwh} kWh"
        lower = () if at < meter.read_at else (_doubt(DoubtKind.BACKWARD_REGISTER, at, words),)
        return Measured(meter=meter, doubts=lower)
    if rise > _most(meter, newest_at, since_at=said_at):
        words = f"{rise.kwh} kWh given back, more than this EVSE can have"
        return Measured(meter=meter, doubts=(_doubt(DoubtKind.POWER_IMPLAUSIBLE, at, words),))
    return Measured(meter=replace(meter, returned=register, returned_at=newest_at, giving=meter.giving + rise))


def _settled(meter: Meter, held: Held, register: Energy | None) -> Measured:
    """The next register confirms the one that waits, or shows that it was a slip of the meter."""
    free = replace(meter, held=None)
    confirmed = register is not None and register >= held.register
    return _read(free, held.at, held.register) if confirmed else Measured(meter=free)


def _lower(meter: Meter, before: Energy, register: Energy, at: datetime) -> Measured:
    """Its end, where that is known, lies between the two; else it fell."""
    rise = falls.rolled_over(before, register, meter.full, _most(meter, at))
    if rise is None or meter.full is None:
        return _fell(meter, before, register, at)
    doubt = _moved(DoubtKind.ROLLOVER, before, register, at, NO_ENERGY - meter.full)
    return _read(replace(meter, moved=meter.moved + doubt.energy), at, register, (doubt,), energy=rise)


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
    doubt = _moved(DoubtKind.METER_EXCHANGED, before, register, at, register - before)
    other = replace(meter, anew=False, moved=meter.moved + doubt.energy)
    return _read(other, at, register, (doubt,), energy=NO_ENERGY)


def _fell(meter: Meter, before: Energy, register: Energy, at: datetime) -> Measured:
    """Lower than before: named when it falls and when it turns out to be another meter, not at each reading."""
    last = meter.fallen
    if last is not None and (last.at, last.register) == (at, register):
        return Measured(meter=meter)
    if last is None or register < last.register:
        fell, named = falls.fallen(before, register, at, _most(meter, at)), None
    else:
        fell, named = falls.followed(last, register, at), last.kind
    doubts = () if fell.kind is named else (_less(fell.kind, before, register, at),)
    return Measured(meter=replace(meter, fallen=fell), doubts=doubts)


def _reserved_until(meter: Meter, at: datetime) -> datetime:
    """Until when, between the last register and `at`, the Evse did nothing but wait for its driver."""
    if meter.activity is not Activity.RESERVED:
        return meter.read_at
    return min((mark.at for mark in meter.marks if mark.activity is not Activity.RESERVED), default=at)


def _stopped(meter: Meter, at: datetime, register: Energy | None) -> Measured:
    reserved_until = _reserved_until(meter, at)
    if register is None and reserved_until >= at:
        return _tail(meter, at, NO_ENERGY, ())
    if meter.register is None:
        unknown = _doubt(DoubtKind.START_UNKNOWN, meter.started_at, "no register is known before the stop")
        began = replace(meter, first=register, register=register)
        return _tail(began, at, NO_ENERGY, (unknown,) if register is not None else (unknown, _no_stop(at)))
    if register is None:
        return _tail(meter, at, NO_ENERGY, (_no_stop(at),))
    if meter.anew:
        new = _another(meter, meter.register, register, at)
        return _then(new, _tail(new.meter, at, NO_ENERGY, ()))
    if register < meter.register:
        lower = _lower(meter, meter.register, register, at)
        if lower.meter.register == register:
            return _then(lower, _tail(lower.meter, at, NO_ENERGY, ()))
        kind = DoubtKind.BACKWARD_REGISTER if lower.meter.fallen is None else lower.meter.fallen.kind
        less = _less(kind, meter.register, register, at)
        return _tail(meter, at, NO_ENERGY, (replace(less, energy=register - meter.register),))
    doubts: tuple[Doubt, ...] = ()
    if _implausible(meter, meter.register, register, at):
        doubts += (_too_much(meter, meter.register, register, at),)
    if meter.readings == 0 and register > meter.register and at - reserved_until > GAP_AFTER:
        doubts += (_doubt(DoubtKind.NO_READINGS, at, "only start and stop are known"),)
    return _tail(replace(meter, register=register), at, register - meter.register, doubts)


def _tail(meter: Meter, at: datetime, energy: Energy, doubts: tuple[Doubt, ...]) -> Measured:
    pieces = with_current(meter, _pieces(meter, at, energy - meter.giving))
    return Measured(meter=_caught_up(meter, at, pieces), stretches=pieces, doubts=doubts)


def _read(
    meter: Meter, at: datetime, register: Energy, doubts: tuple[Doubt, ...] = (), *, energy: Energy | None = None
) -> Measured:
    """The register is `register` at `at`: everything until then is known. `energy` where that is not how it rose."""
    assert meter.register is not None
    energy = register - meter.register if energy is None else energy
    if meter.giving:
        energy -= meter.giving
    pieces = with_current(meter, _pieces(meter, at, energy))
    # Seldom is so much time between two registers that it has to be looked at how much of it energy flowed in.
    if at - meter.read_at > GAP_AFTER and _flowed(pieces) > GAP_AFTER:
        doubts += (_doubt(DoubtKind.GAP, meter.read_at, f"{energy.kwh} kWh until the next register at {rfc3339(at)}"),)
    return Measured(meter=_caught_up(meter, at, pieces, register), stretches=pieces, doubts=doubts)


def _flowed(pieces: Iterable[Stretch]) -> timedelta:
    return sum((piece.length for piece in pieces if piece.energy), timedelta())


def _caught_up(meter: Meter, at: datetime, pieces: tuple[Stretch, ...], register: Energy | None = None) -> Meter:
    """`register` if one was read there."""
    activity, since, marks = meter.activity, meter.since, meter.marks
    if marks:
        begun_by_then = [mark for mark in marks if mark.at <= at]
        if begun_by_then:
            activity, since = begun_by_then[-1].activity, begun_by_then[-1].at
        marks = tuple(mark for mark in marks if mark.at > at)
    drawn, amperes = left(meter, at, pieces)
    return replace(
        meter,
        register=meter.register if register is None else register,
        read_at=at,
        activity=activity,
        since=since,
        marks=marks,
        fallen=meter.fallen if register is None else None,
        readings=meter.readings if register is None else meter.readings + 1,
        drawn=drawn,
        amperes=amperes,
        giving=NO_ENERGY,
        given=meter.given + meter.giving if meter.giving else meter.given,
    )


def _pieces(meter: Meter, until: datetime, energy: Energy) -> tuple[Stretch, ...]:
    """The time since the last register, cut at the marks, with its energy.

    Energy flows while charging; only where nobody said that the car was charging, it is spread over all of the time in
    which a car was there.
    """
    if until == meter.read_at:
        at_once = Stretch(started_at=until, ended_at=until, energy=energy, activity=meter.activity)
        return (at_once,) if energy else ()
    if not meter.marks or not any(mark.at < until for mark in meter.marks):  # as nearly always
        return (Stretch(started_at=meter.read_at, ended_at=until, energy=energy, activity=meter.activity),)
    begun_at = [Mark(at=meter.read_at, activity=meter.activity), *(mark for mark in meter.marks if mark.at < until)]
    ends = [*(mark.at for mark in begun_at[1:]), until]
    spans = [(mark.activity, mark.at, end) for mark, end in zip(begun_at, ends, strict=True) if end > mark.at]
    flows = _flows([activity for activity, _, _ in spans])
    whole = sum((end - start for (_, start, end), flowing in zip(spans, flows, strict=True) if flowing), timedelta())

    pieces: list[Stretch] = []
    passed, given = timedelta(), NO_ENERGY
    for (activity, start, end), flowing in zip(spans, flows, strict=True):
        passed += (end - start) if flowing else timedelta()
        share = energy.during(passed, whole) - given
        given += share
        drawn = flowing and bool(energy) and sum(flows) > 1
        pieces.append(Stretch(started_at=start, ended_at=end, energy=share, activity=activity, interpolated=drawn))
    return tuple(pieces)


def _flows(activities: list[Activity]) -> list[bool]:
    """In which of them energy flows: while charging, else while a car is there, and if there is none, in all."""
    for car in ((Activity.CHARGING,), (Activity.SUSPENDED_EV, Activity.SUSPENDED_EVSE)):
        if any(activity in car for activity in activities):
            return [activity in car for activity in activities]
    return [True] * len(activities)


# ---- Doubts


def _implausible(meter: Meter, before: Energy, register: Energy, at: datetime) -> bool:
    """More than `_most`, without a division: each reading of each charge is asked."""
    watts = (meter.power_max or LARGEST_POWER).watts
    return (register.wh - before.wh) * _HOUR > watts * ((at - meter.read_at + SLACK) // _MICROSECOND)


def _most(meter: Meter, at: datetime, power: Power | None = None, *, since_at: datetime | None = None) -> Energy:
    """What this power, or else the Evse, can have given since the last register, or since then."""
    watts = (power or meter.power_max or LARGEST_POWER).watts
    return Energy(watts * hours(at - (since_at or meter.read_at) + SLACK))


def _after_stop(fact: Fact) -> tuple[Doubt, ...]:
    if not isinstance(fact, Reading) or fact.register is None:
        return ()
    return (_doubt(DoubtKind.READING_AFTER_STOP, fact.at, f"{_said(fact.register)} after the session stopped"),)


_LESS = {
    DoubtKind.BACKWARD_REGISTER: "",
    DoubtKind.ROLLOVER: ": the meter seems to have counted to its end and on",
    DoubtKind.METER_EXCHANGED: ", and counts on from there: another meter, or one that was set back",
}


def _less(kind: DoubtKind, before: Energy, register: Energy, at: datetime) -> Doubt:
    return _doubt(kind, at, f"{_said(register)} after {_said(before)}{_LESS[kind]}")


_MOVED = {
    DoubtKind.ROLLOVER: "the meter counted to its end and on, and is billed across it",
    DoubtKind.METER_EXCHANGED: "another meter counts from there on",
}


def _moved(kind: DoubtKind, before: Energy, register: Energy, at: datetime, energy: Energy) -> Doubt:
    detail = f"{_said(register)} after {_said(before)}: {_MOVED[kind]}"
    return Doubt(kind=kind, at=at, detail=detail, energy=energy)


def _too_much(meter: Meter, before: Energy, register: Energy, at: datetime) -> Doubt:
    """More than any Evse gives is no question of power, but of the meter."""
    jumped = register - before > _most(meter, at, LARGEST_POWER)
    most = LARGEST_POWER if jumped else meter.power_max or LARGEST_POWER
    kind = DoubtKind.JUMP if jumped else DoubtKind.POWER_IMPLAUSIBLE
    return _doubt(kind, at, f"{_said(register)} after {_said(before)} is more than {most.kw} kW give")


def _no_stop(at: datetime) -> Doubt:
    return _doubt(DoubtKind.STOP_UNKNOWN, at, "energy after the last register is not known and not billed")


def _doubt(kind: DoubtKind, at: datetime, detail: str) -> Doubt:
    return Doubt(kind=kind, at=at, detail=detail)


def _said(register: Energy) -> str:
    return f"register {register.wh} Wh"
