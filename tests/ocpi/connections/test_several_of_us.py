"""Several of our parties, in several roles, on one line: each has its own road to the partner, and none another's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.kit.energy import kwh, wh
from laddnav.kit.ids import EvseRef, NotAPartyId, PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi import store
from laddnav.ocpi.commands import commands
from laddnav.ocpi.commands.ask import Asker
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.lines import HubStandsAlone, NobodySpeaks, Speaker, together
from laddnav.ocpi.deviations.policy import Policy, Pushes
from laddnav.ocpi.model import Connection
from laddnav.ocpi.operate.partners import set_policy
from laddnav.ocpi.rules import AddressedElsewhere, OnePartyOnly, PartyTaken, SharedLine, details, meant, serving
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.commands import Verdict
from laddnav.ocpi.wire.handshake import CredentialsRole, Interface, Module, State
from laddnav.ocpi.wire.routing import Route
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from laddnav.people.api import NotYours
from laddnav.people.model import Role as Right
from laddnav.people.model import Visitor
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Token, TokenKey
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation, Pair, befriended, installed, stranger
from tests.ocpi.peer import peer

SECOND = PartyId("SE", "TWO")
OTHER_EMSP = PartyId("DE", "XYZ")
NEWEST = partners.NEWEST


@pytest.fixture
async def several(cpo: Installation) -> Installation:
    """One of ours where two companies live."""
    async with cpo.database.unit() as unit:
        await parties.add(unit, things.party(SECOND, ref=unit.new_id(), name="Company two"))
    return cpo


@pytest.fixture
async def pair(several: Installation, emsp: Installation) -> Pair:
    """SE*LAD as CPO and eMSP, and SE*TWO as CPO, on one line with NL*TNM as eMSP and CPO."""
    also = (Speaker(CPO, Role.EMSP), Speaker(SECOND, Role.CPO))
    async with several.database.unit() as unit:
        invitation = await partners.invite(unit, several.settings, CPO, Role.CPO, also=also)
    await partners.register(
        emsp.database,
        emsp.clients,
        invitation.versions_url,
        invitation.token,
        EMSP,
        Role.EMSP,
        also=[Speaker(EMSP, Role.CPO)],
    )
    return Pair(several, emsp)


@pytest.fixture
async def ask(pair: Pair) -> AsyncIterator[Ask]:
    """How NL*TNM asks, with whatever headers."""
    token = await pair.emsp.clients.token_for(await on_line(pair.emsp, EMSP, Role.EMSP))
    async with stranger(token) as one:
        yield one


async def on_line(one: Installation, holder: PartyId, role: Role) -> Connection:
    async with one.database.unit() as unit:
        (only,) = [each for each in await partners.connections(unit, holder) if each.our_role is role]
        return only


async def speakers(one: Installation) -> list[tuple[PartyId, Role, PartyId | None, State]]:
    async with one.database.unit() as unit:
        return [(each.holder, each.our_role, each.party, each.state) for each in await partners.connections(unit)]


async def furnished(one: Installation, holder: PartyId) -> None:
    """A place of this party with a tariff, and a station behind its Evse."""
    async with one.database.unit() as unit:
        await tariffs.keep(unit, holder, things.tariff(owner=holder))
        await locations.keep(unit, holder, things.location(f"AT-{holder.party}", holder))
        station = await locations.add_station(unit, holder, f"ST-{holder.party}")
        await locations.attach(unit, station.id, 1, EvseRef(f"AT-{holder.party}", "EVSE1"))
        locations.connected(unit, station, process="test", protocol="ocpp1.6")


async def carded(one: Installation, owner: PartyId) -> Token:
    token = things.token("CARD1", owner)
    async with one.database.unit() as unit:
        await tokens.keep(unit, owner, token)
    return token


async def charged(one: Installation, holder: PartyId, clock: SetClock, uid: str = "CARD1") -> str:
    """A whole charge at this party's station; its Session's id."""
    given = await tokens.authorize(one.database, holder, uid)
    async with one.database.unit() as unit:
        station = await locations.station(unit, f"ST-{holder.party}")
        session = await sessions.begin(
            unit, station=station, evse_no=1, uid=uid, given=given, at=unit.now, register=wh(0)
        )
    clock.advance(timedelta(hours=1))
    async with one.database.unit() as unit:
        await sessions.stop(unit, holder=holder, session_id=session.id, at=unit.now, register=kwh("10"), reason="Local")
    return session.id


def to(party: PartyId, origin: PartyId | None = None) -> dict[str, str]:
    said = {"OCPI-to-country-code": party.country, "OCPI-to-party-id": party.party}
    if origin is not None:
        said |= {"OCPI-from-country-code": origin.country, "OCPI-from-party-id": origin.party}
    return said


def admin(holder: PartyId | None) -> Visitor:
    return Visitor(id="K1", name="a program", role=Right.ADMIN, holder=holder, language="en")


async def test_a_line_is_changed_by_who_speaks_for_all_of_us_on_it(pair: Pair) -> None:
    """A key of one of our parties changes what is its own alone."""
    connection = await on_line(pair.cpo, CPO, Role.CPO)
    policy = Policy(pushes=Pushes(whole_only=True))
    for holder, refused in ((CPO, SharedLine), (SECOND, NotYours)):
        async with pair.cpo.database.unit() as unit:
            with pytest.raises(refused):
                await set_policy(unit, admin(holder), connection.ref, policy)
    async with pair.cpo.database.unit() as unit:
        assert (await set_policy(unit, admin(None), connection.ref, policy)).policy == policy
    alone = await on_line(pair.emsp, EMSP, Role.EMSP)
    async with pair.emsp.database.unit() as unit:
        assert (await set_policy(unit, admin(EMSP), alone.ref, policy)).policy == policy


# Registration ---------------------------------------------------------------------------------------------------------


async def test_one_handshake_is_for_all_of_us(pair: Pair) -> None:
    """CRED-002, CRED-029, CRED-030, CRED-031, CRED-032: and each deals with who plays the opposite role."""
    assert await speakers(pair.cpo) == [
        (CPO, Role.CPO, EMSP, State.CONNECTED),
        (CPO, Role.EMSP, EMSP, State.CONNECTED),
        (SECOND, Role.CPO, EMSP, State.CONNECTED),
    ]
    assert await speakers(pair.emsp) == [
        (EMSP, Role.EMSP, CPO, State.CONNECTED),
        (EMSP, Role.CPO, CPO, State.CONNECTED),
    ]
    theirs = await on_line(pair.emsp, EMSP, Role.EMSP)
    assert [(one.role, one.party) for one in theirs.roles] == [
        (Role.CPO, CPO),
        (Role.EMSP, CPO),
        (Role.CPO, SECOND),
    ]
    assert theirs.counterparts == (CPO, SECOND)
    async with pair.emsp.database.unit() as unit:
        line = await partners.beside(unit, theirs)
    assert {one.line for one in line} == {theirs.line} and len(line) == 2


async def test_each_side_of_a_module_is_listed_once(pair: Pair, ask: Ask) -> None:
    """VER-002, VER-009, VER-010, VER-011: both interfaces of what a CPO and an eMSP serve between them."""
    listed = (await ask("GET", f"{pair.cpo.url}/ocpi/{NEWEST}")).data["endpoints"]
    sides = [(one["identifier"], one["role"]) for one in listed]
    assert len(sides) == len(set(sides)) and sides.count(("credentials", "SENDER")) == 1
    for module in (Module.LOCATIONS, Module.TOKENS, Module.SESSIONS, Module.CDRS):
        urls = {one["role"]: one["url"] for one in listed if one["identifier"] == module}
        assert set(urls) == set(Interface) and len(set(urls.values())) == 2


async def test_a_version_without_routing_headers_has_room_for_one(several: Installation, ask: Ask, pair: Pair) -> None:
    """CRED-028, CRED-041: it is neither listed nor served, and nobody is invited in it."""
    listed = (await ask("GET", f"{pair.cpo.url}/ocpi/versions")).data
    assert [one["version"] for one in listed] == ["2.2.1", "2.3.0"]
    assert (await ask("GET", f"{pair.cpo.url}/ocpi/2.1.1")).both == (404, 3002)
    async with several.database.unit() as unit:
        with pytest.raises(OnePartyOnly):
            await partners.invite(
                unit, several.settings, CPO, Role.CPO, also=[Speaker(SECOND, Role.CPO)], version="2.1.1"
            )


async def test_a_partner_that_offers_no_newer_version_gets_one_of_us_only(several: Installation) -> None:
    """CRED-041: and nothing is left of the attempt."""
    async with peer() as they:
        they.answers["/versions"] = [{"version": "2.1.1", "url": f"{they.url}/v"}]
        with pytest.raises(OnePartyOnly):
            await partners.register(
                several.database,
                several.clients,
                they.versions_url,
                "token-a",
                CPO,
                Role.CPO,
                also=[Speaker(SECOND, Role.CPO)],
            )
    assert await speakers(several) == []


async def test_one_of_us_joins_a_line_and_another_leaves_it(pair: Pair, clock: SetClock) -> None:
    """VER-024, CRED-014, CRED-032: told by a PUT; who left is answered no more, and hears nothing more."""
    cpo, emsp = pair
    third = PartyId("SE", "TRE")
    async with cpo.database.unit() as unit:
        await parties.add(unit, things.party(third, ref=unit.new_id(), name="Company three"))
    ours = [Speaker(CPO, Role.CPO), Speaker(third, Role.CPO), Speaker(CPO, Role.EMSP)]
    await partners.renew(cpo.database, cpo.clients, await on_line(cpo, CPO, Role.CPO), ours=ours)
    assert {(holder, role) for holder, role, _, _ in await speakers(cpo)} == {
        (CPO, Role.CPO),
        (CPO, Role.EMSP),
        (third, Role.CPO),
    }
    theirs = await on_line(emsp, EMSP, Role.EMSP)
    assert theirs.counterparts == (CPO, third)
    await furnished(cpo, third)
    await furnished(cpo, SECOND)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        assert await locations.find(unit, EMSP, third, "AT-TRE") is not None
        assert await locations.find(unit, EMSP, SECOND, "AT-TWO") is None
    async with stranger(await emsp.clients.token_for(theirs)) as they:
        refused = await they("GET", f"{cpo.url}/ocpi/cpo/{NEWEST}/locations", headers=to(SECOND))
        assert refused.both == (200, 2001)


async def test_where_the_partner_takes_no_note_all_stays_as_it_was(pair: Pair) -> None:
    """CRED-023: of a change of who speaks."""
    cpo, emsp = pair
    before = await speakers(cpo)
    await emsp.down()
    connection = await on_line(cpo, CPO, Role.CPO)
    with pytest.raises(Exception, match="cannot be reached"):
        await partners.renew(cpo.database, cpo.clients, connection, ours=[Speaker(SECOND, Role.EMSP)])
    assert await speakers(cpo) == before
    assert not any(one.leaving for one in [await on_line(cpo, CPO, Role.EMSP), await on_line(cpo, SECOND, Role.CPO)])
    with pytest.raises(NobodySpeaks):
        await partners.renew(cpo.database, cpo.clients, connection, ours=[])


def test_a_hub_stands_alone_on_its_line() -> None:
    """HUB-048: it announces only the role HUB; our other parties have lines of their own."""
    hub = Speaker(PartyId("SE", "HUB"), Role.HUB)
    with pytest.raises(HubStandsAlone):
        together([hub, Speaker(CPO, Role.CPO)])
    assert together([hub, hub]) == (hub,)


def speaking(holder: PartyId, role: Role) -> Connection:
    roles = (CredentialsRole(role=Role.CPO, party=EMSP, business=BusinessDetails("They")),)
    return Connection(
        holder=holder,
        id=f"{holder} {role}",
        ref="",
        line="L",
        our_role=role,
        state=State.CONNECTED,
        name="They",
        version=NEWEST,
        roles=roles,
        created_at=things.LONG_AGO,
    )


def test_one_url_is_for_all_roles_that_serve_the_same() -> None:
    """VER-009, HUB-008: a party in another role is found there by its name; without one, who plays the URL's role."""
    emsp, nsp, cpo = speaking(CPO, Role.EMSP), speaking(SECOND, Role.NSP), speaking(SECOND, Role.CPO)
    ours = serving((cpo, nsp, emsp), Role.EMSP, Module.LOCATIONS)
    assert ours == (nsp, emsp)
    assert meant(ours, Role.EMSP, Route(to=SECOND)) == (nsp,)
    assert meant(ours, Role.EMSP, Route()) == (emsp,)
    with pytest.raises(AddressedElsewhere):
        meant(ours, Role.EMSP, Route(to=OTHER_EMSP))
    listed = details([Role.EMSP, Role.NSP], VERSIONS[NEWEST], "https://we.example/ocpi").endpoints
    places = [one.url for one in listed if one.identifier == Module.LOCATIONS]
    assert places == [f"https://we.example/ocpi/emsp/{NEWEST}/locations"]


