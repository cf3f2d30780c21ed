"""A plan in kilowatts alone: charging sessions under one limit, what they cost by the plan and charged at once.

`laddnav plan` is this and two files. Whoever has panels, phases, a battery or a roof builds a `Site` instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from laddnav.kit.notes import Note
from laddnav.kit.refusal import Refusal
from laddnav.market.model import Series
from laddnav.scheduling.at_once import at_once
from laddnav.scheduling.notes import NoteKind, noted
from laddnav.scheduling.repair import planned
from laddnav.scheduling.site import Car, Floats, Panel, Site, Steps

LEAST = 1.38  # kW: 6 A on one phase, what most cars begin at
SLIGHT = 1e-3  # kWh that nobody misses
FINE, COARSE = timedelta(minutes=5), timedelta(minutes=15)
MANY = 100_000  # slots of sessions, above which they are not made finer
LONGEST = timedelta(days=31)  # that a session is planned for; who stays longer is charged before

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NoPriceAtAll(Refusal):
    """There is no price in it."""


class Need(Struct, frozen=True, kw_only=True):
    """A session: so many kWh between two instants, at so many kW at most."""

    session_id: str
    arrives_at: datetime
    departs_at: datetime
    energy: float
    power_max: float


class Slot(Struct, frozen=True, kw_only=True):
    """`guessed`: its price is not known, and the usual one of this time of day is planned with."""

    begin_at: datetime
    end_at: datetime
    per_kwh: float
    guessed: bool


class Missed(Struct, frozen=True, kw_only=True):
    """kWh that a session wants and cannot have, and why."""

    session_id: str
    kwh: float
    reason: str


class ChargingPlan(Struct, frozen=True, kw_only=True):
    """`power`: (need, slot) kW, the mean over the slot, needs in their order. Slots are only while somebody is there.

    `bound`: no plan could cost less for as much energy. `at_once_cost`, `at_once_kwh`: first come, first served, as
    fast as the limit lets each charge.
    """

    slots: tuple[Slot, ...]
    power: Floats
    cost: float
    kwh: float
    bound: float | None
    at_once_cost: float
    at_once_kwh: float
    missed: tuple[Missed, ...]
    notes: tuple[Note, ...]


def charging_plan(needs: Sequence[Need], prices: Series, *, limit: float, power_min: float = LEAST) -> ChargingPlan:
    """`limit`: kW of all together; `power_min`: kW that a car begins at, else it rests. Raises NoPriceAtAll.

    What cannot be met is missed and said; the limit is never broken.
    """
    if not prices.steps:
        raise NoPriceAtAll("There is no price in it")
    length = _length(needs, prices)
    sites, whose, slots = [], [], list[Slot]()
    for group in _groups(needs, length):
        site, its_slots = _site([needs[number] for number in group], prices, length, limit, power_min)
        sites.append(site)
        whose.append((group, len(slots)))
        slots.extend(its_slots)
    power = np.zeros((len(needs), len(slots)))
    plans, naive = [planned(site) for site in sites], [at_once(site) for site in sites]
    for plan, (group, first) in zip(plans, whose, strict=True):
        power[group, first : first + plan.power.shape[1]] = plan.power
    given = power.sum(axis=1) * (length / timedelta(hours=1))
    bounds = [plan.bound for plan in plans if plan.bound is not None]
    return ChargingPlan(
        slots=tuple(slots),
        power=power,
        cost=sum(plan.cost for plan in plans),
        kwh=float(given.sum()),
        bound=sum(bounds) if len(bounds) == len(plans) else None,
        at_once_cost=sum(plan.cost for plan in naive),
        at_once_kwh=sum(float(plan.power.sum()) for plan in naive) * (length / timedelta(hours=1)),
        missed=tuple(_missed(needs, given, limit)),
        notes=(*_guesses(slots), *{str(note): note for plan in plans for note in plan.notes}.values()),
    )


def _length(needs: Sequence[Need], prices: Series) -> timedelta:
    """A quarter of an hour where everything fits it, five minutes where that is not too fine for so many sessions."""
    instants = [at for need in needs for at in (need.arrives_at, need.departs_at)]
    instants += [step.begin_at for step in prices.steps]
    if all((at - _EPOCH) % COARSE == timedelta() for at in instants):
        return COARSE
    slots = sum((_until(need) - need.arrives_at) / FINE for need in needs)
    return FINE if slots <= MANY else COARSE


def _until(need: Need) -> datetime:
    return max(need.arrives_at, min(need.departs_at, need.arrives_at + LONGEST))


def _groups(needs: Sequence[Need], length: timedelta) -> Iterable[list[int]]:
    """Sessions of which none is there while one of another group is: each group has a plan of its own."""
    group: list[int] = []
    until = _EPOCH
    for number in sorted(range(len(needs)), key=lambda number: needs[number].arrives_at):
        begins = _floor(needs[number].arrives_at, length)
        if group and begins >= until:
            yield group
            group = []
        until = (
            max(until, _ceiling(_until(needs[number]), length)) if group else _ceiling(_until(needs[number]), length)
        )
        group.append(number)
    if group:
        yield group


def _floor(at: datetime, length: timedelta) -> datetime:
    """In UTC, whatever the clock there shows."""
    return at.astimezone(UTC) - (at - _EPOCH) % length


def _ceiling(at: datetime, length: timedelta) -> datetime:
    return at.astimezone(UTC) + (_EPOCH - at) % length


def _site(
    needs: Sequence[Need], prices: Series, length: timedelta, limit: float, power_min: float
) -> tuple[Site, list[Slot]]:
    """One phase of 1,000 V, on which an ampere is a kilowatt."""
    begin_at = _floor(min(need.arrives_at for need in needs), length)
    end_at = max(_ceiling(_until(need), length) for need in needs)
    steps = Steps(begin_at, length, max((end_at - begin_at) // length, 1))
    per_kwh, guessed = _prices(steps, prices)
    slots = [
        Slot(
            begin_at=begin_at + n * length, end_at=begin_at + (n + 1) * length, per_kwh=float(one), guessed=bool(guess)
        )
        for n, (one, guess) in enumerate(zip(per_kwh, guessed, strict=True))
    ]
    cars = [
        Car(
            id=need.session_id,
            panel=0,
            phases=(0,),
            since_at=need.arrives_at,
            until_at=_until(need),
            energy=need.energy,
            amps_max=need.power_max,
            amps_min=min(power_min, need.power_max),
        )
        for need in needs
    ]
    grid = Panel(name="the site", amps_max=(limit, limit, limit))
    return Site(steps=steps, panels=(grid,), cars=tuple(cars), prices=per_kwh, volts=1000.0), slots


def _prices(steps: Steps, prices: Series) -> tuple[Floats, NDArray[np.bool_]]:
    """(step) money per kWh, and whether it is guessed: the mean of this time of day, else of all."""
    begins = np.array([one.begin_at.timestamp() for one in prices.steps])
    ends = np.array([one.end_at.timestamp() for one in prices.steps])
    values = np.array([float(one.value) for one in prices.steps])
    at = steps.start_at.timestamp() + np.arange(steps.count) * steps.length.total_seconds()
    place = np.clip(np.searchsorted(begins, at, side="right") - 1, 0, None)
    known = (begins[place] <= at) & (at < ends[place])
    hour_of, hour = (begins // 3600 % 24).astype(int), (at // 3600 % 24).astype(int)
    counts = np.bincount(hour_of, minlength=24)
    usual = np.bincount(hour_of, weights=values, minlength=24) / np.maximum(counts, 1)
    usual[counts == 0] = values.mean()
    return np.where(known, values[place], usual[hour]), ~known


def _guesses(slots: Sequence[Slot]) -> Iterable[Note]:
    guessed = [slot for slot in slots if slot.guessed]
    if guessed:
        since = guessed[0].begin_at.isoformat()
        yield noted(NoteKind.PRICES_GUESSED, missing=len(guessed), count=len(slots), since=since)


def _missed(needs: Sequence[Need], given: Floats, limit: float) -> Iterable[Missed]:
    for need, kwh in zip(needs, given, strict=True):
        short = need.energy - float(kwh)
        if short > SLIGHT:
            yield Missed(session_id=need.session_id, kwh=short, reason=_reason(need, limit))


def _reason(need: Need, limit: float) -> str:
    hours = (need.departs_at - need.arrives_at) / timedelta(hours=1)
    if hours <= 0:
        return "It departs before it arrives"
    most = min(need.power_max, limit) * hours
    if need.energy > most + SLIGHT:
        return f"In {hours:.2f} h it can have {most:.2f} kWh at most"
    return "Others share the limit with it"
