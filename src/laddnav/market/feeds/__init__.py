"""Where prices come from: one file a source, and this map of them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from types import MappingProxyType

from laddnav.market.feeds import carbon, elprisetjustnu, entsoe, entsoe_table, nordpool, table
from laddnav.market.feeds.feed import Asked, Feed, NoPrices
from laddnav.market.model import Kind, Published, Zone
from laddnav.market.rules import UnfitPrices

FEEDS: Mapping[str, Feed] = MappingProxyType(
    {one.FEED.name: one.FEED for one in (entsoe, nordpool, elprisetjustnu, carbon, entsoe_table, table)}
)
LARGEST = 200_000_000  # bytes unpacked; ten years of quarters of an hour are a tenth of that

__all__ = ["FEEDS", "Asked", "Feed", "NoPrices", "read", "told"]


def read(document: bytes, zone: Zone | None = None, kind: Kind = Kind.PRICE) -> tuple[str, tuple[Published, ...]]:
    """(the feed that knows it, what it says). `zone`: of which it is, where it does not say so; gzip is unpacked.

    Raises UnfitPrices, NoPrices, UnknownZone.
    """
    plain = _unpacked(document)
    for feed in FEEDS.values():
        if feed.knows(plain):
            return feed.name, told(feed, plain, zone, kind)
    raise UnfitPrices(
        "This is none of the price documents known here: CSV with start,price_per_kwh; CSV or A44 XML of ENTSO-E; "
        "JSON of Nord Pool or elprisetjustnu.se; JSON with carbonIntensity"
    )


def told(feed: Feed, document: bytes, zone: Zone | None, kind: Kind) -> tuple[Published, ...]:
    """What a document of this feed says. Raises UnfitPrices, NoPrices, UnknownZone."""
    try:
        return feed.reads(document, zone, kind)
    except OverflowError as error:
        raise UnfitPrices(f"An instant in it lies outside of every calendar: {error}") from error


def _unpacked(document: bytes) -> bytes:
    if document[:2] != b"\x1f\x8b":
        return document
    unpacking = zlib.decompressobj(wbits=31)
    try:
        whole = unpacking.decompress(document, LARGEST)
    except zlib.error as error:
        raise UnfitPrices(f"The gzip is broken: {error}") from error
    if not unpacking.eof:
        raise UnfitPrices(f"The gzip breaks off, or has more than {LARGEST} bytes in it")
    return whole
