"""The street comes to life: stations on real sockets, and the cars of each day's plan at the moments that it says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Protocol

import structlog
from ocpp.v16.enums import ChargePointStatus, Reason

from laddnav.kit.power import Power
from laddnav.kit.refusal import Trouble
from laddnav.kit.time import Clock
from laddnav.sim.day import ZONE, Fault, Habit, Plug, Stay, day
from laddnav.sim.line import Refused
from laddnav.sim.network import Card
from laddnav.sim.station import SimStation

log = structlog.get_logger()

SAMPLED_EVERY = {True: timedelta(minutes=1), False: timedelta(minutes=5)}  # by whether the plug is fast
APP_WAITS = timedelta(minutes=5)  # how long a driver looks at the app before giving up
HEARD_OF = 0.2  # of a charge whose station then loses its line
GRACE = 3.0  # seconds on the wall that a station has for its last words
NOT_MISSED_BY = timedelta(minutes=1)  # a car that should have come longer ago than this is not made up for
UNKNOWN_UID = "04DEADBEEF0001"  # on no company's list


class App(Protocol):
    """What drivers have in their hands: it has their company start and stop a charge from afar."""

    async def start(self, card: Card, plug: Plug) -> None:
        """Raises Trouble where the company cannot be reached, or will not."""
        ...

    async def stop(self, card: Card, plug: Plug) -> None:
        """Raises Trouble where the company cannot be reached, or will not."""
        ...


class Yard(Protocol):
    """A place of its own on the street: who stands there when it opens, who comes on a day, what its meters say."""

    @property
    def plugs(self) -> Sequence[Plug]: ...

    def standing(self, now: datetime) -> Sequence[Stay]: ...

    def coming(self, when: date) -> Sequence[Stay]: ...

    async def arrived(self, stay: Stay) -> None:
        """Its car is about to be plugged in."""
        ...

    async def meters(self, drawn: Callable[[datetime], Power]) -> None:
        """Until cancelled; `drawn` is what all cars there draw."""
        ...


class Street:
    """`url` is where stations connect to, without their ids. In the row of cards those of the `yard` stand last."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        seed: int,
        plugs: Sequence[Plug],
        passwords: Mapping[str, str],
        cards: Sequence[Card],
        app: App,
        yard: Yard | None = None,
        yard_cards: Sequence[Card] = (),
    ) -> None:
        self._clock = clock
        self._yard = yard
        self._seed = seed
        self._plugs = plugs
        self._drivers = len(cards)
        self._cards = (*cards, *yard_cards)
        self._app = app
        dice = Random(seed)
        of_yard = () if yard is None else yard.plugs
        theirs = {plug.station_id for plug in of_yard}
        every = (*plugs, *of_yard)
        self.stations = {
            station_id: SimStation(
                station_id,
                url,
                clock=clock,
                dice=dice,
                plugs={plug.evse_no: plug.power_max for plug in ours},
                password=passwords[station_id],
                sample_every=SAMPLED_EVERY[ours[0].is_fast],
                by_phase=station_id in theirs,
            )
            for station_id in dict.fromkeys(plug.station_id for plug in every)
            if (ours := [plug for plug in every if plug.station_id == station_id])
        }

    async def run(self) -> None:
        """Until cancelled; then every station loses its power, tells what that ended, and is gone."""
        lives = [asyncio.create_task(station.run()) for station in self.stations.values()]
        try:
            await self._live()
        finally:
            await asyncio.gather(*(self._power_cut(station) for station in self.stations.values()))
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)

    async def _live(self) -> None:
        when = self._clock.now().astimezone(ZONE).date()
        async with asyncio.TaskGroup() as group:
            if self._yard is not None:
                group.create_task(self._yard.meters(self._drawn_in_the_yard))
                for one in self._yard.standing(self._clock.now()):
                    group.create_task(self._happen(one))
            while True:
                today = day(when, self._plugs, self._drivers, self._seed)
                stays = (*today.stays, *(() if self._yard is None else self._yard.coming(when)))
                happenings: list[tuple[datetime, Stay | Fault]] = [(stay.arrives_at, stay) for stay in stays]
                happenings += [(one.begins_at, one) for one in today.faults]
                for at, happening in sorted(happenings, key=lambda pair: pair[0]):
                    if at > self._clock.now() - NOT_MISSED_BY:
                        await self._until(at)
                        group.create_task(self._happen(happening))
                when += timedelta(days=1)

    async def _happen(self, happening: Stay | Fault) -> None:
        try:
            await (self._stay(happening) if isinstance(happening, Stay) else self._fault(happening))
        except Exception as error:
            # One car that fails must not empty the street.
            log.exception("street_failed", plug=str(happening.plug), error=repr(error))

    # A car ------------------------------------------------------------------------------------------------------------

    async def _stay(self, stay: Stay) -> None:
        station, no, card = self.stations[stay.plug.station_id], stay.plug.evse_no, self._cards[stay.card]
        if station.plugs[no].status is not ChargePointStatus.available:
            return  # somebody of yesterday still stands there, or it is out of order: this car drives on
        if self._yard is not None:
            await self._yard.arrived(stay)
        await station.plug_in(no, stay.car)
        match stay.habit:
            case Habit.CARD:
                await station.show_card(no, card.uid)
            case Habit.STRANGER:
                await station.show_card(no, UNKNOWN_UID)
            case Habit.APP:
                await self._from_afar(self._app.start, station, stay, card, charging=True)
            case Habit.UNHEARD:
                if await station.show_card(no, card.uid):
                    await self._pass((stay.leaves_at - self._clock.now()) * HEARD_OF)
                    await station.go_offline()
        await self._until(stay.leaves_at)
        if stay.habit is Habit.APP and station.plugs[no].charge is not None:
            await self._from_afar(self._app.stop, station, stay, card, charging=False)
        elif stay.habit is Habit.CARD:
            await station.end(no)
        await station.unplug(no)
        if stay.habit is Habit.UNHEARD:
            await self._come_back(station)

    async def _from_afar(
        self,
        ask: Callable[[Card, Plug], Awaitable[None]],
        station: SimStation,
        stay: Stay,
        card: Card,
        *,
        charging: bool,
    ) -> None:
        """Have it asked, and watch the plug until it is so or the driver has seen enough."""
        try:
            await ask(card, stay.plug)
        except Trouble as trouble:
            log.info("asked_in_vain", station=station.id, charging=charging, error=str(trouble))
            return
        give_up_at = self._clock.now() + APP_WAITS
        while (station.plugs[stay.plug.evse_no].charge is not None) is not charging:
            if self._clock.now() > give_up_at:
                return
            await self._pass(timedelta(seconds=5))

    async def _come_back(self, station: SimStation) -> None:
        """A little after the car has left, the line is mended."""
        await self._pass(timedelta(minutes=3))
        while not station.online:
            with suppress(OSError, Refused):
                await station.come_online()
            await self._pass(timedelta(minutes=1))

    def _drawn_in_the_yard(self, now: datetime) -> Power:
        plugs = () if self._yard is None else self._yard.plugs
        at = (self.stations[plug.station_id].plugs[plug.evse_no] for plug in plugs)
        return Power(sum((plug.measure(now).watts for plug in at), Decimal(0)))

    # A station --------------------------------------------------------------------------------------------------------

    async def _fault(self, fault: Fault) -> None:
        station, no = self.stations[fault.plug.station_id], fault.plug.evse_no
        if station.plugs[no].status is not ChargePointStatus.available:
            return
        await station.fail(no, fault.error_code)
        await self._until(fault.ends_at)
        await station.mend(no)

    async def _power_cut(self, station: SimStation) -> None:
        """A charge that is under way ends here, for nobody would tell of it after the power is back."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                for no in station.plugs:
                    await station.end(no, Reason.power_loss)

    async def _until(self, at: datetime) -> None:
        await self._pass(at - self._clock.now())

    async def _pass(self, length: timedelta) -> None:
        """Let so much time of the shared clock pass."""
        await asyncio.sleep(length / self._clock.wall(timedelta(seconds=1)))
