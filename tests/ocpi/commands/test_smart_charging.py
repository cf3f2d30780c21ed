"""An SCSP limits charges of drivers who are not its own, by contract with their CPO: two real installations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.ocpi.commands import limited
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations import policies
from laddnav.ocpi.deviations.policy import Policy, Shares
from laddnav.ocpi.operate import limits
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.commands import CommandState
from laddnav.ocpi.wire.handshake import Step
from laddnav.ocpi.wire.paging import next_link
from laddnav.ocpi.wire.profiles import ProfileVerdict
from laddnav.parties.model import Role
from laddnav.people.api import NotYours
from laddnav.people.model import Role as Operator
from laddnav.people.model import Visitor
from laddnav.scheduling.model import ActiveChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.rules import NoSchedule
from laddnav.sessions import actions as sessions
from laddnav.sessions import limited as limited_by_party
from laddnav.sessions.actions import limiting
from laddnav.sessions.events import Limiting
from laddnav.sessions.model import Session
from laddnav.sessions.rules import UnknownSession
from tests import things
from tests.clock import SetClock
from tests.ocpi.commands.test_while_it_charges import PROFILE, URL, WORDS, at, became, begun, charging, station_says
from tests.ocpi.network import CPO, EMSP, Installation, befriended, installed, introduced, stranger

SCSP = PartyId("DE", "SCP")
REQUESTED = "select body from event where kind = 'LimitsRequested' order by id"


class Delegated(NamedTuple):
    """A CPO that delegates smart charging."""

    cpo: Installation
    scsp: Installation

    async def agree(self) -> None:
        connection = await self.cpo.connection()
        async with self.cpo.database.unit() as unit:
            await policies.adapt(unit, connection.ref, Policy(shares=Shares(smart_charging=True)))

    async def heard_of(self, session: Session) -> Session | None:
        async with self.scsp.database.unit() as unit:
            return await sessions.find(unit, SCSP, CPO, session.id)

    async def limit(self, session: Session) -> limited.Limited:
        return await limited.set_profile(
            self.scsp.database, self.scsp.clients, SCSP, owner=CPO, session_id=session.id, profile=PROFILE
        )

    async def unlimit(self, session: Session) -> limited.Limited:
        return await limited.clear_profile(
            self.scsp.database, self.scsp.clients, SCSP, owner=CPO, session_id=session.id
        )


@pytest.fixture
async def delegated(cpo: Installation, other_database_url: str, clock: SetClock) -> AsyncIterator[Delegated]:
    async with installed(other_database_url, clock, SCSP, Role.SCSP) as scsp:
        await introduced(cpo, scsp)
        yield Delegated(cpo, scsp)


async def test_who_limits_charges_by_contract_hears_of_them_and_limits_them(delegated: Delegated) -> None:
    """CHP-033, CHP-037, SES-005, SES-053, VER-027: pushed and listed, and what limits the charge is told back."""
    cpo, scsp = delegated
    await delegated.agree()
    session = await charging(cpo)
    await cpo.settle()
    heard = await delegated.heard_of(session)
    assert heard is not None and (heard.token.owner, heard.token.uid, heard.token.contract_id) == (
        EMSP,
        session.id,
        session.id,
    )
    asked = await delegated.limit(session)
    assert asked.verdict is ProfileVerdict.ACCEPTED
    await station_says(cpo, session, Limiting.SET, "ACCEPTED")
    active = ActiveChargingProfile(started_at=things.LONG_AGO, profile=PROFILE)
    await station_says(cpo, session, Limiting.TELL, "ACCEPTED", active)
    assert await became(scsp, asked) == (CommandState.DONE, "ACCEPTED")
    heard = await delegated.heard_of(session)
    assert heard is not None and heard.active_profile == active


async def test_an_operator_limits_a_charge_and_takes_that_back(delegated: Delegated) -> None:
    """CHP-002, CHP-036: by the operator API, with its own party's key, and nothing that no Station could follow."""
    cpo, scsp = delegated
    await delegated.agree()
    session = await charging(cpo)
    await cpo.settle()
    heard = await delegated.heard_of(session)
    assert heard is not None
    by = Visitor(id="key", name="key", role=Operator.OPERATOR, holder=SCSP, language="en")
    asks = scsp.database, scsp.clients
    wanted = limits.Profile(unit=RateUnit.WATT, limits=(limits.LimitFrom(after=0, rate=Decimal(3700)),), seconds=900)
    with pytest.raises(NotYours):
        await limits.limit_session(*asks, replace(by, holder=EMSP), heard.ref, wanted)
    with pytest.raises(UnknownSession):
        await limits.limit_session(cpo.database, cpo.clients, replace(by, holder=CPO), session.ref, wanted)
    for rate in ("NaN", "-1"):
        with pytest.raises(NoSchedule):
            nonsense = replace(wanted, limits=(limits.LimitFrom(after=0, rate=Decimal(rate)),))
            await limits.limit_session(*asks, by, heard.ref, nonsense)
    asked = await limits.limit_session(*asks, by, heard.ref, wanted)
    assert (asked.holder, asked.verdict) == (SCSP, ProfileVerdict.ACCEPTED)
    await station_says(cpo, session, Limiting.SET, "ACCEPTED")
    assert await limited_to(cpo, session) == [(ProfileLimit(timedelta(), Decimal(3700)),)]
    assert (await limits.ask_limits(*asks, by, heard.ref, limits.Tell())).verdict is ProfileVerdict.ACCEPTED
    assert (await limits.unlimit_session(*asks, by, heard.ref)).verdict is ProfileVerdict.ACCEPTED
    await station_says(cpo, session, Limiting.CLEAR, "ACCEPTED")
    assert await limited_to(cpo, session) == []


