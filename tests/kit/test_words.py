"""The words every room speaks mean what they say."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.energy import Energy, kwh, wh
from laddnav.kit.ids import NotAPartyId, PartyId, fold, made_at
from laddnav.kit.json import Unreadable, sane
from laddnav.kit.money import Price, TaxAmount, minor_unit
from laddnav.kit.power import kw, mean_power
from laddnav.kit.time import hours, rfc3339, utc
from laddnav.server.clock import WallClock
from tests.clock import SetClock


@pytest.mark.parametrize("text", ["SE*LAD", "se*lad", "SE-LAD", "SELAD", " SE*LAD "])
def test_a_party_is_read_however_it_is_written(text: str) -> None:
    assert PartyId.parse(text) == PartyId("SE", "LAD")


@pytest.mark.parametrize("text", ["", "SE", "SWE*LAD", "SE*LADD", "S1*LAD", "SE*LA*", "SE/LAD"])
def test_what_is_not_a_party_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(NotAPartyId, match=r"SE\*LAD"):
        PartyId.parse(text)


def test_an_id_says_when_it_was_made() -> None:
    clock = SetClock(datetime(2026, 11, 23, 8, 0, 0, 123_456, tzinfo=UTC))
    assert made_at(clock.new_id()) == datetime(2026, 11, 23, 8, 0, 0, 123_000, tzinfo=UTC)
    before, made, after = WallClock().now(), made_at(WallClock().new_id()), WallClock().now()
    assert before - timedelta(milliseconds=1) < made <= after


@given(st.from_regex(r"[A-Z]{2}\*[A-Z0-9]{3}", fullmatch=True))
def test_a_party_is_written_as_it_is_read(text: str) -> None:
    assert str(PartyId.parse(text)) == text


def test_ids_are_compared_without_their_case() -> None:
    """TYP-002: a CiString is compared without its case."""
    assert fold("LoC-1") == fold("LOC-1")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3))
def test_energy_is_the_same_in_either_unit(amount: Decimal) -> None:
    assert kwh(amount) == wh(amount * 1000)
    assert kwh(amount).kwh == amount
    assert kwh(amount) - kwh(amount) == Energy(Decimal(0))


def test_mean_power_is_energy_over_time() -> None:
    assert mean_power(kwh("5.5"), timedelta(minutes=30)) == kw(11)


def test_hours_are_exact_to_the_microsecond() -> None:
    assert hours(timedelta(minutes=90)) == Decimal("1.5")
    assert hours(timedelta(microseconds=3600)) == Decimal("0.000001")


def test_an_instant_without_a_zone_is_utc() -> None:
    """TYP-009: a DateTime without a zone is UTC."""
    assert utc(datetime(2026, 11, 21, 9)) == datetime(2026, 11, 21, 9, tzinfo=UTC)  # noqa: DTZ001 - that is the case
    stockholm = timezone(timedelta(hours=1))
    assert rfc3339(datetime(2026, 11, 21, 10, tzinfo=stockholm)) == "2026-11-21T09:00:00Z"
    assert rfc3339(datetime(2026, 11, 21, 9, 0, 0, 123456, tzinfo=UTC)) == "2026-11-21T09:00:00.123Z"


def test_a_price_adds_its_taxes_or_says_that_nobody_named_them() -> None:
    taxed = Price(Decimal("10.00"), (TaxAmount("VAT", Decimal("2.50")), TaxAmount("Levy", Decimal("0.10"))))
    assert taxed.after_taxes == Decimal("12.60")
    assert Price(Decimal("10.00")).after_taxes is None
    assert Price(Decimal("10.00"), ()).after_taxes == Decimal("10.00")


def test_currencies_have_the_minor_unit_that_is_paid() -> None:
    assert (minor_unit("SEK"), minor_unit("ISK"), minor_unit("KWD")) == (Decimal("0.01"), Decimal(1), Decimal("0.001"))
    assert (minor_unit("VND"), minor_unit("OMR"), minor_unit("CLF")) == (
        Decimal(1),
        Decimal("0.001"),
        Decimal("0.0001"),
    )


class Said(Struct):
    amount: Decimal


def test_a_number_keeps_every_digit_that_was_written() -> None:
    text = b'{"amount":0.1234567890123456789012345}'
    assert json.encode(json.decode(text, Said)) == text


def test_bad_json_is_refused_by_the_path_of_the_field() -> None:
    with pytest.raises(Unreadable, match=r"\$\.amount"):
        json.decode(b'{"amount": true}', Said)
    with pytest.raises(Unreadable):
        json.decode(b"{", Said)
    with pytest.raises(Unreadable):
        json.decode(b'{"amount": "\xff"}', Said)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999999", "1" * 60])
def test_a_number_that_cannot_be_calculated_with_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="cannot be used"):
        sane(Decimal(number))
