"""What is drawn at a site beside its cars, as far as its meters tell; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from laddnav.scheduling import beside
from laddnav.scheduling.beside import SILENT, Beside, Look
from laddnav.scheduling.outlets import NO_AMPS, Amps, Outlet
from laddnav.sites.facts import Facts
from laddnav.sites.fuses import floats
from laddnav.sites.model.told import Place

TRIFLE = 0.2  # A


def building(facts: Facts, outlets: Sequence[Outlet]) -> Amps | None:
    """What is drawn beside the cars, with nothing that a roof or a battery gives: they may give nothing in a moment."""
    found = believed(facts, outlets)
    return None if found is None else found.amps


def believed(facts: Facts, outlets: Sequence[Outlet]) -> Beside | None:
    """None: no meter says. A meter of the building itself is believed as it is."""
    at = facts.pace.wall(facts.at)
    own, battery = facts.fresh(Place.BUILDING), facts.fresh(Place.BATTERY)
    if own is not None:
        charged = NO_AMPS if battery is None else floats(battery.amps)
        return Beside(at=at, amps=_added(floats(own.amps), [max(0.0, amps) for amps in charged]))
    now = looked(facts, outlets)
    return None if now is None else beside.believed(facts.beside, now, at, floats(facts.site.building))


def looked(facts: Facts, outlets: Sequence[Outlet]) -> Look | None:
    """What the mains meter and those of the cars tell together; None: the mains meter is silent."""
    mains = facts.fresh(Place.GRID)
    if mains is None:
        return None
    return beside.look(_added(floats(mains.amps), given(facts)), facts.pace.wall(mains.at), outlets)


def given(facts: Facts) -> Amps:
    """What roof and battery give now."""
    amps = NO_AMPS
    for place, sign in ((Place.SOLAR, 1), (Place.BATTERY, -1)):
        one = facts.fresh(place)
        if one is not None:
            amps = _added(amps, [max(0.0, sign * each) for each in floats(one.amps)])
    return amps


def _added(amps: Amps, more: Sequence[float]) -> Amps:
    return amps[0] + more[0], amps[1] + more[1], amps[2] + more[2]


def news(facts: Facts, now: Beside | None) -> Beside | None:
    """What is thought to be drawn beside the cars, where that is worth writing down."""
    before = facts.beside
    if now is None or facts.fresh(Place.GRID) is None:
        return None
    if before is None or len(before.stretches) != len(now.stretches):
        return now
    if before.stretches and before.stretches[-1].since_at != now.stretches[-1].since_at:
        return now
    if not timedelta() <= now.at - before.at < SILENT / 3:
        return now
    known, thought = [before.amps, *_mosts(before)], [now.amps, *_mosts(now)]
    pairs = [pair for one, other in zip(known, thought, strict=True) for pair in zip(one, other, strict=True)]
    return None if all(abs(one - other) < TRIFLE for one, other in pairs) else now


def _mosts(one: Beside) -> list[Amps]:
    return [stretch.most for stretch in one.stretches]
