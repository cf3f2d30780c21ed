"""What each module does with what a partner sends, and what it shows to a partner that asks."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.rules import charge_of
from laddnav.kit.energy import kwh
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi import store
from laddnav.ocpi.deviations.policy import Objects, Policy
from laddnav.ocpi.wire.codec import Hearing, encoded, parsed
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.pricing.check.verdicts import Verdict, checked
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, TokenKey, TokenType
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation
from tests.ocpi.wire.test_examples import CASES

SINCE = "2026-11-01T00:00:00Z"
CODECS = VERSIONS["2.2.1"].codecs


def words(thing: Any) -> dict[str, Any]:
    said: dict[str, Any] = parsed(CODECS[type(thing)].encode(thing))
    return said


def example(path: str, **changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = parsed((CASES / "2.2.1" / path).read_bytes())
    return said | {"country_code": "SE", "party_id": "LAD"} | changes


def session(**changes: Any) -> dict[str, Any]:
    path = "sessions/simple-session-example-of-a-short-finished-session.json"
    return example(path, status="ACTIVE") | {"cdr_token": driver()} | changes


def cdr(**changes: Any) -> dict[str, Any]:
    return example("cdrs/example-of-a-cdr.json") | {"cdr_token": driver()} | changes


def driver() -> dict[str, str]:
    return {"country_code": "NL", "party_id": "TNM", "uid": "CARD1", "type": "RFID", "contract_id": "NL-TNM-C1"}


# Locations, as eMSP ---------------------------------------------------------------------------------------------------


@pytest.fixture
def places(emsp: Installation) -> str:
    return f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/LAD"


async def test_a_location_is_made_replaced_and_shown_as_it_was_said(
    at_emsp: Ask, emsp: Installation, places: str
) -> None:
    """LOC-009, LOC-011, LOC-012, TRN-026, TRN-040, TRN-047, TYP-002, TYP-044: fields that we have no name for too."""
    said = words(things.location(owner=CPO)) | {"help_phone": "+46 8 123", "name": "Kajen"}
    assert (await at_emsp("PUT", f"{places}/LOC1", encoded(said))).both == (201, 1000)
    assert (await at_emsp("GET", f"{places}/loc1")).data == said
    assert (await at_emsp("GET", f"{places}/LOC1/evse2")).data == said["evses"][1]
    assert (await at_emsp("GET", f"{places}/LOC1/EVSE2/1")).data == said["evses"][1]["connectors"][0]
    again = said | {"evses": said["evses"][:1], "last_updated": "2026-11-23T08:00:00Z"}
    del again["name"]
    assert (await at_emsp("PUT", f"{places}/LOC1", encoded(again))).both == (200, 1000)
    async with emsp.database.unit() as unit:
        kept = await locations.fetch(unit, emsp.holder, CPO, "LOC1")
    assert kept.name is None and [evse.uid for evse in kept.evses] == ["EVSE1"]


@pytest.mark.parametrize("path", ["LOC9", "LOC1/EVSE9", "LOC1/EVSE1/9", "LOC9/EVSE1", "LOC2/EVSE1"])
async def test_a_place_that_nobody_told_us_of_is_404(at_emsp: Ask, places: str, path: str) -> None:
    """LOC-005, LOC-011, TRN-025, TRN-043."""
    await at_emsp("PUT", f"{places}/LOC1", encoded(words(things.location(owner=CPO))))
    await at_emsp("PUT", f"{places}/LOC2", encoded(words(things.location("LOC2", CPO, evses=()))))
    assert (await at_emsp("GET", f"{places}/{path}")).both == (404, 2003)
    change = encoded({"last_updated": "2026-11-23T08:00:00Z"})
    assert (await at_emsp("PATCH", f"{places}/{path}", change)).both == (404, 2003)


async def test_parts_below_an_unknown_parent_make_nothing(at_emsp: Ask, emsp: Installation, places: str) -> None:
    """LOC-014."""
    evse = words(things.evse("EVSE1"))
    assert (await at_emsp("PUT", f"{places}/LOC1/EVSE1", encoded(evse))).both == (404, 2003)
    await at_emsp("PUT", f"{places}/LOC1", encoded(words(things.location(owner=CPO, evses=()))))
    connector = words(things.connector())
    assert (await at_emsp("PUT", f"{places}/LOC1/EVSE1/1", encoded(connector))).both == (404, 2003)
    assert (await at_emsp("PUT", f"{places}/LOC1/EVSE1", encoded(evse))).both == (201, 1000)
    assert (await at_emsp("PUT", f"{places}/LOC1/EVSE1/1", encoded(connector))).both == (200, 1000)
    second = encoded(connector | {"id": "2"})
    assert (await at_emsp("PUT", f"{places}/LOC1/EVSE1/2", second)).both == (201, 1000)
    async with emsp.database.unit() as unit:
        (kept,) = (await locations.fetch(unit, emsp.holder, CPO, "LOC1")).evses
    assert [one.id for one in kept.connectors] == ["1", "2"]


async def test_a_part_that_is_newer_makes_its_parents_as_new(at_emsp: Ask, places: str) -> None:
    """LOC-003, LOC-013, LOC-016, LOC-017, LOC-019, LOC-020: what has to go away goes by a PUT of the whole."""
    await at_emsp("PUT", f"{places}/LOC1", encoded(words(things.location(owner=CPO))))
    change = encoded({"status": "CHARGING", "last_updated": "2026-11-23T09:00:00Z"})
    assert (await at_emsp("PATCH", f"{places}/LOC1/EVSE1", change)).both == (200, 1000)
    change = encoded({"tariff_ids": ["15"], "last_updated": "2026-11-23T10:00:00Z"})
    assert (await at_emsp("PATCH", f"{places}/LOC1/EVSE2/1", change)).both == (200, 1000)
    kept = (await at_emsp("GET", f"{places}/LOC1")).data
    assert kept["last_updated"] == "2026-11-23T10:00:00Z"
    assert [evse["last_updated"] for evse in kept["evses"]] == ["2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"]
    assert kept["evses"][0]["status"] == "CHARGING" and kept["evses"][1]["status"] == "AVAILABLE"
    assert kept["evses"][1]["connectors"][0]["tariff_ids"] == ["15"]
    assert kept["name"] == "Kajen"
    nameless = {**kept, "last_updated": "2026-11-23T11:00:00Z"}
    del nameless["name"]
    assert (await at_emsp("PUT", f"{places}/LOC1", encoded(nameless))).both == (200, 1000)
    assert "name" not in (await at_emsp("GET", f"{places}/LOC1")).data


async def test_older_news_do_not_undo_newer(at_emsp: Ask, emsp: Installation, places: str) -> None:
    """TRN-046: told that it went well, for there is nothing to be mended."""
    await at_emsp("PUT", f"{places}/LOC1", encoded(words(things.location(owner=CPO))))
    for status, at in (("CHARGING", "10"), ("AVAILABLE", "09")):
        change = encoded({"status": status, "last_updated": f"2026-11-23T{at}:00:00Z"})
        assert (await at_emsp("PATCH", f"{places}/LOC1/EVSE1", change)).both == (200, 1000)
    older = words(things.location(owner=CPO, name="Old", last_updated=things.LONG_AGO - timedelta(days=1)))
    assert (await at_emsp("PUT", f"{places}/LOC1", encoded(older))).both == (200, 1000)
    async with emsp.database.unit() as unit:
        kept = await locations.fetch(unit, emsp.holder, CPO, "LOC1")
    assert (kept.name, kept.evses[0].status) == ("Kajen", Status.CHARGING)


@pytest.mark.parametrize("path", ["LOC1", "LOC1/EVSE1", "LOC1/EVSE1/1"])
@pytest.mark.parametrize("change", [{"name": "x"}, {"last_updated": "soon"}, {"last_updated": None}])
async def test_a_change_without_its_moment_is_2001(
    at_emsp: Ask, places: str, path: str, change: dict[str, Any]
) -> None:
    """TRN-036, LOC-017."""
    await at_emsp("PUT", f"{places}/LOC1", encoded(words(things.location(owner=CPO))))
    assert (await at_emsp("PATCH", f"{places}/{path}", encoded(change))).both == (200, 2001)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"id": "LOC2"}, "id"), ({"country_code": "NO"}, "country_code"), ({"party_id": "NOR"}, "party_id")],
)
async def test_url_and_object_must_agree(
    at_emsp: Ask, emsp: Installation, places: str, changes: dict[str, str], field: str
) -> None:
    """TRN-037, TRN-049, LOC-021."""
    answer = await at_emsp("PUT", f"{places}/LOC1", encoded(words(things.location(owner=CPO)) | changes))
    assert answer.both == (200, 2001) and f"$.{field}" in answer.words["status_message"]
    async with emsp.database.unit() as unit:
        assert not await locations.count(unit, None)


async def test_another_partys_object_cannot_be_read_or_written(at_emsp: Ask, emsp: Installation) -> None:
    """TRN-038, TRN-050."""
    async with emsp.database.unit() as unit:
        await locations.keep(unit, emsp.holder, things.location(owner=PartyId("SE", "NOR")))
    url = f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/NOR/LOC1"
    said = encoded(words(things.location(owner=PartyId("SE", "NOR"), name="Mine now")))
    assert (await at_emsp("GET", url)).both == (404, 2001)
    assert (await at_emsp("PUT", url, said)).both == (404, 2001)
    assert (await at_emsp("PUT", f"{emsp.url}/ocpi/emsp/2.2.1/locations/X/Y/LOC1", said)).both == (200, 2001)
    async with emsp.database.unit() as unit:
        assert (await locations.fetch(unit, emsp.holder, PartyId("SE", "NOR"), "LOC1")).name == "Kajen"


async def test_a_partners_quirks_are_repaired_where_its_policy_names_them(
    at_emsp: Ask, emsp: Installation, places: str
) -> None:
    said = words(things.location(owner=CPO)) | {"country": "SE", "state": ""}
    said["evses"][0]["physical_reference"] = 3
    assert (await at_emsp("PUT", f"{places}/LOC1", encoded(said))).both == (200, 2001)
    quirks = ("alpha-2-country", "number-for-text", "empty-text")
    connection = await emsp.connection()
    async with emsp.database.unit() as unit:
        store.connections.update(unit, replace(connection, policy=Policy(objects=Objects(quirks=quirks))))
    assert (await at_emsp("PUT", f"{places}/LOC1", encoded(said))).both == (201, 1000)
    async with emsp.database.unit() as unit:
        kept = await locations.fetch(unit, emsp.holder, CPO, "LOC1")
    assert (kept.country, kept.state, kept.evses[0].physical_reference) == ("SWE", None, "3")


async def test_an_evse_is_removed_by_its_status(at_emsp: Ask, emsp: Installation, places: str) -> None:
    """LOC-022, LOC-023."""
    await at_emsp("PUT", f"{places}/LOC1", encoded(words(things.location(owner=CPO))))
    change = encoded({"status": "REMOVED", "last_updated": "2026-11-23T09:00:00Z"})
    assert (await at_emsp("PATCH", f"{places}/LOC1/EVSE1", change)).status == 1000
    async with emsp.database.unit() as unit:
        assert (await locations.fetch(unit, emsp.holder, CPO, "LOC1")).evses[0].status is Status.REMOVED


# Locations, as CPO ----------------------------------------------------------------------------------------------------


async def test_a_cpo_shows_a_location_an_evse_and_a_connector(at_cpo: Ask, cpo: Installation) -> None:
    """LOC-001, LOC-004, LOC-005, LOC-040, LOC-054, LOC-081."""
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location(owner=CPO))
    url = f"{cpo.url}/ocpi/cpo/2.2.1/locations"
    (whole,) = (await at_cpo("GET", url)).data
    assert whole == words(things.location(owner=CPO))
    assert (await at_cpo("GET", f"{url}/loc1")).data == whole
    assert (await at_cpo("GET", f"{url}/LOC1/EVSE1")).data == whole["evses"][0]
    assert (await at_cpo("GET", f"{url}/LOC1/EVSE1/1")).data == whole["evses"][0]["connectors"][0]
    for path in ("LOC9", "LOC1/EVSE9", "LOC1/EVSE1/9"):
        assert (await at_cpo("GET", f"{url}/{path}")).both == (404, 2003)


async def test_a_removed_evse_is_still_told(at_cpo: Ask, cpo: Installation, clock: SetClock) -> None:
    """LOC-007, LOC-022."""
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location(owner=CPO))
    at = clock.advance(timedelta(hours=1))
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location(owner=CPO, evses=(things.evse("EVSE1"),), last_updated=at))
    (whole,) = (await at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations?date_from=2026-11-23T08:30:00Z")).data
    assert [evse["status"] for evse in whole["evses"]] == ["AVAILABLE", "REMOVED"]


async def test_a_place_of_which_nothing_is_left_is_listed_no_more(
    at_cpo: Ask, cpo: Installation, clock: SetClock
) -> None:
    """LOC-006: who asks what changed is still told that it is so, and who asks for it by its id."""
    gone = tuple(things.evse(uid, status=Status.REMOVED) for uid in ("EVSE1", "EVSE2"))
    url = f"{cpo.url}/ocpi/cpo/2.2.1/locations"
    for evses, listed in (((gone[0], things.evse("EVSE2")), 1), (gone, 0), ((), 1)):
        async with cpo.database.unit() as unit:
            place = things.location(f"L{listed}{len(evses)}", CPO, evses=evses, last_updated=clock.now())
            await locations.keep(unit, CPO, place)
        found = [one["id"] for one in (await at_cpo("GET", url)).data]
        assert found.count(place.id) == listed
        assert (await at_cpo("GET", f"{url}/{place.id}")).http == 200
    since = await at_cpo("GET", f"{url}?date_from=2020-01-01T00:00:00Z")
    assert [one["id"] for one in since.data] == ["L12", "L02", "L10"]
    assert since.headers["x-total-count"] == "3"


# Tariffs --------------------------------------------------------------------------------------------------------------


async def test_a_tariff_is_put_shown_and_taken_back(at_emsp: Ask, emsp: Installation) -> None:
    """TAR-002, TAR-005, TAR-007, TAR-008, TAR-011: of the party in the URL; and it is known for the CDRs on it."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/tariffs/SE/LAD/11"
    said = example("tariffs/complex-tariff-example.json", id="11", x_colour="green")
    for others in ({"country_code": "DE", "party_id": "ALL"}, {"id": "12"}):
        assert (await at_emsp("PUT", url, encoded(said | others))).both == (200, 2001)
    assert (await at_emsp("PUT", url, encoded(said))).both == (201, 1000)
    assert (await at_emsp("GET", url)).data == said
    async with emsp.database.unit() as unit:
        kept = await tariffs.fetch(unit, emsp.holder, CPO, "11")
    assert len(kept.elements) == len(said["elements"])
    assert (await at_emsp("DELETE", url)).both == (200, 1000)
    async with emsp.database.unit() as unit:
        assert list(await tariffs.versions(unit, emsp.holder, CPO, ("11",))) == [kept]
    assert (await at_emsp("GET", url)).both == (404, 2000)
    assert (await at_emsp("DELETE", url)).both == (404, 2000)
    assert (await at_emsp("PUT", url, encoded(said))).both == (201, 1000)


