"""Verbs about a charge while it happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.locations.rules import NoStation
from laddnav.metering.model import Activity, Doubt, DoubtKind, Fact, Mark, Reading
from laddnav.readings import actions as readings
from laddnav.readings.model import Said
from laddnav.sessions import reserved, rules, store
from laddnav.sessions.actions.grounds import alone, place, reserved_for
from laddnav.sessions.course import Course, course
from laddnav.sessions.events import (
    SessionAmended,
    SessionChanged,
    SessionEnded,
    SessionEvent,
    SessionFailed,
    SessionStarted,
    StartAnswered,
    StartRequested,
    StopAnswered,
    StopRequested,
)
from laddnav.sessions.model import CdrToken, Session, Status
from laddnav.sessions.rules import AlreadyEnded, UnknownSession
from laddnav.tokens.model import Authorization


class Measurement(Struct, frozen=True, kw_only=True):
    """Readings of one message of a Station; `session_id` None outside a charge."""

    station: Station
    evse_no: int
    session_id: str | None
    readings: tuple[Reading, ...]


# Asked from afar ------------------------------------------------------------------------------------------------------


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
    where = await place(unit, station, evse_no, evse, connector_id, unit.now, token.owner)
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
    session = await _locked(unit, holder, holder, session_id)
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
    session = await _locked(unit, holder, holder, session_id)
    if result != "ACCEPTED" and session.status is Status.PENDING:
        _fail(unit, rules.given_up(session, unit.now))
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


# What the Station tells -----------------------------------------------------------------------------------------------


async def begin(
    unit: Unit,
    *,
    station: Station,
    evse_no: int,
    uid: str,
    given: Authorization,
    at: datetime,
    register: Energy | None,
    reservation_no: int | None = None,
) -> Session:
    """A car charges: the Session that waited for it goes on, or a new one starts. Raises NoStation.

    A charge that this Station never ended at the same Evse is stopped where its meter last was, as a doubt. A start
    that is told late leaves alone what has begun since; but a start that was asked for is recognised by its Token
    alone, for a Station's clock may be hours off, and then nobody would pay.
    """
    where = dict(station.evses).get(evse_no)
    if where is None:
        raise NoStation(f"{station.id}/{evse_no}")
    await locations.hold(unit, station.id)
    party = None if given.token is None else given.token.owner
    ground = await place(unit, station, evse_no, where, None, at, party)
    waiting: Session | None = None
    for one in await store.open_at_evse(unit, station.holder, station.id, evse_no):
        if reserved.awaits(one, uid, reservation_no):
            waiting = one
        elif rules.told_late(one, at):
            continue
        elif one.status is Status.ACTIVE:
            _stop_overlapped(unit, one, at)
        else:
            _fail(unit, rules.given_up(one, unit.now))
    if waiting is not None:
        if waiting.reserved is None:
            session = rules.begun(waiting, ground, at=at, register=register, now=unit.now)
        else:
            waiting = reserved.let_in(reserved.taken_by(waiting, uid), given)
            session = reserved.begun(waiting, at=at, register=register, now=unit.now)
        store.update(unit, session)
        if session.reserved is not None and session.reserved.used_at is not None:
            readings.mark(
                unit, session.holder, session.id, Mark(at=session.reserved.used_at, activity=Activity.CHARGING)
            )
    else:
        walked_up = rules.walked_up(
            holder=station.holder,
            id=unit.new_id(),
            place=ground,
            token=rules.token_of(given, station.holder, uid),
            given=given,
            at=at,
            now=unit.now,
        )
        session = rules.begun(walked_up, ground, at=at, register=register, now=unit.now)
        store.insert(unit, session)
    unit.announce(_about(SessionStarted, session))
    return session


async def measure(unit: Unit, batch: Sequence[Measurement]) -> None:
    """Keep what several Stations measured in one tick, and advance the energy and price of each charge it is about."""
    readings.append(
        unit,
        [
            Said(
                holder=one.station.holder,
                station_id=one.station.id,
                evse_no=one.evse_no,
                session_id=one.session_id or "",
                readings=one.readings,
            )
            for one in batch
        ],
    )
    keys = [(one.station.holder, one.session_id) for one in batch if one.session_id]
    if not keys:
        return
    sessions = await store.lock_several(unit, keys)
    touched: dict[tuple[PartyId, str], Session] = {}
    for one in batch:
        key = (one.station.holder, one.session_id or "")
        session = touched.get(key) or sessions.get(key)
        if session is None:
            continue
        advanced = rules.advanced(session, one.readings, unit.now)
        touched[key] = advanced.session
        readings.raise_doubts(unit, session.holder, session.id, one.station.id, advanced.doubts)
    for session in touched.values():
        if session.status is Status.ACTIVE:
            store.update(unit, session)
            unit.announce(_about(SessionChanged, session))
    for one in batch:
        late = touched.get((one.station.holder, one.session_id or ""))
        if late is not None and rules.told_too_late(late, one.readings):
            unit.announce(_about(SessionAmended, late))


async def mark(unit: Unit, station: Station, evse_no: int, activity: Activity, at: datetime) -> None:
    """The car at this Evse charges or pauses from now on; nothing where no charge is under way."""
    for session in await store.open_at_evse(unit, station.holder, station.id, evse_no):
        if session.status is not Status.ACTIVE or at < session.started_at:
            continue
        one = Mark(at=at, activity=activity)
        readings.mark(unit, session.holder, session.id, one)
        advanced = rules.advanced(session, [one], unit.now)
        readings.raise_doubts(unit, session.holder, session.id, station.id, advanced.doubts)
        store.update(unit, advanced.session)
        unit.announce(_about(SessionChanged, session))


async def stop(
    unit: Unit,
    *,
    holder: PartyId,
    session_id: str,
    at: datetime,
    register: Energy | None,
    reason: str,
    last_readings: tuple[Reading, ...] = (),
) -> Session:
    """The Station ended the charge; it is settled at once where nothing is missing.

    Where another charge had ended it first, or nobody waited any longer, the Station's own word is taken instead.
    Raises UnknownSession, AlreadyEnded.
    """
    session = await _locked(unit, holder, holder, session_id)
    facts: list[Fact] = sorted(last_readings, key=lambda reading: reading.at)
    too_late = rules.never_stopped(session)
    if too_late or rules.awaits_its_stop(session):
        known = await readings.facts(unit, holder, session_id)
        facts = sorted((*known, *facts), key=lambda fact: fact.at)
        session = rules.reopened(session)
    stopped = rules.stopped(session, at=at, register=register, reason=reason, facts=facts, now=unit.now)
    session = stopped.session
    if last_readings and session.station_id is not None and session.evse_no is not None:
        readings.append(
            unit,
            [
                Said(
                    holder=holder,
                    station_id=session.station_id,
                    evse_no=session.evse_no,
                    session_id=session.id,
                    readings=last_readings,
                )
            ],
        )
    readings.raise_doubts(unit, holder, session.id, session.station_id or "", stopped.doubts)
    if too_late:
        return _amend(unit, session)
    if rules.nothing_missing(session):
        return _settle(unit, session)
    store.update(unit, session)
    unit.announce(_about(SessionChanged, session))
    return session


async def settle_overdue(database: Database, limit: int = 100) -> int:
    """Close what has waited long enough for its last facts, and starts that no car has followed; says how many."""
    async with database.unit() as unit:
        settle_before = unit.now - unit.clock.wall(rules.SETTLE_WITHIN)
        start_before = unit.now - unit.clock.wall(rules.START_WITHIN)
        settling = await store.overdue(unit, Status.SETTLING, settle_before, limit)
        waiting = await store.overdue(unit, Status.PENDING, start_before, limit)
    for late in settling:
        async with database.unit() as unit:
            session = await _locked(unit, late.holder, late.owner, late.id)
            if session.status is Status.SETTLING:
                _settle(unit, session)
    for late in waiting:
        async with database.unit() as unit:
            session = await _locked(unit, late.holder, late.owner, late.id)
            if session.status is Status.PENDING:
                _fail(unit, rules.given_up(session, unit.now))
    return len(settling) + len(waiting)


# What a partner tells -------------------------------------------------------------------------------------------------


async def hear(unit: Unit, session: Session) -> bool:
    """Keep a partner's Session; False when it says nothing new. `ref` and `revision` of what is known stay."""
    before = await store.find(unit, session.holder, session.owner, session.id, lock=True)
    if before is None:
        store.insert(unit, session)
        unit.announce(_about(SessionStarted, session))
        return True
    if rules.stays(before, session):
        return False
    store.update(unit, replace(session, ref=before.ref, active_profile=before.active_profile))
    unit.announce(_about(SessionChanged, session))
    return True


