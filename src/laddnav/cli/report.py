"""`laddnav report`: what the network did in a month or several."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from laddnav.cli import saying
from laddnav.cli.opening import Data, Json, OurParty, Url, opened, party
from laddnav.cli.typed import application
from laddnav.cli.words import WrongCall

if TYPE_CHECKING:
    from laddnav.analytics.model import EnergyRow, LossRow, UptimeRow

app = application("What the network did.")

Since = Annotated[str | None, typer.Option(metavar="MONTH", help="The first, as 2026-11; else the last alone")]
Until = Annotated[str | None, typer.Option(metavar="MONTH", help="The last; else the present one")]
Csv = Annotated[bool, typer.Option("--csv", help="Answer as a spreadsheet reads it")]


@app.command("energy")
def energy(
    per: Annotated[str, typer.Option(help="station, location, tariff, customer or month")] = "station",
    since: Since = None,
    until: Until = None,
    csv: Csv = False,
    of: OurParty = None,
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """Energy delivered by the registers and billed by CDRs, to the Wh, and why they differ."""
    from laddnav.analytics import tables
    from laddnav.analytics.model import EnergyRow

    rows = asyncio.run(_energy(data, database, of, per, since, until))
    if csv:
        print(tables.of_energy(rows), end="")
        return
    columns = ("month", "of", "charges", "delivered_wh", "billed_wh", "difference_wh", "differences")
    saying.many(map(saying.spelt(EnergyRow), rows), columns, as_json=json)


@app.command("losses")
def losses(
    since: Since = None,
    until: Until = None,
    csv: Csv = False,
    of: OurParty = None,
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """Energy that came in from the grid and went out to cars, where the meters of a station say both."""
    from laddnav.analytics import tables
    from laddnav.analytics.model import LossRow

    rows = asyncio.run(_losses(data, database, of, since, until))
    if csv:
        print(tables.of_losses(rows), end="")
        return
    columns = ("month", "location_id", "station_id", "grid_wh", "outlets_wh", "lost_wh")
    saying.many(map(saying.spelt(LossRow), rows), columns, as_json=json)


@app.command("uptime")
def uptime(
    per: Annotated[str, typer.Option(help="evse or location")] = "evse",
    since: Since = None,
    until: Until = None,
    csv: Csv = False,
    of: OurParty = None,
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """Minutes in which one could charge, and the percentage of them by NEVI and by AFIR."""
    from laddnav.analytics import tables
    from laddnav.analytics.model import UptimeRow

    rows = asyncio.run(_uptime(data, database, of, per, since, until))
    if csv:
        print(tables.of_uptime(rows), end="")
        return
    columns = ("month", "location_id", "evse_uid", "up", "out", "excluded", "unknown", "uptime", "available")
    saying.many(map(saying.spelt(UptimeRow), rows), columns, as_json=json)


async def _energy(
    data: Path | None, database: str | None, of: str | None, per: str, since: str | None, until: str | None
) -> tuple[EnergyRow, ...]:
    """Raises WrongCall, NoMonth."""
    from laddnav.analytics import actions
    from laddnav.analytics.model import Per

    if per not in set(Per):
        raise WrongCall(f"--per is one of {', '.join(Per)}, and not {per!r}")
    async with opened(data, database, begin=False) as (_, base), base.unit() as unit:
        return await actions.energy(unit, party(of), Per(per), since, until)


async def _losses(
    data: Path | None, database: str | None, of: str | None, since: str | None, until: str | None
) -> tuple[LossRow, ...]:
    """Raises NoMonth."""
    from laddnav.analytics import actions

    async with opened(data, database, begin=False) as (_, base), base.unit() as unit:
        return await actions.losses(unit, party(of), since, until)


async def _uptime(
    data: Path | None, database: str | None, of: str | None, per: str, since: str | None, until: str | None
) -> tuple[UptimeRow, ...]:
    """Raises WrongCall, NoMonth."""
    from laddnav.analytics import actions
    from laddnav.analytics.model import Place

    if per not in set(Place):
        raise WrongCall(f"--per is one of {', '.join(Place)}, and not {per!r}")
    async with opened(data, database, begin=False) as (_, base), base.unit() as unit:
        return await actions.availability(unit, party(of), Place(per), since, until)
