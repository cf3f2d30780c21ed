"""A car whose driver lets it give back, over real OCPP 2.1: in the dear evening it feeds the house, then it is full."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from laddnav.kit.energy import NO_ENERGY, kwh
from laddnav.kit.time import rfc3339
from laddnav.scheduling.held import Obeyed
from laddnav.sessions.actions.preferring import prefer
from laddnav.sessions.model import Battery, Preferences, ProfileType, Session, Voice
from laddnav.sites import actions as sites
from laddnav.sites.model.now import Why
from laddnav.sites.priced import ToldKind, ToldPrice
from tests.clock import SetClock
from tests.sites.garage import STATIONS, each, member, site
from tests.things import US
from tests.walks.garages import FUSE, Garage, opened

MINUTE = timedelta(minutes=1)
HOUSE = site(
    amps=each(int(FUSE)),
    building=each(10),
    members=(member("G1"), member("G2"), member("G3", discharge_amps_max=Decimal(16))),
    reaction_seconds=30,
)
CAN = {
    "component": {"name": "V2XChargingCtrlr", "evse": {"id": 1}},
    "variable": {"name": "SupportedEnergyTransferModes"},
    "variable_attribute": [{"type": "Actual", "value": "AC_three_phase,AC_BPT", "mutability": "ReadOnly"}],
}


@pytest.fixture
async def garage(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[Garage]:
    assert STATIONS[2] == "G3", "the third speaks OCPP 2.1"
    async with opened(database_url, tmp_path, clock, HOUSE) as one:
        yield one


async def test_a_car_gives_back_while_energy_is_dear_and_is_full_when_it_leaves(garage: Garage) -> None:
    """Q01.FR.07, Q02.FR.05, Q03.FR.01, Q03.FR.02: dear until half past, cheap after that; it leaves at twenty past."""
    car, database, begin_at = garage.chargers[2], garage.process.database, garage.clock.now()
    dear_until = begin_at + 32 * MINUTE
    async with database.unit() as unit:
        await sites.told_prices(unit, US, "garage", prices(begin_at, dear_until), by="the grid")
    await car.say("NotifyReport", request_id=1, generated_at=rfc3339(begin_at), seq_no=0, tbc=False, report_data=[CAN])
    await car.plug_in("C3")
    await garage.settled()

    # Nobody has said that it may: it is offered no way back, and gives nothing.
    assert not car.ways_offered() and car.amps() >= 0

    # Its driver lets it down to 50 % of 40 kWh, to have it at 80 %, 3 kWh above what it came with, when it leaves.
    wants = Preferences(
        profile=ProfileType.CHEAP,
        departs_at=begin_at + 80 * MINUTE,
        battery=Battery(
            percent=Decimal("72.5"), percent_wanted=Decimal(80), capacity=kwh(40), percent_least=Decimal(50)
        ),
        may_discharge=True,
    )
    async with database.unit() as unit:
        session = await garage.session_at("G3")
        assert (await prefer(unit, US, session.id, wants, by=Voice.DRIVER)).kept
    await garage.passes(MINUTE, MINUTE)
    assert [one["allowedEnergyTransfer"] for one in car.ways_offered()] == [["AC_three_phase", "AC_BPT"]]
    needs = {"requested_energy_transfer": "AC_BPT", "v2x_charging_parameters": {"max_discharge_power": -9000}}
    await car.say("NotifyEVChargingNeeds", evse_id=1, charging_needs=needs)

    # It feeds the house: what comes in from the grid is next to nothing, for a few minutes at a time.
    await garage.passes(6 * MINUTE, MINUTE)
    assert -9 <= car.amps() <= -6 and garage.carried <= 3 and await garage.why("G3") is Why.GIVES_BACK
    first, *after = periods(car.profile)
    assert first["setpoint"] < 0 and first["operation_mode"] == "CentralSetpoint" and not first.keys() & {"limit"}
    assert [one.keys() & {"setpoint"} for one in after] == [set()] and after[0]["start_period"] <= 300
    assert await read_back(garage, "G3") is Obeyed.AS_ASKED

    # Its line drops: once its lease is over it gives nothing more, and draws what everybody may by himself.
    await car.go_offline()
    await garage.passes(7 * MINUTE, MINUTE)
    assert car.amps() == 6
    await car.come_online(garage.process.url)
    await garage.passes(4 * MINUTE, MINUTE)
    assert car.amps() <= -6

    # What came back is counted down, and costs that much less: it has been given less than nothing so far.
    assert car.returned > 600
    session = await garage.session_at("G3")
    assert session.energy < NO_ENERGY and session.cost is not None
    assert session.cost.before_taxes == pytest.approx(5 + Decimal("2.5") * session.energy.kwh, abs=Decimal("0.01"))
    assert float(session.energy.wh) == pytest.approx(car.counted - car.returned, abs=1)

    # As soon as energy is cheap it is charged, and has in time all that it was to have, with what was lost on the way.
    await garage.passes(begin_at + 79 * MINUTE - garage.clock.now(), MINUTE)
    session = await garage.session_at("G3")
    assert car.amps() >= 0 and full(session, car.returned)
    await car.unplug()


async def read_back(garage: Garage, station_id: str) -> Obeyed | None:
    """What changed twice in a minute is read back in one that follows."""
    for _ in range(5):
        found = (await garage.session_at(station_id)).read_back
        if found is not None and not found.due:
            return found.obeyed
        await garage.passes(MINUTE, MINUTE)
    return None


def prices(begin_at: Any, dear_until: Any) -> list[ToldPrice]:
    return [
        ToldPrice(kind=ToldKind.PRICE, begin_at=begin_at - MINUTE, end_at=dear_until, value=Decimal(9)),
        ToldPrice(kind=ToldKind.PRICE, begin_at=dear_until, value=Decimal("0.5")),
    ]


def periods(profile: dict[str, Any] | None) -> list[dict[str, Any]]:
    assert profile is not None
    found: list[dict[str, Any]] = profile["charging_schedule"][0]["charging_schedule_period"]
    return found


def full(session: Session, returned: float) -> bool:
    """3 kWh above what it came with, and a ninth of what it gave back."""
    return float(session.energy.wh) >= 3000 + returned / 9 - 50
