"""What settled something, or opened it again, is taken back: just that, whoever else settled the rest."""

from __future__ import annotations

from laddnav.billing.actions import buyers
from laddnav.billing.open_items import MatchedBy, Share
from laddnav.billing.store import settling
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger


async def take_back(unit: Unit, holder: PartyId, debtor_id: str, undone: str, *, source: str, by: str = "") -> None:
    """The entry `source` takes back `undone`: what that had settled is open again, as far as it still is settled,
    and what it had opened is settled again, as far as it still is open.

    The same source again is nothing. Raises UnknownDebtor, UnknownEntry.
    """
    await buyers.locked(unit, holder, debtor_id)
    if await settling.of_source(unit, holder, source):
        return
    posted = await ledger.by_key(unit, holder, source)
    for currency, found in (await settling.still_settled(unit, holder, undone)).items():
        shares = tuple(Share(ref, -amount, MatchedBy.UNDONE) for ref, amount in found)
        settling.settle(unit, holder, source, posted.id, debtor_id, currency, shares, by)
