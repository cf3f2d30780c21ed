"""What a driver's preferences make of a charge: which Tariff holds from when on, and whether they can be met; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from laddnav.kit.power import Power
from laddnav.kit.time import hours
from laddnav.metering.model import Mark, Stretch
from laddnav.pricing import tab as tabs
from laddnav.pricing.model import Tab
from laddnav.sessions.model import Preferences, PreferencesAnswer, Preferred, ProfileType, Session
from laddnav.tariffs.model import Tariff, TariffType

KINDS = {
    ProfileType.CHEAP: TariffType.PROFILE_CHEAP,
    ProfileType.FAST: TariffType.PROFILE_FAST,
    ProfileType.GREEN: TariffType.PROFILE_GREEN,
    ProfileType.REGULAR: TariffType.REGULAR,
}
# Those that wait for a better hour have to know how long they may, and for what.
WAITS = (ProfileType.CHEAP, ProfileType.GREEN)


def supports(profile: ProfileType, tariff: Tariff | None) -> bool:
    """A profile without a Tariff of its own is none that the driver could choose."""
    if tariff is None:
        return False
    return tariff.type == KINDS[profile] or (profile is ProfileType.REGULAR and tariff.type is None)


def answer(wants: Preferences, session: Session, power_max: Power | None, now: datetime) -> PreferencesAnswer:
    """Of a profile that is supported."""
    if wants.profile in WAITS and wants.departs_at is None:
        return PreferencesAnswer.DEPARTURE_REQUIRED
    if wants.profile in WAITS and wants.energy is None:
        return PreferencesAnswer.ENERGY_NEED_REQUIRED
    if wants.departs_at is None or wants.energy is None:
        return PreferencesAnswer.ACCEPTED
    missing, left = (wants.energy - session.energy).wh, hours(wants.departs_at - now)
    too_much = missing > 0 and (left <= 0 or (power_max is not None and missing > power_max.watts * left))
    return PreferencesAnswer.NOT_POSSIBLE if too_much else PreferencesAnswer.ACCEPTED


def mark(session: Session, now: datetime) -> Mark:
    """Cuts the charge where the Tariff changes; what the car does stays what it is."""
    assert session.meter is not None, "a charge of ours is metered"
    marks = session.meter.marks
    return Mark(at=now, activity=marks[-1].activity if marks else session.meter.activity)


def after(session: Session, wants: Preferences, tariff: Tariff, now: datetime) -> Session:
    one = Preferred(at=now, wants=wants, tariff=tariff)
    return replace(session, preferred=(*session.preferred, one), last_updated=now)


def priced_on(tab: Tab, preferred: Iterable[Preferred], stretch: Stretch) -> Tab:
    """The Tab after one more stretch, on the Tariff that held when the stretch began."""
    holding = tab.tariffs[0]
    for one in preferred:
        if one.at <= stretch.started_at:
            holding = one.tariff
    return tabs.advanced(tabs.switched(tab, holding), stretch)
