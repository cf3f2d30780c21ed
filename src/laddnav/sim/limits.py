"""What a station was told of how much it may give: which charging profile holds at an instant, as OCPP 1.6 §3.13 says.

Profiles are as the package hands them over. 2.0.1 spells the same with a list of schedules and other names of purposes;
both are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from laddnav.kit.power import Power
from laddnav.kit.time import utc

Profile = Mapping[str, Any]

VOLTS = Decimal(230)
LEAST_AMPS = Decimal(6)  # what a car can take on a phase, or nothing (IEC 61851-1)
MOST, DEFAULT, OF_CHARGE = "station", "default", "charge"
_PURPOSES = {
    "ChargePointMaxProfile": MOST,
    "ChargingStationMaxProfile": MOST,
    "TxDefaultProfile": DEFAULT,
    "TxProfile": OF_CHARGE,
}
_RECURS = {"Daily": timedelta(days=1), "Weekly": timedelta(weeks=1)}


class Limits:
    """The profiles of one plug: one of each purpose and stack level, a newer one in place of the one before."""

    def __init__(self) -> None:
        self._profiles: dict[tuple[str, int], Profile] = {}

    def put(self, profile: Profile) -> None:
        number = number_of(profile)
        self._profiles = {key: one for key, one in self._profiles.items() if number_of(one) != number}
        self._profiles[purpose_of(profile), int(profile["stack_level"])] = profile

    def drop(self, number: int | None = None, purpose: str | None = None, stack_level: int | None = None) -> bool:
        """Those of which all that is said is true (OCPP 1.6 §5.3); whether there were any."""
        gone = [
            key
            for key, one in self._profiles.items()
            if (number is None or number_of(one) == number)
            and (purpose is None or key[0] == _PURPOSES.get(purpose))
            and (stack_level is None or key[1] == stack_level)
        ]
        for key in gone:
            del self._profiles[key]
        return bool(gone)

    def charge_is_over(self) -> None:
        self._profiles = {key: one for key, one in self._profiles.items() if key[0] != OF_CHARGE}

    def power(self, at: datetime, began_at: datetime, phases: int) -> Power | None:
        """What a car on so many phases may take then; None: as much as there is."""
        charge = self._first(OF_CHARGE, at, began_at, phases)
        told = charge if charge is not None else self._first(DEFAULT, at, began_at, phases)
        said = [one for one in (told, self._first(MOST, at, began_at, phases)) if one is not None]
        if not said:
            return None
        watts = min(said)
        return Power(watts if watts >= LEAST_AMPS * VOLTS * phases else Decimal(0))

    @property
    def told(self) -> Profile | None:
        """What holds of a charge before everything else, its own or the default; None: nobody said."""
        known = {
            purpose: [self._profiles[key] for key in sorted(self._profiles) if key[0] == purpose]
            for purpose in (OF_CHARGE, DEFAULT)
        }
        return next((found[-1] for found in known.values() if found), None)

    @property
    def unit(self) -> str:
        """In which it was told what holds; watts, where it was not."""
        unit: str = "W" if self.told is None else _schedule(self.told)["charging_rate_unit"]
        return unit

    def turns(self, since: datetime, until: datetime, began_at: datetime) -> list[datetime]:
        """Every instant between the two at which something else may hold, in order."""
        found = {one for profile in self._profiles.values() for one in _turns(profile, since, began_at)}
        return sorted(one for one in found if since < one < until)

    def _first(self, purpose: str, at: datetime, began_at: datetime, phases: int) -> Decimal | None:
        """Of the highest stack level that says anything of this instant."""
        of_it = sorted((key for key in self._profiles if key[0] == purpose), reverse=True)
        said = (_watts(self._profiles[key], at, began_at, phases) for key in of_it)
        return next((one for one in said if one is not None), None)


def number_of(profile: Profile) -> int:
    number: int = profile["charging_profile_id"] if "charging_profile_id" in profile else profile["id"]
    return number


def purpose_of(profile: Profile) -> str:
    return _PURPOSES[profile["charging_profile_purpose"]]


def _watts(profile: Profile, at: datetime, began_at: datetime, phases: int) -> Decimal | None:
    """None: it says nothing of this instant."""
    begins, ends = (_instant(profile, name) for name in ("valid_from", "valid_to"))
    if (begins is not None and at < begins) or (ends is not None and at >= ends):
        return None
    schedule = _schedule(profile)
    after = at - _start(profile, at, began_at)
    duration = schedule.get("duration")
    if after < timedelta() or (duration is not None and after >= timedelta(seconds=int(duration))):
        return None
    periods = [one for one in schedule["charging_schedule_period"] if timedelta(seconds=one["start_period"]) <= after]
    if not periods:
        return None
    limit = Decimal(str(periods[-1]["limit"]))
    used = min(phases, int(periods[-1].get("number_phases") or 3))
    return limit if schedule["charging_rate_unit"] == "W" else limit * VOLTS * used


def _turns(profile: Profile, since: datetime, began_at: datetime) -> Iterator[datetime]:
    schedule = _schedule(profile)
    start = _start(profile, since, began_at)
    recurs = _RECURS.get(profile.get("recurrency_kind", ""), timedelta())
    seconds = [one["start_period"] for one in schedule["charging_schedule_period"]]
    if schedule.get("duration") is not None:
        seconds.append(schedule["duration"])
    for again in (timedelta(), recurs) if recurs else (timedelta(),):
        yield from (start + again + timedelta(seconds=int(one)) for one in seconds)
    yield from (one for name in ("valid_from", "valid_to") if (one := _instant(profile, name)) is not None)


def _start(profile: Profile, at: datetime, began_at: datetime) -> datetime:
    """Of its schedule: as it says, of the last day or week, or with the charge."""
    said = _instant(_schedule(profile), "start_schedule")
    if said is None or profile["charging_profile_kind"] == "Relative":
        return began_at
    recurs = _RECURS.get(profile.get("recurrency_kind", ""))
    return said if recurs is None or at < said else said + (at - said) // recurs * recurs


def _schedule(profile: Profile) -> Mapping[str, Any]:
    schedule: Any = profile["charging_schedule"]
    one: Mapping[str, Any] = schedule[0] if isinstance(schedule, list) else schedule
    return one


def _instant(words: Mapping[str, Any], name: str) -> datetime | None:
    return None if words.get(name) is None else utc(datetime.fromisoformat(words[name]))
