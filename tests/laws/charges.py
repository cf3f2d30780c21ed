"""Random sessions and written charges, whose borders and those of their tariffs lie on one grid, and often together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, Energy, kwh, wh
from laddnav.metering.model import Activity, ChargingPeriod, Dimension, Stretch
from laddnav.pricing.model import Charge
from laddnav.tariffs.model import Tariff
from tests.laws.tariffs import MINUTE, NIGHTS, QUARTER, SECOND, currents, tariffs

# ---- Sessions


class Visit(NamedTuple):
    """A session in whole ticks."""

    zone: str
    session: tuple[Stretch, ...]
    tick: timedelta


DRIVEN = (Activity.CHARGING, Activity.CHARGING, Activity.SUSPENDED_EV, Activity.SUSPENDED_EVSE)
PLAIN = (15, 30, 75)  # Wh a tick
BOTH_WAYS = (*PLAIN, -15, -30)


@st.composite
def visits(
    draw: st.DrawFn,
    *,
    flows: tuple[int, ...] = PLAIN,
    ticks: tuple[timedelta, ...] = (SECOND, MINUTE, MINUTE),
    longest: int = 120,
    reserved: bool = True,
) -> Visit:
    """Perhaps a reservation, perhaps nothing else, then charging with its pauses.

    In each tick flows 15 Wh or a small multiple of it, or nothing.
    """
    zone, day = draw(st.sampled_from(NIGHTS))
    tick = draw(st.sampled_from(ticks))
    midnight = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    at = midnight + draw(st.integers(-90, 180)) * MINUTE
    if tick == SECOND:  # so short a session meets a border only where one is
        at = midnight + draw(st.integers(-6, 16)) * QUARTER + draw(st.integers(-90, 30)) * SECOND
    waited = draw(st.sampled_from([0, 0, 1, 2])) if reserved else 0
    driven = draw(st.sampled_from([1, 2, 3, 4, 5, 0 if waited else 3]))
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


# ---- Sessions that meet the borders of their tariffs


class Scene(NamedTuple):
    """A session, the Tariff it is under, and another to which its driver may change."""

    tariff: Tariff
    visit: Visit
    other: Tariff


class Met(NamedTuple):
    """What is true at some moment of a session; a border that lies there is met."""

    local: datetime
    elapsed: timedelta
    used: Energy


EIGHTHS = st.integers(0, 7)


@st.composite
def scenes(draw: st.DrawFn, /, visit: st.SearchStrategy[Visit] | None = None, **asked: Any) -> Scene:
    """`asked` for `tariffs`. Drawn apart from each other, a session in fifty meets a border of its tariff."""
    found = draw(visits() if visit is None else visit)
    moments = [_moment(found, eighth) for eighth in range(8)]
    tariff, other = (_moved(draw, draw(tariffs(id=id, **asked)), moments) for id in ("A", "B"))
    return Scene(tariff, found, other)


def _moment(visit: Visit, eighth: int) -> Met:
    """At a whole tick, after so many eighths of them."""
    began = visit.session[0].started_at
    left = (visit.session[-1].ended_at - began) // visit.tick * eighth // 8 * visit.tick
    at, used = began + left, NO_ENERGY
    for stretch in visit.session:
        used += stretch.energy.during(min(left, stretch.length), stretch.length)
        left = max(left - stretch.length, timedelta())
    return Met(at.astimezone(ZoneInfo(visit.zone)), at - began, used)


def _moved(draw: st.DrawFn, tariff: Tariff, moments: Sequence[Met]) -> Tariff:
    """Most borders of the tariff moved to moments of the session."""

    def met() -> Met | None:
        eighth = draw(EIGHTHS)
        return None if eighth == 0 else moments[eighth]

    elements = []
    for element in tariff.elements:
        changes: dict[str, Any] = {}
        for name in BORDERS:
            if getattr(element.restriction, name) is not None and (there := met()) is not None:
                changes[name] = BORDERS[name](there)
        elements.append(replace(element, restriction=replace(element.restriction, **changes)))
    return replace(tariff, elements=tuple(elements))


BORDERS: dict[str, Callable[[Met], Any]] = {
    "start_time": lambda met: met.local.time(),
    "end_time": lambda met: met.local.time(),
    "start_date": lambda met: met.local.date() + timedelta(days=met.local.hour > 12),
    "end_date": lambda met: met.local.date() + timedelta(days=met.local.hour > 12),
    "energy_min": lambda met: max(met.used, NO_ENERGY),
    "energy_max": lambda met: max(met.used, NO_ENERGY),
    "duration_min": lambda met: met.elapsed,
    "duration_max": lambda met: met.elapsed,
}


# ---- Written charges


used = st.decimals(0, 3, places=3)
used_or_fed_back = used | used | st.decimals(-2, 20, places=3)
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


MOSTLY = st.sampled_from([True, True, False])
COUNTED = st.sampled_from([("ENERGY", "TIME"), ("ENERGY",), ("PARKING_TIME",), ("TIME",)])
NAMED: st.SearchStrategy[list[str | None]] = st.sampled_from([["A", "B", "unknown", None], ["A", "a", "B"], [None]])


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
    if ids == [None] and draw(MOSTLY):
        known = [tariff for tariff in known if tariff.id == "A"]
    waited = draw(st.sampled_from([0, 0, 1, 2])) if reserved else 0
    periods = []
    for place in range(waited + draw(st.sampled_from([1, 2, 3, 4, 5, 0 if waited else 3]))):
        if place < waited:
            volumes = {"RESERVATION_TIME": draw(st.decimals("0.01", 4, places=2))}
        else:
            chosen = {*draw(COUNTED), *draw(st.lists(st.sampled_from(sorted(VOLUMES)), max_size=2))}
            volumes = {name: draw(energies if name == "ENERGY" else VOLUMES[name]) for name in sorted(chosen)}
        dimensions = [Dimension(name, volume) for name, volume in volumes.items()]
        if untidy and draw(st.integers(0, 3)) == 0:
            dimensions += [Dimension(name, volume + 1) for name, volume in volumes.items() if name not in MEANS]
        named = draw(st.sampled_from(ids))
        periods.append(ChargingPeriod(started_at=at, dimensions=tuple(dimensions), tariff_id=named))
        at += draw(st.integers(1, 240)) * MINUTE
    moments = _moments(periods, at, ZoneInfo(zone))
    known = [_moved(draw, tariff, moments) for tariff in known]
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


def _moments(periods: Sequence[ChargingPeriod], ended_at: datetime, zone: ZoneInfo) -> list[Met]:
    """The beginnings and the middles of periods, eight of them."""
    found, used, began = list[Met](), NO_ENERGY, periods[0].started_at
    for period, end in zip(periods, [*(one.started_at for one in periods[1:]), ended_at], strict=True):
        energy = kwh(period.volume("ENERGY"))
        middle = (end - period.started_at) // MINUTE // 2 * MINUTE
        for at, by_then in ((period.started_at, used), (period.started_at + middle, used + Energy(energy.wh / 2))):
            found.append(Met(at.astimezone(zone), at - began, by_then))
        used += energy
    return [found[eighth % len(found)] for eighth in range(8)]


MEANS = ("POWER", "CURRENT")
