"""What is said as a kind with its values, in the language of its reader and with numbers as they are written there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from laddnav.kit.notes import Value
from laddnav.metering import notes as charges
from laddnav.metering.signed import notes as records
from laddnav.ocpp import notes as stations
from laddnav.scheduling import notes as plans
from laddnav.web.format import Format
from laddnav.web.words import translations

_ROOMS: tuple[Mapping[str, str], ...] = (plans.SENTENCES, charges.SENTENCES, records.SENTENCES, stations.SENTENCES)  # type: ignore[assignment]  # a kind is a str
SENTENCES = {kind: sentence for room in _ROOMS for kind, sentence in room.items()}
COUNTED = ("kwh", "wh", "kw")  # units at the end of the names of texts that are numbers


def worded(said: plans.Said, language: str, zone: str = "UTC") -> str:
    """As it is, where it is a sentence: somebody wrote it, or it is from before notes had kinds."""
    if isinstance(said, str):
        return said
    sentence = SENTENCES.get(said.kind)
    if sentence is None:  # a newer version wrote it
        return said.text
    write = Format(language)
    values = {name: _written(name, one, write, zone) for name, one in said.values.items()}
    return translations(language).gettext(sentence) % values


def _written(name: str, value: Value, write: Format, zone: str) -> str:
    match value:
        case str():
            return _read(name.rpartition("_")[2], value, write, zone)
        case int():
            return write.number(value)
        case float():
            return write.number(Decimal(str(value)), least=1)


def _read(unit: str, text: str, write: Format, zone: str) -> str:
    """By what its name ends in; what nobody said, or a station said oddly, stands as it is."""
    try:
        if unit in COUNTED and (number := Decimal(text)).is_finite():
            return write.number(number, most=6)
        if unit == "length":
            return text.replace(" ", "\N{NO-BREAK SPACE}")
        if unit == "at":
            return f"{datetime.fromisoformat(text).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"
    except (InvalidOperation, ValueError):
        pass
    return text
