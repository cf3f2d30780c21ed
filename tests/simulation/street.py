"""A seeded street against one installation on a set clock; its line loses, repeats and reorders what stations say.

The stations are whole but for the plug: they speak OCPP 1.6 in text frames and say again what was not answered.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from msgspec import Struct
from starlette.applications import Starlette

from laddnav.kit.power import kw
from laddnav.kit.time import rfc3339
from laddnav.sim.day import Fault, Habit, Plug, Stay, day
from tests.clock import SetClock

PASSWORD = "a-password-of-16-bytes"
SAMPLED_EVERY = timedelta(minutes=15)

Payload = dict[str, Any]


class Charge(Struct, kw_only=True):
    """What truly happened at a plug, and the name that the installation gave it once it had heard of it."""

    plug: Plug
    uid: str
    started_at: datetime
    stopped_at: datetime
    meter_started: int
    meter_stopped: int
    number: int | None = None


class Telling(Struct, frozen=True, kw_only=True):
    """Something that a station has to say; the payload is made when it is said, for it may name the charge."""

    at: datetime
    action: str
    payload: Callable[[], Payload]
    charge: Charge | None = None


class Gone(Exception):
    """The line broke before the answer came."""


class Line:
    """One WebSocket of a station, straight into the application."""

    def __init__(self, app: Starlette, station_id: str) -> None:
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        authorization = b"Basic " + base64.b64encode(f"{station_id}:{PASSWORD}".encode())
        scope = {
            "type": "websocket",
            "path": f"/ocpp/{station_id}",
            "raw_path": f"/ocpp/{station_id}".encode(),
            "root_path": "",
            "scheme": "ws",
            "query_string": b"",
            "headers": [(b"authorization", authorization)],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "subprotocols": ["ocpp1.6"],
            "extensions": {},
        }
        self._running = asyncio.create_task(self._run(app, scope))
        self._to_app.put_nowait({"type": "websocket.connect"})

    async def _run(self, app: Starlette, scope: dict[str, Any]) -> None:
        await app(scope, self._to_app.get, self._put)

    async def _put(self, message: MutableMapping[str, Any]) -> None:
        await self._from_app.put(message)

    async def opened(self) -> Line:
        accepted = await self._from_app.get()
        assert accepted["type"] == "websocket.accept", accepted
        return self

    def say(self, text: str) -> None:
        self._to_app.put_nowait({"type": "websocket.receive", "text": text})

    async def answer(self) -> list[Any]:
        """The next answer; calls of the installation's own are declined."""
        while True:
            message = await asyncio.wait_for(self._from_app.get(), timeout=30)
            assert message["type"] == "websocket.send", message
            frame: list[Any] = json.loads(message["text"])
            if frame[0] != 2:
                return frame
            self.say(json.dumps([4, frame[1], "NotSupported", "", {}]))

    async def close(self) -> None:
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await self._running


class LossyStation:
    """Says what it has to say until it is answered, over a line on which anything may happen.

    What is about a charge waits while there is no line, and comes out of that wait in any order; the rest is lost.
    """

    def __init__(self, app: Starlette, station_id: str, dice: Random) -> None:
        self.id = station_id
        self._app = app
        self._dice = dice
        self._line: Line | None = None
        self._waiting: list[Telling] = []
        self._offline_for = 0
        self._said = 0

    async def tell(self, telling: Telling) -> None:
        if self._offline_for:
            self._offline_for -= 1
        elif self._dice.random() < 0.1:
            self._offline_for = self._dice.randrange(1, 12)
            await self.hang_up()
        if telling.charge is not None or not self._offline_for:
            self._waiting.append(telling)
        if not self._offline_for:
            await self.tell_all()

    async def tell_all(self) -> None:
        if self._dice.random() < 0.5:
            self._dice.shuffle(self._waiting)
        while self._waiting:
            await self._deliver(self._waiting[0])
            self._waiting.pop(0)

    async def hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    async def _deliver(self, telling: Telling) -> None:
        """Until it is answered; a lost answer means that it is said again under another id."""
        while True:
            with suppress(Gone):
                answer = await self._once(telling)
                if telling.action == "StartTransaction":
                    assert telling.charge is not None
                    telling.charge.number = answer["transactionId"]
                return

    async def _once(self, telling: Telling) -> Payload:
        line = self._line = self._line or await Line(self._app, self.id).opened()
        self._said += 1
        text = json.dumps([2, f"{self.id}-{self._said}", telling.action, telling.payload()])
        what_happens = self._dice.choices(("arrives", "twice", "frame lost", "answer lost"), (88, 4, 4, 4))[0]
        if what_happens == "frame lost":
            await self.hang_up()
            raise Gone
        line.say(text)
        if what_happens == "twice":
            line.say(text)
            await line.answer()
        frame = await line.answer()
        assert frame[0] == 3, f"{text} -> {frame}"
        if what_happens == "answer lost":
            await self.hang_up()
            raise Gone
        payload: Payload = frame[2]
        return payload


