"""On a line of several of us the headers say who is meant, and who asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi.connections import partners
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import CredentialsRole
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token
from tests import things
from tests.clock import SetClock
from tests.ocpi.connections.several.speakers import (
    NEWEST,
    OTHER_EMSP,
    SECOND,
    carded,
    charged,
    furnished,
    to,
)
from tests.ocpi.network import CPO, EMSP, Ask, Installation, Pair, befriended, installed, stranger
from tests.ocpi.peer import peer


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
    assert sum("line.revision" in one for one in statements) == 1
