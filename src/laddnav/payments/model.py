"""A payment terminal, and what its provider says was captured for a charge."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.kit.money import Price
from laddnav.locations.model import GeoLocation
from laddnav.tariffs.model import Tariff


class InvoiceCreator(StrEnum):
    """Who makes the driver's invoice (OCPI 2.3.0 mod_payments_invoice_creator_enum)."""

    CPO = "CPO"
    PTP = "PTP"


class CaptureStatus(StrEnum):
    """OCPI 2.3.0 mod_payments_capture_status_code_enum."""

    SUCCESS = "SUCCESS"
    PARTIAL_SUCCESS = "PARTIAL_SUCCESS"
    FAILED = "FAILED"


class Terminal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One device at which drivers pay (OCPI 2.3.0 mod_payments_terminal_object).

    `owner` is its provider, whom no URL and no field of it names. `customer_reference`, or else `party`, says whose
    charging places it serves; `reference` is its provider's own word for it, such as a serial number. It serves all
    Evses of its Locations, and those named besides.
    """

    owner: PartyId
    id: str
    customer_reference: str | None = None
    party: PartyId | None = None
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None
    coordinates: GeoLocation | None = None
    invoice_base_url: str | None = None
    invoice_creator: InvoiceCreator | None = None
    reference: str | None = None
    location_ids: tuple[str, ...] = ()
    evse_uids: tuple[str, ...] = ()
    last_updated: datetime


class Confirmation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was captured for the charge of an authorisation.

    OCPI 2.3.0 mod_payments_financial_advice_confirmation_object. `owner` is the provider of the terminal. `eft_data`
    are lines that the law wants on the invoice; a capture that failed has none.
    """

    owner: PartyId
    id: str
    authorization_reference: str
    total: Price
    currency: str
    eft_data: tuple[str, ...] = ()
    status: CaptureStatus
    message: str | None = None
    last_updated: datetime


class Installed(Struct, frozen=True, kw_only=True):
    """A Terminal as we keep it, and the CPO at whose charging places it stands.

    `deactivated_at` None: drivers pay at it.
    """

    holder: PartyId
    ref: str
    cpo: PartyId
    deactivated_at: datetime | None = None
    terminal: Terminal


class Captured(Struct, frozen=True, kw_only=True):
    """A Confirmation as we keep it: `cpo` has to put it on the driver's invoice, `where` the charge was.

    `where` None: the CDR of the charge was not here when it was told.
    """

    holder: PartyId
    ref: str
    cpo: PartyId
    where: EvseRef | None = None
    confirmation: Confirmation


class Offer(Struct, frozen=True, kw_only=True):
    """What a driver at a Terminal agrees to before a charge: the Tariff, and how much is reserved on the card.

    `preauthorize` None: the Tariff does not say it, nor what then applies, and the provider decides.
    """

    holder: PartyId
    terminal: Terminal
    connector_id: str
    tariff: Tariff | None
    preauthorize: Decimal | None


def serves(terminal: Terminal, where: EvseRef) -> bool:
    return _among(where.location_id, terminal.location_ids) or _among(where.evse_uid, terminal.evse_uids)


def invoice_url(terminal: Terminal, authorization_reference: str) -> str | None:
    """Where the driver finds the invoice that the CPO makes; None where the provider hands it out.

    The text's base URL ends without a slash, and nobody says who puts one there: so exactly one stands between the two.
    """
    if terminal.invoice_creator is not InvoiceCreator.CPO or terminal.invoice_base_url is None:
        return None
    return f"{terminal.invoice_base_url.rstrip('/')}/{authorization_reference}"


def _among(id: str, ids: Collection[str]) -> bool:
    return fold(id) in {fold(one) for one in ids}
