"""Wallets that are filled when invoices are open already, and money that is on its way out of one."""

from __future__ import annotations

from decimal import Decimal
from random import Random  # noqa: TID251 - the bank in memory wants dice, and throws none

from hypothesis import given
from hypothesis import strategies as st

from laddnav.billing import actions as billing
from laddnav.billing.actions import items, settling, wallets
from laddnav.billing.events import InvoiceIssued
from laddnav.billing.model import ItemKind
from laddnav.customers import wallet
from laddnav.customers.actions import allowing, giving
from laddnav.customers.events import CustomerChanged
from laddnav.customers.model import Customer, PaysBy
from laddnav.customers.wallet import Refill, Wallet
from laddnav.db.unit import Database
from laddnav.payments.actions import accounts, paying
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Account, Payment, ProviderKind, Secrets
from laddnav.tokens.model import Barred
from tests.billing.charges import LADDNAV, cdr, energy, item, keep, party
from tests.billing.test_billing import balances, bill, headings
from tests.customers.test_vouchers import BATCH
from tests.customers.test_wallets import anna, barred, fill, in_wallet
from tests.payments.bank import Bank
from tests.payments.conftest import SEAL, nowhere
from tests.payments.till import URL


async def invoiced(database: Database, number: int, kwh: str) -> str:
    """A charge at 4 SEK a kWh and 25 % VAT, so that a kWh costs 5; the number of its invoice."""
    one = cdr(energy(kwh, "4"), id=f"C{number}", token_owner=LADDNAV)
    await keep(database, [one])
    await bill(database, one)
    ref = next(each.ref for each in await headings(database) if each.number is None)
    async with database.unit() as unit:
        invoice = await billing.issue(unit, LADDNAV, ref)
    await wallets.pay(database, InvoiceIssued(holder=LADDNAV, ref=ref))
    return invoice.number or ""


async def open_of(database: Database, *numbers: str) -> list[Decimal]:
    async with database.unit() as unit:
        found = [await settling.item_named(unit, LADDNAV, number) for number in numbers]
    return [one.open for one in found]


async def heard(database: Database, owner: Customer) -> None:
    for _ in range(2):
        await wallets.pay_later(database, CustomerChanged(holder=LADDNAV, customer=owner.ref))


async def test_what_a_wallet_could_not_pay_is_paid_from_it_when_it_is_filled_the_oldest_first_and_once(
    database: Database,
) -> None:
    await keep(database, [], ours=[party()])
    owner = await anna(database)
    await fill(database, owner, "60")
    first, second = await invoiced(database, 1, "20"), await invoiced(database, 2, "10")
    assert await open_of(database, first, second) == [Decimal(40), Decimal(50)]
    for number, (amount, left, inside) in enumerate((("30", (10, 50), 0), ("45", (0, 15), 0), ("20", (0, 0), 5))):
        await fill(database, owner, amount, f"filled {number}")
        await heard(database, owner)
        assert await open_of(database, first, second) == [Decimal(each) for each in left]
        found = await in_wallet(database, owner)
        assert (found.in_it, found.owed) == (Decimal(inside), Decimal(sum(left)))
    assert await barred(database) is None


async def test_a_voucher_pays_what_is_open_before_the_wallet_does(database: Database) -> None:
    await keep(database, [], ours=[party()])
    owner = await anna(database)
    number = await invoiced(database, 1, "20")
    async with database.unit() as unit:
        made = await giving.make(unit, BATCH, by="test")
        await giving.redeem(unit, owner.ref, made.codes[0], by="test")
    await fill(database, owner, "50")
    await heard(database, owner)
    assert await open_of(database, number) == [Decimal(0)]
    held = await balances(database)
    assert (held[f"promotion:{made.batch.ref}"], -held[f"wallet:{owner.ref}"]) == (Decimal(60), Decimal(10))


async def test_whoever_pays_by_invoice_has_nothing_taken_out_of_a_wallet(database: Database) -> None:
    await keep(database, [], ours=[party()])
    owner = await anna(database, PaysBy.INVOICE)
    number = await invoiced(database, 1, "20")
    await fill(database, owner, "100")
    await heard(database, owner)
    assert await open_of(database, number) == [Decimal(100)]


