"""A site as it is now, for whoever looks at it; pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from laddnav.scheduling import committed
from laddnav.scheduling.outlets import Amps as FloatAmps
from laddnav.scheduling.outlets import Moment, Outlet
from laddnav.scheduling.site import Wish
from laddnav.sessions.model import Session
from laddnav.sites import fuses, quarters
from laddnav.sites.facts import Facts, at_step, planned_car
from laddnav.sites.fuses import PHASES
from laddnav.sites.model.now import BatteryNow, CarNow, Gauge, MemberNow, Picture, RoofNow, Why
from laddnav.sites.model.site import NO_AMPS, Amps, Member
from laddnav.sites.model.told import Place
from laddnav.sites.moment import moment, standing_of
from laddnav.sites.needs import Need, ceiling
from laddnav.sites.roof import heard

_TENTH, _WATT = Decimal("0.1"), Decimal("0.001")


def picture(facts: Facts) -> Picture:
    now = moment(facts)
    mains, solar = facts.fresh(Place.GRID), facts.fresh(Place.SOLAR)
    return Picture(
        holder=facts.site.holder,
        site_id=facts.site.id,
        ref=facts.site.ref,
        at=facts.at,
        gauges=tuple(_gauges(facts, now)),
        cars=tuple(
            _car(facts, member, one, session)
            for member, one in zip(facts.site.members, now.outlets, strict=True)
            if (session := facts.sessions.get((member.station_id, member.evse_no))) is not None
        ),
        members=tuple(
            _member(facts, member, one, now) for member, one in zip(facts.site.members, now.outlets, strict=True)
        ),
        limits=tuple(facts.limits),
        grid_kw=None if mains is None else _exact(quarters.kw(mains.amps, facts.site.volts), _WATT),
        solar_kw=None if solar is None else _exact(quarters.kw(solar.amps, facts.site.volts), _WATT),
        battery=_battery(facts),
        roof=_roof(facts),
        measured_at=None if mains is None else mains.at,
        plan_number=None if facts.plan is None else facts.plan.number,
    )


def _battery(facts: Facts) -> BatteryNow | None:
    own, does, told = facts.site.battery, facts.fresh(Place.BATTERY), facts.battery_told
    if own is None:
        return None
    if told is not None and facts.at >= told.until_at:
        told = None
    return BatteryNow(
        told_kw=None if told is None else _exact(told.kw, _TENTH),
        why=None if told is None else told.why,
        until_at=None if told is None else told.until_at,
        does_kw=None if does is None else _exact(quarters.kw(does.amps, facts.site.volts), _WATT),
        stored_kwh=None if does is None else does.stored_kwh,
        capacity_kwh=own.capacity_kwh,
    )


def _roof(facts: Facts) -> RoofNow | None:
    if not facts.site.solar_follows or facts.roof_told is None:
        return None
    told = heard(facts.roof_told, facts.at)
    return RoofNow(
        told_kw=None if told.kw is None else _exact(told.kw, _TENTH),
        why=told.why,
        until_at=told.until_at,
        after_kw=None if told.after_kw is None else _exact(told.after_kw, _WATT),
    )


def _gauges(facts: Facts, now: Moment) -> list[Gauge]:
    """The most that may be drawn until more is said, of Evses where nobody charges what a newcomer would begin with."""
    through = fuses.through(facts.site)
    found = []
    for number, panel in enumerate(now.panels):
        here = [one for member, one in zip(facts.site.members, now.outlets, strict=True) if number in through[member]]
        building = now.building_max if now.building is None else now.building
        found.append(
            Gauge(
                panel="" if number == 0 else facts.site.panels[number - 1].name,
                limit=_amps(panel.amps_max),
                committed=_sum(here, [committed.most(one, now.at, now.at) for one in here]),
                drawn=_amps(_drawn(facts, number)),
                building=_amps(building) if number == 0 else NO_AMPS,
            )
        )
    return found


def _sum(outlets: Sequence[Outlet], amps: Sequence[float]) -> Amps:
    each = [
        sum(some for one, some in zip(outlets, amps, strict=True) if phase in one.phases)
        for phase in range(len(PHASES))
    ]
    return _amps((each[0], each[1], each[2]))


def _drawn(facts: Facts, panel: int) -> FloatAmps:
    """As every car there said last."""
    through = fuses.through(facts.site)
    said = [
        drawn.amps
        for member in facts.site.members
        if panel in through[member]
        and (drawn := facts.newest(facts.sessions.get((member.station_id, member.evse_no)))) is not None
    ]
    each = [sum(amps[phase] for amps in said) for phase in range(len(PHASES))]
    return each[0], each[1], each[2]


def _car(facts: Facts, member: Member, one: Outlet, session: Session) -> CarNow:
    need = facts.need(session)
    planned = planned_car(facts.plan, session.id)
    power = None if planned is None or facts.plan is None else at_step(facts.plan, planned.power, facts.at)
    told, drawn = _told(one), facts.newest(session)
    return CarNow(
        session_id=session.id,
        session_ref=session.ref,
        station_id=member.station_id,
        evse_no=member.evse_no,
        panel=member.panel,
        phases=tuple(PHASES[phase] for phase in one.phases),
        wish=need.wish,
        said=need.said,
        departs_at=need.departs_at,
        wanted_kwh=_exact(need.wanted, _WATT),
        had_kwh=_exact(session.energy.kwh, _WATT),
        unmet_kwh=Decimal(0) if planned is None else _exact(planned.unmet, _WATT),
        target_amps=_exact(told, _TENTH),
        committed_amps=_exact(committed.most(one, facts.pace.wall(facts.at), facts.pace.wall(facts.at)), _TENTH),
        drawn_kw=None if drawn is None else _exact(sum(drawn.amps) * float(facts.site.volts) / 1000, _WATT),
        planned_kw=None if power is None else _exact(power, _WATT),
        why=why(facts, member, one, session, need, told),
    )


def _told(one: Outlet) -> float:
    """What its Station was asked last, or keeps to by itself."""
    newest = max(one.leases, key=lambda lease: lease.number, default=None)
    return one.fallback_amps if newest is None else newest.amps


def why(facts: Facts, member: Member, one: Outlet, session: Session, need: Need, told: float) -> Why:
    """The first that is true."""
    limit = ceiling(facts.site, member, session, facts.at)
    if one.ban is not None:
        return Why.TAKEN_OUT
    if member.station_id not in facts.online:
        return Why.AWAY
    if told < 0:
        return Why.GIVES_BACK
    if need.sated or need.missing <= 0:
        return Why.HAS_ENOUGH
    if one.wanted_amps <= 0:
        return Why.WAITS_FOR_BETTER if need.wish is not Wish.NOW else Why.WAITS_ITS_TURN
    if told < one.amps_min:
        return Why.WAITS_ITS_TURN
    if limit is not None and told >= limit - 1:
        return Why.LIMITED
    if told < one.wanted_amps - 1:
        return Why.ROOM_IS_MADE
    return Why.AS_PLANNED


def _member(facts: Facts, member: Member, one: Outlet, now: Moment) -> MemberNow:
    standing = standing_of(facts, member)
    return MemberNow(
        station_id=member.station_id,
        evse_no=member.evse_no,
        connected=member.station_id in facts.online,
        fallback_known=one.fallback_known,
        committed_amps=_exact(committed.most(one, now.at, now.at), _TENTH),
        out_at=None if standing.ban is None else facts.pace.ours(standing.ban.since_at),
        out_why=standing.ban_why if standing.ban is not None else "",
    )


def _exact(amount: float | Decimal, step: Decimal) -> Decimal:
    return Decimal(str(amount)).quantize(step)


def _amps(amps: FloatAmps) -> Amps:
    return _exact(amps[0], _TENTH), _exact(amps[1], _TENTH), _exact(amps[2], _TENTH)
