"""Payment terminals and what was captured at them, as their providers tell it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.money import Price, TaxAmount
from laddnav.locations.model import GeoLocation
from laddnav.ocpi.wire.codec import Hearing, encoded, parsed
from laddnav.ocpi.wire.v2_3_0.payments import confirmation_codec, terminal_codec
from laddnav.payments.model import CaptureStatus, Confirmation, InvoiceCreator, Terminal, invoice_url, serves

AT = datetime(2026, 11, 21, 17, tzinfo=UTC)
HEARING = Hearing(holder=PartyId("SE", "LAD"), sender=PartyId("AT", "PAY"))
TERMINAL = Terminal(
    owner=HEARING.sender,
    id="T-1",
    party=PartyId("SE", "LAD"),
    address="Skeppsbron 1",
    city="Göteborg",
    postal_code="411 21",
    country="SWE",
    coordinates=GeoLocation(Decimal("57.70716"), Decimal("11.96679")),
    invoice_base_url="https://lad.example/invoices",
    invoice_creator=InvoiceCreator.CPO,
    reference="serial-7",
    location_ids=("LOC1",),
    evse_uids=("EVSE9",),
    last_updated=AT,
)
CONFIRMATION = Confirmation(
    owner=HEARING.sender,
    id="C-1",
    authorization_reference="pp-1",
    total=Price(Decimal("4.00"), (TaxAmount("VAT", Decimal("1.00"), Decimal(25)),)),
    currency="SEK",
    eft_data=("Mastercard", "Amount: SEK 5.00"),
    status=CaptureStatus.SUCCESS,
    message="Captured",
    last_updated=AT,
)
LONGEST = {
    "terminal_id": 36,
    "customer_reference": 36,
    "party_id": 3,
    "country_code": 2,
    "address": 45,
    "city": 45,
    "postal_code": 10,
    "state": 20,
    "country": 3,
    "reference": 36,
}


def test_a_terminal_and_a_confirmation_survive_their_words() -> None:
    """PAY-017, PAY-020, PAY-026, PAY-031, PAY-032, PAY-033: a capture that failed has no lines for the invoice."""
    assert terminal_codec.lost(TERMINAL, HEARING) == ()
    assert terminal_codec.decode(terminal_codec.encode(TERMINAL), HEARING) == TERMINAL
    failed = replace(CONFIRMATION, status=CaptureStatus.FAILED, eft_data=())
    for one in (CONFIRMATION, failed):
        assert confirmation_codec.decode(confirmation_codec.encode(one), HEARING) == one


@pytest.mark.parametrize(
    "changes",
    [
        {"terminal_id": None},  # PAY-017
        {"last_updated": None},
        {"invoice_creator": "EMSP"},  # PAY-020
        *({name: "x" * (most + 1)} for name, most in LONGEST.items()),  # PAY-018
    ],
)
def test_what_is_no_terminal_is_refused(changes: dict[str, Any]) -> None:
    """PAY-017, PAY-018, PAY-020."""
    with pytest.raises(Unreadable):
        terminal_codec.decode(encoded(parsed(terminal_codec.encode(TERMINAL)) | changes), HEARING)
    longest = {name: "x" * most for name, most in LONGEST.items()}
    assert terminal_codec.decode(encoded(parsed(terminal_codec.encode(TERMINAL)) | longest), HEARING).state == "x" * 20


@pytest.mark.parametrize(
    "changes",
    [
        {"eft_data": []},
        {"eft_data": [""]},
        {"eft_data": ["x" * 256]},
        {"capture_status_code": "MAYBE"},
        {"capture_status_message": ""},
        {"capture_status_message": "x" * 256},
        *(
            {name: None}
            for name in (
                "id",
                "authorization_reference",
                "total_costs",
                "currency",
                "eft_data",
                "capture_status_code",
                "last_updated",
            )
        ),
    ],
)
def test_what_is_no_confirmation_is_refused(changes: dict[str, Any]) -> None:
    """PAY-031, PAY-033, PAY-034."""
    with pytest.raises(Unreadable):
        confirmation_codec.decode(encoded(parsed(confirmation_codec.encode(CONFIRMATION)) | changes), HEARING)
    for status in ("SUCCESS", "PARTIAL_SUCCESS", "FAILED"):
        said = parsed(confirmation_codec.encode(CONFIRMATION)) | {
            "capture_status_code": status,
            "capture_status_message": "x" * 255,
            "eft_data": ["x" * 255],
        }
        assert confirmation_codec.decode(encoded(said), HEARING).status == status


def test_a_terminal_serves_its_locations_and_the_evses_named_besides() -> None:
    """PAY-005: the union of both."""
    served = [EvseRef("loc1", "EVSE1"), EvseRef("LOC2", "evse9")]
    assert all(serves(TERMINAL, where) for where in served)
    assert not serves(TERMINAL, EvseRef("LOC2", "EVSE1"))


def test_the_invoice_is_found_where_the_cpo_makes_it() -> None:
    """PAY-021, PAY-022: with one slash between, however the base URL ends."""
    for base in ("https://lad.example/invoices", "https://lad.example/invoices/"):
        assert invoice_url(replace(TERMINAL, invoice_base_url=base), "pp-1") == "https://lad.example/invoices/pp-1"
    assert invoice_url(replace(TERMINAL, invoice_creator=InvoiceCreator.PTP), "pp-1") is None
