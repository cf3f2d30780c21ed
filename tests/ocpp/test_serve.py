"""Stations on real sockets and a real database: let in, answered after the commit, charges from plug to plug."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from decimal import Decimal

import pytest
import websockets

from laddnav.db.unit import Database
from laddnav.kit.energy import kwh
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp import actions
from laddnav.ocpp.model import Direction, FrameKind
from laddnav.ocpp.serve import Sockets
from laddnav.readings import actions as readings
from laddnav.sessions.model import Status
from laddnav.sim.line import Refused
from tests.clock import SetClock
from tests.ocpp.conftest import Raw, somebody_waits, until
from tests.ocpp.stations import BOOT, CAR, STAMP, Street, all_sessions, doubts, on_the_line
from tests.things import US


async def test_an_unknown_station_is_refused_with_404_and_waits_on_the_list(street: Street, database: Database) -> None:
    """OCPP-J 1.6 §3.2."""
    with pytest.raises(Refused) as refused:
        await street("NOBODY").come_online()
    assert refused.value.status == 404
    async with database.unit() as unit:
        (stranger,) = await locations.strangers(unit)
    assert (stranger.id, stranger.knocks, stranger.protocols) == ("NOBODY", 1, "ocpp1.6")


@pytest.mark.parametrize("password", [None, "wrong", ""])
async def test_a_wrong_password_is_401(street: Street, password: str | None) -> None:
    with pytest.raises(Refused) as refused:
        await street(password=password).come_online()
    assert refused.value.status == 401


async def test_a_station_may_not_use_the_name_of_another(street: Street, database: Database, url: str) -> None:
    async with database.unit() as unit:
        await locations.add_station(unit, US, "ST2", password="another-password-of-16")
    with pytest.raises(websockets.InvalidStatus):
        await Raw.connect(url, "ST2", "a-password-of-16-bytes")


async def test_a_version_that_is_not_spoken_is_hung_up_on_without_a_subprotocol(street: Street) -> None:
    """OCPP-J 1.6 §3.2."""
    with pytest.raises(Refused) as refused:
        await street(subprotocols=("ocpp0.9",)).come_online()
    assert refused.value.status is None


async def test_a_station_of_profile_0_needs_no_password(street: Street, database: Database) -> None:
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(security_profile=0))
    await on_the_line(street, password=None)


async def test_the_newest_socket_wins(street: Street, sockets: Sockets, database: Database) -> None:
    old = await on_the_line(street)
    new = await on_the_line(street, seed=2)
    await until(lambda: not old.online)
    assert await new.boot() == "Accepted"
    async with database.unit() as unit:
        assert (await locations.station(unit, "ST1")).connected_at is not None


async def test_who_hangs_up_is_not_connected(street: Street, sockets: Sockets, database: Database) -> None:
    station = await on_the_line(street)
    await station.go_offline()

    async def nobody_holds_it() -> bool:
        async with database.unit() as unit:
            return (await locations.station(unit, "ST1")).connected_at is None

    await until(nobody_holds_it)
    assert not sockets.connections


# Boot ----------------------------------------------------------------------------------------------------------------


async def test_a_boot_is_kept_and_told_the_time(url: str, database: Database) -> None:
    raw = await Raw.connect(url)
    answer = await raw.ask("BootNotification", BOOT)
    assert answer == [3, "1", {"status": "Accepted", "currentTime": STAMP, "interval": 300}]
    async with database.unit() as unit:
        station = await locations.station(unit, "ST1")
    assert (station.vendor, station.model, station.protocol) == ("Volt", "Twin", "ocpp1.6")


@pytest.mark.parametrize(("accepted", "status"), [(False, "Pending"), (None, "Rejected")])
async def test_a_station_that_is_held_back_may_only_boot_until_it_is_accepted(
    url: str, database: Database, accepted: bool | None, status: str
) -> None:
    """OCPP 1.6 §4.2 and OCPP-J 1.6 errata §3.10."""
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(accepted=accepted))
    raw = await Raw.connect(url)
    assert (await raw.ask("Heartbeat", {}))[2] == "SecurityError"
    assert (await raw.ask("BootNotification", BOOT))[2] == {"status": status, "currentTime": STAMP, "interval": 60}
    assert (await raw.ask("Authorize", {"idTag": "CARD1"}))[2] == "SecurityError"
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(accepted=True))
    assert (await raw.ask("BootNotification", BOOT, "9"))[2]["status"] == "Accepted"
    assert (await raw.ask("Heartbeat", {}))[0] == 3


# The road ------------------------------------------------------------------------------------------------------------


async def test_a_charge_from_plug_to_plug(street: Street, database: Database, clock: SetClock) -> None:
    station = await on_the_line(street)
    plug = station.plugs[1]
    before = plug.register
    await station.plug_in(1, CAR)
    async with database.unit() as unit:
        place = await locations.fetch(unit, US, US, "LOC1")
    assert [evse.status for evse in place.evses] == ["BLOCKED", "AVAILABLE"]
    assert await station.show_card(1, "CARD1")
    for _ in range(8):
        clock.advance(timedelta(minutes=15))
        await station.sample(1)
    clock.advance(timedelta(minutes=15))
    await station.end(1)
    await station.unplug(1)

    (session,) = await all_sessions(database)
    assert session.status is Status.COMPLETED
    assert session.energy == plug.register - before == kwh(10)
    assert session.token.contract_id == "SE-LAD-CCARD1"
    assert (session.meter_started, session.meter_stopped) == (before.wh, plug.register.wh)
    assert session.cost is not None
    assert session.cost.before_taxes == Decimal("30.00")
    async with database.unit() as unit:
        said = await readings.of_session(unit, US, session.id)
        marks = [fact for fact in await readings.facts(unit, US, session.id) if fact not in said]
        place = await locations.fetch(unit, US, US, "LOC1")
    assert len(said) == 18
    assert [mark.activity for mark in marks] == ["CHARGING", "SUSPENDED_EV"]  # type: ignore[union-attr]  # not readings
    assert place.evses[0].status == "AVAILABLE"
    assert await doubts(database) == []


async def test_a_card_that_nobody_knows_is_invalid_and_starts_nothing(street: Street, database: Database) -> None:
    station = await on_the_line(street)
    await station.plug_in(1, CAR)
    assert not await station.show_card(1, "STRANGER")
    assert await all_sessions(database) == []


async def test_a_charge_that_a_station_began_by_itself_with_an_unknown_card_is_never_billed(
    street: Street, database: Database, clock: SetClock
) -> None:
    station = await on_the_line(street)
    await station.plug_in(1, CAR)
    charge = await station.begin(1, "STRANGER")
    assert charge.allowed is False
    await until(lambda: station.plugs[1].charge is None)
    await until(lambda: not station.untold)
    (session,) = await all_sessions(database)
    assert session.status is Status.INVALID


async def test_every_frame_is_logged_in_both_directions(url: str, database: Database) -> None:
    raw = await Raw.connect(url)
    await raw.ask("BootNotification", BOOT, "1")
    await raw.ask("Heartbeat", {"extra": 1}, "2")
    await raw.ask("Nonsense", {}, "3")
    await raw.say("hello")
    await raw.hear()
    async with database.unit() as unit:
        station = await locations.station(unit, "ST1")
        kept = await actions.messages(unit, station)
    assert [(one.direction, one.kind, one.action) for one in kept] == [
        (Direction.IN, FrameKind.CALL, "BootNotification"),
        (Direction.OUT, FrameKind.RESULT, "BootNotification"),
        (Direction.IN, FrameKind.CALL, "Heartbeat"),
        (Direction.OUT, FrameKind.RESULT, "Heartbeat"),
        (Direction.IN, FrameKind.CALL, "Nonsense"),
        (Direction.OUT, FrameKind.ERROR, "Nonsense"),
        (Direction.IN, FrameKind.UNREADABLE, ""),
        (Direction.OUT, FrameKind.ERROR, ""),
    ]
    assert kept[0].body == json.dumps([2, "1", "BootNotification", BOOT])
    assert "extra" in (kept[2].quirk or "")


async def test_many_stations_that_boot_at_once_share_a_few_transactions(url: str, database: Database) -> None:
    """Whatever came while the database was busy is written together, and each is answered."""
    async with database.unit() as unit:
        for number in range(20):
            await locations.add_station(unit, US, f"MANY{number}", security_profile=0)
            await locations.provision(unit, f"MANY{number}", Provisioning(on_connect="none"))
    many = await asyncio.gather(*(Raw.connect(url, id=f"MANY{number}") for number in range(20)))
    async with database.unit() as unit:
        unit.write("lock table station in share mode")
        await unit.value("select 1")  # which has it carried out
        answers = [asyncio.create_task(one.ask("BootNotification", BOOT)) for one in many]
        await asyncio.sleep(0)
        for one in many:
            await (await one.socket.ping())  # by then its boot has come in
    assert [frame[0] for frame in await asyncio.gather(*answers)] == [3] * 20
    async with database.unit() as unit:
        frames = "select count(*), count(distinct xmin::text) from ocpp_frame where action = 'BootNotification'"
        row = await unit.fetch_one(frames)
    assert row is not None and row[0] == 20 * 2 and row[1] <= 8


async def test_a_beat_is_answered_after_what_its_station_said_before(url: str, database: Database) -> None:
    raw = await Raw.connect(url)
    async with database.unit() as unit:
        unit.write("lock table authorization_given")
        await unit.value("select 1")  # which has it carried out
        await raw.say(json.dumps([2, "1", "Authorize", {"idTag": "CARD1"}]))
        await raw.say(json.dumps([2, "2", "Heartbeat", {}]))
        await until(lambda: somebody_waits(database))
        await (await raw.socket.ping())  # by then the beat has come in
    assert [(await raw.hear())[1] for _ in range(2)] == ["1", "2"]


async def test_who_is_sent_away_while_its_beat_is_kept_is_answered_first(
    url: str, sockets: Sockets, database: Database
) -> None:
    raw = await Raw.connect(url)
    async with database.unit() as unit:
        unit.write("lock table ocpp_frame in share mode")
        await unit.value("select 1")
        await raw.say(json.dumps([2, "1", "Heartbeat", {}]))
        await until(lambda: somebody_waits(database))
        leaving = asyncio.create_task(sockets.leave(0))
        await until(lambda: sockets.connections["ST1"].finishing)
        await (await raw.socket.ping())  # it is still on the line
    assert (await raw.hear())[:2] == [3, "1"]
    with pytest.raises(websockets.ConnectionClosed) as closed:
        await raw.hear()
    await leaving
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001
