"""The CDR: what one finished charge was, and what it costs. Never changed once closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.metering.model import ChargingPeriod
from laddnav.pricing.check.plausible import Implausible
from laddnav.pricing.check.verdicts import Checked
from laddnav.pricing.flags import Flagged
from laddnav.pricing.model import Line
from laddnav.sessions.model import AuthMethod, CdrLocation, CdrToken
from laddnav.tariffs.model import Tariff


class SignedValue(Struct, frozen=True, kw_only=True):
    nature: str
    plain_data: str
    signed_data: str


class SignedData(Struct, frozen=True, kw_only=True):
    """The meter's own proof, as the Station sent it (OCPI 2.2.1 mod_cdrs_signed_data_class)."""

    encoding_method: str
    encoding_method_version: int | None = None
    public_key: str | None = None
    signed_values: tuple[SignedValue, ...] = ()
    url: str | None = None


class Costs(Struct, frozen=True, kw_only=True):
    """The total and its parts; None: the sender did not say."""

    total: Price
    fixed: Price | None = None
    energy: Price | None = None
    time: Price | None = None
    parking: Price | None = None
    reservation: Price | None = None


class Cdr(Struct, frozen=True, kw_only=True):
    """`owner` is the CPO. `lines` explain our own CDRs to the cent, `flags` what to know of them; a partner's has none.

    `closing` counts how often a session of ours was closed: above 1, the CDR before it is credited.
    """

    holder: PartyId
    owner: PartyId
    id: str
    ref: str
    session_id: str | None = None
    started_at: datetime
    ended_at: datetime
    token: CdrToken
    auth_method: AuthMethod
    authorization_reference: str | None = None
    location: CdrLocation
    meter_id: str | None = None
    currency: str
    tariffs: tuple[Tariff, ...] = ()
    periods: tuple[ChargingPeriod, ...]
    signed_data: SignedData | None = None
    costs: Costs
    energy: Energy
    time: timedelta
    parking_time: timedelta | None = None
    remark: str | None = None
    invoice_reference_id: str | None = None
    credit: bool = False
    credit_reference_id: str | None = None
    home_charging_compensation: bool | None = None
    lines: tuple[Line, ...] = ()
    flags: tuple[Flagged, ...] = ()
    closing: int = 1
    last_updated: datetime


class CdrHeading(Struct, frozen=True, kw_only=True):
    """What a CDR asks for; of a Credit CDR both amounts are below zero, whatever sign its sender told."""

    id: str
    ref: str
    ended_at: datetime
    currency: str
    excl: Decimal
    incl: Decimal | None
    credit: bool


class Standing(StrEnum):
    """Whether a partner's CDR may be billed."""

    ACCEPTED = "ACCEPTED"  # by its check, or by a person
    DISPUTED = "DISPUTED"  # held: nobody pays it until somebody has decided
    REJECTED = "REJECTED"  # a person decided that it is not paid
    SETTLED = "SETTLED"  # its sender took it back while it was held: the CDR and its credit were never billed


class Review(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What we think of one CDR of a partner, and who decided that.

    `findings` are what cannot be true of it, alone or among others; `other_id` is the CDR that it repeats or credits.
    `disputed_at` None: it was accepted as it came. `decided_by` None: nobody had to. `checked` None: not compared.
    """

    holder: PartyId
    owner: PartyId
    cdr_id: str
    ref: str
    standing: Standing
    currency: str
    stated: Decimal
    checked: Checked | None = None
    findings: tuple[Implausible, ...] = ()
    other_id: str | None = None
    reviewed_at: datetime
    disputed_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    note: str | None = None

    @property
    def difference(self) -> Decimal | None:
        """What it asks for above what we come to, before taxes; None where we come to nothing."""
        total = None if self.checked is None else self.checked.field("total_cost")
        return None if total is None or total.ours is None or total.stated is None else total.stated - total.ours
