"""Charge points of a garage as the PyPI `ocpp` package speaks them: their cars draw all that they may."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from laddnav.kit.time import Clock, rfc3339, utc
from tests.ocpp.managed import Managed, managed

HARDWARE = 32.0  # amperes


class Charger:
    """One plug. It draws what its newest profile says by the clock, else its default, else all that it can.

    `deaf`: it says yes to every profile, and follows none. A setpoint below zero it follows as well as any car that can
    give back, and its meter counts that by itself.
    """

    def __init__(self, id: str, protocol: str, clock: Clock) -> None:
        self.id, self.protocol = id, protocol
        self.deaf = False
        self.available = True
        self.default: dict[str, Any] | None = None
        self.profile: dict[str, Any] | None = None
        self.charge: str | int | None = None
        self.counted = self.returned = 0.0  # Wh
        self._at = clock.now()
        self._clock = clock
        self._numbers = count(1)
        self._line = AsyncExitStack()
        self._says: Managed | None = None

    @property
    def old(self) -> bool:
        return self.protocol == "ocpp1.6"

    # The line ---------------------------------------------------------------------------------------------------------

    async def come_online(self, url: str) -> None:
        answers: dict[str, Any] = {
            "SetChargingProfile": self._limit,
            "ClearChargingProfile": {"status": "Accepted"},
            "ChangeAvailability": self._change_availability,
            "GetCompositeSchedule": self._composite if self.protocol == "ocpp2.1" else {"status": "Rejected"},
            "RemoteStopTransaction" if self.old else "RequestStopTransaction": {"status": "Accepted"},
        }
        if self.protocol == "ocpp2.1":
            answers["NotifyAllowedEnergyTransfer"] = {"status": "Accepted"}
        self._line = AsyncExitStack()
        self._says = await self._line.enter_async_context(managed(url, self.protocol, answers, self.id))
        await self._says.boot()

    async def go_offline(self) -> None:
        await self._line.aclose()
        self._says = None

    @property
    def online(self) -> bool:
        return self._says is not None

    def stops_asked_for(self) -> int:
        assert self._says is not None
        return len(self._says.asked_for("RemoteStopTransaction" if self.old else "RequestStopTransaction"))

    # What it is asked -------------------------------------------------------------------------------------------------

    def _limit(self, **said: Any) -> dict[str, Any]:
        profile = said["cs_charging_profiles" if self.old else "charging_profile"]
        if profile["charging_profile_purpose"] == "TxDefaultProfile":
            self.default = profile
        else:
            self.profile = profile
        return {"status": "Accepted"}

    def _composite(self, **said: Any) -> dict[str, Any]:
        """All that it follows, as it was told it."""
        if self.profile is None:
            return {"status": "Rejected"}
        schedule = self.profile["charging_schedule"][0]
        told = {
            "evse_id": 1,
            "duration": schedule.get("duration", said["duration"]),
            "schedule_start": schedule["start_schedule"],
            "charging_rate_unit": schedule["charging_rate_unit"],
            "charging_schedule_period": schedule["charging_schedule_period"],
        }
        return {"status": "Accepted", "schedule": told}

    def ways_offered(self) -> list[dict[str, Any]]:
        assert self._says is not None
        return self._says.asked_for("NotifyAllowedEnergyTransfer")

    def _change_availability(self, **said: Any) -> dict[str, Any]:
        word = said["type"] if self.old else said["operational_status"]
        self.available = word == "Operative"
        return {"status": "Scheduled" if self.charge is not None else "Accepted"}

    # Its car ----------------------------------------------------------------------------------------------------------

    def amps(self) -> float:
        """What its car draws from each phase now."""
        if self.charge is None:
            return 0.0
        if self.deaf:
            return HARDWARE
        now = self._clock.now()
        said = [_limit_at(one, now) for one in (self.profile, self.default) if one is not None]
        may = next((one for one in said if one is not None), HARDWARE)
        if may < 0:
            return max(may, -HARDWARE)
        return min(may, HARDWARE) if may >= 6 else 0.0

    def passed(self) -> None:
        """What its meter has counted since the clock moved; to be said before what it draws changes."""
        now = self._clock.now()
        flowed = self.amps() * 3 * 230 * ((now - self._at) / timedelta(hours=1))
        self.counted, self.returned = self.counted + max(flowed, 0.0), self.returned + max(-flowed, 0.0)
        self._at = now

    async def plug_in(self, card: str) -> None:
        assert self._says is not None and self.available
        now = rfc3339(self._clock.now())
        if self.old:
            status = {"connector_id": 1, "error_code": "NoError"}
            await self._says.say("StatusNotification", status="Charging", **status)
            begun = await self._says.say(
                "StartTransaction", connector_id=1, id_tag=card, meter_start=int(self.counted), timestamp=now
            )
            self.charge = begun.transaction_id
            return
        where = {"evse_id": 1, "connector_id": 1}
        await self._says.say("StatusNotification", timestamp=now, connector_status="Occupied", **where)
        self.charge = f"{self.id}-{next(self._numbers)}"
        await self._event("Started", "Authorized", id_token={"id_token": card, "type": "ISO14443"})

    async def say(self, action: str, **words: Any) -> None:
        assert self._says is not None
        await self._says.say(action, **words)

    async def unplug(self) -> None:
        assert self._says is not None
        if self.old:
            await self._says.say(
                "StopTransaction",
                meter_stop=int(self.counted),
                timestamp=rfc3339(self._clock.now()),
                transaction_id=self.charge,
            )
        else:
            await self._event("Ended", "EVDeparted", stopped_reason="EVDisconnected")
        self.charge = self.profile = None

    async def sample(self) -> None:
        """Tell what it draws."""
        if self.charge is None or self._says is None:
            return
        if self.old:
            await self._says.say(
                "MeterValues",
                connector_id=1,
                transaction_id=self.charge,
                meter_value=[{"timestamp": rfc3339(self._clock.now()), "sampled_value": self._samples()}],
            )
        else:
            await self._event("Updated", "MeterValuePeriodic")

    async def _event(self, kind: str, why: str, **more: Any) -> None:
        assert self._says is not None
        now = rfc3339(self._clock.now())
        stopped = {name: more.pop(name) for name in ("stopped_reason",) if name in more}
        await self._says.say(
            "TransactionEvent",
            event_type=kind,
            timestamp=now,
            trigger_reason=why,
            seq_no=next(self._numbers),
            transaction_info={"transaction_id": self.charge, "charging_state": "Charging", **stopped},
            evse={"id": 1, "connector_id": 1},
            meter_value=[{"timestamp": now, "sampled_value": self._samples()}],
            **more,
        )

    def _samples(self) -> list[dict[str, Any]]:
        def said(value: float, measurand: str, unit: str, **more: Any) -> dict[str, Any]:
            number, words = (str(value), {"unit": unit}) if self.old else (value, {"unit_of_measure": {"unit": unit}})
            return {"value": number, "measurand": measurand, **words, **more}

        amps = self.amps()
        way = "Current.Import" if amps >= 0 else "Current.Export"
        currents = [said(abs(amps), way, "A", phase=phase) for phase in ("L1", "L2", "L3")]
        registers = [said(round(self.counted, 1), "Energy.Active.Import.Register", "Wh")]
        if self.protocol == "ocpp2.1":
            registers.append(said(round(self.returned, 1), "Energy.Active.Export.Register", "Wh"))
        return [*registers, *currents]


def _limit_at(profile: dict[str, Any], now: datetime) -> float | None:
    """Amperes by the profile; None where it says nothing of now."""
    schedule = profile["charging_schedule"]
    schedule = schedule if isinstance(schedule, dict) else schedule[0]
    per_ampere = 1.0 if schedule["charging_rate_unit"] == "A" else 3 * 230
    since = (
        now - utc(datetime.fromisoformat(schedule["start_schedule"])) if "start_schedule" in schedule else timedelta()
    )
    seconds = since.total_seconds()
    if seconds < 0 or ("duration" in schedule and seconds >= schedule["duration"]):
        return None
    said = [
        one.get("setpoint", one.get("limit"))
        for one in schedule["charging_schedule_period"]
        if one["start_period"] <= seconds
    ]
    return float(said[-1]) / per_ampere if said else None


async def all_sample(chargers: list[Charger]) -> None:
    await asyncio.gather(*(one.sample() for one in chargers))
