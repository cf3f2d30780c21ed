"""A tariff in plain words, as a driver reads it."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.pricing.plain.explain import explained
from laddnav.pricing.plain.sentences import SENTENCES
from laddnav.tariffs.model import (
    Element,
    Limit,
    PriceComponent,
    Restriction,
    Tariff,
    TariffDimension,
    TaxIncluded,
    Weekday,
)
from tests.things import component, tariff

ENERGY, FLAT = TariffDimension.ENERGY, TariffDimension.FLAT
TIME, PARKING = TariffDimension.TIME, TariffDimension.PARKING_TIME
WORKDAYS = tuple(Weekday)[:5]


def of(*elements: tuple[Restriction, PriceComponent], **changes: object) -> Tariff:
    made = tuple(Element(components=(one,), restriction=when) for when, one in elements)
    return replace(tariff(elements=made), **changes)


def test_a_simple_tariff_says_what_costs_and_what_is_free() -> None:
    simple = of((Restriction(), component(ENERGY, "4.5")), (Restriction(), component(FLAT, "5")))
    assert explained(simple) == (
        "Energy costs 4.50 SEK/kWh.\n"
        "Starting a charge costs 5 SEK.\n"
        "Free of charge: charging time and parking.\n"
        "Prices are before taxes; 25 % VAT is added."
    )
    assert explained(simple, "sv") == (
        "Energi kostar 4,50 kr/kWh.\n"
        "Att starta en laddning kostar 5 kr.\n"
        "Gratis: laddtid och parkering.\n"
        "Priserna är före skatt; 25 % moms läggs till."
    )


def test_the_base_price_comes_before_its_exceptions() -> None:
    """TAR-042: a last element without restrictions is the default."""
    dear = Restriction(weekdays=WORKDAYS, start_time=time(7), end_time=time(19))
    weekend = Restriction(weekdays=(Weekday.SATURDAY, Weekday.SUNDAY))
    said = explained(
        of((dear, component(ENERGY, "5.5")), (weekend, component(ENERGY, "0")), (Restriction(), component(ENERGY, "4")))
    )
    assert said.startswith(
        "Energy costs 4 SEK/kWh, except:\n"
        "– Monday to Friday, from 07:00 to 19:00: 5.50 SEK/kWh\n"
        "– Saturday, Sunday: free\n"
    )


def test_exceptions_that_may_meet_say_which_of_them_counts() -> None:
    """TAR-037."""
    said = explained(
        of(
            (Restriction(power_max=kw(16)), component(ENERGY, "0.2")),
            (Restriction(power_max=kw(32)), component(ENERGY, "0.35")),
            (Restriction(), component(ENERGY, "0.5")),
        )
    )
    assert "except (the first that fits counts):\n– Below 16 kW: 0.20 SEK/kWh\n– Below 32 kW: 0.35 SEK/kWh" in said


def test_what_happens_outside_every_window_is_said() -> None:
    """TAR-040."""
    said = explained(
        of(
            (Restriction(), component(ENERGY, "4")),
            (Restriction(duration_min=timedelta(hours=4)), component(PARKING, "60")),
        )
    )
    assert "does not charge costs 60 SEK/h from 4 h after the start; otherwise it is free." in said


def test_windows_that_cover_the_whole_day_leave_no_otherwise() -> None:
    day, night = Restriction(start_time=time(6), end_time=time(22)), Restriction(start_time=time(22), end_time=time(6))
    said = explained(of((day, component(ENERGY, "4")), (night, component(ENERGY, "2"))))
    assert said.startswith("Energy costs:\n– From 06:00 to 22:00: 4 SEK/kWh\n– From 22:00 to 06:00: 2 SEK/kWh\nFree of")


def test_a_price_that_is_never_used_is_not_told() -> None:
    said = explained(
        of((Restriction(), component(ENERGY, "4")), (Restriction(energy_min=kwh(5)), component(ENERGY, "9")))
    )
    assert "9" not in said


def test_nothing_to_pay_is_one_sentence() -> None:
    """TAR-023."""
    assert explained(of((Restriction(), component(FLAT, "0", vat=None)))) == "Charging is free."
    assert explained(of((Restriction(), component(FLAT, "0", vat=None))), "sv") == "Det är gratis att ladda."


def test_a_reservation_and_one_that_is_not_used_have_prices_of_their_own() -> None:
    """TAR-060, TAR-063."""
    said = explained(
        of(
            (Restriction(reservation="RESERVATION_EXPIRES"), component(FLAT, "4")),
            (Restriction(reservation="RESERVATION"), component(TIME, "2", step_size=600)),
            (Restriction(), component(ENERGY, "0.25")),
        )
    )
    assert "The time that a charging point is reserved for you costs 2 SEK/h.\n" in said
    assert "A reservation that is not used costs 4 SEK.\n" in said
    assert "Reserved time is counted in steps of 10 min, rounded up once.\n" in said
    assert "Free of charge: charging time, parking and starting.\n" in said


def test_steps_are_said_where_anybody_notices_them() -> None:
    """TAR-072, TAR-078."""
    said = explained(
        of(
            (Restriction(end_time=time(17)), component(TIME, "1.2", step_size=1800)),
            (Restriction(start_time=time(17)), component(TIME, "2.4", step_size=900)),
            (Restriction(), component(PARKING, "1", step_size=900)),
            (Restriction(), component(ENERGY, "4", step_size=1)),
        )
    )
    assert (
        "Charging time is counted in steps of 30 min or 15 min, rounded up once. The step of the last price counts."
        in said
    )
    assert "Parking is counted in steps of 15 min, rounded up once. Where parking is paid for" in said
    assert "Energy is counted" not in said


@pytest.mark.parametrize(
    ("included", "vat", "sentence"),
    [
        (None, "25", "Prices are before taxes; 25 % VAT is added."),
        (None, None, "No VAT is added."),
        (TaxIncluded.NO, "10", "Prices are before taxes; 10 % VAT is added."),
        (TaxIncluded.NO, None, "Prices are before taxes; taxes may be added."),
        (TaxIncluded.YES, "25", "Prices include 25 % VAT."),
        (TaxIncluded.YES, None, "Prices include taxes."),
        (TaxIncluded.NOT_APPLICABLE, "25", "No taxes apply."),
        (TaxIncluded.UNSAID, None, "Prices are before taxes; the tariff does not say which are added."),
    ],
)
def test_taxes_are_said_as_the_tariff_means_them(included: TaxIncluded | None, vat: str | None, sentence: str) -> None:
    """TAR-028, TAR-029, TAR-030, TAR-116."""
    assert sentence in explained(of((Restriction(), component(ENERGY, "4", vat=vat)), tax_included=included))


def test_different_taxes_stand_with_their_prices() -> None:
    said = explained(
        of((Restriction(), component(ENERGY, "4", vat="10")), (Restriction(), component(FLAT, "5", vat="20")))
    )
    assert "Energy costs 4 SEK/kWh plus 10 % VAT.\nStarting a charge costs 5 SEK plus 20 % VAT." in said


def test_the_lowest_and_the_highest_price_are_said_on_both_sides_of_the_tax() -> None:
    """TAR-083, TAR-084."""
    said = explained(
        of(
            (Restriction(), component(ENERGY, "4")),
            price_min=Limit(Decimal(20), Decimal(25)),
            price_max=Limit(Decimal("99.9")),
        )
    )
    assert "A charge costs at least 20 SEK before taxes and 25 SEK with them, even if less was used." in said
    assert "A charge never costs more than 99.90 SEK before taxes." in said


def test_whom_it_is_for_and_when_it_holds() -> None:
    """TAR-018, TAR-020."""
    said = explained(
        of(
            (Restriction(), component(ENERGY, "4")),
            type="AD_HOC_PAYMENT",
            starts_at=datetime(2026, 1, 1, tzinfo=UTC),
            ends_at=datetime(2027, 1, 1, tzinfo=UTC),
            preauthorize_amount=Decimal(300),
        )
    )
    assert said.startswith("For those who pay at the charging point, without a contract.\n")
    assert "Before the charge, 300 SEK is held on the payment card.\n" in said
    assert said.endswith("Valid from 2026-01-01 00:00 UTC to 2027-01-01 00:00 UTC.")


def test_both_languages_have_every_sentence_and_another_language_is_english() -> None:
    assert SENTENCES["en"].keys() == SENTENCES["sv"].keys()
    simple = of((Restriction(), component(ENERGY, "4.5")))
    assert explained(simple, "fi") == explained(simple)
