"""Tariffs: what they come to in plain words, when which price applies, and what is wrong with them."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.responses import Response

from laddnav.kit.energy import wh
from laddnav.kit.time import hours
from laddnav.pricing.lint.findings import Finding, Severity
from laddnav.pricing.lint.rules import linted
from laddnav.pricing.model import CannotPrice
from laddnav.pricing.plain.explain import passages
from laddnav.pricing.plain.week import FIRST_YEAR, LAST_YEAR, Band, Day, Offered, Week, week
from laddnav.sessions.choices import USUAL_POWER
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import PriceComponent, Restriction, Tariff, TariffDimension, TaxIncluded
from laddnav.tariffs.words import length, number, when
from laddnav.web.asked import Asked, Door, see
from laddnav.web.format import Format
from laddnav.web.pages.foreseen import foreseen
from laddnav.web.words import N_

PAGE = 50
ALWAYS = Restriction()
UNITS = {"ENERGY": "kWh", "TIME": "h", "PARKING_TIME": "h", "RESERVATION_TIME": "h"}
WORTH_A_LOOK = (Severity.ERROR, Severity.WARNING)  # in a list; a hint waits on the tariff's own page
QUICKLY_LINTED = 32  # Elements, which take milliseconds; what a list shows fifty of must not take seconds each
LEVELS = 5  # shades of a price in the picture of a week, from the lowest to the highest
A_WEEK = timedelta(days=7)
TAXES = {
    TaxIncluded.YES: N_("Prices with taxes"),
    TaxIncluded.NOT_APPLICABLE: N_("No taxes apply"),
}


class TariffRow(Struct, frozen=True, kw_only=True):
    """`found`: how many findings there are of each severity, the gravest first.

    None are looked for in a partner's, which is the partner's to mend, and in a large one.
    """

    ref: str
    tariff: Tariff
    says: str
    validity: str
    found: list[tuple[Severity, int]]


class ComponentShown(Struct, frozen=True, kw_only=True):
    """One PriceComponent in the words of a reader; `number` is its Element's, from 1."""

    number: int
    component: PriceComponent
    unit: str
    step: str | None
    when: str | None


class FindingShown(Struct, frozen=True, kw_only=True):
    """`element` is the number that the page gives to the Element that it is about, if it is about one."""

    finding: Finding
    element: int | None


class Price(Struct, frozen=True, kw_only=True):
    """A price in a band, and what must hold for it; `amount` 0 is free."""

    amount: Decimal
    when: str | None


class Key(Struct, frozen=True, kw_only=True):
    """What a shade stands for: prices in the order in which they are tried, after which it may be free."""

    level: int
    prices: tuple[Price, ...]
    free: bool

    @property
    def depends(self) -> bool:
        """On more than the clock."""
        return len(self.prices) + self.free > 1


class Piece(Struct, frozen=True, kw_only=True):
    """A band as it is drawn: where and how wide in percent of the day, and how much room there is for words."""

    x: str
    width: str
    room: str
    hours: str
    key: Key


class Strip(Struct, frozen=True, kw_only=True):
    """A day; `hours` where it has not 24 of them."""

    on: date
    hours: Decimal | None
    pieces: tuple[Piece, ...]


class Picture(Struct, frozen=True, kw_only=True):
    """The week of one dimension. `steady`: every hour of it is alike, and there is nothing to draw."""

    dimension: str
    unit: str
    keys: tuple[Key, ...]
    strips: tuple[Strip, ...]
    days_alike: tuple[tuple[Strip, ...], ...]

    @property
    def steady(self) -> bool:
        return len(self.keys) == 1


