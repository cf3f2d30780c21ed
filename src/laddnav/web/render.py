"""Templates into pages: one environment a language, with its words and its way of writing values."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from laddnav.kit.notes import Note
from laddnav.payments.payment import Payment
from laddnav.pricing.reasons import Reason, said
from laddnav.web import payment_troubles
from laddnav.web.format import Format
from laddnav.web.notes import worded
from laddnav.web.states import state
from laddnav.web.terms import TERMS
from laddnav.web.words import LANGUAGES, LOCALES, translations

HERE = Path(__file__).parent
STATIC = HERE / "static"


def _digest() -> str:
    """Of every file under static/, so that a browser may keep them for ever and still gets what an upgrade brought."""
    digest = sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


STATIC_PATH = f"/static/{_digest()}"


@cache
def environment(language: str) -> Environment:
    catalogue = translations(language)
    write = Format(language)
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
    )
    made.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension

    def term(word: str) -> str:
        return catalogue.gettext(TERMS[word]) if word in TERMS else word

    @pass_context
    def instant(context: Context, at: object, zone: str | None = None, seconds: bool = False) -> Markup:
        return write.instant(at, zone or context["zone"], seconds)  # type: ignore[arg-type]  # a template hands in what it has

    @pass_context
    def clock(context: Context, at: object, zone: str | None = None) -> Markup:
        return write.clock(at, zone or context["zone"])  # type: ignore[arg-type]  # as above

    @pass_context
    def day(context: Context, at: object, zone: str | None = None) -> str:
        return write.day(at, zone or context["zone"])  # type: ignore[arg-type]  # as above

    @pass_context
    def said_as(context: Context, note: Note | str) -> str:
        return worded(note, language, context["zone"])

    def because(reason: Reason) -> str:
        return said(reason, language)

    def trouble(payment: Payment) -> str | Markup:
        return payment_troubles.worded(payment, language)

    made.filters |= {
        "because": because,
        "worded": said_as,
        "date": write.date,
        "pretty": pretty,
        "without_host": without_host,
        "without_scheme": without_scheme,
        "amount": write.amount,
        "clock": clock,
        "coins": write.coins,
        "counted": write.counted,
        "day": day,
        "energy": write.energy,
        "digits": write.digits,
        "exact": write.exact,
        "hour": write.hour,
        "hours": write.hours,
        "instant": instant,
        "length_of": write.length,  # Jinja's own `length` counts
        "number": write.number,
        "percent": write.percent,
        "power": write.power,
        "price_of_one": write.price_of_one,
        "quantity": write.quantity,
        "size": write.size,
        "term": term,
        "trouble": trouble,
        "volume": write.volume,
        "weekday": write.weekday,
    }
    made.globals |= {
        "languages": LANGUAGES,
        "locale": LOCALES[language].replace("_", "-"),
        "state": state,
        "static": STATIC_PATH,
    }
    return made


def without_host(url: str) -> str:
    """Path and query, where it is known whose host it is."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def without_scheme(url: str) -> str:
    """As people say an address: only its host."""
    return urlsplit(url).netloc


# What stands in a list that has neither lists nor objects in it.
_PLAIN_LIST = re.compile(r"\[(\s+[^\[\]{}]*?\s+)\]")


def folded(message: str) -> str:
    """As `pretty`, with lists of plain values in one line each, for whoever is to change it."""
    return _PLAIN_LIST.sub(lambda found: f"[{' '.join(found[1].split())}]", pretty(message))


def pretty(message: str) -> str:
    """JSON with its structure to be seen; what is none stays as it came."""
    try:
        return msgspec.json.format(message.encode(), indent=2).decode()
    except (msgspec.DecodeError, UnicodeEncodeError):
        return message


def render(template: str, *, language: str, **facts: object) -> str:
    """`facts` must hold what base.html asks for; `Asked.page` sees to that."""
    return environment(language).get_template(template).render(language=language, **facts)
