"""Work on Stations that goes on by itself: asked in turn, followed while they tell, stopped, resumed, and done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import Struct

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.locations.model import Station
from laddnav.locations.rules import UnknownStation
from laddnav.ocpp import calls, store
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks import going_on
from laddnav.ocpp.tasks.configure import SetUp
from laddnav.ocpp.tasks.firmware import Update
from laddnav.ocpp.tasks.local_list import Syncing
from laddnav.ocpp.tasks.logs import Fetching
from laddnav.ocpp.tasks.model import Kind, Selection, Step, StepState, Task, TaskState
from laddnav.ocpp.tasks.rules import UnfitTask, UnfitTemplate
from laddnav.ocpp.tasks.works import Opening, Plain, Resetting
from laddnav.ocpp.wire.upkeep import LogTold, Progress
from laddnav.ocpp.wire.variables import Variable, VariableName, VariableWanted
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Whitelist
from tests.clock import SetClock
from tests.ocpp.conftest import PASSWORD, somebody_waits, until
from tests.ocpp.managed import PACKAGES, managed
from tests.things import US, token

ALL = Selection()
VERSIONS = list(PACKAGES)
OLDEST_AND_NEWEST = (VERSIONS[0], VERSIONS[-1])
YES = {"status": "Accepted"}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = VariableName(name="AuthorizationKey")
Begin = Callable[..., Any]


@pytest.fixture
async def begin(database: Database) -> AsyncIterator[Begin]:
    """Begins a task; rounds are made while this lives."""

    async def rounds() -> None:
        while True:
            await going_on.go_on(database)
            await asyncio.sleep(0.02)

    async def begin(kind: Kind, settings: Struct, **more: Any) -> Task:
        async with database.unit() as unit:
            return await tasks.begin(unit, US, kind, settings, by="test", at=more.pop("at", ALL), **more)

    going = asyncio.create_task(rounds())
    yield begin
    going.cancel()
    with suppress(asyncio.CancelledError):
        await going


async def how(database: Database, task: Task) -> tuple[Task, list[Step]]:
    async with database.unit() as unit:
        found, steps = await tasks.task(unit, task.ref)
    return found, list(steps)


async def is_in(database: Database, task: Task, state: StepState) -> bool:
    _, (step, *_) = await how(database, task)
    return step.state is state


async def followed(database: Database, task: Task) -> None:
    await until(lambda: is_in(database, task, StepState.FOLLOWED))


async def over(database: Database, task: Task) -> Step:
    async def is_over() -> bool:
        return (await how(database, task))[0].state is TaskState.DONE

    await until(is_over)
    _, (step, *_) = await how(database, task)
    return step


async def test_what_died_with_its_process_is_asked_again(database: Database, station: Station, clock: SetClock) -> None:
    """A Station that is on the line and never answers is asked three times, each time by whoever holds its socket."""
    async with database.unit() as unit:
        task = await tasks.begin(unit, US, Kind.CLEAR_CACHE, Plain(), at=ALL, by="test")
    for tries in range(1, 4):
        await going_on.go_on(database)
        await going_on.go_on(database)
        async with database.unit() as unit:
            assert len(await calls.claim(unit, "test", [])) == 1
        clock.advance(timedelta(seconds=31))
        assert await calls.give_up_overdue(database) == 1
        _, (step,) = await how(database, task)
        assert (step.rounds, step.state) == (tries, StepState.FAILED if tries == 3 else StepState.UNDER_WAY)


async def test_who_is_taken_off_our_list_holds_up_nobody(database: Database, station: Station) -> None:
    async with database.unit() as unit:
        await locations.add_station(unit, US, "ST2", password=PASSWORD)
        task = await tasks.begin(unit, US, Kind.CLEAR_CACHE, Plain(), at=ALL, by="test", wave=1, failures_max=1)
    await going_on.go_on(database)
    async with database.unit() as unit:
        for id in (station.id, "ST2"):
            await locations.leave(unit, id, "")
    for _ in range(2):
        await going_on.go_on(database)
    task, (asked, waiting) = await how(database, task)
    assert (task.state, asked.state, waiting.state) == (TaskState.DONE, StepState.FAILED, StepState.DONE)


async def test_who_is_under_way_when_a_task_is_stopped_comes_to_its_end(
    url: str, database: Database, begin: Begin
) -> None:
    """An older Station is set up key by key, and is not left half way."""
    keys = SetUp(
        template="Ours",
        wanted=tuple(VariableWanted(name=VariableName(name=f"Key{number}"), value="1") for number in range(3)),
    )
    async with managed(url, "ocpp1.6", {"ChangeConfiguration": YES}) as one:
        await one.boot()
        async with database.unit() as unit:
            task = await tasks.begin(unit, US, Kind.CONFIGURE, keys, at=ALL, by="test")
            await unit.execute("update ocpp_task_step set state = 'UNDER_WAY', done = 1")
            await tasks.stop(unit, task.ref)
        await until(lambda: len(one.asked) == 2)
        await until(lambda: is_in(database, task, StepState.FAILED))
    assert [said["key"] for said in one.asked_for("ChangeConfiguration")] == ["Key1", "Key2"]


@pytest.mark.parametrize(
    ("kind", "settings", "refusal"),
    [
        (Kind.FIRMWARE, Update(location="https://f.example", certificate="C"), UnfitTask),
        (Kind.FIRMWARE, Update(location="https://f.example", signature="S"), UnfitTask),
        (Kind.FIRMWARE, Update(location="https://f.example", install_at=NOON.replace(year=9999)), UnfitTask),
        (Kind.FIRMWARE, Update(location="https://f.example", retrieve_at=NOON.replace(year=1)), UnfitTask),
        (Kind.SECURITY_LOG, Fetching(location="https://f.example", since=NOON, until=NOON), UnfitTask),
        (Kind.CONFIGURE, SetUp(template="", wanted=(VariableWanted(name=SECRET, value="x"),)), UnfitTemplate),
    ],
)
async def test_what_cannot_be_meant_so_is_asked_of_nobody(
    database: Database, station: Station, kind: Kind, settings: Struct, refusal: type[Refusal]
) -> None:
    async with database.unit() as unit:
        with pytest.raises(refusal):
            await tasks.begin(unit, US, kind, settings, at=ALL, by="test")
        assert not await tasks.page(unit, US)


async def test_a_station_that_nobody_has_is_a_slip_and_not_passed_over(database: Database, station: Station) -> None:
    async with database.unit() as unit:
        with pytest.raises(UnknownStation, match="ST-NONE"):
            at = Selection(station_ids=(station.id, "ST-NONE"))
            await tasks.begin(unit, US, Kind.CLEAR_CACHE, Plain(), at=at, by="test")


async def test_a_time_without_a_zone_is_one_of_utc(url: str, database: Database, begin: Begin, clock: SetClock) -> None:
    """And whoever accepted is followed, not asked again for ever."""
    async with managed(url, "ocpp2.1", {"UpdateFirmware": YES}) as one:
        await one.boot()
        at = clock.now().replace(tzinfo=None) + timedelta(hours=1)
        task = await begin(Kind.FIRMWARE, Update(location="https://f.example", retrieve_at=at))
        await followed(database, task)


async def test_what_is_told_at_the_last_moment_counts(database: Database, station: Station, clock: SetClock) -> None:
    """And not that it had been late when the round looked."""
    async with database.unit() as unit:
        task = await tasks.begin(unit, US, Kind.DIAGNOSTICS, Fetching(location="https://f.example"), at=ALL, by="test")
        await unit.execute("update ocpp_task_step set state = 'FOLLOWED', until = $1", clock.now())

    async with asyncio.timeout(10), database.unit() as unit:
        await going_on.told(unit, station, LogTold(progress=Progress.DONE, said="Uploaded"))
        await tasks.task(unit, task.ref)
        going = asyncio.create_task(going_on.go_on(database))
        await until(lambda: somebody_waits(database))
    await going
    _, (step,) = await how(database, task)
    assert (step.state, step.said) == (StepState.DONE, "Uploaded")


PLAIN = [
    (Kind.CLEAR_CACHE, Plain(), "ClearCache", {}, {}),
    (Kind.RESET, Resetting(), "Reset", {"type": "Soft"}, {"type": "OnIdle"}),
    (Kind.RESET, Resetting(at_once=True), "Reset", {"type": "Hard"}, {"type": "Immediate"}),
    (
        Kind.AVAILABILITY,
        Opening(operative=False, evse_no=2),
        "ChangeAvailability",
        {"type": "Inoperative", "connectorId": 2},
        {"operationalStatus": "Inoperative", "evse": {"id": 2}},
    ),
]


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_what_one_answer_settles(url: str, database: Database, begin: Begin, protocol: str) -> None:
    """B11.FR.01 B12.FR.01 C11 G03.FR.01: in the words of the version; no yes is a failure, as is an unknown action."""
    answers = {"ClearCache": YES, "Reset": {"status": "Rejected"}, "ChangeAvailability": {"status": "Scheduled"}}
    async with managed(url, protocol, answers) as station:
        await station.boot()
        for kind, settings, action, older, newer in PLAIN:
            step = await over(database, await begin(kind, settings))
            asked, words = station.asked[-1]
            assert (asked, words) == (action, older if protocol == "ocpp1.6" else newer)
            assert (step.state, step.said) == (
                (StepState.FAILED, "REJECTED") if kind is Kind.RESET else (StepState.DONE, None)
            )
        if protocol != "ocpp2.1":  # of which the package leaves without an answer what it has no handler for
            step = await over(database, await begin(Kind.LOCAL_LIST, Syncing()))
            assert step.state is StepState.FAILED
            assert step.said is not None and step.said.startswith("NotImplemented")


@pytest.mark.parametrize("protocol", OLDEST_AND_NEWEST)
async def test_firmware_is_followed_until_it_runs(url: str, database: Database, begin: Begin, protocol: str) -> None:
    """L01.FR.01 L01.FR.10 L01.FR.11 L01.FR.28 L01.FR.29 L02.FR.01: signed where its maker signed it; by its number."""
    action, said = (
        ("SignedUpdateFirmware", "SignedFirmwareStatusNotification")
        if protocol == "ocpp1.6"
        else (
            "UpdateFirmware",
            "FirmwareStatusNotification",
        )
    )
    file = Update(location="https://files.example/2.0.bin", certificate="PEM", signature="c2ln", version="2.0")
    async with managed(url, protocol, {action: YES}) as station:
        await station.boot("1.0")
        task = await begin(Kind.FIRMWARE, file)
        await followed(database, task)
        ((_, words),) = station.asked
        assert {"location", "retrieveDateTime", "signingCertificate", "signature"} <= set(words["firmware"])
        await station.say(said, status="Installed", request_id=words["requestId"] + 1)
        await station.say(said, status="Downloading", request_id=words["requestId"])
        assert (await how(database, task))[1][0].said == "Downloading"
        await station.say(said, status="InvalidSignature", request_id=words["requestId"])
        step = await over(database, task)
        assert (step.state, step.said) == (StepState.FAILED, "InvalidSignature")
        task = await begin(Kind.FIRMWARE, file)
        await followed(database, task)
        await station.say(said, status="Installed", request_id=station.asked[-1][1]["requestId"])
        assert (await over(database, task)).state is StepState.DONE


async def test_an_older_station_names_no_number_and_may_only_boot(url: str, database: Database, begin: Begin) -> None:
    """OCPP 1.6 §5.19, §4.5: whoever runs what it was to run is done; whoever runs it already is left alone."""
    async with managed(url, "ocpp1.6", {"UpdateFirmware": {}}) as station:
        await station.boot("1.0")
        file = Update(location="ftp://files.example/2.0.bin", version="2.0")
        task = await begin(Kind.FIRMWARE, file)
        await followed(database, task)
        await station.say("FirmwareStatusNotification", status="Idle")
        await station.say("FirmwareStatusNotification", status="Installing")
        await station.boot("2.0")
        assert (await over(database, task)).said == "it runs it"
        assert (await over(database, await begin(Kind.FIRMWARE, file))).said == "it runs it already"
        assert len(station.asked_for("UpdateFirmware")) == 1


async def test_a_campaign_stops_when_too_many_fail_and_goes_on_when_told_to(
    url: str, database: Database, begin: Begin
) -> None:
    """L02: in waves of one, with no failure allowed; whoever is away comes when it is back."""
    async with database.unit() as unit:
        await locations.add_station(unit, US, "ST2", password=PASSWORD)
        await locations.provision(unit, "ST2", Provisioning(on_connect="none"))
    file = Update(location="https://files.example/2.0.bin")
    async with managed(url, "ocpp2.0.1", {"UpdateFirmware": {"status": "Rejected"}}) as first:
        await first.boot()
        task = await begin(Kind.FIRMWARE, file, wave=1)

        async def is_stopped() -> bool:
            return (await how(database, task))[0].state is TaskState.STOPPED

        await until(is_stopped)
        stopped, steps = await how(database, task)
        assert (stopped.why, [one.state for one in steps]) == (
            "1 Station failed",
            [StepState.FAILED, StepState.WAITING],
        )
        async with database.unit() as unit:
            await tasks.resume(unit, task.ref)
        async with managed(url, "ocpp2.0.1", {"UpdateFirmware": YES}, id="ST2") as second:
            await second.boot()
            await until(lambda: second.asked)
            number = second.asked[0][1]["requestId"]
            await second.say("FirmwareStatusNotification", status="Installed", request_id=number)
            await over(database, task)
    _, steps = await how(database, task)
    assert [one.state for one in steps] == [StepState.FAILED, StepState.DONE]


@pytest.mark.parametrize("protocol", OLDEST_AND_NEWEST)
async def test_a_log_is_fetched_and_followed(url: str, database: Database, begin: Begin, protocol: str) -> None:
    """N01.FR.01 N01.FR.09 N01.FR.10 N01.FR.13, OCPP 1.6 §5.9: to the address that is said, and it is there or not."""
    older = protocol == "ocpp1.6"
    answers = {"GetLog": {"status": "Accepted", "filename": "a.zip"}}
    async with managed(url, protocol, answers | ({"GetDiagnostics": {"file_name": "a.zip"}} if older else {})) as one:
        await one.boot()
        file = Fetching(location="https://files.example/logs")
        for kind in (Kind.DIAGNOSTICS, Kind.SECURITY_LOG):
            for status, state in (("Uploaded", StepState.DONE), ("PermissionDenied", StepState.FAILED)):
                task = await begin(kind, file)
                await followed(database, task)
                action, words = one.asked[-1]
                if action == "GetDiagnostics":
                    assert words == {"location": file.location}
                    status = "Uploaded" if state is StepState.DONE else "UploadFailed"
                    await one.say("DiagnosticsStatusNotification", status=status)
                else:
                    assert words["logType"] == ("DiagnosticsLog" if kind is Kind.DIAGNOSTICS else "SecurityLog")
                    await one.say("LogStatusNotification", status=status, request_id=words["requestId"])
                step = await over(database, task)
                assert (step.state, step.said) == (state, status)


def wanted(name: str, value: str, component: str = "OCPPCommCtrlr") -> VariableWanted:
    return VariableWanted(name=VariableName(component=component, name=name), value=value)


async def test_a_template_is_checked_and_applied(url: str, database: Database, begin: Begin) -> None:
    """B05.FR.01 B05.FR.11 B06.FR.02 B06.FR.05: so many at once as the station takes, each by its own result; what is
    so already is left alone."""
    values = {"HeartbeatInterval": "300", "WebSocketPingInterval": "60", "ItemsPerMessage": "1"}

    def get(get_variable_data: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        rows = [
            {
                **one,
                "attribute_status": "Accepted" if one["variable"]["name"] in values else "UnknownVariable",
                "attribute_value": values.get(one["variable"]["name"], ""),
            }
            for one in get_variable_data
        ]
        return {"get_variable_result": rows}

    def set(set_variable_data: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        rows = [
            {
                "component": one["component"],
                "variable": one["variable"],
                "attribute_status": "Accepted" if one["variable"]["name"] in values else "UnknownVariable",
            }
            for one in set_variable_data
        ]
        return {"set_variable_result": rows}

    template = SetUp(
        template="Ours",
        wanted=(
            wanted("HeartbeatInterval", "120"),
            wanted("WebSocketPingInterval", "60"),
            wanted("NoSuchThing", "1"),
        ),
    )
    async with managed(url, "ocpp2.0.1", {"GetVariables": get, "SetVariables": set}) as station:
        await station.boot()
        step = await over(database, await begin(Kind.CHECK, template))
        assert (step.state, step.said) == (
            StepState.DONE,
            "differs: OCPPCommCtrlr.HeartbeatInterval, OCPPCommCtrlr.NoSuchThing",
        )
        assert len(station.asked_for("GetVariables")) == 1
        step = await over(database, await begin(Kind.CONFIGURE, template))
        assert (step.state, step.said) == (StepState.FAILED, "OCPPCommCtrlr.NoSuchThing: UNKNOWN")
        ((one, other),) = [said["setVariableData"] for said in station.asked_for("SetVariables")]
        assert (one["attributeValue"], other["variable"]) == ("120", {"name": "NoSuchThing"})


async def test_a_name_is_the_same_however_its_case_is_written(url: str, database: Database, begin: Begin) -> None:
    """A Station that answers in its own case has answered; what it took is kept under the name that it said."""
    one = {"component": {"name": "ocppcommctrlr"}, "variable": {"name": "HEARTBEATINTERVAL"}}
    set = {"SetVariables": {"set_variable_result": [{**one, "attribute_status": "Accepted"}]}}
    template = SetUp(template="Ours", wanted=(wanted("HeartbeatInterval", "120"),))
    async with managed(url, "ocpp2.1", set) as station:
        await station.boot()
        said = VariableName(component="OcppCommCtrlr", name="heartbeatInterval")
        async with database.unit() as unit:
            kept = await locations.station(unit, "ST1")
            store.variables.keep(unit, kept, [Variable(name=said, value="300")], None)
        assert (await over(database, await begin(Kind.CONFIGURE, template))).state is StepState.DONE
        assert (await over(database, await begin(Kind.CONFIGURE, template))).state is StepState.DONE
        assert len(station.asked) == 1
        async with database.unit() as unit:
            ((variable, _),) = await store.variables.kept(unit, kept)
    assert variable == Variable(name=said, value="120")


async def test_the_keys_of_an_older_station_are_set_one_by_one(url: str, database: Database, begin: Begin) -> None:
    """OCPP 1.6 §5.3: what is taken only after a restart is taken."""
    answer = {"HeartbeatInterval": "Accepted", "ClockAlignedDataInterval": "RebootRequired"}
    template = SetUp(
        template="Ours",
        wanted=(wanted("HeartbeatInterval", "120", ""), wanted("ClockAlignedDataInterval", "900", "")),
    )
    set = {"ChangeConfiguration": lambda key, **_: {"status": answer[key]}}
    async with managed(url, "ocpp1.6", set) as station:
        await station.boot()
        step = await over(database, await begin(Kind.CONFIGURE, template))
        assert (step.state, step.said) == (StepState.DONE, "ClockAlignedDataInterval: REBOOT_REQUIRED")
        assert [said["key"] for said in station.asked_for("ChangeConfiguration")] == list(answer)
        await over(database, await begin(Kind.CONFIGURE, template))
        assert len(station.asked) == 2


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_cards_are_sent_by_their_difference(
    url: str, database: Database, clock: SetClock, begin: Begin, protocol: str
) -> None:
    """D01.FR.01 D01.FR.03 D01.FR.04 D02.FR.01: all of them first, then what is new or gone, and all again where a
    station has another list than ours."""
    version, statuses = [0], ["Accepted"]

    def keep(version_number: int | None = None, list_version: int | None = None, **_: Any) -> dict[str, Any]:
        status = statuses.pop(0)
        if status == "Accepted":
            version[0] = version_number or list_version or 0
        statuses.append("Accepted") if not statuses else None
        return {"status": status}

    older = protocol == "ocpp1.6"
    answers = {
        "GetLocalListVersion": lambda: {"list_version" if older else "version_number": version[0]},
        "SendLocalList": keep,
    }

    async def sync() -> list[tuple[str, list[str]]]:
        before = len(station.asked_for("SendLocalList"))
        step = await over(database, await begin(Kind.LOCAL_LIST, Syncing()))
        assert step.state is StepState.DONE, step.said
        sent = station.asked_for("SendLocalList")[before:]
        return [(one["updateType"], [_uid(row) for row in one.get("localAuthorizationList", ())]) for one in sent]

    async with managed(url, protocol, answers) as station:
        await station.boot()
        assert await sync() == [("Full", ["CARD1"])]
        assert await sync() == []
        async with database.unit() as unit:
            now = clock.now()
            await tokens.keep(unit, US, token("CARD2", last_updated=now))
            await tokens.keep(unit, US, token("NEVER", whitelist=Whitelist.NEVER, last_updated=now))
            await tokens.keep(unit, US, token("CARD1", valid=False, last_updated=now))
        assert await sync() == [("Differential", ["CARD2", "CARD1-"])]
        async with database.unit() as unit:
            await tokens.keep(unit, US, token("CARD3", last_updated=clock.now()))
        statuses[0] = "VersionMismatch"
        assert [kind for kind, _ in await sync()] == ["Differential", "Full"]
        version[0] = 77
        assert [kind for kind, _ in await sync()] == ["Full"]
        assert version[0] == 78
        for beyond in (2**31 - 1, 2**40):  # a version that cannot be counted on from
            version[0] = beyond
            assert [kind for kind, _ in await sync()] == ["Full"]
            assert version[0] == 1
            assert await sync() == []


def _uid(entry: dict[str, Any]) -> str:
    """Who leaves the list stands in it without more."""
    uid = entry["idTag"] if "idTag" in entry else entry["idToken"]["idToken"]
    return str(uid) if {"idTagInfo", "idTokenInfo"} & set(entry) else f"{uid}-"
