"""What a Tab says while a session runs, what it refuses, and how a price leaves the house."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY, kwh, wh
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price, TaxAmount
from laddnav.kit.power import kw
from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.flags import Flag, Flagged
from laddnav.pricing.limits import PRICE_MAX, PRICE_MIN
from laddnav.pricing.model import Amount, CannotPrice, Priced, Span
from laddnav.pricing.policy import DurationFrom, Edited, Policy
from laddnav.pricing.reasons import Because, Reason, said
from laddnav.pricing.rounding import in_hours, rounded, rounded_price, seconds_of, up_to
from laddnav.pricing.tab import advanced, metered, opened, priced, switched
from laddnav.tariffs.model import Element, Limit, PriceComponent, Restriction, Tariff, TariffDimension

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STOCKHOLM = "Europe/Stockholm"
CENT = Decimal("0.01")


def component(type: str, price: str, *, vat: str | None = "25", step: int = 1) -> PriceComponent:
    tax = None if vat is None else Decimal(vat)
    return PriceComponent(type=TariffDimension(type), price=Decimal(price), vat=tax, step_size=step)


def tariff(*elements: Element, least: Limit | None = None, most: Limit | None = None) -> Tariff:
    return Tariff(
        owner=PartyId("SE", "LAD"),
        id="DAY",
        currency="SEK",
        elements=elements,
        price_min=least,
        price_max=most,
        last_updated=NOON,
    )


def charged(minutes: int, amount: str, *, since: datetime = NOON) -> Stretch:
    return Stretch(started_at=since, ended_at=since + timedelta(minutes=minutes), energy=kwh(amount))


SIMPLE = tariff(Element(components=(component("FLAT", "5"), component("ENERGY", "4"))))


def test_a_session_that_has_just_begun_owes_the_start_fee() -> None:
    now = priced(opened(SIMPLE, NOON, STOCKHOLM))
    assert now.total.price == Price(Decimal(5), (TaxAmount("VAT", Decimal("1.25"), Decimal(25), Decimal(5)),))
    assert now.periods == ()
    assert now.lasted == timedelta()


def test_stretches_that_are_priced_alike_become_one() -> None:
    tab = opened(SIMPLE, NOON, STOCKHOLM)
    for minute in range(600):
        tab = advanced(tab, charged(1, "0.1", since=NOON + timedelta(minutes=minute)))
    assert len(tab.stints) == 1
    assert len(json.encode(tab)) < 1500
    assert priced(tab).energy.excl == 240


def test_a_tariff_without_a_price_for_something_leaves_it_free() -> None:
    """TAR-034, TAR-040: only TIME is priced, so parking costs nothing."""
    only_time = tariff(Element(components=(component("TIME", "10"),)))
    parked = Stretch(
        started_at=NOON, ended_at=NOON + timedelta(hours=1), energy=NO_ENERGY, activity=Activity.SUSPENDED_EV
    )
    now = metered(only_time, [parked], STOCKHOLM)
    assert now.total.excl == 0
    assert now.lines == ()
    assert now.parked == timedelta(hours=1)


def test_energy_at_a_price_border_is_drawn_and_says_so() -> None:
    """CDR-032: the period ends exactly at the switch and carries the consumption up to then."""
    dear_after_two = tariff(
        Element(components=(component("ENERGY", "4"),), restriction=Restriction(end_time=time(14))),
        Element(components=(component("ENERGY", "6"),)),
    )
    across = metered(dear_after_two, [charged(120, "9")], STOCKHOLM)
    assert [(line.volume, line.interpolated) for line in across.lines] == [
        (Decimal("4.5"), True),
        (Decimal("4.5"), True),
    ]
    before = metered(dear_after_two, [charged(60, "9")], STOCKHOLM)
    assert [line.interpolated for line in before.lines] == [False]


def test_a_third_of_an_hour_and_the_rest_of_it_are_all_of_it() -> None:
    thirds = tariff(
        Element(components=(component("ENERGY", "1"),), restriction=Restriction(duration_max=timedelta(minutes=20))),
        Element(components=(component("ENERGY", "2"),)),
    )
    now = metered(thirds, [charged(60, "1")], STOCKHOLM)
    assert [line.volume for line in now.lines] == [Decimal("0.333333333"), Decimal("0.666666667")]
    assert now.used == kwh(1)


def test_a_step_is_a_reason_only_where_it_raised_the_volume() -> None:
    """TAR-068: what is a multiple already is not increased."""
    stepped = tariff(Element(components=(component("ENERGY", "1", step=500),)))
    whole, more = (metered(stepped, [charged(60, amount)], STOCKHOLM).lines[0] for amount in ("1.5", "1.6"))
    assert (whole.billed_volume, whole.reason.step) == (Decimal("1.5"), None)
    assert (more.billed_volume, more.reason.step) == (Decimal(2), wh(500))


def test_a_line_is_interpolated_if_any_of_its_energy_is() -> None:
    drawn = replace(charged(60, "1"), interpolated=True)
    paused = replace(charged(60, "1", since=NOON + timedelta(hours=1)), activity=Activity.SUSPENDED_EVSE)
    (line,) = metered(replace(SIMPLE, elements=(ONLY_ENERGY,)), [drawn, paused], STOCKHOLM).lines
    assert line.interpolated
    assert line.ended_at == paused.ended_at
    assert line.period == 0


ONLY_ENERGY = Element(components=(component("ENERGY", "4"),))


def test_the_price_of_a_reservation_before_it_leaves_a_price_the_one_that_always_applies() -> None:
    reserving = Element(components=(component("TIME", "6"),), restriction=Restriction(reservation="RESERVATION"))
    (line,) = metered(
        tariff(reserving, Element(components=(component("TIME", "2"),))), [charged(60, "1")], STOCKHOLM
    ).lines
    assert line.reason.code is Because.ALWAYS


def test_limits_of_a_tariff_hold_each_side_on_its_own() -> None:
    """TAR-081: here the side after taxes is reached and the side before is not."""
    capped = tariff(*SIMPLE.elements, most=Limit(Decimal(50), Decimal(40)))
    now = metered(capped, [charged(60, "10")], STOCKHOLM)
    assert now.total.excl == 45
    assert now.total.incl == 40
    assert now.lines[-1].dimension == PRICE_MAX
    assert now.lines[-1].reason.code is Because.AT_MOST


def test_where_limits_cross_nobody_pays_more_than_the_highest() -> None:
    crossed = tariff(*SIMPLE.elements, least=Limit(Decimal(100)), most=Limit(Decimal(50)))
    now = metered(crossed, [charged(60, "1")], STOCKHOLM)
    assert now.total.excl == 50
    assert [line.dimension for line in now.lines[-2:]] == [PRICE_MIN, PRICE_MAX]


def test_without_power_readings_a_power_restriction_holds() -> None:
    """Two registers at one instant leave no power to be known."""
    strong = tariff(
        Element(components=(component("ENERGY", "9"),), restriction=Restriction(current_min=Decimal(32))),
        Element(components=(component("ENERGY", "4"),)),
    )
    at_once = Stretch(started_at=NOON, ended_at=NOON, energy=kwh(1))
    assert metered(strong, [at_once], STOCKHOLM).total.excl == 9


# ---- Reservations, and a change of tariff


def reserved(minutes: int, *, since: datetime = NOON) -> Stretch:
    return Stretch(
        started_at=since, ended_at=since + timedelta(minutes=minutes), energy=NO_ENERGY, activity=Activity.RESERVED
    )


RESERVABLE = tariff(
    Element(components=(component("FLAT", "40"),), restriction=Restriction(reservation="RESERVATION_EXPIRES")),
    Element(components=(component("TIME", "12"),), restriction=Restriction(reservation="RESERVATION")),
    *SIMPLE.elements,
)


def test_a_reservation_that_goes_on_has_not_expired_until_it_is_over() -> None:
    """TAR-062, TAR-063: what it costs so far, and what it costs if nobody comes."""
    tab = advanced(opened(RESERVABLE, NOON, STOCKHOLM, reserved=True), reserved(30))
    assert priced(tab).total.excl == 6
    assert priced(tab, over=True).total.excl == 46


def test_the_start_fee_is_due_when_the_reservation_is_used() -> None:
    """TAR-066."""
    tab = advanced(opened(RESERVABLE, NOON, STOCKHOLM, reserved=True), reserved(30))
    assert priced(tab).fixed.excl == 0
    tab = advanced(tab, charged(30, "1", since=NOON + timedelta(minutes=30)))
    done = priced(tab, over=True)
    assert (done.fixed.excl, done.reservation.excl, done.energy.excl) == (Decimal(5), Decimal(6), Decimal(4))
    assert done.reserved == timedelta(minutes=30)
    assert [line.period for line in done.lines] == [0, 1, 1]


def test_another_preference_is_another_tariff_from_the_next_stretch_on() -> None:
    """TAR-073: energy is rounded once, at the end, and the start fee stays the one that was due."""
    slow = tariff(Element(components=(component("FLAT", "5"), component("ENERGY", "4", step=500))))
    fast = replace(slow, id="FAST", elements=(Element(components=(component("ENERGY", "6", step=500),)),))
    tab = advanced(opened(slow, NOON, STOCKHOLM), charged(60, "1.3"))
    tab = advanced(switched(tab, fast), charged(60, "0.1", since=NOON + timedelta(hours=1)))
    done = priced(tab, over=True)
    assert [(line.tariff_id, line.billed_volume) for line in done.lines] == [
        ("DAY", Decimal(1)),
        ("DAY", Decimal("1.3")),
        ("FAST", Decimal("0.2")),
    ]
    assert [period.tariff_id for period in done.periods] == ["DAY", "FAST"]
    assert json.decode(json.encode(tab), type(tab)) == tab


def test_a_period_names_the_tariff_that_held_though_neither_prices_anything() -> None:
    """CDR-034."""
    slow = tariff(Element(components=(component("PARKING_TIME", "2"),)))
    tab = advanced(opened(slow, NOON, STOCKHOLM), charged(60, "1"))
    tab = advanced(switched(tab, replace(slow, id="FAST")), charged(60, "1", since=NOON + timedelta(hours=1)))
    assert [period.tariff_id for period in priced(tab, over=True).periods] == ["DAY", "FAST"]


def test_who_counts_parking_from_its_own_start_begins_anew_after_charging() -> None:
    dear = Element(components=(component("PARKING_TIME", "60"),), restriction=Restriction(duration_min=FIVE_MINUTES))
    session, at = list[Stretch](), NOON
    for minutes, activity in ((4, Activity.SUSPENDED_EV), (1, Activity.CHARGING), (6, Activity.SUSPENDED_EV)):
        session.append(replace(charged(minutes, "0", since=at), activity=activity))
        at += timedelta(minutes=minutes)
    done = metered(tariff(dear), session, STOCKHOLM, policy=Policy(duration_from=DurationFrom.PARKING))
    assert [line.volume for line in done.lines] == [in_hours(timedelta(minutes=1))]
    assert not done.lines[0].interpolated


FIVE_MINUTES = timedelta(minutes=5)


def test_a_preference_to_which_the_driver_went_back_has_its_highest_price_once() -> None:
    """TAR-084: it bounds all that the tariff priced, before and after the other one."""
    slow = tariff(Element(components=(component("ENERGY", "2"),)), most=Limit(Decimal(10)))
    fast = replace(slow, id="FAST", price_max=None)
    tab = opened(slow, NOON, STOCKHOLM)
    for hour, preferred in enumerate((slow, fast, slow)):
        tab = advanced(switched(tab, preferred), charged(60, "10", since=NOON + timedelta(hours=hour)))
    done = priced(tab, over=True)
    assert done.total.excl == 10 + 20
    assert [line.amount.excl for line in done.lines if line.dimension == PRICE_MAX] == [Decimal(-30)]


def test_what_an_operator_edits_meanwhile_does_not_touch_a_session() -> None:
    """TAR-021: the version at the start stays, unless a policy takes the newest."""
    dearer = replace(SIMPLE, elements=(Element(components=(component("ENERGY", "8"),)),))
    tab = opened(SIMPLE, NOON, STOCKHOLM)
    assert switched(tab, dearer) == tab
    assert switched(tab, SIMPLE) == tab
    assert switched(tab, dearer, policy=Policy(edited=Edited.NEWEST)).tariff == dearer


def test_a_tariff_that_had_ended_is_priced_and_flagged() -> None:
    """TAR-020."""
    ended = replace(SIMPLE, ends_at=NOON - timedelta(days=1))
    done = metered(ended, [charged(60, "1")], STOCKHOLM)
    assert done.total.excl == 9
    assert [flagged.flag for flagged in done.flags] == [Flag.TARIFF_NOT_IN_FORCE]


def test_a_start_fee_for_fast_charging_is_due_by_the_power_of_the_first_stretch() -> None:
    """TAR-055: while nobody knows the power it seems due."""
    fast_fee = Element(components=(component("FLAT", "20"),), restriction=Restriction(power_min=kw(50)))
    tab = opened(tariff(fast_fee, *SIMPLE.elements), NOON, STOCKHOLM)
    assert priced(tab).fixed.excl == 20
    assert priced(advanced(tab, charged(60, "11"))).fixed.excl == 5
    assert priced(advanced(tab, charged(60, "60"))).fixed.excl == 20


def test_what_cannot_be_priced_is_refused_by_name() -> None:
    with pytest.raises(CannotPrice, match="time zone 'Europe/Atlantis'"):
        opened(SIMPLE, NOON, "Europe/Atlantis")
    with pytest.raises(CannotPrice, match="begins before"):
        metered(SIMPLE, [charged(10, "1"), charged(10, "1", since=NOON + timedelta(minutes=5))], STOCKHOLM)
    with pytest.raises(CannotPrice, match="without a start"):
        metered(SIMPLE, [], STOCKHOLM)
    with pytest.raises(CannotPrice, match="ends before it begins"):
        metered(SIMPLE, [charged(-10, "1")], STOCKHOLM)
    nightly = tariff(Element(components=(component("ENERGY", "4"),), restriction=Restriction(end_time=time(14))))
    ages = replace(charged(60, "1"), ended_at=NOON.replace(year=9000))
    with pytest.raises(CannotPrice, match="too many borders"):
        metered(tariff(*nightly.elements * 10), [ages], STOCKHOLM)


def test_a_price_is_kept_as_json_with_its_reasons() -> None:
    stepped = tariff(
        Element(components=(component("ENERGY", "4", step=500), component("TIME", "10", step=900))),
        least=Limit(Decimal(100)),
    )
    now = metered(stepped, [charged(20, "1.2")], STOCKHOLM)
    assert json.decode(json.encode(now), Priced) == now
    assert [line.reason.step for line in now.lines] == [wh(500), timedelta(minutes=15), None]


# ---- Rounding


def test_both_sides_of_a_price_are_the_nearest_and_the_tax_is_what_lies_between() -> None:
    tax = TaxAmount("VAT", Decimal("0.025"), Decimal(20))
    assert rounded_price(Price(Decimal("0.125"), (tax,)), CENT) == Price(
        Decimal("0.13"), (TaxAmount("VAT", Decimal("0.02"), Decimal(20)),)
    )


def test_a_price_without_a_word_on_taxes_stays_without() -> None:
    assert rounded_price(Price(Decimal("0.125")), CENT) == Price(Decimal("0.13"))
    assert rounded_price(Price(Decimal("0.125"), ()), CENT) == Price(Decimal("0.13"), ())


def test_rounding_follows_the_currency_and_leaves_the_lines_exact() -> None:
    """TAR-025: currency rounding comes after the calculation and changes no result on the way."""
    thirds = tariff(Element(components=(component("TIME", "1", vat=None),)))
    now = metered(thirds, [charged(20, "1")], STOCKHOLM)
    assert now.total.excl == Decimal("0.333333333333")
    assert rounded(now).total.excl == Decimal("0.33")
    assert rounded(now).lines == now.lines
    icelandic = Priced(currency="ISK", total=Amount(Decimal("99.5"), Decimal("99.5")))
    assert rounded(icelandic).total.excl == 100


def test_time_counts_in_steps_and_hours() -> None:
    """TAR-068: what is a multiple already is not increased."""
    assert up_to(Decimal(42), Decimal(5)) == 45
    assert up_to(Decimal(45), Decimal(5)) == 45
    assert up_to(Decimal(42), Decimal(0)) == 42
    assert up_to(Decimal(-42), Decimal(5)) == -42
    assert seconds_of(timedelta(microseconds=1_500_000)) == Decimal("1.5")
    assert str(in_hours(timedelta(hours=20))) == "20"
    assert str(in_hours(timedelta(minutes=150))) == "2.5"


# ---- Reasons


def test_every_line_says_which_rule_put_it_there() -> None:
    """TAR-037: an Element with a restriction that holds, the one for all other times, and one that always applies."""
    daily = tariff(
        Element(components=(component("FLAT", "5"),)),
        Element(components=(component("ENERGY", "4"),), restriction=Restriction(end_time=time(14))),
        Element(components=(component("ENERGY", "6"), component("TIME", "1"))),
    )
    now = metered(daily, [charged(120, "9")], STOCKHOLM)
    assert [(line.dimension, line.reason.code) for line in now.lines] == [
        ("FLAT", Because.START),
        ("ENERGY", Because.WHILE),
        ("TIME", Because.ALWAYS),
        ("ENERGY", Because.OTHERWISE),
    ]
    assert [(line.element, line.component) for line in now.lines] == [(0, 0), (1, 0), (2, 1), (2, 0)]


def test_a_reason_is_a_sentence_in_english_and_swedish() -> None:
    evening = Reason(code=Because.WHILE, restriction=Restriction(start_time=time(17), end_time=time(20)))
    assert str(evening) == "The price that applies from 17:00 to 20:00."
    assert said(evening, "sv") == "Priset som gäller kl. 17:00–20:00."
    stepped = Reason(code=Because.ALWAYS, step=timedelta(minutes=15))
    assert said(stepped, "en") == (
        "The price that always applies. Counted in steps of 15 min, rounded up once for the whole session."
    )
    assert said(Reason(code=Because.ALWAYS, step=wh(100)), "sv").startswith(
        "Priset som alltid gäller. Räknas i steg om 100"
    )


@pytest.mark.parametrize("code", Because)
@pytest.mark.parametrize("language", ["en", "sv"])
def test_no_reason_is_without_words(code: Because, language: str) -> None:
    sentence = said(Reason(code=code), language)
    assert sentence.endswith(".") and "{" not in sentence


def test_a_border_of_the_price_for_nobody_coming_cuts_no_period_of_a_reservation_that_was_used() -> None:
    """The fewest periods: which of the two prices holds is known when the driver comes, or does not."""
    reserved = Restriction(reservation="RESERVATION")
    expired = Restriction(reservation="RESERVATION_EXPIRES", duration_min=timedelta(minutes=10))
    both = tariff(
        Element(components=(component("TIME", "5"),), restriction=reserved),
        Element(components=(component("TIME", "6"),), restriction=expired),
    )
    kept = replace(charged(30, "0"), activity=Activity.RESERVED)
    assert len(metered(both, [kept], STOCKHOLM).periods) == 2
    came = charged(30, "1", since=NOON + timedelta(minutes=30))
    assert len(metered(both, [kept, came], STOCKHOLM).periods) == 2


# ---- What power and current were over two whiles


@pytest.mark.parametrize(
    ("one", "later", "both"),
    [
        ((1, 2), (3, 4), (1, 4)),
        ((3, 4), (1, 2), (1, 4)),
        ((1, 9), (3, 4), (1, 9)),
        ((None, 2), (3, 4), (None, 4)),
        ((1, 2), (None, 4), (None, 4)),
        ((1, None), (3, 4), (1, None)),
        ((1, 2), (3, None), (1, None)),
    ],
)
def test_over_two_whiles_the_lowest_and_the_highest_count_and_what_is_unknown_in_one_is_unknown(
    one: tuple[int | None, int | None], later: tuple[int | None, int | None], both: tuple[int | None, int | None]
) -> None:
    def span(sides: tuple[int | None, int | None]) -> Span:
        low, high = (None if side is None else Decimal(side) for side in sides)
        return Span(low, high)

    assert span(one).and_then(span(later)) == span(both)


def test_a_period_says_the_least_and_the_most_power_of_all_that_was_joined_in_it() -> None:
    fast = tariff(Element(components=(component("ENERGY", "4"),), restriction=Restriction(power_min=kw(50))))
    done = metered(fast, [charged(60, "20"), charged(60, "10", since=NOON + timedelta(hours=1))], STOCKHOLM)
    (period,) = done.periods
    assert {one.type: one.volume for one in period.dimensions} == {
        "ENERGY": 30,
        "TIME": 2,
        "MIN_POWER": 10,
        "MAX_POWER": 20,
    }


# ---- The edges of a reservation


WITH_FEES = tariff(
    Element(components=(component("FLAT", "3"),), restriction=Restriction(reservation="RESERVATION")),
    Element(components=(component("FLAT", "7"),), restriction=Restriction(reservation="RESERVATION_EXPIRES")),
    Element(components=(component("FLAT", "5"), component("ENERGY", "4"))),
)


def test_a_reservation_without_a_moment_owes_its_fee_and_expires_with_the_other() -> None:
    tab = opened(WITH_FEES, NOON, STOCKHOLM, reserved=True)
    assert priced(tab).total.excl == priced(advanced(tab, reserved(0))).total.excl == 3
    assert priced(tab, over=True).total.excl == priced(advanced(tab, reserved(0)), over=True).total.excl == 7


def test_a_charge_after_a_reservation_owes_both_fees_be_it_ever_so_short() -> None:
    tab = advanced(opened(WITH_FEES, NOON, STOCKHOLM, reserved=True), reserved(10))
    begun = advanced(tab, charged(0, "0", since=NOON + timedelta(minutes=10)))
    for over in (False, True):
        done = priced(begun, over=over)
        assert (done.reservation.excl, done.fixed.excl) == (Decimal(3), Decimal(5))
        assert done.reserved == timedelta(minutes=10)
        assert [line.started_at for line in done.lines] == [NOON, NOON + timedelta(minutes=10)]


def test_a_flag_names_the_period_and_the_tariff_that_it_is_about() -> None:
    asks = tariff(Element(components=(component("ENERGY", "4"),), restriction=Restriction(current_min=Decimal(16))))
    done = metered(asks, [charged(60, "10")], STOCKHOLM)
    assert done.flags == (Flagged(flag=Flag.POWER_UNKNOWN, period=0, tariff_id="DAY"),)
    known = replace(charged(60, "10"), current=Decimal(20))
    assert metered(asks, [known], STOCKHOLM).flags == ()
