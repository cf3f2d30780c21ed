"""What can be said about a charge that goes on: its driver's preferences, and limits on its power, on both sides."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from laddnav.kit.energy import kwh, wh
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.metering.model import Measurand, Reading
from laddnav.ocpi.calls.calling import PartnerRefused
from laddnav.ocpi.commands import commands, limited, preferring
from laddnav.ocpi.commands.asked import sent_command
from laddnav.ocpi.commands.limited import Limited
from laddnav.ocpi.commands.profiled import CAPABLE
from laddnav.ocpi.connections import partners
from laddnav.ocpi.operate import preferences
from laddnav.ocpi.operate.preferences import FullTo, WantedOfCharge
from laddnav.ocpi.wire.codec import Hearing, encoded
from laddnav.ocpi.wire.commands import CommandState, CommandStep, moved
from laddnav.ocpi.wire.profiles import ProfileVerdict
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.people.api import NotYours
from laddnav.people.model import Role as Operator
from laddnav.people.model import Visitor
from laddnav.scheduling import rules as scheduling
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.rules import NoSchedule
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement, limiting
from laddnav.sessions.actions.preferring import CAPABLE as PREFERS
from laddnav.sessions.events import Limiting
from laddnav.sessions.model import Budget, Preferences, PreferencesAnswer, ProfileType, Session, Voice
from laddnav.sessions.preferred import Answered
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, Restriction, TariffDimension
from laddnav.tokens.model import Allowed, Authorization
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import furnished
from tests.ocpi.network import CPO, EMSP, Ask, Installation, Pair

ZERO = timedelta()
PROFILE = ChargingProfile(
    unit=RateUnit.AMPERE,
    duration=timedelta(hours=1),
    rate_min=Decimal(6),
    limits=(ProfileLimit(ZERO, Decimal(16)), ProfileLimit(timedelta(minutes=15), Decimal("8.1"))),
)
WORDS = {
    "duration": 3600,
    "charging_rate_unit": "A",
    "min_charging_rate": 6,
    "charging_profile_period": [{"start_period": 0, "limit": 16}, {"start_period": 900, "limit": Decimal("8.1")}],
}
URL = "https://emsp.example/ocpi/profiles/1"


async def charging(cpo: Installation, *, owner: PartyId = EMSP, able: bool = True) -> Session:
    """A card of theirs charges at an Evse that can do everything."""
    await furnished(cpo)
    async with cpo.database.unit() as unit:
        if able:
            can = things.evse("EVSE1", capabilities=(CAPABLE, PREFERS), last_updated=unit.now)
            await locations.keep(unit, CPO, things.location(owner=CPO, evses=(can, things.evse("EVSE2"))))
    return await begun(cpo, owner)


async def begun(cpo: Installation, owner: PartyId = EMSP, evse_no: int = 1) -> Session:
    async with cpo.database.unit() as unit:
        given = Authorization(allowed=Allowed.ALLOWED, token=things.token("U1", owner))
        return await sessions.begin(
            unit,
            station=await locations.station(unit, "ST1"),
            evse_no=evse_no,
            uid="U1",
            given=given,
            at=unit.now,
            register=wh(0),
        )


async def station_says(
    cpo: Installation, session: Session, what: Limiting, result: str, told: ActiveChargingProfile | None = None
) -> None:
    """To the newest request of the partner, or to what we ask it ourselves."""
    async with cpo.database.unit() as unit:
        kept = await partners.commands(unit, await cpo.connection())
        request = kept[0].id if kept and kept[0].state is CommandState.ACCEPTED else None
        await limiting.answer_limits(unit, CPO, session.id, what, result, told, request)
    await cpo.settle()


async def became(emsp: Installation, asked: Limited) -> tuple[CommandState, str | None]:
    async with emsp.database.unit() as unit:
        command = await sent_command(unit, asked.command_id)
    return command.state, command.result


async def known_limits(emsp: Installation, session: Session) -> ActiveChargingProfile | None:
    async with emsp.database.unit() as unit:
        return (await sessions.fetch(unit, EMSP, CPO, session.id)).active_profile


async def test_a_driver_sees_a_charge_grow_and_its_price_change(pair: Pair, clock: SetClock) -> None:
    """SES-043: told whenever its meter said so, with a period for each stretch of one price."""
    cpo, emsp = pair
    await furnished(cpo)
    dear = Element(
        components=(things.component(TariffDimension.ENERGY, "4"),), restriction=Restriction(energy_max=kwh(3))
    )
    cheap = Element(components=(things.component(TariffDimension.ENERGY, "2"),))
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff(owner=CPO, elements=(dear, cheap), last_updated=clock.now()))
    session = await begun(cpo)
    async with cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
    seen: list[tuple[int, int]] = []
    for register in (1000, 2000, 4000, 6000):
        at = clock.advance(timedelta(minutes=15))
        said = Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
        async with cpo.database.unit() as unit:
            await sessions.measure(
                unit, [Measurement(station=station, evse_no=1, session_id=session.id, readings=(said,))]
            )
        await cpo.settle()
        async with emsp.database.unit() as unit:
            told = await sessions.fetch(unit, EMSP, CPO, session.id)
        seen.append((int(told.energy.kwh), len(told.periods)))
    assert seen == [(1, 1), (2, 1), (4, 2), (6, 2)]


# Profiles, two of ours ------------------------------------------------------------------------------------------------


async def test_who_set_a_profile_hears_of_every_change_from_then_on(pair: Pair, clock: SetClock) -> None:
    """CHP-003, CHP-008, CHP-009, CHP-014, CHP-015, CHP-016, CHP-017, CHP-036: and nobody before."""
    cpo, emsp = pair
    session = await charging(cpo)
    await cpo.settle()
    by = (emsp.database, emsp.clients, EMSP)
    await limiting_told(cpo, session)
    refused = await limited.set_profile(*by, owner=CPO, session_id=session.id, profile=PROFILE)
    await station_says(cpo, session, Limiting.SET, "REJECTED")
    assert await became(emsp, refused) == (CommandState.FAILED, "REJECTED")
    await limiting_told(cpo, session)
    assert await known_limits(emsp, session) is None

    asked = await limited.set_profile(*by, owner=CPO, session_id=session.id, profile=PROFILE)
    assert asked.verdict is ProfileVerdict.ACCEPTED
    assert (await became(emsp, asked))[0] is CommandState.ACCEPTED
    await station_says(cpo, session, Limiting.SET, "ACCEPTED")
    assert await became(emsp, asked) == (CommandState.DONE, "ACCEPTED")
    told = ActiveChargingProfile(started_at=clock.now(), profile=replace(PROFILE, rate_min=None))
    await station_says(cpo, session, Limiting.TELL, "ACCEPTED", told)
    assert await known_limits(emsp, session) == told

    cleared = await limited.clear_profile(*by, owner=CPO, session_id=session.id)
    await station_says(cpo, session, Limiting.CLEAR, "ACCEPTED")
    assert await became(emsp, cleared) == (CommandState.DONE, "ACCEPTED")
    await station_says(cpo, session, Limiting.TELL, "NOT_SUPPORTED")
    now = await known_limits(emsp, session)
    assert now is not None and now.profile.limits == (ProfileLimit(ZERO, Decimal(22_000)),)
    assert now.profile.duration is not None and timedelta(minutes=5) <= now.profile.duration <= timedelta(hours=1)


async def limiting_told(cpo: Installation, session: Session) -> None:
    """The station says of its own accord what limits it."""
    told = scheduling.unlimited(cpo.database.clock.now(), timedelta(minutes=10), Decimal(7_000))
    await station_says(cpo, session, Limiting.TELL, "ACCEPTED", told)


async def test_a_question_is_answered_with_what_limits_the_charge(pair: Pair, clock: SetClock) -> None:
    """CHP-002, CHP-005, CHP-009, CHP-011, CHP-028, CHP-038: the answer is kept with the Session."""
    cpo, emsp = pair
    session = await charging(cpo)
    await cpo.settle()
    by = (emsp.database, emsp.clients, EMSP)
    length = timedelta(minutes=10)
    first = await limited.active_profile(*by, owner=CPO, session_id=session.id, duration=length)
    async with emsp.database.unit() as unit:
        response_url = (await sent_command(unit, first.command_id)).response_url
    async with cpo.database.unit() as unit:
        (kept,) = await partners.commands(unit, await cpo.connection())
    assert kept.response_url == response_url
    await station_says(
        cpo, session, Limiting.TELL, "ACCEPTED", ActiveChargingProfile(started_at=clock.now(), profile=PROFILE)
    )
    assert await became(emsp, first) == (CommandState.DONE, "ACCEPTED")
    assert (await known_limits(emsp, session)) == ActiveChargingProfile(started_at=clock.now(), profile=PROFILE)
    second = await limited.active_profile(*by, owner=CPO, session_id=session.id, duration=length)
    await station_says(cpo, session, Limiting.TELL, "FAILED")
    assert await became(emsp, second) == (CommandState.FAILED, "REJECTED")


async def test_a_station_that_says_nothing_is_a_no_in_time(pair: Pair, clock: SetClock) -> None:
    """CHP-010, CHP-035."""
    cpo, emsp = pair
    session = await charging(cpo)
    by = (emsp.database, emsp.clients, EMSP)
    asked = await limited.clear_profile(*by, owner=CPO, session_id=session.id)
    clock.advance(timedelta(seconds=61))
    assert await commands.expire(cpo.database) == 1
    await cpo.settle()
    assert await became(emsp, asked) == (CommandState.FAILED, "REJECTED")


# Profiles, a stranger asks our CPO ------------------------------------------------------------------------------------


def at(cpo: Installation, session_id: str, **query: object) -> str:
    asks = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
    return f"{cpo.url}/ocpi/cpo/2.2.1/chargingprofiles/{session_id}?{asks}"


@pytest.mark.parametrize(
    ("changes", "both", "result"),
    [
        ({}, (200, 1000), "ACCEPTED"),
        ({"charging_profile": WORDS | {"start_date_time": "2026-11-23T08:00:00Z"}}, (200, 1000), "ACCEPTED"),
        ({"response_url": ...}, (200, 2001), None),  # CHP-003
        ({"response_url": "http://192.168.0.1/x"}, (200, 2001), None),
        ({"charging_profile": ...}, (200, 2001), None),
        ({"charging_profile": {}}, (200, 2001), None),  # CHP-022
        ({"charging_profile": WORDS | {"charging_rate_unit": "V"}}, (200, 2001), None),
        ({"charging_profile": WORDS | {"charging_profile_period": []}}, (200, 2001), None),
        (
            {"charging_profile": WORDS | {"charging_profile_period": [{"start_period": 5, "limit": 1}]}},
            (200, 2001),
            None,
        ),
    ],
)
async def test_a_profile_is_answered_at_once(
    at_cpo: Ask, cpo: Installation, changes: dict[str, Any], both: tuple[int, int], result: str | None
) -> None:
    """CHP-003, CHP-006, CHP-022, CHP-027: with whether it is passed on."""
    session = await charging(cpo)
    said = {"charging_profile": WORDS, "response_url": URL} | changes
    body = encoded({name: value for name, value in said.items() if value is not ...})
    answer = await at_cpo("PUT", at(cpo, session.id), body)
    assert answer.both == both
    assert answer.data == (result and {"result": result, "timeout": 60})


async def test_what_cannot_be_passed_on_is_said_in_five_words(at_cpo: Ask, cpo: Installation) -> None:
    """CHP-001, CHP-002, CHP-004, CHP-007, CHP-018, CHP-019, CHP-020, CHP-021."""
    session = await charging(cpo)

    async def asked(method: str, id: str = session.id, **query: object) -> Any:
        return (await at_cpo(method, at(cpo, id, **query))).data

    assert (await asked("DELETE", "nobody", response_url=URL))["result"] == "UNKNOWN_SESSION"
    for query in ({}, {"duration": 600}, {"response_url": URL}, {"duration": "ten", "response_url": URL}):
        assert (await at_cpo("GET", at(cpo, session.id, **query))).both == (200, 2001)
    assert (await at_cpo("DELETE", at(cpo, session.id))).both == (200, 2001)
    assert (await at_cpo("DELETE", at(cpo, session.id, response_url="http://127.0.0.1:1/"))).both == (200, 1000)
    for method in ("POST", "PATCH"):
        assert (await at_cpo(method, at(cpo, session.id), b"{}")).http == 405
    results = [(await asked("GET", duration=600, response_url=f"{URL}{place}"))["result"] for place in range(6)]
    assert results == ["ACCEPTED"] * 4 + ["TOO_OFTEN"] * 2
    async with cpo.database.unit() as unit:
        deaf = things.evse("EVSE1", last_updated=unit.now)
        await locations.keep_evse(unit, CPO, CPO, "LOC1", deaf)
    assert (await asked("DELETE", response_url=URL))["result"] == "NOT_SUPPORTED"
    async with cpo.database.unit() as unit:
        await sessions.stop(unit, holder=CPO, session_id=session.id, at=unit.now, register=wh(1), reason="Local")
    assert (await asked("DELETE", response_url=URL))["result"] == "REJECTED"


async def test_a_charge_of_somebody_else_is_not_theirs_to_limit(at_cpo: Ask, cpo: Installation) -> None:
    """CHP-019."""
    session = await charging(cpo, owner=PartyId("DE", "8AC"))
    answer = await at_cpo("DELETE", at(cpo, session.id, response_url=URL))
    assert answer.data == {"result": "REJECTED", "timeout": 0}


async def test_an_update_is_about_a_session_that_is_known(at_emsp: Ask, emsp: Installation) -> None:
    """CHP-012, CHP-013."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/chargingprofiles/nobody"
    body = encoded({"start_date_time": "2026-11-23T08:00:00Z", "charging_profile": WORDS})
    assert (await at_emsp("PUT", url, body)).both == (404, 2000)
    assert (await at_emsp("POST", f"{url}/ActiveChargingProfile", body)).both == (404, 2000)
    for method in ("GET", "PATCH", "DELETE"):
        assert (await at_emsp(method, url, body)).http == 405


