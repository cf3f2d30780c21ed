"""Verbs about a charge that is over."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from laddnav.cdrs import credit as credits
from laddnav.cdrs import judging, rules, signing, store
from laddnav.cdrs.events import CdrAccepted, CdrClosed, CdrDisputed, CdrEvent, CdrReceived, CdrRefused
from laddnav.cdrs.model import Cdr, CdrHeading, Review, Standing
from laddnav.cdrs.rules import (
    AlreadyClosedDifferently,
    AlreadyCredited,
    NotInDispute,
    NotOurs,
    UnknownCdr,
    UnknownDispute,
)
from laddnav.customers.actions import allowing
from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations import rules as places
from laddnav.metering.model import DoubtKind, Fact, Measured, Reading
from laddnav.meters import actions as meters
from laddnav.meters.rules import NoReason
from laddnav.parties import actions as parties
from laddnav.people import actions as people
from laddnav.pricing.check import verdicts as checking
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions import rules as charges
from laddnav.sessions.events import SessionAmended, SessionEnded
from laddnav.sessions.model import CdrLocation, Session, Status
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens

# Of what is missing or late, and not of what is wrong: a look at all facts that has it no more settles it.
MENDED_BY_FACTS = {DoubtKind.LATE_READING, DoubtKind.GAP, DoubtKind.NO_READINGS, DoubtKind.STOP_UNKNOWN}
DECIDED: dict[Standing, type[CdrEvent]] = {
    Standing.ACCEPTED: CdrAccepted,
    Standing.DISPUTED: CdrDisputed,
    Standing.REJECTED: CdrRefused,
    Standing.SETTLED: CdrRefused,
}


class Received(Enum):
    """What a partner's CDR was to us."""

    NEW = "new"
    SAME = "same"


class Sum(Struct, frozen=True, kw_only=True):
    """What the CDRs of one currency add up to."""

    currency: str
    many: int
    energy: Energy
    total_excl: Decimal


# ---- Ours


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
    if not await store.insert(unit, cdr, _digest(json.encode(cdr))):
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


# ---- A partner's


async def receive(unit: Unit, cdr: Cdr, words: bytes) -> Received:
    """Keep a partner's CDR; `words` are its bytes as sent. The same again is SAME. Raises AlreadyClosedDifferently."""
    digest = _digest(words)
    if await store.insert(unit, cdr, digest):
        unit.announce(CdrReceived(holder=cdr.holder, owner=str(cdr.owner), cdr_id=cdr.id))
        return Received.NEW
    if await store.digest_of(unit, cdr.holder, cdr.owner, cdr.id) == digest:
        return Received.SAME
    raise AlreadyClosedDifferently(cdr.id)


async def check(database: Database, received: CdrReceived) -> None:
    """Hears CdrReceived: what it states against its periods, its tariff and its neighbours. Judged before is judged."""
    async with database.unit() as unit:
        cdr = await fetch(unit, received.holder, PartyId.parse(received.owner), received.cdr_id)
        await store.hold_token(unit, cdr)
        if await store.review(unit, cdr.holder, cdr.owner, cdr.id) is None:
            await _judge(unit, cdr)


async def accept(unit: Unit, ref: str, *, by: str, why: str) -> Review:
    """It is billed as it is. Raises UnknownCdr, NotInDispute, NoReason."""
    review = judging.accepted(await _disputed(unit, ref), by=by, why=why, now=unit.now)
    _decide(unit, review)
    cdr = await fetch(unit, review.holder, review.owner, review.cdr_id)
    await credits.use(unit, cdr)
    await _follow(unit, cdr)
    return review


async def reject(unit: Unit, ref: str, *, by: str, why: str) -> Review:
    """It is not billed. Raises UnknownCdr, NotInDispute, NoReason."""
    review = judging.rejected(await _disputed(unit, ref), by=by, why=why, now=unit.now)
    _decide(unit, review)
    return review


