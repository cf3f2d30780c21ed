"""What a debtor has on account goes back where it came from: refunds of payments, by two where an account asks so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from laddnav.billing.actions import buyers, settling
from laddnav.billing.open_items import NothingOnAccount, RefundWithoutReason
from laddnav.billing.store import settling as store
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.payments.actions import paying
from laddnav.payments.payment import Payment, Refund

_ZERO = Decimal(0)
RECENT = 200  # payments of one debtor that are looked through


class OnAccount(Struct, frozen=True):
    """What was paid and settles nothing, of which nobody has begun to give anything back; and of which payments it can
    be given back, the newest first. What came by the bank goes back from there.
    """

    amount: Decimal
    through: tuple[tuple[Payment, Decimal], ...]

    @property
    def by_providers(self) -> Decimal:
        return min(self.amount, sum((left for _, left in self.through), _ZERO))


async def on_account(unit: Unit, holder: PartyId, debtor_id: str, currency: str) -> OnAccount:
    """Raises UnknownDebtor."""
    there = next((one for one in await settling.standings(unit, holder, debtor_id) if one.currency == currency), None)
    payments = [
        one for one in await paying.of_debtors(unit, holder, [debtor_id], limit=RECENT) if one.currency == currency
    ]
    waiting = await _waiting(unit, holder) if payments else {}
    left = [(one, stays(one, waiting.get(one.ref, _ZERO))) for one in payments]
    # Below zero, its bank took back what was given back already: that is owed, and on nobody's account.
    coming = sum((max(one.net - rest, _ZERO) for one, rest in left), _ZERO)
    amount = _ZERO if there is None else -there.on_account - coming
    free = await _free(unit, holder, debtor_id, currency) if left else {}
    bounded = ((one, min(rest, free.get(one.ref, _ZERO) - (one.captured - rest))) for one, rest in left)
    return OnAccount(max(amount, _ZERO), tuple((one, rest) for one, rest in bounded if rest > 0))


async def _free(unit: Unit, holder: PartyId, debtor_id: str, currency: str) -> Mapping[str, Decimal]:
    """What each payment brought that settles nothing, whether it is here still or went back."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for key, _, rest in await store.unsettled(unit, holder, debtor_id, currency):
        source, _, of = key.partition(" ")
        if source == "payment":
            found[of.partition(" ")[0]] += rest
    return found


def stays(payment: Payment, waiting: Decimal) -> Decimal:
    """What of it is neither given back nor to be: nothing, as long as it is not known what its charge costs."""
    kept = min(payment.captured - payment.charged_back, payment.keep or _ZERO)
    return max(kept - payment.back - waiting, _ZERO)


async def _waiting(unit: Unit, holder: PartyId) -> Mapping[str, Decimal]:
    """What a second person has to agree to, payment by payment."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in await paying.refunds_waiting(unit, holder):
        found[one.payment] += one.amount
    return found


async def pay_back(
    unit: Unit, holder: PartyId, debtor_id: str, currency: str, amount: Decimal | None, *, reason: str, by: str
) -> Sequence[Refund]:
    """So much of it, or all that providers took: it opens nothing that is settled.

    Raises RefundWithoutReason, UnknownDebtor, NothingOnAccount, and what `paying.refund` raises.
    """
    if len(reason.strip()) < 3:
        raise RefundWithoutReason
    await buyers.locked(unit, holder, debtor_id)
    there = await on_account(unit, holder, debtor_id, currency)
    rest = there.by_providers if amount is None else amount
    if not 0 < rest <= there.by_providers:
        raise NothingOnAccount(debtor_id, there.amount, there.by_providers, currency)
    refunds = []
    for payment, left in there.through:
        part = min(rest, left)
        if part:
            refunds.append(await paying.refund(unit, payment.ref, part, reason, by=by))
            rest -= part
    return refunds
