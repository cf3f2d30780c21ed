"""Partners as they are: slow, in trouble, refusing, and with lists that no text foresaw."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from laddnav.db.outbox import drain
from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi import store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations.policy import Lists, Policy, Pushes
from laddnav.ocpi.model import Delivery
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.telling.push import ATTEMPTS_ELSE, EACH, Courier, wait_after
from laddnav.ocpi.wire.handshake import Module
from laddnav.sessions import actions as sessions
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization
from tests import things
from tests.clock import SetClock
from tests.ocpi.endpoints.test_modules import words
from tests.ocpi.network import CPO, EMSP, Installation, no_luck
from tests.ocpi.peer import Peer, envelope, said
from tests.ocpi.test_roaming import furnished


async def locations_made(cpo: Installation, many: int) -> None:
    async with cpo.database.unit() as unit:
        for number in range(many):
            await locations.keep(unit, CPO, things.location(f"L{number:03}", CPO, evses=()))


# Pushing --------------------------------------------------------------------------------------------------------------


async def test_every_push_carries_what_the_text_asks_for(cpo: Installation, they: Peer) -> None:
    """TRN-002, TRN-003, TRN-011, TRN-047, TRN-054, TRN-083, TRN-084, TRN-085, LOC-021, TYP-010, TYP-040."""
    they.answers["/locations/SE/LAD/L000"] = said(201, 1000)
    await locations_made(cpo, 1)
    await cpo.settle()
    put = they.last("PUT", "/locations/SE/LAD/L000")
    said_headers = put.headers
    assert (said_headers["ocpi-to-country-code"], said_headers["ocpi-to-party-id"]) == ("NL", "TNM")
    assert (said_headers["ocpi-from-country-code"], said_headers["ocpi-from-party-id"]) == ("SE", "LAD")
    assert said_headers["authorization"].startswith("Token ") and said_headers["x-correlation-id"]
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
    """TRN-089: what is refused is shown to a person and not repeated."""
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


async def test_a_partner_gets_only_so_many_at_once(cpo: Installation, they: Peer) -> None:
    most = now = 0

    async def counted(request: Request) -> Response:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return said(200, 1000)

    for number in range(30):
        they.answers[f"/locations/SE/LAD/L{number:03}"] = counted
    await locations_made(cpo, 30)
    await cpo.settle()
    assert 1 < most <= EACH and (await cpo.connection()).waiting == 0


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
            return (await store.deliveries.claim(unit, "me", until, 8, ())).get(connection.line, [])

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
    """TOK-052."""
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


# Pulling --------------------------------------------------------------------------------------------------------------


class Shelf:
    """A list of Locations, handed out by pages in somebody's own way."""

    def __init__(self, they: Peer, many: int) -> None:
        self.url = f"{they.url}/locations"
        self.objects = [words(things.location(f"L{number:03}", CPO, evses=())) for number in range(many)]
        self.most = 10
        self.pages = 0

    def page(self, request: Request) -> tuple[list[Any], int, int]:
        self.pages += 1
        offset = int(request.query_params.get("offset", 0))
        limit = min(int(request.query_params.get("limit", 10)), self.most)
        return self.objects[offset : offset + limit], offset, limit

    async def without_link(self, request: Request) -> Response:
        objects, _, _ = self.page(request)
        return JSONResponse(envelope(1000, objects), headers={"X-Total-Count": str(len(self.objects))})

    async def with_inner_link(self, request: Request) -> Response:
        objects, offset, limit = self.page(request)
        headers = {"X-Total-Count": str(len(self.objects))}
        if offset + limit < len(self.objects):
            headers["Link"] = f'<http://inner.example:8080/locations?offset={offset + limit}&limit={limit}>; rel="next"'
        return JSONResponse(envelope(1000, objects), headers=headers)

    async def with_link_to_itself(self, request: Request) -> Response:
        objects, _, _ = self.page(request)
        return JSONResponse(envelope(1000, objects), headers={"Link": f'<{request.url}>; rel="next"'})

    async def with_no_headers(self, request: Request) -> Response:
        self.pages += 1
        return JSONResponse(envelope(1000, self.objects))

    async def shrinking(self, request: Request) -> Response:
        answer = await self.without_link(request)
        if self.pages == 2:
            del self.objects[0]
            answer = await self.without_link(request)
        return answer

    async def with_one_too_many(self, request: Request) -> Response:
        objects, offset, limit = self.page(request)
        link = f'<{self.url}?offset={offset + limit}&limit={limit}>; rel="next"'
        return JSONResponse(envelope(1000, objects), headers={"Link": link})


@pytest.mark.parametrize(
    ("way", "seen"),
    [
        ("without_link", 35),
        ("with_inner_link", 35),
        ("with_link_to_itself", 10),
        ("with_no_headers", 35),
        ("shrinking", None),
        ("with_one_too_many", 35),
    ],
)
async def test_lists_are_fetched_whole_however_they_are_handed_out(
    emsp: Installation, their_cpo: Peer, way: str, seen: int | None
) -> None:
    """TRN-069, TRN-078, TRN-080."""
    shelf = Shelf(their_cpo, 35)
    their_cpo.answers["/locations"] = getattr(shelf, way)
    last = shelf.objects[-1]["id"]
    async with asyncio.timeout(20):
        await emsp.pull()
    async with emsp.database.unit() as unit:
        pulls = {one.module: one for one in await partners.pulls(unit, await emsp.connection())}
        kept = await locations.page(unit, EMSP, CPO, limit=100)
    assert pulls[Module.LOCATIONS].last_error is None
    if seen is not None:
        assert len(kept) == pulls[Module.LOCATIONS].seen == seen
    else:
        assert {one.id for _, _, one in kept} >= {one["id"] for one in shelf.objects}
        assert last in {one.id for _, _, one in kept}


