"""Whatever is charged, credited, paid and given back, in whatever order: the ledger and what is open say the same, and
of a charge nothing is given back but what was billed for it.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laddnav.billing import actions as billing
from laddnav.billing.actions import crediting, plans, settling
from laddnav.billing.credits import NothingToCredit, came_with, lines_of
from laddnav.billing.model import Invoice
from laddnav.billing.open_items import MAKE_DEBTS
from laddnav.cdrs.model import Cdr
from laddnav.customers import actions as customers
from laddnav.customers.actions import subscribing
from laddnav.customers.plan import Discount, Version, Where
from laddnav.customers.rules import CustomerSaid
from laddnav.db.unit import Database
from laddnav.kit.energy import kwh
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.parties.model import InvoiceEvery
from tests.billing.charges import NOON, cdr, energy, keep, party
from tests.clock import SetClock
from tests.customers.test_subscribed import plan
from tests.laws.test_billing import another_holder, hear

ZERO = Decimal(0)
CHARGES = 3  # that were wrong, each with its Credit CDR and what comes instead
INCLUDED = Version(
    since=date(2026, 1, 1),
    fee=ZERO,
    included=kwh(25),
    discounts=(Discount(percent=Decimal(10), where=Where.OURS),),
)

some = st.integers(0, 9)
coins = st.decimals("1", "300", places=2)
deeds = st.one_of(
    st.tuples(st.sampled_from(["charge", "charge", "credit cdr", "right", "credit", "reverse"]), some),
    st.tuples(st.sampled_from(["issue", "issue", "apply"])),
    st.tuples(st.just("credit a line"), some, some),
    st.tuples(st.sampled_from(["pay", "pay back"]), coins, st.none() | some),
)


class Story:
    """A party, its customer with a plan, and what happens to them."""

    def __init__(self, database: Database) -> None:
        self.database, self.holder = database, another_holder()
        self.moves: list[Decimal] = []  # by which the customer paid, or was paid
        self.undone: set[int] = set()
        self.by_hand = False

    async def begin(self, every: InvoiceEvery) -> None:
        self.wrong = [self._cdr(f"W{n}") for n in range(CHARGES)]
        self.back = [self._cdr(f"B{n}", credits=f"W{n}") for n in range(CHARGES)]
        self.right = [self._cdr(f"R{n}", volume="12") for n in range(CHARGES)]
        await keep(self.database, [*self.wrong, *self.back, *self.right], ours=[party(self.holder, every)])
        async with self.database.unit() as unit:
            anna = await customers.add(unit, self.holder, CustomerSaid(name="Anna"), by="test")
            await customers.keep_contract(unit, anna.ref, "SE-C1", by="test")
            offered = await subscribing.offer(unit, plan(holder=self.holder, versions=(INCLUDED,)), by="test")
            await subscribing.subscribe(unit, anna.ref, offered.ref, by="test")
            await plans.known(unit, anna)
        self.debtor = anna.debtor_id

    def _cdr(self, id: str, *, volume: str = "20", credits: str | None = None) -> Cdr:
        lines = energy(volume, "4"), energy("3", "1.37", vat="12", element=1)
        return cdr(*lines, id=id, holder=self.holder, token_owner=self.holder, energy_kwh=volume, credits=credits)

    async def goes_on(self, *deed: object) -> None:
        match deed:
            case "charge" | "credit cdr" | "right" as what, int(which):
                of = {"charge": self.wrong, "credit cdr": self.back, "right": self.right}[what]
                await hear(self.database, of[which % CHARGES])
            case ("issue",):
                await self.issue()
            case ("credit", int(which)):
                await self.credit(which)
            case ("credit a line", int(which), int(line)):
                await self.credit(which, line)
            case ("pay", Decimal() as amount, cites):
                await self.moved(amount, cites)
            case ("pay back", Decimal() as amount, cites):
                await self.moved(-amount, cites)
            case ("reverse", int(which)) if self.moves and which % len(self.moves) not in self.undone:
                which %= len(self.moves)
                self.undone |= {which, len(self.moves)}
                await self.moved(-self.moves[which], None, undoes=f"moved {which}")
            case ("apply",):
                async with self.database.unit() as unit:
                    await settling.apply(unit, self.holder, self.debtor, "SEK", None, "Maja")

    async def issue(self) -> None:
        for one in await self.invoices():
            async with self.database.unit() as unit:
                await billing.issue(unit, self.holder, one.ref)

    async def credit(self, which: int, line: int | None = None) -> None:
        issued = [one for one in await self.invoices() if one.number is not None]
        if not issued:
            return
        one = issued[which % len(issued)]
        many = len([*lines_of(one)])
        with suppress(NothingToCredit):
            async with self.database.unit() as unit:
                lines = None if line is None else [line % many + 1]
                await crediting.credit(unit, self.holder, one.ref, "Wrong", by="Maja", lines=lines)
                self.by_hand = True

    async def moved(self, amount: Decimal, cites: object, undoes: str | None = None) -> None:
        key = f"moved {len(self.moves)}"
        numbers = [one.number for one in await self.invoices() if one.number is not None]
        cited = numbers[cites % len(numbers)] if isinstance(cites, int) and numbers else None
        self.moves.append(amount)
        postings = (
            Posting(Account(Head.BANK, "giro"), amount, "SEK"),
            Posting(Account(Head.RECEIVABLE, self.debtor), -amount, "SEK"),
        )
        async with self.database.unit() as unit:
            await ledger.post(unit, self.holder, Entry(key=key, what="Moved", cites="bank", postings=postings))
            for _ in range(2):  # again is nothing
                await settling.settle(
                    unit, self.holder, self.debtor, amount, "SEK", source=key, cites=cited, undoes=undoes
                )

    async def invoices(self) -> Sequence[Invoice]:
        async with self.database.unit() as unit:
            headings = await billing.invoices(unit, self.holder, limit=100)
            return [await billing.invoice(unit, one.ref) for one in headings]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(every=st.sampled_from([InvoiceEvery.SESSION, InvoiceEvery.MONTH]), story=st.lists(deeds, max_size=8))
async def test_ledger_and_open_items_agree_and_of_a_charge_nothing_goes_back_twice(
    database: Database, clock: SetClock, every: InvoiceEvery, story: list[tuple[object, ...]]
) -> None:
    clock.set(NOON)
    one = Story(database)
    await one.begin(every)
    for deed in story:
        await one.goes_on(*deed)
    await assert_agrees(one)
    # Whatever was done by hand, in the end each charge that was wrong is nothing and the right one what its CDR says.
    for number in range(CHARGES):
        await one.goes_on("charge", number)
        await one.goes_on("credit cdr", number)
    await one.issue()
    await assert_agrees(one)
    billed = await net_of_cdrs(one)
    for wrong, back in zip(one.wrong, one.back, strict=True):
        assert sum(billed[f"{each.owner}/{each.id}"] for each in (wrong, back)) == 0
    for right in one.right:
        most = right.costs.total.before_taxes
        key = f"{right.owner}/{right.id}"
        assert min(ZERO, -most) <= billed[key] <= most if one.by_hand else 0 <= billed[key] <= most


async def net_of_cdrs(one: Story) -> dict[str, Decimal]:
    """What each CDR comes to on all invoices, before VAT."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in await one.invoices():
        for _, charge, line in lines_of(invoice):
            found[came_with(charge, line) or "nothing"] += line.amount
    return found


