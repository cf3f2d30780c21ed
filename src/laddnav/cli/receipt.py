"""A price as a person reads it: what was used, what of it is paid, at which price, and why; then the sums and taxes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from laddnav.cli.saying import table
from laddnav.cli.spelling import number
from laddnav.kit.money import minor_unit
from laddnav.pricing.model import Amount, Line, Priced
from laddnav.pricing.reasons import said
from laddnav.pricing.remarks import remark
from laddnav.pricing.rounding import in_hours, rounded

_UNITS = {"kWh": "/kWh", "h": "/h", "x": ""}


def receipt(price: Priced, zone: str | None, language: str) -> str:
    """Times are those of the Location where its zone is known, else UTC. Amounts are exact but for the last line."""
    parts = [list(_lines(price, zone, language)), list(_sums(price)), list(_remarks(price, language))]
    return "\n\n".join("\n".join(part) for part in parts if part)


def money(amount: Decimal | None, currency: str) -> str:
    """Exact, and at least to the coin: 5.00 and 2.375."""
    if amount is None:
        return "unknown"
    text = number(amount)
    coin = minor_unit(currency)
    return f"{amount:.{-int(coin.as_tuple().exponent)}f}" if amount == amount.quantize(coin) else text


def _lines(price: Priced, zone: str | None, language: str) -> Iterator[str]:
    if not price.lines:
        yield "Nothing that this tariff puts a price on was used."
        return
    head = (f"from ({zone or 'UTC'})", "what", "used", "paid for", "price", "before taxes", "after taxes")
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
        "" if limit else f"{money(line.unit_price, currency)}{_UNITS.get(line.unit, '')}",
        money(line.amount.excl, currency),
        money(line.amount.incl, currency),
    )


def _place(line: Line) -> str:
    if line.element is None:
        return f" [{line.tariff_id}]"
    return f" [{line.tariff_id} /elements/{line.element}/price_components/{line.component}]"


def _volume(volume: Decimal, unit: str) -> str:
    return f"{number(volume)} {unit}" if unit != "x" else f"{number(volume)} ×"


def _clock(at: datetime, zone: str | None) -> str:
    local = at.astimezone(ZoneInfo(zone or "UTC"))
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


def _sums(price: Priced) -> Iterator[str]:
    currency = price.currency
    used = {
        "Fixed": (price.fixed, ""),
        "Energy": (price.energy, f"{number(price.used.kwh)} kWh"),
        "Time": (price.time, f"{number(in_hours(price.lasted))} h in all"),
        "Parking": (price.parking, f"{number(in_hours(price.parked))} h"),
        "Reservation": (price.reservation, f"{number(in_hours(price.reserved))} h"),
    }
    shown = {name: one for name, one in used.items() if one[0].excl != 0 or one[0].incl != 0 or name == "Energy"}
    taxes = [(f"{tax.name} {_percentage(tax.percentage)}".rstrip(), tax) for tax in price.total.taxes]
    yield from table(
        [
            ("", "", "before taxes", "after taxes"),
            *((name, volume, *_sides(amount, currency)) for name, (amount, volume) in shown.items()),
            *((name, _of(tax.base, currency), "", money(tax.amount, currency)) for name, tax in taxes),
            (f"Total {currency}", "", *_sides(price.total, currency)),
            ("Rounded", "", *_sides(rounded(price).total, currency)),
        ],
        frozenset({1, 2, 3}),
    )


def _of(base: Decimal | None, currency: str) -> str:
    return "" if base is None else f"of {money(base, currency)}"


def _percentage(percentage: Decimal | None) -> str:
    return "" if percentage is None else f"{number(percentage)} %"


def _sides(amount: Amount, currency: str) -> tuple[str, str]:
    return money(amount.excl, currency), money(amount.incl, currency)


def _remarks(price: Priced, language: str) -> Iterator[str]:
    for one in price.flags:
        yield f"Note: {remark(one, language)}"
