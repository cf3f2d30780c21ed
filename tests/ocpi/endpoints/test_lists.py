"""Our lists as a partner crawls them: page after page by the link, while what they list goes on changing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi.store.lists import SORTED_MOST
from laddnav.ocpi.wire.paging import next_link
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from tests import things
from tests.ocpi.network import CPO, EMSP, Ask, Installation

URL = "/ocpi/cpo/2.2.1/tariffs"
MANY = """
insert into token (holder, owner, type, uid_key, uid, ref, contract_id, valid, whitelist, body, revision, last_updated)
select holder, owner, type, uid_key || n, uid || n, '0' || lpad(to_hex(n), 8, '0'), contract_id, valid, whitelist, body,
  revision, last_updated
from token, generate_series(1, $1) n
"""


@pytest.fixture
async def furnished(cpo: Installation) -> Installation:
    """Six Tariffs, T0 to T5."""
    async with cpo.database.unit() as unit:
        for number in range(6):
            await tariffs.keep(unit, CPO, things.tariff(f"T{number}"))
    return cpo


async def crawled(ask: Ask, url: str) -> AsyncIterator[tuple[list[str], int]]:
    """(ids on a page, how many there are in all)."""
    following: str | None = url
    while following is not None:
        page = await ask("GET", following)
        assert page.both == (200, 1000)
        yield [one["id"] for one in page.data], int(page.headers["x-total-count"])
        following = next_link(page.headers.get("link"))


async def test_a_crawl_by_link_loses_nothing_and_meets_nothing_twice(furnished: Installation, at_cpo: Ask) -> None:
    """TRN-062, TRN-070, TRN-071, TRN-073, TRN-077, TRN-078, TRN-079: though what it has passed is withdrawn."""
    pages = []
    async for ids, total in crawled(at_cpo, f"{furnished.url}{URL}?limit=2"):
        pages.append((ids, total))
        async with furnished.database.unit() as unit:
            if len(pages) == 1:
                await tariffs.withdraw(unit, CPO, CPO, "T0")
                await tariffs.keep(unit, CPO, things.tariff("T6"))
                await tariffs.keep(unit, CPO, things.tariff("T7"))
    assert pages == [(["T0", "T1"], 6), (["T2", "T3"], 7), (["T4", "T5"], 7), (["T6", "T7"], 7)]


async def test_a_page_is_the_same_by_its_place_by_its_number_and_by_its_time(
    furnished: Installation, at_cpo: Ask
) -> None:
    """TRN-062, TRN-063, TRN-068: also where the words for some of it have yet to be found."""
    url = f"{furnished.url}{URL}"
    first = await at_cpo("GET", f"{url}?limit=2")
    following = next_link(first.headers["link"])
    assert following is not None and "offset=2&limit=2&after=2." in following
    by_place = await at_cpo("GET", following)
    by_number = await at_cpo("GET", f"{url}?limit=2&offset=2")
    by_time = await at_cpo("GET", f"{url}?limit=2&offset=2&date_from=2020-01-01T00:00:00Z")
    assert [one["id"] for one in by_place.data] == ["T2", "T3"]
    assert by_place.data == by_number.data == by_time.data
    counted_on = await at_cpo("GET", following.replace("offset=2&", "offset=3&"))
    assert [one["id"] for one in counted_on.data] == ["T3", "T4"]
    half_said = await at_cpo("GET", url)
    assert half_said.data[:4] == [*first.data, *by_place.data] and len(half_said.data) == 6
    assert (await at_cpo("GET", url)).data == half_said.data
    beyond = await at_cpo("GET", f"{url}?offset=600")
    assert (beyond.data, beyond.headers["x-total-count"], beyond.headers.get("link")) == ([], "6", None)


async def test_a_place_of_nobody_here_is_refused(furnished: Installation, at_cpo: Ask) -> None:
    """TRN-081, TRN-033."""
    for after in ("2.NLTNM.0193a5b0", "nowhere"):
        answer = await at_cpo("GET", f"{furnished.url}{URL}?offset=2&after={after}")
        assert answer.both == (200, 2001) and "after=" in answer.words["status_message"]


async def test_what_has_ended_is_counted_where_it_is_listed(cpo: Installation, at_cpo: Ask) -> None:
    """TRN-073: a place whose Evses are all gone is news, and no part of the whole list."""
    async with cpo.database.unit() as unit:
        for id in ("L0", "L1"):
            await locations.keep(unit, CPO, things.location(id, CPO))
        gone = things.location("L2", CPO, evses=(things.evse("E1", status=Status.REMOVED),))
        await locations.keep(unit, CPO, gone)
    url = f"{cpo.url}/ocpi/cpo/2.2.1/locations"
    assert [many async for _, many in crawled(at_cpo, url)] == [2]
    assert [many async for _, many in crawled(at_cpo, f"{url}?date_from=2020-01-01T00:00:00Z")] == [3]


async def test_a_crawl_of_what_changed_counts_a_long_list_once(emsp: Installation, at_emsp: Ask) -> None:
    """As it was when the crawl began; whoever begins anew hears what there is then."""
    token = things.token("CARD", EMSP)
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, token)
        await unit.execute(MANY, SORTED_MOST)
    url = f"{emsp.url}/ocpi/emsp/2.2.1/tokens?date_from=2020-01-01T00:00:00Z&limit=1"
    totals = []
    following: str | None = url
    for number in range(3):
        assert following is not None
        page = await at_emsp("GET", following)
        totals.append(int(page.headers["x-total-count"]))
        following = next_link(page.headers["link"])
        async with emsp.database.unit() as unit:
            await tokens.keep(unit, EMSP, replace(token, uid=f"NEW{number}"))
    assert totals == [SORTED_MOST + 1] * 3
    assert (await at_emsp("GET", url)).headers["x-total-count"] == str(SORTED_MOST + 4)
