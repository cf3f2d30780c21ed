"""What a driver shows, and what is answered to it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId


class TokenType(StrEnum):
    """The types that the texts list; a partner may name others (OCPI 2.3.0 mod_tokens_tokentype_enum)."""

    AD_HOC_USER = "AD_HOC_USER"
    APP_USER = "APP_USER"
    EMAID = "EMAID"
    OTHER = "OTHER"
    RFID = "RFID"


class Whitelist(StrEnum):
    """When a CPO may decide by itself (OCPI 2.2.1 mod_tokens_whitelisttype_enum)."""

    ALWAYS = "ALWAYS"
    ALLOWED = "ALLOWED"
    ALLOWED_OFFLINE = "ALLOWED_OFFLINE"
    NEVER = "NEVER"


class Allowed(StrEnum):
    """The verdict on a Token (OCPI 2.2.1 mod_tokens_allowed_enum)."""

    ALLOWED = "ALLOWED"
    BLOCKED = "BLOCKED"
    EXPIRED = "EXPIRED"
    NO_CREDIT = "NO_CREDIT"
    NOT_ALLOWED = "NOT_ALLOWED"


class Barred(StrEnum):
    """Why whoever pays for a Token of ours does not let it charge at present."""

    STOPPED = "STOPPED"  # invoices were not paid
    WALLET = "WALLET"  # nothing is left that was paid ahead
    CARD = "CARD"  # its bank holds nothing for a charge, and has to
    WEEK = "WEEK"  # what its driver may use in a week is used


class EnergyContract(Struct, frozen=True):
    supplier_name: str
    contract_id: str | None = None


class Token(Struct, frozen=True, kw_only=True):
    """`owner` is the eMSP. `type` is a TokenType, or a word of a partner's own.

    `blocked`, `expires_at`, `credit` and `barred` are of our own Tokens only; partners see `valid`.

    `barred` is said by whoever pays, and taken back by them; None: nobody bars it.

    `credit` is what is left to charge for, in the party's currency; None: there is no such bound.
    """

    owner: PartyId
    uid: str
    type: str
    contract_id: str
    issuer: str
    valid: bool
    whitelist: Whitelist
    visual_number: str | None = None
    group_id: str | None = None
    language: str | None = None
    default_profile_type: str | None = None
    energy_contract: EnergyContract | None = None
    blocked: bool = False
    expires_at: datetime | None = None
    credit: Decimal | None = None
    barred: Barred | None = None
    last_updated: datetime


class TokenKey(Struct, frozen=True):
    """What names a Token among a holder's: uids are unique only within their eMSP and type."""

    owner: PartyId
    type: str
    uid: str


class LocationReferences(Struct, frozen=True):
    """Where the driver wants to charge; no `evse_uids` means anywhere at the Location, no `connector_ids` any plug."""

    location_id: str
    evse_uids: tuple[str, ...] = ()
    connector_ids: tuple[str, ...] = ()


class Authorization(Struct, frozen=True, kw_only=True):
    """A verdict and what it rests on; `token` None: nobody knows the uid. `reference` is the eMSP's, up to the CDR."""

    allowed: Allowed
    token: Token | None = None
    location: LocationReferences | None = None
    reference: str | None = None
    info: tuple[tuple[str, str], ...] = ()  # (language, text) for the driver
    asked: bool = False  # True: the eMSP decided in real time
