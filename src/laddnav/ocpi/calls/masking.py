"""What of an exchange may be kept: its bodies, without credentials and without the numbers of drivers' cards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from laddnav.kit.json import Unreadable
from laddnav.ocpi.model import Exchange
from laddnav.ocpi.wire.codec import encoded, parsed

KEPT_MAX = 8_000  # characters of a body
_PARSED_MAX = 64_000  # bytes of a body that is read as JSON; of a longer one only the beginning is looked at
_DEEP = 40  # parts within parts that are looked at; OCPI has no more than ten
_TELLING = 4  # characters that a secret has at least, to be looked for wherever else it may stand
MASK = "…"
# Of whatever object, however it is spelt: Credentials, Tokens, CdrTokens, and the Sessions and CDRs of OCPI 2.1.1.
SECRET = frozenset({"token", "authorization", "uid", "auth_id", "visual_number", "card_uid", "token_uid", "id_tag"})
_SPELT = frozenset(one.replace("_", "") for one in SECRET)
_LETTERS = re.compile(r"[^a-z]+")
_IS_A_TOKEN = frozenset({"auth_id", "contract_id", "uid"})
_OF_A_TOKEN = frozenset({"auth_id", "contract_id", "issuer", "type", "visual_number", "whitelist"})
_OF_AN_EVSE = frozenset({"connectors", "evse_id", "status"})
_NAMES = rf"\w*token|{'|'.join(sorted(one.replace('_', '[_-]?') for one in SECRET))}"
# Also where it stands within a text of JSON, and its quotation marks behind backslashes.
_FIELD = re.compile(
    rf'(\\{{0,15}})"({_NAMES})\1"(\s*:\s*)(?:\1".*?(?:(?<!\\)\1"|\\?$)|[-+.\w]+)', re.IGNORECASE | re.DOTALL
)
# The same in whatever is no JSON, where only what has a digit is told from a word of a sentence.
_SAID = re.compile(
    rf"""\b({_NAMES})(\\*["']?\s*[:=>]\s*\\*["']?)(?=[^\s"'\\<>&,;]{{0,200}}\d)[^\s"'\\<>&,;]+""", re.IGNORECASE
)
_PLACE = re.compile(r"(/tokens/(?:[a-z]{2}/[a-z\d]{3}/)?)[^\s/?#\"'<>\\]+", re.IGNORECASE)
_HEADER = re.compile(r"\b(token|bearer|basic)(\s+)[!-~]{6,}", re.IGNORECASE)


def kept(
    exchange: Exchange, asked: bytes | None, answered: bytes | None, hidden: Iterable[str], *, all_words: bool = False
) -> Exchange:
    """The exchange as the log keeps it: of one that failed, or `all_words`, with both bodies, each cut where long.

    Where nobody answered there is nothing to be learnt from what was asked, and a partner that is down is asked often.
    `hidden` is what else nobody may read there: the tokens that were shown, and what its URL names.
    """
    if not (exchange.failed or all_words) or exchange.http_status is None:
        return exchange
    bodies = [_words(asked), _words(answered)]
    somewhere = _somewhere(bodies, hidden)
    return replace(
        exchange,
        problem=exchange.problem and _in_text(exchange.problem, somewhere),
        request_body=_shown(asked, bodies[0], somewhere),
        response_body=_shown(answered, bodies[1], somewhere),
    )


def without_secrets(text: str, asked: bytes | None, answered: bytes | None, hidden: Iterable[str]) -> str:
    """What is said of an exchange."""
    return _in_text(text, _somewhere([_words(asked), _words(answered)], hidden))


def _somewhere(bodies: Iterable[Any], hidden: Iterable[str]) -> re.Pattern[str]:
    """Finds what is secret in the bodies wherever else it stands, and what else is."""
    named = {one.strip() for words in bodies for one in secrets_in(words)} | set(hidden)
    secrets = named | {quote(one, safe="", errors="replace") for one in named}
    telling = sorted((one for one in secrets if len(one) >= _TELLING), key=len, reverse=True)
    return re.compile("|".join(re.escape(one) for one in telling) or r"(?!)", re.IGNORECASE)


