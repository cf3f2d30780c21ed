"""Laws of metering: no energy appears or vanishes, and the order in which facts come makes no difference."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power, kw
from laddnav.metering.model import Activity, Doubt, DoubtKind, Fact, Mark, Measurand, Reading, Stretch
from laddnav.metering.periods import begun, ended, measured, order, stretches

START = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
STOP = START + timedelta(hours=12)

instants = st.integers(-600, 12 * 3600 + 600).map(lambda seconds: START + timedelta(seconds=seconds))
registers = st.decimals(0, 80_000, places=3)
readings = st.builds(
    Reading,
    at=instants,
    measurand=st.just(Measurand.ENERGY_IMPORT_REGISTER),
    value=registers,
    phase=st.sampled_from([None, None, None, "L1"]),
)
marks = st.builds(Mark, at=instants, activity=st.sampled_from(Activity))
currents = st.builds(
    Reading,
    at=instants,
    measurand=st.just(Measurand.CURRENT_IMPORT),
    value=st.decimals(0, 63, places=1),
    phase=st.sampled_from(["L1", "L2", "L3", "N", None]),
)
facts: st.SearchStrategy[list[Fact]] = st.lists(st.one_of(readings, marks, currents), max_size=25)
ends = st.none() | registers.map(Energy)
powers = st.sampled_from([None, kw(22)])


def total(energies: list[Energy]) -> Energy:
    return sum(energies, NO_ENERGY)


@given(facts, registers.map(Energy), registers.map(Energy), powers)
def test_stretches_and_doubts_add_up_to_the_stop_register_less_the_start(
    said: list[Fact], first: Energy, last: Energy, power_max: Power | None
) -> None:
    done = stretches(said, START, first, STOP, last, power_max=power_max)
    billed = total([stretch.energy for stretch in done.stretches])
    doubted = total([doubt.energy for doubt in done.doubts])
    assert billed + doubted == last - first


@given(facts, ends, ends)
def test_energy_is_never_credited(said: list[Fact], first: Energy | None, last: Energy | None) -> None:
    done = stretches(said, START, first, STOP, last)
    assert all(stretch.energy >= NO_ENERGY for stretch in done.stretches)
    if done.meter.first is not None and done.meter.register is not None:
        assert total([stretch.energy for stretch in done.stretches]) == done.meter.register - done.meter.first


@given(facts, ends, ends)
def test_stretches_cover_the_session_without_holes_or_overlaps(
    said: list[Fact], first: Energy | None, last: Energy | None
) -> None:
    done = stretches(said, START, first, STOP, last)
    assert done.stretches[0].started_at == START
    assert done.stretches[-1].ended_at == STOP
    for before, after in zip(done.stretches, done.stretches[1:], strict=False):
        assert before.ended_at == after.started_at


@given(st.data(), facts, ends, ends)
def test_the_order_in_which_facts_come_makes_no_difference_in_the_end(
    data: st.DataObject, said: list[Fact], first: Energy | None, last: Energy | None
) -> None:
    said = list({fact.at: fact for fact in said}.values())  # two marks at one instant have no order but their own
    shuffled = data.draw(st.permutations(said))
    assert stretches(shuffled, START, first, STOP, last) == stretches(said, START, first, STOP, last)


@given(facts, ends, ends)
def test_the_fold_fact_by_fact_is_the_fold_over_all_when_they_come_in_order(
    said: list[Fact], first: Energy | None, last: Energy | None
) -> None:
    in_order = sorted((fact for fact in said if fact.at <= STOP), key=order)
    meter, found, doubts = begun(START, first), list[Stretch](), list[Doubt]()
    for fact in in_order:
        more = measured(meter, fact)
        meter, found, doubts = more.meter, [*found, *more.stretches], [*doubts, *more.doubts]
    rest = ended(meter, STOP, last)
    whole = stretches(in_order, START, first, STOP, last)
    assert (*found, *rest.stretches) == whole.stretches
    assert (*doubts, *rest.doubts) == whole.doubts
    assert rest.meter == whole.meter
    assert DoubtKind.LATE_READING not in {doubt.kind for doubt in whole.doubts}


@given(facts, registers.map(Energy), registers.map(Energy))
def test_saying_everything_twice_changes_no_stretch(said: list[Fact], first: Energy, last: Energy) -> None:
    once = stretches(said, START, first, STOP, last)
    twice = stretches([*said, *said], START, first, STOP, last)
    assert total([s.energy for s in once.stretches]) == total([s.energy for s in twice.stretches])


@given(facts, ends, ends)
def test_a_stretch_never_draws_more_than_the_most_that_was_said_at_one_instant(
    said: list[Fact], first: Energy | None, last: Energy | None
) -> None:
    """TAR-054: of three phases, so no more than three times the largest."""
    drawn = [one.value for one in said if isinstance(one, Reading) and one.measurand == Measurand.CURRENT_IMPORT]
    for stretch in stretches(said, START, first, STOP, last).stretches:
        assert stretch.current is None or 0 <= stretch.current <= 3 * max(drawn)


def test_a_thousandth_of_a_watt_hour_over_a_third_of_an_hour_still_adds_up() -> None:
    said = [Mark(at=START + timedelta(minutes=20 * n), activity=list(Activity)[n % 3]) for n in range(30)]
    done = stretches(said, START, Energy(Decimal("0.001")), STOP, Energy(Decimal("0.008")))
    assert total([stretch.energy for stretch in done.stretches]) == Energy(Decimal("0.007"))
