"""What becomes of a line to which something else happens while its partner is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import PartnerTooSlow
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.renewing import renew_due
from laddnav.ocpi.deviations.policies import adapt
from laddnav.ocpi.deviations.policy import Calls, Policy, Pushes
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.handshake import Module, NotNow, State, Step
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import CPO, Installation, Pair, stranger
from tests.ocpi.peer import Peer, peer, said

Deed = Callable[[Unit, Connection], Awaitable[None]]


async def removed(unit: Unit, connection: Connection) -> None:
    await partners.leave(unit, connection, Step.WE_REMOVE)


def answering(cpo: Installation, they: Peer, deed: Deed) -> Callable[[Request], Awaitable[Response]]:
    """With new credentials, after `deed` has been done to the only line there is."""

    async def answer(request: Request) -> Response:
        connection = await cpo.connection()
        async with cpo.database.unit() as unit:
            await deed(unit, connection)
        return said(200, 1000, they.credentials("their-second"))

    return answer


async def token_of(cpo: Installation) -> str | None:
    """What we show on the only line there ever was."""
    async with cpo.database.unit() as unit:
        sealed = await unit.value("select outbound_sealed from ocpi_line")
    return None if sealed is None else cpo.clients.seal.opened(sealed)


async def test_a_line_that_is_removed_while_its_partner_is_told_stays_removed(cpo: Installation, they: Peer) -> None:
    """CRED-017: and the partner, which had just taken our new token, hears that it is over."""
    they.answers |= {"PUT /credentials": answering(cpo, they, removed), "DELETE /credentials": said(200, 1000)}
    with pytest.raises(NotNow):
        await partners.renew(cpo.database, cpo.clients, await cpo.connection())
    assert await token_of(cpo) is None
    goodbye = they.last("DELETE", "/credentials")
    assert goodbye.headers["authorization"] == routing.authorization("their-second", encoded=True)
    async with stranger(they.last("PUT", "/credentials").body["token"]) as ask:
        assert (await ask("GET", cpo.settings.versions_url)).http == 401


async def test_a_line_that_is_suspended_while_its_partner_is_told_keeps_both_tokens(
    cpo: Installation, they: Peer
) -> None:
    """It has taken note of ours, so without its own nothing could be said once the line is resumed."""
    before = await cpo.connection()
    they.answers["PUT /credentials"] = answering(cpo, they, partners.suspend)
    await partners.renew(cpo.database, cpo.clients, before)
    assert (await cpo.connection()).state is State.SUSPENDED and await token_of(cpo) == "their-second"
    with pytest.raises(NotNow):
        await partners.renew(cpo.database, cpo.clients, before)
    assert they.many("PUT", "/credentials") == 1
    async with cpo.database.unit() as unit:
        await partners.resume(unit, await cpo.connection())
    async with stranger(they.last("PUT", "/credentials").body["token"]) as ask:
        assert (await ask("GET", cpo.settings.versions_url)).http == 200


async def test_a_partner_that_is_slow_to_take_our_update_is_let_in_by_either_token(
    cpo: Installation, they: Peer
) -> None:
    """CRED-014: it goes on pushing with the old one while it thinks, and nothing that we try again shuts it out."""
    old = they.last("POST", "/credentials").body["token"]
    clients = Clients(cpo.database, replace(cpo.settings, call_within=timedelta(milliseconds=100)))
    done = asyncio.Event()

    async def thinks(request: Request) -> Response:
        await done.wait()
        return said(200, 1000, they.credentials("their-second"))

    they.answers["PUT /credentials"] = thinks
    try:
        for _ in range(2):
            with pytest.raises(PartnerTooSlow):
                await partners.renew(cpo.database, clients, await cpo.connection())
            assert await let_in(cpo, old) == [200]
        new = they.last("PUT", "/credentials").body["token"]
        assert await let_in(cpo, old, new, old) == [200, 200, 401]
    finally:
        done.set()
        await clients.close()


async def let_in(cpo: Installation, *tokens: str) -> list[int]:
    answers: list[int] = []
    for token in tokens:
        async with stranger(token) as ask:
            answers.append((await ask("GET", cpo.settings.versions_url)).http)
    return answers


async def test_what_is_agreed_while_a_partner_registers_stays_agreed(cpo: Installation) -> None:
    """And so does that it wants its token as it is, which came out meanwhile."""

    async def agreed(unit: Unit, connection: Connection) -> None:
        await adapt(unit, connection.ref, Policy(pushes=Pushes(whole_only=True)))

    async with peer() as one:
        picky = said(401, 2000), said(200, 1000, one.answers["/versions"])
        one.answers |= {"/versions": list(picky), "/credentials": answering(cpo, one, agreed)}
        policy = Policy(calls=Calls(bearer=True))
        await partners.register(cpo.database, cpo.clients, one.versions_url, "a", CPO, Role.CPO, policy=policy)
    agreed_on = (await cpo.connection()).policy
    assert agreed_on.pushes.whole_only and agreed_on.calls.raw_token


async def test_a_registration_that_is_called_off_is_called_off_with_the_partner_too(cpo: Installation) -> None:
    """CRED-017."""
    async with peer() as one:
        one.answers |= {"POST /credentials": answering(cpo, one, removed), "DELETE /credentials": said(200, 1000)}
        with pytest.raises(NotNow):
            await partners.register(cpo.database, cpo.clients, one.versions_url, "token-a", CPO, Role.CPO)
        goodbye = one.last("DELETE", "/credentials")
    assert goodbye.headers["authorization"] == routing.authorization("their-second", encoded=True)
    assert await token_of(cpo) is None


async def test_two_who_leave_each_other_at_once_have_both_left(cpo: Installation, they: Peer) -> None:
    """CRED-017."""
    they.answers["DELETE /credentials"] = answering(cpo, they, removed)
    await partners.remove(cpo.database, cpo.clients, await cpo.connection())
    assert they.many("DELETE", "/credentials") == 1 and await token_of(cpo) is None


async def test_who_forgot_us_and_did_not_take_us_again_is_asked_until_it_does(
    cpo: Installation, they: Peer, clock: SetClock
) -> None:
    """calls.registers_anew, CRED-014: a person sees what happened; meanwhile nothing is sent that would be refused."""
    connection = await cpo.connection()
    async with cpo.database.unit() as unit:
        await adapt(unit, connection.ref, Policy(calls=Calls(registers_anew=True)))
        store.deliveries.queue_news(unit, connection, Module.TARIFFS, "t1", "DELETE")
    they.answers |= {"DELETE /credentials": said(200, 1000), "POST /credentials": said(200, 3000)}
    with pytest.raises(Trouble):
        await partners.renew(cpo.database, cpo.clients, await cpo.connection())
    assert "our DELETE" in ((await cpo.connection()).last_error or "")
    they.answers["DELETE /credentials"] = said(401, 2000)
    for _ in range(3):
        assert await renew_due(cpo.database, cpo.clients) == 0
        clock.advance(timedelta(minutes=11))
        assert await cpo.courier.once() == 0
        assert await renew_due(cpo.database, cpo.clients) == 1
    they.answers["POST /credentials"] = said(200, 1000, they.credentials("their-second"))
    clock.advance(timedelta(minutes=11))
    assert await renew_due(cpo.database, cpo.clients) == 1
    after = await cpo.connection()
    assert after.last_error is None and await cpo.clients.token_for(after) == "their-second"
    assert await cpo.courier.once() == 1
    clock.advance(timedelta(days=35))
    assert await renew_due(cpo.database, cpo.clients) == 0


async def test_two_who_renew_at_once_reach_each_other_afterwards(pair: Pair) -> None:
    """CRED-014, CRED-043: whichever token came last."""
    both = [(one, await one.connection()) for one in pair]
    renewals = [partners.renew(one.database, one.clients, connection) for one, connection in both]
    came_of_it = await asyncio.gather(*renewals, return_exceptions=True)
    assert all(isinstance(one, (Connection, Refusal, Trouble)) for one in came_of_it)
    for one in pair:
        partner = await one.clients.to(await one.connection())
        assert (await partner.call("GET", partner.connection.versions_url or "", routed=False)).http == 200
