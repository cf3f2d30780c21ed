"""We as CPO behind a hub of somebody else: what is for all goes to it, what concerns one party goes to that one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi.commands.ask import Asker
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations import policies, policy
from laddnav.ocpi.deviations.policy import Policy
from laddnav.ocpi.model import Delivery
from laddnav.ocpi.telling.push import ATTEMPTS_ELSE
from laddnav.ocpi.wire.handshake import Endpoint, Interface, Module
from laddnav.parties.model import Role
from laddnav.sessions import actions as sessions
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Whitelist
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import charged, furnished
from tests.ocpi.hub.hubbed import HUB, Hub, hubbed, way
from tests.ocpi.network import CPO, EMSP, Answer, Installation, befriended, installed, stranger
from tests.ocpi.peer import said
from tests.ocpi.wording import words

OTHER = PartyId("FR", "OTH")
NOW = "2026-11-23T08:00:00Z"
LATER = "2026-11-23T12:00:00Z"


@pytest.fixture
async def hub(cpo: Installation) -> AsyncIterator[Hub]:
    async with hubbed(cpo) as one:
        yield one


async def known(hub: Hub, *parties: PartyId, status: str = "CONNECTED", at: str = NOW) -> None:
    for party in parties:
        await hub.tells(party, "EMSP", status, at)


async def carded(cpo: Installation, owner: PartyId, uid: str, whitelist: Whitelist = Whitelist.ALWAYS) -> None:
    async with cpo.database.unit() as unit:
        await tokens.keep(unit, CPO, things.token(uid, owner, whitelist=whitelist))


async def waiting(cpo: Installation) -> list[Delivery]:
    return [one for one in await cpo.deliveries() if one.state == "waiting"]


# What is for all ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "roles"),
    [("2.2.1", (("HUB", "DE", "HUB"),)), ("2.3.0", (("EMSP", "NL", "TNM"), ("NSP", "FR", "OTH")))],
)
async def test_what_is_for_all_is_told_to_the_hub(
    cpo: Installation, version: str, roles: tuple[tuple[str, str, str], ...]
) -> None:
    """HUB-001, HUB-026, HUB-032, HUB-034, HUB-051: it is a role in 2.2.1, and beside the roles in 2.3.0."""
    async with hubbed(cpo, version, roles=roles) as hub:
        await furnished(cpo)
        await cpo.settle()
        async with cpo.database.unit() as unit:
            await locations.report_status(unit, CPO, CPO, "LOC1", "EVSE1", Status.CHARGING, unit.now)
        await cpo.settle()
        told = hub.heard(Module.LOCATIONS) + hub.heard(Module.TARIFFS)
        assert {one.method for one in told} == {"PUT", "PATCH"}
        assert {way(one) for one in told} == {(str(CPO), str(HUB))}
        assert {one.path.split("/")[3:5] == ["SE", "LAD"] for one in told} == {True}
        assert not [one for one in told if one.method == "GET"]  # HUB-033


async def test_lists_are_fetched_of_the_hub(cpo: Installation, hub: Hub) -> None:
    """HUB-041, HUB-042: and everything in them is of whom it says, where we know that party."""
    await known(hub, EMSP)
    mine = [words(things.token(uid, owner)) for uid, owner in (("KNOWN", EMSP), ("STRANGE", OTHER), ("OURS", CPO))]
    hub.they.answers[f"GET /{Module.TOKENS}/SENDER"] = mine
    await cpo.pull()
    assert {way(one) for one in hub.heard(Module.TOKENS, "GET")} == {(str(CPO), str(HUB))}
    async with cpo.database.unit() as unit:
        kept = [await tokens.by_uid(unit, CPO, uid) for uid in ("KNOWN", "STRANGE", "OURS")]
    assert [[one.owner for one in some] for some in kept] == [[EMSP], [], []]


async def test_each_party_may_have_to_be_told_and_asked_by_itself(cpo: Installation, hub: Hub) -> None:
    """HUB-052: of those who deal with a CPO, with their own names in the headers; a CPO behind the hub is none."""
    await known(hub, EMSP, OTHER)
    await hub.tells(PartyId("DE", "8AC"), "CPO", "CONNECTED", NOW)
    async with cpo.database.unit() as unit:
        await policies.adapt(unit, (await cpo.connection()).ref, Policy(hub=policy.Hub(each=True)))
    await furnished(cpo)
    await cpo.settle()
    told = [way(one) for one in hub.heard(Module.LOCATIONS)]
    assert sorted(told) == [(str(CPO), str(OTHER)), (str(CPO), str(EMSP))]
    await cpo.pull()
    assert sorted(way(one) for one in hub.heard(Module.TOKENS, "GET")) == sorted(told)


async def test_a_hub_may_be_one_by_our_word_alone(cpo: Installation) -> None:
    """FR*107 in the headers and FR*007 in its credentials, and nobody is told who is behind it."""
    async with hubbed(cpo, roles=(("EMSP", "FR", "007"),)) as hub:
        token = words(things.token("CARD1", EMSP))
        assert (await hub.passes(EMSP, "PUT", "tokens/NL/TNM/CARD1", token)).both == (404, 2001)
        by_hand = policy.Hub(party="FR*107", behind=("NL*TNM",))
        async with cpo.database.unit() as unit:
            await policies.adapt(unit, (await cpo.connection()).ref, Policy(hub=by_hand))
        for origin in (EMSP, PartyId("FR", "107")):
            assert (await hub.passes(origin, "PUT", "tokens/NL/TNM/CARD1", token)).status == 1000
        await furnished(cpo)
        await cpo.settle()
        assert {way(one)[1] for one in hub.heard(Module.LOCATIONS)} == {"FR*107"}


# Who is behind it -----------------------------------------------------------------------------------------------------


async def test_who_is_behind_is_known_by_the_hubs_word_and_nobody_else_is(cpo: Installation, hub: Hub) -> None:
    """HUB-009, HUB-029: in the name of the hub or in its own, and answered to whoever spoke."""
    token = words(things.token("CARD1", EMSP))
    path = "tokens/NL/TNM/CARD1"
    assert (await hub.passes(EMSP, "PUT", path, token)).both == (404, 2001)
    assert (await hub.passes(HUB, "PUT", path, token)).both == (404, 2001)
    await known(hub, EMSP, OTHER)
    for origin, both in ((EMSP, (201, 1000)), (HUB, (200, 1000)), (OTHER, (404, 2001)), (CPO, (404, 2001))):
        answer = await hub.passes(origin, "PUT", path, token)
        assert answer.both == both, origin
        if both[1] == 1000:
            assert answer.headers["ocpi-to-party-id"] == origin.party
            assert answer.headers["ocpi-from-party-id"] == CPO.party
    ours = words(things.token("CARD2", CPO))
    assert (await hub.passes(HUB, "PUT", "tokens/SE/LAD/CARD2", ours)).both == (404, 2001)


async def test_who_speaks_to_us_without_the_hub_does_not_speak_through_it(cpo: Installation, hub: Hub) -> None:
    """HUB-009: a hub cannot take over a partner of ours, nor keep one from coming to us later."""
    await known(hub, EMSP)
    token = words(things.token("CARD1", EMSP))
    assert (await hub.passes(EMSP, "PUT", "tokens/NL/TNM/CARD1", token)).both == (201, 1000)
    async with stranger(await befriended(cpo, EMSP, Role.EMSP)) as ask:
        url = f"{hub.base}/tokens/NL/TNM/CARD1"
        assert (await ask("GET", url)).both == (200, 1000)
        for origin in (EMSP, HUB):
            assert (await hub.passes(origin, "PUT", "tokens/NL/TNM/CARD1", token)).both == (404, 2001)


@pytest.mark.parametrize(("our_role", "directly"), [(Role.NSP, True), (Role.CPO, False)])
async def test_what_is_heard_directly_in_another_role_is_not_heard_through_a_hub(
    emsp: Installation, our_role: Role, directly: bool
) -> None:
    """HUB-009: as navigation service we hear of the same places, as CPO of nothing that an eMSP hears of."""
    await befriended(emsp, HUB, Role.HUB)
    await befriended(emsp, OTHER, Role.CPO, our_role=our_role)
    async with emsp.database.unit() as unit:
        (behind,) = [one for one in await partners.connections(unit, EMSP) if one.hub == HUB]
    assert (OTHER in behind.elsewhere) is directly


async def test_a_hub_costs_no_statement_more_than_anybody(database_url: str, clock: SetClock) -> None:
    statements: list[str] = []
    async with installed(database_url, clock, CPO, Role.CPO, statements=statements) as cpo, hubbed(cpo) as hub:
        await known(hub, OTHER)
        await furnished(cpo)
        asked: list[list[str]] = []
        async with stranger(await befriended(cpo, EMSP, Role.EMSP)) as ask:

            async def directly() -> Answer:
                return await ask("GET", f"{hub.base}/locations")

            async def through_it() -> Answer:
                return await hub.passes(OTHER, "GET", "locations")

            for get in (directly, through_it, directly, through_it):
                await cpo.clients.journal.flush()
                statements.clear()
                assert (await get()).both == (200, 1000)
                asked.append([one for one in statements if one.lstrip().startswith(("select", "with"))])
    assert len(asked[2]) == len(asked[3]) == 2


# What concerns one party ----------------------------------------------------------------------------------------------


async def test_a_charge_is_told_to_its_emsp_alone(cpo: Installation, hub: Hub, clock: SetClock) -> None:
    """HUB-034: with its party in the headers, and never to all."""
    await known(hub, EMSP, OTHER)
    await furnished(cpo)
    await carded(cpo, EMSP, "CARD1")
    await charged(cpo, clock)
    await cpo.settle()
    told = hub.heard(Module.SESSIONS) + hub.heard(Module.CDRS)
    assert {(one.method, one.path.split("/")[1], way(one)) for one in told} == {
        ("PUT", "sessions", (str(CPO), str(EMSP))),
        ("POST", "cdrs", (str(CPO), str(EMSP))),
    }
    assert len(hub.heard(Module.CDRS, "POST")) == 1


async def test_an_emsp_that_is_also_a_partner_of_ours_is_told_without_the_hub(
    cpo: Installation, hub: Hub, clock: SetClock
) -> None:
    """Once, and not by both ways."""
    endpoints = tuple(
        Endpoint(identifier=module, role=Interface.RECEIVER, url=f"{hub.they.url}/{module}/direct")
        for module in (Module.SESSIONS, Module.CDRS)
    )
    await known(hub, EMSP)
    await befriended(cpo, EMSP, Role.EMSP, endpoints=endpoints)
    await furnished(cpo)
    await carded(cpo, EMSP, "CARD1")
    await charged(cpo, clock)
    await cpo.settle()
    assert {one.path.split("/")[2] for one in hub.heard(Module.SESSIONS) + hub.heard(Module.CDRS)} == {"direct"}
    assert len(hub.heard(Module.CDRS)) == 1


async def test_who_is_away_is_waited_for_and_holds_up_nobody(cpo: Installation, hub: Hub, clock: SetClock) -> None:
    """HUB-053: what is for it goes out when the hub says that it is there again, CDRs in their turn."""
    await known(hub, EMSP, OTHER)
    await furnished(cpo)
    await carded(cpo, EMSP, "CARD1")
    await carded(cpo, OTHER, "CARD2")
    await known(hub, EMSP, status="OFFLINE", at=LATER)
    for uid in ("CARD1", "CARD2", "CARD1"):
        await charged(cpo, clock, uid=uid)
        await cpo.settle()
    assert {way(one)[1] for one in hub.heard(Module.SESSIONS) + hub.heard(Module.CDRS)} == {str(OTHER)}
    late = await waiting(cpo)
    assert {(one.to, one.attempts) for one in late} == {(EMSP, 0)}
    assert [one.module for one in late].count(Module.CDRS) == 2
    await known(hub, EMSP, at="2026-11-23T13:00:00Z")
    await cpo.settle()
    assert await waiting(cpo) == []
    cdrs = [one for one in hub.heard(Module.CDRS) if way(one)[1] == str(EMSP)]
    assert [one.body["start_date_time"] for one in cdrs] == ["2026-11-23T08:00:00Z", "2026-11-23T10:00:00Z"]


# Real time ------------------------------------------------------------------------------------------------------------


async def test_an_emsp_is_asked_through_the_hub(cpo: Installation, hub: Hub) -> None:
    """HUB-036, HUB-039: where we do not know whose a Token is, the hub may."""
    await known(hub, EMSP)
    token = things.token("CARD1", EMSP)
    hub.they.otherwise = said(200, 1000, {"allowed": "ALLOWED", "token": words(token)})
    ask = Asker(cpo.database, cpo.clients)
    for shown, to in ((token, str(EMSP)), (None, None)):
        given = await ask(CPO, shown, "CARD1", None)
        assert given is not None and (given.allowed, given.token) == (Allowed.ALLOWED, token)
        assert way(hub.they.asked[-1]) == (str(CPO), to)
    hub.they.otherwise = said(200, 4001)
    assert await ask(CPO, None, "STRANGE", None) is None


async def test_a_command_is_answered_to_whoever_gave_it(cpo: Installation, hub: Hub) -> None:
    """HUB-047: its result too is a message to that party, through the hub."""
    await known(hub, EMSP, OTHER)
    await furnished(cpo)
    start = {
        "response_url": f"{hub.they.url}/commands/results/1",
        "token": words(things.token("CARD1", EMSP)),
        "location_id": "LOC1",
        "evse_uid": "EVSE1",
    }
    assert (await hub.passes(OTHER, "POST", "commands/START_SESSION", start)).data["result"] == "REJECTED"
    assert (await hub.passes(EMSP, "POST", "commands/START_SESSION", start)).data["result"] == "ACCEPTED"
    async with cpo.database.unit() as unit:
        (session,) = await sessions.page(unit, CPO)
        await sessions.answer_start(unit, CPO, session.id, "ACCEPTED")
    await cpo.settle()
    (result,) = hub.heard(Module.COMMANDS)
    assert (result.body["result"], way(result)) == ("ACCEPTED", (str(CPO), str(EMSP)))


async def test_a_driver_whose_emsp_is_away_is_not_asked_for(cpo: Installation, hub: Hub) -> None:
    """HUB-053."""
    await known(hub, EMSP, status="SUSPENDED")
    before = len(hub.they.asked)
    assert await Asker(cpo.database, cpo.clients)(CPO, things.token("CARD1", EMSP), "CARD1", None) is None
    assert len(hub.they.asked) == before


# What a hub cannot do -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("http", "status", "state", "says"),
    [
        (200, 4000, "dead", "The hub cannot pass this on"),
        (200, 4001, "dead", "The hub knows no such party"),
        (404, 4001, "dead", "The hub knows no such party"),
        (200, 4002, "waiting", "does not answer in time"),
        (200, 4003, "waiting", "is not connected to it now"),
        (503, 4003, "waiting", "is not connected to it now"),
    ],
)
async def test_what_a_hub_cannot_pass_on_waits_or_is_shown(
    cpo: Installation, hub: Hub, clock: SetClock, http: int, status: int, state: str, says: str
) -> None:
    """TRN-030, HUB-025: whom it does not know, a person has to look at; who is not there may come back in days."""
    await known(hub, EMSP)
    await furnished(cpo)
    await cpo.settle()
    await carded(cpo, EMSP, "CARD1")
    hub.they.otherwise = said(http, status)
    await charged(cpo, clock)
    for _ in range(ATTEMPTS_ELSE + 1):
        await cpo.settle()
        clock.advance(timedelta(minutes=15))
    (session,) = [one for one in await cpo.deliveries() if one.module is Module.SESSIONS]
    assert (session.state, says in str(session.last_error)) == (state, True)
    tries = 1 if status == 4001 else ATTEMPTS_ELSE if status == 4000 else ATTEMPTS_ELSE + 1
    assert session.attempts == tries
    if state == "waiting":
        hub.they.otherwise = said(200, 1000)
        await cpo.settle()
        assert await waiting(cpo) == []
