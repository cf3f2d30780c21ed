"""What stations say they are: asked for when it may have changed, told in parts, kept as one list without secrets."""

from __future__ import annotations

from typing import Any

import pytest

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp import variables
from laddnav.ocpp.wire.variables import Attribute, Mutability, Variable, VariableName
from tests.ocpp.conftest import until
from tests.ocpp.managed import Managed, managed

STAMP = "2026-11-23T08:00:00Z"


async def configured(database: Database) -> None:
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(on_connect="configure"))


async def kept(database: Database) -> dict[str, Variable]:
    async with database.unit() as unit:
        found, _ = await variables.known(unit, await locations.station(unit, "ST1"))
    return {str(variable.name): variable for variable, _ in found}


async def is_whole(database: Database) -> bool:
    async with database.unit() as unit:
        _, report = await variables.known(unit, await locations.station(unit, "ST1"))
    return report is not None and report.whole_at is not None


def data(component: str, name: str, value: str | None, **more: Any) -> dict[str, Any]:
    attribute = {"mutability": "ReadWrite"} | ({} if value is None else {"value": value}) | more.pop("attribute", {})
    return {
        "component": {"name": component, **more},
        "variable": {"name": name},
        "variable_attribute": [attribute],
        "variable_characteristics": {"data_type": "integer", "supports_monitoring": False, "unit": "s"},
    }


async def report(station: Managed, part: int, rows: list[dict[str, Any]], *, more: bool, number: int) -> None:
    await station.say("NotifyReport", request_id=number, generated_at=STAMP, seq_no=part, report_data=rows, tbc=more)


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_a_station_tells_its_device_model_in_parts(url: str, database: Database, protocol: str) -> None:
    """B07.FR.04 B07.FR.08 B07.FR.10 B07.FR.11 B07.FR.14: asked for once, in any order of its parts, then again with
    new firmware; what the whole report does not name is not there any more."""
    await configured(database)
    async with managed(url, protocol, {"GetBaseReport": {"status": "Accepted"}}) as station:
        await station.boot("1.0")
        await until(lambda: station.asked)
        ((_, said),) = station.asked
        assert said["reportBase"] == "FullInventory"
        heartbeat = data("OCPPCommCtrlr", "HeartbeatInterval", "300")
        power = data("EVSE", "Power", "22000", evse={"id": 1}, attribute={"type": "MaxSet", "mutability": "ReadOnly"})
        password = data("SecurityCtrlr", "BasicAuthPassword", "not-to-be-kept")
        await report(station, 1, [power, password], more=False, number=said["requestId"])
        assert not await is_whole(database)
        await report(station, 0, [heartbeat], more=True, number=said["requestId"])
        assert await is_whole(database)
        found = await kept(database)
        assert found == {
            "EVSE#1.Power/MaxSet": Variable(
                name=VariableName(component="EVSE", evse_no=1, name="Power", attribute=Attribute.MAX_SET),
                value="22000",
                mutability=Mutability.READ_ONLY,
                type="integer",
                unit="s",
            ),
            "OCPPCommCtrlr.HeartbeatInterval": found["OCPPCommCtrlr.HeartbeatInterval"],
            "SecurityCtrlr.BasicAuthPassword": found["SecurityCtrlr.BasicAuthPassword"],
        }
        assert found["OCPPCommCtrlr.HeartbeatInterval"].value == "300"
        assert found["SecurityCtrlr.BasicAuthPassword"].value is None
        await station.boot("1.0")
        await station.boot("2.0")
        await until(lambda: len(station.asked) == 2)
        await report(station, 0, [heartbeat], more=False, number=station.asked[1][1]["requestId"])
        assert list(await kept(database)) == ["OCPPCommCtrlr.HeartbeatInterval"]


async def test_the_keys_of_an_older_station_are_the_same_list(url: str, database: Database) -> None:
    """OCPP 1.6 §5.8: all of them at once; who is to be left in peace is not asked."""
    keys = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        {"key": "AuthorizationKey", "readonly": False, "value": "not-to-be-kept"},
    ]
    async with managed(url, "ocpp1.6", {"GetConfiguration": {"configuration_key": keys}}) as station:
        await station.boot()
        assert await kept(database) == {}
        await configured(database)
        await station.boot()
        await until(lambda: is_whole(database))
        assert station.asked == [("GetConfiguration", {})]
        found = await kept(database)
    assert {name: (one.value, one.mutability) for name, one in found.items()} == {
        "AuthorizationKey": (None, Mutability.READ_WRITE),
        "HeartbeatInterval": ("300", Mutability.READ_WRITE),
        "NumberOfConnectors": ("2", Mutability.READ_ONLY),
    }


@pytest.mark.parametrize(
    ("protocol", "answers"),
    [
        ("ocpp1.6", {}),
        ("ocpp2.0.1", {"GetBaseReport": {"status": "NotSupported"}}),
    ],
)
async def test_whoever_makes_no_report_is_asked_again_only_with_other_firmware(
    url: str, database: Database, protocol: str, answers: dict[str, Any]
) -> None:
    """The station of 1.6 has no handler at all, and says NotImplemented."""
    await configured(database)

    async def many(which: str) -> int:
        async with database.unit() as unit:
            return int(await unit.value(f"select count({which}) from ocpp_call where action = 'ReportVariables'"))

    async def all_answered() -> bool:
        return await many("answered_at") == await many("*")

    async with managed(url, protocol, answers) as station:
        for firmware, asked in (("1.0", 1), ("1.0", 1), ("2.0", 2)):
            await station.boot(firmware)
            assert await many("*") == asked
            await until(all_answered)
