"""What a place is like, as a driver and its operator read it: where to park, whom to call, what the plug can do."""

from __future__ import annotations

from decimal import Decimal

import aiohttp
import pytest_asyncio
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.locations.model import EvseParking, EvsePosition, Parking, ParkingDirection
from laddnav.people.model import Role
from tests import things
from tests.clock import SetClock
from tests.things import US, settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in

__all__ = ["client"]

SPACE = Parking(
    id="P1",
    physical_reference="12 B",
    vehicle_types=("PERSONAL_VEHICLE", "DISABLED", "HOVERCRAFT"),
    vehicle_height_max=Decimal(210),
    restricted_to_type=True,
    reservation_required=False,
    minutes_max=Decimal(90),
    direction=ParkingDirection.PARALLEL,
    roofed=True,
    lighting=True,
)


@pytest_asyncio.fixture(loop_scope="session")
async def parked(database: Database, clock: SetClock) -> None:
    await settled(database)
    plug = things.connector(capabilities=("ISO_15118_20_PLUG_AND_CHARGE",))
    evse = things.evse(
        "EVSE1",
        connectors=(plug,),
        parking=(EvseParking("p1", EvsePosition.LEFT),),
        accepted_service_providers=("Norrsken Mobility",),
    )
    place = things.location(
        evses=(evse,), parking_places=(SPACE, replace(SPACE, id="P2")), help_phone="+46 31 12 34 56"
    )
    async with database.unit() as unit:
        await locations.keep(unit, US, replace(place, last_updated=clock.now()))


async def text_of(client: aiohttp.ClientSession, url: str) -> str:
    async with client.get(url) as answer:
        assert answer.status == 200, url
        return " ".join((await answer.text()).split())


async def test_a_driver_reads_where_to_park_and_whom_to_call(
    site: Site, client: aiohttp.ClientSession, parked: None
) -> None:
    """LOC-053, LOC-074, LOC-076, LOC-078: minutes and centimetres, and a word of tomorrow as it is."""
    text = await text_of(client, f"{site.url}/charge/SE*LAD*EEVSE1")
    assert 'href="tel:+4631123456"' in text
    assert "Space 12 B" in text and "drivers with a disabled parking permit, HOVERCRAFT (nobody else)" in text
    for words in (
        "the station is on the left",
        "along the road",
        "under a roof",
        "lit",
        "A car with Plug & Charge starts by itself",
    ):
        assert words in text
    assert "210" in text and "90" in text


async def test_its_operator_reads_that_too(site: Site, client: aiohttp.ClientSession, parked: None) -> None:
    """LOC-080, LOC-083."""
    await sign_in(client, site, Role.VIEWER)
    async with site.database.unit() as unit:
        ((ref, _, _),) = await locations.page(unit, US)
    place = await text_of(client, f"{site.url}/locations/{ref}")
    assert place.count("Space 12 B") == 2 and "+46 31 12 34 56" in place
    evse = await text_of(client, f"{site.url}/locations/{ref}/evses/EVSE1")
    assert evse.count("Space 12 B") == 1 and "Norrsken Mobility" in evse and "Plug &amp; Charge" in evse


async def test_the_operator_reads_what_to_put_right(
    client: aiohttp.ClientSession, site: Site, database: Database, clock: SetClock
) -> None:
    """LOC-050, LOC-055: who runs a place that does not say so is whose it is."""
    await settled(database)
    async with database.unit() as unit:
        other = things.location("LOC2", evses=(things.evse("EVSE1"),), postal_code="41119", last_updated=clock.now())
        await locations.keep(unit, US, other)
        ((ref, _, _),) = [one for one in await locations.page(unit, US) if one[2].id == "LOC2"]
    await sign_in(client, site, Role.VIEWER)
    text = await text_of(client, f"{site.url}/locations/{ref}")
    assert "EVSE EVSE1 stands at location LOC1 too" in text
    assert "drivers are shown Laddnav" in text
    assert "evse-elsewhere · /evses/0/uid" in text
