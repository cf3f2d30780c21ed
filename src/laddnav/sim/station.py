"""A station of the street: plugs, cars and a meter of ours behind the PyPI `ocpp` package, which speaks for it.

The counterpart is deliberately not our code: what we send has to make sense to somebody else's OCPP 1.6.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import ocpp.exceptions
import ocpp.messages
import websockets
from msgspec import Struct
from ocpp.v16 import call
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus, Reason
from websockets.asyncio.client import ClientConnection

from laddnav.kit.energy import wh
from laddnav.kit.power import Power
from laddnav.kit.time import Clock, rfc3339
from laddnav.sim.board import Board
from laddnav.sim.car import Car
from laddnav.sim.line import Refused, Wire, connected
from laddnav.sim.plug import Charge, Fact, Plug, meter_value

# Validating in threads, the package's default, costs more than the validation and frees no core.
ocpp.messages.ASYNC_VALIDATION = False

ATTEMPTS = 3  # how often a message that is answered with an error is told (OCPP 1.6 §9.1.31)
LIFELINE = timedelta(seconds=2)  # on the wall: between two attempts to come online
OLDEST_METER = 10_000_000  # Wh that a meter may have counted before the street is opened


class Manners(Struct, frozen=True, kw_only=True):
    """What a station does that it should not, each as the share of occasions on which it does."""

    repeats: float = 0.0  # tells a message again that was answered
    shuffles: float = 0.0  # tells what it kept while offline in another order
    forgets_starts: float = 0.0  # never tells that a charge began


WELL_BEHAVED = Manners()
TAKING = (ChargePointStatus.charging, ChargePointStatus.suspended_ev, ChargePointStatus.suspended_evse)


class SimStation:
    """`sample_every` by `clock`; None leaves it to the caller to `sample`. `by_phase`: its meter tells currents too.

    `dice` decide what `manners` leave open.
    """

    def __init__(
        self,
        id: str,
        url: str,
        *,
        clock: Clock,
        dice: Random,
        plugs: Mapping[int, Power],
        password: str | None = None,
        sample_every: timedelta | None = timedelta(minutes=1),
        manners: Manners = WELL_BEHAVED,
        by_phase: bool = False,
        vendor: str = "Street",
        model: str = "Lamp post",
        subprotocols: tuple[str, ...] = ("ocpp1.6",),
    ) -> None:
        self.id = id
        self.board = Board({no: Plug(no, power, wh(dice.randrange(OLDEST_METER))) for no, power in plugs.items()})
        self.manners = manners
        self.heartbeat_every = timedelta(minutes=5)
        self.registration: str | None = None
        self.untold: list[Fact] = []
        self.refusals: list[str] = []  # error codes that the server answered with, oldest first
        self.clock_off = timedelta()  # what it says is so much later than it is
        self._url = f"{url.rstrip('/')}/{id}"
        self._clock = clock
        self._dice = dice
        self._password = password
        self._sample_every = sample_every
        self._by_phase = by_phase
        self._vendor, self._model, self._subprotocols = vendor, model, subprotocols
        self._wire: Wire | None = None
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._telling = asyncio.Lock()
        self._sampling: dict[int, asyncio.Task[None]] = {}
        self._is_away = False

    @property
    def plugs(self) -> dict[int, Plug]:
        return self.board.plugs

    # The line ---------------------------------------------------------------------------------------------------------

    @property
    def online(self) -> bool:
        return self._wire is not None

    async def run(self) -> None:
        """Stay online, boot, beat and tell what is untold, until cancelled."""
        try:
            while True:
                if not self.online and not self._is_away:
                    with suppress(OSError, Refused, ConnectionError, TimeoutError, websockets.WebSocketException):
                        await self.come_online()
                if self.online and self.registration != "Accepted":
                    await self.boot()
                if self.online:
                    await self._ask(call.Heartbeat())
                await self._pass(self.heartbeat_every if self.online else self._clock.wall(LIFELINE))
        finally:
            for task in self._sampling.values():
                task.cancel()
            await self.go_offline()

    async def come_online(self) -> None:
        """Connect; a station that was accepted before says how its plugs are and what is untold. Raises Refused."""
        socket = await connected(self._url, self.id, self._password, self._subprotocols)
        self._is_away = False
        self._socket, self._wire = socket, Wire(self, socket)
        self._reader = asyncio.create_task(self._listen(self._wire))
        if self.registration == "Accepted":
            await self._tell_plugs()
            await self.tell()

    def break_line(self) -> bool:
        """In the middle of whatever is said; False when there was none. It comes online again by itself."""
        if self._socket is None:
            return False
        self._socket.transport.abort()
        return True

    async def go_offline(self) -> None:
        """Hang up; what happens from now on is kept until the station comes online again."""
        self._is_away = True
        socket, self._socket, self._wire = self._socket, None, None
        if socket is not None:
            await socket.close()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def boot(self) -> str:
        """BootNotification; once it is accepted, how every plug is and whatever was not told. The server's status."""
        answer = await self._ask(
            call.BootNotification(
                charge_point_vendor=self._vendor,
                charge_point_model=self._model,
                charge_point_serial_number=self.id[:25],
                firmware_version="1.0",
            )
        )
        if answer is None:
            return "Unanswered"
        self.registration = str(answer.status)
        if answer.interval:
            self.heartbeat_every = timedelta(seconds=answer.interval)
        if self.registration == "Accepted":
            await self._tell_plugs()
            await self.tell()
        return self.registration

    async def _listen(self, wire: Wire) -> None:
        try:
            with suppress(websockets.ConnectionClosed):
                await wire.start()
        finally:
            wire.gone.set_result(None)
            if self._wire is wire:
                self._wire = self._socket = None

    async def _ask(self, payload: Any) -> Any:
        """The server's answer; None where there is none or it is an error."""
        wire = self._wire
        if wire is None:
            return None
        asked = asyncio.ensure_future(wire.call(payload, suppress=False))
        # The package would wait its full time for an answer that a broken line can no longer bring.
        await asyncio.wait({asked, wire.gone}, return_when=asyncio.FIRST_COMPLETED)
        try:
            if asked.done():
                return asked.result()
            asked.cancel()
        except ocpp.exceptions.OCPPError as error:
            self.refusals.append(error.code)
        except (TimeoutError, OSError, websockets.ConnectionClosed):
            if self._wire is wire:
                self._wire = self._socket = None
        return None

    # Cars -------------------------------------------------------------------------------------------------------------

    async def plug_in(self, no: int, car: Car) -> None:
        """A car comes; it charges at once where a start from afar waits for it."""
        plug = self.plugs[no]
        plug.car = car
        await self._turn(plug, ChargePointStatus.preparing)
        if plug.invited is not None:
            uid, plug.invited = plug.invited, None
            await self.begin(no, uid)

    async def show_card(self, no: int, uid: str) -> bool:
        """The driver shows a card, and charges if it is accepted. Offline it is trusted (OCPP 1.6 §3.5.4)."""
        if self.online:
            answer = await self._ask(call.Authorize(id_tag=uid))
            if answer is None or answer.id_tag_info["status"] != "Accepted":
                return False
        await self.begin(no, uid)
        return True

    async def begin(self, no: int, uid: str) -> Charge:
        plug, now = self.plugs[no], self._clock.now()
        charge = plug.charge = Charge(plug, uid, now)
        kept, plug.kept = plug.kept, None
        started = call.StartTransaction(
            connector_id=no,
            id_tag=uid,
            meter_start=int(charge.register.wh),
            timestamp=rfc3339(now + self.clock_off),
            reservation_id=None if kept is None else kept.number,
        )
        if not self._happens(self.manners.forgets_starts):
            self.untold.append(Fact(charge=charge, told=lambda _: started, starts=True))
        await self.tell()
        if charge.allowed is False:
            return charge
        await self._turn(plug, ChargePointStatus.charging)
        if self._sample_every is not None:
            self._sampling[no] = asyncio.create_task(self._sample_on(plug, charge, self._sample_every))
        return charge

    async def sample(self, no: int) -> None:
        """Read the meter and tell it; a car that takes nothing more is what suspends the charge."""
        plug, now = self.plugs[no], self._clock.now()
        charge = plug.charge
        if charge is None:
            return
        power = plug.measure(now)
        value = meter_value(now + self.clock_off, plug.register, power, "Sample.Periodic", self._phases(plug))
        self.untold.append(
            Fact(
                charge=charge,
                told=lambda number: call.MeterValues(connector_id=no, transaction_id=number, meter_value=[value]),
            )
        )
        await self.tell()
        if plug.charge is charge:
            await self._show_taken(plug, power)

    async def _show_taken(self, plug: Plug, power: Power) -> None:
        """Whether it charges, and if not, whether that is the car's doing or ours."""
        if power.watts:
            status = ChargePointStatus.charging
        else:
            status = ChargePointStatus.suspended_ev if plug.is_full else ChargePointStatus.suspended_evse
        if plug.status in TAKING and plug.status is not status:
            await self._turn(plug, status)

    def _phases(self, plug: Plug) -> int | None:
        return plug.car.phases if self._by_phase and plug.car is not None else None

    async def end(self, no: int, reason: Reason = Reason.local, *, uid: str | None = None) -> None:
        """The charge is over; the car stays where it is."""
        plug, now = self.plugs[no], self._clock.now()
        charge = plug.charge
        if charge is None:
            return
        power = plug.measure(now)
        stopped, said_at = int(plug.register.wh), now + self.clock_off
        value = meter_value(said_at, plug.register, power, "Transaction.End", self._phases(plug))
        stopper = uid or (charge.uid if reason is Reason.local else None)

        def told(number: int) -> Any:
            return call.StopTransaction(
                transaction_id=number,
                meter_stop=stopped,
                timestamp=rfc3339(said_at),
                reason=reason,
                id_tag=stopper,
                transaction_data=[value],
            )

        self.untold.append(Fact(charge=charge, told=told))
        plug.let_go()
        self._stop_sampling(no)
        await self.tell()
        await self._turn(plug, ChargePointStatus.finishing)

    async def unplug(self, no: int) -> None:
        """The car leaves; a charge that still runs ends with it."""
        plug = self.plugs[no]
        if plug.charge is not None:
            await self.end(no, Reason.ev_disconnected)
        plug.car = None
        await self._turn(plug, _free(plug))

    async def fail(self, no: int, error_code: str) -> None:
        """The plug is out of order (an error code of OCPP 1.6 §7.6)."""
        plug = self.plugs[no]
        plug.error = ChargePointErrorCode(error_code)
        await self._turn(plug, ChargePointStatus.faulted)

    async def mend(self, no: int) -> None:
        plug = self.plugs[no]
        plug.error = ChargePointErrorCode.no_error
        await self._turn(plug, _free(plug))

    async def _sample_on(self, plug: Plug, charge: Charge, every: timedelta) -> None:
        while plug.charge is charge:
            await self._pass(every)
            await self.sample(plug.no)

    def _stop_sampling(self, no: int) -> None:
        task = self._sampling.pop(no, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    # What the server learns -------------------------------------------------------------------------------------------

    async def tell(self) -> None:
        """Everything untold, oldest first (OCPP 1.6 §3.7); what is not answered is told again when online again."""
        async with self._telling:
            if len(self.untold) > 1 and self._happens(self.manners.shuffles):
                self._dice.shuffle(self.untold)
            while self.untold and self.online and self.registration == "Accepted":
                fact = self.untold[0]
                if not await self._told(fact):
                    return
                self.untold.remove(fact)
                if self._happens(self.manners.repeats):
                    await self._told(fact)

    async def _told(self, fact: Fact) -> bool:
        """False: the line is down and it has to be told again."""
        for _ in range(ATTEMPTS):
            number = -1 if fact.charge.number is None else fact.charge.number
            answer = await self._ask(fact.told(number))
            if answer is not None:
                if fact.starts:
                    self._learn(fact.charge, answer)
                return True
            if not self.online:
                return False
        return True  # it may be skipped now, so that it does not hold up the others (OCPP 1.6 §3.7.1)

    def _learn(self, charge: Charge, answer: Any) -> None:
        charge.number = answer.transaction_id
        charge.allowed = answer.id_tag_info["status"] == "Accepted"
        if not charge.allowed and charge.plug.charge is charge:
            # Not within this call: `end` wants to tell, too.
            self._sampling[charge.plug.no] = asyncio.create_task(self.end(charge.plug.no, Reason.de_authorized))

    async def _tell_plugs(self) -> None:
        for plug in self.plugs.values():
            await self._tell_plug(plug)

    async def _turn(self, plug: Plug, status: ChargePointStatus) -> None:
        plug.status = status
        if self.registration == "Accepted":
            await self._tell_plug(plug)

    async def _tell_plug(self, plug: Plug) -> None:
        await self._ask(
            call.StatusNotification(
                connector_id=plug.no,
                error_code=plug.error,
                status=plug.status,
                timestamp=rfc3339(self._clock.now() + self.clock_off),
            )
        )

    # What comes of what the server asks -------------------------------------------------------------------------------

    async def show_kept(self, no: int) -> None:
        """A plug that waits for its driver says so, and one that does not any more, too."""
        plug = self.plugs.get(no)
        if plug is not None and plug.charge is None and plug.car is None:
            await self._turn(plug, _free(plug))

    async def show_limited(self) -> None:
        """A car that stops or goes on by what was told is seen at once."""
        for plug in self.plugs.values():
            if plug.charge is not None:
                await self._show_taken(plug, plug.measure(self._clock.now()))

    async def show_open(self, no: int) -> None:
        for plug in self.board.at(no):
            if plug.charge is None and plug.car is None and plug.error is ChargePointErrorCode.no_error:
                await self._turn(plug, _free(plug))

    def now(self) -> datetime:
        return self._clock.now()

    def _happens(self, share: float) -> bool:
        return share > 0 and self._dice.random() < share

    async def _pass(self, length: timedelta) -> None:
        """Let so much time of the shared clock pass."""
        await asyncio.sleep(length / self._clock.wall(timedelta(seconds=1)))


def _free(plug: Plug) -> ChargePointStatus:
    if not plug.is_open:
        return ChargePointStatus.unavailable
    return ChargePointStatus.available if plug.kept is None else ChargePointStatus.reserved
