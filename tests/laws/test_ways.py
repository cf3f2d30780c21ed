"""Laws of choosing when to charge: cheap is never dearer than now, energy is conserved, a budget is never exceeded."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from laddnav.kit.energy import NO_ENERGY, Energy, wh
from laddnav.kit.power import Power
from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.ahead.ways import Grams, Way, affordable, at_once, carried, cheapest, dearest, greenest
from laddnav.pricing.rounding import rounded
from laddnav.pricing.tab import metered, opened
from laddnav.tariffs.model import Element, Restriction, Tariff, TariffDimension
from tests.laws.tariffs import tariffs
from tests.laws.test_estimate import energies, powers, starts
from tests.things import component, tariff

ZONE, EVENING = "Europe/Stockholm", datetime(2026, 11, 22, 18, 7, 13, tzinfo=UTC)
lengths = st.integers(20, 20 * 60).map(lambda minutes: timedelta(minutes=minutes))
hourly = st.lists(st.integers(-50, 500).map(lambda cents: Decimal(cents) / 100), min_size=24, max_size=24)


def by_the_hour(prices: list[Decimal]) -> Tariff:
    hours = [Restriction(start_time=time(hour), end_time=time((hour + 1) % 24)) for hour in range(24)]
    return tariff(
        elements=tuple(
            Element(components=(component(TariffDimension.ENERGY, str(price)),), restriction=hour)
            for hour, price in zip(hours, prices, strict=True)
        )
    )


@settings(max_examples=60)
@given(tariffs(), starts(), energies, powers, lengths)
def test_cheap_is_never_dearer_than_now_and_gives_as_much(
    tariff: Tariff, start: tuple[str, datetime], energy: Energy, power: Power, length: timedelta
) -> None:
    zone, at = start
    tab = opened(tariff, at, zone)
    now, cheap = at_once(tab, energy, power, at + length), cheapest(tab, energy, power, at + length)
    assert cheap.cost <= now.cost <= dearest(tab, energy, power, at + length).cost
    for way in (now, cheap):
        _conserves(way, energy, until=at + length)
        assert way.tab.ended_at == at + length or not way.draws


def test_a_car_that_needs_all_of_its_time_gets_all_of_its_energy() -> None:
    """A third of an hour is no decimal: at once lacked a microwatt-hour and left two microseconds for parking."""
    tab = opened(by_the_hour([Decimal(1)] * 24), EVENING, ZONE)
    until = EVENING + timedelta(minutes=20)
    for way in (at_once, cheapest, dearest):
        found = way(tab, wh(600), Power(Decimal(1800)), until)
        assert (found.missing, found.ready_at) == (NO_ENERGY, until)


@settings(max_examples=40)
@given(tariffs(), starts(), energies, powers, lengths)
def test_what_is_foretold_is_what_the_bill_says_if_it_comes_true(
    tariff: Tariff, start: tuple[str, datetime], energy: Energy, power: Power, length: timedelta
) -> None:
    zone, at = start
    way = cheapest(opened(tariff, at, zone), energy, power, at + length)
    said = _as_metered(way, at, at + length)
    assert way.total == rounded(metered(tariff, said, zone, started_at=at)).total


@settings(max_examples=40)
@given(hourly, st.integers(0, 23), st.integers(1, 300), energies, lengths)
def test_a_cheaper_hour_never_raises_what_cheap_costs(
    prices: list[Decimal], hour: int, cents: int, energy: Energy, length: timedelta
) -> None:
    power, until = Power(Decimal(11000)), EVENING + length
    lower = [price - Decimal(cents) / 100 if place == hour else price for place, price in enumerate(prices)]
    before = cheapest(opened(by_the_hour(prices), EVENING, ZONE), energy, power, until)
    after = cheapest(opened(by_the_hour(lower), EVENING, ZONE), energy, power, until)
    assert after.cost <= before.cost


@settings(max_examples=40)
@given(hourly, energies, lengths, lengths)
def test_more_time_never_makes_it_dearer(
    prices: list[Decimal], energy: Energy, length: timedelta, more: timedelta
) -> None:
    tab, power = opened(by_the_hour(prices), EVENING, ZONE), Power(Decimal(11000))
    sooner, later = (cheapest(tab, energy, power, EVENING + each) for each in (length, length + more))
    assert later.missing <= sooner.missing
    assert later.missing < sooner.missing or later.cost <= sooner.cost


@settings(max_examples=60)
@given(tariffs(), starts(), powers, st.decimals(1, 60, places=2))
def test_a_budget_is_never_exceeded(tariff: Tariff, start: tuple[str, datetime], power: Power, amount: Decimal) -> None:
    zone, at = start
    way = affordable(opened(tariff, at, zone), amount, power, timedelta(hours=5))
    if way is not None and way.energy:
        assert way.cost <= amount + Decimal("0.01")  # what rounding the whole bill once may add


@settings(max_examples=40)
@given(st.lists(st.integers(0, 800), min_size=40, max_size=40), energies, lengths)
def test_the_greenest_carries_no_more_than_at_once(per_kwh: list[int], energy: Energy, length: timedelta) -> None:
    tab, power, until = opened(tariff(), EVENING, ZONE), Power(Decimal(11000)), EVENING + length
    hour = EVENING.replace(minute=0, second=0)
    grams = [
        Grams(hour + timedelta(hours=place), hour + timedelta(hours=place + 1), Decimal(one))
        for place, one in enumerate(per_kwh)
    ]
    green, now = greenest(tab, energy, power, until, grams), at_once(tab, energy, power, until)
    _conserves(green, energy, until=until)
    most, least = carried(now.draws, grams), carried(green.draws, grams)
    assert most is not None and least is not None
    assert least <= most + Decimal("0.001")  # a microwatt-hour a step


def _conserves(way: Way, energy: Energy, *, until: datetime) -> None:
    assert sum((draw.energy for draw in way.draws), NO_ENERGY) == way.energy == way.tab.used
    assert way.energy + way.missing == energy
    assert all(draw.end_at <= until for draw in way.draws)
    assert all(one.end_at <= two.begin_at for one, two in zip(way.draws, way.draws[1:], strict=False))


def _as_metered(way: Way, at: datetime, until: datetime) -> list[Stretch]:
    """What a meter would say of it, until the car leaves."""
    stretches = list[Stretch]()
    for draw in way.draws:
        if draw.begin_at > at:
            pause = Activity.SUSPENDED_EVSE
            stretches.append(Stretch(started_at=at, ended_at=draw.begin_at, energy=NO_ENERGY, activity=pause))
        stretches.append(Stretch(started_at=draw.begin_at, ended_at=draw.end_at, energy=draw.energy))
        at = draw.end_at
    if until > at:
        stretches.append(Stretch(started_at=at, ended_at=until, energy=NO_ENERGY, activity=Activity.SUSPENDED_EV))
    return stretches


def test_a_night_rate_is_waited_for_and_the_last_hour_is_filled_without_a_pause() -> None:
    """22 kWh at 11 kW, 4.20 until 20:00 and 2.60 after it: two hours from eight o'clock on."""
    day = Restriction(start_time=time(6), end_time=time(20))
    priced = tariff(
        elements=(
            Element(components=(component(TariffDimension.ENERGY, "4.20"),), restriction=day),
            Element(components=(component(TariffDimension.ENERGY, "2.60"),)),
        )
    )
    tab, power = opened(priced, EVENING, ZONE), Power(Decimal(11000))
    seven = EVENING.replace(hour=6, minute=0, second=0) + timedelta(days=1)
    cheap = cheapest(tab, wh(22_000), power, seven)
    (draw,) = cheap.draws
    assert (draw.begin_at.hour, draw.begin_at.minute) == (19, 0)  # UTC
    assert cheap.cost == Decimal("71.50") < at_once(tab, wh(22_000), power).cost


def test_where_standing_there_full_costs_the_car_is_full_when_it_leaves() -> None:
    """One price a kWh at all hours, and 60 an hour for standing: at once is the dearest of all."""
    standing = Element(components=(component(TariffDimension.PARKING_TIME, "60"),))
    tab = opened(tariff(elements=(*tariff().elements, standing)), EVENING, ZONE)
    until, power = EVENING + timedelta(hours=8), Power(Decimal(11000))
    cheap = cheapest(tab, wh(22_000), power, until)
    assert cheap.ready_at == until
    assert at_once(tab, wh(22_000), power, until).cost - cheap.cost == 60 * 6 * Decimal("1.25")
