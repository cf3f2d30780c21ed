"""Each switch of a partner's policy does what it says, and nothing when it stands as the text has it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from laddnav.locations import actions as locations
from laddnav.ocpi import partners, store
from laddnav.ocpi.policy import Lists, Policy, Pushes
from laddnav.tokens import actions as tokens
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation
from tests.ocpi.peer import Peer, envelope, said
from tests.ocpi.test_modules import words
from tests.ocpi.test_partners_as_they_are import locations_made


async def agreed(one: Installation, policy: Policy) -> None:
    """From now on its only partner is spoken with like that."""
    connection = await one.connection()
    async with one.database.unit() as unit:
        store.connections.update(unit, replace(connection, policy=policy))


# Lists ----------------------------------------------------------------------------------------------------------------


async def test_a_partner_gets_as_many_at_once_as_its_policy_says(cpo: Installation, at_cpo: Ask) -> None:
    """TRN-074: lists.gives; and it is told."""
    await locations_made(cpo, 5)
    url = f"{cpo.url}/ocpi/cpo/2.2.1/locations"
    assert len((await at_cpo("GET", url)).data) == 5
    await agreed(cpo, Policy(lists=Lists(gives=2)))
    answer = await at_cpo("GET", f"{url}?limit=50")
    assert len(answer.data) == 2 and answer.headers["x-limit"] == "2" and "offset=2" in answer.headers["link"]


async def test_lists_are_fetched_as_the_partner_wants_them(
    emsp: Installation, their_cpo: Peer, clock: SetClock
) -> None:
    """lists.asks, lists.window_days and lists.overlap_minutes reach the partner."""
    queries: list[dict[str, str]] = []

    async def listed(request: Request) -> Response:
        queries.append(dict(request.query_params))
        return JSONResponse(envelope(1000, []))

    their_cpo.answers["/sessions"] = listed
    await emsp.pull()
    await agreed(emsp, Policy(lists=Lists(asks=20, window_days=31, overlap_minutes=60)))
    clock.advance(timedelta(days=40))
    await emsp.pull()
    assert [one["limit"] for one in queries] == ["100", "20", "20"]
    assert queries[1]["date_from"] == "2026-11-23T07:00:00Z" and queries[1]["date_to"] == queries[2]["date_from"]


# Pushes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "most"), [(Policy(), 8), (Policy(pushes=Pushes(at_once=2)), 2)])
async def test_a_partner_gets_no_more_at_a_time_than_it_bears(
    cpo: Installation, they: Peer, policy: Policy, most: int
) -> None:
    """pushes.at_once."""
    seen, now = 0, 0

    async def counted(request: Request) -> Response:
        nonlocal seen, now
        now += 1
        seen = max(seen, now)
        await asyncio.sleep(0.01)
        now -= 1
        return said(200, 1000)

    they.answers |= {f"/locations/SE/LAD/L{number:03}": counted for number in range(12)}
    await agreed(cpo, policy)
    await locations_made(cpo, 12)
    await cpo.settle()
    assert seen <= most and (seen > 2) is (most > 2)


@pytest.mark.parametrize(("rests_after", "asked"), [(3, [4, 4, 4, 1, 1]), (0, [4, 4, 4, 4, 4])])
async def test_a_partner_that_answers_everything_with_trouble_rests(
    cpo: Installation, they: Peer, clock: SetClock, rests_after: int, asked: list[int]
) -> None:
    """pushes.rests_after: after so many rounds one request a time, and when that is taken, all of them again."""
    paths = [f"/locations/SE/LAD/L{number:03}" for number in range(4)]
    they.answers |= {path: said(500, 3000) for path in paths}
    await agreed(cpo, Policy(pushes=Pushes(rests_after=rests_after)))
    await locations_made(cpo, 4)
    rounds: list[int] = []
    for _ in asked:
        before = len(they.asked)
        await cpo.settle()
        rounds.append(len(they.asked) - before)
        clock.advance(timedelta(hours=1))
    assert rounds == asked
    they.answers |= {path: said(200, 1000) for path in paths}
    clock.advance(timedelta(hours=1))
    await cpo.settle()
    assert (await cpo.connection()).waiting == 0 and (await cpo.connection()).troubles == 0


async def test_who_asks_to_be_left_alone_is_left_alone(cpo: Installation, they: Peer, clock: SetClock) -> None:
    """429 with Retry-After: nothing goes there until then, also nothing else."""
    busy = said(429, 2000)
    busy.headers["Retry-After"] = "3600"
    they.answers |= {"/locations/SE/LAD/L000": busy, "/locations/SE/LAD/L001": said(200, 1000)}
    await locations_made(cpo, 1)
    await cpo.settle()
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location("L001", CPO, evses=()))
    they.answers["/locations/SE/LAD/L000"] = said(200, 1000)
    clock.advance(timedelta(minutes=50))
    await cpo.settle()
    assert they.many("PUT", "/locations/SE/LAD/L000") == 1 and not they.many("PUT", "/locations/SE/LAD/L001")
    clock.advance(timedelta(minutes=11))
    await cpo.settle()
    assert they.many("PUT", "/locations/SE/LAD/L000") == 2 and they.many("PUT", "/locations/SE/LAD/L001") == 1


# Objects --------------------------------------------------------------------------------------------------------------


async def test_what_says_nothing_new_is_no_news(cpo: Installation, they: Peer, clock: SetClock) -> None:
    """A partner that dates everything anew each day changes nothing here but the date."""
    heard: list[int] = []
    for at in ("2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z"):
        they.answers["/tokens"] = [words(things.token("U1", EMSP)) | {"last_updated": at}]
        clock.advance(timedelta(hours=30))
        await cpo.pull()
        async with cpo.database.unit() as unit:
            heard.append(await unit.value("select count(*) from event where kind = 'TokenChanged'"))
            ((_, _, token),) = await tokens.page(unit, CPO)
    assert token.uid == "U1" and heard == [1, 1]
    async with cpo.database.unit() as unit:
        assert {one.module: one.seen for one in await partners.pulls(unit, await cpo.connection())}
