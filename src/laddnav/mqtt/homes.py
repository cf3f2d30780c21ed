"""The homes of one process: their lines are held, what goes on at their charge points is told, the roof is followed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.seal import Seal, WrongKey
from laddnav.kit.time import Clock
from laddnav.mqtt import actions, orders, rules, store, wire
from laddnav.mqtt.actions import Sight
from laddnav.mqtt.events import HomeChanged
from laddnav.mqtt.meters import FRESH, PLACES, measurements
from laddnav.mqtt.model import Broker, BrokerLine, ChargePoint, Heard, HomeMeter, HomeMode, Measures
from laddnav.scheduling import surplus
from laddnav.scheduling.surplus import Following
from laddnav.sessions.model import Session
from laddnav.sites import actions as sites
from laddnav.sites.model.standing import BatteryTold, RoofTold
from laddnav.sites.rules import UnknownSite

if TYPE_CHECKING:
    from laddnav.mqtt.line import Leads, Line

log = structlog.get_logger()

LOOK_ANYWAY = 1.0  # seconds
GATHER = 0.2  # seconds: what happens within it is looked at together
FAREWELL = 2.0  # seconds that a line is given to say that we are gone


class _Home:
    """One broker with its line, what its meters said, and how its charge points follow the roof."""

    def __init__(self, broker: Broker, sealed: str | None, line: Line, clock: Clock) -> None:
        self.broker = broker
        self.sealed = sealed
        self.line = line
        self.clock = clock
        self.running: asyncio.Task[None] | None = None
        self.sources: Sequence[HomeMeter] = ()
        self.heard: dict[HomeMeter, Heard] = {}
        self.untold: set[HomeMeter] = set()  # of which the site does not know yet
        self.following: dict[str, Following] = {}
        self.batteries: dict[str, BatteryTold | None] = {}  # by site, of those whose fill it says
        self.roofs: dict[str, RoofTold] = {}  # by site, of those that can be told and whose power it says

    def measured(self, source: HomeMeter, value: Decimal) -> None:
        self.heard[source] = Heard(source=source, value=value, at=self.clock.now())
        if source.site_id is not None:
            self.untold.add(source)

    def newest(self, what: Measures) -> Decimal | None:
        """None: nobody says so, or not lately."""
        now = self.clock.now()
        found = [one for one in self.heard.values() if one.source.what is what and one.at > now - FRESH]
        return max(found, key=lambda one: one.at).value if found else None

    def spare(self, cars: Decimal) -> float:
        """W that cars of the roof's own might draw; a battery comes first, and is not emptied into a car."""
        grid = self.newest(Measures.GRID)
        if grid is None:
            return 0.0
        battery = min(self.newest(Measures.BATTERY) or Decimal(0), Decimal(0))
        return surplus.spare(grid_watts=float(grid), car_watts=float(cars), battery_watts=float(battery))


