"""Random tariffs, sessions and written charges, around the nights on which clocks are changed.

Few restrictions at a time, borders and sessions on one grid, and small numbers: so borders are met, and met exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, wh
from laddnav.kit.ids import PartyId
from laddnav.kit.power import kw
from laddnav.metering.model import Activity, ChargingPeriod, Dimension, Stretch
from laddnav.pricing.model import Charge
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
DAYS = sorted({day + timedelta(days=more) for _, day in NIGHTS for more in (-1, 0, 1)})
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
DRIVEN = (Activity.CHARGING, Activity.CHARGING, Activity.SUSPENDED_EV, Activity.SUSPENDED_EVSE)

quarters = st.builds(time, st.integers(0, 5) | st.just(23), st.sampled_from([0, 15, 30, 45]))
odd_times = quarters | st.builds(time, st.integers(0, 5), st.integers(0, 59), st.integers(0, 59))
amounts = st.decimals(0, 10, places=2)
lengths = st.integers(0, 200).map(lambda count: count * MINUTE)
energies = st.integers(0, 400).map(lambda count: wh(count * 15))
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
    "reservation": st.sampled_from(["RESERVATION", "RESERVATION_EXPIRES"]),
    "power_min": powers,
    "power_max": powers,
    "current_min": currents,
    "current_max": currents,
    "booking": st.just("BOOKING"),
}


SOME = st.lists(st.sampled_from(list(CONDITIONS)), max_size=2)
SOME_WITHOUT_FLOW = st.lists(
    st.sampled_from([name for name in CONDITIONS if not name.startswith(("power", "current"))]), max_size=2
)

# ---- Tariffs


@st.composite
def restrictions(draw: st.DrawFn, flow: bool, clock: st.SearchStrategy[time]) -> Restriction:
    """Of many conditions together hardly any session meets all. `flow`: of power and current too."""
    chosen = set(draw(SOME if flow else SOME_WITHOUT_FLOW))
    if "start_time" in chosen and draw(st.booleans()):
        chosen |= {"end_time", *draw(st.sampled_from([(), ("weekdays",)]))}
    drawn = {name: draw(clock if name.endswith("_time") else CONDITIONS[name]) for name in sorted(chosen)}
    if "end_time" in drawn and drawn.get("start_time") and draw(st.integers(0, 9)) == 0:
        drawn["end_time"] = drawn["start_time"]
    return Restriction(**drawn)


@cache
def components(steps: st.SearchStrategy[int]) -> st.SearchStrategy[PriceComponent]:
    return st.builds(
        PriceComponent,
        type=st.sampled_from(TariffDimension),
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


# Made once: to make a strategy takes longer than to draw from it.
@cache
def elements(
    steps: st.SearchStrategy[int], flow: bool, clock: st.SearchStrategy[time]
) -> st.SearchStrategy[tuple[Element, ...]]:
    element = st.builds(
        Element,
        components=st.lists(components(steps), min_size=1, max_size=3).map(tuple),
        restriction=restrictions(flow, clock),
    )
    return st.lists(element, min_size=1, max_size=5).map(tuple)


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
    clock: st.SearchStrategy[time] = quarters,
    limited: bool = True,
    taxes: st.SearchStrategy[TaxIncluded | None] = NET,
    id: str = "T",
) -> Tariff:
    price_min, price_max = draw(LIMITS) if limited else (None, None)
    return Tariff(
        owner=PartyId("SE", "LAD"),
        id=id,
        currency="SEK",
        elements=draw(elements(steps, flow, clock)),
        price_min=price_min,
        price_max=price_max,
        tax_included=draw(taxes),
        last_updated=datetime(2026, 1, 1, tzinfo=UTC),
    )


# ---- Sessions


class Visit(NamedTuple):
    """A session in whole ticks."""

    zone: str
    session: tuple[Stretch, ...]
    tick: timedelta


PLAIN = (15, 30, 75)  # Wh a tick
BOTH_WAYS = (*PLAIN, -15, -30)


@st.composite
def visits(
    draw: st.DrawFn,
    *,
    flows: tuple[int, ...] = PLAIN,
    ticks: tuple[timedelta, ...] = (SECOND, MINUTE),
    longest: int = 120,
    reserved: bool = True,
) -> Visit:
    """Perhaps a reservation, perhaps nothing else, then charging with its pauses.

    In each tick flows 15 Wh or a small multiple of it, or nothing.
    """
    zone, day = draw(st.sampled_from(NIGHTS))
    tick = draw(st.sampled_from(ticks))
    midnight = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    at = midnight + draw(st.integers(-120, 300)) * MINUTE
    if tick == SECOND:
        at += draw(st.integers(0, 59)) * SECOND
    waited = draw(st.integers(0, 2)) if reserved and draw(st.booleans()) else 0
    driven = draw(st.integers(0 if waited else 1, 5))
    found = []
    for place in range(waited + driven):
        activity = Activity.RESERVED if place < waited else draw(st.sampled_from(DRIVEN))
        steps = draw(st.integers(1, longest))
        charging = activity is Activity.CHARGING
        stretch = Stretch(
            started_at=at,
            ended_at=at + steps * tick,
            energy=wh(steps * draw(st.sampled_from(flows))) if charging else NO_ENERGY,
            activity=activity,
            current=draw(st.none() | currents) if charging else None,
        )
        found.append(stretch)
        at = stretch.ended_at
    return Visit(zone, tuple(found), tick)


def pieces(stretch: Stretch, cuts: list[timedelta]) -> list[Stretch]:
    """The stretch in pieces of the same power; each cut is so long after its beginning."""
    edges = [timedelta(), *cuts, stretch.length]
    return [
        replace(
            stretch,
            started_at=stretch.started_at + since,
            ended_at=stretch.started_at + until,
            energy=stretch.energy.during(until, stretch.length) - stretch.energy.during(since, stretch.length),
        )
        for since, until in pairwise(edges)
    ]


# ---- Written charges


used = st.decimals(0, 20, places=3)
used_or_fed_back = st.decimals(-2, 20, places=3)
VOLUMES: dict[str, st.SearchStrategy[Decimal]] = {
    "ENERGY": used_or_fed_back,
    "TIME": st.decimals(0, 4, places=2),
    "PARKING_TIME": st.decimals(0, 4, places=2),
    "MIN_POWER": st.decimals(0, 60, places=1),
    "MAX_POWER": st.decimals(0, 60, places=1),
    "MIN_CURRENT": st.decimals(0, 40, places=1),
    "MAX_CURRENT": st.decimals(0, 40, places=1),
    "POWER": st.decimals(0, 60, places=1),
    "CURRENT": st.decimals(0, 40, places=1),
}


NAMED: st.SearchStrategy[list[str | None]] = st.sampled_from([["A", "a", "B", "unknown", None], ["A", "B"], [None]])


@st.composite
def charges(
    draw: st.DrawFn,
    /,
    *,
    several: bool = False,
    energies: st.SearchStrategy[Decimal] = used_or_fed_back,
    untidy: bool = False,
    reserved: bool = True,
    **asked: Any,
) -> Charge:
    """A CDR as a partner may write it: any dimensions in any period, perhaps after a reservation, perhaps nothing else.

    `several`: periods name one of two tariffs, of which one may have been edited, one that nobody knows, or none.
    `untidy`: perhaps a dimension twice, or periods in disorder. Other words are for `tariffs`.
    """
    zone, day = draw(st.sampled_from(NIGHTS))
    at = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) + draw(st.integers(-120, 300)) * MINUTE
    started_at = at
    ids = draw(NAMED) if several else ["T"]
    known = [draw(tariffs(id=id, **asked)) for id in (["A", "B"] if several else ["T"])]
    if several and draw(st.booleans()):
        edited_at = started_at + draw(st.sampled_from([-MINUTE, timedelta(), MINUTE]))
        edited = replace(draw(tariffs(id="A", **asked)), last_updated=edited_at)
        known.insert(draw(st.integers(0, 2)), edited)
    if ids == [None] and draw(st.booleans()):
        known = [tariff for tariff in known if tariff.id == "A"]
    waited = draw(st.integers(0, 2)) if reserved and draw(st.booleans()) else 0
    periods = []
    for place in range(waited + draw(st.integers(0 if waited else 1, 5))):
        if place < waited:
            volumes = {"RESERVATION_TIME": draw(st.decimals("0.01", 4, places=2))}
        else:
            chosen = draw(st.lists(st.sampled_from(sorted(VOLUMES)), min_size=1, max_size=4, unique=True))
            volumes = {name: draw(energies if name == "ENERGY" else VOLUMES[name]) for name in chosen}
        dimensions = [Dimension(name, volume) for name, volume in volumes.items()]
        if untidy and draw(st.integers(0, 3)) == 0:
            dimensions += [Dimension(name, volume + 1) for name, volume in volumes.items() if name not in MEANS]
        named = draw(st.sampled_from(ids))
        periods.append(ChargingPeriod(started_at=at, dimensions=tuple(dimensions), tariff_id=named))
        at += draw(st.integers(1, 240)) * MINUTE
    if untidy and draw(st.integers(0, 3)) == 0:
        periods.reverse()
    return Charge(
        started_at=started_at,
        ended_at=at,
        currency="SEK",
        zone=zone,
        periods=tuple(periods),
        tariffs=tuple(known),
    )


MEANS = ("POWER", "CURRENT")


# ---- Policies


@st.composite
def policies(draw: st.DrawFn, switches: Sequence[str]) -> Policy:
    """Ours but for the answers to one, two or three of these questions."""
    chosen = draw(st.lists(st.sampled_from(switches), min_size=1, max_size=3, unique=True))
    answers = {switch: draw(st.sampled_from(other_answers(switch))) for switch in chosen}
    return Policy(name="otherwise", **answers)


def other_answers(switch: str) -> list[Any]:
    ours = getattr(OURS, switch)
    return [True] if ours is False else [answer for answer in type(ours) if answer is not ours]
