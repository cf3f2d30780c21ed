"""A partner that is live is only read, in whatever role it is."""

from __future__ import annotations

import aiohttp

from laddnav.ocpi.conform.caller import Line
from laddnav.ocpi.conform.record import Record
from laddnav.ocpi.conform.roles import TESTED_AS
from laddnav.ocpi.conform.run import Known, read
from laddnav.ocpi.conform.verdicts import Outcome, judged
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.databases import Databases
from tests.ocpi.conform import others
from tests.ocpi.conform.others import PARTIES, TESTER
from tests.ocpi.network import EMSP, Installation, befriended, installed


async def asked(one: Installation, clock: SetClock, role: Role) -> Record:
    our_role = TESTED_AS[role][-1]
    token = await befriended(one, TESTER, Role(our_role), holder=PARTIES[role], our_role=role)
    known = Known(
        versions_url=f"{one.url}/ocpi/versions",
        token=token,
        encodes_token=True,
        version="2.2.1",
        our_role=our_role,
        their_role=role.value,
        party=TESTER,
        peer=PARTIES[role],
    )

    async def tell(_: str) -> None:
        return

    async with aiohttp.ClientSession() as session:
        return await read(known, Line(session, allow_loopback=True), clock, tell=tell)


async def test_a_partner_of_any_role_is_asked_only_what_changes_nothing(databases: Databases) -> None:
    clock = SetClock()
    async with databases.lend() as url, installed(url, clock, EMSP, Role.EMSP) as one:
        await others.settled(one)
        records = {role: await asked(one, clock, role) for role in PARTIES}
    methods = {exchange.request.method for record in records.values() for exchange in record.exchanges}
    failed = [
        (role, verdict.requirement.id, verdict.reason)
        for role, record in records.items()
        for verdict in judged(record)
        if verdict.outcome is Outcome.FAIL
    ]
    assert (methods, failed) == ({"GET"}, [])
    assert any(one.step == "locations: list" and one.answer.data for one in records[Role.NAP].exchanges)
    assert any(one.step == "hubclientinfo: list" and one.answer.granted for one in records[Role.HUB].exchanges)
