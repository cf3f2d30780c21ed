"""What preferences make of a charge: whose word holds, which Tariff, and whether they can be met; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import Power
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import hours
from laddnav.metering.model import Mark, Stretch
from laddnav.pricing import tab as tabs
from laddnav.pricing.model import Tab
from laddnav.sessions.model import Preferences, PreferencesAnswer, Preferred, ProfileType, Session, Voice
from laddnav.tariffs.model import Tariff, TariffType

KINDS = {
    ProfileType.CHEAP: TariffType.PROFILE_CHEAP,
    ProfileType.FAST: TariffType.PROFILE_FAST,
    ProfileType.GREEN: TariffType.PROFILE_GREEN,
    ProfileType.REGULAR: TariffType.REGULAR,
}
# Those that wait for a better hour have to know how long they may, and for what.
WAITS = (ProfileType.CHEAP, ProfileType.GREEN)
# Whose word goes before whose; of those that count alike, the newest. Whoever stands before the car knows best.
WEIGHT = {Voice.DRIVER: 3, Voice.APP: 3, Voice.FLEET: 2, Voice.CAR: 1, Voice.DEFAULT: 0}


class NoSuchWish(Refusal):
    """What is wanted of a charge contradicts itself; `about` names the field."""

    def __init__(self, about: str, why: str) -> None:
        super().__init__(f"{about}: {why}")
        self.about, self.why = about, why


class Answered(Struct, frozen=True, kw_only=True):
    """`answer` in OCPI's words; `kept` whether what was said holds from now on, as far as it can be met.

    `energy_most`: where so much energy by then is not possible, the most that is, counted from the charge's beginning.
    """

    answer: PreferencesAnswer
    kept: bool
    energy_most: Energy | None = None


class Wanted(Struct, frozen=True, kw_only=True):
    """What holds of all that was said: the weightiest word, and what it leaves open as those below it say it.

    `by` said what matters most, `departs_by` and `energy_by` when the car leaves and how much it needs; None: nobody.
    """

    wants: Preferences
    by: Voice
    departs_by: Voice | None
    energy_by: Voice | None


def sensible(wants: Preferences, currency: str) -> Preferences:
    """Raises NoSuchWish."""
    if wants.energy is not None and not (wants.energy.wh.is_finite() and wants.energy.wh >= 0):
        raise NoSuchWish("energy", "it is a number of kWh, zero or more")
    if wants.budget is not None and not (wants.budget.amount.is_finite() and wants.budget.amount > 0):
        raise NoSuchWish("budget", "it is an amount above zero")
    if wants.budget is not None and wants.budget.currency != currency:
        raise NoSuchWish("budget", f"charging here costs {currency}, not {wants.budget.currency}")
    battery = wants.battery
    if battery is None:
        return wants
    if not 0 <= battery.percent <= battery.percent_wanted <= 100:
        raise NoSuchWish("battery", "it goes from a state of charge to a higher one, between 0 and 100 %")
    if battery.percent_least is not None and not 0 <= battery.percent_least <= battery.percent_wanted:
        raise NoSuchWish("battery", "it gives back down to a state of charge below that which is wanted, or nothing")
    if not (battery.capacity.wh.is_finite() and battery.capacity.wh > 0):
        raise NoSuchWish("battery", "its capacity is a number of kWh above zero")
    return wants


def measured(wants: Preferences, so_far: Energy) -> Preferences:
    """With the energy that a state of charge comes to, above what this charge has given `so_far`."""
    if wants.battery is None:
        return wants
    battery = wants.battery
    missing = battery.capacity.wh * (battery.percent_wanted - battery.percent) / 100
    if battery.percent_least is None:
        return replace(wants, energy=so_far + Energy(missing))
    lends = battery.capacity.wh * (battery.percent - battery.percent_least) / 100
    return replace(wants, energy=so_far + Energy(missing), energy_least=so_far - Energy(lends))


def wanted(session: Session, now: datetime) -> Wanted | None:
    """None: nobody said anything. A departure that is over while the car still stands there is none any more."""
    last = {one.by: one for one in session.preferred}
    # Of the driver's two voices the later one replaces the other.
    ranks: dict[int, Preferred] = {}
    for one in sorted(last.values(), key=lambda one: one.at):
        ranks[WEIGHT[one.by]] = one
    words = [ranks[rank] for rank in sorted(ranks, reverse=True)]
    if not words:
        return None
    first = words[0]
    leaving = next((one for one in words if one.wants.departs_at is not None and one.wants.departs_at > now), None)
    needing = next((one for one in words if one.wants.energy is not None), None)
    return Wanted(
        wants=replace(
            first.wants,
            departs_at=None if leaving is None else leaving.wants.departs_at,
            energy=None if needing is None else needing.wants.energy,
            battery=None if needing is None else needing.wants.battery,
            energy_least=max((least for one in words if (least := one.wants.energy_least) is not None), default=None),
        ),
        by=first.by,
        departs_by=None if leaving is None else leaving.by,
        energy_by=None if needing is None else needing.by,
    )


def completed(wants: Preferences, others: Preferences) -> Preferences:
    """With what it leaves open as others said it."""
    energy = others.energy if wants.energy is None else wants.energy
    return replace(wants, departs_at=wants.departs_at or others.departs_at, energy=energy)


def said_already(session: Session, wants: Preferences, by: Voice) -> bool:
    """Whether it is what this voice said last, and nobody who counts as much has spoken since."""
    alike = [one for one in session.preferred if WEIGHT[one.by] == WEIGHT[by]]
    return bool(alike) and (alike[-1].by, alike[-1].wants) == (by, wants)


def missing(session: Session, wants: Preferences) -> Energy | None:
    """What a charge still lacks of the energy that is wanted; None: nobody says how much."""
    if wants.energy is None:
        return None
    return max(wants.energy - session.energy, NO_ENERGY)


def keeps(answer: PreferencesAnswer, by: Voice) -> bool:
    """Whether what was said holds. A partner's app is refused and may ask again; whoever else says what they can."""
    match answer:
        case PreferencesAnswer.ACCEPTED:
            return True
        case PreferencesAnswer.NOT_POSSIBLE:
            return by is not Voice.APP
        case PreferencesAnswer.DEPARTURE_REQUIRED | PreferencesAnswer.ENERGY_NEED_REQUIRED:
            return WEIGHT[by] < WEIGHT[Voice.DRIVER]
        case _:
            return False


