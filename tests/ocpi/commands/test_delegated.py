"""An SCSP limits charges of an eMSP's drivers, by contract with the eMSP, which asks the CPO: over HTTP, all three."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from laddnav.kit.ids import PartyId
from laddnav.ocpi.commands import commands, delegated, limited
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations import policies
from laddnav.ocpi.deviations.policy import Hub, Policy, Shares
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.operate import limits
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.commands import CommandState
from laddnav.ocpi.wire.handshake import Endpoint, Interface, Module
from laddnav.ocpi.wire.profiles import ProfileRequest, ProfileVerdict
from laddnav.parties.model import Role
from laddnav.people.model import Role as Operator
from laddnav.people.model import Visitor
from laddnav.scheduling.model import ActiveChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import Limiting
from laddnav.sessions.model import Session
from tests import things
from tests.clock import SetClock
from tests.ocpi import wording
from tests.ocpi.commands.test_while_it_charges import PROFILE, WORDS, became, charging, station_says
from tests.ocpi.network import CPO, EMSP, Answer, Ask, Installation, Pair, befriended, installed, stranger
from tests.ocpi.peer import Peer, peer, said

SCSP, OTHER = PartyId("DE", "SCP"), PartyId("DE", "TWO")
BY_CONTRACT = Policy(shares=Shares(smart_charging=True))
ACTIVE = {"start_date_time": "2026-11-23T08:00:00Z", "charging_profile": WORDS}
OPEN = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'
"""
LATER = "2026-11-23T09:30:00Z"
SINCE = "date_from=2026-01-01T00:00:00Z"


class Provider:
    """An SCSP that we did not write: what it is told is in `peer`, and `ask` is how it asks our eMSP."""

    def __init__(self, emsp: Installation, at: Peer, version: str, ask: Ask) -> None:
        self.emsp, self.peer, self.version, self._ask = emsp, at, version, ask

    async def ask(self, method: str, id: str, name: str = "", words: Any = None, **query: object) -> Answer:
        """About a charge, to be told of the result at /`name`."""
        here = f"{self.peer.url}/{name}"
        asks = "&".join(f"{key}={value}" for key, value in query.items())
        asks += f"&response_url={quote(here, safe='')}" if name else ""
        url = f"{self.emsp.url}/ocpi/emsp/{self.version}/receiver/chargingprofiles/{id}?{asks}"
        body = None if words is None else encoded({"charging_profile": words, "response_url": here})
        return await self._ask(method, url, body)

    async def limit(self, id: str, name: str = "set") -> Answer:
        return await self.ask("PUT", id, name, WORDS)

    async def list_sessions(self, version: str | None = None) -> Answer:
        return await self._ask("GET", f"{self.emsp.url}/ocpi/emsp/{version or self.version}/sender/sessions?{SINCE}")

    async def connections(self) -> list[Connection]:
        """Of our eMSP with it."""
        async with self.emsp.database.unit() as unit:
            return [one for one in await partners.connections(unit, EMSP) if one.party == SCSP]

    def told(self, method: str, path: str) -> list[Any]:
        return [one.body for one in self.peer.asked if (one.method, one.path) == (method, path)]


@pytest.fixture(params=["2.2.1", "2.3.0"])
async def provider(request: pytest.FixtureRequest, emsp: Installation) -> AsyncIterator[Provider]:
    async with peer() as at:
        at.otherwise = said(200, 1000)
        token = await contracted(emsp, SCSP, at, request.param)
        async with stranger(token) as ask:
            yield Provider(emsp, at, request.param, ask)


async def contracted(emsp: Installation, party: PartyId, at: Peer, version: str, policy: Policy = BY_CONTRACT) -> str:
    sides = ((Module.SESSIONS, Interface.RECEIVER), (Module.CHARGING_PROFILES, Interface.SENDER))
    endpoints = tuple(Endpoint(identifier=one, role=role, url=f"{at.url}/{one}") for one, role in sides)
    token = await befriended(emsp, party, Role.SCSP, endpoints=endpoints, version=version)
    async with emsp.database.unit() as unit:
        (ref,) = [one.ref for one in await partners.connections(unit, EMSP) if one.party == party]
        await policies.adapt(unit, ref, policy)
    return token


