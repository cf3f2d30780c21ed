"""What a charge costs is taken from the prepaid credit of its Token, and what it held of that is free again."""

from __future__ import annotations

from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Unit
from laddnav.parties import actions as parties
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import TokenKey


async def use(unit: Unit, cdr: Cdr) -> None:
    """Of a CDR that is billed. One in another currency than the credit takes nothing: that has to be set by hand."""
    if cdr.token.owner != cdr.holder:
        return
    key = TokenKey(cdr.token.owner, cdr.token.type, cdr.token.uid)
    if await tokens.free_credit(unit, key) is None:
        return
    total = cdr.costs.total
    paid = abs(total.before_taxes if total.after_taxes is None else total.after_taxes)
    if (await parties.fetch(unit, cdr.holder)).currency == cdr.currency:
        amount = -paid if cdr.credit else paid  # some forget the sign
        await tokens.use_credit(unit, key, cpo=cdr.owner, cdr_id=cdr.id, amount=amount)
    if cdr.owner == cdr.holder and cdr.session_id is not None:
        tokens.release_credit(unit, cdr.holder, cdr.session_id)
