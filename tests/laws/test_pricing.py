"""Laws of pricing: what must hold for every tariff and every session, whatever they cost."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins
from msgspec.structs import replace

from laddnav.cdrs.rules import charge_of, costs_of, credited
from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY
from laddnav.kit.money import Price, TaxAmount, minor_unit
from laddnav.metering.model import Activity, Dimension, Stretch
from laddnav.pricing.charge import price
from laddnav.pricing.flags import Flag
from laddnav.pricing.model import NOTHING, Amount, Charge, Priced, Stint, Tab
from laddnav.pricing.policy import Partials, Policy, Rounding
from laddnav.pricing.rounding import in_hours, rounded
from laddnav.pricing.tab import advanced, metered, opened, priced, total
from laddnav.pricing.totals import sum_of
from laddnav.tariffs.model import Element, Restriction, Tariff, Weekday
from tests.billing.charges import cdr, energy
from tests.laws.charges import Scene, Visit, pieces, scenes, visits
from tests.laws.tariffs import (
    ANY_STEP,
    ANY_TAX,
    DAYS,
    NET,
    NO_STEP,
    SECOND,
    amounts,
    components,
    energies,
    lengths,
    quarters,
    tariffs,
)

FINE = Decimal("1e-9")


def unmarked(done: Priced) -> Priced:
    """Without the marks of interpolation: who cuts at the border itself leaves nothing to interpolate."""
    return replace(
        done,
        lines=tuple(replace(line, interpolated=False) for line in done.lines),
        flags=tuple(flagged for flagged in done.flags if flagged.flag is not Flag.INTERPOLATED),
    )


def begun(tariff: Tariff, visit: Visit) -> Tab:
    first = visit.session[0]
    return opened(tariff, first.started_at, visit.zone, reserved=first.activity is Activity.RESERVED)


def run(tariff: Tariff, visit: Visit) -> Tab:
    tab = begun(tariff, visit)
    for stretch in visit.session:
        tab = advanced(tab, stretch)
    return tab


@given(scenes())
def test_the_running_cost_ends_as_the_price_of_the_whole(scene: Scene) -> None:
    tariff, visit, _ = scene
    tab = run(tariff, visit)
    assert priced(tab, over=True) == metered(tariff, visit.session, visit.zone)


@given(scenes())
def test_a_tab_that_was_kept_as_json_goes_on_as_if_it_had_not(scene: Scene) -> None:
    tariff, visit, _ = scene
    tab = begun(tariff, visit)
    for stretch in visit.session:
        tab = advanced(json.decode(json.encode(tab), Tab), stretch)
    assert priced(tab, over=True) == metered(tariff, visit.session, visit.zone)


@given(scenes())
def test_reading_a_price_changes_nothing(scene: Scene) -> None:
    tariff, visit, _ = scene
    tab = begun(tariff, visit)
    for stretch in visit.session:
        tab = advanced(tab, stretch)
        assert priced(tab) == priced(tab)


@given(scenes())
def test_the_total_by_itself_is_that_of_the_whole_price(scene: Scene) -> None:
    tariff, visit, _ = scene
    tab = begun(tariff, visit)
    for stretch in visit.session:
        tab = advanced(tab, stretch)
        assert total(tab) == priced(tab).total
    assert total(tab, over=True) == priced(tab, over=True).total


@given(scenes())
def test_the_total_is_the_sum_of_its_lines(scene: Scene) -> None:
    """CDR-048, CDR-050: the parts add up to the total unless a lowest or highest price applied."""
    tariff, visit, _ = scene
    done = metered(tariff, visit.session, visit.zone)
    of_lines = sum_of([line.amount for line in done.lines])
    assert (of_lines.excl, of_lines.incl) == (done.total.excl, done.total.incl)
    assert set(of_lines.taxes) == set(done.total.taxes)
    parts = done.fixed + done.energy + done.time + done.parking + done.reservation
    limited = sum((line.amount for line in done.lines if line.element is None), NOTHING)
    assert (parts + limited).excl == done.total.excl
    assert (parts + limited).incl == done.total.incl


@given(scenes(taxes=ANY_TAX))
def test_each_tax_is_its_percentage_of_its_base_and_all_of_them_lie_between_the_sides(scene: Scene) -> None:
    """TAR-087: under a limit too, unless it is given so that no percentage makes it."""
    tariff, visit, _ = scene
    done = metered(tariff, visit.session, visit.zone)
    for amount in (done.total, *amounts_of(done)):
        for tax in amount.taxes:
            assert tax.base is not None
            assert tax.percentage is None or abs(tax.amount - tax.base * tax.percentage / 100) < FINE
        if amount.excl is not None and amount.incl is not None:
            assert sum(tax.amount for tax in amount.taxes) == amount.incl - amount.excl


@given(scenes())
def test_parts_over_which_a_limit_is_spread_add_up_to_the_total(scene: Scene) -> None:
    tariff, visit, _ = scene
    done = metered(tariff, visit.session, visit.zone, policy=Policy(partials=Partials.SPREAD))
    total, *parts = amounts_of(done)
    assert all(part.price.after_taxes == part.incl for part in parts)
    if sum_of([line.amount for line in done.lines if line.element is not None]).excl:
        assert sum(part.excl or 0 for part in parts) == total.excl


@given(scenes(taxes=ANY_TAX), st.sampled_from(["SEK", "ISK", "KWD"]))
def test_what_leaves_the_house_is_the_nearest_coin_and_its_taxes_add_up(scene: Scene, currency: str) -> None:
    """TAR-025: once, at the end, half up; each side on its own."""
    tariff, visit, _ = scene
    coin = minor_unit(currency)
    done = metered(replace(tariff, currency=currency), visit.session, visit.zone)
    for exact, paid in zip(amounts_of(done), amounts_of(rounded(done)), strict=True):
        assert paid.excl == nearest(exact.excl, coin)
        assert paid.incl == nearest(exact.incl, coin)
        if paid.excl is not None and paid.incl is not None:
            assert sum(tax.amount for tax in paid.taxes) == paid.incl - paid.excl
        off = [tax for tax, of in zip(paid.taxes, exact.taxes, strict=True) if tax.amount != nearest(of.amount, coin)]
        assert len(off) <= 1
    each = rounded(done, Policy(name="each", rounding=Rounding.PER_COMPONENT))
    for side in ("excl", "incl"):
        coins = [nearest(getattr(line.amount, side), coin) for line in done.lines]
        assert None in coins or getattr(each.total, side) == sum(amount for amount in coins if amount is not None)


def nearest(amount: Decimal | None, coin: Decimal) -> Decimal | None:
    if amount is None:
        return None
    coins = (abs(Fraction(amount)) / Fraction(coin) + Fraction(1, 2)) // 1
    return (coins if amount > 0 else -coins) * coin


@given(scenes(), st.data())
def test_cutting_a_stretch_anywhere_changes_nothing(scene: Scene, data: st.DataObject) -> None:
    tariff, visit, _ = scene
    cut: list[Stretch] = []
    for stretch in visit.session:
        seconds = stretch.length // SECOND
        cuts = sorted(data.draw(st.sets(st.integers(1, max(seconds - 1, 1)), max_size=4))) if seconds > 1 else []
        cut += pieces(stretch, [second * SECOND for second in cuts])
    assert unmarked(metered(tariff, cut, visit.zone)) == unmarked(metered(tariff, visit.session, visit.zone))


@given(scenes(steps=NO_STEP))
def test_the_price_never_falls_while_a_session_goes_on(scene: Scene) -> None:
    """Without step sizes: rounding up may be taken back when another component takes over (OCPI says so).

    From the first stretch on, which settles a fee that asks for power.
    """
    tariff, visit, _ = scene
    tab = advanced(begun(tariff, visit), visit.session[0])
    before = priced(tab).total.price.before_taxes
    for stretch in visit.session[1:]:
        tab = advanced(tab, stretch)
        now = priced(tab).total.price.before_taxes
        assert now >= before
        before = now


@given(scenes(flow=False))
def test_periods_hold_all_energy_and_all_time_and_are_as_few_as_can_be(scene: Scene) -> None:
    """CDR-031, CDR-033, CDR-040, CDR-046, TAR-080."""
    tariff, visit, _ = scene
    done = metered(tariff, visit.session, visit.zone)
    volumes: dict[str, Decimal] = {}
    for period in done.periods:
        for dimension in period.dimensions:
            volumes[dimension.type] = volumes.get(dimension.type, Decimal(0)) + dimension.volume
    assert volumes.pop("ENERGY", Decimal(0)) == done.used.kwh == sum((s.energy for s in visit.session), NO_ENERGY).kwh
    times = sum(volume for name, volume in volumes.items() if name.endswith("TIME"))
    assert abs(times - in_hours(done.lasted)) <= len(done.periods) * Decimal("1e-10")
    assert done.lasted == visit.session[-1].ended_at - visit.session[0].started_at
    assert done.parked == sum((s.length for s in visit.session if s.activity is Activity.SUSPENDED_EV), timedelta())
    tab = run(tariff, visit)
    for before, after in pairwise(tab.stints):
        assert before.ended_at == after.started_at
        assert _priced_by(before) != _priced_by(after)


def _priced_by(stint: Stint) -> tuple[object, ...]:
    """A reservation may have another price should it expire."""
    return stint.activity, stint.energy_by, stint.time_by, stint.expiry_by


@given(scenes(flow=False))
def test_a_partner_can_compute_the_price_from_the_periods(scene: Scene) -> None:
    """CDR-036: the dimensions are enough to recompute the total, where no power or current is asked for."""
    tariff, visit, _ = scene
    tab = run(tariff, visit)
    again = [
        Stretch(started_at=stint.started_at, ended_at=stint.ended_at, energy=stint.energy, activity=stint.activity)
        for stint in tab.stints
    ]
    assert unmarked(metered(tariff, again, visit.zone)) == unmarked(priced(tab, over=True))


@given(scenes())
def test_no_float_is_anywhere_in_a_price(scene: Scene) -> None:
    tariff, visit, _ = scene

    def numbers(thing: object) -> Iterator[object]:
        if isinstance(thing, dict):
            for value in thing.values():
                yield from numbers(value)
        elif isinstance(thing, list | tuple):
            for value in thing:
                yield from numbers(value)
        else:
            yield thing

    done = to_builtins(metered(tariff, visit.session, visit.zone), builtin_types=(Decimal, datetime, timedelta))
    assert not any(isinstance(number, float) for number in numbers(done))


# ---- Elements that never apply together


@st.composite
def parted(draw: st.DrawFn) -> Tariff:
    """A Tariff each of whose Elements applies where none of the others does."""
    parts: list[dict[str, Any]] = draw(st.sampled_from(sorted(LIMITS)).flatmap(between) | clocks() | weeks())
    elements = tuple(
        Element(
            components=draw(st.lists(components(ANY_STEP), min_size=1, max_size=3).map(tuple)),
            restriction=Restriction(**part),
        )
        for part in parts
    )
    return replace(draw(tariffs()), elements=elements)


LIMITS: dict[str, tuple[str, str, st.SearchStrategy[Any]]] = {
    "energy": ("energy_min", "energy_max", energies),
    "duration": ("duration_min", "duration_max", lengths),
    "dates": ("start_date", "end_date", st.sampled_from(DAYS)),
}


@st.composite
def between(draw: st.DrawFn, kind: str) -> list[dict[str, Any]]:
    low, high, borders = LIMITS[kind]
    drawn = sorted(draw(st.sets(borders, min_size=2, max_size=4)))
    return [{low: since, high: until} for since, until in pairwise(drawn)]


@st.composite
def clocks(draw: st.DrawFn) -> list[dict[str, Any]]:
    """All around the clock."""
    drawn = sorted(draw(st.sets(quarters, min_size=2, max_size=4)))
    return [{"start_time": since, "end_time": until} for since, until in pairwise([*drawn, drawn[0]])]


@st.composite
def weeks(draw: st.DrawFn) -> list[dict[str, Any]]:
    days = draw(st.permutations(list(Weekday)))
    borders = [0, *sorted(draw(st.sets(st.integers(1, 6), max_size=3))), 7]
    return [{"weekdays": tuple(days[since:until])} for since, until in pairwise(borders)]


@given(parted(), visits(), st.data())
def test_the_order_of_elements_that_never_apply_together_changes_nothing(
    tariff: Tariff, visit: Visit, data: st.DataObject
) -> None:
    """TAR-037: the first that matches wins, so the order matters only among those that match."""
    shuffled = replace(tariff, elements=tuple(data.draw(st.permutations(tariff.elements))))
    assert amounts_of(metered(shuffled, visit.session, visit.zone)) == amounts_of(
        metered(tariff, visit.session, visit.zone)
    )


def amounts_of(done: Priced) -> tuple[Amount, ...]:
    return (done.total, done.fixed, done.energy, done.time, done.parking, done.reservation)


# ---- The CDR that is written of it

# Hours are written with ten decimals: of a price of 12.5 after taxes, for a few dozen periods, that is less than this.
WRITTEN_CLOSE = Decimal("1e-7")


@given(scenes())
def test_the_cdr_of_a_session_costs_what_the_session_did(scene: Scene) -> None:
    """CDR-036: its dimensions are enough to compute its total."""
    tariff, visit, _ = scene
    done = metered(tariff, visit.session, visit.zone)
    again = price(written(done, tariff, visit))
    for ours, theirs in zip(amounts_of(done), amounts_of(again), strict=True):
        assert ours.excl is not None and theirs.excl is not None and abs(ours.excl - theirs.excl) < WRITTEN_CLOSE
        assert ours.incl is not None and theirs.incl is not None and abs(ours.incl - theirs.incl) < WRITTEN_CLOSE


# A hundredth of an hour: halves of it are written without rounding.
EXACT = timedelta(seconds=36)


@given(scenes(visits(ticks=(EXACT,)), flow=False), st.data())
def test_splitting_a_written_period_where_no_price_changes_changes_nothing(scene: Scene, data: st.DataObject) -> None:
    """CDR-031: extra periods are allowed. Of one power, so that half of the time is half of the energy."""
    tariff, visit, _ = scene
    visit = visit._replace(session=visit.session[:1])
    charge = written(metered(tariff, visit.session, visit.zone), tariff, visit)
    place = data.draw(st.integers(0, len(charge.periods) - 1))
    ends = [*(period.started_at for period in charge.periods[1:]), charge.ended_at]
    first = charge.periods[place]
    half = (ends[place] - first.started_at) / 2
    halves = tuple(Dimension(one.type, one.volume / 2) for one in first.dimensions)
    second = replace(first, started_at=first.started_at + half, dimensions=halves)
    split = (*charge.periods[:place], replace(first, dimensions=halves), second, *charge.periods[place + 1 :])
    assert amounts_of(price(replace(charge, periods=split))) == amounts_of(price(charge))


def written(done: Priced, tariff: Tariff, visit: Visit) -> Charge:
    return Charge(
        started_at=visit.session[0].started_at,
        ended_at=visit.session[-1].ended_at,
        currency=done.currency,
        zone=visit.zone,
        periods=done.periods,
        tariffs=(tariff,),
    )


# ---- The credit that takes it back


named_taxes = st.builds(
    TaxAmount,
    name=st.sampled_from(["VAT", "City tax", "State tax"]),
    amount=amounts,
    percentage=st.none() | amounts,
    base=st.none() | amounts,
)


@given(scenes(taxes=NET), st.none() | st.lists(named_taxes, max_size=3).map(tuple))
def test_a_credit_cancels_its_cdr_exactly(scene: Scene, told: tuple[TaxAmount, ...] | None) -> None:
    """CDR-012, CDR-014, CDR-016: to the coin, tax by tax; and it is still a charge of the same price.

    `told`: a partner's taxes, whatever they are called.
    """
    tariff, visit, _ = scene
    done = rounded(metered(tariff, visit.session, visit.zone))
    costs = costs_of(done)
    if told is not None:
        costs = replace(costs, total=Price(costs.total.before_taxes, told))
    billed = replace(cdr(energy("1", "1")), costs=costs, periods=done.periods, tariffs=(tariff,))
    credit = credited(billed, id="credit", ref="credit", now=billed.last_updated)
    together = billed.costs.total + credit.costs.total
    assert together.before_taxes == together.after_taxes == 0
    assert all(tax.amount == 0 and not tax.base for tax in together.taxes or ())
    assert price(charge_of(credit, visit.zone)).total == price(charge_of(billed, visit.zone)).total
