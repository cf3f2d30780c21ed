"""Verbs about a charge that is counted once more, for something came to light about its meter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.metering.model import DoubtKind, Exchanged
from laddnav.readings import actions as readings
from laddnav.sessions import rules, store
from laddnav.sessions.events import SessionAmended, SessionChanged, about
from laddnav.sessions.model import Session, Status

# What a register does of which nobody knows the meter.
STRANGE = (
    DoubtKind.BACKWARD_REGISTER,
    DoubtKind.ROLLOVER,
    DoubtKind.METER_EXCHANGED,
    DoubtKind.JUMP,
    DoubtKind.POWER_IMPLAUSIBLE,
)


async def recount(unit: Unit, session: Session, *, full: Energy | None, exchanges: Sequence[Exchanged]) -> Session:
    """A Session that is locked: `full` is where its register begins again; what is not billable stays as it is."""
    for one in exchanges:
        readings.exchanged(unit, session.holder, session.id, one)
    if session.meter is None or session.status not in (Status.ACTIVE, Status.SETTLING, Status.COMPLETED):
        return session
    facts = await readings.facts(unit, session.holder, session.id, *rules.read_between(session))
    again = rules.recounted(session, facts, full, unit.now)
    left = {(one.kind, one.at, one.detail) for one in again.doubts}
    for doubt in await readings.doubts_of(unit, session.holder, session.id):
        if doubt.kind in STRANGE and doubt.settled_at is None and (doubt.kind, doubt.at, doubt.detail) not in left:
            await readings.settle_doubt(unit, session.holder, doubt.id)
    readings.raise_doubts(unit, session.holder, session.id, session.station_id or "", again.doubts)
    store.update(unit, again.session)
    event = SessionAmended if session.status is Status.COMPLETED else SessionChanged
    unit.announce(about(event, again.session))
    return again.session


async def began_otherwise(
    unit: Unit, holder: PartyId, session_id: str, at: datetime, register: Energy | None
) -> Session | None:
    """Its driver had been let in at this instant, or its register stood there then, as is heard only now.

    None: nothing follows from that. It never begins later.
    """
    session = await store.find(unit, holder, holder, session_id, lock=True)
    if session is None or not session.allowed or session.meter is None or session.reserved is not None:
        return None
    if session.status not in (Status.ACTIVE, Status.SETTLING, Status.COMPLETED) or at > session.started_at:
        return None
    started = None if register is None else register.wh
    if at == session.started_at and started == session.meter_started:
        return None
    for doubt in await readings.doubts_of(unit, holder, session.id):
        if doubt.kind is DoubtKind.REGISTER_BEFORE_START and doubt.at >= at and doubt.settled_at is None:
            await readings.settle_doubt(unit, holder, doubt.id)
    return await recount(unit, replace(session, started_at=at, meter_started=started), full=None, exchanges=())


async def at_evse(unit: Unit, holder: PartyId, station_id: str, evse_no: int, at: datetime) -> Sequence[Session]:
    """Our charges that went on there at this instant, locked."""
    return await store.at_evse(unit, holder, station_id, evse_no, at - rules.READ_WITHIN, at)
