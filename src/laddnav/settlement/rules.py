"""How a Settlement moves, which Terms hold, what counts in it, and what is set off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from laddnav.billing.model import Seller
from laddnav.billing.postings import OF_PARTNERS, payable, receivable, tax_billed
from laddnav.billing.rules import partner_id
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Entry, Posting
from laddnav.settlement.model import (
    Counts,
    Item,
    Move,
    Netting,
    Settlement,
    Side,
    SideSum,
    State,
    Step,
    Terms,
    TheirInvoice,
)

MOVES: dict[tuple[State, Move], State] = {
    (State.OPEN, Move.PROPOSE): State.PROPOSED,
    (State.PROPOSED, Move.AGREE): State.AGREED,
    (State.PROPOSED, Move.DISPUTE): State.DISPUTED,
    (State.DISPUTED, Move.PROPOSE): State.PROPOSED,
    (State.DISPUTED, Move.AGREE): State.AGREED,
    (State.AGREED, Move.DISPUTE): State.DISPUTED,
    (State.AGREED, Move.SETTLE): State.SETTLED,
    (State.SETTLED, Move.REOPEN): State.AGREED,
}
WITH_REASON = (Move.DISPUTE, Move.REOPEN)
WHY_MOST = 500  # characters
_RATE = re.compile(r"[A-Z]{2}:\d{1,2}(\.\d{1,2})?")


class UnknownSettlement(Refusal):
    """There is no settlement of this ref."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no settlement {ref}")
        self.ref = ref


class CannotMove(Refusal):
    """A settlement is open, proposed, disputed or agreed, settled, in this order."""

    def __init__(self, state: State, move: Move) -> None:
        allowed = ", ".join(one for (at, one) in MOVES if at is state)
        super().__init__(f"To {move} does not go from {state}; from there it goes: {allowed}")
        self.state = state
        self.move = move


class NotOverYet(Refusal):
    """CDRs of a month are fixed when it is over on our calendar."""

    def __init__(self, one: Settlement) -> None:
        super().__init__(f"{one.month} ends at {one.end_at:%Y-%m-%d %H:%M} UTC; it cannot be proposed before")
        self.settlement = one


class EarlierOpen(Refusal):
    """Months are proposed in their order, so that what is late in one is on time in none."""

    def __init__(self, month: str, earlier: str) -> None:
        super().__init__(f"{earlier} with this partner is still open; propose it before {month}")
        self.month = month
        self.earlier = earlier


class NoReason(Refusal):
    """Whoever disputes, puts off or takes back says why."""

    def __init__(self) -> None:
        super().__init__(f"Say why, in 3 to {WHY_MOST} characters")


class NotSaidYet(Refusal):
    """The statement of a settlement goes out when it is proposed, and not while it is in dispute."""

    def __init__(self, one: Settlement) -> None:
        super().__init__(f"It is {one.state.lower()}; its statement goes out once it is proposed")
        self.settlement = one


class NotInSettlement(Refusal):
    """Only what is in a settlement is put off from it."""

    def __init__(self, cdr_id: str) -> None:
        super().__init__(f"CDR {cdr_id!r} is not in this settlement")
        self.cdr_id = cdr_id


class Unfit(Refusal):
    """What was said of terms or of an invoice cannot be meant."""


class SettlesWithItself(Refusal):
    """Who settles with us is somebody else."""

    def __init__(self, holder: PartyId) -> None:
        super().__init__(f"{holder} does not settle with itself")
        self.holder = holder


# ---- Terms


def terms_for(known: Iterable[Terms], month: str) -> Terms | None:
    """Those that began last, in this month or before; None: nothing was settled yet."""
    return max((one for one in known if one.since <= month), key=lambda one: one.since, default=None)


# ---- Moves


def moved(
    one: Settlement, move: Move, *, by: str, now: datetime, why: str = "", before: Sequence[Settlement] = ()
) -> Settlement:
    """`before` are those with this partner in this currency that are open and earlier.

    Raises CannotMove, NotOverYet, EarlierOpen, NoReason.
    """
    state = MOVES.get((one.state, move))
    if state is None:
        raise CannotMove(one.state, move)
    if move is Move.PROPOSE and now < one.end_at:
        raise NotOverYet(one)
    if move is Move.PROPOSE and before:
        raise EarlierOpen(one.month, before[0].month)
    why = reason(why) if move in WITH_REASON else why.strip()[:WHY_MOST]
    step = Step(move=move, state=state, at=now, by=by, why=why)
    return replace(one, state=state, steps=(*one.steps, step), last_updated=now)


