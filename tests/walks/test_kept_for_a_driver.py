"""An EVSE is kept, charged at, limited and let go of, from the phone of a driver to a station that we did not write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.kit.energy import wh
from laddnav.kit.power import kw
from laddnav.locations import actions as locations
from laddnav.locations.model import Status as EvseStatus
from laddnav.locations.rules import evse_of
from laddnav.ocpi.commands import commands, limited
from laddnav.ocpi.commands.commands import Asked
from laddnav.ocpi.model import KeptCommand
from laddnav.ocpi.wire.commands import CommandState, Verdict
from laddnav.ocpi.wire.profiles import ProfileVerdict
from laddnav.reservations import actions as reservations
from laddnav.reservations.model import State
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.server.clock import WallClock
from laddnav.sessions.actions import limiting
from laddnav.sessions.model import AuthMethod, Session, Status
from laddnav.sim.car import Car
from laddnav.sim.station import SimStation
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, Restriction, TariffDimension
from tests.clock import SetClock
from tests.things import component, evse, location, tariff
from tests.walks.companies import (
    ASKED_FOR,
    NETWORK,
    PROVIDER,
    Company,
    card_of,
    minutes,
    station,
    the_only,
    until,
)
from tests.walks.test_from_plug_to_invoice import answered, charging, only_cdr, only_session

CAR = Car(energy=wh(12_345), power_max=kw(11), steady=0.9)
CAPABLE = ("REMOTE_START_STOP_CAPABLE", "RESERVABLE", "UNLOCK_CAPABLE", "CHARGING_PROFILE_CAPABLE")
RESERVED = Restriction(reservation="RESERVATION")


@pytest.fixture
def right_clock() -> SetClock:
    """A reservation is of now, so the station's clock is right when the test begins."""
    return SetClock(WallClock().now().replace(microsecond=0))


@pytest.fixture
async def kind_station(network: Company, provider: Company, right_clock: SetClock) -> AsyncIterator[SimStation]:
    """Online and able to do everything; a reservation costs 1.00 a second."""
    async with network.database.unit() as unit:
        now = unit.now
        promised = tariff(
            elements=(
                Element(components=(component(TariffDimension.TIME, "3600.00"),), restriction=RESERVED),
                Element(components=(component(TariffDimension.ENERGY, "2.50"),)),
            ),
            last_updated=now,
        )
        await tariffs.keep(unit, NETWORK, promised)
        evses = tuple(evse(uid, capabilities=CAPABLE, last_updated=now) for uid in ("EVSE1", "EVSE2"))
        await locations.keep(unit, NETWORK, location(evses=evses, last_updated=now))
    await until(lambda: knows_what_it_can(provider))
    one = station(network, right_clock)
    await one.come_online()
    assert await one.boot() == "Accepted"
    yield one
    await one.go_offline()


async def test_a_reserved_evse_waits_for_its_driver_and_the_reservation_is_on_the_cdr(
    network: Company, provider: Company, kind_station: SimStation, right_clock: SetClock
) -> None:
    """CMD-034 CMD-036 CMD-037 CMD-038 SES-037 SES-038 CDR-026 CDR-045 TAR-062: asked, held, prolonged, used, billed."""
    asked = await reserved(provider, minutes(20))
    assert asked.verdict is Verdict.ACCEPTED
    assert (await until(lambda: done(provider, asked.command_id))).result == "ACCEPTED"
    waiting = await until(lambda: heard(provider, Status.RESERVATION))
    assert (waiting.auth_method, waiting.authorization_reference) == (AuthMethod.COMMAND, "the-reference")
    await until(lambda: shown(provider, "EVSE1", EvseStatus.RESERVED))
    kept = kind_station.plugs[1].kept
    assert kept is not None and kept.uid == ASKED_FOR

    longer = await reserved(provider, minutes(40))
    assert (await until(lambda: done(provider, longer.command_id))).result == "ACCEPTED"
    later = kind_station.plugs[1].kept
    assert later is not None and (later.number, later.until > kept.until) == (kept.number, True)
    async with network.database.unit() as unit:
        one = the_only(await reservations.page(unit, NETWORK))
    assert (one.state, one.number, one.id) == (State.HELD, kept.number, "reservation-of-theirs")

    await start_and_stop(provider, kind_station, right_clock)
    async with network.database.unit() as unit:
        assert the_only(await reservations.page(unit, NETWORK)).state is State.USED
    received = await until(lambda: only_cdr(provider))
    assert (received.session_id, received.started_at) == (waiting.id, waiting.started_at)
    reserved_for = sum((one.volume("RESERVATION_TIME") for one in received.periods), Decimal(0))
    assert reserved_for > 0 and received.costs.reservation is not None
    assert received.energy == CAR.taken(timedelta(minutes=20), kw(22))
    energy = received.costs.energy
    assert energy is not None
    assert received.costs.total.before_taxes == energy.before_taxes + received.costs.reservation.before_taxes


