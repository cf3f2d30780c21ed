"""Where a car can charge: Location > Evse > Connector as OCPI names them, and the Station that OCPI has no word for."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import EvseRef, PartyId


class Status(StrEnum):
    """What an Evse can do for a driver now (OCPI 2.2.1 mod_locations_status_enum)."""

    AVAILABLE = "AVAILABLE"
    BLOCKED = "BLOCKED"
    CHARGING = "CHARGING"
    INOPERATIVE = "INOPERATIVE"
    OUTOFORDER = "OUTOFORDER"
    PLANNED = "PLANNED"
    REMOVED = "REMOVED"
    RESERVED = "RESERVED"
    UNKNOWN = "UNKNOWN"


class GeoLocation(Struct, frozen=True):
    """WGS 84 degrees."""

    latitude: Decimal
    longitude: Decimal


class DisplayText(Struct, frozen=True):
    """`language` is ISO 639-1."""

    language: str
    text: str


class NamedGeoLocation(Struct, frozen=True):
    place: GeoLocation
    name: DisplayText | None = None


class Image(Struct, frozen=True, kw_only=True):
    url: str
    category: str
    type: str
    thumbnail: str | None = None
    width: int | None = None
    height: int | None = None


class BusinessDetails(Struct, frozen=True):
    name: str
    website: str | None = None
    logo: Image | None = None


class RegularHours(Struct, frozen=True):
    """`weekday` 1 is Monday; begin and end are HH:MM of the location's own clock."""

    weekday: int
    begin: str
    end: str


class ExceptionalPeriod(Struct, frozen=True):
    begin_at: datetime
    end_at: datetime


class Hours(Struct, frozen=True, kw_only=True):
    """Either open around the clock or at the regular hours, and the exceptions to both."""

    twentyfourseven: bool
    regular: tuple[RegularHours, ...] = ()
    openings: tuple[ExceptionalPeriod, ...] = ()
    closings: tuple[ExceptionalPeriod, ...] = ()


class Share(Struct, frozen=True):
    """One part of an EnergyMix: a source in percent, or an environmental impact in grams a kWh."""

    kind: str
    amount: Decimal


class EnergyMix(Struct, frozen=True, kw_only=True):
    is_green_energy: bool
    sources: tuple[Share, ...] = ()
    impacts: tuple[Share, ...] = ()
    supplier_name: str | None = None
    product_name: str | None = None


class StatusSchedule(Struct, frozen=True, kw_only=True):
    begin_at: datetime
    end_at: datetime | None = None
    status: Status


class PublishTokenType(Struct, frozen=True, kw_only=True):
    """Whom an unpublished Location may be shown to."""

    uid: str | None = None
    type: str | None = None
    visual_number: str | None = None
    issuer: str | None = None
    group_id: str | None = None


class ParkingDirection(StrEnum):
    """How a space lies to the road that leads there (OCPI 2.3.0 mod_locations_parkingdirection_enum)."""

    ANGLE = "ANGLE"
    PARALLEL = "PARALLEL"
    PERPENDICULAR = "PERPENDICULAR"


class EvsePosition(StrEnum):
    """Where an Evse stands, seen from the parked vehicle (OCPI 2.3.0 mod_locations_evseposition_enum)."""

    CENTER = "CENTER"
    LEFT = "LEFT"
    RIGHT = "RIGHT"


