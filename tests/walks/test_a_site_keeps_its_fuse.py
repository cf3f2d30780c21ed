"""A garage with a small fuse, over real OCPP: whatever its stations and its server do, no phase ever carries more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from laddnav.kit.energy import kwh
from laddnav.sessions.actions.preferring import prefer
from laddnav.sessions.model import Preferences, ProfileType, Voice
from laddnav.sites import actions as sites
from laddnav.sites.model.now import Why
from tests.clock import SetClock
from tests.things import US
from tests.walks.chargers import Charger
from tests.walks.companies import until
from tests.walks.garages import FUSE, STEP, Garage, opened


@pytest.fixture
async def garage(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[Garage]:
    async with opened(database_url, tmp_path, clock) as one:
        yield one


async def test_a_garage_keeps_its_fuse_whatever_happens_to_its_stations_and_its_server(garage: Garage) -> None:
    """40 A a phase, 8 of them the building's: three cars share, one drops its line, one ignores all it is told."""
    first, second, third = garage.chargers
    # Every station knows what to fall back to before any car comes.
    assert all(one.default is not None for one in garage.chargers)
    assert all(one.fallback_known for one in (await garage.picture()).members)

    # One car has what two fallbacks leave; three have ten each.
    await first.plug_in("C1")
    await garage.passes(timedelta(minutes=3))
    assert first.amps() == 20
    await second.plug_in("C2")
    await third.plug_in("C3")
    await garage.passes(timedelta(minutes=4))
    assert min(one.amps() for one in garage.chargers) == 10 and 38 <= garage.carried <= FUSE

    # A second one's departure moves the plan: who said when, and can wait, is planned for the time that is left.
    before = await garage.plan()
    async with garage.process.database.unit() as unit:
        wants = Preferences(
            profile=ProfileType.CHEAP, departs_at=garage.clock.now() + timedelta(hours=3), energy=kwh(6)
        )
        answered = await prefer(unit, US, (await garage.session_at("G2")).id, wants, by=Voice.DRIVER)
    assert answered.kept
    await garage.passes(timedelta(seconds=20))
    after = await garage.plan()
    planned = {one.station_id: one for one in after.cars}
    assert after.number > before.number and planned["G2"].said and not planned["G1"].said
    assert planned["G2"].departs_at == wants.departs_at and planned["G2"].unmet == 0

    # The server dies as by kill -9 and another takes over: nobody draws more than was acknowledged, and all goes on.
    drawn = [one.amps() for one in garage.chargers]
    await garage.process.kill()
    assert [one.amps() for one in garage.chargers] == drawn
    await garage.process.start()
    for one in garage.chargers:
        await one.go_offline()
        await one.come_online(garage.process.url)
    await garage.passes(timedelta(minutes=2))
    assert garage.carried <= FUSE and first.amps() >= 10 and third.amps() >= 10

    # The third drops its line: it counts with its lease, then with its fallback, and others may have the rest.
    await third.go_offline()
    await garage.passes(timedelta(seconds=40))
    assert await garage.why("G3") is Why.AWAY
    await garage.passes(timedelta(minutes=8))
    assert third.amps() == 6 and garage.carried <= FUSE
    await third.come_online(garage.process.url)
    await garage.passes(timedelta(minutes=1))

    # The first says yes to everything and draws 32 A: it is made unavailable, then stopped; the others make room.
    first.deaf = True
    await garage.passes(timedelta(seconds=20))
    asked_to_stop = first.stops_asked_for()
    for _ in range(6):
        if first.charge is not None and first.stops_asked_for() > asked_to_stop:
            await first.unplug()
        await garage.passes(STEP)
    assert not first.available and first.charge is None
    (out,) = [one for one in (await garage.picture()).members if one.out_at is not None]
    assert out.station_id == "G1" and "may draw" in str(out.out_why)
    await garage.passes(timedelta(minutes=3))
    assert garage.carried <= FUSE and third.amps() > 10

    # An operator brings it back.
    first.deaf = False
    async with garage.process.database.unit() as unit:
        await sites.bring_back(unit, US, "garage", "G1", 1, by="somebody")
    await garage.passes(STEP)
    await until(partial(is_open, first))


async def is_open(charger: Charger) -> bool:
    return charger.available
