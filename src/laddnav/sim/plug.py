"""A plug of a station of the street: its register, the car at it, and what is to be told of a charge there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus

from laddnav.kit.energy import Energy
from laddnav.kit.power import Power, kw
from laddnav.kit.time import rfc3339
from laddnav.sim.car import Car
from laddnav.sim.limits import VOLTS, Limits


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
        self.is_open = True  # as the server wants it
        self.error = ChargePointErrorCode.no_error
        self.car: Car | None = None
        self.charge: Charge | None = None
        self.invited: str | None = None  # a token for which a start from afar was accepted before the car came
        self.kept: Kept | None = None
        self.limits = Limits()
        self._register = register
        self._had = 0.0  # Wh of the charge under way
        self._measured_at: datetime | None = None

    @property
    def register(self) -> Energy:
        """In whole watt-hours, as registers count."""
        return self._register + Energy(Decimal(round(self._had)))

    def measure(self, now: datetime) -> Power:
        """Let the register rise to what the car has taken by now; the power that it takes.

        To be said before what it may take changes.
        """
        car, charge = self.car, self.charge
        if car is None or charge is None:
            return kw(0)
        since = self._measured_at or charge.began_at
        if now > since:
            for until in (*self.limits.turns(since, now, charge.began_at), now):
                limit = self.limits.power(since, charge.began_at, car.phases)
                self._had = car.goes_on(self._had, until - since, self.power_max, limit)
                since = until
            self._measured_at = now
        return car.takes(self._had, self.power_max, self.limits.power(since, charge.began_at, car.phases))

    @property
    def is_full(self) -> bool:
        return self.car is None or self.car.is_full(self._had)

    def composite(self, now: datetime, length: timedelta, unit: str) -> list[dict[str, Any]]:
        """What may be drawn from now on, period by period (OCPP 1.6 §5.7); its own limit where nobody gave another."""
        began_at = now if self.charge is None else self.charge.began_at
        phases = 3 if self.car is None else self.car.phases
        own = self.power_max.watts if unit == "W" else self.power_max.watts / VOLTS / 3
        periods: list[dict[str, Any]] = []
        for at in (now, *self.limits.turns(now, now + length, began_at)):
            limit = self.limits.power(at, began_at, phases)
            told = own if limit is None else limit.watts / (1 if unit == "W" else VOLTS * phases)
            said = float(round(min(told, own), 1))
            if not periods or periods[-1]["limit"] != said:
                periods.append({"start_period": int((at - now).total_seconds()), "limit": said})
        return periods

    def let_go(self) -> None:
        self._register, self._had, self._measured_at = self.register, 0.0, None
        self.charge = None
        self.limits.charge_is_over()


class Fact(Struct, frozen=True, kw_only=True):
    """Something about a charge that the server must learn, in the order in which it happened, however late."""

    charge: Charge
    told: Callable[[int], Any]
    starts: bool = False


def meter_value(
    at: datetime, register: Energy, power: Power, context: str, phases: int | None = None
) -> dict[str, Any]:
    """With `phases` said, what the car draws from each of them as well."""
    samples = [
        {"value": str(register.wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh", "context": context},
        {"value": str(power.watts), "measurand": "Power.Active.Import", "unit": "W", "context": context},
    ]
    if phases is not None:
        amps = round(power.watts / VOLTS / phases, 1)
        samples += [
            {
                "value": str(amps if number <= phases else 0),
                "measurand": "Current.Import",
                "unit": "A",
                "context": context,
                "phase": f"L{number}",
            }
            for number in (1, 2, 3)
        ]
    return {"timestamp": rfc3339(at), "sampledValue": samples}
