"""Verbs by which a driver without an account chooses: before the charge, and while it goes on."""

from __future__ import annotations

import hashlib
import secrets

from msgspec.structs import replace

from laddnav.db.events import Event
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.people.rules import neighbourhood
from laddnav.sessions import claims, store
from laddnav.sessions.actions.preferring import prefer
from laddnav.sessions.actions.reading import under_way_at
from laddnav.sessions.claims import Claim, NotYourCharge, TooManyChoices, TooManyTries
from laddnav.sessions.events import SessionStarted
from laddnav.sessions.model import Preferences, Session, Voice
from laddnav.sessions.preferred import Answered
from laddnav.sessions.rules import UnknownSession
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token, TokenKey


async def count_try(unit: Unit, holder: PartyId, where: EvseRef, address: str) -> None:
    """In a Unit of its own, before the number is looked at, so that a thousand at once are not a thousand free ones.

    Raises TooManyTries.
    """
    store.claims.forget(unit, unit.now - claims.KNOWN_FOR, unit.now - claims.TRIES_WITHIN)
    evse, origin = f"evse {holder} {where.location_id} {where.evse_uid}", f"address {neighbourhood(address)}"
    bounds = {
        _digest(f"{evse} {origin}"): claims.TRIES_HERE,
        _digest(origin): claims.TRIES_ADDRESS,
        _digest(evse): claims.TRIES_EVSE,
    }
    for subject in sorted(bounds):  # in one order everywhere, so that two never wait for each other in a ring
        if await store.claims.count_try(unit, subject, unit.now - claims.TRIES_WITHIN) > bounds[subject]:
            raise TooManyTries


async def claim(unit: Unit, holder: PartyId, where: EvseRef, card: str, wants: Preferences | None = None) -> str:
    """The secret by which this browser is known: with the charge of this card there, or, free, with one to come.

    What is wanted of a charge that goes on already holds at once. Raises NotYourCharge, and as `prefer`.
    """
    session = claims.claimable(await under_way_at(unit, holder, where, lock=False))
    if session is not None and not claims.is_of(card, session, await _token(unit, session)):
        raise NotYourCharge
    secret = secrets.token_urlsafe(32)
    store.claims.insert(
        unit,
        Claim(
            digest=_digest(secret),
            holder=holder,
            where=where,
            card=card,
            wants=wants if session is None else None,
            session_id=None if session is None else session.id,
            claimed_at=unit.now,
        ),
    )
    if session is not None and wants is not None:
        await prefer(unit, holder, session.id, wants, by=Voice.DRIVER)
    return secret


async def claimed(unit: Unit, secret: str, holder: PartyId, where: EvseRef) -> tuple[Claim, Session | None] | None:
    """What this browser may call its own at this Evse; None: nothing."""
    found = await store.claims.find(unit, _digest(secret))
    if found is None or (found.holder, found.where) != (holder, where):
        return None
    if found.session_id is None:
        return (found, None) if claims.waits(found, unit.now) else None
    session = await store.find(unit, holder, holder, found.session_id)
    return None if session is None else (found, session)


async def choose(unit: Unit, secret: str, holder: PartyId, where: EvseRef, wants: Preferences) -> Answered | None:
    """None: it waits for the charge to begin. Raises NotYourCharge, TooManyChoices, and as `prefer`."""
    found = await claimed(unit, secret, holder, where)
    if found is None:
        raise NotYourCharge
    claim, session = found
    if session is None:
        store.claims.update(unit, replace(claim, wants=wants))
        return None
    if sum(one.by is Voice.DRIVER for one in session.preferred) >= claims.CHOICES:
        raise TooManyChoices
    return await prefer(unit, holder, session.id, wants, by=Voice.DRIVER)


async def take_up(database: Database, event: Event) -> None:
    """What was chosen before holds from the beginning on, for the card that it was chosen for."""
    assert isinstance(event, SessionStarted)
    if event.owner == str(event.holder):
        async with database.unit() as unit:
            await _take_up(unit, event)


async def _take_up(unit: Unit, event: SessionStarted) -> None:
    session = await store.find(unit, event.holder, event.holder, event.session_id)
    if session is None:
        raise UnknownSession(event.session_id)
    where = EvseRef(session.location_id, session.evse_uid)
    token = await _token(unit, session)
    for claim in await store.claims.waiting(unit, session.holder, where, unit.now - claims.WAITS):
        if claims.is_of(claim.card, session, token):
            store.claims.update(unit, replace(claim, session_id=session.id, wants=None))
            if claim.wants is not None and claims.claimable([session]):
                await prefer(unit, session.holder, session.id, claim.wants, by=Voice.DRIVER)


async def _token(unit: Unit, session: Session) -> Token | None:
    shown = session.token
    return await tokens.find(unit, session.holder, TokenKey(shown.owner, shown.type, shown.uid))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
