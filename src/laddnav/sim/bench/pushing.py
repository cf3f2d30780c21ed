"""Changes that go out: as many EVSEs change at once, and each of as many partners is to hear of each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from laddnav.db import outbox
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi.connections import partners
from laddnav.parties.model import Role
from laddnav.sim.bench.figures import Figure, Pace, of_answers
from laddnav.sim.bench.ground import Ground, laid
from laddnav.sim.bench.house import furnish_network
from laddnav.sim.bench.load import HttpAsker, Rate, Refused, cpu_seconds, get
from laddnav.sim.network import OURS
from laddnav.sim.process import Process

PATIENCE = 600.0  # seconds; a machine that does much else is given time
LOOK_EVERY = 0.05
BARE = "the same HTTP client, as many requests at once to the same partners, and no database"


async def pushes(pace: Pace) -> list[Figure]:
    """From the change to the last arrival. Raises Refused, CannotStart, DidNotStart."""
    evses = list[EvseRef]()

    async def furnish(unit: Unit) -> None:
        for place in await furnish_network(unit, pace):
            evses.extend(EvseRef(place.id, evse.uid) for evse in place.evses)

    async with laid("jobs", furnish) as ground:
        sink = await ground.beside("laddnav.sim.bench.sink", "null", measured=False)
        limit = await ground.beside("laddnav.sim.bench.passing", sink.url)
        await _quiet(ground.database)
        for number in range(pace.partners):
            url = f"{sink.url}/emsp{number}/versions"
            await partners.register(ground.database, ground.clients, url, "token-a", OURS, Role.CPO)
        await _quiet(ground.database)
        ours = await _told(ground, sink, evses[: pace.changed], pace.partners)
        return [of_answers("ocpi_pushes", "deliveries", ours, await _limit(ground, limit, pace), BARE)]


async def _told(ground: Ground, sink: Process, evses: Sequence[EvseRef], many: int) -> Rate:
    """Raises Refused."""
    expected, loop = len(evses) * many, asyncio.get_running_loop()
    server, postgres, began = cpu_seconds(ground.server.pid), cpu_seconds(ground.postgres), loop.time()
    async with ground.database.unit() as unit:
        for evse in evses:
            news = await locations.report_status(
                unit, OURS, OURS, evse.location_id, evse.evse_uid, Status.RESERVED, unit.now
            )
            if not news:
                raise Refused(f"{evse} was RESERVED before")
    while (counted := await _counted(sink))[1] < expected:
        if loop.time() - began > PATIENCE:
            raise Refused(f"of {expected} deliveries {counted[1]} arrived within {PATIENCE:g} s")
        await asyncio.sleep(LOOK_EVERY)
    took = loop.time() - began
    if counted != [expected, expected]:
        raise Refused(f"{expected} deliveries were expected; {counted[0]} came, about {counted[1]} things")
    return Rate(
        per_second=expected / took,
        server_us=(cpu_seconds(ground.server.pid) - server) / expected * 1e6,
        postgres_us=(cpu_seconds(ground.postgres) - postgres) / expected * 1e6,
    )


async def _limit(ground: Ground, limit: Process, pace: Pace) -> Rate:
    loop, expected = asyncio.get_running_loop(), pace.partners * pace.changed
    before, began = cpu_seconds(limit.pid), loop.time()
    await HttpAsker.once(limit.port, get(f"/tell/{pace.partners}/{pace.changed}", {}))
    took = loop.time() - began
    cpu = cpu_seconds(limit.pid) - before
    return Rate(per_second=expected / took, server_us=cpu / expected * 1e6, postgres_us=0.0)


async def _quiet(database: Database) -> None:
    """Once nothing is left of what was announced. Raises Refused."""
    for _ in range(int(PATIENCE / LOOK_EVERY)):
        async with database.unit() as unit:
            waiting, dead = await outbox.count(unit)
        if dead:
            raise Refused(f"{dead} jobs failed for good")
        if not waiting:
            return
        await asyncio.sleep(LOOK_EVERY)
    raise Refused("what was announced is not heard")


async def _counted(sink: Process) -> list[int]:
    """How many requests came, about how many things."""
    counted: list[int] = json.loads(await HttpAsker.once(sink.port, get("/count", {})))
    return counted
