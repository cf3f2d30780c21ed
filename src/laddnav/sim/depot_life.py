"""The depot lives: its vans say how full they are when they come home, and its meters what they measure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog

from laddnav.db.unit import Database
from laddnav.fleets import actions as fleets
from laddnav.kit.power import Power, kw
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import Clock
from laddnav.sim import depot
from laddnav.sim.day import Plug, Stay
from laddnav.sim.network import OURS
from laddnav.sites import actions as sites
from laddnav.sites.model.told import Measurement

log = structlog.get_logger()

MEASURED_EVERY = timedelta(minutes=4)  # a site takes what is further apart than six for unknown
AT_LEAST = timedelta(seconds=1)  # on the wall
BEFORE = timedelta(hours=10)  # for so long its meters had been there when the demo began


class DepotLife:
    """Satisfies `street.Yard`. `first_card`: where the depot's cards begin in the row of all drivers' cards."""

    def __init__(self, database: Database, clock: Clock, opened_on: date, first_card: int) -> None:
        self._database, self._clock = database, clock
        self._opened_on, self._first_card = opened_on, first_card

    @property
    def plugs(self) -> tuple[Plug, ...]:
        return depot.plugs()

    def standing(self, now: datetime) -> tuple[Stay, ...]:
        return depot.standing(now, self._opened_on, self._first_card)

    def coming(self, when: date) -> tuple[Stay, ...]:
        return depot.coming(when, self._opened_on, self._first_card)

    async def arrived(self, stay: Stay) -> None:
        """What a van's own telematics say; of others nobody says anything."""
        number = stay.card - self._first_card
        if not 0 <= number < len(depot.VANS):
            return
        van = depot.VANS[number]
        async with self._database.unit() as unit:
            try:
                fleet = await fleets.named(unit, OURS, depot.FLEET)
                vehicle = next(one for one in await fleets.vehicles(unit, fleet) if one.id == van.id)
                await fleets.tell(unit, fleet, vehicle.ref, percent=depot.percent_of(van, stay.car))
            except (Refusal, StopIteration):  # somebody has put the fleet in another order: it is theirs
                return

    async def meters(self, drawn: Callable[[datetime], Power]) -> None:
        """Say what the meters measure, until cancelled; at the first time, what they did until then."""
        try:
            async with self._database.unit() as unit:
                known = await sites.measurements(unit, OURS, depot.SITE)
            now = self._clock.now()
            if not known:
                await self._say([(now - BEFORE + MEASURED_EVERY * n, kw(0)) for n in range(BEFORE // MEASURED_EVERY)])
            every = max(MEASURED_EVERY, self._clock.wall(AT_LEAST))
            while True:
                now = self._clock.now()
                await self._say([(now, drawn(now))])
                await asyncio.sleep(every / self._clock.wall(timedelta(seconds=1)))
        except Refusal as refusal:  # somebody has removed the site: then nobody asks its meters
            log.info("depot_not_measured", error=str(refusal))

    async def _say(self, samples: list[tuple[datetime, Power]]) -> None:
        async with self._database.unit() as unit:
            for at, cars in samples:
                for place, amps in depot.measured(at, cars).items():
                    await sites.measured(unit, OURS, depot.SITE, Measurement(place=place, at=at, amps=amps))
