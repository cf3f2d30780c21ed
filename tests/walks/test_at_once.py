"""What two do at the same instant ends as it would have, had they come one after another: in each room that keeps it.

The first has done its part and not ended when the second begins (`tests.overtaken`), so nothing of it is up to luck.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.customers import actions as customers
from laddnav.customers.actions import giving, reimbursing
from laddnav.customers.home import Home, HomeTaken, Rate
from laddnav.customers.model import Customer, Kind
from laddnav.customers.rules import ContractTaken, CustomerSaid
from laddnav.customers.vouchers import Made
from laddnav.db.unit import Database, Unit
from laddnav.fleets import actions as fleets
from laddnav.fleets.model import Fleet
from laddnav.fleets.rules import SignTaken, UnknownDeparture
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.kit.ids import EvseRef
from laddnav.kit.seal import Seal
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.locations.rules import EvseTaken
from laddnav.market import actions as market
from laddnav.mqtt import store as homes
from laddnav.mqtt.actions import setting_up as under_a_broker
from laddnav.mqtt.model import Broker, ChargePoint
from laddnav.mqtt.rules import UnderAnother, UnfitHome, UnknownBroker
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks.model import Selection, Template
from laddnav.ocpp.tasks.rules import TemplateExists
from laddnav.ocpp.wire.variables import VariableName, VariableWanted
from laddnav.openadr.actions import setting_up as grids
from laddnav.openadr.model import GridResource, Vtn
from laddnav.openadr.rules import UnfitVtn, UnknownVtn
from laddnav.payments import actions as payments
from laddnav.payments.model import Terminal
from laddnav.people import store as people
from laddnav.people.actions import links
from laddnav.people.model import Account, Role
from laddnav.people.rules import LinkOver
from laddnav.reservations import actions as reservations
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import CdrToken
from laddnav.sessions.rules import EvseBusy
from laddnav.settlement.actions import hosting, reconciling
from laddnav.settlement.model import Side
from laddnav.settlement.sharing import Host, UnfitAgreement
from laddnav.sites import actions as sites
from laddnav.tokens.model import TokenType
from tests.clock import SetClock
from tests.customers.test_vouchers import BATCH
from tests.fleets.vans import vehicle_said
from tests.market.tariffs import THREE_DAYS, read
from tests.overtaken import overtaken
from tests.settlement.test_sharing import agreement
from tests.sites.garage import site
from tests.things import LONG_AGO, THEM, US, WHERE, evse, location, settled

DRIVER = CdrToken(owner=THEM, uid="PHONE", type=TokenType.APP_USER, contract_id="C1")
BY = "a test"
SEAL = Seal(b"k" * 32)


async def twice(database: Database, verb: Callable[[Unit], Awaitable[object]]) -> tuple[object, object]:
    return await overtaken(database, verb, verb)


# ---- Made by two: there is one, and both are told which


async def test_a_site_that_two_set_up_is_one(database: Database) -> None:
    await settled(database)

    def under(ref: str) -> Callable[[Unit], Awaitable[object]]:
        return lambda unit: sites.save(unit, site(ref=ref, members=()), by=BY)

    await overtaken(database, under("first"), under("second"))
    async with database.unit() as unit:
        (kept,) = await sites.page(unit, US)
        assert (await sites.by_ref(unit, kept.ref)).ref == kept.ref == "first"


async def test_a_host_whom_two_write_down_is_one(database: Database) -> None:
    await settled(database)
    first, second = await twice(database, lambda unit: hosting.save_host(unit, a_host("kajen"), by=BY))
    assert isinstance(first, Host) and isinstance(second, Host)
    async with database.unit() as unit:
        assert (await hosting.host_by_ref(unit, first.ref)).ref == first.ref == second.ref


async def test_a_grid_tariff_that_two_write_has_two_revisions(database: Database) -> None:
    def called(name: str) -> Callable[[Unit], Awaitable[object]]:
        return lambda unit: market.save_tariff(unit, US, "villa", replace(read(THREE_DAYS), name=name), by=BY)

    await overtaken(database, called("Villa"), called("Villa, new"))
    async with database.unit() as unit:
        kept = await market.fetch_tariff(unit, US, "villa")
        assert (kept.revision, kept.tariff.name) == (2, "Villa, new")


async def test_a_terminal_that_is_asked_for_twice_is_one(database: Database) -> None:
    numbers = iter(("T-1", "T-2"))

    async def ask(unit: Unit) -> object:
        said = Terminal(owner=US, id=next(numbers), reference="of the station", last_updated=LONG_AGO)
        return await payments.activate(unit, US, THEM, said)

    await twice(database, ask)
    async with database.unit() as unit:
        assert [one.terminal.id for one in await payments.terminals(unit, US)] == ["T-1"]


async def test_a_table_that_two_begin_to_compare_is_one(database: Database) -> None:
    await settled(database)

    async def begin(unit: Unit) -> str:
        one = await reconciling.begin(
            unit,
            US,
            THEM,
            side=Side.OURS,
            month="2026-11",
            currency="SEK",
            name="november.csv",
            size=100,
            digest="d1",
            header=b"cdr_id,kwh,amount\n",
            by=BY,
        )
        return one.ref

    first, second = await twice(database, begin)
    assert first == second


async def test_vouchers_that_are_asked_for_twice_are_made_once(database: Database) -> None:
    batch = replace(BATCH, holder=US, ref="of this form")
    await settled(database)
    first, second = await twice(database, lambda unit: giving.make(unit, batch, by=BY))
    assert isinstance(first, Made) and isinstance(second, Made)
    assert (len(first.codes), len(second.codes)) == (2, 0)


async def test_an_evse_that_is_reserved_twice_under_one_name_is_one(database: Database) -> None:
    """Of two that are free it would otherwise be both."""
    await settled(database)
    async with database.unit() as unit:
        evses = tuple(evse(uid, capabilities=("RESERVABLE",), last_updated=unit.now) for uid in ("EVSE1", "EVSE2"))
        await locations.keep(unit, US, location(evses=evses))

    async def ask(unit: Unit) -> int:
        one = await reservations.request(
            unit,
            holder=US,
            asked_by=THEM,
            id="R1",
            token=DRIVER,
            location_id="LOC1",
            evse_uid=None,
            until=unit.now + timedelta(hours=1),
            request=unit.new_id(),
        )
        return one.number

    first, second = await twice(database, ask)
    assert first == second


# ---- Wanted by two: one has it, and the other hears why not


async def test_an_evse_is_behind_one_station(database: Database) -> None:
    await settled(database)
    async with database.unit() as unit:
        for id in ("A", "B"):
            await locations.add_station(unit, US, id)
        await locations.keep_evse(unit, US, US, "LOC1", evse("EVSE9"))

    def of(id: str) -> Callable[[Unit], Awaitable[object]]:
        return lambda unit: locations.attach(unit, id, 1, EvseRef("LOC1", "EVSE9"))

    _, second = await overtaken(database, of("A"), of("B"))
    assert isinstance(second, EvseTaken)


async def test_hosts_get_together_no_more_than_there_is(database: Database) -> None:
    await settled(database)
    async with database.unit() as unit:
        for id in ("host-A", "host-B"):
            await hosting.save_host(unit, a_host(id), by=BY)

    def with_host(ref: str) -> Callable[[Unit], Awaitable[object]]:
        return lambda unit: hosting.agree(unit, agreement(ref, percent=Decimal(60)), by=BY)

    _, second = await overtaken(database, with_host("A"), with_host("B"))
    assert isinstance(second, UnfitAgreement)


async def test_two_templates_never_have_one_name(database: Database) -> None:
    wanted = [VariableWanted(name=VariableName(name="HeartbeatInterval"), value="300")]

    def keep(name: str, ref: str | None = None) -> Callable[[Unit], Awaitable[Template]]:
        return lambda unit: tasks.keep_template(unit, US, name, Selection(), wanted, by=BY, ref=ref)

    async with database.unit() as unit:
        first, second = await keep("one")(unit), await keep("two")(unit)
    _, came_to = await overtaken(database, keep("three", first.ref), keep("three", second.ref))
    assert isinstance(came_to, TemplateExists)


async def test_a_name_in_a_home_is_of_one_charge_point_and_an_evse_in_one_home(database: Database) -> None:
    await settled(database)
    async with database.unit() as unit:
        for ref in ("B1", "B2"):
            broker = Broker(
                holder=US,
                ref=ref,
                name=ref,
                url="mqtt://127.0.0.1:1",
                enabled=False,
                changed_at=unit.now,
                changed_by=BY,
            )
            homes.put_broker(unit, broker, None)

    def put(broker: str, evse_no: int, key: str) -> Callable[[Unit], Awaitable[object]]:
        point = ChargePoint(holder=US, broker=broker, station_id="ST1", evse_no=evse_no, key=key, name=key)
        return lambda unit: under_a_broker.put_under(unit, point, by=BY)

    _, second = await overtaken(database, put("B1", 1, "carport"), put("B1", 2, "carport"))
    assert isinstance(second, UnfitHome)
    _, second = await overtaken(database, put("B1", 2, "garden"), put("B2", 2, "garden"))
    assert isinstance(second, UnderAnother)


async def test_a_home_that_is_removed_does_not_come_back_by_being_changed(database: Database) -> None:
    broker = Broker(
        holder=US, ref="B1", name="B1", url="mqtt://home.example", enabled=False, changed_at=LONG_AGO, changed_by=BY
    )
    async with database.unit() as unit:
        await under_a_broker.connect(unit, broker, None, seal=SEAL)
    _, second = await overtaken(
        database,
        lambda unit: under_a_broker.remove(unit, "B1", by=BY),
        lambda unit: under_a_broker.change(unit, replace(broker, name="other"), None, seal=SEAL),
    )
    assert isinstance(second, UnknownBroker)


async def test_a_vtn_that_is_removed_does_not_come_back_and_a_name_there_is_of_one_site(database: Database) -> None:
    await settled(database)
    vtn = Vtn(
        holder=US,
        ref="V1",
        name="Grid",
        url="https://vtn.example",
        client_id="us",
        ven_name="laddnav",
        enabled=False,
        changed_at=LONG_AGO,
        changed_by=BY,
    )
    async with database.unit() as unit:
        await grids.connect(unit, vtn, "hush", seal=SEAL)
        for id in ("one", "two"):
            await sites.save(unit, site(id=id, ref=id, members=()), by=BY)

    def named(site_id: str) -> Callable[[Unit], Awaitable[object]]:
        one = GridResource(holder=US, vtn="V1", site_id=site_id, name="garage")
        return lambda unit: grids.is_resource(unit, one, by=BY)

    _, second = await overtaken(database, named("one"), named("two"))
    assert isinstance(second, UnfitVtn)
    _, second = await overtaken(
        database,
        lambda unit: grids.remove(unit, "V1", by=BY),
        lambda unit: grids.change(unit, replace(vtn, name="other"), None, seal=SEAL),
    )
    assert isinstance(second, UnknownVtn)


async def test_a_card_recognises_one_vehicle(database: Database) -> None:
    await settled(database)
    first, second = [await a_fleet(database, name) for name in ("North", "South")]

    def of(fleet: Fleet) -> Callable[[Unit], Awaitable[object]]:
        return lambda unit: fleets.keep_vehicle(unit, fleet.ref, vehicle_said("V1", cards="04A1B2C3"))

    _, came_to = await overtaken(database, of(first), of(second))
    assert isinstance(came_to, SignTaken)


async def test_a_contract_is_one_customers(database: Database) -> None:
    anna, bo, _ = await three_customers(database)

    def of(one: Customer) -> Callable[[Unit], Awaitable[object]]:
        return lambda unit: customers.keep_contract(unit, one.ref, "SE-LAD-C0815", by=BY)

    _, second = await overtaken(database, of(anna), of(bo))
    assert isinstance(second, ContractTaken)


async def test_charging_at_one_home_is_paid_back_once(database: Database) -> None:
    anna, bo, employee = await three_customers(database)

    def by(employer: Customer) -> Callable[[Unit], Awaitable[Home]]:
        async def agree(unit: Unit) -> Home:
            rate = Rate(since=unit.now.date() + timedelta(days=1), per_kwh=Decimal(2), currency="SEK")
            home = Home(
                holder=US,
                ref="",
                employer=employer.ref,
                employee=employee.ref,
                location_id="LOC1",
                rates=(rate,),
                last_updated=unit.now,
            )
            return await reimbursing.agree(unit, home, by=BY)

        return agree

    _, second = await overtaken(database, by(anna), by(bo))
    assert isinstance(second, HomeTaken)


async def test_a_driver_who_opens_two_links_is_one_account(database: Database, clock: SetClock) -> None:
    """The name of the account is not what the second trips over."""
    async with database.unit() as unit:
        link = await links.make(unit, "anna")
    assert link is not None

    async def first(unit: Unit) -> None:
        account = Account(
            id="A1", name="driver, otherwise", role=Role.DRIVER, language="en", created_at=unit.now, customer="anna"
        )
        assert await people.insert_account(unit, account, None)

    async def second(_: Unit) -> object:
        return await links.come(database, link, language="en", address="192.0.2.1", device="Firefox")

    _, came_to = await overtaken(database, first, second)
    assert isinstance(came_to, LinkOver)


# ---- Changed by two: neither is lost


async def test_of_two_who_set_up_a_station_each_has_set_it_up(database: Database) -> None:
    await settled(database)

    def say(changes: Provisioning) -> Callable[[Unit], Awaitable[object]]:
        return lambda unit: locations.provision(unit, "ST1", changes)

    await overtaken(database, say(Provisioning(heartbeat_interval=77)), say(Provisioning(accepted=False)))
    async with database.unit() as unit:
        one = await locations.station(unit, "ST1")
    assert (one.heartbeat_interval, one.accepted) == (77, False)


async def test_a_departure_that_is_removed_does_not_come_back_by_being_called_off(database: Database) -> None:
    await settled(database)
    fleet = await a_fleet(database, "North")
    async with database.unit() as unit:
        await fleets.keep_vehicle(unit, fleet.ref, vehicle_said("V1"))
        said = DepartureSaid(id="D1", vehicle="V1", days="daily", at="06:00", need="30 kWh")
        left = await fleets.keep_departure(unit, fleet.ref, said)

    _, second = await overtaken(
        database,
        lambda unit: fleets.remove_departure(unit, fleet, left.ref),
        lambda unit: fleets.call_off(unit, fleet, left.ref, date(2026, 12, 1)),
    )
    assert isinstance(second, UnknownDeparture)
    async with database.unit() as unit:
        assert await fleets.departures(unit, fleet) == []


async def test_who_finds_an_evse_busy_holds_nobody_up_who_looks_there_too(database: Database) -> None:
    """Else two who look for any free Evse wait for each other in a ring: for a charge at one, and for the Station."""
    await settled(database)

    async def start(unit: Unit) -> None:
        with pytest.raises(EvseBusy):
            await sessions.request_start(unit, holder=US, token=DRIVER, evse=WHERE)

    async with database.unit() as unit:
        await sessions.request_start(unit, holder=US, token=DRIVER, evse=WHERE)
    async with asyncio.timeout(10), database.unit() as first:
        await start(first)
        async with database.unit() as second:
            await start(second)


# ---- Who is there


def a_host(id: str) -> Host:
    return Host(holder=US, ref="", id=id, name="Kajen AB", country="SE", said_at=LONG_AGO, said_by="")


async def a_fleet(database: Database, name: str) -> Fleet:
    async with database.unit() as unit:
        fleet = await fleets.found(unit, US, name=name, customer="Paket AB", by=BY)
        return await fleets.add_depot(unit, fleet.ref, id="GBG", name="Göteborg", location_id="LOC1")


async def three_customers(database: Database) -> list[Customer]:
    await settled(database)
    async with database.unit() as unit:
        said = [CustomerSaid(name=name, kind=Kind.BUSINESS) for name in ("Anna", "Bo", "Eve")]
        return [await customers.add(unit, US, one, by=BY) for one in said]
