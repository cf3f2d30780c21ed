"""What every endpoint has in common: who may, how answers look, and what is said to nonsense."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Location
from laddnav.ocpi.connections import partners
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import State
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation, befriended, installed, stranger

# Who may --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["versions", "2.2.1", "2.2.1/credentials", "cpo/2.2.1/locations", "nonsense", ""])
@pytest.mark.parametrize("token", [None, "wrong-token"])
async def test_nobody_is_let_in_without_a_token_that_is_known(cpo: Installation, path: str, token: str | None) -> None:
    """TRN-002, TRN-007, TRN-028, TRN-088, VER-005: 401, in the envelope, with the ids of the request."""
    async with stranger(token) as ask:
        ids = {"X-Request-ID": "r-1", "X-Correlation-ID": "c-1"}
        answer = await ask("GET", f"{cpo.url}/ocpi/{path}", headers=ids)
    assert answer.both == (401, 2000)
    assert (answer.headers["x-request-id"], answer.headers["x-correlation-id"]) == ("r-1", "c-1")
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("header", ["Bearer abc", "Token", "token %%%", "Basic dXNlcjpwYXNz"])
async def test_another_scheme_is_no_token(cpo: Installation, header: str) -> None:
    """TRN-007."""
    async with stranger(None) as ask:
        answer = await ask("GET", f"{cpo.url}/ocpi/versions", headers={"Authorization": header})
    assert answer.both == (401, 2000)


@pytest.mark.parametrize("encoded", [True, False])
async def test_a_token_is_known_in_base64_and_as_it_is(cpo: Installation, encoded: bool) -> None:
    """TRN-003, TRN-005, TRN-010."""
    token = await befriended(cpo, EMSP, Role.EMSP)
    async with stranger(token, encoded=encoded) as ask:
        assert (await ask("GET", f"{cpo.url}/ocpi/versions")).both == (200, 1000)


async def test_token_a_opens_versions_and_credentials_only(cpo: Installation) -> None:
    """CRED-008, CRED-009, TRN-008."""
    async with cpo.database.unit() as unit:
        invitation = await partners.invite(unit, cpo.settings, CPO, Role.CPO)
        assert (await partners.invite(unit, cpo.settings, CPO, Role.CPO)).token != invitation.token
    async with stranger(invitation.token) as ask:
        for path in ("versions", "2.2.1", "2.2.1/credentials"):
            assert (await ask("GET", f"{cpo.url}/ocpi/{path}")).both == (200, 1000)
        for path in ("cpo/2.2.1/locations", "cpo/2.2.1/tokens/NL/TNM/1", "cpo/2.2.1/nonsense"):
            assert (await ask("GET", f"{cpo.url}/ocpi/{path}")).both == (401, 2000)


async def test_a_suspended_partner_is_not_answered(cpo: Installation) -> None:
    token = await befriended(cpo, EMSP, Role.EMSP)
    async with cpo.database.unit() as unit:
        await partners.suspend(unit, (await partners.connections(unit))[0])
    async with stranger(token) as ask:
        assert (await ask("GET", f"{cpo.url}/ocpi/versions")).http == 401
    async with cpo.database.unit() as unit:
        await partners.resume(unit, (await partners.connections(unit))[0])
    async with stranger(token) as ask:
        assert (await ask("GET", f"{cpo.url}/ocpi/versions")).http == 200


# Versions -------------------------------------------------------------------------------------------------------------


async def test_versions_lead_to_endpoints_and_endpoints_answer(at_cpo: Ask, cpo: Installation) -> None:
    """VER-001, VER-002, VER-003, VER-004, VER-007, VER-008, VER-009, VER-010, VER-011, VER-013, VER-019, TRN-055."""
    versions = await at_cpo("GET", cpo.settings.versions_url)
    assert [one["version"] for one in versions.data] == ["2.1.1", "2.2.1", "2.3.0"]
    for one in versions.data:
        answer = await at_cpo("GET", one["url"])
        assert answer.both == versions.both == (200, 1000) and answer.words["timestamp"] and versions.words["timestamp"]
        assert answer.data["version"] == one["version"] and one["url"].startswith(f"{cpo.url}/")
        assert all(each["url"].startswith(f"{cpo.url}/") for each in answer.data["endpoints"])
        assert "credentials" in {each["identifier"] for each in answer.data["endpoints"]}
    details = (await at_cpo("GET", f"{cpo.url}/ocpi/2.2.1")).data
    listed = {(one["identifier"], one["role"]): one["url"] for one in details["endpoints"]}
    assert set(listed) == {
        ("credentials", "SENDER"),
        ("locations", "SENDER"),
        ("tariffs", "SENDER"),
        ("sessions", "SENDER"),
        ("cdrs", "SENDER"),
        ("tokens", "RECEIVER"),
        ("commands", "RECEIVER"),
        ("chargingprofiles", "RECEIVER"),
        ("hubclientinfo", "RECEIVER"),
    }
    assert all("/2.2.1/" in url for url in listed.values())
    for (module, role), url in listed.items():
        if role == "SENDER" and module != "credentials":
            answer = await at_cpo("GET", f"{url}?date_from=2020-01-01T00:00:00Z")
            assert answer.both == (200, 1000) and answer.data == []


async def test_an_emsp_offers_the_other_side(at_emsp: Ask, emsp: Installation) -> None:
    """VER-008, LOC-024."""
    endpoints = (await at_emsp("GET", f"{emsp.url}/ocpi/2.2.1")).data["endpoints"]
    roles = {one["identifier"]: one["role"] for one in endpoints}
    assert roles["tokens"] == "SENDER" and roles["commands"] == "SENDER"
    assert {roles[module] for module in ("locations", "tariffs", "sessions", "cdrs")} == {"RECEIVER"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["versions", "2.2.1"])
async def test_versions_are_only_read(at_cpo: Ask, cpo: Installation, method: str, path: str) -> None:
    """VER-023."""
    answer = await at_cpo(method, f"{cpo.url}/ocpi/{path}", b"{}")
    assert answer.http == 405 and answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("path", "both"),
    [
        ("2.0", (404, 3002)),  # VER-026
        ("cpo/2.0/locations", (404, 3002)),
        ("cpo/2.2.1/chargingprofiles", (404, 2000)),
        ("cpo/2.2.1/nonsense", (404, 2000)),
        ("emsp/2.2.1/locations", (404, 2000)),
        ("cpo/2.2.1", (404, 2000)),
        ("cpo/2.2.1/tokens", (404, 2000)),
        ("cpo/2.2.1/locations/a/b/c/d/e", (404, 2000)),
        ("", (404, 2000)),
    ],
)
async def test_what_is_not_there_is_404_in_the_envelope(
    at_cpo: Ask, cpo: Installation, path: str, both: tuple[int, int]
) -> None:
    """TRN-028, TRN-088, VER-026."""
    answer = await at_cpo("GET", f"{cpo.url}/ocpi/{path}", headers={"X-Request-ID": "r-1", "X-Correlation-ID": "c-1"})
    assert (answer.headers["x-request-id"], answer.headers["x-correlation-id"]) == ("r-1", "c-1")
    assert answer.both == both and answer.words["timestamp"] and answer.words["status_message"]


# Answers --------------------------------------------------------------------------------------------------------------


async def test_an_answer_repeats_the_ids_and_swaps_the_parties(at_cpo: Ask, cpo: Installation) -> None:
    """TRN-015, TRN-016, TRN-017, TRN-083, TRN-084."""
    route = {
        "OCPI-to-party-id": "lad",
        "OCPI-to-country-code": "SE",
        "OCPI-from-party-id": "TNM",
        "OCPI-from-country-code": "nl",
        "X-Request-ID": "r-1",
        "X-Correlation-ID": "c-1",
    }
    answer = await at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations", headers=route)
    said = answer.headers
    assert (said["ocpi-to-country-code"], said["ocpi-to-party-id"]) == ("NL", "TNM")
    assert (said["ocpi-from-country-code"], said["ocpi-from-party-id"]) == ("SE", "LAD")
    assert (said["x-request-id"], said["x-correlation-id"]) == ("r-1", "c-1")
    assert answer.both == (200, 1000) and answer.data == []


async def test_ids_are_made_where_none_came(at_cpo: Ask, cpo: Installation) -> None:
    """TRN-086."""
    answer = await at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations")
    assert answer.http == 200 and answer.headers["x-request-id"] and answer.headers["x-correlation-id"]


async def test_configuration_modules_are_not_routed(at_cpo: Ask, cpo: Installation) -> None:
    """CRED-039."""
    for path in ("versions", "2.2.1", "2.2.1/credentials"):
        answer = await at_cpo("GET", f"{cpo.url}/ocpi/{path}")
        assert answer.http == 200 and not any(name.startswith("ocpi-") for name in answer.headers)


@pytest.mark.parametrize(
    ("headers", "both"),
    [
        ({"OCPI-to-party-id": "XXX", "OCPI-to-country-code": "SE"}, (200, 2001)),
        ({"OCPI-from-party-id": "XXX", "OCPI-from-country-code": "SE"}, (404, 2001)),
        ({"OCPI-to-party-id": "LAD"}, (200, 2001)),
    ],
)
async def test_a_message_for_or_from_somebody_else_is_refused(
    at_cpo: Ask, cpo: Installation, headers: dict[str, str], both: tuple[int, int]
) -> None:
    """TRN-009."""
    assert (await at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations", headers=headers)).both == both


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_slash_at_the_end_says_nothing_and_nobody_is_redirected(
    at_cpo: Ask, cpo: Installation, slash: str
) -> None:
    """TRN-056."""
    for path in ("versions", "2.2.1", "2.2.1/credentials", "cpo/2.2.1/locations"):
        assert (await at_cpo("GET", f"{cpo.url}/ocpi/{path}{slash}")).http == 200


async def test_an_id_may_hold_a_slash(at_emsp: Ask, emsp: Installation) -> None:
    """TRN-057."""
    location = encoded(_location() | {"id": "A/B *"})
    url = f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/LAD/A%2FB%20%2A"
    assert (await at_emsp("PUT", url, location)).both == (201, 1000)
    assert (await at_emsp("GET", url)).data["id"] == "A/B *"


# Nonsense -------------------------------------------------------------------------------------------------------------

PUTS = ["locations/SE/LAD/1", "tariffs/SE/LAD/1", "sessions/SE/LAD/1"]


@pytest.mark.parametrize("path", PUTS)
@pytest.mark.parametrize("body", [b"{", b"", b"not json", b'{"id": }', b'{"id": 5, "x": }', b"\xff\xfe", b"<html/>"])
async def test_a_body_that_is_no_json_is_400(at_emsp: Ask, emsp: Installation, path: str, body: bytes) -> None:
    """TRN-022, TRN-028."""
    answer = await at_emsp("PUT", f"{emsp.url}/ocpi/emsp/2.2.1/{path}", body)
    assert answer.both == (400, 2001)
    assert await _nothing_kept(emsp)


@pytest.mark.parametrize("path", PUTS)
@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b"5", b'"x"', b'{"id": 5}', b"[" * 5000 + b"]" * 5000])
async def test_json_that_is_no_such_object_is_2001_with_http_200(
    at_emsp: Ask, emsp: Installation, path: str, body: bytes
) -> None:
    """TRN-023, TRN-033, TRN-040."""
    answer = await at_emsp("PUT", f"{emsp.url}/ocpi/emsp/2.2.1/{path}", body)
    # What is nested so deeply that nobody reads it is no JSON to us.
    assert answer.both == (400 if body.startswith(b"[[") else 200, 2001)
    assert await _nothing_kept(emsp)


async def test_a_text_that_is_no_utf8_is_refused_also_where_nobody_reads_it(at_emsp: Ask, emsp: Installation) -> None:
    body = encoded(_location()).replace(b"{", b'{"x":"\xff",', 1)
    assert (await at_emsp("PUT", f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/LAD/LOC1", body)).both == (200, 2001)
    assert await _nothing_kept(emsp)


async def test_a_wrong_type_is_named_by_its_path(at_emsp: Ask, emsp: Installation) -> None:
    words = _location()
    words["evses"][0]["connectors"][0]["max_voltage"] = "230"
    answer = await at_emsp("PUT", f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/LAD/LOC1", encoded(words))
    assert answer.both == (200, 2001)
    assert "$.evses[0].connectors[0].max_voltage" in answer.words["status_message"]
    assert await _nothing_kept(emsp)


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 65536):
        yield body[start : start + 65536]


@pytest.mark.parametrize("told", [True, False])
async def test_a_body_of_ten_megabytes_is_413(at_emsp: Ask, emsp: Installation, told: bool) -> None:
    """TRN-028: whether its length is told or found out."""
    body = b'{"x":"' + b"x" * 10_000_000 + b'"}'
    url = f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/LAD/LOC1"
    try:
        answer = await at_emsp("PUT", url, body if told else in_pieces(body))
    except OSError:
        # The server may close while the client still writes; what counts is that nothing came of it.
        assert await _nothing_kept(emsp)
        return
    assert answer.both == (413, 2001)
    assert await _nothing_kept(emsp)


@pytest.mark.parametrize(
    "query",
    ["limit=x", "offset=-1", "date_from=yesterday", "date_to=2026-99-99T00:00:00Z", "offset=99999999999999999999"],
)
async def test_a_page_that_makes_no_sense_is_2001(at_cpo: Ask, cpo: Installation, query: str) -> None:
    """TRN-081."""
    assert (await at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations?{query}")).both == (200, 2001)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "cpo/2.2.1/locations", "GET"),  # LOC-008
        ("PUT", "cpo/2.2.1/locations/LOC1", "GET"),
        ("DELETE", "cpo/2.2.1/locations/LOC1", "GET"),
        ("POST", "cpo/2.2.1/tokens/NL/TNM/1", "GET, PATCH, PUT"),  # TOK-001
        ("DELETE", "cpo/2.2.1/tokens/NL/TNM/1", "GET, PATCH, PUT"),
        ("PUT", "cpo/2.2.1/cdrs", "GET"),
        ("GET", "cpo/2.2.1/commands/START_SESSION", "POST"),  # CMD-003
        ("PATCH", "2.2.1/credentials", "DELETE, GET, POST, PUT"),  # CRED-019
    ],
)
async def test_a_method_that_a_cpo_does_not_have_is_405(
    at_cpo: Ask, cpo: Installation, method: str, path: str, allowed: str
) -> None:
    """TRN-039, TRN-048, LOC-008, TOK-001, CMD-003, CRED-019, CDR-003."""
    answer = await at_cpo(method, f"{cpo.url}/ocpi/{path}", b"{}")
    assert answer.http == 405 and answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "locations/SE/LAD/LOC1"),  # LOC-010
        ("DELETE", "locations/SE/LAD/LOC1"),
        ("PATCH", "tariffs/SE/LAD/T1"),  # TAR-004
        ("POST", "tariffs/SE/LAD/T1"),  # TAR-002
        ("POST", "sessions/SE/LAD/S1"),  # SES-006
        ("DELETE", "sessions/SE/LAD/S1"),
        ("PUT", "cdrs/SE/LAD/C1"),  # CDR-003
        ("PATCH", "cdrs/SE/LAD/C1"),
        ("DELETE", "cdrs/SE/LAD/C1"),
    ],
)
async def test_a_method_that_an_emsp_does_not_have_is_405(
    at_emsp: Ask, emsp: Installation, method: str, path: str
) -> None:
    """LOC-010, TAR-002, TAR-004, SES-002, SES-006, CDR-003, TRN-039."""
    assert (await at_emsp(method, f"{emsp.url}/ocpi/emsp/2.2.1/{path}", b"{}")).http == 405


async def test_a_content_type_may_have_parameters_or_be_missing(at_emsp: Ask, emsp: Installation) -> None:
    """TRN-011, TRN-014."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/LAD/LOC1"
    for kind in ("application/json; charset=utf-8", "text/plain"):
        answer = await at_emsp("PUT", url, encoded(_location()), headers={"Content-Type": kind})
        assert answer.status == 1000


