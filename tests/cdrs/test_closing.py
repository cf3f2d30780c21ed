"""What the CDR of a charge of ours says: where and on what it began, how long it took, and all that it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import closed
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import kwh, wh
from laddnav.kit.money import Price
from laddnav.locations import actions as locations
from laddnav.locations.model import Location
from laddnav.metering.model import Activity, Measured, Stretch
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.v2_1_1 import cdr as cdr_of_2_1_1
from laddnav.sessions import actions as sessions
from laddnav.sessions import reserved, rules, store
from laddnav.sessions.events import SessionEnded
from laddnav.sessions.model import AuthMethod, Session, Status
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, Restriction, Tariff, TariffDimension
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.things import US, WHERE, component, connector, evse, location, settled, tariff, token

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENERGY, FLAT = TariffDimension.ENERGY, TariffDimension.FLAT
TIME, PARKING = TariffDimension.TIME, TariffDimension.PARKING_TIME
# Ten minutes of each but the reservation, which took half an hour.
VISIT = (
    (Activity.RESERVED, 30, "0"),
    (Activity.CHARGING, 10, "2"),
    (Activity.SUSPENDED_EVSE, 10, "0"),
    (Activity.SUSPENDED_EV, 10, "0"),
)


def on(*components: tuple[TariffDimension, str], reserved: tuple[tuple[TariffDimension, str], ...] = ()) -> Tariff:
    elements = [
        Element(
            components=tuple(component(kind, price) for kind, price in some), restriction=Restriction(reservation=of)
        )
        for some, of in ((reserved, "RESERVATION"), (components, None))
        if some
    ]
    return tariff(elements=tuple(elements))


def at_plug(where: Location, promised: Tariff | None) -> rules.Place:
    return rules.Place(
        location=where,
        where=WHERE,
        connector=connector(),
        station_id="ST1",
        evse_no=1,
        tariff=promised,
        currency="SEK",
    )


def over(promised: Tariff | None, *visit: tuple[Activity, int, str]) -> Cdr:
    """The CDR of a visit of so many minutes and kWh of each."""
    place = at_plug(location(), promised)
    asked = rules.walked_up(
        holder=US,
        id="S1",
        place=place,
        token=rules.token_of(Authorization(allowed=Allowed.ALLOWED, token=token()), US, "CARD1"),
        given=Authorization(allowed=Allowed.ALLOWED, token=token()),
        at=NOON,
        now=NOON,
    )
    stretches, at = list[Stretch](), NOON
    for activity, minutes, used in visit:
        until = at + timedelta(minutes=minutes)
        stretches.append(Stretch(started_at=at, ended_at=until, energy=kwh(used), activity=activity))
        at = until
    session: Session = replace(
        rules.begun(asked, place, at=NOON, register=wh(0), now=NOON), status=Status.COMPLETED, ended_at=at
    )
    assert session.meter is not None
    measured = Measured(meter=session.meter, stretches=tuple(stretches))
    return closed(session, measured, id="C1", now=at)


def volumes(cdr: Cdr) -> list[dict[str, Decimal]]:
    return [{one.type: one.volume for one in period.dimensions} for period in cdr.periods]


def test_a_charge_that_was_reserved_begins_with_its_reservation() -> None:
    """CDR-026, CDR-045: reserved time is what passed until the car was there, whoever lets it wait afterwards."""
    cdr = over(on((ENERGY, "3")), *VISIT)
    assert (cdr.started_at, cdr.ended_at) == (NOON, NOON + timedelta(hours=1))
    first, *others = volumes(cdr)
    assert first == {"RESERVATION_TIME": Decimal("0.5")}
    assert not any("RESERVATION_TIME" in one for one in others)


def test_what_a_reservation_costs_is_a_part_of_its_own() -> None:
    """CDR-048, CDR-049, CDR-050: its fee and its time; the start of the charge alone is the fixed cost."""
    promised = on((FLAT, "5"), (ENERGY, "3"), (PARKING, "6"), reserved=((FLAT, "2"), (TIME, "8")))
    costs = over(promised, *VISIT).costs
    parts = (costs.fixed, costs.energy, costs.time, costs.parking, costs.reservation)
    assert [one and one.before_taxes for one in parts] == [5, 6, 0, 1, 6]
    assert costs.total == sum((one for one in parts if one is not None), start=Price(Decimal(0), ()))
    assert over(promised, *VISIT[1:]).costs.reservation is None


@pytest.mark.parametrize("promised", [on((TIME, "6"), (PARKING, "12")), None], ids=["priced", "without a tariff"])
def test_charging_time_is_all_time_without_the_parking_time(promised: Tariff | None) -> None:
    """CDR-043, CDR-046, CDR-047: a car that is made to wait for power is charging, one that wants none is parked."""
    cdr = over(promised, *VISIT[1:])
    assert (cdr.time, cdr.parking_time) == (timedelta(minutes=30), timedelta(minutes=10))
    counted = [(kind, hours) for one in volumes(cdr) for kind, hours in one.items() if kind != "ENERGY"]
    charging, parking = (sum(hours for kind, hours in counted if kind == of) for of in ("TIME", "PARKING_TIME"))
    assert (round(charging, 5), round(parking, 5)) == (Decimal("0.33333"), Decimal("0.16667"))


def test_time_without_charging_is_parking_in_2_1_1_too() -> None:
    """CDR-044."""
    words = parsed(cdr_of_2_1_1.codec.encode(over(on((TIME, "6")), *VISIT[1::2])))
    said = [one["type"] for period in words["charging_periods"] for one in period["dimensions"]]
    assert said == ["ENERGY", "TIME", "PARKING_TIME"]
    assert round(words["total_parking_time"], 4) == Decimal("0.1667")


def test_a_free_charge_names_the_tariff_that_makes_it_free() -> None:
    """CDR-037, CDR-034, CDR-035: every period has it, and it is in the list."""
    free = on((FLAT, "0"))
    cdr = over(free, *VISIT[1:])
    assert cdr.tariffs == (free,) and cdr.costs.total.after_taxes == 0
    assert {period.tariff_id for period in cdr.periods} == {free.id}


def test_a_charge_that_ended_the_instant_it_began_is_closed_with_what_its_start_costs() -> None:
    """CDR-026, CDR-034: stations tell seconds, and a cable may be pulled within one."""
    cdr = over(on((FLAT, "5"), (ENERGY, "3")))
    assert (cdr.started_at, cdr.ended_at, cdr.energy) == (NOON, NOON, wh(0))
    assert cdr.costs.total.before_taxes == 5 and len(cdr.periods) == 1


def test_a_reservation_that_nobody_used_costs_what_one_that_expired_does() -> None:
    """CDR-069, CDR-026, TAR-063, TAR-067: half an hour at 8 and the fee of 3; also where the driver called it off."""
    promised = on((FLAT, "5"), (ENERGY, "3"), reserved=((TIME, "8"),))
    fee = Element(components=(component(FLAT, "3"),), restriction=Restriction(reservation="RESERVATION_EXPIRES"))
    place = at_plug(location(), replace(promised, elements=(*promised.elements, fee)))
    driver = rules.token_of(Authorization(allowed=Allowed.ALLOWED, token=token()), US, "CARD1")
    asked = rules.pending(holder=US, id="S1", place=place, token=driver, reference="first", command_id="1", now=NOON)
    waiting = reserved.reserved(asked, place, number=1, until=NOON + timedelta(hours=1), now=NOON)
    at = NOON + timedelta(minutes=30)
    over = reserved.released(waiting, at, at)
    cdr = closed(over, rules.whole(over, ()), id="C1", now=at)
    assert (cdr.started_at, cdr.ended_at, cdr.energy, cdr.auth_method) == (NOON, at, wh(0), AuthMethod.COMMAND)
    assert volumes(cdr) == [{"RESERVATION_TIME": Decimal("0.5")}]
    assert cdr.costs.total.before_taxes == 7 and cdr.costs.reservation == cdr.costs.total


def test_what_let_the_driver_in_at_last_is_what_counts() -> None:
    """CDR-028, CDR-029: reserved by a command, and then judged at the station."""
    place = at_plug(location(), on((ENERGY, "3")))
    driver = rules.token_of(Authorization(allowed=Allowed.ALLOWED, token=token()), US, "CARD1")
    asked = rules.pending(holder=US, id="S1", place=place, token=driver, reference="first", command_id="1", now=NOON)
    waiting = reserved.reserved(asked, place, number=1, until=NOON + timedelta(hours=1), now=NOON)
    given = Authorization(allowed=Allowed.ALLOWED, token=token(), reference="last", asked=True)
    begun = reserved.begun(reserved.let_in(waiting, given), at=NOON, register=wh(0), now=NOON)
    assert begun.meter is not None
    at = NOON + timedelta(hours=1)
    drawn = Stretch(started_at=NOON, ended_at=at, energy=kwh("3"), activity=Activity.CHARGING)
    cdr = closed(replace(begun, ended_at=at), Measured(meter=begun.meter, stretches=(drawn,)), id="C1", now=at)
    assert (cdr.auth_method, cdr.authorization_reference) == (AuthMethod.AUTH_REQUEST, "last")


def test_an_evse_without_a_printed_id_is_named_by_its_own() -> None:
    """CDR-055: a CDR has to name it, and #NA is for reservations."""
    place = at_plug(location(evses=(evse("EVSE1", evse_id=None),)), None)
    assert place.snapshot.evse_id == "EVSE1"


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {SessionEnded: [cdrs.close]}