# Profiles, pure -------------------------------------------------------------------------------------------------------


def test_a_profile_survives_its_words() -> None:
    """CHP-024, CHP-025: a limit that was worked out more finely is said as what does not go beyond it."""
    codec = VERSIONS["2.2.1"].codecs[ActiveChargingProfile]
    active = ActiveChargingProfile(started_at=things.LONG_AGO, profile=PROFILE)
    hearing = Hearing(holder=CPO, sender=EMSP)
    assert codec.lost(active, hearing) == ()
    assert codec.decode(codec.encode(active), hearing) == active
    limits = [scheduling.limit_at(active, things.LONG_AGO + timedelta(minutes=late)) for late in (-1, 0, 14, 15, 60)]
    assert limits == [None, 16, 16, Decimal("8.1"), None]
    fine = replace(PROFILE, limits=(ProfileLimit(ZERO, Decimal("16.29")),))
    assert codec.decode(codec.encode(replace(active, profile=fine)), hearing).profile.limits[0].rate == Decimal("16.2")


@pytest.mark.parametrize(
    "limits",
    [
        (),
        (ProfileLimit(timedelta(seconds=1), Decimal(1)),),
        (ProfileLimit(ZERO, Decimal(1)), ProfileLimit(ZERO, Decimal(2))),
        (ProfileLimit(ZERO, Decimal(-1)),),
        (ProfileLimit(ZERO, Decimal("8.15")),),  # CHP-025
        (ProfileLimit(ZERO, Decimal("9" * 40 + ".99")),),
    ],
)
def test_a_profile_without_order_is_none(limits: tuple[ProfileLimit, ...]) -> None:
    """CHP-025, CHP-027."""
    with pytest.raises(NoSchedule):
        scheduling.sound(replace(PROFILE, limits=limits))


