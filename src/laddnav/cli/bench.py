"""`laddnav bench`: what this machine lets us do, beside what it lets anybody do."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from laddnav.cli import saying
from laddnav.cli.opening import Json
from laddnav.cli.typed import application

app = application()


@app.command()
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME …]", help="Of benchmarks; else all", show_default=False)
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One short round each: a look, no measurement")] = False,
    json: Json = False,
) -> None:
    """Measure a real server on a database of its own, and beside it the limit; nothing of yours is touched."""
    columns = ("name", "value", "unit", "limit", "ratio", "goal", "limit_is")
    saying.many(asyncio.run(_measured(names or [], quick)), columns, as_json=json)


async def _measured(names: list[str], quick: bool) -> list[dict[str, Any]]:
    from msgspec.structs import asdict

    from laddnav.sim.bench.figures import FULL, QUICK
    from laddnav.sim.bench.run import run

    return [asdict(figure) async for figure in run(names, QUICK if quick else FULL)]
