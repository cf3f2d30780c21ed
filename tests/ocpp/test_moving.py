"""A station comes, goes to another place, and goes to another central system; what it did stays findable."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.locations.model import Station, Status
from laddnav.locations.rules import CarThere, StationExists, UidTaken, UnknownStation
from laddnav.ocpp import actions as ocpp
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks import going_on
from laddnav.ocpp.tasks.model import Kind, Selection, StepState
from laddnav.ocpp.tasks.move import Moving
from laddnav.parties import actions as parties
from laddnav.sessions import actions as sessions
from tests.clock import SetClock
from tests.ocpp.conftest import PASSWORD, Raw, somebody_waits, until
from tests.ocpp.managed import Answer, managed
from tests.things import THEM, US, evse, location, party

ELSEWHERE = "wss://elsewhere.example/ocpp"
YES = {"status": "Accepted"}


def _set(set_variable_data: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
    """As the package hands it over and takes it back."""
    known = ("component", "variable")
    results = [{"attribute_status": "Accepted"} | {name: one[name] for name in known} for one in set_variable_data]
    return {"set_variable_result": results}


async def _charge(wire: Any, clock: SetClock) -> None:
    start = {"connector_id": 1, "id_tag": "CARD1", "meter_start": 0}
    begun = await wire.say("StartTransaction", **start, timestamp=clock.now().isoformat())
    clock.advance(timedelta(hours=1))
    stop = {"transaction_id": begun.transaction_id, "meter_stop": 9000}
    await wire.say("StopTransaction", **stop, timestamp=clock.now().isoformat())
    await wire.say("StatusNotification", connector_id=1, error_code="NoError", status="Available")


async def _moved(database: Database, id: str = "ST1") -> str:
    async with database.unit() as unit:
        (_, (step, *_)) = await tasks.task(unit, (await tasks.page(unit, US))[0][0].ref)
    return f"{step.state}: {step.said}"


async def _go(database: Database, settings: Moving) -> None:
    async with database.unit() as unit:
        await tasks.begin(unit, US, Kind.MOVE, settings, at=Selection(), by="ada")

    async def over() -> bool:
        await going_on.go_on(database)
        return (await _moved(database)).startswith((StepState.DONE, StepState.FAILED))

    await until(over)


async def test_a_station_is_told_in_its_version_where_to_go_and_leaves_its_history(
    url: str, database: Database, clock: SetClock
) -> None:
    """Of OCPP 1.6, by the key of its maker; then it is a stranger here, and ours again when it is added."""
    answers = {"ChangeConfiguration": YES, "Reset": YES}
    async with managed(url, "ocpp1.6", answers) as wire:
        await wire.boot()
        await _charge(wire, clock)
        await _go(database, Moving(url=ELSEWHERE))
        assert (await _moved(database)).startswith("FAILED: OCPP 1.6 has no word")
        await _go(database, Moving(url=ELSEWHERE, key="CentralSystemUrl"))
        assert await _moved(database) == f"DONE: {ELSEWHERE}"
        assert wire.asked == [
            ("ChangeConfiguration", {"key": "CentralSystemUrl", "value": ELSEWHERE}),
            ("Reset", {"type": "Soft"}),
        ]
    async with database.unit() as unit:
        station = await locations.station(unit, "ST1")
        assert (station.moved_to, station.evses, await locations.stations(unit, US)) == (ELSEWHERE, (), [])
        (session,) = await sessions.page(unit, US, station_id="ST1")
        assert session.energy == wh(9000) and await ocpp.messages(unit, station)
        place = await locations.fetch(unit, US, US, "LOC1")
        assert {evse.status for evse in place.evses} == {Status.REMOVED}
    with pytest.raises(Exception, match="404"):
        await Raw.connect(url)
    async with database.unit() as unit:
        assert [one.id for one in await locations.strangers(unit)] == ["ST1"]
        again = await locations.add_station(unit, US, "ST1", password=PASSWORD)
        assert (again.id, await locations.strangers(unit)) == ("ST1", [])
    async with database.unit() as unit:
        assert (await locations.station(unit, "ST1")).moved_at is None
        with pytest.raises(StationExists):
            await locations.add_station(unit, US, "ST1")
    async with managed(url, "ocpp1.6", {}) as wire:
        await wire.boot()


async def test_a_charge_whose_end_was_lost_keeps_no_station(url: str, database: Database, clock: SetClock) -> None:
    """While it is open nobody may restart the station; once it is closed, whoever waits for the end goes on."""
    answers = {"ChangeConfiguration": YES, "Reset": YES}
    async with managed(url, "ocpp1.6", answers) as wire:
        await wire.boot()
        start = {"connector_id": 1, "id_tag": "CARD1", "meter_start": 0}
        await wire.say("StartTransaction", **start, timestamp=clock.now().isoformat())
        async with database.unit() as unit:
            moving = Moving(url=ELSEWHERE, key="CentralSystemUrl")
            await tasks.begin(unit, US, Kind.MOVE, moving, at=Selection(), by="ada")
        await going_on.go_on(database)
        assert (await _moved(database)).startswith(StepState.WAITING)
        async with database.unit() as unit:
            (charge,) = await sessions.page(unit, US, station_id="ST1")
            await sessions.close_lost(unit, US, charge.id, by="ada", why="its modem died")

        async def over() -> bool:
            await going_on.go_on(database)
            return await _moved(database) == f"DONE: {ELSEWHERE}"

        await until(over, 10)


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_newer_versions_keep_the_address_in_a_slot_that_comes_first(
    url: str, database: Database, protocol: str
) -> None:
    """B09.FR.01, B10.FR.01: the slot that is in use now is fallen back on."""
    answers: dict[str, Answer] = {"SetNetworkProfile": YES, "SetVariables": _set, "Reset": YES}
    async with managed(url, protocol, answers) as wire:
        await wire.boot()
        await _go(database, Moving(url=ELSEWHERE, security_profile=2))
        assert await _moved(database) == f"DONE: {ELSEWHERE}"
        (profile,) = wire.asked_for("SetNetworkProfile")
        assert (profile["configurationSlot"], profile["connectionData"]["securityProfile"]) == (2, 2)
        (priority,) = wire.asked_for("SetVariables")
        assert priority["setVariableData"][0]["attributeValue"] == "2,1"
        assert len(wire.asked_for("Reset")) == 1


async def test_a_station_moves_to_another_place_with_its_evses(database: Database, station: Station) -> None:
    """An EVSE is never deleted: where it was it is REMOVED, and the id that it shows may be used again."""
    async with database.unit() as unit:
        await locations.keep(unit, US, location("LOC2", evses=()))
        await locations.report_status(unit, US, US, "LOC1", "EVSE2", Status.CHARGING, unit.now)
        with pytest.raises(CarThere):
            await locations.relocate(unit, "ST1", "LOC2")
    async with database.unit() as unit:
        await locations.report_status(unit, US, US, "LOC1", "EVSE2", Status.AVAILABLE, unit.now)
        moved = await locations.relocate(unit, "ST1", "LOC2")
    assert (moved.location_id, moved.evses[1]) == ("LOC2", (2, EvseRef("LOC2", "EVSE2")))
    async with database.unit() as unit:
        before, after = [await locations.fetch(unit, US, US, id) for id in ("LOC1", "LOC2")]
        assert {(evse.status, evse.evse_id) for evse in before.evses} == {(Status.REMOVED, None)}
        assert [(evse.uid, evse.evse_id, evse.status) for evse in after.evses] == [
            ("EVSE1", "SE*LAD*EEVSE1", Status.AVAILABLE),
            ("EVSE2", "SE*LAD*EEVSE2", Status.AVAILABLE),
        ]
        assert await locations.elsewhere(unit, after) == {}
        assert await locations.relocate(unit, "ST1", "LOC2") == moved
        back = await locations.relocate(unit, "ST1", "LOC1")
        assert back.evses == station.evses
        assert [evse.evse_id for evse in (await locations.fetch(unit, US, US, "LOC1")).evses] == [
            "SE*LAD*EEVSE1",
            "SE*LAD*EEVSE2",
        ]


async def test_no_evse_is_written_over_by_one_that_comes(database: Database, station: Station) -> None:
    """Whether a Station is behind it or not; nothing has moved then."""
    async with database.unit() as unit:
        await locations.keep(unit, US, location("LOC2", evses=(evse("evse2", evse_id="SE*LAD*ETHEIRS"),)))
    async with database.unit() as unit:
        with pytest.raises(UidTaken):
            await locations.relocate(unit, "ST1", "LOC2")
    async with database.unit() as unit:
        assert await locations.station(unit, "ST1") == station
        before, there = [(await locations.fetch(unit, US, US, id)).evses for id in ("LOC1", "LOC2")]
        assert [(one.uid, one.evse_id) for one in there] == [("evse2", "SE*LAD*ETHEIRS")]
        assert Status.REMOVED not in {one.status for one in before}


async def test_a_station_that_is_moved_by_two_at_once_is_in_one_place(database: Database, station: Station) -> None:
    """Who takes it off the list while another moves it leaves no EVSE of it anywhere."""
    async with database.unit() as unit:
        await locations.keep(unit, US, location("LOC2", evses=()))

    async def relocate() -> None:
        async with database.unit() as unit:
            await locations.relocate(unit, "ST1", "LOC2")

    async with asyncio.timeout(20), database.unit() as unit:
        await locations.leave(unit, "ST1", "")
        moving = asyncio.create_task(relocate())
        await until(lambda: somebody_waits(database))
    with pytest.raises(UnknownStation):
        await moving
    async with database.unit() as unit:
        gone = await locations.station(unit, "ST1")
        assert (gone.location_id, gone.evses) == (None, ())
        assert (await locations.fetch(unit, US, US, "LOC2")).evses == ()


async def test_who_is_taken_off_our_list_is_served_no_more(url: str, database: Database, station: Station) -> None:
    """Over the socket that it had, it would let drivers charge whom nobody could bill."""
    raw = await Raw.connect(url)
    async with database.unit() as unit:
        await locations.leave(unit, "ST1", "")
    async with asyncio.timeout(20):
        await raw.socket.wait_closed()
    with pytest.raises(Exception, match="404"):
        await Raw.connect(url)
    async with database.unit() as unit:  # nor is it set up, as though it were back with that
        with pytest.raises(UnknownStation):
            await locations.provision(unit, "ST1", Provisioning(accepted=True))
        with pytest.raises(UnknownStation):
            await locations.attach(unit, "ST1", 1, EvseRef("LOC1", "EVSE1"))


async def test_a_station_that_announced_itself_is_taken_in_by_one_step(url: str, database: Database) -> None:
    with pytest.raises(Exception, match="404"):
        await Raw.connect(url, "NEW-1")
    async with database.unit() as unit:
        (stranger,) = await locations.strangers(unit)
        await locations.add_station(unit, US, stranger.id, password=PASSWORD)
    raw = await Raw.connect(url, "NEW-1")
    boot = {"chargePointVendor": "Volt", "chargePointModel": "Twin"}
    assert (await raw.ask("BootNotification", boot))[2]["status"] == "Accepted"
    await raw.socket.close()
    async with database.unit() as unit:
        await parties.add(unit, party(THEM, ref=unit.new_id()))
        await locations.leave(unit, "NEW-1", "")
    async with database.unit() as unit:
        with pytest.raises(StationExists):  # its history is ours, whoever it belongs to now
            await locations.add_station(unit, THEM, "NEW-1")
