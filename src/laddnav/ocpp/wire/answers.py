"""What we answer to what stations tell, in words for every version of OCPP."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.ocpp.wire.reports import ReportAnswer
from laddnav.ocpp.wire.security import ContractState, SecurityAnswer
from laddnav.tokens.model import Allowed


class Registration(StrEnum):
    """Whether a station may work with us. PENDING: it may be set up, not charge. REJECTED: not even that."""

    ACCEPTED = "ACCEPTED"
    PENDING = "PENDING"
    REJECTED = "REJECTED"


class Registered(Struct, frozen=True, kw_only=True):
    """To Booted. `interval` in seconds: of heartbeats when accepted, until the next attempt otherwise."""

    registration: Registration
    now: datetime
    interval: int


class TimeTold(Struct, frozen=True, kw_only=True):
    """To Beat."""

    now: datetime


class Noted(Struct, frozen=True, kw_only=True):
    """To whatever expects no more than to be heard."""


class TokenJudged(Struct, frozen=True, kw_only=True):
    """To TokenShown, and in the answers to ChargeStarted and ChargeStopped; `expires_at` ends its stay in a cache.

    `message` is for the driver: what charging costs. `contract`: a car showed one by its certificate.
    """

    allowed: Allowed
    message: str | None = None
    group_id: str | None = None
    expires_at: datetime | None = None
    contract: ContractState | None = None


class ChargeNamed(Struct, frozen=True, kw_only=True):
    """To ChargeStarted: the name by which the station will speak of this charge."""

    charge: str
    token: TokenJudged


class ChargeClosed(Struct, frozen=True, kw_only=True):
    """To ChargeStopped; no verdict where nobody showed a token."""

    token: TokenJudged | None = None


class StoryHeard(Struct, frozen=True, kw_only=True):
    """To ChargeTold; no verdict where nobody showed a token.

    `cost` is that of the charge so far, and in the end all of it, taxes included; None: nobody knows. It may cost no
    more than `cost_max`. `message` is for the driver: what charging costs here.
    """

    token: TokenJudged | None = None
    cost: Decimal | None = None
    cost_max: Decimal | None = None
    message: str | None = None


class DataJudged(Struct, frozen=True, kw_only=True):
    """To DataReceived: nobody here understands this vendor, or this message of it."""

    vendor_known: bool = False


Answer = (
    Registered
    | TimeTold
    | Noted
    | TokenJudged
    | ChargeNamed
    | ChargeClosed
    | StoryHeard
    | DataJudged
    | ReportAnswer
    | SecurityAnswer
)
