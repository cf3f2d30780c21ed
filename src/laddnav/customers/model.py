"""Customer > Contract: who pays, and for whose charges."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId

CUSTOMER = "customer"  # before the ref of one, where ledger and invoices name who owes


class Kind(StrEnum):
    PRIVATE = "PRIVATE"
    BUSINESS = "BUSINESS"


class PaysBy(StrEnum):
    INVOICE = "INVOICE"  # afterwards
    CARD = "CARD"  # afterwards, from a card that a payment provider keeps for us
    WALLET = "WALLET"  # ahead


class Hold(StrEnum):
    """What of each charge at a station of ours is held on the card that pays, while it goes on."""

    NONE = "NONE"  # nothing: its invoice is taken afterwards
    WISHED = "WISHED"  # what it may cost; what the bank does not hold is taken with the invoice
    REQUIRED = "REQUIRED"  # what it may cost; a charge that the bank holds nothing for is ended


class Standing(StrEnum):
    """Whether a customer may charge on: as long as not STOPPED."""

    GOOD = "GOOD"
    REMINDED = "REMINDED"
    STOPPED = "STOPPED"


class Customer(Struct, frozen=True, kw_only=True):
    """Who pays for one or more contracts. `number` is what people call it by, `ref` what machines do.

    `country` is ISO 3166 alpha-2, `language` ISO 639-1; `address` has lines, as on an envelope. `card` is what a
    payment provider calls the card that it keeps for us; the card's own number is nowhere here.

    `hold` is of who pays by card. `unheld`: the bank held nothing for the last charge of who must be held for; they
    charge again once they have looked at their cards.
    """

    holder: PartyId
    ref: str
    number: str
    kind: Kind
    name: str
    email: str | None = None
    language: str
    country: str
    address: str | None = None
    vat_number: str | None = None
    pays_by: PaysBy = PaysBy.INVOICE
    card: str | None = None
    hold: Hold = Hold.NONE
    unheld: bool = False
    standing: Standing = Standing.GOOD
    created_at: datetime
    last_updated: datetime

    @property
    def debtor_id(self) -> str:
        """By what the ledger and invoices name it."""
        return f"{CUSTOMER}:{self.ref}"

    @property
    def at_provider(self) -> tuple[str | None, str | None]:
        """What the provider calls this customer, and the card that it keeps; None for what it does not."""
        payer, _, card = (self.card or "").rpartition("/")
        return payer or None, card or None


class Contract(Struct, frozen=True, kw_only=True):
    """What Tokens name their contract by; its charges are its customer's to pay.

    `driver` is whoever charges with it, `cost_centre` who of a company pays for that. `week_energy` and `week_cost`
    (before VAT) are what they may use from Monday to Sunday; a charge that begins within them may end beyond.
    """

    holder: PartyId
    customer: str
    contract_id: str
    driver: str | None = None
    cost_centre: str | None = None
    week_energy: Energy | None = None
    week_cost: Decimal | None = None
    since: datetime

    @property
    def limited(self) -> bool:
        return self.week_energy is not None or self.week_cost is not None


class Note(Struct, frozen=True, kw_only=True):
    """What somebody of the house wrote down about a customer, for whoever is asked next."""

    at: datetime
    by: str
    text: str
