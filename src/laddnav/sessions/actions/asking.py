"""Verbs about what is asked of a Station from afar, a start or a stop, and what it said to that."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.locations.rules import NoStation
from laddnav.sessions import reserved, rules, store
from laddnav.sessions.actions.charging import fail
from laddnav.sessions.actions.grounds import alone, pays, place, reserved_for
from laddnav.sessions.actions.reading import fetch
from laddnav.sessions.events import StartAnswered, StartRequested, StopAnswered, StopRequested
from laddnav.sessions.model import CdrToken, Session, Status
from laddnav.sessions.rules import AlreadyEnded


async def request_start(
    unit: Unit,
    *,
    holder: PartyId,
    token: CdrToken,
    evse: EvseRef,
    connector_id: str | None = None,
    reference: str | None = None,
    invoice_reference: str | None = None,
    command_id: str | None = None,
) -> Session:
    """A PENDING Session, and StartRequested for whoever holds the Station's socket.

    Where the Evse is reserved for this Token, it is the Session of the reservation that is to go on.
    `invoice_reference` is by what the driver finds our invoice, where we make one for whoever pays at a terminal.

    Raises UnknownLocation, UnknownEvse, UnknownConnector, NoStation, EvseBusy.
    """
    station, evse_no = await locations.connected_at(unit, holder, evse)
    promised = await reserved_for(unit, holder, station, evse_no, token)
    if promised is not None:
        return _start_reserved(unit, replace(promised, token=token), station, reference, invoice_reference, command_id)
    await alone(unit, holder, station, evse_no, evse)
    where = await place(
        unit, station, evse_no, evse, connector_id, unit.now, token.owner, pays(token), token.contract_id
    )
    session = rules.pending(
        holder=holder,
        id=unit.new_id(),
        place=where,
        token=token,
        reference=reference,
        invoice_reference=invoice_reference,
        command_id=command_id,
        now=unit.now,
    )
    store.insert(unit, session)
    unit.announce(StartRequested(holder=holder, owner=str(holder), session_id=session.id, station_id=station.id))
    return session


def _start_reserved(
    unit: Unit,
    session: Session,
    station: Station,
    reference: str | None,
    invoice_reference: str | None,
    command_id: str | None,
) -> Session:
    session = replace(
        session,
        authorization_reference=reference or session.authorization_reference,
        invoice_reference_id=invoice_reference,
        command_id=command_id,
        last_updated=unit.now,
    )
    store.update(unit, session)
    unit.announce(
        StartRequested(holder=session.holder, owner=str(session.owner), session_id=session.id, station_id=station.id)
    )
    return session


async def request_stop(unit: Unit, holder: PartyId, session_id: str, command_id: str | None = None) -> Session:
    """StopRequested for whoever holds the Station's socket. Raises UnknownSession, AlreadyEnded, NoStation."""
    session = await fetch(unit, holder, holder, session_id, lock=True)
    if session.status is not Status.ACTIVE:
        raise AlreadyEnded(session_id, session.status)
    if session.station_id is None or (await locations.station(unit, session.station_id)).connected_at is None:
        raise NoStation(session.evse_uid)
    unit.announce(
        StopRequested(
            holder=holder,
            owner=str(holder),
            session_id=session.id,
            station_id=session.station_id,
            request=command_id,
        )
    )
    return session


async def answer_start(unit: Unit, holder: PartyId, session_id: str, result: str) -> None:
    """What the Station said to the start, in words of OCPI's CommandResultType; all but ACCEPTED end the attempt."""
    session = await fetch(unit, holder, holder, session_id, lock=True)
    if result != "ACCEPTED" and session.status is Status.PENDING:
        fail(unit, rules.given_up(session, unit.now))
    elif result != "ACCEPTED" and session.status is Status.RESERVATION:
        store.update(unit, reserved.given_back(session))
    unit.announce(
        StartAnswered(
            holder=holder, owner=str(holder), session_id=session.id, result=result, request=session.command_id
        )
    )


async def answer_stop(unit: Unit, holder: PartyId, session_id: str, result: str, request: str | None) -> None:
    """What the Station said to the stop; the charge itself ends with the Station's own word."""
    unit.announce(StopAnswered(holder=holder, owner=str(holder), session_id=session_id, result=result, request=request))
