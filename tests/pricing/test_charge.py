"""What `price` makes of a CDR beyond its cases: which tariff, which clock, whose limits, and what it refuses."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.kit.money import TaxAmount
from laddnav.metering.model import ChargingPeriod, Dimension
from laddnav.pricing import (
    PRESETS,
    CannotPrice,
    Charge,
    Flag,
    Flagged,
    Policy,
    Priced,
    UnknownPolicy,
    policy_named,
    price,
)
from laddnav.pricing.policy import LimitScope, NoZone, Partials, Step
from laddnav.pricing.reasons import Because
from laddnav.tariffs.model import Element, Limit, PriceComponent, Restriction, Tariff, TariffDimension, Weekday

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def component(type: str, price: str, *, vat: str | None = None, step: int = 1) -> PriceComponent:
    tax = None if vat is None else Decimal(vat)
    return PriceComponent(type=TariffDimension(type), price=Decimal(price), vat=tax, step_size=step)


def tariff(*elements: Element | PriceComponent, id: str = "DAY", **given: Any) -> Tariff:
    return Tariff(
        owner=PartyId("SE", "LAD"),
        id=id,
        elements=tuple(one if isinstance(one, Element) else Element(components=(one,)) for one in elements),
        last_updated=NOON,
        **{"currency": "SEK", **given},
    )


def period(hours: int = 0, *, tariff_id: str | None = None, **volumes: str) -> ChargingPeriod:
    dimensions = tuple(Dimension(kind, Decimal(volume)) for kind, volume in volumes.items())
    return ChargingPeriod(started_at=NOON + hours * HOUR, dimensions=dimensions, tariff_id=tariff_id)


def charge(*periods: ChargingPeriod, tariffs: tuple[Tariff, ...] = (), **given: Any) -> Charge:
    return Charge(
        started_at=NOON,
        periods=periods,
        tariffs=tariffs,
        **{"ended_at": NOON + len(periods) * HOUR, "currency": "SEK", "zone": "Europe/Stockholm", **given},
    )


PLAIN = tariff(component("ENERGY", "4"))
TEN_KWH = charge(period(ENERGY="10", TIME="1"), tariffs=(PLAIN,))


def flags(done: Priced) -> set[Flag]:
    return {flagged.flag for flagged in done.flags}


# ---- Whose tariff


def test_a_tariff_is_in_force_from_its_first_moment_to_its_last() -> None:
    """TAR-020."""
    begun, ending = replace(PLAIN, starts_at=NOON), replace(PLAIN, ends_at=NOON)
    for one in (begun, ending):
        assert Flag.TARIFF_NOT_IN_FORCE not in flags(price(charge(period(ENERGY="10"), tariffs=(one,))))
    late = replace(PLAIN, starts_at=NOON + HOUR)
    assert Flag.TARIFF_NOT_IN_FORCE in flags(price(charge(period(ENERGY="10"), tariffs=(late,))))


def test_what_is_priced_again_after_a_free_period_is_a_line_of_its_own() -> None:
    """CDR-034: a period without a tariff, among others that name theirs."""
    told = (period(hour, ENERGY="10", tariff_id=id) for hour, id in enumerate(("DAY", None, "DAY")))
    assert [line.volume for line in price(charge(*told, tariffs=(PLAIN,))).lines] == [Decimal(10), Decimal(10)]


def test_tariffs_that_are_asked_for_replace_those_of_the_cdr() -> None:
    assert price(TEN_KWH).total.excl == 40
    assert price(TEN_KWH, tariffs=(tariff(component("ENERGY", "5")),)).total.excl == 50


def test_one_tariff_that_is_asked_for_holds_even_where_the_periods_name_another() -> None:
    """What-if: the question is what it would have cost; that the names differ is said."""
    named = charge(period(ENERGY="10", TIME="1", tariff_id="OLD"), tariffs=(PLAIN,))
    asked = price(named, tariffs=(tariff(component("ENERGY", "5"), id="NEW"),))
    assert asked.total.excl == 50
    assert asked.flags == (Flagged(flag=Flag.UNKNOWN_TARIFF, period=0, tariff_id="OLD"),)


def test_a_charge_without_any_tariff_is_free() -> None:
    """OCPI asks a free session for a free tariff; many a CPO sends none."""
    done = price(charge(period(ENERGY="10", TIME="1")))
    assert (done.total.excl, done.currency, done.lines, done.flags) == (Decimal(0), "SEK", (), ())


def test_ids_of_tariffs_ignore_their_case() -> None:
    """OCPI 2.2.1 types_cistring_type: `day` and `DAY` are one tariff."""
    assert price(charge(period(ENERGY="10", TIME="1", tariff_id="day"), tariffs=(PLAIN,))).total.excl == 40


def test_each_tariff_has_its_own_limits_and_they_are_of_what_it_priced() -> None:
    """TAR-083, TAR-084: a session with this tariff; of a session with two, each has its part."""
    low = tariff(component("ENERGY", "4"), price_max=Limit(Decimal(30)))
    high = tariff(component("ENERGY", "5"), id="FAST", price_min=Limit(Decimal(60)))
    both = charge(
        period(0, ENERGY="10", TIME="1", tariff_id="DAY"),
        period(1, ENERGY="10", TIME="1", tariff_id="FAST"),
        tariffs=(low, high),
    )
    done = price(both)
    assert done.total.excl == 90
    assert [(line.tariff_id, line.unit_price) for line in done.lines if line.element is None] == [
        ("DAY", Decimal(-10)),
        ("FAST", Decimal(10)),
    ]
    assert Flag.PARTS_DO_NOT_ADD_UP in flags(done)


def test_prices_in_two_currencies_are_not_added() -> None:
    euros = tariff(component("ENERGY", "0.4"), id="EUR", currency="EUR")
    both = charge(
        period(0, ENERGY="1", TIME="1", tariff_id="DAY"),
        period(1, ENERGY="1", TIME="1", tariff_id="EUR"),
        tariffs=(PLAIN, euros),
    )
    with pytest.raises(CannotPrice, match="EUR and SEK"):
        price(both)


def test_a_tariff_in_another_currency_is_not_converted() -> None:
    done = price(charge(period(ENERGY="10", TIME="1"), tariffs=(PLAIN,), currency="EUR"))
    assert (done.currency, done.total.excl) == ("SEK", Decimal(40))
    assert flags(done) == {Flag.CURRENCIES_DIFFER}


# ---- Reading what is written


def test_a_line_names_the_first_period_that_it_counts() -> None:
    done = price(
        charge(
            period(0, RESERVATION_TIME="1"),
            period(1, ENERGY="2", TIME="1"),
            period(2, ENERGY="3", TIME="1"),
            period(3, PARKING_TIME="1"),
            tariffs=(tariff(component("ENERGY", "4"), component("FLAT", "1"), component("PARKING_TIME", "2")),),
        )
    )
    assert [(line.dimension, line.period, line.volume) for line in done.lines] == [
        ("FLAT", 1, Decimal(1)),
        ("ENERGY", 1, Decimal(5)),
        ("PARKING_TIME", 3, Decimal(1)),
    ]
    assert (done.reserved, done.parked, done.lasted) == (HOUR, HOUR, 4 * HOUR)
    assert done.used.kwh == 5


def test_volumes_of_one_kind_in_one_period_are_one() -> None:
    twice = ChargingPeriod(
        started_at=NOON,
        dimensions=(Dimension("ENERGY", Decimal(3)), Dimension("ENERGY", Decimal(4)), Dimension("TIME", Decimal(1))),
    )
    assert price(charge(twice, tariffs=(PLAIN,))).total.excl == 28


def test_what_others_write_beside_the_volumes_does_no_harm() -> None:
    """CDR-040: STATE_OF_CHARGE is not for a CDR."""
    done = price(charge(period(ENERGY="10", TIME="1", STATE_OF_CHARGE="80", ANYTHING="1"), tariffs=(PLAIN,)))
    assert done.total.excl == 40


def test_a_reason_says_which_reservation_a_fee_is_for() -> None:
    """TAR-063."""
    fees = tariff(
        Element(components=(component("FLAT", "20"),), restriction=Restriction(reservation="RESERVATION_EXPIRES")),
        Element(components=(component("FLAT", "5"),), restriction=Restriction(reservation="RESERVATION")),
    )
    reserved = charge(period(RESERVATION_TIME="1"), tariffs=(fees,))
    assert [line.reason.code for line in price(reserved).lines] == [Because.EXPIRED]
    assert [line.reason.code for line in price(reserved, expired=False).lines] == [Because.RESERVED]


def test_a_day_that_is_left_out_of_a_week_is_another_price() -> None:
    """TAR-059: an absent list means every day."""
    weekend = Restriction(weekdays=(Weekday.SATURDAY, Weekday.SUNDAY))
    both = tariff(Element(components=(component("ENERGY", "1"),), restriction=weekend), component("ENERGY", "4"))
    assert price(charge(period(ENERGY="10", TIME="1"), tariffs=(both,))).total.excl == 40


def test_dates_hold_from_the_first_day_until_the_last_begins() -> None:
    """TAR-052: start_date is inclusive and end_date exclusive."""
    day = date(2026, 11, 23)
    on_that_day = Restriction(start_date=day, end_date=day + timedelta(days=1))
    until_then = Restriction(end_date=day)
    dated = tariff(
        Element(components=(component("ENERGY", "9"),), restriction=until_then),
        Element(components=(component("ENERGY", "1"),), restriction=on_that_day),
        component("ENERGY", "4"),
    )
    assert price(charge(period(ENERGY="10", TIME="1"), tariffs=(dated,))).total.excl == 10


# ---- Whose clock

EVENING = tariff(Element(components=(component("ENERGY", "9"),), restriction=Restriction(duration_min=HOUR)))
BY_THE_CLOCK = tariff(
    Element(components=(component("ENERGY", "9"),), restriction=Restriction(weekdays=(Weekday.MONDAY,)))
)


def test_without_a_zone_a_price_that_needs_none_is_a_price() -> None:
    done = price(charge(period(ENERGY="10", TIME="1"), tariffs=(EVENING,), zone=None))
    assert flags(done) == {Flag.ZONE_NOT_NEEDED}


@pytest.mark.parametrize("country", [None, "USA", "ESP"])
def test_without_a_zone_a_price_that_needs_one_is_refused(country: str | None) -> None:
    """A country with several zones does not say which."""
    unknown = charge(period(ENERGY="10", TIME="1"), tariffs=(BY_THE_CLOCK,), zone=None, country=country)
    with pytest.raises(CannotPrice, match="time zone"):
        price(unknown)
    assert price(unknown, zone="America/New_York").total.excl == 90


def test_nobody_has_to_take_the_countrys_zone() -> None:
    unknown = charge(period(ENERGY="10", TIME="1"), tariffs=(BY_THE_CLOCK,), zone=None, country="SWE")
    assert price(unknown).total.excl == 90
    with pytest.raises(CannotPrice, match="time zone"):
        price(unknown, policy=Policy(no_zone=NoZone.REFUSE))


# ---- Limits and parts


def test_parts_may_be_spread_so_that_they_add_up_to_a_limited_total() -> None:
    """TAR-086: ours stay as they are, and the result says that they do not add up."""
    capped = tariff(component("FLAT", "10", vat="25"), component("ENERGY", "4", vat="25"), price_max=Limit(Decimal(40)))
    limited = charge(period(ENERGY="20", TIME="1"), tariffs=(capped,))
    ours = price(limited)
    assert (ours.fixed.excl, ours.energy.excl, ours.total.excl) == (Decimal(10), Decimal(80), Decimal(40))
    assert flags(ours) == {Flag.PARTS_DO_NOT_ADD_UP}
    spread = price(limited, policy=Policy(partials=Partials.SPREAD))
    assert spread.fixed.excl is not None and spread.energy.excl is not None
    assert spread.fixed.excl + spread.energy.excl == spread.total.excl == 40
    assert spread.fixed.excl == Decimal("4.444444444444")
    assert flags(spread) == set()


def test_a_limit_reaches_even_a_charge_that_costs_nothing_else() -> None:
    """TAR-083: a session with this tariff costs at least this much."""
    least = tariff(component("ENERGY", "4"), price_min=Limit(Decimal(5), Decimal(6)))
    done = price(charge(period(ENERGY="0", TIME="1"), tariffs=(least,)))
    assert (done.total.excl, done.total.incl) == (Decimal(5), Decimal(6))


def test_under_a_limit_each_tax_is_still_its_percentage_of_what_it_is_taken_of() -> None:
    """TAR-084: 100 and 25 %, 50 and 10 %, all of it held at 60."""
    dear = (component("ENERGY", "5", vat="25"), component("TIME", "50", vat="10"))
    capped = tariff(*dear, price_max=Limit(Decimal(60)))
    ours = price(charge(period(ENERGY="20", TIME="1"), tariffs=(capped,))).total
    assert ours.taxes == (
        TaxAmount("VAT", Decimal(10), Decimal(25), Decimal(40)),
        TaxAmount("VAT", Decimal(2), Decimal(10), Decimal(20)),
    )
    assert ours.excl == 60 and ours.incl == 72
    # Half of it without a tax stays so, and no percentage is taken of what it never was.
    mixed = (component("ENERGY", "5", vat="25"), component("TIME", "100"))
    half = tariff(*mixed, price_max=Limit(Decimal(100)))
    ours = price(charge(period(ENERGY="20", TIME="1"), tariffs=(half,))).total
    assert (ours.excl, ours.incl) == (Decimal(100), Decimal("112.5"))
    assert ours.taxes == (TaxAmount("VAT", Decimal("12.5"), Decimal(25), Decimal(50)),)
    # Limits whose sides fit no percentage leave what they change without one.
    odd = replace(capped, price_max=Limit(Decimal(60), Decimal(61)))
    (*_, rest) = price(charge(period(ENERGY="20", TIME="1"), tariffs=(odd,))).total.taxes
    assert rest.percentage is None and rest.amount == -29


def test_a_limit_of_the_session_leaves_a_reservation_that_costs_more() -> None:
    capped = tariff(
        Element(components=(component("TIME", "50"),), restriction=Restriction(reservation="RESERVATION")),
        component("ENERGY", "4"),
        price_max=Limit(Decimal(20)),
    )
    both = charge(period(0, RESERVATION_TIME="1"), period(1, ENERGY="10", TIME="1"), tariffs=(capped,))
    assert price(both).total.excl == 20
    assert price(both, policy=Policy(limit_scope=LimitScope.SESSION)).total.excl == 70


# ---- Numbers


def test_no_digit_is_lost_however_many_there_are() -> None:
    exactly = Decimal("0.1234567890123456789012345678901")
    long = tariff(component("ENERGY", str(exactly), vat="12.345", step=0))
    done = price(charge(period(ENERGY="1234567.8901234567890123456789", TIME="1"), tariffs=(long,)))
    with localcontext() as context:
        context.prec = 200
        cost = exactly * Decimal("1234567.8901234567890123456789")
        assert done.total.excl == cost
        assert done.total.incl == cost + cost * Decimal("12.345") / 100


def test_a_cost_that_decimals_can_write_is_exact_beyond_the_twelfth_place() -> None:
    seconds = tariff(component("TIME", "0.0000001", step=0))
    done = price(charge(period(TIME="0.000000001"), tariffs=(seconds,)))
    assert done.total.excl == Decimal("1E-16")


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+999999", "1E-999999", "9" * 500])
@pytest.mark.parametrize("place", ["price", "vat", "volume", "power", "limit", "time"])
def test_what_is_no_number_or_an_absurd_one_is_refused(number: str, place: str) -> None:
    """Never an answer that is no number, and never one that was rounded unseen."""
    absurd = Decimal(number)
    said = {
        "price": PriceComponent(type=TariffDimension.ENERGY, price=absurd, vat=Decimal(25), step_size=1),
        "vat": PriceComponent(type=TariffDimension.ENERGY, price=Decimal("0.3"), vat=absurd, step_size=1),
    }
    limit = Limit(absurd) if place == "limit" else None
    strong = Element(components=(component("TIME", "3"),), restriction=Restriction(current_min=Decimal(7)))
    hostile = tariff(said.get(place, component("ENERGY", "0.3")), strong, price_max=limit)
    dimensions = (
        Dimension("ENERGY", absurd if place == "volume" else Decimal("10.1")),
        Dimension("TIME", absurd if place == "time" else Decimal("1.1")),
        Dimension("MAX_CURRENT", absurd if place == "power" else Decimal(1)),
    )
    one = ChargingPeriod(started_at=NOON, dimensions=dimensions)
    try:
        done = price(charge(one, tariffs=(hostile,)))
    except CannotPrice as refused:
        assert str(refused)
    else:
        assert done.total.excl is not None and done.total.excl.is_finite()
        assert done.total.incl is not None and done.total.incl.is_finite()


def test_more_than_anybody_charges_is_refused_by_name() -> None:
    with pytest.raises(CannotPrice, match="100001 periods"):
        price(charge(*([period(ENERGY="1")] * 100_001), tariffs=(PLAIN,), ended_at=NOON + HOUR))
    with pytest.raises(CannotPrice, match="10001 components"):
        price(charge(period(ENERGY="1"), tariffs=(tariff(*[component("ENERGY", "1")] * 10_001),)))
    many = tariff(
        *(
            Element(components=(component("ENERGY", "1"),), restriction=Restriction(duration_min=minute * HOUR / 60))
            for minute in range(1000)
        )
    )
    with pytest.raises(CannotPrice, match="too many borders"):
        price(charge(*([period(ENERGY="1")] * 10_000), tariffs=(many,), ended_at=NOON + HOUR))


# ---- Policies


def test_policies_have_names() -> None:
    assert policy_named("laddnav") == Policy()
    assert policy_named("ocpi-3").step is Step.PER_PERIOD
    with pytest.raises(UnknownPolicy, match="tandemdrive"):
        policy_named("nobody")


@pytest.mark.parametrize("policy", PRESETS.values(), ids=list(PRESETS))
def test_every_preset_prices(policy: Policy) -> None:
    assert price(TEN_KWH, policy=policy).total.excl == 40
