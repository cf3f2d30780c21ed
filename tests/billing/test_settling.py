"""What is paid settles invoices, and the ledger and the open items always say the same."""

from decimal import Decimal
from itertools import permutations

import asyncpg
import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions import crediting, settling
from laddnav.billing.events import InvoiceSettled
from laddnav.billing.model import Invoice, PaidFrom
from laddnav.billing.open_items import DebtorStanding, MatchedBy, TooMuchSettled
from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Database
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.parties.model import InvoiceEvery
from laddnav.payments import postings
from laddnav.payments.actions import paying
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Payment, Purpose
from tests.billing.charges import LADDNAV, cdr, energy, item, keep, party
from tests.billing.test_billing import announced, bill, issue
from tests.billing.test_items import ANNA, add, introduced
from tests.clock import SetClock
from tests.payments.conftest import an_account


async def invoiced(database: Database, *amounts: str) -> tuple[Invoice, ...]:
    """An invoice of its own for each net amount, one after another."""
    await keep(database, [], ours=[party()])
    await introduced(database)
    found = []
    for number, amount in enumerate(amounts):
        found.append(await issue(database, await add(database, item(amount, key=f"I{number}"))))
    return tuple(found)


async def pays(
    database: Database, amount: str, *cites: str, key: str = "paid", undoes: str | None = None
) -> dict[str, Decimal]:
    """Into the bank, and what of it went to which invoice."""
    money = Decimal(amount)
    async with database.unit() as unit:
        postings = (
            Posting(Account(Head.BANK, "giro"), money, "SEK"),
            Posting(Account(Head.RECEIVABLE, ANNA), -money, "SEK"),
        )
        await ledger.post(unit, LADDNAV, Entry(key=key, what="Paid", cites="bank", postings=postings))
        settled = await settling.settle(
            unit, LADDNAV, ANNA, money, "SEK", source=key, cites=cites or None, undoes=undoes
        )
    return {one.invoice_ref: one.amount for one in settled}


def money(*amounts: Decimal | int) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


async def stands(database: Database) -> DebtorStanding:
    async with database.unit() as unit:
        (found,) = await settling.standings(unit, LADDNAV, ANNA)
    return found


def cdr_of(code: str, id: str, amount: str, credits: str | None = None) -> Cdr:
    """Of somebody without an account."""
    one = cdr(energy("10", str(Decimal(amount) / 10)), id=id, token_owner=LADDNAV, credits=credits)
    return replace(one, token=replace(one.token, uid=code, contract_id=code))


async def paid_on_the_spot(database: Database, walk_up: str) -> Payment:
    """What will be paid of it is not known yet."""
    account = await an_account(database)
    async with database.unit() as unit:
        return await paying.begin(
            unit,
            account.ref,
            purpose=Purpose.SESSION,
            about="SE*LAD*E0001",
            credits=f"receivable:{walk_up}",
            currency="SEK",
            amount=Decimal(125),
            charge=False,
            by="driver",
        )


async def moved(database: Database, before: Payment, deed: str) -> Payment:
    """125 are taken, or 25 of them given back, and told."""
    changes = {"captured": Decimal(125)} if deed == "paid" else {"refunded": Decimal(25)}
    after = replace(before, **changes, version=before.version + 1)
    async with database.unit() as unit:
        for entry in postings.entries(before, after):
            await ledger.post(unit, LADDNAV, entry)
    for _ in range(2):
        await billing.settle_payment(database, PaymentChanged(holder=LADDNAV, ref=after.ref))
    return after


async def test_what_is_paid_settles_the_invoice_that_it_cites(database: Database) -> None:
    first, second = await invoiced(database, "80", "100")
    assert await pays(database, "125", second.number or "") == {second.ref: Decimal(125)}
    found = await stands(database)
    assert [one.ref for one in found.items] == [first.ref]
    assert money(found.balance, found.due_later, found.on_account) == money(100, 100, 0)
    assert await announced(database, InvoiceSettled) == 1
    assert await pays(database, "125", second.number or "") == {second.ref: Decimal(125)}  # the same again
    assert (await stands(database)).balance == 100


