"""What several limit a charge to reaches a station of every kind as it can follow it, and what holds there is known."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit import json
from laddnav.kit.energy import kwh
from laddnav.kit.ids import PartyId
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp import calls, carrying, fallbacks, store
from laddnav.ocpp.wire.variables import Variable, VariableName
from laddnav.scheduling.held import Obeyed
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions import actions as sessions
from laddnav.sessions import limited, preferred
from laddnav.sessions.actions import limiting
from laddnav.sessions.events import LimitsAnswered, LimitsChanged, LimitsRequested
from laddnav.sessions.model import Session, Voice
from laddnav.sites import actions as sites
from laddnav.sites.events import FallbackWanted
from laddnav.sites.model.site import Phase
from laddnav.sites.model.told import Measurement, Place
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.following import Following, periods
from tests.ocpp.managed import Managed, managed
from tests.sites import garage
from tests.things import US, connector, evse

EMSP = PartyId("DE", "8AC")
VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
LEASE = timedelta(minutes=10)


async def nobody(database: Database, event: Event) -> None:
    """Else events would not be kept for anybody."""


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {
        LimitsRequested: [calls.limits_requested],
        LimitsAnswered: [nobody],
        LimitsChanged: [nobody],
        FallbackWanted: [fallbacks.wanted],
    }


def amperes(
    *limits: tuple[float, float], at: datetime | None = None, lasts: timedelta | None = None
) -> ChargingProfile:
    """(minutes after its start, rate)."""
    return ChargingProfile(
        unit=RateUnit.AMPERE,
        started_at=at,
        duration=lasts,
        limits=tuple(ProfileLimit(timedelta(minutes=after), Decimal(str(rate))) for after, rate in limits),
    )


class Car:
    """One that charges at a station which follows profiles."""

    def __init__(self, database: Database, station: Managed, following: Following) -> None:
        self.database, self.station, self.following = database, station, following

    async def session(self) -> Session:
        async with self.database.unit() as unit:
            (only,) = await sessions.page(unit, US)
        return only

    async def limit(
        self, profile: ChargingProfile, by: PartyId = US, request: str = "1", phases: int | None = None
    ) -> str:
        """How the Station answered, or whoever speaks for it."""
        session = await self.session()
        async with self.database.unit() as unit:
            await limiting.set_limits(unit, US, session.id, profile, by=by, request=request, phases=phases)
        return await self.answered(request)

    async def clear(self, by: PartyId, request: str) -> str:
        session = await self.session()
        async with self.database.unit() as unit:
            await limiting.clear_limits(unit, US, session.id, by=by, request=request)
        return await self.answered(request)

    async def answered(self, request: str) -> str:
        said: list[str] = []

        async def heard() -> bool:
            await drain(self.database)
            said[:] = [one["result"] for one in await events(self.database) if one.get("request") == request]
            return bool(said)

        await until(heard)
        return said[-1]

    async def read_back(self) -> Obeyed:
        async def done() -> bool:
            await drain(self.database)
            found = (await self.session()).read_back
            return found is not None and not found.due

        await until(done)
        found = (await self.session()).read_back
        assert found is not None
        return found.obeyed

    def told(self) -> list[dict[str, Any]]:
        return self.station.asked_for("SetChargingProfile")


async def events(database: Database, kind: str = "LimitsAnswered") -> list[dict[str, Any]]:
    async with database.unit() as unit:
        rows = await unit.fetch("select body from event where kind = $1 order by id", kind)
    return [json.decode(row["body"], dict[str, Any]) for row in rows]


@asynccontextmanager
async def on_the_line(
    url: str, database: Database, following: Following, protocol: str, said: Mapping[str, str] | None = None
) -> AsyncIterator[Managed]:
    """Booted; `said` are variables that it has told."""
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=(protocol,), on_connect="none"))
        station = await locations.station(unit, "ST1")
        known = [Variable(name=VariableName(name=name), value=value) for name, value in (said or {}).items()]
        store.variables.keep(unit, station, known, None)
    async with managed(url, protocol, following.answers) as one:
        await one.boot()
        yield one


@asynccontextmanager
async def charging(
    url: str, database: Database, following: Following, protocol: str = "ocpp1.6", said: Mapping[str, str] | None = None
) -> AsyncIterator[Car]:
    async with on_the_line(url, database, following, protocol, said) as station:
        await begin(station, following.clock)
        yield Car(database, station, following)


async def begin(station: Managed, clock: SetClock) -> None:
    at = rfc3339(clock.now())
    if station.protocol == "ocpp1.6":
        await station.say("StartTransaction", connector_id=1, id_tag="CARD1", meter_start=0, timestamp=at)
        return
    await station.say(
        "TransactionEvent",
        event_type="Started",
        timestamp=at,
        trigger_reason="Authorized",
        seq_no=0,
        transaction_info={"transaction_id": "T-1", "charging_state": "Charging"},
        id_token={"id_token": "CARD1", "type": "ISO14443"},
        evse={"id": 1, "connector_id": 1},
    )


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_a_station_gets_the_least_of_what_all_want_as_one_profile(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """CHP-034, K01.FR.03 K01.FR.05 K01.FR.16 K01.FR.34 K01.FR.39: each is answered, and leaves, for its own."""
    following = Following(clock)
    async with charging(url, database, following, protocol) as car:
        assert await car.limit(amperes((0, 16), (30, 8)), by=EMSP, request="app") == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 16), (1800, 8)]
        assert await car.read_back() is Obeyed.AS_ASKED
        assert await car.limit(amperes((0, 10), at=clock.now(), lasts=LEASE), request="plan") == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 10), (600, 16), (1800, 8)]
        assert await car.clear(EMSP, "gone") == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 10)]
        assert following.limit(clock.now() + LEASE) == 32
        assert await car.clear(US, "over") == "ACCEPTED"
        assert following.profiles == []
        assert [one.profile for one in (await car.session()).limits] == [None, None]


@pytest.mark.parametrize(
    ("said", "tried"), [({}, ["A", "W"]), ({"ChargingScheduleAllowedChargingRateUnit": "Power"}, ["W"])]
)
async def test_a_station_that_takes_no_amperes_is_told_watts(
    url: str, database: Database, clock: SetClock, said: dict[str, str], tried: list[str]
) -> None:
    """K01.FR.26; OCPP 1.6 §9.4.2: at once where it says so itself, and else when it has refused."""
    following = Following(clock, units="W")
    async with charging(url, database, following, said=said) as car:
        assert await car.limit(amperes((0, 16))) == "ACCEPTED"
        units = [one["csChargingProfiles"]["chargingSchedule"]["chargingRateUnit"] for one in car.told()]
        assert units == tried
        assert periods(following.of("TxProfile")) == [(0, 3680)]  # nobody knows from how many phases the car draws
        assert await car.read_back() is Obeyed.LESS
        assert (await car.session()).limits[0].profile == amperes((0, 16))


@pytest.mark.parametrize(
    ("protocol", "name"), [("ocpp1.6", "ChargingScheduleAllowedChargingRateUnit"), ("ocpp2.0.1", "RateUnit")]
)
async def test_watts_are_those_of_the_phases_that_its_car_is_known_to_use(
    url: str, database: Database, clock: SetClock, protocol: str, name: str
) -> None:
    """K01.FR.43, OCPP 1.6 §7.14: and it is told which, so that it comes to as many amperes of each as were meant."""
    following = Following(clock, units="W")
    async with charging(url, database, following, protocol, {name: "W"}) as car:
        await want_fallback(database, "6")
        for number, (phases, watts) in enumerate([(3, 11040), (1, 3680), (None, 3680)]):
            lease = amperes((0, 16), at=clock.now(), lasts=LEASE)
            assert await car.limit(lease, request=f"{number}", phases=phases) == "ACCEPTED"
            told = following.of("TxProfile")
            assert [one.get("number_phases") for one in _periods(told)] == [phases, phases]
            assert periods(told) == [(0, watts), (600, watts * 6 // 16)]
            assert following.limit(clock.now()) == (16 if phases else 16 / 3)
        assert await car.limit(amperes((0, 16)), by=EMSP, request="app") == "ACCEPTED"


async def test_a_station_that_chooses_phases_is_not_kept_on_those_that_it_was_seen_on(
    url: str, database: Database, clock: SetClock
) -> None:
    """It may have been on one because somebody wished so, who may wish otherwise now."""
    said = {"ChargingScheduleAllowedChargingRateUnit": "Power", "ConnectorSwitch3to1PhaseSupported": "true"}
    following = Following(clock, units="W")
    async with charging(url, database, following, said=said) as car:
        sun = ChargingProfile(unit=RateUnit.AMPERE, limits=(ProfileLimit(timedelta(), Decimal(10), 1),))
        assert await car.limit(amperes((0, 16)), request="site", phases=1) == "ACCEPTED"
        assert _periods(following.of("TxProfile")) == [{"start_period": 0, "limit": 11040, "number_phases": 3}]
        assert await car.limit(sun, by=EMSP, request="home") == "ACCEPTED"
        assert _periods(following.of("TxProfile")) == [{"start_period": 0, "limit": 2300, "number_phases": 1}]


@pytest.mark.parametrize(("said", "told"), [({"ACPhaseSwitchingSupported": "true"}, 3), ({}, None)])
async def test_a_station_that_can_is_told_which_phase_has_the_most_left_for_a_car_on_one(
    url: str, database: Database, clock: SetClock, said: dict[str, str], told: int | None
) -> None:
    """K01.FR.19 K01.FR.20 K01.FR.46: the building draws least from L1, which is behind the L3 of the station."""
    yard = garage.site(members=(garage.member("ST1", phases=(Phase.L2, Phase.L3, Phase.L1)),))
    async with database.unit() as unit:
        await sites.save(unit, yard, by="a test")
        loads = (Decimal(1), Decimal(5), Decimal(9))
        await sites.measured(unit, US, yard.id, Measurement(place=Place.BUILDING, at=unit.now, amps=loads))
    following = Following(clock)
    sun = ChargingProfile(unit=RateUnit.AMPERE, limits=(ProfileLimit(timedelta(), Decimal(10), 1),))
    async with charging(url, database, following, "ocpp2.0.1", said={"Phases3to1": "true"} | said) as car:
        assert await car.limit(sun, by=EMSP, request="home") == "ACCEPTED"
        (period,) = _periods(following.of("TxProfile"))
        assert (period["number_phases"], period.get("phase_to_use")) == (1, told)


def _periods(profile: dict[str, Any]) -> list[dict[str, Any]]:
    schedule = profile["charging_schedule"]
    whole = schedule if isinstance(schedule, dict) else schedule[0]
    return list(whole["charging_schedule_period"])


async def test_a_station_that_refuses_every_way_has_said_no(url: str, database: Database, clock: SetClock) -> None:
    """K01.FR.26 K01.FR.29: in the other unit, then in a single period; what was refused limits nobody afterwards."""
    following = Following(clock, units="")
    async with charging(url, database, following) as car:
        assert await car.limit(amperes((0, 16), (15, 8)), by=EMSP) == "REJECTED"
        shapes = [
            (one["csChargingProfiles"]["chargingSchedule"]["chargingRateUnit"], len(periods_of(one)))
            for one in car.told()
        ]
        assert shapes == [("A", 2), ("W", 2), ("A", 1)]
        following.units = "A"
        assert await car.limit(amperes((0, 20)), request="2") == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 20)]


def periods_of(asked: dict[str, Any]) -> list[Any]:
    return list(asked["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"])


@pytest.mark.parametrize(
    "said", [{"ChargingScheduleMaxPeriods": "2"}, {"PeriodsPerSchedule": "2", "ProfileStackLevel": "0"}]
)
async def test_what_a_station_cannot_hold_at_once_is_told_it_further(
    url: str, database: Database, clock: SetClock, said: dict[str, str]
) -> None:
    """OCPP 1.6 §9.4.1, §9.4.3; K15.FR.07: the longest leading part, told anew before it ends."""
    following = Following(clock, periods_max=2)
    async with charging(url, database, following, said=said) as car:
        began = clock.now()
        whole = amperes((0, 6), (10, 10), (20, 16), (30, 8), at=began)
        assert await car.limit(whole) == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 6), (600, 10)]
        assert following.of("TxProfile")["stack_level"] == (0 if "ProfileStackLevel" in said else 1)
        assert await carrying.renew_due(database) == 0
        for minutes, rate in ((19, 10), (29, 16)):
            clock.advance(began + timedelta(minutes=minutes, seconds=1) - clock.now())
            told = len(car.told())
            assert await carrying.renew_due(database) == 1
            await until(partial(told_more, car, told))
            assert following.limit(clock.now()) == rate
        clock.advance(timedelta(hours=3))
        assert await carrying.renew_due(database) == 0
        assert following.limit(clock.now()) == 8


async def test_what_is_told_further_is_told_in_the_unit_that_is_taken(
    url: str, database: Database, clock: SetClock
) -> None:
    """K01.FR.26 K15.FR.07: a Station that says nothing of itself, and refuses amperes each time."""
    following = Following(clock, units="W", periods_max=2)
    async with charging(url, database, following, said={"ChargingScheduleMaxPeriods": "2"}) as car:
        began = clock.now()
        assert await car.limit(amperes((0, 6), (10, 10), (20, 16), at=began)) == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 1380), (600, 2300)]
        clock.advance(timedelta(minutes=19, seconds=1))
        assert await carrying.renew_due(database) == 1
        await until(lambda: periods(following.of("TxProfile")) == [(0, 2300), (600, 3680)])


def told_more(car: Car, than: int) -> bool:
    return len(car.told()) > than


async def test_a_lease_that_is_not_renewed_falls_back(url: str, database: Database, clock: SetClock) -> None:
    """K01.FR.08 K01.FR.15 K02.FR.08: to what its Station was told for that, whatever an app allows besides."""
    following = Following(clock)
    async with charging(url, database, following) as car:
        await want_fallback(database, "6")
        await until(lambda: len(following.profiles) == 1)
        assert following.limit(clock.now()) == 6
        assert await car.limit(amperes((0, 25)), by=EMSP, request="app") == "ACCEPTED"
        assert following.limit(clock.now()) == 6  # until our plan says more
        assert await car.limit(amperes((0, 20), at=clock.now(), lasts=LEASE), request="plan") == "ACCEPTED"
        assert following.limit(clock.now()) == 20
        clock.advance(LEASE)
        assert following.limit(clock.now()) == 6
        assert await car.clear(EMSP, "gone") == "ACCEPTED"
        assert await car.clear(US, "over") == "ACCEPTED"
        assert [one["charging_profile_purpose"] for one in following.profiles] == ["TxDefaultProfile"]
        assert following.limit(clock.now()) == 6


async def test_amperes_of_a_site_are_a_power_where_direct_current_is_given(
    url: str, database: Database, clock: SetClock
) -> None:
    """K01.FR.50: its amperes are not those of the mains, which the fuse counts."""
    async with database.unit() as unit:
        fast = connector(power_type="DC", voltage_max=920, amperage_max=200, power_max=150_000)
        await locations.keep_evse(unit, US, US, "LOC1", evse("EVSE1", connectors=(fast,), last_updated=unit.now))
    following = Following(clock)
    async with charging(url, database, following) as car:
        await want_fallback(database, "6")
        await until(lambda: [periods(one) for one in following.profiles] == [[(0, 4140)]])
        assert await car.limit(amperes((0, 20), at=clock.now(), lasts=LEASE)) == "ACCEPTED"
        assert periods(following.of("TxProfile")) == [(0, 13800), (600, 4140)]
        assert await car.read_back() is Obeyed.UNKNOWN  # it tells amperes


async def want_fallback(database: Database, amps: str | None) -> None:
    async with database.unit() as unit:
        unit.announce(FallbackWanted(holder=US, site_id="S1", station_id="ST1", evse_no=1, amps=amps))
    await drain(database)


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_a_fallback_is_wanted_until_it_is_not(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """K01.FR.08 K01.FR.15 K01.FR.27 K01.FR.40 K01.FR.53: also of a station that was away, and one that lost it."""
    following = Following(clock, units="W")
    await want_fallback(database, "6")  # nobody is on the line
    async with on_the_line(url, database, following, protocol) as station:
        await until(lambda: following.profiles)
        told = following.of("TxDefaultProfile")
        assert (told["stack_level"], told["charging_profile_kind"]) == (0, "Absolute")
        assert periods(told) == [(0, 1380)]
        following.profiles.clear()
        await station.boot()
        await until(lambda: following.profiles)
        await want_fallback(database, None)
        await until(lambda: not following.profiles)
        await until(lambda: kept_no_more(database))


async def kept_no_more(database: Database) -> bool:
    async with database.unit() as unit:
        return await store.carried.all_wanted(unit, US, "ST1") == []


async def test_a_station_that_gives_more_than_it_was_told_is_found_out(
    url: str, database: Database, clock: SetClock
) -> None:
    """K08.FR.02: it says yes and does nothing; whoever leads it is told so."""
    following = Following(clock)
    async with charging(url, database, following) as car:
        following.deaf = True
        assert await car.limit(amperes((0, 10), at=clock.now(), lasts=LEASE)) == "ACCEPTED"
        assert await car.read_back() is Obeyed.MORE
        last = (await events(database))[-1]
        assert (last["what"], last["obeyed"]) == ("TELL", "MORE")


async def test_a_lease_that_only_goes_on_costs_one_call_and_is_no_news(
    url: str, database: Database, clock: SetClock
) -> None:
    """Ten renewals: each one profile, one answer to whoever leads it; nothing is read back and nobody told."""
    following = Following(clock)
    async with charging(url, database, following) as car:
        assert await car.limit(amperes((0, 16)), by=EMSP, request="app") == "ACCEPTED"
        await car.read_back()
        clock.advance(timedelta(minutes=1))
        assert await car.limit(amperes((0, 10), at=clock.now(), lasts=LEASE), request="plan") == "ACCEPTED"
        await car.read_back()
        read, told = len(car.station.asked_for("GetCompositeSchedule")), len(await events(database, "LimitsChanged"))
        answered = len(await events(database))
        for turn in range(10):
            clock.advance(timedelta(minutes=2))
            lease = amperes((0, 10), at=clock.now(), lasts=LEASE)
            assert await car.limit(lease, request=f"again {turn}") == "ACCEPTED"
        assert len(car.station.asked_for("GetCompositeSchedule")) == read
        assert len(await events(database, "LimitsChanged")) == told
        assert len(await events(database)) == answered + 10
        assert await car.limit(amperes((0, 12), at=clock.now(), lasts=LEASE), request="more") == "ACCEPTED"
        assert await car.read_back() is Obeyed.AS_ASKED
        assert len(await events(database, "LimitsChanged")) == told + 1


async def test_what_changes_often_is_read_back_once_a_minute(url: str, database: Database, clock: SetClock) -> None:
    """Of our own plan; the last change is not missed, for the next renewal finds it due."""
    following = Following(clock)
    async with charging(url, database, following) as car:
        for turn, rate in enumerate((10, 11, 12, 13)):
            await car.limit(amperes((0, rate), at=clock.now(), lasts=LEASE), request=f"{turn}")
            if turn == 0:
                await car.read_back()
            clock.advance(timedelta(seconds=5))
        assert len(car.station.asked_for("GetCompositeSchedule")) == 1
        clock.advance(timedelta(minutes=1))
        await car.limit(amperes((0, 13), at=clock.now(), lasts=LEASE), request="later")
        assert await car.read_back() is Obeyed.AS_ASKED
        assert len(car.station.asked_for("GetCompositeSchedule")) == 2


async def test_what_was_overtaken_is_not_told_any_more(url: str, database: Database, clock: SetClock) -> None:
    """The newest wish of a party counts, and the one before it hears no."""
    following = Following(clock)
    async with charging(url, database, following) as car:
        session = await car.session()
        async with database.unit() as unit:
            await limiting.set_limits(unit, US, session.id, amperes((0, 8)), by=US, request="first")
        async with database.unit() as unit:
            await limiting.set_limits(unit, US, session.id, amperes((0, 9)), by=US, request="second")
        assert await car.answered("second") == "ACCEPTED"
        assert await car.answered("first") == "REJECTED"
        ours = limited.limits_of(await car.session(), US)
        assert ours is not None and ours.profile == amperes((0, 9))
        assert periods(following.of("TxProfile")) == [(0, 9)]


@pytest.mark.parametrize("protocol", VERSIONS[1:])
async def test_what_a_car_needs_is_a_wish_and_it_gets_what_it_may_draw(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """K15.FR.03 K15.FR.05 K15.FR.07 K15.FR.08 K15.FR.18 K17.FR.05: in no more periods than it can read."""
    following = Following(clock)
    async with charging(url, database, following, protocol) as car:
        leaves = clock.now() + timedelta(hours=6)
        ac = {"energy_amount": 20000, "ev_min_current": 6, "ev_max_current": 16, "ev_max_voltage": 400}
        needs = {
            "requested_energy_transfer": "AC_three_phase",
            "departure_time": rfc3339(leaves),
            "ac_charging_parameters": ac,
        }
        said = await car.station.say("NotifyEVChargingNeeds", evse_id=1, charging_needs=needs)
        assert said.status == "Accepted"
        wanted = preferred.wanted(await car.session(), clock.now())
        assert wanted is not None and (wanted.by, wanted.departs_by) == (Voice.CAR, Voice.CAR)
        assert (wanted.wants.departs_at, wanted.wants.energy) == (leaves, kwh(20))
        await until(lambda: [periods(one) for one in following.profiles] == [[(0, 22000)]])

        plan = amperes((0, 6), (30, 16), at=clock.now(), lasts=timedelta(hours=1))
        assert await car.limit(plan, request="plan") == "ACCEPTED"
        again = await car.station.say("NotifyEVChargingNeeds", evse_id=1, charging_needs=needs, max_schedule_tuples=1)
        assert again.status == "Processing"
        await until(lambda: periods(following.of("TxProfile")) == [(0, 6)])
        schedule = following.of("TxProfile")["charging_schedule"][0]
        assert schedule["duration"] == 1800 and len(following.of("TxProfile")["charging_schedule"]) == 1


async def test_a_car_that_contradicts_itself_charges_as_if_it_had_said_nothing(
    url: str, database: Database, clock: SetClock
) -> None:
    """K15.FR.03: of a battery that is fuller than it should become, with energy below zero."""
    following = Following(clock)
    async with charging(url, database, following, "ocpp2.1") as car:
        dc = {"ev_max_current": 200, "ev_max_voltage": 800, "ev_energy_capacity": 60000, "state_of_charge": 90}
        for more in ({"full_soc": 80}, {"energy_amount": -5}):
            needs = {"requested_energy_transfer": "DC", "dc_charging_parameters": dc | more}
            said = await car.station.say("NotifyEVChargingNeeds", evse_id=1, charging_needs=needs)
            assert said.status == "Accepted"
            assert (await car.session()).preferred == ()
        needs = {"requested_energy_transfer": "DC", "dc_charging_parameters": dc | {"state_of_charge": 40}}
        await car.station.say("NotifyEVChargingNeeds", evse_id=1, charging_needs=needs)
        wanted = preferred.wanted(await car.session(), clock.now())
        assert wanted is not None and wanted.wants.energy == kwh(36)
