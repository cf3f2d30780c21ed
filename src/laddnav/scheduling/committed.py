"""What a Station may draw at most by what it has been told and has answered, whatever becomes of what it has not.

A tick of control: `leases = pruned(…)`, `targets = control.shared(moment)`, `asks(moment, targets)` are sent, each is
written down by `asked`, and each answer by `acknowledged` or `refused`. What is never answered just stays.
"""

from __future__ import annotations

from datetime import datetime

from laddnav.kit.refusal import Refusal
from laddnav.scheduling.outlets import Amps, Ask, Floats, Lease, Moment, Outcast, Outlet
from laddnav.scheduling.site import Panel


class TooMuch(Refusal):
    """What Stations fall back to by themselves does not fit a panel; says panel, phase and by how many amperes."""


def accepted(panels: tuple[Panel, ...], outlets: tuple[Outlet, ...], building_max: Amps) -> None:
    """Raises TooMuch unless all fallbacks together, beside the building at its most, fit every panel and phase."""
    raise NotImplementedError


def asked(leases: tuple[Lease, ...], ask: Ask, at: datetime) -> tuple[Lease, ...]:
    """It is on its way: from now on the Station may follow it."""
    raise NotImplementedError


def acknowledged(leases: tuple[Lease, ...], number: int, at: datetime) -> tuple[Lease, ...]:
    """The Station follows it, and nothing older."""
    raise NotImplementedError


def refused(leases: tuple[Lease, ...], number: int, at: datetime) -> tuple[Lease, ...]:
    """The Station does not follow it; what it followed before still holds."""
    raise NotImplementedError


def ended(leases: tuple[Lease, ...], outlet: Outlet) -> tuple[Lease, ...]:
    """What is left of them when the charge is over."""
    raise NotImplementedError


def pruned(leases: tuple[Lease, ...], outlet: Outlet, at: datetime) -> tuple[Lease, ...]:
    """Without those that count no more."""
    raise NotImplementedError


def most(outlet: Outlet, begin_at: datetime, end_at: datetime) -> float:
    """Amperes per phase that it may draw at most at any time between the two, if nothing more is said to it."""
    raise NotImplementedError


def over(outlet: Outlet, at: datetime) -> bool:
    """Whether it is measured to draw more than it may."""
    raise NotImplementedError


def asks(moment: Moment, targets: Floats) -> tuple[Ask, ...]:
    """What to send now: every lowering, and of the raises those for which there is room whatever is answered."""
    raise NotImplementedError


def outcasts(moment: Moment) -> tuple[Outcast, ...]:
    """Stations to take out now."""
    raise NotImplementedError


def may_return(outlet: Outlet, at: datetime) -> bool:
    """Whether one that is out may come back by itself."""
    raise NotImplementedError