# Reads ----------------------------------------------------------------------------------------------------------------


async def fetch(unit: Unit, holder: PartyId, owner: PartyId, id: str, *, lock: bool = False) -> Session:
    """With `lock`, nothing happens to it before the Unit ends. Raises UnknownSession."""
    session = await store.find(unit, holder, owner, id, lock=lock)
    if session is None:
        raise UnknownSession(id)
    return session


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Session | None:
    return await store.find(unit, holder, owner, id)


async def by_ref(unit: Unit, ref: str) -> Session:
    """Raises UnknownSession."""
    session = await store.by_ref(unit, ref)
    if session is None:
        raise UnknownSession(ref)
    return session


async def page(
    unit: Unit,
    holder: PartyId | None,
    owner: PartyId | None = None,
    *,
    statuses: Sequence[Status] | None = None,
    station_id: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Sequence[Session]:
    """Newest first; the last ref is the next `before`."""
    return await store.page(unit, holder, owner, statuses, station_id, before, limit)


async def under_way_at(unit: Unit, holder: PartyId, evse: EvseRef) -> Sequence[Session]:
    """What goes on at an Evse of ours, and what is awaited there."""
    found = await locations.station_at(unit, holder, evse)
    return () if found is None else await store.open_at_evse(unit, holder, found[0].id, found[1])


async def course_of(unit: Unit, session: Session) -> Course:
    """How the charge went so far, stretch by stretch."""
    return course(session, await readings.facts(unit, session.holder, session.id))


async def counts(unit: Unit, holder: PartyId | None) -> dict[str, int]:
    """How many Sessions are in each Status."""
    return await store.counts(unit, holder)


# Shared by the verbs --------------------------------------------------------------------------------------------------


async def _locked(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Session:
    session = await store.find(unit, holder, owner, id, lock=True)
    if session is None:
        raise UnknownSession(id)
    return session


def _settle(unit: Unit, session: Session) -> Session:
    done = rules.settled(session, unit.now)
    store.update(unit, done)
    unit.announce(_about(SessionFailed if done.status is Status.INVALID else SessionEnded, done))
    return done


def _amend(unit: Unit, session: Session) -> Session:
    """Settled once more, with its true end; the CDR that is closed already is another room's to correct."""
    done = rules.settled(session, unit.now)
    store.update(unit, done)
    unit.announce(_about(SessionAmended, done))
    return done


def _fail(unit: Unit, session: Session) -> None:
    store.update(unit, session)
    unit.announce(_about(SessionFailed, session))


def _stop_overlapped(unit: Unit, session: Session, at: datetime) -> None:
    doubt = Doubt(kind=DoubtKind.OVERLAP, at=at, detail="another charge began here before this one was stopped")
    stopped = rules.stopped(session, at=at, register=None, reason="Other", facts=(), now=unit.now)
    readings.raise_doubts(unit, session.holder, session.id, session.station_id or "", (*stopped.doubts, doubt))
    store.update(unit, stopped.session)
    unit.announce(_about(SessionChanged, stopped.session))


def _about(kind: type[SessionEvent], session: Session) -> SessionEvent:
    return kind(holder=session.holder, owner=str(session.owner), session_id=session.id)