async def test_a_part_settles_a_part_and_too_much_stays_on_account(database: Database) -> None:
    (one,) = await invoiced(database, "80")
    await pays(database, "60", one.number or "")
    found = await stands(database)
    assert money(found.items[0].open, found.balance, found.on_account) == money(40, 40, 0)
    await pays(database, "55", one.number or "", key="again")
    found = await stands(database)
    assert found.items == ()
    assert money(found.balance, found.on_account) == money(-15, -15)


async def test_one_payment_settles_several_and_without_a_word_what_is_due_longest(
    database: Database, clock: SetClock
) -> None:
    first, second, third = await invoiced(database, "80", "100", "40")
    assert await pays(database, "150", third.number or "", first.number or "") == {
        third.ref: Decimal(50),
        first.ref: Decimal(100),
    }
    assert await pays(database, "25", key="no word") == {second.ref: Decimal(25)}
    assert (await stands(database)).balance == 100


async def test_what_is_on_account_settles_a_later_invoice_when_somebody_says_so(database: Database) -> None:
    await invoiced(database, "80")
    await pays(database, "130")
    ref = await add(database, item("40", key="later"))
    later = await issue(database, ref)
    async with database.unit() as unit:
        assert await settling.apply(unit, LADDNAV, ANNA, "SEK", later.number, "Maja") == 30
        (kept,) = await settling.settled_by(unit, LADDNAV, ref)
    assert (kept.why, kept.by, kept.amount) == (MatchedBy.PERSON, "Maja", Decimal(30))
    found = await stands(database)
    assert money(found.items[0].open, found.balance, found.on_account) == money(20, 20, 0)


async def test_a_payment_that_is_undone_opens_its_invoice_again(database: Database) -> None:
    (one,) = await invoiced(database, "80")
    await pays(database, "100", one.number or "")
    assert await pays(database, "-100", one.number or "", key="bounced") == {one.ref: Decimal(-100)}
    found = await stands(database)
    assert money(found.items[0].open, found.balance, found.on_account) == money(100, 100, 0)


async def test_what_was_paid_too_much_goes_back_and_opens_nothing(database: Database) -> None:
    (one,) = await invoiced(database, "80")
    await pays(database, "130", one.number or "")
    assert await pays(database, "-30", one.number or "", key="paid back") == {}
    found = await stands(database)
    assert found.items == () and money(found.balance, found.on_account) == money(0, 0)
    later = await issue(database, await add(database, item("40", key="later")))
    async with database.unit() as unit:  # the 30 are not there any more
        assert await settling.apply(unit, LADDNAV, ANNA, "SEK", later.number, "Maja") == 0
    assert await pays(database, "-30", one.number or "", key="once more") == {one.ref: Decimal(-30)}


async def test_what_is_paid_twice_goes_back_once_by_whichever_of_the_two(database: Database) -> None:
    (one,) = await invoiced(database, "80")
    await pays(database, "100", one.number or "")
    await pays(database, "100", one.number or "", key="again")
    assert await pays(database, "-100", one.number or "", key="bounced", undoes="paid") == {}
    found = await stands(database)
    assert found.items == () and money(found.balance, found.on_account) == money(0, 0)


async def test_what_is_given_back_for_a_credit_note_settles_it_and_opens_nothing(database: Database) -> None:
    (one,) = await invoiced(database, "80")
    await pays(database, "100", one.number or "")
    async with database.unit() as unit:
        note = await crediting.credit(unit, LADDNAV, one.ref, "Wrong", by="Maja")
    assert await pays(database, "-100", one.number or "", key="refunded") == {note.ref: Decimal(-100)}
    assert (await stands(database)).items == ()


