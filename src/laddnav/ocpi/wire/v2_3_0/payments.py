"""Terminal and FinancialAdviceConfirmation as OCPI 2.3.0 spells them (OCPI 2.3.0 mod_payments_object_description)."""

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.geo import WireGeoLocation, read_place, write_place
from laddnav.ocpi.wire.shared.scalars import CiString2, CiString3, CiString36, DateTime, Url, many
from laddnav.ocpi.wire.v2_3_0.price import WirePrice, read_price, write_price
from laddnav.payments.model import CaptureStatus, Confirmation, InvoiceCreator, Terminal

Line = Annotated[str, Meta(min_length=1, max_length=255)]


class WireTerminal(Struct, kw_only=True, omit_defaults=True):
    terminal_id: CiString36
    customer_reference: CiString36 | None = None
    party_id: CiString3 | None = None
    country_code: CiString2 | None = None
    address: Annotated[str, Meta(max_length=45)] | None = None
    city: Annotated[str, Meta(max_length=45)] | None = None
    postal_code: Annotated[str, Meta(max_length=10)] | None = None
    state: Annotated[str, Meta(max_length=20)] | None = None
    country: CiString3 | None = None
    coordinates: WireGeoLocation | None = None
    invoice_base_url: Url | None = None
    invoice_creator: InvoiceCreator | None = None
    reference: CiString36 | None = None
    location_ids: tuple[CiString36, ...] | None = None
    evse_uids: tuple[CiString36, ...] | None = None
    last_updated: DateTime


class WireConfirmation(Struct, kw_only=True, omit_defaults=True):
    """A capture that failed may have no `eft_data`, as in the text's own example, against its table."""

    id: CiString36
    authorization_reference: CiString36
    total_costs: WirePrice
    currency: CiString3
    eft_data: tuple[Line, ...] | None = None
    capture_status_code: CaptureStatus
    capture_status_message: Line | None = None
    last_updated: DateTime

    def __post_init__(self) -> None:
        if not self.eft_data and self.capture_status_code is not CaptureStatus.FAILED:
            raise ValueError("Object missing required field `eft_data`")


def read_terminal(wire: WireTerminal, hearing: Hearing) -> Terminal:
    return Terminal(
        owner=hearing.sender,
        id=wire.terminal_id,
        customer_reference=wire.customer_reference,
        party=PartyId.of(wire.country_code, wire.party_id) if wire.country_code and wire.party_id else None,
        address=wire.address,
        city=wire.city,
        postal_code=wire.postal_code,
        state=wire.state,
        country=wire.country,
        coordinates=None if wire.coordinates is None else read_place(wire.coordinates),
        invoice_base_url=wire.invoice_base_url,
        invoice_creator=wire.invoice_creator,
        reference=wire.reference,
        location_ids=wire.location_ids or (),
        evse_uids=wire.evse_uids or (),
        last_updated=wire.last_updated.at,
    )


def write_terminal(terminal: Terminal) -> WireTerminal:
    return WireTerminal(
        terminal_id=terminal.id,
        customer_reference=terminal.customer_reference,
        party_id=None if terminal.party is None else terminal.party.party,
        country_code=None if terminal.party is None else terminal.party.country,
        address=terminal.address,
        city=terminal.city,
        postal_code=terminal.postal_code,
        state=terminal.state,
        country=terminal.country,
        coordinates=None if terminal.coordinates is None else write_place(terminal.coordinates),
        invoice_base_url=terminal.invoice_base_url,
        invoice_creator=terminal.invoice_creator,
        reference=terminal.reference,
        location_ids=many(terminal.location_ids),
        evse_uids=many(terminal.evse_uids),
        last_updated=DateTime(terminal.last_updated),
    )


def read_confirmation(wire: WireConfirmation, hearing: Hearing) -> Confirmation:
    return Confirmation(
        owner=hearing.sender,
        id=wire.id,
        authorization_reference=wire.authorization_reference,
        total=read_price(wire.total_costs),
        currency=wire.currency.upper(),
        eft_data=wire.eft_data or (),
        status=wire.capture_status_code,
        message=wire.capture_status_message,
        last_updated=wire.last_updated.at,
    )


def write_confirmation(confirmation: Confirmation) -> WireConfirmation:
    return WireConfirmation(
        id=confirmation.id,
        authorization_reference=confirmation.authorization_reference,
        total_costs=write_price(confirmation.total),
        currency=confirmation.currency,
        eft_data=many(confirmation.eft_data),
        capture_status_code=confirmation.status,
        capture_status_message=confirmation.message,
        last_updated=DateTime(confirmation.last_updated),
    )


terminal_codec = Codec(WireTerminal, read_terminal, write_terminal)
confirmation_codec = Codec(WireConfirmation, read_confirmation, write_confirmation)
