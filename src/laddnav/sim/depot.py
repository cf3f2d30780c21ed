"""The demo's depot: vans that leave in the morning, a workshop and a roof, all behind one connection to the grid.

What stands in the database is furnished here; when its vans come and go, and what its building draws, is decided here
too, by the clock alone. `depot_life.py` has it happen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.fleets import actions as fleets
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.fleets.written_vehicles import VehicleSaid
from laddnav.kit.energy import kwh
from laddnav.kit.ids import EvseRef
from laddnav.kit.power import Power, kw
from laddnav.locations import actions as locations
from laddnav.locations.model import Connector, Evse, GeoLocation, Location, Status
from laddnav.sim import market
from laddnav.sim.car import Car
from laddnav.sim.day import ZONE, Habit, Plug, Stay
from laddnav.sim.network import OURS, Card
from laddnav.sites import actions as sites
from laddnav.sites.model.site import Amps, Member, Panel, Site
from laddnav.sites.model.told import Place
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token, TokenType, Whitelist

LOCATION, SITE, TIME_ZONE = "DEPOT-WEST", "depot-west", "Europe/Berlin"
STATIONS = ("DEPOT-1", "DEPOT-2", "DEPOT-3", "DEPOT-4")
FLEET = "Neckarbote"
CONNECTION, ROW = Decimal(80), Decimal(40)  # amperes a phase
BUILDING_MOST = Decimal(24)
VOLTS = 230
ROOF_KWP = Decimal(30)
LATITUDE = math.radians(48.9)
LOSS = 0.9  # of what a meter counts, so much comes to be in a battery
FULL = Decimal(95)  # percent: with how much a van is content


class Van(Struct, frozen=True, kw_only=True):
    """It comes home with `percent` in it, and leaves each morning but the first; one that is `out` is not home then."""

    id: str
    name: str
    plate: str
    station_id: str
    evse_no: int
    percent: Decimal
    battery_kwh: Decimal = Decimal(60)
    at: time
    back: time
    km: int
    tour: str
    cost_centre: str
    out: bool = False

    def departs_at(self, on: date) -> datetime:
        return datetime.combine(on, self.at, ZONE)

    def back_at(self, on: date) -> datetime:
        return datetime.combine(on if self.back > self.at else on + _DAY, self.back, ZONE)


def _van(
    number: int, name: str, where: tuple[str, int], percent: int, at: time, back: time, km: int, **more: str
) -> Van:
    return Van(
        id=f"NB-{number}",
        name=name,
        plate=f"LB NB {100 + number}",
        station_id=where[0],
        evse_no=where[1],
        percent=Decimal(percent),
        at=at,
        back=back,
        km=km,
        tour=more["tour"],
        cost_centre=more["pays"],
        out=back < at,
    )


_DAY = timedelta(days=1)
VANS = (
    _van(1, "Anna", ("DEPOT-1", 1), 24, time(5, 45), time(14, 40), 150, tour="Kornwestheim", pays="4010"),
    _van(2, "Bruno", ("DEPOT-1", 2), 31, time(6), time(15, 10), 140, tour="Asperg", pays="4010"),
    _van(3, "Clara", ("DEPOT-2", 1), 18, time(6, 30), time(16, 5), 165, tour="Bietigheim", pays="4020"),
    _van(4, "Emil", ("DEPOT-2", 2), 42, time(7), time(16, 20), 120, tour="Tamm", pays="4020"),
    _van(5, "Frieda", ("DEPOT-3", 1), 86, time(7, 15), time(13, 30), 70, tour="Oßweil", pays="4010"),
    # It brings newspapers at night: home late, and gone early.
    _van(6, "Gustav", ("DEPOT-3", 2), 16, time(5, 30), time(3, 20), 110, tour="Night round", pays="4020"),
)


class Colleague(Struct, frozen=True, kw_only=True):
    """Somebody who works there and charges by day, and says nothing about it."""

    evse_no: int
    comes: time
    leaves: time
    car: Car


COLLEAGUES = (
    Colleague(
        evse_no=1,
        comes=time(8, 53),
        leaves=time(16, 40),
        car=Car(energy=kwh(26), power_max=kw(11), steady=0.9),
    ),
    Colleague(
        evse_no=2,
        comes=time(9, 35),
        leaves=time(17, 20),
        car=Car(energy=kwh(15), power_max=kw("3.6"), steady=0.9, phases=1),
    ),
)


def plugs() -> tuple[Plug, ...]:
    return tuple(
        Plug(station_id=station, evse_no=evse_no, power_max=kw(11)) for station in STATIONS for evse_no in (1, 2)
    )


def cards(seed: int) -> tuple[Card, ...]:
    """Of each van, then of each who works there."""
    dice = Random(f"{seed}/depot")
    return tuple(
        Card(
            owner=OURS,
            uid=f"04{dice.getrandbits(48):012X}",
            contract_id=f"{OURS.country}-{OURS.party}-D{number:08}",
            whitelist=Whitelist.ALWAYS,
        )
        for number in range(len(VANS) + len(COLLEAGUES))
    )


# When they come and go ------------------------------------------------------------------------------------------------


def standing(now: datetime, opened_on: date, first_card: int) -> tuple[Stay, ...]:
    """Whoever is there now, until they leave; a van that was charging goes on with what it has had by then."""
    vans = tuple(
        _stay(number, since, max(now, since), opened_on, first_card)
        for number in range(len(VANS))
        if (since := _home_since(VANS[number], now, opened_on)) is not None
    )
    people = _colleagues(now.astimezone(ZONE).date(), first_card)
    return (*vans, *(one for one in people if one.arrives_at <= now < one.leaves_at))


def coming(when: date, opened_on: date, first_card: int) -> tuple[Stay, ...]:
    """Who comes to charge on this day; on the first, vans are home already."""
    found = []
    for number, van in enumerate(VANS):
        home = [van.back_at(on) for on in (when - _DAY, when) if on > opened_on]
        if van.out and when == opened_on + _DAY:
            home.append(van.back_at(opened_on))
        found += [_stay(number, at, at, opened_on, first_card) for at in home if at.date() == when]
    return (*found, *_colleagues(when, first_card))


def _colleagues(when: date, first_card: int) -> tuple[Stay, ...]:
    return tuple(
        Stay(
            plug=_plug(STATIONS[-1], one.evse_no),
            arrives_at=datetime.combine(when, one.comes, ZONE),
            leaves_at=datetime.combine(when, one.leaves, ZONE),
            car=one.car,
            card=first_card + len(VANS) + number,
            habit=Habit.CARD,
        )
        for number, one in enumerate(COLLEAGUES)
    )


def _home_since(van: Van, now: datetime, opened_on: date) -> datetime | None:
    """None: it is on its way."""
    today = now.astimezone(ZONE).date()
    tours = [on for ago in range(3) if (on := today - ago * _DAY) > opened_on and van.departs_at(on) <= now]
    if tours:
        back_at = van.back_at(tours[0])
        return back_at if back_at <= now else None
    return None if van.out else datetime.combine(opened_on, time(8, 50), ZONE)


def _stay(number: int, since: datetime, arrives_at: datetime, opened_on: date, first_card: int) -> Stay:
    van = VANS[number]
    on = max(arrives_at.astimezone(ZONE).date(), opened_on + _DAY)
    leaves_at = next(at for ahead in range(3) if (at := van.departs_at(on + ahead * _DAY)) > arrives_at)
    return Stay(
        plug=_plug(van.station_id, van.evse_no),
        arrives_at=arrives_at,
        leaves_at=leaves_at,
        car=_car(van, percent_at(van, since, leaves_at, arrives_at)),
        card=first_card + number,
        habit=Habit.CARD,
    )


def percent_at(van: Van, since: datetime, leaves_at: datetime, at: datetime) -> Decimal:
    """How full it is that came home then and leaves then: as full as the time has made it."""
    share = Decimal(str(round((at - since) / (leaves_at - since), 3)))
    return (van.percent + (FULL - van.percent) * share).quantize(Decimal(1))


def percent_of(van: Van, car: Car) -> Decimal:
    """How full it is whose car wants so much."""
    return (100 - car.energy.kwh * Decimal(str(LOSS)) / van.battery_kwh * 100).quantize(Decimal(1))


def _car(van: Van, percent: Decimal) -> Car:
    wants = van.battery_kwh * max(100 - percent, Decimal(1)) / 100 / Decimal(str(LOSS))
    return Car(energy=kwh(wants.quantize(Decimal("0.1"))), power_max=kw(11), steady=0.9)


def _plug(station_id: str, evse_no: int) -> Plug:
    return next(one for one in plugs() if (one.station_id, one.evse_no) == (station_id, evse_no))


# What its meters say --------------------------------------------------------------------------------------------------


def measured(at: datetime, cars: Power) -> Mapping[Place, Amps]:
    """What comes in, what the building draws and the roof gives, when its cars draw so much."""
    building, roof = _building_kw(at), _roof_kw(at)
    whole = building + float(cars.kw) - roof
    return {Place.BUILDING: _amps(building), Place.SOLAR: _amps(roof), Place.GRID: _amps(whole)}


def _amps(power_kw: float) -> Amps:
    each = Decimal(str(round(power_kw * 1000 / 3 / VOLTS, 2)))
    return (each, each, each)


def _building_kw(at: datetime) -> float:
    """A workshop by day, lamps and a heat pump at night; never more than was said."""
    local = at.astimezone(ZONE)
    dice = Random(f"{local:%Y-%m-%d %H} {local.minute // 15}")
    works = local.weekday() < 6 and 6 <= local.hour < 18
    return (8.5 if works else 2.6) + dice.uniform(-1.2, 1.6)


def _roof_kw(at: datetime) -> float:
    """By the height of the sun, and clouds that pass."""
    day = at.timetuple().tm_yday
    tilt = -math.radians(23.44) * math.cos(2 * math.pi * (day + 10) / 365)
    hour = math.radians((at.hour + at.minute / 60 + 9.2 / 15 - 12) * 15)
    height = math.sin(LATITUDE) * math.sin(tilt) + math.cos(LATITUDE) * math.cos(tilt) * math.cos(hour)
    clouds = Random(f"{at:%Y-%m-%d %H}").uniform(0.45, 0.95)
    return round(max(0.0, height) * float(ROOF_KWP) * clouds, 2)


# What stands in the database ------------------------------------------------------------------------------------------


async def furnish(unit: Unit, passwords: Mapping[str, str], seed: int) -> None:
    """The place with its stations, the site that feeds them, and the fleet that lives there."""
    await locations.keep(unit, OURS, _place(unit.now))
    for station_id in STATIONS:
        await locations.add_station(unit, OURS, station_id, location_id=LOCATION, password=passwords[station_id])
        for evse_no in (1, 2):
            await locations.attach(unit, station_id, evse_no, EvseRef(LOCATION, f"{station_id}-{evse_no}"))
    made = cards(seed)
    for number, card in enumerate(made):
        await tokens.keep(unit, OURS, _token(card, number, unit.now))
    await market.tell_carbon(unit)
    await sites.save(unit, site(unit.new_id(), unit.now), by="the demo")
    await _fleet(unit, made)


def site(ref: str, now: datetime) -> Site:
    rows = {"Row A": STATIONS[:2], "Row B": STATIONS[2:]}
    return Site(
        holder=OURS,
        id=SITE,
        ref=ref,
        name="Depot Weststadt",
        location_ids=(LOCATION,),
        time_zone=TIME_ZONE,
        currency="EUR",
        bidding_zone="SE3",
        grid_tariff_id="power-80",
        amps=(CONNECTION,) * 3,
        building=(BUILDING_MOST,) * 3,
        panels=tuple(Panel(name=name, amps=(ROW,) * 3) for name in rows),
        members=tuple(
            Member(station_id=id, evse_no=evse_no, panel=name, amps_max=Decimal(16), fallback_amps=Decimal(6))
            for name, ids in rows.items()
            for id in ids
            for evse_no in (1, 2)
        ),
        solar_kwp=ROOF_KWP,
        last_updated=now,
    )


async def _fleet(unit: Unit, made: Sequence[Card]) -> None:
    fleet = await fleets.found(unit, OURS, name=FLEET, customer="Neckarbote GmbH", by="the demo")
    fleet = await fleets.add_depot(unit, fleet.ref, id="WEST", name="Weststadt", location_id=LOCATION)
    for code, name in (("4010", "Post"), ("4020", "Parcels")):
        fleet = await fleets.add_cost_centre(unit, fleet.ref, code=code, name=name)
    tomorrow = unit.now.astimezone(ZONE).date() + _DAY
    for van, card in zip(VANS, made, strict=False):
        said = VehicleSaid(
            id=van.id,
            name=van.name,
            plate=van.plate,
            battery_kwh=van.battery_kwh,
            ac_amps=Decimal(16),
            kwh_per_100_km=Decimal(22),
            cards=card.uid,
            cost_centre=van.cost_centre,
        )
        vehicle = await fleets.keep_vehicle(unit, fleet.ref, said)
        await fleets.tell(unit, fleet, vehicle.ref, percent=van.percent)
        leaves = DepartureSaid(
            id=f"T-{van.id}",
            vehicle=van.id,
            days="daily",
            begins_on=tomorrow.isoformat(),
            at=f"{van.at:%H:%M}",
            back=f"{van.back:%H:%M}",
            need=f"{van.km} km",
            note=van.tour,
        )
        await fleets.keep_departure(unit, fleet.ref, leaves)


def _place(now: datetime) -> Location:
    connector = Connector(
        id="1",
        standard="IEC_62196_T2",
        format="SOCKET",
        power_type="AC_3_PHASE",
        voltage_max=230,
        amperage_max=16,
        power_max=11_000,
        tariff_ids=("DAY-AND-NIGHT",),
        last_updated=now,
    )
    return Location(
        owner=OURS,
        id=LOCATION,
        publish=True,
        name="Depot Weststadt",
        address="Am Depot 1",
        city="Ludwigsburg",
        postal_code="71636",
        country="DEU",
        coordinates=GeoLocation(Decimal("48.89550"), Decimal("9.16390")),
        time_zone=TIME_ZONE,
        evses=tuple(
            Evse(
                uid=f"{station}-{evse_no}",
                evse_id=f"SE*LAD*E{station.replace('-', '')}*{evse_no}",
                status=Status.UNKNOWN,
                capabilities=("RFID_READER", "REMOTE_START_STOP_CAPABLE", "CHARGING_PROFILE_CAPABLE"),
                connectors=(connector,),
                last_updated=now,
            )
            for station in STATIONS
            for evse_no in (1, 2)
        ),
        last_updated=now,
    )


def _token(card: Card, number: int, now: datetime) -> Token:
    return Token(
        owner=OURS,
        uid=card.uid,
        type=TokenType.RFID,
        contract_id=card.contract_id,
        issuer="Laddnav Demo AB",
        visual_number=f"{OURS.party} D{number:03}",
        valid=True,
        whitelist=card.whitelist,
        last_updated=now,
    )