async def heard(emsp: Installation, id: str, owner: PartyId = CPO) -> Session:
    async with emsp.database.unit() as unit:
        return await sessions.fetch(unit, EMSP, owner, id)


async def charge(pair: Pair) -> Session:
    """One of a driver of our eMSP at a Station of our CPO: as the eMSP has heard of it."""
    session = await charging(pair.cpo)
    await pair.cpo.settle()
    await pair.emsp.settle()
    return await heard(pair.emsp, session.id)


async def test_who_limits_charges_for_an_emsp_hears_of_them_and_limits_them(provider: Provider, pair: Pair) -> None:
    """CHP-030, CHP-031, CHP-032, CHP-037, SES-053, SES-054: pushed, listed, limited, asked about and let go again."""
    cpo, emsp = pair
    session = await charge(pair)
    (told,) = provider.told("PUT", f"/sessions/SE/LAD/{session.ref}")
    assert (told["id"], told["country_code"], told["party_id"]) == (session.ref, "SE", "LAD")
    assert (told["cdr_token"]["uid"], told["cdr_token"]["contract_id"]) == (session.ref, session.ref)
    assert (await provider.list_sessions()).data == [told]
    assert (await provider.list_sessions("2.1.1")).http == 404

    async def station(what: Limiting, active: ActiveChargingProfile | None = None) -> None:
        await station_says(cpo, session, what, "ACCEPTED", active)
        await emsp.settle()

    updated = f"/chargingprofiles/{session.ref}"
    active = ActiveChargingProfile(started_at=things.LONG_AGO, profile=PROFILE)
    await station(Limiting.TELL, active)
    answer = await provider.ask("GET", session.ref, "asked", duration=900)
    assert answer.data == {"result": "ACCEPTED", "timeout": 60}
    await station(Limiting.TELL, active)
    (result,) = provider.told("POST", "/asked")
    assert result["result"] == "ACCEPTED" and result["profile"]["charging_profile"] == WORDS
    assert provider.told("PUT", updated) == []  # who has limited nothing yet does not hear of limits

    assert (await provider.limit(session.ref)).data == {"result": "ACCEPTED", "timeout": 60}
    await station(Limiting.SET)
    assert provider.told("POST", "/set") == [{"result": "ACCEPTED"}]
    await station(Limiting.TELL, active)
    assert provider.told("PUT", updated) == [result["profile"]]

    assert (await provider.ask("DELETE", session.ref, "cleared")).data["result"] == "ACCEPTED"
    await station(Limiting.CLEAR)
    assert provider.told("POST", "/cleared") == [{"result": "ACCEPTED"}]
    assert (await heard(emsp, session.id)).limits is not None