class Homes:
    """What a process does for the homes whose lines it holds; `life` is by what it is known to others."""

    def __init__(self, database: Database, *, life: str, seal: Seal, leads: Leads) -> None:
        self._database = database
        self._life = life
        self._seal = seal
        self._leads = leads
        self._homes: dict[tuple[PartyId, str], _Home] = {}
        self._known: dict[PartyId, Mapping[str, Session]] = {}
        self._unopened: set[tuple[tuple[PartyId, str], str | None]] = set()  # passwords that our key does not open

    async def run(self) -> None:
        """Until cancelled."""
        sleeper = self._database.sleeper()
        try:
            while True:
                sleeper.clear()
                await self.look()
                if not self._homes:  # whatever happens elsewhere is nobody's news here
                    await asyncio.sleep(LOOK_ANYWAY)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_ANYWAY):
                        await sleeper.wait()
                    await asyncio.sleep(GATHER)
        finally:
            self._database.forget(sleeper)
            await self._hang_up(list(self._homes))

    async def look(self) -> None:
        """Hold what nobody holds, carry out what is wanted, and tell what is so."""
        async with self._database.unit() as unit:
            kept = await store.hold(unit, self._life)
            points = await store.points_held(unit, self._life) if kept else ()
            sources = await store.sources_held(unit, self._life) if kept else ()
        await self._have(kept)
        for home in self._homes.values():
            mine = [one for one in sources if (one.holder, one.broker) == (home.broker.holder, home.broker.ref)]
            home.sources = tuple(mine)
            home.heard = {source: heard for source, heard in home.heard.items() if source in mine}
        await self._tell_sites()
        await self._ask_for_orders()
        for holder, some in groupby(points, lambda one: one.holder):
            await self._look_at(holder, list(some))
        for home in self._homes.values():
            if not any((one.holder, one.broker) == (home.broker.holder, home.broker.ref) for one in points):
                self._tell(home, [])

    async def _have(self, kept: Sequence[store.Kept]) -> None:
        """A line to each, and to no other."""
        wanted = {(broker.holder, broker.ref): (broker, sealed) for broker, sealed, _ in kept}
        for home in self._homes.values():
            if home.running is not None and home.running.done():
                log.error("line_broke", broker=home.broker.ref, error=repr(home.running.exception()))
        gone = [
            key
            for key, home in self._homes.items()
            if wanted.get(key) != (home.broker, home.sealed) or (home.running is not None and home.running.done())
        ]
        await self._hang_up(gone)
        for key, (broker, sealed) in wanted.items():
            if key not in self._homes and (key, sealed) not in self._unopened:
                try:
                    self._homes[key] = self._connect(broker, sealed)
                except WrongKey as error:
                    self._unopened.add((key, sealed))
                    log.error("password_of_broker_cannot_be_opened", broker=broker.ref, error=str(error))

    def _connect(self, broker: Broker, sealed: str | None) -> _Home:
        password = None if sealed is None else self._seal.opened(sealed)
        key = (broker.holder, broker.ref)

        async def hears(topic: str, payload: bytes, retained: bool) -> None:
            await self._hear(self._homes[key], topic, payload, retained)

        async def stands(connected: bool, why: str | None) -> None:
            async with self._database.unit() as unit:
                now = BrokerLine(
                    holder=broker.holder, ref=broker.ref, connected=connected, since_at=unit.now, trouble=why
                )
                found = await store.broker(unit, broker.ref)
                before = None if found is None else found[2]
                if before is None or (before.connected, before.trouble) != (connected, why):
                    since_at = before.since_at if before and before.connected == connected else unit.now
                    store.put_line(unit, replace(now, since_at=since_at))
                    unit.announce(HomeChanged(holder=broker.holder, broker=broker.ref))

        # Loaded for the first broker: most installations have none, and start sooner without a client of MQTT.
        from laddnav.mqtt.line import Line

        line = Line(broker, password, hears=hears, stands=stands, leads=self._leads)
        home = _Home(broker, sealed, line, self._database.clock)
        home.running = asyncio.create_task(line.run())
        return home

    async def _hang_up(self, keys: Sequence[tuple[PartyId, str]]) -> None:
        """Until they have hung up; who is still saying that we are gone by then is cut short."""
        running = {home.running for key in keys if (home := self._homes.pop(key)).running is not None}
        while running:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=FAREWELL)

    # What is heard

    async def _hear(self, home: _Home, topic: str, payload: bytes, retained: bool) -> None:
        for source in home.sources:
            if source.topic == topic:
                try:
                    value = wire.measured(source, payload)
                except wire.NotUnderstood as odd:
                    log.info("meter_not_understood", broker=home.broker.ref, why=str(odd)[:200])
                    continue
                if value is not None:
                    home.measured(source, value)
        base = f"{home.broker.topics}/"
        parts = topic.removeprefix(base).split("/") if topic.startswith(base) else []
        if len(parts) == 3 and parts[2] == "set":
            what = {"enabled": "charge", "maxcurrent": "limit"}.get(parts[1], parts[1])
            if what in wire.COMMANDS:
                broker = home.broker
                await actions.command(
                    self._database, broker.holder, broker.ref, parts[0], what, payload, retained=retained
                )

    async def _tell_sites(self) -> None:
        """What meters said since the last look, the newest of each."""
        for home in self._homes.values():
            untold, home.untold = home.untold, set()
            for site_id in {one.site_id for one in untold if one.site_id is not None}:
                new = {PLACES[one.what] for one in untold if one.site_id == site_id}
                said = [one for one in home.heard.values() if one.source.site_id == site_id]
                try:
                    async with self._database.unit() as unit:
                        for one in measurements(said, unit.now):
                            if one.place in new:
                                await sites.measured(unit, home.broker.holder, site_id, one)
                except UnknownSite:
                    log.info("meter_of_no_site", broker=home.broker.ref, site=site_id)

    async def _ask_for_orders(self) -> None:
        """What batteries are to do whose meters say how much they hold, and what roofs may give that are measured."""
        for home in self._homes.values():
            filled = {one.site_id for one in home.sources if one.what is Measures.STORED and one.site_id is not None}
            home.batteries = {}
            for site_id in sorted(filled):
                with suppress(UnknownSite):
                    async with self._database.unit() as unit:
                        home.batteries[site_id] = await sites.battery_of(unit, home.broker.holder, site_id)
            shining = {one.site_id for one in home.sources if one.what is Measures.SOLAR and one.site_id is not None}
            home.roofs = {}
            for site_id in sorted(shining):
                with suppress(UnknownSite):
                    async with self._database.unit() as unit:
                        told = await sites.roof_of(unit, home.broker.holder, site_id)
                    if told is not None:
                        home.roofs[site_id] = told

    # What is told, and asked

    async def _look_at(self, holder: PartyId, points: Sequence[ChargePoint]) -> None:
        async with self._database.unit() as unit:
            sights, self._known[holder] = await actions.see(unit, holder, points, self._known.get(holder, {}))
        for ref, some in groupby(sights, lambda one: one.point.broker):
            home = self._homes.get((holder, ref))
            if home is None:
                continue
            mine = list(some)
            self._follow(home, mine)
            self._tell(home, [await self._carried_out(home, one) for one in mine])

    async def _carried_out(self, home: _Home, sight: Sight) -> Sight:
        point, session = sight.point, sight.session
        if session is None or not rules.due(
            point, session.id, roof := home.following.get(point.key), self._database.clock.now()
        ):
            return sight
        async with self._database.unit() as unit:
            return replace(sight, point=await actions.carry_out(unit, point, session, roof))

    def _follow(self, home: _Home, sights: Sequence[Sight]) -> None:
        """The first takes what there is, the next what that leaves."""
        sunny = [one for one in sights if one.session is not None and one.point.wanted.mode is HomeMode.SOLAR]
        home.following = {
            one.point.key: home.following[one.point.key] for one in sunny if one.point.key in home.following
        }
        left = home.spare(sum((one.seen.watts or Decimal(0) for one in sunny), Decimal(0)))
        for one in sunny:
            terms = rules.terms(one.point)
            before = home.following.get(one.point.key) or surplus.at_rest(terms)
            now = surplus.followed(terms, before, left, self._database.clock.now())
            home.following[one.point.key] = now
            left -= now.amps * now.phases * terms.volts

    def _tell(self, home: _Home, sights: Sequence[Sight]) -> None:
        broker, values = home.broker, dict[str, bytes]()
        for one in sights:
            device = wire.device_of(broker, one.point)
            values[wire.discovery_topic(broker, device)] = wire.discovered(
                broker, one.point, model=one.model, maker=one.maker, currency=one.seen.currency
            )
        for one in sights:
            for topic, said in wire.told(one.point, one.seen).items():
                values[f"{broker.topics}/{one.point.key}/{topic}"] = said.encode()
        for site_id, of_battery in home.batteries.items():
            values |= orders.battery(broker, site_id, of_battery)
        for site_id, of_roof in home.roofs.items():
            values |= orders.roof(broker, site_id, of_roof)
        home.line.tell(values, {source.topic for source in home.sources})