async def _disputed(unit: Unit, ref: str) -> Review:
    cdr = await by_ref(unit, ref)
    await store.hold_token(unit, cdr)
    review = await store.review(unit, cdr.holder, cdr.owner, cdr.id)
    if review is None:
        raise NotInDispute(cdr.id)
    return review


async def _judge(unit: Unit, cdr: Cdr, before: Review | None = None) -> None:
    """Decide, and then look again at what is held because of it. `before`: it is held, and something changed."""
    review = await (_credit_reviewed if cdr.credit else _reviewed)(unit, cdr)
    if before is not None:
        review = judging.again(before, review, unit.now)
        if review.standing is Standing.DISPUTED:  # still, if for another reason: no news, and nothing follows from it
            store.put_review(unit, review)
            return
    _decide(unit, review)
    if review.standing is Standing.ACCEPTED:
        await credits.use(unit, cdr)
    if review.standing is Standing.SETTLED and review.other_id is not None:
        original = await store.review(unit, cdr.holder, cdr.owner, review.other_id)
        if original is not None and original.standing is not Standing.SETTLED:
            _decide(unit, judging.settled(original, unit.now))
    await _follow(unit, cdr)


async def _follow(unit: Unit, cdr: Cdr) -> None:
    """What repeats this CDR, or what it takes back, may be right now; a credit that waited for it has its original."""
    for key in filter(None, (cdr.id, cdr.credit_reference_id)):
        for waiting in await store.waiting_for(unit, cdr.holder, cdr.owner, key):
            if waiting.cdr_id != cdr.id:
                await _judge(unit, await fetch(unit, waiting.holder, waiting.owner, waiting.cdr_id), waiting)


async def _reviewed(unit: Unit, cdr: Cdr) -> Review:
    location = await locations.find(unit, cdr.holder, cdr.owner, cdr.location.id)
    connector = judging.connector_of(cdr, location)
    versions = await tariffs.versions(unit, cdr.holder, cdr.owner, judging.tariff_ids(cdr, connector))
    promised = judging.promised(cdr, versions)
    checked = checking.checked(
        rules.charge_of(cdr, None if location is None else location.time_zone),
        tariffs=promised.tariffs,
        earlier=promised.others,
        power_max=judging.power_of(cdr, connector),
    )
    return judging.reviewed(cdr, checked, await store.beside(unit, cdr), unit.now)


async def _credit_reviewed(unit: Unit, cdr: Cdr) -> Review:
    assert cdr.credit_reference_id is not None, "a Credit CDR says what it takes back"
    original = await store.find(unit, cdr.holder, cdr.owner, cdr.credit_reference_id)
    before = None
    if original is not None:
        before = await store.review(unit, cdr.holder, cdr.owner, original.id)
        if before is None:
            await _judge(unit, original)
            before = await store.review(unit, cdr.holder, cdr.owner, original.id)
    first = await store.credit_of(unit, cdr.holder, cdr.owner, cdr.credit_reference_id)
    again = first is not None and first.id != cdr.id
    return judging.reviewed_credit(cdr, original, before, again, unit.now)


def _decide(unit: Unit, review: Review) -> None:
    store.put_review(unit, review)
    unit.announce(DECIDED[review.standing](holder=review.holder, owner=str(review.owner), cdr_id=review.cdr_id))


# ---- Reads


