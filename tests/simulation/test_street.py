"""Whatever the lines of a street lose, repeat and reorder: energy, CDRs and postings come out as they truly were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import pytest
from starlette.applications import Starlette

from laddnav.billing import actions as billing
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.ids import EvseRef
from laddnav.ledger import actions as ledger
from laddnav.locations import actions as locations
from laddnav.ocpp.serve import Sockets
from laddnav.parties import actions as parties
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionAmended, SessionEnded
from laddnav.sessions.model import Status
from laddnav.sessions.rules import SETTLE_WITHIN
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from tests.clock import SetClock
from tests.simulation.street import PASSWORD, Charge, Street
from tests.things import THEM, US, evse, location, party, tariff, token

STATIONS = ("AC22", "DC50", "DC150")
CARS = 10


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {SessionEnded: [cdrs.close], SessionAmended: [cdrs.correct], CdrClosed: [billing.bill]}


async def furnished(database: Database) -> None:
    async with database.unit() as unit:
        await parties.add(unit, party())
        await tariffs.keep(unit, US, tariff())
        uids = [f"{station}-{evse_no}" for station in STATIONS for evse_no in (1, 2)]
        await locations.keep(unit, US, location(evses=tuple(evse(uid) for uid in uids)))
        for number in range(CARS):
            await tokens.keep(unit, US, token(f"CARD{number}", owner=(US, THEM)[number % 2]))
        for station in STATIONS:
            await locations.add_station(unit, US, station, password=PASSWORD)
            for evse_no in (1, 2):
                await locations.attach(unit, station, evse_no, EvseRef("LOC1", f"{station}-{evse_no}"))


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(12, 400))])
async def test_what_was_drawn_is_billed_once_and_to_the_watt_hour(
    database: Database, clock: SetClock, seed: int
) -> None:
    print(f"seed {seed}")  # noqa: T201 - shown where it fails
    await furnished(database)
    sockets = Sockets(database, process="simulation")
    street = Street(Starlette(routes=[sockets.route()]), clock, seed, stations=STATIONS, cars=CARS)
    await street.run()
    await drain(database)
    clock.advance(clock.wall(SETTLE_WITHIN) * 2)
    await sessions.settle_overdue(database)
    await drain(database)
    await each_charge_has_its_cdr(database, street.charges)
    await postings_sum_to_zero(database)
    await everything_announced_was_heard(database)


async def each_charge_has_its_cdr(database: Database, charges: Sequence[Charge]) -> None:
    async with database.unit() as unit:
        kept = {(one.evse_uid, one.started_at): one for one in await sessions.page(unit, US, limit=500)}
        closed = {one.session_id: one for one in await cdrs.page(unit, US, limit=500)}
        assert len(kept) == len(closed) == len(charges)
        for charge in charges:
            session = kept[f"{charge.plug.station_id}-{charge.plug.evse_no}", charge.started_at]
            doubts = await readings.doubts_of(unit, US, session.id)
            assert session.status is Status.COMPLETED, (session, doubts)
            assert session.token.uid == charge.uid
            cdr = closed[session.id]
            assert cdr.energy.wh == charge.meter_stopped - charge.meter_started, (charge, doubts)
            assert (cdr.started_at, cdr.ended_at) == (charge.started_at, charge.stopped_at)
            assert cdr.costs.total.before_taxes == to_the_cent(Decimal("2.50") * cdr.energy.kwh) + 5
            if not doubts:
                assert (session.energy, session.cost) == (cdr.energy, cdr.costs.total)
            assert len(await ledger.entries(unit, US, cites=f"cdr {US}/{cdr.id}")) == 1
            (invoice_ref,) = await billing.invoices_of_cdr(unit, US, US, cdr.id)
            billed = [one for one in (await billing.invoice(unit, invoice_ref)).charges if one.cdr_id == cdr.id]
            assert [one.amount for one in billed] == [cdr.costs.total.before_taxes]


def to_the_cent(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


async def postings_sum_to_zero(database: Database) -> None:
    async with database.unit() as unit:
        assert sum(one.amount for one in await ledger.trial_balance(unit, US)) == 0


async def everything_announced_was_heard(database: Database) -> None:
    async with database.unit() as unit:
        assert await unit.fetch("select * from job") == []
