"""What is for all goes to each as its policy has it: whole, or every message in its order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from laddnav.ocpi import store
from laddnav.ocpi.deviations.policy import Policy, Pushes
from tests import things
from tests.clock import SetClock
from tests.ocpi.hub.conftest import CPO, EMSP, HUB, Street
from tests.ocpi.hub.test_telling_all import words
from tests.ocpi.peer import said

PLACE = "/locations/SE/LAD/LOC1"


async def agreed(street: Street, pushes: Pushes) -> None:
    async with street.hub.database.unit() as unit:
        for one in await store.connections.registered(unit, HUB):
            if EMSP in one.parties:
                store.connections.update(unit, replace(one, policy=Policy(pushes=pushes)))


async def tell(street: Street, *statuses: str) -> None:
    """The place, and then what its first Evse is by and by."""
    place = words(street.cpo, things.location(owner=CPO))
    assert (await street.cpo.ask("PUT", f"receiver{PLACE}", place, HUB)).status == 1000
    for minute, status in enumerate(statuses):
        change = {"status": status, "last_updated": f"2026-11-23T09:0{minute}:00Z"}
        assert (await street.cpo.ask("PATCH", f"receiver{PLACE}/EVSE1", change, HUB)).status == 1000


def told(street: Street, path: str) -> list[dict[str, Any]]:
    return [one.body for one in street.emsp.peer.asked if (one.method, one.path) == ("PUT", path)]


async def test_who_takes_no_changes_gets_the_whole_place(street: Street) -> None:
    """HUB-032: and never a part of it."""
    street.emsp.takes(PLACE, f"{PLACE}/EVSE1")
    await agreed(street, Pushes(whole_only=True))
    await tell(street, "CHARGING")
    await street.hub.settle()
    assert told(street, f"{PLACE}/EVSE1") == []
    assert told(street, PLACE)[-1]["evses"][0]["status"] == "CHARGING"


async def test_who_wants_everything_in_its_order_gets_each_as_it_was(street: Street, clock: SetClock) -> None:
    """HUB-035: one after the other, and nothing newer overtakes what was refused; nobody else hears of that."""
    street.emsp.takes(f"{PLACE}/EVSE1")
    street.emsp.peer.answers[PLACE] = said(200, 2000)
    await agreed(street, Pushes(in_order=True))
    await tell(street, "CHARGING", "BLOCKED")
    await street.hub.settle()
    assert told(street, f"{PLACE}/EVSE1") == []
    street.emsp.takes(PLACE)
    clock.advance(timedelta(hours=1))
    await street.hub.settle()
    assert [one["status"] for one in told(street, f"{PLACE}/EVSE1")] == ["CHARGING", "BLOCKED"]
    assert {one["evses"][0]["status"] for one in told(street, PLACE)} == {"AVAILABLE"}
