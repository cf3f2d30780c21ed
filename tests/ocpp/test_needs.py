"""What a car says that it needs is a wish of its driver, and it is told what it may draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from laddnav.db.events import Event
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import kwh
from laddnav.kit.time import rfc3339
from laddnav.sessions import preferred
from laddnav.sessions.model import Voice
from tests.clock import SetClock
from tests.ocpp.charging import HEARS, VERSIONS, amperes, charging
from tests.ocpp.conftest import until
from tests.ocpp.following import Following, periods


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return HEARS


@pytest.mark.parametrize("protocol", VERSIONS[1:])
async def test_what_a_car_needs_is_a_wish_and_it_gets_what_it_may_draw(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """K15.FR.03 K15.FR.05 K15.FR.07 K15.FR.08 K15.FR.18 K17.FR.05: in no more periods than it can read."""
    following = Following(clock)
    async with charging(url, database, following, protocol) as car:
        leaves = clock.now() + timedelta(hours=6)
        ac = {"energy_amount": 20000, "ev_min_current": 6, "ev_max_current": 16, "ev_max_voltage": 400}
        needs = {
            "requested_energy_transfer": "AC_three_phase",
            "departure_time": rfc3339(leaves),
            "ac_charging_parameters": ac,
        }
        said = await car.station.say("NotifyEVChargingNeeds", evse_id=1, charging_needs=needs)
        assert said.status == "Accepted"
        wanted = preferred.wanted(await car.session(), clock.now())
        assert wanted is not None and (wanted.by, wanted.departs_by) == (Voice.CAR, Voice.CAR)
        assert (wanted.wants.departs_at, wanted.wants.energy) == (leaves, kwh(20))
        await until(lambda: [periods(one) for one in following.profiles] == [[(0, 22000)]])

        plan = amperes((0, 6), (30, 16), at=clock.now(), lasts=timedelta(hours=1))
        assert await car.limit(plan, request="plan") == "ACCEPTED"
        again = await car.station.say("NotifyEVChargingNeeds", evse_id=1, charging_needs=needs, max_schedule_tuples=1)
        assert again.status == "Processing"
        await until(lambda: periods(following.of("TxProfile")) == [(0, 6)])
        schedule = following.of("TxProfile")["charging_schedule"][0]
        assert schedule["duration"] == 1800 and len(following.of("TxProfile")["charging_schedule"]) == 1


async def test_a_car_that_contradicts_itself_charges_as_if_it_had_said_nothing(
    url: str, database: Database, clock: SetClock
) -> None:
    """K15.FR.03: of a battery that is fuller than it should become, with energy below zero."""
    following = Following(clock)
    async with charging(url, database, following, "ocpp2.1") as car:
        dc = {"ev_max_current": 200, "ev_max_voltage": 800, "ev_energy_capacity": 60000, "state_of_charge": 90}
        for more in ({"full_soc": 80}, {"energy_amount": -5}):
            needs = {"requested_energy_transfer": "DC", "dc_charging_parameters": dc | more}
            said = await car.station.say("NotifyEVChargingNeeds", evse_id=1, charging_needs=needs)
            assert said.status == "Accepted"
            assert (await car.session()).preferred == ()
        needs = {"requested_energy_transfer": "DC", "dc_charging_parameters": dc | {"state_of_charge": 40}}
        await car.station.say("NotifyEVChargingNeeds", evse_id=1, charging_needs=needs)
        wanted = preferred.wanted(await car.session(), clock.now())
        assert wanted is not None and wanted.wants.energy == kwh(36)