async def start_and_stop(provider: Company, station: SimStation, clock: SetClock) -> None:
    """From the phone: the driver's own reservation does not stand in the way."""
    clock.advance(WallClock().now() - clock.now())
    await station.plug_in(1, CAR)
    start = await commands.start_session(
        provider.database,
        provider.clients,
        PROVIDER,
        token=await card_of(provider, ASKED_FOR),
        owner=NETWORK,
        location_id="LOC1",
    )
    assert (await until(lambda: done(provider, start.command_id))).result == "ACCEPTED"
    session = await until(lambda: charging(provider))
    clock.advance(minutes(20))
    stop = await commands.stop_session(
        provider.database, provider.clients, PROVIDER, owner=NETWORK, session_id=session.id
    )
    assert (await until(lambda: done(provider, stop.command_id))).result == "ACCEPTED"


async def test_a_reservation_is_cancelled_or_taken_back(
    network: Company, provider: Company, kind_station: SimStation
) -> None:
    """CMD-039 CMD-040 CMD-041 SES-039 SES-040: by the driver it costs the time until then, by the network nothing."""
    first = await reserved(provider, minutes(20))
    assert (await until(lambda: done(provider, first.command_id))).result == "ACCEPTED"
    cancel = await cancelled(provider)
    assert (await until(lambda: done(provider, cancel.command_id))).result == "ACCEPTED"
    await until(lambda: heard(provider, Status.COMPLETED))
    assert kind_station.plugs[1].kept is None
    await until(lambda: shown(provider, "EVSE1", EvseStatus.AVAILABLE))
    again = await cancelled(provider)
    assert again.verdict is Verdict.REJECTED

    second = await reserved(provider, minutes(20))
    assert (await until(lambda: done(provider, second.command_id))).result == "ACCEPTED"
    async with network.database.unit() as unit:
        await reservations.withdraw(unit, (await reservations.page(unit, NETWORK))[0].ref)
    network.database.wake()

    async def taken_back() -> bool:
        command = await done(provider, second.command_id)
        return command.state is CommandState.CANCELED and command.result == "CANCELED_RESERVATION"

    await until(taken_back)

    async def freed() -> bool:
        return kind_station.plugs[1].kept is None

    await until(freed)