async def fetch(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Cdr:
    """Raises UnknownCdr."""
    cdr = await store.find(unit, holder, owner, id)
    if cdr is None:
        raise UnknownCdr(id)
    return cdr


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Cdr | None:
    return await store.find(unit, holder, owner, id)


async def of_session(unit: Unit, holder: PartyId, owner: PartyId, session_id: str) -> Cdr | None:
    """The CDR that closed this Session and is not credited, if there is one."""
    return await store.of_session(unit, holder, owner, session_id)


async def by_ref(unit: Unit, ref: str) -> Cdr:
    """Raises UnknownCdr."""
    cdr = await store.by_ref(unit, ref)
    if cdr is None:
        raise UnknownCdr(ref)
    return cdr


async def page(
    unit: Unit,
    holder: PartyId | None,
    owner: PartyId | None = None,
    *,
    before: str | None = None,
    limit: int = 50,
) -> Sequence[Cdr]:
    """Newest first; the last ref is the next `before`."""
    return await store.page(unit, holder, owner, before, limit)


async def at_evse(unit: Unit, holder: PartyId | None, evse_uid: str, since: datetime, until: datetime) -> Sequence[Cdr]:
    """What was charged there at any time between the two, the first first."""
    return await store.at_evse(unit, holder, evse_uid, since, until)


async def of_tokens(
    unit: Unit, holder: PartyId, uids: Iterable[str], *, before: str | None = None, limit: int = 50
) -> Sequence[Cdr]:
    """What was charged with any Token of these uids, whoever's contract it was; newest first."""
    return await store.of_tokens(unit, holder, uids, before, limit)


async def ended_within(
    unit: Unit, holder: PartyId, since: datetime, until: datetime, *, after: str = "", limit: int = 1_000
) -> Sequence[tuple[str, str]]:
    """(ref, document), unread, for who reads thousands in processes of its own; the last ref is the next `after`."""
    return await store.ended_within(unit, holder, since, until, after, limit)


async def headings(unit: Unit, holder: PartyId, owner: PartyId, ids: Iterable[str]) -> Sequence[CdrHeading]:
    """Those of these that are here, in no order."""
    return await store.headings(unit, holder, owner, ids)


async def headings_within(
    unit: Unit, holder: PartyId, owner: PartyId, emsp: PartyId, since: datetime, until: datetime, limit: int = 500
) -> Sequence[CdrHeading]:
    """Of this CPO about Tokens of this eMSP, ended in that time, both instants included; the first of them first."""
    return await store.headings_within(unit, holder, owner, emsp, since, until, limit)


async def of_authorization(unit: Unit, holder: PartyId, reference: str) -> Cdr | None:
    """What the authorisation of this name was charged for; not what was taken back, as long as anything else is."""
    found = await store.of_authorization(unit, holder, reference, 10)
    credited = {cdr.credit_reference_id for cdr in found}
    standing = [cdr for cdr in found if not cdr.credit]
    return next((cdr for cdr in standing if cdr.id not in credited), standing[0] if standing else None)


async def credit_of(unit: Unit, cdr: Cdr) -> Cdr | None:
    """The Credit CDR that takes this one back, if there is one."""
    return await store.credit_of(unit, cdr.holder, cdr.owner, cdr.id)


async def review_of(unit: Unit, cdr: Cdr) -> Review | None:
    """What we think of a partner's CDR, once it was looked at."""
    return await store.review(unit, cdr.holder, cdr.owner, cdr.id)


async def dispute(unit: Unit, ref: str) -> Review:
    """What did not pass, by the ref of its CDR. Raises UnknownCdr, UnknownDispute."""
    review = await review_of(unit, await by_ref(unit, ref))
    if review is None or review.disputed_at is None:
        raise UnknownDispute(ref)
    return review


async def disputes(
    unit: Unit,
    holder: PartyId | None,
    standing: Standing | None = None,
    *,
    owner: PartyId | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Sequence[Review]:
    """What did not pass its check, decided or not, newest first; the last ref is the next `before`."""
    return await store.disputes(unit, holder, standing, owner, before, limit)


async def count_disputed(unit: Unit, holder: PartyId | None, owner: PartyId | None = None) -> int:
    """How many are held and wait for a person; of one `owner`, or of all."""
    return await store.count_disputed(unit, holder, owner)


async def sums_since(unit: Unit, holder: PartyId | None, since: datetime) -> Sequence[Sum]:
    """What the charges that ended since then add up to, a currency each."""
    return [
        Sum(
            currency=row["currency"],
            many=row["many"],
            energy=Energy(row["energy_wh"]),
            total_excl=row["total_excl"],
        )
        for row in await store.sums_since(unit, holder, since)
    ]


def _digest(words: bytes) -> str:
    return hashlib.sha256(words).hexdigest()
