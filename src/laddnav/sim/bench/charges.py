"""A charge that is over, as the benchmarks price and send it: a working day's morning, and the car that stays on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import costs_of
from laddnav.kit.energy import wh
from laddnav.locations.model import GeoLocation
from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.model import Priced
from laddnav.pricing.rounding import rounded
from laddnav.pricing.tab import metered
from laddnav.sessions.model import AuthMethod, CdrLocation, CdrToken
from laddnav.sim.network import OURS, THEIRS
from laddnav.tariffs.model import Element, PriceComponent, Restriction, Tariff, TariffDimension, Weekday
from laddnav.tokens.model import TokenType

ZONE = "Europe/Amsterdam"
STARTED_AT = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)  # a Monday
READ_EVERY = timedelta(minutes=5)
WEEKDAYS = (Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY)


def stretches() -> tuple[Stretch, ...]:
    """Two hours at three different currents, read every five minutes, and an hour of parking: 36 stretches."""
    found, at = [], STARTED_AT
    for number in range(36):
        amperes = (16, 40, 20)[number // 4 % 3]
        charging = number < 24
        found.append(
            Stretch(
                started_at=at,
                ended_at=at + READ_EVERY,
                energy=wh(amperes * 230 * 5 // 60 if charging else 0),
                activity=Activity.CHARGING if charging else Activity.SUSPENDED_EV,
                current=Decimal(amperes if charging else 0),
            )
        )
        at += READ_EVERY
    return tuple(found)


def simple() -> Tariff:
    """One price for a kWh (OCPI 2.2.1 mod_tariffs_simple_tariff_example_0_25_euro_per_kwh)."""
    return promised("SIMPLE", Element(components=(component(TariffDimension.ENERGY, "0.25", vat="10", step_size=1),)))


def complex() -> Tariff:
    """Prices by current, weekday and hour (OCPI 2.2.1 mod_tariffs_complex_tariff_example)."""
    charging, parking = TariffDimension.TIME, TariffDimension.PARKING_TIME
    amperes = Decimal(32)
    return promised(
        "COMPLEX",
        Element(components=(component(TariffDimension.FLAT, "2.50", vat="15", step_size=1),)),
        Element(
            components=(component(charging, "1.00", vat="20", step_size=900),),
            restriction=Restriction(current_max=amperes),
        ),
        Element(
            components=(component(charging, "2.00", vat="20", step_size=600),),
            restriction=Restriction(current_min=amperes, weekdays=WEEKDAYS),
        ),
        Element(
            components=(component(charging, "1.25", vat="20", step_size=600),),
            restriction=Restriction(current_min=amperes, weekdays=(Weekday.SATURDAY, Weekday.SUNDAY)),
        ),
        Element(
            components=(component(parking, "5.00", vat="10", step_size=300),),
            restriction=Restriction(start_time=time(9), end_time=time(18), weekdays=WEEKDAYS),
        ),
        Element(
            components=(component(parking, "6.00", vat="10", step_size=300),),
            restriction=Restriction(start_time=time(10), end_time=time(17), weekdays=(Weekday.SATURDAY,)),
        ),
    )


def closed(tariff: Tariff, session: Sequence[Stretch]) -> Priced:
    """The price of a charge as its CDR has it."""
    return rounded(metered(tariff, session, ZONE))


def cdr(id: str, tariff: Tariff, session: Sequence[Stretch]) -> Cdr:
    """What the network tells the company of the driver."""
    priced = closed(tariff, session)
    return told(id, tariff, priced, started_at=session[0].started_at, ended_at=session[-1].ended_at)


def told(id: str, tariff: Tariff, priced: Priced, *, started_at: datetime, ended_at: datetime) -> Cdr:
    """A CDR with all that OCPI asks for and this price."""
    return Cdr(
        holder=OURS,
        owner=OURS,
        id=id,
        ref=id,
        session_id=f"S-{id}",
        started_at=started_at,
        ended_at=ended_at,
        token=CdrToken(owner=THEIRS, uid="04A1B2C3D4E5F6", type=TokenType.RFID, contract_id="SE-NOR-C00000001"),
        auth_method=AuthMethod.WHITELIST,
        location=CdrLocation(
            id="place-00001",
            name="Brenzstraße",
            address="Brenzstraße 2",
            city="Ludwigsburg",
            postal_code="71636",
            country="DEU",
            coordinates=GeoLocation(Decimal("48.89702"), Decimal("9.19249")),
            evse_uid="1588625-1",
            evse_id="DE*SLB*E0001*1",
            connector_id="1",
            connector_standard="IEC_62196_T2",
            connector_format="SOCKET",
            connector_power_type="AC_3_PHASE",
        ),
        currency=tariff.currency,
        tariffs=(tariff,),
        periods=priced.periods,
        costs=costs_of(priced),
        energy=priced.used,
        time=ended_at - started_at,
        parking_time=priced.parked,
        lines=priced.lines,
        last_updated=ended_at,
    )


def promised(id: str, *elements: Element) -> Tariff:
    return Tariff(owner=OURS, id=id, currency="EUR", elements=elements, last_updated=STARTED_AT)


def component(type: TariffDimension, price: str, *, vat: str, step_size: int) -> PriceComponent:
    return PriceComponent(type=type, price=Decimal(price), vat=Decimal(vat), step_size=step_size)
