"""How much each fuse of a site, each limit from outside and the balance of the phases leave for cars.

All of them are rows of one table: so much of the row for each ampere of an Evse, and so much in all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from laddnav.scheduling.outlets import Amps, Floats, Moment, Outlet
from laddnav.scheduling.site import Panel
from laddnav.scheduling.wiring import Numbers, Wiring, wired

PHASES = (0, 1, 2)


class Weakness(Struct, frozen=True, kw_only=True):
    """A fuse that one Station may overload by itself: with it at all that it can and the others at their fallbacks, the
    phase is `amps` above what the fuse carries for an hour.
    """

    panel: str
    phase: int
    outlet_id: str
    amps: float


class Rows(Struct, frozen=True, kw_only=True):
    """What limits a site, panel by panel and L1 to L3 of each.

    `wiring`: which Evse draws through which of them. `fuses`: (panel × phase) amperes for cars.
    `withstood`: (panel × phase) amperes for cars when one of them draws all that its hardware can and the building its
    most; infinite where the site asks for no such room. `unguarded`: those for which that cannot be held, whichever
    Evse it is; they are held for the building alone. `of_others`: (other limit, outlet) how much of it an ampere takes,
    `others`: how much there is in all, of limits from outside, in kW, and of the balance of phases, in amperes.
    """

    wiring: Wiring
    fuses: Floats
    withstood: Floats
    unguarded: NDArray[np.bool_]
    of_others: Floats
    others: Floats


def fuses_of(panels: Sequence[Panel], outlets: Sequence[Outlet]) -> Floats:
    """(panel × phase, outlet) 1 where the Evse draws through that fuse."""
    feeds = np.eye(len(panels))  # (panel, panel) 1 where the first feeds the second
    for number, panel in enumerate(panels):
        if panel.under is not None:
            feeds[:, number] += feeds[:, panel.under]
    uses = np.array([[phase in one.phases for one in outlets] for phase in PHASES], dtype=np.float64)
    on = [one.panel for one in outlets]
    return (feeds[:, on][:, None, :] * uses[None]).reshape(3 * len(panels), len(outlets))


def ratings_of(panels: Sequence[Panel]) -> Floats:
    return np.array([amps for panel in panels for amps in panel.amps_max], dtype=np.float64)


def at_connection(panels: Sequence[Panel], amps: Amps) -> Floats:
    """(panel × phase) what is drawn beside the cars: it hangs on the connection itself."""
    drawn = np.zeros(3 * len(panels))
    drawn[:3] = amps
    return drawn


def fallbacks_of(outlets: Sequence[Outlet]) -> Floats:
    """(outlet) amperes at most that each keeps to by itself."""
    return np.array([fallback_of(one) for one in outlets], dtype=np.float64)


def fallback_of(outlet: Outlet) -> float:
    return min(outlet.fallback_amps, outlet.amps_max) if outlet.fallback_known else outlet.amps_max


def weaknesses(
    panels: Sequence[Panel], outlets: Sequence[Outlet], building_max: Amps, overload: float
) -> tuple[Weakness, ...]:
    """For each fuse that one Station could overload by itself, the one that does it most."""
    beyond, worst = _beyond(wired(panels, outlets), panels, outlets, building_max, overload)
    return tuple(
        Weakness(
            panel=panels[row // 3].name, phase=row % 3, outlet_id=outlets[int(worst[row])].id, amps=float(beyond[row])
        )
        for row in np.flatnonzero(beyond > 0).tolist()
    )


def _beyond(
    wiring: Wiring, panels: Sequence[Panel], outlets: Sequence[Outlet], building_max: Amps, overload: float
) -> tuple[Floats, Numbers]:
    """(panel × phase) amperes above what the fuse carries for an hour with the worst Evse at its most; which it is."""
    fallbacks = fallbacks_of(outlets)
    more = np.array([one.amps_max for one in outlets], dtype=np.float64) - fallbacks
    most = wiring.most(more[wiring.outlet], -np.inf)
    worst = np.zeros(wiring.fuses, dtype=np.intp)
    is_it = np.flatnonzero(more[wiring.outlet] == most[wiring.fuse])[::-1]  # of several the first
    worst[wiring.fuse[is_it]] = wiring.outlet[is_it]
    held = wiring.through(fallbacks) + at_connection(panels, building_max) - overload * ratings_of(panels)
    return held + most, worst


def rows(moment: Moment, floors: Floats) -> Rows:
    """What the site can give to cars at that moment. `floors`: (outlet) amperes that nobody can take from each."""
    panels, outlets = moment.panels, moment.outlets
    wiring = wired(panels, outlets)
    ratings = ratings_of(panels)
    building = moment.building_max if moment.building is None else moment.building
    # What the roof gives may be gone with the next cloud: a fuse has no more room for it.
    drawn = at_connection(panels, (max(building[0], 0.0), max(building[1], 0.0), max(building[2], 0.0)))
    withstood = np.full(ratings.shape, np.inf)
    unguarded = np.zeros(ratings.shape, dtype=np.bool_)
    if moment.overload is not None:
        withstood = moment.overload * ratings - at_connection(panels, moment.building_max)
        unguarded = _beyond(wiring, panels, outlets, moment.building_max, moment.overload)[0] > 0
        hardware = np.array([one.amps_max for one in outlets], dtype=np.float64)
        unguarded |= wiring.through(floors) + wiring.most((hardware - floors)[wiring.outlet], 0.0) > withstood
    of_others, others = _others(moment)
    return Rows(
        wiring=wiring,
        fuses=ratings - drawn,
        withstood=withstood,
        unguarded=unguarded,
        of_others=of_others,
        others=others,
    )


def _others(moment: Moment) -> tuple[Floats, Floats]:
    building = np.array(moment.building_max if moment.building is None else moment.building)
    kw_per_amp = np.array([len(one.phases) for one in moment.outlets], dtype=np.float64) * moment.volts / 1000
    table: list[Floats] = []
    limits: list[float] = []
    if moment.kw_max is not None:
        table.append(kw_per_amp)
        limits.append(moment.kw_max + moment.given_kw - float(building.sum()) * moment.volts / 1000)
    if moment.cars_kw_max is not None:
        table.append(kw_per_amp)
        limits.append(moment.cars_kw_max)
    if moment.unbalance_max is not None:
        for phase, amps in zip(PHASES, _uneven_room(moment, building), strict=True):
            table.append(np.array([float(phase in one.phases and len(one.phases) < 3) for one in moment.outlets]))
            limits.append(amps)
    return np.array(table).reshape(len(limits), len(moment.outlets)), np.array(limits)


def _uneven_room(moment: Moment, building: Floats) -> Floats:
    """(phase) amperes for cars that use one or two phases, so that it stays near enough to the least loaded phase.

    What cars are measured to draw of the other phases counts for these; what they only may draw does not.
    """
    assert moment.unbalance_max is not None
    drawn = np.zeros(3)
    for one in moment.outlets:
        if one.drawn is not None and len(one.phases) < 3:
            drawn += one.drawn
    others = building if moment.building is not None else np.zeros(3)
    least = [min((others + drawn)[other] for other in PHASES if other != phase) for phase in PHASES]
    return moment.unbalance_max + np.array(least) - others


class Tally:
    """What is taken of each row, and how far one Evse may still go.

    `held`: (outlet) amperes that count at the fuses; `had`: (outlet) amperes that count at the other limits. What is
    said of one Evse is up to date; what is said of all is as it was at the last count.
    """

    def __init__(self, table: Rows, outlets: Sequence[Outlet], held: Floats, had: Floats) -> None:
        self._table = table
        self._hardware = np.array([one.amps_max for one in outlets], dtype=np.float64)
        # Plain numbers are looked up one by one many times faster.
        self._held, self._had = held.tolist(), had.tolist()
        self._column, self._row = table.wiring.outlet, table.wiring.fuse
        self._fuses_of = table.wiring.of_each
        self._guarded = ~table.unguarded[self._row]
        self._others_of = [
            [(row, each) for row, each in enumerate(column) if each] for column in table.of_others.T.tolist()
        ]
        self.count()

    def count(self) -> None:
        """Anew from what they have; what one Station may draw beyond what it has falls as it is given more."""
        table, row, column = self._table, self._row, self._column
        self.held, self.had = np.array(self._held, dtype=np.float64), np.array(self._had, dtype=np.float64)
        used = table.wiring.through(self.held)
        # Of each fuse, who could draw most beyond what it has, how much that is, and how much the next one could.
        beyond = (self._hardware - self.held)[column] * self._guarded
        self.worst = np.full(len(used), -1)
        self.most_beyond = table.wiring.most(beyond, 0.0)
        most = np.flatnonzero(beyond == self.most_beyond[row])
        self.worst[row[most]] = column[most]
        self._is_worst = self.worst[row] == column
        self.next_beyond = table.wiring.most(np.where(self._is_worst, 0.0, beyond), 0.0)
        self.left = table.fuses - used
        self.left_withstood = table.withstood - used
        self.left_others = table.others - table.of_others @ self.had
        # Of each fuse, how much more any Evse may have, and how much the one that could draw most.
        self.slack = np.minimum(self.left, self.left_withstood - self.most_beyond)
        self.slack_of_worst = np.minimum(self.left, self.left_withstood - self.next_beyond)
        self._reach: Floats | None = None
        self._slack = self.slack.tolist()
        self._slack_of_worst = self.slack_of_worst.tolist()
        self._worst = self.worst.tolist()
        self._worst_somewhere = set(self._worst)
        self._others = self.left_others.tolist()

    def highest(self, column: int) -> float:
        """The most amperes that this Evse may have."""
        of_all, of_worst, fuses = self._slack, self._slack_of_worst, self._fuses_of[column]
        if column in self._worst_somewhere:
            slack = min([of_worst[row] if self._worst[row] == column else of_all[row] for row in fuses])
        else:
            slack = min([of_all[row] for row in fuses])
        amps: float = slack + self._held[column]
        for row, each in self._others_of[column]:
            amps = min(amps, self._had[column] + self._others[row] / each)
        return amps

    def reach(self) -> Floats:
        """(outlet) `highest` of each."""
        if self._reach is None:
            slack = np.where(self._is_worst, self.slack_of_worst[self._row], self.slack[self._row])
            self._reach = self.held + np.minimum.reduceat(slack, self._table.wiring.begins)
            for each, left in zip(self._table.of_others, self.left_others, strict=True):
                counts = each > 0
                self._reach[counts] = np.minimum(self._reach[counts], self.had[counts] + left / each[counts])
        return self._reach

    def give(self, column: int, amps: float) -> None:
        """It has so much from now on; at the fuses nothing less than before counts."""
        more = amps - self._held[column]
        if more > 0:
            self._use(column, more)
            self._held[column] = amps
        for row, each in self._others_of[column]:
            self._others[row] -= (amps - self._had[column]) * each
        self._had[column] = amps

    def level(self, open_: NDArray[np.bool_]) -> float:
        """Amperes by which all of these may go further together."""
        each = self._table.wiring.through(open_.astype(np.float64))
        worst_goes = open_[self.worst] & (self.worst >= 0)
        slack = [
            _shares(self.left, each),
            # What the worst of them is given is no longer beyond what it has.
            _shares(self.left_withstood - self.most_beyond, each - worst_goes),
            _shares(self.left_withstood - self.next_beyond, each),
            _shares(self.left_others, self._table.of_others @ open_),
        ]
        return max(0.0, min(slack))

    def raise_all(self, open_: NDArray[np.bool_], amps: Floats) -> None:
        """These have so much from now on; all is counted anew."""
        self._held = np.where(open_, np.maximum(self._held, amps), self._held).tolist()
        self._had = np.where(open_, amps, self._had).tolist()
        self.count()

    def keep_free(self, column: int, amps: float) -> None:
        """Nobody else is to take what this Evse would need for so much."""
        self._use(column, max(0.0, amps - self._held[column]))
        for row, each in self._others_of[column]:
            self._others[row] -= amps * each

    def _use(self, column: int, amps: float) -> None:
        for row in self._fuses_of[column]:
            self._slack[row] -= amps
            self._slack_of_worst[row] -= amps


def _shares(left: Floats, each: Floats) -> float:
    used = each > 0
    return float((left[used] / each[used]).min(initial=np.inf))