def test_four_headers_say_between_whom_a_message_goes() -> None:
    """HUB-001."""
    said = routing.route_headers(Route(to=SECOND, origin=EMSP))
    assert said == {
        "OCPI-to-party-id": "TWO",
        "OCPI-to-country-code": "SE",
        "OCPI-from-party-id": "TNM",
        "OCPI-from-country-code": "NL",
    }
    assert routing.route_in({name.lower(): value.lower() for name, value in said.items()}) == Route(
        to=SECOND, origin=EMSP
    )
    for headers in ({"ocpi-to-party-id": "LONG", "ocpi-to-country-code": "SE"}, {"ocpi-to-party-id": "LAD"}):
        with pytest.raises(NotAPartyId):
            routing.route_in(headers)


async def test_nobody_is_two_partners_of_one_of_us(several: Installation) -> None:
    """A name that another partner has towards any of us is taken for the whole line."""
    await befriended(several, EMSP, Role.EMSP, holder=SECOND)
    async with peer() as they:
        with pytest.raises(PartyTaken):
            await partners.register(
                several.database,
                several.clients,
                they.versions_url,
                "token-a",
                CPO,
                Role.CPO,
                also=[Speaker(SECOND, Role.CPO)],
            )
    assert [(holder, party) for holder, _, party, _ in await speakers(several)] == [(SECOND, EMSP)]


