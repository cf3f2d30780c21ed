"""A price as a person reads it: what was used, what of it is paid, at which price, and why; then the sums and taxes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from zoneinfo import ZoneInfo

from laddnav.cli.saying import table
from laddnav.cli.spelling import number
from laddnav.kit.money import minor_unit
from laddnav.pricing.flags import Flag
from laddnav.pricing.model import Amount, Line, Priced
from laddnav.pricing.plain.remarks import remark
from laddnav.pricing.reasons import said
from laddnav.pricing.rounding import rounded
from laddnav.tariffs.words import length

_UNITS = {"kWh": "/kWh", "h": "/h", "x": ""}
# The names of dimensions stay OCPI's own: the reader looks them up in the Tariff.
_SWEDISH = {
    "Energy": "Energi",
    "Fixed": "Fast avgift",
    "Note": "Obs",
    "Nothing that this tariff puts a price on was used.": "Inget som tariffen har ett pris för användes.",
    "Parking": "Parkering",
    "Reservation": "Bokning",
    "Rounded": "Avrundat",
    "Time": "Tid",
    "Total": "Summa",
    "after taxes": "med skatt",
    "before taxes": "före skatt",
    "from": "från",
    "in all": "totalt",
    "of": "av",
    "paid for": "debiteras",
    "price": "pris",
    "used": "använt",
    "what": "vad",
}


def receipt(price: Priced, zone: str | None, language: str) -> str:
    """Times are those of the Location where its zone is known, else UTC. Every digit there is, JSON has."""
    parts = [list(_lines(price, zone, language)), list(_sums(price, language)), list(_remarks(price, language))]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _say(words: str, language: str) -> str:
    return _SWEDISH.get(words, words) if language == "sv" else words


def money(amount: Decimal | None, currency: str) -> str:
    """To the coin, and two places more where it has them: 5.00 and 2.375."""
    if amount is None:
        return "unknown"
    coin = minor_unit(currency)
    fine = amount.quantize(coin.scaleb(-2), ROUND_HALF_EVEN)
    return f"{fine.quantize(coin):f}" if fine == fine.quantize(coin) else number(fine)


def _exact(price: Decimal, currency: str) -> str:
    """A price of the Tariff: as it is written there, at least to the coin."""
    coin = minor_unit(currency)
    return f"{price.quantize(coin):f}" if price == price.quantize(coin) else number(price)


def _lines(price: Priced, zone: str | None, language: str) -> Iterator[str]:
    if not price.lines:
        yield _say("Nothing that this tariff puts a price on was used.", language)
        return
    names = (_say(name, language) for name in ("what", "used", "paid for", "price", "before taxes", "after taxes"))
    head = (f"{_say('from', language)} ({zone or 'UTC'})", *names)
    rows = [head, *(_row(line, price.currency, zone) for line in price.lines)]
    titles, *drawn = table(rows, frozenset({2, 3, 4, 5, 6}))
    yield titles
    for line, row in zip(price.lines, drawn, strict=True):
        yield row
        yield f"    {said(line.reason, language)}{_place(line)}"


def _row(line: Line, currency: str, zone: str | None) -> tuple[str, ...]:
    limit = line.element is None
    return (
        _clock(line.started_at, zone),
        line.dimension,
        "" if limit else _volume(line.volume, line.unit),
        "" if limit else _volume(line.billed_volume, line.unit),
        "" if limit else f"{_exact(line.unit_price, currency)}{_UNITS.get(line.unit, '')}",
        money(line.amount.excl, currency),
        money(line.amount.incl, currency),
    )


def _place(line: Line) -> str:
    if line.element is None:
        return f" [{line.tariff_id}]"
    return f" [{line.tariff_id} /elements/{line.element}/price_components/{line.component}]"


def _volume(volume: Decimal, unit: str) -> str:
    match unit:
        case "h":
            return length(timedelta(seconds=round(volume * 3600)))
        case "x":
            return f"{number(volume)} ×"
        case _:
            return f"{number(volume)} {unit}"


def _clock(at: datetime, zone: str | None) -> str:
    local = at.astimezone(ZoneInfo(zone or "UTC"))
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


def _sums(price: Priced, language: str) -> Iterator[str]:
    say, currency = partial(_say, language=language), price.currency
    used = {
        "Fixed": (price.fixed, ""),
        "Energy": (price.energy, f"{number(price.used.kwh)} kWh"),
        "Time": (price.time, f"{length(price.lasted)} {say('in all')}"),
        "Parking": (price.parking, length(price.parked)),
        "Reservation": (price.reservation, length(price.reserved)),
    }
    shown = {name: one for name, one in used.items() if one[0].excl != 0 or one[0].incl != 0 or name == "Energy"}
    taxes = [(f"{tax.name} {_percentage(tax.percentage)}".rstrip(), tax) for tax in price.total.taxes]
    yield from table(
        [
            ("", "", say("before taxes"), say("after taxes")),
            *((say(name), volume, *_sides(amount, currency)) for name, (amount, volume) in shown.items()),
            *((name, _of(tax.base, currency, say("of")), "", money(tax.amount, currency)) for name, tax in taxes),
            (f"{say('Total')} {currency}", "", *_sides(price.total, currency)),
            (say("Rounded"), "", *_sides(rounded(price).total, currency)),
        ],
        frozenset({1, 2, 3}),
    )


def _of(base: Decimal | None, currency: str, of: str) -> str:
    return "" if base is None else f"{of} {money(base, currency)}"


def _percentage(percentage: Decimal | None) -> str:
    return "" if percentage is None else f"{number(percentage)} %"


def _sides(amount: Amount, currency: str) -> tuple[str, str]:
    return money(amount.excl, currency), money(amount.incl, currency)


def _remarks(price: Priced, language: str) -> Iterator[str]:
    for one in price.flags:
        if one.flag is Flag.ZONE_NOT_NEEDED:  # says that nothing depends on it, so nothing does
            continue
        yield f"{_say('Note', language)}: {remark(one, language)}"
