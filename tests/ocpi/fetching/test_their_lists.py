"""Partners as they are when we fetch their lists, which are such as no text foresaw."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations.policy import Lists, Policy
from laddnav.ocpi.fetching.pull import pull_due
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Module
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation, agreed, no_luck, stranger
from tests.ocpi.peer import Peer, envelope, said
from tests.ocpi.wording import words


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
    async with cpo.database.unit() as unit:
        await tokens.keep(unit, CPO, things.token("U1", EMSP, valid=False, last_updated=things.LONG_AGO - timedelta(1)))
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


async def test_two_processes_fetch_a_list_once(cpo: Installation, they: Peer, clock: SetClock) -> None:
    """TOK-013: so that what is missing once is not missing twice, and a partner is asked once by all of us."""
    they.answers["/tokens"] = [words(things.token("U1", EMSP)), words(things.token("U2", EMSP))]
    await cpo.pull()
    they.answers["/tokens"] = [words(things.token("U1", EMSP))]
    for valid in ([True, True], [True, False]):
        clock.advance(timedelta(hours=30))
        before = they.many("GET", "/tokens")
        await asyncio.gather(*(pull_due(cpo.database, cpo.clients, no_luck) for _ in range(2)))
        assert they.many("GET", "/tokens") == before + 1
        async with cpo.database.unit() as unit:
            assert [token.valid for _, _, token in await tokens.page(unit, CPO)] == valid


async def test_a_list_whose_process_died_is_fetched_by_another(cpo: Installation, they: Peer, clock: SetClock) -> None:
    """A minute later, from where it was; what the dead one should still have to say of it does not count."""
    async with cpo.database.unit() as unit:
        (dead,) = await store.pulls.claim(unit, unit.now + timedelta(minutes=1), 4)
    await cpo.pull()
    assert not they.many("GET", "/tokens")
    clock.advance(timedelta(minutes=2))
    await cpo.pull()
    assert they.many("GET", "/tokens") == 1
    async with cpo.database.unit() as unit:
        assert not await store.pulls.pulled(unit, replace(dead, next_url="https://old.example"))
        (task,) = await partners.pulls(unit, await cpo.connection())
    assert task.finished_at is not None and task.next_url is None


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


def told_by(they: Peer) -> AbstractAsyncContextManager[Ask]:
    """How it pushes to us, with the token that we gave it."""
    return stranger(they.last("POST", "/credentials").body["token"])


async def test_what_was_dated_too_late_is_put_right_by_the_lists_of_its_owner(
    cpo: Installation, they: Peer, clock: SetClock
) -> None:
    """A day's whole list each; what is told still later meanwhile has to be belied anew."""
    good = things.token("U1", EMSP)
    they.answers["/tokens"] = [words(good)]
    await cpo.pull()
    url = f"{cpo.url}/ocpi/cpo/2.2.1/tokens/NL/TNM/U1"
    # (what is pushed, hours until they are asked next, (valid, put right) then)
    story: list[tuple[int | None, int, tuple[bool, int]]] = [
        (2030, 6, (False, 0)),  # changes since then, and no whole list
        (None, 30, (False, 0)),
        (2031, 30, (False, 0)),
        (None, 6, (False, 0)),
        (None, 30, (True, 1)),
        (None, 30, (True, 0)),
    ]
    async with told_by(they) as ask:
        for year, hours, expected in story:
            if year is not None:
                late = things.token("U1", EMSP, valid=False, last_updated=datetime(year, 1, 1, tzinfo=UTC))
                assert (await ask("PUT", url, encoded(words(late)))).both == (200, 1000)
            clock.advance(timedelta(hours=hours))
            await cpo.pull()
            async with cpo.database.unit() as unit:
                ((_, _, token),) = await tokens.page(unit, CPO)
                (task,) = await partners.pulls(unit, await cpo.connection())
            assert (token.valid, task.corrected) == expected
        assert token == good
        now = replace(good, valid=False, last_updated=clock.now())
        assert (await ask("PUT", url, encoded(words(now)))).both == (200, 1000)
    async with cpo.database.unit() as unit:
        assert [one for _, _, one in await tokens.page(unit, CPO)] == [now]


async def test_places_and_prices_that_were_dated_too_late_are_put_right(
    emsp: Installation, their_cpo: Peer, clock: SetClock
) -> None:
    """A place of which more is told meanwhile, too; and no charge is judged by a price that never held."""
    place, price = things.location("LOC1", CPO), things.tariff("T1", CPO)
    their_cpo.answers |= {"/locations": [words(place)], "/tariffs": [words(price)]}
    await emsp.pull()
    clock.advance(timedelta(hours=1))
    base = f"{emsp.url}/ocpi/emsp/2.2.1"
    seen = list[tuple[bool, bool]]()
    async with told_by(their_cpo) as ask:
        for year, currency in ((2030, "NOK"), (2031, "DKK")):
            late = datetime(year, 1, 1, tzinfo=UTC)
            wrong = replace(price, currency=currency, last_updated=late)
            assert (await ask("PUT", f"{base}/tariffs/SE/LAD/T1", encoded(words(wrong)))).both == (200, 1000)
            wrong_place = replace(place, name=currency, last_updated=late)
            assert (await ask("PUT", f"{base}/locations/SE/LAD/LOC1", encoded(words(wrong_place)))).both == (200, 1000)
        for hours, status in ((6, "CHARGING"), (30, "AVAILABLE"), (30, "CHARGING")):
            clock.advance(timedelta(hours=hours))
            taken = encoded({"status": status, "last_updated": rfc3339(clock.now())})
            assert (await ask("PATCH", f"{base}/locations/SE/LAD/LOC1/EVSE1", taken)).both == (200, 1000)
            clock.advance(timedelta(minutes=1))
            await emsp.pull()
            async with emsp.database.unit() as unit:
                known = await tariffs.versions(unit, EMSP, CPO, ("T1",))
                ((_, _, location),) = await locations.page(unit, EMSP)
            seen.append((known[0] == price, location == place))
    assert seen == [(False, False), (True, False), (True, True)]
    assert {one.last_updated for one in known} == {price.last_updated}


@pytest.mark.parametrize(
    ("absences", "while_it_is_read", "right"), [(1, False, True), (1, True, False), (0, False, False)]
)
async def test_a_list_is_not_believed_about_what_is_told_while_it_is_read(
    cpo: Installation, they: Peer, clock: SetClock, absences: int, while_it_is_read: bool, right: bool
) -> None:
    """Their policy says how many lists it takes, or that none is enough."""
    await agreed(cpo, Policy(lists=Lists(absences=absences)))
    they.answers["/tokens"] = [words(things.token("U1", EMSP))]
    await cpo.pull()
    late = things.token("U1", EMSP, valid=False, last_updated=datetime(2030, 1, 1, tzinfo=UTC))

    async def tell() -> None:
        async with told_by(they) as ask:
            url = f"{cpo.url}/ocpi/cpo/2.2.1/tokens/NL/TNM/U1"
            assert (await ask("PUT", url, encoded(words(late)))).both == (200, 1000)

    async def list_all(_: Request) -> Response:
        if while_it_is_read:
            await tell()
        return said(200, 1000, [words(things.token("U1", EMSP))])

    if not while_it_is_read:
        await tell()
    they.answers["/tokens"] = list_all
    clock.advance(timedelta(hours=30))
    await cpo.pull()
    async with cpo.database.unit() as unit:
        assert [one.valid for _, _, one in await tokens.page(unit, CPO)] == [right]
