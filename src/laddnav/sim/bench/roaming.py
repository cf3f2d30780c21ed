"""OCPI under load: a page of 50 Locations read by a partner, and CDRs that a partner sends."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from laddnav.cdrs.model import Cdr
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.sim.bench import charges
from laddnav.sim.bench.figures import Figure, Pace, of_answers
from laddnav.sim.bench.house import FIRST_OF_PAGE, PAGE, House
from laddnav.sim.bench.load import HttpAsker, Rate, Refused, Side, compared, get, post


async def page(house: House, pace: Pace) -> list[Figure]:
    """Who asks is recognised by its token, and hears how many there are and where to go on."""
    path = house.as_emsp.path(Module.LOCATIONS, Interface.SENDER)
    query = f"offset={FIRST_OF_PAGE % pace.places}&limit={PAGE}"
    ours, limit = get(f"{path}?{query}", house.as_emsp.headers), get("/page", {})
    lengths = [len(await HttpAsker.once(*asked)) for asked in ((house.server_port, ours), (house.limit_port, limit))]
    if lengths[0] != lengths[1]:
        raise Refused(f"a page has {lengths[0]} bytes, and the limit for it {lengths[1]}")
    ours_rate, limit_rate = await _compared(house, pace, lambda: ours, lambda: limit)
    return of_answers("ocpi_page", "page", ours_rate, limit_rate, "bare handler, one prepared select of the same bytes")


async def cdr(house: House, pace: Pace) -> list[Figure]:
    """Every CDR is new, is read whole, and is kept in its own words and in ours; answered after the commit."""
    path, headers = house.as_cpo.path(Module.CDRS, Interface.RECEIVER), house.as_cpo.headers
    codec = VERSIONS[house.as_cpo.connection.version].codecs[Cdr]
    template = codec.encode(charges.cdr("CDR-00000000", charges.complex(), charges.stretches()))
    number = count(1)

    def body() -> bytes:
        return template.replace(b"CDR-00000000", b"CDR-%08d" % next(number))

    ours_rate, limit_rate = await _compared(
        house, pace, lambda: post(path, headers, body()), lambda: post("/keep", {}, body())
    )
    return of_answers("ocpi_cdr", "CDR", ours_rate, limit_rate, "bare handler, one prepared insert of the same bytes")


async def _compared(
    house: House, pace: Pace, ours: Callable[[], bytes], limit: Callable[[], bytes]
) -> tuple[Rate, Rate]:
    asking, limit_asking = [
        [await HttpAsker.connected(port, request, _granted) for _ in range(pace.askers)]
        for port, request in ((house.server_port, ours), (house.limit_port, limit))
    ]
    try:
        sides = (Side(server=house.server, askers=asking), Side(server=house.limit, askers=limit_asking))
        ours_rate, limit_rate = await compared(
            sides, house.postgres, rounds=pace.rounds, seconds=pace.seconds, warm_up=pace.warm_up
        )
        return ours_rate, limit_rate
    finally:
        for asker in (*asking, *limit_asking):
            asker.close()


def _granted(body: bytes) -> bool:
    return b'"status_code":1000' in body
