"""The console on a free port over a real database, a browser that looks at it, and people who sign in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
from playwright.async_api import Browser, Page
from starlette.applications import Starlette

from laddnav.billing import actions as billing
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted, CdrClosed, CdrReceived
from laddnav.db.events import Event
from laddnav.db.unit import Database, Listener
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.settings import Settings
from laddnav.people.model import Role
from laddnav.sessions.events import SessionEnded
from laddnav.web.app import routes
from laddnav.web.asked import Console
from tests.browser import browser as started
from tests.serving import Server, listening
from tests.web.site import Site


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {
        SessionEnded: [cdrs.close],
        CdrClosed: [billing.bill],
        CdrReceived: [cdrs.check],
        CdrAccepted: [billing.bill],
    }


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    clients = Clients(database, Settings(public_url="http://127.0.0.1", key=bytes(32), allow_loopback=True))
    console = Console(database=database, url="http://127.0.0.1", clients=clients)
    server = Server(Starlette(routes=routes(console)))
    sock = listening()
    await server.up(sock)
    yield Site(database=database, url=f"http://127.0.0.1:{sock.getsockname()[1]}", known=set())
    await server.down()
    await clients.close()


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with started() as one:
        yield one


@pytest.fixture
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """As new: what one test opened is closed before the next."""
    yield chromium
    for context in chromium.contexts:
        await context.close()


@pytest.fixture
async def page(browser: Browser, site: Site) -> AsyncIterator[Page]:
    """Signed in as an admin. A test fails where a page complains in its console or asks another server for anything."""
    context = await browser.new_context(base_url=site.url)
    page = await context.new_page()
    complaints = site.listen(page)
    await site.sign_in(page, Role.ADMIN)
    yield page
    await context.close()
    assert complaints == []
