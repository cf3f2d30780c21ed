"""What Peppol's network asks of an invoice beyond EN 16931, and its rules for sellers of single countries.

An invoice that lacks any of it is written as plain EN 16931, which a buyer may be sent some other way; its page says
what to fill in. docs/decisions/0074 says which rules these are, and how ours were held against the published ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import StrEnum

from msgspec import structs

from laddnav.billing.einvoice.addresses import can_be_vat, takes
from laddnav.billing.einvoice.document import document
from laddnav.billing.einvoice.en16931 import STANDARD, Document, NoVatNumber, Trader
from laddnav.billing.model import DebtorKind, Invoice
from laddnav.kit.vat_numbers import vat_country
from laddnav.kit.words import N_


class Lack(StrEnum):
    """Each with the rules that turn an invoice away for it."""

    SELLER_ADDRESS = "SELLER_ADDRESS"  # PEPPOL-EN16931-R020, CL008, PEPPOL-COMMON-R040 to R059
    BUYER_ADDRESS = "BUYER_ADDRESS"  # PEPPOL-EN16931-R010 and the same
    SELLER_VAT_NUMBER = "SELLER_VAT_NUMBER"  # PEPPOL-COMMON-R058, NO-R-001
    BUYER_VAT_NUMBER = "BUYER_VAT_NUMBER"  # PEPPOL-COMMON-R058
    SELLER_TOWN = "SELLER_TOWN"  # NL-R-002, DE-R-003, IT-R-002 to 004, IS-R-003, SK-R-002 to 004
    BUYER_TOWN = "BUYER_TOWN"  # NL-R-004, DE-R-008, IS-R-005, SK-R-005 to 007
    SELLER_NUMBER = "SELLER_NUMBER"  # DK-R-002, IS-R-002
    BUYER_NUMBER = "BUYER_NUMBER"  # IS-R-004
    CITED = "CITED"  # NL-R-001
    PAY_TO = "PAY_TO"  # NL-R-007, DE-R-001
    RATE = "RATE"  # SE-R-006
    CONTACT = "CONTACT"  # DE-R-002, DE-R-005 to 007
    MARK = "MARK"  # GR-R-001 to GR-R-009


SENTENCES = {
    Lack.SELLER_ADDRESS: N_("the seller has no electronic address, or one with a wrong digit"),
    Lack.BUYER_ADDRESS: N_("the buyer has no electronic address, or one with a wrong digit"),
    Lack.SELLER_VAT_NUMBER: N_("the seller’s VAT number has a wrong digit"),
    Lack.BUYER_VAT_NUMBER: N_("the buyer’s VAT number has a wrong digit"),
    Lack.SELLER_TOWN: N_("the seller’s address needs a street, and a last line with post code and city"),
    Lack.BUYER_TOWN: N_("the buyer’s address needs a street, and a last line with post code and city"),
    Lack.SELLER_NUMBER: N_("the seller’s country wants its company number: as its electronic address"),
    Lack.BUYER_NUMBER: N_("the seller’s country wants the buyer’s company number: as its electronic address"),
    Lack.CITED: N_("it takes something back and names no invoice that it corrects"),
    Lack.PAY_TO: N_("it does not say where to pay"),
    Lack.RATE: N_("it has a rate of VAT that the seller’s country does not know"),
    Lack.CONTACT: N_("between two in Germany the network asks for a person to call: the seller’s contact"),
    Lack.MARK: N_("a seller in Greece has its invoices registered by its tax office first"),
}


def lacking(it: Document) -> tuple[Lack, ...]:
    """What keeps it out of the network; nothing: it can be sent."""
    return tuple(dict.fromkeys(lack for lack, there in _asked(it) if not there))


def kept_out(invoice: Invoice) -> tuple[Lack, ...]:
    """The same of an invoice between companies, as if it were issued now; whoever else pays us is in no network."""
    if invoice.debtor.kind not in (DebtorKind.PARTNER, DebtorKind.HOST) and not invoice.debtor.endpoint:
        return ()
    issued = structs.replace(invoice, number=invoice.number or "0", issued_at=invoice.issued_at or invoice.opened_at)
    try:
        return lacking(document(issued, "en"))
    except NoVatNumber:  # it has no spelling for machines at all
        return ()


Asked = Iterator[tuple[Lack, bool]]


def _asked(it: Document) -> Asked:
    yield Lack.SELLER_ADDRESS, it.seller.endpoint is not None and takes(it.seller.endpoint)
    yield Lack.BUYER_ADDRESS, it.buyer.endpoint is not None and takes(it.buyer.endpoint)
    yield Lack.SELLER_VAT_NUMBER, can_be_vat(it.seller.vat_number or "")
    yield Lack.BUYER_VAT_NUMBER, can_be_vat(it.buyer.vat_number or "")
    if not it.self_billed:  # no country has rules for those
        # Some go by where the seller is and some by its VAT number: the stricter reading satisfies both.
        for country in sorted({it.seller.country, vat_country(it.seller.vat_number or "") or it.seller.country}):
            yield from _OF_SELLERS.get(country, _nothing)(it)


def _nothing(_it: Document) -> Asked:
    return iter(())


def _full(one: Trader) -> bool:
    return bool(one.lines and one.post_code and one.city)


def _danish(it: Document) -> Asked:
    yield Lack.SELLER_NUMBER, it.seller.company is not None


def _dutch(it: Document) -> Asked:
    yield Lack.SELLER_TOWN, _full(it.seller)
    yield Lack.BUYER_TOWN, it.buyer.country != "NL" or _full(it.buyer)
    yield Lack.CITED, not it.is_note or bool(it.corrects)
    yield Lack.PAY_TO, it.is_note or it.to_pay <= 0 or it.means is not None


def _german(it: Document) -> Asked:
    if it.buyer.country == "DE":
        yield Lack.CONTACT, it.seller.contact is not None
        yield Lack.SELLER_TOWN, _full(it.seller)
        yield Lack.BUYER_TOWN, _full(it.buyer)
        yield Lack.PAY_TO, it.means is not None


def _greek(_it: Document) -> Asked:
    yield Lack.MARK, False


def _icelandic(it: Document) -> Asked:
    at_home = it.buyer.country == "IS"
    yield Lack.SELLER_NUMBER, it.seller.company is not None
    yield Lack.SELLER_TOWN, _full(it.seller)
    yield Lack.BUYER_NUMBER, not at_home or it.buyer.company is not None
    yield Lack.BUYER_TOWN, not at_home or _full(it.buyer)


def _italian(it: Document) -> Asked:
    yield Lack.SELLER_TOWN, _full(it.seller)


def _slovak(it: Document) -> Asked:
    at_home = it.buyer.country == "SK"
    yield Lack.SELLER_TOWN, not at_home or _full(it.seller)
    yield Lack.BUYER_TOWN, not at_home or _full(it.buyer)


_SWEDISH_RATES = {Decimal(6), Decimal(12), Decimal(25)}


def _swedish(it: Document) -> Asked:
    rated = {tax.percent for tax in it.taxes if tax.category == STANDARD}
    yield Lack.RATE, rated <= _SWEDISH_RATES


_OF_SELLERS: dict[str, Callable[[Document], Asked]] = {
    "DE": _german,
    "DK": _danish,
    "GR": _greek,
    "IS": _icelandic,
    "IT": _italian,
    "NL": _dutch,
    "SE": _swedish,
    "SK": _slovak,
}
