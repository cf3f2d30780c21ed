"""A site from second to second: what control has to know of it, and what comes of what control says; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.scheduling import committed, control
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.outlets import NO_AMPS, Amps, Ask, Ban, Moment, Outlet
from laddnav.scheduling.rules import tenths
from laddnav.scheduling.site import Wish
from laddnav.sessions.model import Session
from laddnav.sites import fuses, needs
from laddnav.sites.fuses import floats
from laddnav.sites.model import (
    Beside,
    Covers,
    Measurement,
    Member,
    OutsideLimit,
    Place,
    PlannedCar,
    Site,
    SitePlan,
    Standing,
)
from laddnav.sites.needs import Drawn, Need
from laddnav.sites.pace import Pace

Key = tuple[str, int]  # a Station and its number for the Evse

# On the wall: a meter that has said nothing for so long is silent.
SILENT = timedelta(seconds=90)
# A Station that has not said what it made of its fallback is asked again.
ASK_AGAIN = timedelta(minutes=2)
# A limit from outside is held so long before it begins.
AHEAD = timedelta(seconds=30)
SLACK, TRIFLE = 0.05, 0.2  # kW, A
# Cars that were told something else draw that by then; a sample that is no older tells of now.
RAMP = timedelta(seconds=15)
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Facts(Struct, frozen=True, kw_only=True):
    """All that is known of a site at `at`, on our clock.

    `sessions` by where they charge; `drawn` by Session: its last two samples, the newest last. `beside`: what was
    thought to be drawn beside the cars a tick ago.
    """

    site: Site
    at: datetime
    pace: Pace = Pace()
    sessions: Mapping[Key, Session]
    standings: Mapping[Key, Standing]
    online: frozenset[str]
    drawn: Mapping[str, tuple[Drawn, ...]] = {}
    measurements: Mapping[Place, Measurement] = {}
    limits: Sequence[OutsideLimit] = ()
    beside: Beside | None = None
    plan: SitePlan | None = None

    def need(self, session: Session) -> Need:
        return needs.need(self.site, session, self.at)

    def newest(self, session: Session | None) -> Drawn | None:
        """What it drew last; None: it has not said."""
        samples = () if session is None else self.drawn.get(session.id, ())
        return samples[-1] if samples else None

    def fresh(self, place: Place) -> Measurement | None:
        """What a meter says now; None: it says nothing, or it is silent."""
        one = self.measurements.get(place)
        return None if one is None or self.at - one.at > self.pace.length(SILENT) else one


class Steered(Struct, frozen=True, kw_only=True):
    """What a tick of control comes to: what to ask with which profile, how all stand, who is out and who in again."""

    moment: Moment
    asked: tuple[tuple[Session, int, ChargingProfile], ...]
    standings: tuple[Standing, ...]
    out: tuple[Standing, ...]
    back: tuple[Standing, ...]
    fallbacks: tuple[Member, ...]
    obeyed: tuple[OutsideLimit, ...]
    beside: Beside | None


# What control has to know --------------------------------------------------------------------------------------------


def moment(facts: Facts) -> Moment:
    site = facts.site
    outlets = tuple(outlet(facts, member) for member in site.members)
    return Moment(
        at=facts.pace.wall(facts.at),
        panels=fuses.panels(site),
        outlets=outlets,
        building=building(facts, outlets),
        building_max=floats(site.building),
        kw_max=_kw_max(facts, Covers.SITE),
        cars_kw_max=_kw_max(facts, Covers.CARS),
        unbalance_max=None if site.unbalance_amps is None else float(site.unbalance_amps),
        volts=float(site.volts),
    )


def outlet(facts: Facts, member: Member) -> Outlet:
    """An Evse with what is known of it; of a Standing that was another charge's, what it was told is over."""
    key = (member.station_id, member.evse_no)
    session, standing = facts.sessions.get(key), standing_of(facts, member)
    online = member.station_id in facts.online
    drawn = facts.newest(session)
    if drawn is not None and facts.at - drawn.at > facts.pace.length(committed.REMEMBERED):
        drawn = None  # what it was told then is forgotten, so nobody can say whether that was too much
    bare = fuses.outlet(facts.site, member)
    bare = replace(
        bare,
        fallback_amps=max(bare.fallback_amps, float(standing.fallback or 0)),
        fallback_known=standing.fallback is not None,
        reachable=online,
        leases=standing.leases,
        over_since_at=standing.over_since_at,
        ban=standing.ban,
        on_since_at=standing.on_since_at,
        waits_since_at=standing.waits_since_at,
        paused=standing.paused,
    )
    if session is None:
        # Nobody charges there by its own word; one that cannot be heard says nothing.
        return replace(bare, drawn=NO_AMPS if online else None, drawn_at=facts.pace.wall(facts.at) if online else None)
    need = facts.need(session)
    used = standing.phases or bare.phases
    return replace(
        bare,
        phases=used,
        drawn=None if drawn is None else drawn.amps,
        drawn_at=None if drawn is None else facts.pace.wall(drawn.at),
        charging=not need.sated,
        wanted_amps=wanted(facts, member, session, need, used),
        ceiling_amps=needs.ceiling(facts.site, member, session, facts.at),
        laxity=need.laxity(kw_of(facts.site, float(member.amps_max), used), facts.at),
    )


