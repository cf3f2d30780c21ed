"""No fuse of any site carries too much, whatever fails there; and a rule that is broken is found out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.scheduling import asking, committed, control
from laddnav.scheduling.outlets import Ask, Floats, Moment, Outcast, Outlet
from tests.simulation.depot import Failed, run

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize("seeds", [range(first, first + 10) for first in range(0, 60, 10)], ids=str)
def test_no_fuse_carries_too_much_whatever_fails(seeds: range) -> None:
    """What a breach is: docs/decisions/0021."""
    charged = sum(run(seed, HALF_AN_HOUR / 2).kwh for seed in seeds)
    assert charged > 10  # who gives nobody anything breaks no limit


@pytest.mark.long
@pytest.mark.parametrize("seeds", [range(first, first + 50) for first in range(0, 1000, 50)], ids=str)
@pytest.mark.timeout(900)
def test_no_fuse_of_a_thousand_sites_carries_too_much_whatever_fails(seeds: range) -> None:
    for seed in seeds:
        run(seed, HALF_AN_HOUR)


# Broken on purpose ---------------------------------------------------------------------------------------------------


def raised_at_once(moment: Moment, targets: Floats) -> tuple[Ask, ...]:
    """Nobody waits until others have lowered."""
    return tuple(
        Ask(outlet_id=one.id, amps=float(amps), until_at=moment.at + committed.LEASE)
        for one, amps in zip(moment.outlets, targets, strict=True)
        if one.reachable and one.ban is None and (one.charging or one.keeps_for_newcomers)
        if not one.leases or one.leases[-1].amps != amps or one.leases[-1].until_at - moment.at < committed.LEASE / 2
    )


def each(change: Callable[[Outlet, Moment], Outlet]) -> Callable[[Moment], Moment]:
    return lambda moment: replace(moment, outlets=tuple(change(one, moment) for one in moment.outlets))


def without_reaction(one: Outlet, moment: Moment) -> Outlet:
    """Whoever has answered has followed."""
    return replace(one, reaction=timedelta())


def away_at_its_plan(one: Outlet, moment: Moment) -> Outlet:
    """One without a line does for ever what it was last told."""
    if one.reachable:
        return one
    told = tuple(replace(lease, until_at=moment.at + timedelta(days=1)) for lease in one.leases[-1:])
    return replace(one, leases=told, keeps_for_newcomers=bool(told))


def seeing(change: Callable[[Moment], Moment]) -> dict[str, Any]:
    return {
        "asks": lambda moment, targets: asking.asks(change(moment), targets),
        "shared": lambda moment: control.shared(change(moment)),
    }


def nobody(moment: Moment) -> tuple[Outcast, ...]:
    return ()


BROKEN: dict[str, tuple[int, dict[str, Any]]] = {
    "raised before others have lowered": (0, {"asks": raised_at_once}),
    "answered is followed": (3, seeing(each(without_reaction))),
    "away is as planned": (281, seeing(each(away_at_its_plan))),
    "no room for one that follows nothing": (51, seeing(lambda one: replace(one, overload=None))),
    "nobody is taken out": (16, {"outcasts": nobody}),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_rule_that_is_broken_is_found_out(broken: str) -> None:
    """By the seed at which it shows first; whoever changes the simulation looks for another."""
    seed, how = BROKEN[broken]
    with pytest.raises(Failed, match=f"seed {seed}: "):
        run(seed, HALF_AN_HOUR, **how)
