"""Every word of the pages is there in Swedish, and says the same."""

import re
from collections.abc import Iterator

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from laddnav.web.render import HERE
from laddnav.web.states import STATES, state
from laddnav.web.terms import TERMS
from laddnav.web.words import spoken, translations

METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {"_": None, "N_": None, "say": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)s")
PO = HERE / "locale" / "sv" / "LC_MESSAGES" / "laddnav.po"

Said = str | tuple[str, ...]


def said_by_the_pages() -> set[Said]:
    """With what plans, doubts, signed records and tasks say, what is wrong with a payment and what an invoice lacks for
    Peppol, which rooms of their own word.
    """
    folders = {
        HERE: METHODS,
        HERE.parent / "scheduling": METHODS,
        HERE.parent / "metering": METHODS,
        HERE.parent / "ocpp": [("notes.py", "python")],
        HERE.parent / "payments": [("trouble.py", "python")],
        HERE.parent / "billing" / "einvoice": [("peppol.py", "python")],
    }
    return {
        one[2] for folder, methods in folders.items() for one in extract_from_dir(folder, methods, keywords=KEYWORDS)
    }


def said_in_swedish() -> Iterator[tuple[Said, Said]]:
    with PO.open("rb") as file:
        for message in read_po(file):
            assert not message.fuzzy, message.id
            if message.id:
                yield _fixed(message.id), _fixed(message.string)


def _fixed(words: str | list[str] | tuple[str, ...] | None) -> Said:
    assert words is not None
    return words if isinstance(words, str) else tuple(words)


def test_swedish_has_every_sentence_and_none_that_nobody_says() -> None:
    swedish = dict(said_in_swedish())
    assert said_by_the_pages() == set(swedish)
    assert all(swedish.values())


def test_a_translation_has_the_placeholders_of_its_original() -> None:
    for english, swedish in said_in_swedish():
        assert _placeholders(english) == _placeholders(swedish), english


def _placeholders(words: Said) -> set[str]:
    return {each for word in ([words] if isinstance(words, str) else words) for each in PLACEHOLDER.findall(word)}


def test_a_state_that_nobody_here_has_a_word_for_is_shown_as_it_is_spelt() -> None:
    assert state("evse", "LEVITATING").word == "LEVITATING"


def test_every_word_of_a_state_and_a_term_is_translated() -> None:
    swedish = translations("sv")
    unsaid = {shown.word for shown in STATES.values()} | set(TERMS.values())
    same_in_both = {word for word in unsaid if swedish.gettext(word) == word}
    assert same_in_both <= {
        *("Ad hoc", "App", "CCS", "CHAdeMO", "DC", "Partner", "Plug & Charge", "Reservation", "Tariff"),
    }


def test_the_chosen_language_wins_over_the_browser_and_english_over_none() -> None:
    assert spoken("sv", "en-GB,en") == "sv"
    assert spoken(None, "de-DE,sv-SE;q=0.8,en;q=0.5") == "sv"
    assert spoken("xx", "fi") == "en"
