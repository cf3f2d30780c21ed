"""A CDR that is right passes, one that is wrong fails where it is wrong, and the usual mistakes are called by name."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.metering.model import ChargingPeriod, Dimension
from laddnav.pricing.charge import price
from laddnav.pricing.check import causes, plausible
from laddnav.pricing.check.causes import Cause
from laddnav.pricing.check.plausible import Implausible, most_of
from laddnav.pricing.check.verdicts import Checked, Verdict, checked
from laddnav.pricing.model import Amount, Charge, Stated
from laddnav.pricing.policy import OURS, Flats, LocalTime, Policy, Rounding, Step
from laddnav.pricing.rounding import rounded
from laddnav.tariffs.model import Element, Limit, Restriction, Tariff, TariffDimension
from tests.things import component, tariff

EVENING = datetime(2026, 7, 1, 17, tzinfo=UTC)  # 19:00 in Stockholm
ZONE = "Europe/Stockholm"


def at(minutes: int) -> datetime:
    return EVENING + timedelta(minutes=minutes)


def period(minute: int, **volumes: str) -> ChargingPeriod:
    said = tuple(Dimension(name, Decimal(volume)) for name, volume in volumes.items())
    return ChargingPeriod(started_at=at(minute), dimensions=said, tariff_id="T1")


def charge(
    *periods: ChargingPeriod, of: Tariff, minutes: int = 60, policy: Policy = OURS, billed_on: Tariff | None = None
) -> Charge:
    """As somebody writes it who prices under `policy`, on `billed_on` where that is another tariff."""
    bare = Charge(started_at=EVENING, ended_at=at(minutes), currency="SEK", zone=ZONE, periods=periods, tariffs=(of,))
    priced = price(bare, tariffs=(billed_on or of,), policy=policy)
    total = rounded(priced, policy).total if policy.rounding is Rounding.PER_COMPONENT else priced.total
    return replace(bare, stated=Stated(total=Amount(total.excl, total.incl)))


def on(*elements: Element, price_max: Limit | None = None) -> Tariff:
    return tariff(elements=elements, price_max=price_max)


def element(*prices: tuple[TariffDimension, str], step: int = 1, vat: str = "25", **restricted: object) -> Element:
    components = tuple(component(kind, each, step_size=step, vat=vat) for kind, each in prices)
    return Element(components=components, restriction=Restriction(**restricted))  # type: ignore[arg-type]


ENERGY, TIME, PARKING, FLAT = (
    TariffDimension.ENERGY,
    TariffDimension.TIME,
    TariffDimension.PARKING_TIME,
    TariffDimension.FLAT,
)
PLAIN = on(element((ENERGY, "2.50"), (FLAT, "5.00")))
ENERGY_ONLY = on(element((ENERGY, "2.50")))
STEPPED = on(element((ENERGY, "2.50"), step=500))
TIMED = on(element((TIME, "6.00"), (PARKING, "12.00")))
TEN = period(0, ENERGY="10.1", TIME="1")
THREE = (
    period(0, ENERGY="3.1", TIME="0.3"),
    period(18, ENERGY="3.1", TIME="0.3"),
    period(36, ENERGY="3.1", TIME="0.4"),
)


def with_total(one: Charge, excl: str, incl: str) -> Charge:
    return replace(one, stated=Stated(total=Amount(Decimal(excl), Decimal(incl))))


# ---- The verdict


def test_a_cdr_that_says_what_its_tariff_says_matches() -> None:
    found = checked(charge(TEN, of=PLAIN))
    assert (found.verdict, found.likely_cause, found.mismatching_fields) == (Verdict.MATCH, None, ())


def test_a_coin_of_difference_is_rounding_and_ten_are_not() -> None:
    """30.25 and 37.8125 exactly, of two parts: two coins may come from rounding each."""
    one = charge(TEN, of=PLAIN)
    assert checked(with_total(one, "30.25", "37.81")).verdict is Verdict.WITHIN_ROUNDING
    assert checked(with_total(one, "30.27", "37.83")).verdict is Verdict.WITHIN_ROUNDING
    wrong = checked(with_total(one, "30.35", "37.94"))
    assert (wrong.verdict, wrong.mismatching_fields) == (Verdict.MISMATCH, ("total_cost",))


def test_the_side_after_taxes_counts_as_well() -> None:
    wrong = checked(with_total(charge(TEN, of=PLAIN), "30.25", "39.00"))
    assert wrong.mismatching_fields == ("total_cost",)


def test_without_a_tariff_nothing_can_be_said_of_the_cost() -> None:
    one = replace(charge(TEN, of=PLAIN), tariffs=(), energy=kwh("10.1"))
    found = checked(one)
    assert found.verdict is Verdict.NOT_VERIFIABLE
    assert found.why is not None and "no tariff" in found.why
    energy = found.field("total_energy")
    assert energy is not None and energy.verdict is Verdict.MATCH


def test_a_tariff_in_another_currency_says_nothing_of_the_cost() -> None:
    assert checked(replace(charge(TEN, of=PLAIN), currency="EUR")).verdict is Verdict.NOT_VERIFIABLE


def test_a_period_on_a_tariff_that_nobody_knows_is_not_called_wrong() -> None:
    other = replace(TEN, tariff_id="T2")
    found = checked(replace(charge(TEN, of=PLAIN), periods=(other,)))
    assert found.verdict is Verdict.NOT_VERIFIABLE
    assert found.why is not None and "'T2'" in found.why
    assert found.mismatching_fields == ()


def test_sums_are_held_against_the_periods() -> None:
    one = replace(
        charge(*THREE, of=PLAIN), energy=kwh("12"), time=timedelta(hours=3), parking_time=timedelta(minutes=30)
    )
    assert checked(one).mismatching_fields == ("total_energy", "total_time", "total_parking_time")
    right = replace(one, energy=kwh("9.3"), time=timedelta(hours=1), parking_time=timedelta())
    assert checked(right).verdict is Verdict.MATCH


def test_a_sum_may_be_rounded_as_it_is_printed() -> None:
    """CDR-046: 0.33 h three times is 0.99 h, and an hour by the clock."""
    thirds = [period(minute, ENERGY="1.111", TIME="0.33") for minute in (0, 20, 40)]
    one = replace(charge(*thirds, of=PLAIN), energy=kwh("3.33"), time=timedelta(hours=1))
    assert checked(one).verdict is Verdict.WITHIN_ROUNDING


def test_parking_time_may_hold_time_without_energy_that_is_no_parking() -> None:
    """CDR-046: the sum is more than the dimension since that was defined anew."""
    idle = (period(0, ENERGY="5", TIME="0.5"), period(30, TIME="0.5"))
    one = replace(charge(*idle, of=PLAIN), parking_time=timedelta(minutes=30))
    assert checked(one).verdict is Verdict.NOT_VERIFIABLE
    assert checked(replace(one, parking_time=timedelta(minutes=50))).mismatching_fields == ("total_parking_time",)


def test_a_part_of_the_cost_is_checked_for_itself() -> None:
    one = charge(TEN, of=PLAIN)
    parts = replace(one.stated, energy=Amount(Decimal("25.25"), None), fixed=Amount(Decimal("6.00"), None))
    assert checked(replace(one, stated=parts)).mismatching_fields == ("total_fixed_cost",)


def test_parts_may_be_as_a_limit_left_them_or_as_it_spread_them() -> None:
    limited = on(element((ENERGY, "2.50"), (FLAT, "5.00")), price_max=Limit(Decimal(20), Decimal(25)))
    one = charge(TEN, of=limited)
    for energy in ("25.25", "16.69"):
        parts = replace(one.stated, energy=Amount(Decimal(energy), None))
        assert checked(replace(one, stated=parts)).verdict in (Verdict.MATCH, Verdict.WITHIN_ROUNDING), energy


# ---- Causes


DAY_AND_NIGHT = on(
    element((ENERGY, "4.00"), start_time=time(8), end_time=time(20)),
    element((ENERGY, "1.00")),
)
RESERVED = on(element((TIME, "5.00"), reservation="RESERVATION"), element((TIME, "2.00")))
TWICE_FLAT = on(element((FLAT, "5.00"), duration_max=timedelta(minutes=10)), element((FLAT, "3.00"), (ENERGY, "1.00")))
LATER = (period(0, ENERGY="5", TIME="0.5"), period(90, ENERGY="5", TIME="0.5"))


@pytest.mark.parametrize(
    ("cause", "one"),
    [
        (
            Cause.UTC_FOR_LOCAL_TIME,
            charge(*LATER, of=DAY_AND_NIGHT, minutes=120, policy=Policy(local_time=LocalTime.UTC)),
        ),
        (Cause.STEP_PER_PERIOD, charge(*THREE, of=STEPPED, policy=Policy(step=Step.PER_PERIOD))),
        (Cause.STEP_IGNORED, charge(*THREE, of=on(element((ENERGY, "2.50"), step=5000)), billed_on=ENERGY_ONLY)),
        (
            Cause.MAX_PRICE_IGNORED,
            charge(TEN, of=replace(PLAIN, price_max=Limit(Decimal(20), Decimal(25))), billed_on=PLAIN),
        ),
        (
            Cause.MIN_PRICE_IGNORED,
            charge(TEN, of=replace(PLAIN, price_min=Limit(Decimal(50), Decimal(60))), billed_on=PLAIN),
        ),
        (Cause.TAXES_FORGOTTEN, with_total(charge(TEN, of=PLAIN), "30.25", "30.25")),
        (Cause.SIDES_SWAPPED, with_total(charge(TEN, of=PLAIN), "37.81", "30.25")),
        (Cause.TAXES_TWICE, with_total(charge(TEN, of=PLAIN), "37.81", "47.27")),
        (Cause.TAXES_IN_EXCL, with_total(charge(TEN, of=PLAIN), "37.81", "37.81")),
        (Cause.OTHER_TAX_RATE, with_total(charge(TEN, of=PLAIN), "30.25", "32.07")),
        (
            Cause.RESERVATION_LEAK,
            charge(period(0, TIME="1"), of=RESERVED, policy=Policy(reservation_leaks=True)),
        ),
        (Cause.TIME_PER_MINUTE, charge(TEN, of=TIMED, billed_on=on(element((TIME, "360.00"), (PARKING, "720.00"))))),
        (Cause.TIME_PER_MINUTE, charge(TEN, of=TIMED, billed_on=on(element((TIME, "0.10"), (PARKING, "0.20"))))),
        (Cause.PART_LEFT_OUT, charge(TEN, of=PLAIN, billed_on=ENERGY_ONLY)),
        (Cause.PART_TWICE, charge(TEN, of=PLAIN, billed_on=on(element((ENERGY, "2.50"), (FLAT, "10.00"))))),
        (Cause.FLAT_PER_ELEMENT, charge(*THREE, of=TWICE_FLAT, policy=Policy(flats=Flats.PER_ELEMENT))),
    ],
    ids=str,
)
def test_a_usual_mistake_is_called_by_its_name(cause: Cause, one: Charge) -> None:
    found = checked(one)
    assert (found.verdict, found.likely_cause) == (Verdict.MISMATCH, cause)


def test_an_earlier_version_of_the_tariff_is_recognised() -> None:
    cheaper = on(element((ENERGY, "2.00"), (FLAT, "5.00")))
    one = charge(TEN, of=PLAIN, billed_on=cheaper)
    assert checked(one).likely_cause is None
    assert checked(one, earlier=(cheaper,)).likely_cause is Cause.EARLIER_TARIFF


def test_a_cdr_that_carries_another_tariff_than_the_published_one_follows_its_own() -> None:
    dearer = on(element((ENERGY, "3.00"), (FLAT, "5.00")))
    found = checked(charge(TEN, of=dearer), tariffs=(PLAIN,))
    assert (found.verdict, found.likely_cause) == (Verdict.MISMATCH, Cause.ITS_OWN_TARIFF)


def test_who_rounds_each_component_is_within_rounding() -> None:
    night = [element((ENERGY, "1.234"), energy_min=kwh(each), energy_max=kwh(each + 1)) for each in range(9)]
    hours = [period(each * 5, ENERGY="1", TIME="0.08") for each in range(9)]
    one = charge(*hours, of=on(*night), policy=Policy(rounding=Rounding.PER_COMPONENT))
    found = checked(one)
    assert (found.verdict, found.likely_cause) == (Verdict.WITHIN_ROUNDING, Cause.ROUNDED_PER_COMPONENT)


def test_an_unknown_mistake_has_no_cause() -> None:
    assert checked(with_total(charge(TEN, of=PLAIN), "77.77", "97.21")).likely_cause is None


@pytest.mark.parametrize("language", ["en", "sv", "de"])
def test_every_cause_and_finding_has_its_sentence(language: str) -> None:
    sentences = {causes.said(each, language) for each in Cause} | {
        plausible.said(each, language) for each in Implausible
    }
    assert len(sentences) == len(Cause) + len(Implausible)
    assert all(each.endswith(".") for each in sentences)


# ---- What the CDR leaves open


def test_a_badly_split_period_allows_every_total_between_the_lowest_and_the_highest() -> None:
    """19:00 to 21:00 in one period, dear until 20:00: 10 kWh cost from 10 to 40 SEK."""
    two_hours = period(0, ENERGY="10", TIME="2")
    one = charge(two_hours, of=DAY_AND_NIGHT, minutes=120)
    for excl, incl in (("25.00", "31.25"), ("10.00", "12.50"), ("40.00", "50.00")):
        found = checked(with_total(one, excl, incl))
        assert found.verdict in (Verdict.NOT_VERIFIABLE, Verdict.MATCH), excl
        assert found.likely_cause is None
    for excl, incl in (("9.00", "11.25"), ("41.00", "51.25")):
        outside = checked(with_total(one, excl, incl))
        assert outside.verdict is Verdict.MISMATCH
        assert outside.spread is not None
        assert (outside.spread.lowest, outside.spread.highest) == (Decimal(10), Decimal(40))


def test_a_power_that_nobody_said_leaves_the_price_open() -> None:
    fast = on(element((ENERGY, "5.00"), power_min=kw(20)), element((ENERGY, "2.00")))
    one = with_total(charge(TEN, of=fast), "20.20", "25.25")
    assert checked(one).verdict is Verdict.NOT_VERIFIABLE


# ---- Credits


def credit(one: Charge, sign: int = -1) -> Charge:
    total = one.stated.total
    assert total is not None and total.excl is not None and total.incl is not None
    return replace(one, credit=True, stated=Stated(total=Amount(sign * total.excl, sign * total.incl)))


def test_a_credit_cdr_is_the_charge_with_its_total_turned() -> None:
    """CDR-014."""
    found = checked(credit(charge(TEN, of=PLAIN)))
    assert (found.verdict, found.implausible) == (Verdict.MATCH, ())
    total = found.field("total_cost")
    assert total is not None and (total.stated, total.ours) == (Decimal("-30.25"), Decimal("-30.25"))


def test_a_credit_cdr_without_the_sign_is_recognised() -> None:
    found = checked(credit(charge(TEN, of=PLAIN), sign=1))
    assert (found.verdict, found.likely_cause) == (Verdict.MISMATCH, Cause.CREDIT_NOT_NEGATED)


# ---- Plausibility


def odd(one: Charge, **given: object) -> tuple[Implausible, ...]:
    found: Checked = checked(one, **given)  # type: ignore[arg-type]
    return found.implausible


def test_a_charge_that_can_be_is_not_suspected() -> None:
    assert odd(charge(*THREE, of=PLAIN), power_max=kw(11)) == ()


def test_what_cannot_be_is_found_whatever_the_price() -> None:
    one = charge(*THREE, of=PLAIN)
    assert odd(replace(one, ended_at=at(-1))) == (Implausible.ENDS_BEFORE_START,)
    assert odd(replace(one, periods=THREE[::-1])) == (Implausible.PERIODS_OUT_OF_ORDER,)
    outside = (*THREE, period(90, ENERGY="0"))
    assert odd(replace(one, periods=outside)) == (Implausible.PERIODS_OUTSIDE,)
    assert odd(replace(one, periods=(period(0, ENERGY="1", TIME="2"),))) == (Implausible.MORE_TIME_THAN_IT_LASTED,)
    assert odd(replace(one, periods=(period(0, ENERGY="1", TIME="-1"),))) == (Implausible.NEGATIVE,)
    assert odd(with_total(one, "-5", "-6")) == (Implausible.NEGATIVE,)


def test_more_energy_than_the_connector_can_give_is_found() -> None:
    """9.3 kWh in an hour."""
    one = charge(*THREE, of=PLAIN)
    assert odd(one, power_max=kw("8.5")) == ()
    assert odd(one, power_max=kw("7.4")) == (Implausible.TOO_MUCH_POWER,)
    fast = replace(one, periods=(period(0, ENERGY="60", TIME="1"),))
    assert odd(fast, power_max=most_of("AC_3_PHASE")) == (Implausible.TOO_MUCH_POWER,)
    assert odd(fast, power_max=most_of("DC")) == odd(fast, power_max=most_of(None)) == ()
    whole_town = replace(one, periods=(period(0, ENERGY="9000", TIME="1"),))
    assert odd(whole_town) == (Implausible.TOO_MUCH_POWER,)


def test_energy_may_flow_back() -> None:
    """CDR-042."""
    back = charge(period(0, ENERGY="-5", TIME="1"), of=on(element((ENERGY, "1.00"))))
    assert odd(back) == ()
