"""Two laws of every codec: a partner hears back exactly what it said, and what is not reported lost survives."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.cdrs.model import Cdr, Costs, SignedData, SignedValue
from laddnav.cdrs.rules import charge_of
from laddnav.kit.energy import Energy, kwh
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price, TaxAmount
from laddnav.kit.power import Power
from laddnav.locations.model import (
    BusinessDetails,
    Connector,
    DisplayText,
    EnergyMix,
    Evse,
    EvseParking,
    EvsePosition,
    ExceptionalPeriod,
    GeoLocation,
    Hours,
    Image,
    Location,
    NamedGeoLocation,
    Parking,
    ParkingDirection,
    PublishTokenType,
    RegularHours,
    Share,
    Status,
    StatusSchedule,
)
from laddnav.metering.model import ChargingPeriod, Dimension
from laddnav.ocpi.wire.charge import read_charge
from laddnav.ocpi.wire.clients import ClientInfo, ClientStatus
from laddnav.ocpi.wire.codec import Codec, Hearing, Unsayable, encoded, parsed
from laddnav.ocpi.wire.commands import (
    CancelReservation,
    CommandResponse,
    CommandResult,
    ReserveNow,
    Result,
    StartSession,
    StopSession,
    UnlockConnector,
    Verdict,
)
from laddnav.ocpi.wire.handshake import (
    Credentials,
    CredentialsRole,
    Endpoint,
    Interface,
    OfferedVersion,
    VersionDetails,
)
from laddnav.ocpi.wire.profiles import (
    ActiveChargingProfileResult,
    ChargingProfileResponse,
    ChargingProfileResult,
    ClearProfileResult,
    ProfileResult,
    ProfileVerdict,
    SetChargingProfile,
)
from laddnav.ocpi.wire.terms import NOBODY
from laddnav.ocpi.wire.v2_1_1 import codecs as v2_1_1
from laddnav.ocpi.wire.v2_3_0 import codecs as v2_3_0
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.payments.model import CaptureStatus, Confirmation, InvoiceCreator, Terminal
from laddnav.reconciliation.model import Record
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions.model import AuthMethod, CdrLocation, CdrToken, Preferences, ProfileType, Session
from laddnav.sessions.model import Status as SessionStatus
from laddnav.tariffs.model import (
    Element,
    Limit,
    PriceComponent,
    Restriction,
    Tariff,
    TariffDimension,
    TariffText,
    TaxIncluded,
    Weekday,
)
from laddnav.tokens.model import (
    Allowed,
    Authorization,
    EnergyContract,
    LocationReferences,
    Token,
    TokenType,
    Whitelist,
)
from tests import things
from tests.laws import bookings

HEARING = Hearing(holder=PartyId("SE", "LAD"), sender=PartyId("NL", "TNM"), ref="ref")

CODECS = {"2.1.1": v2_1_1.CODECS, "2.3.0": v2_3_0.CODECS} | {
    number: spoken.codecs for number, spoken in VERSIONS.items()
}

CONNECTOR_2_1_1 = ("capabilities", "last_updated", "power_max", "tariff_ids")
EVSE_2_1_1 = (
    *("accepted_service_providers", "capabilities", "connectors", "directions", "images", "last_updated", "parking"),
    "status_schedule",
)
TOKEN_2_1_1 = (
    *("default_profile_type", "energy_contract", "group_id", "issuer", "last_updated", "owner", "type"),
    "visual_number",
)

# What a version has no words for. Whoever adds a version says here what it loses.
LOST: dict[str, dict[type[Any], tuple[str, ...]]] = {
    # Here letters that ASCII has not, fractions of a second, and the seventh decimal of a degree besides.
    "2.1.1": {
        # A Tariff's Elements that have a condition of later versions are left out; prices lose a tax that is in them.
        Tariff: (
            *("owner", "tax_included", "preauthorize_amount", "type", "price_", "starts_at", "ends_at", "elements"),
            *("last_updated", "texts"),
        ),
        Cdr: (
            *("auth_method", "authorization_reference", "costs", "credit_reference_id", "home_charging_compensation"),
            *("invoice_reference_id", "lines", "location.address", "location.state", "owner", "periods.dimensions"),
            *("periods.tariff_id", "session_id", "signed_data", "tariffs", "token", "started_at", "ended_at"),
            *("last_updated", "location.city", "location.name", "meter_id", "periods.started_at", "remark"),
        ),
        Session: (
            *("auth_method", "authorization_reference", "cost.taxes", "ended_at", "last_updated", "meter_id", "owner"),
            *("periods", "place.address", "place.city", "place.name", "place.state", "started_at", "status", "token"),
        ),
        Connector: CONNECTOR_2_1_1,
        Evse: EVSE_2_1_1,
        Location: (
            *("address", "city", "directions", "energy_mix", "help_phone", "images", "last_updated", "name"),
            *("opening_times", "operator", "owner", "parking_places", "proprietor", "publish_allowed_to"),
            *("related_locations", "state", "suboperator", "facilities", "evses"),
        ),
        Token: TOKEN_2_1_1,
        Authorization: ("info", "reference", "token"),
        Credentials: ("hub", "roles"),
        VersionDetails: ("endpoints.role",),
        CommandResponse: ("message", "timeout"),
        CommandResult: ("message", "result"),
        ReserveNow: ("authorization_reference", "expires_at", "reservation_id", "token"),
        StartSession: ("authorization_reference", "connector_id", "token"),
    },
    "2.2.1": {
        # Whether taxes are in a price: they are taken out, if it is said how much they are.
        Tariff: ("tax_included", "preauthorize_amount", "elements.components.price", "elements.components.vat"),
        Cdr: ("costs", "lines", "location.address", "location.state", "tariffs", "token.type"),  # names of taxes
        Connector: ("capabilities",),
        # Words that only a later version lists, Connectors of such a standard, and what it has no field for.
        Evse: ("accepted_service_providers", "capabilities", "connectors", "parking"),
        Location: ("evses", "facilities", "help_phone", "parking_places"),  # and Evses of which it can say no Connector
        Session: ("status", "cost", "token.type"),
        Credentials: ("roles", "hub"),  # of roles that of a payment terminal provider, and whom a hub speaks for
        Authorization: ("info", "location.connector_ids", "token.type"),  # of texts all but the first
        LocationReferences: ("connector_ids",),
        ReserveNow: ("token.type",),
        StartSession: ("token.type",),
        Token: ("type",),  # a word that it does not list
    },
    "2.3.0": {
        Tariff: ("tax_included",),  # that older versions did not say it
        Cdr: (
            "costs",
            "lines",
            "location.address",
            "location.state",
            "tariffs.tax_included",
        ),  # of costs what was taxed
        Session: ("status", "cost"),
        Credentials: ("roles", "hub"),  # the role HUB is a party now
        ClientInfo: ("role",),
        Authorization: ("info", "location.connector_ids"),
        LocationReferences: ("connector_ids",),
    },
}

ids = st.text("ABCabc019-*_", min_size=1, max_size=36)
words = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_categories=["Cc"]), min_size=1, max_size=40
)
urls = st.text("abc/?=&%1", max_size=40).map(lambda tail: f"https://example.org/{tail}")
amounts = st.decimals(min_value=-100000, max_value=100000, places=4, allow_nan=False)
counts = st.integers(min_value=0, max_value=100000)
instants = st.integers(min_value=0, max_value=6 * 10**11).map(
    lambda ms: datetime(2015, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
lengths = st.integers(min_value=0, max_value=10**9).map(lambda ms: timedelta(milliseconds=ms))
parties = st.sampled_from([PartyId("NL", "TNM"), PartyId("DE", "8AC"), PartyId("SE", "LAD")])
texts = st.builds(DisplayText, st.sampled_from(["en", "sv"]), words)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def some(strategy: st.SearchStrategy[Any], least: int = 0, most: int = 2) -> st.SearchStrategy[Any]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


places = st.builds(
    GeoLocation,
    st.decimals(min_value=-90, max_value=90, places=6),
    st.decimals(min_value=-180, max_value=180, places=5),
)
images = st.builds(
    Image,
    url=urls,
    category=st.sampled_from(["OPERATOR", "A_WORD_OF_TOMORROW"]),
    type=st.just("png"),
    thumbnail=maybe(urls),
    width=maybe(st.integers(0, 99999)),
    height=maybe(st.integers(0, 99999)),
)
businesses = st.builds(BusinessDetails, words, maybe(urls), maybe(images))
periods_of_time = st.builds(ExceptionalPeriod, instants, instants)
regular = st.builds(RegularHours, st.integers(1, 7), st.just("08:00"), st.just("18:30"))
hours = st.builds(
    Hours,
    twentyfourseven=st.just(True),
    openings=some(periods_of_time),
    closings=some(periods_of_time),
) | st.builds(Hours, twentyfourseven=st.just(False), regular=some(regular, least=1), closings=some(periods_of_time))
shares = st.builds(Share, st.sampled_from(["SOLAR", "WIND", "TIDE"]), amounts)
mixes = st.builds(
    EnergyMix,
    is_green_energy=st.booleans(),
    sources=some(shares),
    impacts=some(shares),
    supplier_name=maybe(words),
    product_name=maybe(words),
)
connectors = st.builds(
    Connector,
    id=ids,
    standard=st.sampled_from(["IEC_62196_T2", "MCS"]),
    format=st.sampled_from(["SOCKET", "CABLE"]),
    power_type=st.sampled_from(["AC_3_PHASE", "DC"]),
    voltage_max=counts,
    amperage_max=counts,
    power_max=maybe(counts),
    tariff_ids=some(ids),
    terms_and_conditions=maybe(urls),
    capabilities=some(st.sampled_from(["ISO_15118_20_PLUG_AND_CHARGE", "A_WORD_OF_TOMORROW"])),
    last_updated=instants,
)
measures = maybe(st.decimals(min_value=0, max_value=99999, places=1))
parkings = st.builds(
    Parking,
    id=ids,
    physical_reference=maybe(st.just("P 12")),
    vehicle_types=some(st.sampled_from(["PERSONAL_VEHICLE", "DISABLED", "HOVERCRAFT"]), least=1),
    vehicle_weight_max=measures,
    vehicle_height_max=measures,
    vehicle_length_max=measures,
    vehicle_width_max=measures,
    length=measures,
    width=measures,
    dangerous_goods_allowed=maybe(st.booleans()),
    direction=maybe(st.sampled_from(ParkingDirection)),
    drive_through=maybe(st.booleans()),
    restricted_to_type=st.booleans(),
    reservation_required=st.booleans(),
    minutes_max=measures,
    roofed=maybe(st.booleans()),
    images=some(images),
    lighting=maybe(st.booleans()),
    refrigeration_outlet=maybe(st.booleans()),
    standards=some(st.just("PAS 1899")),
    apds_reference=maybe(ids),
)
evses = st.builds(
    Evse,
    uid=ids,
    evse_id=maybe(ids),
    status=st.sampled_from(Status),
    connectors=some(connectors, least=1),
    status_schedule=some(
        st.builds(StatusSchedule, begin_at=instants, end_at=maybe(instants), status=st.sampled_from(Status))
    ),
    capabilities=some(st.sampled_from(["RFID_READER", "A_WORD_OF_TOMORROW"])),
    floor_level=maybe(st.just("-1")),
    coordinates=maybe(places),
    physical_reference=maybe(st.just("A 12")),
    directions=some(texts),
    parking_restrictions=some(st.sampled_from(["EV_ONLY", "TAXIS"])),
    parking=some(st.builds(EvseParking, ids, maybe(st.sampled_from(EvsePosition)))),
    images=some(images),
    accepted_service_providers=some(words),
    last_updated=instants,
)
readers = st.builds(
    PublishTokenType, uid=ids, type=st.just("RFID"), visual_number=st.none(), issuer=maybe(words), group_id=maybe(ids)
)
locations = st.builds(
    Location,
    owner=parties,
    id=ids,
    publish=st.booleans(),
    publish_allowed_to=some(readers),
    name=maybe(words),
    address=words,
    city=words,
    postal_code=maybe(st.just("111 22")),
    state=maybe(words),
    country=st.just("SWE"),
    coordinates=places,
    related_locations=some(st.builds(NamedGeoLocation, places, maybe(texts))),
    parking_type=maybe(st.just("ON_STREET")),
    evses=some(evses),
    parking_places=some(parkings),
    directions=some(texts),
    operator=maybe(businesses),
    suboperator=maybe(businesses),
    proprietor=maybe(businesses),
    facilities=some(st.sampled_from(["WIFI", "SPACE_PORT"])),
    time_zone=st.just("Europe/Stockholm"),
    opening_times=maybe(hours),
    charging_when_closed=maybe(st.booleans()),
    images=some(images),
    energy_mix=maybe(mixes),
    help_phone=maybe(st.just("+46 31 123 45 67")),
    last_updated=instants,
)
types = st.sampled_from([*TokenType, "SUBDERMAL_CHIP"])
tokens = st.builds(
    Token,
    owner=parties,
    uid=ids,
    type=types,
    contract_id=ids,
    issuer=words,
    valid=st.booleans(),
    whitelist=st.sampled_from(Whitelist),
    visual_number=maybe(words),
    group_id=maybe(ids),
    language=maybe(st.just("sv")),
    default_profile_type=maybe(st.just("GREEN")),
    energy_contract=maybe(st.builds(EnergyContract, words, maybe(ids))),
    last_updated=instants,
)
restrictions = st.builds(
    Restriction,
    start_time=maybe(st.just(time(22, 5))),
    end_time=maybe(st.just(time(0, 0))),
    start_date=maybe(st.just(date(2026, 2, 28))),
    end_date=maybe(st.just(date(2027, 1, 1))),
    energy_min=maybe(amounts.map(kwh)),
    energy_max=maybe(amounts.map(kwh)),
    current_min=maybe(amounts),
    current_max=maybe(amounts),
    power_min=maybe(amounts.map(lambda kilowatts: Power(kilowatts * 1000))),
    power_max=maybe(amounts.map(lambda kilowatts: Power(kilowatts * 1000))),
    duration_min=maybe(counts.map(lambda s: timedelta(seconds=s))),
    duration_max=maybe(counts.map(lambda s: timedelta(seconds=s))),
    weekdays=some(st.sampled_from(Weekday)),
    reservation=maybe(st.just("RESERVATION")),
    booking=maybe(st.just("BOOKING")),
)
components = st.builds(
    PriceComponent, type=st.sampled_from(TariffDimension), price=amounts, vat=maybe(amounts), step_size=counts
)
limits = st.builds(Limit, amounts, maybe(amounts))
tariffs = st.builds(
    Tariff,
    owner=parties,
    id=ids,
    currency=st.just("SEK"),
    type=maybe(st.just("REGULAR")),
    elements=some(st.builds(Element, components=some(components, least=1), restriction=restrictions), least=1),
    texts=some(st.builds(TariffText, st.just("en"), words)),
    url=maybe(urls),
    price_min=maybe(limits),
    price_max=maybe(limits),
    starts_at=maybe(instants),
    ends_at=maybe(instants),
    tax_included=maybe(st.sampled_from(TaxIncluded)),
    preauthorize_amount=maybe(amounts),
    is_green_energy=maybe(st.booleans()),
    last_updated=instants,
)
cdr_tokens = st.builds(CdrToken, owner=parties, uid=ids, type=types, contract_id=ids)
charging_periods = st.builds(
    ChargingPeriod,
    started_at=instants,
    dimensions=some(st.builds(Dimension, st.sampled_from(["ENERGY", "TIME", "TOMORROW"]), amounts), least=1),
    tariff_id=maybe(ids),
)
taxes = st.builds(TaxAmount, st.sampled_from(["VAT", "GST"]), amounts, maybe(amounts), account_number=maybe(words))
prices = st.builds(Price, amounts, st.none() | some(taxes))
sessions = st.builds(
    Session,
    holder=st.just(HEARING.holder),
    owner=parties,
    id=ids,
    ref=st.just("ref"),
    status=st.sampled_from(SessionStatus),
    token=cdr_tokens,
    auth_method=st.sampled_from(AuthMethod),
    authorization_reference=maybe(ids),
    location_id=ids,
    evse_uid=ids | st.just("#NA"),
    connector_id=ids | st.just("#NA"),
    started_at=instants,
    ended_at=maybe(instants),
    energy=amounts.map(kwh),
    currency=st.just("EUR"),
    time_zone=st.just("UTC"),
    cost=maybe(prices),
    periods=some(charging_periods),
    meter_id=maybe(words),
    last_updated=instants,
)
signed = st.builds(
    SignedData,
    encoding_method=st.just("OCMF"),
    encoding_method_version=maybe(counts),
    public_key=maybe(words),
    signed_values=some(
        st.builds(
            SignedValue, nature=st.just("Start"), plain_data=st.text(max_size=50), signed_data=st.text(max_size=50)
        ),
        least=1,
    ),
    url=maybe(urls),
)
cdrs = st.builds(
    Cdr,
    holder=st.just(HEARING.holder),
    owner=parties,
    id=ids,
    ref=st.just("ref"),
    session_id=maybe(ids),
    started_at=instants,
    ended_at=instants,
    token=cdr_tokens,
    auth_method=st.sampled_from(AuthMethod),
    authorization_reference=maybe(ids),
    location=st.builds(
        CdrLocation,
        id=ids,
        name=maybe(words),
        address=words | st.just("A street whose name goes on and on until the field is full"),
        city=words,
        postal_code=maybe(st.just("111 22")),
        state=maybe(words),
        country=st.just("SWE"),
        coordinates=places,
        evse_uid=ids,
        evse_id=ids,
        connector_id=ids,
        connector_standard=st.just("IEC_62196_T2"),
        connector_format=st.just("SOCKET"),
        connector_power_type=st.just("AC_3_PHASE"),
    ),
    meter_id=maybe(words),
    currency=st.just("EUR"),
    tariffs=some(tariffs, most=1),
    periods=some(charging_periods, least=1),
    signed_data=maybe(signed),
    costs=st.builds(
        Costs,
        total=prices,
        fixed=maybe(prices),
        energy=maybe(prices),
        time=maybe(prices),
        parking=maybe(prices),
        reservation=maybe(prices),
    ),
    energy=amounts.map(lambda kilowatt_hours: Energy(kilowatt_hours * 1000)),
    time=lengths,
    parking_time=maybe(lengths),
    remark=maybe(words),
    invoice_reference_id=maybe(ids),
    credit=st.just(False),
    credit_reference_id=maybe(ids),
    home_charging_compensation=maybe(st.booleans()),
    last_updated=instants,
)
references = st.builds(LocationReferences, ids, some(ids), some(ids))
endpoints = st.builds(Endpoint, identifier=st.just("locations"), role=st.sampled_from(Interface), url=urls)
seconds = counts.map(lambda many: timedelta(seconds=many))
profiles = st.builds(
    ChargingProfile,
    unit=st.sampled_from(RateUnit),
    started_at=maybe(instants),
    duration=maybe(seconds),
    rate_min=maybe(amounts),
    limits=some(st.builds(ProfileLimit, seconds, amounts)),
)
active_profiles = st.builds(ActiveChargingProfile, started_at=instants, profile=profiles)
results = st.sampled_from(ProfileResult)
THINGS: dict[type[Any], st.SearchStrategy[Any]] = {
    ActiveChargingProfile: active_profiles,
    ActiveChargingProfileResult: st.builds(ActiveChargingProfileResult, result=results, active=maybe(active_profiles)),
    ChargingProfileResponse: st.builds(ChargingProfileResponse, result=st.sampled_from(ProfileVerdict), timeout=counts),
    ChargingProfileResult: st.builds(ChargingProfileResult, result=results),
    ClearProfileResult: st.builds(ClearProfileResult, result=results),
    ClientInfo: st.builds(
        ClientInfo,
        party=parties,
        role=st.sampled_from(Role),
        status=st.sampled_from(ClientStatus),
        last_updated=instants,
    ),
    Preferences: st.builds(
        Preferences,
        profile=st.sampled_from(ProfileType),
        departs_at=maybe(instants),
        energy=maybe(amounts.map(kwh)),
        may_discharge=st.booleans(),
    ),
    SetChargingProfile: st.builds(SetChargingProfile, response_url=urls, profile=profiles),
    Authorization: st.builds(
        Authorization,
        allowed=st.sampled_from(Allowed),
        token=maybe(tokens),
        location=maybe(references),
        reference=maybe(ids),
        info=some(st.tuples(st.just("en"), words)),
        asked=st.just(True),
    ),
    CancelReservation: st.builds(CancelReservation, response_url=urls, reservation_id=ids),
    Cdr: cdrs,
    CommandResponse: st.builds(CommandResponse, result=st.sampled_from(Verdict), timeout=counts, message=some(texts)),
    CommandResult: st.builds(CommandResult, result=st.sampled_from(Result), message=some(texts)),
    Confirmation: st.builds(
        Confirmation,
        owner=st.just(HEARING.sender),
        id=ids,
        authorization_reference=ids,
        total=st.builds(Price, amounts, some(taxes)),
        currency=st.sampled_from(["EUR", "SEK"]),
        eft_data=some(words, least=1),
        status=st.sampled_from(CaptureStatus),
        message=maybe(words),
        last_updated=instants,
    ),
    Connector: connectors,
    Credentials: st.builds(
        Credentials,
        token=ids,
        url=urls,
        roles=some(st.builds(CredentialsRole, role=st.sampled_from(Role), party=parties, business=businesses), least=1),
        hub=maybe(parties),
    ),
    Evse: evses,
    Location: locations,
    LocationReferences: references,
    OfferedVersion: st.builds(OfferedVersion, version=st.just("2.2.1"), url=urls),
    ReserveNow: st.builds(
        ReserveNow,
        response_url=urls,
        token=tokens,
        expires_at=instants,
        reservation_id=ids,
        location_id=ids,
        evse_uid=maybe(ids),
        authorization_reference=maybe(ids),
    ),
    Session: sessions,
    StartSession: st.builds(
        StartSession,
        response_url=urls,
        token=tokens,
        location_id=ids,
        evse_uid=ids,
        connector_id=maybe(ids),
        authorization_reference=maybe(ids),
    ),
    Record: st.builds(
        lambda owner, **said: Record(holder=HEARING.holder, receiver=HEARING.holder, owner=owner, cpo=owner, **said),
        owner=parties,
        id=ids,
        ref=st.just(HEARING.ref),
        invoice_id=ids,
        cdrs=st.lists(ids, min_size=1, max_size=4).map(tuple),
        last_updated=instants,
    ),
    StopSession: st.builds(StopSession, response_url=urls, session_id=ids),
    Tariff: tariffs,
    Terminal: st.builds(
        Terminal,
        owner=st.just(HEARING.sender),
        id=ids,
        customer_reference=maybe(ids),
        party=maybe(parties),
        address=maybe(words),
        city=maybe(words),
        postal_code=maybe(st.just("411 04")),
        state=maybe(st.just("Skåne")),
        country=maybe(st.just("SWE")),
        coordinates=maybe(places),
        invoice_base_url=maybe(urls),
        invoice_creator=maybe(st.sampled_from(InvoiceCreator)),
        reference=maybe(ids),
        location_ids=some(ids),
        evse_uids=some(ids),
        last_updated=instants,
    ),
    Token: tokens,
    UnlockConnector: st.builds(UnlockConnector, response_url=urls, location_id=ids, evse_uid=ids, connector_id=ids),
    **bookings.things(
        ids=ids, words=words, urls=urls, amounts=amounts, instants=instants, parties=parties, tokens=cdr_tokens
    ),
    VersionDetails: st.builds(VersionDetails, version=st.just("2.2.1"), endpoints=some(endpoints)),
}
# Who speaks 2.1.1 must not be told of a Location that is not public, nor of a Session without its place.
OTHERWISE: dict[tuple[str, type[Any]], st.SearchStrategy[Any]] = {
    ("2.1.1", Location): locations.map(lambda one: replace(one, publish=True)),
    ("2.1.1", Session): st.builds(
        lambda session, cdr: replace(
            session,
            place=cdr.location,
            location_id=cdr.location.id,
            evse_uid=cdr.location.evse_uid,
            connector_id=cdr.location.connector_id,
        ),
        sessions,
        cdrs,
    ),
}
EVERY = [(version, kind) for version, codecs in CODECS.items() for kind in codecs]
briefly = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def sayable(codec: Codec[Any, Any], thing: Any) -> bool:
    """Whether a version has words for it at all."""
    try:
        codec.write(thing)
    except Unsayable:
        return False
    return True


def things_of(version: str, kind: type[Any]) -> st.SearchStrategy[Any]:
    return OTHERWISE.get((version, kind), THINGS[kind])


@pytest.mark.parametrize(("version", "kind"), EVERY, ids=lambda one: getattr(one, "__name__", one))
@given(data=st.data())
@briefly
def test_a_partner_hears_back_exactly_what_it_said(version: str, kind: type[Any], data: st.DataObject) -> None:
    """TYP-017, TYP-013, CDR-061: to the digit, the instant and the byte of signed data."""
    codec = CODECS[version][kind]
    said = codec.encode(data.draw(things_of(version, kind).filter(lambda thing: sayable(codec, thing))))
    assert parsed(codec.encode(codec.decode(said, HEARING))) == parsed(said)


@pytest.mark.parametrize(("version", "kind"), EVERY, ids=lambda one: getattr(one, "__name__", one))
@given(data=st.data())
@briefly
def test_what_is_not_reported_lost_survives(version: str, kind: type[Any], data: st.DataObject) -> None:
    codec = CODECS[version][kind]
    allowed = LOST[version].get(kind, ())
    for path in codec.lost(data.draw(things_of(version, kind).filter(lambda thing: sayable(codec, thing))), HEARING):
        assert re.sub(r"\[\d+\]", "", path).startswith(allowed), f"{kind.__name__}.{path} is lost in {version}"


@given(whole=st.dictionaries(words, st.integers() | words | st.lists(st.integers())), data=st.data())
@briefly
def test_a_change_leaves_alone_what_it_does_not_name(whole: dict[str, Any], data: st.DataObject) -> None:
    """TRN-041, TYP-044: fields that we have no name for live on through a PATCH."""
    codec = VERSIONS["2.2.1"].codecs[Token]
    token = codec.encode(data.draw(tokens))
    said = {f"x_{name}": value for name, value in whole.items()} | parsed(token)
    change = {"valid": False, "last_updated": "2026-11-21T10:00:00Z"}
    changed = parsed(codec.patch(encoded(said), encoded(change)))
    assert changed == said | change


def test_a_word_of_tomorrow_is_kept_and_not_said_to_a_partner_of_today() -> None:
    """TYP-025."""
    codec = VERSIONS["2.2.1"].codecs[Location]
    location = things.location(facilities=("SPACE_PORT", "WIFI"), parking_type="ORBIT", evses=())
    said = parsed(codec.encode(location))
    assert said["facilities"] == ["WIFI"] and "parking_type" not in said
    assert set(codec.lost(location, HEARING)) == {"facilities", "parking_type"}


def test_decimals_are_those_that_were_sent() -> None:
    """TYP-017: no digit is added or taken."""
    session = b"""{"country_code":"NL","party_id":"TNM","id":"1","start_date_time":"2026-01-01T00:00:00",
      "kwh":15.3420,"cdr_token":{"country_code":"SE","party_id":"LAD","uid":"1","type":"RFID","contract_id":"c"},
      "auth_method":"WHITELIST","location_id":"L","evse_uid":"E","connector_id":"1","currency":"EUR",
      "status":"ACTIVE","last_updated":"2026-01-01 00:00:00.1234"}"""
    codec = VERSIONS["2.2.1"].codecs[Session]
    heard = codec.decode(session, HEARING)
    assert heard.energy == Energy(Decimal(15342))
    assert b'"kwh":15.3420,' in codec.encode(heard)


@pytest.mark.parametrize("version", CODECS)
@given(data=st.data())
@briefly
def test_a_cdr_in_a_file_is_the_charge_that_a_stored_one_is(version: str, data: st.DataObject) -> None:
    """So `laddnav check-cdr` says of a partner's CDR what we said on its arrival."""
    codec = CODECS[version][Cdr]
    said = codec.encode(data.draw(cdrs))
    stored, told = charge_of(codec.decode(said, HEARING), None), read_charge(said, version)
    assert told == replace(stored, tariffs=tuple(_as_told(one, version) for one in stored.tariffs))


def _as_told(tariff: Tariff, version: str) -> Tariff:
    """2.1.1 does not say whose a Tariff is; a connection knows, a file does not."""
    return replace(tariff, owner=NOBODY) if version == "2.1.1" else tariff
