"""The operator API about how stations prove who they are."""

from __future__ import annotations

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from laddnav.server.http import Serving
from tests.server.conftest import Client

AUTHORITIES = "/parties/SE*LAD/station-authorities"


async def test_authorities_are_made_trusted_and_withdrawn_and_keys_never_shown(served: Serving, lad: Client) -> None:
    status, ours = await lad.ask("PUT", f"{AUTHORITIES}/own/EC")
    assert status == 200 and ours["signs"] and "BEGIN CERTIFICATE" in ours["certificate"]
    assert (await lad.ask("PUT", f"{AUTHORITIES}/own/EC"))[1] == ours
    status, theirs = await lad.ask("POST", AUTHORITIES, {"organisation": "Maker", "certificate": ours["certificate"]})
    assert status == 201 and not theirs["signs"]
    broken = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"  # with which no port would begin
    more = {"organisation": "Maker", "certificate": ours["certificate"] + broken}
    assert (await lad.ask("POST", AUTHORITIES, more))[1]["certificate"] == theirs["certificate"]
    assert (await lad.ask("POST", AUTHORITIES, {"organisation": "Maker", "certificate": "none"}))[0] == 422
    assert (await lad.ask("DELETE", f"{AUTHORITIES}/{theirs['id']}"))[0] == 204
    assert (await lad.ask("DELETE", f"{AUTHORITIES}/{theirs['id']}"))[0] == 404
    kept = await lad.get(AUTHORITIES)
    assert kept["items"] == [ours] and "key" not in str(kept).lower().replace("keycert", "")
    assert (await lad.ask("GET", "/parties/NL*TNM/station-authorities"))[0] == 404


async def test_a_stranger_waits_in_a_list_until_it_is_let_in(served: Serving, lad: Client, everything: Client) -> None:
    with pytest.raises(InvalidStatus):
        async with connect(f"{served.url.replace('http', 'ws', 1)}/ocpp/NEW-1"):
            pass
    assert [one["id"] for one in (await everything.get("/strangers"))["items"]] == ["NEW-1"]
    assert (await lad.ask("GET", "/strangers"))[0] == 404
    assert (await lad.ask("PUT", "/stations/NEW-1", {"security_profile": 2}))[0] == 200
    assert (await everything.get("/strangers"))["items"] == []


async def test_a_station_that_is_away_is_asked_nothing(served: Serving, lad: Client) -> None:
    for path, body in (
        ("password", None),
        ("security-profile", {"profile": 2, "url": "wss://x"}),
        ("roots/list", None),
    ):
        assert (await lad.ask("POST", f"/stations/ST-1/{path}", body))[0] == 409
    for way in ({"profile": 4}, {"profile": 2, "slots": []}):
        assert (await lad.ask("POST", "/stations/ST-1/security-profile", {"url": "wss://x", **way}))[0] == 400
    assert (await lad.ask("DELETE", "/stations/ST-1/roots/1f"))[0] == 404
    assert (await lad.ask("DELETE", "/stations/ST-1/certificates/none"))[0] == 404
    for path in ("/stations/ST-1/certificates", "/stations/ST-1/roots", "/security-events?unseen=true"):
        assert (await lad.get(path))["items"] == []
    assert (await lad.ask("POST", "/stations/ST-1/security-events/seen"))[1]["seen"] == 0
