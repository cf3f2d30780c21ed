"""What is for one partner and not for another: pages, pushes, single objects and prices agree."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations import demands, policies
from laddnav.ocpi.deviations.demands import DEMANDS
from laddnav.ocpi.deviations.policy import Demands, Policy, Shares
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Module
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status
from laddnav.tariffs import actions as tariffs
from laddnav.tokens.model import Allowed, Authorization
from tests import things
from tests.ocpi.furnishing import furnished
from tests.ocpi.network import CPO, EMSP, Ask, Installation, stranger
from tests.ocpi.peer import Peer, said
from tests.ocpi.wording import words

PLACES = ("L1", "L2", "L3")


@pytest.fixture
async def they_ask(cpo: Installation, they: Peer) -> AsyncIterator[Ask]:
    """The same partner, asking."""
    async with stranger(they.last("POST", "/credentials").body["token"]) as ask:
        yield ask


async def shared(cpo: Installation, shares: Shares) -> None:
    async with cpo.database.unit() as unit:
        (connection,) = await partners.connections(unit, CPO)
        await policies.adapt(unit, connection.ref, Policy(shares=shares))
    await cpo.settle()


async def placed(cpo: Installation, they: Peer) -> None:
    """Three places: the second in Norway, the third not for everybody."""
    taken = {f"PUT /locations/SE/LAD/{id}": said(200, 1000) for id in PLACES}
    they.answers |= taken | {f"/tariffs/SE/LAD/{id}": said(200, 1000) for id in ("T1", "TB", "t1", "tb")}
    async with cpo.database.unit() as unit:
        for id, country, publish in (("L1", "SWE", True), ("L2", "NOR", True), ("L3", "SWE", False)):
            await locations.keep(unit, CPO, things.location(id, CPO, country=country, publish=publish))
    await cpo.settle()


async def listed(ask: Ask, cpo: Installation, module: str = "locations") -> list[Any]:
    answer = await ask("GET", f"{cpo.url}/ocpi/cpo/2.2.1/{module}")
    assert int(answer.headers["x-total-count"]) == len(answer.data)
    return list(answer.data)


def told(they: Peer, since: int) -> dict[str, Any]:
    """What was pushed about places, by id: the statuses of their Evses."""
    pushed = [one for one in they.asked[since:] if one.path.startswith("/locations")]
    return {one.body["id"]: {evse["status"] for evse in one.body["evses"]} for one in pushed}


@pytest.mark.parametrize(
    ("shares", "seen"),
    [
        (Shares(), ["L1", "L2", "L3"]),
        (Shares(locations=("l2", "L3")), ["L2", "L3"]),
        (Shares(countries=("nor",)), ["L2"]),
        (Shares(published_only=True), ["L1", "L2"]),
        (Shares(published_only=True, countries=("SWE",)), ["L1"]),
    ],
)
async def test_pages_and_single_places_agree_with_the_rule(
    cpo: Installation, they: Peer, they_ask: Ask, shares: Shares, seen: list[str]
) -> None:
    """shares.locations, shares.countries, shares.published_only: what is new and what is gone is told."""
    await placed(cpo, they)
    since = len(they.asked)
    await shared(cpo, shares)
    assert [one["id"] for one in await listed(they_ask, cpo)] == seen
    single = [(await they_ask("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations/{id}")).http for id in PLACES]
    assert single == [200 if id in seen else 404 for id in PLACES]
    assert told(they, since) == {id: {"REMOVED"} for id in PLACES if id not in seen}
    since = len(they.asked)
    await shared(cpo, Shares())
    assert told(they, since) == {id: {"AVAILABLE"} for id in PLACES if id not in seen}


async def test_at_a_place_that_is_not_for_them_nothing_can_be_asked(
    cpo: Installation, they: Peer, they_ask: Ask
) -> None:
    """shares.locations: knowing its id does not help."""
    await placed(cpo, they)
    where = {"location_id": "L3", "evse_uid": "EVSE1", "connector_id": "1", "response_url": f"{they.url}/result"}
    token = words(things.token("U1", EMSP))
    asked = {
        "START_SESSION": {**where, "token": token},
        "RESERVE_NOW": {**where, "token": token, "reservation_id": "R1", "expiry_date": "2030-01-01T00:00:00Z"},
        "UNLOCK_CONNECTOR": where,
    }
    for shares, status in ((Shares(), 1000), (Shares(locations=("L1", "L2")), 2003)):
        await shared(cpo, shares)
        for command, body in asked.items():
            answer = await they_ask("POST", f"{cpo.url}/ocpi/cpo/2.2.1/commands/{command}", encoded(body))
            assert answer.both == (200, status), command


async def test_news_of_a_place_that_is_not_for_them_are_none_of_theirs(cpo: Installation, they: Peer) -> None:
    await shared(cpo, Shares(locations=("L1",)))
    await placed(cpo, they)
    assert {one.path for one in they.asked if one.path.startswith("/locations")} == {"/locations/SE/LAD/L1"}


async def test_a_module_may_not_be_spoken_with_a_partner(cpo: Installation, they: Peer, they_ask: Ask) -> None:
    """shares.without: not offered, not answered, not pushed, not fetched; and all of that again afterwards."""
    await shared(cpo, Shares(without=("locations", "tokens")))
    await placed(cpo, they)
    details = (await they_ask("GET", f"{cpo.url}/ocpi/2.2.1")).data["endpoints"]
    offered = {one["identifier"] for one in details}
    assert not offered & {"locations", "tokens"} and "tariffs" in offered
    assert (await they_ask("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations")).http == 404
    assert not [one for one in they.asked if one.path.startswith("/locations")]
    before = they.many("GET", "/tokens")
    await cpo.pull()
    assert they.many("GET", "/tokens") == before
    await shared(cpo, Shares())
    await cpo.pull()
    assert they.many("GET", "/tokens") == before + 1 and len(await listed(they_ask, cpo)) == 3


async def test_credentials_are_spoken_with_everybody(cpo: Installation, they: Peer) -> None:
    with pytest.raises(policies.UnknownRepair):
        await shared(cpo, Shares(without=(Module.CREDENTIALS,)))


async def test_a_partner_gets_the_prices_of_its_group(cpo: Installation, they: Peer, they_ask: Ask) -> None:
    """shares.price_group: in pages, pushes and Connectors, and in what its driver is charged."""
    await furnished(cpo)
    await placed(cpo, they)
    they.answers |= {"/locations/SE/LAD/LOC1": said(200, 1000), "/locations/SE/LAD/LOC1/EVSE1": said(200, 1000)}
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, replace(things.tariff("TB", CPO), texts=()))
        location = await locations.fetch(unit, CPO, CPO, "LOC1")
        plugs = [
            replace(one, connectors=tuple(replace(plug, tariff_ids=("T1", "TB")) for plug in one.connectors))
            for one in location.evses
        ]
        await locations.keep(unit, CPO, replace(location, evses=tuple(plugs), last_updated=unit.now))
        await tariffs.assign(unit, CPO, "TB", "B")
    await cpo.settle()

    async def offered() -> tuple[list[str], list[str], int]:
        place = (await they_ask("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations/LOC1")).data
        ids = place["evses"][0]["connectors"][0]["tariff_ids"]
        every = [one["id"] for one in await listed(they_ask, cpo, "tariffs")]
        return ids, every, they.many("PUT", "/tariffs/SE/LAD/TB")

    ids, tariff_ids, before = await offered()
    assert (ids, tariff_ids) == (["T1"], ["T1"])
    await shared(cpo, Shares(price_group="B"))
    assert await offered() == (["TB"], ["T1", "TB"], before + 1)
    pushed = they.last("PUT", "/locations/SE/LAD/LOC1").body["evses"][0]["connectors"][0]
    assert pushed["tariff_ids"] == ["TB"]
    given = Authorization(allowed=Allowed.ALLOWED, token=things.token("CARD1", EMSP))
    async with cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
        begun = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=unit.now, register=wh(0)
        )
    assert begun.status is Status.ACTIVE and begun.tab is not None and begun.tab.tariff.id == "TB"
    await shared(cpo, Shares())
    assert (await offered())[:2] == (["T1"], ["T1"])
    assert they.many("DELETE", "/tariffs/SE/LAD/tb") == 1


# Demands --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DEMANDS)
def test_each_demand_is_missed_where_it_is_not_met(name: str) -> None:
    """demands.named: at the end of its path, and in every member of a list on the way."""
    demand = DEMANDS[name]
    full = {
        "name": "Kajen",
        "postal_code": "411 21",
        "opening_times": {"twentyfourseven": True},
        "operator": {"name": "A"},
        "owner": {"name": "B"},
        "evses": [
            {"evse_id": "SE*LAD*E1", "capabilities": ["RFID_READER"], "connectors": [{"tariff_ids": ["T1"]}]},
            {"evse_id": "SELADE2", "capabilities": ["RFID_READER"], "connectors": [{"tariff_ids": ["T1"]}]},
        ],
        "tariff_alt_text": [{"language": "sv", "text": "dyrt"}],
        "visual_number": "1",
        "issuer": "SELAD",
    }
    assert not demands.lacking(demand, full, CPO)
    *way, last = demand.path
    inner: Any = full
    for step in way:
        inner = inner[step][-1] if isinstance(inner[step], list) else inner[step]
    inner[last] = "of somebody else" if "ours" in name or "us" in name.split("-") else []
    assert demands.lacking(demand, full, CPO)


async def test_what_a_partner_demands_is_told_before_and_never_sent_without(cpo: Installation, they: Peer) -> None:
    """demands.named: what it lacks is shown among what was given up."""
    await placed(cpo, they)
    async with cpo.database.unit() as unit:
        (connection,) = await partners.connections(unit, CPO)
        assert await demands.report(unit, connection) == ()
        asks = Policy(demands=Demands(named=("owner-name", "evse-id")))
        connection = await policies.adapt(unit, connection.ref, asks)
        (missing,) = await demands.report(unit, connection)
        assert (missing.demand, missing.objects) == ("owner-name", 3)
        owner = BusinessDetails("Hamnen")
        await locations.keep(unit, CPO, things.location("L1", CPO, proprietor=owner, last_updated=unit.now))
        await locations.keep(unit, CPO, things.location("L2", CPO, name="Other", last_updated=unit.now))
    since = len(they.asked)
    await cpo.settle()
    assert list(told(they, since)) == ["L1"]
    (dead,) = [one for one in await cpo.deliveries() if one.state == "dead"]
    assert dead.object_key == "l2" and "owner.name" in (dead.last_error or "")
