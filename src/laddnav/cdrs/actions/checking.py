"""A partner's CDR is kept as it came and held against what we know; where it is wrong, a person decides."""

from __future__ import annotations

from enum import Enum

from laddnav.cdrs import credit as credits
from laddnav.cdrs import judging, rules, store
from laddnav.cdrs.actions.reading import by_ref, fetch
from laddnav.cdrs.events import CdrAccepted, CdrDisputed, CdrEvent, CdrReceived, CdrRefused
from laddnav.cdrs.model import Cdr, Review, Standing
from laddnav.cdrs.rules import AlreadyClosedDifferently, NotInDispute
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.pricing.check import verdicts
from laddnav.tariffs import actions as tariffs

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


async def receive(unit: Unit, cdr: Cdr, words: bytes) -> Received:
    """Keep a partner's CDR; `words` are its bytes as sent. The same again is SAME. Raises AlreadyClosedDifferently."""
    digest = rules.digest(words)
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
    checked = verdicts.checked(
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
