"""Which price applies when in a week, the days on which clocks are changed among them."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.pricing.model import CannotPrice
from laddnav.pricing.plain.week import Band, Day, week
from laddnav.tariffs.model import Element, PriceComponent, Restriction, Tariff, TariffDimension, Weekday
from tests.things import component, tariff

ENERGY, FLAT = TariffDimension.ENERGY, TariffDimension.FLAT
STOCKHOLM = "Europe/Stockholm"
PLAIN, SPRING, AUTUMN = date(2026, 11, 16), date(2026, 3, 23), date(2026, 10, 19)
NIGHT = Restriction(start_time=time(22), end_time=time(6))


def of(*elements: tuple[Restriction, PriceComponent]) -> Tariff:
    made = tuple(Element(components=(one,), restriction=when) for when, one in elements)
    return replace(tariff(elements=made))


def bands(day: Day, dimension: str = "ENERGY") -> tuple[Band, ...]:
    return next(row.bands for row in day.rows if row.dimension == dimension)


def told(day: Day, dimension: str = "ENERGY") -> list[tuple[timedelta, list[Decimal]]]:
    """How long each band is, and what it costs."""
    return [(band.ended_at - band.started_at, [one.price for one in band.offered]) for band in bands(day, dimension)]


def hours(count: int) -> timedelta:
    return timedelta(hours=count)


def test_a_price_without_restrictions_fills_every_day() -> None:
    seen = week(tariff(), PLAIN, STOCKHOLM)
    assert [day.on for day in seen.days] == [PLAIN + timedelta(days=after) for after in range(7)]
    assert all(told(day) == [(hours(24), [Decimal("2.50")])] for day in seen.days)
    assert [row.dimension for row in seen.days[0].rows] == ["ENERGY", "FLAT"]


def test_a_week_begins_on_its_monday() -> None:
    assert week(tariff(), PLAIN + timedelta(days=5), STOCKHOLM) == week(tariff(), PLAIN, STOCKHOLM)


def test_windows_over_midnight_and_weekdays_are_bands() -> None:
    """TAR-050, TAR-051: FRIDAY 22:00 to 06:00 is Friday's own night at both its ends."""
    friday = replace(NIGHT, weekdays=(Weekday.FRIDAY,))
    seen = week(of((friday, component(ENERGY, "1")), (Restriction(), component(ENERGY, "4"))), PLAIN, STOCKHOLM)
    assert told(seen.days[4]) == [
        (hours(6), [Decimal(1)]),
        (hours(16), [Decimal(4)]),
        (hours(2), [Decimal(1)]),
    ]
    assert told(seen.days[5]) == [(hours(24), [Decimal(4)])]


def test_a_time_without_a_price_is_free_and_said_to_be() -> None:
    """TAR-040."""
    seen = week(of((NIGHT, component(ENERGY, "1"))), PLAIN, STOCKHOLM)
    night, day, evening = bands(seen.days[0])
    assert (night.free, day.free, evening.free) == (False, True, False)
    assert day.offered == ()
    assert day.started_at == datetime(2026, 11, 16, 5, tzinfo=UTC)


@pytest.mark.parametrize(("monday", "length"), [(SPRING, 23), (AUTUMN, 25)])
def test_the_day_on_which_the_clock_is_changed_has_its_true_length(monday: date, length: int) -> None:
    """TAR-048."""
    sunday = week(of((NIGHT, component(ENERGY, "1"))), monday, STOCKHOLM).days[6]
    assert sunday.ended_at - sunday.started_at == hours(length)
    assert [one for one, _ in told(sunday)] == [hours(length - 18), hours(16), hours(2)]


def test_a_window_in_the_hour_that_comes_twice_is_shown_twice() -> None:
    half_past = Restriction(start_time=time(2), end_time=time(2, 30))
    sunday = week(of((half_past, component(ENERGY, "1"))), AUTUMN, STOCKHOLM).days[6]
    assert [band.free for band in bands(sunday)] == [True, False, True, False, True]


def test_a_window_in_the_hour_that_spring_leaves_out_is_not_shown() -> None:
    left_out = Restriction(start_time=time(2), end_time=time(3))
    sunday = week(of((left_out, component(ENERGY, "1"))), SPRING, STOCKHOLM).days[6]
    assert [band.free for band in bands(sunday)] == [True]


def test_what_else_must_hold_stands_with_the_price_in_the_order_in_which_it_is_tried() -> None:
    """TAR-037."""
    slow = Restriction(power_max=kw(11), weekdays=(Weekday.MONDAY,))
    dear = Restriction(energy_min=kwh(50))
    seen = week(
        of((slow, component(ENERGY, "2")), (dear, component(ENERGY, "9")), (Restriction(), component(ENERGY, "4"))),
        PLAIN,
        STOCKHOLM,
    )
    (monday,), (tuesday,) = bands(seen.days[0]), bands(seen.days[1])
    assert [one.restriction for one in monday.offered] == [Restriction(power_max=kw(11)), dear, Restriction()]
    assert [one.price for one in tuesday.offered] == [Decimal(9), Decimal(4)]
    assert [(one.element, one.component) for one in tuesday.offered] == [(1, 0), (2, 0)]
    assert not monday.free


def test_dates_begin_and_end_at_midnight() -> None:
    """TAR-052."""
    two_days = Restriction(start_date=date(2026, 11, 17), end_date=date(2026, 11, 19))
    seen = week(of((two_days, component(ENERGY, "1"))), PLAIN, STOCKHOLM)
    assert [bands(day)[0].free for day in seen.days] == [True, False, False, True, True, True, True]


def test_a_start_fee_that_waits_for_energy_is_not_shown() -> None:
    seen = week(
        of((Restriction(energy_min=kwh(1)), component(FLAT, "9")), (Restriction(), component(FLAT, "4"))),
        PLAIN,
        STOCKHOLM,
    )
    assert told(seen.days[0], "FLAT") == [(hours(24), [Decimal(4)])]


def test_what_a_reservation_costs_has_rows_of_its_own() -> None:
    """TAR-060."""
    seen = week(of((Restriction(reservation="RESERVATION"), component(FLAT, "9"))), PLAIN, STOCKHOLM)
    assert told(seen.days[0], "RESERVATION_FLAT") == [(hours(24), [Decimal(9)])]
    assert [row.dimension for row in seen.days[0].rows] == ["RESERVATION_FLAT"]


def test_a_place_or_a_time_that_nobody_has_is_refused() -> None:
    with pytest.raises(CannotPrice, match="no time zone"):
        week(tariff(), PLAIN, "Europe/Ladda")
    with pytest.raises(CannotPrice, match="9999"):
        week(tariff(), date.max, STOCKHOLM)


def test_a_tariff_that_nobody_could_read_as_a_week_is_refused_at_once() -> None:
    """Every minute of the day begins and ends something."""
    minutes = [time(minute // 60, minute % 60) for minute in range(1440)]
    windows = zip(minutes, [*minutes[1:], time()], strict=True)
    entangled = of(*((Restriction(start_time=s, end_time=e), component(ENERGY, "1")) for s, e in windows))
    with pytest.raises(CannotPrice, match="too many"):
        week(entangled, PLAIN, STOCKHOLM)
