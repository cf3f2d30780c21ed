"""The operator API on a real server: what it says, how it refuses, and what each key may see."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import aiohttp
import pytest

from laddnav.kit import json
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.people.model import Role
from laddnav.server.http import Serving
from tests.billing.statements import moved, statement
from tests.server.conftest import LAD, Client, a_key


async def test_a_list_comes_in_pages_that_together_are_all_of_it(everything: Client) -> None:
    seen, cursor = [], ""
    while True:
        page = await everything.get(f"/locations?limit=1{cursor}")
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [one["id"] for one in (await everything.get("/locations"))["items"]]
    assert len(seen) == 3


async def test_a_location_is_spelt_in_our_own_words_with_units_in_the_names(everything: Client) -> None:
    (first, *_) = (await everything.get("/locations"))["items"]
    location = await everything.get(f"/locations/{first['ref']}")
    assert location == first
    assert location["owner"] == location["holder"] == "SE*LAD"
    assert location["last_updated"].endswith("Z")
    connector = location["evses"][0]["connectors"][0]
    assert (connector["power_max_w"], connector["voltage_max_v"], connector["amperage_max_a"]) == (22000, 400, 32)
    (tariff, *_) = (await everything.get("/tariffs"))["items"]
    restrictions = [element["restriction"] for element in tariff["elements"]]
    assert {"start_time": "08:00:00", "end_time": "20:00:00", "duration_min_s": 14460}.items() <= restrictions[
        2
    ].items()


async def test_what_a_filter_asks_for_is_all_that_comes(everything: Client) -> None:
    assert (await everything.get("/locations?owner=NL*TNM"))["items"] == []
    assert len((await everything.get("/locations?owner=se-lad&words=brenz"))["items"]) == 1
    assert [one["holder"] for one in (await everything.get("/tokens?owner=NL*TNM"))["items"]] == ["NL*TNM"]


# ---- Who may


async def test_without_a_key_nothing_is_said(nobody: Client, web: aiohttp.ClientSession) -> None:
    async with web.get(f"{nobody.url}/api/v1/locations") as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (await answer.json(content_type=None))["type"] == "urn:laddnav:problem:no-key"


@pytest.mark.parametrize("header", ["Bearer", "Bearer lad_wrong", "Basic b3BlcmF0b3I6eA==", "lad_wrong"])
async def test_a_wrong_key_opens_nothing(nobody: Client, header: str) -> None:
    nobody.headers = {"Authorization": header}
    assert (await nobody.ask("GET", "/stations"))[0] == 401


async def test_a_viewer_may_look_and_not_touch(viewer: Client) -> None:
    assert len((await viewer.get("/stations"))["items"]) == 1
    status, problem = await viewer.ask("PATCH", "/stations/ST-1", {"accepted": False})
    assert (status, problem["detail"]) == (403, "This needs the role operator or admin")
    assert (await viewer.get("/stations/ST-1"))["accepted"] is True


async def test_a_key_of_one_party_sees_nothing_of_another(tnm: Client, everything: Client) -> None:
    for kind in ("locations", "stations", "tariffs", "sessions", "cdrs", "invoices", "doubts", "dead-jobs"):
        assert await tnm.get(f"/{kind}") == {"items": [], "next": None}, kind
    assert [one["holder"] for one in (await tnm.get("/parties"))["items"]] == ["NL*TNM"]
    assert [one["holder"] for one in (await tnm.get("/tokens"))["items"]] == ["NL*TNM"]
    for kind in ("locations", "tariffs"):
        (one, *_) = (await everything.get(f"/{kind}"))["items"]
        assert (await tnm.ask("GET", f"/{kind}/{one['ref']}"))[0] == 404, kind
    for path in ("/stations/ST-1", "/stations/ST-1/messages", "/parties/SE*LAD"):
        status, problem = await tnm.ask("GET", path)
        assert (status, problem["type"]) == (404, "urn:laddnav:problem:not-yours"), path


async def test_what_is_done_to_another_party_s_things_is_undone(tnm: Client, everything: Client) -> None:
    before = await everything.get("/stations/ST-1")
    events = await everything.get("/stations")
    assert (await tnm.ask("PATCH", "/stations/ST-1", {"accepted": False, "password": "mine now mine now"}))[0] == 404
    assert (await tnm.ask("PUT", "/stations/ST-1", {"heartbeat_interval": 60}))[0] == 404
    assert (await tnm.ask("PUT", "/tokens/SE/LAD/RFID/04A1B2C3D4E5F6", {"contract_id": "X"}))[0] == 404
    assert (await tnm.ask("PATCH", "/tokens/SE/LAD/RFID/04A1B2C3D4E5F6", {"valid": False}))[0] == 404
    assert (await tnm.ask("POST", "/stations/ST-1/ocpp/Reset", {"type": "Soft"}))[0] == 404
    assert await everything.get("/stations/ST-1") == before
    assert await everything.get("/stations") == events
    assert [one["valid"] for one in (await everything.get("/tokens"))["items"]] == [True, True]


# ---- Stations and tokens


async def test_a_station_is_made_known_and_attached_in_one_request(lad: Client) -> None:
    (_, second, *_) = (await lad.get("/locations"))["items"]
    evse = {"evse_no": 1, "location_id": second["id"], "evse_uid": second["evses"][0]["uid"]}
    status, station = await lad.ask("PUT", "/stations/ST-2", {"password": "long enough for it", "evses": [evse]})
    assert status == 200
    assert (station["holder"], station["evses"], station["location_id"]) == ("SE*LAD", [evse], second["id"])
    assert await lad.get("/stations/ST-2") == await lad.get(f"/stations/{station['ref']}") == station


async def test_a_change_of_a_station_leaves_what_it_does_not_name(lad: Client, served: Serving) -> None:
    before = await lad.get("/stations/ST-1")
    status, after = await lad.ask("PATCH", "/stations/ST-1", {"accepted": None, "heartbeat_interval": 60})
    assert (status, after) == (200, before | {"accepted": None, "heartbeat_interval": 60})
    async with served.database.unit() as unit:
        assert await locations.password_fits(unit, "ST-1", "a longer password")


@pytest.mark.parametrize(("password", "says"), [("", "0"), ("of fifteen char", "15"), ("x" * 65, "65")])
async def test_a_password_that_is_too_short_or_too_long_for_stations_is_one_clear_error(
    lad: Client, served: Serving, password: str, says: str
) -> None:
    """A00.FR.205, A00.FR.304: 16 to 64 characters; nothing else of the request is done either."""
    for method, id in (("PATCH", "ST-1"), ("PUT", "ST-1"), ("PUT", "ST-9")):
        status, problem = await lad.ask(method, f"/stations/{id}", {"heartbeat_interval": 60, "password": password})
        assert (status, problem["type"]) == (422, "urn:laddnav:problem:unfit-password")
        assert f"`password` has {says} characters, and a station's has 16 to 64 " in problem["detail"]
    assert (await lad.ask("GET", "/stations/ST-9"))[0] == 404
    assert (await lad.get("/stations/ST-1"))["heartbeat_interval"] == 300
    for fits in ("ö" * 16, "x" * 64):
        assert (await lad.ask("PATCH", "/stations/ST-1", {"password": fits}))[0] == 200
    async with served.database.unit() as unit:
        assert await locations.password_fits(unit, "ST-1", "x" * 64)


async def test_a_token_of_ours_is_put_and_changed(lad: Client) -> None:
    path = "/tokens/SE/LAD/RFID/04FFEEDDCCBBAA"
    status, token = await lad.ask("PUT", path, {"contract_id": "SE-LAD-C7", "whitelist": "NEVER"})
    assert status == 200
    assert (token["issuer"], token["valid"], token["whitelist"]) == ("Laddnav AB", True, "NEVER")
    status, changed = await lad.ask("PATCH", path, {"blocked": True, "expires_at": "2027-01-01T00:00:00Z"})
    assert status == 200
    assert changed == token | {
        "blocked": True,
        "expires_at": "2027-01-01T00:00:00Z",
        "last_updated": changed["last_updated"],
    }
    assert await lad.get(f"/tokens/{token['ref']}") == changed
    assert (await lad.ask("PATCH", "/tokens/SE/LAD/RFID/NOBODY", {"valid": False}))[0] == 404


async def test_a_station_that_is_not_there_cannot_be_asked(lad: Client) -> None:
    status, problem = await lad.ask("POST", "/stations/ST-1/ocpp/Reset", {"type": "Soft"})
    assert (status, problem["type"]) == (409, "urn:laddnav:problem:offline")
    assert (await lad.ask("POST", "/stations/ST-9/ocpp/Reset", {"type": "Soft"}))[0] == 404


async def test_a_charge_starts_only_where_a_station_listens(lad: Client, tnm: Client) -> None:
    (first, *_) = (await lad.get("/locations"))["items"]
    (token, *_) = (await lad.get("/tokens"))["items"]
    asked = {"evse": first["evses"][0]["evse_id"], "token": token["ref"]}
    status, problem = await lad.ask("POST", "/sessions", asked)
    assert (status, problem["type"]) == (409, "urn:laddnav:problem:no-station")
    assert (await tnm.ask("POST", "/sessions", asked))[0] == 404
    assert (await lad.get("/sessions"))["items"] == []


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"blocked": True}, "BLOCKED"),
        ({"valid": False}, "BLOCKED"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "EXPIRED"),
        ({"credit": 0}, "NO_CREDIT"),
    ],
)
async def test_a_token_that_may_not_charge_starts_nothing(lad: Client, change: object, verdict: str) -> None:
    (first, *_) = (await lad.get("/locations"))["items"]
    _, token = await lad.ask("PATCH", "/tokens/SE/LAD/RFID/04A1B2C3D4E5F6", change)
    status, problem = await lad.ask("POST", "/sessions", {"evse": first["evses"][0]["evse_id"], "token": token["ref"]})
    assert (status, problem["detail"]) == (403, f"The Token may not charge here now: {verdict}")


# ---- What is wrong with a request is said, and nothing is done


WRONG: list[tuple[str, str, bytes | None, int, str]] = [
    ("PATCH", "/stations/ST-1", b"{not json", 400, "JSON is malformed"),
    ("PATCH", "/stations/ST-1", b"", 400, "There is no body"),
    ("PATCH", "/stations/ST-1", b"[]", 400, "Expected `object`"),
    ("PATCH", "/stations/ST-1", b'{"heartbeat_interval": "soon"}', 400, "$.heartbeat_interval"),
    ("PATCH", "/stations/ST-1", b'{"heartbeat_interval": -5}', 400, "$.heartbeat_interval"),
    ("PATCH", "/stations/ST-1", b'{"security_profile": 4}', 400, "$.security_profile"),
    ("PATCH", "/stations/ST-1", b'{"colour": "red"}', 422, "'colour'"),
    ("PATCH", "/stations/ST-1", b'{"location_id": "nowhere"}', 404, "'nowhere'"),
    ("PATCH", "/stations/ST-1", b"\xff\xfe", 400, "JSON"),
    ("PATCH", "/stations/nobody", b'{"accepted": true}', 404, "No Station 'nobody'"),
    ("PUT", "/stations/ST-1", b'{"evses": [{"evse_no": 1}]}', 400, "$.evses[0]"),
    ("PUT", "/tokens/SE/LAD/RFID/1", b'{"contract_id": "C", "credit": "NaN"}', 422, "amount of money"),
    ("PUT", "/tokens/SE/LAD/PLASTIC/1", b'{"contract_id": "C"}', 422, "PLASTIC"),
    ("PUT", "/tokens/SE/LADDNAV/RFID/1", b'{"contract_id": "C"}', 422, "LADDNAV"),
    ("PUT", "/tokens/DE/XYZ/RFID/1", b'{"contract_id": "C"}', 404, "DE*XYZ"),
    ("GET", "/locations?limit=0", None, 422, "limit"),
    ("GET", "/locations?limit=many", None, 422, "limit"),
    ("GET", "/locations?colour=red", None, 422, "colour"),
    ("GET", "/locations?owner=me", None, 422, "'me'"),
    ("GET", "/sessions?status=DREAMING", None, 422, "DREAMING"),
    ("GET", "/locations/nowhere", None, 404, "'nowhere'"),
    ("GET", "/nothing", None, 404, "openapi.json"),
    ("DELETE", "/locations", None, 405, "GET"),
    ("GET", "/events?after=yesterday", None, 422, "'yesterday'"),
]


async def test_bad_input_is_a_problem_with_its_reason(lad: Client) -> None:
    before = await lad.get("/stations/ST-1")
    for method, path, body, status, said in WRONG:
        found, problem = await lad.ask(method, path, data=body)
        assert (found, problem["status"]) == (status, status), (method, path, body, problem)
        assert said in problem["detail"], (method, path, body)
        assert {"type", "title", "status", "detail"} == set(problem)
    assert await lad.get("/stations/ST-1") == before


async def test_a_body_of_ten_megabytes_is_not_read(lad: Client) -> None:
    status, problem = await lad.ask("PATCH", "/stations/ST-1", data=io.BytesIO(b"x" * 10_000_000))
    assert (status, problem["type"]) == (413, "urn:laddnav:problem:too-large")
    assert problem["detail"] == "The body is larger than 2 MB, the most that is read here"

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1_000_000

    status, problem = await lad.ask("PATCH", "/stations/ST-1", data=endless())
    assert (status, problem["type"]) == (413, "urn:laddnav:problem:too-large")


async def test_a_banks_file_of_ten_megabytes_is_read(served: Serving, web: aiohttp.ClientSession) -> None:
    finance = Client(web, served.url, await a_key(served.database, Role.FINANCE, None))
    document = statement(moved("80", text="x" * 10_000_000)).decode()
    said = {"holder": "SE*LAD", "name": "nov.xml", "document": document}
    status, read = await finance.ask("POST", "/bank-files", data=io.BytesIO(json.encode(said)))
    assert status == 200, read
    assert [one["movements"] for one in read["files"]] == [1]


# ---- Its description


async def test_the_description_is_open_to_everybody_and_names_what_each_key_may(
    served: Serving, nobody: Client
) -> None:
    described = await nobody.get("/openapi.json")
    assert described["openapi"] == "3.1.0"
    assert described["servers"] == [{"url": f"{served.url}/api/v1"}]
    operation = described["paths"]["/stations/{station_id}"]["patch"]
    assert operation["security"] == [{"key": ["operator"]}]
    assert operation["summary"] == "Set up what is given about a Station, and leave the rest."
    names = [one["operationId"] for path in described["paths"].values() for one in path.values()]
    assert len(set(names)) == len(names) > 25


async def test_a_station_can_be_found_where_it_was_attached(everything: Client, served: Serving) -> None:
    (first, *_) = (await everything.get("/locations"))["items"]
    where = EvseRef(first["id"], first["evses"][0]["uid"])
    async with served.database.unit() as unit:
        found = await locations.station_at(unit, LAD, where)
    assert found is not None
    assert (found[0].id, found[1]) == ("ST-1", 1)
