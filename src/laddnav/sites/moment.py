"""What control has to know of a site now; pure."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from laddnav.scheduling import committed
from laddnav.scheduling.outlets import NO_AMPS, Amps, Moment, Outlet
from laddnav.scheduling.site import Wish
from laddnav.sessions.model import Session
from laddnav.sites import fuses, needs
from laddnav.sites.battery import about_to_give, on_its_way, surely_drawn
from laddnav.sites.beside import building, given
from laddnav.sites.facts import Facts, at_step, holds, kw_of, planned_car, while_there
from laddnav.sites.fuses import floats
from laddnav.sites.model.site import Member
from laddnav.sites.model.standing import Standing
from laddnav.sites.model.told import Covers, Place
from laddnav.sites.needs import Need

# A limit from outside is held so long before it begins.
AHEAD = timedelta(seconds=30)
# Who gives back has to be able to wait so much longer and still be ready.
IN_TIME = timedelta(minutes=30)


def moment(facts: Facts) -> Moment:
    site = facts.site
    outlets = tuple(outlet(facts, member) for member in site.members)
    return Moment(
        at=facts.pace.wall(facts.at),
        panels=fuses.panels(site),
        outlets=outlets,
        building=_with_battery(facts, building(facts, outlets)),
        building_max=floats(site.building),
        kw_max=_kw_max(facts, Covers.SITE),
        cars_kw_max=_kw_max(facts, Covers.CARS),
        export_kw_max=_kw_max(facts, Covers.EXPORT),
        given_kw=sum(given(facts)) * float(site.volts) / 1000,
        given_most=given_most(facts),
        surely_kw=surely_drawn(facts, outlets) - about_to_give(facts),
        unbalance_max=None if site.unbalance_amps is None else float(site.unbalance_amps),
        volts=float(site.volts),
    )


def _with_battery(facts: Facts, amps: Amps | None) -> Amps | None:
    """With what the battery was told to take, also before it does."""
    if amps is None:
        return None
    more = on_its_way(facts)
    return amps[0] + more[0], amps[1] + more[1], amps[2] + more[2]


def given_most(facts: Facts) -> Amps | None:
    """Amperes by phase that roof and battery give or may in a moment; None: one of them is there and its meter silent.

    What the battery was told to give and does not yet may come on any phase.
    """
    its = {Place.SOLAR: facts.site.solar_kwp, Place.BATTERY: facts.site.battery}
    for place, there in its.items():
        if (there or place in facts.measurements) and facts.fresh(place) is None:
            return None
    amps, more = given(facts), about_to_give(facts) * 1000 / float(facts.site.volts)
    return amps[0] + more, amps[1] + more, amps[2] + more


def outlet(facts: Facts, member: Member) -> Outlet:
    """An Evse with what is known of it; of a Standing that was another charge's, what it was told is over."""
    key = (member.station_id, member.evse_no)
    session, standing = facts.sessions.get(key), standing_of(facts, member)
    online = member.station_id in facts.online
    drawn, before = facts.newest(session), facts.newest_but_one(session)
    if drawn is not None and facts.at - drawn.at > facts.pace.length(committed.REMEMBERED):
        drawn = None  # what it was told then is forgotten, so nobody can say whether that was too much
    bare = fuses.outlet(facts.site, member)
    bare = replace(
        bare,
        fallback_amps=max(bare.fallback_amps, float(standing.fallback or 0)),
        fallback_known=standing.fallback is not None,
        reachable=online,
        leases=standing.leases,
        busy=session is not None,
        since_at=standing.since_at,
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
        drawn_before=None if before is None else before.amps,
        drawn_before_at=None if before is None else facts.pace.wall(before.at),
        charging=not need.sated,
        wanted_amps=wanted(facts, member, session, need, used),
        gives_amps=gives(facts, member, session, need, used),
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
        since_at=facts.pace.wall(facts.at),
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
    power = while_there(facts.plan, car, facts.at)
    # A plan is exact to a trifle, and whole amperes are what is asked for.
    return max(0.0, round(power * 1000 / float(facts.site.volts) / len(used), 1))


def gives(facts: Facts, member: Member, session: Session, need: Need, used: tuple[int, ...]) -> float:
    """Amperes that the plan has it give back now, as long as it could still be ready in time after that.

    A lease runs to its end once nobody is heard any more, and no car gives more than it lends for that.
    """
    car = planned_car(facts.plan, session.id)
    if car is None or facts.plan is None or need.lends <= 0 or need.wish is Wish.NOW:
        return 0.0
    if need.laxity(kw_of(facts.site, float(member.amps_max), used), facts.at) < IN_TIME:
        return 0.0
    # No more at a time than its mean, for what is given beyond what the house draws goes out.
    power = at_step(facts.plan, car.power, facts.at)
    most = needs.gives_back_most(facts.site, member, session, used)
    kw_amp = kw_of(facts.site, 1, used)
    lease = facts.pace.length(committed.LEASE + timedelta(seconds=facts.site.reaction_seconds))
    lent = needs.lends_for(session, need.lends, most * kw_amp, lease, facts.at) / kw_amp
    return max(0.0, min(most, lent, round(-power / kw_amp, 1)))


def _kw_max(facts: Facts, covers: Covers) -> float | None:
    ahead = facts.pace.length(AHEAD + timedelta(seconds=facts.site.reaction_seconds))
    return min(
        (float(one.kw) for one in facts.limits if one.covers is covers and holds(one, facts.at, ahead)), default=None
    )
