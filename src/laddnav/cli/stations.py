"""`laddnav station`: the stations of our network."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from laddnav.cli import saying
from laddnav.cli.opening import Data, Json, OurParty, Url, opened, party
from laddnav.cli.typed import application
from laddnav.cli.words import WrongCall

if TYPE_CHECKING:
    from laddnav.db.unit import Unit
    from laddnav.kit.ids import EvseRef, PartyId
    from laddnav.locations.model import Station

app = application("The stations of our network.")


@app.command("add")
def add(
    id: Annotated[str, typer.Argument(metavar="ID", help="As it connects: /ocpp/ID")],
    password: Annotated[str | None, typer.Option(help="Of HTTP Basic; else one is made and shown once")] = None,
    security_profile: Annotated[int, typer.Option(min=0, max=3, help="0: without a password, for tests")] = 1,
    location: Annotated[str | None, typer.Option(help="The id of the Location where it stands")] = None,
    evse: Annotated[
        list[str] | None,
        typer.Option(help="The uid of an Evse that it is: its number 1, then 2 …, in the order given"),
    ] = None,
    of: OurParty = None,
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """Make a station known, and say which Evses of a Location it is."""
    if not id.strip() or "/" in id or not id.isprintable():
        raise WrongCall("A station's id is printable and has no slash, for it is a part of its address")
    if password is None and security_profile in (1, 2):
        password = secrets.token_urlsafe(15)  # 20 characters: the most that OCPP 1.6 stations have room for
    asked = _add(data, database, id, password, security_profile, location, evse or [], of)
    saying.one(asyncio.run(asked), as_json=json)


@app.command("list")
def list_all(data: Data = None, database: Url = None, json: Json = False) -> None:
    """List the stations and whether they are connected."""
    columns = ("id", "holder", "location_id", "evses", "protocol", "connected_at", "last_seen_at")
    saying.many(asyncio.run(_list(data, database)), columns, as_json=json)


async def _add(
    data: Path | None,
    database: str | None,
    id: str,
    password: str | None,
    security_profile: int,
    location: str | None,
    evses: list[str],
    of: str | None,
) -> dict[str, Any]:
    from laddnav.locations import actions as locations
    from laddnav.parties import actions as parties

    async with opened(data, database) as (settings, installed), installed.unit() as unit:
        holder = (await parties.meant(unit, party(of))).holder
        await locations.add_station(
            unit, holder, id, location_id=location, password=password, security_profile=security_profile
        )
        for number, uid in enumerate(evses, 1):
            await locations.attach(unit, id, number, await _place(unit, holder, location, uid))
        words = _spelt(await locations.station(unit, id))
    opens = {} if password is None else {"password": password}
    return words | opens | {"url": f"{settings.url.replace('http', 'ws', 1)}/ocpp/{id}"}


async def _list(data: Path | None, database: str | None) -> list[dict[str, Any]]:
    from laddnav.locations import actions as locations

    found: list[Station] = []
    async with opened(data, database) as (_, installed), installed.unit() as unit:
        while page := await locations.stations(unit, after=found[-1].id if found else None):
            found += page
    return [_spelt(one) for one in found]


def _spelt(station: Station) -> dict[str, Any]:
    from laddnav.locations.routes import StationShown, shown

    return saying.spelt(StationShown)(shown(station))


async def _place(unit: Unit, holder: PartyId, location: str | None, uid: str) -> EvseRef:
    """Where this Evse of ours is. Raises UnknownEvse, WrongCall."""
    from laddnav.kit.ids import EvseRef
    from laddnav.locations import actions as locations
    from laddnav.locations.rules import UnknownEvse

    if location is not None:
        return EvseRef(location, uid)
    found = [where for owner, where in await locations.evses_of_uid(unit, holder, uid) if owner == holder]
    if not found:
        raise UnknownEvse("any", uid)
    if len(found) > 1:
        raise WrongCall(f"Evse {uid} is at {len(found)} Locations; give --location")
    return EvseRef(found[0], uid)
