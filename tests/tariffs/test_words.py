"""A tariff's conditions read as plain words."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.tariffs.model import Restriction, Weekday
from laddnav.tariffs.words import length, number, when

WORKDAYS = tuple(Weekday)[:5]


@pytest.mark.parametrize(
    ("restriction", "english", "swedish"),
    [
        (Restriction(), "always", "alltid"),
        (
            Restriction(weekdays=WORKDAYS, start_time=time(9), end_time=time(18)),
            "Monday to Friday, from 09:00 to 18:00",
            "måndag till fredag, kl. 09:00–18:00",
        ),
        (Restriction(weekdays=(Weekday.SUNDAY, Weekday.SATURDAY)), "Saturday, Sunday", "lördag, söndag"),
        (Restriction(start_time=time(20), end_time=time(0)), "from 20:00 to midnight", "från kl. 20:00 till midnatt"),
        (Restriction(start_time=time(0), end_time=time(0)), "always", "alltid"),
        (Restriction(start_time=time(22)), "from 22:00 to midnight", "från kl. 22:00 till midnatt"),
        (Restriction(end_time=time(19, 59, 59)), "from midnight to 19:59:59", "från midnatt till kl. 19:59:59"),
        (
            Restriction(start_date=date(2026, 12, 24), end_date=date(2026, 12, 27)),
            "from 2026-12-24 on, before 2026-12-27",
            "från och med 2026-12-24, före 2026-12-27",
        ),
        (Restriction(energy_min=kwh("10.5")), "from 10.5 kWh on", "från 10,5 kWh"),
        (
            Restriction(power_min=kw(16), power_max=kw(32)),
            "at 16 kW or more, below 32 kW",
            "vid 16 kW eller mer, under 32 kW",
        ),
        (Restriction(current_max=Decimal(32)), "below 32 A", "under 32 A"),
        (
            Restriction(duration_min=timedelta(seconds=14460)),
            "from 4 h 1 min after the start",
            "från 4 h 1 min efter start",
        ),
        (Restriction(duration_max=timedelta(minutes=30)), "within 30 min of the start", "inom 30 min från start"),
        (Restriction(reservation="RESERVATION"), "for a reservation", "för en reservation"),
    ],
)
def test_a_restriction_says_when_it_holds(restriction: Restriction, english: str, swedish: str) -> None:
    assert when(restriction) == english
    assert when(restriction, "sv") == swedish


def test_a_language_that_we_do_not_speak_is_english() -> None:
    assert when(Restriction(duration_max=timedelta(minutes=30)), "fi") == "within 30 min of the start"


def test_numbers_and_lengths_say_no_more_than_there_is() -> None:
    assert number(Decimal("2.50")) == "2.5"
    assert number(Decimal("2.50"), "sv") == "2,5"
    assert number(Decimal("1E+1")) == "10"
    assert length(timedelta(hours=1, minutes=30, seconds=5)) == "1 h 30 min 5 s"
    assert length(timedelta()) == "0 s"