async def test_tariffs_are_listed_by_when_they_changed_and_not_once_withdrawn(at_cpo: Ask, cpo: Installation) -> None:
    """TAR-001: page by page."""
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff("T1", CPO))
        await tariffs.keep(unit, CPO, things.tariff("T2", CPO))
    async with cpo.database.unit() as unit:
        await tariffs.withdraw(unit, CPO, CPO, "T1")
    answer = await at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.2.1/tariffs")
    assert [one["id"] for one in answer.data] == ["T2"] and answer.headers["x-total-count"] == "1"
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff("T3", CPO, last_updated=unit.now))
    url = f"{cpo.url}/ocpi/cpo/2.2.1/tariffs"
    for asked, told in (("limit=1", "T2"), (f"date_to={SINCE}", "T2"), (f"date_from={SINCE}", "T3")):
        assert [one["id"] for one in (await at_cpo("GET", f"{url}?{asked}")).data] == [told]


# Tokens ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cards(cpo: Installation) -> str:
    return f"{cpo.url}/ocpi/cpo/2.2.1/tokens/NL/TNM"


async def test_tokens_of_one_uid_and_two_types_are_two(at_cpo: Ask, cpo: Installation, cards: str) -> None:
    """TOK-001, TOK-002, TOK-004, TOK-006, TOK-007, TOK-008."""
    card, app = things.token("U1", EMSP), things.token("U1", EMSP, type=TokenType.APP_USER)
    assert (await at_cpo("PUT", f"{cards}/U1", encoded(words(card)))).both == (201, 1000)
    assert (await at_cpo("PUT", f"{cards}/U1?type=APP_USER", encoded(words(app)))).both == (201, 1000)
    assert (await at_cpo("GET", f"{cards}/u1")).data == words(card)
    assert (await at_cpo("GET", f"{cards}/U1?type=APP_USER")).data == words(app)
    assert (await at_cpo("GET", f"{cards}/U1?type=OTHER")).both == (404, 2004)
    assert (await at_cpo("GET", f"{cards}/U1?type=NONSENSE")).both == (200, 2001)
    assert (await at_cpo("PUT", f"{cards}/U1?type=RFID", encoded(words(app)))).both == (200, 2001)
    change = encoded({"valid": False, "last_updated": "2026-11-23T09:00:00Z"})
    assert (await at_cpo("PATCH", f"{cards}/U1?type=APP_USER", change)).both == (200, 1000)
    async with cpo.database.unit() as unit:
        assert (await tokens.fetch(unit, CPO, TokenKey(EMSP, TokenType.RFID, "U1"))).valid
        assert not (await tokens.fetch(unit, CPO, TokenKey(EMSP, TokenType.APP_USER, "U1"))).valid


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_an_unknown_token_is_404_and_2004(at_cpo: Ask, cards: str, method: str) -> None:
    """TRN-034, TRN-043."""
    body = None if method == "GET" else encoded({"last_updated": "2026-11-23T09:00:00Z"})
    assert (await at_cpo(method, f"{cards}/NONE", body)).both == (404, 2004)


