"""Partners that cost next to nothing: a bare ASGI application that is registered with as many as are asked for.

`/emsp7/versions` is an eMSP and `/cpo7/versions` a CPO, of 2.3.0. Each takes what it is told and knows one Location.
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from laddnav.server.http import uvicorn_config
from laddnav.sim.bench.answers import DONE, answer, body, enveloped
from laddnav.sim.process import READY

VERSION = "2.3.0"
COUNTRY = "XX"


def party_of(name: str) -> str:
    """Of `emsp7` or `cpo7`."""
    return f"{int(name.lstrip('cemosp')):03}"


class Sink:
    """`/count` says how many requests came and about how many things, `/emsp7/token` what it was given to show."""

    def __init__(self, url: str, place: str) -> None:
        self._url = url
        self._place = enveloped(place.encode())
        self._tokens: dict[str, str] = {}
        self._told = 0
        self._about: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        match path.split("/"):
            case ["", "count"]:
                await answer(send, 200, json.dumps([self._told, len(self._about)]).encode())
            case ["", name, "token"]:
                await answer(send, 200, self._tokens[name].encode())
            case ["", name, "versions"]:
                await answer(send, 200, _said([{"version": VERSION, "url": f"{self._url}/{name}/details"}]))
            case ["", name, "details"]:
                await answer(send, 200, _said({"version": VERSION, "endpoints": self._endpoints(name)}))
            case ["", name, "credentials"]:
                self._tokens[name] = json.loads(await body(receive))["token"]
                await answer(send, 200, _said(self._credentials(name)))
            case _ if scope["method"] == "GET":
                await answer(send, 200, self._place)
            case _:
                await body(receive)
                self._told += 1
                self._about.add(path)
                await answer(send, 200, DONE)

    def _endpoints(self, name: str) -> list[dict[str, str]]:
        side = "RECEIVER" if name.startswith("emsp") else "SENDER"
        return [
            {"identifier": module, "role": role, "url": f"{self._url}/{name}/{module}"}
            for module, role in (("credentials", "SENDER"), ("locations", side))
        ]

    def _credentials(self, name: str) -> dict[str, Any]:
        role = {
            "role": name.rstrip("0123456789").upper(),
            "country_code": COUNTRY,
            "party_id": party_of(name),
            "business_details": {"name": name},
        }
        return {"token": f"token-of-{name}", "url": f"{self._url}/{name}/versions", "roles": [role]}


def _said(words: object) -> bytes:
    return enveloped(json.dumps(words).encode())


async def _serve(place: str) -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    sys.stdout.write(f"{READY}{url}\n")
    sys.stdout.flush()
    await uvicorn.Server(uvicorn_config(Sink(url, place))).serve(sockets=[listening])


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
