"""Which Token of ours a charge was begun with, where a partner's version says only whose contract pays for it."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.ocpi.wire.shared.scalars import NOT_AVAILABLE
from laddnav.sessions.model import CdrToken
from laddnav.tokens import actions as tokens


async def found(unit: Unit, token: CdrToken) -> CdrToken:
    """With the uid of the contract's one Token; of several, nobody but the partner knows which was shown."""
    if token.uid != NOT_AVAILABLE:
        return token
    known = await tokens.by_contract(unit, token.owner, token.owner, token.contract_id)
    if len(known) != 1:
        return token
    return replace(token, uid=known[0].uid, type=known[0].type)