async def test_the_uid_in_the_url_is_the_tokens(at_cpo: Ask, cards: str) -> None:
    """TOK-006, TRN-037."""
    answer = await at_cpo("PUT", f"{cards}/OTHER", encoded(words(things.token("U1", EMSP))))
    assert answer.both == (200, 2001) and "$.uid" in answer.words["status_message"]


async def test_only_our_own_tokens_are_listed(at_emsp: Ask, emsp: Installation) -> None:
    """TOK-011."""
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("OURS", EMSP))
        await tokens.keep(unit, EMSP, things.token("THEIRS", CPO))
    answer = await at_emsp("GET", f"{emsp.url}/ocpi/emsp/2.2.1/tokens")
    assert [one["uid"] for one in answer.data] == ["OURS"] and answer.headers["x-total-count"] == "1"


@pytest.mark.parametrize("body", [None, b"", b"{}", encoded({"location_id": "L", "evse_uids": ["E"]})])
async def test_a_token_is_authorized_with_and_without_a_place(
    at_emsp: Ask, emsp: Installation, body: bytes | None
) -> None:
    """TOK-035, TOK-037, TOK-042, TOK-043, TOK-046, TOK-048, TOK-049."""
    token = things.token("U1", EMSP)
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, token)
    answer = await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/tokens/u1/authorize", body)
    assert answer.both == (200, 1000) and answer.data["allowed"] == "ALLOWED"
    assert answer.data["token"] == words(token) and answer.data["authorization_reference"]
    assert answer.data.get("location") == (parsed(body) if body and len(body) > 2 else None)


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"blocked": True}, Allowed.BLOCKED),
        ({"expires_at": things.LONG_AGO}, Allowed.EXPIRED),
        ({"valid": False}, Allowed.BLOCKED),
    ],
)
async def test_a_refusal_is_an_answer_and_not_an_error(
    at_emsp: Ask, emsp: Installation, changes: dict[str, Any], allowed: Allowed
) -> None:
    """TOK-042, TOK-045, TOK-046."""
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("U1", EMSP, **changes))
    where = encoded({"location_id": "L"})
    answer = await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/tokens/U1/authorize?type=RFID", where)
    assert answer.both == (200, 1000)
    assert answer.data["allowed"] == allowed and "location" not in answer.data


