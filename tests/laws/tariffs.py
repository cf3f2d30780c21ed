"""Random tariffs, and policies under which to read them, around the nights on which clocks are changed.

Few restrictions at a time, of one kind, on what the other Elements price too: so that one price follows another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from hypothesis import strategies as st

from laddnav.kit.energy import wh
from laddnav.kit.ids import PartyId
from laddnav.kit.power import kw
from laddnav.pricing.policy import OURS, Policy
from laddnav.tariffs.model import (
    Element,
    Limit,
    PriceComponent,
    Restriction,
    Tariff,
    TariffDimension,
    TaxIncluded,
    Weekday,
)

# Nights on which a clock is put forward or back, by an hour or (on Lord Howe Island) by half of one, and a plain night.
NIGHTS = [
    ("Europe/Stockholm", date(2026, 3, 29)),
    ("Europe/Stockholm", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/St_Johns", date(2026, 6, 12)),
]
DAYS = sorted(day for _, day in NIGHTS)
SECOND, MINUTE, QUARTER = timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=15)

quarters = st.builds(time, st.integers(0, 4) | st.just(23), st.sampled_from([0, 15, 30, 45]))
amounts = st.decimals(0, 10, places=2)
lengths = (st.integers(0, 10) | st.integers(0, 200)).map(lambda count: count * MINUTE)
energies = (st.integers(0, 60) | st.integers(0, 400)).map(lambda count: wh(count * 15))
powers = st.sampled_from([kw(0), kw("0.9"), kw("1.8"), kw("4.5"), kw(54), kw(100)])
currents = st.sampled_from([Decimal(0), Decimal(6), Decimal("16.5"), Decimal(32)])

CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "start_time": quarters,
    "end_time": quarters,
    "start_date": st.sampled_from(DAYS),
    "end_date": st.sampled_from(DAYS),
    "energy_min": energies,
    "energy_max": energies,
    "duration_min": lengths,
    "duration_max": lengths,
    "weekdays": st.lists(st.sampled_from(Weekday), min_size=3, max_size=6, unique=True).map(tuple),
    "power_min": powers,
    "power_max": powers,
    "current_min": currents,
    "current_max": currents,
    "booking": st.just("BOOKING"),
}


# What the Elements of a tariff may ask for: one kind of thing more often than all of them.
THEMES: dict[str, tuple[str, ...]] = {
    "any": tuple(CONDITIONS),
    "clock": ("start_time", "end_time", "start_date", "end_date", "weekdays"),
    "used": ("energy_min", "energy_max", "duration_min", "duration_max"),
    "flow": ("power_min", "power_max", "current_min", "current_max"),
}
A_THEME = st.sampled_from(list(THEMES.values()))
A_THEME_WITHOUT_FLOW = st.sampled_from(
    [tuple(name for name in names if name not in THEMES["flow"]) for theme, names in THEMES.items() if theme != "flow"]
)


@cache
def restrictions(names: tuple[str, ...]) -> st.SearchStrategy[Restriction]:
    return _restrictions(names)


@st.composite
def _restrictions(draw: st.DrawFn, names: tuple[str, ...]) -> Restriction:
    """Of many conditions together hardly any session meets all."""
    chosen = {*draw(some(names))}
    if "start_time" in chosen and draw(st.booleans()):
        chosen |= {"end_time", *draw(st.sampled_from([(), ("weekdays",)]))}
    drawn = {name: draw(CONDITIONS[name]) for name in sorted(chosen)}
    if "end_time" in drawn and drawn.get("start_time") and draw(ONE_IN_SIX):
        drawn["end_time"] = drawn["start_time"]
    return Restriction(**drawn)


ONE_IN_SIX = st.sampled_from([False] * 5 + [True])


# Made once, as other strategies here: to make one takes longer than to draw from it.
@cache
def some(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=1, max_size=2)


ALL = tuple(TariffDimension)


@cache
def components(
    steps: st.SearchStrategy[int], kinds: tuple[TariffDimension, ...] = ALL
) -> st.SearchStrategy[PriceComponent]:
    return st.builds(
        PriceComponent,
        type=st.sampled_from(kinds),
        price=amounts,
        vat=st.sampled_from([None, Decimal(0), Decimal("5.2"), Decimal(25)]),
        step_size=steps,
    )


@st.composite
def limits(draw: st.DrawFn) -> tuple[Limit | None, Limit | None]:
    """Lowest and highest price. No lowest is above its highest: what that would mean nobody says."""
    lowest, highest = sorted((draw(amounts), draw(amounts)))
    lowest_incl, highest_incl = sorted((draw(amounts), draw(amounts)))
    return (
        draw(st.sampled_from([None, Limit(lowest), Limit(lowest, lowest_incl)])),
        draw(st.sampled_from([None, Limit(highest), Limit(highest, highest_incl)])),
    )


LIMITS = limits()


# What most Elements of a tariff price: one thing often, so that one price of it follows another.
KINDS = (
    ALL,
    (TariffDimension.ENERGY,),
    (TariffDimension.TIME,),
    (TariffDimension.TIME, TariffDimension.PARKING_TIME),
    (TariffDimension.ENERGY, TariffDimension.FLAT),
)


A_KIND = st.sampled_from(KINDS)


@cache
def element(
    steps: st.SearchStrategy[int],
    kinds: tuple[TariffDimension, ...],
    restriction: st.SearchStrategy[Restriction],
) -> st.SearchStrategy[Element]:
    priced = st.lists(components(steps, kinds), min_size=1, max_size=3).map(tuple)
    return st.builds(Element, components=priced, restriction=restriction)


@st.composite
def elements(draw: st.DrawFn, steps: st.SearchStrategy[int], flow: bool) -> tuple[Element, ...]:
    """`flow`: they may ask for power and current too. Often the last one applies always, as the text advises."""
    names, kinds = draw(A_THEME if flow else A_THEME_WITHOUT_FLOW), draw(A_KIND)
    restricted = element(steps, kinds, restrictions(names))
    found = [draw(restricted) for _ in range(draw(st.sampled_from([0, 1, 2, 2, 3, 4])))]
    if not found or draw(st.booleans()):
        found.append(draw(element(steps, kinds, ALWAYS)))
    for reserving in draw(RESERVING):
        found.insert(draw(st.integers(0, len(found))), draw(element(steps, OF_A_RESERVATION, reserving)))
    return tuple(found)


OF_A_RESERVATION = (TariffDimension.TIME, TariffDimension.FLAT)
ALWAYS = st.just(Restriction())
RESERVATION, EXPIRY = (
    st.builds(Restriction, reservation=st.just(word), duration_min=st.sampled_from([None, None, 5 * MINUTE]))
    for word in ("RESERVATION", "RESERVATION_EXPIRES")
)
RESERVING = st.sampled_from([(), (RESERVATION,), (EXPIRY,), (EXPIRY, RESERVATION), (RESERVATION, RESERVATION)])
ANY_STEP = st.sampled_from([0, 1, 60, 500, 900])
NO_STEP = st.just(0)
NET = st.sampled_from([None, TaxIncluded.NO])
ANY_TAX = st.sampled_from([None, *TaxIncluded])


@st.composite
def tariffs(
    draw: st.DrawFn,
    *,
    steps: st.SearchStrategy[int] = ANY_STEP,
    flow: bool = True,
    limited: bool = True,
    taxes: st.SearchStrategy[TaxIncluded | None] = NET,
    id: str = "T",
) -> Tariff:
    price_min, price_max = draw(LIMITS) if limited else (None, None)
    return Tariff(
        owner=PartyId("SE", "LAD"),
        id=id,
        currency="SEK",
        elements=draw(elements(steps, flow)),
        price_min=price_min,
        price_max=price_max,
        tax_included=draw(taxes),
        last_updated=datetime(2026, 1, 1, tzinfo=UTC),
    )


# ---- Policies


def policies(switches: Sequence[str]) -> st.SearchStrategy[Policy]:
    """Each of these questions is answered in any way."""
    return st.builds(
        Policy, name=st.just("otherwise"), **{switch: st.sampled_from(answers(switch)) for switch in switches}
    )


def answers(switch: str) -> list[Any]:
    ours = getattr(OURS, switch)
    if isinstance(ours, bool):
        return [ours, not ours]
    kind: type[Enum] = type(ours)
    return list(kind)
