"""Each number has its unit, each time its zone, each amount its currency, as the language writes them."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from markupsafe import Markup

from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.web.format import Format

ENGLISH, SWEDISH = Format("en"), Format("sv")
NOON = datetime(2026, 11, 21, 11, 0, 5, tzinfo=UTC)
NBSP = "\N{NO-BREAK SPACE}"


def read(shown: Markup) -> str:
    return re.sub("<[^>]+>", "", shown).replace(NBSP, " ")


def test_energy_is_kwh_to_the_wh() -> None:
    assert read(ENGLISH.energy(kwh("1234.5"))) == "1,234.500 kWh"
    assert read(SWEDISH.energy(kwh("1234.5"))) == "1 234,500 kWh"


def test_power_is_kw() -> None:
    assert read(SWEDISH.power(kw("11.04"))) == "11,0 kW"


def test_an_amount_is_paid_in_whole_coins_and_names_its_currency() -> None:
    assert read(ENGLISH.amount(Decimal("35.8625"), "SEK")) == "35.86 SEK"
    assert read(ENGLISH.amount(Decimal("35.8625"), "ISK")) == "36 ISK"


def test_an_exact_amount_hides_no_digit() -> None:
    assert read(SWEDISH.exact(Decimal("30.8625"), "SEK")) == "30,8625 SEK"
    assert read(SWEDISH.exact(Decimal("5"), "SEK")) == "5,00 SEK"


def test_amounts_of_a_column_take_the_same_room_behind_the_separator() -> None:
    column = [Decimal("5.49437"), Decimal("0.5"), Decimal("0.240000000001"), None]
    digits = ENGLISH.digits(column, "EUR")
    assert digits == 5
    assert 'data-digits="000"' in ENGLISH.exact(Decimal("0.5"), "EUR", digits)
    assert "data-digits" not in ENGLISH.exact(Decimal("5.49437"), "EUR", digits)
    assert read(ENGLISH.amount(Decimal("6.23437"), "EUR", digits)) == "6.23 EUR"
    assert 'data-digits=".0"' in ENGLISH.amount(Decimal(36), "ISK", ENGLISH.digits([Decimal("36.5")], "ISK"))


def test_hours_are_also_said_as_a_clock_counts_them() -> None:
    assert read(ENGLISH.hours(Decimal("0.0883"))) == "5 min 18 s"


def test_a_number_never_stands_on_another_line_than_its_unit() -> None:
    assert f"5.00{NBSP}" in ENGLISH.amount(Decimal(5), "EUR")


def test_an_instant_says_its_zone_and_is_told_to_machines_in_utc() -> None:
    shown = ENGLISH.instant(NOON, "Europe/Stockholm", seconds=True)
    assert read(shown) == "2026-11-21 12:00:05 CET"
    assert 'datetime="2026-11-21T11:00:05Z"' in shown
    assert read(ENGLISH.clock(NOON + timedelta(days=240), "Europe/Stockholm")) == "13:00:05 CEST"


def test_a_length_has_its_two_largest_units() -> None:
    assert read(ENGLISH.length(timedelta(hours=1, minutes=23, seconds=4))) == "1 h 23 min"
    assert read(ENGLISH.length(timedelta(days=2, minutes=5))) == "2 d"
    assert read(ENGLISH.length(timedelta())) == "0 s"
    assert read(ENGLISH.length(-timedelta(minutes=5))) == "−5 min"
