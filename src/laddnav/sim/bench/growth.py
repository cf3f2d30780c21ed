"""What a page costs in a network of 100,000 Locations and of 1,000,000: the first one, one amid them, and the last.

`made` multiplies the places of the house within the database, with all that is kept of them for lists; whoever crawls
that many would take hours to get there by 50, so the link to a page is put together as the server would.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from laddnav.ocpi.endpoints import lists
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.ocpi.wire.paging import next_link
from laddnav.sim.bench import roaming, store
from laddnav.sim.bench.figures import Figure, Goal, Measure, Pace, effort
from laddnav.sim.bench.house import PAGE, House, furnished, place_id
from laddnav.sim.bench.load import HttpAsker, Rate, Refused, Side, compared, field, get
from laddnav.sim.network import OURS

ALIKE = Goal(of=Measure.RATIO, most=1.2)
ASKERS = 4


class Sizes(Struct, frozen=True, kw_only=True):
    small: int
    large: int


FULL = Sizes(small=100_000, large=1_000_000)


class Costs(Struct, frozen=True, kw_only=True):
    """What one page costs of server and PostgreSQL, by where it stands; and how long it took to make all there are."""

    first: Rate
    middle: Rate
    last: Rate
    offset: Rate  # the last page again, but asked for by the mere number of those before it
    made_in: float  # seconds


async def growth(pace: Pace) -> list[Figure]:
    """Raises Refused, CannotStart, DidNotStart."""
    # All pages are alike: each shows the same places, under ids of the same length.
    async with furnished(replace(pace, places=PAGE, stations=1, objects=1)) as house:
        return await growing(house, pace, FULL)


async def growing(house: House, pace: Pace, sizes: Sizes) -> list[Figure]:
    """Raises Refused."""
    small, large = [await _costs(house, pace, many) for many in (sizes.small, sizes.large)]
    smaller, larger = (f"of {many:,} Locations" for many in (sizes.small, sizes.large))
    return [
        _figure("first", large.first, small.first, f"the same page {smaller}", ALIKE),
        _figure("middle", large.middle, small.middle, f"the same page {smaller}", ALIKE),
        _figure("last", large.last, small.last, f"the same page {smaller}", ALIKE),
        _figure("offset", large.offset, large.last, f"the same page {larger}, by its link"),
        effort("ocpi_growth_made", "s", large.made_in, small.made_in, f"the making {smaller}"),
    ]


def _figure(where: str, page: Rate, other: Rate, other_is: str, goal: Goal | None = None) -> Figure:
    """Processor time of server and PostgreSQL together."""
    found = effort(f"ocpi_growth_{where}", "CPU µs/page", _us(page), _us(other), other_is, goal=goal)
    return replace(found, cost=page, limit_cost=other)


async def _costs(house: House, pace: Pace, many: int) -> Costs:
    made_in = await _made(house, many)
    path, headers = house.as_emsp.path(Module.LOCATIONS, Interface.SENDER), house.as_emsp.headers
    middle, last = many // 2 // PAGE * PAGE, many - PAGE
    pages = [
        (f"{path}?limit={PAGE}", 0),
        (await _link(house, middle), middle),
        (await _link(house, last), last),
        (f"{path}?offset={last}&limit={PAGE}", last),
    ]
    for url, offset in pages:
        await _look(house, url, offset, many)
    asking = [
        [await HttpAsker.connected(house.server.port, partial(get, url, headers), bool) for _ in range(ASKERS)]
        for url, _ in pages
    ]
    try:
        first, amid, end, raw = await compared(
            [Side(server=house.server.pid, askers=askers) for askers in asking],
            house.ground.postgres,
            rounds=pace.rounds,
            seconds=pace.seconds,
            warm_up=pace.warm_up,
        )
    finally:
        for asker in (one for askers in asking for one in askers):
            asker.close()
    return Costs(first=first, middle=amid, last=end, offset=raw, made_in=made_in)


async def _made(house: House, many: int) -> float:
    """Seconds that it takes until there are so many."""
    began = perf_counter()
    connection = await asyncpg.connect(house.ground.url)
    try:
        there = await connection.fetchval(store.PLACES, str(OURS))
        await connection.execute("set synchronous_commit = off")
        places = store.MORE_PLACES.format(columns=await connection.fetchval(store.COLUMNS))
        for statement in (places, store.MORE_WORDS):
            await connection.execute(statement, str(OURS), there, many, PAGE)
        # What a server does every few seconds.
        await lists.fold_counts(house.ground.database)
        await connection.execute(store.SETTLE)
    finally:
        await connection.close()
    return perf_counter() - began


async def _link(house: House, offset: int) -> str:
    """The path that leads to the page with so many before it, as the link of the page before would."""
    path = house.as_emsp.path(Module.LOCATIONS, Interface.SENDER)
    head, _ = await HttpAsker.answer(house.server.port, get(f"{path}?limit={PAGE}", house.as_emsp.headers))
    link = urlsplit(next_link(field(head, b"link").decode()) or "")
    query = dict(parse_qsl(link.query)) | {"offset": str(offset)}
    if "after" in query:
        ref = await roaming.value(house, store.REF_AT, str(OURS), offset - 1)
        query["after"] = ".".join([str(offset), query["after"].split(".")[1], ref])
    return f"{link.path}?{urlencode(query)}"


class _Named(Struct):
    id: str


class _Page(Struct):
    data: list[_Named]


async def _look(house: House, url: str, offset: int, many: int) -> None:
    """Whether it is the page that it is taken for. Raises Refused."""
    head, body = await HttpAsker.answer(house.server.port, get(url, house.as_emsp.headers))
    ids = [one.id for one in msgspec.json.decode(body, type=_Page).data]
    total, last = int(field(head, b"x-total-count")), b"link:" not in head.lower()
    if ids != [place_id(offset + n) for n in range(PAGE)] or total != many or last != (offset + PAGE == many):
        raise Refused(f"{url} has {ids[:1]} of {total} where {place_id(offset)} of {many} was expected")


def _us(rate: Rate) -> float:
    return rate.server_us + rate.postgres_us