def test_what_is_answered_later_has_one_table_of_states() -> None:
    """CMD-008, CMD-014, CMD-041: a result may overtake the answer, come late, and be taken back once."""
    asked, accepted, done = CommandState.ASKED, CommandState.ACCEPTED, CommandState.DONE
    assert moved(asked, CommandStep.TAKEN) is accepted and moved(asked, CommandStep.GRANTED) is done
    assert moved(CommandState.TIMED_OUT, CommandStep.GRANTED) is done
    assert moved(done, CommandStep.WITHDRAWN) is CommandState.CANCELED
    for step in (CommandStep.GRANTED, CommandStep.DENIED, CommandStep.LATE, CommandStep.TAKEN):
        assert moved(done, step) is None
    assert moved(CommandState.CANCELED, CommandStep.WITHDRAWN) is None


# Preferences ----------------------------------------------------------------------------------------------------------


async def test_a_driver_of_theirs_says_what_matters_most(pair: Pair) -> None:
    """SES-044, SES-045, SES-048, SES-052: the answer is one word, at once; what is tried stays with the charge here."""
    cpo, emsp = pair
    session = await charging(cpo)
    await cpo.settle()
    by = (emsp.database, emsp.clients, EMSP)
    departs_at = things.LONG_AGO + timedelta(days=365)
    regular = Preferences(profile=ProfileType.REGULAR, departs_at=departs_at, energy=kwh(20), may_discharge=True)
    said = await preferring.prefer(*by, owner=CPO, session_id=session.id, wants=regular)
    assert said is PreferencesAnswer.ACCEPTED
    async with cpo.database.unit() as unit:
        now = await sessions.fetch(unit, CPO, CPO, session.id)
    assert [(one.by, one.wants) for one in now.preferred] == [(Voice.APP, regular)]
    await cpo.settle()
    async with emsp.database.unit() as unit:
        heard = await sessions.fetch(unit, EMSP, CPO, session.id)
    assert [(one.by, one.wants) for one in heard.preferred] == [(Voice.DRIVER, regular)]
    green = Preferences(profile=ProfileType.GREEN)
    said = await preferring.prefer(*by, owner=CPO, session_id=session.id, wants=green)
    assert said is PreferencesAnswer.PROFILE_TYPE_NOT_SUPPORTED
    with pytest.raises(PartnerRefused, match="404"):
        await preferring.prefer(*by, owner=CPO, session_id="nobody", wants=green)


