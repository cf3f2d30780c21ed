"""Verbs about what somebody outside limits a charge to: ask its Station, and hear what it made of that."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.locations import rules as places
from laddnav.locations.rules import NoStation
from laddnav.scheduling import rules as scheduling
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile
from laddnav.sessions import store
from laddnav.sessions.actions.reading import fetch
from laddnav.sessions.events import Limiting, LimitsAnswered, LimitsChanged, LimitsRequested
from laddnav.sessions.model import Limits, Session, Status
from laddnav.sessions.rules import AlreadyEnded, UnknownSession

# How far ahead those who limit a charge are told what limits it (OCPI 2.2.1 mod_charging_profiles_msp_put_method).
TOLD_AHEAD = timedelta(minutes=30)


async def set_limits(
    unit: Unit, holder: PartyId, session_id: str, profile: ChargingProfile, *, by: PartyId, request: str
) -> Session:
    """The answer comes as LimitsAnswered. Raises UnknownSession, AlreadyEnded, NoStation, NoSchedule."""
    scheduling.sound(profile)
    session = await _charging(unit, holder, session_id)
    before = session.limits if session.limits is not None and session.limits.by == by else Limits(by=by)
    session = replace(session, limits=replace(before, wanted=profile))
    store.update(unit, session)
    _request(unit, session, Limiting.SET, request=request)
    return session


async def clear_limits(unit: Unit, holder: PartyId, session_id: str, *, request: str) -> Session:
    """Raises UnknownSession, AlreadyEnded, NoStation."""
    session = await _charging(unit, holder, session_id)
    _request(unit, session, Limiting.CLEAR, request=request)
    return session


async def end_limits(unit: Unit, holder: PartyId, by: PartyId, but: Collection[PartyId]) -> None:
    """Whoever limits charges of ours may do so no more, but those of the drivers of some: what is set is taken back."""
    for session in await store.limited_by(unit, holder, by):
        limits = session.limits
        if session.token.owner not in but and limits is not None and (limits.profile or limits.wanted):
            _request(unit, session, Limiting.CLEAR)


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
    elif result == "ACCEPTED":
        limits = session.limits
        if limits is not None:
            profile = limits.wanted if what is Limiting.SET else None
            held = limits.held or what is Limiting.SET
            session = replace(session, limits=replace(limits, wanted=None, profile=profile, held=held))
            store.update(unit, session)
            _request(unit, session, Limiting.TELL, TOLD_AHEAD)
    _answered(unit, session, what, result, request)


async def hear_active(
    unit: Unit, holder: PartyId, owner: PartyId, session_id: str, active: ActiveChargingProfile
) -> None:
    """A CPO tells what limits one of its charges now. Raises UnknownSession."""
    session = await store.find(unit, holder, owner, session_id, lock=True)
    if session is None:
        raise UnknownSession(session_id)
    store.update(unit, replace(session, active_profile=active))
    unit.announce(LimitsChanged(holder=holder, owner=str(owner), session_id=session.id))


async def hear_limits(
    unit: Unit, holder: PartyId, owner: PartyId, session_id: str, profile: ChargingProfile | None, *, by: PartyId
) -> None:
    """A CPO follows what `by` limits a charge of our driver to; None: no more. Raises UnknownSession."""
    session = await fetch(unit, holder, owner, session_id, lock=True)
    before = session.limits
    held = profile is not None or (before is not None and before.by == by and before.held)
    store.update(unit, replace(session, limits=Limits(by=by, held=held, profile=profile)))


async def _told(
    unit: Unit, session: Session, result: str, told: ActiveChargingProfile | None, request: str | None
) -> None:
    """A Station that cannot tell is believed to do what it was last asked to do."""
    if result != "ACCEPTED" and request is not None:
        return
    if told is None:
        told = await _supposed(unit, session)
    store.update(unit, replace(session, active_profile=told))
    unit.announce(LimitsChanged(holder=session.holder, owner=str(session.owner), session_id=session.id))


async def _supposed(unit: Unit, session: Session) -> ActiveChargingProfile:
    profile = None if session.limits is None else session.limits.profile
    if profile is not None:
        return ActiveChargingProfile(started_at=profile.started_at or session.started_at, profile=profile)
    location = await locations.fetch(unit, session.holder, session.holder, session.location_id)
    connector = places.connector_of(places.evse_of(location, session.evse_uid), session.connector_id)
    return scheduling.unlimited(unit.now, TOLD_AHEAD, Decimal(places.capacity(connector)))


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


def _answered(unit: Unit, session: Session, what: Limiting, result: str, request: str | None) -> None:
    unit.announce(
        LimitsAnswered(
            holder=session.holder,
            owner=str(session.owner),
            session_id=session.id,
            what=what,
            result=result,
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
