"""A table of our own: CSV with `start`, `price_per_kwh` and where wanted `currency`; or with `grams_per_kwh`."""

from __future__ import annotations

import csv
from datetime import datetime
from decimal import Decimal
from io import StringIO

from laddnav.kit.time import utc
from laddnav.market.feeds.feed import Feed, Wall, number, stepped, text, which
from laddnav.market.model import Kind, Published, Zone
from laddnav.market.rules import UnfitPrices

VALUES = {Kind.PRICE: "price_per_kwh", Kind.CARBON: "grams_per_kwh"}


def _knows(document: bytes) -> bool:
    head = document[:200].decode("utf-8-sig", "replace").partition("\n")[0].lower()
    return "start" in head and any(name in head for name in VALUES.values())


def _reads(document: bytes, zone: Zone | None, kind: Kind) -> tuple[Published, ...]:
    """An instant without a zone of its own is what the clock in the bidding zone shows."""
    of = which(zone)
    said = text(document)
    rows = csv.DictReader(StringIO(said), delimiter=";" if ";" in said.partition("\n")[0] else ",")
    columns = {name.strip().lower(): name for name in rows.fieldnames or () if name}
    kind = next((one for one, name in VALUES.items() if name in columns), kind)
    if "start" not in columns or VALUES[kind] not in columns:
        raise UnfitPrices(f"line 1: a table of prices has the columns start and {VALUES[kind]}")
    walls: dict[str, Wall] = {}
    found: dict[str, list[tuple[datetime, Decimal]]] = {}
    for row in rows:
        where = f"line {rows.line_num}"
        value = number(row[columns[VALUES[kind]]] or "", where)
        if value is None:
            continue
        currency = (row.get(columns.get("currency", ""), "") or of.currency).strip().upper()
        currency = "" if kind is Kind.CARBON else currency
        wall = walls.setdefault(currency, Wall(of.time_zone))
        found.setdefault(currency, []).append((_instant(row[columns["start"]] or "", wall, where), value))
    return tuple(
        Published(zone=of.code, kind=kind, currency=currency, steps=stepped(starts))
        for currency, starts in found.items()
    )


def _instant(said: str, wall: Wall, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(said.strip())
    except ValueError as error:
        raise UnfitPrices(f"{where}: {said[:40]!r} is no instant, as 2026-11-22T13:00:00Z is") from error
    return wall.at(at, where) if at.tzinfo is None else utc(at)


FEED = Feed(name="table", kinds=(Kind.PRICE, Kind.CARBON), knows=_knows, reads=_reads)