async def test_a_plug_is_let_go_of_and_a_charge_is_limited(
    network: Company, provider: Company, kind_station: SimStation
) -> None:
    """CMD-043 CHP-001 CHP-003 CHP-008 CHP-009 CHP-011 CHP-014 CHP-015 CHP-017 CHP-028 CHP-034: what then is.

    And what we limit it to ourselves for a while, the provider hears of, and it limits the charge no longer than that.
    """
    await kind_station.plug_in(1, CAR)
    assert await kind_station.show_card(1, ASKED_FOR)
    session = await until(lambda: charging(provider))
    by = (provider.database, provider.clients, PROVIDER)
    id = session.id

    told = await limited.active_profile(*by, owner=NETWORK, session_id=id, duration=minutes(10))
    assert told.verdict is ProfileVerdict.ACCEPTED
    assert (await until(lambda: done(provider, told.command_id))).result == "ACCEPTED"
    active = (await only_session(provider)).active_profile
    assert active is not None and active.profile.limits == (ProfileLimit(timedelta(), Decimal(22_000)),)

    profile = ChargingProfile(
        unit=RateUnit.AMPERE,
        duration=minutes(60),
        limits=(ProfileLimit(timedelta(), Decimal(16)), ProfileLimit(minutes(15), Decimal(8))),
    )
    given = await limited.set_profile(*by, owner=NETWORK, session_id=id, profile=profile)
    assert (await until(lambda: done(provider, given.command_id))).result == "ACCEPTED"
    plug = kind_station.plugs[1]
    assert plug.limits.unit == "A" and plug.measure(kind_station.now()) == kw(11)
    await until(lambda: limited_to(provider, profile.limits))

    ten = ProfileLimit(timedelta(), Decimal(10))
    async with network.database.unit() as unit:
        ours = ChargingProfile(unit=RateUnit.AMPERE, limits=(ten,))
        await limiting.set_limits(unit, NETWORK, id, ours, by=NETWORK, request="our plan")
    network.database.wake()
    both = (ten, ProfileLimit(minutes(15), Decimal(8)), replace(ten, after=minutes(60)))
    await until(lambda: limited_to(provider, both))
    async with network.database.unit() as unit:
        await limiting.clear_limits(unit, NETWORK, id, by=NETWORK, request="no plan any more")
    network.database.wake()
    await until(lambda: limited_to(provider, profile.limits))

    taken_back = await limited.clear_profile(*by, owner=NETWORK, session_id=id)
    assert (await until(lambda: done(provider, taken_back.command_id))).result == "ACCEPTED"
    assert plug.limits.unit == "W"
    await until(lambda: limited_to(provider, (ProfileLimit(timedelta(), Decimal(22_000)),)))
    nothing_there = await limited.clear_profile(*by, owner=NETWORK, session_id=id)
    assert (await until(lambda: done(provider, nothing_there.command_id))).result == "UNKNOWN"

    stuck = await commands.unlock_connector(*by, owner=NETWORK, location_id="LOC1", evse_uid="EVSE1", connector_id="1")
    assert (await until(lambda: done(provider, stuck.command_id))).result == "ACCEPTED"
    await until(lambda: heard(provider, Status.COMPLETED))
    over = await limited.set_profile(*by, owner=NETWORK, session_id=id, profile=replace(profile, duration=None))
    assert over.verdict is ProfileVerdict.REJECTED


# What is asked and looked at ------------------------------------------------------------------------------------------


async def reserved(provider: Company, length: timedelta) -> Asked:
    return await commands.reserve_now(
        provider.database,
        provider.clients,
        PROVIDER,
        token=await card_of(provider, ASKED_FOR),
        owner=NETWORK,
        location_id="LOC1",
        evse_uid="EVSE1",
        until=WallClock().now() + length,
        reservation_id="reservation-of-theirs",
        reference="the-reference",
    )


async def cancelled(provider: Company) -> Asked:
    return await commands.cancel_reservation(
        provider.database, provider.clients, PROVIDER, owner=NETWORK, reservation_id="reservation-of-theirs"
    )


async def done(provider: Company, command_id: str) -> KeptCommand:
    """The command, once the station has spoken."""
    command = await answered(provider, command_id)
    assert command.state not in (CommandState.ASKED, CommandState.ACCEPTED)
    return command


async def heard(provider: Company, status: Status) -> Session:
    session = await only_session(provider)
    assert session.status is status
    return session


async def limited_to(provider: Company, limits: tuple[ProfileLimit, ...]) -> bool:
    active = (await only_session(provider)).active_profile
    return active is not None and active.profile.limits == limits


async def knows_what_it_can(provider: Company) -> bool:
    async with provider.database.unit() as unit:
        place = await locations.find(unit, PROVIDER, NETWORK, "LOC1")
    return place is not None and set(CAPABLE) <= set(evse_of(place, "EVSE1").capabilities)


async def shown(provider: Company, evse_uid: str, status: EvseStatus) -> bool:
    async with provider.database.unit() as unit:
        place = await locations.fetch(unit, PROVIDER, NETWORK, "LOC1")
    return evse_of(place, evse_uid).status is status
