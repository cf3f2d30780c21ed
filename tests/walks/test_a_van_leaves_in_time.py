"""A van is plugged in too late at a station that we did not write: an alert, a swap, and the month's report."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp

from laddnav.db import stream
from laddnav.fleets import actions as fleets
from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.server.clock import WallClock
from laddnav.sessions.model import Voice
from laddnav.sim.car import Car
from laddnav.tokens import actions as tokens
from tests.clock import SetClock
from tests.fleets.vans import ZONE, departure_said, vehicle_said
from tests.things import token
from tests.walks.companies import NETWORK, Company, minutes, station, until
from tests.walks.test_from_plug_to_invoice import only_cdr, only_session

CARD = "VAN1"
CAR = Car(energy=kwh(50), power_max=kw(11), steady=0.95)


async def test_a_late_van_is_alerted_swapped_charged_and_paid_for(network: Company) -> None:
    leaves = (WallClock().now() + timedelta(hours=2)).astimezone(ZoneInfo(ZONE))
    if leaves.fold:  # clocks go back: said by itself, this hour would mean the one before
        leaves += timedelta(hours=1)
    async with network.database.unit() as unit:
        await tokens.keep(unit, NETWORK, token(CARD))
        fleet = await fleets.found(unit, NETWORK, name="Nordpost", customer="Nordpost AB", by="a test")
        fleet = await fleets.add_depot(unit, fleet.ref, id="GBG", name="", location_id="LOC1")
        fleet = await fleets.add_cost_centre(unit, fleet.ref, code="4010", name="Post")
        late = await fleets.keep_vehicle(unit, fleet.ref, vehicle_said(cards=CARD, cost_centre="4010"))
        # From the day before: what is charged shortly after midnight began on that day.
        since = (leaves - timedelta(days=1)).date()
        await fleets.pay(unit, fleet, late.ref, code="4010", since=since)
        full = await fleets.keep_vehicle(unit, fleet.ref, vehicle_said("V2"))
        said = departure_said(days=leaves.date().isoformat(), at=f"{leaves:%H:%M}", back="")
        await fleets.keep_departure(unit, fleet.ref, said)
        await fleets.tell(unit, fleet, late.ref, percent=Decimal(10))
        await fleets.tell(unit, fleet, full.ref, percent=Decimal(90))
        key = await people.create_key(
            unit, name="Nordpost", role=Role.FLEET, holder=NETWORK, fleet=fleet.ref, by="a test"
        )
    # Forty minutes ago, so that what happens at the station has happened by now.
    clock = SetClock((WallClock().now() - minutes(40)).replace(microsecond=0))
    plugs = station(network, clock)
    await plugs.come_online()
    assert await plugs.boot() == "Accepted"

    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key.secret}"}) as web:
        path = f"{network.url}/api/v1/fleets/{fleet.ref}"

        async def get(what: str) -> Any:
            async with web.get(f"{path}/{what}") as answer:
                assert answer.status == 200, await answer.text()
                return await answer.json()

        async def causes() -> list[tuple[str, bool]]:
            """Of the alerts, the newest first, and whether each is over."""
            return [(one["cause"], "cured_at" in one) for one in (await get("alerts"))["items"]]

        await fleets.look_after(network.database)
        assert await causes() == [("NOT_PLUGGED_IN", False)]

        await plugs.plug_in(1, CAR)
        assert await plugs.show_card(1, CARD)
        session = await until(lambda: _preferred(network))
        assert session.preferred[-1].wants.departs_at == _minute(leaves)
        await until(lambda: _is(causes, [("PLUGGED_IN_LATE", False), ("NOT_PLUGGED_IN", True)]))

        (departure,) = (await get("board"))["departures"]
        assert departure["readiness"]["light"] == "AT_RISK"
        (proposed,) = departure["swaps"]
        assert proposed["vehicle"] == full.ref
        trip = departure["trip"]
        async with web.post(
            f"{path}/departures/{trip['departure']}/swap", json={"on": trip["on"], "vehicle": proposed["vehicle"]}
        ) as answer:
            assert answer.status == 200, await answer.text()
        await fleets.look_after(network.database)
        (departure,) = (await get("board"))["departures"]
        assert (departure["vehicle"]["id"], departure["readiness"]["light"]) == ("V2", "READY")
        assert await causes() == [("PLUGGED_IN_LATE", True), ("NOT_PLUGGED_IN", True)]

        clock.advance(minutes(30))
        await plugs.sample(1)
        await plugs.end(1)
        await plugs.unplug(1)
        cdr = await until(lambda: only_cdr(network))
        day = session.started_at.astimezone(ZoneInfo(ZONE))
        await until(lambda: _counted(get, f"costs?month={day:%Y-%m}"))
        (spent,) = (await get(f"costs?month={day:%Y-%m}"))["spent"]
        assert (spent["cost_centre"], spent["vehicle"], spent["energy_wh"]) == ("4010", late.ref, 5500)
        assert Decimal(str(spent["cost"])) == cdr.costs.total.before_taxes
    await plugs.go_offline()
    async with network.database.unit() as unit:
        told = [one.kind for one in await stream.after(unit, "") if one.kind.startswith("Departure")]
    assert sorted(told) == ["DepartureAtRisk", "DepartureAtRisk", "DepartureSaved", "DepartureSaved"]


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


async def _preferred(network: Company) -> Any:
    session = await only_session(network)
    assert [one.by for one in session.preferred] == [Voice.FLEET]
    return session


async def _is(asked: Any, wanted: list[tuple[str, bool]]) -> bool:
    assert await asked() == wanted
    return True


async def _counted(get: Any, what: str) -> bool:
    return bool((await get(what))["spent"])
