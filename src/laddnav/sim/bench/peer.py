"""A server of somebody else's OCPI library, which runs in that library's own environment and not in ours.

`peer.py TOKEN FILE`: it keeps the Locations of the file in memory, and whatever it is told by whom shows the token.
"""

import json
import socket
import sys
from inspect import signature
from typing import Any

import uvicorn
from py_ocpi import get_application
from py_ocpi.core.enums import ModuleID, RoleEnum
from py_ocpi.core.exceptions import AuthorizationOCPIError
from py_ocpi.modules.locations.v_2_2_1.schemas import Location
from py_ocpi.modules.sessions.v_2_2_1.schemas import Session
from py_ocpi.modules.versions.enums import VersionNumber

token, file = sys.argv[1:]
KEPT: dict[str, dict[str, Any]] = {ModuleID.locations.value: {}, ModuleID.sessions.value: {}}
# They take no energy mix and no opening times without these, which the text lets be absent.
WANTED = {
    "energy_mix": {"energy_sources": [], "supplier_name": "", "energy_product_name": ""},
    "opening_times": {"regular_hours": []},
}
with open(file, encoding="utf-8") as opened:
    for one in json.load(opened):
        filled = {name: wanted | one[name] for name, wanted in WANTED.items() if name in one}
        KEPT[ModuleID.locations.value][one["id"]] = one | filled


class Memory:
    """Its owner's database, as the library asks for one."""

    @classmethod
    async def get(cls, module: Any, role: Any, id: Any, *args: Any, auth_token: str, **kwargs: Any) -> Any:
        _let_in(auth_token)
        return KEPT[module.value].get(str(id))

    @classmethod
    async def list(
        cls, module: Any, role: Any, filters: Any, *args: Any, auth_token: str, **kwargs: Any
    ) -> tuple[list[Any], int, bool]:
        _let_in(auth_token)
        there = list(KEPT[module.value].values())
        end = filters["offset"] + filters["limit"]
        return there[filters["offset"] : end], len(there), end >= len(there)

    @classmethod
    async def create(cls, module: Any, role: Any, data: Any, *args: Any, **kwargs: Any) -> Any:
        KEPT[module.value][str(data["id"])] = data
        return data

    @classmethod
    async def update(cls, module: Any, role: Any, data: Any, id: Any, *args: Any, **kwargs: Any) -> Any:
        KEPT[module.value][str(id)] = data
        return data


class AsTheyAre:
    """What is kept has the library's own shape already."""

    @classmethod
    def location_adapter(cls, data: Any, *args: Any) -> Any:
        return Location(**data)

    @classmethod
    def session_adapter(cls, data: Any, *args: Any) -> Any:
        return Session(**data)


class Doorkeeper:
    """Where a library asks for one by itself; elsewhere the owner's database has to."""

    @classmethod
    async def authenticate(cls, auth_token: str) -> None:
        _let_in(auth_token)


def _let_in(auth_token: str) -> None:
    if auth_token != token:
        raise AuthorizationOCPIError


offered = {
    "version_numbers": [VersionNumber.v_2_2_1],
    "roles": [RoleEnum.cpo, RoleEnum.emsp],
    "crud": Memory,
    "adapter": AsTheyAre,
    "modules": [ModuleID.locations, ModuleID.sessions],
    "authenticator": Doorkeeper,
}
app = get_application(
    **{name: value for name, value in offered.items() if name in signature(get_application).parameters}
)
listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
sys.stdout.write(f"ready http://127.0.0.1:{listening.getsockname()[1]}\n")
sys.stdout.flush()
uvicorn.Server(
    uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_level="warning", timeout_keep_alive=75)
).run(sockets=[listening])
