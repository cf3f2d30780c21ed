"""The time since the last register, cut where the charge began to do something else, each piece with its energy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.time import rfc3339
from laddnav.metering.currents import left, with_current
from laddnav.metering.doubts import named
from laddnav.metering.model import Activity, Doubt, DoubtKind, Mark, Measured, Meter, Stretch
from laddnav.metering.notes import NoteKind, noted

# Stations are usually told to sample at least every quarter of an hour; two of those without a word is a gap.
GAP_AFTER = timedelta(minutes=30)


def to_end(meter: Meter, at: datetime, energy: Energy, doubts: tuple[Doubt, ...] = ()) -> Measured:
    """No register is read at `at`, and none will be: `energy` is what is billed until then."""
    pieces = with_current(meter, _pieces(meter, at, energy - meter.giving))
    return Measured(meter=_caught_up(meter, at, pieces), stretches=pieces, doubts=doubts)


def read(
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
        gap = noted(NoteKind.GAP, gap_kwh=str(energy.kwh), read_at=rfc3339(at))
        doubts += (named(DoubtKind.GAP, meter.read_at, gap),)
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
