"""ChargingPreferences as OCPI 2.2.1 spells them (OCPI 2.2.1 mod_sessions_charging_preferences_object)."""

from msgspec import Struct

from laddnav.kit.energy import kwh
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import DateTime, Number, instant_of, maybe_instant
from laddnav.sessions.model import Preferences, ProfileType


class WireChargingPreferences(Struct, kw_only=True, omit_defaults=True):
    profile_type: ProfileType
    departure_time: DateTime | None = None
    energy_need: Number | None = None
    discharge_allowed: bool | None = None


def read(wire: WireChargingPreferences, hearing: Hearing) -> Preferences:
    return Preferences(
        profile=wire.profile_type,
        departs_at=instant_of(wire.departure_time),
        energy=None if wire.energy_need is None else kwh(wire.energy_need.value),
        may_discharge=bool(wire.discharge_allowed),
    )


def write(wants: Preferences) -> WireChargingPreferences:
    return WireChargingPreferences(
        profile_type=wants.profile,
        departure_time=maybe_instant(wants.departs_at),
        energy_need=None if wants.energy is None else Number(wants.energy.kwh),
        discharge_allowed=wants.may_discharge or None,
    )


codec = Codec(WireChargingPreferences, read, write)
