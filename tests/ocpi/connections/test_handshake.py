"""Registration with a partner that we did not write, in both directions, and all the ways in which it goes wrong."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.kit.seal import Seal, WrongKey
from laddnav.ocpi import seal
from laddnav.ocpi.calls.calling import PartnerRefused, PartnerTroubled, PartnerUnreachable
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.calls.guard import ForbiddenAddress, checked
from laddnav.ocpi.connections import partners
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import EndpointsMissing, NoCommonVersion, State
from laddnav.parties.model import Role
from laddnav.parties.rules import UnknownParty
from tests.ocpi.network import CPO, Answer, Installation, stranger
from tests.ocpi.peer import Peer, peer, said


@pytest.fixture
async def they() -> AsyncIterator[Peer]:
    async with peer() as one:
        yield one


async def registered(cpo: Installation, they: Peer, version: str | None = None) -> None:
    await partners.register(cpo.database, cpo.clients, they.versions_url, "token-a", CPO, Role.CPO, version)


async def posted(cpo: Installation, they: Peer, words: Any = None, *, token: str = "", method: str = "POST") -> Answer:
    """They register with us; `token` "" takes a fresh invitation."""
    if not token:
        async with cpo.database.unit() as unit:
            token = (await partners.invite(unit, cpo.settings, CPO, Role.CPO)).token
    async with stranger(token) as ask:
        body = encoded(they.credentials("token-b") if words is None else words)
        return await ask(method, f"{cpo.url}/ocpi/2.2.1/credentials", body)


async def nobody_came_of_it(cpo: Installation) -> bool:
    async with cpo.database.unit() as unit:
        return all(one.state is not State.CONNECTED for one in await partners.connections(unit))


# We register with them ------------------------------------------------------------------------------------------------


async def test_we_register_as_the_text_says(cpo: Installation, they: Peer) -> None:
    """CRED-004, CRED-006, CRED-025, CRED-026, CRED-027, CRED-029, CRED-033, VER-022, TRN-002, TRN-011, TRN-083."""
    await registered(cpo, they)
    first, post = they.last("GET", "/versions"), they.last("POST", "/credentials")
    assert first.headers["authorization"] == routing.authorization("token-a", encoded=True)
    assert len({one.headers["x-request-id"] for one in they.asked}) == len(they.asked) > 2
    assert all(one.headers["x-correlation-id"] for one in they.asked)
    assert not any(name.startswith("ocpi-") for name in first.headers)
    assert post.headers["content-type"] == "application/json"
    assert post.body["url"] == cpo.settings.versions_url
    assert 40 < len(post.body["token"]) <= 64 and post.body["token"].isascii()
    (role,) = post.body["roles"]
    assert (role["role"], role["country_code"], role["party_id"]) == ("CPO", "SE", "LAD")
    assert role["business_details"] == {"name": f"Company {CPO}"}
    connection = await cpo.connection()
    assert (connection.state, connection.version, connection.name) == (State.CONNECTED, "2.2.1", "Peer TNM")
    assert connection.parties == {PartyId("NL", "TNM")}


async def test_secrets_are_kept_as_hash_and_sealed(cpo: Installation, they: Peer) -> None:
    """CRED-040."""
    await registered(cpo, they)
    token_b = they.last("POST", "/credentials").body["token"]
    async with cpo.database.unit() as unit:
        row = await unit.fetch_one("select * from ocpi_line")
        everything = "\n".join(str(value) for value in (row or {}).values())
    assert "their-token" not in everything and token_b not in everything
    assert row is not None and row["inbound_hash"] == seal.hash_of(token_b)
    assert cpo.clients.seal.opened(row["outbound_sealed"]) == "their-token"
    with pytest.raises(WrongKey):
        Seal(b"x" * 32).opened(row["outbound_sealed"])


async def test_a_partner_that_wants_its_token_as_it_is_gets_it_so(cpo: Installation, they: Peer) -> None:
    """TRN-005: found out by its 401, at registration only, and remembered."""

    async def picky(request: Request) -> Response:
        right = request.headers["authorization"] in ("Token token-a", "Token their-token")
        return said(200, 1000, they.answers["kept"]) if right else said(401, 2000)

    they.answers |= {"kept": they.answers["/versions"], "/versions": picky}
    await registered(cpo, they)
    assert (await cpo.connection()).policy.calls.raw_token
    assert they.last("POST", "/credentials").headers["authorization"] == "Token token-a"


async def test_single_objects_in_lists_and_unknown_modules_do_no_harm(cpo: Installation, they: Peer) -> None:
    """VER-029."""
    details = they.answers["/v"]
    details["endpoints"] += [{"identifier": "nlxxx-thing", "role": "SOMETHING", "url": f"{they.url}/x"}]
    details["endpoints"][0].pop("role")
    they.answers |= {"/v": [details], "/credentials": [they.answers["/credentials"]]}
    await registered(cpo, they)
    assert (await cpo.connection()).state is State.CONNECTED


async def test_a_redirect_within_the_partner_is_followed_with_token_and_body(cpo: Installation, they: Peer) -> None:
    they.answers["POST /credentials"] = RedirectResponse(f"{they.url}/credentials/", 308)
    they.answers["/credentials/"] = they.answers["/credentials"]
    await registered(cpo, they)
    post = they.last("POST", "/credentials/")
    assert post.body["token"] and post.headers["authorization"] == routing.authorization("token-a", encoded=True)


async def test_a_redirect_to_somebody_else_is_not_followed(cpo: Installation, they: Peer) -> None:
    async with peer() as other:
        they.answers["/versions"] = RedirectResponse(f"{other.url}/versions", 307)
        with pytest.raises(PartnerRefused, match="elsewhere"):
            await registered(cpo, they)
        assert not other.asked


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"/versions": []}, NoCommonVersion),
        ({"/versions": [{"version": "3.0", "url": "https://x.example/3"}]}, NoCommonVersion),
        ({"/v": {"version": "2.2.1", "endpoints": []}}, EndpointsMissing),
        ({"/versions": said(401, 2000)}, PartnerRefused),
        ({"/versions": said(404, 2000)}, PartnerRefused),
        ({"/versions": said(500, 3000)}, PartnerTroubled),
        ({"/versions": said(200, 3001)}, PartnerTroubled),
        ({"/versions": said(200, 2001)}, PartnerRefused),
        ({"/versions": PlainTextResponse("<html>")}, PartnerTroubled),
        ({"/versions": {"not": "a list"}}, Refusal),
        ({"POST /credentials": said(405, 2000)}, PartnerRefused),
        ({"POST /credentials": said(200, 3001)}, PartnerTroubled),
        ({"POST /credentials": said(200, 1000)}, Refusal),
        ({"POST /credentials": said(200, 1000, {"token": "t"})}, Refusal),
    ],
)
async def test_a_registration_that_fails_leaves_nothing(
    cpo: Installation, they: Peer, changes: dict[str, Any], error: type[Exception]
) -> None:
    """CRED-023, CRED-024: and no POST is sent where an endpoint is missed."""
    they.answers |= changes
    with pytest.raises(error):
        await registered(cpo, they)
    assert await nobody_came_of_it(cpo)
    if error is EndpointsMissing:
        assert not they.many("POST", "/credentials")
    token_b = [one.body["token"] for one in they.asked if one.method == "POST"]
    for token in token_b:
        async with stranger(token) as ask:
            assert (await ask("GET", cpo.settings.versions_url)).http == 401


async def test_a_partner_that_is_not_there_is_told_from_one_that_refuses(cpo: Installation, they: Peer) -> None:
    with pytest.raises(PartnerUnreachable):
        await partners.register(cpo.database, cpo.clients, "http://127.0.0.1:9/versions", "t", CPO, Role.CPO)
    with pytest.raises(NoCommonVersion):
        await registered(cpo, they, "9.9")
    with pytest.raises(UnknownParty):
        await partners.register(cpo.database, cpo.clients, they.versions_url, "t", PartyId("XX", "XXX"), Role.CPO)


async def test_our_update_brings_new_tokens_and_their_endpoints(cpo: Installation, they: Peer) -> None:
    """CRED-014, CRED-043, VER-024: a PUT with a token that is good before it is sent."""
    await registered(cpo, they)
    they.answers["PUT /credentials"] = said(200, 1000, they.credentials("their-second"))
    they.answers["/v"]["endpoints"].append(they.endpoint("locations", "SENDER"))
    await partners.renew(cpo.database, cpo.clients, await cpo.connection())
    put = they.last("PUT", "/credentials")
    assert put.headers["authorization"] == routing.authorization("their-token", encoded=True)
    assert they.last("GET", "/v").headers["authorization"] == routing.authorization("their-second", encoded=True)
    async with stranger(put.body["token"]) as ask:
        assert (await ask("GET", cpo.settings.versions_url)).http == 200
    async with stranger(they.last("POST", "/credentials").body["token"]) as ask:
        assert (await ask("GET", cpo.settings.versions_url)).http == 401


@pytest.mark.parametrize(("answer", "error", "new"), [(said(405, 2000), Refusal, 401), (said(200, 3001), Trouble, 200)])
async def test_an_update_that_fails_leaves_the_old_tokens(
    cpo: Installation, they: Peer, answer: Response, error: type[Exception], new: int
) -> None:
    """And the new one of ours, where they may have taken it in spite of their trouble."""
    await registered(cpo, they)
    they.answers["PUT /credentials"] = answer
    with pytest.raises(error):
        await partners.renew(cpo.database, cpo.clients, await cpo.connection())
    for method, http in (("POST", 200), ("PUT", new)):
        async with stranger(they.last(method, "/credentials").body["token"]) as ask:
            assert (await ask("GET", cpo.settings.versions_url)).http == http


async def test_an_update_that_stops_half_way_leaves_tokens_that_work(cpo: Installation, they: Peer) -> None:
    """CRED-014: where nobody can tell whether they took the new one; and theirs is kept before it is looked at."""
    await registered(cpo, they)
    they.answers["PUT /credentials"] = said(200, 1000, {"token": 1})
    with pytest.raises(Unreadable):
        await partners.renew(cpo.database, cpo.clients, await cpo.connection())
    async with stranger(they.last("PUT", "/credentials").body["token"]) as ask:
        assert (await ask("GET", cpo.settings.versions_url)).http == 200
    they.answers |= {"PUT /credentials": said(200, 1000, they.credentials("their-second")), "/v": said(500, 3000)}
    with pytest.raises(Trouble):
        await partners.renew(cpo.database, cpo.clients, await cpo.connection())
    assert await cpo.clients.token_for(await cpo.connection()) == "their-second"


async def test_we_leave_even_a_partner_that_is_gone(cpo: Installation, they: Peer) -> None:
    """CRED-017."""
    await registered(cpo, they)
    they.answers["DELETE /credentials"] = said(500, 3000)
    await partners.remove(cpo.database, cpo.clients, await cpo.connection())
    assert they.many("DELETE", "/credentials") == 1
    async with stranger(they.last("POST", "/credentials").body["token"]) as ask:
        assert (await ask("GET", cpo.settings.versions_url)).http == 401


# They register with us ------------------------------------------------------------------------------------------------


async def test_they_register_as_the_text_says(cpo: Installation, they: Peer) -> None:
    """CRED-002, CRED-004, CRED-005, CRED-007, CRED-009, CRED-011, CRED-014, CRED-017, CRED-020."""
    async with cpo.database.unit() as unit:
        invitation = await partners.invite(unit, cpo.settings, CPO, Role.CPO)
    answer = await posted(cpo, they, token=invitation.token)
    assert answer.both == (200, 1000)
    token_c = answer.data["token"]
    assert token_c not in ("token-b", invitation.token) and answer.data["url"] == cpo.settings.versions_url
    assert they.last("GET", "/versions").headers["authorization"] == routing.authorization("token-b", encoded=True)
    assert they.many("GET", "/v") == 1
    async with stranger(invitation.token) as ask:
        assert (await ask("GET", cpo.settings.versions_url)).http == 401
    assert (await posted(cpo, they, token=invitation.token)).http == 401
    assert (await posted(cpo, they, token=token_c)).http == 405
    async with stranger(token_c) as ask:
        assert (await ask("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations")).http == 200
        shown = (await ask("GET", f"{cpo.url}/ocpi/2.2.1/credentials")).data
    assert (shown["token"], shown["url"]) == (token_c, cpo.settings.versions_url)
    assert [(one["role"], one["party_id"], one["business_details"]["name"]) for one in shown["roles"]] == [
        ("CPO", "LAD", f"Company {CPO}")
    ]
    they.answers["/versions"], right = said(500, 3000), they.answers["/versions"]
    assert (await posted(cpo, they, token=token_c, method="PUT")).both == (200, 3001)
    they.answers["/versions"] = right
    again = await posted(cpo, they, they.credentials("token-b2"), token=token_c, method="PUT")
    assert again.both == (200, 1000) and again.data["token"] != token_c
    async with stranger(again.data["token"]) as ask:
        assert (await ask("GET", cpo.settings.versions_url)).http == 200
        async with stranger(token_c) as before:
            assert (await before("GET", cpo.settings.versions_url)).http == 401
        assert (await ask("DELETE", f"{cpo.url}/ocpi/2.2.1/credentials")).both == (200, 1000)
        assert (await ask("DELETE", f"{cpo.url}/ocpi/2.2.1/credentials")).http == 401


async def test_a_partner_that_hears_no_answer_may_try_again_as_often_as_it_likes(cpo: Installation, they: Peer) -> None:
    """CRED-014: it knows but the token that it shows, so that one stays good until it shows a newer one."""
    known = (await posted(cpo, they)).data["token"]
    for _ in range(3):
        answer = await posted(cpo, they, they.credentials("token-b2"), token=known, method="PUT")
        assert answer.both == (200, 1000)
    async with stranger(answer.data["token"]) as ask:
        assert (await ask("GET", cpo.settings.versions_url)).http == 200
    assert (await posted(cpo, they, token=known, method="PUT")).http == 401


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_nobody_changes_or_ends_what_has_not_begun(cpo: Installation, they: Peer, method: str) -> None:
    """CRED-012, CRED-013."""
    async with cpo.database.unit() as unit:
        token = (await partners.invite(unit, cpo.settings, CPO, Role.CPO)).token
    assert (await posted(cpo, they, token=token, method=method)).both == (405, 2000)


async def test_of_those_who_come_with_one_token_at_once_one_is_met(cpo: Installation, they: Peer) -> None:
    """Who repeats it without waiting for an answer; the others hear what they would have heard a moment later."""
    async with cpo.database.unit() as unit:
        token = (await partners.invite(unit, cpo.settings, CPO, Role.CPO)).token
    came = await asyncio.gather(*(posted(cpo, they, token=token) for _ in range(4)))
    assert {one.http for one in came} <= {200, 401, 405}
    (met,) = [one for one in came if one.http == 200]
    async with stranger(met.data["token"]) as ask:
        assert (await ask("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations")).both == (200, 1000)


async def test_of_those_with_whom_we_register_at_once_one_is_met(cpo: Installation, they: Peer) -> None:
    """As by a second click."""
    came = await asyncio.gather(*(registered(cpo, they) for _ in range(3)), return_exceptions=True)
    assert sorted(str(type(one).__name__) for one in came) == ["NoneType", "PartyTaken", "PartyTaken"]
    assert (await cpo.connection()).state is State.CONNECTED


@pytest.mark.parametrize(
    ("changes", "both"),
    [
        ({"/versions": said(500, 3000)}, (200, 3001)),  # CRED-020
        ({"/versions": said(401, 2000)}, (200, 3001)),
        ({"/versions": PlainTextResponse("hello")}, (200, 3001)),
        ({"/v": said(404, 2000)}, (200, 3001)),
        ({"/versions": [{"version": "2.1.1", "url": "https://x.example"}]}, (200, 3002)),  # CRED-022
        ({"/v": {"version": "2.2.1", "endpoints": []}}, (200, 3003)),  # CRED-021
    ],
)
async def test_what_we_cannot_use_is_said_and_they_may_try_again(
    cpo: Installation, they: Peer, changes: dict[str, Any], both: tuple[int, int]
) -> None:
    """CRED-020, CRED-021, CRED-022, CRED-023, TRN-035."""
    right = dict(they.answers)
    they.answers |= changes
    async with cpo.database.unit() as unit:
        token = (await partners.invite(unit, cpo.settings, CPO, Role.CPO)).token
    assert (await posted(cpo, they, token=token)).both == both
    assert await nobody_came_of_it(cpo)
    they.answers = right
    assert (await posted(cpo, they, token=token)).both == (200, 1000)


@pytest.mark.parametrize(
    "changes",
    [
        {"roles": []},
        {"roles": None},
        {"token": ""},
        {"token": "with space"},
        {"token": "x" * 65},
        {"url": "no url"},
        {"url": 5},
        {"roles": [{"role": "CPO", "party_id": "TNM", "country_code": "NL"}]},
        {"roles": [{"role": "KING", "party_id": "TNM", "country_code": "NL", "business_details": {"name": "x"}}]},
        {"roles": [{"role": "CPO", "party_id": "TN", "country_code": "NL", "business_details": {"name": "x"}}]},
        {"roles": [{"role": "CPO", "party_id": "TNM", "country_code": "NL", "business_details": {"name": "x"}}] * 2},
    ],
)
async def test_credentials_that_break_a_rule_are_2001(cpo: Installation, they: Peer, changes: dict[str, Any]) -> None:
    """CRED-025, CRED-026, CRED-029, CRED-030, CRED-033."""
    assert (await posted(cpo, they, they.credentials("token-b") | changes)).both == (200, 2001)
    assert not they.asked and await nobody_came_of_it(cpo)


@pytest.mark.parametrize("url", ["http://10.0.0.1/versions", "http://169.254.169.254/latest", "file:///etc/passwd"])
async def test_credentials_do_not_lead_us_into_private_networks(cpo: Installation, they: Peer, url: str) -> None:
    answer = await posted(cpo, they, they.credentials("token-b") | {"url": url})
    assert answer.both == (200, 3001)


async def test_a_platform_of_many_parties_is_one_connection(cpo: Installation, they: Peer) -> None:
    """CRED-031, CRED-032."""
    roles = (("CPO", "NL", "TNM"), ("EMSP", "NL", "TNM"), ("EMSP", "BE", "TN2"))
    answer = await posted(cpo, they, they.credentials("token-b", *roles))
    assert answer.both == (200, 1000)
    connection = await cpo.connection()
    assert connection.parties == {PartyId("NL", "TNM"), PartyId("BE", "TN2")}
    assert connection.their_role is Role.EMSP
    async with stranger(answer.data["token"]) as ask:
        for path in ("NL/TNM", "be/tn2"):
            assert (await ask("GET", f"{cpo.url}/ocpi/cpo/2.2.1/tokens/{path}/1")).both == (404, 2004)
        assert (await ask("GET", f"{cpo.url}/ocpi/cpo/2.2.1/tokens/DE/8AC/1")).both == (404, 2001)


# Where we may go ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/ocpi",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.1.2.3/x",
        "https://192.168.0.1/x",
        "https://169.254.169.254/x",
        "https://[fd00::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://0.0.0.0/x",
        "https://user:password@example.org/",
        "ftp://example.org/",
        "https://",
        "https://example.org:99999/",
        "javascript:alert(1)",
    ],
)
def test_nothing_is_sent_to_private_or_open_places(url: str) -> None:
    """CMD-018, TRN-001."""
    with pytest.raises(ForbiddenAddress):
        checked(url, allow_loopback=False)


def test_public_places_and_by_setting_this_machine_may_be_called() -> None:
    assert checked("https://example.org/ocpi?x=1", allow_loopback=False)
    assert checked("http://127.0.0.1:8480/ocpi", allow_loopback=True)
    with pytest.raises(ForbiddenAddress):
        checked("http://10.0.0.1/", allow_loopback=True)


async def test_a_name_that_leads_to_this_machine_is_not_called(cpo: Installation) -> None:
    """The resolver looks at every address behind a name."""
    clients = Clients(cpo.database, Settings(public_url="https://us.example", key=b"k" * 32))
    try:
        with pytest.raises(PartnerUnreachable, match="public"):
            await partners.register(cpo.database, clients, "https://localhost/versions", "t", CPO, Role.CPO)
    finally:
        await clients.close()


@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_without_end_is_cut_off(cpo: Installation, they: Peer, packed: bool) -> None:
    """And one that is small until it is unpacked."""
    settings = Settings(public_url=cpo.url, key=b"k" * 32, allow_loopback=True, answer_max=1000)
    clients = Clients(cpo.database, settings)
    they.answers["/versions"] = in_gzip(b"x" * 100_000) if packed else PlainTextResponse("x" * 100_000)
    try:
        with pytest.raises(PartnerTroubled, match="longer"):
            await partners.register(cpo.database, clients, they.versions_url, "t", CPO, Role.CPO)
    finally:
        await clients.close()


async def test_an_answer_may_be_packed(cpo: Installation, they: Peer) -> None:
    they.answers["/versions"] = in_gzip(bytes(said(200, 1000, they.answers["/versions"]).body))
    await registered(cpo, they)
    assert "gzip" in they.last("GET", "/versions").headers["accept-encoding"]
    assert (await cpo.connection()).state is State.CONNECTED


def in_gzip(body: bytes) -> Response:
    return Response(gzip.compress(body), headers={"Content-Encoding": "gzip"})