async def test_a_cpo_is_asked_for_the_least_of_what_all_of_ours_want(provider: Provider, pair: Pair) -> None:
    """CHP-034: our operator, and whoever limits charges for us; each takes back and hears of its own alone."""
    cpo, emsp = pair
    session = await charge(pair)
    by = Visitor(id="key", name="key", role=Operator.OPERATOR, holder=EMSP, language="en")
    ten = limits.LimitFrom(after=0, rate=Decimal(10))
    asks, wanted = (emsp.database, emsp.clients, by, session.ref), limits.Profile(unit=RateUnit.AMPERE, limits=(ten,))

    async def at_cpo(what: Limiting) -> list[tuple[int, Decimal]] | None:
        await station_says(cpo, session, what, "ACCEPTED")
        await emsp.settle()
        async with cpo.database.unit() as unit:
            (theirs,) = (await sessions.fetch(unit, CPO, CPO, session.id)).limits
        if theirs.profile is None:
            return None
        return [(one.after // timedelta(minutes=1), one.rate) for one in theirs.profile.limits]

    assert (await provider.limit(session.ref)).data["result"] == "ACCEPTED"
    assert await at_cpo(Limiting.SET) == [(0, Decimal(16)), (15, Decimal("8.1"))]
    assert (await limits.limit_session(*asks, wanted)).verdict is ProfileVerdict.ACCEPTED
    assert await at_cpo(Limiting.SET) == [(0, Decimal(10)), (15, Decimal("8.1")), (60, Decimal(10))]
    assert (await provider.ask("DELETE", session.ref, "cleared")).data["result"] == "ACCEPTED"
    assert await at_cpo(Limiting.SET) == [(0, Decimal(10))]
    assert provider.told("POST", "/cleared") == [{"result": "ACCEPTED"}]
    assert (await limits.unlimit_session(*asks)).verdict is ProfileVerdict.ACCEPTED
    assert await at_cpo(Limiting.CLEAR) is None
    assert all(one.profile is None and one.held for one in (await heard(emsp, session.id)).limits)


async def test_what_was_limited_for_us_ends_with_its_contract(provider: Provider, pair: Pair) -> None:
    """CHP-019, CHP-034: taken back from the CPO by itself; what our operator wants goes on."""
    cpo, emsp = pair
    session = await charge(pair)
    by = (emsp.database, emsp.clients)
    await provider.limit(session.ref)
    await station_says(cpo, session, Limiting.SET, "ACCEPTED")
    ten = replace(PROFILE, limits=(ProfileLimit(timedelta(), Decimal(10)),))
    await limited.set_profile(*by, EMSP, owner=CPO, session_id=session.id, profile=ten)
    await station_says(cpo, session, Limiting.SET, "ACCEPTED")
    assert await limited.end_without_contract(*by) == 0
    async with emsp.database.unit() as unit:
        (ref,) = [one.ref for one in await partners.connections(unit, EMSP) if one.party == SCSP]
        await policies.adapt(unit, ref, Policy())
    assert await limited.end_without_contract(*by) == 1
    assert await limited.end_without_contract(*by) == 0  # it is on its way
    await station_says(cpo, session, Limiting.SET, "ACCEPTED")
    limits_by = {one.by: one.profile for one in (await heard(emsp, session.id)).limits}
    assert limits_by == {SCSP: None, EMSP: ten}
    async with cpo.database.unit() as unit:
        (theirs,) = (await sessions.fetch(unit, CPO, CPO, session.id)).limits
    assert theirs.profile == ten


async def test_what_a_cpo_does_not_follow_limits_nobody_else(provider: Provider, pair: Pair) -> None:
    """CHP-034: a profile of one that was refused is not in what the other asks for next."""
    cpo, emsp = pair
    session = await charge(pair)
    by = (emsp.database, emsp.clients, EMSP)
    low = replace(PROFILE, limits=(ProfileLimit(timedelta(), Decimal(6)),))
    refused = await limited.set_profile(*by, owner=CPO, session_id=session.id, profile=low)
    await station_says(cpo, session, Limiting.SET, "REJECTED")
    assert await became(emsp, refused) == (CommandState.FAILED, "REJECTED")
    await provider.limit(session.ref)
    await station_says(cpo, session, Limiting.SET, "ACCEPTED")
    async with cpo.database.unit() as unit:
        (theirs,) = (await sessions.fetch(unit, CPO, CPO, session.id)).limits
    assert theirs.profile is not None and theirs.profile.limits == PROFILE.limits


async def test_an_scsp_of_ours_limits_charges_for_an_emsp(
    emsp: Installation, database_url: str, clock: SetClock
) -> None:
    """CHP-012, CHP-030, CHP-031, SES-054: it names whose drivers they are as a hub; the CPO is a stranger."""
    behind = Policy(hub=Hub(party=str(EMSP), behind=(str(CPO),)))
    async with installed(database_url, clock, SCSP, Role.SCSP) as scsp, peer() as at:
        async with emsp.database.unit() as unit:
            invitation = await partners.invite(unit, emsp.settings, EMSP, Role.EMSP)
        await partners.register(
            scsp.database, scsp.clients, invitation.versions_url, invitation.token, SCSP, Role.SCSP, policy=behind
        )
        async with emsp.database.unit() as unit:
            await policies.adapt(unit, (await partners.connections(unit, EMSP))[0].ref, BY_CONTRACT)
        await partners.renew(scsp.database, scsp.clients, await scsp.connection())
        async with stranger(await strange_cpo(emsp, at)) as by_cpo:
            session = await told_by(by_cpo, emsp)
            await emsp.settle()
            asked = await limited.set_profile(
                scsp.database, scsp.clients, SCSP, owner=CPO, session_id=session.ref, profile=PROFILE
            )
            assert asked.verdict is ProfileVerdict.ACCEPTED
            here = at.last("PUT", f"/chargingprofiles/{session.id}").body["response_url"]
            answer = await by_cpo("POST", here, encoded({"result": "ACCEPTED"}))
            assert answer.both == (200, 1000) and answer.data is None
            await emsp.settle()
            assert await became(scsp, asked) == (CommandState.DONE, "ACCEPTED")
            await told_by(by_cpo, emsp, kwh=3, last_updated=LATER)  # and who limits it is still known
            url = f"{emsp.url}/ocpi/emsp/2.2.1/chargingprofiles/{session.id}"
            answer = await by_cpo("PUT", url, encoded(ACTIVE))
            assert answer.both == (200, 1000) and answer.data is None
            await emsp.settle()
        async with scsp.database.unit() as unit:
            known = (await sessions.fetch(unit, SCSP, CPO, session.ref)).active_profile
        assert known is not None and known.profile == PROFILE


async def strange_cpo(emsp: Installation, at: Peer) -> str:
    """Says yes to whatever it is asked."""
    at.otherwise = said(200, 1000, {"result": "ACCEPTED", "timeout": 120})
    where = Endpoint(
        identifier=Module.CHARGING_PROFILES, role=Interface.RECEIVER, url=f"{at.url}/{Module.CHARGING_PROFILES}"
    )
    return await befriended(emsp, CPO, Role.CPO, endpoints=(where,))


async def told_by(by_cpo: Ask, emsp: Installation, owner: PartyId = CPO, **changes: Any) -> Session:
    words = wording.session(country_code=owner.country, party_id=owner.party, **changes)
    url = f"{emsp.url}/ocpi/emsp/2.2.1/sessions/{owner.country}/{owner.party}/{words['id']}"
    assert (await by_cpo("PUT", url, encoded(words))).status == 1000
    return await heard(emsp, words["id"], owner)


class Strangers:
    """An SCSP and a CPO that we did not write, with our eMSP between them, and a charge."""

    def __init__(self, provider: Provider, cpo: Peer, by_cpo: Ask, session: Session) -> None:
        self.provider, self.cpo, self.by_cpo, self.session = provider, cpo, by_cpo, session
        self.path = f"/chargingprofiles/{session.id}"

    async def result(self, word: str) -> None:
        here = self.cpo.last("PUT", self.path).body["response_url"]
        assert (await self.by_cpo("POST", here, encoded({"result": word}))).status == 1000
        await self.provider.emsp.settle()

    async def kept(self) -> list[KeptCommand]:
        """What the SCSP asked, the newest first."""
        (connection,) = await self.provider.connections()
        async with self.provider.emsp.database.unit() as unit:
            return list(await partners.commands(unit, connection))


@pytest.fixture
async def strangers(emsp: Installation) -> AsyncIterator[Strangers]:
    async with peer() as at, peer() as cpo:
        at.otherwise = said(200, 1000)
        by_scsp, by_cpo = await contracted(emsp, SCSP, at, "2.2.1"), await strange_cpo(emsp, cpo)
        async with stranger(by_scsp) as ask, stranger(by_cpo) as ask_as_cpo:
            session = await told_by(ask_as_cpo, emsp)
            await emsp.settle()
            yield Strangers(Provider(emsp, at, "2.2.1", ask), cpo, ask_as_cpo, session)


async def killed(strangers: Strangers, ask: delegated.Ask, at: asyncio.Event) -> None:
    """A process of ours takes a request, and is gone when it has come so far."""
    provider = strangers.provider
    (connection,) = await provider.connections()
    here = f"{provider.peer.url}/set"
    asking = asyncio.create_task(
        delegated.pass_on(
            provider.emsp.database,
            connection,
            provider.emsp.settings,
            ProfileRequest.SET,
            strangers.session.ref,
            here,
            encoded({"charging_profile": WORDS, "response_url": here}),
            ask,
        )
    )
    await at.wait()
    async with provider.emsp.database.unit() as unit:
        assert await unit.value(OPEN) == 0
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert [one.state for one in await strangers.kept()] == [CommandState.ASKED]


async def test_a_result_is_told_on_whatever_became_of_who_asked(strangers: Strangers) -> None:
    """CHP-008, CHP-030: gone while the CPO thinks; no Unit was open, and both requests were kept."""
    came, emsp = asyncio.Event(), strangers.provider.emsp

    async def thinking(_: Request) -> Response:
        came.set()
        await asyncio.Event().wait()
        raise AssertionError("it thinks as long as it is asked")

    async def ask(session: Session, id: str) -> limited.Limited:
        return await limited.set_profile(
            emsp.database,
            emsp.clients,
            EMSP,
            owner=CPO,
            session_id=session.id,
            profile=PROFILE,
            asked_for=id,
        )

    strangers.cpo.answers[strangers.path] = thinking
    await killed(strangers, ask, came)
    await strangers.result("ACCEPTED")
    told = strangers.provider.told("POST", "/set")
    assert told == [{"result": "ACCEPTED"}]
    assert [one.state for one in await strangers.kept()] == [CommandState.DONE]
    await strangers.result("REJECTED")  # a second word changes nothing
    assert strangers.provider.told("POST", "/set") == told


async def test_of_what_was_asked_of_nobody_there_is_no_result(strangers: Strangers, clock: SetClock) -> None:
    """CHP-008: gone before it asked; whoever asked us heard no answer, and the request waits for nothing."""
    came = asyncio.Event()

    async def ask(session: Session, id: str) -> limited.Limited:
        came.set()
        await asyncio.Event().wait()
        raise AssertionError("it is gone by then")

    await killed(strangers, ask, came)
    clock.advance(timedelta(hours=1))
    assert await commands.expire(strangers.provider.emsp.database) == 1
    await strangers.provider.emsp.settle()
    assert [one.state for one in await strangers.kept()] == [CommandState.TIMED_OUT]
    assert (strangers.cpo.asked, strangers.provider.told("POST", "/set")) == ([], [])


async def test_who_says_nothing_in_time_has_said_no(strangers: Strangers, clock: SetClock) -> None:
    """CHP-030, CHP-035: as long as the CPO said, and not only as long as we should have waited for ourselves."""
    provider = strangers.provider
    assert (await provider.limit(strangers.session.ref)).data == {"result": "ACCEPTED", "timeout": 120}
    clock.advance(timedelta(seconds=110))
    await commands.expire(provider.emsp.database)
    await provider.emsp.settle()
    assert provider.told("POST", "/set") == []
    clock.advance(timedelta(seconds=11))
    await commands.expire(provider.emsp.database)
    await provider.emsp.settle()
    assert provider.told("POST", "/set") == [{"result": "REJECTED"}]
    await strangers.result("ACCEPTED")
    assert provider.told("POST", "/set") == [{"result": "REJECTED"}]
    assert (await heard(provider.emsp, strangers.session.id)).limits is not None  # though late, it holds


async def test_what_is_not_passed_on_is_answered_at_once(strangers: Strangers, clock: SetClock) -> None:
    """CHP-007, CHP-030: in the words of the text, of the CPO where it was asked, and ours where it was not."""
    provider, cpo, session = strangers.provider, strangers.cpo, strangers.session

    async def no(id: str = session.ref) -> str:
        answer = await provider.limit(id)
        assert answer.data["timeout"] == 0
        return str(answer.data["result"])

    assert await no("nobody") == await no(session.id) == "UNKNOWN_SESSION"
    for word in ("TOO_OFTEN", "NOT_SUPPORTED", "REJECTED", "UNKNOWN_SESSION"):
        cpo.answers[strangers.path] = {"result": word, "timeout": 0}
        assert await no() == word
    cpo.answers[strangers.path] = said(200, 2001, message="no such thing")
    assert await no() == "REJECTED"
    cpo.answers[strangers.path] = said(500, 3000)
    assert await no() == "REJECTED"
    assert {one.state for one in await strangers.kept()} == {CommandState.REFUSED}
    del cpo.answers[strangers.path]
    many = [(await provider.limit(session.ref, f"n{place}")).data["result"] for place in range(6)]
    assert many == ["ACCEPTED"] * 5 + ["TOO_OFTEN"]
    await strangers.result("ACCEPTED")
    async with peer() as at, stranger(await contracted(provider.emsp, OTHER, at, "2.2.1")) as ask:
        another = Provider(provider.emsp, at, "2.2.1", ask)
        assert (await another.limit(session.ref)).data == {"result": "ACCEPTED", "timeout": 120}
        assert (await another.ask("GET", session.ref, "asked", duration=60)).data["result"] == "TOO_OFTEN"
    clock.advance(timedelta(minutes=3))
    await commands.expire(provider.emsp.database)
    over = "2026-11-23T10:00:00Z"
    await told_by(strangers.by_cpo, provider.emsp, status="COMPLETED", end_date_time=over, last_updated=over)
    assert await no() == "REJECTED"


async def test_a_cpo_that_cannot_limit_charges_is_not_asked(strangers: Strangers) -> None:
    """CHP-007, CHP-032: in a version without such words, or without the module; the id is another one's too."""
    provider = strangers.provider
    for party, version in ((PartyId("NO", "OLD"), "2.1.1"), (PartyId("FR", "NEW"), "2.3.0")):
        async with stranger(await befriended(provider.emsp, party, Role.CPO, version=version)) as ask:
            session = await told_by(ask, provider.emsp, party)
        assert session.id == strangers.session.id
        assert (await provider.limit(session.ref)).data == {"result": "NOT_SUPPORTED", "timeout": 0}
    assert strangers.cpo.asked == []


async def test_without_a_contract_nothing_is_told_and_nothing_offered(strangers: Strangers) -> None:
    """CHP-019, CHP-037: nor to a partner of another role; and our Tokens are not for who only limits charges."""
    emsp = strangers.provider.emsp
    async with peer() as at:
        at.otherwise = said(200, 1000)
        for party, policy in ((OTHER, Policy()), (PartyId("FR", "NSP"), BY_CONTRACT)):
            token = await contracted(emsp, party, at, "2.2.1", policy)
            if party is not OTHER:
                async with emsp.database.unit() as unit:
                    await unit.execute("update ocpi_line set roles = replace(roles, 'SCSP', 'NSP')")
            async with stranger(token) as ask:
                one = Provider(emsp, at, "2.2.1", ask)
                assert (await one.limit(strangers.session.ref)).http == (await one.list_sessions()).http == 404
                details = (await ask("GET", f"{emsp.url}/ocpi/2.2.1")).data["endpoints"]
                sides = {(one["identifier"], one["role"]) for one in details}
                assert sides.isdisjoint({("sessions", "SENDER"), ("chargingprofiles", "RECEIVER")})
                assert (("tokens", "SENDER") in sides) is (party is not OTHER)
        await told_by(strangers.by_cpo, emsp, kwh=3, last_updated=LATER)
        await emsp.settle()
        assert at.asked == []
