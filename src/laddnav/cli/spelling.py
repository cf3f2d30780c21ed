"""How prices are spelt in the JSON of commands: every number an exact decimal string, every instant in UTC."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from laddnav.kit.time import rfc3339
from laddnav.pricing.model import Amount, Line, Priced
from laddnav.pricing.plain.remarks import remark
from laddnav.pricing.reasons import said
from laddnav.pricing.rounding import in_hours, plain


def number(amount: Decimal) -> str:
    """All its digits, without zeros at the end and without an exponent."""
    return f"{plain(amount):f}"


def maybe(amount: Decimal | None) -> str | None:
    return None if amount is None else number(amount)


def cost(amount: Amount) -> dict[str, Any]:
    """A side that the tariff leaves unknown is null."""
    return {
        "excl": maybe(amount.excl),
        "incl": maybe(amount.incl),
        "taxes": [
            {
                "name": tax.name,
                "percentage": maybe(tax.percentage),
                "base": maybe(tax.base),
                "amount": number(tax.amount),
            }
            for tax in amount.taxes
        ],
    }


def priced(price: Priced, language: str) -> dict[str, Any]:
    """In the order of the CDR's own fields. `flags` are codes, `notes` the same with their place and a sentence."""
    return {
        "currency": price.currency,
        "total_cost": cost(price.total),
        "total_fixed_cost": cost(price.fixed),
        "total_energy": number(price.used.kwh),
        "total_energy_cost": cost(price.energy),
        "total_time": number(in_hours(price.lasted)),
        "total_time_cost": cost(price.time),
        "total_parking_time": number(in_hours(price.parked)),
        "total_parking_cost": cost(price.parking),
        "total_reservation_cost": cost(price.reservation),
        "lines": [line(one, language) for one in price.lines],
        "flags": list(dict.fromkeys(one.flag.value for one in price.flags)),
        "notes": [
            {"flag": one.flag.value, "period": one.period, "tariff_id": one.tariff_id, "says": remark(one, language)}
            for one in price.flags
        ],
    }


def line(one: Line, language: str) -> dict[str, Any]:
    """`element` and `component` are places in the Tariff from 0; null for what a limit adds or takes away."""
    return {
        "period": one.period,
        "period_start": rfc3339(one.started_at),
        "period_end": rfc3339(one.ended_at),
        "dimension": str(one.dimension),
        "volume": number(one.volume),
        "billed_volume": number(one.billed_volume),
        "unit": one.unit,
        "unit_price": number(one.unit_price),
        "vat": maybe(one.vat),
        "cost": cost(one.amount),
        "tariff_id": one.tariff_id,
        "element": one.element,
        "component": one.component,
        "interpolated": one.interpolated,
        "reason": said(one.reason, language),
    }
