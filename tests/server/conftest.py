"""A real server on a free port over a real database, with two parties in it, and a client for each kind of key."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import jsonschema_rs
import pytest

from laddnav.db.unit import Database
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.ocpi.fetching import feeds
from laddnav.parties import actions as parties
from laddnav.parties.model import Party
from laddnav.parties.model import Role as Part
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.server import settings
from laddnav.server.http import Serving, serving
from laddnav.sim import network
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token, TokenType, Whitelist

LAD, TNM = PartyId("SE", "LAD"), PartyId("NL", "TNM")


class Description:
    """What /openapi.json says: to read it takes longer than most answers, and each form in it is made ready once."""

    def __init__(self, said: Any) -> None:
        self._components = said["components"]
        self._paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", template)), operations)
            for template, operations in said["paths"].items()
        ]
        self._forms: dict[int, jsonschema_rs.Draft202012Validator] = {}

    def misfits(self, method: str, path: str, status: int, words: object) -> list[str]:
        for template, operations in self._paths:
            if template.fullmatch(path) and method.lower() in operations:
                answers = operations[method.lower()]["responses"]
                form = self._form(answers.get(str(status), answers["default"]))
                return [f"{method} {path}: {error.message}" for error in form.iter_errors(words)]
        return []

    def _form(self, answer: Any) -> jsonschema_rs.Draft202012Validator:
        if id(answer) not in self._forms:
            (content,) = answer.get("content", {"": {}}).values()
            schema = {**content.get("schema", {}), "components": self._components}
            self._forms[id(answer)] = jsonschema_rs.Draft202012Validator(schema)
        return self._forms[id(answer)]


class Client:
    """Asks the operator API with one key; an answer is (status, JSON), and what it is fits what /openapi.json says."""

    _described: ClassVar[Description | None] = None  # the same for every server, but for its own address

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: str | None) -> None:
        self._session = session
        self.url = url
        self.headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}

    async def ask(self, method: str, path: str, body: object = None, **more: Any) -> tuple[int, Any]:
        url = f"{self.url}/api/v1{path}"
        sent = more | ({"json": body} if body is not None else {})
        async with self._session.request(method, url, headers=self.headers, **sent) as answer:
            status, words = answer.status, await answer.json(content_type=None) if await answer.read() else None
        if Client._described is None:
            async with self._session.get(f"{self.url}/api/v1/openapi.json") as answer:
                Client._described = Description(await answer.json())
        assert Client._described.misfits(method, path.partition("?")[0], status, words) == []
        return status, words

    async def get(self, path: str) -> Any:
        """What must be there."""
        status, words = await self.ask("GET", path)
        assert status == 200, words
        return words

    async def file(self, path: str) -> tuple[str, bytes]:
        """The media type and the bytes of what must be there."""
        async with self._session.get(f"{self.url}/api/v1{path}", headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()
            return answer.content_type, await answer.read()


def a_party(holder: PartyId, name: str, ref: str) -> dict[str, Any]:
    return {
        "holder": holder,
        "ref": ref,
        "name": name,
        "roles": (Part.CPO, Part.EMSP),
        "currency": "EUR",
        "time_zone": "Europe/Stockholm",
        "vat_percent": Decimal(25),
    }


@pytest.fixture
async def served(database_url: str, tmp_path: Path) -> AsyncIterator[Serving]:
    async with serves(database_url, tmp_path) as served:
        yield served


@asynccontextmanager
async def serves(database_url: str, data: Path) -> AsyncIterator[Serving]:
    """Two parties, each with a Token; SE*LAD has three Locations of the real feed, their Tariffs and a Station too."""
    said = settings.read({}, data=data, database=database_url, port=0)
    async with serving(said) as served:
        async with served.database.unit() as unit:
            for holder, name in ((LAD, "Laddnav AB"), (TNM, "TNM BV")):
                await parties.add(unit, Party(**a_party(holder, name, unit.new_id()), created_at=unit.now))
            found = feeds.locations_in(b"\n".join(network.feed().splitlines()[:3]), LAD, unit.now)
            for tariff in found.tariffs:
                await tariffs.keep(unit, LAD, tariff)
            for location in found.locations:
                await locations.keep(unit, LAD, location)
            first = found.locations[0]
            await locations.add_station(unit, LAD, "ST-1", password="a longer password")
            await locations.attach(unit, "ST-1", 1, EvseRef(first.id, first.evses[0].uid))
            for holder in (LAD, TNM):
                await tokens.keep(unit, holder, a_token(holder, unit.now))
        yield served


def a_token(owner: PartyId, now: Any) -> Token:
    return Token(
        owner=owner,
        uid="04A1B2C3D4E5F6",
        type=TokenType.RFID,
        contract_id=f"{owner.country}-{owner.party}-C00000001",
        issuer="An issuer",
        valid=True,
        whitelist=Whitelist.ALWAYS,
        last_updated=now,
    )


async def a_key(database: Database, role: Role, holder: PartyId | None) -> str:
    whose = {Role.DRIVER: {"customer": "nobody"}, Role.FLEET: {"fleet": "nobody"}}.get(role, {})
    async with database.unit() as unit:
        name = f"{role} {holder}"
        return (await people.create_key(unit, name=name, role=role, holder=holder, by="a test", **whose)).secret


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def everything(served: Serving, web: aiohttp.ClientSession) -> Client:
    """The admin's key of the whole installation."""
    return Client(web, served.url, await a_key(served.database, Role.ADMIN, None))


@pytest.fixture
async def lad(served: Serving, web: aiohttp.ClientSession) -> Client:
    """The operator's key of SE*LAD."""
    return Client(web, served.url, await a_key(served.database, Role.OPERATOR, LAD))


@pytest.fixture
async def tnm(served: Serving, web: aiohttp.ClientSession) -> Client:
    """The operator's key of NL*TNM."""
    return Client(web, served.url, await a_key(served.database, Role.OPERATOR, TNM))


@pytest.fixture
async def viewer(served: Serving, web: aiohttp.ClientSession) -> Client:
    """The viewer's key of SE*LAD."""
    return Client(web, served.url, await a_key(served.database, Role.VIEWER, LAD))


@pytest.fixture
async def nobody(served: Serving, web: aiohttp.ClientSession) -> Client:
    return Client(web, served.url, None)