async def assert_agrees(one: Story) -> None:
    account = Account(Head.RECEIVABLE, one.debtor)
    invoices = await one.invoices()
    async with one.database.unit() as unit:
        standings = await settling.standings(unit, one.holder, one.debtor)
        entries = await ledger.entries(unit, one.holder, account=account, limit=1000)
        settled = [each for invoice in invoices for each in await settling.settled_by(unit, one.holder, invoice.ref)]
        assert sum(each.amount for each in await ledger.trial_balance(unit, one.holder)) == 0
    on_account = ZERO
    for each in entries:
        moved = sum((posting.amount for posting in each.entry.postings if posting.account == account), ZERO)
        used = sum((part.amount for part in settled if part.source == each.entry.key), ZERO)
        if each.entry.key.startswith(MAKE_DEBTS):
            assert not used
        else:
            assert min(-moved, ZERO) <= used <= max(-moved, ZERO)
            on_account += moved + used
    for stands in standings:
        assert stands.on_account == on_account
        asked = {invoice.ref: invoice.to_pay for invoice in invoices if invoice.number is not None}
        paid: dict[str, Decimal] = defaultdict(Decimal)
        for part in settled:
            paid[part.invoice_ref] += part.amount
        assert {item.ref: item.open for item in stands.items} == {
            ref: to_pay - paid[ref] for ref, to_pay in asked.items() if to_pay != paid[ref]
        }
