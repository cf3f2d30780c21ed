"""Energy of a month: delivered by registers, billed by CDRs, and every Wh between the two with its cause."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.analytics import actions as analytics
from laddnav.analytics import tables
from laddnav.analytics.model import Cause, Charges, Counted, EnergyRow, Per
from laddnav.analytics.rules import NoMonth, losses, months, rows
from laddnav.cdrs import actions as cdrs
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import NO_ENERGY, Energy, wh
from laddnav.locations.model import Station
from laddnav.metering.model import DoubtKind, Measurand, Reading
from laddnav.readings import actions as readings
from laddnav.readings.model import Said
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.events import SessionEnded
from laddnav.sessions.model import StopReason
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.things import US, settled, token

NOVEMBER = "2026-11"
TEN_MINUTES = timedelta(minutes=10)


# ---- What is added up, and why


def charges(**changes: object) -> Charges:
    fields: dict[str, object] = {
        "holder": US,
        "month": NOVEMBER,
        "of": "ST1",
        "status": "COMPLETED",
        "closed": True,
        "credited": False,
        "doubts": "",
        "many": 1,
        "delivered": wh(1000),
        "billed": wh(1000),
    }
    return Charges(**fields | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"billed": wh(900), "doubts": "ROLLOVER"}, "ROLLOVER"),
        ({"billed": wh(900)}, Cause.UNEXPLAINED),
        ({"billed": wh(0), "closed": False}, Cause.NOT_CLOSED),
        ({"billed": wh(0), "closed": False, "credited": True}, Cause.CREDITED),
        ({"billed": wh(0), "status": "ACTIVE", "closed": False}, Cause.UNDER_WAY),
        ({"billed": wh(0), "status": "SETTLING", "closed": False, "doubts": "JUMP"}, Cause.UNDER_WAY),
        ({"billed": wh(0), "status": "INVALID", "closed": False, "doubts": "JUMP"}, Cause.REFUSED),
    ],
)
def test_what_was_not_billed_has_one_cause(changes: dict[str, object], cause: str) -> None:
    (row,) = rows([charges(), charges(**changes)])
    (difference,) = row.differences
    assert (difference.cause, difference.energy, difference.charges) == (cause, row.difference, 1)


energies = st.integers(-10_000, 10_000).map(lambda amount: Energy(Decimal(amount)))


@given(
    st.lists(
        st.builds(
            Charges,
            holder=st.just(US),
            month=st.sampled_from(["2026-10", NOVEMBER]),
            of=st.sampled_from(["ST1", "ST2"]),
            status=st.sampled_from(["COMPLETED", "ACTIVE", "INVALID"]),
            closed=st.booleans(),
            credited=st.booleans(),
            doubts=st.sampled_from(["", "JUMP", "GAP JUMP"]),
            many=st.integers(1, 3),
            delivered=energies,
            billed=energies,
        )
    )
)
def test_the_causes_add_up_to_what_was_delivered_and_not_billed(many: list[Charges]) -> None:
    found = rows(many)
    assert sum((one.delivered - one.billed for one in many), NO_ENERGY) == sum(
        (each.energy for row in found for each in row.differences), NO_ENERGY
    )
    for row in found:
        assert row.difference == row.delivered - row.billed
        assert len({each.cause for each in row.differences}) == len(row.differences)


@pytest.mark.parametrize(
    ("meters", "grid", "outlets"),
    [
        ({(0, "Inlet"): 110, (0, "Outlet"): 105, (1, "Outlet"): 60, (2, "Outlet"): 40}, 110, 100),
        ({(0, "Outlet"): 105, (1, "Inlet"): 70, (1, "Outlet"): 60}, 105, 60),
        ({(1, "Inlet"): 70, (2, "Inlet"): 50, (1, "Outlet"): 60, (2, "Outlet"): 45}, 120, 105),
    ],
)
def test_what_is_lost_is_the_grids_side_less_the_outlets(
    meters: dict[tuple[int, str], int], grid: int, outlets: int
) -> None:
    of = Counted(holder=US, month=NOVEMBER, station_id="ST1", location_id="L", evse_no=0, place="", energy=NO_ENERGY)
    said = [replace(of, evse_no=no, place=place, energy=wh(amount)) for (no, place), amount in meters.items()]
    (row,) = losses(said)
    assert (row.grid, row.outlets, row.lost) == (wh(grid), wh(outlets), wh(grid - outlets))
    assert losses(one for one in said if one.place == "Outlet" and one.evse_no) == ()


def test_a_report_is_of_months() -> None:
    assert months("2026-11", "2026-12") == ("2026-11", "2026-12")
    for since, until in (("2026-13", "2026-13"), ("2026-12", "2026-11"), ("november", "2026-11"), ("2026-11", "")):
        with pytest.raises(NoMonth):
            months(since, until)


# ---- Of what is stored


@pytest.fixture
def hears() -> dict[type[Event], list[Listener]]:
    return {SessionEnded: [cdrs.close]}


async def charged(
    database: Database, clock: SetClock, station: Station, *registers: int, allowed: Allowed = Allowed.ALLOWED
) -> str:
    """From the first register to the last, one every ten minutes."""
    first, *between, last = registers
    async with database.unit() as unit:
        given = Authorization(allowed=allowed, token=token())
        session = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=clock.now(), register=wh(first)
        )
    for register in between:
        said = Reading(
            at=clock.advance(TEN_MINUTES), measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register)
        )
        async with database.unit() as unit:
            one = Measurement(station=station, evse_no=1, session_id=session.id, readings=(said,))
            await sessions.measure(unit, [one])
    async with database.unit() as unit:
        await sessions.stop(
            unit,
            holder=US,
            session_id=session.id,
            at=clock.advance(TEN_MINUTES),
            register=wh(f"{last}.000"),  # as many meters say it; reports say 4500 all the same
            reason=StopReason.DRIVER,
        )
    await drain(database)
    return session.id


async def energy(database: Database, per: Per, since: str | None = None, until: str | None = None) -> list[EnergyRow]:
    async with database.unit() as unit:
        return list(await analytics.energy(unit, US, per, since, until))


async def test_every_wh_of_a_month_is_billed_or_has_its_cause(database: Database, clock: SetClock) -> None:
    """The month is that of the Location: this charge began an hour before November in UTC, and in it in Stockholm."""
    clock.set(datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    station = await settled(database)
    await charged(database, clock, station, 1000, 3000, 4500)
    await charged(database, clock, station, 9000, 11_000, 12, 1512)
    await charged(database, clock, station, 2000, 2500, allowed=Allowed.BLOCKED)
    taken_back = await charged(database, clock, station, 5000, 5777)
    async with database.unit() as unit:
        cdr = await cdrs.of_session(unit, US, US, taken_back)
        assert cdr is not None
        await cdrs.credit(unit, cdr.ref, by="a test", why="it was a test")
    (row,) = await energy(database, Per.STATION, NOVEMBER)
    assert (row.of, row.charges, row.delivered, row.billed) == (station.id, 4, wh(3500 - 7488 + 500 + 777), wh(5500))
    assert [(one.cause, one.energy, one.charges) for one in row.differences] == [
        ("CREDITED", wh(777), 1),
        (DoubtKind.METER_EXCHANGED.value, wh(1512 - 11_000), 1),
        ("REFUSED", wh(500), 1),
    ]
    for per, of in ((Per.LOCATION, "LOC1"), (Per.TARIFF, "T1"), (Per.CUSTOMER, f"SE*LAD {token().contract_id}")):
        (one,) = await energy(database, per, NOVEMBER)
        assert one == replace(row, of=of)
    assert [one.month for one in await energy(database, Per.MONTH, "2026-09", "2026-12")] == [NOVEMBER]
    assert await energy(database, Per.STATION, "2026-10", "2026-10") == []
    header, told = csv.reader(StringIO(tables.of_energy([row])))
    assert header[4:7] == ["delivered_wh", "billed_wh", "difference_wh"]
    assert told[2:7] == [station.id, "4", "-2711", "5500", "-8211"]
    assert told[7].startswith("CREDITED 777 Wh in 1; METER_EXCHANGED -9488 Wh in 1")


async def test_what_the_grid_gave_and_no_car_got_is_lost_and_a_register_that_falls_is_no_energy(
    database: Database, clock: SetClock
) -> None:
    station = await settled(database)
    began = clock.now()

    def said(evse_no: int, place: str, *registers: int) -> Said:
        read = [
            Reading(
                at=began + hour * timedelta(hours=1),
                measurand=Measurand.ENERGY_IMPORT_REGISTER,
                value=Decimal(register),
                location=place,
            )
            for hour, register in enumerate(registers)
        ]
        return Said(holder=US, station_id=station.id, evse_no=evse_no, session_id="", readings=tuple(read))

    async with database.unit() as unit:
        readings.append(unit, [said(0, "Inlet", 0, 5000, 11_000), said(1, "Outlet", 90_000, 94_000, 0, 6000)])
    clock.advance(timedelta(hours=4))
    await readings.sum_up(database)
    async with database.unit() as unit:
        (row,) = await analytics.losses(unit, US)
    assert (row.station_id, row.month, row.location_id) == (station.id, NOVEMBER, "LOC1")
    assert (row.grid, row.outlets, row.lost) == (wh(11_000), wh(10_000), wh(1000))
    assert tables.of_losses([row]).splitlines()[1].endswith(",11000,10000,1000")
