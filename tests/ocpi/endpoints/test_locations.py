"""Locations as an eMSP keeps what it is told of them, and as a CPO shows its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi import store
from laddnav.ocpi.deviations.policy import Objects, Policy
from laddnav.ocpi.wire.codec import encoded
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, Ask, Installation
from tests.ocpi.wording import words


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
    """LOC-013, LOC-014."""
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
    other = evse | {"physical_reference": "7", "last_updated": "2026-11-23T09:00:00Z"}
    assert (await at_emsp("PUT", f"{places}/LOC1/EVSE1", encoded(other))).both == (200, 1000)
    assert (await at_emsp("GET", f"{places}/LOC1")).data["evses"] == [other]


async def test_a_part_that_is_newer_makes_its_parents_as_new(at_emsp: Ask, places: str) -> None:
    """LOC-003, LOC-016, LOC-017, LOC-019, LOC-020: what has to go away goes by a PUT of the whole."""
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
    shown = (await at_emsp("GET", f"{places}/LOC1")).data
    assert (shown["name"], shown["evses"][0]["status"]) == ("Kajen", "CHARGING")
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
    """LOC-006, LOC-023: who asks what changed is still told that it is so, and who asks for it by its id."""
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
