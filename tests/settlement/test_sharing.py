"""What hosts get of a charge and of a month: laws, and the cases that somebody would ask about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.kit.energy import kwh as energy_of
from laddnav.kit.ids import PartyId
from laddnav.market.model import MarketStep
from laddnav.settlement.margins import by_step, market_cost
from laddnav.settlement.sharing import (
    Agreement,
    Earned,
    EnergyFrom,
    Granted,
    UnfitAgreement,
    days_held,
    fit,
    month_parts,
    months,
    shared,
)

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
US = PartyId("SE", "LAD")


def agreement(ref: str = "A", **said: object) -> Agreement:
    facts: dict[str, object] = {
        "holder": US,
        "ref": ref,
        "host": f"host-{ref}",
        "places": ("LOC1",),
        "since": date(2026, 1, 1),
        "currency": "SEK",
        "said_at": NOW,
        "said_by": "ada",
    }
    return Agreement(**(facts | said))  # type: ignore[arg-type]  # fields by their names


coins = st.integers(0, 500_000).map(lambda ore: Decimal(ore) / 100)
agreements = st.lists(
    st.builds(
        lambda percent, per_kwh, energy, number: agreement(
            str(number), percent=percent, per_kwh=per_kwh, energy=energy, energy_per_kwh=Decimal("0.713")
        ),
        percent=st.integers(0, 10_000).map(lambda part: Decimal(part) / 100),
        per_kwh=st.integers(0, 400).map(lambda ore: Decimal(ore) / 100),
        energy=st.sampled_from(EnergyFrom),
        number=st.integers(0, 1000),
    ),
    max_size=4,
)


@given(revenue=coins, kwh=st.decimals(0, 200, places=3), cost=coins, agreed=agreements, credit=st.booleans())
def test_shares_never_exceed_what_is_shared_and_add_up_with_what_is_kept(
    revenue: Decimal, kwh: Decimal, cost: Decimal, agreed: list[Agreement], credit: bool
) -> None:
    sign = -1 if credit else 1
    found = shared(Earned(revenue=sign * revenue, kwh=sign * kwh, currency="SEK", energy_cost=cost), agreed)
    assert found is not None
    amounts = [sign * part.amount for part in found.parts]
    assert sign * found.kept + sum(amounts) == revenue
    assert sign * found.kept >= 0
    for part, amount in zip(found.parts, amounts, strict=True):
        assert 0 <= amount <= part.of <= revenue
        assert amount == amount.quantize(Decimal("0.01"))
        assert part.of + part.energy_cost == revenue


@given(revenue=coins, kwh=st.decimals(0, 200, places=3), cost=coins, agreed=agreements)
def test_what_is_taken_back_gives_back_what_was_shared(
    revenue: Decimal, kwh: Decimal, cost: Decimal, agreed: list[Agreement]
) -> None:
    there = shared(Earned(revenue=revenue, kwh=kwh, currency="SEK", energy_cost=cost), agreed)
    back = shared(Earned(revenue=-revenue, kwh=-kwh, currency="SEK", energy_cost=-cost), agreed)
    assert there is not None
    assert back is not None
    assert [part.amount for part in there.parts] == [-part.amount for part in back.parts]


def test_energy_is_taken_off_first_and_what_nobody_knows_is_waited_for() -> None:
    earned = Earned(revenue=Decimal(100), kwh=Decimal(20), currency="SEK", energy_cost=Decimal(30))
    half = agreement(percent=Decimal(50), energy=EnergyFrom.KNOWN)
    found = shared(earned, [half])
    assert found is not None
    assert [(part.of, part.energy_cost, part.amount) for part in found.parts] == [
        (Decimal(70), Decimal(30), Decimal(35)),
    ]
    unknown = Earned(revenue=Decimal(100), kwh=Decimal(20), currency="SEK")
    assert shared(unknown, [half]) is None
    assert shared(unknown, [agreement(percent=Decimal(50))]) is not None


def test_what_asks_for_more_than_there_is_gets_all_of_it_and_says_so() -> None:
    earned = Earned(revenue=Decimal(10), kwh=Decimal(20), currency="SEK")
    found = shared(earned, [agreement("A", per_kwh=Decimal(2)), agreement("B", percent=Decimal(50))])
    assert found is not None
    assert found.kept == 0
    assert [(part.amount, part.capped) for part in found.parts] == [(Decimal("6.67"), True), (Decimal("3.33"), True)]


def test_a_guarantee_adds_what_a_month_lacks_and_part_of_a_month_is_its_part() -> None:
    one = agreement(per_month=Decimal(300), minimum=Decimal(1000), percent=Decimal(10), since=date(2026, 11, 16))
    assert days_held(one, "2026-11") == (15, 30)
    assert days_held(one, "2026-10") == (0, 31)
    (half,) = month_parts(one, "2026-11", before={}, new={"2026-11": Decimal(120)}, stated=())
    assert (half.fixed, half.guarantee) == (Decimal(150), Decimal(230))
    (rich,) = month_parts(one, "2026-12", before={}, new={"2026-12": Decimal(5000)}, stated=())
    assert (rich.fixed, rich.guarantee) == (Decimal(300), Decimal(0))
    assert months("2026-11", "2027-02") == ["2026-11", "2026-12", "2027-01", "2027-02"]


@given(st.lists(st.dictionaries(st.integers(0, 3), st.integers(-2000, 2000), max_size=3), min_size=4, max_size=4))
def test_a_month_comes_to_its_shares_or_its_guarantee_in_whatever_order_they_came(
    news: list[dict[int, int]],
) -> None:
    """Each list of shares comes with the statement of its place, of months until then."""
    one = agreement(per_month=Decimal(100), minimum=Decimal(1000), percent=Decimal(10))
    names = months("2026-03", "2026-06")
    known: dict[str, Granted] = {}
    for place, said in enumerate(news):
        new = {names[at]: Decimal(amount) for at, amount in said.items() if at <= place}
        for part in month_parts(one, names[place], before=known, new=new, stated=names[:place]):
            before = known.get(part.month, Granted())
            known[part.month] = Granted(
                shares=before.shares + new.get(part.month, Decimal(0)),
                fixed=before.fixed + part.fixed,
                guarantee=before.guarantee + part.guarantee,
            )
    for place, name in enumerate(names):
        shares = sum((Decimal(said.get(place, 0)) for said in news[place:]), Decimal(0))
        assert known[name].shares == shares
        assert shares + known[name].fixed + known[name].guarantee == max(shares + 100, Decimal(1000))


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"percent": Decimal(10), "places": ()},
        {"percent": Decimal(10), "until": date(2025, 12, 31)},
        {"percent": Decimal(10), "energy": EnergyFrom.FIXED},
        {"minimum": Decimal("0.001")},
        {"percent": Decimal("100.1")},
        {"per_kwh": Decimal("NaN")},
        {"percent": Decimal(50), "places": ("LOC1/E2",)},
    ],
)
def test_what_cannot_be_meant_is_not_agreed(said: dict[str, object]) -> None:
    with pytest.raises(UnfitAgreement):
        fit(agreement("B", **said), [agreement("A", percent=Decimal(60))])


def test_two_hosts_side_by_side_each_get_theirs() -> None:
    others = [
        agreement("A", percent=Decimal(60)),
        agreement("C", percent=Decimal(40), places=("LOC1/E3",)),
        agreement("D", percent=Decimal(90), until=date(2026, 3, 1)),
    ]
    one = agreement("B", percent=Decimal(40), places=("loc1/E2",), since=date(2026, 4, 1))
    assert fit(one, others) is one
    assert agreement(places=("LOC1/E2",)).covers("loc1", "e2", date(2026, 5, 1))
    assert not agreement(places=("LOC1/E2",)).covers("LOC1", "E3", date(2026, 5, 1))


def test_energy_costs_what_the_market_asked_while_it_was_drawn() -> None:
    quarter = timedelta(minutes=15)
    steps = [MarketStep(NOW + n * quarter, quarter, Decimal(n + 1)) for n in range(4)]
    found = by_step(
        [(NOW, NOW + 2 * quarter, energy_of(10)), (NOW + 3 * quarter, NOW + 4 * quarter, energy_of(1))], steps
    )
    assert found is not None
    assert [[step.value, kwh] for step, kwh in found] == [
        [Decimal(value), Decimal(kwh)] for value, kwh in ((1, 5), (2, 5), (4, 1))
    ]
    assert market_cost(found, "SEK") == 19
    assert by_step([(NOW, NOW + 5 * quarter, energy_of(10))], steps) is None
    guessed = [*steps[:3], MarketStep(steps[3].begin_at, quarter, Decimal(4), forecast=True)]
    assert by_step([(NOW, NOW + 4 * quarter, energy_of(10))], guessed) is None
