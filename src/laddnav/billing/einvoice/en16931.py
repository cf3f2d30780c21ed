"""What EN 16931 has an invoice say, whichever way it is spelt: ubl.py and cii.py do that, each in its own XML."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct

from laddnav.billing.einvoice.addresses import Named
from laddnav.billing.model import VatCategory
from laddnav.kit.refusal import Refusal
from laddnav.parties.model import Contact

# Code lists: UNTDID 1001, 4461 and 5305.
INVOICE, CREDIT_NOTE = "380", "381"
SELF_BILLED, SELF_BILLED_NOTE = "389", "261"
CREDIT_TRANSFER, BY_CARD, STANDING, SEPA_TRANSFER = "30", "48", "57", "58"
STANDARD = VatCategory.STANDARD.value


class NotIssuedYet(Refusal):
    """An invoice without a number is none yet, and may still change."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"Invoice {ref} is not issued yet; electronic invoices are made of issued ones")
        self.ref = ref


class NoVatNumber(Refusal):
    """An electronic invoice that shows VAT names the seller's VAT number (EN 16931 BR-S-02)."""

    def __init__(self, holder: object) -> None:
        super().__init__(f"An electronic invoice with VAT needs the VAT number of {holder}; give the party its own")


class Trader(Struct, frozen=True, kw_only=True):
    """Seller or buyer (BG-4, BG-7). `endpoint` and `company` are a scheme and a number in it; `register` is what a
    seller has to name beside its number (BT-32).
    """

    id: str
    name: str
    vat_number: str | None
    company: Named | None
    lines: tuple[str, ...]
    post_code: str | None
    city: str | None
    country: str
    endpoint: Named | None
    register: str | None = None
    contact: Contact | None = None


class Tax(Struct, frozen=True, kw_only=True):
    """`percent` None: the category knows no rate (O)."""

    category: str
    percent: Decimal | None
    base: Decimal
    amount: Decimal
    code: str | None
    reason: str | None


class Row(Struct, frozen=True, kw_only=True):
    """An invoice line (BG-25): `amount` is `quantity` × `price` / `per`, within what rounding allows.

    `cost_centre` is where its buyer books it (BT-133).
    """

    number: int
    name: str
    description: str
    note: str | None
    quantity: Decimal
    unit: str
    price: Decimal
    per: Decimal | None
    amount: Decimal
    category: str
    percent: Decimal | None
    begin: date
    end: date
    attributes: tuple[tuple[str, str], ...]
    cost_centre: str | None = None


class Account(Struct, frozen=True, kw_only=True):
    """Where the money goes (BG-16): an account as its country writes it, and its kind where it is no IBAN."""

    means: str
    number: str
    iban: bool
    branch: str | None = None


class Document(Struct, frozen=True, kw_only=True):
    """An invoice (380) or credit note (381), or one that the buyer has made (389, 261).

    `means` is how it is paid (BT-81), with no account where the money is taken and not asked for; None: nothing says.
    """

    kind: str
    number: str
    issued_on: date
    due_on: date | None
    currency: str
    note: str
    buyer_reference: str
    corrects: tuple[tuple[str, date], ...]
    begin: date
    end: date
    seller: Trader
    buyer: Trader
    means: str | None
    account: Account | None
    reference: str
    taxes: tuple[Tax, ...]
    rows: tuple[Row, ...]
    lines_total: Decimal
    tax_total: Decimal
    total: Decimal
    rounding: Decimal
    to_pay: Decimal
    digits: int

    @property
    def is_note(self) -> bool:
        return self.kind in (CREDIT_NOTE, SELF_BILLED_NOTE)

    @property
    def self_billed(self) -> bool:
        return self.kind in (SELF_BILLED, SELF_BILLED_NOTE)

    def coins(self, amount: Decimal) -> str:
        return f"{amount + 0:.{self.digits}f}"  # what is turned and nothing is no less than nothing
