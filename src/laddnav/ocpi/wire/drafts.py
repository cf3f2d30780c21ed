"""A CDR as far as its price goes, in the words of any version: for who knows a charge, but no Token and no Location.

`read_charge` reads it back. What a version has no words for is left out; numbers are exact and not rounded to coins.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from laddnav.kit.time import rfc3339
from laddnav.metering.model import ChargingPeriod
from laddnav.pricing.model import Amount, Priced
from laddnav.pricing.rounding import in_hours, plain

Words = dict[str, Any]


class _Spelling(Struct, frozen=True):
    """What the versions spell differently. `cost` None: the version cannot say such an amount."""

    ends: str
    cost: Callable[[Amount], Decimal | Words | None]
    names_parts: bool = True
    names_tariffs: bool = True


def draft(priced: Priced, tariffs: list[Words], version: str) -> Words:
    """`tariffs` in their own words, as the CDR carries them. Raises KeyError for a version that does not exist."""
    spelling = SPELLINGS[version]
    first = priced.periods[0].started_at
    words: Words = {
        "start_date_time": rfc3339(first),
        spelling.ends: rfc3339(first + priced.lasted),
        "currency": priced.currency,
        "tariffs": tariffs,
        "charging_periods": [_period(one, spelling) for one in priced.periods],
        "total_cost": spelling.cost(priced.total),
        "total_energy": plain(priced.used.kwh),
        "total_time": in_hours(priced.lasted),
        "total_parking_time": in_hours(priced.parked),
    }
    if spelling.names_parts:
        words |= {
            "total_fixed_cost": spelling.cost(priced.fixed),
            "total_energy_cost": spelling.cost(priced.energy),
            "total_time_cost": spelling.cost(priced.time),
            "total_parking_cost": spelling.cost(priced.parking),
            "total_reservation_cost": spelling.cost(priced.reservation),
        }
    return {name: said for name, said in words.items() if said is not None}


def _period(period: ChargingPeriod, spelling: _Spelling) -> Words:
    words: Words = {
        "start_date_time": rfc3339(period.started_at),
        "dimensions": [{"type": one.type, "volume": one.volume} for one in period.dimensions],
    }
    if spelling.names_tariffs and period.tariff_id is not None:
        words["tariff_id"] = period.tariff_id
    return words


def _with_vat(amount: Amount) -> Words | None:
    if amount.excl is None:
        return None
    return {"excl_vat": plain(amount.excl)} | ({} if amount.incl is None else {"incl_vat": plain(amount.incl)})


def _with_taxes(amount: Amount) -> Words | None:
    if amount.excl is None:
        return None
    taxes = [
        {"name": tax.name}
        | ({} if tax.percentage is None else {"percentage": tax.percentage})
        | {"amount": plain(tax.amount)}
        for tax in amount.taxes
    ]
    return {"before_taxes": plain(amount.excl)} | ({} if amount.incl is None else {"taxes": taxes})


def _bare(amount: Amount) -> Decimal | None:
    return None if amount.excl is None else plain(amount.excl)


SPELLINGS = MappingProxyType(
    {
        "2.1.1": _Spelling("stop_date_time", _bare, names_parts=False, names_tariffs=False),
        "2.2.1": _Spelling("end_date_time", _with_vat),
        "2.3.0": _Spelling("end_date_time", _with_taxes),
    }
)
