"""What every source of prices can do, and how instants are read that only a clock on the wall tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from msgspec import Struct

from laddnav.kit.json import sane
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import utc
from laddnav.market.model import HOUR, MARKET_TIME, Kind, MarketStep, Published, Zone
from laddnav.market.rules import LENGTHS, UnfitPrices

PER_MWH = Decimal(1000)  # kWh


class NoPrices(Refusal):
    """The source has nothing for these days, yet."""


class Asked(Struct, frozen=True, kw_only=True):
    """What is asked of a source: all of a day of the market. `url` is where the operator says that it is found."""

    zone: Zone
    kind: Kind
    day: date
    url: str
    key: str | None = None


class Feed(Struct, frozen=True, kw_only=True):
    """A source. `reads` takes a document, and the zone that it is of where it does not say so itself.

    `url`: where everybody finds it; None: it comes as a file, or is asked where the operator says. `address` makes the
    URL of a question, and is None where it cannot be asked. `knows` tells by its words whether a document is of it.
    """

    name: str
    kinds: tuple[Kind, ...] = (Kind.PRICE,)
    url: str | None = None
    address: Callable[[Asked], str] | None = None
    needs_key: bool = False
    knows: Callable[[bytes], bool]
    reads: Callable[[bytes, Zone | None, Kind], tuple[Published, ...]]


def number(said: str, where: str) -> Decimal | None:
    """None for the words by which tables say that they do not know. Raises UnfitPrices."""
    text = said.strip()
    if text.lower() in ("", "-", "n/e", "n/a", "nan", "null"):
        return None
    try:
        return sane(Decimal(text.replace(",", ".")))
    except (InvalidOperation, ValueError) as error:
        raise UnfitPrices(f"{where}: {text[:40]!r} is no price") from error


def text(document: bytes) -> str:
    """Raises UnfitPrices."""
    try:
        return document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnfitPrices(f"byte {error.start + 1} is no UTF-8") from error


class Wall:
    """Reads a clock on the wall, from the top of a table to its end: an hour that comes twice is the later one then."""

    def __init__(self, time_zone: str = MARKET_TIME) -> None:
        self._zone = ZoneInfo(time_zone)
        self._before: datetime | None = None

    def at(self, shown: datetime, where: str, *, summer: bool | None = None) -> datetime:
        """`summer`: the table says whether it was summer time. Raises UnfitPrices for what no clock showed."""
        first, second = (utc(shown.replace(tzinfo=self._zone, fold=fold)) for fold in (0, 1))
        if first.astimezone(self._zone).replace(tzinfo=None) != shown:
            raise UnfitPrices(f"{where}: clocks in {self._zone.key} never showed {shown:%Y-%m-%d %H:%M}")
        if summer is None:
            again = self._before is not None and first <= self._before
        else:
            again = not summer
        self._before = second if again else first
        return self._before


def stepped(starts: Iterable[tuple[datetime, Decimal]]) -> tuple[MarketStep, ...]:
    """Steps that only say when they begin last as long as the shortest of their day of the market does."""
    zone = ZoneInfo(MARKET_TIME)
    found = sorted(starts, key=lambda one: one[0])
    shortest: dict[date, timedelta] = {}
    days = [at.astimezone(zone).date() for at, _ in found]
    for (at, _), (after, _), day in zip(found, found[1:], days, strict=False):
        if after - at in LENGTHS:
            shortest[day] = min(shortest.get(day, HOUR), after - at)
    return tuple(MarketStep(at, shortest.get(day, HOUR), value) for (at, value), day in zip(found, days, strict=True))


def which(zone: Zone | None) -> Zone:
    """Raises UnfitPrices where neither the document nor its reader says of which zone it is."""
    if zone is None:
        raise UnfitPrices("It does not say of which bidding zone it is; say it, SE3 for example")
    return zone