async def test_a_charge_that_was_paid_on_the_spot_leaves_nothing_open_whatever_is_heard_first(
    database: Database,
) -> None:
    await keep(database, [], ours=[party(every=InvoiceEvery.SESSION)])
    for number, order in enumerate(permutations(("paid", "billed", "corrected", "given back"))):
        if order.index("given back") < order.index("paid"):
            continue
        code = f"AH{number}"
        walk_up = f"driver:{code}"
        wrong, back, right = (
            cdr_of(code, id, amount, credits=credits)
            for id, amount, credits in (
                (f"W{number}", "100", None),
                (f"B{number}", "100", f"W{number}"),
                (f"R{number}", "80", None),
            )
        )
        await keep(database, [wrong, back, right])
        payment = await paid_on_the_spot(database, walk_up)
        for deed in order:
            if deed == "billed":
                await bill(database, wrong)
            elif deed == "corrected":
                await bill(database, back)
                await bill(database, right)
            else:
                payment = await moved(database, payment, deed)
        async with database.unit() as unit:
            (found,) = await settling.standings(unit, LADDNAV, walk_up)
            out = [
                await billing.invoice(unit, one.ref) for one in await billing.invoices(unit, LADDNAV, debtor_id=walk_up)
            ]
        assert {one.paid_from for one in out if one.to_pay > 0} == {PaidFrom.SPOT}, order
        assert money(found.balance, found.on_account) == money(0, 0), order
        assert found.items == (), order


async def test_nothing_settles_more_than_it_moved_not_even_by_a_statement_of_sql(database: Database) -> None:
    one, other = await invoiced(database, "80", "80")
    await pays(database, "50", one.number or "")
    async with database.unit() as unit:
        with pytest.raises(TooMuchSettled):
            await settling.settle(unit, LADDNAV, ANNA, Decimal(1), "SEK", source=f"vat {one.ref}", cites=one.number)
        entry = await ledger.by_key(unit, LADDNAV, "paid")
    insert = """
    insert into settled (holder, id, source, entry_id, debtor_id, currency, invoice_ref, amount, why, by, at)
    values ($1, 'x', 'paid', $2, $3, 'SEK', $4, $5, 'CITED', '', $6)"""
    for amount, ref, broken in (
        (Decimal(1), other.ref, "settled_by_what_moved"),
        (Decimal(51), one.ref, "settled_within_what_is_to_pay"),
    ):
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            async with database.unit() as unit:
                await unit.execute(insert, str(LADDNAV), entry.id, ANNA, ref, amount, unit.now)
        assert refused.value.constraint_name == broken
    assert (await stands(database)).balance == 150


async def test_what_is_not_invoiced_yet_is_told_apart(database: Database) -> None:
    await invoiced(database, "80")
    await add(database, item("7", key="open"))
    found = await stands(database)
    assert money(found.balance, found.not_invoiced, found.due_later, found.on_account) == money(107, 7, 100, 0)


async def test_what_is_paid_through_a_provider_settles_the_invoice_it_is_for(database: Database) -> None:
    (one,) = await invoiced(database, "80")
    account = await an_account(database)
    async with database.unit() as unit:
        payment = await paying.begin(
            unit,
            account.ref,
            purpose=Purpose.INVOICE,
            about=one.number or "",
            credits=f"receivable:{ANNA}",
            currency="SEK",
            amount=Decimal(100),
            charge=True,
            by="anna",
        )
        captured = replace(payment, captured=Decimal(100), version=1)
        refunded = replace(captured, refunded=Decimal(30), version=2)
        for before, after in ((payment, captured), (captured, refunded)):
            for entry in postings.entries(before, after):
                await ledger.post(unit, LADDNAV, entry)
    for _ in range(2):
        await billing.settle_payment(database, PaymentChanged(holder=LADDNAV, ref=payment.ref))
        found = await stands(database)
        assert money(found.items[0].open, found.balance, found.on_account) == money(30, 30, 0)
