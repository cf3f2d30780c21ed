"""What VAT countries ask for electricity at a charger, and since which day: facts.

Standard rates only: where a country has a lower one for charging, the Tariff tells it. A rate is in force until the
next one.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

_BEGINNING = date(2016, 1, 1)

# Where VAT is the Union's: in force since 2020-02-01 (Northern Ireland is in it for goods, but writes GB).
EUROPEAN_UNION = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())

# Who sells electricity to somebody who sells it on leaves the VAT to the buyer inside one country too, where that
# country has made use of article 199a (1) (f) of Directive 2006/112/EC; with the law's own name.
REVERSED_AT_HOME = {
    "AT": "§ 2 Z 4 UStBBKV",
    "DE": "§ 13b Abs. 2 Nr. 5 Buchst. b UStG",
}

# From when on the one-stop shop takes electricity for private persons: it is no distance sale (nothing is dispatched),
# so until then VAT of another state is declared there. Directive (EU) 2025/516, the part that applies from this day.
ONE_STOP_SHOP_FROM = date(2027, 1, 1)

_RATES: dict[str, tuple[tuple[str, str], ...]] = {
    "AT": (("", "20"),),
    "BE": (("", "21"),),
    "BG": (("", "20"),),
    "CH": (("", "8"), ("2018-01-01", "7.7"), ("2024-01-01", "8.1")),
    "CY": (("", "19"),),
    "CZ": (("", "21"),),
    "DE": (("", "19"), ("2020-07-01", "16"), ("2021-01-01", "19")),
    "DK": (("", "25"),),
    "EE": (("", "20"), ("2024-01-01", "22"), ("2025-07-01", "24")),
    "ES": (("", "21"),),
    "FI": (("", "24"), ("2024-09-01", "25.5")),
    "FR": (("", "20"),),
    "GB": (("", "20"),),
    "GR": (("", "23"), ("2016-06-01", "24")),
    "HR": (("", "25"),),
    "HU": (("", "27"),),
    "IE": (("", "23"), ("2020-09-01", "21"), ("2021-03-01", "23")),
    "IS": (("", "24"),),
    "IT": (("", "22"),),
    "LI": (("", "8"), ("2018-01-01", "7.7"), ("2024-01-01", "8.1")),
    "LT": (("", "21"),),
    "LU": (("", "17"), ("2023-01-01", "16"), ("2024-01-01", "17")),
    "LV": (("", "21"),),
    "MT": (("", "18"),),
    "NL": (("", "21"),),
    "NO": (("", "25"),),
    "PL": (("", "23"),),
    "PT": (("", "23"),),
    "RO": (("", "20"), ("2017-01-01", "19"), ("2025-08-01", "21")),
    "SE": (("", "25"),),
    "SI": (("", "22"),),
    "SK": (("", "20"), ("2025-01-01", "23")),
}
RATES: dict[str, tuple[tuple[date, Decimal], ...]] = {
    country: tuple((date.fromisoformat(since) if since else _BEGINNING, Decimal(rate)) for since, rate in rates)
    for country, rates in _RATES.items()
}


def standard_rate(country: str, day: date) -> Decimal | None:
    """None: a country, or a day, that the table does not know."""
    in_force = [rate for since, rate in RATES.get(country, ()) if since <= day]
    return in_force[-1] if in_force else None
