"""Settled, taken back and settled again: open items are as if it had been settled once; nothing counts twice or never.

What a look costs follows from what is open and not from all that was ever charged.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from laddnav.billing import actions as billing
from laddnav.billing.actions import settling as paid
from laddnav.billing.rules import partner_id
from laddnav.cdrs.events import CdrClosed
from laddnav.cdrs.model import Costs
from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Posting
from laddnav.parties.model import InvoiceEvery
from laddnav.settlement.actions import settling
from laddnav.settlement.model import Netting, Settlement
from tests.billing.charges import LADDNAV, TNM, cdr, keep, party
from tests.clock import SetClock
from tests.settlement.months import DECEMBER, NOVEMBER, OCTOBER, both, charged, the

ANOTHER = PartyId("SE", "TNK")  # of our country, so that VAT is due
MANY = 3
TEN = Costs(total=Price(Decimal(10)))


async def proposed(database: Database, month: str) -> Settlement:
    one = await the(database, LADDNAV, month)
    async with database.unit() as unit:
        return await settling.propose(unit, one.ref, by="ada")


async def settled(database: Database, one: Settlement) -> Settlement:
    async with database.unit() as unit:
        await settling.agree(unit, one.ref, by="ada")
        return await settling.settle(unit, one.ref, by="ada")


async def open_now(database: Database, partner: PartyId) -> dict[str, Decimal]:
    """What of each invoice is open, in the order in which they were issued."""
    async with database.unit() as unit:
        (standing,) = await paid.standings(unit, LADDNAV, partner_id(partner))
    assert standing.balance == sum((one.open for one in standing.items), standing.on_account)
    return {one.number: one.open for one in standing.items}


async def by_bank(database: Database, partner: PartyId, amount: Decimal, number: str) -> None:
    debtor = partner_id(partner)
    entry = Entry(
        key="bank 1",
        what="Paid by bank",
        cites="test",
        postings=(
            Posting(Account.parse("bank"), amount, "SEK"),
            Posting(Account.parse(f"receivable:{debtor}"), -amount, "SEK"),
        ),
    )
    async with database.unit() as unit:
        await ledger.post(unit, LADDNAV, entry)
        await paid.settle(unit, LADDNAV, debtor, amount, "SEK", source="bank 1", cites=number)


async def test_netting_settles_every_invoice_and_taking_it_back_opens_just_those_that_it_settled(
    database: Database, clock: SetClock
) -> None:
    await keep(database, [], ours=[party(every=InvoiceEvery.SESSION), party(TNM)])
    clock.set(OCTOBER)
    async with database.unit() as unit:
        debtor = await billing.introduce(unit, LADDNAV, TNM, str(TNM))
        await billing.describe(unit, LADDNAV, debtor.id, vat_number="NL123456789B01")
        await settling.say_terms(unit, LADDNAV, TNM, since="2026-10", netting=Netting.NET, by="ada")
    ours = [cdr(id=f"A{n:03}", token_owner=TNM, costs=TEN, ended_at=OCTOBER) for n in range(MANY)]
    await keep(database, ours)
    for each in ours:
        await billing.bill(database, CdrClosed(holder=LADDNAV, owner=str(LADDNAV), cdr_id=each.id))
    await charged(database, TNM, LADDNAV, "B1", str(10 * MANY - 10), OCTOBER)
    first, *others = await open_now(database, TNM)
    await by_bank(database, TNM, Decimal(10), first)
    clock.set(NOVEMBER)
    one = await proposed(database, "2026-10")
    assert (await settled(database, one)).netted == 10 * MANY - 10
    assert await open_now(database, TNM) == {}
    async with database.unit() as unit:
        await settling.reopen(unit, one.ref, by="ada", why="they paid by bank")
    assert await open_now(database, TNM) == dict.fromkeys(others, Decimal(10))
    async with database.unit() as unit:
        await settling.settle(unit, one.ref, by="ada")
    assert await open_now(database, TNM) == {}


async def test_vat_of_what_is_billed_after_the_proposal_counts_in_the_next_settlement(
    database: Database, clock: SetClock
) -> None:
    await keep(database, [], ours=[party(), party(ANOTHER)])
    clock.set(NOVEMBER)
    async with database.unit() as unit:
        await settling.say_terms(unit, LADDNAV, ANOTHER, since="2026-10", netting=Netting.NET, by="ada")
    late = cdr(id="A1", token_owner=ANOTHER, costs=Costs(total=Price(Decimal(100))), ended_at=OCTOBER)
    await keep(database, [late])
    await charged(database, LADDNAV, ANOTHER, "A2", "40", OCTOBER)
    october = await proposed(database, "2026-10")
    assert (october.ours.amount, october.ours.vat) == (Decimal(140), Decimal(10))
    await settled(database, october)
    await billing.bill(database, CdrClosed(holder=LADDNAV, owner=str(LADDNAV), cdr_id="A1"))
    await charged(database, LADDNAV, ANOTHER, "A3", "4", NOVEMBER)
    clock.set(DECEMBER)
    november = await proposed(database, "2026-11")
    assert (november.ours.amount, november.ours.vat) == (Decimal(4), Decimal(26))
    async with database.unit() as unit:
        billed = [await settling.invoices(unit, one) for one in (october, november)]
        assert await unit.value("select count(*) from settlement_unbilled") == 0
    assert [sorted(one.cdrs for one in found) for found in billed] == [[1, 1], [0, 1]]
    assert october.ours.claim + november.ours.claim == sum(await every_total(database), Decimal(0))


async def every_total(database: Database) -> list[Decimal]:
    async with database.unit() as unit:
        (standing,) = await paid.standings(unit, LADDNAV, partner_id(ANOTHER))
    return [one.to_pay for one in standing.items]


async def test_a_look_reads_what_is_in_no_settlement_and_not_all_that_was_ever_charged(
    database: Database, clock: SetClock
) -> None:
    await both(database, netting=Netting.GROSS)
    clock.set(NOVEMBER)
    await charged(database, LADDNAV, TNM, "A1", "100", OCTOBER)
    await charged(database, TNM, LADDNAV, "B1", "40", OCTOBER)
    await charged(database, LADDNAV, TNM, "A2", "7", NOVEMBER)
    await keep(database, [cdr(id="DRIVER", token_owner=LADDNAV, ended_at=OCTOBER)])
    october = await proposed(database, "2026-10")
    assert await due(database) == ["a2"]
    clock.advance(timedelta(hours=1))
    november = await the(database, LADDNAV, "2026-11")
    async with database.unit() as unit:
        await unit.value("select pg_advisory_xact_lock(1)")  # so that all of it is one transaction
        before = await unit.value(READ)
        await settling.as_now(unit, november.ref)
        await settling.without_terms(unit, LADDNAV)
        read = await unit.value(READ) - before
        await settling.dispute(unit, october.ref, by="ada", why="A1 is unknown there")
        await settling.put_off(unit, october.ref, LADDNAV, "A1", by="ada", why="it is unknown there")
    assert read == 0
    assert await due(database) == ["a1", "a2"]


READ = """
select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) from pg_stat_xact_user_tables
where relname in ('cdr', 'settlement_item')
"""


async def due(database: Database) -> list[str]:
    async with database.unit() as unit:
        rows = await unit.fetch(f"select id_key from settlement_due where holder = '{LADDNAV}' order by id_key")
    return [row["id_key"] for row in rows]