async def test_a_cdr_says_how_everything_was_when_the_charge_began(database: Database, clock: SetClock) -> None:
    """CDR-027: the street is renamed, the price raised and the card handed on while the car charges."""
    station = await settled(database)
    given = Authorization(allowed=Allowed.ALLOWED, token=token())
    async with database.unit() as unit:
        begun = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=unit.now, register=wh(0)
        )
    at = clock.advance(timedelta(hours=1))
    async with database.unit() as unit:
        await locations.keep(unit, US, location(address="Nya gatan 1", evses=(), last_updated=at))
        await tariffs.keep(unit, US, replace(on((ENERGY, "99")), last_updated=at))
        await sessions.stop(unit, holder=US, session_id=begun.id, at=at, register=wh(1000), reason="Local")
    await drain(database)
    async with database.unit() as unit:
        cdr = await cdrs.of_session(unit, US, US, begun.id)
    assert cdr is not None
    assert (cdr.location.address, cdr.location.evse_uid) == (location().address, "EVSE1")
    assert cdr.tariffs == (tariff(),)
    assert cdr.token == begun.token


async def test_a_charge_that_began_before_places_were_kept_says_the_place_as_it_is(
    database: Database, clock: SetClock
) -> None:
    station = await settled(database)
    given = Authorization(allowed=Allowed.ALLOWED, token=token())
    async with database.unit() as unit:
        begun = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=unit.now, register=wh(0)
        )
        store.update(unit, replace(begun, place=None))
    at = clock.advance(timedelta(hours=1))
    async with database.unit() as unit:
        await sessions.stop(unit, holder=US, session_id=begun.id, at=at, register=wh(1000), reason="Local")
    await drain(database)
    async with database.unit() as unit:
        cdr = await cdrs.of_session(unit, US, US, begun.id)
    assert cdr is not None
    assert cdr.location == begun.place
