"""What a plan or a site says of itself, in the language of its reader and with numbers as they are written there."""

from __future__ import annotations

from decimal import Decimal

from laddnav.scheduling.notes import SENTENCES, Said, Value
from laddnav.web.format import Format
from laddnav.web.words import translations


def worded(said: Said, language: str) -> str:
    """As it is, where it is a sentence: somebody wrote it, or it is from before notes had kinds."""
    if isinstance(said, str):
        return said
    write = Format(language)
    values = {name: _written(one, write) for name, one in said.values.items()}
    return translations(language).gettext(SENTENCES[said.kind]) % values


def _written(value: Value, write: Format) -> str:
    match value:
        case str():
            return value
        case int():
            return write.number(value)
        case float():
            return write.number(Decimal(str(value)), least=1)
