"""We as eMSP behind a hub of somebody else: places, Tokens, starts, results, Sessions and CDRs go by way of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.ocpi.commands import commands, limited
from laddnav.ocpi.commands.asked import NotConnectedTo, sent_command
from laddnav.ocpi.wire.commands import Verdict
from laddnav.ocpi.wire.handshake import Module
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status
from tests import things
from tests.ocpi.furnishing import carded
from tests.ocpi.hub.hubbed import HUB, Hub, hubbed, way
from tests.ocpi.network import CPO, EMSP, Installation
from tests.ocpi.peer import said
from tests.ocpi.wording import cdr, session, words

FAR = PartyId("DE", "8AC")
NOW = "2026-11-23T08:00:00Z"


@pytest.fixture
async def hub(emsp: Installation) -> AsyncIterator[Hub]:
    async with hubbed(emsp) as one:
        await one.tells(CPO, "CPO", "CONNECTED", NOW)
        yield one


async def test_a_driver_charges_at_a_cpo_behind_the_hub(emsp: Installation, hub: Hub) -> None:
    """HUB-026, HUB-029, HUB-034, HUB-047: what the hub tells to all is heard as what the CPO alone says to us."""
    place = words(things.location("LOC1", CPO))
    answer = await hub.passes(HUB, "PUT", "locations/SE/LAD/LOC1", place)
    assert (answer.both, answer.headers["ocpi-to-party-id"]) == ((201, 1000), "HUB")

    await carded(emsp)
    await emsp.settle()
    (token,) = hub.heard(Module.TOKENS, "PUT")
    assert way(token) == (str(EMSP), str(HUB))

    hub.they.otherwise = said(200, 1000, {"result": "ACCEPTED", "timeout": 30})
    asked = await commands.start_session(
        emsp.database, emsp.clients, EMSP, token=things.token("CARD1", EMSP), owner=CPO, location_id="LOC1"
    )
    (start,) = hub.heard(Module.COMMANDS)
    assert (asked.verdict, way(start)) == (Verdict.ACCEPTED, (str(EMSP), str(CPO)))
    result = await hub.passes(CPO, "POST", start.body["response_url"], {"result": "ACCEPTED"})
    assert (result.both, result.headers["ocpi-to-party-id"]) == ((200, 1000), "LAD")

    begun = session(id="S1", location_id="LOC1")
    assert (await hub.passes(CPO, "PUT", "sessions/SE/LAD/S1", begun)).both == (201, 1000)
    assert (await hub.passes(CPO, "POST", "cdrs", cdr())).both == (201, 1000)
    async with emsp.database.unit() as unit:
        assert (await sent_command(unit, asked.command_id)).result == "ACCEPTED"
        assert (await locations.fetch(unit, EMSP, CPO, "LOC1")).owner == CPO
        assert (await sessions.fetch(unit, EMSP, CPO, "S1")).status is Status.ACTIVE
        (closed,) = await cdrs.page(unit, EMSP)
    assert closed.owner == CPO


async def test_what_limits_a_charge_is_asked_and_heard_through_the_hub(emsp: Installation, hub: Hub) -> None:
    """HUB-047: an update names no party but in its headers."""
    await hub.tells(FAR, "CPO", "CONNECTED", NOW)
    await hub.passes(CPO, "PUT", "sessions/SE/LAD/S1", session(id="S1"))
    hub.they.otherwise = said(200, 1000, {"result": "ACCEPTED", "timeout": 30})
    await limited.clear_profile(emsp.database, emsp.clients, EMSP, owner=CPO, session_id="S1")
    (asked,) = hub.heard(Module.CHARGING_PROFILES)
    assert (asked.method, way(asked)) == ("DELETE", (str(EMSP), str(CPO)))
    profile = {"charging_rate_unit": "W", "charging_profile_period": [{"start_period": 0, "limit": 11000}]}
    active = {"start_date_time": NOW, "charging_profile": profile}
    assert (await hub.passes(FAR, "PUT", "chargingprofiles/S1", active)).both == (404, 2000)
    assert (await hub.passes(CPO, "PUT", "chargingprofiles/S1", active)).both == (200, 1000)


async def test_nothing_is_asked_of_a_cpo_that_the_hub_calls_away_or_never_named(emsp: Installation, hub: Hub) -> None:
    """HUB-053."""
    await hub.tells(CPO, "CPO", "OFFLINE", "2026-11-23T09:00:00Z")
    before = len(hub.they.asked)
    for owner in (CPO, FAR):
        with pytest.raises(NotConnectedTo):
            await commands.stop_session(emsp.database, emsp.clients, EMSP, owner=owner, session_id="S1")
    assert len(hub.they.asked) == before


async def test_one_cpo_behind_the_hub_says_nothing_of_anothers(emsp: Installation, hub: Hub) -> None:
    """HUB-009, HUB-012: its party in the headers is as far as it goes."""
    await hub.tells(FAR, "CPO", "CONNECTED", NOW)
    place = words(things.location("LOC1", CPO))
    assert (await hub.passes(FAR, "PUT", "locations/SE/LAD/LOC1", place)).both == (404, 2001)
    assert (await hub.passes(CPO, "PUT", "locations/SE/LAD/LOC1", place)).both == (201, 1000)
    assert (await hub.passes(FAR, "GET", "locations/SE/LAD/LOC1")).both == (404, 2001)
    assert (await hub.passes(FAR, "POST", "cdrs", cdr())).both == (404, 2001)
