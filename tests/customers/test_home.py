"""Charging at home: paid back to the employee, asked of the employer, once for each CDR, and taken back with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions.homes import reimburse
from laddnav.billing.model import VatWhy
from laddnav.cdrs.events import CdrClosed
from laddnav.cdrs.model import Cdr
from laddnav.customers import actions as customers
from laddnav.customers import home as rules
from laddnav.customers import home_routes
from laddnav.customers.actions import reimbursing
from laddnav.customers.calendar import InThePast
from laddnav.customers.home import Home, HomeTaken, PaidBack, Rate, UnfitHome
from laddnav.customers.home_routes import EndSaid, RateSaid
from laddnav.customers.model import Customer, Kind
from laddnav.customers.rules import CustomerSaid
from laddnav.db.unit import Database
from laddnav.kit.energy import Energy, kwh
from laddnav.locations import actions as locations
from laddnav.locations.rules import UnknownLocation
from laddnav.people.api import NotYours
from laddnav.people.model import Role, Visitor
from tests.billing.charges import LADDNAV, NOON, TANKA, cdr, energy, keep, party
from tests.billing.test_billing import balances, headings
from tests.clock import SetClock
from tests.things import location

DAY = date(2026, 11, 21)


async def agreed(
    database: Database, clock: SetClock, per_kwh: str = "2.20", **said: object
) -> tuple[Customer, Customer, Home]:
    """Bo lives at LOC1, and the company pays."""
    clock.set(NOON)
    await keep(database, [], ours=[party()])
    async with database.unit() as unit:
        await locations.keep(unit, LADDNAV, location("LOC1", LADDNAV))
        company = await customers.add(unit, LADDNAV, CustomerSaid(name="Åkeri AB", kind=Kind.BUSINESS), by="test")
        bo = await customers.add(unit, LADDNAV, CustomerSaid(name="Bo"), by="test")
        one = await reimbursing.agree(unit, of(company, bo, per_kwh, **said), by="test")
    return company, bo, one


def of(company: Customer, bo: Customer, per_kwh: str = "2.20", **said: object) -> Home:
    fields: dict[str, object] = {
        "holder": LADDNAV,
        "ref": "",
        "employer": company.ref,
        "employee": bo.ref,
        "location_id": "loc1",
        "rates": (Rate(since=DAY, per_kwh=Decimal(per_kwh), currency="SEK"),),
        "last_updated": NOON,
    }
    return Home(**fields | said)  # type: ignore[arg-type]


def at_home(id: str = "C1", volume: str = "12.345", credits: str | None = None) -> Cdr:
    return cdr(energy(volume, "0"), id=id, token_owner=LADDNAV, energy_kwh=volume, credits=credits)


async def closed(database: Database, *some: Cdr) -> None:
    for one in some:
        await reimburse(database, CdrClosed(holder=one.holder, owner=str(one.owner), cdr_id=one.id))


async def test_what_an_employee_charges_at_home_is_theirs_and_asked_of_the_employer_once_and_without_vat(
    database: Database, clock: SetClock
) -> None:
    company, bo, _ = await agreed(database, clock)
    one = at_home()
    await keep(database, [one])
    await closed(database, one, one)
    assert await balances(database) == {
        f"receivable:{company.debtor_id}": Decimal("27.16"),
        f"receivable:{bo.debtor_id}": Decimal("-27.16"),
    }
    for heading in await headings(database):
        async with database.unit() as unit:
            invoice = await billing.issue(unit, LADDNAV, heading.ref)
        (item,) = invoice.items
        assert abs(invoice.to_pay) == abs(item.amount) == Decimal("27.16")
        assert [part.why for vat in invoice.vat for part in vat.parts] == [VatWhy.NO_SUPPLY]
        assert invoice.credit_note == (invoice.debtor.id == bo.debtor_id)
    async with database.unit() as unit:
        for who in (company, bo):
            (month,) = await reimbursing.months(unit, who)
            assert (month.name, month.month, month.charges) == ("Bo", date(2026, 11, 1), 1)
            assert (month.energy, month.amount) == (kwh("12.345"), Decimal("27.16"))


@pytest.mark.parametrize("order", [("C1", "C2", "C3"), ("C2", "C1", "C3"), ("C3", "C2", "C2", "C1", "C1")])
async def test_a_correction_takes_back_what_was_paid_in_whatever_order_it_is_heard(
    order: tuple[str, ...], database: Database, clock: SetClock
) -> None:
    company, bo, _ = await agreed(database, clock)
    all_ = {one.id: one for one in (at_home(), at_home("C2", credits="C1"), at_home("C3", "10"))}
    await keep(database, all_.values())
    await closed(database, *(all_[id] for id in order))
    assert await balances(database) == {
        f"receivable:{company.debtor_id}": Decimal(22),
        f"receivable:{bo.debtor_id}": Decimal(-22),
    }
    async with database.unit() as unit:
        (month,) = await reimbursing.months(unit, company)
    assert (month.charges, month.energy, month.amount) == (1, kwh(10), Decimal(22))


async def test_a_charge_elsewhere_before_or_with_another_card_is_not_paid_back(
    database: Database, clock: SetClock
) -> None:
    _, _, one = await agreed(database, clock, contract_id="SE-C2")

    async def paid(place: str, contract: str, day: date = DAY, id: str = "C9") -> PaidBack | None:
        async with database.unit() as unit:
            return await reimbursing.pay_back(
                unit,
                LADDNAV,
                owner=LADDNAV,
                cdr_id=id,
                location_id=place,
                contract_id=contract,
                day=day,
                energy=kwh(5),
                currency="SEK",
            )

    assert await paid("LOC2", "SE-C2") is None
    assert await paid("LOC1", "SE-C1") is None
    assert await paid("LOC1", "SE-C2", date(2026, 11, 20)) is None
    found = await paid("Loc1", "se-c2")
    assert found is not None and (found.home, found.amount) == (one.ref, Decimal(11))
    async with database.unit() as unit:
        await reimbursing.end(unit, one.ref, by="test")
    assert await paid("LOC1", "SE-C2", id="C10") is None


async def test_who_cannot_agree_is_told_why_and_a_place_is_in_one_agreement(
    database: Database, clock: SetClock
) -> None:
    company, bo, one = await agreed(database, clock)
    for wrong, refusal in (
        (of(company, bo), HomeTaken),
        (of(company, bo, location_id="LOC9"), UnknownLocation),
        (of(bo, company), UnfitHome),
        (of(company, company), UnfitHome),
        (of(company, bo, "2.00001"), UnfitHome),
        (of(company, bo, "NaN"), UnfitHome),
        (of(company, bo, rates=(Rate(since=date(2026, 11, 20), per_kwh=Decimal(1), currency="SEK"),)), InThePast),
    ):
        with pytest.raises(refusal):
            async with database.unit() as unit:
                await reimbursing.agree(unit, wrong, by="test")
    async with database.unit() as unit:
        await reimbursing.end(unit, one.ref, by="test")
        await reimbursing.agree(unit, of(company, bo), by="test")


async def test_a_charge_in_another_currency_than_the_rate_pays_nothing_back_and_says_why(
    database: Database, clock: SetClock
) -> None:
    company, bo, _ = await agreed(database, clock)
    one = replace(at_home(), currency="EUR")
    await keep(database, [one])
    await closed(database, one, one)
    assert await balances(database) == {}
    async with database.unit() as unit:
        for who in (company, bo):
            (month,) = await reimbursing.months(unit, who)
            assert (month.charges, month.amount, month.currency, month.rated_in) == (1, Decimal(0), "EUR", "SEK")
    back = replace(at_home("C2", credits="C1"), currency="EUR")
    await keep(database, [back])
    await closed(database, back)
    async with database.unit() as unit:
        (month,) = await reimbursing.months(unit, company)
    assert (await balances(database), month.charges, month.energy) == ({}, 0, kwh(0))


async def test_whoever_is_of_another_party_changes_no_agreement(database: Database, clock: SetClock) -> None:
    _, _, one = await agreed(database, clock)
    stranger = Visitor(id="eve", name="eve", role=Role.FINANCE, holder=TANKA, language="en")
    with pytest.raises(NotYours):
        async with database.unit() as unit:
            await home_routes.rate_home_charging(unit, stranger, one.ref, RateSaid(per_kwh=Decimal(99)))
    with pytest.raises(NotYours):
        async with database.unit() as unit:
            await home_routes.end_home_charging(unit, stranger, one.ref, EndSaid())
    async with database.unit() as unit:
        assert await reimbursing.by_home(unit, one.ref) == one


def test_a_day_has_the_rate_that_holds_on_it_and_what_is_over_keeps_its_own() -> None:
    company = Customer(
        holder=LADDNAV,
        ref="co",
        number="1",
        kind=Kind.BUSINESS,
        name="Co",
        language="sv",
        country="SE",
        created_at=NOON,
        last_updated=NOON,
    )
    one = of(company, replace(company, ref="bo", kind=Kind.PRIVATE))
    one = rules.rated(one, Rate(since=date(2027, 1, 1), per_kwh=Decimal("1.0350"), currency="SEK"), DAY)

    def amount(day: date, wh: int = 10_000, currency: str = "SEK") -> Decimal | None:
        energy = Energy(Decimal(wh))
        paid = rules.paid_back(one, owner=LADDNAV, cdr_id="C1", day=day, energy=energy, currency=currency)
        return None if paid is None else paid.amount

    assert [amount(date(2026, 11, 20)), amount(DAY), amount(date(2027, 1, 1))] == [None, Decimal(22), Decimal("10.35")]
    assert amount(date(2027, 1, 1), 0) is None
    assert amount(DAY, currency="EUR") == 0, "2.20 SEK are not 2.20 EUR"
    with pytest.raises(InThePast):
        rules.rated(one, Rate(since=DAY, per_kwh=Decimal(1), currency="SEK"), date(2026, 11, 22))
