"""Laws of lint, explanation and the week: what they say of a tariff is what the engine does with it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from laddnav.kit.energy import NO_ENERGY, wh
from laddnav.metering.model import Activity
from laddnav.pricing.charge import price
from laddnav.pricing.lint.findings import Code
from laddnav.pricing.lint.regions import Grid
from laddnav.pricing.lint.rules import everywhere, linted, places, unreachable
from laddnav.pricing.model import Charge, Choice, Priced, Span, Tab
from laddnav.pricing.offers import offers
from laddnav.pricing.plain.explain import explained
from laddnav.pricing.plain.week import week
from laddnav.pricing.restrictions import Moment, conditions
from laddnav.pricing.tab import advanced, opened, priced
from laddnav.tariffs.model import Tariff, TariffDimension
from tests.laws.charges import BOTH_WAYS, Visit, charges, visits
from tests.laws.tariffs import tariffs


def run(tariff: Tariff, visit: Visit) -> Tab:
    reserved = visit.session[0].activity is Activity.RESERVED
    tab = opened(tariff, visit.session[0].started_at, visit.zone, reserved=reserved)
    for stretch in visit.session:
        tab = advanced(tab, stretch)
    return tab


def used(*bills: Priced) -> set[tuple[int, int]]:
    return {
        (line.element, line.component)
        for bill in bills
        for line in bill.lines
        if line.element is not None and line.component is not None
    }


def accused(tariff: Tariff) -> set[tuple[int, int]]:
    """The components of which lint says that they never are used."""
    pointers = {
        one.pointer for one in linted(tariff) if one.code in (Code.UNREACHABLE_COMPONENT, Code.DUPLICATE_COMPONENT)
    }
    return {(place.element, place.position) for place in places(tariff) if place.pointer in pointers}


@given(tariffs(), visits(flows=BOTH_WAYS))
def test_a_price_that_lint_calls_unreachable_is_never_used_by_a_session(tariff: Tariff, visit: Visit) -> None:
    tab = run(tariff, visit)
    chosen = {
        (choice.element, choice.component)
        for stint in tab.stints
        for choice in (stint.energy_by, stint.time_by, stint.expiry_by)
        if isinstance(choice, Choice)
    }
    tried = used(priced(tab), priced(tab, over=True)) | chosen
    assert tried.isdisjoint(accused(tariff))
    assert tried.isdisjoint(unreachable(tariff))


@given(charges())
def test_nor_by_a_written_charge(charge: Charge) -> None:
    (tariff,) = charge.tariffs
    bills = used(price(charge), price(charge, expired=True), price(charge, expired=False))
    assert bills.isdisjoint(accused(tariff))
    assert bills.isdisjoint(unreachable(tariff))


@given(tariffs(), visits(reserved=False))
def test_where_lint_sees_no_gap_nothing_is_free_for_want_of_a_price(tariff: Tariff, visit: Visit) -> None:
    gaps = {one.pointer for one in linted(tariff) if one.code in (Code.GAP, Code.PARTLY_FREE)}
    if gaps:
        return
    grid = Grid(tariff)
    every = everywhere(tariff, grid)
    asked = {
        place.component.type
        for place in places(tariff)
        if place.component.price and place.restriction.reservation is None and place.restriction.booking is None
        if (region := grid.region(place.restriction)) and every.meets(region)
    }
    for stint in run(tariff, visit).stints:
        if TariffDimension.ENERGY in asked and stint.energy:
            assert stint.energy_by is not None
        timed = TariffDimension.PARKING_TIME if stint.activity is Activity.SUSPENDED_EV else TariffDimension.TIME
        if timed in asked:
            assert stint.time_by is not None


@given(tariffs(), st.sampled_from(["en", "sv"]))
def test_every_tariff_can_be_told_in_plain_words(tariff: Tariff, language: str) -> None:
    said = explained(tariff, language)
    assert said
    assert "{" not in said


@given(tariffs(), visits(reserved=False), st.sampled_from(TariffDimension))
def test_the_week_shows_the_price_that_the_engine_takes(
    tariff: Tariff, visit: Visit, dimension: TariffDimension
) -> None:
    """At the moment at which a session begins, and an hour, 5 kWh and 4 kW later."""
    at = visit.session[0].started_at
    local = at.astimezone(ZoneInfo(visit.zone))
    shown = week(tariff, local.date(), visit.zone).days[local.weekday()]
    assert shown.started_at <= at < shown.ended_at
    moment = Moment(local, timedelta(hours=1), wh(5000), Span(Decimal(4), Decimal(4)), Span(Decimal(6), Decimal(6)))
    if dimension is TariffDimension.FLAT:
        moment = Moment(local, timedelta(hours=1), NO_ENERGY, moment.power, moment.current)
    choice = offers(tariff).choice(dimension, moment)
    bands = [band for row in shown.rows if row.dimension == dimension for band in row.bands]
    assert sum((band.ended_at - band.started_at for band in bands), timedelta()) in (
        timedelta(),
        shown.ended_at - shown.started_at,
    )
    now = [band for band in bands if band.started_at <= at < band.ended_at]
    offered = [
        one
        for band in now
        for one in band.offered
        if all(condition.holds(moment) for condition in conditions(one.restriction))
    ]
    if choice is None:
        assert offered == []
        assert all(band.free for band in now)
    else:
        assert (offered[0].element, offered[0].component) == (choice.element, choice.component)