class Parking(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A space in which a vehicle stands while it charges (OCPI 2.3.0 mod_locations_parking_object).

    Measures are centimetres, `vehicle_weight_max` is kilograms; None: nobody said. `vehicle_types` keeps unknown words.
    """

    id: str
    physical_reference: str | None = None
    vehicle_types: tuple[str, ...]
    vehicle_weight_max: Decimal | None = None
    vehicle_height_max: Decimal | None = None
    vehicle_length_max: Decimal | None = None
    vehicle_width_max: Decimal | None = None
    length: Decimal | None = None
    width: Decimal | None = None
    dangerous_goods_allowed: bool | None = None
    direction: ParkingDirection | None = None
    drive_through: bool | None = None
    restricted_to_type: bool
    reservation_required: bool
    minutes_max: Decimal | None = None
    roofed: bool | None = None
    images: tuple[Image, ...] = ()
    lighting: bool | None = None
    refrigeration_outlet: bool | None = None
    standards: tuple[str, ...] = ()
    apds_reference: str | None = None


class EvseParking(Struct, frozen=True):
    """A Parking of the same Location from which an Evse is reached."""

    parking_id: str
    position: EvsePosition | None = None


class Connector(Struct, frozen=True, kw_only=True):
    """A plug. `standard`, `format` and `power_type` keep the specification's words, unknown ones too."""

    id: str
    standard: str
    format: str
    power_type: str
    voltage_max: int
    amperage_max: int
    power_max: int | None = None  # watts
    tariff_ids: tuple[str, ...] = ()
    terms_and_conditions: str | None = None
    capabilities: tuple[str, ...] = ()
    last_updated: datetime


class Evse(Struct, frozen=True, kw_only=True):
    """The part of a Location that charges one car at a time."""

    uid: str
    evse_id: str | None = None
    status: Status
    connectors: tuple[Connector, ...]
    status_schedule: tuple[StatusSchedule, ...] = ()
    capabilities: tuple[str, ...] = ()
    floor_level: str | None = None
    coordinates: GeoLocation | None = None
    physical_reference: str | None = None
    directions: tuple[DisplayText, ...] = ()
    parking_restrictions: tuple[str, ...] = ()
    parking: tuple[EvseParking, ...] = ()
    images: tuple[Image, ...] = ()
    accepted_service_providers: tuple[str, ...] = ()  # names of the eMSPs whose contracts are good here
    last_updated: datetime


class Location(Struct, frozen=True, kw_only=True):
    """A place with Evses that share an address. `country` is ISO 3166 alpha-3; `owner` is the CPO."""

    owner: PartyId
    id: str
    publish: bool
    publish_allowed_to: tuple[PublishTokenType, ...] = ()
    name: str | None = None
    address: str
    city: str
    postal_code: str | None = None
    state: str | None = None
    country: str
    coordinates: GeoLocation
    related_locations: tuple[NamedGeoLocation, ...] = ()
    parking_type: str | None = None
    evses: tuple[Evse, ...] = ()
    parking_places: tuple[Parking, ...] = ()
    directions: tuple[DisplayText, ...] = ()
    operator: BusinessDetails | None = None
    suboperator: BusinessDetails | None = None
    proprietor: BusinessDetails | None = None  # OCPI's `owner` of the place; ours is taken by the CPO
    facilities: tuple[str, ...] = ()
    time_zone: str
    opening_times: Hours | None = None
    charging_when_closed: bool | None = None
    images: tuple[Image, ...] = ()
    energy_mix: EnergyMix | None = None
    help_phone: str | None = None
    last_updated: datetime


class Station(Struct, frozen=True, kw_only=True):
    """The thing at the other end of an OCPP socket.

    Its id is unique in the installation, for the socket's path names only it. `accepted` None: it waits for an operator
    to say; False: it is held in Pending. `evses`: the Station's own number of each (OCPP 1.6 calls it connectorId).
    """

    holder: PartyId
    id: str
    ref: str
    location_id: str | None
    evses: tuple[tuple[int, EvseRef], ...] = ()
    accepted: bool | None
    security_profile: int
    security_profile_next: int | None = None  # with which it was told to come
    vendor: str | None = None
    model: str | None = None
    serial_number: str | None = None
    firmware: str | None = None
    protocol: str | None = None
    connected_at: datetime | None = None
    last_seen_at: datetime | None = None
    booted_at: datetime | None = None
    heartbeat_interval: int = 300  # seconds
    boot_retry_interval: int = 60  # seconds
    shows_prices: bool = False  # what charging costs, as we tell it
    protocols: tuple[str, ...] = ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")
    on_connect: str = "configure"
    password_short: bool = False  # it last came with one of fewer characters than may be set now
    items_per_message: int | None = None  # where its operator says so; else as it says itself
    moved_at: datetime | None = None  # to another central system; ours are those that did not
    moved_to: str | None = None


class OutageReason(StrEnum):
    """Why an outage does not count against its operator (23 CFR 680.116 (b)(3))."""

    MAINTENANCE = "MAINTENANCE"  # told beforehand
    GRID = "GRID"
    INTERNET = "INTERNET"
    VANDALISM = "VANDALISM"
    DISASTER = "DISASTER"
    VEHICLE = "VEHICLE"


class Maintenance(Struct, frozen=True, kw_only=True):
    """A time in which a Station, or everything at a Location (`station_id` None), is out for a reason.

    `closes`: nobody may charge there meanwhile, and its Stations are told so.
    """

    holder: PartyId
    ref: str
    location_id: str
    station_id: str | None
    begin_at: datetime
    end_at: datetime
    reason: OutageReason
    note: str
    entered_by: str
    closes: bool = False
