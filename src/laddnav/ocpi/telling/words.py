"""What we say about our objects: rendered when an object's revision changed, and from then on passed on as bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from msgspec.structs import replace

from laddnav.bookings import actions as bookings
from laddnav.bookings.model import Booking, BookingLocation
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.model import Connector, Location, Status
from laddnav.ocpi import store
from laddnav.ocpi.deviations import sharing
from laddnav.ocpi.deviations.policy import ALL, Shares
from laddnav.ocpi.hub import clients
from laddnav.ocpi.model import Connection
from laddnav.ocpi.store.lists import Leaf, Reader, Row
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.wire.clients import ClientInfo
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import Page
from laddnav.ocpi.wire.version import Version
from laddnav.payments import actions as payments
from laddnav.payments.model import Confirmation, Terminal
from laddnav.pricing.tab import priced
from laddnav.reconciliation import actions as reconciliation
from laddnav.reconciliation.model import Record
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Tariff
from laddnav.tariffs.rules import for_group
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token, TokenKey
from laddnav.tokens.rules import as_partners_see

KINDS: dict[Module, type[Any]] = {
    Module.BOOKINGS: Booking,
    Module.BOOKING_LOCATIONS: BookingLocation,
    Module.CDRS: Cdr,
    Module.HUB_CLIENT_INFO: ClientInfo,
    Module.CONFIRMATIONS: Confirmation,
    Module.TERMINALS: Terminal,
    Module.INVOICE_RECONCILIATION: Record,
    Module.LOCATIONS: Location,
    Module.SESSIONS: Session,
    Module.TARIFFS: Tariff,
    Module.TOKENS: Token,
}


FOR_NOW = 0  # no revision: which of several Tariffs holds depends on the moment, so it is asked anew


def token_key(type: str, uid: str) -> str:
    """What names a Token among its owner's."""
    return f"{type}/{fold(uid)}"


async def page(unit: Unit, connection: Connection, module: Module, version: Version, page: Page) -> tuple[Leaf, bytes]:
    """(a page of what is for them, our words for its objects with commas between)."""
    reader = _reader(connection, module, version)
    leaf = await store.lists.leaf(unit, reader, page)
    if leaf.words is not None:
        return leaf, leaf.words
    return leaf, b",".join(await _said_singly(unit, reader, version, page))


async def each(
    unit: Unit, connection: Connection, module: Module, version: Version, limit: int
) -> AsyncIterator[bytes]:
    """Our words for everything that is for them, as they are read page by page."""
    reader, page, more = _reader(connection, module, version), Page(limit=limit), True
    while more:
        leaf = await store.lists.leaf(unit, reader, page)
        for body in await _said_singly(unit, reader, version, page):
            yield body
        page, more = replace(page, after=leaf.last), leaf.more


def _reader(connection: Connection, module: Module, version: Version) -> Reader:
    return Reader(
        holder=connection.holder,
        module=module,
        version=version.number,
        parties=_parties(connection, module, version),
        shares=connection.shares,
        whole=version.tells_all(module),
    )


def _parties(connection: Connection, module: Module, version: Version) -> tuple[str, ...] | None:
    """Whom of them a list is for; what is between a CPO and an eMSP concerns whom we deal with in that role of ours."""
    if module is Module.INVOICE_RECONCILIATION:
        return tuple(f"{party} {connection.our_role}" for party in connection.parties)
    if module is Module.SESSIONS and sharing.hears_all_charges(connection, version):
        return None
    return tuple(str(party) for party in connection.parties)


async def _said_singly(unit: Unit, reader: Reader, version: Version, page: Page) -> list[bytes]:
    """Object by object, and put into words where they are not yet."""
    rows = await store.lists.rows(unit, reader, page)
    return [
        row.body or await _rendered(unit, reader.holder, reader.module, version, row, reader.shares) for row in rows
    ]


async def said(
    unit: Unit, holder: PartyId, module: Module, version: Version, key: str, shares: Shares = ALL
) -> bytes | None:
    """Our words for one object of ours; None where there is none, or it is withdrawn, or not for them."""
    row = await store.lists.row(unit, holder, module, version.number, key, shares)
    if row is None:
        return None
    if row.body is not None:
        return row.body
    thing = await READS[module](unit, holder, row.key)
    return None if thing is None else await _put(unit, holder, module, version, row, thing, shares)


async def farewell(unit: Unit, holder: PartyId, version: Version, key: str, shares: Shares) -> bytes | None:
    """For partners who were told of a Location that is not for them any more, or not for everybody any more.

    The latter where their version cannot say so. Its Evses are gone for them; None where nobody was told. Once it is
    for them again, it is no older than this, or they would not take it.
    """
    named = Key(holder=holder, owner=holder, module=Module.LOCATIONS, version=version.number, said=True, id=key)
    for_them = replace(named, audience=store.lists.audience(Module.LOCATIONS, shares))
    found = await store.words.find(unit, for_them) or await store.words.find(unit, named)
    if found is None:
        return None
    locations.redate(unit, holder, key)
    location, at = parsed(found.body), {"last_updated": rfc3339(unit.now.replace(microsecond=0))}
    gone = [evse | at | {"status": Status.REMOVED} for evse in location.get("evses") or ()]
    return encoded(location | at | {"evses": gone})


