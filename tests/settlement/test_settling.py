"""A month with a partner, on the real database: what counts, what is late, held or put off, and what the ledger says.

Two parties settle with each other here; each keeps its own books, and the CDRs of one are those that the other got.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from laddnav.billing import actions as billing
from laddnav.billing.actions.mailing import NowhereToSend
from laddnav.billing.rules import partner_id
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted
from laddnav.cdrs.model import Standing
from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.settlement.actions import mailing, settling
from laddnav.settlement.events import SettlementChanged
from laddnav.settlement.model import Counts, Move, Netting, Settlement, Side, State, TheirInvoice
from laddnav.settlement.rules import CannotMove, EarlierOpen, NotInSettlement, NotOverYet, NotSaidYet, summed
from tests.billing.charges import LADDNAV, TNM, keep, party
from tests.clock import SetClock
from tests.settlement.months import DECEMBER, NOVEMBER, OCTOBER, balance, both, charged, the


async def test_two_parties_settle_a_month_and_their_books_agree(database: Database, clock: SetClock) -> None:
    """Charges both ways, a credit, one in dispute and one that comes late; netted, and taken back again."""
    await both(database)
    clock.set(NOVEMBER + timedelta(days=1))
    await charged(database, LADDNAV, TNM, "A1", "100", OCTOBER)
    await charged(database, LADDNAV, TNM, "A2", "30.50", NOVEMBER)
    await charged(database, LADDNAV, TNM, "A2-C", "-30.50", NOVEMBER, credits="A2")
    await charged(database, TNM, LADDNAV, "B1", "40", OCTOBER)
    await charged(database, TNM, LADDNAV, "B2", "25", OCTOBER, doubtful=True)

    october = await the(database, LADDNAV, "2026-10")
    assert (october.ours.amount, october.theirs.amount, october.theirs.held_amount) == (
        Decimal(100),
        Decimal(40),
        Decimal(25),
    )
    clock.set(DECEMBER)
    november = await the(database, LADDNAV, "2026-11")
    async with database.unit() as unit:
        with pytest.raises(EarlierOpen):
            await settling.propose(unit, november.ref, by="ada")
    for holder in (LADDNAV, TNM):
        one = await the(database, holder, "2026-10")
        async with database.unit() as unit:
            await settling.propose(unit, one.ref, by="ada")
            if holder == TNM:  # whose B2 the other one holds
                await settling.dispute(unit, one.ref, by="bob", why="they hold B2")
                await settling.put_off(unit, one.ref, TNM, "B2", by="bob", why="they hold it")
            await settling.agree(unit, one.ref, by="ada")
            settled = await settling.settle(unit, one.ref, by="ada")
        assert (settled.state, settled.netted) == (State.SETTLED, Decimal(40))
        assert [step.move for step in settled.steps][-2:] == [Move.AGREE, Move.SETTLE]
    # What one has to get is what the other has to pay; the CDR in dispute is billed by its CPO, and owed by nobody yet.
    assert await balance(database, LADDNAV, f"payable:partner:{TNM}") == 0
    assert await balance(database, TNM, f"payable:partner:{LADDNAV}") == -60
    assert await balance(database, LADDNAV, f"receivable:partner:{TNM}") == 60
    assert await balance(database, TNM, f"receivable:partner:{LADDNAV}") == 25

    # Accepted at last, and one that was on nobody's list: both fall into the month that is open, and say so.
    async with database.unit() as unit:
        (held,) = await cdrs.disputes(unit, LADDNAV, Standing.DISPUTED)
        await cdrs.accept(unit, held.ref, by="ada", why="it was right")
    await billing.bill(database, CdrAccepted(holder=LADDNAV, owner=str(TNM), cdr_id="B2"))
    await charged(database, LADDNAV, TNM, "A3", "7", OCTOBER)
    november = await the(database, LADDNAV, "2026-11")
    assert (november.ours.amount, november.ours.late_amount, november.ours.credited) == (
        Decimal(7),
        Decimal(7),
        Decimal("-30.50"),
    )
    assert (november.theirs.amount, november.theirs.late) == (Decimal(25), 1)
    async with database.unit() as unit:
        found = await settling.items(unit, november)
        late = await settling.items(unit, november, show="late")
    assert {(one.cdr_id, one.ended_in) for one in late} == {("A3", "2026-10"), ("B2", "2026-10")}
    assert (summed(Side.OURS, found), summed(Side.THEIRS, found)) == (november.ours, november.theirs)
    assert await the(database, LADDNAV, "2026-10") == await _kept(database, LADDNAV, "2026-10")

    for holder in (LADDNAV, TNM):
        one = await the(database, holder, "2026-11")
        async with database.unit() as unit:
            await settling.propose(unit, one.ref, by="ada")
            await settling.agree(unit, one.ref, by="ada")
            assert (await settling.settle(unit, one.ref, by="ada")).netted == 7
    # Of November nothing is left on the one side, and 18 on both books on the other.
    for mine, other in ((LADDNAV, TNM), (TNM, LADDNAV)):
        owed = await balance(database, mine, f"receivable:partner:{other}")
        assert owed == -await balance(database, other, f"payable:partner:{mine}")
    async with database.unit() as unit:
        again = await settling.reopen(unit, november.ref, by="ada", why="they paid by bank")
        assert [len(one.entry.postings) for one in await settling.postings(unit, again)] == [2, 2]
    assert again.state is State.AGREED
    assert await balance(database, LADDNAV, f"payable:partner:{TNM}") == -25
    async with database.unit() as unit:
        assert (await settling.settle(unit, november.ref, by="ada")).netted == 7
    assert await balance(database, LADDNAV, f"payable:partner:{TNM}") == -18


async def _kept(database: Database, holder: PartyId, month: str) -> Settlement:
    async with database.unit() as unit:
        return next(one for one in await settling.page(unit, holder) if one.month == month)


async def test_what_is_put_off_counts_in_the_next_month_and_says_why(database: Database, clock: SetClock) -> None:
    await both(database, netting=Netting.GROSS)
    clock.set(NOVEMBER)
    await charged(database, LADDNAV, TNM, "A1", "100", OCTOBER)
    await charged(database, LADDNAV, TNM, "A2", "11", OCTOBER)
    october = await the(database, LADDNAV, "2026-10")
    async with database.unit() as unit:
        await settling.propose(unit, october.ref, by="ada")
        with pytest.raises(CannotMove):
            await settling.put_off(unit, october.ref, LADDNAV, "A2", by="ada", why="they have no such charge")
    async with database.unit() as unit:
        await settling.dispute(unit, october.ref, by="ada", why="A2 is unknown there")
        left = await settling.put_off(unit, october.ref, LADDNAV, "a2", by="ada", why="they have no such charge")
        with pytest.raises(NotInSettlement):
            await settling.put_off(unit, october.ref, LADDNAV, "A2", by="ada", why="they have no such charge")
    assert (left.ours.many, left.ours.amount, left.state) == (1, Decimal(100), State.DISPUTED)
    november = await the(database, LADDNAV, "2026-11")
    async with database.unit() as unit:
        (one,) = await settling.items(unit, november)
        again = await settling.propose(unit, october.ref, by="ada")
    assert (one.cdr_id, one.counts, one.ended_in) == ("A2", Counts.COUNTED, "2026-10")
    assert one.put_off == "they have no such charge"
    assert (again.state, again.ours.amount) == (State.PROPOSED, Decimal(100))
    with pytest.raises(NotOverYet):
        async with database.unit() as unit:
            await settling.propose(unit, november.ref, by="ada")


async def test_vat_of_both_sides_is_set_off_too(database: Database, clock: SetClock) -> None:
    """Between two of one country: our invoice bears VAT, and so does theirs, which somebody enters."""
    other = PartyId("SE", "TNK")
    await keep(database, [], ours=[party(), party(other)])
    clock.set(NOVEMBER)
    async with database.unit() as unit:
        await settling.say_terms(unit, LADDNAV, other, since="2026-10", netting=Netting.NET, by="ada")
    await charged(database, LADDNAV, other, "A1", "100", OCTOBER)
    await charged(database, other, LADDNAV, "B1", "200", OCTOBER)
    october = await the(database, LADDNAV, "2026-10")
    async with database.unit() as unit:
        await settling.propose(unit, october.ref, by="ada")
        theirs = TheirInvoice(number="TNK-7", vat=Decimal(50), rate="SE:25")
        proposed = await settling.invoiced(unit, october.ref, theirs, by="ada")
        (invoice,) = await settling.invoices(unit, proposed)
        await settling.agree(unit, october.ref, by="ada")
        settled = await settling.settle(unit, october.ref, by="ada")
    assert (proposed.ours.claim, proposed.theirs.claim, proposed.balance) == (Decimal(125), Decimal(250), Decimal(-125))
    assert (invoice.cdrs, invoice.total_excl, invoice.vat) == (1, Decimal(100), Decimal(25))
    assert settled.netted == 125
    assert await balance(database, LADDNAV, f"receivable:partner:{other}") == 0
    assert await balance(database, LADDNAV, f"payable:partner:{other}") == -125
    assert await balance(database, LADDNAV, "input_tax:SE:25") == 50


async def test_a_statement_goes_to_the_partner_by_mail_once_each_time_it_is_proposed(
    database: Database, clock: SetClock
) -> None:
    await both(database, netting=Netting.GROSS)
    clock.set(NOVEMBER)
    await charged(database, LADDNAV, TNM, "A1", "100", OCTOBER)
    await charged(database, LADDNAV, TNM, "A2", "11", OCTOBER)
    one = await the(database, LADDNAV, "2026-10")
    changed = SettlementChanged(holder=LADDNAV, ref=one.ref)
    with pytest.raises(NotSaidYet):
        await mailing.send(database, one.ref, by="ada")
    async with database.unit() as unit:
        await settling.propose(unit, one.ref, by="ada")
    await mailing.mail_statement(database, changed)  # nobody takes mail there
    with pytest.raises(NowhereToSend):
        await mailing.send(database, one.ref, by="ada")
    async with database.unit() as unit:
        await billing.describe(unit, LADDNAV, partner_id(TNM), email="roaming@tnm.example")
    first = await mailing.send(database, one.ref, by="ada")
    await mailing.mail_statement(database, changed)
    assert await mailing.send(database, one.ref, by="ada") == first
    async with database.unit() as unit:
        await settling.dispute(unit, one.ref, by="ada", why="A2 is unknown there")
        await settling.put_off(unit, one.ref, LADDNAV, "A2", by="ada", why="they have no such charge")
    await mailing.mail_statement(database, changed)
    async with database.unit() as unit:
        await settling.propose(unit, one.ref, by="ada")
    await mailing.mail_statement(database, changed)
    async with database.unit() as unit:
        assert await unit.value("select count(*) from mail") == 2
        rows = await unit.fetch("select name, data from mail_attached order by mail, name")
    assert [row["name"] for row in rows] == 2 * ["settlement-2026-10-SEK.csv", "settlement-2026-10-SEK.pdf"]
    tables = [row["data"].decode() for row in rows if row["name"].endswith(".csv")]
    assert [("A1" in table, "A2" in table) for table in tables] == [(True, True), (True, False)]
    assert all(row["data"].startswith(b"%PDF") for row in rows if row["name"].endswith(".pdf"))
