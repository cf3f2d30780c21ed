"""A station that follows charging profiles: keeps them by purpose and level, and works out what limits it by the text.

OCPP 1.6 §3.13.2 and §3.13.4; OCPP 2.0.1 part 2 K01.FR.17, K02.FR.04, K02.FR.08.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ocpp.charge_point import camel_to_snake_case

from laddnav.kit.time import rfc3339, utc
from tests.clock import SetClock
from tests.ocpp.managed import Answer

OWN = 32.0  # amperes that it gives where nobody limits it


class Following:
    """Of one EVSE. `units` are those that it takes, `periods_max` how many a schedule may have.

    `deaf` says yes and does nothing; `begun_at` is when its charge began.
    """

    def __init__(self, clock: SetClock, *, units: str = "AW", periods_max: int = 24) -> None:
        self.clock, self.units, self.periods_max = clock, units, periods_max
        self.profiles: list[dict[str, Any]] = []
        self.deaf = False
        self.begun_at = clock.now()

    @property
    def answers(self) -> dict[str, Answer]:
        return {"SetChargingProfile": self.set, "ClearChargingProfile": self.clear, "GetCompositeSchedule": self.tell}

    def set(self, **said: Any) -> dict[str, Any]:
        profile = camel_to_snake_case(said.get("cs_charging_profiles") or said["charging_profile"])
        schedule = _schedule(profile)
        periods = schedule["charging_schedule_period"]
        if schedule["charging_rate_unit"] not in self.units or len(periods) > self.periods_max:
            return {"status": "Rejected"}
        assert periods[0]["start_period"] == 0
        if not self.deaf:
            key = profile["charging_profile_purpose"], profile["stack_level"]
            others = [one for one in self.profiles if (one["charging_profile_purpose"], one["stack_level"]) != key]
            self.profiles = [one for one in others if _id(one) != _id(profile)] + [profile]
        return {"status": "Accepted"}

    def clear(self, **said: Any) -> dict[str, Any]:
        number = said.get("id") or said.get("charging_profile_id")
        left = [one for one in self.profiles if _id(one) != number]
        found, self.profiles = len(left) < len(self.profiles), left
        return {"status": "Accepted" if found else "Unknown"}

    def tell(self, duration: int, **said: Any) -> dict[str, Any]:
        now = self.clock.now()
        steps = [(second, self.limit(now + timedelta(seconds=second))) for second in range(0, duration, 5)]
        changes = [one for number, one in enumerate(steps) if number == 0 or one[1] != steps[number - 1][1]]
        periods = [{"start_period": second, "limit": round(rate, 1)} for second, rate in changes]
        schedule: dict[str, Any] = {
            "charging_rate_unit": "A",
            "charging_schedule_period": periods,
            "duration": duration,
        }
        if "connector_id" in said:
            start = {"schedule_start": rfc3339(now), "connector_id": said["connector_id"]}
            return {"status": "Accepted", "charging_schedule": schedule, **start}
        whole = schedule | {"schedule_start": rfc3339(now), "evse_id": said["evse_id"]}
        return {"status": "Accepted", "schedule": whole}

    def limit(self, at: datetime) -> float:
        """Amperes of each of three phases."""
        for purpose in ("TxProfile", "TxDefaultProfile"):
            those = [one for one in self.profiles if one["charging_profile_purpose"] == purpose]
            for one in sorted(those, key=lambda one: -int(one["stack_level"])):
                found = self._limit(one, at)
                if found is not None:
                    return found
        return OWN

    def _limit(self, profile: dict[str, Any], at: datetime) -> float | None:
        schedule = _schedule(profile)
        start = schedule.get("start_schedule")
        after = (at - (utc(datetime.fromisoformat(start)) if start else self.begun_at)).total_seconds()
        if after < 0 or after >= schedule.get("duration", float("inf")):
            return None
        period = [one for one in schedule["charging_schedule_period"] if one["start_period"] <= after][-1]
        amperes = float(period["limit"])
        if schedule["charging_rate_unit"] == "W":
            amperes /= 230 * period.get("number_phases", 3)
        return min(OWN, amperes)

    def of(self, purpose: str) -> dict[str, Any]:
        """The only profile of that purpose."""
        (one,) = (each for each in self.profiles if each["charging_profile_purpose"] == purpose)
        return one


def _schedule(profile: dict[str, Any]) -> dict[str, Any]:
    said = profile["charging_schedule"]
    return dict(said if isinstance(said, dict) else said[0])


def periods(profile: dict[str, Any]) -> list[tuple[int, float]]:
    return [(one["start_period"], float(one["limit"])) for one in _schedule(profile)["charging_schedule_period"]]


def _id(profile: dict[str, Any]) -> int:
    return int(profile.get("charging_profile_id") or profile["id"])