async def test_one_bad_object_in_a_list_is_passed_over(emsp: Installation, their_cpo: Peer) -> None:
    """TRN-051, TRN-052, TRN-061, TYP-039."""
    good = words(things.location("GOOD", CPO, evses=()))
    their_cpo.answers["/locations"] = [
        {"id": "no location"},
        good | {"id": "BAD", "coordinates": None},
        5,
        good | {"country_code": "DE", "party_id": "XXX"},
        good,
    ]
    await emsp.pull()
    async with emsp.database.unit() as unit:
        pulls = {one.module: one for one in await partners.pulls(unit, await emsp.connection())}
        kept = await locations.page(unit, EMSP)
    assert [one.id for _, _, one in kept] == ["GOOD"]
    assert (pulls[Module.LOCATIONS].seen, pulls[Module.LOCATIONS].skipped) == (5, 4)


async def test_a_list_that_cannot_be_had_is_asked_for_again_later(
    emsp: Installation, their_cpo: Peer, clock: SetClock
) -> None:
    """TRN-059: hours between two rounds, minutes after trouble."""
    their_cpo.answers["/locations"] = said(500, 3000)
    await emsp.pull()
    await emsp.pull()
    assert their_cpo.many("GET", "/locations") == 1
    their_cpo.answers["/locations"] = []
    clock.advance(timedelta(minutes=3))
    await emsp.pull()
    assert their_cpo.many("GET", "/locations") == 2
    clock.advance(timedelta(hours=2))
    await emsp.pull()
    assert their_cpo.many("GET", "/locations") == 2
    clock.advance(timedelta(hours=3))
    await emsp.pull()
    assert their_cpo.many("GET", "/locations") == 3


async def test_a_whole_list_of_tariffs_takes_the_place_of_what_was(
    emsp: Installation, their_cpo: Peer, clock: SetClock
) -> None:
    """TAR-009: unless an object of it could not be read, for that one may be among those that are missing."""
    one, two, three = (words(things.tariff(id, CPO)) for id in ("T1", "T2", "T3"))
    listed: list[tuple[list[Any], list[str]]] = [
        ([one, two], ["T1", "T2"]),
        ([two, three], ["T2", "T3"]),
        ([three, "nonsense"], ["T2", "T3"]),
        ([], []),
    ]
    for shown, kept in listed:
        their_cpo.answers["/tariffs"] = shown
        clock.advance(timedelta(hours=6))
        await emsp.pull()
        async with emsp.database.unit() as unit:
            assert [tariff.id for _, _, tariff in await tariffs.page(unit, EMSP)] == kept


async def test_a_pulled_tokens_list_updates_and_adds(cpo: Installation, they: Peer) -> None:
    """TOK-012."""
    they.answers["/tokens"] = [words(things.token("U1", EMSP)), words(things.token("U2", EMSP, valid=False))]
    await cpo.pull()
    async with cpo.database.unit() as unit:
        assert [one.valid for _, _, one in await tokens.page(unit, CPO)] == [True, False]


async def test_what_a_partner_lists_no_more_is_gone_when_it_was_missing_twice(
    cpo: Installation, they: Peer, clock: SetClock
) -> None:
    """TOK-013: a day's whole list each; what is listed again is there again, as it is told then."""
    one, two = words(things.token("U1", EMSP)), words(things.token("U2", EMSP))
    listed: list[tuple[list[Any], list[bool]]] = [
        ([one, two], [True, True]),
        ([one], [True, True]),
        ([one, "nonsense"], [True, True]),
        ([one], [True, False]),
        ([one, two], [True, True]),
    ]
    for shown, valid in listed:
        they.answers["/tokens"] = shown
        clock.advance(timedelta(hours=30))
        await cpo.pull()
        async with cpo.database.unit() as unit:
            assert [token.valid for _, _, token in await tokens.page(unit, CPO)] == valid


async def test_a_list_that_was_cut_short_takes_nothing_away(cpo: Installation, they: Peer, clock: SetClock) -> None:
    """They count two and hand out one, whole list after whole list."""
    cut = said(200, 1000, [words(things.token("U1", EMSP))])
    for count, valid in (("2", [True, True]), ("1", [True, False])):
        they.answers["/tokens"] = [words(things.token("U1", EMSP)), words(things.token("U2", EMSP))]
        await cpo.pull()
        for _ in range(2):
            cut.headers["X-Total-Count"] = count
            they.answers["/tokens"] = cut
            clock.advance(timedelta(hours=30))
            await cpo.pull()
        async with cpo.database.unit() as unit:
            assert [token.valid for _, _, token in await tokens.page(unit, CPO)] == valid


async def test_an_operator_that_lists_a_place_no_more_has_removed_it(
    emsp: Installation, their_cpo: Peer, clock: SetClock
) -> None:
    """LOC-022 was forgotten there; their policy says how often it has to be missing (TRN-082)."""
    async with emsp.database.unit() as unit:
        (connection,) = await partners.connections(unit, EMSP)
        store.connections.update(unit, replace(connection, policy=Policy(lists=Lists(absences=1))))
    place = words(things.location("LOC1", CPO))
    for shown, status, gone in (
        ([place], Status.AVAILABLE, 0),
        ([], Status.REMOVED, 1),
        ([place], Status.AVAILABLE, 0),
    ):
        their_cpo.answers["/locations"] = shown
        clock.advance(timedelta(hours=30))
        await emsp.pull()
        async with emsp.database.unit() as unit:
            ((_, _, location),) = await locations.page(unit, EMSP, CPO)
            assert {evse.status for evse in location.evses} == {status}
            tasks = {task.module: task for task in await partners.pulls(unit, connection)}
        assert tasks[Module.LOCATIONS].gone == gone
