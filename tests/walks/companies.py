"""Two real installations, each with a server and a database of its own, that have registered with each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - seeded dice for the station
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.power import kw
from laddnav.kit.time import Clock
from laddnav.locations import actions as locations
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import partners
from laddnav.parties import actions as parties
from laddnav.parties.model import InvoiceEvery, Role
from laddnav.server import settings
from laddnav.server.http import serving
from laddnav.sim.station import SimStation
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token, Whitelist
from tests.things import THEM, US, WHERE, component, evse, location, party, tariff, token

NETWORK, PROVIDER = US, THEM
PASSWORD = "a-password-of-16-bytes"
PATIENCE = 30.0  # seconds; a machine that does much else needs some

ASKED_FOR, KNOWN, BLOCKED = "04A1B2C3D4E5F6", "04000000000001", "04BADBADBADBAD"

T = TypeVar("T")


class Company:
    """One installation with its one party."""

    def __init__(self, url: str, database: Database, clients: Clients, holder: PartyId) -> None:
        self.url = url
        self.database = database
        self.clients = clients
        self.holder = holder


@asynccontextmanager
async def company(database_url: str, data: Path, holder: PartyId) -> AsyncIterator[Company]:
    said = settings.read({}, data=data, database=database_url, port=0, allow_loopback_partners=True)
    async with serving(said) as served:
        port = urlsplit(served.url).port
        assert port is not None
        clients = Clients(served.database, replace(said, port=port).roaming)
        try:
            yield Company(served.url, served.database, clients, holder)
        finally:
            await clients.close()


async def furnish_network(unit: Unit) -> None:
    """Energy, a fee, and a price for standing there fully charged; one station with two plugs at one place."""
    await parties.add(unit, party(NETWORK, ref=unit.new_id(), invoice_every=InvoiceEvery.SESSION))
    components = (
        component(TariffDimension.ENERGY, "2.50"),
        component(TariffDimension.FLAT, "5.00"),
        component(TariffDimension.PARKING_TIME, "30.00", step_size=60),
    )
    await tariffs.keep(unit, NETWORK, tariff(elements=(Element(components=components),)))
    await locations.keep(unit, NETWORK, location(evses=(evse("EVSE1"), evse("EVSE2"))))
    await locations.add_station(unit, NETWORK, "ST1", password=PASSWORD)
    await locations.attach(unit, "ST1", 1, WHERE)
    await locations.attach(unit, "ST1", 2, replace(WHERE, evse_uid="EVSE2"))


async def furnish_provider(unit: Unit) -> None:
    """A driver whose company is asked each time, one whose card the network may trust, and one who may not charge."""
    await parties.add(unit, party(PROVIDER, ref=unit.new_id(), roles=(Role.EMSP,), invoice_every=InvoiceEvery.SESSION))
    await tokens.keep(unit, PROVIDER, token(ASKED_FOR, owner=PROVIDER, whitelist=Whitelist.NEVER))
    await tokens.keep(unit, PROVIDER, token(KNOWN, owner=PROVIDER, whitelist=Whitelist.ALLOWED))
    await tokens.keep(
        unit, PROVIDER, token(BLOCKED, owner=PROVIDER, whitelist=Whitelist.NEVER, blocked=True, valid=False)
    )


async def introduce(network: Company, provider: Company) -> None:
    """The network invites, the provider registers; then each has fetched what the other one had to say."""
    async with network.database.unit() as unit:
        invitation = await partners.invite(unit, network.clients.settings, NETWORK, Role.CPO, name="a provider")
    await partners.register(
        provider.database, provider.clients, invitation.versions_url, invitation.token, PROVIDER, Role.EMSP
    )

    async def all_is_known() -> bool:
        async with network.database.unit() as unit:
            cards = len(await tokens.page(unit, NETWORK, PROVIDER))
        async with provider.database.unit() as unit:
            place = await locations.find(unit, PROVIDER, NETWORK, WHERE.location_id)
            promised = await tariffs.find(unit, PROVIDER, NETWORK, "T1")
        return cards == 3 and place is not None and promised is not None

    await until(all_is_known)


def station(network: Company, clock: Clock) -> SimStation:
    """The station of the network, whose meter is read when the test says so."""
    return SimStation(
        "ST1",
        network.url.replace("http", "ws") + "/ocpp",
        clock=clock,
        dice=Random(1),
        plugs={1: kw(22), 2: kw(22)},
        password=PASSWORD,
        sample_every=None,
    )


async def card_of(provider: Company, uid: str) -> Token:
    async with provider.database.unit() as unit:
        return the_only(await tokens.by_uid(unit, PROVIDER, uid))


def the_only(found: Sequence[T]) -> T:
    assert len(found) == 1, found
    return found[0]


async def until(it_is_so: Callable[[], Awaitable[T]]) -> T:
    """What it says once it says yes; an assertion that fails on the way is asked again. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + PATIENCE
    while True:
        try:
            answer = await it_is_so()
            if answer or loop.time() > give_up_at:
                assert answer, "it never came to be so"
                return answer
        except AssertionError:
            if loop.time() > give_up_at:
                raise
        await asyncio.sleep(0.02)


async def until_none(left: Callable[[], Awaitable[int]]) -> None:
    """However long that takes, as long as it becomes less."""
    least = await left()
    while least:

        async def less(than: int = least) -> bool:
            now = await left()
            assert now < than, f"{now} are left"
            return True

        await until(less)
        least = await left()


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)
