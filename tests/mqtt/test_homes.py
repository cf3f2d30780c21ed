"""Homes over a real broker and a real station: what Home Assistant sees, sets and hears, and evcc beside it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random  # noqa: TID251 - seeded dice for the station
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.kit.seal import Seal
from laddnav.mqtt import actions
from laddnav.mqtt.actions.setting_up import Home
from laddnav.mqtt.model import HOME, Broker, ChargePoint, HomeMeter, Measures
from laddnav.server import settings
from laddnav.server.http import Serving, serving
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session, Status
from laddnav.sim.car import Car
from laddnav.sim.station import SimStation
from laddnav.sites import actions as sites
from laddnav.sites.model.site import Site, SiteBattery
from laddnav.sites.model.told import Covers, Place
from laddnav.sites.priced import ToldKind, ToldPrice
from tests.mqtt.conftest import PASSWORD, USER, Listener, Mosquitto, somebody_at
from tests.things import US, settle_in
from tests.walks.companies import until

CAR = Car(energy=kwh(40), power_max=kw(11), steady=0.8)
FACTORS = {Measures.BATTERY: Decimal(1), Measures.STORED: Decimal("0.1")}  # 10 kWh by percent
DEVICE = "homeassistant/device/laddnav_ST1-1/config"


class House:
    """A served installation with ST1 at home, its line to the broker, and somebody who listens there."""

    def __init__(self, served: Serving, ears: Listener, station: SimStation, seal: Seal) -> None:
        self.database: Database = served.database
        self.ears = ears
        self.station = station
        self.seal = seal

    async def is_told(self, what: str, payload: str | bytes, **more: Any) -> None:
        await self.ears.says(f"laddnav/ST1-1/{what}/set", payload, **more)

    async def tells(self, what: str, meant: Any) -> str:
        return await self.ears.hears(f"laddnav/ST1-1/{what}", meant)

    async def charges(self) -> Session:
        async with self.database.unit() as unit:
            (one,) = await sessions.page(unit, US, statuses=[Status.ACTIVE])
        return one

    async def limit(self) -> Decimal:
        """What the station itself keeps to, in amperes."""

        async def told() -> list[Decimal]:
            said = self.station.plugs[1].limits.told
            periods = [] if said is None else said["charging_schedule"]["charging_schedule_period"]
            assert periods, f"none, and the home hears {self.ears.heard.get('laddnav/ST1-1/message')!r}"
            return [Decimal(str(one["limit"])) for one in periods]

        return (await until(told))[0]

    async def keeps_to(self, amps: str) -> None:
        async def it_does() -> bool:
            said = await self.limit()
            assert said == Decimal(amps), f"{said}, and the home hears {self.ears.heard.get('laddnav/ST1-1/message')!r}"
            return True

        await until(it_does)


@asynccontextmanager
async def a_house(database_url: str, data: Path, broker: Mosquitto) -> AsyncIterator[House]:
    said = settings.read({}, data=data, database=database_url, port=0, allow_loopback_partners=True)
    seal = Seal(said.key)
    async with serving(said) as served, somebody_at(broker) as ears:
        async with served.database.unit() as unit:
            await settle_in(unit)

            one = Broker(
                holder=US,
                ref="home",
                name="Home",
                url=broker.url,
                user=USER,
                inward=True,
                changed_at=unit.now,
                changed_by="a test",
            )
            await actions.connect(unit, one, PASSWORD, seal=seal)
        async with served.database.unit() as unit:
            await actions.put_under(unit, a_point(), by="a test")
        station = SimStation(
            "ST1",
            served.url.replace("http", "ws") + "/ocpp",
            clock=served.database.clock,
            dice=Random(1),
            plugs={1: kw(11), 2: kw(11)},
            password="a-password-of-16-bytes",
            sample_every=None,
        )
        await station.come_online()
        await station.boot()
        yield House(served, ears, station, seal)
        await station.go_offline()


def a_point(**said: Any) -> ChargePoint:
    fields: dict[str, Any] = {
        "holder": US,
        "broker": "home",
        "station_id": "ST1",
        "evse_no": 1,
        "key": "ST1-1",
        "name": "Garage",
    }
    return ChargePoint(**fields | said)


@pytest.fixture
async def house(database_url: str, tmp_path: Path, mosquitto: Mosquitto) -> AsyncIterator[House]:
    async with a_house(database_url, tmp_path, mosquitto) as one:
        yield one


async def test_a_home_sees_its_charge_point_sets_it_and_hears_what_came_of_that(house: House) -> None:
    """One story, for a server, a broker and a station are dear: what Home Assistant does, in its order."""
    found = json.loads(await house.ears.hears(DEVICE, bool))
    assert found["dev"]["name"] == "Garage" and found["o"] == {"name": "Laddnav"}
    assert found["availability"] == [{"topic": "laddnav/online"}, {"topic": "laddnav/ST1-1/online"}]
    assert found["cmps"]["energy"] == {
        "p": "sensor",
        "name": "Energy",
        "device_class": "energy",
        "unit_of_measurement": "kWh",
        "state_class": "total_increasing",
        "state_topic": "laddnav/ST1-1/energy",
        "unique_id": "laddnav_ST1-1_energy",
    }
    await house.ears.hears("laddnav/online", "online")
    await house.tells("status", "available")
    await house.tells("evcc", "A")
    assert not [topic for topic in house.ears.heard if "ST1-2" in topic], "the other EVSE was put under nobody"

    await house.station.plug_in(1, CAR)
    await house.tells("evcc", "B")
    assert await house.station.show_card(1, "CARD1")
    await house.tells("evcc", "C")
    await house.tells("plug", "ON")

    await house.is_told("limit", "10")
    await house.keeps_to("10")
    await house.tells("limit", "10")
    await house.tells("message", "The station keeps to 10 A")

    await house.is_told("limit", "17")
    await house.tells("message", "limit: 6 to 16 A are meant, or max; 17 A are not")
    assert await house.limit() == 10

    await house.is_told("charge", "OFF")
    await house.keeps_to("0")
    await house.tells("mode", "off")
    await house.tells("enabled", "false")
    await house.is_told("mode", "now")
    await house.keeps_to("10")
    await house.tells("charge", "ON")

    await house.is_told("departure", "06:30")
    await house.is_told("mode", "cheap")
    await house.tells("mode", "cheap")
    wants = (await until(lambda: _preferred(house)))[-1].wants
    assert wants.profile == "CHEAP" and wants.departs_at is not None
    assert wants.energy == kwh(20)

    for what, junk in JUNK:
        await house.is_told(what, junk)
        await house.tells("message", lambda said, what=what: said.startswith(f"{what}: "))
    await house.is_told("limit", "8", retain=True)
    await house.tells("limit", "8")
    await house.is_told("limit", b"", retain=True)
    await house.ears.says("laddnav/ST1-2/limit/set", "6")
    await house.ears.says("laddnav/ST1-1/unlock/set", "now")
    session = await house.charges()
    assert [one.by for one in session.limits] == [HOME]

    async with house.database.unit() as unit:
        await actions.take_out(unit, "home", "ST1", 1, by="a test")
    house.database.wake()
    await house.ears.hears(DEVICE, "")
    await house.tells("status", "")
    await house.ears.says("laddnav/ST1-1/limit/set", "6")


JUNK: tuple[tuple[str, str | bytes], ...] = (
    ("limit", "NaN"),
    ("limit", "-6"),
    ("limit", "1e9"),
    ("limit", b"\xff\xfe"),
    ("limit", "6" * 1000),
    ("charge", "perhaps"),
    ("mode", "turbo"),
    ("departure", "25:00"),
    ("need", "0"),
)


# What evcc does ------------------------------------------------------------------------------------------------------

HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "charge-at-home.md"
READS = {
    "status": lambda said: said in "ABCDEF",
    "enabled": lambda said: said in ("true", "false"),
    "power": lambda said: float(said) >= 0,
    "energy": lambda said: float(said) >= 0,
    "currents": lambda said: float(said) >= 0,
}


def of_evcc() -> tuple[dict[str, list[str]], dict[str, str]]:
    """(topics that evcc reads, those that it writes), by attribute of its custom charger, as the how-to has them."""
    text = re.search(r"## evcc beside it.*?```yaml\n(.*?)```", HOWTO.read_text(), re.S)
    assert text is not None
    (charger,) = yaml.safe_load(text[1].replace("ST-7", "ST1-1"))["chargers"]
    assert charger["type"] == "custom"
    reads: dict[str, list[str]] = {}
    writes: dict[str, str] = {}
    for name, one in charger.items():
        for each in one if isinstance(one, list) else [one]:
            if isinstance(each, dict):
                assert each["source"] == "mqtt"
                if name in READS:
                    reads.setdefault(name, []).append(each["topic"])
                else:
                    writes[name] = each["topic"]
    return reads, writes


async def test_evcc_reads_and_writes_what_the_how_to_gives_it(house: House) -> None:
    """As its documentation has it: status A to F, booleans as Go writes them, currents in whole amperes or not."""
    reads, writes = of_evcc()
    assert set(reads) == set(READS) and len(reads["currents"]) == 3
    assert set(writes) == {"enable", "maxcurrent", "maxcurrentmillis"}
    await house.station.plug_in(1, CAR)
    await house.ears.hears(reads["status"][0], "B")
    await house.station.show_card(1, "CARD1")
    await house.ears.hears(reads["status"][0], "C")
    await house.station.sample(1)
    for name, topics in reads.items():
        for topic in topics:
            await house.ears.hears(topic, READS[name])

    await house.ears.says(writes["enable"], "false")
    await house.ears.hears(reads["enabled"][0], "false")
    await house.keeps_to("0")
    await house.ears.says(writes["maxcurrent"], "0")
    await house.ears.says(writes["maxcurrent"], "16")
    await house.ears.says(writes["enable"], "true")
    await house.ears.hears(reads["enabled"][0], "true")
    await house.keeps_to("16")
    await house.ears.says(writes["maxcurrentmillis"], "10.567")
    await house.keeps_to("10.5")


# The sun --------------------------------------------------------------------------------------------------------------


async def test_a_car_at_home_follows_the_sun_and_its_site_knows_its_mains(house: House) -> None:
    async with house.database.unit() as unit:
        await sites.save(unit, a_site(unit.now), by="a test")
        await actions.put_under(unit, a_point(begin_after=1), by="a test")
        for topic, what in (("meter/grid", Measures.GRID), ("meter/roof", Measures.SOLAR)):
            source = HomeMeter(holder=US, broker="home", topic=topic, path="power.0", what=what, site_id="home")
            await actions.hear(unit, source, by="a test")
    await house.station.plug_in(1, CAR)
    await house.station.show_card(1, "CARD1")
    await house.tells("evcc", "C")
    await house.is_told("mode", "solar")
    await house.keeps_to("0")
    for junk in (b"\xff", "{}", '{"power": "much"}', '{"power": [null]}', "9" * 100_000):
        await house.ears.says("meter/grid", junk)

    async def shines(watts: int) -> None:
        await house.ears.says("meter/grid", json.dumps({"power": [-watts]}))
        await house.ears.says("meter/roof", json.dumps({"power": [watts + 300]}))

    async def it_follows() -> bool:
        await shines(5000)
        return await house.limit() == Decimal("7.2")  # 5,000 W over three phases of 230 V

    await until(it_follows)
    async with house.database.unit() as unit:
        known = {one.place: one for one in await sites.measurements(unit, US, "home")}
    assert round(sum(known[Place.GRID].amps) * 230) == -5000
    assert round(sum(known[Place.SOLAR].amps) * 230) == 5300
    await roof_of_the_home(house)
    await battery_of_the_home(house)


async def roof_of_the_home(house: House) -> None:
    """It gives what it can until less may go out; then it is told what is used there, and what to keep to later."""
    base = "laddnav/roof/home"
    await house.ears.hears(f"{base}/mode", "free")
    found = json.loads(await house.ears.hears("homeassistant/device/laddnav_roof_home/config", bool))
    assert found["cmps"]["power"]["state_topic"] == f"{base}/power" and found["dev"]["name"] == "Roof of home"

    async def limited(*, kw: int | None) -> None:
        async with house.database.unit() as unit:
            if kw is None:
                await sites.unlimited(unit, US, "home", "DSO", "1")
            else:
                await sites.limited(unit, US, "home", unit.now, None, Decimal(kw), "DSO", id="1", covers=Covers.EXPORT)

    async def is_told(mode: str, power: str, after: str) -> None:
        async def it_is() -> bool:
            for topic, watts in (("meter/roof", 5350), ("meter/grid", -5000)):
                await house.ears.says(topic, json.dumps({"power": [watts]}))
            said = [house.ears.heard.get(f"{base}/{topic}") for topic in ("mode", "power", "after")]
            return said == [mode, power, after]

        await until(it_is)

    await limited(kw=1)
    await is_told("limit", "1300", "1000")  # 350 W are used; tenths of a kW, downwards
    await limited(kw=None)
    await is_told("free", "", "")


async def battery_of_the_home(house: House) -> None:
    """It goes by itself until a meter says how full it is, then it is told what the plan makes of a cheap hour."""
    async with house.database.unit() as unit:
        for topic, what in (("battery/power", Measures.BATTERY), ("battery/soc", Measures.STORED)):
            source = HomeMeter(holder=US, broker="home", topic=topic, what=what, site_id="home", factor=FACTORS[what])
            await actions.hear(unit, source, by="a test")
    base = "laddnav/battery/home"
    await house.ears.hears(f"{base}/mode", "own")
    found = json.loads(await house.ears.hears("homeassistant/device/laddnav_battery_home/config", bool))
    assert found["cmps"]["power"]["state_topic"] == f"{base}/power" and found["dev"]["name"] == "Battery of home"

    async def meters_say(percent: int) -> None:
        for topic, said in (("meter/roof", '{"power": [0]}'), ("meter/grid", '{"power": [2000]}')):
            await house.ears.says(topic, said)
        await house.ears.says("battery/power", "0")
        await house.ears.says("battery/soc", str(percent))

    async def the_sun_is_down() -> bool:
        await meters_say(50)
        async with house.database.unit() as unit:
            known = {one.place: one for one in await sites.measurements(unit, US, "home")}
        assert Place.BATTERY in known  # its line may not listen yet when the roof's is told
        return known[Place.SOLAR].amps[0] == 0 and known[Place.BATTERY].stored_kwh == 5

    await until(the_sun_is_down)
    async with house.database.unit() as unit:
        dear, cheap = unit.now + timedelta(hours=1), unit.now - timedelta(hours=1)
        told = [
            ToldPrice(kind=ToldKind.PRICE, begin_at=cheap, end_at=dear, value=Decimal(1)),
            ToldPrice(kind=ToldKind.PRICE, begin_at=dear, value=Decimal(5)),
        ]
        await sites.told_prices(unit, US, "home", told, by="a test")

    async def is_told(percent: int, **meant: str) -> None:
        async def it_is() -> bool:
            await meters_say(percent)
            said = {topic: house.ears.heard[f"{base}/{topic}"] for topic in meant}
            assert said == meant
            return True

        await until(it_is)

    await is_told(50, mode="charge", power="4000", why="AS_PLANNED")
    until_at = datetime.fromisoformat(house.ears.heard[f"{base}/until"])
    assert timedelta() < until_at - house.database.clock.now() <= timedelta(minutes=5)
    await is_told(100, mode="rest", power="0", why="FULL")


def a_site(now: Any) -> Site:
    """That steers no EVSE itself: how long it lets a car rest is shown where sites are."""
    return Site(
        holder=US,
        id="home",
        ref="site-home",
        name="Home",
        time_zone="Europe/Stockholm",
        currency="SEK",
        amps=(Decimal(20),) * 3,
        building=(Decimal(20),) * 3,
        solar_kwp=Decimal(10),
        solar_follows=True,
        battery=SiteBattery(capacity_kwh=Decimal(10), charge_kw=Decimal(4), discharge_kw=Decimal(4)),
        last_updated=now,
    )


async def _preferred(house: House) -> Any:
    return (await house.charges()).preferred


async def test_a_broker_that_goes_and_comes_back_or_wants_another_password_is_told_everything_anew(
    house: House, mosquitto: Mosquitto
) -> None:
    await house.ears.hears("laddnav/online", "online")
    await house.station.plug_in(1, CAR)
    await house.tells("evcc", "B")
    mosquitto.end()

    async def it_is_missed() -> bool:
        async with house.database.unit() as unit:
            return not (await actions.by_ref(unit, "home")).line.connected

    await until(it_is_missed)
    await house.station.show_card(1, "CARD1")
    mosquitto.begin()
    async with somebody_at(mosquitto) as ears:
        await ears.hears("laddnav/ST1-1/evcc", "C")
        await ears.hears("laddnav/online", "online")
        await ears.says("laddnav/ST1-1/limit/set", "9")
        await house.keeps_to("9")

    async def line() -> Any:
        async with house.database.unit() as unit:
            return (await actions.by_ref(unit, "home")).line

    await _change(house, "wrong")
    await until(lambda: _is(line, lambda one: "authori" in (one.trouble or "")))
    await _change(house, PASSWORD)
    await until(lambda: _is(line, lambda one: one.connected))


async def _is(asks: Any, true: Any) -> bool:
    return bool(true(await asks()))


async def _change(house: House, password: str) -> Home:
    async with house.database.unit() as unit:
        home = await actions.by_ref(unit, "home")
        broker = replace(home.broker, changed_at=unit.now)
        after = await actions.change(unit, broker, password, seal=house.seal)
    house.database.wake()
    return after
