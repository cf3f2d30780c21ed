"""A site's panels and Evses as control and plans number them: the connection is panel 0, phases are 0, 1 and 2."""

from __future__ import annotations

from datetime import timedelta

from laddnav.scheduling.outlets import Amps as FloatAmps
from laddnav.scheduling.outlets import Outlet
from laddnav.scheduling.site import Panel
from laddnav.sites.model.site import Amps, Member, Phase, Site

CONNECTION = "the grid connection"
PHASES = tuple(Phase)


def floats(amps: Amps) -> FloatAmps:
    return float(amps[0]), float(amps[1]), float(amps[2])


def panels(site: Site) -> tuple[Panel, ...]:
    """The connection, then the site's own in their order."""
    numbers = _numbers(site)
    below = (
        Panel(name=f"panel {one.name}", under=numbers[one.under], amps_max=floats(one.amps)) for one in site.panels
    )
    return (Panel(name=CONNECTION, amps_max=floats(site.amps)), *below)


def _numbers(site: Site) -> dict[str | None, int]:
    return {None: 0} | {one.name: number for number, one in enumerate(site.panels, 1)}


def name_of(member: Member) -> str:
    """Of an Evse, wherever it is named in one word."""
    return f"{member.station_id}/{member.evse_no}"


def phases(member: Member) -> tuple[int, ...]:
    return tuple(PHASES.index(phase) for phase in member.phases)


def outlet(site: Site, member: Member) -> Outlet:
    """An Evse as it was set up, with nobody there."""
    return Outlet(
        id=name_of(member),
        panel=_numbers(site)[member.panel],
        phases=phases(member),
        amps_max=float(member.amps_max),
        amps_min=float(member.amps_min),
        fallback_amps=float(member.fallback_amps),
        reaction=timedelta(seconds=site.reaction_seconds),
        discharge_amps_max=float(member.discharge_amps_max),
    )


def through(site: Site) -> dict[Member, tuple[int, ...]]:
    """The numbers of the panels through which each Evse draws, from its own to the connection."""
    numbers, above = _numbers(site), {one.name: one.under for one in site.panels}
    found: dict[Member, tuple[int, ...]] = {}
    for one in site.members:
        path, name = [], one.panel
        while name is not None:
            path.append(numbers[name])
            name = above[name]
        found[one] = (*path, 0)
    return found
