"""A profile is told as its station can follow it: in its unit, of its phases, in as many periods as it can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from laddnav.db.events import Event
from laddnav.db.unit import Database, Listener
from laddnav.locations import actions as locations
from laddnav.ocpp import carrying
from laddnav.scheduling.held import Obeyed
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.sites import actions as sites
from laddnav.sites.model.site import Phase
from laddnav.sites.model.told import Measurement, Place
from tests.clock import SetClock
from tests.ocpp.charging import EMSP, HEARS, LEASE, Car, amperes, charging, want_fallback
from tests.ocpp.conftest import until
from tests.ocpp.following import Following, periods
from tests.sites import garage
from tests.things import US, connector, evse


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return HEARS


@pytest.mark.parametrize(
    ("said", "tried"), [({}, ["A", "W"]), ({"ChargingScheduleAllowedChargingRateUnit": "Power"}, ["W"])]
)
async def test_a_station_that_takes_no_amperes_is_told_watts(
    url: str, database: Database, clock: SetClock, said: dict[str, str], tried: list[str]
) -> None:
    """K01.FR.26; OCPP 1.6 §9.4.2: at once where it says so itself, and else when it has refused."""
    following = Following(clock, units="W")
    async with charging(url, database, following, said=said) as car:
        assert await car.limit(amperes((0, 16))) == "ACCEPTED"
        units = [one["csChargingProfiles"]["chargingSchedule"]["chargingRateUnit"] for one in car.told()]
        assert units == tried
        assert periods(following.of("TxProfile")) == [(0, 3680)]  # nobody knows from how many phases the car draws
        assert await car.read_back() is Obeyed.LESS
        assert (await car.session()).limits[0].profile == amperes((0, 16))


@pytest.mark.parametrize(
    ("protocol", "name"), [("ocpp1.6", "ChargingScheduleAllowedChargingRateUnit"), ("ocpp2.0.1", "RateUnit")]
)
async def test_watts_are_those_of_the_phases_that_its_car_is_known_to_use(
    url: str, database: Database, clock: SetClock, protocol: str, name: str
) -> None:
    """K01.FR.43, OCPP 1.6 §7.14: and it is told which, so that it comes to as many amperes of each as were meant."""
    following = Following(clock, units="W")
    async with charging(url, database, following, protocol, {name: "W"}) as car:
        await want_fallback(database, "6")
        for number, (phases, watts) in enumerate([(3, 11040), (1, 3680), (None, 3680)]):
            lease = amperes((0, 16), at=clock.now(), lasts=LEASE)
            assert await car.limit(lease, request=f"{number}", phases=phases) == "ACCEPTED"
            told = following.of("TxProfile")
            assert [one.get("number_phases") for one in _periods(told)] == [phases, phases]
            assert periods(told) == [(0, watts), (600, watts * 6 // 16)]
            assert following.limit(clock.now()) == (16 if phases else 16 / 3)
        assert await car.limit(amperes((0, 16)), by=EMSP, request="app") == "ACCEPTED"


async def test_amperes_of_a_site_are_a_power_where_direct_current_is_given(
    url: str, database: Database, clock: SetClock
) -> None:
    """K01.FR.50: its amperes are not those of the mains, which the fuse counts."""
    async with database.unit() as unit:
        fast = connector(power_type="DC", voltage_max=920, amperage_max=200, power_max=150_000)
        await locations.keep_evse(unit, US, US, "LOC1", evse("EVSE1", connectors=(fast,), last_updated=unit.now))
    following = Following(clock)
    async with charging(url, database, following) as car:
        await want_fallback(database, "6")
        await until(lambda: [periods(one) for one in following.profiles] == [[(0, 4140)]])
        assert await car.limit(amperes((0, 20), at=clock.now(), lasts=LEASE)) == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 13800), (600, 4140)]
        assert await car.read_back() is Obeyed.UNKNOWN  # it tells amperes


async def test_a_station_that_chooses_phases_is_not_kept_on_those_that_it_was_seen_on(
    url: str, database: Database, clock: SetClock
) -> None:
    """It may have been on one because somebody wished so, who may wish otherwise now."""
    said = {"ChargingScheduleAllowedChargingRateUnit": "Power", "ConnectorSwitch3to1PhaseSupported": "true"}
    following = Following(clock, units="W")
    async with charging(url, database, following, said=said) as car:
        sun = ChargingProfile(unit=RateUnit.AMPERE, limits=(ProfileLimit(timedelta(), Decimal(10), 1),))
        assert await car.limit(amperes((0, 16)), request="site", phases=1) == "ACCEPTED"
        assert _periods(following.of("TxProfile")) == [{"start_period": 0, "limit": 11040, "number_phases": 3}]
        assert await car.limit(sun, by=EMSP, request="home") == "ACCEPTED"
        assert _periods(following.of("TxProfile")) == [{"start_period": 0, "limit": 2300, "number_phases": 1}]


@pytest.mark.parametrize(("said", "told"), [({"ACPhaseSwitchingSupported": "true"}, 3), ({}, None)])
async def test_a_station_that_can_is_told_which_phase_has_the_most_left_for_a_car_on_one(
    url: str, database: Database, clock: SetClock, said: dict[str, str], told: int | None
) -> None:
    """K01.FR.19 K01.FR.20 K01.FR.46: the building draws least from L1, which is behind the L3 of the station."""
    yard = garage.site(members=(garage.member("ST1", phases=(Phase.L2, Phase.L3, Phase.L1)),))
    async with database.unit() as unit:
        await sites.save(unit, yard, by="a test")
        loads = (Decimal(1), Decimal(5), Decimal(9))
        await sites.measured(unit, US, yard.id, Measurement(place=Place.BUILDING, at=unit.now, amps=loads))
    following = Following(clock)
    sun = ChargingProfile(unit=RateUnit.AMPERE, limits=(ProfileLimit(timedelta(), Decimal(10), 1),))
    async with charging(url, database, following, "ocpp2.0.1", said={"Phases3to1": "true"} | said) as car:
        assert await car.limit(sun, by=EMSP, request="home") == "ACCEPTED"
        (period,) = _periods(following.of("TxProfile"))
        assert (period["number_phases"], period.get("phase_to_use")) == (1, told)


def _periods(profile: dict[str, Any]) -> list[dict[str, Any]]:
    schedule = profile["charging_schedule"]
    whole = schedule if isinstance(schedule, dict) else schedule[0]
    return list(whole["charging_schedule_period"])


async def test_a_station_that_refuses_every_way_has_said_no(url: str, database: Database, clock: SetClock) -> None:
    """K01.FR.26 K01.FR.29: in the other unit, then in a single period; what was refused limits nobody afterwards."""
    following = Following(clock, units="")
    async with charging(url, database, following) as car:
        assert await car.limit(amperes((0, 16), (15, 8)), by=EMSP) == "REJECTED"
        shapes = [
            (one["csChargingProfiles"]["chargingSchedule"]["chargingRateUnit"], len(periods_of(one)))
            for one in car.told()
        ]
        assert shapes == [("A", 2), ("W", 2), ("A", 1)]
        following.units = "A"
        assert await car.limit(amperes((0, 20)), request="2") == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 20)]


def periods_of(asked: dict[str, Any]) -> list[Any]:
    return list(asked["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"])


@pytest.mark.parametrize(
    "said", [{"ChargingScheduleMaxPeriods": "2"}, {"PeriodsPerSchedule": "2", "ProfileStackLevel": "0"}]
)
async def test_what_a_station_cannot_hold_at_once_is_told_it_further(
    url: str, database: Database, clock: SetClock, said: dict[str, str]
) -> None:
    """OCPP 1.6 §9.4.1, §9.4.3; K15.FR.07: the longest leading part, told anew before it ends."""
    following = Following(clock, periods_max=2)
    async with charging(url, database, following, said=said) as car:
        began = clock.now()
        whole = amperes((0, 6), (10, 10), (20, 16), (30, 8), at=began)
        assert await car.limit(whole) == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 6), (600, 10)]
        assert following.of("TxProfile")["stack_level"] == (0 if "ProfileStackLevel" in said else 1)
        assert await carrying.renew_due(database) == 0
        for minutes, rate in ((19, 10), (29, 16)):
            clock.advance(began + timedelta(minutes=minutes, seconds=1) - clock.now())
            told = len(car.told())
            assert await carrying.renew_due(database) == 1
            await until(partial(told_more, car, told))
            assert following.limit(clock.now()) == rate
        clock.advance(timedelta(hours=3))
        assert await carrying.renew_due(database) == 0
        assert following.limit(clock.now()) == 8


async def test_what_is_told_further_is_told_in_the_unit_that_is_taken(
    url: str, database: Database, clock: SetClock
) -> None:
    """K01.FR.26 K15.FR.07: a Station that says nothing of itself, and refuses amperes each time."""
    following = Following(clock, units="W", periods_max=2)
    async with charging(url, database, following, said={"ChargingScheduleMaxPeriods": "2"}) as car:
        began = clock.now()
        assert await car.limit(amperes((0, 6), (10, 10), (20, 16), at=began)) == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 1380), (600, 2300)]
        clock.advance(timedelta(minutes=19, seconds=1))
        assert await carrying.renew_due(database) == 1
        await until(lambda: periods(following.of("TxProfile")) == [(0, 2300), (600, 3680)])


def told_more(car: Car, than: int) -> bool:
    return len(car.told()) > than
