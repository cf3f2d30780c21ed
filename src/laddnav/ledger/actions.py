"""Post, and read what was posted."""

from datetime import datetime
from decimal import Decimal

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import store
from laddnav.ledger.model import Account, Balance, Entry, Head, Posted
from laddnav.ledger.rules import PostedDifferently


async def post(unit: Unit, holder: PartyId, entry: Entry) -> bool:
    """Whether it was new: the same Entry again moves nothing. Accounts open on first use. Raises PostedDifferently."""
    if await store.insert(unit, holder, entry):
        return True
    before = await store.find_by_key(unit, holder, entry.key)
    if before is None or before.entry != entry:
        raise PostedDifferently(entry.key)
    return False


async def balance(unit: Unit, holder: PartyId, account: Account, currency: str, at: datetime | None = None) -> Decimal:
    """What is on the account, or was `at` that instant; an account never used holds zero."""
    return (await store.balance(unit, holder, account, currency, at)).amount


async def trial_balance(
    unit: Unit, holder: PartyId, *, head: Head | None = None, at: datetime | None = None
) -> tuple[Balance, ...]:
    """Every account with its balance, or those under one head. Without `head` the amounts of a currency sum to zero."""
    return await store.balances(unit, holder, head, at)


async def entries(
    unit: Unit,
    holder: PartyId,
    *,
    account: Account | None = None,
    cites: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[Posted, ...]:
    """The newest first; `after` is the id of the last one of the page before."""
    return await store.entries(unit, holder, after=after, cites=cites, account=account, limit=limit)
