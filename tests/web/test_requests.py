"""Operators ask a station whatever its version has, by forms, and see what it answers; what was said is found again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from ocpp.v21 import call
from playwright.async_api import Page, expect
from starlette.applications import Starlette

from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp.serve import Sockets
from tests.ocpp.numbered import Numbered, numbered
from tests.serving import Server, listening
from tests.things import settled
from tests.web.site import Site


@pytest_asyncio.fixture(loop_scope="session")
async def station(site: Site) -> AsyncIterator[Numbered]:
    """ST1 as a station of 2.1, on the line of the same installation."""
    await settled(site.database)
    async with site.database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=("ocpp2.1",), on_connect="none"))
    sockets = Sockets(site.database, process="test")
    server = Server(
        Starlette(routes=[sockets.route()]), ws="websockets-sansio", log_level="warning", ws_ping_interval=None
    )
    sock = listening()
    await server.up(sock)
    asking = asyncio.create_task(sockets.run())
    async with numbered(f"ws://127.0.0.1:{sock.getsockname()[1]}/ocpp", "ocpp2.1") as one:
        yield one
    asking.cancel()
    await server.down()
    await asyncio.gather(asking, return_exceptions=True)


async def test_a_request_is_filled_in_put_right_sent_and_answered(site: Site, page: Page, station: Numbered) -> None:
    await page.goto("/stations/ST1")
    await page.get_by_role("link", name="Requests").click()
    await page.get_by_role("link", name="Have it watch a variable").click()
    await page.get_by_label("Value").fill("much")
    await page.get_by_label("Value").press("Enter")
    await expect(page.get_by_text("Nothing was sent")).to_be_visible()
    await expect(page.get_by_text("Write a number.")).to_be_visible()
    assert await page.get_by_text("This has to be said.").count() == 4
    assert station.asked == []

    await page.get_by_label("Value").fill("80,5")
    await page.get_by_label("Type").select_option("UpperThreshold")
    await page.get_by_label("Severity").fill("4")
    await page.get_by_role("group", name="Component").get_by_label("Name").first.fill("Fan")
    await page.get_by_role("group", name="Variable").get_by_label("Name").last.fill("Temperature")
    await page.get_by_role("button", name="Periodic event stream").click()
    await page.get_by_label("Interval (s)").fill("60")
    result: dict[str, Any] = {
        "component": {"name": "Fan"},
        "variable": {"name": "Temperature"},
        "type": "UpperThreshold",
    }
    result |= {"severity": 4, "id": 7, "status": "Accepted"}
    station.wire.answers["SetVariableMonitoring"] = {"set_monitoring_result": [result]}
    await page.get_by_role("button", name="Send").last.click()
    await expect(page.get_by_text("The station has answered.")).to_be_visible()
    await expect(page.get_by_text('"status": "Accepted"')).to_be_visible()
    ((action, asked),) = station.asked
    assert action == "SetVariableMonitoring"
    assert asked["set_monitoring_data"] == [
        {
            "component": {"name": "Fan"},
            "variable": {"name": "Temperature"},
            "value": 80.5,
            "type": "UpperThreshold",
            "severity": 4,
            "periodic_event_stream": {"interval": 60},
        }
    ]
    await expect(page.get_by_label("Severity")).to_have_value("4")

    address = page.url.replace("SetVariableMonitoring", "Reset")
    await page.goto(address)
    await expect(page.get_by_role("heading", name="Start it anew")).to_be_visible()
    assert await page.get_by_text("The station has answered.").count() == 0

    await page.set_viewport_size({"width": 390, "height": 900})
    await page.goto("/stations/ST1/requests/SetChargingProfile")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.set_viewport_size({"width": 1280, "height": 900})

    await page.goto("/stations/ST1")
    await page.get_by_role("link", name="Look through all of them").click()
    await page.get_by_label("Words").fill("UpperThreshold")
    await page.get_by_label("Direction").select_option("from the station")
    await page.get_by_role("button", name="Look", exact=True).click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_label("Since").fill("2031-01-01T00:00")
    await page.get_by_role("button", name="Look", exact=True).click()
    await expect(page.get_by_text("Nothing like that")).to_be_visible()


async def test_the_longest_name_of_a_message_widens_no_phone(site: Site, page: Page, station: Numbered) -> None:
    await station.wire.call(call.SecurityEventNotification(type="MemoryExhaustion", timestamp="2031-01-01T00:00:00Z"))
    await station.wire.call(call.PublishFirmwareStatusNotification(status="Idle"))
    await page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/stations/ST1/messages", "/stations/ST1"):
        await page.goto(path)
        await expect(page.get_by_text("PublishFirmwareStatusNotification").first).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
