"""A national access point of ours: what operators tell it of public places, whoever asks hears from it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.offers import publishing
from laddnav.ocpi.deviations.policy import Hub, Policy
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.tariffs import actions as tariffs
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, Installation, befriended, installed, stranger

NAP, NSP = PartyId("SE", "NAP"), PartyId("DE", "MAP")


@pytest.fixture
async def nap(database_url: str, clock: SetClock) -> AsyncIterator[Installation]:
    async with installed(database_url, clock, NAP, Role.NAP) as one:
        yield one


@pytest.fixture
async def maps(other_database_url: str, clock: SetClock) -> AsyncIterator[Installation]:
    async with installed(other_database_url, clock, NSP, Role.NSP) as one:
        yield one


def words(thing: Any, version: str = "2.2.1") -> bytes:
    return VERSIONS[version].codecs[type(thing)].encode(thing)


async def collected(nap: Installation) -> None:
    """An operator tells it of a public place, of one that is not, and of a price."""
    url = f"{nap.url}/ocpi/nap/2.2.1"
    async with stranger(await befriended(nap, CPO, Role.CPO)) as ask:
        for place in (things.location("LOC1", CPO), things.location("HIDDEN", CPO, publish=False)):
            assert (await ask("PUT", f"{url}/locations/SE/LAD/{place.id}", words(place))).http == 201
        assert (await ask("PUT", f"{url}/tariffs/SE/LAD/T1", words(things.tariff("T1", CPO)))).http == 201
        assert (await ask("GET", f"{url}/sender/locations")).data == []  # its own it knows
    await nap.settle()


async def known(maps: Installation) -> tuple[list[str], bool]:
    """(the places that the navigation service knows, whether it knows the price)."""
    async with maps.database.unit() as unit:
        found = [await locations.find(unit, NSP, CPO, id) for id in ("LOC1", "HIDDEN")]
        return [one.id for one in found if one is not None], await tariffs.find(unit, NSP, CPO, "T1") is not None


async def test_what_operators_tell_an_access_point_navigation_services_hear_from_it(
    nap: Installation, maps: Installation
) -> None:
    """LOC-116, VER-027: as it comes, and of what is public alone."""
    behind = Policy(hub=Hub(party=str(NAP), behind=(str(CPO),)))
    async with nap.database.unit() as unit:
        invitation = await partners.invite(unit, nap.settings, NAP, Role.NAP)
    await partners.register(
        maps.database, maps.clients, invitation.versions_url, invitation.token, NSP, Role.NSP, policy=behind
    )
    await collected(nap)
    assert await known(maps) == (["LOC1"], True)
    async with nap.database.unit() as unit:
        await tariffs.withdraw(unit, NAP, CPO, "T1")
    await nap.settle()
    assert await known(maps) == (["LOC1"], False)


async def test_where_no_sides_are_named_an_access_point_tells_all_but_operators(nap: Installation) -> None:
    """VER-006: so is read what it lists, where its URLs say nothing."""
    await befriended(nap, CPO, Role.NAP)
    access = await nap.connection()
    published = {role: publishing(replace(access, our_role=role)) for role in (Role.NSP, Role.EMSP, Role.CPO)}
    assert published == {Role.NSP: Role.CPO, Role.EMSP: Role.CPO, Role.CPO: Role.NAP}


async def test_an_access_point_is_asked_in_any_version(nap: Installation) -> None:
    """LOC-116: as its owner said it where that was in the same version, else as we understand it."""
    await collected(nap)
    for version in ("2.2.1", "2.3.0", "2.1.1"):
        party = PartyId("FR", f"N{version[2]}{version[0]}")
        async with stranger(await befriended(nap, party, Role.NSP, version=version), encoded=version != "2.1.1") as ask:
            base = f"{nap.url}/ocpi/nap/{version}/sender"
            page = await ask("GET", f"{base}/locations?limit=10")
            assert [one["id"] for one in page.data] == ["LOC1"] and page.headers["x-total-count"] == "1"
            assert (await ask("GET", f"{base}/locations/loc1")).data == page.data[0]
            evse = (await ask("GET", f"{base}/locations/LOC1/EVSE1")).data
            assert evse == page.data[0]["evses"][0]
            assert (await ask("GET", f"{base}/locations/HIDDEN")).both == (404, 2003)
            assert [one["id"] for one in (await ask("GET", f"{base}/tariffs")).data] == ["T1"]


async def test_each_side_of_an_access_point_stands_at_its_own_url(nap: Installation) -> None:
    """VER-027: for the URLs of both look alike."""
    async with stranger(await befriended(nap, NSP, Role.NSP)) as ask:
        listed = (await ask("GET", f"{nap.url}/ocpi/2.2.1")).data["endpoints"]
    urls = {(one["identifier"], one["role"]): one["url"] for one in listed}
    assert urls["locations", "SENDER"] == f"{nap.url}/ocpi/nap/2.2.1/sender/locations"
    assert urls["locations", "RECEIVER"] == f"{nap.url}/ocpi/nap/2.2.1/locations"


async def test_what_it_is_told_in_another_role_is_for_nobody_else(nap: Installation) -> None:
    """LOC-116: a price for drivers of ours, where the same company is an eMSP too."""
    other = PartyId("NL", "OPS")
    await collected(nap)
    async with stranger(await befriended(nap, other, Role.CPO, our_role=Role.EMSP)) as ask:
        url = f"{nap.url}/ocpi/emsp/2.2.1"
        assert (await ask("PUT", f"{url}/locations/NL/OPS/L9", words(things.location("L9", other)))).http == 201
        assert (await ask("PUT", f"{url}/tariffs/NL/OPS/T9", words(things.tariff("T9", other)))).http == 201
    async with stranger(await befriended(nap, NSP, Role.NSP)) as ask:
        base = f"{nap.url}/ocpi/nap/2.2.1/sender"
        for module, id in (("locations", "LOC1"), ("tariffs", "T1")):
            assert [one["id"] for one in (await ask("GET", f"{base}/{module}")).data] == [id]
        assert (await ask("GET", f"{base}/locations/L9")).both == (404, 2003)
