"""What partners ask for all day: a page of 50 Locations, one Location, and whether a card may charge."""

from __future__ import annotations

from itertools import cycle
from urllib.parse import urlsplit

import asyncpg

from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.ocpi.wire.paging import next_link
from laddnav.sim.bench import roaming, store
from laddnav.sim.bench.figures import Figure, Pace
from laddnav.sim.bench.house import PAGE, House, card_uid, place_id
from laddnav.sim.bench.load import HttpAsker, Refused, field, get, tell

BEFORE_PAGE = 150  # the page that is asked for stands amid the network, like most pages of a crawl
SELECT = "bare handler, one prepared select of the same bytes"


async def page(house: House, pace: Pace) -> list[Figure]:
    """Who asks is recognised by its token, goes where the page before told, and hears how many there are."""
    path, headers = house.as_emsp.path(Module.LOCATIONS, Interface.SENDER), house.as_emsp.headers
    before = BEFORE_PAGE % (pace.places - PAGE)
    ours = get(await _following(house, f"{path}?offset={before}&limit={PAGE}"), headers)
    limit = get(f"/page/{place_id(before + PAGE)}/{PAGE}", {})
    await roaming.same_length(house, "a page", ours, limit)
    return [
        await roaming.figure(house, pace, "ocpi_page", "pages", ours=lambda: ours, limit=lambda: limit, limit_is=SELECT)
    ]


async def location(house: House, pace: Pace) -> list[Figure]:
    """One after the other."""
    path, headers = house.as_emsp.path(Module.LOCATIONS, Interface.SENDER), house.as_emsp.headers
    ids = [place_id(number) for number in range(pace.objects)]
    ours, limit = [get(f"{path}/{id}", headers) for id in ids], [get(f"/one/{id}", {}) for id in ids]
    await roaming.same_length(house, "a Location", ours[-1], limit[-1])
    return [await _in_turn(house, pace, "ocpi_location", "Locations", ours, limit)]


async def authorization(house: House, pace: Pace) -> list[Figure]:
    """Whether a card that the eMSP knows may charge at a place; each answer has a reference of its own."""
    path, headers = house.as_cpo.path(Module.TOKENS, Interface.SENDER), house.as_cpo.headers
    uids = [card_uid(number) for number in range(pace.objects)]
    ours = [
        tell("POST", f"{path}/{uid}/authorize", headers, b'{"location_id":"%s"}' % place_id(number).encode())
        for number, uid in enumerate(uids)
    ]
    verdicts = [roaming.data_in(await HttpAsker.once(house.server.port, one)) for one in ours]
    if not all(b'"allowed":"ALLOWED"' in verdict for verdict in verdicts):
        raise Refused(verdicts[0].decode())
    connection = await asyncpg.connect(house.ground.url)
    await connection.executemany(store.KEEP, [(uid, said.decode()) for uid, said in zip(uids, verdicts, strict=True)])
    await connection.close()
    limit = [get(f"/one/{uid}", {}) for uid in uids]
    await roaming.same_length(house, "a verdict", ours[-1], limit[-1])
    return [await _in_turn(house, pace, "ocpi_authorize", "verdicts", ours, limit)]


async def _in_turn(house: House, pace: Pace, name: str, things: str, ours: list[bytes], limit: list[bytes]) -> Figure:
    asked, limit_asked = cycle(ours), cycle(limit)
    return await roaming.figure(
        house, pace, name, things, ours=lambda: next(asked), limit=lambda: next(limit_asked), limit_is=SELECT
    )


async def _following(house: House, path: str) -> str:
    """Where the page at this path says that the next one is."""
    head, _ = await HttpAsker.answer(house.server.port, get(path, house.as_emsp.headers))
    link = next_link(field(head, b"link").decode())
    if link is None:
        raise Refused(f"{path} is the last page")
    url = urlsplit(link)
    return f"{url.path}?{url.query}"
