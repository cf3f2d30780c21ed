"""Laws of pricing: what must hold for every tariff and every session, whatever they cost."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins
from msgspec.structs import replace

from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY
from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.lines import total_of
from laddnav.pricing.model import NOTHING, Priced, Tab
from laddnav.pricing.rounding import in_hours
from laddnav.pricing.tab import advanced, metered, opened, priced
from laddnav.tariffs.model import Tariff
from tests.laws.charges import NO_STEP, SECOND, Visit, pieces, tariffs, visits


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
    cut: list[Stretch] = []
    for stretch in visit.session:
        seconds = stretch.length // SECOND
        cuts = sorted(data.draw(st.sets(st.integers(1, max(seconds - 1, 1)), max_size=4))) if seconds > 1 else []
        cut += pieces(stretch, [second * SECOND for second in cuts])
    assert unmarked(metered(tariff, cut, visit.zone)) == unmarked(metered(tariff, visit.session, visit.zone))


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


@given(tariffs(flow=False), visits())
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
