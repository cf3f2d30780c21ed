"""What cannot be true of a charge, whatever it costs: its numbers against each other, the clock and the connector."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

from laddnav.kit.energy import Energy, kwh
from laddnav.kit.power import Power, kw, mean_power
from laddnav.kit.time import hours
from laddnav.pricing.model import Charge

# No connector on a road gives more: the Megawatt Charging System ends at 3.75 MW.
MOST_POWER = kw(3750)
# What a kind of Connector gives at most: IEC 62196 and SAE J1772 end at 63 A a phase and at 80 A on one.
MOST_OF = MappingProxyType(
    {"AC_1_PHASE": kw(20), "AC_2_PHASE": kw(40), "AC_2_PHASE_SPLIT": kw(20), "AC_3_PHASE": kw(44), "DC": MOST_POWER}
)
# Meters, clocks and a car's first seconds: a tenth above what the connector is said to give is no accusation.
LEEWAY = Decimal("1.1")
# Instants are told to the second, and a charge that short says nothing about power.
TOO_SHORT = timedelta(minutes=1)
CLOCKS_DIFFER = timedelta(seconds=2)
TIMES = ("TIME", "PARKING_TIME", "RESERVATION_TIME")


class Implausible(StrEnum):
    """What about a charge, or about its CDR among others, cannot be as it is told."""

    ENDS_BEFORE_START = "ends-before-start"
    PERIODS_OUTSIDE = "periods-outside-the-session"
    PERIODS_OUT_OF_ORDER = "periods-out-of-order"
    MORE_TIME_THAN_IT_LASTED = "more-time-than-it-lasted"
    NEGATIVE = "negative"
    TOO_MUCH_POWER = "too-much-power"
    # What only who keeps other CDRs can see.
    DUPLICATE = "duplicate"
    OVERLAP = "overlap"
    CREDITS_UNKNOWN = "credits-unknown"
    CREDITS_DIFFERENTLY = "credits-differently"


_SENTENCES = MappingProxyType(
    {
        Implausible.ENDS_BEFORE_START: (
            "It ends before it starts.",
            "Den slutar innan den börjar.",
        ),
        Implausible.PERIODS_OUTSIDE: (
            "A period lies outside the session.",
            "En period ligger utanför laddningen.",
        ),
        Implausible.PERIODS_OUT_OF_ORDER: (
            "The periods are not in order of time.",
            "Perioderna står inte i tidsordning.",
        ),
        Implausible.MORE_TIME_THAN_IT_LASTED: (
            "The periods count more time than the session lasted.",
            "Perioderna räknar mer tid än laddningen varade.",
        ),
        Implausible.NEGATIVE: (
            "A time or a cost is negative, though it credits nothing.",
            "En tid eller en kostnad är negativ, fast den inte krediterar något.",
        ),
        Implausible.TOO_MUCH_POWER: (
            "So much energy in this time is more than the connector can give.",
            "Så mycket energi på den tiden är mer än uttaget kan ge.",
        ),
        Implausible.DUPLICATE: (
            "The same charge was billed before under another id.",
            "Samma laddning debiterades tidigare under ett annat id.",
        ),
        Implausible.OVERLAP: (
            "Another charge at the same EVSE covers the same time.",
            "En annan laddning vid samma EVSE täcker samma tid.",
        ),
        Implausible.CREDITS_UNKNOWN: (
            "It credits a CDR that is not known here.",
            "Den krediterar en CDR som inte är känd här.",
        ),
        Implausible.CREDITS_DIFFERENTLY: (
            "Its total is not that of the CDR it credits, turned negative.",
            "Totalen är inte den krediterade CDR:ens med omvänt tecken.",
        ),
    }
)


def said(what: Implausible, language: str = "en") -> str:
    """A sentence, in English where the language is not one of ours."""
    english, swedish = _SENTENCES[what]
    return swedish if language == "sv" else english


def most_of(power_type: str | None) -> Power:
    """What a Connector of this kind gives; of one that nobody knows, what any gives."""
    return MOST_POWER if power_type is None else MOST_OF.get(power_type, MOST_POWER)


def implausible(charge: Charge, power_max: Power | None = None) -> tuple[Implausible, ...]:
    """What the charge alone shows; `power_max` is what the Connector gives, where somebody knows it."""
    if charge.ended_at < charge.started_at:
        return (Implausible.ENDS_BEFORE_START,)
    return tuple(dict.fromkeys(_found(charge, power_max)))


def _found(charge: Charge, power_max: Power | None) -> Iterator[Implausible]:
    starts = [period.started_at for period in charge.periods]
    if any(later < earlier for earlier, later in pairwise(starts)):
        yield Implausible.PERIODS_OUT_OF_ORDER
    begun, over = charge.started_at - CLOCKS_DIFFER, charge.ended_at + CLOCKS_DIFFER
    if any(not begun <= start <= over for start in starts):
        yield Implausible.PERIODS_OUTSIDE
    length = charge.ended_at - charge.started_at
    counted = sum((period.volume(*TIMES) for period in charge.periods), Decimal(0))
    if counted > hours(length) + hours(CLOCKS_DIFFER) * (1 + len(charge.periods)):
        yield Implausible.MORE_TIME_THAN_IT_LASTED
    if _negative(charge):
        yield Implausible.NEGATIVE
    if _too_much(charge, length, power_max):
        yield Implausible.TOO_MUCH_POWER


def _negative(charge: Charge) -> bool:
    """Energy may be: it flowed back (OCPI 2.2.1 mod_cdrs_cdrdimensiontype_enum)."""
    if any(period.volume(name) < 0 for period in charge.periods for name in TIMES):
        return True
    if any(time is not None and time < timedelta() for time in (charge.time, charge.parking_time)):
        return True
    total, energy = charge.stated.total, energy_of(charge)
    if total is None or total.excl is None or charge.credit:
        return False
    return total.excl < 0 and energy.wh >= 0


def _too_much(charge: Charge, length: timedelta, power_max: Power | None) -> bool:
    energy = energy_of(charge)
    if length < TOO_SHORT:
        return energy > energy_at(MOST_POWER, TOO_SHORT)
    return mean_power(energy, length).watts > (power_max or MOST_POWER).watts * LEEWAY


def energy_at(power: Power, length: timedelta) -> Energy:
    return Energy(power.watts * hours(length))


def energy_of(charge: Charge) -> Energy:
    """What the periods add up to."""
    return kwh(sum((period.volume("ENERGY") for period in charge.periods), Decimal(0)))
