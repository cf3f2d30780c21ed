"""Carbon intensity as Electricity Maps, and whoever answers like it, tells it: JSON with grams of CO2 per kWh."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct, field

from laddnav.kit import json
from laddnav.kit.time import utc
from laddnav.market.feeds.feed import Asked, Feed, NoPrices, stepped, which
from laddnav.market.model import Kind, Published, Zone
from laddnav.market.rules import UnfitPrices


class _Value(Struct, frozen=True):
    at: datetime = field(name="datetime")
    grams: Decimal | None = field(name="carbonIntensity", default=None)


class _Said(Struct, frozen=True):
    """`history` is what was, `forecast` what its source foresees, `data` either."""

    history: tuple[_Value, ...] = ()
    forecast: tuple[_Value, ...] = ()
    data: tuple[_Value, ...] = ()


def _address(asked: Asked) -> str:
    """The operator says the whole address; in it `{zone}` and `{day}` stand for what is asked, `{key}` for the key."""
    words = {"{zone}": asked.zone.code, "{day}": asked.day.isoformat(), "{key}": asked.key or ""}
    url = asked.url
    for name, value in words.items():
        url = url.replace(name, value)
    return url


def _knows(document: bytes) -> bool:
    return b'"carbonIntensity"' in document


def _reads(document: bytes, zone: Zone | None, kind: Kind) -> tuple[Published, ...]:
    of = which(zone)
    try:
        said = json.decode(document, _Said)
    except json.Unreadable as error:
        raise UnfitPrices(f"This tells no carbon intensity: {error}") from error
    values = {utc(one.at): one.grams for one in (*said.forecast, *said.data, *said.history) if one.grams is not None}
    if not values:
        raise NoPrices("It tells nothing")
    return (Published(zone=of.code, kind=Kind.CARBON, steps=stepped(values.items())),)


FEED = Feed(name="carbon", kinds=(Kind.CARBON,), address=_address, knows=_knows, reads=_reads)