def reason(why: str) -> str:
    """Raises NoReason."""
    said = why.strip()
    if not 3 <= len(said) <= WHY_MOST:
        raise NoReason
    return said


def next_moves(one: Settlement, now: datetime) -> tuple[Move, ...]:
    """What can be done, the usual first."""
    if one.state is State.OPEN and now < one.end_at:
        return ()
    return tuple(move for (state, move) in MOVES if state is one.state)


def is_said(one: Settlement) -> bool:
    """Whether there is a statement that stands: what is in dispute is proposed anew first."""
    return one.state in (State.PROPOSED, State.AGREED, State.SETTLED)


def statement_key(one: Settlement) -> str:
    """Of the statement as it was proposed last."""
    return f"settlement {one.ref} {sum(step.move is Move.PROPOSE for step in one.steps)}"


# ---- What counts


def summed(side: Side, items: Iterable[Item], vat: Decimal | None = None) -> SideSum:
    """As the store sums them up, which knows no law."""
    total = SideSum(side=side, vat=vat)
    for one in items:
        if one.side is not side:
            continue
        if one.counts is Counts.HELD:
            total = replace(total, held=total.held + 1, held_amount=total.held_amount + one.amount)
        elif one.counts is Counts.REFUSED:
            total = replace(total, refused=total.refused + 1, refused_amount=total.refused_amount + one.amount)
        else:
            total = replace(
                total,
                many=total.many + 1,
                amount=total.amount + one.amount,
                energy_wh=total.energy_wh + (-one.energy.wh if one.credit else one.energy.wh),
                credits=total.credits + one.credit,
                credited=total.credited + (one.amount if one.credit else 0),
                late=total.late + (one.ended_in is not None),
                late_amount=total.late_amount + (0 if one.ended_in is None else one.amount),
            )
    return total


# ---- What is set off


def set_off(one: Settlement) -> Decimal:
    """What both owe: the smaller claim, if both have one and the Terms say so."""
    if one.netting is Netting.GROSS:
        return Decimal(0)
    return max(min(one.ours.claim, one.theirs.claim), Decimal(0))


def _times(one: Settlement) -> int:
    """How often it was settled: what was taken back is not posted again under its old key."""
    return sum(step.move is Move.SETTLE for step in one.steps)


def netting_key(one: Settlement) -> str:
    return f"netting {one.ref} {_times(one)}"


def netting_entry(one: Settlement, amount: Decimal) -> Entry:
    """What we owe the partner, and it owes us, becomes less by the same."""
    return Entry(
        key=netting_key(one),
        what=f"Netting with {one.partner}, {one.month}",
        cites=f"settlement {one.ref}",
        postings=(
            Posting(payable(one.partner), amount, one.currency),
            Posting(receivable(partner_id(one.partner)), -amount, one.currency),
        ),
    )


def their_vat_key(one: Settlement) -> str:
    return f"their vat {one.ref} {_times(one)}"


def their_vat_entry(one: Settlement, us: Seller, now: datetime) -> Entry | None:
    """The VAT on the partner's invoice: we owe it, and get it back where we are registered; None: there is none."""
    invoice = one.their_invoice
    if invoice is None or not invoice.vat:
        return None
    return Entry(
        key=their_vat_key(one),
        what=f"VAT of invoice {invoice.number} of {one.partner}",
        cites=f"settlement {one.ref}",
        postings=(
            Posting(tax_billed(us, invoice.rate, now, OF_PARTNERS), invoice.vat, one.currency),
            Posting(payable(one.partner), -invoice.vat, one.currency),
        ),
    )


def invoiced(one: Settlement, invoice: TheirInvoice) -> Settlement:
    """What the partner's invoice says of VAT, put right until it is settled. Raises Unfit, CannotMove."""
    if one.state is State.SETTLED:
        raise CannotMove(one.state, Move.AGREE)
    if not 1 <= len(invoice.number) <= 100 or not invoice.number.isprintable():
        raise Unfit("The number of an invoice has 1 to 100 characters")
    if abs(invoice.vat) > abs(one.theirs.amount):
        raise Unfit(f"VAT of {invoice.vat} {one.currency} is more than what the CDRs come to")
    if invoice.vat and not _RATE.fullmatch(invoice.rate):
        raise Unfit("Say the VAT's country and percent, as in SE:25")
    return replace(one, their_invoice=invoice, theirs=replace(one.theirs, vat=invoice.vat))
