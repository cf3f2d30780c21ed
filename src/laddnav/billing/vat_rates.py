"""What VAT countries ask for electricity at a charger, since which day, and how their VAT numbers are written: facts.

Standard rates only: where a country has a lower one for charging, the Tariff tells it. A rate is in force until the
next one.
"""

from __future__ import annotations

import re
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


# How a VAT number looks after the letters of its country; whether it exists, only its tax office knows.
_NUMBERS = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CH": r"E?\d{9}(MWST|TVA|IVA)?",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "GB": r"(\d{9}|\d{12}|GD\d{3}|HA\d{3})",
    "GR": r"\d{9}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"(\d{7}[A-W][A-I]?|\d[A-Z+*]\d{5}[A-W])",
    "IS": r"\d{5,6}",
    "IT": r"\d{11}",
    "LI": r"\d{5}",
    "LT": r"(\d{9}|\d{12})",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "NO": r"\d{9}(MVA)?",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{10}01",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
}
_PREFIXES = {"EL": "GR", "XI": "GB"}  # Greece writes EL, Northern Ireland XI


def vat_country(number: str) -> str | None:
    """Of which country a VAT number is, blanks and dots left aside; None: of none that it could be."""
    bare = re.sub(r"[\s.\-]", "", number).upper()
    country = _PREFIXES.get(bare[:2], bare[:2])
    pattern = _NUMBERS.get(country)
    return country if pattern is not None and re.fullmatch(pattern, bare[2:]) else None
