"""The pages of settlements: from a month that is over to one that is settled, and a partner's table in between."""

from __future__ import annotations

from datetime import timedelta

import aiohttp

from laddnav.billing import actions as billing
from laddnav.billing.rules import partner_id
from laddnav.db.unit import Database
from laddnav.people.model import Role
from laddnav.settlement.actions import settling
from tests.billing.charges import LADDNAV, TNM
from tests.clock import SetClock
from tests.settlement.months import DECEMBER, NOVEMBER, OCTOBER, both, charged, the
from tests.web.site import Site
from tests.web.test_doors import client, sign_in

__all__ = ["client"]

TABLE = "id;amount\nA1;125,00\nNOWHERE;7,00\n"


async def test_a_month_goes_from_open_to_settled_and_says_at_each_step_what_comes_next(
    site: Site, database: Database, clock: SetClock, client: aiohttp.ClientSession
) -> None:
    await both(database)
    clock.set(NOVEMBER)
    await charged(database, LADDNAV, TNM, "A1", "100", OCTOBER)
    await charged(database, LADDNAV, TNM, "A2", "30", OCTOBER)
    await charged(database, TNM, LADDNAV, "B1", "40", OCTOBER)
    clock.set(DECEMBER + timedelta(hours=1))
    ref = (await the(database, LADDNAV, "2026-10")).ref
    csrf = await sign_in(client, site, Role.FINANCE)

    async def page(path: str) -> str:
        async with client.get(site.url + path) as answer:
            assert answer.status == 200, path
            return await answer.text()

    async def do(deed: str, **form: str) -> str:
        """The page that it leads to."""
        async with client.post(f"{site.url}/settlements/{ref}/{deed}", data={"csrf": csrf} | form) as answer:
            assert answer.status == 200, deed
            return await answer.text()

    assert "Propose it" in await page("/settlements?state=OPEN")
    assert "Mail the statement" in await do("propose")
    assert "The buyer has no e-mail address" in await do("mail")
    async with database.unit() as unit:
        await billing.describe(unit, LADDNAV, partner_id(TNM), email="roaming@tnm.example")
    sent = await do("mail")
    assert "They agree" in sent
    assert "The statement goes to roaming@tnm.example by mail" in sent
    assert "Mail the statement" not in sent
    compared = await do("compare", about="OURS", table=TABLE)
    assert "With VAT there" in compared
    assert "Not here" in compared
    assert "Put off" in await do("dispute", why="they know nothing of one")
    left = await do("put-off", owner=str(LADDNAV), cdr="A2", why="they look for it")
    assert "<code>A2</code>" not in left
    assert "They agree" in await do("propose")
    assert "Settle it" in await do("agree")
    settled = await do("settle")
    assert f"Netting with {TNM}, 2026-10" in settled
    assert "1 of 2 equal" not in settled
    lines = (await page(f"/settlements/{ref}.csv")).splitlines()
    assert [line.split(",")[:3] for line in lines[1:]] == [["theirs", str(TNM), "B1"], ["ours", str(LADDNAV), "A1"]]
    async with client.get(f"{site.url}/settlements/{ref}.pdf") as answer:
        assert (await answer.read()).startswith(b"%PDF")
    async with database.unit() as unit:
        assert (await settling.fetch(unit, ref)).netted == 40
