"""What is drawn at a site beside its cars, as far as its meters tell; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from laddnav.scheduling import committed, control
from laddnav.scheduling.outlets import NO_AMPS, Amps, Outlet
from laddnav.sites.facts import SILENT, Facts
from laddnav.sites.fuses import floats
from laddnav.sites.model import Beside, Member, Place

# Cars that were told something else draw that by then; a sample that is no older tells of now.
RAMP = timedelta(seconds=15)
TRIFLE = 0.2  # A
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def building(facts: Facts, outlets: Sequence[Outlet]) -> Amps | None:
    """What is drawn beside the cars, with nothing that a roof or a battery gives: they may give nothing in a moment."""
    found = believed(facts, outlets)
    return None if found is None else found.amps


def believed(facts: Facts, outlets: Sequence[Outlet]) -> Beside | None:
    """None: no meter says.

    Of a car that was told more since its last sample nobody knows whether it draws that yet. So what was thought before
    still holds as far as the mains meter allows it; else a raise would look like the building, and be taken back.
    """
    own, battery = facts.fresh(Place.BUILDING), facts.fresh(Place.BATTERY)
    if own is not None:
        charged = NO_AMPS if battery is None else floats(battery.amps)
        return Beside(at=facts.at, amps=_added(floats(own.amps), [max(0.0, amps) for amps in charged]))
    mains = facts.fresh(Place.GRID)
    if mains is None:
        return None
    drawn = _added(floats(mains.amps), given(facts))
    between = [_as_of(facts, member, one, mains.at) for member, one in zip(facts.site.members, outlets, strict=True)]
    most = control.building(drawn, [replace(one, drawn=low) for one, (low, _) in zip(outlets, between, strict=True)])
    before = facts.beside
    if before is None or facts.at - before.at > facts.pace.length(SILENT):
        return Beside(at=facts.at, amps=most)
    least = control.building(drawn, [replace(one, drawn=high) for one, (_, high) in zip(outlets, between, strict=True)])
    return _steadied(facts, before, _each(min, _each(max, before.amps, least), most), drawn)


def _steadied(facts: Facts, before: Beside, now: Amps, drawn: Amps) -> Beside:
    """A car that has stopped since its last sample makes the building look smaller, for as long as that sample counts.

    So less is believed once meters have told of it for so long; until then it is no less than before, or than all that
    is drawn.
    """
    floor = control.steady([now, _each(min, before.amps, drawn)])
    since = before.falls_since_at or facts.at
    if all(one - other < TRIFLE for one, other in zip(floor, now, strict=True)):
        return Beside(at=facts.at, amps=now)
    if facts.at - since >= facts.pace.length(RAMP):
        return Beside(at=facts.at, amps=now)
    return Beside(at=facts.at, amps=floor, falls_since_at=since)


def given(facts: Facts) -> Amps:
    """What roof and battery give now."""
    amps = NO_AMPS
    for place, sign in ((Place.SOLAR, 1), (Place.BATTERY, -1)):
        one = facts.fresh(place)
        if one is not None:
            amps = _added(amps, [max(0.0, sign * each) for each in floats(one.amps)])
    return amps


def _as_of(facts: Facts, member: Member, one: Outlet, at: datetime) -> tuple[Amps, Amps]:
    """What it drew at least and at most at the instant of another meter.

    A sample that is old, or older than what the car was told last, tells nothing of that: it may draw nothing by now.
    """
    session = facts.sessions.get((member.station_id, member.evse_no))
    samples = () if session is None else facts.drawn.get(session.id, ())
    if not samples or samples[0].at > at:
        return NO_AMPS, _evenly(one, committed.most(one, facts.pace.wall(at), facts.pace.wall(at)))
    newest = samples[-1]
    if newest.at > at:
        return _each(min, samples[0].amps, newest.amps), _each(max, samples[0].amps, newest.amps)
    changed = [when for lease in one.leases for when in (lease.asked_at, lease.acknowledged_at) if when is not None]
    steady = facts.pace.wall(newest.at) - max(changed, default=_LONG_AGO) > RAMP
    if steady and at - newest.at <= facts.pace.length(RAMP):
        return newest.amps, newest.amps
    may = _evenly(one, committed.most(one, facts.pace.wall(newest.at), facts.pace.wall(at)))
    return NO_AMPS, _each(max, newest.amps, may)


def _evenly(one: Outlet, amps: float) -> Amps:
    return amps if 0 in one.phases else 0.0, amps if 1 in one.phases else 0.0, amps if 2 in one.phases else 0.0


def _each(pick: Callable[[float, float], float], some: Amps, others: Amps) -> Amps:
    return pick(some[0], others[0]), pick(some[1], others[1]), pick(some[2], others[2])


def _added(amps: Amps, more: Sequence[float]) -> Amps:
    return amps[0] + more[0], amps[1] + more[1], amps[2] + more[2]


def news(facts: Facts, now: Beside | None) -> Beside | None:
    """What is thought to be drawn beside the cars, where that is worth writing down."""
    before = facts.beside
    if now is None or facts.fresh(Place.GRID) is None:
        return None
    if before is None or before.falls_since_at != now.falls_since_at:
        return now
    if facts.at - before.at < facts.pace.length(SILENT / 3):
        if all(abs(one - other) < TRIFLE for one, other in zip(before.amps, now.amps, strict=True)):
            return None
    return now
