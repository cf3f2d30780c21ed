"""What happens on the street on one day, all of it from the real arrivals and one seed; nothing here runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

from msgspec import Struct

from laddnav.kit.energy import kwh
from laddnav.kit.power import Power, kw
from laddnav.sim import arrivals
from laddnav.sim.arrivals import Arrival
from laddnav.sim.car import Car

ZONE = ZoneInfo("Europe/Berlin")

# A garage sleeps at night and a demo should not: each day takes the cars of two real days, those of one at the hour
# that it was here when they came to Pasadena.
HOURS_APART = timedelta(hours=9)

# Who wants much or stays for a short while goes to a fast plug; the others stay as long as the real cars did.
MUCH = kwh(8)
SHORT = timedelta(hours=2)
# What a car's own charger takes at an AC plug, and what its battery takes at a DC plug.
AC_TAKES = (kw("3.7"), kw("7.4"), kw(11), kw(11), kw(22))
ONE_PHASE = kw("7.4")  # the most that a charger on one phase takes
DC_TAKES = (kw(50), kw(80), kw(120), kw(150))
LOITERS = timedelta(minutes=8)  # at most, between a full battery at a fast plug and driving away
REFUSED = timedelta(minutes=2)  # how long somebody stays who may not charge


class Plug(Struct, frozen=True, kw_only=True):
    """One Evse of one station."""

    station_id: str
    evse_no: int
    power_max: Power

    @property
    def is_fast(self) -> bool:
        return self.power_max > kw(22)


class Habit(StrEnum):
    """How a charge begins, and what is unusual about it."""

    CARD = "shows a card"
    APP = "has its company start the charge from afar"
    STRANGER = "shows a card that nobody knows, and drives on"
    UNHEARD = "charges while the station is offline, which tells of it later"


# Out of twenty cars.
HABITS = (Habit.CARD,) * 14 + (Habit.APP,) * 4 + (Habit.STRANGER, Habit.UNHEARD)
FAULTS_A_DAY = 3


class Stay(Struct, frozen=True, kw_only=True):
    """A car stands at a plug. `card` is a place in the row of all drivers' cards."""

    plug: Plug
    arrives_at: datetime
    leaves_at: datetime
    car: Car
    card: int
    habit: Habit


class Fault(Struct, frozen=True, kw_only=True):
    """A plug is out of order, in OCPP 1.6's words for it (§7.6)."""

    plug: Plug
    begins_at: datetime
    ends_at: datetime
    error_code: str


class Day(Struct, frozen=True, kw_only=True):
    """`stays` in the order of arrival; no two are at one plug at a time, and no car stands at a plug with a fault."""

    stays: tuple[Stay, ...]
    faults: tuple[Fault, ...]


def day(when: date, plugs: Sequence[Plug], cards: int, seed: int) -> Day:
    """The same for the same arguments; a car that finds no free plug of its kind drives on."""
    dice = Random(f"{seed}/{when.isoformat()}")
    faults = _faults(when, plugs, dice)
    busy = {plug: [(one.begins_at, one.ends_at) for one in faults if one.plug == plug] for plug in plugs}
    shown_until: dict[int, datetime] = {}
    stays: list[Stay] = []
    for at, arrival in _cars(when):
        fast = arrival.energy >= MUCH or arrival.stayed < SHORT
        car = _car(arrival, fast, dice)
        habit = dice.choice(HABITS)
        loiters = dice.random() * LOITERS
        unused = [card for card in range(cards) if shown_until.get(card, at) <= at]
        kind = [plug for plug in plugs if plug.is_fast is fast]
        dice.shuffle(kind)
        for plug in kind:
            leaves_at = at + _stands_for(arrival, car, plug, habit, loiters)
            if unused and all(leaves_at < begins or ends < at for begins, ends in busy[plug]):
                card = dice.choice(unused)
                stays.append(Stay(plug=plug, arrives_at=at, leaves_at=leaves_at, car=car, card=card, habit=habit))
                busy[plug].append((at, leaves_at))
                shown_until[card] = leaves_at
                break
    return Day(stays=tuple(stays), faults=faults)


def _stands_for(arrival: Arrival, car: Car, plug: Plug, habit: Habit, loiters: timedelta) -> timedelta:
    if habit is Habit.STRANGER:
        return REFUSED
    return car.fills_in(plug.power_max) + loiters if plug.is_fast else arrival.stayed


def _cars(when: date) -> Iterator[tuple[datetime, Arrival]]:
    """Who comes on this day of ours, and when, in order."""
    real = arrivals.days()
    number = when.toordinal() % len(real)
    here = [(datetime.combine(when, one.at, ZONE), one) for one in real[number]]
    there = [(datetime.combine(when, _later(one), ZONE), one) for one in real[(number + len(real) // 2) % len(real)]]
    yield from sorted(here + there, key=lambda pair: pair[0])


def _later(arrival: Arrival) -> time:
    return (datetime.combine(date.min, arrival.at) + HOURS_APART).time()


def _car(arrival: Arrival, fast: bool, dice: Random) -> Car:
    if fast:
        return Car(energy=arrival.energy, power_max=dice.choice(DC_TAKES), steady=0.6)
    takes = dice.choice(AC_TAKES)
    return Car(energy=arrival.energy, power_max=takes, steady=0.9, phases=3 if takes > ONE_PHASE else 1)


def _faults(when: date, plugs: Sequence[Plug], dice: Random) -> tuple[Fault, ...]:
    midnight = datetime.combine(when, datetime.min.time(), ZONE)
    faults = []
    for plug in dice.sample(list(plugs), min(FAULTS_A_DAY, len(plugs))):
        begins_at = midnight + timedelta(minutes=dice.randrange(24 * 60))
        ends_at = begins_at + timedelta(minutes=dice.randrange(30, 120))
        code = dice.choice(("GroundFailure", "ConnectorLockFailure", "EVCommunicationError", "OverCurrentFailure"))
        faults.append(Fault(plug=plug, begins_at=begins_at, ends_at=ends_at, error_code=code))
    return tuple(faults)
