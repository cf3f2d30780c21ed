"""Where a company is found in networks of electronic invoices, and by which number it is registered.

Both from its VAT number, or as it was told. A number that its scheme cannot have is nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from laddnav.kit.vat_numbers import vat_country

# A scheme and a number in it: of electronic addresses (EAS) or of registers (ICD), which share most of their codes.
Named = tuple[str, str]

# Under which scheme a VAT number is an address, as it is written.
_BY_VAT_NUMBER = {
    "AT": "9914",
    "BE": "9925",
    "BG": "9926",
    "CH": "9927",
    "CY": "9928",
    "CZ": "9929",
    "DE": "9930",
    "DK": "0198",
    "EE": "9931",
    "ES": "9920",
    "FR": "9957",
    "GB": "9932",
    "HR": "9934",
    "HU": "9910",
    "IE": "9935",
    "IT": "0211",
    "LI": "9936",
    "LT": "9937",
    "LU": "9938",
    "LV": "9939",
    "MT": "9943",
    "NL": "9944",
    "PL": "9945",
    "PT": "9946",
    "RO": "9947",
    "SI": "9949",
    "SK": "9950",
}
# Under which it is in parts: Sweden and Norway by the number of the company that stands in it, Finland by its OVT code,
# Greece without the letters.
_BY_PART = {
    "SE": ("0007", r"SE(\d{10})01", ""),
    "NO": ("0192", r"NO(\d{9})(?:MVA)?", ""),
    "FI": ("0216", r"FI(\d{8})", "0037"),
    "GR": ("9933", r"(?:EL|GR)(\d{9})", ""),
}
# The number of the company, where it stands in the VAT number.
_REGISTERED = {"SE": _BY_PART["SE"], "NO": _BY_PART["NO"], "DK": ("0184", r"DK(\d{8})", "")}
# The registers of a country: an address by one of their numbers names the company too.
_REGISTERS = {
    "BE": ("0208",),
    "DK": ("0184",),
    "IS": ("0196",),
    "NL": ("0106", "0190"),
    "NO": ("0192",),
    "SE": ("0007",),
}

# The electronic addresses that Peppol takes, as of its release 3.0.21 (PEPPOL-EN16931-CL008).
TAKEN = frozenset(
    (
        "0002 0007 0009 0060 0088 0096 0097 0106 0130 0135 0142 0151 0158 0183 0184 0188 0190 0191 0192 0195 0196 0198"
        " 0199 0200 0201 0204 0208 0209 0210 0211 0216 0218 0221 0225 0230 0235 0240 0242 0244 0245 0246 0248 9910 9913"
        " 9914 9915 9918 9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938"
        " 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959"
    ).split()
)


def address(vat_number: str) -> Named | None:
    """Of a VAT number without blanks; None: its country has no scheme for it."""
    country = vat_country(vat_number) or ""
    if country in _BY_PART:
        return _part(_BY_PART[country], vat_number)
    return (_BY_VAT_NUMBER[country], vat_number) if country in _BY_VAT_NUMBER else None


def company(country: str, vat_number: str, endpoint: Named | None) -> Named | None:
    """The number under which a company is registered in its country: from its VAT number there, or its address."""
    if vat_country(vat_number) == country and country in _REGISTERED:
        return _part(_REGISTERED[country], vat_number)
    return endpoint if endpoint is not None and endpoint[0] in _REGISTERS.get(country, ()) else None


def _part(how: tuple[str, str, str], vat_number: str) -> Named | None:
    scheme, pattern, before = how
    found = re.fullmatch(pattern, vat_number)
    return (scheme, before + found[1]) if found else None


def register_of(name: str, country: str) -> str | None:
    """What a company of Norway owes its papers beside its number, if it is of a kind that must be in that register
    (foretaksregisterloven § 10-2); its kind stands at the end of its name.
    """
    incorporated = country == "NO" and re.search(r"\s(AS|ASA|NUF)$", name.strip(), re.IGNORECASE)
    return "Foretaksregisteret" if incorporated else None


# ---- Numbers that can be


def takes(named: Named) -> bool:
    """Peppol takes it as an address, so far as that can be told: its scheme, its form and its check digits."""
    return named[0] in TAKEN and can_be(named)


def can_be(named: Named) -> bool:
    """Its scheme can have this number (PEPPOL-COMMON-R040 to R059); of most schemes nothing is known."""
    scheme, number = named
    pattern, check = _FORMS.get(scheme, (r".+", _any))
    return re.fullmatch(pattern, number) is not None and check(number)


def can_be_vat(vat_number: str) -> bool:
    """Of one that has the form of its country (`vat_country`), so far as the network asks: in Luxembourg and Norway
    (PEPPOL-COMMON-R058, NO-R-001).
    """
    if vat_number[:2] == "LU":
        return int(vat_number[2:8]) % 89 == int(vat_number[8:10])
    return vat_number[:2] != "NO" or _norwegian(vat_number[2:11])


def _any(_number: str) -> bool:
    return True


def _luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(one // 10 + one % 10 for one in doubled) % 10 == 0


def _gs1(number: str) -> bool:
    return sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(reversed(number))) % 10 == 0


def _eleven(number: str, weights: tuple[int, ...], more: int = 0) -> bool:
    *digits, last = map(int, number)
    return last == (more - sum(weight * digit for weight, digit in zip(weights, digits, strict=True))) % 11


def _norwegian(number: str) -> bool:
    return _eleven(number, (3, 2, 7, 6, 5, 4, 3, 2))


def _luxembourgish(number: str) -> bool:
    """A kind of company, 24, has two series of numbers."""
    weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    return _eleven(number, weights) or (number[4:6] == "24" and _eleven(number, weights, 1))


def _belgian(number: str) -> bool:
    return 97 - int(number[:8]) % 97 == int(number[8:])


_FORMS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "0007": (r"\d{10}", _luhn),
    "0088": (r"\d{13}", _gs1),
    "0096": (r"\d{10}", _any),
    "0106": (r"\d{8}", _any),
    "0184": (r"(DK)?\d{8}", _any),
    "0190": (r"\d{20}", _any),
    "0192": (r"\d{9}", _norwegian),
    "0198": (r"DK\d{8}", _any),
    "0208": (r"\d{10}", _belgian),
    "0211": (r"IT\d{11}", lambda number: _luhn(number[2:])),
    "0240": (r"\d{4}[2-9]\d{6}", _luxembourgish),
    "9944": (r"NL\d{9}B\d{2}", _any),
}
