"""URLs of one client that another is to follow: replaced by ours, and followed through us.

A client has no way to the other, and our token there is none of its business (OCPI 2.2.1 mod_commands_flow).
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import urljoin, urlsplit, urlunsplit

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi import store
from laddnav.ocpi.hub.model import Detour
from laddnav.ocpi.hub.rules import NoSuchDetour
from laddnav.ocpi.hub.through import Through, by_way_of
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire.handshake import Interface
from laddnav.ocpi.wire.paging import with_query
from laddnav.ocpi.wire.version import Version

FOR_RESULTS = FOR_PAGES = timedelta(days=1)
FOR_CDRS = timedelta(days=400)  # who asks for a CDR once more is about to close its books


def opened(
    unit: Unit,
    through: Through,
    *,
    follower: Connection,
    spoken: Version,
    towards: Connection,
    party: PartyId,
    interface: Interface,
    method: str,
    url: str,
    lasts: timedelta,
    about: str = "",
) -> str:
    """The URL for `follower` that leads on to `url` of `party`."""
    detour = Detour(
        id=secrets.token_urlsafe(24),
        connection_id=follower.id,
        towards=towards.id,
        party=party,
        module=through.module,
        interface=interface,
        method=method,
        about=about,
        url=url,
    )
    store.hub.insert_detour(unit, through.hub, detour, unit.now + unit.clock.wall(lasts))
    return by_way_of(through.settings, spoken, through.module, detour.id)


async def followed(unit: Unit, through: Through) -> Detour:
    """Raises NoSuchDetour, also for what was given to somebody else."""
    detour = await store.hub.detour(unit, through.hub, through.segments[0], through.connection.id)
    if detour is None or detour.module is not through.module or detour.method != through.method:
        raise NoSuchDetour("No way through here is known to you, or its time is over")
    return detour


def at_home(url: str, asked: str) -> str | None:
    """What an answer names, at the origin that was asked: nothing that a client says leads us elsewhere.

    None: it names nothing that could be a URL.
    """
    try:
        named, origin = urlsplit(urljoin(asked, url)), urlsplit(asked)
    except ValueError:
        return None
    return urlunsplit((origin.scheme, origin.netloc, named.path, named.query, ""))


def led_on(url: str, query: str) -> str:
    """With the parameters that came along in place of those that were in it."""
    return with_query(url.split("?")[0], query) if query else url


async def forget_old(database: Database) -> None:
    """Whose time is over."""
    async with database.unit() as unit:
        store.hub.forget_detours(unit)
