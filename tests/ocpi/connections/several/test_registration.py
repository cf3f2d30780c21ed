"""One handshake is for all of us: who joins a line, who leaves it, and what one URL serves."""

from __future__ import annotations

import pytest

from laddnav.kit.ids import NotAPartyId, PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.lines import HubStandsAlone, NobodySpeaks, Speaker, together
from laddnav.ocpi.deviations.policy import Policy, Pushes
from laddnav.ocpi.model import Connection
from laddnav.ocpi.operate.partners import set_policy
from laddnav.ocpi.rules import AddressedElsewhere, OnePartyOnly, PartyTaken, SharedLine, meant, serving
from laddnav.ocpi.sides import OFFERED, details
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.handshake import CredentialsRole, Interface, Module, State
from laddnav.ocpi.wire.routing import Route
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from laddnav.people.api import NotYours
from laddnav.people.model import Role as Right
from laddnav.people.model import Visitor
from tests import things
from tests.clock import SetClock
from tests.ocpi.connections.several.speakers import (
    NEWEST,
    OTHER_EMSP,
    SECOND,
    furnished,
    on_line,
    speakers,
    to,
)
from tests.ocpi.network import CPO, EMSP, Ask, Installation, Pair, befriended, stranger
from tests.ocpi.peer import Peer, peer


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


async def both_register(several: Installation, they: Peer) -> None:
    also = [Speaker(SECOND, Role.CPO)]
    await partners.register(several.database, several.clients, they.versions_url, "token-a", CPO, Role.CPO, also=also)


async def test_a_partner_that_offers_no_newer_version_gets_one_of_us_only(several: Installation) -> None:
    """CRED-041: and nothing is left of the attempt."""
    async with peer() as they:
        they.answers["/versions"] = [{"version": "2.1.1", "url": f"{they.url}/v"}]
        with pytest.raises(OnePartyOnly):
            await both_register(several, they)
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
    offers = [(role, OFFERED[role]) for role in (Role.EMSP, Role.NSP)]
    listed = details(offers, VERSIONS[NEWEST], "https://we.example/ocpi").endpoints
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
            await both_register(several, they)
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
