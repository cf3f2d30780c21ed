"""The pages of the ledger: a month, an account, an entry; what is taken back and closed there, and who may."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from playwright.async_api import Page, expect

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.parties import actions as parties
from tests import things
from tests.clock import SetClock
from tests.web.site import Site

US = PartyId("SE", "LAD")


async def charged(database: Database, clock: SetClock) -> None:
    """Two charges, one of the month before, and one in euros."""
    async with database.unit() as unit:
        await parties.add(unit, things.party(US))
    for key, head, amount, currency, days, cites in (
        ("1", Head.RECEIVABLE, "43.09", "SEK", 30, "bank B1"),
        ("2", Head.RECEIVABLE, "10.00", "SEK", 0, "vouchers V1"),
        ("3", Head.CLEARING, "1.25", "EUR", 0, "payment P1"),
    ):
        postings = (
            Posting(Account(head, "partner:NL*TNM"), Decimal(amount), currency),
            Posting(Account(Head.REVENUE, "charging"), -Decimal(amount), currency),
        )
        entry = Entry(key=key, what=f"Charge {key}", cites=cites, postings=postings)
        async with database.unit() as unit:
            await ledger.post(unit, US, entry, booked_at=clock.now() - timedelta(days=days))


async def test_a_month_leads_to_an_account_to_an_entry_that_is_taken_back(
    page: Page, site: Site, database: Database, clock: SetClock
) -> None:
    await charged(database, clock)
    await page.goto("/ledger")
    together = page.locator("tfoot td")
    await expect(together).to_contain_text(["Together", "0.00", "0.00", "0.00"] * 2)
    await page.get_by_role("link", name="receivable:partner:NL*TNM").click()
    await expect(page.locator("tbody tr")).to_have_count(2)
    await expect(page.locator("tbody tr").first).to_contain_text("43.09")
    await expect(page.locator("tbody tr").last).to_contain_text("53.09")
    await page.get_by_role("link", name="Charge 2").click()
    await page.get_by_label("Why").fill("Billed twice")
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Take it back").click()
    await expect(page.locator("h1")).to_contain_text("Billed twice Takes back")
    await page.goto("/ledger/account?account=receivable:partner:NL*TNM&month=2026-10")
    await page.get_by_role("link", name="Charge 1").click()
    await expect(page.get_by_role("button", name="Take it back")).to_have_count(0)
    await page.get_by_role("link", name="Go there").click()  # where it is undone with all that hangs on it
    await expect(page).to_have_url(re.compile(r"/bank\?of=B1$"))
    async with database.unit() as unit:
        assert await ledger.balance(unit, US, Account(Head.RECEIVABLE, "partner:NL*TNM"), "SEK") == Decimal("43.09")


async def test_a_month_is_closed_by_an_admin_and_says_so(
    page: Page, site: Site, database: Database, clock: SetClock
) -> None:
    await charged(database, clock)
    await page.goto("/ledger")
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Close 2026-10").click()
    await expect(page.locator("main")).to_contain_text("2026-10 is closed.")
    await expect(page.get_by_role("button", name=re.compile("^Close 2026"))).to_have_count(0)
    async with database.unit() as unit:
        assert [one.month for one in await ledger.closes(unit, US)] == ["2026-10"]


async def test_the_ledger_is_downloaded_as_others_read_it(
    page: Page, site: Site, database: Database, clock: SetClock
) -> None:
    await charged(database, clock)
    for format, beginning in (("sie", b"#FLAGGA 0\r\n"), ("beancount", b'option "title"'), ("csv", b"booked_on,")):
        answer = await page.request.get(f"/ledger/export/2026-11?as={format}&currency=SEK")
        assert (answer.status, (await answer.body())[: len(beginning)]) == (200, beginning)
    answer = await page.request.get("/ledger/export/2026-11?as=sie")
    assert answer.status == 422
    assert "one currency" in await answer.text()
