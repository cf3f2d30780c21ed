"""Verbs about vouchers that were sold: what is owed on them, and what becomes income when they end unused."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from laddnav.customers import vouchers as rules
from laddnav.customers.actions import giving
from laddnav.customers.actions.subscribing import today
from laddnav.customers.store import vouchers as store
from laddnav.customers.vouchers import Counted
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.people import actions as people

BEFORE = 500  # entries about one batch: a person each time


async def take_as_income(unit: Unit, ref: str, *, by: str) -> Counted:
    """What is owed on these vouchers, whose time is over, is a gain. Raises UnknownBatch, NothingEnded."""
    batch = await giving.batch(unit, ref)
    await store.hold(unit, batch.holder, ref)
    (counted,) = [one for one in await counts(unit, batch.holder) if one.batch.ref == ref]
    before = await ledger.entries(unit, batch.holder, cites=f"vouchers {ref}", limit=BEFORE)
    times = 1 + sum(one.reverses is None for one in before)  # what was taken back is not posted again under its key
    entry = rules.ended(batch, counted.owed, await today(unit, batch.holder), times)
    await ledger.post(unit, batch.holder, entry)
    people.note(unit, by, "take vouchers as income", f"vouchers {ref}", f"{counted.owed} {batch.currency}")
    return replace(counted, owed=rules.ZERO)


async def counts(unit: Unit, holder: PartyId | None) -> Sequence[Counted]:
    """The newest first, each with what is owed on it by the ledger."""
    return [
        replace(one, owed=-await ledger.balance(unit, one.holder, one.batch.account, one.batch.currency))
        if one.batch.sold
        else one
        for one in await store.batches(unit, holder)
    ]