async def test_what_ends_or_rests_does_so_for_all_of_us(pair: Pair) -> None:
    """CRED-017."""
    cpo, emsp = pair
    async with cpo.database.unit() as unit:
        await partners.suspend(unit, await on_line(cpo, SECOND, Role.CPO))
    assert {state for *_, state in await speakers(cpo)} == {State.SUSPENDED}
    async with cpo.database.unit() as unit:
        await partners.resume(unit, await on_line(cpo, CPO, Role.EMSP))
    await partners.remove(emsp.database, emsp.clients, await on_line(emsp, EMSP, Role.CPO))
    assert await speakers(cpo) == await speakers(emsp) == []


# The road, for each of us ---------------------------------------------------------------------------------------------


async def test_each_cpo_has_its_own_road(pair: Pair, clock: SetClock) -> None:
    """HUB-002, HUB-007, HUB-008, CRED-032: places, tokens, a command, Sessions and CDRs of two CPOs on one line."""
    cpo, emsp = pair
    await furnished(cpo, CPO)
    await furnished(cpo, SECOND)
    token = await carded(emsp, EMSP)
    await emsp.settle()
    await cpo.settle()
    for holder in (CPO, SECOND):
        async with cpo.database.unit() as unit:
            assert (await tokens.fetch(unit, holder, TokenKey(EMSP, token.type, token.uid))).valid
        asked = await commands.start_session(
            emsp.database, emsp.clients, EMSP, token=token, owner=holder, location_id=f"AT-{holder.party}"
        )
        assert asked.verdict is Verdict.ACCEPTED
        async with cpo.database.unit() as unit:
            (session,) = await sessions.page(unit, holder, statuses=[Status.PENDING])
            await sessions.answer_start(unit, holder, session.id, "ACCEPTED")
        await cpo.settle()
        await charged(cpo, holder, clock)
        await cpo.settle()
    async with emsp.database.unit() as unit:
        assert {one.owner for one in await cdrs.page(unit, EMSP)} == {CPO, SECOND}
        assert {one.owner for one in await sessions.page(unit, EMSP, statuses=[Status.COMPLETED])} == {CPO, SECOND}
        for holder in (CPO, SECOND):
            assert await locations.find(unit, EMSP, holder, f"AT-{holder.party}") is not None
        results = await unit.fetch("select result from ocpi_command where direction = 'out'")
        assert [row["result"] for row in results] == ["ACCEPTED", "ACCEPTED"]
    async with cpo.database.unit() as unit:
        assert [one.dead for one in await partners.connections(unit)] == [0, 0, 0]


