"""Which of several Tariffs holds, for whom and when, and which of our own may be promised at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.tariffs import actions
from laddnav.tariffs.model import (
    Element,
    PriceComponent,
    Restriction,
    Tariff,
    TariffDimension,
    TariffType,
    TaxIncluded,
)
from laddnav.tariffs.rules import NotForReservations, Unbillable, in_force, sayable
from tests.things import THEM, US, component, tariff

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIME, FLAT = TariffDimension.TIME, TariffDimension.FLAT

ANY = tariff("ANY")
REGULAR = tariff("REGULAR", type="REGULAR")
CHEAP = tariff("CHEAP", type="PROFILE_CHEAP")
AD_HOC = tariff("AD_HOC", type="AD_HOC_PAYMENT")
ALL = (ANY, REGULAR, CHEAP, AD_HOC)
IDS = ("any", "ad_hoc", "cheap", "regular")


@pytest.mark.parametrize(
    ("kind", "offered", "expected"),
    [
        (TariffType.REGULAR, ALL, REGULAR),
        (TariffType.REGULAR, (ANY, CHEAP), ANY),
        (TariffType.REGULAR, (CHEAP, AD_HOC), None),
        (TariffType.PROFILE_CHEAP, ALL, CHEAP),
        (TariffType.PROFILE_FAST, ALL, REGULAR),
        (TariffType.PROFILE_GREEN, (ANY, AD_HOC), ANY),
        (TariffType.AD_HOC_PAYMENT, ALL, AD_HOC),
        (TariffType.AD_HOC_PAYMENT, (ANY, REGULAR), ANY),
        (TariffType.AD_HOC_PAYMENT, (REGULAR, CHEAP), None),
    ],
)
def test_the_type_of_a_tariff_says_whom_it_is_for(
    kind: TariffType, offered: tuple[Tariff, ...], expected: Tariff | None
) -> None:
    """TAR-017, TAR-018."""
    assert in_force(offered, IDS, NOON, kind) == expected


def test_a_tariff_holds_from_its_start_until_just_before_its_end() -> None:
    """TAR-020, TAR-022: the next one is assigned in advance, and takes over by the dates alone."""
    old = tariff("OLD", ends_at=NOON)
    new = tariff("NEW", starts_at=NOON, ends_at=NOON + MINUTE)
    offered, ids = (new, old), ("NEW", "OLD")
    assert in_force(offered, ids, NOON - MINUTE) == old
    assert in_force(offered, ids, NOON) == new
    assert in_force(offered, ids, NOON + MINUTE) is None


def test_of_two_alike_the_first_in_the_order_of_the_connector_holds() -> None:
    one, other = tariff("ONE"), tariff("OTHER")
    assert in_force((one, other), ("other", "one"), NOON) == other


def untold_tax(price: str) -> tuple[Element, ...]:
    return (Element(components=(PriceComponent(type=TariffDimension.ENERGY, price=Decimal(price), step_size=1),)),)


async def test_a_tariff_of_ours_that_could_not_be_billed_is_refused(database: Database) -> None:
    unbillable = tariff(elements=untold_tax("5"), tax_included=TaxIncluded.YES)
    with pytest.raises(Unbillable, match="give each price its vat"):
        async with database.unit() as unit:
            await actions.keep(unit, US, unbillable)
    reserved = replace(tariff().elements[0], restriction=Restriction(reservation="RESERVATION"))
    with pytest.raises(NotForReservations):
        async with database.unit() as unit:
            await actions.keep(unit, US, tariff(elements=(reserved,)))
    async with database.unit() as unit:
        assert await actions.find(unit, US, US, unbillable.id) is None


@pytest.mark.parametrize("condition", [{"reservation": "RESERVATION"}, {"booking": "BOOKING_OVERTIME"}])
def test_a_tariff_of_ours_prices_only_time_and_fees_of_a_reservation(condition: dict[str, str]) -> None:
    """TAR-061, TAR-015."""
    when = Restriction(**condition)  # type: ignore[arg-type]
    sayable(tariff(elements=(Element(components=(component(TIME, "2"), component(FLAT, "1")), restriction=when),)))
    for kind in (TariffDimension.ENERGY, TariffDimension.PARKING_TIME):
        always = Element(components=(component(kind, "2"),))
        sayable(tariff(elements=(always,)))
        with pytest.raises(NotForReservations, match="Element 2"):
            sayable(tariff(elements=(always, replace(always, restriction=when))))


async def test_a_partners_tariff_is_kept_whatever_it_says_of_taxes(database: Database) -> None:
    theirs = tariff(owner=THEM, elements=untold_tax("5"), tax_included=TaxIncluded.YES)
    async with database.unit() as unit:
        assert await actions.keep(unit, US, theirs)


@pytest.mark.parametrize(
    "billable",
    [
        tariff(elements=untold_tax("0"), tax_included=TaxIncluded.YES),
        tariff(elements=untold_tax("5"), tax_included=TaxIncluded.NO),
        replace(tariff(), tax_included=TaxIncluded.YES),
    ],
)
async def test_a_tariff_whose_side_before_taxes_is_known_is_kept(database: Database, billable: Tariff) -> None:
    async with database.unit() as unit:
        assert await actions.keep(unit, US, billable)


@pytest.mark.parametrize("said", [NOON, NOON - MINUTE])
async def test_ours_that_changed_is_taken_whatever_its_date_and_is_newer_than_before(
    database: Database, said: datetime
) -> None:
    """A Tariff that is exported, changed and imported again has the date of the one that it replaces."""
    dearer = tariff(elements=(Element(components=(component(TariffDimension.ENERGY, "9"),)),), last_updated=said)
    async with database.unit() as unit:
        await actions.keep(unit, US, tariff(last_updated=NOON))
    async with database.unit() as unit:
        now = unit.now
        assert await actions.keep(unit, US, dearer)
    async with database.unit() as unit:
        assert await actions.fetch(unit, US, US, "T1") == replace(dearer, last_updated=now)


async def test_a_partners_older_news_changes_nothing(database: Database) -> None:
    async with database.unit() as unit:
        await actions.keep(unit, US, tariff(owner=THEM, last_updated=NOON))
    older = tariff(owner=THEM, currency="EUR", last_updated=NOON - MINUTE)
    async with database.unit() as unit:
        assert not await actions.keep(unit, US, older)
