"""Reminders go level by level, each once, cost what the country lets them, and stop when somebody says so."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions import buyers, reminders
from laddnav.billing.events import InvoiceIssued, InvoiceReminded
from laddnav.billing.letters import language_of
from laddnav.billing.reminding import FEES, LEVELS, NotOverdue, RemindersStopped, StopWithoutReason, fee_of
from laddnav.db.unit import Database
from laddnav.mail import actions as mail
from laddnav.mail.model import Mail
from tests.billing.charges import LADDNAV, NOON
from tests.billing.test_billing import balances
from tests.billing.test_items import ANNA, debtor
from tests.billing.test_settling import invoiced, pays
from tests.clock import SetClock


async def after(database: Database, clock: SetClock, days: int) -> int:
    """So many days later, how many reminders went out."""
    clock.advance(timedelta(days=days))
    return await reminders.remind_all(database)


async def turned_on(database: Database, *, on: bool = True) -> None:
    async with database.unit() as unit:
        await reminders.turn(unit, LADDNAV, on=on, by="Maja")


async def mails(database: Database) -> list[Mail]:
    """The oldest first, without what is attached."""
    async with database.unit() as unit:
        return list(reversed(await mail.page(unit, LADDNAV)))


async def test_who_does_not_pay_is_reminded_level_by_level_and_then_no_more(
    database: Database, clock: SetClock
) -> None:
    (one,) = await invoiced(database, "80")
    assert await after(database, clock, 36) == 0  # nobody turned it on
    await turned_on(database)
    assert [await after(database, clock, days) for days in (0, 0, 9, 1, 9, 14, 100)] == [1, 0, 0, 1, 0, 1, 0]
    async with database.unit() as unit:
        made, stopped = await reminders.of_invoice(unit, LADDNAV, one.ref)
    assert [(reminder.level, reminder.open) for reminder in made] == [(level, Decimal(100)) for level in (1, 2, 3)]
    assert stopped is None
    assert (await balances(database))["dunning"] == -120  # the second and the third cost 60 each


async def test_what_is_paid_stopped_or_not_due_is_not_reminded_of(database: Database, clock: SetClock) -> None:
    paid, stopped, due = await invoiced(database, "80", "40", "8")
    await turned_on(database)
    assert await after(database, clock, 34) == 0
    await pays(database, "100", paid.number or "")
    async with database.unit() as unit:
        with pytest.raises(StopWithoutReason):
            await reminders.stop(unit, LADDNAV, stopped.number or "", " ", by="Maja")
        await reminders.stop(unit, LADDNAV, stopped.number or "", "Disputed", by="Maja")
    assert await after(database, clock, 2) == 1
    async with database.unit() as unit:
        with pytest.raises(RemindersStopped):
            await reminders.remind(unit, LADDNAV, stopped.number or "", by="Maja")
        with pytest.raises(NotOverdue):
            await reminders.remind(unit, LADDNAV, due.number or "", by="Maja")
        await reminders.go_on(unit, LADDNAV, stopped.number or "", by="Maja")
        assert (await reminders.remind(unit, LADDNAV, stopped.number or "", by="Maja")).level == 1


async def test_whose_money_is_here_on_account_is_not_reminded(database: Database, clock: SetClock) -> None:
    await invoiced(database, "80")
    await turned_on(database)
    assert await pays(database, "100", "a number that none has") == {}
    assert await after(database, clock, 100) == 0


async def test_an_invoice_and_its_reminders_go_out_by_mail_once_in_the_language_of_who_gets_them(
    database: Database, clock: SetClock
) -> None:
    (one,) = await invoiced(database, "80")
    await billing.mail_invoice(database, InvoiceIssued(holder=LADDNAV, ref=one.ref))
    assert await mails(database) == []  # to nobody who has no address
    async with database.unit() as unit:
        await buyers.describe(unit, LADDNAV, ANNA, email="anna@example.se")
    await turned_on(database)
    await after(database, clock, 36)
    await after(database, clock, 15)
    for _ in range(2):
        await billing.mail_invoice(database, InvoiceIssued(holder=LADDNAV, ref=one.ref))
        await billing.mail_reminder(database, InvoiceReminded(holder=LADDNAV, ref=one.ref, level=2))
    first, second = await mails(database)
    assert first.subject == f"Faktura {one.number} från Laddnav AB"
    assert "100,00\N{NO-BREAK SPACE}SEK" in first.text and "Bankgiro 123-4567 med referensen 2026000014" in first.text
    assert second.subject.startswith(f"Påminnelse: faktura {one.number}")
    assert "60,00\N{NO-BREAK SPACE}SEK på nästa faktura" in second.text
    assert {each.to for each in (first, second)} == {"anna@example.se"}
    async with database.unit() as unit:
        names = [row["name"] for row in await unit.fetch("select name from mail_attached")]
    assert names == [f"{one.number}.pdf"] * 2


def test_fees_follow_country_day_and_kind_of_buyer() -> None:
    day = NOON.date()
    anna, firm = debtor("SE"), debtor("SE", "SE556012579001")
    assert [fee.amount for who in (anna, firm) if (fee := fee_of(who, "SEK", day))] == [60, 450]
    assert fee_of(debtor("DE"), "EUR", day) is None
    assert fee_of(debtor("DE", "DE123456788"), "EUR", day) is not None
    assert fee_of(anna, "EUR", day) is None
    assert fee_of(anna, "SEK", day.replace(year=2010)) is None
    assert all(fee.amount > 0 and fee.law for fee in FEES)
    assert [level.number for level in LEVELS] == [1, 2, 3]


def test_everybody_is_written_to_in_their_language() -> None:
    assert [language_of(debtor(country)) for country in ("SE", "AT", "NL")] == ["sv", "de", "en"]
    assert language_of(replace(debtor("SE"), language="de")) == "de"
