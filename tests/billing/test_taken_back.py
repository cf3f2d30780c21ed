"""Whoever takes an entry of the ledger back: either nothing else hangs on it, or it is undone where it came from, and
the ledger and what is open say the same; on the real database.
"""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import laddnav
from laddnav.billing.actions import banking, writing_off
from laddnav.billing.bank import BankEntry, BankState, BankWhy, NotDecided, WentBack, WhyNot
from laddnav.billing.open_items import DebtorStanding
from laddnav.billing.references import reference
from laddnav.db.unit import Database
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.ledger.origin import HOW, Origin, UndoneElsewhere, origin
from laddnav.payments.payment import ProviderKind
from tests.billing.charges import LADDNAV
from tests.billing.statements import IBAN, moved
from tests.billing.test_banking import read, to_decide
from tests.billing.test_billing import balances
from tests.billing.test_items import ANNA
from tests.billing.test_settling import invoiced, money, stands
from tests.clock import SetClock

KINDS = {
    "cdr SE*LAD/C1": Origin.CHARGE,
    "invoice I1": Origin.INVOICE,
    "payment P1": Origin.PAYMENT,
    **{f"{kind.lower()} txn_1": Origin.PROVIDER for kind in ProviderKind},
    "bank B1": Origin.BANK,
    "settlement S1": Origin.SETTLEMENT,
    "agreement A1": Origin.HOST,
    "vouchers V1": None,
    "": Origin.UNKNOWN,
    "somebody else's": Origin.UNKNOWN,
}


def entry(cites: str) -> Entry:
    postings = Posting(Account(Head.BANK, "giro"), Decimal(5), "SEK"), Posting(Account(Head.COST), Decimal(-5), "SEK")
    return Entry(key="1", what="", cites=cites, postings=postings)


@pytest.mark.parametrize("cites", KINDS)
def test_what_an_entry_rests_on_says_where_it_is_undone(cites: str) -> None:
    found = origin(entry(cites))
    assert found is KINDS[cites]
    if found is not None:
        assert HOW[found] in str(UndoneElsewhere("1", found))


def test_each_thing_that_a_room_lets_an_entry_rest_on_is_known() -> None:
    source = "".join(
        path.read_text() for path in Path(laddnav.__file__).parent.rglob("*.py") if "sim" not in path.parts
    )
    words = set(re.findall(r'cites=f"(\w+) ', source))
    assert len(words) > 6
    assert words <= {cites.partition(" ")[0] for cites in KINDS}


async def refused(database: Database) -> list[Origin]:
    """Every entry that stands is asked back by a person: each is undone elsewhere."""
    async with database.unit() as unit:
        entries = await ledger.entries(unit, LADDNAV, limit=200)
    found = []
    for one in entries:
        with pytest.raises(UndoneElsewhere) as error:
            async with database.unit() as unit:
                await ledger.take_back(unit, LADDNAV, one.id, "Wrong", "Maja")
        found.append(error.value.origin)
    return found


async def agrees(database: Database) -> DebtorStanding:
    """By the ledger a debtor owes what is open, less what came and settles nothing."""
    found = await stands(database)
    assert found.balance == sum((one.open for one in found.items), found.on_account)
    assert found.on_account <= 0
    return found


async def say(database: Database, ref: str, *numbers: str | None, account: str | None = None) -> BankEntry:
    async with database.unit() as unit:
        debtor, cited = None if account else ANNA, tuple(one for one in numbers if one)
        return await banking.decide(unit, ref, by="Maja", debtor_id=debtor, numbers=cited, account=account)


async def back(database: Database, ref: str, why: str = "Another Anna") -> BankEntry:
    async with database.unit() as unit:
        return await banking.take_back(unit, ref, why, by="Maja")


async def test_no_entry_that_something_hangs_on_is_taken_back_by_the_ledger_alone(
    database: Database, clock: SetClock
) -> None:
    one, other = await invoiced(database, "80", "40")
    await read(database, moved("100", cites=reference(one.number or "", "SE")), moved("20", ref="B2"))
    (unknown,) = await to_decide(database)
    await say(database, unknown.ref, other.number)
    clock.advance(timedelta(days=60))
    async with database.unit() as unit:
        await writing_off.write_off(unit, other.ref, "Bankrupt", vat_back=False, by="Maja")
    before = await agrees(database), await balances(database)
    found = await refused(database)
    assert set(found) == {Origin.INVOICE, Origin.BANK}
    assert (await agrees(database), await balances(database)) == before


async def test_what_was_said_of_a_movement_is_taken_back_and_said_anew_however_often(database: Database) -> None:
    one, other = await invoiced(database, "80", "40")
    await read(database, moved("100", ref="B1"))
    (unknown,) = await to_decide(database)
    for number in (one.number, other.number, one.number):
        said = await say(database, unknown.ref, number)
        assert said.state is BankState.DECIDED
        assert [item.number for item in (await agrees(database)).items] != [one.number, other.number]
        unsaid = await back(database, unknown.ref)
        assert (unsaid.state, unsaid.why, unsaid.debtor_id) == (BankState.UNMATCHED, BankWhy.SAID_WRONG, None)
        found = await agrees(database)
        assert money(found.balance, *(item.open for item in found.items)) == money(150, 100, 50)
        assert (await balances(database))["clearing:bank"] == -100
    await say(database, unknown.ref, account="revenue:other")
    await back(database, unknown.ref)
    assert "revenue:other" not in await balances(database)
    await say(database, unknown.ref, one.number)
    assert [item.number for item in (await agrees(database)).items] == [other.number]
    assert (await balances(database))[f"bank:{IBAN}"] == 100


async def test_what_was_read_wrongly_is_taken_back_but_not_below_what_the_bank_took_back(database: Database) -> None:
    one, other = await invoiced(database, "80", "40")
    cites = reference(one.number or "", "SE")
    await read(database, moved("100", ref="B1", cites=cites, end_to_end="E1"))
    await read(database, moved("100", ref="B2", end_to_end="E1", went=True, reversal=True))
    async with database.unit() as unit:
        went, came = await banking.entries(unit, LADDNAV)
    with pytest.raises(WentBack):
        await back(database, came.ref)
    assert (await back(database, went.ref)).undoes is None  # it paid something else: the invoice is settled again
    assert [item.number for item in (await agrees(database)).items] == [other.number]
    await back(database, came.ref)
    found = await agrees(database)
    assert money(found.balance, found.on_account) == money(150, 0)
    for ref, why, wrong in ((came.ref, "Again", NotDecided), (went.ref, "Again", NotDecided)):
        with pytest.raises(wrong):
            await back(database, ref, why)
    await say(database, came.ref, other.number)
    with pytest.raises(WhyNot):
        await back(database, came.ref, " ")
    assert money((await agrees(database)).on_account) == money(-50)
