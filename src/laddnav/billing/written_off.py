"""An invoice that nobody will pay: what of it is a loss, and what of its VAT is had back; pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN

from laddnav.billing.model import VatSum
from laddnav.billing.open_items import OpenItem
from laddnav.billing.postings import receivable
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Account, Entry, Head, Posted, Posting

LOST = Account(Head.WRITE_OFF, "invoice")
WRITTEN_OFF = "Written off: "
WHY_MOST = 500  # characters


class NothingLost(Refusal):
    """Only what is overdue is written off, and only while it is open."""

    def __init__(self, number: str) -> None:
        super().__init__(f"Nothing of invoice {number} is overdue")


class BeingPaidStill(Refusal):
    """While a payment for it is under way, nobody knows whether it is lost."""

    def __init__(self, number: str) -> None:
        super().__init__(f"A payment for invoice {number} is under way")


class StillWrittenOff(Refusal):
    """What is written off is credited once that was taken back: else it would be taken off twice, and its VAT too."""

    def __init__(self, number: str) -> None:
        super().__init__(f"Invoice {number} is written off; take that back before you credit it")


class NotWrittenOff(Refusal):
    """Nothing of this invoice is written off."""

    def __init__(self, number: str) -> None:
        super().__init__(f"Nothing of invoice {number} is written off")


class LossWithoutReason(Refusal):
    """Whoever writes off, or takes that back, says why."""

    def __init__(self) -> None:
        super().__init__("Say why, in three letters or more")


def reason(why: str) -> str:
    """Raises LossWithoutReason."""
    if len(why.strip()) < 3:
        raise LossWithoutReason
    return why.strip()[:WHY_MOST]


def key_of(number: str, times: int) -> str:
    """Of the entry that writes it off for the first, second, … time."""
    return f"lost {number} {times}"


def said_in(loss: Posted) -> str:
    """Why it was written off."""
    return loss.entry.what.removeprefix(WRITTEN_OFF)


def loss_entry(item: OpenItem, why: str, *, times: int, vat_back: Iterable[VatSum]) -> Entry:
    """All that is open is owed no more.

    `vat_back` is the VAT of the invoice that the state gives back of what is not paid, so that it is no loss (Directive
    2006/112/EC, article 90, as each country has it): of each country and rate the part that is open, no coin more.
    """
    lost, taxes = item.open, list[Posting]()
    for vat in vat_back:
        for part in vat.parts:
            back = (part.amount * item.open / item.to_pay).quantize(minor_unit(item.currency), ROUND_DOWN)
            if back:
                taxes.append(Posting(Account(Head.TAX, f"{part.country}:{vat.percent}"), back, item.currency))
                lost -= back
    return Entry(
        key=key_of(item.number, times),
        what=WRITTEN_OFF + why,
        cites=f"invoice {item.ref}",
        postings=(
            *([Posting(LOST, lost, item.currency)] if lost else []),
            *taxes,
            Posting(receivable(item.debtor_id), -item.open, item.currency),
        ),
    )
