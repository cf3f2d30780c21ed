"""Who may draw how much now: what the site can give, shared among the cars that stand there."""

from __future__ import annotations

from laddnav.scheduling.outlets import Amps, Floats, Moment, Outlet


def building(mains: Amps, outlets: tuple[Outlet, ...]) -> Amps:
    """What is drawn at the connection beside the cars: all of it less what cars are measured to draw.

    Whoever draws without saying so is counted as building, which is safe.
    """
    raise NotImplementedError


def shared(moment: Moment) -> Floats:
    """(outlet) amperes for each, whole ones, 0 or its minimum at least; what it may be told is for `committed.asks`."""
    raise NotImplementedError
