"""What is said wrongly out there, each with its repair: done by name before the words are read, and always reported.

A connection's policy names the repairs that its partner needs; an imported file gets all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.core import get_global
from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.json import sane
from laddnav.locations.model import Status
from laddnav.ocpi.wire.shared.geo import degrees
from laddnav.sessions.model import Status as SessionStatus


class Repair(Struct, frozen=True, kw_only=True):
    """One thing that was put right, or left out: where (a JSON pointer into what came), and a sentence for a person."""

    name: str
    pointer: str
    says: str


class _Keep:
    """What a repair answers where there is nothing to repair."""


KEEP = _Keep()
_NO_MORE = {"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"}  # countries of the past that CLDR still knows
_ALPHA_3 = {
    alpha_2[0]: alpha_3
    for alpha_3, alpha_2 in get_global("territory_aliases").items()
    if len(alpha_3) == 3 and alpha_3.isalpha() and len(alpha_2) == 1 and alpha_3 not in _NO_MORE
}
DROP = None  # absence and null mean the same (OCPI 2.2.1 terminology_cardinality)

Mend = Callable[[str, Any], Any]  # (name of the field, what it says) -> what it should say, KEEP or DROP


# ---- Fields: each repair looks at one field by itself ----------------------------------------------------------------

_SIGNED = {"plain_data", "signed_data", "public_key"}  # kept to the byte
_NUMBERS = frozenset(
    """price vat volume kwh excl_vat incl_vat before_taxes after_taxes percentage amount preauthorize_amount
    min_kwh max_kwh min_current max_current min_power max_power total_cost total_energy total_time
    total_parking_time""".split()
)
_INTEGERS = frozenset(
    """step_size max_voltage max_amperage max_electric_power min_duration max_duration width height timeout
    encoding_method_version""".split()
)
_TEXTS = frozenset(
    """id uid evse_id party_id postal_code floor_level physical_reference visual_number contract_id location_id evse_uid
    connector_id session_id""".split()
)
_OBJECTS = frozenset(
    """ coordinates operator suboperator owner opening_times energy_mix hours cdr_token cdr_location total_cost
    min_price max_price""".split()
) | {""}
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_STATUSES = {*Status, *SessionStatus}
_CLOCKS = {"start_time", "end_time", "period_begin", "period_end"}
_CONTROL = re.compile(r"\s*[\x00-\x1f\x7f]+\s*")
_SECONDS = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?")


def _empty_text(field: str, said: Any) -> Any:
    return DROP if isinstance(said, str) and not said.strip() and field not in _SIGNED else KEEP


def _control_characters(field: str, said: Any) -> Any:
    if not isinstance(said, str) or field in _SIGNED or not _CONTROL.search(said):
        return KEEP
    return _CONTROL.sub(" ", said).strip()


def _quoted_number(field: str, said: Any) -> Any:
    if not isinstance(said, str) or field not in _NUMBERS | _INTEGERS:
        return KEEP
    try:
        number = sane(Decimal(said.strip().replace(",", ".")))
    except (InvalidOperation, ValueError):
        return KEEP
    return int(number) if field in _INTEGERS and number == number.to_integral_value() else number


def _fraction_of_a_whole(field: str, said: Any) -> Any:
    if not isinstance(said, Decimal) or field not in _INTEGERS:
        return KEEP
    try:
        # Only of what is sane: 1e999999999 is a whole number too, and would fill the memory.
        return int(said) if sane(said) == said.to_integral_value() else KEEP
    except ValueError:
        return KEEP


def _number_for_text(field: str, said: Any) -> Any:
    return str(said) if field in _TEXTS and isinstance(said, int) and not isinstance(said, bool) else KEEP


def _named_weekday(field: str, said: Any) -> Any:
    if field != "weekday" or not isinstance(said, str):
        return KEEP
    word = said.strip().upper()
    if word in tuple("1234567"):
        return int(word)
    return next((number for number, day in enumerate(_DAYS, 1) if len(word) >= 2 and day.startswith(word)), KEEP)


def _clock_with_seconds(field: str, said: Any) -> Any:
    """A last second belongs to the minute that it ends: 19:59:59 as an end is 20:00, 23:59:59 is 00:00."""
    match = _SECONDS.fullmatch(said) if isinstance(said, str) and field in _CLOCKS else None
    if match is None:
        return KEEP
    minute = int(match[1]) * 60 + int(match[2])
    if match[3] == "59" and field in ("end_time", "period_end"):
        minute += 1
    # Hours end with the last minute of a day (OCPI 2.2.1 mod_locations_regularhours_class), prices with midnight.
    if minute >= 24 * 60:
        minute = 24 * 60 - 1 if field == "period_end" else 0
    clock = f"{minute // 60:02}:{minute % 60:02}"
    return KEEP if clock == said else clock


def _alpha_2_country(field: str, said: Any) -> Any:
    return _ALPHA_3.get(said.upper(), KEEP) if field == "country" and isinstance(said, str) and len(said) == 2 else KEEP


def _alpha_3_country_code(field: str, said: Any) -> Any:
    if field != "country_code" or not isinstance(said, str) or len(said) != 3:
        return KEEP
    return next((two for two, three in _ALPHA_3.items() if three == said.upper()), KEEP)


def _upper_case_language(field: str, said: Any) -> Any:
    """`de-DE` and `DE` are the language `de`."""
    if field != "language" or not isinstance(said, str):
        return KEEP
    code = re.split(r"[-_]", said.strip())[0].lower()
    return code if code != said and len(code) == 2 else KEEP


def _loose_coordinates(field: str, said: Any) -> Any:
    if field not in ("latitude", "longitude") or isinstance(said, bool) or not isinstance(said, (str, int, Decimal)):
        return KEEP
    try:
        angle = Decimal(str(said).strip().replace(",", "."))
    except InvalidOperation:
        return KEEP
    if not angle.is_finite() or abs(angle) > 180:
        return KEEP
    text = degrees(angle, 10 if field == "latitude" else 11)
    return KEEP if text == said else text


def _unknown_status(field: str, said: Any) -> Any:
    """Of an Evse; what a Session says of itself is left as it is."""
    return Status.UNKNOWN.value if field == "status" and isinstance(said, str) and said not in _STATUSES else KEEP


def _link_without_scheme(field: str, said: Any) -> Any:
    links = {"website", "url", "thumbnail", "terms_and_conditions", "tariff_alt_url"}
    bare = field in links and isinstance(said, str) and re.fullmatch(r"[\w-]+(\.[\w-]+)+(/\S*)?", said.strip())
    return f"https://{said.strip()}" if bare else KEEP


def _restrictions_in_list(field: str, said: Any) -> Any:
    if field != "restrictions" or not isinstance(said, list) or len(said) > 1:
        return KEEP
    return said[0] if said else DROP


def _yes_or_no(field: str, said: Any) -> Any:
    """YAML 1.1 reads the words YES and NO as booleans, and writes JSON's."""
    return KEEP if field != "tax_included" or not isinstance(said, bool) else "YES" if said else "NO"


