"""Uids of RFID cards as one partner writes them: what its readers make of the same card is not what ours do.

No digit is ever taken away, for a leading zero belongs to the uid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from types import MappingProxyType
from typing import Any

from laddnav.tokens.model import TokenType

_BYTES = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_PARTED = re.compile(r"[0-9A-Fa-f]{2}(?:[ :-][0-9A-Fa-f]{2})+")

Form = Callable[[str], str]


def _joined(uid: str) -> str:
    """`04:A3:7F` is `04A37F`."""
    return re.sub(r"[ :-]", "", uid) if _PARTED.fullmatch(uid) else uid


def _reversed(uid: str) -> str:
    """The last byte first; what is no row of bytes stays as it is."""
    return bytes.fromhex(uid)[::-1].hex().upper() if _BYTES.fullmatch(uid) else uid


# What is done to what they say, in this order.
FORMS: MappingProxyType[str, Form] = MappingProxyType(
    {"joined": _joined, "upper-case": str.upper, "reversed-bytes": _reversed}
)
# What is undone when we speak to them; case and separators mean nothing to anybody.
_UNDONE = ("reversed-bytes",)


def heard(uid: str, forms: Collection[str]) -> str:
    """As our readers write it."""
    if not forms:
        return uid
    for name in FORMS:
        if name in forms:
            uid = FORMS[name](uid)
    return uid


def alike(uid: str) -> str:
    """The same for all spellings of which any policy makes one uid."""
    joined = _joined(uid).upper()
    return min(joined, _reversed(joined))


def said(uid: str, forms: Collection[str]) -> str:
    """As theirs do."""
    return heard(uid, [name for name in forms if name in _UNDONE])


def rewritten(words: Any, form: Form) -> Any:
    """The words with the uid of every RFID Token in them in this form."""
    if isinstance(words, list):
        return [rewritten(one, form) for one in words]
    if not isinstance(words, dict):
        return words
    whole = {name: rewritten(one, form) for name, one in words.items()}
    uid = whole.get("uid")
    is_token = "contract_id" in whole or "auth_id" in whole
    if is_token and isinstance(uid, str) and whole.get("type", TokenType.RFID) == TokenType.RFID:
        whole["uid"] = form(uid)
    return whole
