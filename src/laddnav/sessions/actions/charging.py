"""Verbs about what a Station tells of a charge: that it begins, what was measured, that it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from laddnav.customers.actions import allowing
from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.locations.rules import NoStation
from laddnav.metering.clocks import behind
from laddnav.metering.model import Activity, Doubt, DoubtKind, Fact, Mark, Reading
from laddnav.metering.notes import NoteKind, noted
from laddnav.people import actions as people
from laddnav.readings import actions as readings
from laddnav.readings.model import Said
from laddnav.sessions import hearing, reserved, rules, store
from laddnav.sessions.actions.grounds import pays, place
from laddnav.sessions.actions.reading import fetch
from laddnav.sessions.events import SessionAmended, SessionChanged, SessionEnded, SessionFailed, SessionStarted, about
from laddnav.sessions.model import Session, Status, StopReason
from laddnav.sessions.rules import AlreadyEnded
from laddnav.tariffs.model import TariffType
from laddnav.tokens.model import Authorization


class Measurement(Struct, frozen=True, kw_only=True):
    """Readings of one message of a Station; `session_id` None outside a charge."""

    station: Station
    evse_no: int
    session_id: str | None
    readings: tuple[Reading, ...]


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
    told_now: bool = True,
) -> Session:
    """A car charges: the Session that waited for it goes on, or a new one starts. Raises NoStation.

    A charge that this Station never ended at the same Evse is stopped where its meter last was, as a doubt. A start
    that is told late leaves alone what has begun since; but a start that was asked for is recognised by its Token
    alone, for a Station's clock may be hours off, and then nobody would pay. `told_now`: that it began `at` then was
    not heard before.
    """
    where = dict(station.evses).get(evse_no)
    if where is None:
        raise NoStation(f"{station.id}/{evse_no}")
    await locations.hold(unit, station.id)
    said_at = at if told_now else None
    party = None if given.token is None else given.token.owner
    contract = None if given.token is None else given.token.contract_id
    ground = await place(unit, station, evse_no, where, None, at, party, contract=contract)
    waiting: Session | None = None
    for one in await store.open_at_evse(unit, station.holder, station.id, evse_no):
        if reserved.awaits(one, uid, reservation_no):
            waiting = one
        elif rules.told_late(one, at):
            continue
        elif one.status is Status.ACTIVE:
            _stop_overlapped(unit, one, at)
        else:
            fail(unit, rules.given_up(one, unit.now))
    if waiting is not None:
        if waiting.reserved is None:
            if pays(waiting.token) is not TariffType.REGULAR:
                ground = await place(
                    unit, station, evse_no, where, waiting.connector_id, at, waiting.token.owner, pays(waiting.token)
                )
            session = rules.begun(waiting, ground, at=at, register=register, now=unit.now)
        else:
            waiting = reserved.let_in(reserved.taken_by(waiting, uid), given)
            session = reserved.begun(waiting, at=at, register=register, now=unit.now)
        session = hearing.beginning(session, said_at, station.connected_at, unit.now)
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
        session = hearing.beginning(session, said_at, station.connected_at, unit.now)
        store.insert(unit, session)
    unit.announce(about(SessionStarted, session))
    return session


async def measure(unit: Unit, batch: Sequence[Measurement]) -> None:
    """Keep what several Stations measured in one tick, and advance energy and Tab of each charge that it is about."""
    keys = [(one.station.holder, one.session_id) for one in batch if one.session_id]
    # Asked first, so that all that is written travels together.
    sessions = await store.lock_several(unit, keys) if keys else {}
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
    touched: dict[tuple[PartyId, str], Session] = {}
    for one in batch:
        key = (one.station.holder, one.session_id or "")
        session = touched.get(key) or sessions.get(key)
        if session is None:
            continue
        advanced = rules.counted(session, one.readings, unit.now)
        touched[key] = hearing.on_line(advanced.session, one.station.connected_at)
        doubts = (*advanced.doubts, *behind(one.readings, unit.now, session.started_at, one.station.connected_at))
        readings.raise_doubts(unit, session.holder, session.id, one.station.id, doubts)
    for key, session in touched.items():
        if session.status is Status.ACTIVE:
            store.advance(unit, sessions[key], session)
            unit.announce(about(SessionChanged, session))
    for one in batch:
        late = touched.get((one.station.holder, one.session_id or ""))
        if late is not None and rules.told_too_late(late, one.readings):
            unit.announce(about(SessionAmended, late))


async def mark(
    unit: Unit, station: Station, evse_no: int, activity: Activity, at: datetime, session_id: str | None = None
) -> None:
    """The car at this Evse charges or pauses from now on; nothing where no charge is under way.

    Where the Station does not say in which charge, it is the last that had begun by then.
    """
    found = await store.open_at_evse(unit, station.holder, station.id, evse_no)
    under_way = (one for one in found if one.status is Status.ACTIVE and one.started_at <= at)
    session = next((one for one in under_way if session_id is None or one.id == session_id), None)
    if session is None:
        return
    one = Mark(at=at, activity=activity)
    readings.mark(unit, session.holder, session.id, one)
    advanced = rules.advanced(session, [one], unit.now)
    readings.raise_doubts(unit, session.holder, session.id, station.id, advanced.doubts)
    store.update(unit, advanced.session)
    unit.announce(about(SessionChanged, session))


async def stop(
    unit: Unit,
    *,
    holder: PartyId,
    session_id: str,
    at: datetime,
    register: Energy | None,
    reason: str,
    last_readings: tuple[Reading, ...] = (),
    on_line_since: datetime | None = None,
) -> Session:
    """The Station ended the charge; it is settled at once where nothing is missing.

    Where another charge had ended it first, or nobody waited any longer, the Station's own word is taken instead.
    `on_line_since`: it says so just now, and came on the line then; None: it had said so before.
    Raises UnknownSession, AlreadyEnded.
    """
    session = await fetch(unit, holder, holder, session_id, lock=True)
    facts: list[Fact] = sorted(last_readings, key=lambda reading: reading.at)
    too_late = rules.never_stopped(session)
    if too_late or rules.awaits_its_stop(session):
        known = await readings.facts(unit, holder, session_id, session.started_at - rules.READ_BEFORE)
        facts = sorted((*known, *facts), key=lambda fact: fact.at)
        session = rules.reopened(session)
    stopped = rules.stopped(session, at=at, register=register, reason=reason, facts=facts, now=unit.now)
    session = hearing.ending(stopped.session, at, on_line_since, unit.now)
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
        readings.settle_all(unit, holder, session.id, DoubtKind.STOP_LOST)
        return _amend(unit, session)
    if rules.nothing_missing(session):
        return _settle(unit, session)
    store.update(unit, session)
    unit.announce(about(SessionChanged, session))
    return session


async def close_lost(
    unit: Unit, holder: PartyId, session_id: str, *, by: str, why: str, at: datetime | None = None
) -> Session:
    """The Station has lost the end: it is taken for over when it was last heard of, or `at` if that is later.

    Billed up to its last register, with a doubt; should the Station tell the end after all, that is taken instead.
    Raises UnknownSession, AlreadyEnded.
    """
    session = await fetch(unit, holder, holder, session_id, lock=True)
    if session.status is not Status.ACTIVE:
        raise AlreadyEnded(session_id, session.status)
    last = rules.last_word(session)
    ended_at = last if at is None else max(last, min(at, unit.now))
    stopped = rules.stopped(session, at=ended_at, register=None, reason=StopReason.OTHER, facts=(), now=unit.now)
    doubt = Doubt(kind=DoubtKind.STOP_LOST, at=ended_at, note=noted(NoteKind.CLOSED_BY, who=by, why=why))
    readings.raise_doubts(unit, holder, session.id, session.station_id or "", (*stopped.doubts, doubt))
    people.note(unit, by, "close lost session", f"session {session.id}", why)
    return _settle(unit, stopped.session)


async def settle_overdue(database: Database, limit: int = 100) -> int:
    """Close what has waited long enough for its last facts, and starts that no car has followed; says how many."""
    async with database.unit() as unit:
        settle_before = unit.now - unit.clock.wall(rules.SETTLE_WITHIN)
        start_before = unit.now - unit.clock.wall(rules.START_WITHIN)
        settling = await store.overdue(unit, Status.SETTLING, settle_before, limit)
        waiting = await store.overdue(unit, Status.PENDING, start_before, limit)
    for late in settling:
        async with database.unit() as unit:
            session = await fetch(unit, late.holder, late.owner, late.id, lock=True)
            if session.status is Status.SETTLING:
                _settle(unit, session)
    for late in waiting:
        async with database.unit() as unit:
            session = await fetch(unit, late.holder, late.owner, late.id, lock=True)
            if session.status is Status.PENDING:
                fail(unit, rules.given_up(session, unit.now))
    return len(settling) + len(waiting)


def fail(unit: Unit, session: Session) -> None:
    allowing.release(unit, session.holder, session.id)
    store.update(unit, session)
    unit.announce(about(SessionFailed, session))


def _settle(unit: Unit, session: Session) -> Session:
    done = rules.settled(session, unit.now)
    if done.status is Status.INVALID:
        allowing.release(unit, done.holder, done.id)
    store.update(unit, done)
    unit.announce(about(SessionFailed if done.status is Status.INVALID else SessionEnded, done))
    return done


def _amend(unit: Unit, session: Session) -> Session:
    """Settled once more, with its true end; the CDR that is closed already is another room's to correct."""
    done = rules.settled(session, unit.now)
    store.update(unit, done)
    unit.announce(about(SessionAmended, done))
    return done


def _stop_overlapped(unit: Unit, session: Session, at: datetime) -> None:
    doubt = Doubt(kind=DoubtKind.OVERLAP, at=at, note=noted(NoteKind.OVERLAPPED))
    left = min(at, rules.last_word(session))  # nobody pays for time of which nothing is known
    stopped = rules.stopped(session, at=left, register=None, reason="Other", facts=(), now=unit.now)
    readings.raise_doubts(unit, session.holder, session.id, session.station_id or "", (*stopped.doubts, doubt))
    store.update(unit, stopped.session)
    unit.announce(about(SessionChanged, stopped.session))
