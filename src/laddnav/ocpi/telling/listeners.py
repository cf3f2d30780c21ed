"""What is announced in the rooms → one delivery for each partner that it concerns; sent by `push.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable

from laddnav.bookings import actions as bookings
from laddnav.bookings.events import BookingChanged, BookingLocationChanged
from laddnav.cdrs.events import CdrClosed
from laddnav.db.hearing import OfOurs
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.locations import actions as locations
from laddnav.locations.events import EvseStatusChanged, LocationChanged
from laddnav.ocpi import store
from laddnav.ocpi.deviations import sharing
from laddnav.ocpi.hub import clients as hub_clients
from laddnav.ocpi.model import Connection, Message
from laddnav.ocpi.rules import way_to
from laddnav.ocpi.sides import OFFERED, RECEIVER, SENDER
from laddnav.ocpi.telling import collected, delegated, words
from laddnav.ocpi.telling.news import StillOffered, news
from laddnav.ocpi.wire.codec import Unsayable
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.reconciliation import actions as reconciliation
from laddnav.reconciliation.events import Change, RecordChanged
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionEvent
from laddnav.tariffs.events import TariffChanged
from laddnav.tokens import actions as tokens
from laddnav.tokens.events import TokenChanged, TokenRenamed
from laddnav.tokens.model import TokenKey, TokenType

# OCPI 2.3.0 mod_invoice_reconciliation_push_model.
SAID_WITH = {Change.NEW: "POST", Change.REVISED: "PUT", Change.WITHDRAWN: "DELETE"}


async def push_location(database: Database, changed: LocationChanged) -> None:
    """Hears that something on a Location of ours is different."""
    await _news(database, changed.holder, changed.owner, Module.LOCATIONS, fold(changed.location_id))


async def push_status(database: Database, changed: EvseStatusChanged) -> None:
    """Hears that an Evse of ours is free or taken: a change is enough to say that."""
    key = f"{fold(changed.location_id)}/{fold(changed.evse_uid)}"
    await _news(database, changed.holder, changed.owner, Module.LOCATIONS, key, "PATCH")


async def push_tariff(database: Database, changed: TariffChanged) -> None:
    await _news(database, changed.holder, changed.owner, Module.TARIFFS, fold(changed.tariff_id))


async def push_token(database: Database, changed: TokenChanged) -> None:
    """Hears that a Token is new or different; whose is an EMAID, the car itself says (TokenType's note).

    OCPI 2.3.0 mod_tokens_tokentype_enum.
    """
    if str(changed.holder) != changed.owner:
        await _shown_to(database, changed)
        return
    if changed.type == TokenType.EMAID:
        return
    key = words.token_key(changed.type, changed.uid)
    await _news(database, changed.holder, changed.owner, Module.TOKENS, key)


async def push_closed_places(database: Database, renamed: TokenRenamed) -> None:
    """Hears how a Token was named until now: the places that it opened so, and that none opens now, are told as gone.

    A place that is not published shall not be shown to whoever owns no such Token (OCPI 2.2.1
    mod_locations_location_object), and all that can be said of one that was told is that its Evses are REMOVED:
    it is never deleted, and a partner that is told nothing goes on showing it.
    """
    async with database.unit() as unit:
        told = await _shown_by_token(unit, renamed.holder, PartyId.parse(renamed.owner))
        for id in await locations.shown_to(unit, renamed.holder, renamed) if told else ():
            for connection in told:
                if await sharing.is_gone(unit, connection, Module.LOCATIONS, fold(id)):
                    await tell(unit, connection, Module.LOCATIONS, fold(id))
    database.wake()


async def push_session(database: Database, changed: SessionEvent) -> None:
    """Hears what happens to a charge: the eMSP of its Token is told, and whoever limits our charges by contract."""
    if str(changed.holder) != changed.owner:
        await delegated.push_session(database, changed)
        return
    async with database.unit() as unit:
        session = await sessions.find(unit, changed.holder, changed.holder, changed.session_id)
        if session is not None:
            owner = session.token.owner
            told = await _concerned(unit, changed.holder, Module.SESSIONS, owner)
            await queue(unit, told, Module.SESSIONS, fold(session.id), "PUT", owner)
            everyone = await _concerned(unit, changed.holder, Module.SESSIONS)
            others = (one for one in everyone if one not in told)
            limiting = (one for one in others if sharing.hears_all_charges(one, VERSIONS[one.version]))
            await queue(unit, limiting, Module.SESSIONS, fold(session.id), "PUT")
    database.wake()


async def push_cdr(database: Database, closed: CdrClosed) -> None:
    """Hears that a CDR is final: its eMSP gets exactly these bytes, in its turn, until it has them.

    One that its version has no words for waits without any, for a person to see.
    """
    async with database.unit() as unit:
        cdr = await words.READS[Module.CDRS](unit, closed.holder, fold(closed.cdr_id))
        owner = cdr.token.owner
        for connection in await _concerned(unit, closed.holder, Module.CDRS, owner):
            version = VERSIONS[connection.version]
            try:
                body = await words.said(unit, closed.holder, Module.CDRS, version, fold(cdr.id))
            except Unsayable:
                store.deliveries.queue_news(unit, connection, Module.CDRS, fold(cdr.id), "POST", owner)
                continue
            assert body is not None, "a closed CDR is there"
            store.deliveries.queue_bytes(unit, connection, Module.CDRS, fold(cdr.id), fold(cdr.id), body, owner)
    database.wake()


@OfOurs
async def push_record(database: Database, changed: RecordChanged) -> None:
    """Hears that a Record of ours is new, different or gone: only who got the invoice is told."""
    async with database.unit() as unit:
        record = await reconciliation.told(unit, changed.holder, changed.record_id)
        ours = Role.CPO if record.cpo == changed.holder else Role.EMSP
        told = await _concerned(unit, changed.holder, Module.INVOICE_RECONCILIATION, record.receiver, ours)
        key, method = fold(changed.record_id), SAID_WITH[changed.change]
        await queue(unit, told, Module.INVOICE_RECONCILIATION, key, method, record.receiver)
    database.wake()


async def push_booking_location(database: Database, changed: BookingLocationChanged) -> None:
    """Hears that something else can be booked at a place of ours."""
    key = fold(changed.booking_location_id)
    await _news(database, changed.holder, changed.owner, Module.BOOKING_LOCATIONS, key)


@OfOurs
async def push_booking(database: Database, changed: BookingChanged) -> None:
    """Hears how a booking with us stands: only who asked for it is told."""
    async with database.unit() as unit:
        booking = await bookings.fetch(unit, changed.holder, changed.holder, changed.booking_id)
        told = await _concerned(unit, changed.holder, Module.BOOKINGS, booking.asked_by)
        await queue(unit, told, Module.BOOKINGS, fold(booking.id), "PUT")
    database.wake()


async def _shown_to(database: Database, changed: TokenChanged) -> None:
    """Whoever hears of published places alone, hears of those that name this Token of theirs.

    OCPI 2.2.1 mod_locations_publish_token_class.
    """
    owner = PartyId.parse(changed.owner)
    async with database.unit() as unit:
        told = await _shown_by_token(unit, changed.holder, owner)
        token = told and await tokens.find(unit, changed.holder, TokenKey(owner, changed.type, changed.uid))
        for id in await locations.shown_to(unit, changed.holder, token) if token else ():
            await queue(unit, told, Module.LOCATIONS, fold(id), "PUT")
    database.wake()


async def _shown_by_token(unit: Unit, holder: PartyId, owner: PartyId) -> tuple[Connection, ...]:
    """Whoever of this party hears of places that are not published by its Tokens alone."""
    told = await _concerned(unit, holder, Module.LOCATIONS)
    return tuple(one for one in told if one.policy.shares.published_only and owner in one.parties)


async def _news(database: Database, holder: PartyId, owner: str, module: Module, key: str, method: str = "PUT") -> None:
    """Of ours only: what a partner said is nobody else's business, but where we collect it for all."""
    if str(holder) != owner and module not in collected.COLLECTED:
        return
    async with database.unit() as unit:
        if str(holder) == owner:
            await queue(unit, await _concerned(unit, holder, module), module, key, method)
        if module in collected.COLLECTED:
            await collected.queue(unit, holder, PartyId.parse(owner), module, key.split("/")[0])
    database.wake()


async def _concerned(
    unit: Unit, holder: PartyId, module: Module, party: PartyId | None = None, ours: Role | None = None
) -> tuple[Connection, ...]:
    """To whom we are the Sender and who takes pushes; where `party` is given, the one way to it, in that role of ours.

    Each line once, in whatever roles this party of ours speaks there. What happens while a partner is suspended waits
    for it, a CDR above all.
    """
    found = {
        connection.line: connection
        for connection in reversed(await store.connections.registered(unit, holder))
        if (module, SENDER) in OFFERED[connection.our_role]
        and connection.our_role is not Role.NAP
        and connection.endpoint(module, RECEIVER) is not None
        and ours in (None, connection.our_role)
    }
    takers = tuple(reversed(found.values()))
    if party is None:
        return takers
    way = way_to(party, takers)
    return () if way is None else (way,)


async def queue(
    unit: Unit, told: Iterable[Connection], module: Module, key: str, method: str, to: PartyId | None = None
) -> None:
    """To the one that it concerns, or to each whom it is for."""
    for connection in told:
        if await sharing.concerns(unit, connection, module, key):
            await tell(unit, connection, module, key, method, to)


async def tell(
    unit: Unit, connection: Connection, module: Module, key: str, method: str = "PUT", to: PartyId | None = None
) -> None:
    """As its policy has it."""
    if method == "PATCH" and connection.policy.pushes.whole_only:
        key, method = key.split("/")[0], "PUT"
    for one in (to,) if to is not None else await hub_clients.receivers_of(unit, connection):
        if not connection.policy.pushes.in_order:
            store.deliveries.queue_news(unit, connection, module, key, method, one)
        elif message := await _if_there(news(unit, connection, module, key, method)):
            store.deliveries.queue_message(unit, connection, module, key, message, one)


async def _if_there(said: Awaitable[Message | None]) -> Message | None:
    """What cannot be said now, is not said later either: the message after it will."""
    try:
        return await said
    except (StillOffered, Unsayable):
        return None
