"""What one tells the hub for all, and what all told it, as one list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from laddnav.kit.ids import PartyId
from laddnav.locations.model import Location
from laddnav.ocpi import store
from laddnav.ocpi.connections import settling
from laddnav.ocpi.fetching.pull import pull_due
from laddnav.ocpi.hub.rules import Denial
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Token
from tests import things
from tests.clock import SetClock
from tests.ocpi.hub.conftest import CPO, EMSP, HUB, NEW, OLD, Behind, Street
from tests.ocpi.network import no_luck
from tests.ocpi.peer import said

LATER = "2026-11-23T08:05:00Z"


def words(behind: Behind, thing: Location | Tariff | Token) -> dict[str, Any]:
    spelt: dict[str, Any] = parsed(VERSIONS[behind.version].codecs[type(thing)].encode(thing))
    return spelt


async def placed(behind: Behind, id: str = "LOC1", to: PartyId | None = HUB) -> dict[str, Any]:
    said = words(behind, things.location(id, owner=behind.party))
    path = f"receiver/locations/{behind.party.country}/{behind.party.party}/{id}"
    answer = await behind.ask("PUT", path, said, to)
    assert answer.status == 1000, answer.words
    return said


async def test_a_location_is_told_to_everybody_with_drivers(street: Street) -> None:
    """HUB-026, HUB-027, HUB-028, HUB-032, HUB-047: its owner stays in the URL, and the hub speaks to each by name."""
    street.emsp.takes("/locations/SE/LAD/LOC1")
    street.new.takes("/locations/SE/LAD/LOC1")
    location = words(street.cpo, things.location(owner=CPO)) | {"unheard_of": 1}
    answer = await street.cpo.ask("PUT", "receiver/locations/SE/LAD/LOC1", location, HUB)
    assert answer.both == (201, 1000)
    assert (answer.headers["ocpi-to-party-id"], answer.headers["ocpi-from-party-id"]) == ("LAD", "HUB")
    await street.hub.settle()
    for behind in (street.emsp, street.new):
        put = behind.peer.last("PUT", "/locations/SE/LAD/LOC1")
        assert (put.headers["ocpi-from-party-id"], put.headers["ocpi-to-party-id"]) == ("HUB", behind.party.party)
    assert street.emsp.peer.last("PUT", "/locations/SE/LAD/LOC1").body == location
    assert street.old.peer.asked == street.cpo.peer.asked == []


async def test_a_change_is_told_as_the_part_that_it_changed(street: Street) -> None:
    """HUB-019, HUB-030: with the instant that its owner gave it; who lacks the Location gets all of it."""
    street.emsp.takes("/locations/SE/LAD/LOC1", "/locations/SE/LAD/LOC1/EVSE1")
    street.new.takes("/locations/SE/LAD/LOC1")
    await placed(street.cpo)
    await street.hub.settle()
    change = {"status": "CHARGING", "last_updated": LATER}
    assert (await street.cpo.ask("PATCH", "receiver/locations/SE/LAD/LOC1/EVSE1", change, HUB)).both == (200, 1000)
    await street.hub.settle()
    evse = street.emsp.peer.last("PUT", "/locations/SE/LAD/LOC1/EVSE1").body
    assert (evse["status"], evse["last_updated"], len(evse["connectors"])) == ("CHARGING", LATER, 1)
    assert street.new.peer.many("PUT", "/locations/SE/LAD/LOC1") == 2
    whole = street.new.peer.last("PUT", "/locations/SE/LAD/LOC1").body
    assert [one["status"] for one in whole["evses"]] == ["CHARGING", "AVAILABLE"]


async def test_a_change_of_what_the_hub_was_never_told_is_refused(street: Street) -> None:
    """HUB-026: as any Receiver would, so that the whole follows."""
    change = {"status": "CHARGING", "last_updated": LATER}
    answer = await street.cpo.ask("PATCH", "receiver/locations/SE/LAD/LOC9/EVSE1", change, HUB)
    assert answer.both == (404, 2003)


async def test_a_tariff_is_taken_back_from_everybody(street: Street) -> None:
    """HUB-026: and from the list."""
    for behind in (street.emsp, street.new):
        behind.takes("/tariffs/SE/LAD/T1")
    tariff = words(street.cpo, things.tariff(owner=CPO))
    assert (await street.cpo.ask("PUT", "receiver/tariffs/SE/LAD/T1", tariff, HUB)).status == 1000
    await street.hub.settle()
    assert (await street.emsp.ask("GET", "sender/tariffs", to=HUB)).data == [tariff]
    assert (await street.cpo.ask("DELETE", "receiver/tariffs/SE/LAD/T1", to=HUB)).status == 1000
    await street.hub.settle()
    assert street.emsp.peer.many("DELETE", "/tariffs/SE/LAD/T1") == street.new.peer.many("DELETE", "/tariffs/SE/LAD/T1")
    assert (await street.emsp.ask("GET", "sender/tariffs", to=HUB)).data == []
    assert (await street.cpo.ask("DELETE", "receiver/tariffs/SE/LAD/T1", to=HUB)).both == (404, 2000)


async def test_who_refuses_or_is_away_stands_in_nobodys_way(street: Street, clock: SetClock) -> None:
    """HUB-027, HUB-035: the originator hears nothing of it, and who was away hears the newest when it is back."""
    path = "/locations/SE/LAD/LOC1"
    street.emsp.peer.answers[path] = said(401, 2000)
    street.new.peer.answers[path] = said(503, 3000)
    await placed(street.cpo)
    await street.hub.settle()
    assert street.emsp.peer.many("PUT", path) == street.new.peer.many("PUT", path) == 1
    change = {"status": "CHARGING", "last_updated": LATER}
    assert (await street.cpo.ask("PATCH", "receiver" + path + "/EVSE1", change, HUB)).status == 1000
    street.new.takes(path, path + "/EVSE1")
    clock.advance(timedelta(hours=1))
    await street.hub.settle()
    assert [one["status"] for one in street.new.peer.last("PUT", path).body["evses"]] == ["CHARGING", "AVAILABLE"]


async def test_a_token_is_told_to_every_cpo_in_its_version(street: Street) -> None:
    """HUB-031, HUB-055: to an older one without what it has no words for, which is noted as lost on its connection."""
    street.cpo.takes("/tokens/FR/NEW/CARD1")
    street.old.takes("/tokens/FR/NEW/CARD1")
    token = words(street.new, things.token(owner=NEW, group_id="G1"))
    assert (await street.new.ask("PUT", "receiver/tokens/FR/NEW/CARD1?type=RFID", token, HUB)).status == 1000
    await street.hub.settle()
    assert street.cpo.peer.last("PUT", "/tokens/FR/NEW/CARD1").body == token
    there = street.old.peer.last("PUT", "/tokens/FR/NEW/CARD1")
    assert there.body["auth_id"] == token["contract_id"]
    assert there.body["last_updated"] == token["last_updated"]
    assert "ocpi-to-party-id" not in there.headers
    async with street.hub.database.unit() as unit:
        lost = await store.words.losses(unit, HUB, "2.1.1", [Module.TOKENS])
    assert ("group_id", "FR*NEW/RFID/card1") in {(one.field, one.example) for one in lost}


async def test_all_that_the_requester_may_see_is_one_list(street: Street) -> None:
    """HUB-041, HUB-042, HUB-043, HUB-044: with owners, pages, dates, and nobody who was denied to it."""
    first, second = await placed(street.cpo, "LOC1"), await placed(street.cpo, "LOC2")
    await placed(street.old, "LOC1", None)
    answer = await street.emsp.ask("GET", "sender/locations?limit=2", to=HUB)
    assert encoded(answer.data) == encoded([first, second])
    assert (answer.headers["x-total-count"], answer.headers["x-limit"]) == ("3", "100")
    assert (answer.headers["ocpi-to-party-id"], answer.headers["ocpi-from-party-id"]) == ("TNM", "HUB")
    following = answer.headers["link"].split(">")[0].lstrip("<")
    await placed(street.cpo, "LOC0")
    rest = await street.emsp.ask("GET", following, to=HUB)
    assert [(one["party_id"], one["id"]) for one in rest.data] == [("OLD", "LOC1"), ("LAD", "LOC0")]
    dated = await street.emsp.ask("GET", "sender/locations?date_from=2040-01-01T00:00:00Z", to=HUB)
    assert (dated.data, dated.headers["x-total-count"]) == ([], "0")
    async with street.hub.database.unit() as unit:
        store.hub.deny(unit, HUB, Denial(one=CPO, other=EMSP))
    seen = await street.emsp.ask("GET", "sender/locations", to=HUB)
    assert [one["party_id"] for one in seen.data] == ["OLD"]
    assert len((await street.new.ask("GET", "sender/locations", to=HUB)).data) == 4


async def test_what_was_told_to_one_is_on_nobody_elses_list(street: Street) -> None:
    """HUB-044, HUB-054: a place for one partner alone, and Sessions, which are never for all."""
    street.emsp.takes("/locations/SE/LAD/LOC1")
    await placed(street.cpo, to=EMSP)
    assert len((await street.emsp.ask("GET", "sender/locations", to=HUB)).data) == 1
    assert (await street.new.ask("GET", "sender/locations", to=HUB)).data == []


async def test_a_list_of_an_older_version_is_in_its_words(street: Street) -> None:
    """HUB-055: it names nobody, and asks the hub."""
    token = words(street.new, things.token(owner=NEW))
    await street.new.ask("PUT", "receiver/tokens/FR/NEW/CARD1", token, HUB)
    (one,) = (await street.old.ask("GET", "sender/tokens")).data
    assert (one["uid"], one["auth_id"], "contract_id" in one) == ("CARD1", "FR-NEW-CCARD1", False)


async def test_the_hub_fetches_what_was_never_pushed(street: Street) -> None:
    """HUB-044: the lists of whoever owns what is for all."""
    location = words(street.old, things.location("LOC7", owner=OLD))
    street.old.peer.answers["/locations"] = [location]
    street.cpo.peer.answers |= {"/locations": [], "/tariffs": []}
    async with street.hub.database.unit() as unit:
        for one in await store.connections.registered(unit, HUB):
            settling.ask_for_everything(unit, [one])
    while await pull_due(street.hub.database, street.hub.clients, no_luck):
        pass
    assert street.old.peer.many("GET", "/sessions") == 0
    (one,) = (await street.new.ask("GET", "sender/locations", to=HUB)).data
    assert (one["country_code"], one["party_id"], one["id"]) == ("NO", "OLD", "LOC7")
