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

    `of_fuses`: (panel × phase, outlet) 1 where the Evse draws through it. `fuses`: (panel × phase) amperes for cars.
    `withstood`: (panel × phase) amperes for cars when one of them draws all that its hardware can and the building its
    most; infinite where the site asks for no such room. `unguarded`: those for which that cannot be held, whichever
    Evse it is; they are held for the building alone. `of_others`, `others`: as the first two, for limits from outside,
    in kW, and for the balance of phases, in amperes.
    """

    of_fuses: Floats
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
    through = fuses_of(panels, outlets)
    beyond, worst = _beyond(through, panels, outlets, building_max, overload)
    return tuple(
        Weakness(
            panel=panels[row // 3].name, phase=row % 3, outlet_id=outlets[int(worst[row])].id, amps=float(beyond[row])
        )
        for row in np.flatnonzero(beyond > 0).tolist()
    )


def _beyond(
    through: Floats, panels: Sequence[Panel], outlets: Sequence[Outlet], building_max: Amps, overload: float
) -> tuple[Floats, NDArray[np.int_]]:
    """(panel × phase) amperes above what the fuse carries for an hour with the worst Evse at its most; which it is."""
    if not outlets:
        return np.full(3 * len(panels), -np.inf), np.zeros(3 * len(panels), dtype=np.int_)
    fallbacks = fallbacks_of(outlets)
    more = np.array([one.amps_max for one in outlets]) - fallbacks
    extra = np.where(through > 0, more, -np.inf)
    held = through @ fallbacks + at_connection(panels, building_max) - overload * ratings_of(panels)
    return held + extra.max(axis=1), extra.argmax(axis=1)


def rows(moment: Moment, floors: Floats) -> Rows:
    """What the site can give to cars at that moment. `floors`: (outlet) amperes that nobody can take from each."""
    panels, outlets = moment.panels, moment.outlets
    through = fuses_of(panels, outlets)
    ratings = ratings_of(panels)
    building = moment.building_max if moment.building is None else moment.building
    # What the roof gives may be gone with the next cloud: a fuse has no more room for it.
    drawn = at_connection(panels, (max(building[0], 0.0), max(building[1], 0.0), max(building[2], 0.0)))
    withstood = np.full(ratings.shape, np.inf)
    unguarded = np.zeros(ratings.shape, dtype=np.bool_)
    if moment.overload is not None:
        withstood = moment.overload * ratings - at_connection(panels, moment.building_max)
        unguarded = _beyond(through, panels, outlets, moment.building_max, moment.overload)[0] > 0
        hardware = np.array([one.amps_max for one in outlets])
        excess = np.where(through > 0, hardware - floors, 0.0).max(axis=1, initial=0.0)
        unguarded |= through @ floors + excess > withstood
    of_others, others = _others(moment)
    return Rows(
        of_fuses=through,
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

    `held`: (outlet) amperes that count at the fuses; `had`: (outlet) amperes that count at the other limits.
    """

    def __init__(self, table: Rows, outlets: Sequence[Outlet], held: Floats, had: Floats) -> None:
        self._table = table
        self._hardware = np.array([one.amps_max for one in outlets], dtype=np.float64)
        self.held = held.copy()
        self.had = had.copy()
        # Each Evse draws through a few fuses of many: pairs of the two, one Evse after the other.
        self._column, self._row = np.nonzero(table.of_fuses.T)
        self._begins = np.searchsorted(self._column, np.arange(len(outlets)))
        self._fuses_of = [one.tolist() for one in np.split(self._row, self._begins[1:])]
        self._others_of = [
            [(row, each) for row, each in enumerate(column) if each] for column in table.of_others.T.tolist()
        ]
        self.count()

    def count(self) -> None:
        """Anew from `held` and `had`; what one Station may draw beyond what it has falls as it is given more."""
        table, row, column = self._table, self._row, self._column
        used = self._through(self.held)
        # Of each fuse, who could draw most beyond what it has, how much that is, and how much the next one could.
        self.worst = np.full(len(used), -1)
        self.most_beyond, self.next_beyond = np.zeros(len(used)), np.zeros(len(used))
        beyond = np.where(table.unguarded[row], 0.0, (self._hardware - self.held)[column])
        np.maximum.at(self.most_beyond, row, beyond)
        most = np.flatnonzero(beyond == self.most_beyond[row])
        self.worst[row[most]] = column[most]
        np.maximum.at(self.next_beyond, row, np.where(self.worst[row] == column, 0.0, beyond))
        self.left = table.fuses - used
        self.left_withstood = table.withstood - used
        self.left_others = table.others - table.of_others @ self.had
        # Plain numbers are looked up one by one many times faster.
        self._left, self._withstood = self.left.tolist(), self.left_withstood.tolist()
        self._most, self._next, self._worst = self.most_beyond.tolist(), self.next_beyond.tolist(), self.worst.tolist()
        self._others = self.left_others.tolist()

    def _through(self, amps: Floats) -> Floats:
        """(panel × phase) amperes, when each Evse draws so much."""
        amps_through: Floats = np.bincount(self._row, amps[self._column], len(self._table.fuses)).astype(np.float64)
        return amps_through

    def highest(self, column: int) -> float:
        """The most amperes that this Evse may have."""
        amps = float("inf")
        for row in self._fuses_of[column]:
            beyond = self._next[row] if self._worst[row] == column else self._most[row]
            amps = min(amps, self._left[row], self._withstood[row] - beyond)
        amps += float(self.held[column])
        had = float(self.had[column])
        for row, each in self._others_of[column]:
            amps = min(amps, had + self._others[row] / each)
        return amps

    def reach(self) -> Floats:
        """(outlet) `highest` of each, as it was at the last count."""
        table, row = self._table, self._row
        beyond = np.where(self.worst[row] == self._column, self.next_beyond[row], self.most_beyond[row])
        slack = np.minimum(self.left[row], self.left_withstood[row] - beyond)
        reach: Floats = self.held + np.minimum.reduceat(slack, self._begins)
        for each, left in zip(table.of_others, self.left_others, strict=True):
            counts = each > 0
            reach[counts] = np.minimum(reach[counts], self.had[counts] + left / each[counts])
        return reach

    def give(self, column: int, amps: float) -> None:
        """It has so much from now on; at the fuses nothing less than before counts."""
        more = max(0.0, amps - float(self.held[column]))
        for row in self._fuses_of[column]:
            self._left[row] -= more
            self._withstood[row] -= more
        for row, each in self._others_of[column]:
            self._others[row] -= (amps - float(self.had[column])) * each
        self.held[column] += more
        self.had[column] = amps

    def level(self, open_: NDArray[np.bool_]) -> float:
        """Amperes by which all of these may go further together."""
        each = self._through(open_.astype(np.float64))
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
        """These have so much from now on; `count` follows."""
        self.held[open_] = np.maximum(self.held, amps)[open_]
        self.had[open_] = amps[open_]

    def keep_free(self, column: int, amps: float) -> None:
        """Nobody else is to take what this Evse would need for so much."""
        for row in self._fuses_of[column]:
            self._left[row] -= max(0.0, amps - float(self.held[column]))
        for row, each in self._others_of[column]:
            self._others[row] -= amps * each


def _shares(left: Floats, each: Floats) -> float:
    used = each > 0
    return float((left[used] / each[used]).min(initial=np.inf))
