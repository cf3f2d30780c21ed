"""Day-ahead prices by the web API of ENTSO-E's transparency platform: A44 price documents in XML, EUR/MWh, UTC.

A market document of IEC 62325-451-3. Its curve A03 leaves out a point that says the same as the one before; of curve
A01 a missing point is a missing price. An acknowledgement in its place says that there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from laddnav.kit.time import utc
from laddnav.market.feeds.feed import PER_MWH, Asked, Feed, NoPrices, number, which
from laddnav.market.model import Kind, MarketStep, Published, Zone
from laddnav.market.rules import UnfitPrices, market_day
from laddnav.market.zones import zone as zone_of

URL = "https://web-api.tp.entsoe.eu/api"
_LENGTHS = {"PT15M": timedelta(minutes=15), "PT30M": timedelta(minutes=30), "PT60M": timedelta(hours=1)}
_LENGTHS["PT1H"] = _LENGTHS["PT60M"]
_MOST = 40 * 96  # points of one Period; a document of a month has fewer
_DAY_AHEAD = "A01"
_SEQUENCE = "classificationSequence_AttributeInstanceComponent.position"


def _address(asked: Asked) -> str:
    begin, end = market_day(asked.day)
    words = {
        "securityToken": asked.key or "",
        "documentType": "A44",
        "in_Domain": asked.zone.eic,
        "out_Domain": asked.zone.eic,
        "periodStart": f"{begin:%Y%m%d%H%M}",
        "periodEnd": f"{end:%Y%m%d%H%M}",
    }
    return f"{asked.url}?{urlencode(words)}"


def _knows(document: bytes) -> bool:
    return b"_MarketDocument" in document[:400]


def _reads(document: bytes, zone: Zone | None, kind: Kind) -> tuple[Published, ...]:
    """Of several auctions of one zone the first counts; where two lengths of step are told of one time, the shorter."""
    root = _root(document)
    if _name(root) == "Acknowledgement_MarketDocument":
        raise NoPrices(_said(root, "text") or "ENTSO-E has nothing for this")
    if _name(root) != "Publication_MarketDocument":
        raise UnfitPrices(f"{_name(root)[:60]} is no price document")
    if (sort := _said(root, "type")) not in (None, "A44"):
        raise UnfitPrices(f"A document of type {sort} tells no day-ahead prices; A44 does")
    found: dict[tuple[str, str], dict[int, list[MarketStep]]] = {}
    for series in _all(root, "TimeSeries"):
        if _said(series, "contract_MarketAgreement.type") not in (None, _DAY_AHEAD):
            continue
        if (unit := _said(series, "price_Measure_Unit.name")) not in (None, "MWH"):
            raise UnfitPrices(f"Prices per {unit} are not known here; per MWH they are")
        domain = _said(series, "in_Domain.mRID") or _said(series, "out_Domain.mRID")
        of = which(zone) if domain is None else zone_of(domain)
        currency = _said(series, "currency_Unit.name") or "EUR"
        auction = _auction(_said(series, _SEQUENCE))
        repeats = _said(series, "curveType") == "A03"
        for period in _all(series, "Period"):
            found.setdefault((of.code, currency), {}).setdefault(auction, []).extend(_steps(period, repeats=repeats))
    told = _said(root, "createdDateTime")
    at = None if told is None else _instant(told)
    return tuple(
        Published(zone=code, currency=currency, steps=_finest(by_auction[min(by_auction)]), published_at=at)
        for (code, currency), by_auction in found.items()
    )


def _auction(said: str | None) -> int:
    """Raises UnfitPrices."""
    if said is None or (said.isdecimal() and len(said) < 4):
        return int(said or 0)
    raise UnfitPrices(f"{said[:20]!r} is no place among auctions")


def _steps(period: Element, *, repeats: bool) -> Iterator[MarketStep]:
    """Raises UnfitPrices."""
    begin, end = (_instant(_said(period, name) or "") for name in ("start", "end"))
    resolution = _said(period, "resolution") or ""
    if resolution not in _LENGTHS:
        raise UnfitPrices(
            f"A resolution of {resolution[:20] or 'nothing'} is not known here; PT15M, PT30M and PT60M are"
        )
    length = _LENGTHS[resolution]
    points: dict[int, Decimal] = {}
    for point in _all(period, "Point"):
        position = _said(point, "position") or ""
        value = number(_said(point, "price.amount") or "", f"point {position[:20]}")
        if not position.isdecimal() or not 1 <= int(position) <= _MOST:
            raise UnfitPrices(f"A point has no place {position[:20]!r}")
        if value is not None:
            points[int(position)] = value / PER_MWH
    last: Decimal | None = None
    for place in range(1, min((end - begin) // length, _MOST) + 1):
        value = points.get(place)
        if value is None and repeats:
            value = last
        if value is not None:
            yield MarketStep(begin + (place - 1) * length, length, value)
        last = value


def _finest(steps: list[MarketStep]) -> tuple[MarketStep, ...]:
    kept: dict[datetime, MarketStep] = {}
    taken: set[datetime] = set()
    for one in sorted(steps, key=lambda one: one.length):
        quarters = {one.begin_at + n * timedelta(minutes=15) for n in range(one.length // timedelta(minutes=15))}
        if not quarters & taken:
            kept[one.begin_at] = one
            taken |= quarters
    return tuple(kept[at] for at in sorted(kept))


def _root(document: bytes) -> Element:
    """Raises UnfitPrices. No price document has a DTD, and what has one could be made to grow without end."""
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        raise UnfitPrices("A price document has no DTD")
    try:
        return ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UnfitPrices(f"This is no XML: {error}") from error


def _name(element: Element) -> str:
    """Without its namespace, which changes with every edition of the format."""
    return element.tag.rpartition("}")[2]


def _all(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element if _name(one) == name)


def _said(element: Element, name: str) -> str | None:
    """The first of this name, of its own or of a part of it."""
    found = next((one for one in element.iter() if _name(one) == name and one is not element), None)
    return None if found is None or not found.text else found.text.strip()


def _instant(said: str) -> datetime:
    try:
        return utc(datetime.fromisoformat(said))
    except ValueError as error:
        raise UnfitPrices(f"{said[:40]!r} is no instant") from error


FEED = Feed(name="entsoe", url=URL, address=_address, needs_key=True, knows=_knows, reads=_reads)
