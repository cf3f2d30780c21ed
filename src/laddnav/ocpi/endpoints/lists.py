"""The Sender side of every module whose owner we are: lists by pages, and single objects."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import fold
from laddnav.kit.json import Unreadable
from laddnav.ocpi import store
from laddnav.ocpi.endpoints.call import Call, Endpoint, Reply, Within
from laddnav.ocpi.endpoints.heard import speakable
from laddnav.ocpi.model import Connection
from laddnav.ocpi.telling import words
from laddnav.ocpi.wire import envelope, paging
from laddnav.ocpi.wire.codec import Unsayable, encoded, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import Page, Place


async def listed(unit: Unit, call: Call, module: Module, page: Page) -> Reply:
    """One page, joined from bytes; where it is asked of several of us, the list of one after that of the other."""
    begins = paging.place_in(call.query, page)
    skipped = _before(call, begins)
    # Of what several of us have, each counts its own.
    counted = begins.counted if begins is not None and len(call.ours) == 1 else None
    total, many, more, ends, found = 0, 0, False, begins, list[bytes]()
    for number, one in enumerate(call.ours):
        after = begins.ref if begins is not None and number == skipped else ""
        offset = max(0, page.offset - total) if begins is None else 0
        limit = 0 if number < skipped else page.limit - many
        leaf, said = await words.page(
            unit, one, module, call.version, replace(page, offset=offset, limit=limit, after=after, counted=counted)
        )
        total += leaf.total
        many += leaf.many
        more = more or (number >= skipped and leaf.more)
        if leaf.many:
            ends = Place(page.offset + many, one.holder, leaf.last, leaf.counted if len(call.ours) == 1 else None)
            found.append(said)
    headers = paging.counts(total, call.connection.policy.lists.gives)
    if many and more:
        headers |= paging.leading_on(call.url, replace(page, offset=page.offset + many), ends)
    return Reply(data=_heard(call.connection, envelope.listed(found)), headers=headers)


def _heard(connection: Connection, objects: bytes) -> bytes:
    """As they are, or one by one as this partner is to hear them."""
    if not connection.policy.objects.uids and not connection.policy.shares.smart_charging:
        return objects
    return envelope.listed([speakable(connection, encoded(one)) for one in parsed(objects)])


def _before(call: Call, begins: Place | None) -> int:
    """How many of us a page leaves out that begins there. Raises Unreadable."""
    if begins is None:
        return 0
    for number, one in enumerate(call.ours):
        if one.holder == begins.holder:
            return number
    raise Unreadable(f"after={str(begins)!r} is no place in this list; take it from the link as it is")


def asked(call: Call) -> Page:
    """Which part of a list they ask for, and of that no more than they may have at once. Raises Unreadable."""
    return paging.asked(call.query, call.connection.policy.lists.gives)


def listing(module: Module) -> Endpoint:
    async def list_all(unit: Unit, call: Call) -> Reply:
        return await listed(unit, call, module, asked(call))

    return Within(list_all, several=True)


async def own(unit: Unit, call: Call, module: Module, id: str) -> bytes | None:
    """Our words for the object of ours that the URL names; None too where its version has none that would do."""
    try:
        return await words.said(unit, call.holder, module, call.version, fold(id), call.connection.shares)
    except Unsayable:
        return None


async def fold_counts(database: Database) -> None:
    """How long our lists are is kept as what was added and taken away; now and then that is summed up."""
    async with database.unit() as unit:
        await store.lists.fold_counts(unit)
