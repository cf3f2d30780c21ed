"""What is held before a charge, when more is, and the law that a charge never costs more than what is held."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from laddnav.kit.energy import Energy
from laddnav.kit.power import Power, kw
from laddnav.metering.model import Activity, Stretch
from laddnav.payments.bounds import AHEAD, REACTION, NoFullPrice, cost_by, first_hold, is_free, looked_at
from laddnav.pricing.model import Tab
from laddnav.pricing.tab import advanced, opened, priced
from laddnav.tariffs.model import Element, Limit, Restriction, Tariff, TariffDimension
from tests.things import component, tariff

START = datetime(2026, 11, 23, 17, 50, tzinfo=UTC)
ZONE = "Europe/Stockholm"


def test_the_tariff_says_what_is_held_or_else_what_two_hours_cost() -> None:
    # 11 kW for two hours: (22 × 2.50 + 5) and 25 % are 75, in steps of 20.
    assert first_hold(tariff(), kw(11), START, ZONE) == 80
    assert first_hold(tariff(preauthorize_amount=Decimal(150)), kw(11), START, ZONE) == 160
    assert first_hold(tariff(currency="EUR"), kw(11), START, ZONE) == 75
    # A slow plug is taken for 20 kWh, a fast one for 60.
    assert first_hold(tariff(), kw(3), START, ZONE) == 80
    assert first_hold(tariff(), kw(350), START, ZONE) == 200


def test_free_is_what_asks_for_nothing_at_any_hour() -> None:
    nothing = Element(components=(component(TariffDimension.ENERGY, "0"),))
    standing = Element(components=(component(TariffDimension.PARKING_TIME, "10"),))
    by_day = replace(standing, restriction=Restriction(start_time=time(8), end_time=time(18)))
    assert is_free(tariff(elements=(nothing,)))
    assert not is_free(tariff(elements=(nothing, by_day)))
    assert not is_free(tariff(elements=(nothing,), preauthorize_amount=Decimal(100)))
    assert not is_free(tariff(elements=(nothing,), price_min=Limit(Decimal(5))))
    assert is_free(tariff(elements=(nothing,), preauthorize_amount=Decimal(0), price_min=Limit(Decimal(0))))


def test_where_the_price_with_taxes_is_not_known_nothing_is_sold() -> None:
    untold = Element(components=(component(TariffDimension.ENERGY, "2.50", vat=None),))
    with pytest.raises(NoFullPrice):
        first_hold(tariff(elements=(untold,)), kw(11), START, ZONE)


def test_more_is_held_in_time_up_to_five_times_and_then_the_charge_ends() -> None:
    tab, held = opened(tariff(), START, ZONE), Decimal(80)
    now, raised = START, []
    for _ in range(600):
        now += timedelta(minutes=1)
        tab = advanced(tab, Stretch(started_at=tab.ended_at, ended_at=now, energy=Energy(Decimal(22_000) / 60)))
        look = looked_at(tab, now, kw(22), held=held, first=Decimal(80), wanted=held)
        if look.ends:
            break
        if look.raise_to is not None:
            held = look.raise_to
            raised.append(held)
    assert raised == [160, 240, 320, 400]
    total = priced(tab).total.incl
    assert total is not None and 395 < total < 400


def test_what_was_not_given_is_not_asked_for_again() -> None:
    tab = opened(tariff(), START, ZONE)
    look = looked_at(
        tab, START + timedelta(minutes=25), kw(11), held=Decimal(20), first=Decimal(20), wanted=Decimal(40)
    )
    assert look.raise_to is None


prices = some.decimals(0, 9, places=2)
EVENING = Restriction(start_time=time(19), end_time=time(23))


@some.composite
def tariffs(draw: some.DrawFn) -> Tariff:
    """Each kind of price, another one in the evening, and steps."""

    def element(restriction: Restriction) -> Element:
        return Element(
            components=(
                component(TariffDimension.ENERGY, str(draw(prices)), step_size=draw(some.sampled_from((1, 1000)))),
                component(TariffDimension.TIME, str(draw(prices)), step_size=draw(some.sampled_from((1, 60)))),
                component(TariffDimension.PARKING_TIME, str(draw(prices)), step_size=1),
                component(TariffDimension.FLAT, str(draw(prices))),
            ),
            restriction=restriction,
        )

    evening = (element(EVENING),) if draw(some.booleans()) else ()
    return tariff(elements=(*evening, element(Restriction())))


@given(
    offered=tariffs(),
    power=some.integers(1, 150),
    steps=some.lists(some.tuples(some.integers(1, 180), some.integers(0, 100), some.booleans()), max_size=60),
    obeys_after=some.integers(0, 150),
    room=some.integers(0, 300),
)
def test_a_charge_whose_station_obeys_never_costs_more_than_is_held(
    offered: Tariff, power: int, steps: list[tuple[int, int, bool]], obeys_after: int, room: int
) -> None:
    """Each step: seconds until the next reading and look, the share of its power that the car takes, whether it stands.

    From the look before a bound is passed to the end are at most a look (30 s here) and what the station takes.
    """
    tab, now = opened(offered, START, ZONE), START
    held = cost_by(tab, START + REACTION, kw(power)) + room
    for seconds, share, stands in steps:
        for part in [30] * (seconds // 30) + [seconds % 30]:
            # What is known at a look is what the last reading said; the car does as it likes meanwhile.
            if looked_at(tab, now, kw(power), held=held, first=held, wanted=held + 1).ends:
                tab = _went_on(tab, now + timedelta(seconds=obeys_after), power, share, stands)
                assert (priced(tab).total.incl or 0) <= held
                return
            now += timedelta(seconds=part)
        tab = _went_on(tab, now, power, share, stands)
        assert (priced(tab).total.incl or 0) <= held


def _went_on(tab: Tab, until: datetime, power: int, share: int, stands: bool) -> Tab:
    if until <= tab.ended_at:
        return tab
    watts = Decimal(0) if stands else Power(Decimal(power * 10 * share)).watts
    energy = Energy(watts * ((until - tab.ended_at) // timedelta(seconds=1)) / 3600)
    activity = Activity.SUSPENDED_EV if stands else Activity.CHARGING
    return advanced(tab, Stretch(started_at=tab.ended_at, ended_at=until, energy=energy, activity=activity))


def test_a_look_asks_for_more_before_it_has_to_end_the_charge() -> None:
    assert AHEAD > REACTION
