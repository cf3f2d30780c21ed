"""Laws of pricing, over random tariffs and sessions around the nights on which clocks are changed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import to_builtins
from msgspec.structs import replace

from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY, Energy, wh
from laddnav.kit.ids import PartyId
from laddnav.kit.power import kw
from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.lines import total_of
from laddnav.pricing.model import NOTHING, Priced, Tab
from laddnav.pricing.rounding import in_hours
from laddnav.pricing.tab import advanced, metered, opened, priced
from laddnav.tariffs.model import Element, Limit, PriceComponent, Restriction, Tariff, TariffDimension, Weekday

STEP = timedelta(seconds=30)

# Nights on which a clock is put forward or back, by an hour or (on Lord Howe Island) by half of one, and a plain night.
NIGHTS = [
    ("Europe/Stockholm", date(2026, 3, 29)),
    ("Europe/Stockholm", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/St_Johns", date(2026, 6, 12)),
]
quarters = st.builds(time, st.integers(0, 5), st.sampled_from([0, 15, 30, 45]))
amounts = st.decimals(0, 10, places=2)


lengths = st.integers(0, 400).map(lambda count: count * STEP)
energies = st.integers(0, 400).map(lambda count: wh(count * 30))
powers = st.sampled_from([kw(2), kw(4), kw(8)])
CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "start_time": quarters,
    "end_time": quarters,
    "start_date": st.sampled_from([day for _, day in NIGHTS]),
    "energy_min": energies,
    "energy_max": energies,
    "duration_min": lengths,
    "duration_max": lengths,
    "weekdays": st.lists(st.sampled_from(Weekday), min_size=3, max_size=6, unique=True).map(tuple),
    "reservation": st.just("RESERVATION"),
    "power_min": powers,
    "power_max": powers,
}


@st.composite
def restrictions(draw: st.DrawFn, power: bool) -> Restriction:
    """Few conditions at a time: of many together hardly any session meets all."""
    names = [name for name in CONDITIONS if power or not name.startswith("power")]
    chosen = set(draw(st.lists(st.sampled_from(names), max_size=2)))
    if "start_time" in chosen and draw(st.booleans()):
        chosen.add("end_time")
    return Restriction(**{name: draw(CONDITIONS[name]) for name in sorted(chosen)})


def components(steps: st.SearchStrategy[int]) -> st.SearchStrategy[PriceComponent]:
    return st.builds(
        PriceComponent,
        type=st.sampled_from(TariffDimension),
        price=amounts,
        vat=st.sampled_from([None, Decimal(0), Decimal("5.2"), Decimal(25)]),
        step_size=steps,
    )


ANY_STEP = st.sampled_from([0, 1, 60, 500, 900])
NO_STEP = st.just(0)


def tariffs(
    *, steps: st.SearchStrategy[int] = ANY_STEP, power: bool = True, limits: bool = True
) -> st.SearchStrategy[Tariff]:
    limit = st.none() | st.builds(Limit, amounts, st.none() | amounts) if limits else st.none()
    elements = st.builds(
        Element,
        components=st.lists(components(steps), min_size=1, max_size=3).map(tuple),
        restriction=restrictions(power),
    )
    return st.builds(
        Tariff,
        owner=st.just(PartyId("SE", "LAD")),
        id=st.just("T"),
        currency=st.just("SEK"),
        elements=st.lists(elements, min_size=1, max_size=5).map(tuple),
        price_min=limit,
        price_max=limit,
        last_updated=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    )


class Visit(NamedTuple):
    zone: str
    session: tuple[Stretch, ...]


@st.composite
def visits(draw: st.DrawFn, powers: tuple[int, ...] = (15, 30, 75), longest: int = 240) -> Visit:
    """A session in whole half minutes; in each flow 15 Wh (1.8 kW) or a small multiple of it, or nothing."""
    zone, day = draw(st.sampled_from(NIGHTS))
    at = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) + draw(st.integers(-120, 180)) * 2 * STEP
    found = []
    for _ in range(draw(st.integers(1, 6))):
        activity, steps = draw(st.sampled_from(Activity)), draw(st.integers(1, longest))
        flowing = wh(steps * draw(st.sampled_from(powers))) if activity is Activity.CHARGING else NO_ENERGY
        until = at + steps * STEP
        found.append(Stretch(started_at=at, ended_at=until, energy=flowing, activity=activity))
        at = until
    return Visit(zone, tuple(found))


def unmarked(done: Priced) -> Priced:
    """Without the marks of interpolation: who cuts at the border itself leaves nothing to interpolate."""
    return replace(done, lines=tuple(replace(line, interpolated=False) for line in done.lines))


@given(tariffs(), visits())
def test_the_running_cost_ends_as_the_price_of_the_whole(tariff: Tariff, visit: Visit) -> None:
    tab = opened(tariff, visit.session[0].started_at, visit.zone)
    for stretch in visit.session:
        tab = advanced(tab, stretch)
    assert priced(tab) == metered(tariff, visit.session, visit.zone)


@given(tariffs(), visits())
def test_a_tab_that_was_kept_as_json_goes_on_as_if_it_had_not(tariff: Tariff, visit: Visit) -> None:
    tab = opened(tariff, visit.session[0].started_at, visit.zone)
    for stretch in visit.session:
        tab = advanced(json.decode(json.encode(tab), Tab), stretch)
    assert priced(tab) == metered(tariff, visit.session, visit.zone)


@given(tariffs(), visits())
def test_reading_a_price_changes_nothing(tariff: Tariff, visit: Visit) -> None:
    tab = opened(tariff, visit.session[0].started_at, visit.zone)
    for stretch in visit.session:
        tab = advanced(tab, stretch)
        assert priced(tab) == priced(tab)


@given(tariffs(), visits())
def test_the_total_is_the_sum_of_its_lines(tariff: Tariff, visit: Visit) -> None:
    """CDR-048, CDR-050: the parts add up to the total unless a lowest or highest price applied."""
    done = metered(tariff, visit.session, visit.zone)
    assert total_of(done.lines) == done.total
    parts = done.fixed + done.energy + done.time + done.parking
    limited = sum((line.amount for line in done.lines if line.element is None), NOTHING)
    assert (parts + limited).excl == done.total.excl
    assert (parts + limited).incl == done.total.incl


@given(tariffs(), visits(), st.data())
def test_cutting_a_stretch_anywhere_changes_nothing(tariff: Tariff, visit: Visit, data: st.DataObject) -> None:
    pieces: list[Stretch] = []
    for stretch in visit.session:
        seconds = stretch.length // timedelta(seconds=1)
        cuts = sorted(data.draw(st.sets(st.integers(1, seconds - 1), max_size=4)))
        for since, until in pairwise([0, *cuts, seconds]):
            pieces.append(
                replace(
                    stretch,
                    started_at=stretch.started_at + timedelta(seconds=since),
                    ended_at=stretch.started_at + timedelta(seconds=until),
                    energy=Energy(stretch.energy.wh * (until - since) / seconds),
                )
            )
    assert unmarked(metered(tariff, pieces, visit.zone)) == unmarked(metered(tariff, visit.session, visit.zone))


@given(tariffs(steps=NO_STEP), visits())
def test_the_price_never_falls_while_a_session_goes_on(tariff: Tariff, visit: Visit) -> None:
    """Without step sizes: rounding up may be taken back when another component takes over (OCPI says so)."""
    tab = opened(tariff, visit.session[0].started_at, visit.zone)
    before = priced(tab).total.price.before_taxes
    for stretch in visit.session:
        tab = advanced(tab, stretch)
        now = priced(tab).total.price.before_taxes
        assert now >= before
        before = now


@given(tariffs(), visits())
def test_periods_hold_all_energy_and_all_time_and_are_as_few_as_can_be(tariff: Tariff, visit: Visit) -> None:
    """CDR-031, CDR-033, CDR-040, CDR-046, TAR-080."""
    done = metered(tariff, visit.session, visit.zone)
    volumes: dict[str, Decimal] = {}
    for period in done.periods:
        for dimension in period.dimensions:
            volumes[dimension.type] = volumes.get(dimension.type, Decimal(0)) + dimension.volume
    assert volumes.pop("ENERGY", Decimal(0)) == done.used.kwh == sum((s.energy for s in visit.session), NO_ENERGY).kwh
    assert abs(sum(volumes.values()) - in_hours(done.lasted)) <= len(done.periods) * Decimal("1e-10")
    assert done.lasted == visit.session[-1].ended_at - visit.session[0].started_at
    assert done.parked == sum((s.length for s in visit.session if s.activity is Activity.SUSPENDED_EV), timedelta())
    tab = opened(tariff, visit.session[0].started_at, visit.zone)
    for stretch in visit.session:
        tab = advanced(tab, stretch)
    for before, after in pairwise(tab.stints):
        assert before.ended_at == after.started_at
        assert (before.activity, before.energy_by, before.time_by) != (after.activity, after.energy_by, after.time_by)


@given(tariffs(power=False), visits())
def test_a_partner_can_compute_the_price_from_the_periods(tariff: Tariff, visit: Visit) -> None:
    """CDR-036: the dimensions are enough to recompute the total, where no power or current is asked for."""
    tab = opened(tariff, visit.session[0].started_at, visit.zone)
    for stretch in visit.session:
        tab = advanced(tab, stretch)
    again = [
        Stretch(started_at=stint.started_at, ended_at=stint.ended_at, energy=stint.energy, activity=stint.activity)
        for stint in tab.stints
    ]
    assert unmarked(metered(tariff, again, visit.zone)) == unmarked(priced(tab))


@given(tariffs(), visits())
def test_no_float_is_anywhere_in_a_price(tariff: Tariff, visit: Visit) -> None:
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


# ---- A second opinion: no borders, no folds, only "which component applies in this half minute?"


@settings(max_examples=100)
@given(tariffs(steps=NO_STEP, power=False, limits=False), visits(powers=(30,), longest=90))
def test_half_minute_by_half_minute_gives_the_same_price(tariff: Tariff, visit: Visit) -> None:
    """TAR-037 to TAR-053, TAR-058: every restriction decided moment by moment, as the text says it."""
    before, taxes = _counted_out(tariff, visit.session, ZoneInfo(visit.zone))
    total = metered(tariff, visit.session, visit.zone).total
    assert total.excl is not None and total.incl is not None
    assert abs(Fraction(total.excl) - before) < Fraction(1, 10**9)
    assert abs(Fraction(total.incl - total.excl) - taxes) < Fraction(1, 10**9)


def _counted_out(tariff: Tariff, session: tuple[Stretch, ...], zone: ZoneInfo) -> tuple[Fraction, Fraction]:
    cost = taxes = Fraction(0)
    start, used = session[0].started_at, 0

    def add(dimension: str, now: datetime, quantity: Fraction) -> None:
        nonlocal cost, taxes
        for element in tariff.elements:
            if not _holds(element.restriction, now.astimezone(zone), now - start, used):
                continue
            for component in element.components:
                if component.type == dimension:
                    cost += Fraction(component.price) * quantity
                    taxes += Fraction(component.price) * quantity * Fraction(component.vat or 0) / 100
                    return

    add("FLAT", start, Fraction(1))
    for stretch in session:
        steps = stretch.length // STEP
        flowing = int(stretch.energy.wh) // steps
        for step in range(steps):
            now = stretch.started_at + step * STEP
            add("ENERGY", now, Fraction(flowing, 1000))
            timed = "PARKING_TIME" if stretch.activity == "SUSPENDED_EV" else "TIME"
            add(timed, now, Fraction(30, 3600))
            used += flowing
    return cost, taxes


def _holds(r: Restriction, local: datetime, elapsed: timedelta, used: int) -> bool:
    minutes = local.hour * 60 + local.minute + Fraction(local.second, 60)
    opens = 0 if r.start_time is None else r.start_time.hour * 60 + r.start_time.minute
    closes = 0 if r.end_time is None else r.end_time.hour * 60 + r.end_time.minute
    width = (closes - opens) % 1440 or 1440
    return (
        (minutes - opens) % 1440 < width
        and (r.start_date is None or local.date() >= r.start_date)
        and (r.energy_min is None or used >= r.energy_min.wh)
        and (r.energy_max is None or used < r.energy_max.wh)
        and (r.duration_min is None or elapsed >= r.duration_min)
        and (r.duration_max is None or elapsed < r.duration_max)
        and (not r.weekdays or local.strftime("%A").upper() in r.weekdays)
        and r.reservation is None
    )
