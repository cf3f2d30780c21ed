"""A charge as it went, step by step, is the same fold as its price."""

from datetime import timedelta
from decimal import Decimal

from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.kit.power import kw
from laddnav.locations.model import Station
from laddnav.metering.model import Activity, Measurand, Reading
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.model import Session, StopReason
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.things import US, component, settled, tariff, token

TEN_MINUTES = timedelta(minutes=10)


async def charged(database: Database, clock: SetClock) -> tuple[Station, Session]:
    """Two readings of ten minutes each, 1.5 and 1.8 kWh."""
    station = await settled(database)
    components = tuple(
        component(dimension, price)
        for dimension, price in (
            (TariffDimension.ENERGY, "2.50"),
            (TariffDimension.FLAT, "5.00"),
            (TariffDimension.PARKING_TIME, "30.00"),
        )
    )
    async with database.unit() as unit:
        await tariffs.keep(unit, US, tariff(elements=(Element(components=components),), last_updated=unit.now))
        session = await sessions.begin(
            unit,
            station=station,
            evse_no=1,
            uid="CARD1",
            given=Authorization(allowed=Allowed.ALLOWED, token=token()),
            at=clock.now(),
            register=wh(1000),
        )
    for register in (2500, 4300):
        await measured(database, clock, station, session, register)
    return station, session


async def measured(database: Database, clock: SetClock, station: Station, session: Session, register: int) -> None:
    at = clock.advance(TEN_MINUTES)
    said = Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
    async with database.unit() as unit:
        await sessions.measure(unit, [Measurement(station=station, evse_no=1, session_id=session.id, readings=(said,))])


async def test_each_reading_is_a_step_with_its_power_and_what_was_used_and_paid_so_far(
    database: Database, clock: SetClock
) -> None:
    _, begun = await charged(database, clock)
    async with database.unit() as unit:
        session = await sessions.fetch(unit, US, US, begun.id)
        course = await sessions.course_of(unit, session)
    assert [step.power for step in course.steps] == [kw(9), kw("10.8")]
    assert [step.energy for step in course.steps] == [wh(1500), wh(3300)]
    assert [step.cost for step in course.steps] == [Decimal("8.75"), Decimal("13.25")]
    assert session.cost is not None
    assert course.steps[-1].cost == session.cost.before_taxes


async def test_a_band_is_the_price_of_energy_and_then_of_standing_there(database: Database, clock: SetClock) -> None:
    station, begun = await charged(database, clock)
    async with database.unit() as unit:
        await sessions.mark(unit, station, 1, Activity.SUSPENDED_EV, clock.now())
    await measured(database, clock, station, begun, 4300)
    async with database.unit() as unit:
        course = await sessions.course_of(unit, await sessions.fetch(unit, US, US, begun.id))
    assert [(band.price, band.unit) for band in course.bands] == [(Decimal("2.50"), "kWh"), (Decimal("30.00"), "h")]
    assert course.steps[-1].activity is Activity.SUSPENDED_EV


async def test_a_charge_that_is_over_went_as_its_lines_say(database: Database, clock: SetClock) -> None:
    _, begun = await charged(database, clock)
    at = clock.advance(TEN_MINUTES)
    async with database.unit() as unit:
        session = await sessions.stop(
            unit, holder=US, session_id=begun.id, at=at, register=wh(5300), reason=StopReason.DRIVER
        )
    async with database.unit() as unit:
        course = await sessions.course_of(unit, session)
    assert course.steps[-1].energy == session.energy == wh(4300)
    assert sum(line.amount.price.before_taxes for line in course.lines) == course.steps[-1].cost == Decimal("15.75")