async def test_our_emsp_has_its_road_on_the_same_line(pair: Pair, clock: SetClock) -> None:
    """CRED-032: the other way round, with the same token each way; who may charge is asked of the eMSP alone."""
    cpo, emsp = pair
    await furnished(emsp, EMSP)
    token = await carded(cpo, CPO)
    await cpo.settle()
    await emsp.settle()
    await charged(emsp, EMSP, clock)
    await emsp.settle()
    async with cpo.database.unit() as unit:
        assert await locations.find(unit, CPO, EMSP, "AT-TNM") is not None
        assert [one.owner for one in await cdrs.page(unit, CPO)] == [EMSP]
        assert await locations.find(unit, SECOND, EMSP, "AT-TNM") is None
    given = await Asker(emsp.database, emsp.clients)(EMSP, token, token.uid, None)
    assert given is not None and given.allowed is Allowed.ALLOWED
    unheard = await Asker(emsp.database, emsp.clients)(EMSP, None, token.uid, None)
    assert unheard is not None and unheard.token is not None and unheard.token.owner == CPO


async def test_nothing_is_told_twice_on_one_line(pair: Pair) -> None:
    """One delivery for each of our parties, in whatever roles it speaks there."""
    cpo, _ = pair
    await furnished(cpo, CPO)
    await carded(cpo, CPO)
    await cpo.settle()
    async with cpo.database.unit() as unit:
        rows = await unit.fetch("select holder, module, object_key from ocpi_delivery order by module")
    assert [(row["holder"], row["module"]) for row in rows] == [
        ("SE*LAD", "locations"),
        ("SE*LAD", "tariffs"),
        ("SE*LAD", "tokens"),
    ]


