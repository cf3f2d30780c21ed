"""`laddnav bench`: what this machine lets us do, beside what it lets anybody do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from laddnav.cli import saying
from laddnav.cli.opening import Json
from laddnav.cli.typed import application

app = application()

COLUMNS = ("name", "ours", "limit", "unit", "of limit", "goal", "met", "server µs", "postgres µs", "limit is")


@app.command()
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME …]", help="Of benchmarks; else all", show_default=False)
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One short round each: a look, no measurement")] = False,
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="A table as it stands in documents")] = False,
) -> None:
    """Measure a real server on a database of its own, and beside it the limit; nothing of yours is touched."""
    import uvloop

    measured: list[dict[str, Any]] = []
    try:
        # Whoever asks shares a core with PostgreSQL: what asking costs is taken from what is measured.
        uvloop.run(_measure(names or [], quick, measured))
    except asyncio.CancelledError:  # by TERM as by Ctrl-C
        raise KeyboardInterrupt from None
    finally:
        _say(measured, json=json, markdown=markdown)  # also where the rest could not be measured


async def _measure(names: list[str], quick: bool, measured: list[dict[str, Any]]) -> None:
    """Adds each figure as soon as it is there."""
    from laddnav.server import log
    from laddnav.sim.bench.figures import FULL, QUICK
    from laddnav.sim.bench.peers import absent
    from laddnav.sim.bench.run import chosen, run

    log.configure("info")  # what takes long says on standard error how far it has come
    if "ocpi_peers" in chosen(names):
        for name in absent():
            typer.echo(f"{name} is not installed and not measured; `bin/setup dev` installs it", err=True)
    async for figure in run(names, QUICK if quick else FULL):
        measured.append(figure.told())


def _say(measured: Sequence[dict[str, Any]], *, json: bool, markdown: bool) -> None:
    if not measured:
        return
    if markdown:
        print("\n".join(document(measured)))
    else:
        saying.many(measured if json else map(_shown, measured), COLUMNS, as_json=json)


def document(measured: Sequence[dict[str, Any]]) -> list[str]:
    """The lines of a table in Markdown."""
    rows = [[row[name] or "" for name in COLUMNS] for row in map(_shown, measured)]
    return [f"| {' | '.join(row)} |" for row in (COLUMNS, ["---"] * len(COLUMNS), *rows)]


def _shown(said: dict[str, Any]) -> dict[str, str | None]:
    """A figure as a row of a table; what each answer cost stands as ours / the limit's."""
    row = {name: said[name] for name in ("name", "unit", "goal")} | {"limit is": said["limit_is"]}
    row |= {"ours": f"{said['value']:,g}", "limit": f"{said['limit']:,g}", "of limit": f"{said['percent']:,g} %"}
    row["met"] = {None: None, True: "yes", False: "no"}[said["met"]]
    for part in ("server", "postgres"):
        ours, limit = said[f"{part}_us"], said[f"limit_{part}_us"]
        row[f"{part} µs"] = None if ours is None else f"{ours:,g} / {limit:,g}"
    return row