def may_change_tariff(session: Session, by: Voice) -> bool:
    """A partner's driver changes it in the partner's app alone: the partner pays, and has to know what was chosen.

    Whoever pays at the station has agreed to its price there.
    """
    if by is Voice.APP:
        return True
    if session.tab is None or session.tab.tariffs[0].type == TariffType.AD_HOC_PAYMENT:
        return False
    return by in (Voice.DRIVER, Voice.FLEET) and session.token.owner == session.holder


def supports(profile: ProfileType, tariff: Tariff | None) -> bool:
    """A profile without a Tariff of its own is none that the driver could choose."""
    if tariff is None:
        return False
    return tariff.type == KINDS[profile] or (profile is ProfileType.REGULAR and tariff.type is None)


def answer(wants: Preferences, session: Session, power_max: Power | None, now: datetime) -> PreferencesAnswer:
    """Of a profile that is supported, in OCPI's words."""
    if wants.profile in WAITS and wants.departs_at is None:
        return PreferencesAnswer.DEPARTURE_REQUIRED
    if wants.profile in WAITS and wants.energy is None:
        return PreferencesAnswer.ENERGY_NEED_REQUIRED
    if wants.departs_at is not None and wants.departs_at <= now:
        return PreferencesAnswer.NOT_POSSIBLE
    most = energy_most(wants, session, power_max, now)
    too_much = most is not None and wants.energy is not None and wants.energy > most
    return PreferencesAnswer.NOT_POSSIBLE if too_much else PreferencesAnswer.ACCEPTED


def energy_most(wants: Preferences, session: Session, power_max: Power | None, now: datetime) -> Energy | None:
    """What the whole charge can come to before the car leaves, at full power; None: it has no end that is known."""
    if wants.departs_at is None:
        return None
    left = max(hours(wants.departs_at - now), Decimal(0))
    if not left:
        return session.energy
    return None if power_max is None else session.energy + Energy(power_max.watts * left)


def mark(session: Session, now: datetime) -> Mark:
    """Cuts the charge where the Tariff changes; what the car does stays what it is."""
    assert session.meter is not None, "a charge of ours is metered"
    marks = session.meter.marks
    return Mark(at=now, activity=marks[-1].activity if marks else session.meter.activity)


def after(session: Session, wants: Preferences, tariff: Tariff | None, now: datetime, by: Voice = Voice.APP) -> Session:
    one = Preferred(at=now, wants=wants, tariff=tariff, by=by)
    return replace(session, preferred=(*session.preferred, one), last_updated=now)


def holding(session: Session) -> Tariff | None:
    """The Tariff by which the next kWh is priced."""
    since = tariffs_since(session.preferred)
    return since[-1][1] if since else None if session.tab is None else session.tab.tariffs[0]


def tariffs_since(preferred: Iterable[Preferred]) -> list[tuple[datetime, Tariff]]:
    """From when on which other Tariff held."""
    return [(one.at, one.tariff) for one in preferred if one.tariff is not None]


def priced_on(tab: Tab, preferred: Iterable[Preferred], stretch: Stretch) -> Tab:
    """The Tab after one more stretch, on the Tariff that held when the stretch began."""
    holding = tab.tariffs[0]
    for at, tariff in tariffs_since(preferred):
        if at <= stretch.started_at:
            holding = tariff
    return tabs.advanced(tabs.switched(tab, holding), stretch)
