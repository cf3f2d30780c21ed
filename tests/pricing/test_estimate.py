"""What a charge will cost, how far an amount reaches, and what comes next while one is under way."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from laddnav.kit.energy import kwh, wh
from laddnav.kit.ids import PartyId
from laddnav.kit.power import kw
from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.ahead.course import changes, now, parking_fee_starts
from laddnav.pricing.ahead.estimate import estimated, reach, remaining
from laddnav.pricing.model import CannotPrice
from laddnav.pricing.tab import advanced, opened
from laddnav.tariffs.model import Element, Limit, PriceComponent, Restriction, Tariff, TariffDimension, TaxIncluded

STOCKHOLM = "Europe/Stockholm"
EVENING = datetime(2026, 11, 23, 18, 0, tzinfo=ZoneInfo(STOCKHOLM))
HOUR = timedelta(hours=1)


def component(type: str, price: str, *, vat: str | None = "25", step: int = 1) -> PriceComponent:
    tax = None if vat is None else Decimal(vat)
    return PriceComponent(type=TariffDimension(type), price=Decimal(price), vat=tax, step_size=step)


def tariff(*elements: Element, most: Limit | None = None) -> Tariff:
    return Tariff(
        owner=PartyId("SE", "LAD"),
        id="DAY",
        currency="SEK",
        elements=elements,
        price_max=most,
        last_updated=datetime(2026, 1, 1, tzinfo=UTC),
    )


def element(*components: PriceComponent, **restriction: object) -> Element:
    return Element(components=components, restriction=Restriction(**restriction))  # type: ignore[arg-type]  # by name


DAY_AND_NIGHT = tariff(
    element(component("ENERGY", "4"), start_time=time(6), end_time=time(20)),
    element(component("ENERGY", "2")),
    element(component("FLAT", "5")),
    element(component("PARKING_TIME", "60"), duration_min=3 * HOUR),
)


def test_an_estimate_says_what_it_costs_when_it_is_full_and_where_the_price_changes() -> None:
    said = estimated(DAY_AND_NIGHT, energy=kwh(33), start=EVENING, power=kw(11), zone=STOCKHOLM, parked=HOUR)
    assert said.full_at == EVENING + 3 * HOUR
    assert said.ends_at == EVENING + 4 * HOUR
    assert said.priced.total.excl == 5 + 22 * 4 + 11 * 2 + 60
    assert said.priced.total.incl == Decimal("218.75")
    assert said.per_kwh is not None
    assert said.per_kwh.excl == Decimal("5.303030303030")
    night, parking = said.changes
    assert (night.at, night.used, night.dimension) == (EVENING + 2 * HOUR, kwh(22), TariffDimension.ENERGY)
    assert night.before is not None and night.after is not None
    assert (night.before.price, night.after.price) == (Decimal(4), Decimal(2))
    assert (parking.at, parking.before, parking.dimension) == (EVENING + 3 * HOUR, None, "PARKING_TIME")


def test_energy_at_a_border_is_a_round_number_whatever_is_charged_in_all() -> None:
    said = estimated(DAY_AND_NIGHT, energy=wh(30_001), start=EVENING, power=kw(11), zone=STOCKHOLM)
    assert [line.volume for line in said.priced.lines if line.unit == "kWh"] == [22, Decimal("8.001")]


def test_an_hour_is_an_hour_in_the_night_on_which_clocks_are_put_back() -> None:
    midnight = datetime(2026, 10, 25, 0, 0, tzinfo=ZoneInfo(STOCKHOLM))
    said = estimated(DAY_AND_NIGHT, energy=kwh(44), start=midnight, power=kw(11), zone=STOCKHOLM)
    assert said.full_at == datetime(2026, 10, 25, 3, 0, tzinfo=ZoneInfo(STOCKHOLM)).astimezone(UTC)
    assert said.full_at - said.started_at == 4 * HOUR


def test_nothing_charged_costs_the_start_fee_and_has_no_price_per_kwh() -> None:
    said = estimated(DAY_AND_NIGHT, energy=kwh(0), start=EVENING, power=kw(11), zone=STOCKHOLM)
    assert said.priced.total.excl == 5
    assert said.per_kwh is None


@pytest.mark.parametrize(("energy", "power"), [("20", "0"), ("20", "-1"), ("-20", "11"), ("1e9", "0.001")])
def test_what_is_no_charge_is_refused(energy: str, power: str) -> None:
    with pytest.raises(CannotPrice):
        estimated(DAY_AND_NIGHT, energy=kwh(energy), start=EVENING, power=kw(power), zone=STOCKHOLM)


# How far an amount reaches --------------------------------------------------------------------------------------------


def test_an_amount_reaches_over_a_change_of_the_price() -> None:
    """5 + 88 until eight o'clock, then 12 at half the price, before taxes."""
    found = reach(DAY_AND_NIGHT, amount=Decimal(105), power=kw(11), start=EVENING, zone=STOCKHOLM, after_taxes=False)
    assert found.energy == kwh(28)
    assert found.after == timedelta(seconds=28 * 3600 // 11)
    assert found.total.excl == 105


def test_taxes_count_unless_they_are_asked_to_stay_out() -> None:
    flat = tariff(element(component("ENERGY", "4")))
    found = reach(flat, amount=Decimal(100), power=kw(10), start=EVENING, zone=STOCKHOLM)
    assert (found.energy, found.after, found.after_taxes) == (kwh(20), 2 * HOUR, True)
    found = reach(flat, amount=Decimal(100), power=kw(10), start=EVENING, zone=STOCKHOLM, after_taxes=False)
    assert (found.energy, found.after_taxes) == (kwh(25), False)


def test_an_amount_that_a_start_fee_exceeds_reaches_nowhere() -> None:
    found = reach(DAY_AND_NIGHT, amount=Decimal(5), power=kw(11), start=EVENING, zone=STOCKHOLM)
    assert (found.energy, found.after) == (kwh(0), timedelta())


@pytest.mark.parametrize(
    "free",
    [
        tariff(element(component("FLAT", "0"))),
        tariff(element(component("ENERGY", "4")), most=Limit(Decimal(80), Decimal(100))),
        tariff(element(component("ENERGY", "4", vat=None), energy_max=kwh(25))),
    ],
)
def test_what_never_costs_so_much_is_never_reached(free: Tariff) -> None:
    found = reach(free, amount=Decimal(100), power=kw(11), start=EVENING, zone=STOCKHOLM)
    assert (found.energy, found.after) == (None, None)


def test_a_step_that_has_begun_is_paid_whole() -> None:
    stepped = tariff(element(component("ENERGY", "4", vat=None, step=5000)))
    found = reach(stepped, amount=Decimal(59), power=kw(10), start=EVENING, zone=STOCKHOLM)
    assert (found.energy, found.after) == (kwh(10), HOUR)


def test_an_amount_of_time_is_found_to_the_second() -> None:
    timed = tariff(element(component("TIME", "36", vat=None)))
    found = reach(timed, amount=Decimal(10), power=kw(11), start=EVENING, zone=STOCKHOLM)
    assert found.after == timedelta(seconds=1000)
    assert found.energy == wh(3055)


def test_a_price_without_known_taxes_is_held_against_the_side_that_is_known() -> None:
    old = replace(tariff(element(component("ENERGY", "4", vat=None))), tax_included=TaxIncluded.UNSAID)
    found = reach(old, amount=Decimal(100), power=kw(10), start=EVENING, zone=STOCKHOLM)
    assert (found.energy, found.after_taxes) == (kwh(25), False)


def test_what_is_left_of_an_amount_counts_what_is_on_the_tab_already() -> None:
    tab = opened(DAY_AND_NIGHT, EVENING, STOCKHOLM)
    tab = advanced(tab, Stretch(started_at=EVENING, ended_at=EVENING + HOUR, energy=kwh(11)))
    left = remaining(tab, amount=Decimal(105), power=kw(11), after_taxes=False)
    assert left.energy == kwh(17)


# While a charge is under way ------------------------------------------------------------------------------------------


def test_changes_of_a_week_are_where_the_clock_says_it() -> None:
    found = changes(DAY_AND_NIGHT, since=EVENING, until=EVENING + timedelta(days=2), zone=STOCKHOLM, power=kw(11))
    assert [change.at.astimezone(EVENING.tzinfo).hour for change in found] == [20, 6, 20, 6]


def test_another_element_with_the_same_price_is_no_change() -> None:
    same = tariff(
        element(component("ENERGY", "4"), start_time=time(6), end_time=time(20)), element(component("ENERGY", "4.0"))
    )
    assert changes(same, since=EVENING, until=EVENING + timedelta(days=2), zone=STOCKHOLM, power=kw(11)) == ()


def test_a_running_charge_knows_its_price_the_next_one_and_its_cap() -> None:
    capped = tariff(*DAY_AND_NIGHT.elements, most=Limit(Decimal(40)))
    tab = opened(capped, EVENING, STOCKHOLM)
    seen = now(tab, EVENING, power=kw(11))
    assert seen.energy is not None and seen.energy.price == 4
    assert seen.next is not None and seen.next.at == EVENING + 2 * HOUR
    assert not seen.capped
    tab = advanced(tab, Stretch(started_at=EVENING, ended_at=EVENING + HOUR, energy=kwh(11)))
    assert now(tab, EVENING + HOUR, power=kw(11)).capped


def test_the_parking_fee_starts_when_the_tariff_says() -> None:
    tab = opened(DAY_AND_NIGHT, EVENING, STOCKHOLM)
    assert parking_fee_starts(tab, EVENING) == EVENING + 3 * HOUR
    tab = advanced(tab, Stretch(started_at=EVENING, ended_at=EVENING + 4 * HOUR, energy=kwh(11)))
    assert parking_fee_starts(tab, EVENING + 4 * HOUR) == EVENING + 4 * HOUR


def test_a_parking_fee_that_has_begun_says_since_when() -> None:
    standing = Stretch(started_at=EVENING, ended_at=EVENING + 5 * HOUR, energy=kwh(0), activity=Activity.SUSPENDED_EV)
    tab = advanced(opened(DAY_AND_NIGHT, EVENING, STOCKHOLM), standing)
    seen = now(tab, EVENING + 5 * HOUR, power=kw(11))
    assert seen.parking_fee_at == EVENING + 3 * HOUR
    assert seen.next is None


def test_a_tariff_without_a_parking_fee_never_starts_one() -> None:
    tab = opened(tariff(element(component("ENERGY", "4"))), EVENING, STOCKHOLM)
    assert parking_fee_starts(tab, EVENING) is None


def test_a_fee_for_the_day_only_begins_in_the_morning() -> None:
    by_day = tariff(element(component("PARKING_TIME", "20"), start_time=time(8), end_time=time(18)))
    tab = opened(by_day, EVENING, STOCKHOLM)
    assert parking_fee_starts(tab, EVENING) == EVENING + 14 * HOUR