async def test_what_fails_here_is_told_without_its_inside(cpo: Installation, at_cpo: Ask) -> None:
    """TRN-093: the partner gets an id to ask us about, and no more."""
    async with cpo.database.unit() as unit:
        await unit.value("alter table location rename to lost")
    try:
        answer = await at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations", headers={"X-Request-ID": "r-9"})
    finally:
        async with cpo.database.unit() as unit:
            await unit.value("alter table lost rename to location")
    assert answer.both == (500, 3000)
    assert "r-9" in answer.words["status_message"] and "location" not in answer.words["status_message"]


async def test_exchanges_are_logged_without_secrets(at_emsp: Ask, emsp: Installation) -> None:
    """What changed something, and what went wrong, in both directions; no token and no body."""
    await at_emsp("PUT", f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/LAD/LOC1", encoded(_location()))
    await at_emsp("PUT", f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/LAD/LOC1", b"{}")
    await at_emsp("GET", f"{emsp.url}/ocpi/versions")
    await emsp.clients.journal.flush()
    async with emsp.database.unit() as unit:
        kept = await partners.exchanges(unit, await emsp.connection())
    assert [(one.method, one.http_status, one.ocpi_status) for one in kept] == [("PUT", 200, 2001), ("PUT", 201, 1000)]
    assert kept[0].problem and "country_code" in kept[0].problem


# Pages ----------------------------------------------------------------------------------------------------------------


async def test_a_list_comes_in_pages_that_lead_from_one_to_the_next(
    at_cpo: Ask, cpo: Installation, clock: SetClock
) -> None:
    """TRN-062, TRN-063, TRN-065, TRN-066, TRN-068, TRN-070, TRN-071, TRN-072, TRN-073, TRN-074, TRN-076, TRN-077."""
    async with cpo.database.unit() as unit:
        for number in range(105):
            at = things.LONG_AGO + timedelta(minutes=number)
            await locations.keep(unit, CPO, things.location(f"L{number:03}", CPO, last_updated=at))
    url = f"{cpo.url}/ocpi/cpo/2.2.1/locations"
    first = await at_cpo("GET", f"{url}?limit=2000")
    assert len(first.data) == 100 and first.headers["x-total-count"] == "105" and first.headers["x-limit"] == "100"
    assert re.fullmatch(rf'<{re.escape(url)}\?offset=100&limit=100&after=[^&>]+>; rel="next"', first.headers["link"])
    last = await at_cpo("GET", first.headers["link"][1:].split(">")[0])
    assert [one["id"] for one in last.data] == [f"L{number:03}" for number in range(100, 105)]
    assert "link" not in last.headers and last.headers["x-limit"] == "100"
    window = "date_from=2026-01-01T00:10:00Z&date_to=2026-01-01T00:20:00Z"
    some = await at_cpo("GET", f"{url}?{window}&limit=4&offset=8")
    assert [one["id"] for one in some.data] == ["L018", "L019"] and some.headers["x-total-count"] == "10"
    beyond = await at_cpo("GET", f"{url}?offset=500")
    assert (beyond.data, beyond.headers["x-total-count"]) == ([], "105")


async def test_pages_stay_in_order_while_data_changes(at_cpo: Ask, cpo: Installation) -> None:
    """TRN-077, TRN-079: a crawl meets every object once, though objects change and come between its pages."""
    async with cpo.database.unit() as unit:
        for number in range(9):
            await locations.keep(unit, CPO, things.location(f"L{number}", CPO))
    url = f"{cpo.url}/ocpi/cpo/2.2.1/locations?limit=3"
    met: list[str] = []
    step = 0
    while True:
        answer = await at_cpo("GET", url)
        met += [one["id"] for one in answer.data]
        async with cpo.database.unit() as unit:
            changed = things.location(f"L{step}", CPO, name="New", last_updated=unit.now)
            await locations.keep(unit, CPO, changed)
            if step == 1:
                await locations.keep(unit, CPO, things.location("L9", CPO))
        if "link" not in answer.headers:
            break
        url = answer.headers["link"][1:].split(">")[0]
        step += 1
    assert met == [f"L{number}" for number in range(10)]


async def test_a_page_is_rendered_once_and_then_joined_from_bytes(at_cpo: Ask, cpo: Installation) -> None:
    """What was rendered before is passed on; what changed since is rendered again."""
    async with cpo.database.unit() as unit:
        for number in range(50):
            await locations.keep(unit, CPO, things.location(f"L{number}", CPO))
    url = f"{cpo.url}/ocpi/cpo/2.2.1/locations?limit=50"
    first = await at_cpo("GET", url)
    async with cpo.database.unit() as unit:
        await unit.execute('update ocpi_words set body = \'{"id":"as kept"}\'')
    second = await at_cpo("GET", url)
    assert len(first.data) == 50 and {one["id"] for one in second.data} == {"as kept"}
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location("L7", CPO, name="New name", last_updated=unit.now))
    third = await at_cpo("GET", url)
    assert sum(one["id"] != "as kept" for one in third.data) == 1 and third.data[7]["name"] == "New name"


async def test_a_page_is_one_statement_beside_the_one_that_confirms_the_caller(
    database_url: str, clock: SetClock
) -> None:
    """However long the page is, once its objects were rendered."""
    statements: list[str] = []
    async with installed(database_url, clock, CPO, Role.CPO, statements=statements) as cpo:
        token = await befriended(cpo, EMSP, Role.EMSP)
        async with cpo.database.unit() as unit:
            for number in range(50):
                await locations.keep(unit, CPO, things.location(f"L{number}", CPO))
        async with stranger(token) as ask:
            url = f"{cpo.url}/ocpi/cpo/2.2.1/locations?limit=50"
            await ask("GET", url)
            async with asyncio.timeout(10):
                while statements[-1] != "commit":
                    await asyncio.sleep(0.01)  # asyncpg tells of a statement a little later
            rendered = len(statements)
            assert len((await ask("GET", url)).data) == 50
            async with asyncio.timeout(10):
                while len(statements) < rendered + 2:
                    await asyncio.sleep(0.01)
    listed, confirmed = statements[rendered:]
    assert "line.revision" in confirmed and "ocpi_words" in listed


async def test_many_at_once_are_all_answered(at_cpo: Ask, cpo: Installation) -> None:
    answers = await asyncio.gather(*(at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations") for _ in range(40)))
    assert {answer.both for answer in answers} == {(200, 1000)}


async def test_another_partners_token_sees_its_own_connection_only(cpo: Installation) -> None:
    """TRN-009, TRN-013: nor does a request without a body need to say of what type it is."""
    one = await befriended(cpo, EMSP, Role.EMSP)
    other = await befriended(cpo, PartyId("DE", "8AC"), Role.EMSP)
    url = f"{cpo.url}/ocpi/cpo/2.2.1/tokens/DE/8AC/1"
    async with stranger(one) as ask:
        assert (await ask("GET", url)).both == (404, 2001)
    async with stranger(other) as ask:
        assert (await ask("GET", url)).both == (404, 2004)
        assert (await ask("DELETE", f"{cpo.url}/ocpi/2.2.1/credentials")).both == (200, 1000)
        assert (await ask("GET", url)).http == 401
    async with cpo.database.unit() as unit:
        assert [c.state for c in await partners.connections(unit)] == [State.CONNECTED]


def _location() -> dict[str, Any]:
    words: dict[str, Any] = parsed(VERSIONS["2.2.1"].codecs[Location].encode(things.location(owner=CPO)))
    return words


async def _nothing_kept(emsp: Installation) -> bool:
    async with emsp.database.unit() as unit:
        count = "(select count(*) from location) + (select count(*) from tariff) + (select count(*) from session)"
        return bool(await unit.value(f"select {count} + (select count(*) from ocpi_words) = 0"))