def standing_of(facts: Facts, member: Member) -> Standing:
    """How it stands with the charge that is there now."""
    key = (member.station_id, member.evse_no)
    known = facts.standings.get(key) or Standing(station_id=member.station_id, evse_no=member.evse_no)
    session = facts.sessions.get(key)
    session_id, drawn = None if session is None else session.id, facts.newest(session)
    if known.session_id == session_id:
        return replace(known, phases=needs.used_phases(drawn, known.phases))
    return Standing(
        station_id=known.station_id,
        evse_no=known.evse_no,
        fallback=known.fallback,
        fallback_asked_at=known.fallback_asked_at,
        session_id=session_id,
        number=known.number,
        phases=None if drawn is None else drawn.phases,
        ban=known.ban,
        ban_why=known.ban_why,
        out_told_at=known.out_told_at,
        outs=known.outs,
    )


def wanted(facts: Facts, member: Member, session: Session, need: Need, used: tuple[int, ...]) -> float:
    """Amperes that the plan gives it now: all it can take to who does not wait, whatever the plan thought there was.

    Who is in no plan yet and may wait begins with its minimum.
    """
    if need.missing <= 0:
        return 0.0
    if need.wish is Wish.NOW:
        return float(member.amps_max)
    car = planned_car(facts.plan, session.id)
    if car is None or facts.plan is None:
        return float(member.amps_min)
    power = at_step(facts.plan, car.power, facts.at)
    # A plan is exact to a trifle, and whole amperes are what is asked for.
    return max(0.0, round(power * 1000 / float(facts.site.volts) / len(used), 1))


def planned_car(plan: SitePlan | None, session_id: str) -> PlannedCar | None:
    return None if plan is None else next((one for one in plan.cars if one.session_id == session_id), None)


def at_step(plan: SitePlan, values: Sequence[float], at: datetime) -> float:
    """What a plan says for this instant; nothing after its end."""
    number = (at - plan.start_at) // timedelta(minutes=plan.step_minutes)
    return values[number] if 0 <= number < len(values) else 0.0


def kw_of(site: Site, amps: float, used: Sequence[int]) -> float:
    return amps * len(used) * float(site.volts) / 1000


def building(facts: Facts, outlets: Sequence[Outlet]) -> Amps | None:
    """What is drawn beside the cars, with nothing that a roof or a battery gives: they may give nothing in a moment.

    Of a car that was told more since its last sample nobody knows whether it draws that yet. So what was thought before
    still holds as far as the mains meter allows it; else a raise would look like the building, and be taken back.
    """
    own = facts.fresh(Place.BUILDING)
    if own is not None:
        return floats(own.amps)
    mains = facts.fresh(Place.GRID)
    if mains is None:
        return None
    drawn = floats(mains.amps)
    for place, sign in ((Place.SOLAR, 1), (Place.BATTERY, -1)):
        one = facts.fresh(place)
        if one is not None:
            drawn = _added(drawn, [max(0.0, sign * amps) for amps in floats(one.amps)])
    between = [_as_of(facts, member, one, mains.at) for member, one in zip(facts.site.members, outlets, strict=True)]
    most = control.building(drawn, [replace(one, drawn=low) for one, (low, _) in zip(outlets, between, strict=True)])
    if facts.beside is None or facts.at - facts.beside.at > facts.pace.length(SILENT):
        return most
    least = control.building(drawn, [replace(one, drawn=high) for one, (_, high) in zip(outlets, between, strict=True)])
    return _each(min, _each(max, facts.beside.amps, least), most)


def _as_of(facts: Facts, member: Member, one: Outlet, at: datetime) -> tuple[Amps, Amps]:
    """What it drew at least and at most at the instant of another meter.

    A sample that is old, or older than what the car was told last, tells nothing of that: it may draw nothing by now.
    """
    session = facts.sessions.get((member.station_id, member.evse_no))
    samples = () if session is None else facts.drawn.get(session.id, ())
    if not samples or samples[0].at > at:
        return NO_AMPS, _evenly(one, committed.most(one, facts.pace.wall(at), facts.pace.wall(at)))
    newest = samples[-1]
    if newest.at > at:
        return _each(min, samples[0].amps, newest.amps), _each(max, samples[0].amps, newest.amps)
    changed = [when for lease in one.leases for when in (lease.asked_at, lease.acknowledged_at) if when is not None]
    steady = facts.pace.wall(newest.at) - max(changed, default=_LONG_AGO) > RAMP
    if steady and at - newest.at <= facts.pace.length(RAMP):
        return newest.amps, newest.amps
    may = _evenly(one, committed.most(one, facts.pace.wall(newest.at), facts.pace.wall(at)))
    return NO_AMPS, _each(max, newest.amps, may)


def _evenly(one: Outlet, amps: float) -> Amps:
    return amps if 0 in one.phases else 0.0, amps if 1 in one.phases else 0.0, amps if 2 in one.phases else 0.0


