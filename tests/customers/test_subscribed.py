"""What subscriptions cost and give: laws of days and coins, and what may happen when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.customers import months, offered
from laddnav.customers import subscribed as rules
from laddnav.customers.calendar import InThePast, days_of, first_of, month_after
from laddnav.customers.months import NotThen
from laddnav.customers.offered import UnfitPlan
from laddnav.customers.plan import Discount, Move, Plan, State, Stretch, Subscription, Turn, Version, Where
from laddnav.customers.subscribed import TermWaits, TooEarly
from laddnav.kit.energy import NO_ENERGY, Energy, kwh
from laddnav.kit.refusal import Refusal
from tests.things import US

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


def plan(fee: str = "99", ref: str = "small", **changes: object) -> Plan:
    version = Version(since=date(2026, 1, 1), fee=Decimal(fee), included=kwh(50))
    fields: dict[str, object] = {
        "holder": US,
        "ref": ref,
        "name": ref.capitalize(),
        "currency": "SEK",
        "versions": (version,),
        "last_updated": NOW,
    }
    return Plan(**fields | changes)  # type: ignore[arg-type]


SMALL, LARGE = plan(), plan("249", "large")
PLANS = {"small": SMALL, "large": LARGE}


def subscription(begins_on: date = NOVEMBER, *moves: Move, trial: int = 0) -> Subscription:
    return Subscription(
        holder=US,
        ref="sub",
        customer="eva",
        plan="small",
        begins_on=begins_on,
        trial_until=begins_on + timedelta(days=trial),
        moves=moves,
        last_updated=NOW,
    )


def november(one: Subscription) -> tuple[Stretch, ...]:
    return months.stretches(one, PLANS, NOVEMBER, DECEMBER)


def cost(one: Subscription) -> Decimal:
    return sum((fee.amount for fee in months.fees(november(one))), Decimal(0))


def day(number: int) -> date:
    return NOVEMBER + timedelta(days=number - 1)


# ---- Laws


days = st.integers(1, 30).map(day)
fees = st.decimals(0, 10_000, places=2)


@given(fee=fees, cuts=st.lists(days, max_size=8))
def test_a_month_costs_what_it_costs_into_however_many_parts_it_falls(fee: Decimal, cuts: list[date]) -> None:
    versions = tuple(Version(since=cut, fee=fee) for cut in {date(2026, 1, 1), *cuts})
    plans = {"small": plan(versions=versions), "large": plan(ref="large", versions=versions)}
    moves = tuple(
        Move(on=cut, turn=Turn.CHANGED, plan="large" if number % 2 else "small")
        for number, cut in enumerate(sorted(cuts))
    )
    parts = months.stretches(subscription(NOVEMBER, *moves), plans, NOVEMBER, DECEMBER)
    assert sum((one.amount for one in months.fees(parts)), Decimal(0)) == fee


@given(small=fees, large=fees, cuts=st.lists(days, max_size=8))
def test_changes_of_plan_cost_each_day_of_each_and_less_than_half_a_coin_is_rounded(
    small: Decimal, large: Decimal, cuts: list[date]
) -> None:
    plans = {"small": plan(str(small)), "large": plan(str(large), "large")}
    moves = tuple(
        Move(on=cut, turn=Turn.CHANGED, plan="small" if number % 2 else "large")
        for number, cut in enumerate(sorted(cuts))
    )
    one = subscription(NOVEMBER, *moves)
    parts = months.stretches(one, plans, NOVEMBER, DECEMBER)
    exact = Decimal(0)
    for number in range(1, 31):
        found = months.state_on(one, day(number))
        assert found is not None
        exact += {"small": small, "large": large}[found[1]]
    charged = sum((each.amount for each in months.fees(parts)), Decimal(0))
    assert abs(charged - exact / 30) <= Decimal("0.005") + Decimal("1e-20")


turns = st.sampled_from([Turn.CHANGED, Turn.PAUSED, Turn.RESUMED, Turn.ENDED])


@given(begins=days, trial=st.integers(0, 40), wanted=st.lists(st.tuples(days, turns), max_size=8))
def test_whatever_happens_no_day_is_charged_twice_and_none_outside_it(
    begins: date, trial: int, wanted: list[tuple[date, Turn]]
) -> None:
    one = subscription(begins, trial=trial)
    for on, turn in wanted:
        move = Move(on=on, turn=turn, plan="large" if turn is Turn.CHANGED else None)
        try:
            one = rules.moved(one, move, PLANS, NOVEMBER)
        except (NotThen, TooEarly):
            continue
    parts = november(one)
    assert all(before.end <= after.begin for before, after in pairwise(parts))
    assert all(part.begin >= begins for part in parts)
    assert one.ends_on is None or all(part.end <= one.ends_on for part in parts)
    for number in range(1, 31):
        held = [part for part in parts if part.begin <= day(number) < part.end]
        state = months.state_on(one, day(number))
        assert [(part.state, part.plan.ref) for part in held] == (
            [] if state is None or state[0] is State.ENDED else [state]
        )
    paid = sum(fee.days for fee in months.fees(parts))
    assert paid == sum(part.days for part in parts if part.state is State.ACTIVE)


SOLD = {
    "small": plan("99", minimum_months=2, trial_days=20),
    "large": plan(
        "249", "large", minimum_months=3, versions=(Version(since=NOVEMBER, fee=Decimal(249), included=kwh(200)),)
    ),
    "bare": plan("19", "bare", versions=(Version(since=NOVEMBER, fee=Decimal(19)),)),
}
deeds = st.tuples(
    st.integers(0, 25),  # days later
    st.none() | st.sampled_from(Turn),
    st.sampled_from([*SOLD]),
    st.none() | st.integers(0, 70),  # for so many days later
)


@given(trial=st.sampled_from([0, 0, 20]), begins=days, wanted=st.lists(deeds, max_size=12))
@settings(max_examples=60)
def test_in_whatever_order_it_is_changed_paused_and_ended_terms_are_paid_and_nothing_is_used_that_is_not(
    trial: int, begins: date, wanted: list[tuple[int, Turn | None, str, int | None]]
) -> None:
    """Somebody who uses all that is left whenever they may."""
    one, today = subscription(begins, trial=trial), begins
    used: dict[date, Decimal] = {}  # while it is paid for
    tried: dict[date, Decimal] = {}
    for later, turn, ref, ahead in wanted:
        one, today = _turned(one, turn, ref, today, ahead), today + timedelta(days=later)
        state = months.state_on(one, today)
        if state is not None and state[0] in (State.TRIAL, State.ACTIVE):
            parts = months.of_trial(_month(one, today), state[0])
            month, into = first_of(today), used if state[0] is State.ACTIVE else tried
            had = used.get(month, Decimal(0)) + tried.get(month, Decimal(0))
            into[month] = into.get(month, Decimal(0)) + max(months.included(parts, Where.OURS).wh - had, Decimal(0))
    for month, energy in used.items():
        paid = [part for part in _month(one, month) if part.state is State.ACTIVE]
        on_trial = [part for part in _month(one, month) if part.state is State.TRIAL]
        given = months.included(paid, Where.OURS).wh + months.included(on_trial, Where.OURS).wh
        assert energy <= given + 1, "a watt-hour is rounded"
        exact = sum((part.version.fee * part.days / days_of(month) for part in paid), Decimal(0))
        assert abs(sum((fee.amount for fee in months.fees(_month(one, month))), Decimal(0)) - exact) <= Decimal("0.01")
    bound: dict[str, Fraction] = {}
    if one.ends_on is not None:
        for part in months.stretches(one, SOLD, begins, one.ends_on):
            if part.state is State.ACTIVE and part.plan.ref not in bound:
                bound[part.plan.ref] = months.months_paid(one, SOLD, part.begin, one.ends_on)
        assert all(paid >= SOLD[ref].minimum_months for ref, paid in bound.items())


def _month(one: Subscription, day: date) -> tuple[Stretch, ...]:
    return months.stretches(one, SOLD, first_of(day), month_after(day))


def _turned(one: Subscription, turn: Turn | None, ref: str, today: date, ahead: int | None) -> Subscription:
    """As it is after somebody wanted that; None: its end is taken back."""
    on = None if ahead is None else today + timedelta(days=ahead)
    plan = ref if turn is Turn.CHANGED else None
    try:
        if turn is None:
            return rules.stays(one, today)
        if turn is Turn.ENDED:
            return rules.ended(one, SOLD, on, today)
        day = on or rules.earliest_turn(one, turn, plan, SOLD, today)
        return rules.moved(one, Move(on=day, turn=turn, plan=plan), SOLD, today)
    except Refusal:
        return one


@given(
    left=st.integers(0, 200_000).map(lambda wh: Energy(Decimal(wh))),
    used=st.integers(0, 200_000).map(lambda wh: Energy(Decimal(wh))),
    energy_cost=st.decimals(0, 2_000, places=2),
    flat=st.decimals(0, 100, places=2),
    percent=st.integers(1, 100).map(Decimal),
)
def test_a_plan_takes_off_no_more_than_a_charge_costs_and_gives_no_more_than_is_left(
    left: Energy, used: Energy, energy_cost: Decimal, flat: Decimal, percent: Decimal
) -> None:
    cost = energy_cost + flat
    found = offered.covered(
        Version(since=NOVEMBER, fee=Decimal(0), discounts=(Discount(percent=percent),)),
        left=left,
        energy=used,
        energy_cost=energy_cost,
        cost=cost,
        currency="SEK",
        where=Where.OURS,
        location_id="LOC1",
    )
    assert NO_ENERGY <= found.energy <= min(left, used)
    assert Decimal(0) <= found.included <= energy_cost
    assert Decimal(0) <= found.included + found.discount <= cost
    if used and left >= used:
        assert found.included == energy_cost


# ---- Cases


def test_a_month_in_a_trial_costs_nothing_and_gives_what_is_included() -> None:
    one = subscription(trial=30)
    assert cost(one) == 0
    assert months.included(november(one), Where.OURS) == kwh(50)


def test_a_trial_that_ends_in_the_month_leaves_the_other_days_to_pay() -> None:
    (fee,) = months.fees(november(subscription(trial=10)))
    assert (fee.begin, fee.days, fee.of_days, fee.amount) == (day(11), 20, 30, Decimal("66.00"))


def test_from_the_day_of_a_change_on_the_other_plan_is_paid_and_gives() -> None:
    one = subscription(NOVEMBER, Move(on=day(16), turn=Turn.CHANGED, plan="large"))
    assert [(fee.plan.ref, fee.days, fee.amount) for fee in months.fees(november(one))] == [
        ("small", 15, Decimal("49.50")),
        ("large", 15, Decimal("124.50")),
    ]


def test_a_pause_costs_nothing_and_gives_nothing() -> None:
    one = subscription(NOVEMBER, Move(on=day(11), turn=Turn.PAUSED), Move(on=day(21), turn=Turn.RESUMED))
    assert cost(one) == Decimal("66.00")
    assert months.included(november(one), Where.OURS) == Energy(Decimal(33_333))


def test_parts_of_a_month_give_all_of_its_watt_hours() -> None:
    odd = plan(versions=(Version(since=date(2026, 1, 1), fee=Decimal(0), included=kwh(50)),))
    parts = months.stretches(
        subscription(NOVEMBER, Move(on=day(8), turn=Turn.CHANGED, plan="small")), {"small": odd}, NOVEMBER, DECEMBER
    )
    assert months.included(parts, Where.OURS) == kwh(50)


def test_what_is_included_at_our_stations_is_not_included_at_partners() -> None:
    assert months.included(november(subscription()), Where.PARTNERS) == NO_ENERGY


def test_a_new_price_holds_from_its_day_on() -> None:
    dearer = offered.with_version(SMALL, Version(since=day(16), fee=Decimal(129)), today=day(2))
    parts = months.stretches(subscription(), {"small": dearer}, NOVEMBER, DECEMBER)
    assert [fee.amount for fee in months.fees(parts)] == [Decimal("49.50"), Decimal("64.50")]
    with pytest.raises(InThePast):
        offered.with_version(SMALL, Version(since=day(1), fee=Decimal(129)), today=day(2))


# ---- When at the earliest


def test_a_month_that_is_begun_is_paid_so_that_nobody_uses_what_it_includes_and_leaves() -> None:
    one = subscription()
    assert rules.earliest_end(one, PLANS, day(1)) == rules.earliest_end(one, PLANS, day(30)) == DECEMBER
    with pytest.raises(TooEarly) as refused:
        rules.ended(one, PLANS, day(2), day(2))
    assert refused.value.earliest == "2026-12-01"
    for move in (Move(on=day(2), turn=Turn.PAUSED), Move(on=day(1), turn=Turn.PAUSED)):
        with pytest.raises(TooEarly):
            rules.moved(one, move, PLANS, day(1))
    assert rules.earliest_turn(one, Turn.PAUSED, None, PLANS, day(2)) == DECEMBER
    assert rules.earliest_end(one, PLANS, DECEMBER) == date(2027, 1, 1), "the first day of a month is begun too"


def test_more_comes_at_once_and_less_with_the_next_month() -> None:
    large = rules.moved(subscription(), Move(on=day(2), turn=Turn.CHANGED, plan="large"), PLANS, day(2))
    assert rules.earliest_turn(large, Turn.CHANGED, "small", PLANS, day(3)) == DECEMBER
    less = {"small": SMALL, "large": plan("249", "large", versions=(replace(LARGE.versions[0], included=kwh(10)),))}
    assert rules.earliest_turn(subscription(), Turn.CHANGED, "large", less, day(3)) == DECEMBER


def test_who_ends_it_pays_until_month_term_and_notice_are_over() -> None:
    bound = {"small": plan(minimum_months=3, notice_days=30)}
    one = subscription()
    assert rules.earliest_end(one, bound, day(2)) == date(2027, 2, 1)
    assert rules.earliest_end(subscription(day(2)), bound, day(2)) == date(2027, 3, 1), "three whole months are paid"
    assert rules.earliest_end(one, bound, date(2027, 2, 1)) == date(2027, 4, 1)
    with pytest.raises(TooEarly) as refused:
        rules.ended(one, bound, day(30), day(2))
    assert refused.value.earliest == "2027-02-01"
    assert rules.ended(one, bound, None, day(2)).ends_on == date(2027, 2, 1)


def test_another_plan_does_not_shorten_a_term_and_one_that_costs_less_comes_after_it() -> None:
    plans = {"small": plan("99", minimum_months=6), "large": LARGE, "tiny": plan("49", "tiny")}
    one = rules.moved(subscription(), Move(on=day(5), turn=Turn.CHANGED, plan="large"), plans, day(5))
    assert rules.earliest_end(one, plans, day(6)) == date(2027, 5, 1)
    assert rules.earliest_turn(subscription(), Turn.CHANGED, "tiny", plans, day(5)) == date(2027, 5, 1)
    longer = plans | {"large": plan("249", "large", minimum_months=12)}
    one = rules.moved(subscription(), Move(on=DECEMBER, turn=Turn.CHANGED, plan="large"), longer, day(5))
    assert rules.earliest_end(one, longer, day(6)) == date(2027, 12, 1)


def test_a_pause_moves_the_end_of_the_term_and_while_it_lasts_there_is_none() -> None:
    bound = {"small": plan(minimum_months=3)}
    paused = rules.moved(subscription(), Move(on=DECEMBER, turn=Turn.PAUSED), bound, day(5))
    assert rules.earliest_end(paused, bound, date(2026, 12, 5)) is None
    with pytest.raises(TermWaits):
        rules.ended(paused, bound, date(2028, 1, 1), date(2026, 12, 5))
    on_again = rules.moved(paused, Move(on=date(2027, 2, 1), turn=Turn.RESUMED), bound, date(2026, 12, 5))
    assert rules.earliest_end(on_again, bound, date(2026, 12, 5)) == date(2027, 4, 1)
    ends = rules.ended(subscription(), bound, None, day(2))
    with pytest.raises(TermWaits):
        rules.moved(ends, Move(on=DECEMBER, turn=Turn.PAUSED), bound, day(5))


def test_a_trial_ends_at_once_or_with_its_last_day_and_costs_nothing() -> None:
    plans = {"small": plan(minimum_months=12)}
    one = rules.ended(subscription(trial=30), plans, None, day(5))
    assert (one.ends_on, cost(one)) == (day(5), Decimal(0))
    assert rules.ended(subscription(trial=10), plans, day(11), day(5)).ends_on == day(11)
    with pytest.raises(TooEarly):
        rules.ended(subscription(trial=10), plans, day(11), day(11))
    assert rules.ended(subscription(day(10)), plans, None, day(5)).ends_on == day(10), "it has not begun"


def test_a_trial_includes_what_its_own_days_give() -> None:
    parts = november(subscription(trial=15))
    assert months.included(months.of_trial(parts, State.TRIAL), Where.OURS) == kwh(25)
    assert months.included(months.of_trial(parts, State.ACTIVE), Where.OURS) == kwh(50)


def test_an_end_that_is_to_come_can_be_taken_back_and_one_that_came_cannot() -> None:
    one = rules.ended(subscription(), PLANS, DECEMBER, day(5))
    assert rules.stays(one, day(30)).ends_on is None
    with pytest.raises(rules.NotSubscribed):
        rules.stays(one, DECEMBER)


def test_an_end_leaves_out_what_was_to_come_after_it_and_nothing_that_came() -> None:
    one = rules.moved(subscription(), Move(on=date(2026, 12, 9), turn=Turn.CHANGED, plan="large"), PLANS, day(2))
    assert [move.turn for move in rules.ended(one, PLANS, DECEMBER, day(2)).moves] == [Turn.ENDED]
    again = subscription(NOVEMBER, Move(on=day(1), turn=Turn.PAUSED), Move(on=day(9), turn=Turn.RESUMED))
    with pytest.raises(TooEarly):
        rules.ended(again, PLANS, day(9), day(9))


@pytest.mark.parametrize(
    ("moves", "turn"),
    [
        ((), Turn.RESUMED),
        ((Turn.PAUSED,), Turn.PAUSED),
        ((Turn.ENDED,), Turn.CHANGED),
        ((Turn.ENDED,), Turn.ENDED),
    ],
)
def test_what_makes_no_sense_then_is_refused(moves: tuple[Turn, ...], turn: Turn) -> None:
    one = subscription(NOVEMBER, *(Move(on=day(5), turn=each) for each in moves))
    with pytest.raises(NotThen):
        rules.moved(one, Move(on=day(10), turn=turn, plan="large" if turn is Turn.CHANGED else None), PLANS, day(2))


def test_nothing_is_changed_before_it_began_or_in_the_past() -> None:
    with pytest.raises(NotThen):
        rules.moved(subscription(day(10)), Move(on=day(5), turn=Turn.PAUSED), PLANS, day(2))
    with pytest.raises(InThePast):
        rules.moved(subscription(), Move(on=day(1), turn=Turn.PAUSED), PLANS, day(2))


def test_what_is_included_costs_what_energy_costs_on_average_and_the_rest_has_its_discount() -> None:
    version = Version(
        since=NOVEMBER,
        fee=Decimal(99),
        discounts=(Discount(percent=Decimal(10)), Discount(percent=Decimal(20), location_id="loc1")),
    )
    found = offered.covered(
        version,
        left=kwh(4),
        energy=kwh(10),
        energy_cost=Decimal("25.00"),
        cost=Decimal("30.00"),
        currency="SEK",
        where=Where.OURS,
        location_id="LOC1",
    )
    assert (found.energy, found.included, found.percent, found.discount) == (
        *(kwh(4), Decimal("10.00"), Decimal(20)),
        Decimal("4.00"),
    )


def test_a_discount_at_a_place_of_ours_is_none_at_a_partners_place_of_the_same_name() -> None:
    one = Discount(percent=Decimal(20), location_id="LOC1")
    assert offered.fits(one, Where.OURS, "loc1")
    assert not offered.fits(one, Where.PARTNERS, "loc1")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"currency": "kr"}, "currency"),
        ({"trial_days": -1}, "trial_days"),
        ({"versions": ()}, "versions"),
        ({"versions": (Version(since=NOVEMBER, fee=Decimal("9.999")),)}, "fee"),
        ({"versions": (Version(since=NOVEMBER, fee=Decimal("NaN")),)}, "fee"),
        ({"versions": (Version(since=NOVEMBER, fee=Decimal(1), included=kwh(-1)),)}, "included"),
        ({"versions": (Version(since=NOVEMBER, fee=Decimal(1)), Version(since=NOVEMBER, fee=Decimal(2)))}, "since"),
        (
            {"versions": (Version(since=NOVEMBER, fee=Decimal(1), discounts=(Discount(percent=Decimal(0)),)),)},
            "percent",
        ),
    ],
)
def test_a_plan_that_cannot_be_sold_is_refused_at_its_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(UnfitPlan) as refused:
        offered.checked(replace(SMALL, **changes))
    assert refused.value.field == field
