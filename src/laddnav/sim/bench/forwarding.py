"""A hub: what one client asks another by way of it, beside a reverse proxy that does nothing but pass on."""

from __future__ import annotations

from laddnav.kit.ids import PartyId
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.partners import NEWEST
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.routing import Route
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from laddnav.sim.bench import roaming
from laddnav.sim.bench.figures import Figure, Pace, of_answers
from laddnav.sim.bench.house import House, party
from laddnav.sim.bench.load import HttpAsker, Refused, get
from laddnav.sim.bench.roaming import Asked
from laddnav.sim.bench.sink import COUNTRY, party_of

HUB = PartyId("SE", "HUB")
ASKING, ASKED = "emsp0", "cpo1"
BARE = "reverse proxy: the same Uvicorn, the same HTTP client, the same target"


async def hub(house: House, pace: Pace) -> list[Figure]:
    """An eMSP asks a CPO for one of its Locations. Raises Refused, DidNotStart."""
    ground = house.ground
    async with ground.database.unit() as unit:
        await parties.add(unit, party(unit, HUB, Role.HUB))
    sink = await ground.beside("laddnav.sim.bench.sink", house.places[0].decode(), measured=False)
    limit = await ground.beside("laddnav.sim.bench.passing", sink.url)
    for name in (ASKING, ASKED):
        url = f"{sink.url}/{name}/versions"
        await partners.register(ground.database, ground.clients, url, "token-a", HUB, Role.HUB)
    token = await HttpAsker.once(sink.port, get(f"/{ASKING}/token", {}))
    route = Route(to=PartyId(COUNTRY, party_of(ASKED)), origin=PartyId(COUNTRY, party_of(ASKING)))
    headers = {"Authorization": routing.authorization(token.decode(), encoded=True)} | routing.route_headers(route)
    ours = get(f"/ocpi/hub/{NEWEST}/sender/locations/LOC1", headers)
    bare = get(f"/{ASKED}/locations/LOC1", headers)
    ports = ground.server.port, limit.port
    said = [await HttpAsker.once(port, request) for port, request in zip(ports, (ours, bare), strict=True)]
    if said[0] != said[1]:
        raise Refused(f"the hub says {said[0][:300]!r} where the proxy says {said[1][:300]!r}")
    sides = (
        Asked(pid=ground.server.pid, port=ports[0], requests=lambda: ours),
        Asked(pid=limit.pid, port=ports[1], requests=lambda: bare),
    )
    ours_rate, limit_rate = await roaming.rates(ground.postgres, pace, sides, pace.askers)
    return [of_answers("ocpi_hub", "requests", ours_rate, limit_rate, BARE)]
