"""`laddnav export`: what we hold, as OCPI spells it; prices as a table; the ledger for other bookkeeping."""

from __future__ import annotations

import asyncio
import gzip
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from laddnav.cli.opening import Data, OurParty, Url, opened, party
from laddnav.cli.typed import application
from laddnav.cli.words import WrongCall, spoken

if TYPE_CHECKING:
    from laddnav.db.unit import Database, Unit
    from laddnav.kit.ids import PartyId

app = application("Write Locations, Tariffs, Tokens or CDRs as OCPI, prices as CSV, or the ledger for bookkeeping.")

Version = Annotated[
    str | None, typer.Option("--version", help="2.1.1, 2.2.1 or 2.3.0; else 2.2.1, and 2.3.0 for what it cannot say")
]
File = Annotated[str, typer.Argument(metavar="FILE", help="Where to, .gz too; - is standard output")]
PAGE = 200


@app.command("locations")
def locations(
    file: File = "-", version: Version = None, of: OurParty = None, data: Data = None, database: Url = None
) -> None:
    """Our own places."""
    asyncio.run(_export("locations", file, version, of, data, database))


@app.command("tariffs")
def tariffs(
    file: File = "-", version: Version = None, of: OurParty = None, data: Data = None, database: Url = None
) -> None:
    """Our own Tariffs that are in use."""
    asyncio.run(_export("tariffs", file, version, of, data, database))


@app.command("tokens")
def tokens(
    file: File = "-", version: Version = None, of: OurParty = None, data: Data = None, database: Url = None
) -> None:
    """Our own Tokens."""
    asyncio.run(_export("tokens", file, version, of, data, database))


@app.command("cdrs")
def cdrs(
    file: File = "-", version: Version = None, of: OurParty = None, data: Data = None, database: Url = None
) -> None:
    """CDRs, those that partners sent among them; each names its CPO."""
    asyncio.run(_export("cdrs", file, version, of, data, database))


Since = Annotated[datetime, typer.Option("--since", formats=["%Y-%m-%d"], help="The first day of the market")]
Until = Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day of the market")]
ZoneOf = Annotated[str, typer.Option("--zone", help="SE3, DE_LU, …")]
Currency = Annotated[str | None, typer.Option("--currency", help="That of the zone, if it is published in it")]
Carbon = Annotated[bool, typer.Option("--carbon", help="Grams of CO2 per kWh, and not prices")]


@app.command("prices")
def prices(
    zone: ZoneOf,
    since: Since,
    until: Until,
    file: File = "-",
    currency: Currency = None,
    carbon: Carbon = False,
    data: Data = None,
    database: Url = None,
) -> None:
    """What was published for a zone, as `laddnav import prices` and `laddnav plan` read it; no forecast is in it."""
    asyncio.run(_prices(file, zone, since.date(), until.date(), currency, carbon, data, database))


async def _prices(
    file: str,
    zone: str,
    since: date,
    until: date,
    currency: str | None,
    carbon: bool,
    data: Path | None,
    database: str | None,
) -> None:
    """Raises UnknownZone."""
    from laddnav.kit.time import rfc3339
    from laddnav.market import actions as market
    from laddnav.market.rules import market_day

    begin, end = market_day(since)[0], market_day(until)[1]
    async with opened(data, database, begin=False) as (_, installed):
        async with installed.unit() as unit:
            if carbon:
                series = await market.carbon(unit, zone, begin, end)
            else:
                series = await market.prices(unit, zone, begin, end, currency=currency)
        with _Sink(file) as sink:
            sink.write(b"start,grams_per_kwh\n" if carbon else b"start,price_per_kwh,currency\n")
            for one in series.steps:
                if not one.forecast:
                    words = [rfc3339(one.begin_at), f"{one.value:f}", *([] if carbon else [series.currency])]
                    sink.write(",".join(words).encode() + b"\n")


Form = Annotated[str, typer.Option("--as", help="sie (SIE 4), beancount or csv")]
FirstMonth = Annotated[str, typer.Option("--since", metavar="MONTH", help="The first month, as 2026-11")]
LastMonth = Annotated[str | None, typer.Option("--until", metavar="MONTH", help="The last one, if not the first")]
OfCurrency = Annotated[str | None, typer.Option("--currency", help="Only what moved in this one")]


@app.command("ledger")
def ledger(
    since: FirstMonth,
    until: LastMonth = None,
    file: File = "-",
    form: Form = "sie",
    currency: OfCurrency = None,
    of: OurParty = None,
    data: Data = None,
    database: Url = None,
) -> None:
    """Entries and balances of some months, for bookkeeping elsewhere."""
    asyncio.run(_ledger(file, form, since, until or since, currency, of, data, database))


