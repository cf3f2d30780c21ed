"""A partner made of extrawest-ocpi, which runs in an environment of its own: it keeps all in memory, and shows it.

`extrawest_server.py PORT ROLE PARTY TOKEN_A`; at /kept a test sees and seeds what it keeps; /push is its own.
"""

from __future__ import annotations

import os
import sys

port, role, party, token_a = sys.argv[1:]
os.environ |= {
    "OCPI_HOST": f"127.0.0.1:{port}",
    "PROTOCOL": "http",
    "COUNTRY_CODE": party[:2],
    "PARTY_ID": party[2:],
    "COMMAND_AWAIT_TIME": "1",
}

from typing import Any  # noqa: E402

import uvicorn  # noqa: E402
from fastapi.encoders import jsonable_encoder  # noqa: E402
from py_ocpi import get_application  # noqa: E402
from py_ocpi.core.authentication.authenticator import Authenticator  # noqa: E402
from py_ocpi.core.enums import Action, ModuleID, RoleEnum  # noqa: E402
from py_ocpi.modules.versions.enums import VersionNumber  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import JSONResponse  # noqa: E402

KEPT: dict[str, dict[str, Any]] = {module.value: {} for module in ModuleID}
TOKEN_C = f"c-{token_a}"
PEER: dict[str, Any] = {}


def id_of(data: dict[str, Any]) -> str:
    return str(data.get("uid") or data.get("id"))


class Memory:
    """Its owner's database, as the library asks for one."""

    @classmethod
    async def get(cls, module: Any, role: Any, id: Any, *args: Any, **kwargs: Any) -> Any:
        if module == ModuleID.commands:
            return {"result": "ACCEPTED"}
        if module == ModuleID.credentials_and_registration:
            return PEER.get("ours")
        return KEPT[module.value].get(str(id))

    @classmethod
    async def list(cls, module: Any, role: Any, filters: Any, *args: Any, **kwargs: Any) -> tuple[list[Any], int, bool]:
        there = list(KEPT[module.value].values())
        page = there[filters["offset"] : filters["offset"] + filters["limit"]]
        return page, len(there), filters["offset"] + len(page) >= len(there)

    @classmethod
    async def create(cls, module: Any, role: Any, data: Any, *args: Any, **kwargs: Any) -> Any:
        if module == ModuleID.credentials_and_registration:
            PEER.update(data)
            PEER["ours"] = credentials()
            return PEER["ours"]
        KEPT[module.value][id_of(data)] = data
        return data

    @classmethod
    async def update(cls, module: Any, role: Any, data: Any, id: Any, *args: Any, **kwargs: Any) -> Any:
        if module == ModuleID.credentials_and_registration:
            return await cls.create(module, role, data)
        KEPT[module.value][str(id)] = data
        return data

    @classmethod
    async def delete(cls, module: Any, role: Any, id: Any, *args: Any, **kwargs: Any) -> None:
        KEPT[module.value].pop(str(id), None)

    @classmethod
    async def do(cls, module: Any, role: Any, action: Any, data: Any = None, *args: Any, **kwargs: Any) -> Any:
        if action == Action.get_client_token:
            return PEER["credentials"]["token"]
        if action == Action.send_command:
            KEPT["commands"][kwargs["command"]] = data
            return {"result": "ACCEPTED", "timeout": 10}
        if action == Action.authorize_token:
            token = KEPT["tokens"].get(str((data or {}).get("token_uid") or kwargs.get("token_uid")))
            return {"allowed": "ALLOWED", "token": token}
        return None


class Doorkeeper(Authenticator):
    @classmethod
    async def get_valid_token_c(cls) -> list[str]:
        return [TOKEN_C] if PEER else []

    @classmethod
    async def get_valid_token_a(cls) -> list[str]:
        return [] if PEER else [token_a]


def credentials() -> dict[str, Any]:
    """Both shapes at once: the library's schemas of each version take what they know."""
    details = {"name": "Made of extrawest-ocpi"}
    who = {"country_code": party[:2], "party_id": party[2:], "business_details": details}
    return {
        "token": TOKEN_C,
        "url": f"http://127.0.0.1:{port}/ocpi/versions",
        "roles": [{"role": role.upper(), **who}],
        **who,
    }


async def kept(request: Request) -> JSONResponse:
    if request.method == "PUT":
        for module, things in (await request.json()).items():
            KEPT[module].update({id_of(one): one for one in things})
    return JSONResponse(jsonable_encoder({"kept": KEPT, "peer": PEER}))


MODULES = [
    ModuleID.credentials_and_registration,
    ModuleID.locations,
    ModuleID.tariffs,
    ModuleID.sessions,
    ModuleID.cdrs,
    ModuleID.tokens,
    ModuleID.commands,
]
app = get_application(
    version_numbers=[VersionNumber.v_2_1_1, VersionNumber.v_2_2_1],
    roles=[RoleEnum.cpo if role == "cpo" else RoleEnum.emsp],
    crud=Memory,
    modules=MODULES,
    authenticator=Doorkeeper,
    http_push=True,
)
app.add_route("/kept", kept, methods=["GET", "PUT"])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")
