"""What an app for paying reads off the paper: a credit transfer in euro by its bank (EPC), or Swish in Swedish crowns.

The lines are those of EPC069-12, version 002; a Swish code is what its QR code encoding specification says: payee,
amount, message, and what of these may be changed (0: nothing).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from io import BytesIO
from urllib.parse import quote

import segno
from msgspec import Struct

from laddnav.billing.einvoice.document import account_named
from laddnav.billing.einvoice.en16931 import SEPA_TRANSFER
from laddnav.billing.model import Invoice
from laddnav.billing.references import iban_fits, reference, rf_fits

# Where a transfer in euro is one of the scheme's (EPC409-09): the Union, and who joined it.
_SEPA = frozenset(
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE"
    " SI SK SM VA".split()
)
_MOST = Decimal("999999999.99")
_NAME_MOST = 70


class ScannedBy(StrEnum):
    """Which app: it names the words beside the code."""

    BANK = "bank"
    SWISH = "swish"


class Scan(Struct, frozen=True):
    """What the code holds, and for which app."""

    by: ScannedBy
    text: str

    def svg(self) -> bytes:
        """Without the four empty modules around it, which the page leaves it."""
        image = BytesIO()
        # Error level M, as both specifications ask for.
        code = segno.make(self.text, error="m", boost_error=False, micro=False, encoding="utf-8")
        code.save(image, kind="svg", border=0, omitsize=True, xmldecl=False, svgclass=None, lineclass=None)
        return image.getvalue()


def scan_of(invoice: Invoice) -> Scan | None:
    """How an issued invoice is paid by a code; None: nothing is to pay, or not just so much, or in no such way."""
    if invoice.number is None or invoice.paid_from is not None or not 0 < invoice.to_pay <= _MOST:
        return None
    seller = invoice.seller
    cited = reference(invoice.number, seller.holder.country)
    if invoice.currency == "SEK" and seller.swish is not None:
        return Scan(ScannedBy.SWISH, f"C{seller.swish};{f'{invoice.to_pay:.2f}'.replace('.', ',')};{quote(cited)};0")
    to = account_named(seller.pay_to, invoice.currency)
    if to is None or to.means != SEPA_TRANSFER or to.number[:2] not in _SEPA or not iban_fits(to.number):
        return None
    structured = rf_fits(cited)
    fields = ("BCD", "002", "1", "SCT", "", seller.name[:_NAME_MOST], to.number, f"EUR{invoice.to_pay:.2f}", "")
    return Scan(ScannedBy.BANK, "\n".join((*fields, cited) if structured else (*fields, "", cited)))
