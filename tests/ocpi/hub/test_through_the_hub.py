"""The whole road through a hub of ours: a CPO of 2.2.1 and an eMSP of 2.3.0 that never met, all three our own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import NamedTuple

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.kit.energy import kwh, wh
from laddnav.locations import actions as locations
from laddnav.ocpi import store
from laddnav.ocpi.commands import commands
from laddnav.ocpi.commands.ask import Asker
from laddnav.ocpi.connections import partners
from laddnav.ocpi.wire.commands import Verdict
from laddnav.parties.model import Role
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, TokenType, Whitelist
from tests import things
from tests.clock import SetClock
from tests.databases import Databases
from tests.ocpi.furnishing import carded, furnished
from tests.ocpi.hub.conftest import HUB
from tests.ocpi.network import CPO, EMSP, Installation, installed, introduced

APP = things.token("APP1", EMSP, type=TokenType.APP_USER, whitelist=Whitelist.NEVER)


class Road(NamedTuple):
    """All three registered, and the hub has told each who else is there."""

    hub: Installation
    cpo: Installation
    emsp: Installation

    async def settle(self) -> None:
        """What one says goes to the hub, and from there to the other."""
        for _ in range(2):
            for one in self:
                await one.settle()


@pytest.fixture
async def road(cpo: Installation, emsp: Installation, databases: Databases, clock: SetClock) -> AsyncIterator[Road]:
    async with databases.lend() as url, installed(url, clock, HUB, Role.HUB) as hub:
        await introduced(hub, cpo, "2.2.1")
        await introduced(hub, emsp, "2.3.0")
        road = Road(hub, cpo, emsp)
        await road.settle()
        yield road


async def test_a_charge_goes_the_whole_road(road: Road, clock: SetClock) -> None:
    """HUB-013, HUB-026, HUB-028, HUB-034, HUB-046, HUB-051, HUB-055: place, start, its result, Session and CDR."""
    await furnished(road.cpo)
    await road.settle()
    async with road.emsp.database.unit() as unit:
        assert (await locations.fetch(unit, EMSP, CPO, "LOC1")).owner == CPO

    asked = await commands.start_session(
        road.emsp.database, road.emsp.clients, EMSP, token=APP, owner=CPO, location_id="LOC1", evse_uid="EVSE1"
    )
    assert asked.verdict is Verdict.ACCEPTED
    async with road.cpo.database.unit() as unit:
        (session,) = await sessions.page(unit, CPO, statuses=[Status.PENDING])
        await sessions.answer_start(unit, CPO, session.id, "ACCEPTED")
    await road.settle()
    async with road.emsp.database.unit() as unit:
        done = await store.commands.sent(unit, asked.command_id)
        assert done is not None and (done.state, done.result) == ("done", "ACCEPTED")

    given = await tokens.authorize(road.cpo.database, CPO, "APP1", ask=Asker(road.cpo.database, road.cpo.clients))
    async with road.cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
        await sessions.begin(unit, station=station, evse_no=1, uid="APP1", given=given, at=unit.now, register=wh(0))
    await road.settle()
    async with road.emsp.database.unit() as unit:
        heard = await sessions.fetch(unit, EMSP, CPO, session.id)
        assert (heard.status, heard.token.uid) == (Status.ACTIVE, "APP1")
    clock.advance(timedelta(hours=1))
    async with road.cpo.database.unit() as unit:
        await sessions.stop(unit, holder=CPO, session_id=session.id, at=unit.now, register=kwh("10"), reason="Local")
    await road.settle()
    async with road.emsp.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, EMSP)
    assert (cdr.owner, cdr.energy) == (CPO, kwh("10"))


async def test_a_card_is_told_to_all_and_asked_about_through_the_hub(road: Road) -> None:
    """HUB-031, HUB-036, HUB-037, HUB-040: in real time, by whose it is."""
    await carded(road.emsp, whitelist=Whitelist.NEVER)
    await road.settle()
    ask = Asker(road.cpo.database, road.cpo.clients)
    given = await tokens.authorize(road.cpo.database, CPO, "CARD1", ask=ask)
    assert (given.allowed, given.asked) == (Allowed.ALLOWED, True)


async def test_who_joins_later_fetches_one_list_of_all(
    cpo: Installation, emsp: Installation, databases: Databases, clock: SetClock
) -> None:
    """HUB-041, HUB-042, HUB-043: of whom each is; of what the hub has no list, it is not asked again at once."""
    async with databases.lend() as url, installed(url, clock, HUB, Role.HUB) as hub:
        await introduced(hub, cpo, "2.2.1")
        async with cpo.database.unit() as unit:
            for number in range(3):
                await locations.keep(unit, CPO, things.location(f"LOC{number}", owner=CPO))
        await cpo.settle()
        await introduced(hub, emsp, "2.3.0")
        await hub.settle()
        await emsp.pull()
        async with emsp.database.unit() as unit:
            found = await locations.page(unit, EMSP)
            (at_hub,) = await partners.connections(unit, EMSP)
            refused = [one for one in await partners.pulls(unit, at_hub) if one.last_error is not None]
        assert refused and min(one.due_at for one in refused) > clock.now() + timedelta(hours=1)
        assert sorted((one.owner, one.id) for _, _, one in found) == [(CPO, f"LOC{number}") for number in range(3)]
