"""The pages of homes and grid companies: what an empty one says to do, what is set up there, and what is obeyed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import aiohttp

from laddnav.kit.seal import Seal
from laddnav.mqtt import actions as mqtt
from laddnav.openadr import actions as openadr
from laddnav.openadr import store
from laddnav.openadr.model import GridResource, GridSignal, SignalKind, SignalProof, SignalState, Vtn
from laddnav.people.model import Role
from laddnav.sites import actions as sites
from laddnav.sites.model.site import Member
from laddnav.sites.model.site import Site as Connection
from laddnav.sites.model.told import Covers
from tests.clock import SetClock
from tests.things import US, settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read

__all__ = ["client"]


async def a_site(site: Site) -> None:
    async with site.database.unit() as unit:
        one = Connection(
            holder=US,
            id="home",
            ref=unit.new_id(),
            name="Villa Ek",
            time_zone="Europe/Stockholm",
            currency="SEK",
            amps=(Decimal(20),) * 3,
            members=(Member(station_id="ST1", evse_no=1, amps_max=Decimal(16)),),
            last_updated=unit.now,
        )
        await sites.save(unit, one, by="a test")


async def a_grid(site: Site, clock: SetClock) -> None:
    """One limit that was obeyed and is over, one that holds, and a price."""
    now = clock.now()
    async with site.database.unit() as unit:
        vtn = Vtn(
            holder=US,
            ref="vtn",
            name="Elnät Väst",
            url="https://vtn.example/openadr3/3.0.1",
            client_id="laddnav",
            ven_name="laddnav",
            changed_at=unit.now,
            changed_by="a test",
        )
        await openadr.connect(unit, vtn, "secret", seal=Seal(b"k" * 32))
    async with site.database.unit() as unit:
        await openadr.is_resource(
            unit, GridResource(holder=US, vtn="vtn", site_id="home", name="home", covers=Covers.CARS), by="a test"
        )

        def proof(id: str, hours: int, state: SignalState, kind: SignalKind, value: str) -> SignalProof:
            begin_at = now + timedelta(hours=hours)
            limits = kind is SignalKind.IMPORT_CAPACITY_LIMIT
            over = state is SignalState.OVER
            return SignalProof(
                holder=US,
                ref=unit.new_id(),
                vtn="vtn",
                site_id="home",
                by="Elnät Väst",
                signal=GridSignal(
                    event_id=id,
                    program_id="p",
                    interval_id=0,
                    kind=kind,
                    value=Decimal(value),
                    currency=None if limits else "SEK",
                    begin_at=begin_at,
                    end_at=begin_at + timedelta(hours=1),
                ),
                state=state,
                limit_kw=Decimal(value) if limits else None,
                covers=Covers.CARS if limits else None,
                heard_at=begin_at - timedelta(minutes=4),
                obeyed_at=begin_at + timedelta(seconds=12) if limits else None,
                energy_kwh=Decimal("3.961") if over else None,
                highest_kw=Decimal("4.144") if over else None,
                over_minutes=1 if over else 0,
                minutes=59 if over else 0,
            )

        some = [
            proof("e1", -3, SignalState.OVER, SignalKind.IMPORT_CAPACITY_LIMIT, "4.2"),
            proof("e2", 0, SignalState.OBEYED, SignalKind.IMPORT_CAPACITY_LIMIT, "4.2"),
            proof("e3", 1, SignalState.NOTED, SignalKind.PRICE, "0.84"),
        ]
        store.put_signals(unit, some)


async def test_a_home_is_connected_and_a_charge_point_put_under_it(site: Site, client: aiohttp.ClientSession) -> None:
    await settled(site.database)
    await a_site(site)
    csrf = await sign_in(client, site, Role.ADMIN)
    assert "No homes yet" in await read(client, f"{site.url}/homes")

    async def do(where: str, **form: str) -> str:
        async with client.post(f"{site.url}{where}", data={"csrf": csrf, **form}) as answer:
            return await answer.text()

    broker = {"holder": str(US), "name": "Villa Ek", "user": "laddnav", "password": "of-the-home"}
    assert "mqtt://host or mqtts://host is meant" in await do("/homes", url="http://192.168.1.5", **broker)
    page = await do("/homes", url="mqtt://192.168.1.5", **broker)
    assert "put a charge point under it" in page and "of-the-home" not in page
    async with site.database.unit() as unit:
        (home,) = await mqtt.page(unit, US)
    there = f"/homes/{home.ref}"
    assert "6 to 80 A" in await do(f"{there}/charge-points", evse="ST1 1", amps_max="200", phases="3")
    assert "no card of this number" in await do(f"{there}/charge-points", evse="ST1 1", token="NOBODY")
    page = await do(f"{there}/charge-points", evse="ST1 1", name="Garage", amps_max="16", phases="1,3", token="CARD1")
    assert "Garage" in page and "laddnav/ST1-1" in page
    assert "a topic without + and #" in await do(f"{there}/meters", topic="#", what="GRID")
    page = await do(f"{there}/meters", topic="meter/grid", what="GRID", factor="-1", site="home")
    assert "meter/grid" in page and "The meter is heard" in page
    async with site.database.unit() as unit:
        home = await mqtt.by_ref(unit, home.ref)
    assert home.charge_points[0].phases == (1, 3) and home.charge_points[0].token_ref is not None
    assert "heard no more" in await do(f"{there}/meters/drop", topic="meter/grid", path="")
    assert "sees it no more" in await do(f"{there}/charge-points/take-out", station="ST1", evse="1")
    assert "not connected to any more" in await do(f"{there}/remove")


async def test_a_grid_company_is_connected_and_what_it_asks_for_is_shown(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    await settled(site.database)
    await a_site(site)
    csrf = await sign_in(client, site, Role.ADMIN)

    async def do(where: str, **form: str) -> str:
        async with client.post(f"{site.url}{where}", data={"csrf": csrf, **form}) as answer:
            return await answer.text()

    said = {"holder": str(US), "name": "Elnät Väst", "client_id": "laddnav", "poll_seconds": "30"}
    said |= {"url": "https://vtn.example/openadr3/3.0.1", "client_secret": "hush"}
    assert "ven_name: letters" in await do("/vtns", ven_name="Villa Ek", **said)
    page = await do("/vtns", ven_name="laddnav", **said)
    assert "say which sites obey it" in page and "hush" not in page
    await a_grid(site, clock)
    page = await read(client, f"{site.url}/vtns/vtn")
    for words in ("At most 4.2 kW", "4.144 kW at most", "1 minute above it", "0.84 SEK", "100 s"):
        assert words in page, words
    page = await read(client, f"{site.url}/homes")
    assert "Obeyed now" in page and "Villa Ek" in page
    assert "obeys it no more" in await do("/vtns/vtn/resources/drop", site="home")
    assert "Obeyed now" not in await read(client, f"{site.url}/homes")
    page = await do("/vtns/vtn/resources", site="home", name="home", covers="CARS", full_kw="11", prices="yes")
    assert "obeys it now" in page and "plans by its prices" in await read(client, f"{site.url}/vtns/vtn")
    assert "not listened to any more" in await do("/vtns/vtn/remove")


async def test_who_may_only_operate_connects_nobody(site: Site, client: aiohttp.ClientSession) -> None:
    await settled(site.database)
    csrf = await sign_in(client, site, Role.OPERATOR)
    for path in ("/homes", "/vtns"):
        async with client.post(f"{site.url}{path}", data={"csrf": csrf, "holder": str(US)}) as answer:
            assert answer.status == 403
