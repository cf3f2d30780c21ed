"""How much a charge draws is read from what its meter said last, and a quarter of an hour from its registers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from laddnav.db.unit import Database
from laddnav.kit.energy import Energy, wh
from laddnav.metering.model import Measurand, Reading
from laddnav.readings import actions as readings
from laddnav.readings.model import Said
from tests.clock import SetClock
from tests.things import US


def said(session_id: str, *some: Reading, evse_no: int = 1) -> Said:
    return Said(holder=US, station_id="ST1", evse_no=evse_no, session_id=session_id, readings=some)


async def test_the_last_two_currents_and_registers_say_how_much_a_charge_draws(
    database: Database, clock: SetClock
) -> None:
    def amps(phase: str, value: int) -> Reading:
        return Reading(at=clock.now(), measurand=Measurand.CURRENT_IMPORT, phase=phase, value=Decimal(value))

    def register(value: int) -> Reading:
        return Reading(at=clock.now(), measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(value))

    since = clock.now()
    for minute in range(4):
        clock.advance(timedelta(minutes=1))
        async with database.unit() as unit:
            readings.append(unit, [said("S1", amps("L1", minute), amps("L2", 6), register(1000 + minute))])
            readings.append(unit, [said("S2", register(5))])
    async with database.unit() as unit:
        found = await readings.newest(unit, US, ["S1"], since)
        assert list(found) == ["S1"]
        told = {(one.measurand, one.phase or "", int(one.value)) for one in found["S1"]}
        assert told == {
            *((Measurand.CURRENT_IMPORT, "L1", amps) for amps in (2, 3)),
            (Measurand.CURRENT_IMPORT, "L2", 6),
            *((Measurand.ENERGY_IMPORT_REGISTER, "", register) for register in (1002, 1003)),
        }
        assert len(found["S1"]) == 6 and found["S1"][-1].at == clock.now()
        assert await readings.newest(unit, US, ["S1"], clock.now() + timedelta(seconds=1)) == {}
        assert await readings.newest(unit, US, [], since) == {}


async def test_what_comes_back_is_counted_beside_what_is_drawn_and_taken_off_it(
    database: Database, clock: SetClock
) -> None:
    begin = clock.now()
    async with database.unit() as unit:
        for number, (drawn, back) in enumerate(((100, 0), (400, 30), (400, 730))):
            at = begin + timedelta(minutes=14) * number
            registers = {Measurand.ENERGY_IMPORT_REGISTER: drawn, Measurand.ENERGY_EXPORT_REGISTER: back}
            some = [Reading(at=at, measurand=one, value=Decimal(value)) for one, value in registers.items()]
            readings.append(unit, [said("S1", *some)])
    clock.advance(timedelta(hours=2))
    await readings.sum_up(database)
    async with database.unit() as unit:
        found = await readings.flows(unit, US, [("ST1", 1)], begin, clock.now())
        together = await readings.drawn_by_quarter(unit, US, [("ST1", 1)], begin, clock.now())
    assert [(one.at - begin, one.drawn, one.returned) for one in found] == [
        (timedelta(), wh(300), wh(30)),
        (timedelta(minutes=15), wh(0), wh(700)),
    ]
    assert together == {begin: wh(270), begin + timedelta(minutes=15): wh(-700)}


async def test_what_evses_drew_together_is_known_by_the_quarter(database: Database, clock: SetClock) -> None:
    """A register that falls takes nothing back."""
    begin = clock.now()
    async with database.unit() as unit:
        for evse_no, registers in ((1, (100, 400, 900, 300)), (2, (0, 50, 60, 70)), (3, (0, 1, 2, 3))):
            for number, value in enumerate(registers):
                at = begin + timedelta(minutes=14) * number
                one = Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(value))
                readings.append(unit, [said(f"S{evse_no}", one, evse_no=evse_no)])
    clock.advance(timedelta(hours=2))
    await readings.sum_up(database)
    async with database.unit() as unit:
        found = await readings.drawn_by_quarter(unit, US, [("ST1", 1), ("ST1", 2)], begin, clock.now())
    assert found == {
        begin: Energy(Decimal(350)),
        begin + timedelta(minutes=15): Energy(Decimal(510)),
        begin + timedelta(minutes=30): Energy(Decimal(10)),
    }
