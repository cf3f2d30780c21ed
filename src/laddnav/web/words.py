"""The languages of the pages, and how a sentence is said in one; its words for states and terms stand beside this."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from laddnav.kit.words import N_ as N_

LANGUAGES = {"en": "English", "sv": "Svenska"}
LOCALES = {"en": "en_GB", "sv": "sv_SE"}  # whose numbers and dates a language is written with

_LOCALE = Path(__file__).parent / "locale"


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language, read from its .po as it stands: nothing compiled is older. English is the source."""
    path = _LOCALE / language / "LC_MESSAGES" / "laddnav.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def spoken(wanted: str | None, accepted: str = "") -> str:
    """The one that was chosen, else the first of the browser's Accept-Language that we speak."""
    if wanted in LANGUAGES:
        return wanted
    for each in accepted.split(","):
        language = each.split(";")[0].strip().lower().split("-")[0]
        if language in LANGUAGES:
            return language
    return "en"