def _long_text(field: str, said: Any) -> Any:
    most = {"text": 512, "city": 45, "physical_reference": 16, "floor_level": 4, "name": 255, "address": 255}.get(field)
    if most is None or not isinstance(said, str) or len(said) <= most:
        return KEEP
    return said[: most - 1] + "…"


def _object_in_list(field: str, said: Any) -> Any:
    """`field` is empty for the whole of what was said."""
    alone = isinstance(said, list) and len(said) == 1 and isinstance(said[0], dict)
    return said[0] if alone and field in _OBJECTS else KEEP


def _owner_of_token(listener: PartyId) -> Mend:
    """OCPI 2.2 did not say whose Token it was: nobody else is told of it, so it is the listener's."""
    owner = {"country_code": listener.country, "party_id": listener.party}

    def mend(field: str, said: Any) -> Any:
        if field != "cdr_token" or not isinstance(said, dict) or (said.get("country_code") and said.get("party_id")):
            return KEEP
        return said | owner

    return mend


def _never(field: str, said: Any) -> Any:
    return KEEP


class Quirk(Struct, frozen=True):
    """`says` is the sentence for a person, with the field's name and what it said put in.

    `heard_by` makes the repair for whoever listens, where it takes that to know what was meant.
    """

    says: str
    mend: Mend
    heard_by: Callable[[PartyId], Mend] | None = None