async def test_a_debt_that_bears_vat_is_not_taxed_again_where_what_is_free_is_reckoned(database: Database) -> None:
    one = cdr(energy("2", "4"), id="C2", token_owner=LADDNAV)
    await keep(database, [one], ours=[party()])
    owner = await anna(database, PaysBy.INVOICE)
    await invoiced(database, 1, "20")  # 100 SEK with VAT
    await bill(database, one)  # and 8 SEK without
    assert (await in_wallet(database, owner)).owed == Decimal(110)
    async with database.unit() as unit:  # what was charged at home is paid back, and on that is no VAT
        await items.add(unit, LADDNAV, owner.debtor_id, item("-6", ItemKind.REIMBURSEMENT))
        (standing,) = await settling.standings(unit, LADDNAV, owner.debtor_id)
    assert (await in_wallet(database, owner)).owed == Decimal(104)
    assert standing.not_invoiced == Decimal(2), "of the debt it is"


# ---- On its way out


async def filled(database: Database, owner: Customer, amount: str) -> Payment:
    """By a card, at an account where one may refund 30 alone."""
    bank = Bank(Random(4), faults=False)
    collector = Collector(database, nowhere, SEAL, URL, {ProviderKind.STRIPE: bank.open})
    async with database.unit() as unit:
        account = Account(
            holder=LADDNAV,
            ref=unit.new_id(),
            provider=ProviderKind.STRIPE,
            name="Cards",
            url="https://api.stripe.com",
            alone_up_to=Decimal(30),
            changed_at=unit.now,
            changed_by="anna",
        )
        await accounts.open_account(unit, account, Secrets(key="sk_test"), seal=SEAL)
        payment = await wallets.top_up(
            unit, owner.ref, Decimal(amount), account=account.ref, return_url=None, stored=False, by="anna"
        )
    await collector.go_on(payment.ref)
    bank.confirm(bank.kept[payment.ref])
    for _ in range(2):
        await collector.go_on(payment.ref)
    async with database.unit() as unit:
        return await paying.by_ref(unit, payment.ref)


async def test_what_waits_for_a_second_person_is_charged_away_by_nobody_nor_paid_out_again(database: Database) -> None:
    await keep(database, [], ours=[party()])
    owner = await anna(database)
    payment = await filled(database, owner, "100")
    await wallets.filled(database, PaymentChanged(holder=LADDNAV, ref=payment.ref))
    assert await barred(database) is None
    async with database.unit() as unit:
        await allowing.refill(unit, owner.ref, Refill(below=Decimal(50), amount=Decimal(50), account="a"), by="test")
        assert await wallets.pay_out(unit, owner.ref, Decimal(70), reason="leaves", by="anna") == Decimal(70)
    found = await in_wallet(database, owner)
    assert (found.in_it, found.going_back, found.free, found.refill) == (Decimal(100), Decimal(70), Decimal(30), None)
    async with database.unit() as unit:
        assert await wallets.pay_out(unit, owner.ref, None, reason="leaves", by="anna") == Decimal(30)
    assert (await in_wallet(database, owner)).free == 0
    assert await barred(database) is Barred.WALLET
    number = await invoiced(database, 1, "4")
    assert await open_of(database, number) == [Decimal(20)]

    async with database.unit() as unit:
        (first,) = await paying.refunds_waiting(unit, LADDNAV)
        await paying.decide(unit, first.ref, grant=False, by="bo")
        told = await unit.value("select count(*) from event where kind = 'PaymentChanged' and about = $1", payment.ref)
    await wallets.filled(database, PaymentChanged(holder=LADDNAV, ref=payment.ref))
    assert (await open_of(database, number), await barred(database)) == ([Decimal(0)], None)
    assert (await in_wallet(database, owner)).free == Decimal(50)
    assert told, "whoever hears of payments hears of a refund that was declined"


coins = st.decimals(0, 500, places=2)


@given(in_it=coins, going_back=coins, opens=st.lists(st.decimals(-100, 300, places=2), max_size=6))
def test_a_wallet_pays_what_is_due_longest_and_never_more_than_stays_in_it(
    in_it: Decimal, going_back: Decimal, opens: list[Decimal]
) -> None:
    one = Wallet(
        holder=LADDNAV,
        customer="anna",
        currency="SEK",
        in_it=in_it,
        owed=Decimal(0),
        held=Decimal(0),
        going_back=going_back,
    )
    shares = wallet.shared_out(one, opens)
    notes = -sum((each for each in opens if each < 0), Decimal(0))
    assert all(share == each for each, share in zip(opens, shares, strict=True) if each < 0)
    paid = [(each, share) for each, share in zip(opens, shares, strict=True) if each > 0]
    assert sum((share for _, share in paid), Decimal(0)) == min(
        sum((each for each, _ in paid), Decimal(0)), max(in_it - going_back + notes, Decimal(0))
    )
    short = [at for at, (each, share) in enumerate(paid) if share < each]
    assert not short or not any(share for _, share in paid[short[0] + 1 :])
