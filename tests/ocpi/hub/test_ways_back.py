"""URLs that one partner gives another lead through the hub, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.hub import detours
from laddnav.ocpi.hub.rules import Denial
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.tokens.model import Token
from tests import things
from tests.clock import SetClock
from tests.ocpi.hub.conftest import CPO, EMSP, HUB, NEW, OLD, Street
from tests.ocpi.peer import envelope, said

ACCEPTED = {"result": "ACCEPTED", "timeout": 30}


def start(street: Street, version: str) -> dict[str, Any]:
    token = parsed(VERSIONS[version].codecs[Token].encode(things.token(owner=NEW)))
    return {"response_url": f"{street.new.peer.url}/results/1", "token": token, "location_id": "LOC1"}


async def test_a_command_to_an_old_cpo_and_its_result(street: Street) -> None:
    """HUB-046, HUB-047, HUB-055: each hears and says it in its own version, and neither sees the other's URL."""
    street.old.peer.answers["/commands/START_SESSION"] = {"result": "ACCEPTED"}
    street.new.takes("/results/1")
    answer = await street.new.ask("POST", "receiver/commands/START_SESSION", start(street, "2.3.0"), OLD)
    assert (answer.data["result"], answer.headers["ocpi-from-party-id"]) == ("ACCEPTED", "OLD")
    there = street.old.peer.last("POST", "/commands/START_SESSION").body
    assert there["token"]["auth_id"] == "FR-NEW-CCARD1"
    url = there["response_url"]
    assert url.startswith(f"{street.hub.url}/ocpi/hub/2.1.1/via/commands/")
    assert (await street.old.ask("POST", url, {"result": "TIMEOUT"})).both == (200, 1000)
    result = street.new.peer.last("POST", "/results/1")
    assert result.body == {"result": "TIMEOUT"}
    assert (result.headers["ocpi-from-party-id"], result.headers["ocpi-to-party-id"]) == ("OLD", "NEW")


async def test_a_way_back_is_for_whom_it_was_given_to(street: Street, clock: SetClock) -> None:
    """HUB-046: with the method that it is for, and not for ever."""
    street.cpo.peer.answers["/commands/START_SESSION"] = ACCEPTED
    street.new.takes("/results/1")
    await street.new.ask("POST", "receiver/commands/START_SESSION", start(street, "2.3.0"), CPO)
    url = street.cpo.peer.last("POST", "/commands/START_SESSION").body["response_url"]
    result = {"result": "ACCEPTED"}
    assert (await street.old.ask("POST", url.replace("2.2.1", "2.1.1"), result)).http == 404
    assert (await street.cpo.ask("GET", url)).http == 404
    assert (await street.cpo.ask("POST", url[:-4], result)).http == 404
    assert (await street.cpo.ask("POST", url, result, CPO)).both == (200, 1000)
    clock.advance(timedelta(days=2))
    assert (await street.cpo.ask("POST", url, result)).http == 404
    await detours.forget_old(street.hub.database)
    assert street.new.peer.many("POST", "/results/1") == 1


async def test_nobody_is_led_into_a_private_network_or_to_a_third_one(street: Street) -> None:
    """CMD-018, HUB-046: a response URL is looked at before anybody is asked, and a header of an answer leads home."""
    for elsewhere in ("http://10.0.0.1/results", "https://elsewhere.example/results"):
        words = start(street, "2.3.0") | {"response_url": elsewhere}
        answer = await street.new.ask("POST", "receiver/commands/START_SESSION", words, CPO)
        assert answer.both == (200, 2001)
    assert street.cpo.peer.asked == []
    link = said(200, 1000, [])
    link.headers["Link"] = '<http://10.0.0.1/locations?offset=50>; rel="next"'
    street.cpo.peer.answers["/locations"] = [link]
    first = await street.emsp.ask("GET", "sender/locations", to=CPO)
    await street.emsp.ask("GET", first.headers["link"].split(">")[0].lstrip("<"), to=CPO)
    assert street.cpo.peer.many("GET", "/locations") == 2


async def test_limits_are_set_and_their_result_comes_back(street: Street) -> None:
    """HUB-002, HUB-046: in the body, or in the query where there is none."""
    street.cpo.peer.answers["/chargingprofiles/S1"] = ACCEPTED
    street.emsp.takes("/results/1")
    url = f"{street.emsp.peer.url}/results/1"
    answer = await street.emsp.ask("GET", f"receiver/chargingprofiles/S1?duration=900&response_url={url}", to=CPO)
    assert answer.both == (200, 1000)
    query = street.cpo.peer.last("GET", "/chargingprofiles/S1")
    assert query.body is None
    profile = {"charging_rate_unit": "W", "charging_profile_period": [{"start_period": 0, "limit": 11000}]}
    words = {"response_url": url, "charging_profile": profile}
    assert (await street.emsp.ask("PUT", "receiver/chargingprofiles/S1", words, CPO)).status == 1000
    ours = street.cpo.peer.last("PUT", "/chargingprofiles/S1").body
    assert ours["charging_profile"] == profile
    assert (await street.cpo.ask("POST", ours["response_url"], {"result": "ACCEPTED"}, EMSP)).status == 1000
    assert street.emsp.peer.last("POST", "/results/1").body == {"result": "ACCEPTED"}


async def test_the_pages_of_one_party_are_followed_through_the_hub(street: Street) -> None:
    """HUB-043, HUB-045, HUB-054: totals and limits are its own, and so is what its link asks for.

    A link that somebody has leads nowhere once the two are kept apart, or the other is suspended.
    """

    async def pages(request: Request) -> Response:
        offset = int(request.query_params.get("offset", "0"))
        answer = Response(encoded(envelope(1000, [{"id": f"LOC{offset}"}])))
        answer.headers.update({"X-Total-Count": "2", "X-Limit": "1"})
        if not offset:
            answer.headers["Link"] = f'<{street.cpo.peer.url}/locations?offset=1&limit=1>; rel="next"'
        return answer

    street.cpo.peer.answers["/locations"] = pages
    first = await street.emsp.ask("GET", "sender/locations?limit=1", to=CPO)
    assert (first.headers["x-total-count"], first.headers["x-limit"]) == ("2", "1")
    url = first.headers["link"].split(">")[0].lstrip("<")
    assert url.startswith(f"{street.hub.url}/ocpi/hub/2.2.1/via/locations/")
    assert url.endswith("?offset=1&limit=1")
    second = await street.emsp.ask("GET", url, to=CPO)
    assert (second.data, "link" in second.headers) == ([{"id": "LOC1"}], False)
    assert second.headers["ocpi-from-party-id"] == "LAD"

    async with street.hub.database.unit() as unit:
        store.hub.deny(unit, HUB, Denial(one=EMSP, other=CPO, module=Module.LOCATIONS))
    assert (await street.emsp.ask("GET", url, to=CPO)).both == (200, 4001)
    async with street.hub.database.unit() as unit:
        assert await store.hub.allow(unit, HUB, Denial(one=CPO, other=EMSP, module=Module.LOCATIONS))
    assert (await street.emsp.ask("GET", url, to=CPO)).both == (200, 1000)
    async with street.hub.database.unit() as unit:
        theirs = await partners.connections(unit, HUB)
        await partners.suspend(unit, next(one for one in theirs if CPO in one.parties))
    many = len(street.cpo.peer.asked)
    assert (await street.emsp.ask("GET", url, to=CPO)).both == (200, 4003)
    assert len(street.cpo.peer.asked) == many