class Street:
    """The first cars of one day at a few plugs, told to the installation in the order in which it happens."""

    def __init__(self, app: Starlette, clock: SetClock, seed: int, *, stations: Sequence[str], cars: int) -> None:
        dice = Random(seed)
        plugs = [
            Plug(station_id=station, evse_no=evse_no, power_max=kw(power))
            for station, power in zip(stations, (22, 50, 150), strict=False)
            for evse_no in (1, 2)
        ]
        today = day(date(2026, 11, 23) + timedelta(days=seed % 8), plugs, cards=1000, seed=seed)
        stays = [stay for stay in today.stays if stay.habit is not Habit.STRANGER][:cars]
        faults = [fault for fault in today.faults if fault.begins_at < stays[-1].leaves_at]
        registers = {plug: dice.randrange(1_000_000) for plug in plugs}
        self._clock = clock
        self._stations = {name: LossyStation(app, name, dice) for name in stations}
        self.charges: list[Charge] = []
        self._tellings: list[tuple[datetime, str, Telling]] = []
        for number, stay in enumerate(stays):
            # No card comes twice: two of its charges, told out of order and without their names, nobody can tell apart.
            charge = _charge(stay, f"CARD{number}", registers[stay.plug])
            registers[stay.plug] = charge.meter_stopped
            self.charges.append(charge)
            self._tellings += [(one.at, stay.plug.station_id, one) for one in _told_of(stay, charge)]
        for fault in faults:
            self._tellings += [(one.at, fault.plug.station_id, one) for one in _told_of_fault(fault)]
        self._tellings.sort(key=lambda one: one[0])

    async def run(self) -> None:
        for at, station_id, telling in self._tellings:
            self._clock.set(max(self._clock.now(), at.astimezone(UTC)))
            await self._stations[station_id].tell(telling)
        for station in self._stations.values():
            await station.tell_all()
            await station.hang_up()


def _charge(stay: Stay, uid: str, register: int) -> Charge:
    taken = stay.car.taken(stay.leaves_at - stay.arrives_at, stay.plug.power_max)
    return Charge(
        plug=stay.plug,
        uid=uid,
        started_at=_whole_second(stay.arrives_at),
        stopped_at=_whole_second(stay.leaves_at),
        meter_started=register,
        meter_stopped=register + int(taken.wh),
    )


def _told_of(stay: Stay, charge: Charge) -> Iterator[Telling]:
    evse_no = stay.plug.evse_no

    def started() -> Payload:
        return {
            "connectorId": evse_no,
            "idTag": charge.uid,
            "meterStart": charge.meter_started,
            "timestamp": rfc3339(charge.started_at),
        }

    def measured(at: datetime) -> Telling:
        register = charge.meter_started + int(stay.car.taken(at - charge.started_at, stay.plug.power_max).wh)
        samples = [{"value": str(min(register, charge.meter_stopped)), "unit": "Wh"}]

        def payload() -> Payload:
            name = {} if charge.number is None else {"transactionId": charge.number}
            value = {"timestamp": rfc3339(at), "sampledValue": samples}
            return {"connectorId": evse_no, "meterValue": [value]} | name

        return Telling(at=at, action="MeterValues", payload=payload, charge=charge)

    def stopped() -> Payload:
        return {
            "transactionId": -1 if charge.number is None else charge.number,
            "idTag": charge.uid,
            "meterStop": charge.meter_stopped,
            "timestamp": rfc3339(charge.stopped_at),
            "reason": "Local",
        }

    yield _status(stay.plug, charge.started_at, "Preparing")
    yield Telling(at=charge.started_at, action="StartTransaction", payload=started, charge=charge)
    yield _status(stay.plug, charge.started_at, "Charging")
    full_at = _whole_second(charge.started_at + stay.car.fills_in(stay.plug.power_max))
    at = charge.started_at + SAMPLED_EVERY
    while at < charge.stopped_at:
        yield measured(at)
        at += SAMPLED_EVERY
    if full_at < charge.stopped_at:
        yield measured(full_at)
        yield _status(stay.plug, full_at, "SuspendedEV")
    yield Telling(at=charge.stopped_at, action="StopTransaction", payload=stopped, charge=charge)
    yield _status(stay.plug, charge.stopped_at, "Available")


def _told_of_fault(fault: Fault) -> Iterator[Telling]:
    yield _status(fault.plug, fault.begins_at, "Faulted", fault.error_code)
    yield _status(fault.plug, fault.ends_at, "Available")


def _status(plug: Plug, at: datetime, word: str, error_code: str = "NoError") -> Telling:
    payload = {"connectorId": plug.evse_no, "errorCode": error_code, "status": word, "timestamp": rfc3339(at)}
    return Telling(at=at, action="StatusNotification", payload=lambda: payload)


def _whole_second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
