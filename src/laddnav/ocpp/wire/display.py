"""Messages on displays, what stations keep of customers, and what they are made to tell, for every version of OCPP."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Priority(StrEnum):
    """ALWAYS: until it is taken back. FIRST: before those in turn. IN_TURN: one after the other."""

    ALWAYS = "ALWAYS"
    FIRST = "FIRST"
    IN_TURN = "IN_TURN"


class ShowMessage(Struct, frozen=True, kw_only=True):
    """Show drivers a text; the same number once more replaces it. `charge`: only while that one goes on."""

    number: int
    text: str
    priority: Priority = Priority.IN_TURN
    language: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    charge: str | None = None


class HideMessage(Struct, frozen=True, kw_only=True):
    number: int


class TellMessages(Struct, frozen=True, kw_only=True):
    """Report all messages, under this number."""

    number: int


class TellCustomer(Struct, frozen=True, kw_only=True):
    """Report, under this number, what is kept of a customer; `forget` it afterwards. By a card, or another name."""

    number: int
    report: bool
    forget: bool
    uid: str | None = None
    token_type: str = "RFID"
    customer: str | None = None


class Trigger(StrEnum):
    """What a station can be made to tell now."""

    BOOT = "BOOT"
    HEARTBEAT = "HEARTBEAT"
    STATUS = "STATUS"
    METER = "METER"
    CHARGE = "CHARGE"
    FIRMWARE = "FIRMWARE"
    LOG = "LOG"


class TellNow(Struct, frozen=True, kw_only=True):
    """`evse_no` None: of all. A status is that of one Connector."""

    what: Trigger
    evse_no: int | None = None
    connector_no: int | None = None


DisplayRequest = ShowMessage | HideMessage | TellMessages | TellCustomer | TellNow
