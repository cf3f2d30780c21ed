"""A roof, a battery and a building behind one meter: planned by what is foretold, and obeyed by real OCPP stations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from laddnav.kit.energy import kwh
from laddnav.market import actions as market
from laddnav.market.model import EnergyPart, GridTariff, Rate
from laddnav.sessions.actions.preferring import prefer
from laddnav.sessions.model import Preferences, ProfileType, Voice
from laddnav.sites import actions as sites
from laddnav.sites.model.plan import SitePlan
from laddnav.sites.model.site import Aim, SiteBattery
from laddnav.sites.model.told import Covers, Place
from laddnav.sites.quarters import quarter_of
from tests.clock import SetClock
from tests.sites.garage import STATIONS, each, member, site
from tests.things import US
from tests.walks.garages import STEP, Garage, opened

HOUR = timedelta(hours=1)
TARIFF = GridTariff(
    name="Two crowns a kWh",
    currency="SEK",
    time_zone="Europe/Stockholm",
    energy=(EnergyPart(name="Transfer", rates=(Rate(per_kwh=Decimal(2)),)),),
)
ROOF = site(
    amps=each(40),
    building=each(10),
    members=tuple(member(id) for id in STATIONS[:3]),
    grid_tariff_id="two-crowns",
    solar_kwp=Decimal(20),
    battery=SiteBattery(capacity_kwh=Decimal(10), charge_kw=Decimal(4), discharge_kw=Decimal(4)),
    reaction_seconds=30,
)


@pytest.fixture
async def garage(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[Garage]:
    async with opened(database_url, tmp_path, clock, ROOF) as one:
        async with one.process.database.unit() as unit:
            await market.save_tariff(unit, US, "two-crowns", TARIFF, by="somebody")
        one.stored_kwh, one.building = Decimal(5), 5.0
        yield one


async def test_a_site_with_a_roof_and_a_battery_waits_for_the_sun_and_shares_what_a_limit_and_the_sun_leave(
    garage: Garage,
) -> None:
    first, second, _ = garage.chargers
    database, begin_at = garage.process.database, quarter_of(garage.clock.now()) + 4 * HOUR
    async with database.unit() as unit:
        await sites.foretold(unit, US, "garage", Place.SOLAR, begin_at, 60, [Decimal(15), Decimal(15)])
        await sites.foretold(unit, US, "garage", Place.BUILDING, quarter_of(unit.now), 60, [Decimal(3)] * 12)

    # Whoever may wait is planned for the two hours of sun that are foretold, though nothing was ever measured.
    await first.plug_in("C1")
    await garage.passes(STEP)
    async with database.unit() as unit:
        wants = Preferences(profile=ProfileType.CHEAP, departs_at=garage.clock.now() + 8 * HOUR, energy=kwh(16))
        assert (await prefer(unit, US, (await garage.session_at("G1")).id, wants, by=Voice.DRIVER)).kept
    await garage.passes(STEP)
    plan = await garage.plan()
    assert in_sun(plan, plan.cars[0].power, garage) > 15.5 and not plan.cars[0].unmet
    assert any(plan.battery) and first.amps() == 0 and max(plan.grid) <= 27.6

    # Another is in a hurry. A limit of the grid leaves it what building and sun leave: 5 + 4.14 - 3.45 kW are 8 A.
    garage.solar = 6.0
    await second.plug_in("C2")
    async with database.unit() as unit:
        now = unit.now
        limit = await sites.limited(
            unit, US, "garage", now, now + 2 * HOUR, Decimal(5), "DSO", id="1", covers=Covers.SITE
        )
    await garage.passes(timedelta(minutes=3))
    assert second.amps() == 8 and first.amps() == 0
    held = await garage.plan()
    assert max(held.grid[:8]) <= 5.01 and held.limit[0] == 5
    (kept,) = [one for one in (await garage.picture()).limits if one.id == limit.id]
    assert kept.obeyed_at is not None

    # A cloud: 5 - 3.45 kW are less than any car begins at, so it rests; what the battery gives makes room again.
    garage.solar = 0.0
    await garage.passes(timedelta(minutes=1))
    assert second.amps() == 0
    garage.battery = -6.0
    await garage.passes(timedelta(minutes=3))
    assert second.amps() == 8
    assert garage.carried + garage.battery <= 5000 / 690

    # Once the limit is taken back, who is in a hurry has what the fuse leaves: sun and battery do not count there.
    async with database.unit() as unit:
        await sites.unlimited(unit, US, "garage", "DSO", "1")
    await garage.passes(timedelta(minutes=3))
    assert second.amps() == 40 - 5 - 6 - 6

    # As even a load as can be: neither battery nor car, which may wait for the sun, adds to the most of the building.
    await second.unplug()
    async with database.unit() as unit:
        await sites.save(unit, replace(ROOF, aim=Aim.EVEN), by="somebody")
    await garage.passes(STEP)
    even = await garage.plan()
    assert max(even.grid) <= max(even.building) + 0.05 and not even.cars[0].unmet


def in_sun(plan: SitePlan, power: tuple[float, ...], garage: Garage) -> float:
    """kWh in the steps for which sun was foretold."""
    return sum(kw for kw, sun in zip(power, plan.solar, strict=True) if sun > 10) / 4
