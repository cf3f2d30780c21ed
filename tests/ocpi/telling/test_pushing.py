"""Partners as they are when we tell them something: slow, in trouble, refusing, or with wishes of their own."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from laddnav.db.outbox import drain
from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi import store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections.offers import look_due
from laddnav.ocpi.deviations.policy import Policy, Pushes
from laddnav.ocpi.model import Delivery
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.telling.push import ATTEMPTS_ELSE, Courier, wait_after
from laddnav.ocpi.wire.handshake import Module
from laddnav.sessions import actions as sessions
from laddnav.tariffs import actions as tariffs
from laddnav.tokens.model import Allowed, Authorization
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import furnished, locations_made
from tests.ocpi.network import CPO, EMSP, Installation, no_luck
from tests.ocpi.peer import Peer, said


async def test_every_push_carries_what_the_text_asks_for(cpo: Installation, they: Peer) -> None:
    """TRN-002, TRN-003, TRN-011, TRN-047, TRN-054, TRN-083, TRN-084, TRN-085, LOC-021, TYP-010, TYP-040."""
    they.answers["/locations/SE/LAD/L000"] = said(201, 1000)
    await locations_made(cpo, 1)
    await cpo.settle()
    put = they.last("PUT", "/locations/SE/LAD/L000")
    said_headers = put.headers
    assert (said_headers["ocpi-to-country-code"], said_headers["ocpi-to-party-id"]) == ("NL", "TNM")
    assert (said_headers["ocpi-from-country-code"], said_headers["ocpi-from-party-id"]) == ("SE", "LAD")
    assert said_headers["authorization"].startswith("Token ")
    assert all(str(UUID(said_headers[name])) for name in ("x-request-id", "x-correlation-id"))
    assert said_headers["content-type"] == "application/json"
    assert (put.body["country_code"], put.body["party_id"], put.body["id"]) == ("SE", "LAD", "L000")
    assert "+00:00" not in str(put.body) and (await cpo.connection()).waiting == 0


@pytest.mark.parametrize("answer", [said(200, 1000), said(201, 1000), said(200, 1001), said(200, 1000, "anything")])
async def test_any_yes_is_a_yes(cpo: Installation, they: Peer, answer: Response) -> None:
    """TRN-021, TRN-027, TRN-032."""
    they.answers["/locations/SE/LAD/L000"] = answer
    await locations_made(cpo, 1)
    await cpo.settle()
    assert [one.state for one in await cpo.deliveries()] == ["done"]


@pytest.mark.parametrize(
    "answer",
    [said(500, 3000), said(200, 3001), said(429, 2000), PlainTextResponse("Bad gateway", 502), PlainTextResponse("")],
)
async def test_trouble_with_one_object_is_tried_again_and_holds_up_no_other(
    cpo: Installation, they: Peer, clock: SetClock, answer: Response
) -> None:
    they.answers |= {"/locations/SE/LAD/L000": answer, "/locations/SE/LAD/L001": said(200, 1000)}
    await locations_made(cpo, 2)
    await cpo.settle()
    states = {one.object_key: (one.state, one.attempts) for one in await cpo.deliveries()}
    assert states == {"l000": ("waiting", 1), "l001": ("done", 0)}
    they.answers["/locations/SE/LAD/L000"] = said(200, 1000)
    clock.advance(timedelta(seconds=2))
    await cpo.settle()
    assert (await cpo.connection()).waiting == 0


async def test_what_never_succeeds_is_given_up_and_shown(cpo: Installation, they: Peer, clock: SetClock) -> None:
    they.answers["/locations/SE/LAD/L000"] = said(500, 3000, message="oh dear")
    await locations_made(cpo, 1)
    for _ in range(ATTEMPTS_ELSE + 2):
        await cpo.settle()
        clock.advance(timedelta(hours=1))
    (dead,) = await cpo.deliveries()
    assert (dead.state, dead.attempts) == ("dead", ATTEMPTS_ELSE) and "oh dear" in (dead.last_error or "")
    assert they.many("PUT", "/locations/SE/LAD/L000") == ATTEMPTS_ELSE


async def test_a_no_is_not_asked_again(cpo: Installation, they: Peer, clock: SetClock) -> None:
    """What is refused is shown to a person and not repeated."""
    they.answers["/locations/SE/LAD/L000"] = said(200, 2001, message="we want a name")
    await locations_made(cpo, 1)
    await cpo.settle()
    clock.advance(timedelta(hours=1))
    await cpo.settle()
    assert they.many("PUT", "/locations/SE/LAD/L000") == 1
    assert (await cpo.connection()).dead == 1


async def test_news_that_come_while_one_is_under_way_go_afterwards(cpo: Installation, they: Peer) -> None:
    """The newest wins, never two about one object at a time."""
    going, go_on = asyncio.Event(), asyncio.Event()
    met: list[str] = []

    async def slow(request: Request) -> Response:
        met.append(they.asked[-1].body["name"])
        going.set()
        await go_on.wait()
        return said(200, 1000)

    they.answers["/locations/SE/LAD/L000"] = slow
    await locations_made(cpo, 1)
    task = asyncio.create_task(cpo.settle())
    async with asyncio.timeout(10):
        await going.wait()
        async with cpo.database.unit() as unit:
            await locations.keep(unit, CPO, things.location("L000", CPO, evses=(), name="Newer", last_updated=unit.now))
        go_on.set()
        await task
    await cpo.settle()
    assert met == ["Kajen", "Newer"]
    assert [one.state for one in await cpo.deliveries()] == ["done"]


async def test_cdrs_go_one_after_the_other_and_in_order(cpo: Installation, they: Peer, clock: SetClock) -> None:
    """CDR-002, CDR-010: as they were closed; one that is in trouble holds back those after it, so nobody sees a gap."""
    await furnished(cpo)
    they.answers |= {"/locations/SE/LAD/LOC1": said(200, 1000), "/tariffs/SE/LAD/T1": said(200, 1000)}
    ended: list[str] = []
    for number in range(3):
        given = Authorization(allowed=Allowed.ALLOWED, token=things.token("CARD1", EMSP))
        async with cpo.database.unit() as unit:
            station = await locations.station(unit, "ST1")
            begun = await sessions.begin(
                unit, station=station, evse_no=1, uid="CARD1", given=given, at=unit.now, register=wh(number)
            )
        at = clock.advance(timedelta(minutes=10))
        async with cpo.database.unit() as unit:
            await sessions.stop(
                unit, holder=CPO, session_id=begun.id, at=at, register=wh(number + 1000), reason="Local"
            )
        they.answers[f"/sessions/SE/LAD/{begun.id}"] = said(200, 1000)
        await drain(cpo.database)
        ended.append(begun.id)
    taken = said(201, 1000)
    taken.headers["Location"] = "cdrs/kept/here"
    they.answers["/cdrs"] = [said(500, 3000), said(500, 3000), taken]
    await cpo.settle()
    assert they.many("POST", "/cdrs") == 1
    for _ in range(4):
        clock.advance(timedelta(minutes=20))
        await cpo.settle()
    sent = [one.body["session_id"] for one in they.asked if (one.method, one.path) == ("POST", "/cdrs")]
    assert sent == [ended[0]] * 3 + ended[1:]
    kept = {one.location_url for one in await cpo.deliveries() if one.module is Module.CDRS}
    assert kept == {f"{they.url}/cdrs/kept/here"}
    assert (await cpo.connection()).waiting == 0


async def policy_of_theirs(cpo: Installation, policy: Policy) -> None:
    connection = await cpo.connection()
    async with cpo.database.unit() as unit:
        store.connections.update(unit, replace(connection, policy=policy))


async def statuses_told(cpo: Installation, *statuses: Status) -> None:
    """One after the other, before anything of it is sent."""
    for status in statuses:
        async with cpo.database.unit() as unit:
            await locations.report_status(unit, CPO, CPO, "LOC1", "EVSE1", status, unit.now)
        await drain(cpo.database)


@pytest.mark.parametrize(
    ("policy", "heard"),
    [
        pytest.param(Policy(), ["OUTOFORDER"], id="else the newest stands for all"),
        pytest.param(
            Policy(pushes=Pushes(in_order=True)), ["CHARGING", "CHARGING", "BLOCKED", "OUTOFORDER"], id="in order"
        ),
    ],
)
async def test_a_partner_may_want_every_message_in_its_order(
    cpo: Installation, they: Peer, clock: SetClock, policy: Policy, heard: list[str]
) -> None:
    """Strictly first in, first out: what is refused is said again until it is taken, and nothing overtakes it."""
    await furnished(cpo)
    they.answers |= {"/locations/SE/LAD/LOC1": said(200, 1000), "/tariffs/SE/LAD/T1": said(200, 1000)}
    await cpo.settle()
    await policy_of_theirs(cpo, policy)
    refusals = [said(404, 2003)] if policy.pushes.in_order else []
    they.answers["/locations/SE/LAD/LOC1/EVSE1"] = [*refusals, *[said(200, 1000)] * 3]
    await statuses_told(cpo, Status.CHARGING, Status.BLOCKED, Status.OUTOFORDER)
    for _ in range(4):
        await cpo.settle()
        clock.advance(timedelta(minutes=20))
    changes = [one.body["status"] for one in they.asked if one.method == "PATCH"]
    assert changes == heard
    assert (await cpo.connection()).waiting == (await cpo.connection()).dead == 0


async def in_strict_order(cpo: Installation, they: Peer) -> None:
    """From now on; whatever they want to know of the place they have heard by then."""
    await furnished(cpo)
    they.answers |= {"/locations/SE/LAD/LOC1": said(200, 1000), "/tariffs/SE/LAD/T1": said(200, 1000)}
    await cpo.settle()
    await policy_of_theirs(cpo, Policy(pushes=Pushes(in_order=True)))


@pytest.mark.parametrize("answer", [said(404, 2003), said(500, 3000)])
async def test_in_strict_order_nothing_overtakes_what_is_never_taken(
    cpo: Installation, they: Peer, clock: SetClock, answer: Response
) -> None:
    """pushes.in_order: else it would be given up and shown; here it waits in front of the others until it is taken."""
    await in_strict_order(cpo, they)
    they.answers["/locations/SE/LAD/LOC1/EVSE1"] = answer
    await statuses_told(cpo, Status.CHARGING, Status.BLOCKED)
    for _ in range(ATTEMPTS_ELSE + 2):
        await cpo.settle()
        clock.advance(timedelta(hours=1))
    assert {one.body["status"] for one in they.asked if one.method == "PATCH"} == {"CHARGING"}
    assert ((await cpo.connection()).waiting, (await cpo.connection()).dead) == (2, 0)
    before = len(they.asked)
    they.answers["/locations/SE/LAD/LOC1/EVSE1"] = said(200, 1000)
    for _ in range(2):
        await cpo.settle()
        clock.advance(timedelta(hours=1))
    assert [one.body["status"] for one in they.asked[before:]] == ["CHARGING", "BLOCKED"]


async def test_what_waits_in_its_order_is_said_as_it_is_now_once_the_order_is_no_matter(
    cpo: Installation, they: Peer
) -> None:
    """pushes.in_order, taken back while they were away: nothing is lost, and nothing is said that is no more."""
    await in_strict_order(cpo, they)
    await statuses_told(cpo, Status.CHARGING, Status.BLOCKED)
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff("T1", CPO, url="https://ladd.example/new", last_updated=unit.now))
    await drain(cpo.database)
    await policy_of_theirs(cpo, Policy())
    they.answers["/locations/SE/LAD/LOC1/EVSE1"] = said(200, 1000)
    before = len(they.asked)
    await cpo.settle()
    told = [(one.method, one.path, one.body.get("status") or one.body["tariff_alt_url"]) for one in they.asked[before:]]
    assert sorted(set(told)) == [
        ("PATCH", "/locations/SE/LAD/LOC1/EVSE1", "BLOCKED"),
        ("PUT", "/tariffs/SE/LAD/T1", "https://ladd.example/new"),
    ]
    assert ((await cpo.connection()).waiting, (await cpo.connection()).dead) == (0, 0)


async def test_what_waits_in_its_order_goes_where_the_partner_went(
    cpo: Installation, they: Peer, clock: SetClock
) -> None:
    """pushes.in_order: nothing stands for ever before a door that is gone, and where it went is asked at once."""
    await in_strict_order(cpo, they)
    await statuses_told(cpo, Status.CHARGING, Status.BLOCKED)
    places = they.endpoint("places", "RECEIVER") | {"identifier": "locations"}
    they.answers["/v"]["endpoints"][1] = places
    they.answers["/places/SE/LAD/LOC1/EVSE1"] = said(200, 1000)
    await cpo.settle()
    assert await look_due(cpo.database, cpo.clients, no_luck) == 1
    for _ in range(2):
        clock.advance(timedelta(minutes=1))
        await cpo.settle()
    assert they.last("PATCH", "/places/SE/LAD/LOC1/EVSE1").body["status"] == "BLOCKED"
    assert ((await cpo.connection()).waiting, they.many("PATCH", "/locations/SE/LAD/LOC1/EVSE1")) == (0, 1)


async def test_a_partner_that_takes_no_changes_gets_the_whole(cpo: Installation, they: Peer) -> None:
    await furnished(cpo)
    they.answers |= {"/locations/SE/LAD/LOC1": said(200, 1000), "/tariffs/SE/LAD/T1": said(200, 1000)}
    await cpo.settle()
    await policy_of_theirs(cpo, Policy(pushes=Pushes(whole_only=True)))
    await statuses_told(cpo, Status.CHARGING)
    await cpo.settle()
    assert [one.method for one in they.asked if one.path.startswith("/locations")] == ["PUT", "PUT"]
    assert they.asked[-1].body["evses"][0]["status"] == "CHARGING"


async def test_a_process_that_died_finds_its_deliveries_again(cpo: Installation, they: Peer) -> None:
    they.answers["/locations/SE/LAD/L000"] = said(200, 1000)
    await locations_made(cpo, 1)
    async with cpo.database.unit() as unit:
        connection = await cpo.connection()
        store.deliveries.queue_news(unit, connection, Module.LOCATIONS, "l000", "PUT")
    async with cpo.database.unit() as unit:
        assert len(await store.deliveries.claim(unit, "me", unit.now + timedelta(minutes=5), 8, ())) == 1
    courier = Courier(cpo.database, cpo.clients, "me", no_luck)
    assert await courier.once() == 0
    running = asyncio.create_task(courier.run())
    async with asyncio.timeout(10):
        while (await cpo.connection()).waiting:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_news_that_come_while_there_was_nothing_to_say_go_at_once(cpo: Installation, they: Peer) -> None:
    connection = await cpo.connection()

    async def claimed() -> list[Delivery]:
        async with cpo.database.unit() as unit:
            until = unit.now + timedelta(minutes=5)
            claimed = await store.deliveries.claim(unit, "me", until, 8, ())
            return [one for some in claimed.values() for one in some]

    async with cpo.database.unit() as unit:
        store.deliveries.queue_news(unit, connection, Module.LOCATIONS, "l000", "PUT")
    (empty,) = await claimed()
    async with cpo.database.unit() as unit:
        store.deliveries.queue_news(unit, connection, Module.LOCATIONS, "l000", "PUT")
    async with cpo.database.unit() as unit:
        store.deliveries.drop(unit, empty)
    (newer,) = await claimed()
    async with cpo.database.unit() as unit:
        store.deliveries.drop(unit, newer)
    assert await claimed() == []


def test_waits_double_up_to_ten_minutes_and_are_never_quite_the_same() -> None:
    assert [wait_after(n, lambda: 0.5).total_seconds() for n in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert wait_after(50, lambda: 0.5) == timedelta(minutes=10)
    assert wait_after(1, lambda: 0.0) < wait_after(1, lambda: 0.99) < wait_after(2, lambda: 0.5)


async def test_a_partner_that_hangs_is_let_go(cpo: Installation, they: Peer) -> None:
    stop = asyncio.Event()

    async def hangs(request: Request) -> Response:
        await stop.wait()
        return said(200, 1000)

    they.answers["/locations/SE/LAD/L000"] = hangs
    settings = Settings(public_url=cpo.url, key=b"k" * 32, allow_loopback=True, call_within=timedelta(milliseconds=100))
    clients = Clients(cpo.database, settings)
    await locations_made(cpo, 1)
    cpo.courier = Courier(cpo.database, clients, "test", no_luck)
    try:
        await cpo.settle()
        assert "No answer within" in ((await cpo.connection()).last_error or "")
    finally:
        stop.set()
        await clients.close()


async def test_a_partner_without_an_endpoint_is_not_pushed_to(cpo: Installation, they: Peer) -> None:
    """VER-027, LOC-117."""
    connection = await cpo.connection()
    only = tuple(one for one in connection.endpoints if one.identifier != "tariffs")
    async with cpo.database.unit() as unit:
        store.connections.update(unit, replace(connection, endpoints=only))
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff("T1", CPO))
    await cpo.settle()
    assert await cpo.deliveries() == ()


async def test_a_status_goes_as_a_change_with_nothing_else_in_it(cpo: Installation, they: Peer) -> None:
    """LOC-017, LOC-120."""
    they.answers |= {"/locations/SE/LAD/LOC1": said(200, 1000), "/locations/SE/LAD/LOC1/EVSE1": said(200, 1000)}
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location(owner=CPO))
        await locations.report_status(unit, CPO, CPO, "LOC1", "EVSE1", Status.CHARGING, unit.now)
    await cpo.settle()
    patch = they.last("PATCH", "/locations/SE/LAD/LOC1/EVSE1")
    assert patch.body == {"status": "CHARGING", "last_updated": "2026-11-23T08:00:00Z"}
