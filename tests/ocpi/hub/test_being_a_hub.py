"""How a hub of ours presents itself, and what it is asked for with credentials."""

from __future__ import annotations

from typing import Any

from laddnav.kit.ids import PartyId
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.sides import PASSED_ON, RECEIVER, SENDER
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties.model import Role
from tests.ocpi.hub.conftest import CPO, EMSP, HUB, OLD, Street
from tests.ocpi.network import Installation, stranger
from tests.ocpi.peer import peer


async def invited(hub: Installation, version: str, theirs: Role | None = None) -> str:
    async with hub.database.unit() as unit:
        return (await partners.invite(unit, hub.settings, HUB, Role.HUB, version=version, theirs=theirs)).token


async def details(hub: Installation, version: str, theirs: Role | None = None) -> list[dict[str, Any]]:
    async with stranger(await invited(hub, version, theirs), encoded=version != "2.1.1") as ask:
        found: list[dict[str, Any]] = (await ask("GET", f"{hub.url}/ocpi/{version}")).data["endpoints"]
    return found


async def test_both_sides_of_every_module_are_served(street: Street) -> None:
    """HUB-002, HUB-041: at URLs of their own; what is between a hub and a platform is not passed on."""
    listed = await details(street.hub, "2.3.0")
    sides = {(one["identifier"], one["role"]): one["url"] for one in listed}
    assert {module for module, _ in sides} == {*PASSED_ON, "credentials", "hubclientinfo"}
    assert {("locations", "SENDER"), ("locations", "RECEIVER"), ("hubclientinfo", "SENDER")} <= set(sides)
    assert len(set(sides.values())) == len(sides)
    assert sides["locations", "RECEIVER"] == f"{street.hub.url}/ocpi/hub/2.3.0/receiver/locations"


async def test_an_old_partner_sees_the_side_that_it_deals_with(street: Street) -> None:
    """HUB-055: its version has no word for sides, so the invitation says what it is."""
    for theirs, side in ((Role.CPO, "receiver"), (Role.EMSP, "sender")):
        urls = {one["identifier"]: one["url"] for one in await details(street.hub, "2.1.1", theirs)}
        assert urls["locations"] == f"{street.hub.url}/ocpi/hub/2.1.1/{side}/locations"
        assert set(urls) == {"cdrs", "commands", "credentials", "locations", "sessions", "tariffs", "tokens"}


async def test_an_old_partner_registers_as_what_it_was_invited_for(street: Street) -> None:
    """HUB-055: so that its endpoints are those of that side, and it is told what that side hears."""
    async with stranger(await invited(street.hub, "2.1.1", Role.EMSP), encoded=False) as ask, peer() as they:
        endpoints = [{"identifier": one, "url": f"{they.url}/{one}"} for one in ("credentials", "locations", "tokens")]
        they.answers |= {
            "/versions": [{"version": "2.1.1", "url": f"{they.url}/v"}],
            "/v": {"version": "2.1.1", "endpoints": endpoints},
        }
        who = {"country_code": "IT", "party_id": "DRV", "business_details": {"name": "Old drivers"}}
        credentials = encoded({"token": "t" * 20, "url": they.versions_url, **who})
        answer = await ask("POST", f"{street.hub.url}/ocpi/2.1.1/credentials", credentials)
        assert (answer.status, answer.data["party_id"]) == (1000, "HUB")
    async with street.hub.database.unit() as unit:
        (drivers,), _ = await store.connections.clients(unit, HUB, CPO, Module.LOCATIONS, PartyId("IT", "DRV"))
    assert drivers.their_role is Role.EMSP
    assert drivers.endpoint(Module.LOCATIONS, RECEIVER) and drivers.endpoint(Module.TOKENS, SENDER)


async def test_in_2_2_1_a_hub_says_that_it_is_one_and_nothing_else(street: Street) -> None:
    """HUB-048, HUB-051: who is behind it, is told by HubClientInfo."""
    said = (await street.cpo.ask("GET", f"{street.hub.url}/ocpi/2.2.1/credentials")).data
    assert [(one["role"], one["country_code"], one["party_id"]) for one in said["roles"]] == [("HUB", "DE", "HUB")]
    assert "hub_party_id" not in said


async def test_a_hub_that_registers_says_it_in_the_version_that_is_chosen(street: Street) -> None:
    """HUB-048, HUB-050: who is reachable is no role of its own where there is no word for that."""
    async with peer() as they:
        they.answers["/credentials"] = they.credentials("their-token", ("EMSP", "IT", "DRV"))
        hub = street.hub
        await partners.register(hub.database, hub.clients, they.versions_url, "token-a", HUB, Role.HUB)
        said = they.last("POST", "/credentials").body
    assert [one["role"] for one in said["roles"]] == ["HUB"]


async def test_in_2_3_0_a_hub_lists_who_can_be_reached(street: Street) -> None:
    """HCI-019, HUB-049, HUB-050, HUB-051: and names itself apart."""
    said = (await street.new.ask("GET", f"{street.hub.url}/ocpi/2.3.0/credentials")).data
    assert said["hub_party_id"] == "DEHUB"
    behind = {(one["role"], one["party_id"]) for one in said["roles"]}
    assert behind == {("OTHER", "HUB"), ("CPO", "LAD"), ("EMSP", "TNM"), ("CPO", "OLD")}


async def test_who_ignores_that_it_is_a_hub_asks_its_parties_directly(street: Street) -> None:
    """HUB-052, HUB-010: by their names, and gets no further than that."""
    street.cpo.peer.answers["/locations"] = [{"id": "LOC1"}]
    assert (await street.new.ask("GET", "sender/tariffs", to=OLD)).both == (404, 2000)
    answer = await street.emsp.ask("GET", "sender/locations", to=CPO)
    assert (answer.data, answer.headers["ocpi-from-party-id"]) == ([{"id": "LOC1"}], "LAD")


async def test_what_is_no_endpoint_of_a_hub_is_not_there(street: Street) -> None:
    """HUB-004, HUB-005: HubClientInfo is not passed on, and is answered without routing headers whatever was sent."""
    for path in ("sender/hubclientinfo", "sender/credentials", "elsewhere/locations", "sender"):
        assert (await street.cpo.ask("GET", path, to=HUB)).http == 404
    assert (await street.cpo.ask("TRACE", "receiver/sessions/SE/LAD/S1", to=EMSP)).http == 405
    assert street.emsp.peer.asked == []
    listed = await street.cpo.ask("GET", "hubclientinfo", to=HUB)
    assert (listed.both, "ocpi-to-party-id" in listed.headers) == ((200, 1000), False)
