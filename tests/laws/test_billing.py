"""Whatever CDRs come, in whatever order and however often: nothing is billed twice, and every number agrees."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.model import Invoice
from laddnav.billing.rules import owing, total_of
from laddnav.cdrs.events import CdrClosed
from laddnav.cdrs.model import Cdr, Costs
from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Head
from laddnav.parties.model import InvoiceEvery
from tests.billing.charges import NOON, TANKA, TNM, cdr, energy, keep, party
from tests.clock import SetClock

_numbers = count()


def another_holder() -> PartyId:
    """A party of its own for each example, in one database for all of them."""
    number = next(_numbers)
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return PartyId("SE", "".join(digits[number // 36**place % 36] for place in range(3)))


class Heard(Struct):
    """A step of a story: these CDRs are heard of at once; then so much time passes, and what is over is issued."""

    cdrs: tuple[int, ...]
    passes: timedelta


coins = st.decimals("0", "60", places=2)
lines = st.builds(
    energy,
    st.decimals("0", "90", places=3).map(str),
    st.decimals("0", "9", places=4).map(str),
    st.sampled_from(["25", "12", None]),
)
told = st.builds(
    Costs,
    total=st.builds(Price, st.decimals("0", "90", places=4)),
    fixed=st.none() | st.builds(Price, coins),
    energy=st.none() | st.builds(Price, coins),
)


@st.composite
def charges(draw: st.DrawFn) -> tuple[Cdr, ...]:
    """Ours for partners and drivers, and partners' for our drivers; some credited."""
    some: list[Cdr] = []
    for number in range(draw(st.integers(1, 6))):
        by_partner = draw(st.booleans())
        one = cdr(
            *(() if by_partner else draw(st.lists(lines, max_size=4))),
            id=f"C{number}",
            owner=TNM if by_partner else None,
            token_owner=draw(st.sampled_from([TNM, TANKA])),
            currency=draw(st.sampled_from(["SEK", "EUR"])),
            ended_at=NOON + timedelta(hours=draw(st.integers(-24, 24 * 12))),
            costs=draw(told) if by_partner else None,
        )
        some.append(one)
        if draw(st.booleans()):
            total = Price(-one.costs.total.before_taxes)
            credited = replace(one.costs, total=total)
            some.append(replace(one, id=f"C{number}-C", credit=True, credit_reference_id=one.id, costs=credited))
    return tuple(some)


steps = st.lists(
    st.builds(
        Heard,
        cdrs=st.lists(st.integers(0, 11), max_size=5).map(tuple),
        passes=st.integers(0, 24 * 20).map(lambda hours: timedelta(hours=hours)),
    ),
    max_size=5,
)


def of(holder: PartyId, some: Sequence[Cdr]) -> tuple[Cdr, ...]:
    """The same CDRs as this holder's: ours become its own, and partners' are for its drivers."""
    return tuple(
        replace(each, holder=holder, token=replace(each.token, owner=holder))
        if each.owner == TNM
        else replace(each, holder=holder, owner=holder)
        for each in some
    )


async def hear(database: Database, each: Cdr) -> None:
    await billing.bill(database, CdrClosed(holder=each.holder, owner=str(each.owner), cdr_id=each.id))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some=charges(), story=steps, every=st.sampled_from(InvoiceEvery))
async def test_nothing_is_billed_twice_and_ledger_lines_and_cdrs_agree(
    database: Database, clock: SetClock, some: tuple[Cdr, ...], story: list[Heard], every: InvoiceEvery
) -> None:
    holder = another_holder()
    some = of(holder, some)
    clock.set(NOON)
    await keep(database, some, ours=[party(holder, every)])

    everything = Heard(cdrs=tuple(range(len(some))), passes=timedelta())
    for step in (*story, everything):
        await asyncio.gather(*(hear(database, some[place % len(some)]) for place in step.cdrs))
        clock.advance(step.passes)
        await billing.issue_due(database)

    async with database.unit() as unit:
        invoices = [await billing.invoice(unit, each.ref) for each in await billing.invoices(unit, holder, limit=100)]
        balances = await ledger.trial_balance(unit, holder)
        entries = await ledger.entries(unit, holder, limit=1000)

    # Every CDR that costs something is on exactly one invoice, for exactly its total.
    billed = {(charge.cdr_owner, charge.cdr_id): charge.amount for each in invoices for charge in each.charges}
    assert billed == {(each.owner, each.id): total_of(each) for each in some if total_of(each)}
    assert sum(len(each.charges) for each in invoices) == len(billed)

    # The postings sum to zero in each currency, and no fact is posted twice.
    for currency in ("SEK", "EUR"):
        assert sum(each.amount for each in balances if each.currency == currency) == 0
    assert len({each.entry.key for each in entries}) == len(entries)

    # What is owed by the ledger is what the invoices say: lines, and VAT where it is issued.
    owed: Counter[tuple[str, str]] = Counter()
    for each in invoices:
        owed[each.debtor.id, each.currency] += asked_for(each)  # type: ignore[assignment]  # counts Decimals
    receivable = {
        (each.account.of, each.currency): each.amount for each in balances if each.account.head is Head.RECEIVABLE
    }
    assert {key: amount for key, amount in receivable.items() if amount} == {
        key: amount for key, amount in owed.items() if amount
    }

    # What we owe CPOs is what their CDRs ask for.
    payable = -sum((each.amount for each in balances if each.account.head is Head.PAYABLE), Decimal(0))
    assert payable == sum((total_of(each) for each in some if each.owner != holder), Decimal(0))

    # Each debtor is who owes by the CDR, and numbers have no gap.
    debtors = {(charge.cdr_owner, charge.cdr_id): each.debtor.id for each in invoices for charge in each.charges}
    assert debtors == {(each.owner, each.id): owing(each)[1] for each in some if total_of(each)}
    years = Counter((each.number or "").split("-")[1] for each in invoices if each.number)
    for year, many in years.items():
        numbers = sorted(each.number or "" for each in invoices if each.number and f"-{year}-" in each.number)
        assert numbers == [f"{holder.party}-{year}-{number:05}" for number in range(1, many + 1)]


def asked_for(invoice: Invoice) -> Decimal:
    return invoice.total_excl if invoice.number is None else invoice.total_incl
