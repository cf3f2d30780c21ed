"""What electricity costs in a zone today and tomorrow, where that is known from; and what grids ask, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from starlette.responses import Response

from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.kit.seal import Seal
from laddnav.market import actions as market
from laddnav.market import rules
from laddnav.market.actions import Wanted
from laddnav.market.feeds import FEEDS
from laddnav.market.feeds.feed import number
from laddnav.market.model import MARKET_TIME, GridTariff, Kind, MarketStep, Series, Zone
from laddnav.market.plain import explained
from laddnav.market.zones import ZONES
from laddnav.market.zones import zone as zone_of
from laddnav.people.api import NotYours, yours
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, Flash, do, see
from laddnav.web.drawn import Chart, Paper
from laddnav.web.format import Format
from laddnav.web.render import folded

PASTED_MAX = 4_000_000  # bytes of a form with a year of quarters in it
EXAMPLE = """{
  "name": "Power tariff 25 A",
  "currency": "SEK",
  "time_zone": "Europe/Stockholm",
  "vat": 25,
  "energy": [{"name": "Transfer", "rates": [{"per_kwh": 0.25}]}],
  "energy_tax": 0.36,
  "per_month": 245,
  "peaks": [{"name": "Power", "per_kw": 45, "top_n": 3}]
}"""


# ---- Prices


async def show(asked: Asked) -> Response:
    """Raises UnknownZone."""
    async with asked.unit() as unit:
        zones = {one.code: one for one, _, _ in await market.known_zones(unit)}
        followed = await market.followed(unit)
        zones |= {one.zone: ZONES[one.zone] for one in followed}
        if asked.query("zone"):
            chosen: Zone | None = zone_of(asked.query("zone") or "")
        else:
            chosen = next((one for one in zones.values() if one.time_zone == asked.zone), None)
            chosen = chosen or next(iter(zones.values()), None)
        if chosen is None:
            return asked.page("prices.html", chosen=None, zones=(), feeds=_askable(), known=tuple(ZONES.values()))
        zones[chosen.code] = chosen
        begin, _ = rules.market_day(_today(unit.now))
        end = begin + timedelta(days=2)
        prices = await market.prices(unit, chosen.code, begin, end)
        carbon = await market.carbon(unit, chosen.code, begin, end)
        documents = await market.documents(unit, chosen.code, limit=8)
        now = unit.now
    here = [one for one in followed if one.zone == chosen.code]
    return asked.page(
        "prices.html",
        chosen=chosen,
        zones=tuple(zones[code] for code in sorted(zones)),
        feeds=_askable(),
        known=tuple(ZONES.values()),
        prices=prices,
        chart=_bars(prices, begin, end, now, asked.language, chosen) if prices.steps else None,
        carbon=_bars(carbon, begin, end, now, asked.language, chosen, height=120) if carbon.steps else None,
        figures=_figures(prices, now),
        guessed=any(one.forecast for one in prices.steps),
        odd=any(one.odd for one in prices.steps),
        expected_at=rules.expected_at(prices.published_until, now),
        followed=here,
        documents=documents,
    )


async def follow(asked: Asked) -> Response:
    """Raises UnknownZone, UnfitFeed, NotYours."""
    _of_the_installation(asked)
    kind = Kind.CARBON if asked.said("feed") == "carbon" else Kind.PRICE
    wanted = Wanted(
        feed=asked.said("feed"),
        url=asked.said("url") or None,
        key=asked.said("key") or None,
        per_euro=number(asked.said("per_euro"), "per_euro"),
    )
    async with asked.unit() as unit:
        one = await market.follow(unit, _seal(asked), asked.said("zone"), kind, wanted, by=asked.visitor.name)
    return asked.done(f"/prices?zone={one.zone}", asked.say("They are fetched from now on."))


async def unfollow(asked: Asked) -> Response:
    """Raises UnknownZone, NotFollowed, NotYours."""
    _of_the_installation(asked)
    kind = Kind.CARBON if asked.said("kind") == Kind.CARBON.value else Kind.PRICE
    async with asked.unit() as unit:
        await market.unfollow(unit, asked.said("zone"), kind, by=asked.visitor.name)
    return asked.done(f"/prices?zone={asked.said('zone')}", asked.say("They are fetched no more; what is known stays."))


async def paste(asked: Asked) -> Response:
    """Raises UnfitPrices, NoPrices, UnknownZone, NotYours."""
    _of_the_installation(asked)
    async with asked.unit() as unit:
        said, kept = await market.import_file(
            unit,
            asked.said("document").encode(),
            zone_code=asked.said("zone") or None,
            name=asked.visitor.name,
            by=asked.visitor.name,
        )
    new, changed = sum(one.new for one in kept), sum(one.changed for one in kept)
    told = asked.say("Kept: %(new)s new, %(changed)s changed.", new=new, changed=changed)
    return asked.done(f"/prices?zone={said[0].zone}", told)


def _today(now: datetime) -> date:
    """The day of the market."""
    return now.astimezone(ZoneInfo(MARKET_TIME)).date()


def _askable() -> Sequence[str]:
    return tuple(one.name for one in FEEDS.values() if one.address is not None)


def _bars(
    series: Series, begin: datetime, end: datetime, now: datetime, language: str, zone: Zone, *, height: float = 240
) -> Chart:
    """The step that holds now is strong, what is guessed is hatched, what is hard to believe has another colour."""
    write = Format(language)
    clock = ZoneInfo(zone.time_zone)
    # What is hard to believe must not make all others flat.
    fit = [float(one.value) for one in series.steps if not one.odd] or [float(one.value) for one in series.steps]
    unit = f"{series.currency}/kWh" if series.kind is Kind.PRICE else "g CO₂/kWh"
    paper = Paper(
        begin,
        end,
        fit,
        height=height,
        write=lambda value: write.number(Decimal(str(value))),
        zone=zone.time_zone,
        language=language,
    )
    most, least = max(fit), min(fit)

    def said(one: MarketStep) -> str:
        hours = f"{one.begin_at.astimezone(clock):%H:%M}–{one.end_at.astimezone(clock):%H:%M}"
        return f"{hours} · {write.number(round(one.value, 4))} {unit}"

    return paper.chart(
        [
            paper.bar(
                one.begin_at,
                one.length,
                0,
                min(max(float(one.value), least, 0), most) if one.odd else float(one.value),
                _look(one, now),
                said(one),
            )
            for one in series.steps
        ],
        now=now,
    )


def _look(one: MarketStep, now: datetime) -> str:
    if one.odd:
        return "odd"
    if one.forecast:
        return "guess"
    if one.begin_at <= now < one.end_at:
        return "here"
    return "past" if one.end_at <= now else ("below" if one.value < 0 else "price")


def _figures(series: Series, now: datetime) -> dict[str, MarketStep | Decimal | None]:
    """Of what is still to come, the cheapest and the dearest; the mean of all."""
    coming = [one for one in series.steps if one.end_at > now and not one.odd]
    values = [one.value for one in series.steps]
    return {
        "now": next((one for one in coming if one.begin_at <= now), None),
        "cheapest": min(coming, key=lambda one: one.value, default=None),
        "dearest": max(coming, key=lambda one: one.value, default=None),
        "mean": sum(values, Decimal(0)) / len(values) if values else None,
    }


def _of_the_installation(asked: Asked) -> None:
    """Raises NotYours: what one party brought would be what all others pay."""
    if asked.visitor.holder is not None:
        raise NotYours


def _seal(asked: Asked) -> Seal:
    return Seal(asked.console.clients.settings.key)


# ---- Grid tariffs


async def tariffs(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await market.tariffs(unit, asked.visitor.holder, before=asked.query("cursor"), limit=51)
    kept = found[:50]
    return asked.page(
        "grid_tariffs.html",
        tariffs=[(one, explained(one.tariff, asked.language)) for one in kept],
        next=kept[-1].ref if len(found) > len(kept) else None,
        begun=asked.query("cursor") is not None,
    )


async def tariff(asked: Asked) -> Response:
    """Raises UnknownGridTariff, NotYours."""
    async with asked.unit() as unit:
        one = await market.tariff_by_ref(unit, asked.part("ref"))
        yours(asked.visitor, one.holder)
    return asked.page(
        "grid_tariff.html",
        kept=one,
        words=explained(one.tariff, asked.language),
        text=_text(one.tariff),
        id=one.id,
        holder=str(one.holder),
        holders=_holders(asked),
    )


async def new_tariff(asked: Asked) -> Response:
    return asked.page("grid_tariff.html", kept=None, words=(), text=EXAMPLE, id="", holder="", holders=_holders(asked))


async def write_tariff(asked: Asked) -> Response:
    """What is wrong with it is said above it as it was typed, and nothing is changed. Raises NotYours."""
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    text, id = asked.said("tariff"), asked.said("id")
    try:
        if not id:
            raise rules.UnfitTariff("id: it needs one, under which sites name it")
        said = json.decode(text, GridTariff)
        async with asked.unit() as unit:
            one = await market.save_tariff(unit, holder, id, said, by=asked.visitor.name)
    except Refusal as error:
        return asked.page(
            "grid_tariff.html",
            status=422,
            flash=Flash("bad", str(error)),
            kept=None,
            words=(),
            text=text,
            id=id,
            holder=str(holder),
            holders=_holders(asked),
        )
    return asked.done(f"/grid-tariffs/{one.ref}", asked.say("The grid tariff is kept."))


async def remove_tariff(asked: Asked) -> Response:
    """Raises UnknownGridTariff, NotYours."""
    async with asked.unit() as unit:
        one = await market.tariff_by_ref(unit, asked.part("ref"))
        await market.remove_tariff(unit, yours(asked.visitor, one.holder), one.id, by=asked.visitor.name)
    return asked.done("/grid-tariffs", asked.say("The grid tariff is gone."))


def _text(tariff: GridTariff) -> str:
    """As it can be changed and sent back: without the fields that say nothing."""
    return folded(json.encode(tariff).decode())


def _holders(asked: Asked) -> list[tuple[str, str]]:
    mine = asked.visitor.holder
    return [(str(party.holder), party.name) for party in asked.parties if mine in (None, party.holder)]


DOORS: tuple[Door, ...] = (
    see("/prices", show),
    do("/prices/follow", follow, Role.ADMIN),
    do("/prices/unfollow", unfollow, Role.ADMIN),
    do("/prices/paste", paste, form_max=PASTED_MAX),
    see("/grid-tariffs", tariffs),
    see("/grid-tariffs/new", new_tariff),
    do("/grid-tariffs", write_tariff),
    see("/grid-tariffs/{ref}", tariff),
    do("/grid-tariffs/{ref}/remove", remove_tariff),
)