async def test_what_is_for_all_of_theirs_goes_to_each_by_name(pair: Pair) -> None:
    """HUB-007, HUB-008: to each CPO of theirs a Token, for a message has one TO."""
    cpo, emsp = pair
    await carded(emsp, EMSP)
    await emsp.settle()
    async with cpo.database.unit() as unit:
        for holder in (CPO, SECOND):
            assert await tokens.by_uid(unit, holder, "CARD1")
    assert [one.state for one in await emsp.deliveries()] == ["done", "done"]


async def test_a_list_of_all_of_theirs_is_fetched_once(pair: Pair) -> None:
    """HUB-011: without TO headers, where several of them may have something for us."""
    cpo, emsp = pair
    for holder in (CPO, SECOND):
        async with cpo.database.unit() as unit:
            await locations.keep(unit, holder, things.location(f"AT-{holder.party}", holder))
    await emsp.pull()
    await emsp.clients.journal.flush()
    async with emsp.database.unit() as unit:
        for holder in (CPO, SECOND):
            assert await locations.find(unit, EMSP, holder, f"AT-{holder.party}") is not None
        rows = await unit.fetch("select url from ocpi_exchange where direction = 'out' and method = 'GET'")
    assert sum("/locations" in row["url"] for row in rows) == 1


async def test_a_partner_that_is_down_holds_up_all_of_us(pair: Pair, clock: SetClock) -> None:
    cpo, emsp = pair
    await emsp.down()
    await furnished(cpo, CPO)
    await cpo.settle()
    await furnished(cpo, SECOND)
    await cpo.settle()
    first, second = await on_line(cpo, CPO, Role.CPO), await on_line(cpo, SECOND, Role.CPO)
    assert first.failures == second.failures == 1 and first.retry_at == second.retry_at
    async with cpo.database.unit() as unit:
        tried = await partners.deliveries(unit, second)
    assert tried and not any(one.attempts for one in tried)
    await emsp.up()
    clock.advance(timedelta(minutes=30))
    await cpo.settle()
    assert (await on_line(cpo, SECOND, Role.CPO)).failures == 0
    async with emsp.database.unit() as unit:
        assert await locations.find(unit, EMSP, SECOND, "AT-TWO") is not None


async def test_all_of_us_together_send_so_much_at_a_time(pair: Pair) -> None:
    """A partner has one share, however many of us speak to it."""
    cpo, _ = pair
    for holder in (CPO, SECOND):
        connection = await on_line(cpo, holder, Role.CPO)
        async with cpo.database.unit() as unit:
            for number in range(5):
                store.deliveries.queue_news(unit, connection, Module.TARIFFS, f"t{number}", "PUT")
    async with cpo.database.unit() as unit:
        claimed = await store.deliveries.claim(unit, "me", unit.now + timedelta(minutes=5), 8, ())
        assert [len(some) for some in claimed.values()] == [8]
        assert await store.deliveries.claim(unit, "me", unit.now + timedelta(minutes=5), 8, claimed) == {}


# Who is meant ---------------------------------------------------------------------------------------------------------


