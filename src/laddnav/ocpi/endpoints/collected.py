"""The Sender side of a national access point: what others told it of places and prices, in one list for whoever asks.

OCPI 2.2.1 introduction_typical_roles: it is Receiver and Sender of Locations and Tariffs.
"""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.kit.ids import fold
from laddnav.locations.rules import UnknownLocation
from laddnav.ocpi import store
from laddnav.ocpi.endpoints import lists
from laddnav.ocpi.endpoints.call import Call, Endpoint, Reply, Table, Within
from laddnav.ocpi.endpoints.locations import inside
from laddnav.ocpi.telling import collected
from laddnav.ocpi.wire import envelope, paging
from laddnav.ocpi.wire.handshake import Module


def _listing(module: Module) -> Endpoint:
    async def list_all(unit: Unit, call: Call) -> Reply:
        """In the order in which we first heard of them; what a version has no words for is left out of the page."""
        page, readers = lists.asked(call), call.connection.parties
        total, rows = await store.collected.page(unit, call.holder, module, call.version.number, readers, page)
        said = [
            row.body or await collected.words_of(unit, call.holder, module, call.version, row.owner, row.key)
            for row in rows
        ]
        headers = paging.headers(call.url, page, len(rows), total, call.connection.policy.lists.gives)
        return Reply(data=envelope.listed([one for one in said if one is not None]), headers=headers)

    return Within(list_all)


async def place(unit: Unit, call: Call) -> Reply:
    """The URL says no owner; where two have the same id, nobody knows which is meant.

    Raises UnknownLocation, UnknownEvse, UnknownConnector.
    """
    key, readers = fold(call.segments[0]), call.connection.parties
    owners = await store.collected.owners(unit, call.holder, Module.LOCATIONS, key, readers)
    if len(owners) == 1:
        body = await collected.words_of(unit, call.holder, Module.LOCATIONS, call.version, owners[0], key)
        if body is not None:
            return Reply(data=inside(body, call.segments))
    raise UnknownLocation(call.segments[0])


LOCATIONS: Table = {
    ("GET", 0): _listing(Module.LOCATIONS),
    ("GET", 1): Within(place),
    ("GET", 2): Within(place),
    ("GET", 3): Within(place),
}
TARIFFS: Table = {("GET", 0): _listing(Module.TARIFFS)}
