"""`laddnav hub`: who reaches whom through a hub of ours, and what passed through it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from laddnav.cli import saying
from laddnav.cli.opening import Data, Json, Url, opened
from laddnav.cli.typed import application

app = application("A hub of ours: who reaches whom through it, and what passed through it.")

OfHub = Annotated[str, typer.Option("--hub", metavar="DE*HUB", help="Which of our parties is the hub")]
One = Annotated[str, typer.Argument(metavar="ONE", help="A party behind it, as SE*LAD")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Another one")]
Module = Annotated[str, typer.Option("--module", help="In this module only, such as locations; else in all")]

PAIR = ("one", "other", "module")
COLUMNS = ("asker", "answerer", "module", "way", "requests", "granted", "bytes_in", "bytes_out")


@app.command("log")
def log(
    hub: OfHub,
    month: Annotated[str, typer.Option(help="Such as 2026-11, in UTC")],
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """What each asked of whom in a month, and how it went: what a hub settles by."""
    saying.many(asyncio.run(_log(data, database, hub, month)), COLUMNS, as_json=json)


@app.command("deny")
def deny(
    one: One, other: Other, hub: OfHub, module: Module = "", data: Data = None, database: Url = None, json: Json = False
) -> None:
    """Keep two parties apart, whoever of them asks: to each it looks as though nobody of that name were there."""
    saying.many(asyncio.run(_decide(data, database, hub, one, other, module, apart=True)), PAIR, as_json=json)


@app.command("allow")
def allow(
    one: One, other: Other, hub: OfHub, module: Module = "", data: Data = None, database: Url = None, json: Json = False
) -> None:
    """Let two parties reach each other again."""
    saying.many(asyncio.run(_decide(data, database, hub, one, other, module, apart=False)), PAIR, as_json=json)


async def _log(data: Path | None, database: str | None, hub: str, month: str) -> list[dict[str, Any]]:
    from laddnav.kit.ids import PartyId
    from laddnav.ocpi.hub import settlement
    from laddnav.ocpi.hub.model import Tally

    async with opened(data, database, begin=False) as (_, installed), installed.unit() as unit:
        found = await settlement.month(unit, PartyId.parse(hub), month)
    return [saying.spelt(Tally)(one) for one in found.tallies]


async def _decide(
    data: Path | None, database: str | None, hub: str, one: str, other: str, module: str, *, apart: bool
) -> list[dict[str, Any]]:
    from laddnav.kit.ids import PartyId
    from laddnav.ocpi.hub import settlement
    from laddnav.ocpi.hub.rules import Denial, paired

    holder = PartyId.parse(hub)
    meant = paired(PartyId.parse(one), PartyId.parse(other), module or None)
    async with opened(data, database, begin=False) as (_, installed), installed.unit() as unit:
        now = (await settlement.denials(unit, holder)).denials
        wanted = {*now, meant} if apart else {*now} - {meant}
        after = await settlement.decide(unit, holder, tuple(wanted))
    return [saying.spelt(Denial)(each) for each in after.denials]
