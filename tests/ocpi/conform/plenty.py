"""A place, a Tariff and a card that say everything that can be said of one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from laddnav.kit.energy import kwh
from laddnav.locations.model import (
    BusinessDetails,
    DisplayText,
    EnergyMix,
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
from laddnav.tariffs.model import (
    Element,
    Limit,
    Restriction,
    Tariff,
    TariffDimension,
    TariffText,
    TariffType,
    Weekday,
)
from laddnav.tokens.model import EnergyContract, Token
from tests import things
from tests.ocpi.network import CPO, EMSP

CHRISTMAS = datetime(2026, 12, 24, 12, tzinfo=UTC)
PICTURE = Image(
    url="https://lad.example/p.png",
    thumbnail="https://lad.example/t.png",
    category="LOCATION",
    type="png",
    width=800,
    height=600,
)
HERE = GeoLocation(Decimal("57.70716"), Decimal("11.96679"))


def place(at: datetime) -> Location:
    company = BusinessDetails("Laddnav AB", "https://lad.example", PICTURE)
    way = (DisplayText("sv", "Genom porten"), DisplayText("en", "Through the gate"))
    evse = things.evse(
        "EVSE80",
        status_schedule=(StatusSchedule(begin_at=at, end_at=CHRISTMAS, status=Status.INOPERATIVE),),
        capabilities=("RFID_READER", "RESERVABLE", "UNLOCK_CAPABLE", "REMOTE_START_STOP_CAPABLE"),
        floor_level="-2",
        physical_reference="80",
        coordinates=HERE,
        directions=way,
        parking_restrictions=("EV_ONLY", "PLUGGED"),
        parking=(EvseParking("P1", EvsePosition.LEFT),),
        images=(PICTURE,),
        accepted_service_providers=("Norrsken Mobility",),
        connectors=(things.connector(terms_and_conditions="https://lad.example/terms"),),
        last_updated=at,
    )
    space = Parking(
        id="P1",
        physical_reference="80",
        vehicle_types=("PERSONAL_VEHICLE",),
        restricted_to_type=False,
        reservation_required=False,
        direction=ParkingDirection.ANGLE,
        lighting=True,
    )
    return things.location(
        "PLENTY",
        CPO,
        evses=(evse,),
        parking_places=(space,),
        parking_type="PARKING_GARAGE",
        related_locations=(NamedGeoLocation(HERE, DisplayText("sv", "Infarten")),),
        directions=way,
        operator=company,
        suboperator=company,
        proprietor=company,
        facilities=("HOTEL", "WIFI"),
        opening_times=Hours(
            twentyfourseven=False,
            regular=tuple(RegularHours(day, "06:00", "23:00") for day in range(1, 8)),
            openings=(ExceptionalPeriod(at, at),),
            closings=(ExceptionalPeriod(CHRISTMAS, CHRISTMAS),),
        ),
        charging_when_closed=True,
        images=(PICTURE,),
        energy_mix=EnergyMix(
            is_green_energy=True,
            sources=(Share("WIND", Decimal(60)), Share("WATER", Decimal(40))),
            impacts=(Share("CARBON_DIOXIDE", Decimal(0)),),
            supplier_name="Göteborg Energi",
            product_name="Grön el",
        ),
        help_phone="+46 31 123456",
        last_updated=at,
    )


def hidden_place(at: datetime) -> Location:
    """For the staff's own cards."""
    staff = PublishTokenType(group_id="STAFF")
    evse = things.evse("EVSE81", last_updated=at)
    return things.location("HIDDEN", CPO, publish=False, publish_allowed_to=(staff,), evses=(evse,), last_updated=at)


def tariff(at: datetime) -> Tariff:
    """Cheaper at night, dearer at weekends, a fee for staying, and a price for keeping the place."""
    night = Restriction(start_time=time(22), end_time=time(6), start_date=date(2026, 1, 1), end_date=date(2030, 1, 1))
    weekend = Restriction(weekdays=(Weekday.SATURDAY, Weekday.SUNDAY), energy_min=kwh(1), energy_max=kwh(100))
    stay = Restriction(duration_min=timedelta(hours=4), duration_max=timedelta(hours=24))
    energy, parking = TariffDimension.ENERGY, TariffDimension.PARKING_TIME
    return things.tariff(
        "PLENTY",
        CPO,
        type=TariffType.REGULAR,
        texts=(TariffText("sv", "Billigare på natten"),),
        url="https://lad.example/tariff",
        price_min=Limit(Decimal(1), Decimal("1.25")),
        price_max=Limit(Decimal(1000), Decimal(1250)),
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=datetime(2030, 1, 1, tzinfo=UTC),
        elements=(
            Element(components=(things.component(energy, "1.50"),), restriction=night),
            Element(components=(things.component(energy, "3.50"),), restriction=weekend),
            Element(components=(things.component(parking, "10"),), restriction=stay),
            Element(
                components=(things.component(TariffDimension.TIME, "6", step_size=60),),
                restriction=Restriction(reservation="RESERVATION"),
            ),
            Element(components=(things.component(energy, "2.50"), things.component(parking, "0"))),
        ),
        last_updated=at,
    )


def card(at: datetime) -> Token:
    return things.token(
        "PLENTY",
        EMSP,
        visual_number="TNM 0007",
        group_id="FAMILY",
        language="sv",
        default_profile_type="GREEN",
        energy_contract=EnergyContract("Göteborg Energi", "G-1"),
        last_updated=at,
    )
