"""A hub between partners of different versions: each hears and speaks its own."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from laddnav.kit.ids import PartyId
from laddnav.locations.model import Location
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.tokens.model import Token
from tests import things
from tests.ocpi.hub.conftest import CPO, HUB, NEW, OLD, SESSION, Street, behind
from tests.ocpi.peer import said

DRIVERS = PartyId("IT", "DRV")
NOW = "2026-11-23T08:00:00Z"
PERIODS = [{"start_date_time": NOW, "dimensions": [{"type": "ENERGY", "volume": 1.5}]}]


def plain_location() -> dict[str, Any]:
    """As the old CPO says it."""
    words: dict[str, Any] = parsed(VERSIONS["2.1.1"].codecs[Location].encode(things.location(owner=OLD)))
    return words


def old_session() -> dict[str, Any]:
    """Of 2.1.1: with all of the Location in it, and of the Token nothing but the contract."""
    place = plain_location()
    evse = place["evses"][0]
    return {
        "id": "S1",
        "start_datetime": NOW,
        "kwh": 1.5,
        "auth_id": "FR-NEW-CCARD1",
        "auth_method": "WHITELIST",
        "location": place | {"evses": [evse | {"connectors": evse["connectors"][:1]}]},
        "currency": "NOK",
        "charging_periods": PERIODS,
        "total_cost": 3.75,
        "status": "ACTIVE",
        "last_updated": NOW,
    }


async def carded(street: Street) -> None:
    """The new eMSP has told of its card."""
    street.old.takes("/tokens/FR/NEW/CARD1")
    token = parsed(VERSIONS["2.3.0"].codecs[Token].encode(things.token(owner=NEW)))
    assert (await street.new.ask("PUT", "receiver/tokens/FR/NEW/CARD1", token, HUB)).status == 1000


async def test_a_session_of_an_old_cpo_reaches_a_new_emsp(street: Street) -> None:
    """HUB-040, HUB-055: found by the contract alone, of which the hub has heard; owner and Token are told."""
    await carded(street)
    street.new.takes("/sessions/NO/OLD/S1")
    answer = await street.old.ask("PUT", "receiver/sessions/NO/OLD/S1", old_session())
    assert (answer.both, "ocpi-from-party-id" in answer.headers) == ((200, 1000), False)
    there = street.new.peer.last("PUT", "/sessions/NO/OLD/S1")
    assert (there.headers["ocpi-from-party-id"], there.headers["ocpi-to-party-id"]) == ("OLD", "NEW")
    session = there.body
    assert (session["country_code"], session["party_id"], session["last_updated"]) == ("NO", "OLD", NOW)
    assert session["cdr_token"]["uid"] == "CARD1"
    assert (session["location_id"], session["evse_uid"]) == ("LOC1", "EVSE1")
    assert session["total_cost"]["before_taxes"] == 375 / 100

    change = {"kwh": 2.5, "last_updated": "2026-11-23T08:10:00Z"}
    assert (await street.old.ask("PATCH", "receiver/sessions/NO/OLD/S1", change)).status == 1000
    whole = street.new.peer.last("PUT", "/sessions/NO/OLD/S1").body
    assert (whole["kwh"], whole["last_updated"]) == (25 / 10, "2026-11-23T08:10:00Z")
    seen = await street.new.ask("GET", "sender/sessions?date_from=2026-01-01T00:00:00Z", to=HUB)
    assert [(one["id"], one["kwh"]) for one in seen.data] == [("S1", 25 / 10)]
    others = await street.emsp.ask("GET", "sender/sessions?date_from=2026-01-01T00:00:00Z", to=HUB)
    assert others.data == []


async def test_a_cdr_of_an_old_cpo_reaches_a_new_emsp(street: Street) -> None:
    """HUB-040, HUB-045, HUB-055: and what its Location header leads to is read in the words in which it was sent."""
    await carded(street)
    session = old_session()
    cdr = {
        "id": "C1",
        "start_date_time": NOW,
        "stop_date_time": "2026-11-23T09:00:00Z",
        "total_energy": 1.5,
        "total_time": 1,
        **{name: session[name] for name in ("auth_id", "auth_method", "location", "currency", "charging_periods")},
        "total_cost": 3.75,
        "last_updated": NOW,
    }
    kept: dict[str, Any] = {}

    async def take(request: Request) -> Response:
        kept.update(parsed(await request.body()))
        street.new.peer.answers["/cdrs/kept/C1"] = kept
        answer = said(201, 1000)
        answer.headers["Location"] = f"{street.new.peer.url}/cdrs/kept/C1"
        return answer

    street.new.peer.answers["POST /cdrs"] = take
    answer = await street.old.ask("POST", "receiver/cdrs", cdr)
    assert answer.both == (201, 1000)
    assert (kept["party_id"], kept["cdr_token"]["contract_id"]) == ("OLD", "FR-NEW-CCARD1")
    url = answer.headers["location"]
    assert url.startswith(f"{street.hub.url}/ocpi/hub/2.1.1/via/cdrs/")
    again = await street.old.ask("GET", url)
    assert (again.data["id"], again.data["auth_id"], again.data["total_cost"]) == ("C1", "FR-NEW-CCARD1", 375 / 100)
    assert len((await street.new.ask("GET", "sender/cdrs", to=HUB)).data) == 1
    assert (await street.emsp.ask("GET", "sender/cdrs", to=HUB)).data == []


async def test_an_old_cpo_asks_a_new_emsp_about_a_token(street: Street) -> None:
    """HUB-040, HUB-055: whose it is, the hub was told; the verdict comes back in the old words."""
    await carded(street)
    token = parsed(VERSIONS["2.3.0"].codecs[Token].encode(things.token(owner=NEW)))
    where = {"location_id": "LOC1", "evse_uids": ["EVSE1"]}
    verdict = {"allowed": "ALLOWED", "token": token, "location": where, "authorization_reference": "A1"}
    street.new.peer.answers["/tokens/CARD1/authorize"] = verdict
    answer = await street.old.ask("POST", "sender/tokens/CARD1/authorize", where)
    assert answer.data == {"allowed": "ALLOWED", "location": where}
    there = street.new.peer.last("POST", "/tokens/CARD1/authorize")
    assert (there.body, there.headers["ocpi-to-party-id"]) == (where, "NEW")
    unknown = await street.old.ask("POST", "sender/tokens/CARD9/authorize", where)
    assert unknown.both == (200, 3000)  # 2.1.1 has no words for trouble with hubs


async def test_a_session_of_a_newer_cpo_takes_its_location_along(street: Street) -> None:
    """HUB-055: what 2.1.1 wants inside it, the hub was told before; without that it cannot be said."""
    session = SESSION | {"cdr_token": SESSION["cdr_token"] | {"country_code": "IT", "party_id": "DRV"}}
    async with behind(street.hub, DRIVERS, Role.EMSP, "2.1.1") as old:
        old.takes("/sessions/SE/LAD/S1")
        path = "receiver/sessions/SE/LAD/S1"
        assert (await street.cpo.ask("PUT", path, session)).both == (200, 4000)
        location = parsed(VERSIONS["2.2.1"].codecs[Location].encode(things.location(owner=CPO)))
        await street.cpo.ask("PUT", "receiver/locations/SE/LAD/LOC1", location, HUB)
        assert (await street.cpo.ask("PUT", path, session)).both == (200, 1000)
        there = old.peer.last("PUT", "/sessions/SE/LAD/S1").body
        assert (there["auth_id"], there["location"]["evses"][0]["uid"]) == ("NL-TNM-C1", "EVSE1")
        (listed,) = (await old.ask("GET", "sender/sessions?date_from=2026-01-01T00:00:00Z")).data
        assert listed == there


async def test_a_single_place_of_an_old_cpo_is_read_by_a_new_emsp(street: Street) -> None:
    """HUB-036, HUB-037, HUB-055: an Open Routing Request for one thing, to whoever has told of it."""
    place = plain_location()
    street.old.peer.answers["/locations/LOC1"] = place
    assert (await street.old.ask("PUT", "receiver/locations/NO/OLD/LOC1", place)).status == 1000
    answer = await street.new.ask("GET", "sender/locations/LOC1")
    assert (answer.data["party_id"], answer.data["publish"], answer.headers["ocpi-from-party-id"]) == (
        "OLD",
        True,
        "OLD",
    )
    assert street.old.peer.many("GET", "/locations/LOC1") == 1
    own = await street.old.ask("GET", "receiver/locations/NO/OLD/LOC1")
    assert own.data == place


async def test_the_list_of_an_old_cpo_is_read_page_by_page_by_a_new_emsp(street: Street) -> None:
    """HUB-043, HUB-045, HUB-055: asked of the CPO itself; each page in the reader's words, and the way to the next."""

    async def pages(request: Request) -> Response:
        number = int(request.query_params.get("offset", "0"))
        answer = said(200, 1000, [plain_location() | {"id": f"LOC{number}"}])
        answer.headers.update({"X-Total-Count": "2", "X-Limit": "1"})
        if number == 0:
            answer.headers["Link"] = f'<{street.old.peer.url}/locations?offset=1&limit=1>; rel="next"'
        return answer

    street.old.peer.answers["/locations"] = pages
    first = await street.new.ask("GET", "sender/locations?limit=1", to=OLD)
    url = first.headers["link"].split(">")[0].lstrip("<")
    assert url.startswith(f"{street.hub.url}/ocpi/hub/2.3.0/via/locations/")
    second = await street.new.ask("GET", url, to=OLD)
    for number, page in enumerate((first, second)):
        assert (page.both, page.headers["x-total-count"]) == ((200, 1000), "2")
        ((id, owner, publish),) = ((one["id"], one["party_id"], one["publish"]) for one in page.data)
        assert (id, owner, publish) == (f"LOC{number}", "OLD", True)
    assert "link" not in second.headers