@pytest.mark.parametrize(
    ("path", "body", "both"),
    [
        ("NONE/authorize", b"", (404, 2004)),  # TOK-040
        ("U1/authorize?type=APP_USER", b"", (404, 2004)),
        ("U1/authorize?type=NONSENSE", b"", (200, 2001)),
        ("U1/authorize", b'{"evse_uids": ["E"]}', (200, 2001)),  # TOK-050
        ("U1/authorize", b"{", (400, 2001)),
        ("U1/something", b"", (404, 2004)),
    ],
)
async def test_what_cannot_be_authorized_is_said(
    at_emsp: Ask, emsp: Installation, path: str, body: bytes, both: tuple[int, int]
) -> None:
    """TOK-035, TOK-040, TOK-050."""
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("U1", EMSP))
    answer = await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/tokens/{path}", body)
    assert answer.both == both and answer.data is None


# Sessions -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def charges(emsp: Installation) -> str:
    return f"{emsp.url}/ocpi/emsp/2.2.1/sessions/SE/LAD"


async def test_a_session_is_told_and_told_on(at_emsp: Ask, emsp: Installation, charges: str) -> None:
    """SES-006, SES-008, SES-009, SES-010, SES-011, SES-012, SES-013, SES-017, SES-023, SES-024, SES-030, TYP-042."""
    assert (await at_emsp("PUT", f"{charges}/101", encoded(session()))).both == (201, 1000)
    period = {"start_date_time": "2015-06-29T23:40:00Z", "dimensions": [{"type": "ENERGY", "volume": 1.5}]}
    change = {"kwh": 50.5, "charging_periods": [period], "last_updated": "2015-06-29T23:55:00Z"}
    for _ in range(2):
        assert (await at_emsp("PATCH", f"{charges}/101", encoded(change))).both == (200, 1000)
    async with emsp.database.unit() as unit:
        kept = await sessions.fetch(unit, emsp.holder, CPO, "101")
    assert kept.energy == kwh("50.5") and len(kept.periods) == 4
    whole = session(charging_periods=[], last_updated="2015-06-29T23:59:00Z", evse_uid="#NA")
    del whole["total_cost"]
    assert (await at_emsp("PUT", f"{charges}/101", encoded(whole))).both == (200, 1000)
    async with emsp.database.unit() as unit:
        kept = await sessions.fetch(unit, emsp.holder, CPO, "101")
    assert (kept.periods, kept.cost, kept.evse_uid) == ((), None, "#NA")
    assert (await at_emsp("GET", f"{charges}/101")).data == whole


