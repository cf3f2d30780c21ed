"""A charge of ours is closed once: corrected by a CDR and its credit where a late fact changes it, or taken back."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from laddnav.cdrs import credit as credits
from laddnav.cdrs import rules, signing, store
from laddnav.cdrs.actions.reading import by_ref
from laddnav.cdrs.events import CdrClosed
from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import AlreadyCredited, NotOurs
from laddnav.customers.actions import allowing
from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations import rules as places
from laddnav.metering.model import DoubtKind, Fact, Measured, Reading
from laddnav.meters import actions as meters
from laddnav.meters.rules import NoReason
from laddnav.parties import actions as parties
from laddnav.people import actions as people
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions import rules as charges
from laddnav.sessions.events import SessionAmended, SessionEnded
from laddnav.sessions.model import CdrLocation, Session, Status
from laddnav.tokens import actions as tokens

# Of what is missing or late, and not of what is wrong: a look at all facts that has it no more settles it.
MENDED_BY_FACTS = {DoubtKind.LATE_READING, DoubtKind.GAP, DoubtKind.NO_READINGS, DoubtKind.STOP_UNKNOWN}


async def close(database: Database, ended: SessionEnded) -> None:
    """Hears SessionEnded: fold all facts once more, price, and keep the one CDR of this Session; again is nothing."""
    owner = PartyId.parse(ended.owner)
    async with database.unit() as unit:
        # Held until the CDR is kept: a fact that comes now is either in it, or finds it closed and corrects it.
        session = await sessions.fetch(unit, ended.holder, owner, ended.session_id, lock=True)
        if session.status is not Status.COMPLETED or await store.was_closed(unit, ended.holder, owner, session.id):
            return
        cdr, measured = await _closed(unit, session)
        if cdr is None and await meters.is_rejected(unit, session):
            tokens.release_credit(unit, session.holder, session.id)
            await allowing.let_go(unit, session.holder, session.id)
        if cdr is None or await _keep(unit, cdr):
            _put_right(unit, session, measured)


async def correct(database: Database, amended: SessionAmended) -> None:
    """Hears SessionAmended: where its CDR would now say something else, credit it and close anew; again is nothing."""
    owner = PartyId.parse(amended.owner)
    async with database.unit() as unit:
        session = await sessions.fetch(unit, amended.holder, owner, amended.session_id, lock=True)
        before = await store.of_session(unit, amended.holder, owner, session.id)
        if before is None:  # not closed yet, then this fact will be in it; or taken back by a person, who knew why
            return
        forgotten = await readings.forgotten_until(unit)
        if forgotten is not None and session.started_at < forgotten:  # this fact alone is not the charge
            return
        cdr, measured = await _closed(unit, session)
        after = before if cdr is None else rules.succeeding(before, cdr)
        if cdr is None and await meters.is_rejected(unit, session):
            await _credit(unit, before)
        elif rules.differs(before, after):
            await _credit(unit, before)
            anew = unit.new_id()  # after its credit, so that lists show the two in this order
            assert await _keep(unit, replace(after, id=anew, ref=anew)), "the session is held, and its CDR is credited"
        _put_right(unit, session, measured)


async def credit(unit: Unit, ref: str, *, by: str, why: str) -> Cdr:
    """Take a CDR of ours back, by hand; the Credit CDR. Raises UnknownCdr, NotOurs, AlreadyCredited, NoReason."""
    cdr = await by_ref(unit, ref)
    if cdr.owner != cdr.holder:
        raise NotOurs(cdr.id)
    if not why:
        raise NoReason
    if cdr.session_id is not None:  # a late fact waits until this is done
        await sessions.fetch(unit, cdr.holder, cdr.owner, cdr.session_id, lock=True)
    one = await _credit(unit, cdr)
    people.note(unit, by, "credit CDR", f"cdr {cdr.id}", why)
    return one


async def _closed(unit: Unit, session: Session) -> tuple[Cdr | None, Measured]:
    """None where what its meter signed does not let it be billed, and while a person has to decide that."""
    if session.place is None:  # begun by a version that did not keep it: as it is now
        session = replace(session, place=await _place_now(unit, session))
    facts, measured = await _measured(unit, session)
    known = await meters.explain(unit, session, measured.doubts)
    if known is not None:
        session = replace(known, place=session.place)
        facts, measured = await _measured(unit, session)
    cdr = rules.closed(session, measured, id=unit.new_id(), now=unit.now)
    said = [fact for fact in facts if isinstance(fact, Reading)]
    proof = await meters.prove(unit, session, said, cdr.energy)
    if proof is not None and not proof.bills:
        return None, measured
    if proof is not None and proof.records:
        cdr = replace(cdr, signed_data=signing.signed_data(proof, await parties.reached_at(unit)))
    return cdr, measured


async def _measured(unit: Unit, session: Session) -> tuple[Sequence[Fact], Measured]:
    facts = await readings.facts(unit, session.holder, session.id, *charges.read_between(session))
    return facts, charges.whole(session, facts)


async def _place_now(unit: Unit, session: Session) -> CdrLocation:
    """Raises UnknownLocation, UnknownEvse, UnknownConnector."""
    location = await locations.fetch(unit, session.holder, session.owner, session.location_id)
    evse = places.evse_of(location, session.evse_uid)
    return charges.snapshot(location, evse, places.connector_of(evse, session.connector_id))


async def _credit(unit: Unit, cdr: Cdr) -> Cdr:
    """Raises AlreadyCredited."""
    one = rules.credited(cdr, id=rules.credit_id(cdr.id), ref=unit.new_id(), now=unit.now)
    if not await _keep(unit, one):
        raise AlreadyCredited(cdr.id)
    return one


async def _keep(unit: Unit, cdr: Cdr) -> bool:
    """False where it is kept already."""
    if not await store.insert(unit, cdr, rules.digest(json.encode(cdr))):
        return False
    await credits.use(unit, cdr)
    unit.announce(CdrClosed(holder=cdr.holder, owner=str(cdr.owner), cdr_id=cdr.id))
    return True


def _put_right(unit: Unit, session: Session, measured: Measured) -> None:
    """What the look at all facts made good is no doubt any more; what it left in doubt is one."""
    doubts = charges.put_right(measured.doubts)
    for kind in MENDED_BY_FACTS - {doubt.kind for doubt in doubts}:
        readings.settle_all(unit, session.holder, session.id, kind)
    readings.raise_doubts(unit, session.holder, session.id, session.station_id or "", doubts)
