"""Where an Entry came from, by what it rests on: who posted it keeps more than the ledger, and undoes it there."""

from __future__ import annotations

from enum import StrEnum

from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Entry


class Origin(StrEnum):
    """A room that would still believe what the ledger alone took back."""

    CHARGE = "CHARGE"
    INVOICE = "INVOICE"
    PAYMENT = "PAYMENT"
    PROVIDER = "PROVIDER"
    BANK = "BANK"
    SETTLEMENT = "SETTLEMENT"
    HOST = "HOST"
    UNKNOWN = "UNKNOWN"


HOW = {
    Origin.CHARGE: "credit its CDR, or its line on the invoice",
    Origin.INVOICE: "credit the invoice, or take back that it was written off",
    Origin.PAYMENT: "give the payment back",
    Origin.PROVIDER: "it is what the provider says that it moved, and only the provider moves it back",
    Origin.BANK: "say anew what the bank's movement is",
    Origin.SETTLEMENT: "take the settlement back",
    Origin.HOST: "it is agreed with the host, and stays as their statement says it; agree otherwise from now on",
    Origin.UNKNOWN: "whoever posted it knows what hangs on it",
}

_OF = {
    "cdr": Origin.CHARGE,
    "invoice": Origin.INVOICE,
    "payment": Origin.PAYMENT,
    "stripe": Origin.PROVIDER,
    "swish": Origin.PROVIDER,
    "vipps": Origin.PROVIDER,
    "bank": Origin.BANK,
    "settlement": Origin.SETTLEMENT,
    "agreement": Origin.HOST,
}
# What is owed on vouchers is what the ledger says: taken back here, it is owed again everywhere.
_HERE = frozenset({"vouchers"})


class UndoneElsewhere(Refusal):
    """An Entry of which a room keeps more than the ledger is undone in that room, which then takes the Entry back."""

    def __init__(self, key: str, origin: Origin) -> None:
        super().__init__(f"Entry {key} is undone where it came from: {HOW[origin]}")
        self.key = key
        self.origin = origin


def origin(entry: Entry) -> Origin | None:
    """None: only the ledger knows of it."""
    word = entry.cites.partition(" ")[0]
    return None if word in _HERE else _OF.get(word, Origin.UNKNOWN)


def undone_here(entry: Entry) -> None:
    """Raises UndoneElsewhere."""
    found = origin(entry)
    if found is not None:
        raise UndoneElsewhere(entry.key, found)
