"""Passwords and profiles that change while a station is in use, and what it notices of attacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from laddnav.db.unit import Database
from laddnav.kit.seal import Seal
from laddnav.locations import actions as locations
from laddnav.locations.rules import LowerProfile
from laddnav.ocpp import calls
from laddnav.ocpp.rules import NoAnswer
from laddnav.ocpp.security import leading, noticing, passwords
from laddnav.ocpp.security.leading import Way
from tests.clock import SetClock
from tests.ocpp.conftest import PASSWORD, until
from tests.ocpp.security.conftest import SEALED_BY, root_of, trusting
from tests.ocpp.security.stations import Proving, proving, set_to
from tests.ocpp.security.test_certificates import VERSIONS, nothing_waits
from tests.things import US


async def lets_in(url: str, protocol: str, password: str | None, context: Any = None) -> bool:
    try:
        async with proving(url, protocol, context, password):
            return True
    except InvalidStatus:
        return False


def password_in(asked: dict[str, Any]) -> str:
    return str(asked["value"] if "value" in asked else asked["set_variable_data"][0]["attribute_value"])


def refuse(station: Proving, status: str) -> None:
    if station.protocol == "ocpp1.6":
        station.answers["ChangeConfiguration"] = {"status": status}
    else:
        variable = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
        station.answers["SetVariables"] = {"set_variable_result": [set_to(status, **variable)]}


async def change(database: Database, station: Proving) -> str:
    """The password that the station was told."""
    async with database.unit() as unit:
        call = passwords.change(unit, Seal(SEALED_BY), await locations.station(unit, "ST1"))
        kept = await unit.value("select body from ocpp_call where id = $1", call.id)
    await calls.answer_to(database, call)
    password = password_in(await station.was_asked("ChangeConfiguration", "SetVariables"))
    async with database.unit() as unit:
        frames = await unit.fetch("select body from ocpp_frame")
    assert password not in kept and password not in str([frame["body"] for frame in frames])
    return password


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_a_password_counts_once_the_station_has_taken_it(url: str, database: Database, protocol: str) -> None:
    """A01.FR.02, A01.FR.03, A01.FR.04, A01.FR.07, A01.FR.09, A00.FR.205: a refused one never counts; nobody sees it."""
    async with proving(url, protocol) as station:
        refuse(station, "Rejected")
        refused = await change(database, station)
        assert await lets_in(url, protocol, PASSWORD) and not await lets_in(url, protocol, refused)
    async with proving(url, protocol) as station:
        taken = await change(database, station)
        assert len(taken) == 40 and taken != refused
    assert await lets_in(url, protocol, taken) and not await lets_in(url, protocol, PASSWORD)


async def test_until_it_is_known_what_became_of_a_password_either_opens_and_then_the_new_one_alone(
    url: str, database: Database, clock: SetClock
) -> None:
    """A01.FR.03: an answer that was lost, or a station that has to start anew first, keeps nobody out."""
    async with proving(url, "ocpp1.6") as station:
        refuse(station, "RebootRequired")
        password = await change(database, station)
    assert await lets_in(url, "ocpp1.6", PASSWORD)
    assert await lets_in(url, "ocpp1.6", password)
    assert not await lets_in(url, "ocpp1.6", PASSWORD)
    async with database.unit() as unit:
        call = passwords.change(unit, Seal(SEALED_BY), await station_on(unit))
        locations.connected(unit, await locations.station(unit, "ST1"), process="elsewhere", protocol="ocpp1.6")
    clock.advance(timedelta(minutes=1))
    await calls.give_up_overdue(database)
    with pytest.raises(NoAnswer):
        await calls.answer_to(database, call)
    assert await lets_in(url, "ocpp1.6", password)


async def station_on(unit: Any) -> Any:
    locations.connected(unit, await locations.station(unit, "ST1"), process="elsewhere", protocol="ocpp1.6")
    return await locations.station(unit, "ST1")


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_a_station_is_led_to_tls_and_never_back(url: str, secure: str, database: Database, protocol: str) -> None:
    """A05.FR.04, A05.FR.05, A05.FR.06, A05.FR.07, A00.FR.005."""
    context = trusting(await root_of(database))
    async with proving(url, protocol) as station:
        assert not await lets_in(secure, protocol, PASSWORD, context)
        async with database.unit() as unit:
            leading.lead(unit, await locations.station(unit, "ST1"), Way(profile=2, url=secure, slots=(2, 1)))
        database.wake()
        if protocol != "ocpp1.6":
            network = await station.was_asked("SetNetworkProfile")
            assert (network["configuration_slot"], network["connection_data"]["security_profile"]) == (2, 2)
            assert network["connection_data"]["ocpp_csms_url"] == secure
        used = await station.was_asked("ChangeConfiguration", "SetVariables")
        assert password_in(used) == ("2" if protocol == "ocpp1.6" else "2,1")
        await until(lambda: nothing_waits(database))
    assert await lets_in(url, protocol, PASSWORD)
    assert await lets_in(secure, protocol, PASSWORD, context)
    assert not await lets_in(url, protocol, PASSWORD)
    async with database.unit() as unit:
        with pytest.raises(LowerProfile):
            leading.lead(unit, await station_on(unit), Way(profile=1, url=url))


async def test_a_station_that_refuses_a_profile_keeps_its_own(url: str, secure: str, database: Database) -> None:
    """A05.FR.02, A05.FR.03."""
    context = trusting(await root_of(database))
    for action, answer in (("SetNetworkProfile", {"status": "Rejected"}), ("SetVariables", None)):
        async with proving(url, "ocpp2.0.1") as station:
            if answer is None:
                refuse(station, "Rejected")
            else:
                station.answers[action] = answer
            async with database.unit() as unit:
                leading.lead(unit, await locations.station(unit, "ST1"), Way(profile=2, url=secure))
            database.wake()
            await station.was_asked(action)
            await until(lambda: nothing_waits(database))
        assert not await lets_in(secure, "ocpp2.0.1", PASSWORD, context)


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_what_may_be_an_attack_is_kept_once_and_waits_until_it_is_seen(
    url: str, database: Database, protocol: str
) -> None:
    """A04.FR.02, A04.FR.03: what is critical waits; what is told again, for want of an answer, is the same."""
    at = datetime(2026, 11, 22, 8, tzinfo=UTC).isoformat()
    async with proving(url, protocol) as station:
        for kind in ("ResetOrReboot", "TamperDetectionActivated", "TamperDetectionActivated", "InvalidMessages", "Own"):
            await station.say("SecurityEventNotification", type=kind, timestamp=at, tech_info="door")
    critical = ["TamperDetectionActivated", "ResetOrReboot"]
    async with database.unit() as unit:
        every = await noticing.noticed(unit, US)
        unseen = await noticing.noticed(unit, US, unseen=True)
        assert [one.kind for one in every] == ["Own", "InvalidMessages", *critical]
        assert [one.kind for one in unseen] == ["Own", *critical]
        assert await noticing.see(unit, await locations.station(unit, "ST1"), "ada") == 4
        assert await noticing.noticed(unit, US, unseen=True) == []
        assert (await noticing.noticed(unit, US))[0].seen_by == "ada"
