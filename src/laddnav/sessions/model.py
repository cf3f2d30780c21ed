"""A charge while it happens, as CPO (we meter it) or as eMSP (a partner tells us of it)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.money import Price
from laddnav.kit.power import Power
from laddnav.locations.model import GeoLocation
from laddnav.metering.model import ChargingPeriod, Meter
from laddnav.pricing.model import Tab
from laddnav.scheduling.held import Obeyed
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile
from laddnav.tariffs.model import Tariff

NO_ZONE = "UTC"  # of a partner's Session at a Location that we do not know


class Status(StrEnum):
    """PENDING: asked for, no car yet. SETTLING: stopped, the last facts may still come. The others are OCPI's.

    RESERVATION: the Evse waits for its driver (OCPI 2.2.1 mod_sessions_sessionstatus_enum).
    """

    PENDING = "PENDING"
    RESERVATION = "RESERVATION"
    ACTIVE = "ACTIVE"
    SETTLING = "SETTLING"
    COMPLETED = "COMPLETED"
    INVALID = "INVALID"


class AuthMethod(StrEnum):
    """How the driver was let in (OCPI 2.2.1 mod_cdrs_authmethod_enum)."""

    AUTH_REQUEST = "AUTH_REQUEST"
    COMMAND = "COMMAND"
    WHITELIST = "WHITELIST"


class CdrToken(Struct, frozen=True, kw_only=True):
    """The Token as it was when the charge began (OCPI 2.2.1 mod_cdrs_cdr_token_object)."""

    owner: PartyId
    uid: str
    type: str
    contract_id: str

    def same(self, other: CdrToken) -> bool:
        """The same card, whatever its contract."""
        return self.owner == other.owner and fold(self.uid) == fold(other.uid)


class CdrLocation(Struct, frozen=True, kw_only=True):
    """The place as it was when the charge began; one Evse, one Connector (OCPI 2.2.1 mod_cdrs_cdr_location_class)."""

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


class StopReason(StrEnum):
    """Why a charge ended, in OCPP's words where it has them."""

    DRIVER = "Local"
    REMOTE = "Remote"
    EV_DISCONNECTED = "EVDisconnected"
    DE_AUTHORIZED = "DeAuthorized"
    EMERGENCY = "EmergencyStop"
    POWER_LOSS = "PowerLoss"
    REBOOT = "Reboot"
    OTHER = "Other"