async def limited_to(cpo: Installation, session: Session) -> list[tuple[ProfileLimit, ...]]:
    """What the Station follows, of each party that limits the charge."""
    async with cpo.database.unit() as unit:
        found = limited_by_party.followed(await sessions.fetch(unit, CPO, CPO, session.id))
    return [one.limits for one in found or ()]


async def test_who_has_no_contract_hears_of_no_charge_and_limits_none(delegated: Delegated, clock: SetClock) -> None:
    """CHP-019, CHP-037: the list, asked for as soon as there is a contract, has what began before it."""
    session = await charging(delegated.cpo)
    await delegated.cpo.settle()
    await delegated.scsp.pull()
    assert await delegated.heard_of(session) is None
    assert (await delegated.limit(session)).verdict is ProfileVerdict.REJECTED
    await delegated.agree()
    clock.advance(timedelta(days=1))
    await delegated.scsp.pull()
    heard = await delegated.heard_of(session)
    assert heard is not None and heard.token.uid == session.id


async def test_of_what_two_limit_a_charge_to_the_least_holds(delegated: Delegated) -> None:
    """CHP-034: each is answered, takes back and ends for its own; what the other wants goes on."""
    cpo = delegated.cpo
    await delegated.agree()
    session = await charging(cpo)
    await cpo.settle()
    await delegated.limit(session)
    await station_says(cpo, session, Limiting.SET, "ACCEPTED")
    low = WORDS | {"charging_profile_period": [{"start_period": 0, "limit": 6}]}
    body = encoded({"charging_profile": low, "response_url": URL})
    async with stranger(await befriended(cpo, EMSP, Role.EMSP)) as ask:
        assert (await ask("PUT", at(cpo, session.id, response_url=URL), body)).data["result"] == "ACCEPTED"
        await followed(cpo, session, Limiting.SET)
        six = (ProfileLimit(timedelta(), Decimal(6)),)
        assert await limited_to(cpo, session) == [PROFILE.limits, six]
        await delegated.unlimit(session)
        await followed(cpo, session, Limiting.CLEAR)
        assert await limited_to(cpo, session) == [six]


