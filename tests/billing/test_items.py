"""Fees, discounts and the like beside charges: once on the debtor's invoice, in the ledger, taxed as what they are."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing.actions import buyers, items
from laddnav.billing.item_words import UnknownItemWords, said
from laddnav.billing.model import Debtor, DebtorKind, Item, ItemKind, ItemWords, Supply, VatCategory, VatWhy, Words
from laddnav.billing.rules import BilledDifferently, UnfitItem, UnknownDebtor
from laddnav.billing.vat import treatment_of
from laddnav.db.unit import Database
from laddnav.parties.model import Party, VatRegistration
from tests.billing.charges import LADDNAV, NOON, cdr, energy, item, keep, party
from tests.billing.test_billing import balances, bill, headings, issue
from tests.clock import SetClock

ANNA = "customer:anna"


async def introduced(database: Database, debtor_id: str = ANNA, country: str = "SE") -> None:
    async with database.unit() as unit:
        await buyers.known(unit, LADDNAV, DebtorKind(debtor_id.partition(":")[0]), debtor_id, "Anna", country)


async def add(database: Database, one: Item, debtor_id: str = ANNA) -> str:
    async with database.unit() as unit:
        return await items.add(unit, LADDNAV, debtor_id, one)


async def test_an_item_is_owed_once_and_stands_on_the_invoice_of_its_month(database: Database, clock: SetClock) -> None:
    await keep(database, [], ours=[party()])
    await introduced(database)
    ref = await add(database, item("79"))
    assert await add(database, item("79")) == ref
    assert await balances(database) == {"receivable:customer:anna": Decimal(79), "revenue:subscription": Decimal(-79)}
    (heading,) = await headings(database)
    assert (heading.period, heading.total_excl, heading.charges, heading.items) == ("2026-11", Decimal(79), 0, 1)
    invoice = await issue(database, ref)
    (one,) = invoice.items
    assert (one.vat_percent, one.vat_category, invoice.total_incl) == (
        Decimal(25),
        VatCategory.STANDARD,
        Decimal("98.75"),
    )
    assert (await balances(database))["tax:SE:25"] == Decimal("-19.75")


async def test_charges_and_items_of_a_driver_share_an_invoice(database: Database) -> None:
    one = cdr(energy("10", "4"), token_owner=LADDNAV)
    await keep(database, [one], ours=[party()])
    await bill(database, one)
    await add(database, item("-4", ItemKind.DISCOUNT, "MEMBER_PRICE", account="revenue:charging"), "driver:SE-C1")
    (heading,) = await headings(database)
    assert (heading.charges, heading.items, heading.total_excl) == (1, 1, Decimal(36))
    assert await balances(database) == {"receivable:driver:SE-C1": Decimal(36), "revenue:charging": Decimal(-36)}
    assert (await issue(database, heading.ref)).total_incl == Decimal(45)


async def test_what_cannot_be_billed_is_refused_and_changes_nothing(database: Database) -> None:
    await keep(database, [], ours=[party()])
    with pytest.raises(UnknownDebtor):
        await add(database, item("79"))
    await introduced(database)
    for wrong in (item("0.001"), replace(item("1"), ended_at=NOON.replace(year=2025))):
        with pytest.raises(UnfitItem):
            await add(database, wrong)
    with pytest.raises(UnknownItemWords):
        await add(database, replace(item("1"), words=ItemWords("SUBSCRIPTION", {})))
    await add(database, item("79"))
    with pytest.raises(BilledDifferently):
        await add(database, item("80"))
    assert (await balances(database))["receivable:customer:anna"] == 79


def debtor(country: str, vat_number: str | None = None, kind: DebtorKind = DebtorKind.CUSTOMER) -> Debtor:
    id = f"{kind}:x"
    return Debtor(
        holder=LADDNAV, id=id, ref="r", kind=kind, name="X", country=country, vat_number=vat_number, created_at=NOON
    )


SHOP = VatRegistration(country="SE", number="SE556677889901", one_stop_shop=True, since=date(2020, 1, 1))


@pytest.mark.parametrize(
    ("buyer", "sold", "expected"),
    [
        (debtor("SE"), Supply.SERVICE, ("S", 25, "SE", VatWhy.DOMESTIC)),
        (debtor("SE", "SE556012579001"), Supply.SERVICE, ("S", 25, "SE", VatWhy.DOMESTIC)),
        (debtor("FI"), Supply.SERVICE, ("S", Decimal("25.5"), "FI", VatWhy.ONE_STOP_SHOP)),
        (debtor("FI"), Supply.ELECTRICITY, ("S", Decimal("25.5"), "FI", VatWhy.UNREGISTERED)),
        (debtor("FI", "FI12345671"), Supply.SERVICE, ("AE", 0, "FI", VatWhy.SERVICE_REVERSED)),
        (debtor("FI", "FI12345671"), Supply.ELECTRICITY, ("S", Decimal("25.5"), "FI", VatWhy.UNREGISTERED)),
        (debtor("NO", "NO974760673MVA"), Supply.SERVICE, ("O", 0, "NO", VatWhy.SERVICE_BEYOND)),
        (debtor("NO", None, DebtorKind.PARTNER), Supply.SERVICE, ("O", 0, "NO", VatWhy.SERVICE_BEYOND)),
        (debtor("FI", "FI12345671"), Supply.NONE, ("O", 0, "SE", VatWhy.NO_SUPPLY)),
    ],
)
def test_a_service_is_taxed_where_its_buyer_is_and_electricity_where_it_is_used(
    buyer: Debtor, sold: Supply, expected: tuple[str, Decimal, str, VatWhy]
) -> None:
    seller = replace(party(), vat_registrations=(SHOP,))
    found = treatment_of(seller, buyer, item("10", supply=sold))
    assert (found.category, found.percent, found.country, found.why) == expected


@pytest.mark.parametrize(
    ("number", "country", "ours", "expected"),
    [
        ("SE556012579001", "SE", party(), ("S", 25, "SE", VatWhy.DOMESTIC)),
        ("SE556012579001", "SE", replace(party(), vat_percent=None), ("S", 25, "SE", VatWhy.DOMESTIC)),
        ("SE556012579001", "SE", party(vat="12"), ("S", 25, "SE", VatWhy.DOMESTIC)),  # what it sells is no electricity
        (None, "SE", party(), ("O", 0, "SE", VatWhy.NOT_REGISTERED)),
        (None, "DE", party(), ("O", 0, "DE", VatWhy.NOT_REGISTERED)),
        ("SE556012579001", "DE", party(), ("S", 25, "SE", VatWhy.DOMESTIC)),  # registered where the place is
        ("DE123456788", "DE", party(), ("AE", 0, "SE", VatWhy.SERVICE_REVERSED)),
        ("DE123456788", "DE", replace(party(), vat_number=None), ("S", 19, "DE", VatWhy.DOMESTIC)),  # nor do we
        ("NO974760673MVA", "NO", party(), ("O", 0, "SE", VatWhy.SERVICE_BEYOND)),
    ],
)
@pytest.mark.parametrize("sold", [Supply.SERVICE, Supply.NONE])  # NONE: as shares of hosts without a number were kept
def test_what_a_host_sells_us_is_judged_by_its_own_registration(
    number: str | None, country: str, ours: Party, sold: Supply, expected: tuple[str, Decimal, str, VatWhy]
) -> None:
    host = debtor(country, number, DebtorKind.HOST)
    found = treatment_of(ours, host, item("-10", ItemKind.SHARE, "SHARE", supply=sold))
    assert (found.category, found.percent, found.country, found.why) == expected


def test_an_item_is_said_in_three_languages_with_what_it_cites() -> None:
    included = Words("INCLUDED", {"plan": "Plus", "kwh": "1012.5"})
    back = ItemWords("CREDIT", {"number": "LAD-1"}, included)
    assert said(back, "en") == "Credit of invoice LAD-1: Included in Plus: 1,012.5 kWh"
    assert said(back, "sv") == "Kredit av faktura LAD-1: Ingår i Plus: 1\N{NO-BREAK SPACE}012,5 kWh"
    assert said(back, "de") == "Gutschrift zu LAD-1: In Plus enthalten: 1.012,5 kWh"
