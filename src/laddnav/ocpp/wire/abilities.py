"""What a station says of how it charges by profiles, read from its variables, whatever its version calls them."""

from __future__ import annotations

from collections.abc import Iterable

from laddnav.ocpp.wire.steering import EnergyTransfer
from laddnav.ocpp.wire.variables import Variable
from laddnav.scheduling.fitted import Abilities
from laddnav.scheduling.model import RateUnit

# OCPP 1.6 §9.4 and security whitepaper; OCPP 2.0.1 part 2 appendices, SmartChargingCtrlr.
_STACK_LEVEL = ("chargeprofilemaxstacklevel", "profilestacklevel")
_UNITS = ("chargingscheduleallowedchargingrateunit", "rateunit")
_PERIODS = ("chargingschedulemaxperiods", "periodsperschedule")
_SWITCHES = ("connectorswitch3to1phasesupported", "phases3to1")
_CHOOSES = "acphaseswitchingsupported"  # no version before 2.0.1 can tell which phase
NAMES = (*_STACK_LEVEL, *_UNITS, *_PERIODS, *_SWITCHES, _CHOOSES)

_V2X = "v2xchargingctrlr"

_SPELT = {"a": RateUnit.AMPERE, "current": RateUnit.AMPERE, "w": RateUnit.WATT, "power": RateUnit.WATT}


def abilities(said: Iterable[Variable]) -> Abilities:
    """What cannot be read is as good as not said."""
    values = {one.name.name.lower(): one.value for one in said if one.value is not None}

    def value(names: tuple[str, ...]) -> str:
        return next((values[name].strip().lower() for name in names if name in values), "")

    units = {_SPELT[word] for word in value(_UNITS).replace(" ", "").split(",") if word in _SPELT}
    periods = _number(value(_PERIODS))
    return Abilities(
        units=frozenset(units) or None,
        periods_max=periods or None,
        stack_level_max=_number(value(_STACK_LEVEL)),
        switches_phases=value(_SWITCHES) == "true",
        chooses_phase=value((_CHOOSES,)) == "true",
    )


def transfers(said: Iterable[Variable]) -> tuple[EnergyTransfer, ...]:
    """The ways by which energy may go there (Q01.FR.32), as far as a station tells them."""
    known = {one.value: one for one in EnergyTransfer}
    lists = [one.value or "" for one in said if one.name.component.lower() == _V2X]
    words = [word.strip() for one in lists for word in one.split(",")]
    return tuple(dict.fromkeys(known[word] for word in words if word in known))


def _number(said: str) -> int | None:
    return int(said) if said.isdecimal() and len(said) < 10 else None
