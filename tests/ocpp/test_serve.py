"""Stations on real sockets and a real database: let in, answered after the commit, never billed wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import websockets

from laddnav.db.outbox import drain
from laddnav.db.unit import Database
from laddnav.kit.energy import kwh, wh
from laddnav.kit.power import kw
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.metering.model import DoubtKind
from laddnav.ocpp import actions, calls
from laddnav.ocpp.model import Direction, FrameKind
from laddnav.ocpp.rules import NoAnswer, Offline
from laddnav.ocpp.serve import Sockets
from laddnav.ocpp.wire.dialect import Unsayable
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import AuthMethod, CdrToken, Session, Status
from laddnav.sim.car import Car
from laddnav.sim.station import Manners, Refused, SimStation
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import TokenType
from tests.clock import SetClock
from tests.ocpp.conftest import Raw, until
from tests.things import US, WHERE, token

Street = Callable[..., SimStation]
CAR = Car(energy=kwh(10), power_max=kw(11), steady=0.8)
BOOT = {"chargePointVendor": "Volt", "chargePointModel": "Twin"}
STAMP = "2026-11-23T08:00:00Z"


async def all_sessions(database: Database) -> list[Session]:
    """Oldest first."""
    async with database.unit() as unit:
        return list(reversed(await sessions.page(unit, US)))


async def doubts(database: Database) -> list[DoubtKind]:
    async with database.unit() as unit:
        return [doubt.kind for doubt in await readings.open_doubts(unit, US)]


async def count(database: Database, table: str) -> int:
    async with database.unit() as unit:
        return int(await unit.value(f"select count(*) from {table}"))


async def on_the_line(street: Street, **settings: object) -> SimStation:
    station = street(**settings)
    await station.come_online()
    assert await station.boot() == "Accepted"
    return station


# Who is let in -------------------------------------------------------------------------------------------------------


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


async def test_a_tick_of_many_stations_is_one_unit(street: Street, database: Database, clock: SetClock) -> None:
    async with database.unit() as unit:
        for number in range(20):
            await locations.add_station(unit, US, f"MANY{number}", security_profile=0)
    many = [await on_the_line(street, id=f"MANY{number}", password=None) for number in range(20)]
    before = await count(database, "ocpp_frame")
    await asyncio.gather(*(one.boot() for one in many))
    assert await count(database, "ocpp_frame") - before == 20 * 3 * 2


# Told twice, late, or in another order -------------------------------------------------------------------------------


async def test_a_start_told_twice_is_one_charge_with_one_number(url: str, database: Database) -> None:
    start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    raw = await Raw.connect(url)
    first = await raw.ask("StartTransaction", start, "1")
    again = await raw.ask("StartTransaction", start, "2")
    other = await Raw.connect(url)
    over_another_socket = await other.ask("StartTransaction", start, "1")
    assert first[2]["idTagInfo"] == {"status": "Accepted"}
    assert first[2] == again[2] == over_another_socket[2]
    assert len(await all_sessions(database)) == 1


async def test_a_start_told_on_two_sockets_at_once_is_one_charge(
    url: str, database: Database, sockets: Sockets
) -> None:
    start = json.dumps(
        [2, "1", "StartTransaction", {"connectorId": 1, "idTag": "CARD1", "meterStart": 1, "timestamp": STAMP}]
    )
    one = await Raw.connect(url)
    held = sockets.connections.pop("ST1")
    two = await Raw.connect(url)
    await asyncio.gather(one.say(start), two.say(start))
    answers = [await one.hear(), await two.hear()]
    assert answers[0] == answers[1]
    assert len(await all_sessions(database)) == 1
    await held.close(1000, "")


async def test_readings_and_a_stop_told_twice_change_nothing(url: str, database: Database, clock: SetClock) -> None:
    raw = await Raw.connect(url)
    start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    number = (await raw.ask("StartTransaction", start))[2]["transactionId"]
    value = {"timestamp": "2026-11-23T08:10:00Z", "sampledValue": [{"value": "2000"}]}
    told = {"connectorId": 1, "transactionId": number, "meterValue": [value]}
    stop = {"transactionId": number, "meterStop": 3000, "timestamp": "2026-11-23T08:20:00Z", "idTag": "CARD1"}
    clock.advance(timedelta(minutes=20))
    for id in ("2", "2", "3"):
        assert (await raw.ask("MeterValues", told, id))[2] == {}
    for id in ("4", "4", "5"):
        assert (await raw.ask("StopTransaction", stop, id))[2] == {"idTagInfo": {"status": "Accepted"}}
    assert (await raw.ask("MeterValues", told, "6"))[2] == {}
    (session,) = await all_sessions(database)
    assert (session.status, session.energy) == (Status.COMPLETED, wh(2000))
    assert await count(database, "reading") == 1


async def test_what_happened_offline_is_told_later_and_billed_as_it_was(
    street: Street, database: Database, clock: SetClock
) -> None:
    station = await on_the_line(street)
    await station.go_offline()
    await station.plug_in(1, CAR)
    await station.show_card(1, "CARD1")
    began_at = clock.now()
    for _ in range(3):
        clock.advance(timedelta(minutes=20))
        await station.sample(1)
    await station.unplug(1)
    assert len(station.untold) == 5
    clock.advance(timedelta(hours=5))
    await station.come_online()
    assert station.untold == []
    (session,) = await all_sessions(database)
    assert (session.status, session.started_at) == (Status.COMPLETED, began_at)
    assert session.ended_at == began_at + timedelta(hours=1)
    assert session.energy.wh == (session.meter_stopped or 0) - (session.meter_started or 0)
    assert await doubts(database) == []


async def test_a_stop_that_overtook_its_start_is_put_right(url: str, database: Database, clock: SetClock) -> None:
    clock.advance(timedelta(hours=2))
    raw = await Raw.connect(url)
    stop = {"transactionId": -1, "meterStop": 5000, "timestamp": "2026-11-23T09:00:00Z", "idTag": "CARD1"}
    assert (await raw.ask("StopTransaction", stop, "1"))[2] == {"idTagInfo": {"status": "Accepted"}}
    assert await doubts(database) == [DoubtKind.STOP_WITHOUT_START]
    start = {"connectorId": 1, "idTag": "card1", "meterStart": 1000, "timestamp": STAMP}
    assert (await raw.ask("StartTransaction", start, "2"))[2]["idTagInfo"]["status"] == "Accepted"
    (session,) = await all_sessions(database)
    assert (session.status, session.energy) == (Status.COMPLETED, wh(4000))
    assert DoubtKind.STOP_WITHOUT_START not in await doubts(database)


async def test_a_stop_whose_start_never_comes_is_a_doubt_and_bills_nobody(
    street: Street, database: Database, clock: SetClock
) -> None:
    station = await on_the_line(street, manners=Manners(forgets_starts=1.0))
    await station.plug_in(1, CAR)
    await station.begin(1, "CARD1")
    clock.advance(timedelta(minutes=30))
    await station.sample(1)
    await station.end(1)
    assert station.untold == []
    assert station.refusals == []
    assert await all_sessions(database) == []
    assert await doubts(database) == [DoubtKind.STOP_WITHOUT_START]
    assert await count(database, "reading") == 2


async def test_a_stop_without_a_name_ends_the_only_charge_that_it_can_mean(url: str, database: Database) -> None:
    """OCPP 1.6 errata §3.18: the answer to the start was lost on its way."""
    raw = await Raw.connect(url)
    start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    await raw.ask("StartTransaction", start, "1")
    stop = {"transactionId": -1, "meterStop": 5000, "timestamp": "2026-11-23T09:00:00Z", "idTag": "CARD1"}
    assert (await raw.ask("StopTransaction", stop, "2"))[0] == 3
    (session,) = await all_sessions(database)
    assert (session.status, session.energy) == (Status.COMPLETED, wh(4000))


async def test_readings_without_a_name_belong_to_the_charge_at_that_connector(url: str, database: Database) -> None:
    raw = await Raw.connect(url)
    await raw.ask("StartTransaction", {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}, "1")
    value = {"timestamp": "2026-11-23T08:10:00Z", "sampledValue": [{"value": "2000"}]}
    for no, id in ((1, "2"), (2, "3"), (0, "4")):
        await raw.ask("MeterValues", {"connectorId": no, "meterValue": [value]}, id)
    (session,) = await all_sessions(database)
    assert session.energy == wh(1000)
    async with database.unit() as unit:
        assert len(await readings.of_session(unit, US, session.id)) == 1
    assert await count(database, "reading") == 3


async def test_an_older_charge_told_late_leaves_the_newer_one_alone(
    url: str, database: Database, clock: SetClock
) -> None:
    raw = await Raw.connect(url)
    newer = {"connectorId": 1, "idTag": "CARD1", "meterStart": 5000, "timestamp": "2026-11-23T09:00:00Z"}
    older = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    clock.advance(timedelta(hours=1))
    await raw.ask("StartTransaction", newer, "1")
    number = (await raw.ask("StartTransaction", older, "2"))[2]["transactionId"]
    stop = {"transactionId": number, "meterStop": 4000, "timestamp": "2026-11-23T08:30:00Z"}
    await raw.ask("StopTransaction", stop, "3")
    kept = {session.started_at.hour: (session.status, session.energy) for session in await all_sessions(database)}
    assert kept == {9: (Status.ACTIVE, wh(0)), 8: (Status.COMPLETED, wh(3000))}


async def test_a_stop_that_comes_after_the_next_start_is_taken_at_its_word(
    url: str, database: Database, clock: SetClock
) -> None:
    raw = await Raw.connect(url)
    first = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    number = (await raw.ask("StartTransaction", first, "1"))[2]["transactionId"]
    clock.advance(timedelta(hours=1))
    second = {"connectorId": 1, "idTag": "CARD1", "meterStart": 4000, "timestamp": "2026-11-23T09:00:00Z"}
    await raw.ask("StartTransaction", second, "2")
    stop = {"transactionId": number, "meterStop": 4000, "timestamp": "2026-11-23T08:30:00Z"}
    await raw.ask("StopTransaction", stop, "3")
    older = (await all_sessions(database))[0]
    assert (older.status, older.energy, older.meter_stopped) == (Status.COMPLETED, wh(3000), Decimal(4000))
    assert older.ended_at == older.started_at + timedelta(minutes=30)


async def test_a_charge_at_a_number_without_an_evse_is_a_doubt(url: str, database: Database) -> None:
    raw = await Raw.connect(url)
    start = {"connectorId": 7, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    number = (await raw.ask("StartTransaction", start, "1"))[2]["transactionId"]
    stop = {"transactionId": number, "meterStop": 5000, "timestamp": "2026-11-23T09:00:00Z"}
    assert (await raw.ask("StopTransaction", stop, "2"))[0] == 3
    assert await all_sessions(database) == []
    assert await doubts(database) == [DoubtKind.UNKNOWN_EVSE]


@pytest.mark.parametrize("seed", [0, 5, 10, 31])
async def test_a_station_without_manners_is_billed_what_its_meter_says(
    street: Street, database: Database, clock: SetClock, seed: int
) -> None:
    station = await on_the_line(street, manners=Manners(repeats=0.5, shuffles=1.0), seed=seed)
    drawn = []
    for charge in range(5):
        before = station.plugs[1].register
        if seed >> charge & 1:
            await station.go_offline()
        await station.plug_in(1, CAR)
        await station.begin(1, "CARD1")
        for _ in range(3):
            clock.advance(timedelta(minutes=10))
            await station.sample(1)
        clock.advance(timedelta(minutes=10))
        await station.unplug(1)
        drawn.append(station.plugs[1].register - before)
        clock.advance(timedelta(minutes=30))
        if not station.online:
            await station.come_online()
    assert station.untold == []
    kept = sorted(await all_sessions(database), key=lambda session: session.started_at)
    assert [session.energy for session in kept] == drawn, f"seed {seed}"
    assert {session.status for session in kept} == {Status.COMPLETED}


# Asked from here -----------------------------------------------------------------------------------------------------


async def start_from_afar(database: Database, uid: str = "CARD1") -> Session:
    card = CdrToken(owner=US, uid=uid, type=TokenType.APP_USER, contract_id="SE-LAD-C1")
    async with database.unit() as unit:
        session = await sessions.request_start(unit, holder=US, token=card, evse=WHERE, command_id="command-1")
    await drain(database)
    return session


async def now_is(database: Database, session: Session, status: Status) -> bool:
    async with database.unit() as unit:
        return (await sessions.fetch(unit, US, US, session.id)).status is status


async def announced(database: Database, kind: str) -> list[dict[str, object]]:
    async with database.unit() as unit:
        rows = await unit.fetch("select body from event where kind = $1 order by id", kind)
    return [json.loads(row["body"]) for row in rows]


@pytest.mark.parametrize("uid", ["CARD1", "an-app-user-whose-uid-is-longer-than-20"])
async def test_a_start_and_a_stop_from_afar(street: Street, database: Database, clock: SetClock, uid: str) -> None:
    station = await on_the_line(street)
    await station.plug_in(1, CAR)
    session = await start_from_afar(database, uid)
    await until(lambda: now_is(database, session, Status.ACTIVE))
    (answer,) = await announced(database, "StartAnswered")
    assert (answer["result"], answer["request"]) == ("ACCEPTED", "command-1")
    clock.advance(timedelta(minutes=30))
    async with database.unit() as unit:
        await sessions.request_stop(unit, US, session.id, "command-2")
    await drain(database)
    await until(lambda: now_is(database, session, Status.COMPLETED))
    (answer,) = await announced(database, "StopAnswered")
    assert (answer["result"], answer["request"]) == ("ACCEPTED", "command-2")
    (session,) = await all_sessions(database)
    assert (session.auth_method, session.token.uid) == (AuthMethod.COMMAND, uid)
    assert session.energy == wh(5500)


async def test_a_start_that_the_station_refuses_ends_the_attempt(street: Street, database: Database) -> None:
    station = await on_the_line(street)
    await station.fail(1, "GroundFailure")
    session = await start_from_afar(database)
    await until(lambda: now_is(database, session, Status.INVALID))
    (answer,) = await announced(database, "StartAnswered")
    assert answer["result"] == "REJECTED"


async def test_a_start_that_no_station_answers_is_given_up(url: str, database: Database, clock: SetClock) -> None:
    raw = await Raw.connect(url)
    session = await start_from_afar(database)
    assert (await raw.hear())[2] == "RemoteStartTransaction"
    clock.advance(timedelta(seconds=31))
    database.wake()
    await until(lambda: now_is(database, session, Status.INVALID))
    (answer,) = await announced(database, "StartAnswered")
    assert answer["result"] == "TIMEOUT"


async def test_any_action_can_be_asked_in_the_stations_own_words(street: Street, database: Database) -> None:
    await on_the_line(street)
    replied = await calls.ask(database, "ST1", "Reset", {"type": "Soft"})
    assert replied.result == {"status": "Accepted"}
    refused = await calls.ask(database, "ST1", "ClearCache", {})
    assert refused.result is None
    assert refused.code == "NotImplemented"
    with pytest.raises(Unsayable):
        await calls.ask(database, "ST1", "Reset", {"type": "Gently"})


async def test_one_call_is_open_at_a_time_and_each_gets_its_own_answer(url: str, database: Database) -> None:
    """OCPP-J 1.6 §4.1.1."""
    raw = await Raw.connect(url)
    asked = [asyncio.create_task(calls.ask(database, "ST1", "ClearCache", {})) for _ in range(3)]
    for status in ("Accepted", "Rejected", "Accepted"):
        call = await raw.hear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(raw.socket.recv(), 0.1)
        await raw.say(json.dumps([3, call[1], {"status": status}]))
    replies = [str((await task).result) for task in asked]
    assert sorted(replies) == ["{'status': 'Accepted'}", "{'status': 'Accepted'}", "{'status': 'Rejected'}"]


async def test_a_station_that_is_away_or_leaves_is_said_so(url: str, database: Database, sockets: Sockets) -> None:
    async with database.unit() as unit:
        await locations.add_station(unit, US, "ST2")
    with pytest.raises(Offline):
        await calls.ask(database, "ST2", "ClearCache", {})
    raw = await Raw.connect(url)
    asked = asyncio.create_task(calls.ask(database, "ST1", "ClearCache", {}))
    await raw.hear()
    await raw.socket.close()
    with pytest.raises(NoAnswer):
        await asked


# Bad input -----------------------------------------------------------------------------------------------------------


async def test_garbage_is_answered_and_the_line_goes_on(url: str, database: Database) -> None:
    raw = await Raw.connect(url)
    for garbage in ("hello", "[]", b"\x00\xff", '[2,"7","Heartbeat"]', "[" * 50_000):
        await raw.say(garbage)
        assert (await raw.hear())[2] == "FormationViolation"
    await raw.say('[6,"1","NotifyPeriodicEventStream",{}]')
    await raw.say('[3,"nobody asked",{}]')
    assert (await raw.ask("Heartbeat", {}))[2] == {"currentTime": STAMP}
    assert await count(database, "session") == 0


async def test_ten_megabytes_are_refused_under_their_own_id(url: str) -> None:
    raw = await Raw.connect(url)
    await raw.say('[2,"big","DataTransfer",{"vendorId":"x","data":"' + "x" * 10_000_000 + '"}]')
    assert (await raw.hear())[:3] == [4, "big", "FormationViolation"]
    assert (await raw.ask("Heartbeat", {}))[0] == 3


async def test_endless_garbage_is_hung_up_on(url: str) -> None:
    raw = await Raw.connect(url)
    with pytest.raises(websockets.ConnectionClosed):
        for _ in range(200):
            await raw.say("garbage")
            await raw.hear()


async def test_a_flood_is_answered_in_its_order_and_costs_nobody_else(url: str, database: Database) -> None:
    raw = await Raw.connect(url)
    for number in range(300):
        await raw.say(json.dumps([2, str(number), "Heartbeat", {}]))
    heard = [(await raw.hear())[1] for _ in range(300)]
    assert heard == [str(number) for number in range(300)]


async def test_a_message_that_cannot_be_kept_is_answered_with_an_error_and_the_next_one_is_heard(
    url: str, database: Database
) -> None:
    raw = await Raw.connect(url)
    async with database.unit() as unit:
        unit.write("alter table authorization_given rename to away")
    try:
        assert (await raw.ask("Authorize", {"idTag": "CARD1"}))[2] == "InternalError"
    finally:
        async with database.unit() as unit:
            unit.write("alter table away rename to authorization_given")
    assert (await raw.ask("Authorize", {"idTag": "CARD1"}, "2"))[2] == {"idTagInfo": {"status": "Accepted"}}


async def test_a_group_may_end_what_one_of_it_began(url: str, database: Database) -> None:
    """TOK-019"""
    async with database.unit() as unit:
        await tokens.keep(unit, US, token("CARD2", group_id="family"))
    raw = await Raw.connect(url)
    start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    number = (await raw.ask("StartTransaction", start, "1"))[2]["transactionId"]
    stop = {"transactionId": number, "meterStop": 5000, "timestamp": "2026-11-23T09:00:00Z", "idTag": "CARD2"}
    assert (await raw.ask("StopTransaction", stop, "2"))[2] == {
        "idTagInfo": {"status": "Accepted", "parentIdTag": "family"}
    }
