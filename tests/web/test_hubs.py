"""The pages of a hub of ours: its clients, who is kept apart, what was asked, and what it settles by."""

from __future__ import annotations

import csv
from io import StringIO

import aiohttp
import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.ocpi import store
from laddnav.ocpi.hub import looking, settlement
from laddnav.ocpi.hub.model import Sought
from laddnav.people.model import Role
from tests.clock import SetClock
from tests.things import settled
from tests.web.seen import CPO, EMSP, GONE, HUB, run_hub
from tests.web.site import Site
from tests.web.test_doors import client, sign_in

__all__ = ["client"]


async def read(client: aiohttp.ClientSession, url: str, status: int = 200) -> str:
    async with client.get(url) as answer:
        assert answer.status == status, url
        return " ".join((await answer.text()).split())


async def test_each_client_is_shown_with_how_it_stands_and_nobody_sees_a_hub_where_there_is_none(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    """HCI-007, HCI-008, HCI-009: connected, offline, planned, suspended; of the connected also the version."""
    await settled(site.database)
    await sign_in(client, site, Role.VIEWER)
    text = await read(client, f"{site.url}/hub")
    assert "No party of ours is a hub" in text and 'href="/hub"' not in text
    ref = await run_hub(site.database, clock, 0)
    text = await read(client, f"{site.url}/hub")
    assert 'href="/hub"' in text
    for words in ("Connected", "Offline", "Planned", "Removed", "OCPI 2.2.1", "Norrsken", "Coming Soon", str(GONE)):
        assert words in text, words
    other = await read(client, f"{site.url}/hub/{ref[:-1]}x", status=404)
    assert "There is no such hub." in other and str(CPO) not in other


async def test_pairs_are_kept_apart_and_let_meet_by_an_admin_alone(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    """HUB-054: on the page too, and it is noted who did it."""
    ref = await run_hub(site.database, clock, 0)
    csrf = await sign_in(client, site, Role.ADMIN)
    url = f"{site.url}/hub/{ref}/denials"

    async def do(deed: str, **form: str) -> str:
        async with client.post(f"{url}{deed}", data={"csrf": csrf, **form}) as answer:
            return await answer.text()

    assert "tokens" in await read(client, url)
    text = await do("", one="se*cpo", other="NO*OLD")
    assert "do not reach each other any more" in text and "In everything" in text
    await do("/remove", one=str(EMSP), other=str(CPO), module="tokens")
    async with site.database.unit() as unit:
        (left,) = (await settlement.denials(unit, HUB)).denials
        assert ({left.one, left.other}, left.module) == ({CPO, GONE}, None)
    assert "A party is written as" in await do("", one="nobody", other="NO*OLD")
    assert "goes through a hub" in await do("", one="SE*CPO", other="NO*OLD", module="credentials")
    await sign_in(client, site, Role.OPERATOR)
    assert "Keep apart" not in await read(client, url)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 50),
        ("client=nl*tnm", 50),
        ("client=NO*OLD", 0),
        ("module=commands", 20),
        ("outcome=refused", 1),
        ("client=SE*CPO&module=sessions&outcome=granted", 39),
        ("since=2026-11-24", 0),
        ("since=2026-11-23&until=2026-11-23", 50),
        ("until=2026-11-22", 0),
        ("since=nonsense&module=nonsense", 50),
    ],
)
async def test_the_log_is_searched_by_client_module_time_and_outcome(
    site: Site, client: aiohttp.ClientSession, clock: SetClock, query: str, found: int
) -> None:
    """Days are those of the console's zone, both of them whole."""
    ref = await run_hub(site.database, clock, 60)
    await sign_in(client, site, Role.VIEWER)
    text = await read(client, f"{site.url}/hub/{ref}/requests?{query}")
    assert text.count('data-label="HTTP"') == found
    assert ("Nothing like that" in text) is (found == 0)


async def test_the_log_is_paged_by_where_one_left_off(database: Database, clock: SetClock) -> None:
    """Also of one client, whichever side it was on or both, and though several happened at one moment."""
    await run_hub(database, clock, 9)
    async with database.unit() as unit:
        (newest,) = await looking.requests(unit, HUB, limit=1)
        store.hub.count(unit, replace(newest, id=unit.new_id(), asker=CPO, answerer=CPO))
    for sought, many in ((Sought(), 10), (Sought(client=CPO), 10), (Sought(client=EMSP, granted=True), 8)):
        async with database.unit() as unit:
            whole = [one.id for one in await looking.requests(unit, HUB, sought)]
            paged: list[str] = []
            while len(some := await looking.requests(unit, HUB, sought, before=paged[-1] if paged else None, limit=2)):
                paged += [one.id for one in some]
            assert paged == whole and len(whole) == many
            assert await looking.requests(unit, CPO, sought) == []


async def test_a_month_is_counted_by_pairs_and_taken_home_as_a_table(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    ref = await run_hub(site.database, clock, 60)
    await sign_in(client, site, Role.VIEWER)
    url = f"{site.url}/hub/{ref}/settlement"
    text = await read(client, url)
    assert "2026-11" in text and "46.8" in text and "Refused" in text
    assert "Nothing was asked in this month" in await read(client, f"{url}?month=2026-10")
    await read(client, f"{url}?month=never", status=422)
    async with client.get(f"{url}.csv?month=2026-11") as answer:
        assert "DEHUB%202026-11.csv" in answer.headers["Content-Disposition"]
        rows = list(csv.DictReader(StringIO(await answer.text())))
    assert [" ".join(list(row.values())[:8]) for row in rows] == [
        "DE*HUB 2026-11 NL*TNM SE*CPO commands forwarded 20 20",
        "DE*HUB 2026-11 SE*CPO NL*TNM sessions forwarded 39 39",
        "DE*HUB 2026-11 SE*CPO NL*TNM sessions refused 1 0",
    ]
