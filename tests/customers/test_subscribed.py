"""What subscriptions cost and give: laws of days and coins, and what may happen when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.customers import subscribed as rules
from laddnav.customers.plan import Discount, Move, Plan, State, Stretch, Subscription, Turn, Version, Where
from laddnav.customers.subscribed import InThePast, NotNow, TooEarly, UnfitPlan
from laddnav.kit.energy import NO_ENERGY, Energy, kwh
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
    return rules.stretches(one, PLANS, NOVEMBER, DECEMBER)


def cost(one: Subscription) -> Decimal:
    return sum((fee.amount for fee in rules.fees(november(one))), Decimal(0))


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
    parts = rules.stretches(subscription(NOVEMBER, *moves), plans, NOVEMBER, DECEMBER)
    assert sum((one.amount for one in rules.fees(parts)), Decimal(0)) == fee


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
    parts = rules.stretches(one, plans, NOVEMBER, DECEMBER)
    exact = Decimal(0)
    for number in range(1, 31):
        found = rules.state_on(one, day(number))
        assert found is not None
        exact += {"small": small, "large": large}[found[1]]
    charged = sum((each.amount for each in rules.fees(parts)), Decimal(0))
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
            one = rules.moved(one, move, NOVEMBER)
        except NotNow:
            continue
    parts = november(one)
    assert all(before.end <= after.begin for before, after in pairwise(parts))
    assert all(part.begin >= begins for part in parts)
    assert one.ends_on is None or all(part.end <= one.ends_on for part in parts)
    for number in range(1, 31):
        held = [part for part in parts if part.begin <= day(number) < part.end]
        state = rules.state_on(one, day(number))
        assert [(part.state, part.plan.ref) for part in held] == (
            [] if state is None or state[0] is State.ENDED else [state]
        )
    paid = sum(fee.days for fee in rules.fees(parts))
    assert paid == sum(part.days for part in parts if part.state is State.ACTIVE)


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
    found = rules.covered(
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
    assert rules.included(november(one), Where.OURS) == kwh(50)


def test_a_trial_that_ends_in_the_month_leaves_the_other_days_to_pay() -> None:
    (fee,) = rules.fees(november(subscription(trial=10)))
    assert (fee.begin, fee.days, fee.of_days, fee.amount) == (day(11), 20, 30, Decimal("66.00"))


def test_from_the_day_of_a_change_on_the_other_plan_is_paid_and_gives() -> None:
    one = subscription(NOVEMBER, Move(on=day(16), turn=Turn.CHANGED, plan="large"))
    assert [(fee.plan.ref, fee.days, fee.amount) for fee in rules.fees(november(one))] == [
        ("small", 15, Decimal("49.50")),
        ("large", 15, Decimal("124.50")),
    ]


def test_a_pause_costs_nothing_and_gives_nothing() -> None:
    one = subscription(NOVEMBER, Move(on=day(11), turn=Turn.PAUSED), Move(on=day(21), turn=Turn.RESUMED))
    assert cost(one) == Decimal("66.00")
    assert rules.included(november(one), Where.OURS) == Energy(Decimal(33_333))


def test_parts_of_a_month_give_all_of_its_watt_hours() -> None:
    odd = plan(versions=(Version(since=date(2026, 1, 1), fee=Decimal(0), included=kwh(50)),))
    parts = rules.stretches(
        subscription(NOVEMBER, Move(on=day(8), turn=Turn.CHANGED, plan="small")), {"small": odd}, NOVEMBER, DECEMBER
    )
    assert rules.included(parts, Where.OURS) == kwh(50)


def test_what_is_included_at_our_stations_is_not_included_at_partners() -> None:
    assert rules.included(november(subscription()), Where.PARTNERS) == NO_ENERGY


def test_a_new_price_holds_from_its_day_on() -> None:
    dearer = rules.with_version(SMALL, Version(since=day(16), fee=Decimal(129)), today=day(2))
    parts = rules.stretches(subscription(), {"small": dearer}, NOVEMBER, DECEMBER)
    assert [fee.amount for fee in rules.fees(parts)] == [Decimal("49.50"), Decimal("64.50")]
    with pytest.raises(InThePast):
        rules.with_version(SMALL, Version(since=day(1), fee=Decimal(129)), today=day(2))


def test_who_ends_it_pays_until_term_and_notice_are_over() -> None:
    bound = {"small": plan(minimum_months=3, notice_days=30)}
    one = subscription()
    assert rules.earliest_end(one, bound, day(2)) == date(2027, 2, 1)
    assert rules.earliest_end(one, bound, date(2027, 2, 1)) == date(2027, 3, 3)
    with pytest.raises(TooEarly) as refused:
        rules.ended(one, bound, day(30), day(2))
    assert refused.value.earliest == "2027-02-01"
    assert rules.ended(one, bound, None, day(2)).ends_on == date(2027, 2, 1)


def test_a_trial_ends_at_once_and_costs_nothing() -> None:
    one = rules.ended(subscription(trial=30), {"small": plan(minimum_months=12)}, None, day(5))
    assert (one.ends_on, cost(one)) == (day(5), Decimal(0))


def test_an_end_that_is_to_come_can_be_taken_back_and_one_that_came_cannot() -> None:
    one = rules.ended(subscription(), PLANS, day(20), day(5))
    assert rules.stays(one, day(19)).ends_on is None
    with pytest.raises(rules.NotSubscribed):
        rules.stays(one, day(20))


def test_an_end_leaves_out_what_was_to_come_after_it() -> None:
    one = rules.moved(subscription(), Move(on=day(25), turn=Turn.CHANGED, plan="large"), day(2))
    assert [move.turn for move in rules.ended(one, PLANS, day(20), day(2)).moves] == [Turn.ENDED]


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
    with pytest.raises(NotNow):
        rules.moved(one, Move(on=day(10), turn=turn, plan="large" if turn is Turn.CHANGED else None), day(2))


def test_nothing_is_changed_before_it_began_or_in_the_past() -> None:
    with pytest.raises(NotNow):
        rules.moved(subscription(day(10)), Move(on=day(5), turn=Turn.PAUSED), day(2))
    with pytest.raises(InThePast):
        rules.moved(subscription(), Move(on=day(1), turn=Turn.PAUSED), day(2))


def test_what_is_included_costs_what_energy_costs_on_average_and_the_rest_has_its_discount() -> None:
    version = Version(
        since=NOVEMBER,
        fee=Decimal(99),
        discounts=(Discount(percent=Decimal(10)), Discount(percent=Decimal(20), location_id="loc1")),
    )
    found = rules.covered(
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
    assert rules.fits(one, Where.OURS, "loc1")
    assert not rules.fits(one, Where.PARTNERS, "loc1")


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
        rules.checked(replace(SMALL, **changes))
    assert refused.value.field == field


def test_a_month_later_than_the_last_of_january_is_the_last_of_february() -> None:
    assert rules.months_after(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert rules.months_after(date(2026, 11, 15), 14) == date(2028, 1, 15)
