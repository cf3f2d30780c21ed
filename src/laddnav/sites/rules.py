"""What a site has to be to be accepted, and what its cars are to a plan."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from laddnav.kit.currencies import CURRENCIES
from laddnav.kit.refusal import Refusal
from laddnav.sites.model import NO_AMPS, Amps, Member, Panel, Phase, Site

PHASES = tuple(Phase)
CONNECTION = ""  # its name among the panels


class UnknownSite(Refusal):
    """No site of this name is known here."""

    def __init__(self, site_id: str) -> None:
        super().__init__(f"No site {site_id!r} is known here; set one up with POST /api/v1/sites")
        self.site_id = site_id


class UnsoundSite(Refusal):
    """Something about it cannot be; `what` says where and why."""


class FallbacksDoNotFit(Refusal):
    """If nobody could be told anything, a fuse would trip."""

    def __init__(self, panel: str, phase: Phase, cars: Decimal, building: Decimal, limit: Decimal) -> None:
        name = "the grid connection" if panel == CONNECTION else f"panel {panel!r}"
        besides = f" and the building {_amps(building)}" if building else ""
        super().__init__(
            f"On {phase.value} of {name} the stations' fallbacks come to {_amps(cars)}{besides}, but it gives"
            f" {_amps(limit)}: lower fallback_amps there, or move stations to another phase or panel"
        )
        self.panel, self.phase, self.amps, self.limit = panel, phase, cars + building, limit


class MemberElsewhere(Refusal):
    """An EVSE is fed by one site."""

    def __init__(self, member: Member, site_id: str) -> None:
        super().__init__(f"EVSE {member.evse_no} of station {member.station_id!r} belongs to site {site_id!r} already")


class UnknownMember(Refusal):
    """The site feeds no such EVSE."""

    def __init__(self, station_id: str, evse_no: int) -> None:
        super().__init__(f"This site feeds no EVSE {evse_no} of a station {station_id!r}")


def _amps(amount: Decimal) -> str:
    return f"{amount.normalize():f} A"


# What is accepted ----------------------------------------------------------------------------------------------------


def accepted(site: Site) -> Site:
    """The site, when it can be kept safe whatever happens. Raises UnsoundSite, FallbacksDoNotFit."""
    for trouble in _troubles(site):
        raise UnsoundSite(trouble)
    for panel in (CONNECTION, *(one.name for one in site.panels)):
        limit = limit_of(site, panel)
        building = site.building if panel == CONNECTION else NO_AMPS
        drawn = sum_of_fallbacks(site, panel)
        for phase, most, own, rest in zip(PHASES, limit, drawn, building, strict=True):
            if own + rest > most:
                raise FallbacksDoNotFit(panel, phase, own, rest, most)
    return site


def _troubles(site: Site) -> Iterator[str]:
    """In their order, most basic first."""
    if not site.id.strip() or not site.name.strip():
        yield "A site has an id and a name"
    try:
        ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"time_zone {site.time_zone!r} is no IANA time zone, such as Europe/Stockholm"
    if site.currency not in CURRENCIES:
        yield f"currency {site.currency!r} is no code of ISO 4217, such as SEK"
    if any(amps < 0 for amps in (*site.amps, *site.building)) or not any(site.amps):
        yield "amps says what the connection gives on L1, L2 and L3, and building what is drawn there: none is negative"
    if not 50 <= site.volts <= 1000:
        yield f"volts is what lies between a phase and neutral, such as 230; {site.volts} is not"
    if not 5 <= site.reaction_seconds <= 900:
        yield "reaction_seconds lies between 5 and 900"
    if site.unbalance_amps is not None and site.unbalance_amps <= 0:
        yield "unbalance_amps is above nought, or left out"
    if site.unsaid.energy_kwh <= 0 or site.unsaid.stay_hours <= 0:
        yield "unsaid says how much a driver who says nothing is taken to need, and for how long to stay"
    if site.battery is not None and not 0 < site.battery.efficiency <= 1:
        yield "battery.efficiency is a share above nought and at most 1"
    yield from _troubles_with_panels(site)
    yield from _troubles_with_members(site)


def _troubles_with_panels(site: Site) -> Iterator[str]:
    known: set[str | None] = {None}
    for panel in site.panels:
        if panel.name == CONNECTION or panel.name in known:
            yield f"Panel {panel.name!r}: each panel has a name of its own"
        if panel.under not in known:
            yield f"Panel {panel.name!r} is under {panel.under!r}, which does not stand before it"
        if any(amps < 0 for amps in panel.amps):
            yield f"Panel {panel.name!r}: amps are not negative"
        known.add(panel.name)


def _troubles_with_members(site: Site) -> Iterator[str]:
    names: set[str | None] = {None, *(panel.name for panel in site.panels)}
    seen: set[tuple[str, int]] = set()
    for one in site.members:
        where = f"EVSE {one.evse_no} of station {one.station_id!r}"
        if (one.station_id, one.evse_no) in seen:
            yield f"{where} is named twice"
        seen.add((one.station_id, one.evse_no))
        if one.panel not in names:
            yield f"{where} hangs on panel {one.panel!r}, which is not there"
        if not one.phases or len(set(one.phases)) != len(one.phases):
            yield f"{where}: phases are those of the mains behind its L1, L2 and L3, each once"
        if not 0 < one.amps_min <= one.amps_max:
            yield f"{where}: amps_min lies above nought and not above amps_max"
        if not (one.fallback_amps == 0 or one.amps_min <= one.fallback_amps <= one.amps_max):
            yield f"{where}: fallback_amps is 0, or lies between amps_min and amps_max: a car takes no less than that"
        if one.fallback_amps != one.fallback_amps.quantize(Decimal("0.1")):
            yield f"{where}: fallback_amps has one digit after the point at most, as a station can be told"


def limit_of(site: Site, panel: str) -> Amps:
    if panel == CONNECTION:
        return site.amps
    return next(one.amps for one in site.panels if one.name == panel)


def feeds(site: Site, panel: str, member: Member) -> bool:
    """Whether what the member draws comes through this panel."""
    return panel in upwards(site.panels, member.panel)


def upwards(panels: tuple[Panel, ...], name: str | None) -> list[str]:
    """From a panel to the connection, by name."""
    by_name = {one.name: one for one in panels}
    path = []
    while name is not None:
        path.append(name)
        name = by_name[name].under
    return [*path, CONNECTION]


def sum_of_fallbacks(site: Site, panel: str) -> Amps:
    drawn = [Decimal(0)] * 3
    for one in site.members:
        if feeds(site, panel, one):
            for phase in one.phases:
                drawn[PHASES.index(phase)] += one.fallback_amps
    return drawn[0], drawn[1], drawn[2]
