"""Day-ahead prices as Nord Pool's data portal tells them: JSON by delivery area, money per MWh, in UTC."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from msgspec import Struct, field

from laddnav.kit import json
from laddnav.kit.time import utc
from laddnav.market.feeds.feed import PER_MWH, Asked, Feed, NoPrices
from laddnav.market.model import Kind, MarketStep, Published, Zone
from laddnav.market.rules import UnfitPrices
from laddnav.market.zones import ZONES
from laddnav.market.zones import zone as zone_of

URL = "https://dataportal-api.nordpoolgroup.com/api/DayAheadPrices"
_AREAS = {"DE_LU": "GER"}


class _Entry(Struct, frozen=True, rename="camel"):
    delivery_start: datetime
    delivery_end: datetime
    entry_per_area: dict[str, Decimal | None]


class _Said(Struct, frozen=True, rename="camel"):
    currency: str
    multi_area_entries: tuple[_Entry, ...]
    exchange_rate: Decimal | None = None
    updated_at: datetime | None = field(default=None)


def _address(asked: Asked) -> str:
    words = {
        "date": asked.day.isoformat(),
        "market": "DayAhead",
        "deliveryArea": _AREAS.get(asked.zone.code, asked.zone.code),
        "currency": asked.zone.currency,
    }
    return f"{asked.url}?{urlencode(words)}"


def _knows(document: bytes) -> bool:
    return b'"multiAreaEntries"' in document


def _reads(document: bytes, zone: Zone | None, kind: Kind) -> tuple[Published, ...]:
    """Of all areas that it names, or of the one that is meant."""
    if not document.strip():
        raise NoPrices("Nord Pool has nothing for this day yet")
    try:
        said = json.decode(document, _Said)
    except json.Unreadable as error:
        raise UnfitPrices(f"This is no answer of Nord Pool: {error}") from error
    found: dict[str, list[MarketStep]] = {}
    for entry in said.multi_area_entries:
        begin = utc(entry.delivery_start)
        for area, value in entry.entry_per_area.items():
            of = _zone(area)
            if value is not None and of is not None and zone in (None, of):
                found.setdefault(of.code, []).append(
                    MarketStep(begin, utc(entry.delivery_end) - begin, value / PER_MWH)
                )
    if not found:
        raise NoPrices("Nord Pool has nothing for this zone and day yet")
    rate = said.exchange_rate if said.currency != "EUR" else None
    at = None if said.updated_at is None else utc(said.updated_at)
    return tuple(
        Published(zone=code, currency=said.currency, steps=tuple(steps), per_euro=rate, published_at=at)
        for code, steps in found.items()
    )


def _zone(area: str) -> Zone | None:
    """None for areas that are no zones of ours, such as SYS."""
    code = {"GER": "DE_LU"}.get(area, area)
    return zone_of(code) if code in ZONES else None


FEED = Feed(name="nordpool", url=URL, address=_address, knows=_knows, reads=_reads)
