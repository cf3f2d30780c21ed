"""`laddnav api-key`: what opens the operator API to programs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from laddnav.cli import saying
from laddnav.cli.opening import WHO, Data, Json, Url, opened, party
from laddnav.cli.typed import application
from laddnav.cli.words import WrongCall

app = application()


@app.callback()
def keys() -> None:
    """Keys of the operator API."""


@app.command("create")
def create(
    role: Annotated[str, typer.Option(help="viewer, operator or admin; fleet for a company's own, with --fleet")],
    of: Annotated[
        str | None, typer.Option("--party", help="Bind it to one of our parties; else it is of the installation")
    ] = None,
    fleet: Annotated[str | None, typer.Option("--fleet", help="The name of the fleet that it is of")] = None,
    name: Annotated[str, typer.Option(help="What it is for")] = "command line",
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """Make a key; it is shown once."""
    saying.one(asyncio.run(_create(data, database, role, of, fleet, name)), as_json=json)


async def _create(
    data: Path | None, database: str | None, role: str, of: str | None, fleet: str | None, name: str
) -> dict[str, Any]:
    from laddnav.fleets import actions as fleets
    from laddnav.parties import actions as parties
    from laddnav.people import actions as people
    from laddnav.people.model import Role

    try:
        needed = Role(role.strip().lower())
    except ValueError as error:
        raise WrongCall(f"{role!r} is no role; there are {', '.join(Role)}") from error
    holder = party(of)
    async with opened(data, database) as (_, installed), installed.unit() as unit:
        if holder is not None:
            await parties.fetch(unit, holder)
        served = None
        if fleet is not None:
            holder = (await parties.meant(unit, holder)).holder
            served = (await fleets.named(unit, holder, fleet)).ref
        new = await people.create_key(unit, name=name, role=needed, holder=holder, fleet=served, by=WHO)
    return {
        "key": new.secret,
        "id": new.key.id,
        "name": new.key.name,
        "role": new.key.role.value,
        "party": None if holder is None else str(holder),
    }
