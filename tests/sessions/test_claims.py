"""A driver without an account chooses for the own charge alone: by the number of the card, and not by guessing it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import kwh, wh
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import claiming
from laddnav.sessions.actions.preferring import prefer
from laddnav.sessions.claims import (
    CHOICES,
    TRIES_ADDRESS,
    TRIES_EVSE,
    TRIES_HERE,
    CardTooShort,
    NotYourCharge,
    TooManyChoices,
    TooManyTries,
    card_of,
)
from laddnav.sessions.events import SessionStarted
from laddnav.sessions.model import Preferences, ProfileType, Session, Voice
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension, TariffType
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.things import THEM, US, WHERE, component, connector, evse, location, settled, tariff, token

CARD = "CCARD1"  # the end of the contract's number
FAST = Preferences(profile=ProfileType.FAST)


@pytest.fixture
def hears() -> dict[type[Event], list[Listener]]:
    return {SessionStarted: [claiming.take_up]}


@pytest.fixture
async def station(database: Database) -> Station:
    """2.50 a kWh, and 4.00 for who wants it fast."""
    found = await settled(database)
    async with database.unit() as unit:
        fast = Element(components=(component(TariffDimension.ENERGY, "4.00"),))
        kind = TariffType.PROFILE_FAST
        await tariffs.keep(unit, US, tariff("T2", type=kind, elements=(fast,), last_updated=unit.now))
        plug = connector(tariff_ids=("T1", "T2"), last_updated=unit.now)
        one, other = evse(connectors=(plug,), last_updated=unit.now), evse("EVSE2", last_updated=unit.now)
        await locations.keep(unit, US, location(evses=(one, other), last_updated=unit.now))
    return found


async def begun(database: Database, station: Station, uid: str = "CARD1", **changes: object) -> Session:
    async with database.unit() as unit:
        given = Authorization(allowed=Allowed.ALLOWED, token=token(uid, **changes))  # type: ignore[arg-type]
        started = await sessions.begin(
            unit, station=station, evse_no=1, uid=uid, given=given, at=unit.now, register=wh(0)
        )
    await drain(database)
    async with database.unit() as unit:
        return await sessions.fetch(unit, US, US, started.id)


async def claim(database: Database, card: str = CARD, wants: Preferences | None = None) -> str:
    async with database.unit() as unit:
        return await claiming.claim(unit, US, WHERE, card_of(card), wants)


async def choose(database: Database, secret: str, wants: Preferences = FAST) -> bool | None:
    async with database.unit() as unit:
        answered = await claiming.choose(unit, secret, US, WHERE, wants)
    return None if answered is None else answered.kept


async def test_what_was_chosen_before_holds_from_the_first_moment_for_that_card(
    database: Database, clock: SetClock, station: Station
) -> None:
    secret = await claim(database, wants=Preferences(profile=ProfileType.REGULAR))
    assert await choose(database, secret) is None
    session = await begun(database, station)
    assert [(one.by, one.wants) for one in session.preferred] == [(Voice.DRIVER, FAST)]
    assert session.preferred[0].tariff is not None and session.preferred[0].tariff.id == "T2"
    assert await choose(database, secret, Preferences(profile=ProfileType.REGULAR))
    async with database.unit() as unit:
        again = await sessions.fetch(unit, US, US, session.id)
    assert again.preferred[-1].tariff is not None and again.preferred[-1].tariff.id == "T1"


async def test_a_choice_never_falls_to_another_card_nor_waits_for_ever(
    database: Database, clock: SetClock, station: Station
) -> None:
    secret = await claim(database, wants=FAST)
    assert (await begun(database, station, "CARD9")).preferred == ()
    with pytest.raises(NotYourCharge):
        await claim(database)  # of the card that charges
    clock.advance(timedelta(minutes=31))
    with pytest.raises(NotYourCharge):
        await choose(database, secret)


async def test_who_charges_claims_the_charge_with_whatever_number_is_printed_on_the_card(
    database: Database, clock: SetClock, station: Station
) -> None:
    async with database.unit() as unit:
        (card,) = await tokens.by_uid(unit, US, "CARD1")
        await tokens.keep(unit, US, replace(card, visual_number="7-0042-118-X", last_updated=unit.now))
    session = await begun(database, station)
    for number in ("42118x", "7-0042-118-X", "SE-LAD-CCARD1", "ccard1"):
        secret = await claim(database, number)
        async with database.unit() as unit:
            found = await claiming.claimed(unit, secret, US, WHERE)
        assert found is not None and found[1] is not None and found[1].id == session.id
    for number in ("042117", "7-0042-118", "000000"):
        with pytest.raises(NotYourCharge):
            await claim(database, number)
    with pytest.raises(CardTooShort):
        await claim(database, "ARD-1")


async def test_a_secret_opens_one_charge_at_one_evse_and_no_other(
    database: Database, clock: SetClock, station: Station
) -> None:
    session = await begun(database, station)
    secret = await claim(database)
    elsewhere = replace(WHERE, evse_uid="EVSE2")
    async with database.unit() as unit:
        assert await claiming.claimed(unit, secret + "x", US, WHERE) is None
        assert await claiming.claimed(unit, secret, THEM, WHERE) is None
        assert await claiming.claimed(unit, secret, US, elsewhere) is None
        with pytest.raises(NotYourCharge):
            await claiming.choose(unit, "guessed", US, WHERE, FAST)
    async with database.unit() as unit:
        assert (await sessions.fetch(unit, US, US, session.id)).preferred == ()


async def test_numbers_are_not_guessed(database: Database, clock: SetClock, station: Station) -> None:
    async def tries(address: str, at: str = "EVSE1") -> int:
        for count in range(50):
            try:
                async with database.unit() as unit:
                    where = replace(WHERE, evse_uid=at)
                    await claiming.count_try(unit, US, where, address)
            except TooManyTries:
                return count
        return 50

    assert await tries("192.0.2.1") == TRIES_HERE
    assert await tries("192.0.2.2") == TRIES_HERE, "who guesses keeps no other from saying theirs"
    assert await tries("192.0.2.1", "EVSE2") == TRIES_HERE == TRIES_ADDRESS - TRIES_HERE
    async with database.unit() as unit:
        for number in range(TRIES_EVSE - 2 * TRIES_HERE):
            await claiming.count_try(unit, US, WHERE, f"198.51.100.{number}")
    assert await tries("203.0.113.1") == 0, "nor is guessing done by many"
    clock.advance(timedelta(minutes=11))
    assert await tries("192.0.2.2") == TRIES_HERE


async def test_nobody_changes_a_charge_more_often_than_makes_sense(
    database: Database, clock: SetClock, station: Station
) -> None:
    """Each change is kept with the charge, and would let it grow without end."""
    await begun(database, station)
    secret = await claim(database)
    for count in range(CHOICES):
        assert await choose(database, secret, Preferences(profile=ProfileType.FAST, energy=kwh(count + 1)))
    with pytest.raises(TooManyChoices):
        await choose(database, secret)


async def test_a_partners_driver_shifts_the_hours_here_and_the_price_in_the_partners_app_alone(
    database: Database, clock: SetClock, station: Station
) -> None:
    """SES-051: what another company pays is for its own app to choose."""
    session = await begun(database, station, owner=THEM)
    async with database.unit() as unit:
        assert (await prefer(unit, US, session.id, FAST, by=Voice.DRIVER)).kept
        after = await sessions.fetch(unit, US, US, session.id)
    assert [(one.by, one.tariff) for one in after.preferred] == [(Voice.DRIVER, None)]


async def test_a_car_and_a_fleet_say_what_they_know_and_change_no_price_that_they_do_not_pay(
    database: Database, clock: SetClock, station: Station
) -> None:
    session = await begun(database, station)
    needs = Preferences(profile=ProfileType.REGULAR, departs_at=clock.now() + timedelta(hours=1), energy=kwh(90))
    async with database.unit() as unit:
        said = await prefer(unit, US, session.id, needs, by=Voice.CAR)
        again = await prefer(unit, US, session.id, needs, by=Voice.CAR)
        after = await sessions.fetch(unit, US, US, session.id)
    assert (said.kept, said.energy_most) == (True, kwh(22)) and again == said
    assert [(one.by, one.tariff) for one in after.preferred] == [(Voice.CAR, None)]