async def test_a_list_is_of_whom_it_is_asked(pair: Pair, ask: Ask) -> None:
    """HUB-006, HUB-007, HUB-008, HUB-011: by its TO headers in any case; without, of all of us, page after page."""
    cpo, _ = pair
    for number in range(3):
        for holder in (CPO, SECOND):
            async with cpo.database.unit() as unit:
                await locations.keep(unit, holder, things.location(f"L{number}", holder))
    url = f"{cpo.url}/ocpi/cpo/{NEWEST}/locations"
    named = await ask("GET", url, headers={"ocpi-TO-country-code": "se", "OCPI-to-party-ID": "two"})
    assert {one["party_id"] for one in named.data} == {"TWO"} and named.headers["x-total-count"] == "3"
    assert (named.headers["ocpi-from-party-id"], named.headers["ocpi-to-party-id"]) == ("TWO", "TNM")
    seen: list[tuple[str, str]] = []
    following: str | None = f"{url}?limit=2"
    while following is not None:
        page = await ask("GET", following)
        assert page.headers["x-total-count"] == "6" and "ocpi-from-party-id" not in page.headers
        seen += [(one["party_id"], one["id"]) for one in page.data]
        link = page.headers.get("link")
        following = link and link.split(">")[0].removeprefix("<")
    assert seen == [("LAD", "L0"), ("LAD", "L1"), ("LAD", "L2"), ("TWO", "L0"), ("TWO", "L1"), ("TWO", "L2")]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"cpo/{NEWEST}/locations/L0", None),
        ("PUT", f"cpo/{NEWEST}/tokens/NL/TNM/CARD1", b"{}"),
        ("POST", f"cpo/{NEWEST}/commands/START_SESSION", b"{}"),
    ],
)
async def test_what_is_for_one_of_us_has_to_say_for_whom(
    pair: Pair, ask: Ask, method: str, path: str, body: bytes | None
) -> None:
    """HUB-003, HUB-008: the headers may only be left out where nobody else could be meant."""
    answer = await ask(method, f"{pair.cpo.url}/ocpi/{path}", body)
    assert answer.both == (200, 2001)
    message = answer.words["status_message"]
    assert "SE*LAD and SE*TWO" in message and "OCPI-to-party-id" in message and "OCPI-to-country-code" in message


async def test_what_only_one_of_us_serves_needs_no_name(pair: Pair, ask: Ask) -> None:
    """HUB-003."""
    cpo, _ = pair
    await carded(cpo, CPO)
    listed = await ask("GET", f"{cpo.url}/ocpi/emsp/{NEWEST}/tokens")
    assert [one["uid"] for one in listed.data] == ["CARD1"] and listed.headers["ocpi-from-party-id"] == "LAD"
    assert (await ask("POST", f"{cpo.url}/ocpi/emsp/{NEWEST}/tokens/CARD1/authorize", b"")).data["allowed"] == "ALLOWED"


@pytest.mark.parametrize("path", [f"cpo/{NEWEST}/locations", f"cpo/{NEWEST}/tokens/NL/TNM/1", f"emsp/{NEWEST}/tokens"])
async def test_who_is_not_here_is_not_answered_for(pair: Pair, ask: Ask, path: str) -> None:
    """HUB-010: neither a stranger, nor one of us in a role that it does not play on this line."""
    for party in (PartyId("SE", "NIL"), SECOND):
        if party == SECOND and path.startswith("cpo"):
            continue
        answer = await ask("GET", f"{pair.cpo.url}/ocpi/{path}", headers=to(party))
        assert answer.both == (200, 2001) and str(party) in answer.words["status_message"]


async def test_a_role_that_nobody_plays_there_has_no_endpoints(pair: Pair, ask: Ask) -> None:
    """HUB-010, VER-027."""
    assert (await ask("GET", f"{pair.cpo.url}/ocpi/nsp/{NEWEST}/locations")).both == (404, 2000)


# Who asks -------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def shared(several: Installation) -> AsyncIterator[Ask]:
    """Two eMSPs on one line of somebody else's."""
    roles = tuple(
        CredentialsRole(role=Role.EMSP, party=party, business=BusinessDetails(f"Company {party}"))
        for party in (EMSP, OTHER_EMSP)
    )
    async with stranger(await befriended(several, EMSP, Role.EMSP, roles=roles, version="2.2.1")) as one:
        yield one


def token_words(owner: PartyId, uid: str = "CARD1") -> dict[str, Any]:
    words: dict[str, Any] = parsed(VERSIONS["2.2.1"].codecs[Token].encode(things.token(uid, owner)))
    return words