def _each(pick: Callable[[float, float], float], some: Amps, others: Amps) -> Amps:
    return pick(some[0], others[0]), pick(some[1], others[1]), pick(some[2], others[2])


def _added(amps: Amps, more: Sequence[float]) -> Amps:
    return amps[0] + more[0], amps[1] + more[1], amps[2] + more[2]


def _kw_max(facts: Facts, covers: Covers) -> float | None:
    ahead = facts.pace.length(AHEAD + timedelta(seconds=facts.site.reaction_seconds))
    return min(
        (float(one.kw) for one in facts.limits if one.covers is covers and holds(one, facts.at, ahead)), default=None
    )


def holds(limit: OutsideLimit, at: datetime, ahead: timedelta = timedelta()) -> bool:
    return limit.begin_at - ahead <= at and (limit.end_at is None or at < limit.end_at)


# What comes of it ----------------------------------------------------------------------------------------------------


def steered(facts: Facts) -> Steered:
    """One tick."""
    now = moment(facts)
    now = replace(now, outlets=tuple(_watched(one, now.at) for one in now.outlets))
    outcasts = {one.outlet_id: one.why for one in committed.outcasts(now)}
    now = replace(
        now,
        outlets=tuple(
            _banned(one, standing_of(facts, member), now.at) if one.id in outcasts else one
            for member, one in zip(facts.site.members, now.outlets, strict=True)
        ),
    )
    targets = control.shared(now)
    asks = {one.outlet_id: one for one in committed.asks(now, targets)}
    asked: list[tuple[Session, int, ChargingProfile]] = []
    standings: list[Standing] = []
    out: list[Standing] = []
    back: list[Standing] = []
    fallbacks: list[Member] = []
    for member, one, target in zip(facts.site.members, now.outlets, targets.tolist(), strict=True):
        key = (member.station_id, member.evse_no)
        before, known = facts.standings.get(key), standing_of(facts, member)
        if one.reachable:  # who cannot be told goes on with what it has, and has not been paused
            one = control.after(one, target, now.at)
        known = replace(
            known,
            leases=committed.pruned(one.leases, one, now.at),
            on_since_at=one.on_since_at,
            waits_since_at=one.waits_since_at,
            paused=one.paused,
            over_since_at=one.over_since_at,
            ban=one.ban,
            ban_why=outcasts.get(one.id, known.ban_why),
        )
        session, ask = facts.sessions.get(key), asks.get(one.id)
        if session is not None and ask is not None:
            known = replace(
                known,
                number=known.number + 1,
                leases=committed.asked(known.leases, ask, now.at, known.number + 1),
            )
            asked.append((session, known.number, lease(ask, facts)))
        if one.id in outcasts:
            known = replace(known, outs=known.outs + 1, out_told_at=facts.at)
            out.append(known)
        elif known.ban is not None and committed.may_return(one, now.at):
            known = replace(known, ban=None, over_since_at=None)
            back.append(known)
        elif _out_of_hand(facts, known):
            known = replace(known, out_told_at=facts.at)
            out.append(known)
        if _fallback_due(facts, member, known):
            known = replace(known, fallback_asked_at=facts.at)
            fallbacks.append(member)
        if known != before:
            standings.append(known)
    return Steered(
        moment=now,
        asked=tuple(asked),
        standings=tuple(standings),
        out=tuple(out),
        back=tuple(back),
        fallbacks=tuple(fallbacks),
        obeyed=tuple(obeyed(facts, now)),
        beside=_news(facts, now.building),
    )


def _news(facts: Facts, building: Amps | None) -> Beside | None:
    """What is thought to be drawn beside the cars, where that is worth writing down."""
    before = facts.beside
    if building is None or facts.fresh(Place.GRID) is None:
        return None
    if before is not None and facts.at - before.at < facts.pace.length(SILENT / 3):
        if all(abs(one - other) < TRIFLE for one, other in zip(before.amps, building, strict=True)):
            return None
    return Beside(at=facts.at, amps=building)


def obeyed(facts: Facts, now: Moment) -> Iterable[OutsideLimit]:
    """Limits that are kept from now on, by what Stations have acknowledged and what is measured beside the cars."""
    cars = sum(
        kw_of(facts.site, committed.most(one, now.at, now.at), one.phases)
        for member, one in zip(facts.site.members, now.outlets, strict=True)
        if (member.station_id, member.evse_no) in facts.sessions
    )
    beside = sum(now.building_max if now.building is None else now.building) * now.volts / 1000
    for limit in facts.limits:
        kw = cars + (beside if limit.covers is Covers.SITE else 0.0)
        if limit.obeyed_at is None and holds(limit, facts.at) and kw <= float(limit.kw) + SLACK:
            yield replace(limit, obeyed_at=facts.at)


def _watched(one: Outlet, at: datetime) -> Outlet:
    """Since when it draws more than it may, and since when one that is out draws no more than it falls back to."""
    over = one.over_since_at or at if committed.over(one) else None
    if one.ban is None:
        return replace(one, over_since_at=over)
    quiet = one.drawn is not None and max(one.drawn) <= one.fallback_amps + committed.TOLERANCE
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
