"""Through which fuses each Evse draws: of the many that a site has, its own board's and those that feed it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from laddnav.scheduling.outlets import Floats, Outlet
from laddnav.scheduling.site import Panel

Numbers = NDArray[np.intp]


class Wiring(Struct, frozen=True, kw_only=True):
    """Pairs of an Evse and a fuse (panel × phase) that it draws through, one Evse after the other.

    A table of every Evse by every fuse would be nothing but zeros at a thousand Evses, and dear to go through.
    """

    of_each: tuple[tuple[int, ...], ...]  # (outlet) its fuses, in rising order
    outlet: Numbers  # (pair)
    fuse: Numbers  # (pair)
    begins: Numbers  # (outlet) the first of its pairs
    fuses: int

    def through(self, amps: Floats) -> Floats:
        """(fuse) amperes, when each Evse draws so much."""
        through: Floats = np.bincount(self.fuse, amps[self.outlet], self.fuses).astype(np.float64)
        return through

    def most(self, amps: Floats, least: float) -> Floats:
        """(fuse) the most of any one of its pairs; `least` where none has more."""
        most = np.full(self.fuses, least)
        np.maximum.at(most, self.fuse, amps)
        return most

    def behind(self, fuses: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(outlet) whether it draws through any of these."""
        behind = np.zeros(len(self.of_each), dtype=np.bool_)
        behind[self.outlet[fuses[self.fuse]]] = True
        return behind


def wired(panels: Sequence[Panel], outlets: Sequence[Outlet]) -> Wiring:
    @cache
    def fuses(panel: int, phases: tuple[int, ...]) -> tuple[int, ...]:
        under = panels[panel].under
        own = {3 * panel + phase for phase in phases}
        return tuple(sorted(own if under is None else own.union(fuses(under, phases))))

    of_each = tuple(fuses(one.panel, one.phases) for one in outlets)
    counts = np.array([len(one) for one in of_each], dtype=np.intp)
    return Wiring(
        of_each=of_each,
        outlet=np.repeat(np.arange(len(outlets)), counts),
        fuse=np.array([fuse for one in of_each for fuse in one], dtype=np.intp),
        begins=np.cumsum(counts) - counts,
        fuses=3 * len(panels),
    )
