"""OCPP under load: many stations, each with a charge under way, tell what their meters say."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from laddnav.kit.time import Clock, rfc3339
from laddnav.server.clock import WallClock
from laddnav.sim.bench.figures import Figure, Pace, effort, rate
from laddnav.sim.bench.house import House
from laddnav.sim.bench.load import Rate, Side, SocketAsker, compared

BEGAN = timedelta(hours=12)  # before now: room for the readings that the whole run tells
READ_EVERY = timedelta(seconds=10)
POWER = 11_000  # W

ECHO = "bare WebSocket echo"
KEEPING_ECHO = "bare WebSocket echo after one prepared insert"


async def meter_values(house: House, pace: Pace) -> list[Figure]:
    """Each is read, kept, folded into its charge's energy and price, logged, and answered after the commit."""
    clock = WallClock()
    sides = [
        (house.server.pid, [await _charging(house.server.port, station, clock) for station in house.stations]),
        (house.limit.pid, [await _echoing(house.limit.port, "/echo", clock) for _ in house.stations]),
        (house.limit.pid, [await _echoing(house.limit.port, "/keeping-echo", clock) for _ in house.stations]),
    ]
    try:
        ours, echo, keeping = await compared(
            [Side(server=server, askers=askers) for server, askers in sides],
            house.ground.postgres,
            rounds=pace.rounds,
            seconds=pace.seconds,
            warm_up=pace.warm_up,
        )
    finally:
        for _, askers in sides:
            for asker in askers:
                asker.close()
    name, unit = "ocpp_meter_values", "µs/message"
    return [
        rate(name, "round trips/s/core", _a_core(ours), _a_core(echo), ECHO),
        rate(f"{name}_kept", "round trips/s/core", _a_core(ours), _a_core(keeping), KEEPING_ECHO),
        rate(f"{name}_rate", "round trips/s", ours.per_second, keeping.per_second, KEEPING_ECHO),
        effort(f"{name}_postgres_cpu", unit, ours.postgres_us, keeping.postgres_us, KEEPING_ECHO),
    ]


def _a_core(rate: Rate) -> float:
    """What the server would answer in a second of one processor that does nothing else."""
    return 1e6 / rate.server_us


class Meter:
    """What one station says: a register that rises with the time since its charge began."""

    def __init__(self, number: int, began_at: datetime) -> None:
        self._number = number
        self._began_at = began_at
        self._told = 0

    def __call__(self) -> bytes:
        self._told += 1
        after = READ_EVERY * self._told
        return (
            b'[2,"%d","MeterValues",{"connectorId":1,"transactionId":%d,"meterValue":[{"timestamp":"%s","sampledValue":['
            b'{"value":"%d","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"},'
            b'{"value":"%d","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"}]}]}]'
        ) % (
            self._told,
            self._number,
            rfc3339(self._began_at + after).encode(),
            POWER * after // timedelta(hours=1),
            POWER,
        )


async def _charging(port: int, station: str, clock: Clock) -> SocketAsker:
    """A station that has booted and begun a charge."""
    began_at = clock.now() - BEGAN
    asker = await SocketAsker.connected(port, f"/ocpp/{station}", {}, lambda: meter(), _is_result)
    await asker.say(b'[2,"boot","BootNotification",{"chargePointVendor":"Bench","chargePointModel":"Load"}]', _accepted)
    named: list[int] = []

    def names(heard: bytes) -> bool:
        if not _accepted(heard):
            return False
        named.append(json.loads(heard)[2]["transactionId"])
        return True

    start = {"connectorId": 1, "idTag": station, "meterStart": 0, "timestamp": rfc3339(began_at)}
    await asker.say(json.dumps([2, "start", "StartTransaction", start]).encode(), names)
    meter = Meter(named[0], began_at)
    return asker


async def _echoing(port: int, path: str, clock: Clock) -> SocketAsker:
    """Says the same as a station would."""
    meter = Meter(1, clock.now() - BEGAN)
    return await SocketAsker.connected(port, path, {}, meter, lambda heard: heard.startswith(b"[2"))


def _is_result(heard: bytes) -> bool:
    return heard.startswith(b"[3")


def _accepted(heard: bytes) -> bool:
    return _is_result(heard) and b'"Accepted"' in heard
