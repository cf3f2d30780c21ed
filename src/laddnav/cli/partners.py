"""`laddnav partner`: connections to other companies over OCPI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from laddnav.cli import saying
from laddnav.cli.opening import Data, Json, Url, opened
from laddnav.cli.typed import application
from laddnav.cli.words import WrongCall

if TYPE_CHECKING:
    from laddnav.db.unit import Database
    from laddnav.ocpi.calls.client import Clients
    from laddnav.ocpi.connections.lines import Speaker
    from laddnav.parties.model import Role

app = application("Connections to other companies over OCPI.")

# As `parties.model.Role`, which is read when it is needed.
ROLES = "CPO|EMSP|HUB|NAP|NSP|OTHER|PTP|SCSP"
OurSide = Annotated[
    list[str], typer.Option("--our-party", metavar="SE*LAD", help="Which of our parties it concerns; once for each")
]
OurRole = Annotated[
    list[str], typer.Option("--our-role", metavar=ROLES, help="In which of its roles; once for each, in turn")
]
Version = Annotated[str | None, typer.Option("--version", help="Such as 2.2.1; else the newest that both speak")]
TheirRole = Annotated[
    str,
    typer.Option("--their-role", metavar=ROLES, help="What they are; a hub has to know it of who speaks 2.1.1"),
]
Name = Annotated[str, typer.Option("--name", help="What we call the partner; else what it calls itself")]


@app.command("invite")
def invite(
    our_party: OurSide,
    our_role: OurRole,
    version: Version = None,
    name: Name = "",
    their_role: TheirRole = "",
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """Make a token with which a partner can register with us; it is shown once."""
    saying.one(asyncio.run(_invite(data, database, our_party, our_role, version, name, their_role)), as_json=json)


@app.command("register")
def register(
    versions_url: Annotated[str, typer.Argument(metavar="VERSIONS_URL", help="As the partner gave it")],
    token: Annotated[str, typer.Option(help="As the partner gave it")],
    our_party: OurSide,
    our_role: OurRole,
    version: Version = None,
    name: Name = "",
    their_role: TheirRole = "",
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """Register with a partner that invited us; `laddnav serve` has to run, for the partner looks at it meanwhile."""
    asked = _register(data, database, versions_url, token, our_party, our_role, version, name, their_role)
    saying.one(asyncio.run(asked), as_json=json)


@app.command("list")
def list_all(data: Data = None, database: Url = None, json: Json = False) -> None:
    """List partners and how the line to each is."""
    columns = ("id", "name", "holder", "our_role", "party", "version", "state", "waiting", "dead")
    saying.many(asyncio.run(_list(data, database)), columns, as_json=json)


@app.command("upgrade")
def upgrade(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `partner list` shows it")],
    version: Version = None,
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """Change the version that is spoken with a partner; `laddnav serve` has to run, for the partner looks at it."""
    saying.one(asyncio.run(_upgrade(data, database, id, version)), as_json=json)


@app.command("roles")
def roles(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `partner list` shows it")],
    our_party: OurSide,
    our_role: OurRole,
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """Change who of us speaks with a partner; `laddnav serve` has to run, for the partner looks at it."""
    columns = ("id", "holder", "our_role", "party", "their_role", "state")
    saying.many(asyncio.run(_roles(data, database, id, our_party, our_role)), columns, as_json=json)


@app.command("losses")
def losses(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `partner list` shows it")],
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """What of ours does not reach a partner, because its version has no words for it."""
    saying.many(asyncio.run(_losses(data, database, id)), ("module", "field", "objects", "example"), as_json=json)


@app.command("remove")
def remove(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `partner list` shows it")],
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """End a connection, and tell the partner if it can be reached."""
    saying.one(asyncio.run(_remove(data, database, id)), as_json=json)


async def _invite(
    data: Path | None,
    database: str | None,
    our_party: list[str],
    our_role: list[str],
    version: str | None,
    name: str,
    their_role: str,
) -> dict[str, Any]:
    from laddnav.ocpi.connections import partners

    first, *also = _speakers(our_party, our_role)
    async with opened(data, database) as (settings, installed), installed.unit() as unit:
        invitation = await partners.invite(
            unit,
            settings.roaming,
            first.holder,
            first.role,
            also=also,
            name=name,
            version=version or partners.NEWEST,
            theirs=_role(their_role) if their_role else None,
        )
    return {"id": invitation.connection_id, "token": invitation.token, "versions_url": invitation.versions_url}


async def _register(
    data: Path | None,
    database: str | None,
    versions_url: str,
    token: str,
    our_party: list[str],
    our_role: list[str],
    version: str | None,
    name: str,
    their_role: str,
) -> dict[str, Any]:
    from laddnav.ocpi.connections import partners
    from laddnav.ocpi.model import Connection

    theirs = _role(their_role) if their_role else None
    first, *also = _speakers(our_party, our_role)
    async with _calling(data, database) as (installed, clients):
        connection = await partners.register(
            installed,
            clients,
            versions_url,
            token,
            first.holder,
            first.role,
            version,
            name,
            also=also,
            theirs=theirs,
        )
    return saying.spelt(Connection)(connection)


async def _list(data: Path | None, database: str | None) -> list[dict[str, Any]]:
    from laddnav.ocpi.connections import partners
    from laddnav.ocpi.model import Connection

    async with opened(data, database) as (_, installed), installed.unit() as unit:
        return [saying.spelt(Connection)(one) for one in await partners.connections(unit)]


async def _upgrade(data: Path | None, database: str | None, id: str, version: str | None) -> dict[str, Any]:
    from laddnav.ocpi.connections import offers, partners
    from laddnav.ocpi.model import Connection

    async with _calling(data, database) as (installed, clients):
        async with installed.unit() as unit:
            connection = await partners.fetch(unit, id)
        connection = await offers.look_again(installed, clients, connection)
        wanted = version or offers.better(connection)
        if wanted is not None:
            connection = await partners.renew(installed, clients, connection, wanted)
    return saying.spelt(Connection)(connection)


async def _roles(
    data: Path | None, database: str | None, id: str, our_party: list[str], our_role: list[str]
) -> list[dict[str, Any]]:
    from laddnav.ocpi.connections import partners
    from laddnav.ocpi.model import Connection

    ours = _speakers(our_party, our_role)
    async with _calling(data, database) as (installed, clients):
        async with installed.unit() as unit:
            connection = await partners.fetch(unit, id)
        connection = await partners.renew(installed, clients, connection, ours=ours)
        async with installed.unit() as unit:
            return [saying.spelt(Connection)(one) for one in await partners.beside(unit, connection)]


async def _losses(data: Path | None, database: str | None, id: str) -> list[dict[str, Any]]:
    from laddnav.ocpi.connections import partners
    from laddnav.ocpi.model import Loss
    from laddnav.ocpi.telling import losses

    async with opened(data, database) as (_, installed), installed.unit() as unit:
        found = await losses.of_partner(unit, await partners.fetch(unit, id))
    return [saying.spelt(Loss)(one) for one in found]


async def _remove(data: Path | None, database: str | None, id: str) -> dict[str, Any]:
    from laddnav.ocpi.connections import partners
    from laddnav.ocpi.model import Connection

    async with _calling(data, database) as (installed, clients):
        async with installed.unit() as unit:
            connection = await partners.fetch(unit, id)
        await partners.remove(installed, clients, connection)
        async with installed.unit() as unit:
            return saying.spelt(Connection)(await partners.fetch(unit, id))


@asynccontextmanager
async def _calling(data: Path | None, database: str | None) -> AsyncIterator[tuple[Database, Clients]]:
    from laddnav.ocpi.calls.client import Clients

    async with opened(data, database) as (settings, installed):
        clients = Clients(installed, settings.roaming)
        try:
            yield installed, clients
        finally:
            await clients.close()


def _speakers(our_party: list[str], our_role: list[str]) -> list[Speaker]:
    """One party in each of the roles, each of the parties in one role, or as many of both, in turn."""
    from laddnav.kit.ids import PartyId
    from laddnav.ocpi.connections.lines import Speaker

    said, roles = [PartyId.parse(one) for one in our_party], [_role(one) for one in our_role]
    if 1 not in (len(said), len(roles)) and len(said) != len(roles):
        raise WrongCall("Say --our-role once for each --our-party, or one of the two only once")
    many = max(len(said), len(roles))
    return [Speaker(said[place % len(said)], roles[place % len(roles)]) for place in range(many)]


def _role(text: str) -> Role:
    from laddnav.parties.model import Role

    try:
        return Role(text.strip().upper())
    except ValueError as error:
        raise WrongCall(f"{text!r} is no role; CPO and EMSP are") from error