@pytest.mark.parametrize(
    ("path", "body", "both"),
    [
        ("charging_preferences", {"profile_type": "REGULAR"}, (200, 1000)),
        ("charging_preferences", {}, (200, 2001)),  # SES-048
        ("charging_preferences", {"profile_type": "LAZY"}, (200, 2001)),
        ("preferences", {"profile_type": "REGULAR"}, (404, 2000)),  # SES-044
    ],
)
async def test_preferences_are_read_strictly(
    at_cpo: Ask, cpo: Installation, path: str, body: dict[str, Any], both: tuple[int, int]
) -> None:
    """SES-044, SES-045, SES-048."""
    session = await charging(cpo)
    answer = await at_cpo("PUT", f"{cpo.url}/ocpi/cpo/2.2.1/sessions/{session.id}/{path}", encoded(body))
    assert answer.both == both
    assert answer.data == ("ACCEPTED" if both == (200, 1000) else None)


async def test_preferences_need_an_evse_that_follows_them_and_the_drivers_own_emsp(
    at_cpo: Ask, cpo: Installation
) -> None:
    """SES-046, SES-050, SES-051."""
    session = await charging(cpo, able=False)
    url = f"{cpo.url}/ocpi/cpo/2.2.1/sessions/{session.id}/charging_preferences"
    body = encoded({"profile_type": "REGULAR"})
    assert (await at_cpo("PUT", url, body)).both == (404, 2001)
    async with cpo.database.unit() as unit:
        await sessions.stop(unit, holder=CPO, session_id=session.id, at=unit.now, register=wh(1), reason="Local")
    assert (await at_cpo("PUT", url, body)).both == (404, 2000)