async def _ledger(
    file: str,
    form: str,
    since: str,
    until: str,
    currency: str | None,
    of: str | None,
    data: Path | None,
    database: str | None,
) -> None:
    """Raises WrongCall, NotAMonth, YearsApart, WhichCurrency."""
    from laddnav.ledger import actions as ledger
    from laddnav.ledger.exports import Format
    from laddnav.parties import actions as parties

    if form not in tuple(Format):
        raise WrongCall(f"--as is one of {', '.join(Format)}, not {form}")
    named = party(of)
    async with opened(data, database, begin=False) as (_, installed):
        async with installed.unit() as unit:
            holder = (await parties.meant(unit, named)).holder
        with _Sink(file) as sink:
            async for line in ledger.export(installed, holder, Format(form), since, until, currency):
                sink.write(line)


async def _export(
    kind: str, file: str, version: str | None, of: str | None, data: Path | None, database: str | None
) -> None:
    from laddnav.ocpi.fetching.feeds import fitting
    from laddnav.parties import actions as parties

    named, wanted = party(of), spoken(version)
    left_out: Counter[tuple[str, str]] = Counter()
    async with opened(data, database, begin=False) as (_, installed):
        async with installed.unit() as unit:
            holder = (await parties.meant(unit, named)).holder
        with _Sink(file) as sink:
            async for thing in _all(installed, kind, holder):
                words = _said(thing, wanted or fitting(thing), holder, left_out)
                if words is not None:
                    sink.write(words + b"\n")
    for (spelt, field), count in sorted(left_out.items()):
        print(f"OCPI {spelt} has no words for {field} of {count} of these {kind}", file=sys.stderr)


def _said(thing: Any, version: str, holder: PartyId, left_out: Counter[tuple[str, str]]) -> bytes | None:
    """None, and told, where the version has no words for it at all; what it loses of it is counted."""
    from laddnav.ocpi.telling.losses import lost
    from laddnav.ocpi.wire.codec import Unsayable
    from laddnav.ocpi.wire.versions import VERSIONS

    try:
        words = VERSIONS[version].codecs[type(thing)].encode(thing)
    except Unsayable as error:
        print(f"left out: {error}", file=sys.stderr)
        return None
    left_out.update((version, field) for field in lost(VERSIONS[version], thing, holder))
    return words


async def _all(installed: Database, kind: str, holder: PartyId) -> AsyncIterator[Any]:
    """Page by page, so that a long list takes no more memory than a short one."""
    place: str | None = None
    while True:
        async with installed.unit() as unit:
            page = await _page(unit, kind, holder, place)
        for _, thing in page:
            yield thing
        if len(page) < PAGE:
            return
        place = page[-1][0]


async def _page(unit: Unit, kind: str, holder: PartyId, place: str | None) -> list[tuple[str, Any]]:
    """(ref, thing)."""
    from laddnav.cdrs import actions as cdrs
    from laddnav.locations import actions as locations
    from laddnav.tariffs import actions as tariffs
    from laddnav.tokens import actions as tokens

    match kind:
        case "locations":
            return [(ref, one) for ref, _, one in await locations.page(unit, holder, holder, after=place, limit=PAGE)]
        case "tariffs":
            return [(ref, one) for ref, _, one in await tariffs.page(unit, holder, holder, after=place, limit=PAGE)]
        case "tokens":
            return [(ref, one) for ref, _, one in await tokens.page(unit, holder, holder, after=place, limit=PAGE)]
        case _:
            return [(one.ref, one) for one in await cdrs.page(unit, holder, before=place, limit=PAGE)]


class _Sink:
    """Standard output, or a file that is there whole or not at all."""

    def __init__(self, file: str) -> None:
        self._file = None if file == "-" else Path(file)
        self._half = None if self._file is None else self._file.with_name(f".{self._file.name}.{os.getpid()}")

    def __enter__(self) -> _Sink:
        try:
            self._out = sys.stdout.buffer if self._half is None else self._half.open("wb")
        except OSError as error:
            raise WrongCall(f"{self._file} cannot be written: {error.strerror}") from error
        packs = self._file is not None and self._file.suffix == ".gz"
        self._packed = gzip.GzipFile(fileobj=self._out, mode="wb", mtime=0, filename="") if packs else None
        return self

    def write(self, line: bytes) -> None:
        (self._packed or self._out).write(line)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._packed is not None:
            self._packed.close()
        self._out.flush()
        if self._half is None or self._file is None:
            return
        self._out.close()
        if kind is None:
            self._half.replace(self._file)
        with suppress(FileNotFoundError):
            self._half.unlink()