async def test_a_session_is_told_in_its_owners_name(at_emsp: Ask, emsp: Installation, charges: str) -> None:
    """SES-007"""
    for change in ({"party_id": "XXX"}, {"country_code": "DK"}):
        answer = await at_emsp("PUT", f"{charges}/101", encoded(session(**change)))
        assert answer.both == (200, 2001)
    async with emsp.database.unit() as unit:
        assert await sessions.page(unit, emsp.holder) == []


async def test_the_same_new_session_twice_at_once_is_one(at_emsp: Ask, emsp: Installation, charges: str) -> None:
    """Two of the sender's processes bring the same news."""
    answers = await asyncio.gather(*(at_emsp("PUT", f"{charges}/101", encoded(session())) for _ in range(6)))
    assert sorted(answer.both for answer in answers) == [(200, 1000)] * 5 + [(201, 1000)]
    async with emsp.database.unit() as unit:
        assert len(await sessions.page(unit, emsp.holder)) == 1


@pytest.mark.parametrize("path", ["NONE", "101/charging_periods"])
async def test_a_session_that_is_not_there_is_not_changed(at_emsp: Ask, charges: str, path: str) -> None:
    """SES-014, TRN-043."""
    await at_emsp("PUT", f"{charges}/101", encoded(session()))
    change = encoded({"kwh": 1, "last_updated": "2026-11-23T09:00:00Z"})
    assert (await at_emsp("PATCH", f"{charges}/{path}", change)).http == 404


