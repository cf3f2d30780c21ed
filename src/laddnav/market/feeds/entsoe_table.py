"""Day-ahead prices as the transparency platform of ENTSO-E exports them by hand: CSV with its old head or its new."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from decimal import Decimal
from io import StringIO

from laddnav.market.feeds.feed import PER_MWH, Feed, Wall, number, stepped, text, which
from laddnav.market.model import MARKET_TIME, Kind, Published, Zone
from laddnav.market.rules import UnfitPrices
from laddnav.market.zones import zone as zone_of

_PRICE = re.compile(r"day-ahead price [\[(]([a-z]{3})/mwh[\])]", re.I)
_TIME = re.compile(r"(?:mtu|time) \((.+)\)", re.I)
_SHOWN = re.compile(r"(\d\d)[./](\d\d)[./](\d{4}) (\d\d):(\d\d)(?::\d\d)?(?: \((CES?T)\))?")
_NUMBER = re.compile(r"\d{1,4}")


def _knows(document: bytes) -> bool:
    head = document[:400].decode("utf-8-sig", "replace").partition("\n")[0]
    return _PRICE.search(head) is not None and _TIME.search(head) is not None


def _reads(document: bytes, zone: Zone | None, kind: Kind) -> tuple[Published, ...]:
    """The table of before names its one zone in the head of the last column, that of now in each row.

    Where a zone was cleared in several auctions, the first (that which all of Europe shares) counts.
    """
    rows = csv.reader(StringIO(text(document)))
    head = next(rows, [])
    prices = [(n, spelt[1].upper()) for n, name in enumerate(head) if (spelt := _PRICE.fullmatch(name.strip()))]
    times = [spelt[1] for name in head[:1] if (spelt := _TIME.fullmatch(name.strip()))]
    if not prices or not times:
        raise UnfitPrices("line 1: this is no table of day-ahead prices of ENTSO-E")
    (price, currency), area = prices[0], _column(head, "Area")
    sequence = _column(head, "Sequence")
    headed = next((zone_of(name) for name in head if name.startswith("BZN|")), None)
    clock = "UTC" if times[0].upper() == "UTC" else MARKET_TIME
    walls: dict[tuple[str, int], Wall] = {}
    found: dict[tuple[str, int], list[tuple[datetime, Decimal]]] = {}
    for row in rows:
        where = f"line {rows.line_num}"
        if len(row) <= price:
            raise UnfitPrices(f"{where}: it has {len(row)} columns, and its head {len(head)}")
        value = number(row[price], where)
        if value is None:  # an hour that no clock showed, or that is not published
            continue
        of = zone_of(row[area]) if area is not None else headed or which(zone)
        auction = 0 if sequence is None else int((_NUMBER.search(row[sequence]) or ["0"])[0])
        wall = walls.setdefault((of.code, auction), Wall(clock))
        found.setdefault((of.code, auction), []).append((_instant(row[0], wall, where), value / PER_MWH))
    firsts = {code: min(auction for other, auction in found if other == code) for code, _ in found}
    return tuple(
        Published(zone=code, currency=currency, steps=stepped(found[code, auction])) for code, auction in firsts.items()
    )


def _column(head: list[str], name: str) -> int | None:
    return head.index(name) if name in head else None


def _instant(said: str, wall: Wall, where: str) -> datetime:
    shown = _SHOWN.match(said.strip())
    if shown is None:
        raise UnfitPrices(f"{where}: {said[:40]!r} is no time, as 22.11.2026 13:00 - 22.11.2026 14:00 is")
    day, month, year, hour, minute = (int(part) for part in shown.groups()[:5])
    try:
        at = datetime(year, month, day, hour, minute)  # noqa: DTZ001 - of the clock that the head of the table names
    except ValueError as error:
        raise UnfitPrices(f"{where}: {said[:40]!r} is in no calendar") from error
    return wall.at(at, where, summer=None if shown[6] is None else shown[6] == "CEST")


FEED = Feed(name="entsoe-table", knows=_knows, reads=_reads)