class Reserved(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The reservation with which a Session of ours began: `number` is what the Station calls it.

    `used_at` is when the charge itself began; None: it has not, and perhaps never will. `tokens` are all that it is
    for, where they are several; the Station knows the first alone.
    """

    number: int
    until: datetime
    tokens: tuple[CdrToken, ...] = ()
    used_at: datetime | None = None


class ProfileType(StrEnum):
    """What matters most to a driver (OCPI 2.2.1 mod_sessions_profile_type_enum)."""

    CHEAP = "CHEAP"
    FAST = "FAST"
    GREEN = "GREEN"
    REGULAR = "REGULAR"


class Voice(StrEnum):
    """Who says what a charge is for: the driver, before the car or in a partner's app, the car itself, its fleet.

    DEFAULT is what the operator supposes of drivers who say nothing.
    """

    DRIVER = "DRIVER"
    APP = "APP"
    CAR = "CAR"
    FLEET = "FLEET"
    DEFAULT = "DEFAULT"


class Budget(Struct, frozen=True, kw_only=True):
    """What the whole charge may cost, with the taxes that its driver pays."""

    amount: Decimal
    currency: str


class Battery(Struct, frozen=True, kw_only=True):
    """How full a car is when this is said, and how full it should be, in percent of what it holds.

    `percent_least`: meanwhile it may give back down to so much; None: nothing of what it came with.
    """

    percent: Decimal
    percent_wanted: Decimal
    capacity: Energy
    percent_least: Decimal | None = None


class Preferences(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a driver wants of a charge (OCPI 2.2.1 mod_sessions_charging_preferences_object).

    `energy` is that of the whole charge, from its beginning on. `battery` says the same as a state of charge; once
    accepted, `energy` is what that came to. OCPI has no word for it, nor for `budget`. `energy_least`, counted as
    `energy` is: what the car gives back never brings the charge below that; below nought it is of what it came with.
    """

    profile: ProfileType
    departs_at: datetime | None = None
    energy: Energy | None = None
    may_discharge: bool = False
    budget: Budget | None = None
    battery: Battery | None = None
    energy_least: Energy | None = None


class PreferencesAnswer(StrEnum):
    """ACCEPTED is best effort, not a promise (OCPI 2.2.1 mod_sessions_charging_preferences_response_enum)."""

    ACCEPTED = "ACCEPTED"
    DEPARTURE_REQUIRED = "DEPARTURE_REQUIRED"
    ENERGY_NEED_REQUIRED = "ENERGY_NEED_REQUIRED"
    NOT_POSSIBLE = "NOT_POSSIBLE"
    PROFILE_TYPE_NOT_SUPPORTED = "PROFILE_TYPE_NOT_SUPPORTED"


class Preferred(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From this instant on this was wanted, and the Tariff for it held; None: the one that held before."""

    at: datetime
    wants: Preferences
    tariff: Tariff | None = None
    by: Voice = Voice.APP


class Limits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one party limits a charge to, of ours or of our driver; the holder itself among them, for its site.

    `wanted` is asked of the Station under `request`, or that it forgets `profile` (`leaving`), and not answered yet.
    `held`: the Station has followed at least one profile of theirs, and so whoever is `by` hears of every change since.
    `phases`: they know that the car draws from so many, or that no more are wired.
    """

    by: PartyId
    held: bool = False
    wanted: ChargingProfile | None = None
    leaving: bool = False
    request: str | None = None
    profile: ChargingProfile | None = None
    phases: int | None = None


class ReadBack(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of asking the Station what limits the charge. `due`: limits have changed since it said so."""

    at: datetime
    obeyed: Obeyed
    due: bool = False


class Heard(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When the Station told that a charge began and that it was over: what it said, and when that was heard.

    None: it was not heard when it was told, or not at all. `lines` are the connections in which anything of it was
    told, each by when it came about; the newest of them, in their order.
    """

    began: tuple[datetime, datetime] | None = None
    ended: tuple[datetime, datetime] | None = None
    lines: tuple[datetime, ...] = ()


class Session(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`owner` is the CPO. `meter` and `tab` are the two folds that readings advance; both None where a partner meters.

    `place` is what a CDR will say of it, kept when the charge began; None where a partner meters.
    `cost` is what the charge costs so far: ours from the tab, a partner's as it said. A PENDING Session started when it
    was asked for, and one that was reserved with its reservation (OCPI 2.2.1 mod_cdrs_cdr_object). `allowed` False: the
    driver was refused after a Station had begun by itself; it is never billed.
    """

    holder: PartyId
    owner: PartyId
    id: str
    ref: str
    status: Status
    token: CdrToken
    auth_method: AuthMethod
    allowed: bool = True
    authorization_reference: str | None = None
    invoice_reference_id: str | None = None
    location_id: str
    evse_uid: str
    connector_id: str
    place: CdrLocation | None = None
    station_id: str | None = None
    evse_no: int | None = None
    started_at: datetime
    ended_at: datetime | None = None
    stop_reason: str | None = None
    energy: Energy = NO_ENERGY
    currency: str
    tariff_id: str | None = None
    time_zone: str
    meter: Meter | None = None
    tab: Tab | None = None
    gives_back_max: Power | None = None  # as its car and its Station have agreed; None: energy goes one way
    cost: Price | None = None
    periods: tuple[ChargingPeriod, ...] = ()  # as a partner told them; ours are in the tab
    meter_id: str | None = None
    command_id: str | None = None  # the START_SESSION that asked for it
    reserved: Reserved | None = None
    preferred: tuple[Preferred, ...] = ()  # in order of time
    limits: tuple[Limits, ...] = ()  # one of each party, in the order in which they came
    active_profile: ActiveChargingProfile | None = None  # all limits together, as its Station or its CPO told last
    read_back: ReadBack | None = None
    meter_started: Decimal | None = None  # Wh on the register when the car was plugged in
    meter_stopped: Decimal | None = None  # Wh
    heard: Heard | None = None
    revision: int = 1
    last_updated: datetime


class Moved(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a reading moves in a charge of ours; all else stays as it is written. `tab` has no Tariffs in it.

    What the charge costs by then follows from the Tab, and is added up by whoever reads it. It holds for one `revision`
    of the Session: a process of a version that does not know it writes another.
    """

    revision: int
    energy: Energy
    meter: Meter | None
    tab: Tab | None
    last_updated: datetime


class Stay(Struct, frozen=True, kw_only=True):
    """Of a charge that is over, by its folded id: where it was, from when until when, and what it took."""

    session_id: str
    station_id: str
    evse_no: int
    started_at: datetime
    ended_at: datetime
    energy: Energy


class Known(Struct, frozen=True, kw_only=True):
    """What of a partner's Session decides whether it is news, to a wallet too, and what that partner does not tell."""

    ref: str
    revision: int = 1
    status: Status
    currency: str
    cost: Price | None = None
    location_id: str
    time_zone: str
    limits: tuple[Limits, ...] = ()
    preferred: tuple[Preferred, ...] = ()
    active_profile: ActiveChargingProfile | None = None
    last_updated: datetime