def _words(body: bytes | None) -> Any:
    """As parsed JSON; None where it is none, or too long to look at all of it."""
    if not body or len(body) > _PARSED_MAX:
        return None
    try:
        return parsed(body)
    except (Unreadable, msgspec.DecodeError):
        return None


def secrets_in(words: Any, depth: int = 0) -> Iterator[str]:
    """Credentials, and the numbers of cards."""
    if depth > _DEEP:
        return
    if isinstance(words, dict):
        for name, said in words.items():
            yield from _leaves(said, depth + 1) if _secret(name, words) else secrets_in(said, depth + 1)
    elif isinstance(words, list):
        for one in words:
            yield from secrets_in(one, depth + 1)
    elif (inner := _within(words)) is not None:
        yield from secrets_in(inner, depth + 1)


def _leaves(said: Any, depth: int) -> Iterator[str]:
    """All that stands below a secret's name."""
    if depth > _DEEP or _is_token(said):
        yield from secrets_in(said, depth)
    elif isinstance(said, dict | list):
        for one in said.values() if isinstance(said, dict) else said:
            yield from _leaves(one, depth + 1)
    elif not isinstance(said, bool | None):
        yield str(said)


def _is_token(said: Any) -> bool:
    """A Token of OCPI is called as a secret is, and is more than its uid."""
    return isinstance(said, dict) and not _IS_A_TOKEN.isdisjoint(said)


def _within(said: Any) -> Any:
    """What a text of JSON says; None where it is none, or says no more than a word."""
    if not isinstance(said, str) or not said.lstrip().startswith(("{", "[")):
        return None
    return _words(said.encode(errors="replace"))


def _secret(name: str, beside: dict[str, Any]) -> bool:
    """The uid of an EVSE is none."""
    spelt = _LETTERS.sub("", name.lower()).removesuffix("s")
    if spelt not in _SPELT and not spelt.endswith("token"):
        return False
    return name != "uid" or not (_OF_AN_EVSE & beside.keys()) or bool(_OF_A_TOKEN & beside.keys())


def _shown(body: bytes | None, words: Any, somewhere: re.Pattern[str]) -> str | None:
    if not body:
        return None
    if words is None:
        # Twice as much as is kept, so that nothing secret is cut in two where it ends.
        # In UTF-16 every other byte is zero, and hides nothing from a person.
        text = _in_text(body[: 2 * KEPT_MAX].decode(errors="replace").replace("\0", ""), somewhere)
    else:
        text = msgspec.json.format(encoded(_masked(words, somewhere)), indent=2).decode()
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if len(text) <= KEPT_MAX else f"{text[:KEPT_MAX]}\n{MASK} ({len(body)} bytes in all)"


def _masked(words: Any, somewhere: re.Pattern[str], depth: int = 0) -> Any:
    if depth > _DEEP:
        return MASK
    if isinstance(words, dict):
        return {
            _in_text(name, somewhere): _hidden(said, somewhere, depth + 1)
            if _secret(name, words)
            else _masked(said, somewhere, depth + 1)
            for name, said in words.items()
        }
    if isinstance(words, list):
        return [_masked(one, somewhere, depth + 1) for one in words]
    if (inner := _within(words)) is not None:
        return encoded(_masked(inner, somewhere, depth + 1)).decode()
    return _in_text(words, somewhere) if isinstance(words, str) else words


def _hidden(said: Any, somewhere: re.Pattern[str], depth: int) -> Any:
    """What has a secret's name; of a Token only those fields that have one."""
    if depth > _DEEP:
        return MASK
    if _is_token(said):
        return _masked(said, somewhere, depth)
    if isinstance(said, dict):
        return {_in_text(name, somewhere): _hidden(one, somewhere, depth + 1) for name, one in said.items()}
    return [_hidden(one, somewhere, depth + 1) for one in said] if isinstance(said, list) else MASK


def _in_text(text: str, somewhere: re.Pattern[str]) -> str:
    text = _FIELD.sub(rf'\1"\2\1"\3\1"{MASK}\1"', somewhere.sub(MASK, text))
    for one in (_SAID, _HEADER):
        text = one.sub(rf"\1\2{MASK}", text)
    return _PLACE.sub(rf"\1{MASK}", text)
