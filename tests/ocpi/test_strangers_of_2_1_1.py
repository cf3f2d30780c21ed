"""A partner that speaks 2.1.1 and nothing else, and that we did not write: what it may say, and what it hears."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from laddnav.cdrs import actions as cdrs
from laddnav.kit.ids import PartyId
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations.policy import Objects, Policy
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.sessions import actions as sessions
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import TokenKey, TokenType
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation, befriended, stranger
from tests.ocpi.peer import Peer, peer, said
from tests.ocpi.wire.test_examples import CASES

OLD = "2.1.1"
WORDS = VERSIONS[OLD].codecs


@pytest.fixture
async def at_cpo(cpo: Installation) -> AsyncIterator[Ask]:
    """How the eMSP NL*TNM asks our CPO, with its token as it is."""
    async with stranger(await befriended(cpo, EMSP, Role.EMSP, version=OLD), encoded=False) as ask:
        yield ask


@pytest.fixture
async def at_emsp(emsp: Installation) -> AsyncIterator[Ask]:
    async with stranger(await befriended(emsp, CPO, Role.CPO, version=OLD), encoded=False) as ask:
        yield ask


@pytest.fixture
async def they() -> AsyncIterator[Peer]:
    """An eMSP: its details have no roles, its credentials are flat."""
    async with peer() as one:
        modules = ("credentials", "locations", "sessions", "cdrs", "tariffs", "tokens", "commands")
        endpoints = [{"identifier": module, "url": f"{one.url}/{module}"} for module in modules]
        one.answers |= {
            "/versions": [{"version": OLD, "url": f"{one.url}/2.1.1/"}],
            "/2.1.1/": {"version": OLD, "endpoints": endpoints},
            "/credentials": {
                "token": "token-c",
                "url": one.versions_url,
                "party_id": "TNM",
                "country_code": "NL",
                "business_details": {"name": "The New Motion"},
            },
        }
        yield one


def example(path: str, **changes: Any) -> dict[str, Any]:
    words: dict[str, Any] = parsed((CASES / OLD / path).read_bytes())
    return words | changes


# Registration ---------------------------------------------------------------------------------------------------------


async def test_who_wants_the_token_as_it_is_gets_it_so(cpo: Installation, they: Peer) -> None:
    """TRN-004, TRN-005, TRN-012, CRED-026, CRED-028, VER-022: nobody told us that they are of 2.1.1."""
    versions = they.answers["/versions"]

    async def strict(request: Request) -> Response:
        known = request.headers["authorization"] in ("Token token-a", "Token token-c")
        return said(200, 1000, versions) if known else said(401, 2000, message="who are you")

    they.answers["/versions"] = strict
    connection = await partners.register(cpo.database, cpo.clients, they.versions_url, "token-a", CPO, Role.CPO)
    assert (connection.version, connection.party, connection.their_role) == (OLD, EMSP, Role.EMSP)
    assert connection.name == "The New Motion" and not connection.encodes_token
    sent = they.last("POST", "/credentials")
    assert set(sent.body) == {"token", "url", "business_details", "party_id", "country_code"}
    assert (sent.headers["authorization"], sent.headers["content-type"]) == ("Token token-a", "application/json")
    assert not [name for name in sent.headers if name.startswith("ocpi-")]


async def test_who_wants_it_in_base64_gets_it_so(cpo: Installation, they: Peer) -> None:
    """TRN-005: against the text, as many do."""
    versions = they.answers["/versions"]

    async def strict(request: Request) -> Response:
        known = request.headers["authorization"] == "Token dG9rZW4tYQ=="
        return said(200, 1000, versions) if known else said(401, 2000, message="who are you")

    they.answers["/versions"] = strict
    connection = await partners.register(cpo.database, cpo.clients, they.versions_url, "token-a", CPO, Role.CPO, OLD)
    assert (connection.version, connection.encodes_token) == (OLD, True)


async def test_they_come_to_us(emsp: Installation, cpo: Installation, they: Peer) -> None:
    """CRED-003, CRED-004, CRED-005, CRED-007, CRED-012, CRED-013: at the endpoint of their version."""
    async with cpo.database.unit() as unit:
        invitation = await partners.invite(unit, cpo.settings, CPO, Role.CPO)
    url = f"{cpo.url}/ocpi/2.1.1/credentials"
    body = encoded(they.answers["/credentials"])
    async with stranger(invitation.token, encoded=False) as ask:
        assert (await ask("PUT", url, body)).both == (405, 2000)
        assert (await ask("DELETE", url)).both == (405, 2000)
        answer = await ask("POST", url, body)
        assert answer.both == (200, 1000) and answer.data["party_id"] == "LAD"
        assert (await ask("GET", url)).http == 401
    assert they.last("GET", "/2.1.1/").headers["authorization"] == "Token token-c"
    async with stranger(answer.data["token"], encoded=False) as ask:
        assert (await ask("POST", url, body)).both == (405, 2000)
        assert (await ask("GET", f"{cpo.url}/ocpi/cpo/2.1.1/locations/")).both == (200, 1000)
        assert (await ask("GET", f"{cpo.url}/ocpi/cpo/2.1.1/chargingprofiles")).both == (404, 2000)
    assert (await cpo.connection()).version == OLD


# What they say --------------------------------------------------------------------------------------------------------


async def test_a_change_need_not_say_when(at_emsp: Ask, emsp: Installation, clock: SetClock) -> None:
    """LOC-009, LOC-015, LOC-018, LOC-019, CRED-036, CRED-037, TRN-041, TRN-087.

    Of a Location, of an Evse and of a Connector; no ids of requests are missed.
    """
    places = f"{emsp.url}/ocpi/emsp/2.1.1/locations/SE/LAD"
    words = example("locations/location-object-example.json")
    answer = await at_emsp("PUT", f"{places}/LOC1", encoded(words))
    assert answer.both == (201, 1000) and not [name for name in answer.headers if name.startswith("ocpi-")]
    assert (await at_emsp("GET", f"{places}/LOC1")).data == words
    lacking = encoded(example("locations/example-add-an-evse.json"))
    assert (await at_emsp("PUT", f"{places}/LOC1/3258", lacking)).both == (200, 2001)
    for path, file in (
        ("LOC1", "example-change-the-location-name"),
        ("LOC1/3256", "example-a-simple-status-update"),
        ("LOC1/3256/2", "example-set-tariff-update"),
    ):
        change = encoded(example(f"locations/{file}.json"))
        assert (await at_emsp("PATCH", f"{places}/{path}", change)).both == (200, 1000)
    async with emsp.database.unit() as unit:
        location = await locations.fetch(unit, EMSP, CPO, "LOC1")
    assert (location.name, location.evses[0].status) == ("Interparking Gent Zuid", "CHARGING")
    assert (location.owner, location.country, location.evses[0].evse_id) == (CPO, "BEL", "BE-BEC-E041503001")
    assert location.evses[0].connectors[1].tariff_ids == ("15",)
    now = clock.now().replace(microsecond=0)
    assert {location.last_updated, location.evses[0].last_updated} == {now}
    assert location.evses[1].last_updated < now


@pytest.mark.parametrize(("appends", "many"), [(False, 1), (True, 4)])
async def test_periods_in_a_change_replace_what_was_there_unless_the_partner_means_it_otherwise(
    at_emsp: Ask, emsp: Installation, appends: bool, many: int
) -> None:
    """SES-006, SES-016, SES-057, TRN-042."""
    async with emsp.database.unit() as unit:
        store.connections.update(
            unit, replace(await emsp.connection(), policy=Policy(objects=Objects(appends_periods=appends)))
        )
    url = f"{emsp.url}/ocpi/emsp/2.1.1/sessions/SE/LAD/101"
    words = example("sessions/simple-session-example-of-a-short-finished-session.json", status="ACTIVE")
    words["location"]["country"] = "BEL"
    assert len(words["charging_periods"]) == 3
    assert (await at_emsp("PUT", url, encoded(words))).both == (201, 1000)
    period = {"start_date_time": "2015-06-29T23:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 1}]}
    change = {"charging_periods": [period], "total_cost": 0.60}
    assert (await at_emsp("PATCH", url, encoded(change))).both == (200, 1000)
    async with emsp.database.unit() as unit:
        session = await sessions.fetch(unit, EMSP, CPO, "101")
    assert len(session.periods) == many and session.cost is not None and session.cost.before_taxes == Decimal("0.6")
    assert (session.token.owner, session.token.contract_id) == (EMSP, "DE8ACC12E46L89")


async def test_a_tariff_is_changed_in_part(at_emsp: Ask, emsp: Installation) -> None:
    """TAR-002, TAR-003: which a later version does not do."""
    url = f"{emsp.url}/ocpi/emsp/2.1.1/tariffs/SE/LAD/12"
    words = example("tariffs/simple-tariff-example-2-euro-per-hour.json")
    change = encoded(example("tariffs/example-change-tariff-to-2-50.json"))
    assert (await at_emsp("PATCH", url, change)).both == (404, 2000)
    assert (await at_emsp("PUT", url, encoded(words))).both == (201, 1000)
    assert (await at_emsp("PATCH", url, change)).both == (200, 1000)
    async with emsp.database.unit() as unit:
        tariff = await tariffs.fetch(unit, EMSP, CPO, "12")
    assert tariff.elements[0].components[0].price == Decimal("2.50")
    refused = await at_emsp("PATCH", url.replace(OLD, "2.2.1"), change)
    assert refused.http == 405 and "PATCH" not in refused.headers["allow"]


async def test_a_token_is_named_by_its_uid_whatever_its_type(at_cpo: Ask, cpo: Installation) -> None:
    """TOK-001, TOK-003, TOK-009, TOK-055, TRN-024, TRN-034, CRED-036."""
    cards = f"{cpo.url}/ocpi/cpo/2.1.1/tokens/NL/TNM"
    card = example("tokens/token-object-example.json")
    app = card | {"uid": "APP", "type": "OTHER"}
    invalid = encoded(example("tokens/example-invalidate-a-token.json"))
    for words in (card, app):
        url = f"{cards}/{words['uid']}"
        assert (await at_cpo("PATCH", url, invalid)).both == (404, 2000)
        assert (await at_cpo("PUT", url, encoded(words))).both == (201, 1000)
        assert (await at_cpo("GET", url)).data == words
        assert (await at_cpo("PATCH", url, invalid)).both == (200, 1000)
    async with cpo.database.unit() as unit:
        for type, uid in ((TokenType.RFID, card["uid"]), (TokenType.OTHER, "APP")):
            token = await tokens.fetch(unit, CPO, TokenKey(EMSP, type, uid))
            assert (token.valid, token.contract_id) == (False, "DE8ACC12E46L89")
    of_another = encoded(card | {"type": "OTHER"})
    assert (await at_cpo("PUT", f"{cards}/{card['uid']}", encoded(card))).both == (200, 1000)
    assert (await at_cpo("PUT", f"{cards}/{card['uid']}", of_another)).both == (200, 1000)
    assert (await at_cpo("GET", f"{cards}/{card['uid']}")).data == card | {"type": "OTHER"}
    async with cpo.database.unit() as unit:
        known = await tokens.by_uid(unit, CPO, card["uid"])
    assert {one.type: one.valid for one in known} == {"RFID": False, "OTHER": True}
    assert (await at_cpo("PUT", f"{cards}/X", encoded(card | {"uid": "X", "type": "APP_USER"}))).both == (200, 2001)


async def test_the_cdr_of_the_text_is_taken_from_who_is_known_to_quote_its_numbers(
    at_emsp: Ask, emsp: Installation
) -> None:
    """TYP-016, CDR-007, CDR-008, CDR-009, CDR-021, CDR-044: and shown as it is kept, where the header says."""
    policy = Policy(objects=Objects(quirks=("alpha-2-country", "quoted-number")))
    url = f"{emsp.url}/ocpi/emsp/2.1.1/cdrs"
    words = encoded(example("cdrs/example-of-a-cdr.json"))
    assert (await at_emsp("POST", url, words)).both == (200, 2001)
    async with emsp.database.unit() as unit:
        store.connections.update(unit, replace(await emsp.connection(), policy=policy))
    made = await at_emsp("POST", url, words)
    assert made.both == (201, 1000)
    kept = await at_emsp("GET", made.headers["location"])
    assert (kept.data["auth_id"], kept.data["location"]["country"]) == ("DE8ACC12E46L89", "BEL")
    assert (await at_emsp("POST", url, words)).both == (200, 1000)
    async with emsp.database.unit() as unit:
        assert len(await cdrs.page(unit, EMSP)) == 1


# What they ask --------------------------------------------------------------------------------------------------------


async def test_lists_come_by_pages_and_by_when_something_changed(at_cpo: Ask, cpo: Installation) -> None:
    """TRN-062, TRN-064, TRN-067, TRN-070, TRN-072, TRN-073, TRN-075, LOC-002: from then on, and until before then."""
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2, 3)]
    async with cpo.database.unit() as unit:
        for day in days:
            await locations.keep(unit, CPO, things.location(f"L{day.day}", CPO, evses=(), last_updated=day))
    places = f"{cpo.url}/ocpi/cpo/2.1.1/locations/"
    first = await at_cpo("GET", f"{places}?limit=2&date_from=2026-11-01T00:00:00")
    assert [one["id"] for one in first.data] == ["L1", "L2"]
    assert (first.headers["x-total-count"], first.headers["x-limit"]) == ("3", "100")
    rest = await at_cpo("GET", first.headers["link"].split(">")[0].lstrip("<"))
    assert [one["id"] for one in rest.data] == ["L3"] and "link" not in rest.headers
    between = await at_cpo("GET", f"{places}?date_from=2026-11-02T00:00:00Z&date_to=2026-11-03T00:00:00Z")
    assert [one["id"] for one in between.data] == ["L2"]
    assert (await at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.1.1/sessions")).both == (200, 2001)


@pytest.mark.parametrize(
    ("query", "both"),
    [("", (404, 2000)), ("?type=OTHER", (200, 1000)), ("?token_type=OTHER", (200, 1000)), ("?type=X", (200, 2001))],
)
async def test_an_apps_token_is_asked_for_as_one_of_a_type_other(
    at_emsp: Ask, emsp: Installation, query: str, both: tuple[int, int]
) -> None:
    """TOK-035, TOK-041, TOK-044: the text has two names for the parameter."""
    at_cpo_of_theirs = f"{emsp.url}/ocpi/emsp/2.1.1/tokens"
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("APP1", EMSP, type=TokenType.APP_USER))
    where = {"location_id": "LOC1", "evse_uids": ["3256"], "connector_ids": ["1"]}
    answer = await at_emsp("POST", f"{at_cpo_of_theirs}/APP1/authorize{query}", encoded(where))
    assert answer.both == both
    if both == (200, 1000):
        assert answer.data == {"allowed": "ALLOWED", "location": where}
    (listed,) = (await at_emsp("GET", at_cpo_of_theirs)).data
    assert (listed["uid"], listed["type"], listed["auth_id"]) == ("APP1", "OTHER", "NL-TNM-CAPP1")


async def test_a_command_that_it_does_not_have_is_none(at_cpo: Ask, cpo: Installation, clock: SetClock) -> None:
    """CMD-001, CMD-004, CMD-005, CMD-007, CMD-020, CMD-021, CMD-035, CMD-043: and an answer is one word."""
    url = f"{cpo.url}/ocpi/cpo/2.1.1/commands"
    back = {"response_url": f"{cpo.url}/nobody"}
    token = example("tokens/token-object-example.json")
    assert (await at_cpo("POST", f"{url}/CANCEL_RESERVATION", encoded(back | {"reservation_id": 1}))).http == 404
    stop = await at_cpo("POST", f"{url}/STOP_SESSION", encoded(back | {"session_id": "NONE"}))
    assert stop.both == (200, 1000) and stop.data == {"result": "UNKNOWN_SESSION"}
    soon = rfc3339(clock.now() + timedelta(minutes=15))
    for command, more in (
        ("START_SESSION", {"token": token}),
        ("RESERVE_NOW", {"token": token, "reservation_id": 7, "expiry_date": soon}),
        ("UNLOCK_CONNECTOR", {"evse_uid": "E", "connector_id": "1"}),
    ):
        answer = await at_cpo("POST", f"{url}/{command}", encoded(back | {"location_id": "NONE"} | more))
        assert answer.both == (200, 2003) and answer.data == {"result": "REJECTED"}


async def test_nobody_speaks_for_another(at_emsp: Ask, emsp: Installation) -> None:
    """TRN-038, TRN-050."""
    words = example("locations/location-object-example.json")
    url = f"{emsp.url}/ocpi/emsp/2.1.1/locations/{'/'.join(str(PartyId('SE', 'XXX')).split('*'))}/LOC1"
    assert (await at_emsp("PUT", url, encoded(words))).http == 404
