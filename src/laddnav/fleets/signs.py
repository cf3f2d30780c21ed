"""By what a vehicle is recognised when it charges: its cards, its own EVCCID, its contracts; pure."""

from __future__ import annotations

import re

from laddnav.fleets.model import Sign, SignKind
from laddnav.kit.ids import fold

_HEX = re.compile(r"[0-9a-f]{12}")


def bare_evccid(text: str) -> str | None:
    """Its twelve digits, however a station writes them; None: it is none."""
    bare = re.sub(r"[:\-\s]", "", fold(text)).removeprefix("vid")
    return bare if _HEX.fullmatch(bare) else None


def key_of(sign: Sign) -> tuple[str, str]:
    """By which it is found, however it is spelt."""
    match sign.kind:
        case SignKind.EVCCID:
            return sign.kind.value, bare_evccid(sign.value) or fold(sign.value)
        case SignKind.CONTRACT:
            return sign.kind.value, re.sub(r"[*\-]", "", fold(sign.value))
        case SignKind.CARD:
            return sign.kind.value, fold(sign.value)


def keys_shown(uid: str, contract_id: str) -> tuple[tuple[str, str], ...]:
    """What a Token may be known by, the surest first: the car itself, its card, the contract of either."""
    evccid = bare_evccid(uid)
    shown = [Sign(SignKind.EVCCID, uid)] if evccid is not None else []
    shown += [Sign(SignKind.CARD, uid), Sign(SignKind.CONTRACT, contract_id)]
    return tuple(key_of(one) for one in shown if one.value)
