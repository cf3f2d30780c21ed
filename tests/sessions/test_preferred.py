"""Whose word about a charge holds, what is possible by when, and what contradicts itself; without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY, kwh
from laddnav.kit.power import kw
from laddnav.sessions import preferred
from laddnav.sessions.model import (
    AuthMethod,
    Battery,
    Budget,
    CdrToken,
    Preferences,
    PreferencesAnswer,
    Preferred,
    ProfileType,
    Session,
    Status,
    Voice,
)
from laddnav.sessions.preferred import NoSuchWish
from tests.things import US, tariff

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
MORNING = NOW + timedelta(hours=13)
CHEAP, FAST, GREEN, REGULAR = ProfileType.CHEAP, ProfileType.FAST, ProfileType.GREEN, ProfileType.REGULAR


def charge(*said: Preferred, energy: int = 0) -> Session:
    return Session(
        holder=US,
        owner=US,
        id="S1",
        ref="S1",
        status=Status.ACTIVE,
        token=CdrToken(owner=US, uid="CARD1", type="RFID", contract_id="SE-LAD-C1"),
        auth_method=AuthMethod.WHITELIST,
        location_id="LOC1",
        evse_uid="EVSE1",
        connector_id="1",
        started_at=NOW,
        currency="SEK",
        time_zone="Europe/Stockholm",
        energy=kwh(energy),
        preferred=said,
        last_updated=NOW,
    )


def said(by: Voice, minute: int = 0, **wants: object) -> Preferred:
    fields: dict[str, object] = {"profile": REGULAR}
    return Preferred(at=NOW + timedelta(minutes=minute), wants=Preferences(**fields | wants), by=by)  # type: ignore[arg-type]


def test_nobody_has_said_anything_of_a_new_charge() -> None:
    assert preferred.wanted(charge(), NOW) is None


def test_what_was_kept_before_there_were_voices_was_said_in_an_app() -> None:
    at, wants = '"at":"2026-11-22T18:00:00Z"', '"wants":{"profile":"CHEAP"}'
    kept = json.decode(f'{{{at},{wants},"tariff":{json.encode(tariff()).decode()}}}', Preferred)
    assert (kept.by, kept.tariff, kept.wants.budget) == (Voice.APP, tariff(), None)


def test_the_weightiest_word_holds_and_what_it_leaves_open_is_filled_from_below() -> None:
    car = said(Voice.CAR, 2, departs_at=MORNING, energy=kwh(30), may_discharge=True)
    fleet = said(Voice.FLEET, 1, profile=GREEN, energy=kwh(40))
    held = preferred.wanted(charge(car, fleet, said(Voice.DRIVER, profile=CHEAP)), NOW)
    assert held is not None
    assert held.wants == Preferences(profile=CHEAP, departs_at=MORNING, energy=kwh(40))
    assert (held.by, held.departs_by, held.energy_by) == (Voice.DRIVER, Voice.CAR, Voice.FLEET)


def test_a_floor_of_nothing_less_than_it_came_with_is_a_word_like_any_other() -> None:
    """A car that came at 60 % and is to go down to 60 %: nought of the charge; its own word would let it further."""
    fleet = said(Voice.FLEET, energy_least=NO_ENERGY)
    car = said(Voice.CAR, energy_least=NO_ENERGY - kwh(12))
    for words in ((fleet, car), (fleet,)):
        held = preferred.wanted(charge(*words), NOW)
        assert held is not None and held.wants.energy_least == NO_ENERGY


def test_who_wants_nothing_has_said_how_much() -> None:
    nothing, others = Preferences(profile=REGULAR, energy=NO_ENERGY), Preferences(profile=FAST, energy=kwh(20))
    assert preferred.completed(nothing, others).energy == NO_ENERGY
    assert preferred.completed(Preferences(profile=REGULAR), others).energy == kwh(20)


@pytest.mark.parametrize(("first", "then"), [(Voice.DRIVER, Voice.APP), (Voice.APP, Voice.DRIVER)])
def test_of_the_drivers_two_voices_the_later_replaces_the_other(first: Voice, then: Voice) -> None:
    budget = Budget(amount=Decimal(100), currency="SEK")
    held = preferred.wanted(charge(said(first, budget=budget), said(then, 1, profile=FAST)), NOW)
    assert held is not None
    assert held.wants == Preferences(profile=FAST)


def test_a_departure_that_is_over_while_the_car_still_stands_there_is_none() -> None:
    car = said(Voice.CAR, departs_at=MORNING)
    driver = said(Voice.DRIVER, profile=CHEAP, departs_at=NOW + timedelta(hours=1), energy=kwh(5))
    later = preferred.wanted(charge(car, driver), NOW + timedelta(hours=2))
    assert later is not None
    assert (later.wants.departs_at, later.departs_by) == (MORNING, Voice.CAR)
    much_later = preferred.wanted(charge(car, driver), MORNING)
    assert much_later is not None
    assert much_later.wants.departs_at is None


@given(st.permutations([Voice.DRIVER, Voice.CAR, Voice.FLEET, Voice.DEFAULT]))
def test_who_spoke_first_changes_nothing_between_voices_of_different_weight(order: list[Voice]) -> None:
    profiles = {Voice.DRIVER: FAST, Voice.CAR: REGULAR, Voice.FLEET: GREEN, Voice.DEFAULT: CHEAP}
    held = preferred.wanted(charge(*(said(by, at, profile=profiles[by]) for at, by in enumerate(order))), NOW)
    assert held is not None
    assert (held.by, held.wants.profile) == (Voice.DRIVER, FAST)


def test_a_state_of_charge_is_energy_above_what_was_charged_already() -> None:
    battery = Battery(percent=Decimal(20), percent_wanted=Decimal(80), capacity=kwh(75))
    wants = preferred.measured(Preferences(profile=FAST, battery=battery), kwh(5))
    assert wants.energy == kwh(50)
    assert preferred.missing(charge(energy=12), wants) == kwh(38)
    assert preferred.missing(charge(energy=60), wants) == kwh(0)
    assert preferred.missing(charge(), Preferences(profile=FAST)) is None


@pytest.mark.parametrize(
    ("wants", "about"),
    [
        ({"energy": kwh(-1)}, "energy"),
        ({"energy": kwh("NaN")}, "energy"),
        ({"budget": Budget(amount=Decimal(0), currency="SEK")}, "budget"),
        ({"budget": Budget(amount=Decimal(10), currency="EUR")}, "budget"),
        ({"battery": Battery(percent=Decimal(80), percent_wanted=Decimal(20), capacity=kwh(75))}, "battery"),
        ({"battery": Battery(percent=Decimal(20), percent_wanted=Decimal(101), capacity=kwh(75))}, "battery"),
        ({"battery": Battery(percent=Decimal(20), percent_wanted=Decimal(80), capacity=kwh(0))}, "battery"),
    ],
)
def test_what_contradicts_itself_is_refused_by_the_name_of_its_field(wants: dict[str, object], about: str) -> None:
    with pytest.raises(NoSuchWish) as refused:
        preferred.sensible(Preferences(profile=REGULAR, **wants), "SEK")  # type: ignore[arg-type]
    assert refused.value.about == about


def test_a_departure_in_the_past_and_too_much_energy_are_not_possible_and_the_most_is_said() -> None:
    """SES-045."""
    past = Preferences(profile=FAST, departs_at=NOW - timedelta(minutes=1))
    much = Preferences(profile=CHEAP, departs_at=NOW + timedelta(hours=2), energy=kwh(40))
    for wants, most in ((past, kwh(10)), (much, kwh(32))):
        session = charge(energy=10)
        assert preferred.answer(wants, session, kw(11), NOW) is PreferencesAnswer.NOT_POSSIBLE
        assert preferred.energy_most(wants, session, kw(11), NOW) == most
    assert preferred.answer(replace(much, energy=kwh(32)), charge(energy=10), kw(11), NOW) is PreferencesAnswer.ACCEPTED


def test_a_partners_app_is_refused_what_is_not_possible_and_others_are_kept_as_far_as_can_be() -> None:
    impossible, unsaid = PreferencesAnswer.NOT_POSSIBLE, PreferencesAnswer.ENERGY_NEED_REQUIRED
    assert [by for by in Voice if preferred.keeps(impossible, by)] == [one for one in Voice if one is not Voice.APP]
    assert [by for by in Voice if preferred.keeps(unsaid, by)] == [Voice.CAR, Voice.FLEET, Voice.DEFAULT]
    assert not any(preferred.keeps(PreferencesAnswer.PROFILE_TYPE_NOT_SUPPORTED, by) for by in Voice)