async def test_sessions_are_listed_since_a_moment_only(at_cpo: Ask, cpo: Installation) -> None:
    """SES-003, SES-004."""
    url = f"{cpo.url}/ocpi/cpo/2.2.1/sessions"
    assert (await at_cpo("GET", url)).both == (200, 2001)
    assert (await at_cpo("GET", f"{url}?date_from=2020-01-01T00:00:00Z")).both == (200, 1000)


async def test_preferences_are_refused_as_the_text_says(at_cpo: Ask, cpo: Installation) -> None:
    """SES-046, SES-050, SES-051."""
    async with cpo.database.unit() as unit:
        for id, owner in (("S1", EMSP), ("S2", PartyId("DE", "8AC"))):
            token = driver() | {"country_code": owner.country, "party_id": owner.party}
            one = CODECS[Session].convert(session(id=id, cdr_token=token), Hearing(holder=CPO, sender=CPO))
            await sessions.hear(unit, replace(one, holder=CPO, ref=id))
    url, wish = f"{cpo.url}/ocpi/cpo/2.2.1/sessions", encoded({"profile_type": "GREEN"})
    assert (await at_cpo("PUT", f"{url}/S1/charging_preferences", wish)).both == (404, 2001)
    for path in ("S2/charging_preferences", "S9/charging_preferences", "S1/nonsense"):
        assert (await at_cpo("PUT", f"{url}/{path}", wish)).both == (404, 2000)


