"""A driver says what matters most while a charge goes on: what is accepted holds from then on, with its Tariff."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import kwh, wh
from laddnav.kit.power import kw
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.metering.model import Measurand, Reading
from laddnav.sessions import actions as sessions
from laddnav.sessions import preferred
from laddnav.sessions.actions import Measurement
from laddnav.sessions.actions.preferring import CAPABLE, prefer
from laddnav.sessions.events import SessionEnded
from laddnav.sessions.model import Preferences, PreferencesAnswer, ProfileType, Session
from laddnav.sessions.rules import AlreadyEnded, NoPreferences, UnknownSession
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension, TariffType
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.things import US, component, connector, evse, location, settled, tariff, token

CHEAP, FAST, REGULAR = ProfileType.CHEAP, ProfileType.FAST, ProfileType.REGULAR


@pytest.fixture
def hears() -> dict[type[Event], list[Listener]]:
    return {SessionEnded: [cdrs.close]}


@pytest.fixture
async def station(database: Database) -> Station:
    """2.50 a kWh, or 1.00 for who can wait; a charge that is fast has no price of its own."""
    await settled(database)
    async with database.unit() as unit:
        regular = Element(components=(component(TariffDimension.ENERGY, "2.50"),))
        cheap = Element(components=(component(TariffDimension.ENERGY, "1.00"),))
        await tariffs.keep(unit, US, tariff(elements=(regular,), last_updated=unit.now))
        kind = TariffType.PROFILE_CHEAP
        await tariffs.keep(unit, US, tariff("T2", type=kind, elements=(cheap,), last_updated=unit.now))
        plug = connector(tariff_ids=("T1", "T2"), last_updated=unit.now)
        able = evse(connectors=(plug,), capabilities=(CAPABLE,), last_updated=unit.now)
        unable = evse("EVSE2", last_updated=unit.now)
        await locations.keep(unit, US, location(evses=(able, unable), last_updated=unit.now))
        return await locations.station(unit, "ST1")


async def begun(database: Database, station: Station, evse_no: int = 1) -> Session:
    async with database.unit() as unit:
        given = Authorization(allowed=Allowed.ALLOWED, token=token())
        return await sessions.begin(
            unit, station=station, evse_no=evse_no, uid="CARD1", given=given, at=unit.now, register=wh(0)
        )


async def measured(database: Database, station: Station, session: Session, register: int) -> Session:
    async with database.unit() as unit:
        said = Reading(at=unit.now, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
        one = Measurement(station=station, evse_no=1, session_id=session.id, readings=(said,))
        await sessions.measure(unit, [one])
        return await sessions.fetch(unit, US, US, session.id)


async def test_another_tariff_holds_from_the_moment_of_the_preference(
    database: Database, clock: SetClock, station: Station
) -> None:
    """SES-044, SES-049, SES-052: 10 kWh at 2.50, 20 at 1.00 and 10 at 2.50 again, on one CDR."""
    session = await begun(database, station)
    clock.advance(timedelta(hours=1))
    await measured(database, station, session, 10_000)
    wants = Preferences(profile=CHEAP, departs_at=clock.now() + timedelta(hours=8), energy=kwh(40))
    async with database.unit() as unit:
        assert (await prefer(unit, US, session.id, wants)).answer is PreferencesAnswer.ACCEPTED
    clock.advance(timedelta(hours=2))
    session = await measured(database, station, session, 30_000)
    assert session.cost is not None and session.cost.before_taxes == 45
    async with database.unit() as unit:
        back = await prefer(unit, US, session.id, Preferences(profile=REGULAR))
        assert back.answer is PreferencesAnswer.ACCEPTED
    clock.advance(timedelta(hours=1))
    async with database.unit() as unit:
        await sessions.stop(unit, holder=US, session_id=session.id, at=unit.now, register=wh(40_000), reason="Local")
    await drain(database)
    async with database.unit() as unit:
        (cdr,) = await cdrs.page(unit, US)
        session = await sessions.fetch(unit, US, US, session.id)
        course = await sessions.course_of(unit, session)
    assert cdr.costs.total.before_taxes == 70 and session.cost == cdr.costs.total
    assert {one.id for one in cdr.tariffs} == {"T1", "T2"}
    assert [one.tariff_id for one in cdr.periods] == ["T1", "T2", "T1"]
    assert course.steps[-1].cost == 70


async def test_a_tariff_changes_also_between_two_readings(
    database: Database, clock: SetClock, station: Station
) -> None:
    """SES-049: half of 20 kWh at each price."""
    session = await begun(database, station)
    clock.advance(timedelta(hours=1))
    wants = Preferences(profile=CHEAP, departs_at=clock.now() + timedelta(hours=8), energy=kwh(40))
    async with database.unit() as unit:
        await prefer(unit, US, session.id, wants)
    clock.advance(timedelta(hours=1))
    session = await measured(database, station, session, 20_000)
    assert session.cost is not None and session.cost.before_taxes == 35


async def test_only_a_charge_at_an_evse_that_can_follow_has_preferences(
    database: Database, clock: SetClock, station: Station
) -> None:
    """SES-046, SES-049, SES-050."""
    other = await begun(database, station, 2)
    session = await begun(database, station)
    async with database.unit() as unit:
        with pytest.raises(NoPreferences):
            await prefer(unit, US, other.id, Preferences(profile=REGULAR))
        answered = await prefer(unit, US, session.id, Preferences(profile=FAST))
        assert answered.answer is PreferencesAnswer.PROFILE_TYPE_NOT_SUPPORTED
        with pytest.raises(UnknownSession):
            await prefer(unit, US, "nobody", Preferences(profile=REGULAR))
        await sessions.stop(unit, holder=US, session_id=session.id, at=unit.now, register=wh(0), reason="Local")
        with pytest.raises(AlreadyEnded):
            await prefer(unit, US, session.id, Preferences(profile=REGULAR))


async def test_what_waits_has_to_know_for_what_and_how_long(
    database: Database, clock: SetClock, station: Station
) -> None:
    """SES-045, SES-048: and nobody is promised what the plug cannot give."""
    session = replace(await begun(database, station), energy=kwh(10))
    soon, later = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)
    said = {
        Preferences(profile=CHEAP): PreferencesAnswer.DEPARTURE_REQUIRED,
        Preferences(profile=CHEAP, departs_at=soon): PreferencesAnswer.ENERGY_NEED_REQUIRED,
        Preferences(profile=CHEAP, departs_at=soon, energy=kwh(40)): PreferencesAnswer.NOT_POSSIBLE,
        Preferences(profile=CHEAP, departs_at=later, energy=kwh(40)): PreferencesAnswer.ACCEPTED,
        Preferences(profile=CHEAP, departs_at=clock.now(), energy=kwh(11)): PreferencesAnswer.NOT_POSSIBLE,
        Preferences(profile=CHEAP, departs_at=soon, energy=kwh(5)): PreferencesAnswer.ACCEPTED,
        Preferences(profile=FAST): PreferencesAnswer.ACCEPTED,
    }
    for wants, answer in said.items():
        assert preferred.answer(wants, session, kw(22), clock.now()) is answer
    assert preferred.answer(wants, session, None, clock.now()) is PreferencesAnswer.ACCEPTED
