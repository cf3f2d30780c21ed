"""VAT numbers: how each country writes them, so far as a wrong one can be told from that."""

from __future__ import annotations

import re

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
