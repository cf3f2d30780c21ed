"""A plug of a station of the street: its register, the car at it, and what is to be told of a charge there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power, kw
from laddnav.kit.time import rfc3339
from laddnav.sim.car import Car


class Charge:
    """One charge as the station knows it; `number` None until the server has named it."""

    def __init__(self, plug: Plug, uid: str, began_at: datetime) -> None:
        self.plug = plug
        self.uid = uid
        self.began_at = began_at
        self.register = plug.register
        self.number: int | None = None
        self.allowed: bool | None = None


class Kept(Struct, frozen=True, kw_only=True):
    """For whom a plug waits, and until when."""

    number: int
    uid: str
    until: datetime


class Plug:
    """One connector: a register that only ever rises, and whatever car stands there."""

    def __init__(self, no: int, power_max: Power, register: Energy) -> None:
        self.no = no
        self.power_max = power_max
        self.status = ChargePointStatus.available
        self.error = ChargePointErrorCode.no_error
        self.car: Car | None = None
        self.charge: Charge | None = None
        self.invited: str | None = None  # a token for which a start from afar was accepted before the car came
        self.kept: Kept | None = None
        self.profile: dict[str, Any] | None = None  # as the package hands it over
        self._register = register
        self._taken = NO_ENERGY

    @property
    def register(self) -> Energy:
        return self._register + self._taken

    def measure(self, now: datetime) -> Power:
        """Let the register rise to what the car has taken by now; the power that it takes."""
        if self.car is None or self.charge is None:
            return kw(0)
        after = max(now - self.charge.began_at, timedelta())
        self._taken = max(self._taken, self.car.taken(after, self.power_max))
        return self.car.power(after, self.power_max)

    def let_go(self) -> None:
        self._register, self._taken = self.register, NO_ENERGY
        self.charge = self.profile = None


class Fact(Struct, frozen=True, kw_only=True):
    """Something about a charge that the server must learn, in the order in which it happened, however late."""

    charge: Charge
    told: Callable[[int], Any]
    starts: bool = False


def meter_value(at: datetime, register: Energy, power: Power, context: str) -> dict[str, Any]:
    samples = (
        ("Energy.Active.Import.Register", str(register.wh), "Wh"),
        ("Power.Active.Import", str(power.watts), "W"),
    )
    return {
        "timestamp": rfc3339(at),
        "sampledValue": [
            {"value": value, "measurand": measurand, "unit": unit, "context": context}
            for measurand, value, unit in samples
        ],
    }
