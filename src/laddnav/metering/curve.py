"""A session told as a curve, meter and states over time, becomes stretches; for those who have no station to ask.

`{"start", "end", "meter": [{"t", "kwh"}], "states": [{"t", "state"}]}`: the meter is cumulative and rises linearly
between two of its values; a state holds from its instant on, and before the first one the car charges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY, Energy, kwh
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import rfc3339, utc
from laddnav.metering.model import Activity, Mark, Stretch

# In OCPI's words, parking is what the vehicle does that asks for no power.
_ACTIVITIES = {
    "RESERVED": Activity.RESERVED,
    "CHARGING": Activity.CHARGING,
    "SUSPENDED_EVSE": Activity.SUSPENDED_EVSE,
    "PARKING": Activity.SUSPENDED_EV,
}
_LARGEST_KWH = Decimal(10**9)  # no meter counts further; the exact arithmetic of a straight line has room for more

# Far beyond any session; a price may change many times a day, and somebody has to look at each of those days.
_LONGEST = timedelta(days=3660)


class UnusableCurve(Refusal):
    """The session cannot be metered as it is told; the message names the field and what to do about it."""


class Point(Struct, frozen=True):
    """What the meter had counted at an instant."""

    at: datetime
    energy: Energy


class Curve(Struct, frozen=True, kw_only=True):
    """A session as somebody tells it. `meter` and `marks` lie between start and end, in order of time."""

    started_at: datetime
    ended_at: datetime
    meter: tuple[Point, ...] = ()
    marks: tuple[Mark, ...] = ()


class _WirePoint(Struct, frozen=True):
    t: datetime
    kwh: Decimal


class _WireMark(Struct, frozen=True):
    t: datetime
    state: str


class _WireSession(Struct, frozen=True):
    start: datetime | None = None
    end: datetime | None = None
    meter: tuple[_WirePoint, ...] = ()
    states: tuple[_WireMark, ...] = ()


def read_session(body: bytes | str) -> Curve:
    """Raises Unreadable for what is no such JSON, UnusableCurve for what contradicts itself."""
    told = json.decode(body, _WireSession)
    if told.start is None or told.end is None:
        missing = "start" if told.start is None else "end"
        raise UnusableCurve(f"`{missing}` is missing: say when the session {missing}ed, as in 2026-11-21T09:00:00Z")
    start, end = _instant("start", told.start), _instant("end", told.end)
    if end < start:
        raise UnusableCurve(f"`end` {rfc3339(end)} is before `start` {rfc3339(start)}: exchange or correct them")
    if end - start > _LONGEST:
        raise UnusableCurve(f"`end` {rfc3339(end)} is more than ten years after `start` {rfc3339(start)}: correct them")
    meter = tuple(
        Point(_instant(f"meter[{place}].t", point.t), _energy(f"meter[{place}].kwh", point.kwh))
        for place, point in enumerate(told.meter)
    )
    marks = tuple(
        Mark(at=_instant(f"states[{place}].t", mark.t), activity=_activity(f"states[{place}].state", mark.state))
        for place, mark in enumerate(told.states)
    )
    _check_times("meter", [point.at for point in meter], start, end)
    _check_times("states", [mark.at for mark in marks], start, end)
    _check_meter(meter, marks, start)
    return Curve(started_at=start, ended_at=end, meter=meter, marks=marks)


def stretches_of(curve: Curve) -> tuple[Stretch, ...]:
    """The session, cut at every state and every value of the meter: between two of those the power is one.

    A meter that falls says that energy was fed back: its stretch is negative. Before its first value and after its
    last one no energy flows. Energy stays where the meter says it flowed, whatever the state. There is always at least
    one stretch, of no length if the session has none.
    """
    cuts = sorted({curve.started_at, curve.ended_at, *_instants(curve.marks), *_instants(curve.meter)})
    if len(cuts) == 1:
        cuts *= 2
    counted, read = _counted(curve.meter, cuts), frozenset(_instants(curve.meter))
    activities = _activities(curve.marks, cuts)
    return tuple(
        Stretch(
            started_at=since,
            ended_at=until,
            energy=counted[until] - counted[since],
            activity=activities[since],
            interpolated=counted[until] != counted[since] and not (since in read and until in read),
        )
        for since, until in pairwise(cuts)
    )


def _instants(things: Iterable[Point | Mark]) -> Iterable[datetime]:
    return (thing.at for thing in things)


def _counted(meter: Sequence[Point], instants: Sequence[datetime]) -> dict[datetime, Energy]:
    """What the meter had counted at each of these instants, which are in order, as those of the meter are."""
    if not meter:
        return dict.fromkeys(instants, NO_ENERGY)
    found: dict[datetime, Energy] = {}
    ahead, last = iter(meter), meter[0]
    coming = next(ahead, None)
    for instant in instants:
        while coming is not None and coming.at <= instant:
            last, coming = coming, next(ahead, None)
        if coming is None or instant <= last.at:
            found[instant] = last.energy
        else:
            rise = coming.energy - last.energy
            found[instant] = last.energy + rise.during(instant - last.at, coming.at - last.at)
    return found


def _activities(marks: Sequence[Mark], instants: Sequence[datetime]) -> dict[datetime, Activity]:
    """The one that holds from each of these instants on; of two marks at one instant it is the later one."""
    found: dict[datetime, Activity] = {}
    activity, place = Activity.CHARGING, 0
    for instant in instants:
        while place < len(marks) and marks[place].at <= instant:
            activity, place = marks[place].activity, place + 1
        found[instant] = activity
    return found


# ---- What cannot be


def _instant(field: str, said: datetime) -> datetime:
    try:
        return utc(said)
    except OverflowError:
        raise UnusableCurve(f"`{field}` is beyond the calendar: give the time as it was") from None


def _energy(field: str, said: Decimal) -> Energy:
    if not said.is_finite() or abs(said) > _LARGEST_KWH:
        raise UnusableCurve(f"`{field}` is not what a meter can say: give it in kWh, as in 12.5")
    return kwh(said)


def _activity(field: str, said: str) -> Activity:
    try:
        return _ACTIVITIES[said]
    except KeyError:
        known = ", ".join(_ACTIVITIES)
        raise UnusableCurve(f"`{field}` {said[:40]!r} is not known: it is one of {known}") from None


def _check_times(field: str, times: Sequence[datetime], start: datetime, end: datetime) -> None:
    for place, (before, at) in enumerate(pairwise(times), start=1):
        if at < before:
            raise UnusableCurve(
                f"`{field}[{place}].t` {rfc3339(at)} is before the one ahead of it, {rfc3339(before)}:"
                f" sort `{field}` by time"
            )
    for place, at in enumerate(times):
        if not start <= at <= end:
            raise UnusableCurve(
                f"`{field}[{place}].t` {rfc3339(at)} is outside the session, {rfc3339(start)} to {rfc3339(end)}:"
                " leave it out, or correct `start` or `end`"
            )


def _check_meter(meter: Sequence[Point], marks: Sequence[Mark], start: datetime) -> None:
    if meter and meter[0].at > start and meter[0].energy and not _reserved(marks, start, meter[0].at):
        raise UnusableCurve(
            f"`meter[0]` says {meter[0].energy.kwh} kWh at {rfc3339(meter[0].at)}, and nothing says what of it this"
            " session brought: put first what the meter said at `start`"
        )
    for place, (before, point) in enumerate(pairwise(meter), start=1):
        if point.at == before.at and point.energy != before.energy:
            raise UnusableCurve(
                f"`meter[{place}]` says {point.energy.kwh} kWh at {rfc3339(point.at)}, and the one ahead of it says"
                f" {before.energy.kwh} kWh at the same instant: leave out one of them"
            )


def _reserved(marks: Sequence[Mark], start: datetime, until: datetime) -> bool:
    """All of that time: then nothing can have been charged, whatever the meter said at its beginning."""
    before = [mark for mark in marks if mark.at < until]
    return bool(before) and before[0].at == start and all(mark.activity is Activity.RESERVED for mark in before)