async def test_of_questions_that_come_at_once_no_more_are_taken_than_one_after_the_other(
    cpo: Installation, at_cpo: Ask
) -> None:
    """CHP-018: of one charge, a Station is asked so often and not more."""
    session = await charging(cpo)
    urls = [at(cpo, session.id, duration=600, response_url=f"{URL}{place}") for place in range(12)]
    said = [answer.data["result"] for answer in await asyncio.gather(*(at_cpo("GET", url) for url in urls))]
    assert (said.count("ACCEPTED"), said.count("TOO_OFTEN")) == (5, 7)


async def test_an_operator_says_it_for_a_driver_here_and_at_a_partners_and_for_nobody_elses(pair: Pair) -> None:
    """SES-044, SES-045: as the operator API has it, with what OCPI has no word for at Evses of our own."""
    cpo, emsp = pair
    session = await charging(cpo)
    await cpo.settle()

    def by(holder: PartyId) -> Visitor:
        return Visitor(id="key", name="key", role=Operator.OPERATOR, holder=holder, language="en")

    async with emsp.database.unit() as unit:
        heard = await sessions.fetch(unit, EMSP, CPO, session.id)
    cheap = WantedOfCharge(profile=ProfileType.CHEAP, energy_kwh=Decimal(20))
    said = await preferences.say_preferences(emsp.database, emsp.clients, by(EMSP), heard.ref, cheap)
    assert said == Answered(answer=PreferencesAnswer.PROFILE_TYPE_NOT_SUPPORTED, kept=False)
    wants = WantedOfCharge(
        profile=ProfileType.REGULAR,
        budget=Decimal(100),
        battery=FullTo(percent=Decimal(20), percent_wanted=Decimal(80), capacity_kwh=Decimal(50)),
    )
    with pytest.raises(NotYours):
        await preferences.say_preferences(cpo.database, cpo.clients, by(EMSP), session.ref, wants)
    assert (await preferences.say_preferences(cpo.database, cpo.clients, by(CPO), session.ref, wants)).kept
    async with cpo.database.unit() as unit:
        (kept,) = (await sessions.fetch(unit, CPO, CPO, session.id)).preferred
    assert (kept.by, kept.wants.energy, kept.tariff) == (Voice.DRIVER, kwh(30), None)
    assert kept.wants.budget == Budget(amount=Decimal(100), currency=session.currency)
