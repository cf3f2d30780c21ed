"""What the car of a charge needs, as its driver said or as it is taken to need, and what it draws; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.power import Power
from laddnav.kit.time import hours
from laddnav.metering.model import Activity, Measurand, Reading
from laddnav.pricing.ahead.estimate import remaining
from laddnav.pricing.model import CannotPrice
from laddnav.scheduling.model import ChargingProfile, RateUnit
from laddnav.scheduling.outlets import Amps
from laddnav.scheduling.site import Wish
from laddnav.sessions import preferred
from laddnav.sessions.model import Preferences, ProfileType, Session
from laddnav.sites.fuses import phases
from laddnav.sites.model.site import Aim, Member, Site

# One that stays longer than it was taken to is taken to stay so much longer, again and again.
STAYS_ON = timedelta(hours=1)
# One that has had what it was taken to need and goes on drawing is taken to need so much more.
MORE_KWH = Decimal(5)
# Of a kWh that leaves a battery, so much comes out.
GIVES_BACK_OF = Decimal("0.9")
# Amperes below which a phase carries nothing that charges a car, and above which one that charges says which it uses.
NOTHING, CLEARLY = 1.0, 4.0
# What is drawn, less what is given back.
_CURRENT: dict[str, int] = {Measurand.CURRENT_IMPORT: 1, Measurand.CURRENT_EXPORT: -1}
_POWER: dict[str, int] = {Measurand.POWER_IMPORT: 1, Measurand.POWER_EXPORT: -1}
# The station's own words for its phases (OCPP 1.6 §7.34).
_OF_STATION = {"L1": 0, "L2": 1, "L3": 2, "L1-N": 0, "L2-N": 1, "L3-N": 2}


class Need(Struct, frozen=True, kw_only=True):
    """`missing` kWh until `departs_at`, of `wanted` in all; `said`: somebody said so. `sated`: it takes no more now.

    `lends`: kWh of what it has that it may give back before it leaves, nought where nobody has said that it may.
    """

    departs_at: datetime
    wanted: Decimal
    missing: Decimal
    wish: Wish
    said: bool
    lends: Decimal
    sated: bool

    def laxity(self, kw_max: float, now: datetime) -> timedelta:
        """How long it could wait and still be ready."""
        if kw_max <= 0:
            return timedelta()
        return self.departs_at - now - timedelta(hours=float(self.missing) / kw_max)


class Drawn(Struct, frozen=True):
    """Amperes on the phases of the mains, as measured at an instant; `phases` where it is clear which ones it uses."""

    at: datetime
    amps: Amps
    phases: tuple[int, ...] | None = None


def need(site: Site, session: Session, now: datetime) -> Need:
    """A word about energy or departure goes before what is supposed; what is over by now is supposed anew."""
    words = preferred.wanted(session, now)
    wants = None if words is None else words.wants
    had = session.energy.kwh - _gone(session)
    energy = None if wants is None or wants.energy is None else wants.energy.kwh
    supposed = max(site.unsaid.energy_kwh, had + MORE_KWH)
    leaves = session.started_at + timedelta(hours=float(site.unsaid.stay_hours))
    departs_at = None if wants is None else wants.departs_at
    return Need(
        departs_at=departs_at or max(leaves, now + STAYS_ON),
        wanted=supposed if energy is None else energy,
        missing=max((supposed if energy is None else energy) - had, Decimal(0)),
        wish=_wish(site, wants),
        said=words is not None,
        lends=Decimal(0) if wants is None else _lends(session, wants, had),
        sated=activity(session) is Activity.SUSPENDED_EV,
    )


def _gone(session: Session) -> Decimal:
    """kWh that left a battery beyond what is counted: lost on their way out, or with the next register alone."""
    meter = session.meter
    if meter is None:
        return Decimal(0)
    return (meter.given + meter.giving).kwh / GIVES_BACK_OF - meter.given.kwh


def _lends(session: Session, wants: Preferences, had: Decimal) -> Decimal:
    """Only of a car that is known to leave with so much by then: else nobody could say when it is full again.

    Nor where its Station has not said what came back: what is not counted would be lent again and again.
    """
    if session.meter is None or session.meter.returned_at is None:
        return Decimal(0)
    if not wants.may_discharge or session.gives_back_max is None or wants.energy is None or wants.departs_at is None:
        return Decimal(0)
    least = Decimal(0) if wants.energy_least is None else wants.energy_least.kwh
    return max(had - least, Decimal(0))


def gives_back_most(site: Site, member: Member, session: Session, used: Sequence[int]) -> float:
    """Amperes from each of these phases, as wiring, Station and car can."""
    if session.gives_back_max is None:
        return 0.0
    return min(
        float(member.discharge_amps_max), float(session.gives_back_max.watts) / float(site.volts) / max(len(used), 1)
    )


def lends_for(session: Session, lends: Decimal, kw_most: float, length: timedelta, now: datetime) -> float:
    """kW that it may give back for so long and still have what it does not lend.

    It may have given back all that it can since its Station said last what came back.
    """
    said_at = None if session.meter is None else session.meter.returned_at
    if said_at is None:
        return 0.0
    left = float(lends * GIVES_BACK_OF) - kw_most * float(hours(max(now - said_at, timedelta())))
    return max(left, 0.0) / float(hours(length))


def affordable(session: Session, now: datetime, power: Power) -> Decimal | None:
    """kWh more that its driver's budget pays for, charged from here on at once; None: as much as the car takes.

    Reckoned anew with every plan, so what it truly cost meanwhile counts, and hours that turn out cheaper buy more.
    That the charge ends by then is for whoever keeps to the budget.
    """
    words = preferred.wanted(session, now)
    budget = None if words is None else words.wants.budget
    if budget is None or session.tab is None or session.tab.tariff.currency != budget.currency:
        return None
    try:
        reached = remaining(session.tab, amount=budget.amount, power=power).energy
    except CannotPrice:
        return None
    return None if reached is None else reached.kwh


def _wish(site: Site, wants: Preferences | None) -> Wish:
    """REGULAR is what the site is for; who says nothing is taken to want what the site says.

    For an amount is at once, as whoever chose it was shown, unless a departure was said with it.
    """
    if wants is not None and wants.budget is not None and wants.departs_at is None:
        return Wish.NOW
    match None if wants is None else wants.profile:
        case None:
            return site.unsaid.wish
        case ProfileType.FAST:
            return Wish.NOW
        case ProfileType.GREEN:
            return Wish.GREEN
        case ProfileType.CHEAP:
            return Wish.CHEAP
        case ProfileType.REGULAR:
            return Wish.GREEN if site.aim is Aim.CARBON else Wish.CHEAP


def activity(session: Session) -> Activity:
    """What it does now, as its Station said last."""
    meter = session.meter
    if meter is None:
        return Activity.CHARGING
    return meter.marks[-1].activity if meter.marks else meter.activity


# What it draws -------------------------------------------------------------------------------------------------------


def drawn(site: Site, member: Member, said: Sequence[Reading]) -> tuple[Drawn, ...]:
    """The last two samples, the newest last: by currents phase by phase, else by power, else by registers.

    What a register tells is a mean that began with the one before: it counts from then.
    """
    for found in (_by_current(member, said), _by_power(site, member, said), _by_register(site, member, said)):
        if found:
            return found
    return ()


def _by_current(member: Member, said: Sequence[Reading]) -> tuple[Drawn, ...]:
    told = [(one, sign) for one in said if (sign := _CURRENT.get(one.measurand))]
    by_phase = [(one, sign) for one, sign in told if one.phase in _OF_STATION]
    if not by_phase:
        whole = _together((one.at, sign * float(one.value)) for one, sign in told if one.phase is None)
        return tuple(Drawn(at, _even(member, amps)) for at, amps in whole)
    instants = sorted({one.at for one, _ in by_phase})[-2:]
    return tuple(_at(member, at, [(one, sign) for one, sign in by_phase if one.at == at]) for at in instants)


def _at(member: Member, at: datetime, said: Sequence[tuple[Reading, int]]) -> Drawn:
    by_wire: dict[int, float] = {}
    for one, sign in said:
        wire = _OF_STATION[one.phase or ""]
        by_wire[wire] = by_wire.get(wire, 0.0) + sign * float(one.value)
    amps = [0.0, 0.0, 0.0]
    for wire, phase in enumerate(phases(member)):
        amps[phase] = by_wire.get(wire, 0.0)
    clear = max(map(abs, amps)) > CLEARLY and len(by_wire) >= len(member.phases)
    used = tuple(phase for phase in phases(member) if abs(amps[phase]) > NOTHING)
    return Drawn(at, (amps[0], amps[1], amps[2]), used if clear else None)


def _by_power(site: Site, member: Member, said: Sequence[Reading]) -> tuple[Drawn, ...]:
    told = [(one, sign) for one in said if (sign := _POWER.get(one.measurand))]
    whole = [pair for pair in told if pair[0].phase is None] or [pair for pair in told if pair[0].phase in _OF_STATION]
    watts = _together((one.at, sign * float(one.value)) for one, sign in whole)
    return tuple(Drawn(at, _even(member, _amps(site, member, each))) for at, each in watts)


def _by_register(site: Site, member: Member, said: Sequence[Reading]) -> tuple[Drawn, ...]:
    told = sorted((one for one in said if one.register is not None), key=lambda one: one.at)[-2:]
    if len(told) < 2 or told[0].at == told[1].at:
        return ()
    back = {one.at: one.value for one in said if one.returned is not None}
    given = max(back.get(told[1].at, Decimal(0)) - back.get(told[0].at, Decimal(0)), Decimal(0))
    given = given if told[0].at in back else Decimal(0)
    watts = float((max(told[1].value - told[0].value, Decimal(0)) - given) / hours(told[1].at - told[0].at))
    return (Drawn(told[0].at, _even(member, _amps(site, member, watts))),)


def _together(said: Iterable[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """The sums of the last two instants, in order of time."""
    sums: dict[datetime, float] = {}
    for at, value in said:
        sums[at] = sums.get(at, 0.0) + value
    return sorted(sums.items())[-2:]


def _amps(site: Site, member: Member, watts: float) -> float:
    return watts / float(site.volts) / len(member.phases)


def _even(member: Member, amps: float) -> Amps:
    used = phases(member)
    return (amps if 0 in used else 0.0, amps if 1 in used else 0.0, amps if 2 in used else 0.0)


# What others limit it to ---------------------------------------------------------------------------------------------


def ceiling(site: Site, member: Member, session: Session, at: datetime) -> float | None:
    """Amperes at most, as everybody but the site itself limits this charge then; None: nobody does."""
    rates = [
        rate
        for one in session.limits
        if one.by != session.holder
        and (profile := one.wanted or one.profile) is not None
        and (rate := _rate_at(site, member, profile, session.started_at, at)) is not None
    ]
    return min(rates, default=None)


def _rate_at(site: Site, member: Member, profile: ChargingProfile, begun_at: datetime, at: datetime) -> float | None:
    after = at - (profile.started_at or begun_at)
    if after < timedelta() or (profile.duration is not None and after >= profile.duration):
        return None
    said = [one.rate for one in profile.limits if one.after <= after]
    if not said:
        return None
    return float(said[-1]) if profile.unit is RateUnit.AMPERE else _amps(site, member, float(said[-1]))


def limiters(session: Session) -> tuple[PartyId, ...]:
    """Who beside the holder limits it."""
    return tuple(one.by for one in session.limits if one.by != session.holder and (one.wanted or one.profile))


def used_phases(found: Drawn | None, known: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Those that a car uses, once that was clear; it may use more than it did a moment ago, and then does."""
    if found is None or found.phases is None:
        return known
    return found.phases


def kw(amps: Amps, volts: Decimal) -> float:
    return sum(amps) * float(volts) / 1000
