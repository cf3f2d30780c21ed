"""`laddnav import`: OCPI objects out of files, all of a file or nothing of it; and what another central system kept."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from laddnav.cli import files, saying
from laddnav.cli.opening import WHO, Data, Url, opened, party
from laddnav.cli.typed import application
from laddnav.cli.words import spoken
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import rfc3339

if TYPE_CHECKING:
    from laddnav.db.unit import Unit
    from laddnav.kit.ids import PartyId
    from laddnav.ocpi.fetching.feeds import Found

T = TypeVar("T")

app = application("Take over Locations, Tariffs, Tokens or prices from a file, or what another central system kept.")

File = Annotated[str, typer.Argument(metavar="FILE", help="OCPI JSON or JSON lines, .gz too; - is standard input")]
For = Annotated[
    str | None,
    typer.Option("--party", help="The party of ours that they become; else they have to be one's already"),
]
Version = Annotated[
    str | None, typer.Option("--version", help="2.1.1, 2.2.1 or 2.3.0; else each object tells by its words")
]
Partial = Annotated[bool, typer.Option("--partial", help="Leave out what cannot be taken, and take the others")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Do not tell every single repair")]
Json = Annotated[bool, typer.Option("--json", help="As always: the counts are one JSON object")]
Preview = Annotated[bool, typer.Option("--preview", help="Say what would become of each row, and change nothing")]


class Unfit(Refusal):
    """The file holds something that cannot be taken, so nothing was."""


class SomebodyElses(Refusal):
    """The file is of a party that is none of ours."""


@app.command("locations")
def locations(
    file: File,
    version: Version = None,
    of: For = None,
    partial: Partial = False,
    quiet: Quiet = False,
    data: Data = None,
    database: Url = None,
    json: Json = True,
) -> None:
    """Places with their Evses, and the Tariffs that stand inside them."""
    _import("locations", file, version, of, partial, quiet, data, database)


@app.command("tariffs")
def tariffs(
    file: File,
    version: Version = None,
    of: For = None,
    partial: Partial = False,
    quiet: Quiet = False,
    data: Data = None,
    database: Url = None,
    json: Json = True,
) -> None:
    """What is promised."""
    _import("tariffs", file, version, of, partial, quiet, data, database)


@app.command("tokens")
def tokens(
    file: File,
    version: Version = None,
    of: For = None,
    partial: Partial = False,
    quiet: Quiet = False,
    data: Data = None,
    database: Url = None,
    json: Json = True,
) -> None:
    """Who may charge."""
    _import("tokens", file, version, of, partial, quiet, data, database)


PriceFile = Annotated[
    str, typer.Argument(metavar="FILE", help="A price document of any source known here, .gz too; - is standard input")
]
Zone = Annotated[str | None, typer.Option("--zone", help="SE3, DE_LU, …: of which it is, where it does not say so")]
Carbon = Annotated[bool, typer.Option("--carbon", help="It tells grams of CO2 per kWh, and not prices")]


@app.command("prices")
def prices(
    file: PriceFile,
    zone: Zone = None,
    carbon: Carbon = False,
    data: Data = None,
    database: Url = None,
    json: Json = True,
) -> None:
    """What electricity costs: CSV with start,price_per_kwh; CSV or XML of ENTSO-E; JSON of Nord Pool and others."""
    name = "" if file == "-" else Path(file).name
    saying.one(asyncio.run(_prices(files.read(file), zone, carbon, name, data, database)), as_json=True)


async def _prices(
    document: bytes, zone: str | None, carbon: bool, name: str, data: Path | None, database: str | None
) -> dict[str, Any]:
    """Raises UnfitPrices, NoPrices, UnknownZone."""
    from laddnav.market import actions as market
    from laddnav.market.model import Kind

    kind = Kind.CARBON if carbon else Kind.PRICE
    async with opened(data, database) as (_, installed), installed.unit() as unit:
        said, kept = await market.import_file(unit, document, zone_code=zone, kind=kind, name=name, by=WHO)
        return {
            "read": sum(len(one.steps) for one in said),
            "new": sum(one.new for one in kept),
            "changed": sum(one.changed for one in kept),
            "hard_to_believe": sum(one.odd for one in kept),
            "series": [
                {
                    "zone": one.zone,
                    "kind": one.kind.lower(),
                    "currency": one.currency or None,
                    "begin_at": rfc3339(one.steps[0].begin_at),
                    "end_at": rfc3339(max(step.end_at for step in one.steps)),
                }
                for one in said
            ],
        }


Fleet = Annotated[str, typer.Option("--fleet", help="The name of the fleet")]
Table = Annotated[str, typer.Argument(metavar="FILE", help="CSV with a header; - is standard input")]


@app.command("vehicles")
def vehicles(
    file: Table,
    fleet: Fleet,
    of: For = None,
    preview: Preview = False,
    data: Data = None,
    database: Url = None,
    json: Json = True,
) -> None:
    """Vehicles of a fleet; all of the table or nothing of it."""
    _import_table("vehicles", file, fleet, of, preview, data, database)


@app.command("departures")
def departures(
    file: Table,
    fleet: Fleet,
    of: For = None,
    preview: Preview = False,
    data: Data = None,
    database: Url = None,
    json: Json = True,
) -> None:
    """When the vehicles of a fleet leave, and what they need; all of the table or nothing of it."""
    _import_table("departures", file, fleet, of, preview, data, database)


def _import_table(
    kind: str, file: str, fleet: str, of: str | None, preview: bool, data: Path | None, database: str | None
) -> None:
    text = files.read(file).decode(errors="replace")
    saying.one(asyncio.run(_table_taken(kind, text, fleet, party(of), preview, data, database)), as_json=True)


async def _table_taken(
    kind: str, text: str, name: str, owner: PartyId | None, preview: bool, data: Path | None, database: str | None
) -> dict[str, Any]:
    """Raises Faults, UnknownFleet, UnknownParty, WhichParty."""
    from laddnav.fleets import actions as fleets
    from laddnav.parties import actions as parties

    takes = {"vehicles": fleets.take_vehicles, "departures": fleets.take_departures}
    async with opened(data, database) as (_, installed), installed.unit() as unit:
        fleet = await fleets.named(unit, (await parties.meant(unit, owner)).holder, name)
        taken = await takes[kind](unit, fleet.ref, text, preview=preview)
    counts = {"new": taken.new, "changed": taken.changed, "same": taken.same}
    return {"fleet": fleet.name, "preview": preview, kind: counts}


Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="One file a table, named like it; a folder means all of its files")
]


@app.command("stations")
def stations(
    files: Files, of: For = None, preview: Preview = False, data: Data = None, database: Url = None, json: Json = True
) -> None:
    """Stations of a list: stations.csv with id, and where wanted location_id, evses, password, security_profile."""
    _take_over("stations", files, of, preview, data, database)


@app.command("steve")
def steve(
    files: Files, of: For = None, preview: Preview = False, data: Data = None, database: Url = None, json: Json = True
) -> None:
    """Stations, cards and past charges of SteVe: charge_box, connector, ocpp_tag, transaction_start and _stop."""
    _take_over("steve", files, of, preview, data, database)


@app.command("citrineos")
def citrineos(
    files: Files, of: For = None, preview: Preview = False, data: Data = None, database: Url = None, json: Json = True
) -> None:
    """Locations, stations, cards and past charges of CitrineOS: ChargingStations, Evses, Connectors and others."""
    _take_over("citrineos", files, of, preview, data, database)


def _take_over(
    source: str, paths: list[Path], of: str | None, preview: bool, data: Path | None, database: str | None
) -> None:
    texts = files.texts(paths)
    saying.one(asyncio.run(_taken(source, texts, party(of), preview, data, database)), as_json=True)


async def _taken(
    source: str, texts: dict[str, str], owner: PartyId | None, preview: bool, data: Path | None, database: str | None
) -> dict[str, Any]:
    """What becomes of each kind, with the passwords that were made; each row that is left out is told besides."""
    from laddnav.parties import actions as parties
    from laddnav.takeover import actions as takeover
    from laddnav.takeover.model import Becomes, Source

    async with opened(data, database) as (_, installed), installed.unit() as unit:
        holder = (await parties.meant(unit, owner)).holder
        taken = await takeover.take_over(unit, holder, Source(source), texts, by=WHO, preview=preview)
    for part in taken.parts:
        if part.says is not None:
            print(f"left out {part.row}: {part.says}", file=sys.stderr)
    kinds = dict.fromkeys(part.kind for part in taken.parts)
    return {
        "party": str(holder),
        "preview": preview,
        **{kind: {one.value.lower(): taken.count(kind, one) for one in Becomes} for kind in kinds},
        "passwords": {part.id: part.password for part in taken.parts if part.password is not None},
    }


def _import(
    kind: str,
    file: str,
    version: str | None,
    of: str | None,
    partial: bool,
    quiet: bool,
    data: Path | None,
    database: str | None,
) -> None:
    named, owner = spoken(version), party(of)
    document = files.read(file)
    saying.one(asyncio.run(_taken_over(kind, document, named, owner, partial, quiet, data, database)), as_json=True)


async def _taken_over(
    kind: str,
    document: bytes,
    version: str | None,
    owner: PartyId | None,
    partial: bool,
    quiet: bool,
    data: Path | None,
    database: str | None,
) -> dict[str, Any]:
    """Raises Unfit, SomebodyElses, Unreadable, UnknownParty, WhichParty."""
    from laddnav.ocpi.fetching import feeds
    from laddnav.parties import actions as parties

    reads = {"locations": feeds.locations_in, "tariffs": feeds.tariffs_in, "tokens": feeds.tokens_in}
    objects = feeds.objects_in(document)
    async with opened(data, database) as (_, installed), installed.unit() as unit:
        ours = await parties.list_all(unit)
        meant = await parties.meant(unit, owner or _owner_in(objects, [one.holder for one in ours]))
        found = reads[kind](document, meant.holder, unit.now, version)
        _report(found, quiet)
        if found.unusable and not partial:
            first = found.unusable[0]
            raise Unfit(
                f"nothing was imported, for {len(found.unusable)} of {len(objects)} objects cannot be taken "
                f"(the first at {first.pointer}: {first.says}); --partial takes the others"
            )
        kept = await _keep(unit, meant.holder, found)
    return {
        "party": str(meant.holder),
        **kept,
        "refused": len(found.unusable),
        "repaired": len(found.repairs),
        "repairs": dict(sorted(Counter(one.name for one in found.repairs).items())),
    }


async def _keep(unit: Unit, holder: PartyId, found: Found) -> dict[str, Any]:
    """How many of each kind there were, and how many of them say something new."""
    from laddnav.locations import actions as locations
    from laddnav.tariffs import actions as tariffs
    from laddnav.tokens import actions as tokens

    counts: dict[str, Any] = {}
    # Tariffs before the Locations that name them.
    for tariff in _shown_as_it_goes("tariffs", found.tariffs):
        _count(counts, "tariffs", await tariffs.keep(unit, holder, tariff))
    for location in _shown_as_it_goes("locations", found.locations):
        _count(counts, "locations", await locations.keep(unit, holder, location))
    for token in _shown_as_it_goes("tokens", found.tokens):
        _count(counts, "tokens", await tokens.keep(unit, holder, token))
    return counts


def _count(counts: dict[str, Any], kind: str, new: bool) -> None:
    of_kind = counts.setdefault(kind, {"read": 0, "new_or_changed": 0})
    of_kind["read"] += 1
    of_kind["new_or_changed"] += new


def _owner_in(objects: list[tuple[str, Any]], ours: list[PartyId]) -> PartyId | None:
    """Whose the objects say they are; None: they do not say. Raises SomebodyElses."""
    from laddnav.kit.ids import NotAPartyId, PartyId

    owners: dict[PartyId, str] = {}
    for pointer, words in objects:
        if isinstance(words, dict) and words.get("country_code") and words.get("party_id"):
            try:
                owners.setdefault(PartyId.of(str(words["country_code"]), str(words["party_id"])), pointer)
            except NotAPartyId as error:
                raise SomebodyElses(f"{pointer}: {error}; --party says for which of ours it is") from error
    for owner, pointer in owners.items():
        if owner not in ours:
            known = ", ".join(str(one) for one in ours) or "none yet"
            raise SomebodyElses(
                f"{pointer} is of {owner}, which is no party of ours ({known}); --party says for which of ours it is"
            )
    if len(owners) > 1:
        raise SomebodyElses("The file holds objects of several of our parties; import them one by one")
    return next(iter(owners), None)


def _report(found: Found, quiet: bool) -> None:
    """Line by line, by JSON pointer into the file: what was put right, and what cannot be taken."""
    if not quiet:
        for repair in found.repairs:
            print(f"repaired {repair.pointer}: {repair.says}", file=sys.stderr)
    for unusable in found.unusable:
        print(f"refused {unusable.pointer}: {unusable.says}", file=sys.stderr)


def _shown_as_it_goes(what: str, things: Iterable[T]) -> Iterator[T]:
    """With a bar that grows where a person looks on."""
    if not sys.stderr.isatty():
        yield from things
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(list(things), description=what, console=Console(stderr=True), transient=True)
