"""Who is told of what happens here."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations.policies import adapt
from laddnav.ocpi.deviations.policy import Policy, Shares
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire.handshake import Module, Step
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, befriended, installed


async def test_whom_we_deal_with_is_read_again_only_when_that_changed(database_url: str, clock: SetClock) -> None:
    """Whatever became different about any of them; behind a hub things change by themselves, so that is read always."""
    statements: list[str] = []
    async with installed(database_url, clock, CPO, Role.CPO, statements=statements) as cpo:

        async def registered() -> tuple[tuple[Connection, ...], bool]:
            """And whether they were read."""
            statements.clear()
            async with cpo.database.unit() as unit:
                found = await store.connections.registered(unit, CPO)
            await asyncio.sleep(0)  # the driver tells of a statement in the turn after
            return found, store.connections.REGISTERED in statements

        assert await registered() == ((), False)
        await befriended(cpo, EMSP, Role.EMSP)
        (first,), read = await registered()
        assert read and await registered() == ((first,), False)

        policy = Policy(shares=Shares(without=(Module.TARIFFS,)))
        async with cpo.database.unit() as unit:
            await adapt(unit, first.ref, policy)
        (second,), read = await registered()
        assert read and second.policy == policy

        async with cpo.database.unit() as unit:
            store.connections.update(unit, replace(second, their_role=Role.NSP))
            store.lines.not_reached(unit, second.line, unit.now, "down")
        (third,), read = await registered()
        assert read and third.their_role is Role.NSP

        async with cpo.database.unit() as unit:
            await partners.leave(unit, third, Step.WE_REMOVE)
        assert (await registered())[0] == ()
        await befriended(cpo, PartyId("DE", "HUB"), Role.HUB)
        (hub,), _ = await registered()
        assert await registered() == ((hub,), True)
