"""Settlement > Item: a month with one partner in one currency; and the Terms by which it is settled."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId


class Netting(StrEnum):
    GROSS = "GROSS"  # each side pays what it owes
    NET = "NET"  # what both owe is set off, and one side pays the rest


class Terms(Struct, frozen=True, kw_only=True):
    """How we settle with a partner from a month on (`2026-11`), until other Terms begin.

    Charges that ended before the first month of all are not settled here.
    """

    holder: PartyId
    partner: PartyId
    since: str
    netting: Netting
    note: str = ""
    said_at: datetime
    said_by: str


class State(StrEnum):
    OPEN = "OPEN"  # CDRs still come to it
    PROPOSED = "PROPOSED"  # its CDRs are fixed, the partner has the statement
    DISPUTED = "DISPUTED"  # the partner disagrees
    AGREED = "AGREED"  # both say the same
    SETTLED = "SETTLED"  # what is set off is set off, the rest is paid or to be paid


class Move(StrEnum):
    """What a person does to a Settlement."""

    PROPOSE = "propose"
    AGREE = "agree"
    DISPUTE = "dispute"
    SETTLE = "settle"
    REOPEN = "reopen"  # the netting is taken back


class Step(Struct, frozen=True, kw_only=True):
    """What happened to a Settlement: who did it, when, and what they said."""

    move: Move
    state: State
    at: datetime
    by: str
    why: str = ""


class Side(StrEnum):
    OURS = "OURS"  # our CDRs: the partner's drivers charged at our stations, and it owes us
    THEIRS = "THEIRS"  # the partner's CDRs: our drivers charged at its stations, and we owe it


class Counts(StrEnum):
    """Whether a CDR counts in a Settlement."""

    COUNTED = "COUNTED"
    HELD = "HELD"  # a partner's, in dispute: it counts in the month in which somebody accepts it
    REFUSED = "REFUSED"  # a partner's, rejected, or taken back while it was held: it never counts


class Item(Struct, frozen=True, kw_only=True):
    """One CDR in a Settlement; `amount` before VAT, in coins, below zero of a Credit CDR.

    `ended_in` is the month in which the charge ended, where that is an earlier one: it came late. `put_off` says why
    it was taken out of the Settlement before.
    """

    side: Side
    counts: Counts
    cdr_owner: PartyId
    cdr_id: str
    cdr_ref: str
    ended_at: datetime
    energy: Energy
    amount: Decimal
    credit: bool
    ended_in: str | None = None
    put_off: str | None = None


class SideSum(Struct, frozen=True, kw_only=True):
    """What one side comes to before VAT: `amount` is what counts, and what is late or credited is in it.

    `vat` is that of the invoices, and what they were rounded by; None: nobody has said it yet.
    """

    side: Side
    many: int = 0
    amount: Decimal = Decimal(0)
    energy_wh: Decimal = Decimal(0)
    credits: int = 0
    credited: Decimal = Decimal(0)
    late: int = 0
    late_amount: Decimal = Decimal(0)
    held: int = 0
    held_amount: Decimal = Decimal(0)
    refused: int = 0
    refused_amount: Decimal = Decimal(0)
    vat: Decimal | None = None

    @property
    def energy(self) -> Energy:
        return Energy(self.energy_wh)

    @property
    def claim(self) -> Decimal:
        """What this side asks for, VAT too as far as it is known."""
        return self.amount + (self.vat or 0)


class TheirInvoice(Struct, frozen=True, kw_only=True):
    """What the partner's invoice for its CDRs is called, and the VAT on it; `rate` as accounts name it: SE:25."""

    number: str
    vat: Decimal = Decimal(0)
    rate: str = ""


class Settlement(Struct, frozen=True, kw_only=True):
    """`ours` and `theirs` are fixed with the CDRs, when it is proposed; before that, they are as last reckoned.

    `netted` is what was set off on both sides; `netting` the terms that held when it was proposed.
    """

    holder: PartyId
    ref: str
    partner: PartyId
    month: str
    currency: str
    time_zone: str
    begin_at: datetime
    end_at: datetime
    state: State = State.OPEN
    netting: Netting
    ours: SideSum = SideSum(side=Side.OURS)
    theirs: SideSum = SideSum(side=Side.THEIRS)
    their_invoice: TheirInvoice | None = None
    netted: Decimal = Decimal(0)
    steps: tuple[Step, ...] = ()
    last_updated: datetime

    @property
    def balance(self) -> Decimal:
        """Above zero the partner owes it to us, below we owe it to the partner; nothing of it is netted away."""
        return self.ours.claim - self.theirs.claim

    @property
    def fixed(self) -> bool:
        return self.state is not State.OPEN


class InvoiceOf(Struct, frozen=True, kw_only=True):
    """An invoice that is for CDRs of a Settlement. Of one to us, `record_ref` leads to what is known of it."""

    side: Side
    number: str | None
    ref: str | None = None
    record_ref: str | None = None
    cdrs: int
    total_excl: Decimal | None = None
    vat: Decimal | None = None
