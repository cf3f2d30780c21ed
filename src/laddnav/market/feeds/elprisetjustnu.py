"""Prices of the Swedish zones as elprisetjustnu.se tells them: JSON by day, SEK and EUR per kWh with their rate."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct, field

from laddnav.kit import json
from laddnav.kit.time import utc
from laddnav.market.feeds.feed import Asked, Feed, NoPrices, which
from laddnav.market.model import Kind, MarketStep, Published, Zone
from laddnav.market.rules import UnfitPrices

URL = "https://www.elprisetjustnu.se/api/v1/prices"


class _Hour(Struct, frozen=True):
    sek: Decimal = field(name="SEK_per_kWh")
    begin_at: datetime = field(name="time_start")
    end_at: datetime = field(name="time_end")
    eur: Decimal | None = field(name="EUR_per_kWh", default=None)
    rate: Decimal | None = field(name="EXR", default=None)


def _address(asked: Asked) -> str:
    return f"{asked.url}/{asked.day:%Y/%m-%d}_{asked.zone.code}.json"


def _knows(document: bytes) -> bool:
    return b'"SEK_per_kWh"' in document


def _reads(document: bytes, zone: Zone | None, kind: Kind) -> tuple[Published, ...]:
    """Both currencies: who reckons in euros has the price as it was made, and not a rounded one changed back."""
    of = which(zone)
    try:
        said = json.decode(document, tuple[_Hour, ...])
    except json.Unreadable as error:
        raise UnfitPrices(f"This is no answer of elprisetjustnu.se: {error}") from error
    if not said:
        raise NoPrices("elprisetjustnu.se has nothing for this day yet")
    sek = tuple(MarketStep(utc(one.begin_at), utc(one.end_at) - utc(one.begin_at), one.sek) for one in said)
    eur = tuple(
        MarketStep(utc(one.begin_at), utc(one.end_at) - utc(one.begin_at), one.eur)
        for one in said
        if one.eur is not None
    )
    found = [Published(zone=of.code, currency="SEK", steps=sek, per_euro=said[0].rate)]
    return (*found, Published(zone=of.code, currency="EUR", steps=eur)) if eur else tuple(found)


FEED = Feed(name="elprisetjustnu", url=URL, address=_address, knows=_knows, reads=_reads)
