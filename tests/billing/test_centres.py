"""Each cost centre of a company finds what it stands for on its invoice, and nothing of it is nobody's."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions import buyers
from laddnav.billing.centres import parts
from laddnav.billing.model import Charge, Debtor, DebtorKind, Invoice, Item, Period, Who
from laddnav.billing.rules import charge_of, seller_of
from laddnav.cdrs.model import Cdr
from laddnav.customers import actions as customers
from laddnav.customers.model import Contract, PaysBy
from laddnav.db.unit import Database
from laddnav.kit.energy import kwh
from tests.billing.charges import LADDNAV, NOON, cdr, energy, item, keep, party
from tests.billing.test_billing import bill
from tests.billing.test_pdf import read
from tests.customers.test_wallets import anna

COMPANY = Debtor(
    holder=LADDNAV,
    id="customer:c",
    ref="c",
    kind=DebtorKind.CUSTOMER,
    name="Bageriet AB",
    country="SE",
    created_at=NOON,
)


def contract(id: str, centre: str | None = None, driver: str | None = None) -> Contract:
    return Contract(holder=LADDNAV, customer="c", contract_id=id, cost_centre=centre, driver=driver, since=NOON)


def charged(by: str, amount: str, *, credits: str | None = None) -> Cdr:
    one = cdr(energy(amount, "1"), id=f"{by}{amount}{credits}", energy_kwh=amount, credits=credits)
    return replace(one, token=replace(one.token, contract_id=by))


def of(charge: Charge, centre: str | None, driver: str | None = None) -> Charge:
    return replace(charge, who=Who(cost_centre=centre, driver=driver))


def billed(charges: list[Cdr], items: tuple[Item, ...] = ()) -> Invoice:
    return Invoice(
        holder=LADDNAV,
        ref="r",
        seller=seller_of(party()),
        debtor=COMPANY,
        currency="SEK",
        period=Period("2026-11", NOON),
        opened_at=NOON,
        charges=tuple(charge_of(one, "UTC") for one in charges),
        items=items,
        vat=(),
    )


KNOWN = (
    contract("SE-1", "SALES", "Anna"),
    contract("SE-2", "SALES", "Bo"),
    contract("SE-3", "BAKERY"),
    contract("SE-4"),
)


def test_what_each_driver_charged_is_on_their_cost_centre_and_what_is_the_companys_own_comes_last() -> None:
    some = [charged("SE-2", "7"), charged("se-1", "10"), charged("SE-1", "3", credits="X"), charged("SE-3", "2")]
    invoice = billed([*some, charged("SE-4", "4"), charged("SE-9", "5")], (item("80"),))
    assert [(one.cost_centre, one.driver, one.charges, one.energy, one.amount) for one in parts(invoice, KNOWN)] == [
        ("BAKERY", "SE-3", 1, kwh("2"), Decimal(2)),
        ("SALES", "Anna", 0, kwh("7"), Decimal(7)),
        ("SALES", "Bo", 1, kwh("7"), Decimal(7)),
        (None, "SE-4", 1, kwh("4"), Decimal(4)),
        (None, "SE-9", 1, kwh("5"), Decimal(5)),
        (None, None, 0, kwh("0"), Decimal(80)),
    ]
    assert parts(invoice, KNOWN[3:]) == (), "who has no cost centres is shown none"


def test_a_driver_who_moves_on_takes_along_what_comes_and_not_what_was() -> None:
    one = billed([charged("SE-1", "10"), charged("SE-1", "3"), charged("SE-3", "5")])
    before, since, old = one.charges
    invoice = replace(one, charges=(of(before, "SALES", "Anna"), of(since, "BAKERY", "Anna"), old))
    assert [(part.cost_centre, part.driver, part.amount) for part in parts(invoice, KNOWN)] == [
        ("BAKERY", "Anna", Decimal(3)),
        ("BAKERY", "SE-3", Decimal(5)),  # billed before it was kept: as its contract says now
        ("SALES", "Anna", Decimal(10)),
    ]
    assert [part.cost_centre for part in parts(invoice)] == ["BAKERY", "SALES", None], "on paper nothing is looked up"


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (
            "en",
            "Cost centre Driver Charges Energy Amount, SEK SALES Anna 1 10.000 kWh 10.00 – The whole company – – 80.00",
        ),
        ("sv", "Kostnadsställe Förare Laddningar Energi Belopp, SEK SALES Anna 1 10,000 kWh 10,00 – Hela företaget"),
        (
            "de",
            "Kostenstelle Fahrer Ladevorgänge Energie Betrag, SEK SALES Anna 1 10,000 kWh 10,00",
        ),
    ],
)
def test_its_paper_says_what_each_cost_centre_stands_for(language: str, says: str) -> None:
    one = billed([charged("SE-1", "10")], (item("80"),))
    assert says in read(replace(one, charges=(of(one.charges[0], "SALES", "Anna"),)), language)
    assert "SALES" not in read(one, language)


@given(st.lists(st.tuples(st.sampled_from(["SE-1", "SE-2", "SE-3", "SE-4", "SE-9"]), st.integers(1, 900)), max_size=8))
def test_they_are_together_what_the_invoice_comes_to(some: list[tuple[str, int]]) -> None:
    invoice = billed([charged(by, str(many)) for by, many in some], (item("-12.34"),))
    assert sum(one.amount for one in parts(invoice, KNOWN)) == invoice.total_excl


async def test_a_charge_stays_with_the_cost_centre_of_its_day_and_so_does_what_takes_it_back(
    database: Database,
) -> None:
    def one(id: str, credits: str | None = None) -> Cdr:
        return cdr(energy("20", "4"), id=id, token_owner=LADDNAV, credits=credits)

    await keep(database, [one("C1"), one("C2", credits="C1"), one("C3")], ours=[party()])
    company = await anna(database, PaysBy.INVOICE, cost_centre="OVEN", driver="Bo")
    await bill(database, one("C1"))
    async with database.unit() as unit:
        await customers.keep_contract(unit, company.ref, "SE-C1", cost_centre="SHOP", by="test")
    await bill(database, one("C2", credits="C1"), one("C3"))
    async with database.unit() as unit:
        (heading,) = await billing.invoices(unit, LADDNAV, limit=5)
        found = await buyers.parts_of(unit, await billing.invoice(unit, heading.ref))
    assert [(part.cost_centre, part.driver, part.charges, part.amount) for part in found] == [
        ("OVEN", "Bo", 0, Decimal(0)),
        ("SHOP", "SE-C1", 1, Decimal(80)),
    ]