async def test_from_limits_what_is_seen(several: Installation, shared: Ask, clock: SetClock) -> None:
    """HUB-012: Sessions and CDRs of its own drivers, though the other one's come over the same line."""
    url = f"{several.url}/ocpi/cpo/2.2.1"
    await furnished(several, CPO)
    for owner in (EMSP, OTHER_EMSP):
        uid = f"OF{owner.party}"
        put = f"{url}/tokens/{owner.country}/{owner.party}/{uid}"
        assert (await shared("PUT", put, encoded(token_words(owner, uid)), to(CPO, owner))).both == (201, 1000)
        await charged(several, CPO, clock, uid)
        await several.settle()
    for path in ("sessions?date_from=2020-01-01T00:00:00Z", "cdrs"):
        for owner in (EMSP, OTHER_EMSP):
            seen = await shared("GET", f"{url}/{path}", headers=to(CPO, owner))
            assert [one["cdr_token"]["party_id"] for one in seen.data] == [owner.party]
            assert seen.headers["x-total-count"] == "1" and seen.headers["ocpi-to-party-id"] == owner.party
        assert len((await shared("GET", f"{url}/{path}")).data) == 2


async def test_from_limits_what_is_brought(several: Installation, shared: Ask) -> None:
    """HUB-009, HUB-012: an object of another party than the one that speaks is not taken, nor is a stranger heard."""
    url = f"{several.url}/ocpi/cpo/2.2.1/tokens"
    theirs = f"{url}/{OTHER_EMSP.country}/{OTHER_EMSP.party}/CARD1"
    body = encoded(token_words(OTHER_EMSP))
    assert (await shared("PUT", theirs, body, to(CPO, EMSP))).both == (404, 2001)
    assert (await shared("PUT", theirs, body, to(CPO, PartyId("FR", "NON")))).both == (404, 2001)
    assert (await shared("PUT", theirs, body, to(CPO, OTHER_EMSP))).both == (201, 1000)
    assert (await shared("GET", theirs, None, to(CPO, EMSP))).both == (404, 2001)
    command = {"response_url": f"{several.url}/nowhere", "token": token_words(EMSP), "location_id": "L1"}
    answer = await shared(
        "POST", f"{several.url}/ocpi/cpo/2.2.1/commands/START_SESSION", encoded(command), to(CPO, OTHER_EMSP)
    )
    assert answer.data["result"] == "REJECTED"


async def test_a_session_goes_to_the_company_of_its_driver(several: Installation, clock: SetClock) -> None:
    """HUB-007: by name, where another one is on the line too; what is for all goes to each."""
    async with peer() as they:
        they.answers["/credentials"] = they.credentials("t", ("EMSP", "NL", "TNM"), ("EMSP", "DE", "XYZ"))
        they.answers |= {"/cdrs": {}, "/tokens": []}
        await partners.register(several.database, several.clients, they.versions_url, "token-a", CPO, Role.CPO)
        await furnished(several, CPO)
        async with several.database.unit() as unit:
            await tokens.keep(unit, CPO, things.token("CARD1", OTHER_EMSP))
        session = await charged(several, CPO, clock)
        they.answers[f"/sessions/SE/LAD/{session}"] = {}
        they.answers["/locations/SE/LAD/AT-LAD"] = {}
        they.answers["/tariffs/SE/LAD/T1"] = {}
        await several.settle()
    told = {
        (one.path.split("/")[1], one.headers["ocpi-to-party-id"])
        for one in they.asked
        if one.method != "GET" and one.path != "/credentials"
    }
    assert sorted(told) == [
        ("cdrs", "XYZ"),
        ("locations", "TNM"),
        ("locations", "XYZ"),
        ("sessions", "XYZ"),
        ("tariffs", "TNM"),
        ("tariffs", "XYZ"),
    ]


async def test_recognising_whoever_asks_is_one_statement_however_many_we_are(
    database_url: str, clock: SetClock
) -> None:
    statements: list[str] = []
    async with installed(database_url, clock, CPO, Role.CPO, statements=statements) as cpo:
        token = await befriended(cpo, EMSP, Role.EMSP)
        async with stranger(token) as ask:
            await ask("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations")
            await ask("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations")
    assert sum("inbound_hash in" in one for one in statements) == 1
    assert sum("revision from ocpi_line" in one for one in statements) == 1
