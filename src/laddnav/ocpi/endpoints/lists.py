"""The Sender side of every module whose owner we are: lists by pages, and single objects."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import fold
from laddnav.ocpi.endpoints.call import Call, Endpoint, Reply, Within
from laddnav.ocpi.endpoints.heard import speakable
from laddnav.ocpi.telling import words
from laddnav.ocpi.wire import envelope, paging
from laddnav.ocpi.wire.codec import Unsayable
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import Page


async def listed(unit: Unit, call: Call, module: Module, page: Page) -> Reply:
    """One page, joined from bytes; where it is asked of several of us, the list of one after that of the other."""
    total, objects = 0, list[bytes]()
    for one in call.ours:
        rest = replace(page, offset=max(0, page.offset - total), limit=page.limit - len(objects))
        many, found = await words.page(unit, one, module, call.version, rest)
        total += many
        objects += found
    headers = paging.headers(call.url, page, len(objects), total, call.connection.policy.lists.gives)
    return Reply(data=envelope.listed([speakable(call.connection, one) for one in objects]), headers=headers)


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
        return await words.said(unit, call.holder, module, call.version, fold(id), call.connection.policy.shares)
    except Unsayable:
        return None
