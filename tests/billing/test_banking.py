"""What the bank says is booked once, settles what it cites, and asks about the rest; on the real database."""

from decimal import Decimal

import pytest

from laddnav.billing.actions import banking
from laddnav.billing.bank import AlreadyDecided, BankEntry, BankFile, BankState, BankWhy, UnfitFee
from laddnav.billing.camt import NotAStatement
from laddnav.billing.references import reference
from laddnav.db.unit import Database
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.ledger.rules import NotAnAccount
from tests.billing.charges import LADDNAV
from tests.billing.statements import IBAN, moved, statement
from tests.billing.test_billing import balances
from tests.billing.test_items import ANNA
from tests.billing.test_settling import invoiced, money, stands


async def read(database: Database, *entries: str) -> BankFile:
    async with database.unit() as unit:
        (file,) = await banking.read(unit, LADDNAV, "nov.xml", statement(*entries), by="Maja")
    return file


async def to_decide(database: Database) -> tuple[BankEntry, ...]:
    async with database.unit() as unit:
        return await banking.entries(unit, LADDNAV, to_decide=True)


async def test_a_movement_that_cites_an_invoice_settles_it_once_in_however_many_files(database: Database) -> None:
    one, other = await invoiced(database, "80", "40")
    entries = [
        moved("100", cites=reference(one.number or "", "SE")),
        moved("60", ref="B2", text=f"Faktura {other.number}, tack", payer="Bo"),
    ]
    first = await read(database, entries[0])
    again = await read(database, *entries)
    assert [(file.movements, file.new, file.matched) for file in (first, again)] == [(1, 1, 1), (2, 1, 1)]
    assert (await read(database, *entries)).new == 0
    found = await stands(database)
    assert found.items == ()
    assert money(found.balance, found.on_account) == money(-10, -10)
    assert (await balances(database))[f"bank:{IBAN}"] == 160
    assert await to_decide(database) == ()


async def test_what_fits_by_amount_alone_waits_for_somebody_and_the_bank_is_right_meanwhile(
    database: Database,
) -> None:
    (one,) = await invoiced(database, "80")
    await read(database, moved("100", payer="Anna"), moved("7", ref="B2"))
    unknown, proposed = await to_decide(database)
    assert (proposed.state, proposed.why) == (BankState.PROPOSED, BankWhy.AMOUNT_AND_NAME)
    assert (proposed.debtor_id, proposed.numbers) == (ANNA, (one.number,))
    assert (unknown.state, unknown.why) == (BankState.UNMATCHED, BankWhy.NOTHING)
    held = await balances(database)
    assert (held[f"bank:{IBAN}"], held["clearing:bank"]) == (Decimal(107), Decimal(-107))
    async with database.unit() as unit:
        await banking.decide(unit, proposed.ref, by="Maja", debtor_id=ANNA, numbers=proposed.numbers)
        await banking.decide(unit, unknown.ref, by="Maja", account="revenue:other")
    for ref in (proposed.ref, unknown.ref):
        async with database.unit() as unit:
            with pytest.raises(AlreadyDecided):
                await banking.decide(unit, ref, by="Maja", account="revenue:other")
    held = await balances(database)
    assert (held[f"bank:{IBAN}"], held["revenue:other"]) == (Decimal(107), Decimal(-7))
    assert "clearing:bank" not in held
    assert (await stands(database)).items == ()
    assert await to_decide(database) == ()


async def test_what_a_provider_pays_out_clears_what_it_owes_with_the_fee_that_it_kept(database: Database) -> None:
    await invoiced(database, "80")
    swish, vipps = Account(Head.CLEARING, "swish:S1"), Account(Head.CLEARING, "vipps:V1")
    async with database.unit() as unit:
        for account, amount in ((swish, "500"), (vipps, "1000")):
            debt = Posting(Account(Head.REVENUE, "charging"), -Decimal(amount), "SEK")
            entry = Entry(
                key=str(account), what="", cites="", postings=(Posting(account, Decimal(amount), "SEK"), debt)
            )
            await ledger.post(unit, LADDNAV, entry)
    await read(database, moved("985.50", payer="Vipps MobilePay AS"), moved("500", ref="B2"))
    second, first = await to_decide(database)
    async with database.unit() as unit:
        found = await banking.payouts(unit, [first, second])
    assert [(str(one.account), one.rest) for one in found[first.ref]] == [
        ("clearing:vipps:V1", Decimal("14.50")),
        ("clearing:swish:S1", Decimal("-485.50")),
    ]
    assert [str(one.account) for one in found[second.ref]] == ["clearing:swish:S1", "clearing:vipps:V1"]
    for fee, of in (("-1", "clearing:vipps:V1"), ("0.001", "clearing:vipps:V1"), ("1", "clearing:bank"), ("1", None)):
        async with database.unit() as unit:
            with pytest.raises(UnfitFee):
                debtor = ANNA if of is None else None
                await banking.decide(unit, first.ref, by="Maja", debtor_id=debtor, account=of, fee=Decimal(fee))
    async with database.unit() as unit:
        await banking.decide(unit, first.ref, by="Maja", account="clearing:vipps:V1", fee=Decimal("14.50"))
        await banking.decide(unit, second.ref, by="Maja", account="clearing:swish:S1", fee=Decimal(0))
    held = await balances(database)
    assert (held[f"bank:{IBAN}"], held["fees:vipps"]) == (Decimal("1485.50"), Decimal("14.50"))
    assert not any(account.startswith("clearing:") for account in held), "nothing stands for ever"


async def test_what_the_bank_takes_back_opens_the_invoice_again(database: Database) -> None:
    (one,) = await invoiced(database, "80")
    paid = moved("100", cites=reference(one.number or "", "SE"), end_to_end="E1")
    await read(database, paid)
    assert (await stands(database)).items == ()
    await read(database, paid, moved("100", ref="B2", end_to_end="E1", went=True, reversal=True))
    found = await stands(database)
    assert money(found.items[0].open, found.balance, found.on_account) == money(100, 100, 0)
    assert f"bank:{IBAN}" not in await balances(database)


async def test_what_the_bank_takes_back_a_second_time_is_for_somebody_to_decide(database: Database) -> None:
    one, other = await invoiced(database, "80", "80")
    for number, invoice in enumerate((one, other)):
        await read(
            database, moved("100", ref=f"A{number}", cites=reference(invoice.number or "", "SE"), end_to_end="E1")
        )
    for number in range(3):
        await read(database, moved("100", ref=f"B{number}", end_to_end="E1", went=True, reversal=True))
    (doubt,) = await to_decide(database)
    assert (doubt.state, doubt.why) == (BankState.UNMATCHED, BankWhy.UNDONE_BEFORE)
    found = await stands(database)
    assert money(found.balance, found.due_later, found.on_account) == money(200, 200, 0)
    assert (await balances(database))[f"bank:{IBAN}"] == -100


async def test_a_file_with_one_wrong_line_changes_nothing(database: Database) -> None:
    (one,) = await invoiced(database, "80")
    with pytest.raises(NotAStatement):
        await read(database, moved("100", cites=reference(one.number or "", "SE")), moved("x"))
    await read(database, moved("7"))
    (unknown,) = await to_decide(database)
    with pytest.raises(NotAnAccount):
        async with database.unit() as unit:
            await banking.decide(unit, unknown.ref, by="Maja", account="nothing such")
    assert await to_decide(database) == (unknown,)
    assert len((await stands(database)).items) == 1