async def list_all(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        known = await tariffs.page(unit, asked.visitor.holder, after=cursor, limit=PAGE + 1)
        now = unit.now
    page = known[:PAGE]
    return asked.page(
        "tariffs.html",
        rows=[_row(asked, ref, tariff, now, ours=tariff.owner == holder) for ref, holder, tariff in page],
        next=page[-1][0] if len(known) > PAGE else None,
        begun=cursor is not None,
    )


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        holder, tariff = await tariffs.by_ref(unit, asked.part("ref"))
        now = unit.now
    today = now.astimezone(ZoneInfo(asked.zone)).date()
    monday = _asked_week(asked.query("week")) or today
    monday -= timedelta(days=monday.weekday())
    pictures = _pictures(tariff, monday, asked)
    # A large tariff takes seconds to be looked at, in which others are to be answered.
    findings = await asyncio.to_thread(linted, tariff, asked.language)
    return asked.page(
        "tariff.html",
        tariff=tariff,
        foreseen=foreseen(asked, tariff, zone=asked.zone, now=now, power=USUAL_POWER, after_taxes=False),
        validity=validity(tariff, now),
        taxes=asked.say(TAXES[tariff.tax_included] if tariff.tax_included in TAXES else N_("Prices before taxes")),
        passages=passages(tariff, asked.language),
        findings=shown(findings),
        ours=tariff.owner == holder,
        pictures=[each for each in pictures if not each.steady],
        steady=[each for each in pictures if each.steady],
        monday=monday,
        week_before=monday - A_WEEK,
        week_after=monday + A_WEEK,
        this_week=monday <= today < monday + A_WEEK,
        rows=[
            ComponentShown(
                number=place,
                component=component,
                unit=UNITS.get(component.type, ""),
                step=_step(component, asked.language),
                when=None if element.restriction == ALWAYS else when(element.restriction, asked.language),
            )
            for place, element in enumerate(tariff.elements, start=1)
            for component in element.components
        ],
    )


def _row(asked: Asked, ref: str, tariff: Tariff, now: datetime, *, ours: bool) -> TariffRow:
    looked_at = ours and len(tariff.elements) <= QUICKLY_LINTED
    many = Counter(finding.severity for finding in linted(tariff, asked.language)) if looked_at else Counter()
    return TariffRow(
        ref=ref,
        tariff=tariff,
        says=_in_short(asked, tariff),
        validity=validity(tariff, now),
        found=[(severity, many[severity]) for severity in WORTH_A_LOOK if many[severity]],
    )


def _in_short(asked: Asked, tariff: Tariff) -> str:
    """`Energy 2.95–6.25 SEK/kWh, Parking time 12 SEK/h`: what is never free, from its lowest price to its highest."""
    prices: dict[str, list[Decimal]] = {}
    for element in tariff.elements:
        for component in element.components:
            if component.price and element.restriction.booking is None:
                reserving = "RESERVATION_" if element.restriction.reservation else ""
                prices.setdefault(f"{reserving}{component.type}", []).append(component.price)
    said = [
        f"{asked.term(what)} {_range(some, asked.language, tariff.currency)}"
        + (f"/{UNITS[what]}" if what in UNITS else "")
        for what, some in prices.items()
    ]
    return ", ".join(said) or asked.say("Free")


def _range(prices: list[Decimal], language: str, currency: str) -> str:
    coins = Format(language).coins
    return "–".join(coins(price, currency) for price in dict.fromkeys((min(prices), max(prices)))) + f" {currency}"


def _step(component: PriceComponent, language: str) -> str | None:
    """A step that changes nothing is not worth a word."""
    if component.type is TariffDimension.FLAT or component.step_size <= 1:
        return None
    if component.type is TariffDimension.ENERGY:
        return f"{number(wh(Decimal(component.step_size)).kwh, language)} kWh"
    return length(timedelta(seconds=component.step_size), language)


def validity(tariff: Tariff, now: datetime) -> str:
    if tariff.starts_at is not None and now < tariff.starts_at:
        return "coming"
    return "over" if tariff.ends_at is not None and now >= tariff.ends_at else "valid"


def shown(findings: Iterable[Finding]) -> list[FindingShown]:
    return [FindingShown(finding=each, element=_element(each.pointer)) for each in findings]


def _element(pointer: str) -> int | None:
    place = re.match(r"/elements/(\d+)", pointer)
    return int(place[1]) + 1 if place else None


# The picture of a week ------------------------------------------------------------------------------------------------


def _asked_week(said: str | None) -> date | None:
    """What nobody can mean is as if nothing were asked."""
    try:
        day = date.fromisoformat(said or "")
    except ValueError:
        return None
    return day if FIRST_YEAR < day.year < LAST_YEAR else None


def _pictures(tariff: Tariff, monday: date, asked: Asked) -> list[Picture]:
    """None of a tariff that is too large to be drawn."""
    try:
        shown = week(tariff, monday, asked.zone)
    except CannotPrice:
        return []
    return [_picture(shown, row.dimension, asked.language) for row in shown.days[0].rows]


def _picture(shown: Week, dimension: str, language: str) -> Picture:
    bands = [(day, row.bands) for day in shown.days for row in day.rows if row.dimension == dimension]
    distinct = list(dict.fromkeys((band.offered, band.free) for _, of_day in bands for band in of_day))
    highest = sorted({_highest(offered) for offered, _ in distinct} - {Decimal(0)})
    keys = {
        (offered, free): Key(
            level=_level(_highest(offered), highest), prices=tuple(_prices(offered, language)), free=free
        )
        for offered, free in distinct
    }
    strips = tuple(_strip(day, of_day, keys, shown.zone) for day, of_day in bands)
    return Picture(
        dimension=dimension,
        unit=UNITS.get(dimension, ""),
        keys=tuple(sorted(keys.values(), key=lambda key: (key.level, [price.amount for price in key.prices]))),
        strips=strips,
        days_alike=tuple(tuple(group) for _, group in groupby(strips, lambda strip: (strip.hours, strip.pieces))),
    )


def _highest(offered: tuple[Offered, ...]) -> Decimal:
    return max((each.price for each in offered), default=Decimal(0))


def _level(price: Decimal, highest: list[Decimal]) -> int:
    """0 for what is free; one price alone is in the middle."""
    if price not in highest:
        return 0
    if len(highest) == 1:
        return (LEVELS + 1) // 2
    return 1 + highest.index(price) * (LEVELS - 1) // (len(highest) - 1)


def _prices(offered: tuple[Offered, ...], language: str) -> list[Price]:
    return [
        Price(amount=each.price, when=None if each.restriction == ALWAYS else when(each.restriction, language))
        for each in offered
    ]


def _strip(day: Day, bands: tuple[Band, ...], keys: dict[tuple[tuple[Offered, ...], bool], Key], zone: str) -> Strip:
    whole = day.ended_at - day.started_at
    clock = ZoneInfo(zone)

    def piece(band: Band) -> Piece:
        lasts = band.ended_at - band.started_at
        until = "24:00" if band.ended_at == day.ended_at else f"{band.ended_at.astimezone(clock):%H:%M}"
        return Piece(
            x=_percent(band.started_at - day.started_at, whole),
            width=_percent(lasts, whole),
            room=_room(lasts, words=len(band.offered) > 1),
            hours=f"{band.started_at.astimezone(clock):%H:%M}–{until}",
            key=keys[band.offered, band.free],
        )

    pieces = tuple(piece(band) for band in bands)
    return Strip(on=day.on, hours=None if whole == timedelta(days=1) else hours(whole), pieces=pieces)


def _percent(part: timedelta, whole: timedelta) -> str:
    return f"{100 * part / whole:.3f}%"


def _room(lasts: timedelta, *, words: bool) -> str:
    """For a price anywhere, on a wide screen only, or nowhere; a range of prices takes twice the room."""
    places = lasts / timedelta(hours=2 if words else 1)
    return "any" if places >= 4 else "wide" if 2 * places >= 3 else "none"


DOORS: tuple[Door, ...] = (see("/tariffs", list_all), see("/tariffs/{ref}", one))
