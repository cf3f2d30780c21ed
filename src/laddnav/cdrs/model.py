"""The CDR: what one finished charge was, and what it costs. Never changed once closed."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.locations.model import GeoLocation
from laddnav.metering.model import ChargingPeriod
from laddnav.pricing.model import Line
from laddnav.sessions.model import AuthMethod, CdrToken
from laddnav.tariffs.model import Tariff


class CdrLocation(Struct, frozen=True, kw_only=True):
    """The place as it was; one Evse, one Connector (OCPI 2.2.1 mod_cdrs_cdr_location_class)."""

    id: str
    name: str | None = None
    address: str
    city: str
    postal_code: str | None = None
    state: str | None = None
    country: str
    coordinates: GeoLocation
    evse_uid: str
    evse_id: str
    connector_id: str
    connector_standard: str
    connector_format: str
    connector_power_type: str


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
    """`owner` is the CPO. `lines` explain our own CDRs to the cent; a partner's has none."""

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
    last_updated: datetime
