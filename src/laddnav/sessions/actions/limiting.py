"""Verbs about what a charge is limited to, by several parties at once: ask its Station, hear what it made of that."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.locations import rules as places
from laddnav.locations.rules import NoStation
from laddnav.scheduling import rules as scheduling
from laddnav.scheduling.held import Obeyed, alike, obeyed
from laddnav.scheduling.merged import Feed, merged
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile
from laddnav.sessions import limited, store
from laddnav.sessions.actions.reading import fetch
from laddnav.sessions.events import Limiting, LimitsAnswered, LimitsChanged, LimitsRequested
from laddnav.sessions.model import Limits, ReadBack, Session, Status
from laddnav.sessions.rules import AlreadyEnded, UnknownSession

# How far ahead those who limit a charge are told what limits it (OCPI 2.2.1 mod_charging_profiles_msp_put_method).
TOLD_AHEAD = timedelta(minutes=30)
# How often a Station is asked at most what limits a charge whose limits we change ourselves.
READ_BACK_AFTER = timedelta(minutes=1)


async def set_limits(
    unit: Unit,
    holder: PartyId,
    session_id: str,
    profile: ChargingProfile,
    *,
    by: PartyId,
    request: str,
    phases: int | None = None,
) -> Session:
    """In place of what this party wanted before, beside what others want: the Station gets the least of all.

    `phases`: the car is known to draw from so many, so that its Station is told no other power than is meant.
    The answer comes as LimitsAnswered, also to the same once more, or to a lease that only goes on: that costs one
    call to the Station, and nothing is announced that is no news. Raises UnknownSession, AlreadyEnded, NoStation,
    NoSchedule.
    """
    scheduling.sound(profile, gives_back=by == holder)
    session = await _charging(unit, holder, session_id)
    before = limited.limits_of(session, by) or Limits(by=by)
    after = replace(before, wanted=profile, leaving=False, request=request, phases=phases)
    session = limited.with_limits(session, after)
    store.update(unit, session)
    _request(unit, session, Limiting.SET, request=request)
    return session


async def clear_limits(unit: Unit, holder: PartyId, session_id: str, *, by: PartyId, request: str) -> Session:
    """What others want goes on. Raises UnknownSession, AlreadyEnded, NoStation."""
    return _leave(unit, await _charging(unit, holder, session_id), by, request)


async def end_limits(unit: Unit, holder: PartyId, by: PartyId, but: Collection[PartyId]) -> None:
    """Whoever limits charges of ours may do so no more, but those of the drivers of some: what is set is taken back."""
    for session in await store.limited_by(unit, holder, by):
        limits = limited.limits_of(session, by)
        if session.token.owner not in but and limits is not None and (limits.profile or limits.wanted):
            _leave(unit, session, by, None)


async def tell_limits(unit: Unit, holder: PartyId, session_id: str, duration: timedelta, *, request: str) -> Session:
    """Raises UnknownSession, AlreadyEnded, NoStation."""
    session = await _charging(unit, holder, session_id)
    _request(unit, session, Limiting.TELL, duration, request)
    return session


async def answer_limits(
    unit: Unit,
    holder: PartyId,
    session_id: str,
    what: Limiting,
    result: str,
    told: ActiveChargingProfile | None,
    request: str | None,
) -> None:
    """What the Station said. After a change it is asked what holds now, for the change was not the only limit."""
    session = await fetch(unit, holder, holder, session_id, lock=True)
    if what is Limiting.TELL:
        await _told(unit, session, result, told, request)
        return
    before = limited.asked(session, request)
    if before is not None:
        accepted = result == "ACCEPTED" or (before.leaving and result == "UNKNOWN")  # it has none of theirs
        after = limited.answered(before, accepted=accepted)
        session = limited.with_limits(session, after)
        same = limited.only_prolonged(before, after, now=unit.now, begun_at=session.started_at)
        session = await _followed(unit, session, before.by, changed=accepted and not same)
        store.update(unit, session)
    _answered(unit, session, what, result, request, "" if before is None else str(before.by))


async def hear_active(
    unit: Unit, holder: PartyId, owner: PartyId, session_id: str, active: ActiveChargingProfile
) -> None:
    """A CPO tells what limits one of its charges now. Raises UnknownSession."""
    session = await store.find(unit, holder, owner, session_id, lock=True)
    if session is None:
        raise UnknownSession(session_id)
    store.update(unit, replace(session, active_profile=active))
    _changed(unit, session)


async def want_of_partner(
    unit: Unit,
    holder: PartyId,
    owner: PartyId,
    session_id: str,
    profile: ChargingProfile | None,
    *,
    by: PartyId,
    request: str,
) -> ChargingProfile | None:
    """What its CPO is to limit a charge of our driver to, all told, when `by` wants this of it; None: nothing any more.

    A CPO knows one profile of ours. A charge that we have not heard of is limited by nobody else.
    """
    session = await store.find(unit, holder, owner, session_id, lock=True)
    if session is None:
        return profile
    before = limited.limits_of(session, by) or Limits(by=by)
    session = limited.with_limits(session, replace(before, wanted=profile, leaving=profile is None, request=request))
    store.update(unit, session)
    return merged(limited.wanted(session), begun_at=session.started_at, feed=await feed_of(unit, session))


async def limited_at_partners(unit: Unit, limit: int = 1000) -> Sequence[Session]:
    """Charges of our drivers that we limit, or that somebody limits for us."""
    return await store.limited_at_partners(unit, limit)


async def partner_answered(
    unit: Unit, holder: PartyId, owner: PartyId, session_id: str, *, accepted: bool, request: str
) -> None:
    """What a CPO made of what it was asked for; of what a newer wish has overtaken, nothing changes."""
    session = await store.find(unit, holder, owner, session_id, lock=True)
    before = None if session is None else limited.asked(session, request)
    if session is not None and before is not None:
        store.update(unit, limited.with_limits(session, limited.answered(before, accepted=accepted)))


async def feed_of(unit: Unit, session: Session) -> Feed:
    """What the car charges from; at a place that we were not told of, what most cars in Europe do."""
    location = await locations.find(unit, session.holder, session.owner, session.location_id)
    if location is None:
        return limited.drawn_from(session, limited.USUAL)
    connector = places.connector_of(places.evse_of(location, session.evse_uid), session.connector_id)
    return limited.drawn_from(session, limited.feed(connector))


def _leave(unit: Unit, session: Session, by: PartyId, request: str | None) -> Session:
    before = limited.limits_of(session, by)
    if before is not None:
        session = limited.with_limits(session, replace(before, wanted=None, leaving=True, request=request))
        store.update(unit, session)
    _request(unit, session, Limiting.CLEAR, request=request)
    return session


async def _followed(unit: Unit, session: Session, by: PartyId, *, changed: bool) -> Session:
    """What others change is read back at once, for they wait to hear it; what we do, once in a while.

    Until then those others are told what the Station has said that it follows, unless it is known to give less.
    """
    last, ours = session.read_back, by == session.holder
    due = changed or (last is not None and last.due)
    if due and (not ours or last is None or unit.now - last.at >= READ_BACK_AFTER):
        _request(unit, session, Limiting.TELL, TOLD_AHEAD)
    elif changed and any(one.held and one.by != by for one in session.limits):
        assert last is not None, "else it were read back now"
        if last.obeyed is not Obeyed.LESS:
            session = replace(session, active_profile=await _supposed(unit, session, await _asked(unit, session)))
            _changed(unit, session)
    if not due:
        return session
    known = last or ReadBack(at=unit.now, obeyed=Obeyed.UNKNOWN)
    return replace(session, read_back=replace(known, due=True))


async def _told(
    unit: Unit, session: Session, result: str, told: ActiveChargingProfile | None, request: str | None
) -> None:
    """A Station that cannot tell is believed to do what it was last asked to do; whoever asked hears that it cannot.

    That nothing has changed is told to nobody.
    """
    found, said = Obeyed.UNKNOWN, result == "ACCEPTED"
    if said or request is None:
        asked = await _asked(unit, session)
        if said and told is not None and asked is not None:
            feed = await feed_of(unit, session)
            found = obeyed(told, asked, begun_at=session.started_at, feed=feed)
        before, due = session.active_profile, session.read_back is not None and session.read_back.due
        active = told or await _supposed(unit, session, asked)
        read_back = ReadBack(at=unit.now, obeyed=found)
        store.update(unit, replace(session, active_profile=active, read_back=read_back))
        if due or before is None or not alike(active, before, now=unit.now):
            _changed(unit, session)
    _answered(unit, session, Limiting.TELL, result, request, obeyed_as=found)


async def _asked(unit: Unit, session: Session) -> ChargingProfile | None:
    """What the Station follows by its own word, all told; None also while it has not answered."""
    if not limited.followed(session):
        return None
    feed = await feed_of(unit, session)
    return merged(limited.followed(session, feed) or (), begun_at=session.started_at, feed=feed)


async def _supposed(unit: Unit, session: Session, asked: ChargingProfile | None) -> ActiveChargingProfile:
    if asked is not None:
        return ActiveChargingProfile(started_at=asked.started_at or session.started_at, profile=asked)
    feed = await feed_of(unit, session)
    return scheduling.unlimited(unit.now, TOLD_AHEAD, feed.watts)


def _changed(unit: Unit, session: Session) -> None:
    unit.announce(LimitsChanged(holder=session.holder, owner=str(session.owner), session_id=session.id))


def _request(
    unit: Unit, session: Session, what: Limiting, duration: timedelta = timedelta(), request: str | None = None
) -> None:
    assert session.station_id is not None, "a charge of ours is at a Station"
    unit.announce(
        LimitsRequested(
            holder=session.holder,
            owner=str(session.owner),
            session_id=session.id,
            what=what,
            station_id=session.station_id,
            seconds=round(duration.total_seconds()),
            request=request,
        )
    )


def _answered(
    unit: Unit,
    session: Session,
    what: Limiting,
    result: str,
    request: str | None,
    by: str = "",
    *,
    obeyed_as: Obeyed | None = None,
) -> None:
    unit.announce(
        LimitsAnswered(
            holder=session.holder,
            owner=str(session.owner),
            session_id=session.id,
            what=what,
            result=result,
            by=by,
            obeyed=obeyed_as,
            request=request,
        )
    )


async def _charging(unit: Unit, holder: PartyId, session_id: str) -> Session:
    session = await fetch(unit, holder, holder, session_id, lock=True)
    if session.status is not Status.ACTIVE:
        raise AlreadyEnded(session.id, session.status)
    where = EvseRef(session.location_id, session.evse_uid)
    if session.station_id is None:
        raise NoStation(session.evse_uid)
    await locations.connected_at(unit, holder, where)
    return session
