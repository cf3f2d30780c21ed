"""GET ALL via a hub: one list of what all have told it, as far as the requester may see it.

OCPI 2.2.1 transport_and_format_get_all_via_hubs, transport_and_format_paginated_response.
"""

from __future__ import annotations

import structlog

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.ocpi import store
from laddnav.ocpi.endpoints.call import Reply
from laddnav.ocpi.hub.telling import retold
from laddnav.ocpi.hub.through import Through
from laddnav.ocpi.hub.translate import OBJECTS
from laddnav.ocpi.store.hub import Row
from laddnav.ocpi.wire import envelope, paging
from laddnav.ocpi.wire.codec import Unsayable
from laddnav.ocpi.wire.versions import VERSIONS

log = structlog.get_logger()


async def listed(unit: Unit, through: Through, denied: frozenset[PartyId]) -> Reply:
    """One page, in the order in which the hub first heard of its objects. Raises Unreadable."""
    page = paging.asked(through.query)
    speaker, module = through.speaker, through.module
    total, rows = await store.hub.page(unit, through.hub, module, [speaker], {speaker, *denied}, page)
    told = [await _told(unit, through, row) for row in rows]
    headers = paging.headers(through.url, page, len(rows), total)
    return Reply(data=envelope.listed([one for one in told if one is not None]), headers=headers)


async def _told(unit: Unit, through: Through, row: Row) -> bytes | None:
    """None for what the requester's version has no words for; what that is, is among what it loses."""
    try:
        return await retold(
            unit,
            through.hub,
            VERSIONS[row.version],
            through.version,
            OBJECTS[through.module],
            row.body,
            said_by=row.owner,
            said_to=through.speaker,
        )
    except (Unsayable, Unreadable) as error:
        log.warning("object_not_listed", module=through.module, owner=str(row.owner), error=str(error))
        return None
