"""How much cars may give back at once: fuses carry no more outwards than inwards, and the grid lets out what it says.

What other cars draw makes no room for it, for they may stop; what the building surely draws does, within a limit of
the grid. What roof and battery give, or may in a moment, goes out through the same connection, on its own phases.
"""

from __future__ import annotations

from math import floor, inf

import numpy as np

from laddnav.scheduling.outlets import NO_AMPS, Floats, Moment
from laddnav.scheduling.room import ratings_of
from laddnav.scheduling.wiring import wired

_SLIP = 1e-9  # of floats


class Outflow:
    """What is left of each fuse outwards, and of what may go out. `held`: (outlet) amperes that each may give now."""

    def __init__(self, moment: Moment, held: Floats) -> None:
        self._outlets, self._held = moment.outlets, held.copy()
        wiring = wired(moment.panels, moment.outlets)
        self._fuses_of = wiring.of_each
        self._left = ratings_of(moment.panels) - wiring.through(held)
        self._known = moment.given_most is not None
        self._left[:3] -= moment.given_most or NO_AMPS
        self._kw = inf
        self._kw_per_amp = [len(one.phases) * moment.volts / 1000 for one in moment.outlets]
        # A lone phase that gives is as uneven as one that draws; nobody reckons with that from second to second.
        self._even_only = moment.unbalance_max is not None
        if moment.export_kw_max is not None:
            out = moment.given_kw + float(np.dot(held, self._kw_per_amp))
            self._kw = moment.export_kw_max + moment.surely_kw - out

    def may_give(self, column: int, amps: float) -> float:
        """Whole amperes, as near to these as may go out; its minimum at least, or nothing."""
        one, held = self._outlets[column], float(self._held[column])
        if not self._known or (self._even_only and len(one.phases) < 3):
            return 0.0
        room = min(float(self._left[row]) for row in self._fuses_of[column])
        room = min(room, self._kw / self._kw_per_amp[column])  # below zero: it has to give less than it does
        whole = floor(min(amps, one.discharge_amps_max, held + room) + _SLIP)
        return float(whole) if whole >= one.amps_min else 0.0

    def give(self, column: int, amps: float) -> None:
        """From now on it may give so much; nothing less than before counts."""
        more = amps - float(self._held[column])
        if more > 0:
            self._left[list(self._fuses_of[column])] -= more
            self._kw -= more * self._kw_per_amp[column]
            self._held[column] = amps
