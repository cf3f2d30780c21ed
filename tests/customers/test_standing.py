"""A month late and reminded of three times, a customer charges nowhere; once it is paid, everywhere at once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from laddnav.billing import actions as billing
from laddnav.billing.actions import reminders, settling, standing
from laddnav.billing.events import InvoiceReminded, InvoiceSettled
from laddnav.customers import actions as customers
from laddnav.customers.model import PaysBy, Standing
from laddnav.db.unit import Database
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.tokens.model import Barred
from tests.billing.charges import LADDNAV, cdr, energy, keep, party
from tests.billing.test_billing import bill, headings
from tests.clock import SetClock
from tests.customers.test_wallets import anna, barred


async def test_the_third_reminder_stops_and_what_is_paid_lets_charge_again(database: Database, clock: SetClock) -> None:
    one = cdr(energy("20", "4"), token_owner=LADDNAV)
    await keep(database, [one], ours=[party()])
    owner = await anna(database, PaysBy.INVOICE)
    await bill(database, one)
    (heading,) = await headings(database)
    async with database.unit() as unit:
        invoice = await billing.issue(unit, LADDNAV, heading.ref)
        await reminders.turn(unit, LADDNAV, on=True, by="Maja")

    stands = []
    clock.advance(timedelta(days=36))
    for days in (0, 10, 15):
        clock.advance(timedelta(days=days))
        assert await reminders.remind_all(database) == 1
        await standing.judge(database, InvoiceReminded(holder=LADDNAV, ref=invoice.ref, level=1))
        async with database.unit() as unit:
            stands.append((await customers.by_ref(unit, owner.ref)).standing)
    assert stands == [Standing.REMINDED, Standing.REMINDED, Standing.STOPPED]
    assert await barred(database) is Barred.STOPPED

    async with database.unit() as unit:
        postings = (
            Posting(Account(Head.BANK, "giro"), Decimal(100), "SEK"),
            Posting(Account(Head.RECEIVABLE, owner.debtor_id), Decimal(-100), "SEK"),
        )
        await ledger.post(unit, LADDNAV, Entry(key="giro 1", what="Paid", cites="bank", postings=postings))
        await settling.settle(
            unit, LADDNAV, owner.debtor_id, Decimal(100), "SEK", source="giro 1", cites=invoice.number
        )
    await standing.judge(database, InvoiceSettled(holder=LADDNAV, ref=invoice.ref))
    async with database.unit() as unit:
        assert (await customers.by_ref(unit, owner.ref)).standing is Standing.GOOD
    assert await barred(database) is None
