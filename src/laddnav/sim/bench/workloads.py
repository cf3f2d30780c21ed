"""Three kinds of CDR that pricing engines are measured by, each as a month of lines and no two of them alike."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.cdrs.model import Cdr
from laddnav.metering.model import ChargingPeriod, Dimension
from laddnav.ocpi.wire.v2_2_1.cdr import codec
from laddnav.pricing import Charge, price, rounded
from laddnav.sim.bench import charges
from laddnav.tariffs.model import Element, Restriction, Tariff, TariffDimension

SEED = 20261121
DAYS = 28
READING = timedelta(minutes=15)


class Goal(Struct, frozen=True):
    """What other engines do of this workload on one core of such a machine, in CDRs a second, JSON in and totals out.

    `one` is the fastest one in Python, which explains nothing; `bulk` the fastest there is.
    """

    one: int
    bulk: int


class Workload(Struct, frozen=True):
    """A tariff, and the `periods` of a charge under it that begins then; `count` of them are a run."""

    name: str
    tariff: Tariff
    periods: Callable[[datetime, random.Random], tuple[ChargingPeriod, ...]]
    lasts: timedelta
    count: int
    goal: Goal

    def lines(self, count: int) -> list[bytes]:
        """CDRs as OCPI 2.2.1 writes them, which is what other engines read; the same in every run."""
        dice = random.Random(SEED)
        return [codec.encode(self._cdr(f"{self.name}-{number:06}", dice)) for number in range(count)]

    def _cdr(self, id: str, dice: random.Random) -> Cdr:
        started_at = charges.STARTED_AT + dice.randrange(DAYS * 24 * 4) * READING
        ended_at = started_at + self.lasts
        charge = Charge(
            started_at=started_at,
            ended_at=ended_at,
            currency=self.tariff.currency,
            zone=charges.ZONE,
            periods=self.periods(started_at, dice),
            tariffs=(self.tariff,),
        )
        return charges.told(id, self.tariff, rounded(price(charge)), started_at=started_at, ended_at=ended_at)


def simple() -> Workload:
    """One period, two components (OCPI 2.2.1 mod_tariffs_simple_tariff_example_with_alternative_url)."""

    def periods(at: datetime, dice: random.Random) -> tuple[ChargingPeriod, ...]:
        return (_period("SIMPLE", at, ENERGY=_energy(dice), TIME=Decimal("1.25")),)

    tariff = charges.promised(
        "SIMPLE",
        Element(
            components=(
                charges.component(TariffDimension.FLAT, "0.50", vat="20", step_size=1),
                charges.component(TariffDimension.ENERGY, "0.25", vat="10", step_size=100),
            )
        ),
    )
    return Workload("W1", tariff, periods, timedelta(minutes=75), 7_000, Goal(34_200, 314_000))


def complex() -> Workload:
    """Six Elements, three periods: slowly, fast, and parked (OCPI 2.2.1 mod_tariffs_complex_tariff_example)."""
    slow, fast, parked = timedelta(minutes=47), timedelta(minutes=61), timedelta(minutes=33)

    def periods(at: datetime, dice: random.Random) -> tuple[ChargingPeriod, ...]:
        return (
            _period("COMPLEX", at, ENERGY=_energy(dice), TIME=Decimal("0.7833333"), MAX_CURRENT=Decimal(16)),
            _period("COMPLEX", at + slow, ENERGY=_energy(dice), TIME=Decimal("1.0166667"), MAX_CURRENT=Decimal(40)),
            _period("COMPLEX", at + slow + fast, PARKING_TIME=Decimal("0.55")),
        )

    return Workload("W2", charges.complex(), periods, slow + fast + parked, 4_000, Goal(7_600, 136_000))


def hourly() -> Workload:
    """A price for each hour of the day, and a day of charging."""
    day = [
        Element(
            components=(charges.component(TariffDimension.ENERGY, f"0.{20 + hour}", vat="21", step_size=1),),
            restriction=Restriction(start_time=time(hour), end_time=time((hour + 1) % 24)),
        )
        for hour in range(24)
    ]

    def periods(at: datetime, dice: random.Random) -> tuple[ChargingPeriod, ...]:
        return tuple(
            _period("HOURLY", at + hour * timedelta(hours=1), ENERGY=_energy(dice), TIME=Decimal(1))
            for hour in range(24)
        )

    return Workload("W3", charges.promised("HOURLY", *day), periods, timedelta(days=1), 1_300, Goal(426, 19_000))


def _energy(dice: random.Random) -> Decimal:
    """Some kWh, to the watt-hour as meters count."""
    return Decimal(dice.randrange(500, 22_000)).scaleb(-3)


def _period(tariff_id: str, at: datetime, **volumes: Decimal) -> ChargingPeriod:
    dimensions = tuple(Dimension(type, volume) for type, volume in volumes.items())
    return ChargingPeriod(started_at=at, dimensions=dimensions, tariff_id=tariff_id)
