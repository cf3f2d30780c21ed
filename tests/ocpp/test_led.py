"""A station that no site plans for is led through the hours that a driver chose, and let go where that is at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time, timedelta

import pytest

from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import kwh
from laddnav.locations import actions as locations
from laddnav.ocpp import calls
from laddnav.sessions.actions.offering import FOLLOWS
from laddnav.sessions.actions.preferring import prefer
from laddnav.sessions.events import LimitsAnswered, LimitsChanged, LimitsRequested, PreferencesChanged
from laddnav.sessions.model import Preferences, ProfileType, Voice
from laddnav.sites.actions import drivers
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, Restriction, TariffDimension
from tests.clock import SetClock
from tests.ocpp.charging import Car, charging, nobody
from tests.ocpp.conftest import until
from tests.ocpp.following import OWN, Following
from tests.things import US, component, evse, location, tariff

DAY = Restriction(start_time=time(6), end_time=time(20))
FAST = Preferences(profile=ProfileType.FAST)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {
        LimitsRequested: [calls.limits_requested],
        LimitsAnswered: [nobody],
        LimitsChanged: [nobody],
        PreferencesChanged: [drivers.lead],
    }


async def dear_by_day(database: Database, *capabilities: str) -> None:
    night = Element(components=(component(TariffDimension.ENERGY, "2.60"),))
    day = Element(components=(component(TariffDimension.ENERGY, "4.20"),), restriction=DAY)
    async with database.unit() as unit:
        await tariffs.keep(unit, US, tariff(elements=(day, night), last_updated=unit.now))
        able = evse("EVSE1", capabilities=capabilities, last_updated=unit.now)
        await locations.keep(unit, US, location(evses=(able, evse("EVSE2")), last_updated=unit.now))


async def choose(database: Database, car: Car, wants: Preferences) -> None:
    session = await car.session()
    async with database.unit() as unit:
        assert (await prefer(unit, US, session.id, wants, by=Voice.DRIVER)).kept
    await drain(database)


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.1"])
async def test_a_car_that_may_wait_charges_by_night_and_at_once_when_its_driver_says_so(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """SES-052: 22 kWh at 11 kW from 20:00 on, and what it still lacks until the car leaves; then its hours are free."""
    await dear_by_day(database, FOLLOWS)
    following = Following(clock)
    async with charging(url, database, following, protocol) as car:
        leaves = clock.now() + timedelta(hours=22)  # it is nine in the morning there
        await choose(database, car, Preferences(profile=ProfileType.CHEAP, departs_at=leaves, energy=kwh(22)))
        await until(lambda: following.limit(clock.now()) == 0)
        evening = clock.now().replace(hour=19, minute=0)
        at = [evening - timedelta(minutes=1), evening, evening + timedelta(hours=2), leaves]
        assert [following.limit(one) > 6 for one in at] == [False, True, True, True]
        await choose(database, car, FAST)
        await until(lambda: following.limit(clock.now()) == OWN)


async def test_a_station_that_says_it_follows_nothing_is_told_nothing(
    url: str, database: Database, clock: SetClock
) -> None:
    await dear_by_day(database)
    following = Following(clock)
    async with charging(url, database, following) as car:
        leaves = clock.now() + timedelta(hours=22)
        await choose(database, car, Preferences(profile=ProfileType.CHEAP, departs_at=leaves, energy=kwh(22)))
        assert car.told() == []
