"""`laddnav compare-cdrs`: a partner's table of CDRs held against ours; called again, it goes on where it broke off."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from laddnav.cli import saying
from laddnav.cli.opening import WHO, Data, Json, OurParty, Url, opened, party
from laddnav.cli.typed import application

if TYPE_CHECKING:
    from laddnav.settlement.matching import File

app = application()

COLUMNS = ("cause", "many", "apart")
Table = Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header; of any length", exists=True)]
Partner = Annotated[str, typer.Option("--partner", metavar="NL*TNM", help="Whose table it is")]
Month = Annotated[str, typer.Option("--month", help="As 2026-11, by the clock of our party")]
About = Annotated[
    str,
    typer.Option("--about", help="ours: CDRs of our stations, as the partner knows them; theirs: those of its own"),
]
Currency = Annotated[str | None, typer.Option("--currency", help="Else that of our party")]
Column = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="amount=Betrag", help="What a column is called that we do not know by its name"),
]


@app.command()
def compare(
    file: Table,
    partner: Partner,
    month: Month,
    about: About = "ours",
    currency: Currency = None,
    column: Column = None,
    of: OurParty = None,
    data: Data = None,
    database: Url = None,
    json: Json = False,
) -> None:
    """What is missing here, missing there or different, with the likely cause; exit status 1 where anything is."""
    done = asyncio.run(_compare(file, partner, month, about, currency, column or [], of, data, database))
    if json:
        saying.one(saying.spelt(type(done))(done), as_json=True)
    else:
        print(
            f"{done.rows} rows, {done.equal} equal; together {done.theirs} there and {done.ours} here, {done.currency}"
        )
        found: list[dict[str, Any]] = [
            {"cause": one.cause.value, "many": one.many, "apart": f"{one.apart:,.2f}"} for one in done.differences
        ]
        saying.many(found, COLUMNS, as_json=False)
    if done.differences:
        raise typer.Exit(1)


async def _compare(
    file: Path,
    partner: str,
    month: str,
    about: str,
    currency: str | None,
    columns: list[str],
    of: str | None,
    data: Path | None,
    database: str | None,
) -> File:
    from laddnav.kit.ids import PartyId
    from laddnav.parties import actions as parties
    from laddnav.settlement.actions import reconciling
    from laddnav.settlement.matching import UnreadableTable
    from laddnav.settlement.model import Side

    if about.upper() not in set(Side):
        raise UnreadableTable(f"A table is about ours or theirs, not about {about[:20]!r}")
    said = dict(column.partition("=")[::2] for column in columns)

    def told(one: File) -> None:
        if sys.stderr.isatty():
            percent = 100 * one.read // max(one.size, 1)
            print(f"\r{one.phase.lower():10} {percent:3} %  {one.rows:,} rows ", end="", file=sys.stderr, flush=True)

    async with opened(data, database, begin=False) as (_, installed):
        with file.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            source.seek(0)
            header = source.readline()
            async with installed.unit() as unit:
                ours = await parties.meant(unit, party(of))
                begun = await reconciling.begin(
                    unit,
                    ours.holder,
                    PartyId.parse(partner),
                    side=Side(about.upper()),
                    month=month,
                    currency=(currency or ours.currency).upper(),
                    name=file.name,
                    size=file.stat().st_size,
                    digest=digest,
                    header=header,
                    said=said,
                    by=WHO,
                )
            return await reconciling.go_on(installed, begun.ref, source, told=told)
