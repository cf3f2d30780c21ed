"""A Token is asked about in real time, and the whitelist decides where nobody answers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from laddnav.cdrs import actions as cdrs
from laddnav.kit.energy import wh
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands.ask import Asker
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import AuthMethod
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization, Whitelist
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import carded, furnished
from tests.ocpi.network import CPO, EMSP, Installation, Pair
from tests.ocpi.peer import Peer, said


@pytest.mark.parametrize(
    ("changes", "allowed", "asked"),
    [
        ({"whitelist": Whitelist.NEVER}, Allowed.ALLOWED, True),
        ({"whitelist": Whitelist.ALLOWED_OFFLINE}, Allowed.ALLOWED, True),
        ({"whitelist": Whitelist.NEVER, "blocked": True}, Allowed.BLOCKED, True),
        ({"whitelist": Whitelist.NEVER, "expires_at": things.LONG_AGO}, Allowed.EXPIRED, True),
        ({"whitelist": Whitelist.ALWAYS}, Allowed.ALLOWED, False),
    ],
)
async def test_the_emsp_decides_in_real_time_where_it_wants_to(
    pair: Pair, changes: dict[str, Any], allowed: Allowed, asked: bool
) -> None:
    """LOC-032, TOK-028, TOK-030, TOK-031, TOK-035, TOK-038, TOK-042, TOK-043, TOK-046, TOK-047."""
    cpo, emsp = pair
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location(owner=CPO, publish=False))
    await carded(emsp, **changes)
    await emsp.settle()
    ask = Asker(cpo.database, cpo.clients)
    given = await tokens.authorize(cpo.database, CPO, "card1", evse=EvseRef("LOC1", "EVSE1"), ask=ask)
    assert (given.allowed, given.asked) == (allowed, asked)
    if asked and allowed is Allowed.ALLOWED:
        assert given.reference and given.location is not None and given.location.evse_uids == ("EVSE1",)
    assert given.token is not None and given.token.owner == EMSP


@pytest.mark.parametrize(
    ("whitelist", "allowed"),
    [(Whitelist.NEVER, Allowed.NOT_ALLOWED), (Whitelist.ALLOWED_OFFLINE, Allowed.ALLOWED)],
)
async def test_when_the_emsp_cannot_be_reached_the_whitelist_decides(
    pair: Pair, whitelist: Whitelist, allowed: Allowed
) -> None:
    """TOK-030, TOK-031."""
    cpo, emsp = pair
    await carded(emsp, whitelist=whitelist)
    await emsp.settle()
    await emsp.down()
    given = await tokens.authorize(cpo.database, CPO, "CARD1", ask=Asker(cpo.database, cpo.clients))
    assert (given.allowed, given.asked) == (allowed, False)


async def test_an_emsp_that_thinks_for_too_long_counts_as_not_reached(cpo: Installation, they: Peer) -> None:
    """TOK-030, TOK-031: a driver stands there, so that an authorisation waits for less long than anything else does."""
    soon = replace(cpo.settings, authorize_within=timedelta(milliseconds=100), call_within=timedelta(hours=1))
    clients, done = Clients(cpo.database, soon), asyncio.Event()

    async def thinks(request: Request) -> Response:
        await done.wait()
        return said(200, 1000, {"allowed": "ALLOWED"})

    given: list[Allowed] = []
    try:
        for uid, whitelist in (("CARD1", Whitelist.NEVER), ("CARD2", Whitelist.ALLOWED_OFFLINE)):
            they.answers[f"/tokens/{uid}/authorize"] = thinks
            async with cpo.database.unit() as unit:
                await tokens.keep(unit, CPO, things.token(uid, EMSP, whitelist=whitelist))
            async with asyncio.timeout(10):
                verdict = await tokens.authorize(cpo.database, CPO, uid, ask=Asker(cpo.database, clients))
            given.append(verdict.allowed)
    finally:
        done.set()
        await clients.close()
    assert given == [Allowed.NOT_ALLOWED, Allowed.ALLOWED]


async def test_a_token_that_the_emsp_does_not_know_is_not_allowed(pair: Pair) -> None:
    """TOK-040."""
    cpo, _ = pair
    token = things.token("LOST", EMSP, whitelist=Whitelist.NEVER)
    async with cpo.database.unit() as unit:
        await tokens.keep(unit, CPO, token)
    given = await tokens.authorize(cpo.database, CPO, "LOST", ask=Asker(cpo.database, cpo.clients))
    assert given == Authorization(allowed=Allowed.NOT_ALLOWED, token=token, asked=True)
    assert await Asker(cpo.database, cpo.clients)(CPO, None, "LOST", None) is None


async def test_the_reference_of_an_authorisation_is_in_session_and_cdr(pair: Pair, clock: SetClock) -> None:
    """TOK-047, SES-028, CDR-029."""
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp, whitelist=Whitelist.NEVER)
    await emsp.settle()
    given = await tokens.authorize(cpo.database, CPO, "CARD1", ask=Asker(cpo.database, cpo.clients))
    async with cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
        session = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=unit.now, register=wh(0)
        )
        await sessions.stop(unit, holder=CPO, session_id=session.id, at=unit.now, register=wh(5), reason="Local")
    await cpo.settle()
    async with emsp.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, EMSP)
    assert (cdr.authorization_reference, cdr.auth_method) == (given.reference, AuthMethod.AUTH_REQUEST)
