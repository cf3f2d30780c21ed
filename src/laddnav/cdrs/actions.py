"""Verbs about a charge that is over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from laddnav.cdrs import rules, store
from laddnav.cdrs.events import CdrClosed, CdrReceived
from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import AlreadyClosedDifferently, UnknownCdr
from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.metering.model import DoubtKind
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions import rules as charges
from laddnav.sessions.events import SessionEnded
from laddnav.sessions.model import Status


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


async def close(database: Database, ended: SessionEnded) -> None:
    """Hears SessionEnded: fold all facts once more, price, and keep the one CDR of this Session; again is nothing."""
    owner = PartyId.parse(ended.owner)
    async with database.unit() as unit:
        session = await sessions.fetch(unit, ended.holder, owner, ended.session_id)
        if session.status is not Status.COMPLETED or await store.of_session(unit, ended.holder, owner, session.id):
            return
        location = await locations.fetch(unit, session.holder, session.owner, session.location_id)
        facts = await readings.facts(unit, session.holder, session.id)
        signed = rules.signed_data(await readings.of_session(unit, session.holder, session.id))
        measured = charges.whole(session, facts)
        cdr = rules.closed(session, location, measured, signed, id=unit.new_id(), now=unit.now)
        if not await store.insert(unit, cdr, _digest(json.encode(cdr))):
            return
        readings.settle_all(unit, session.holder, session.id, DoubtKind.LATE_READING)
        readings.raise_doubts(
            unit, session.holder, session.id, session.station_id or "", charges.put_right(measured.doubts)
        )
        unit.announce(CdrClosed(holder=cdr.holder, owner=str(cdr.owner), cdr_id=cdr.id))


async def receive(unit: Unit, cdr: Cdr, words: bytes) -> Received:
    """Keep a partner's CDR; `words` are its bytes as sent. The same again is SAME. Raises AlreadyClosedDifferently."""
    digest = _digest(words)
    if await store.insert(unit, cdr, digest):
        unit.announce(CdrReceived(holder=cdr.holder, owner=str(cdr.owner), cdr_id=cdr.id))
        return Received.NEW
    if await store.digest_of(unit, cdr.holder, cdr.owner, cdr.id) == digest:
        return Received.SAME
    raise AlreadyClosedDifferently(cdr.id)


async def fetch(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Cdr:
    """Raises UnknownCdr."""
    cdr = await store.find(unit, holder, owner, id)
    if cdr is None:
        raise UnknownCdr(id)
    return cdr


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Cdr | None:
    return await store.find(unit, holder, owner, id)


async def of_session(unit: Unit, holder: PartyId, owner: PartyId, session_id: str) -> Cdr | None:
    """The CDR that closed this Session, if it is closed."""
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