async def _rendered(unit: Unit, holder: PartyId, module: Module, version: Version, row: Row, shares: Shares) -> bytes:
    thing = await READS[module](unit, holder, row.key)
    assert thing is not None, "what stands on a page is there"
    return await _put(unit, holder, module, version, row, thing, shares)


async def _put(
    unit: Unit, holder: PartyId, module: Module, version: Version, row: Row, thing: Any, shares: Shares
) -> bytes:
    revision = row.revision
    if module is Module.LOCATIONS:
        thing = await _with_their_tariffs(unit, holder, thing, shares.price_group)
    if module is Module.LOCATIONS and not version.lists_tariffs:
        told = await _with_one_tariff(unit, holder, thing)
        if told != thing:
            thing, revision = told, FOR_NOW
    body = version.codecs[KINDS[module]].encode(thing)
    key = Key(
        holder=holder,
        owner=holder,
        module=module,
        version=version.number,
        said=True,
        id=row.key,
        audience=store.lists.audience(module, shares),
    )
    store.words.put(unit, key, body, thing.last_updated, revision)
    return body


async def _with_their_tariffs(unit: Unit, holder: PartyId, location: Location, group: str) -> Location:
    """Of a Connector's Tariffs those by which the drivers of this price group pay."""
    every = {id for evse in location.evses for plug in evse.connectors for id in plug.tariff_ids}
    grouped = await tariffs.grouped(unit, holder, tuple(every))
    if not grouped:
        return location

    def theirs(connector: Connector) -> Connector:
        return replace(connector, tariff_ids=for_group(connector.tariff_ids, grouped, group))

    evses = [replace(one, connectors=tuple(theirs(plug) for plug in one.connectors)) for one in location.evses]
    return replace(location, evses=tuple(evses))


async def _with_one_tariff(unit: Unit, holder: PartyId, location: Location) -> Location:
    """Of a Connector's Tariffs the one that holds for a driver with a contract: a partner can hear of one only."""

    async def chosen(connector: Connector) -> Connector:
        if len(connector.tariff_ids) < 2:
            return connector
        tariff = await tariffs.offered(unit, holder, holder, connector.tariff_ids, unit.now)
        return replace(connector, tariff_ids=connector.tariff_ids[:1] if tariff is None else (tariff.id,))

    evses = [replace(one, connectors=tuple([await chosen(plug) for plug in one.connectors])) for one in location.evses]
    return replace(location, evses=tuple(evses))


async def _location(unit: Unit, holder: PartyId, key: str) -> Location | None:
    return await locations.find(unit, holder, holder, key)


async def _tariff(unit: Unit, holder: PartyId, key: str) -> Tariff | None:
    return await tariffs.find(unit, holder, holder, key)


async def _token(unit: Unit, holder: PartyId, key: str) -> Token | None:
    type, _, uid = key.partition("/")
    token = await tokens.find(unit, holder, TokenKey(holder, type, uid))
    return None if token is None else as_partners_see(token)


async def _session(unit: Unit, holder: PartyId, key: str) -> Session | None:
    """A partner hears the periods as far as they are priced; we keep them folded in the Tab."""
    session = await sessions.find(unit, holder, holder, key)
    if session is None or session.tab is None:
        return session
    return replace(session, periods=priced(session.tab).periods)


async def _terminal(unit: Unit, holder: PartyId, key: str) -> Terminal | None:
    one = await payments.find_terminal(unit, holder, holder, key)
    return None if one is None else one.terminal


async def _confirmation(unit: Unit, holder: PartyId, key: str) -> Confirmation | None:
    one = await payments.find_confirmation(unit, holder, holder, key)
    return None if one is None else one.confirmation


async def _record(unit: Unit, holder: PartyId, key: str) -> Record | None:
    return await reconciliation.find(unit, holder, holder, key)


async def _booking(unit: Unit, holder: PartyId, key: str) -> Booking | None:
    return await bookings.find(unit, holder, holder, key)


async def _cdr(unit: Unit, holder: PartyId, key: str) -> Cdr | None:
    return await cdrs.find(unit, holder, holder, key)


READS: dict[Module, Callable[[Unit, PartyId, str], Awaitable[Any]]] = {
    Module.BOOKINGS: _booking,
    Module.BOOKING_LOCATIONS: bookings.told,
    Module.CDRS: _cdr,
    Module.HUB_CLIENT_INFO: clients.client,
    Module.CONFIRMATIONS: _confirmation,
    Module.TERMINALS: _terminal,
    Module.INVOICE_RECONCILIATION: _record,
    Module.LOCATIONS: _location,
    Module.SESSIONS: _session,
    Module.TARIFFS: _tariff,
    Module.TOKENS: _token,
}
