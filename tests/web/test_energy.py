"""The page of energy: what was delivered and billed in which months, why they differ, and the same as a table."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import aiohttp

from laddnav.db.outbox import drain
from laddnav.metering.model import Measurand, Reading
from laddnav.people.model import Role
from laddnav.readings import actions as readings
from laddnav.readings.model import Said
from tests.clock import SetClock
from tests.things import US, settled
from tests.web.site import Site, begin, measure, stop
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read

__all__ = ["client"]


async def test_a_month_is_shown_with_its_differences_and_read_by_spreadsheets(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    station = await settled(site.database)
    month = clock.now().strftime("%Y-%m")
    over = await begin(site, clock, station)
    await measure(site, clock, station, over, 2500)
    await stop(site, clock, over, 4400)
    await drain(site.database)
    under_way = await begin(site, clock, station, 4400)
    await measure(site, clock, station, under_way, 6200)
    grid = [
        Reading(at=clock.now() + at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(value), location="Inlet")
        for at, value in ((timedelta(), 10_000), (timedelta(minutes=30), 19_000))
    ]
    async with site.database.unit() as unit:
        readings.append(unit, [Said(holder=US, station_id=station.id, evse_no=0, session_id="", readings=tuple(grid))])
    clock.advance(timedelta(hours=1))
    await readings.sum_up(site.database)
    await sign_in(client, site, Role.VIEWER)
    text = await read(client, f"{site.url}/energy?per=location")
    for words in (">Kajen</a>", "5.200", "3.400", "Not over yet", "1.800", "9.000"):
        assert words in text, words
    async with client.get(f"{site.url}/energy.csv?per=station&since={month}&until={month}") as answer:
        header, row = csv.reader(StringIO(await answer.text()))
        assert answer.content_type == "text/csv"
    assert dict(zip(header, row, strict=True)) == {
        "holder": str(US),
        "month": month,
        "of": station.id,
        "charges": "2",
        "delivered_wh": "5200",
        "billed_wh": "3400",
        "difference_wh": "1800",
        "causes": "UNDER_WAY 1800 Wh in 1",
    }
    async with client.get(f"{site.url}/energy/losses.csv") as answer:
        (_, lost) = csv.reader(StringIO(await answer.text()))
    assert lost[4:] == ["9000", "3700", "5300"]
    async with client.get(f"{site.url}/energy/uptime.csv") as answer:
        (head, *counted) = csv.reader(StringIO(await answer.text()))
    assert [row[head.index("evse_uid")] for row in counted] == ["EVSE1", "EVSE2"]
    assert counted[0][head.index("uptime")] == "100.000" and "Could charge, in percent" in text
    assert "the first is not after the last" in await read(
        client, f"{site.url}/energy?since=2026-12&until=2026-01", 422
    )
    assert "No sessions in this time" in await read(client, f"{site.url}/energy?since=2025-01&until=2025-02")


async def test_readings_of_the_mains_are_entered_and_a_lost_session_is_closed_by_hand(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    station = await settled(site.database)
    lost = await begin(site, clock, station)
    await measure(site, clock, station, lost, 2500)
    csrf = await sign_in(client, site, Role.OPERATOR)
    said = {"csrf": csrf, "holder": str(US), "readings": "location_id;meter;at;kwh\nLOC1;;2026-10-01;1\nLOC1;;soon;2"}
    async with client.post(f"{site.url}/energy/mains", data=said) as answer:
        assert "Line 3 is no reading" in await answer.text()
    said["readings"] = said["readings"].replace("soon", "2026-12-02")
    async with client.post(f"{site.url}/energy/mains", data=said) as answer:
        assert "The readings are kept." in await answer.text()
    async with client.get(f"{site.url}/energy/location-losses.csv?since=2026-11&until=2026-11") as answer:
        assert (await answer.text()).splitlines()[1] == "SE*LAD,2026-11,LOC1,484,0,484,"
    said["readings"] = "location_id;meter;at;kwh\nLOC1;B;2026-11-10;9\nLOC1;B;2026-11-20;12\nLOC1;;2026-12-05;2"
    async with client.post(f"{site.url}/energy/mains", data=said) as answer:
        assert "The readings are kept." in await answer.text()
    assert "Meter B was read beside another from" in await read(client, f"{site.url}/energy?since=2026-11")
    said["readings"] = "location_id;meter;at;kwh\nLOC1;B;2026-11-20;8"
    async with client.post(f"{site.url}/energy/mains", data=said) as answer:
        assert "The readings are kept." in await answer.text()
    assert "Meter B showed less at" in await read(client, f"{site.url}/energy?since=2026-11")
    async with client.get(f"{site.url}/energy/location-losses.csv?since=2026-11&until=2026-11") as answer:
        assert (await answer.text()).splitlines()[1] == "SE*LAD,2026-11,LOC1,,0,,BACKWARD B 2026-11-20T00:00:00+00:00"
    page = await read(client, f"{site.url}/energy?since=2026-11")
    assert "/energy/mains/exchanged?holder=SE%2ALAD&amp;location=LOC1&amp;meter=B" in page
    exchange = f"{site.url}/energy/mains/exchanged"
    assert 'value="B"' in await read(client, f"{exchange}?location=LOC1&meter=B")
    noted = {"csrf": csrf, "holder": str(US), "location_id": "LOC1", "meter": "B", "at": "2026-11-15T00:00"}
    noted |= {"before_kwh": "10,5", "after_kwh": "7"}
    for slip in ({"meter": "C"}, {"before_kwh": "much"}, {"at": "2099-01-01T00:00"}):
        async with client.post(exchange, data=noted | slip) as answer:
            assert "what both showed then is known" in await answer.text(), slip
    async with client.post(exchange, data=noted) as answer:
        text = await answer.text()
        assert "The exchange is noted" in text and "10.500" in text
    assert "Meter B was read beside another from" in await read(client, f"{site.url}/energy?since=2026-11")
    (withdraw,) = re.findall(r'action="(/energy/mains/exchanged/[^"]+/withdraw)"', text)
    async with client.post(f"{site.url}{withdraw}", data={"csrf": csrf}) as answer:
        assert "The exchange is not counted any more." in await answer.text()
    assert "Meter B showed less at" in await read(client, f"{site.url}/energy?since=2026-11")
    said["readings"] = "location_id;meter;at;kwh\nLOC1;AGAIN;2026-10-01;1\nLOC1;AGAIN;2026-12-02;2"
    async with client.post(f"{site.url}/energy/mains", data=said) as answer:
        assert "The readings are kept." in await answer.text()
    assert "Meter AGAIN is another one by a second name" in await read(client, f"{site.url}/energy?since=2026-11")
    door = f"/sessions/{lost.ref}/close-lost"
    assert door in await read(client, f"{site.url}/sessions/{lost.ref}")
    for why, told in (("", "reason"), ("its station was stolen", "closed by")):
        async with client.post(f"{site.url}{door}", data={"csrf": csrf, "why": why}) as answer:
            assert told in await answer.text()