# In this order: what comes first makes the words fit for what follows.
FIELDS: dict[str, Quirk] = {
    "object-in-list": Quirk("one object stood in a list", _object_in_list),
    "empty-text": Quirk("{field} was an empty text and counts as absent", _empty_text),
    "control-characters": Quirk("{field} had line breaks or tabs, which became spaces", _control_characters),
    "long-text": Quirk("{field} was longer than OCPI allows and was cut", _long_text),
    "quoted-number": Quirk("{field} was the text {said}, not the number", _quoted_number),
    "fraction-of-a-whole": Quirk("{field} is a whole number and was written {said}", _fraction_of_a_whole),
    "number-for-text": Quirk("{field} was the number {said}, not the text", _number_for_text),
    "named-weekday": Quirk("weekday was {said}, not a number from 1 to 7", _named_weekday),
    "clock-with-seconds": Quirk("{field} was {said}; OCPI says hours and minutes", _clock_with_seconds),
    "alpha-2-country": Quirk("country was {said}; OCPI says three letters there", _alpha_2_country),
    "alpha-3-country-code": Quirk("country_code was {said}; OCPI says two letters there", _alpha_3_country_code),
    "upper-case-language": Quirk("language was {said}; ISO 639-1 says two small letters", _upper_case_language),
    "loose-coordinates": Quirk("{field} was {said}; OCPI says a text with five to seven decimals", _loose_coordinates),
    "unknown-status": Quirk("status {said} is none of OCPI's and counts as UNKNOWN", _unknown_status),
    "link-without-scheme": Quirk("{field} was {said}, without https", _link_without_scheme),
    "boolean-tax-included": Quirk("tax_included was {said}; OCPI says YES, NO or N/A", _yes_or_no),
    "restrictions-in-list": Quirk("restrictions were a list; OCPI says one object", _restrictions_in_list),
    "token-without-owner": Quirk("cdr_token did not say whose it is, so it is ours", _never, _owner_of_token),
}


def mended(
    words: Any, names: Iterable[str] = FIELDS, pointer: str = "", listener: PartyId | None = None
) -> tuple[Any, tuple[Repair, ...]]:
    """The words with the named repairs of fields done, wherever they apply, and what was done."""
    repairs: list[Repair] = []
    quirks = {name: FIELDS[name] for name in FIELDS if name in set(names)}
    if listener is not None:
        quirks = {
            name: one if one.heard_by is None else Quirk(one.says, one.heard_by(listener))
            for name, one in quirks.items()
        }
    if isinstance(words, list):
        words = _mended("", words, pointer, quirks, repairs)
    return _walked(words, pointer, quirks, repairs), tuple(repairs)


def _walked(words: Any, pointer: str, quirks: dict[str, Quirk], repairs: list[Repair]) -> Any:
    if isinstance(words, list):
        return [_walked(one, f"{pointer}/{index}", quirks, repairs) for index, one in enumerate(words)]
    if not isinstance(words, dict):
        return words
    whole: dict[str, Any] = {}
    for field, said in words.items():
        where = f"{pointer}/{field}"
        said = _mended(field, said, where, quirks, repairs)
        if said is not DROP:
            whole[field] = _walked(said, where, quirks, repairs)
    return whole


def _mended(field: str, said: Any, where: str, quirks: dict[str, Quirk], repairs: list[Repair]) -> Any:
    for name, quirk in quirks.items():
        better = quirk.mend(field, said)
        if better is not KEEP:
            repairs.append(Repair(name=name, pointer=where, says=quirk.says.format(field=field, said=_shown(said))))
            said = better
    return said


def _shown(said: Any) -> str:
    return str(said) if len(str(said)) <= 40 else str(said)[:39] + "…"
