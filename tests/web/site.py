"""A console that tests look at, and the charges that they look for."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from msgspec import Struct
from playwright.async_api import ConsoleMessage, Page, Request

from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import wh
from laddnav.locations.model import Station
from laddnav.metering.model import Activity, Measurand, Reading
from laddnav.people import actions as people
from laddnav.people import store
from laddnav.people.model import Account, Role, SignedIn
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.model import Session, StopReason
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.things import token

PASSWORD = "a password of tests"
TEN_MINUTES = timedelta(minutes=10)


class Site(Struct, frozen=True):
    database: Database
    url: str
    known: set[Role]

    async def person(self, role: Role) -> dict[str, str]:
        """What somebody of this role, named as it is, fills in to sign in."""
        if role not in self.known:
            self.known.add(role)
            await people.add_account(self.database, name=role.value, password=PASSWORD, role=role, by="a test")
        return {"name": role.value, "password": PASSWORD, "next": "/"}

    async def visit(self, role: Role) -> SignedIn:
        """Without the pages that lead there, nor the password: to hash it twice costs as much as to show a page."""
        async with self.database.unit() as unit:
            found = await store.find_by_name(unit, role.value)
            account = found[0] if found is not None else await _somebody(unit, role)
            return people.begin_visit(unit, account, "a test", "127.0.0.1")

    @property
    def cookie(self) -> str:
        """The name of a visit's."""
        return f"visit_{urlsplit(self.url).port}"

    async def sign_in(self, page: Page, role: Role) -> None:
        secret = (await self.visit(role)).secret
        await page.context.add_cookies([{"name": self.cookie, "value": secret, "url": self.url, "httpOnly": True}])

    def listen(self, page: Page) -> list[str]:
        """What the page complains of from now on: errors of its scripts, and requests that leave our server."""
        complaints: list[str] = []

        def said(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not _is_about_the_machine(message.text):
                complaints.append(message.text)

        def asked(request: Request) -> None:
            if not request.url.startswith((self.url, "data:", "blob:")):
                complaints.append(f"asked {request.url}")

        page.on("console", said)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", asked)
        return complaints


async def _somebody(unit: Unit, role: Role) -> Account:
    """Who comes without a password, as drivers do."""
    account = Account(id=unit.new_id(), name=role.value, role=role, language="en", created_at=unit.now)
    assert await store.insert_account(unit, account, None)
    return account


def _is_about_the_machine(text: str) -> bool:
    """A machine without a graphics card draws in software and says so."""
    return "GPU stall" in text or "GL Driver Message" in text


async def begin(site: Site, clock: SetClock, station: Station, register: int = 1000) -> Session:
    """A card is shown at the first Evse, and a car charges."""
    async with site.database.unit() as unit:
        return await sessions.begin(
            unit,
            station=station,
            evse_no=1,
            uid="CARD1",
            given=Authorization(allowed=Allowed.ALLOWED, token=token()),
            at=clock.now(),
            register=wh(register),
        )


async def measure(site: Site, clock: SetClock, station: Station, session: Session, *registers: int) -> None:
    """Ten minutes pass before each."""
    for register in registers:
        at = clock.advance(TEN_MINUTES)
        said = Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
        async with site.database.unit() as unit:
            one = Measurement(station=station, evse_no=1, session_id=session.id, readings=(said,))
            await sessions.measure(unit, [one])


async def pause(site: Site, clock: SetClock, station: Station) -> None:
    async with site.database.unit() as unit:
        await sessions.mark(unit, station, 1, Activity.SUSPENDED_EV, clock.now())


async def stop(site: Site, clock: SetClock, session: Session, register: int) -> Session:
    at = clock.advance(TEN_MINUTES)
    async with site.database.unit() as unit:
        return await sessions.stop(
            unit, holder=session.holder, session_id=session.id, at=at, register=wh(register), reason=StopReason.DRIVER
        )
