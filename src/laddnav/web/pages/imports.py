"""Stations, cards and past charges of another central system: its files are chosen, looked at, and taken."""

from __future__ import annotations

from starlette.responses import Response

from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.people.api import yours
from laddnav.takeover import actions as takeover
from laddnav.takeover.model import Becomes, Part, Source, TakenOver
from laddnav.web.asked import Asked, Door, do, see

FILES_MAX = 16 * 1024 * 1024  # bytes of a form: some hundred thousand charges
SHOWN = 500  # rows of a kind; all of them are in the answer of the operator API


async def new(asked: Asked) -> Response:
    return _page(asked, _source(asked.query("source")), None, "")


async def take(asked: Asked) -> Response:
    """Looked at first: the same files come again with the second button."""
    files, preview = asked.said("files"), asked.said("taken") != "yes"
    source = _source(asked.said("source"))
    async with asked.unit() as unit:
        holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
        texts = json.decode(files or "{}", dict[str, str])
        found = await takeover.take_over(unit, holder, source, texts, by=asked.visitor.name, preview=preview)
    return _page(asked, source, found, files if preview else "")


def _page(asked: Asked, source: Source, found: TakenOver | None, files: str) -> Response:
    parts = () if found is None else found.parts
    return asked.page(
        "imports.html",
        path="/stations/import",
        source=source,
        sources=tuple(Source),
        found=found,
        files=files,
        counts=[(kind, [sum(_is(part, kind, one) for part in parts) for one in Becomes]) for kind in _kinds(parts)],
        left_out=[part for part in parts if part.says is not None][:SHOWN],
        passwords=[part for part in parts if part.password is not None],
        parties=[(str(party.holder), f"{party.holder} · {party.name}") for party in asked.parties],
    )


def _kinds(parts: tuple[Part, ...]) -> list[str]:
    return list(dict.fromkeys(part.kind for part in parts))


def _is(part: Part, kind: str, becomes: Becomes) -> bool:
    return part.kind == kind and part.becomes is becomes


def _source(said: str | None) -> Source:
    return next((one for one in Source if one.value == said), Source.STATIONS)


DOORS: tuple[Door, ...] = (
    see("/stations/import", new),
    do("/stations/import", take, form_max=FILES_MAX),
)
