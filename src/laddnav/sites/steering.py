"""A site from second to second: what comes of what control says of it, and what an answer changes; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from laddnav.scheduling import asking, committed, control
from laddnav.scheduling.beside import Beside
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.notes import Said
from laddnav.scheduling.outlets import Ask, Ban, Moment, Outlet
from laddnav.scheduling.rules import tenths
from laddnav.sessions.model import Session
from laddnav.sites import battery, roof
from laddnav.sites.beside import believed, given, news
from laddnav.sites.facts import Facts, Key, holds, kw_of
from laddnav.sites.fuses import floats
from laddnav.sites.model.site import Member
from laddnav.sites.model.standing import BatteryTold, RoofTold, Standing
from laddnav.sites.model.told import Covers, OutsideLimit, Place
from laddnav.sites.moment import moment, standing_of

# A Station that has not said what it made of its fallback is asked again.
ASK_AGAIN = timedelta(minutes=2)
SLACK = 0.05  # kW


class Asking(Struct, frozen=True):
    """A profile for a charge, the `number` of its Lease, and from how many phases its car draws by what was seen."""

    session: Session
    number: int
    profile: ChargingProfile
    phases: int | None


class Steered(Struct, frozen=True, kw_only=True):
    """What a tick of control comes to: what to ask with which profile, how all stand, who is out and who in again.

    `battery`, `roof`: what these are told from now on; None: it goes by itself.
    """

    moment: Moment
    asked: tuple[Asking, ...]
    standings: tuple[Standing, ...]
    out: tuple[Standing, ...]
    back: tuple[Standing, ...]
    fallbacks: tuple[Member, ...]
    obeyed: tuple[OutsideLimit, ...]
    beside: Beside | None
    battery: BatteryTold | None
    roof: RoofTold | None


class Turn(Struct, frozen=True, kw_only=True):
    """What a tick comes to for one member. `out`: its Station is told that it is; `back`: it may charge again."""

    member: Member
    standing: Standing
    asked: Asking | None
    out: bool
    back: bool
    fallback_due: bool


def steered(facts: Facts) -> Steered:
    """One tick."""
    now, banned = _judged(facts)
    targets = control.shared(now)
    asks = {one.outlet_id: one for one in asking.asks(now, targets)}
    turns = [
        # Who cannot be told goes on with what it has, and has not been paused.
        _turn(facts, member, control.after(one, target, now.at) if one.reachable else one, now.at, asks, banned)
        for member, one, target in zip(facts.site.members, now.outlets, targets.tolist(), strict=True)
    ]
    return Steered(
        moment=now,
        asked=tuple(one.asked for one in turns if one.asked is not None),
        standings=tuple(one.standing for one in turns if one.standing != facts.standings.get(_key(one.member))),
        out=tuple(one.standing for one in turns if one.out),
        back=tuple(one.standing for one in turns if one.back),
        fallbacks=tuple(one.member for one in turns if one.fallback_due),
        obeyed=tuple(obeyed(facts, now)),
        beside=news(facts, believed(facts, now.outlets)),
        battery=battery.told(facts, now, {id: one.amps for id, one in asks.items()}),
        roof=roof.told(facts, now),
    )


def _judged(facts: Facts) -> tuple[Moment, Mapping[str, Said]]:
    """The moment as control is to see it; and by outlet, why it is out from now on."""
    now = moment(facts)
    now = replace(now, outlets=tuple(_watched(one, now.at) for one in now.outlets))
    banned = {one.outlet_id: one.why for one in committed.outcasts(now)}
    outlets = tuple(
        _banned(one, standing_of(facts, member), now.at) if one.id in banned else one
        for member, one in zip(facts.site.members, now.outlets, strict=True)
    )
    return replace(now, outlets=outlets), banned


def _turn(
    facts: Facts, member: Member, one: Outlet, at: datetime, asks: Mapping[str, Ask], banned: Mapping[str, Said]
) -> Turn:
    """`one` as control leaves it, `at` on the wall; `asks` are those of all, and `banned` those out from now on."""
    known = replace(
        standing_of(facts, member),
        leases=committed.pruned(one.leases, one, at),
        on_since_at=one.on_since_at,
        waits_since_at=one.waits_since_at,
        paused=one.paused,
        over_since_at=one.over_since_at,
        ban=one.ban,
    )
    session, ask, asked = facts.sessions.get(_key(member)), asks.get(one.id), None
    if session is not None and ask is not None:
        number = known.number + 1
        known = replace(known, number=number, leases=committed.asked(known.leases, ask, at, number))
        asked = Asking(session, number, lease(ask, facts), ask.phases)
    out = back = False
    if one.id in banned:
        out, known = True, replace(known, ban_why=banned[one.id], outs=known.outs + 1, out_told_at=facts.at)
    elif known.ban is not None and committed.may_return(one, at):
        back, known = True, replace(known, ban=None, over_since_at=None)
    elif _out_of_hand(facts, known):
        out, known = True, replace(known, out_told_at=facts.at)
    due = _fallback_due(facts, member, known)
    if due:
        known = replace(known, fallback_asked_at=facts.at)
    return Turn(member=member, standing=known, asked=asked, out=out, back=back, fallback_due=due)


def _key(member: Member) -> Key:
    return member.station_id, member.evse_no


def obeyed(facts: Facts, now: Moment) -> Iterable[OutsideLimit]:
    """Limits that are kept from now on, by what Stations have acknowledged and what is measured beside the cars.

    What goes out is what the mains meter says, and what cars may give back beyond what they are measured to.
    """
    cars = sum(
        kw_of(facts.site, committed.by_this_charge(one, now.at, now.at), one.phases)
        for member, one in zip(facts.site.members, now.outlets, strict=True)
        if _key(member) in facts.sessions
    )
    beside = sum(now.building_max if now.building is None else now.building) * now.volts / 1000
    beside -= sum(given(facts)) * now.volts / 1000
    mains = facts.fresh(Place.GRID)
    out = inf if mains is None else (_may_yet_give(now) - sum(floats(mains.amps))) * now.volts / 1000
    drawn = {Covers.SITE: cars + beside, Covers.CARS: cars, Covers.EXPORT: out}
    for limit in facts.limits:
        kw = drawn[limit.covers]
        if limit.obeyed_at is None and holds(limit, facts.at) and kw <= float(limit.kw) + SLACK:
            yield replace(limit, obeyed_at=facts.at)


def _may_yet_give(now: Moment) -> float:
    """Amperes, of all phases."""
    may = sum(len(one.phases) * committed.given_back(one, now.at, now.at) for one in now.outlets)
    return max(0.0, may - sum(-amps for one in now.outlets for amps in one.drawn or () if amps < 0))


def _watched(one: Outlet, at: datetime) -> Outlet:
    """Since when it draws more than it may, and since when one that is out draws no more than it falls back to."""
    over = one.over_since_at or at if committed.out_of_hand(one) else None
    if one.ban is None:
        return replace(one, over_since_at=over)
    quiet = one.drawn is not None and max(one.drawn) <= one.fallback_amps + committed.TOLERANCE
    quiet = quiet and not committed.gives_too_much(one)
    since = (one.ban.quiet_since_at or at) if quiet else None
    return replace(one, over_since_at=over, ban=replace(one.ban, quiet_since_at=since))


def _banned(one: Outlet, standing: Standing, at: datetime) -> Outlet:
    return replace(one, ban=Ban(since_at=at, times=standing.outs + 1))


def _out_of_hand(facts: Facts, known: Standing) -> bool:
    """Whether one that is out, and draws all the same, is to be told so once more."""
    if known.ban is None or known.ban.quiet_since_at is not None or known.station_id not in facts.online:
        return False
    return known.out_told_at is None or facts.at - known.out_told_at >= facts.pace.length(ASK_AGAIN)


def _fallback_due(facts: Facts, member: Member, known: Standing) -> bool:
    if known.fallback == member.fallback_amps or member.station_id not in facts.online:
        return False
    last = known.fallback_asked_at
    return last is None or facts.at - last >= facts.pace.length(ASK_AGAIN)


def lease(ask: Ask, facts: Facts) -> ChargingProfile:
    """From now on, in whole seconds, and never for longer than control counts on."""
    begin = facts.at.replace(microsecond=0)
    seconds = int((facts.pace.ours(ask.until_at) - facts.at).total_seconds())
    return ChargingProfile(
        unit=RateUnit.AMPERE,
        started_at=begin,
        duration=timedelta(seconds=max(seconds, 1)),
        limits=(ProfileLimit(timedelta(), tenths(Decimal(str(ask.amps)))),),
    )


# What an answer changes ----------------------------------------------------------------------------------------------


def unasked(standing: Standing) -> Standing:
    """The newest that it was to be asked has not gone out."""
    return replace(standing, leases=committed.refused(standing.leases, standing.number))


def answered(standing: Standing, number: int, result: str, at: datetime) -> Standing:
    """`at` on the wall. Who has not answered in time may follow it all the same."""
    if result == "ACCEPTED":
        return replace(standing, leases=committed.acknowledged(standing.leases, number, at))
    if result in ("TIMEOUT", "FAILED"):
        return standing
    return replace(standing, leases=committed.refused(standing.leases, number))
