"""What to ask of Stations now, so that nothing is too much whatever becomes of what is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil, floor

import numpy as np

from laddnav.scheduling.committed import LEASE, SLIP, by_this_charge, end_of, given_back, most
from laddnav.scheduling.outflow import Outflow
from laddnav.scheduling.outlets import Ask, Floats, Lease, Moment, Outlet
from laddnav.scheduling.room import Tally, fallback_of, rows

# One below the fallback lasts longer than any above that was given on the strength of it.
LONG_LEASE = timedelta(minutes=15)
# An answer that has not come by then is not waited for.
ANSWERED_WITHIN = timedelta(seconds=30)
# Between one raise and the next, and the most of each: what others make room for is taken slowly.
RAISED_EVERY = timedelta(seconds=20)
RAISE_MAX = 16.0
RAISE_MIN = 2.0  # less is not worth a message, unless it is all that is wanted or a message is due


def floors(moment: Moment) -> Floats:
    """(outlet) amperes that no ask takes from it: what one that cannot be asked may draw, and a newcomer by itself."""
    end_at = moment.at + LEASE + _slowest(moment)
    return np.array([_floor(one, moment.at, end_at) for one in moment.outlets], dtype=np.float64)


def _floor(outlet: Outlet, at: datetime, end_at: datetime) -> float:
    if not _can_be_asked(outlet):
        return most(outlet, at, end_at)
    return 0.0 if outlet.keeps_for_newcomers else fallback_of(outlet)


def _slowest(moment: Moment) -> timedelta:
    return max((one.reaction for one in moment.outlets), default=timedelta())


def asks(moment: Moment, targets: Floats) -> tuple[Ask, ...]:
    """What to send now: every lowering, and of the raises those for which there is room whatever is answered.

    All that Stations may draw until the last of these leases is over is added up, so a raise waits until those who make
    room for it have acknowledged and had the time to follow; and nobody gets anything on the strength of a limit that
    may lapse before its own does.
    """
    outstanding = Outstanding(moment)
    lowered: list[Ask] = []
    raised: list[Ask] = []
    for column in sorted(range(len(moment.outlets)), key=lambda column: _urgency(moment.outlets[column])):
        outlet, target = moment.outlets[column], float(targets[column])
        before = _last(outlet, moment.at)
        has = fallback_of(outlet) if before is None else before.amps
        if not _can_be_asked(outlet) or not (outlet.charging or outlet.keeps_for_newcomers or min(target, has) < 0):
            continue
        amps = target if target >= 0 else outstanding.down_to(column, target)
        if amps > has:
            # One that gives back rests at once, and draws by the same steps as one that rested.
            amps = _raised(outlet, before, max(has, 0.0), amps, outstanding.highest(column), moment.at)
        if not _worth_saying(outlet, before, has, amps, moment.at):
            continue
        outstanding.give(column, amps)
        until_at = moment.at + _lasts(outlet, amps)
        ask = Ask(outlet_id=outlet.id, amps=amps, until_at=until_at, phases=len(outlet.phases))
        (raised if amps > has else lowered).append(ask)
    return tuple(lowered + raised)


class Outstanding:
    """All that Stations may draw, and give back, until the last lease that is asked for now is over."""

    def __init__(self, moment: Moment) -> None:
        at, end_at, outlets = moment.at, moment.at + LEASE + _slowest(moment), moment.outlets
        self._outlets = outlets
        self._held = np.array([most(one, at, end_at) for one in outlets], dtype=np.float64)
        had = np.array([by_this_charge(one, at, end_at) if one.charging else 0.0 for one in outlets])
        self._tally = Tally(rows(moment, floors(moment)), outlets, self._held, had)
        self._back = Outflow(moment, np.array([given_back(one, at, end_at) for one in outlets]))

    def highest(self, column: int) -> float:
        """Amperes that there is room for."""
        return self._tally.highest(column)

    def down_to(self, column: int, amps: float) -> float:
        """As far below nought; not at all where it has no room for its fallback, which is what it draws otherwise."""
        if fallback_of(self._outlets[column]) > self.highest(column) + SLIP:
            return 0.0
        return -self._back.may_give(column, -amps)

    def give(self, column: int, amps: float) -> None:
        """Below zero it is to give back, and counts with its fallback."""
        counts = amps if amps >= 0 else fallback_of(self._outlets[column])
        if counts > self._held[column]:
            self._tally.give(column, counts)
        self._back.give(column, -amps)


def _can_be_asked(outlet: Outlet) -> bool:
    return outlet.reachable and outlet.ban is None


def _raised(outlet: Outlet, before: Lease | None, has: float, target: float, highest: float, at: datetime) -> float:
    """What it is asked instead of what it has: the target, or as near as room and ramp allow; or still what it has."""
    if before is not None and at - before.asked_at < RAISED_EVERY:
        return has
    amps = min(target, floor(highest + SLIP), max(has + RAISE_MAX, outlet.amps_min))
    worth_it = amps >= has + RAISE_MIN or amps >= wanted(outlet) or (before is not None and _due(outlet, before, at))
    if amps < outlet.amps_min or (has >= outlet.amps_min and not worth_it):
        return has
    return max(amps, has)


def _worth_saying(outlet: Outlet, before: Lease | None, has: float, amps: float, at: datetime) -> bool:
    """A car that is seen on other phases than its Station was told is news, for the same amperes are another power."""
    if before is None:
        return amps != has
    phases = len(outlet.phases)
    told = before.phases or phases
    if before.acknowledged_at is None and at - before.asked_at < ANSWERED_WITHIN:
        rests = before.amps < 0 <= amps
        return amps < before.amps or phases < told or rests  # whatever becomes of what is on its way
    changed = amps != before.amps or phases != told
    return changed or before.acknowledged_at is None or _due(outlet, before, at)


def _due(outlet: Outlet, before: Lease, at: datetime) -> bool:
    """Half of it is over, and it is to be renewed."""
    return before.until_at - at < _lasts(outlet, before.amps) / 2


def _lasts(outlet: Outlet, amps: float) -> timedelta:
    return LONG_LEASE if 0 <= amps <= fallback_of(outlet) else LEASE


def wanted(outlet: Outlet) -> float:
    """Whole amperes that the plan wants, others allow and the hardware can; the minimum where the plan wants less."""
    most_of_it = floor(
        min(outlet.amps_max, outlet.amps_max if outlet.ceiling_amps is None else outlet.ceiling_amps) + SLIP
    )
    amps = min(max(floor(outlet.wanted_amps + SLIP), ceil(outlet.amps_min)), most_of_it)
    return float(amps) if outlet.charging and outlet.wanted_amps > 0 and amps >= outlet.amps_min else 0.0


def _urgency(outlet: Outlet) -> tuple[bool, int, timedelta, str]:
    return (not outlet.charging, -outlet.priority, outlet.laxity, outlet.id)


def _last(outlet: Outlet, at: datetime) -> Lease | None:
    """The newest that it was asked and that is not over."""
    return max((one for one in outlet.leases if end_of(one) > at), key=lambda one: one.number, default=None)
