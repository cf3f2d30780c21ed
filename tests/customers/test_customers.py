"""Who pays: customers, and whose contract is whose."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from laddnav.customers import actions as customers
from laddnav.customers import rules
from laddnav.customers.model import Customer, Kind, PaysBy
from laddnav.customers.rules import ContractTaken, CustomerSaid, UnfitCustomer, UnknownContract
from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.payments.paying_routes import PaymentSaid
from tests.things import THEM, US

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
EVA = CustomerSaid(name="Eva Ek", email="eva@example.org")
FIRM = CustomerSaid(kind=Kind.BUSINESS, name="Åkeri AB", vat_number="SE 556677-8899 01", country="se")


def begun(said: CustomerSaid, holder: PartyId = US) -> Customer:
    return rules.begun(said, holder=holder, ref="1", number="10001", now=NOW)


def test_who_says_no_more_than_a_name_is_a_private_person_at_home_who_pays_by_invoice() -> None:
    one = begun(CustomerSaid(name=" Eva Ek "))
    assert (one.name, one.kind, one.country, one.language, one.pays_by) == (
        *("Eva Ek", Kind.PRIVATE, "SE", "sv"),
        PaysBy.INVOICE,
    )


def test_somebody_in_germany_is_written_to_in_german_unless_they_say_otherwise() -> None:
    assert begun(CustomerSaid(name="Ulf", country="DE")).language == "de"
    assert begun(CustomerSaid(name="Ulf", country="DE", language="en")).language == "en"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (CustomerSaid(), "name"),
        (CustomerSaid(name=" "), "name"),
        (CustomerSaid(name="a\nb"), "name"),
        (CustomerSaid(name="Eva", email="eva"), "email"),
        (CustomerSaid(name="Eva", email="eva@localhost"), "email"),
        (CustomerSaid(name="Eva", country="Sweden"), "country"),
        (CustomerSaid(name="Eva", language="svenska"), "language"),
        (CustomerSaid(name="Eva", vat_number="SE556677889901"), "vat_number"),
        (CustomerSaid(name="AB", kind=Kind.BUSINESS, vat_number="5566"), "vat_number"),
        (CustomerSaid(name="Eva", pays_by=PaysBy.CARD), "card"),
        (CustomerSaid(name="Eva", address="x" * 501), "address"),
    ],
)
def test_what_cannot_be_so_is_refused_at_its_field(said: CustomerSaid, field: str) -> None:
    with pytest.raises(UnfitCustomer) as refused:
        begun(said)
    assert refused.value.field == field


async def test_a_card_is_kept_by_whoever_asked_the_provider_and_by_nothing_that_is_typed(database: Database) -> None:
    """Support could have a stranger's card pay, did anybody take what a provider calls it from a form."""
    assert not {"card", "method"} & set(CustomerSaid.__struct_fields__)
    assert not {"card", "method"} & set(PaymentSaid.__struct_fields__)
    async with database.unit() as unit:
        eva = await customers.add(unit, US, EVA, by="test")
        assert eva.at_provider == (None, None)
        kept = await customers.keep_card(unit, eva.ref, "cus_1/pm_1", by="driver")
        assert kept.at_provider == ("cus_1", "pm_1")
        paying = await customers.change(unit, eva.ref, CustomerSaid(name="Eva", pays_by=PaysBy.CARD), by="test")
        assert paying.card == "cus_1/pm_1"
        left = await customers.forget_card(unit, eva.ref, by="driver")
        assert (left.card, left.pays_by) == (None, PaysBy.INVOICE)


@pytest.mark.parametrize("kwh", ["-1", "1e6", "1e999999", "NaN", "Infinity"])
def test_a_limit_that_no_car_could_reach_is_refused(kwh: str) -> None:
    with pytest.raises(UnfitCustomer):
        rules.week_energy(Decimal(kwh))


def test_a_change_leaves_what_is_not_said_and_takes_away_what_is_said_to_be_nothing() -> None:
    before = begun(EVA)
    after = rules.changed(before, CustomerSaid(email=""), NOW)
    assert (after.name, after.email) == ("Eva Ek", None)
    assert rules.changed(before, CustomerSaid(), NOW) == before


async def test_a_contract_is_one_customers_until_it_is_released(database: Database) -> None:
    async with database.unit() as unit:
        eva = await customers.add(unit, US, EVA, by="test")
        firm = await customers.add(unit, US, FIRM, by="test")
    assert (eva.number, firm.number, firm.vat_number) == ("10001", "10002", "SE556677889901")
    async with database.unit() as unit:
        await customers.keep_contract(unit, eva.ref, "SE-LAD-C1", by="test")
    async with database.unit() as unit:
        assert await customers.of_contract(unit, US, "se-lad-c1") == eva
        assert await customers.of_contract(unit, THEM, "SE-LAD-C1") is None
        with pytest.raises(ContractTaken):
            await customers.keep_contract(unit, firm.ref, "se-lad-c1", by="test")
        with pytest.raises(UnknownContract):
            await customers.release_contract(unit, firm.ref, "SE-LAD-C1", by="test")
    async with database.unit() as unit:
        await customers.release_contract(unit, eva.ref, "SE-LAD-C1", by="test")
        await customers.keep_contract(unit, firm.ref, "se-lad-c1", driver="Bo", cost_centre="100", by="test")
        kept = await customers.contracts(unit, firm)
        assert [(one.contract_id, one.driver, one.cost_centre) for one in kept] == [("se-lad-c1", "Bo", "100")]


async def test_customers_of_another_party_are_not_on_the_page(database: Database) -> None:
    async with database.unit() as unit:
        eva = await customers.add(unit, US, EVA, by="test")
        other = await customers.add(unit, THEM, FIRM, by="test")
    async with database.unit() as unit:
        assert await customers.page(unit, US) == [eva]
        assert await customers.page(unit, THEM, words="åkeri") == [other]
        assert await customers.page(unit, None, words="100%") == []
