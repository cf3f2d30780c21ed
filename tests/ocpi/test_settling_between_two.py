"""A month settled between two running installations: what each says to the other by OCPI is all that the other knows.

Charges both ways go over as CDRs, invoices as reconciliation records; in the end both statements agree to the cent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.postings import payable, receivable
from laddnav.billing.rules import partner_id
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.cdrs.model import Costs, Standing
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.ledger import actions as ledger
from laddnav.ocpi.connections import partners
from laddnav.parties.model import Role
from laddnav.reconciliation import actions as reconciliation
from laddnav.server.hears import HEARS
from laddnav.settlement.actions import settling
from laddnav.settlement.model import Netting, Settlement, Side, State, TheirInvoice
from tests.billing.charges import cdr
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Installation, installed, introduced

NOVEMBER, OVER = datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC)
NUMBERS = {CPO: "SE556677889901", EMSP: "NL123456782B90"}


@pytest.fixture
async def two(
    database_url: str, other_database_url: str, clock: SetClock
) -> AsyncIterator[tuple[Installation, Installation]]:
    """Each is CPO and eMSP to the other, on a line for each."""
    async with (
        installed(database_url, clock, CPO, Role.CPO, hears=HEARS) as one,
        installed(other_database_url, clock, EMSP, Role.EMSP, hears=HEARS) as other,
    ):
        await introduced(one, other, "2.3.0")
        async with other.database.unit() as unit:
            invitation = await partners.invite(unit, other.settings, EMSP, Role.CPO, name="the other way round")
        await partners.register(
            one.database, one.clients, invitation.versions_url, invitation.token, CPO, Role.EMSP, "2.3.0"
        )
        yield one, other


async def charged(at: Installation, by: Installation, **amounts: str) -> None:
    """What drivers of the one paid at the other, by the CDR's id; closed there, and told."""
    for id, amount in amounts.items():
        one = cdr(
            id=id,
            holder=at.holder,
            token_owner=by.holder,
            costs=Costs(total=Price(Decimal(amount))),
            ended_at=NOVEMBER,
        )
        async with at.database.unit() as unit:
            one = replace(one, ref=unit.new_id())
            await cdrs.receive(unit, one, json.encode(one))
            unit.announce(CdrClosed(holder=at.holder, owner=str(at.holder), cdr_id=id))


async def told(*installations: Installation) -> None:
    """Until nobody has anything to say; what a check could not prove, a person accepts."""
    for one in (*installations, *installations):  # what the last one says, the first hears in the second round
        await one.settle()
    for one in installations:
        async with one.database.unit() as unit:
            for review in await cdrs.disputes(unit, one.holder, Standing.DISPUTED):
                await cdrs.accept(unit, review.ref, by="ada", why="it is right")
        await one.settle()


async def proposed(at: Installation, other: Installation) -> Settlement:
    async with at.database.unit() as unit:
        await settling.say_terms(unit, at.holder, other.holder, since="2026-11", netting=Netting.NET, by="ada")
        (one,) = await settling.page(unit, at.holder)
        return await settling.propose(unit, one.ref, by="ada")


async def with_their_invoice(at: Installation, one: Settlement, other: Installation, theirs: Settlement) -> Settlement:
    """Its number is what OCPI told; its VAT is read off the paper."""
    async with other.database.unit() as unit:
        (paper,) = [each for each in await settling.invoices(unit, theirs) if each.side is Side.OURS]
    async with at.database.unit() as unit:
        (heard,) = [each for each in await settling.invoices(unit, one) if each.side is Side.THEIRS]
        assert (heard.number, heard.cdrs) == (paper.number, paper.cdrs)
        assert heard.record_ref is not None and heard.number is not None
        held = await reconciliation.reconciled(unit, heard.record_ref)
        assert (held.missing, held.overlaps, held.unlisted) == ((), (), ())
        assert [each.excl for each in held.sums] == [paper.total_excl]
        invoice = TheirInvoice(number=heard.number, vat=paper.vat or Decimal(0), rate="SE:25" if paper.vat else "")
        return await settling.invoiced(unit, one.ref, invoice, by="ada")


async def counted(at: Installation, one: Settlement) -> Sequence[tuple[str, str, Decimal, Decimal]]:
    async with at.database.unit() as unit:
        found = await settling.items(unit, one)
    return sorted((str(each.cdr_owner), each.cdr_id, each.energy.kwh, each.amount) for each in found)


async def owed(at: Installation, other: PartyId) -> tuple[Decimal, Decimal]:
    """(by the other, to the other)."""
    async with at.database.unit() as unit:
        by_them = await ledger.balance(unit, at.holder, receivable(partner_id(other)), "SEK")
        return by_them, -await ledger.balance(unit, at.holder, payable(other), "SEK")


async def test_two_installations_settle_a_month_over_ocpi_and_agree_to_the_cent(
    two: tuple[Installation, Installation], clock: SetClock
) -> None:
    one, other = two
    clock.set(NOVEMBER)
    for at, partner in ((one, other), (other, one)):
        async with at.database.unit() as unit:
            debtor = await billing.introduce(unit, at.holder, partner.holder, str(partner.holder))
            await billing.describe(unit, at.holder, debtor.id, vat_number=NUMBERS[partner.holder])
    await charged(one, other, A1="100.01", A2="30.505", A3="7")
    await charged(other, one, B1="40.33")
    await told(one, other)
    clock.set(OVER)
    ours, theirs = await proposed(one, other), await proposed(other, one)
    await told(one, other)
    assert await counted(one, ours) == await counted(other, theirs)
    ours, theirs = (
        await with_their_invoice(one, ours, other, theirs),
        await with_their_invoice(other, theirs, one, ours),
    )
    assert (ours.ours.many, ours.ours.amount) == (3, Decimal("137.52"))
    for mine, said in ((ours.ours, theirs.theirs), (ours.theirs, theirs.ours)):
        assert (mine.many, mine.amount, mine.claim) == (said.many, said.amount, said.claim)
    assert ours.balance == -theirs.balance
    for at, settlement in ((one, ours), (other, theirs)):
        async with at.database.unit() as unit:
            await settling.agree(unit, settlement.ref, by="ada")
            done = await settling.settle(unit, settlement.ref, by="ada")
        assert (done.state, done.netted) == (State.SETTLED, min(ours.ours.claim, ours.theirs.claim))
    assert await owed(one, EMSP) == (ours.balance, Decimal(0))
    assert await owed(other, CPO) == (Decimal(0), ours.balance)