# CDRs -----------------------------------------------------------------------------------------------------------------


async def test_a_cdr_is_taken_once_and_for_good(at_emsp: Ask, emsp: Installation) -> None:
    """CDR-003, CDR-004, CDR-007, CDR-008, CDR-009, CDR-011, CDR-022, CDR-051, CDR-057, CDR-061."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/cdrs"
    proof = {
        "encoding_method": "OCMF",
        "signed_values": [{"nature": "Start", "plain_data": "a\r\n\tb ", "signed_data": " OCMF|{}|{}\n"}],
    }
    said = cdr(signed_data=proof, x_vendor={"a": 1})
    assert (await at_emsp("POST", url, encoded([said]))).both == (200, 2001)
    first = await at_emsp("POST", url, encoded(said))
    assert first.both == (201, 1000) and first.data is None
    assert (await at_emsp("GET", first.headers["location"])).data == said
    again = await at_emsp("POST", url, encoded(said))
    assert again.both == (200, 1000) and again.headers["location"] == first.headers["location"]
    other = await at_emsp("POST", url, encoded(said | {"total_energy": 99}))
    assert other.both == (200, 2001)
    async with emsp.database.unit() as unit:
        (kept,) = await cdrs.page(unit, emsp.holder)
    assert kept.energy == kwh("15.342")
    assert kept.signed_data is not None
    (value,) = kept.signed_data.signed_values
    assert (value.plain_data, value.signed_data) == ("a\r\n\tb ", " OCMF|{}|{}\n")
    assert (await at_emsp("GET", f"{url}/SE/LAD/NONE")).both == (404, 2000)
    assert (await at_emsp("GET", f"{url}/SE/NOR/12345")).both == (404, 2001)


@pytest.mark.parametrize(
    ("changes", "both"),
    [
        ({"cdr_token": driver() | {"party_id": "XXX"}}, (200, 2001)),  # CDR-070
        ({"country_code": "NO"}, (404, 2001)),
        ({"charging_periods": []}, (200, 2001)),  # CDR-022
        ({"credit": True}, (200, 2001)),  # CDR-018
        ({"total_cost": 4.0}, (200, 2001)),  # TYP-028
        ({"total_cost": {"incl_vat": 4.0}}, (200, 2001)),
        ({"remark": "x" * 256}, (200, 2001)),  # CDR-065
        ({"end_date_time": None}, (200, 2001)),  # CDR-030
        ({"start_date_time": "1970-1-1T00:00:00Z"}, (200, 2001)),  # CDR-030, as it is printed
    ],
)
async def test_a_cdr_that_breaks_a_rule_is_refused(
    at_emsp: Ask, emsp: Installation, changes: dict[str, Any], both: tuple[int, int]
) -> None:
    """CDR-018, CDR-022, CDR-030, CDR-065, CDR-070, TYP-028."""
    assert (await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/cdrs", encoded(cdr(**changes)))).both == both
    async with emsp.database.unit() as unit:
        assert not await cdrs.page(unit, emsp.holder)


async def test_a_reservation_that_nobody_used_is_a_cdr_too(at_emsp: Ask, emsp: Installation) -> None:
    """CDR-025, CDR-053, CDR-054, CDR-069: of no Session and no plug, whatever is said of the plug."""
    plug = dict.fromkeys(("evse_uid", "evse_id", "connector_id"), "#NA")
    plug |= {f"connector_{name}": "ANYTHING" for name in ("standard", "format", "power_type")}
    said = cdr(total_cost={"excl_vat": 6.0, "incl_vat": 7.2}, total_energy=0, total_time=1)
    said["end_date_time"] = "2015-06-29T22:39:09Z"
    said["total_reservation_cost"], _ = said["total_cost"], said.pop("total_time_cost")
    assert "session_id" not in said
    said["cdr_location"] |= plug
    reserved = {"type": "RESERVATION_TIME", "volume": 1}
    said["charging_periods"] = [{"start_date_time": said["start_date_time"], "dimensions": [reserved]}]
    said["tariffs"] = [example("tariffs/tariff-example-with-reservation-price-and-expire-fee.json")]
    assert (await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/cdrs", encoded(said))).both == (201, 1000)
    async with emsp.database.unit() as unit:
        (kept,) = await cdrs.page(unit, emsp.holder)
    assert (kept.session_id, kept.location.evse_id) == (None, "#NA")
    assert checked(charge_of(kept, "Europe/Brussels")).verdict is Verdict.MATCH


async def test_a_credit_cdr_is_kept_beside_what_it_credits(at_emsp: Ask, emsp: Installation) -> None:
    """CDR-012, CDR-013, CDR-020."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/cdrs"
    assert (await at_emsp("POST", url, encoded(cdr()))).status == 1000
    credit = cdr(
        id="12345-C", credit=True, credit_reference_id="12345", total_cost={"excl_vat": -4.0, "incl_vat": -4.4}
    )
    assert (await at_emsp("POST", url, encoded(credit))).both == (201, 1000)
    async with emsp.database.unit() as unit:
        kept = {one.id: one.credit for one in await cdrs.page(unit, emsp.holder)}
    assert kept == {"12345": False, "12345-C": True}
