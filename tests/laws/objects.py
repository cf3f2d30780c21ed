"""Whatever can be said of Locations, Tariffs, Tokens, Sessions, CDRs and profiles, as strategies."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from laddnav.cdrs.model import Cdr, Costs, SignedData, SignedValue
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
from laddnav.ocpi.wire.codec import Hearing
from laddnav.ocpi.wire.handshake import (
    Endpoint,
    Interface,
)
from laddnav.ocpi.wire.profiles import (
    ProfileResult,
)
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions.model import AuthMethod, CdrLocation, CdrToken, Session
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
    EnergyContract,
    LocationReferences,
    Token,
    TokenType,
    Whitelist,
)

HEARING = Hearing(holder=PartyId("SE", "LAD"), sender=PartyId("NL", "TNM"), ref="ref")

ids = st.text("ABCabc019-*_", min_size=1, max_size=36)
words = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_categories=["Cc"]), min_size=1, max_size=40
)
urls = st.text("abc/?=&%1", max_size=40).map(lambda tail: f"https://example.org/{tail}")
amounts = st.decimals(min_value=-100000, max_value=100000, places=4, allow_nan=False)
rates = st.decimals(min_value=0, max_value=1000000, places=1, allow_nan=False)
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
    rate_min=maybe(rates),
    limits=some(st.builds(ProfileLimit, seconds, rates)),
)
active_profiles = st.builds(ActiveChargingProfile, started_at=instants, profile=profiles)
results = st.sampled_from(ProfileResult)