async def followed(cpo: Installation, session: Session, what: Limiting) -> None:
    """The Station does what was asked of it last."""
    async with cpo.database.unit() as unit:
        known = await sessions.fetch(unit, CPO, CPO, session.id)
        (request,) = (one.request for one in known.limits if one.request is not None)
        await limiting.answer_limits(unit, CPO, session.id, what, "ACCEPTED", None, request)
    await cpo.settle()


async def test_what_was_limited_by_contract_ends_with_it(delegated: Delegated) -> None:
    """CHP-015, CHP-019, CHP-033: taken back by itself, whether the contract ends or the line; and they hear no more."""
    cpo = delegated.cpo
    session = await charging(cpo)
    connection = await cpo.connection()

    async def limited_and(end: Awaitable[object]) -> None:
        await delegated.agree()
        await cpo.settle()
        await delegated.limit(session)
        await station_says(cpo, session, Limiting.SET, "ACCEPTED")
        assert await limited_to(cpo, session) == [PROFILE.limits]
        await end
        async with cpo.database.unit() as unit:
            for what in (Limiting.CLEAR, Limiting.TELL):
                await limiting.answer_limits(unit, CPO, session.id, what, "ACCEPTED", None, None)
        await cpo.settle()
        assert await limited_to(cpo, session) == []

    async def adapt() -> None:
        async with cpo.database.unit() as unit:
            await policies.adapt(unit, connection.ref, Policy())

    async def leave() -> None:
        async with cpo.database.unit() as unit:
            await partners.leave(unit, await cpo.connection(), Step.WE_REMOVE)

    await limited_and(adapt())
    heard = await delegated.heard_of(session)
    assert heard is not None and heard.active_profile is None
    await limited_and(leave())
    async with cpo.database.unit() as unit:
        asked = [parsed(row["body"].encode())["what"] for row in await unit.fetch(REQUESTED)]
    assert asked.count("CLEAR") == 2


async def test_the_list_of_all_charges_has_pages(cpo: Installation, clock: SetClock) -> None:
    """CHP-033, TRN-070: of whichever eMSP each of them is, in the order in which they began."""
    token = await befriended(cpo, SCSP, Role.SCSP)
    connection = await cpo.connection()
    async with cpo.database.unit() as unit:
        await policies.adapt(unit, connection.ref, Policy(shares=Shares(smart_charging=True)))
    first = await charging(cpo)
    clock.advance(timedelta(minutes=1))
    second = await begun(cpo, PartyId("FR", "OTH"), 2)
    url: str | None = f"{cpo.url}/ocpi/cpo/2.2.1/sessions?limit=1&date_from=2026-01-01T00:00:00Z"
    seen = []
    async with stranger(token) as ask:
        while url is not None:
            page = await ask("GET", url)
            seen.append(([one["id"] for one in page.data], page.headers["x-total-count"]))
            url = next_link(page.headers.get("link"))
    assert seen == [([first.id], "2"), ([second.id], "2")]


async def test_a_version_without_limits_says_nothing_of_the_drivers_of_others(
    cpo: Installation, clock: SetClock
) -> None:
    """CHP-037: in the words of OCPI 2.1.1 a Session cannot be without whose it is."""
    token = await befriended(cpo, SCSP, Role.SCSP)
    connection = await cpo.connection()
    async with cpo.database.unit() as unit:
        await policies.adapt(unit, connection.ref, Policy(shares=Shares(smart_charging=True)))
    session = await charging(cpo)
    async with stranger(token) as ask:
        lists = {
            version: await ask("GET", f"{cpo.url}/ocpi/cpo/{version}/sessions?date_from=2026-01-01T00:00:00Z")
            for version in ("2.2.1", "2.1.1")
        }
    assert [one["id"] for one in lists["2.2.1"].data] == [session.id]
    assert lists["2.1.1"].data == []
