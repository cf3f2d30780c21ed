"""extrawest-ocpi, a server by others, as our CPO and as our eMSP: real objects in both directions, oddities and all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from laddnav.kit.ids import PartyId, fold
from laddnav.locations import actions as locations
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations import policies
from laddnav.ocpi.deviations.policy import Calls, Policy
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.tokens import actions as tokens
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import carded, charged, furnished
from tests.ocpi.network import Installation
from tests.ocpi.others.counterparts import Extrawest, extrawest

THEIRS = PartyId("SE", "EXW")
OLD_AND_NEW = ("2.1.1", "2.2.1")


async def met(ours: Installation, theirs: Extrawest, version: str) -> Connection:
    return await partners.register(
        ours.database, ours.clients, theirs.versions_url, theirs.token_a, ours.holder, ours.role, version
    )


def words(thing: Any, version: str) -> Any:
    """As its owner would say it in this version."""
    return json.loads(VERSIONS[version].codecs[type(thing)].encode(thing))


@pytest.mark.parametrize("version", OLD_AND_NEW)
async def test_our_emsp_charges_at_its_cpo(version: str, emsp: Installation) -> None:
    """Registered by us; its Locations and Tariffs are pulled, our Tokens are told, its push is heard."""
    async with extrawest("cpo", THEIRS) as cpo:
        await cpo.keep("locations", *(words(things.location(f"LOC{n}", THEIRS), version) for n in range(3)))
        await cpo.keep("tariffs", words(things.tariff("T1", THEIRS), version))
        await carded(emsp)
        connection = await met(emsp, cpo, version)
        assert connection.party == THEIRS
        await emsp.pull()
        await emsp.settle()
        async with emsp.database.unit() as unit:
            known = [await locations.find(unit, emsp.holder, THEIRS, f"LOC{n}") for n in range(3)]
        assert [one and fold(one.id) for one in known] == ["loc0", "loc1", "loc2"]
        assert {fold(uid) for uid in (await cpo.kept())["tokens"]} == {"card1"}
        assert await dead(emsp) == []
        await partners.remove(emsp.database, emsp.clients, connection)


async def dead(ours: Installation) -> list[str | None]:
    return [one.last_error for one in await ours.deliveries() if one.state == "dead"]


@pytest.mark.parametrize("version", OLD_AND_NEW)
async def test_its_emsp_charges_at_our_cpo(version: str, cpo: Installation, clock: SetClock) -> None:
    """Its drivers' Tokens are pulled; our Locations and Tariffs reach it, and the Session and CDR of a charge."""
    async with extrawest("emsp", THEIRS) as emsp:
        await emsp.keep("tokens", words(things.token("CARD9", THEIRS), version))
        await furnished(cpo)
        await met(cpo, emsp, version)
        await cpo.pull()
        session_id = await charged(cpo, clock, uid="CARD9")
        await cpo.settle()
        async with cpo.database.unit() as unit:
            (card,) = await tokens.by_uid(unit, cpo.holder, "CARD9")
        assert card.owner == THEIRS
        kept = await emsp.kept()
        assert {fold(id) for id in kept["locations"]} == {"loc1"}  # it says ids in small letters
        assert {fold(id) for id in kept["tariffs"]} == {"t1"}
        if version == "2.1.1":  # it spells their fields otherwise than the text, and a person is told so
            assert [reason and reason[:8] for reason in await dead(cpo)] == ["HTTP 422", "HTTP 422"]
            return
        assert await dead(cpo) == []
        assert {fold(id) for id in kept["sessions"]} == {fold(session_id)}
        assert [fold(one["session_id"]) for one in kept["cdrs"].values()] == [fold(session_id)]


async def test_its_pushes_arrive_where_our_urls_end_in_a_slash(emsp: Installation) -> None:
    """calls.slashed: it puts country, party and id right behind the URL that it finds in our version details."""
    async with extrawest("cpo", THEIRS) as cpo:
        await cpo.keep("locations", words(things.location("LOC1", THEIRS), "2.2.1"))
        connection = await met(emsp, cpo, "2.2.1")
        details, arrived = f"{emsp.url}/ocpi/2.2.1", list[bool]()
        for slashed in (False, True):
            async with emsp.database.unit() as unit:
                await policies.adapt(unit, connection.ref, Policy(calls=Calls(slashed=slashed)))
            await cpo.push("2.2.1", "locations", "LOC1", details)
            async with emsp.database.unit() as unit:
                arrived.append(await locations.find(unit, emsp.holder, THEIRS, "LOC1") is not None)
        assert arrived == [False, True]
