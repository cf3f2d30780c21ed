"""Verbs about a Session that begins with a reservation; who asked for it, and how it ended, the room above knows."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.sessions import reserved, rules, store
from laddnav.sessions.actions.grounds import alone, place
from laddnav.sessions.events import SessionChanged, SessionEnded, SessionFailed, SessionStarted, about
from laddnav.sessions.model import CdrToken, Session, Status
from laddnav.sessions.rules import UnknownSession


async def free(unit: Unit, holder: PartyId, evse: EvseRef) -> tuple[str, int]:
    """(id of the Station, its number for this Evse), where nobody charges and nobody is awaited.

    Raises UnknownLocation, UnknownEvse, NoStation, EvseBusy.
    """
    station, evse_no = await locations.connected_at(unit, holder, evse)
    await alone(unit, holder, station, evse_no, evse)
    await place(unit, station, evse_no, evse, None, unit.now)
    return station.id, evse_no


async def reserve(
    unit: Unit,
    *,
    holder: PartyId,
    tokens: tuple[CdrToken, ...],
    evse: EvseRef,
    number: int,
    until: datetime,
    reference: str | None,
    booked: bool = False,
) -> Session:
    """The Station keeps the Evse for these Tokens from now on; what was booked before costs nothing while it waits.

    The Session is of the first, until another is used.

    Raises UnknownLocation, UnknownEvse, NoStation, EvseBusy: somebody was faster than the Station's answer.
    """
    station, evse_no = await locations.connected_at(unit, holder, evse)
    await alone(unit, holder, station, evse_no, evse)
    first = tokens[0]
    where = await place(unit, station, evse_no, evse, None, unit.now, first.owner, contract=first.contract_id)
    pending = rules.pending(
        holder=holder,
        id=unit.new_id(),
        place=where,
        token=tokens[0],
        reference=reference,
        command_id=None,
        now=unit.now,
    )
    session = reserved.reserved(pending, where, number=number, until=until, now=unit.now, booked=booked)
    session = reserved.prolonged(session, until, tokens, unit.now)
    store.insert(unit, session)
    unit.announce(about(SessionStarted, session))
    return session


async def prolong(unit: Unit, holder: PartyId, session_id: str, until: datetime, tokens: tuple[CdrToken, ...]) -> None:
    """The reservation was replaced by one to another moment, or for others; nothing where it is over."""
    session = await store.find(unit, holder, holder, session_id, lock=True)
    if session is not None and session.status is Status.RESERVATION:
        session = reserved.prolonged(session, until, tokens, unit.now)
        store.update(unit, session)
        unit.announce(about(SessionChanged, session))


async def release(unit: Unit, holder: PartyId, session_id: str, at: datetime) -> Session | None:
    """Nobody came: it costs what an unused reservation costs, and only then becomes a CDR. None: somebody did come.

    OCPI 2.2.1 mod_sessions_reservation.
    """
    session = await _waiting(unit, holder, session_id)
    if session is None:
        return None
    session = reserved.released(session, at, unit.now)
    store.update(unit, session)
    unit.announce(about(SessionFailed if reserved.costs_nothing(session) else SessionEnded, session))
    await locations.vacated(unit, holder, EvseRef(session.location_id, session.evse_uid))
    return session


async def withdraw(unit: Unit, holder: PartyId, session_id: str) -> Session | None:
    """We could not keep the promise: nobody owes anything for it. None: it was used before."""
    session = await _waiting(unit, holder, session_id)
    if session is None:
        return None
    session = rules.given_up(session, unit.now)
    store.update(unit, session)
    unit.announce(about(SessionFailed, session))
    await locations.vacated(unit, holder, EvseRef(session.location_id, session.evse_uid))
    return session


async def refer(unit: Unit, holder: PartyId, session_id: str, reference: str) -> None:
    """It is the charge of which somebody spoke before under this reference."""
    session = await of(unit, holder, session_id)
    if session.authorization_reference != reference:
        store.update(unit, replace(session, authorization_reference=reference, last_updated=unit.now))
        unit.announce(about(SessionChanged, session))


async def of(unit: Unit, holder: PartyId, session_id: str) -> Session:
    """Raises UnknownSession."""
    session = await store.find(unit, holder, holder, session_id, lock=True)
    if session is None:
        raise UnknownSession(session_id)
    return session


async def _waiting(unit: Unit, holder: PartyId, session_id: str) -> Session | None:
    session = await store.find(unit, holder, holder, session_id, lock=True)
    return session if session is not None and session.status is Status.RESERVATION else None
