"""A grid company's VTN for tests: a small server of ours in a process of its own, `python -m tests.openadr.vtn PORT`.

There is none by others that could be installed. It is written from the public description of OpenADR 3.0.1 and held to
that by two clients by others, which play its business side (business.py). At /mischief a test has it misbehave.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PAGE_MAX = 50
SECRETS = {"business": "of-the-grid", "ven-laddnav": "a-secret-of-the-ven"}
SCOPES = {
    "business": {"read_all", "write_programs", "write_events", "write_vens"},
    "ven-laddnav": {"read_all", "write_reports", "write_vens"},
}
KINDS = {"programs": "PROGRAM", "events": "EVENT", "reports": "REPORT", "vens": "VEN", "resources": "RESOURCE"}
NEEDED = {
    "programs": ("programName",),
    "events": ("programID", "intervals"),
    "reports": ("programID", "eventID", "clientName", "resources"),
    "vens": ("venName",),
    "resources": ("resourceName",),
}
WRITES = {**{kind: f"write_{kind}" for kind in KINDS}, "resources": "write_vens"}
FILTERS = ("programID", "eventID", "clientName", "venName", "resourceName")

kept: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}
tokens: dict[str, Any] = {}  # by bearer: whose
mischief: dict[str, Any] = {}  # by path: what is answered there in place of the truth
asked: list[str] = []
made = 0


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")  # noqa: TID251 - the clock of another company


def problem(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"title": detail, "status": status, "detail": detail}, status)


def let_in(request: Request, scope: str) -> JSONResponse | None:
    """None: yes."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    if bearer not in tokens:
        return problem(401, "no token that is known")
    return None if scope in SCOPES[tokens[bearer]] else problem(403, f"{scope} is needed")


async def token(request: Request) -> Response:
    form = dict(part.split("=", 1) for part in (await request.body()).decode().split("&"))
    if form.get("grant_type") != "client_credentials" or SECRETS.get(form["client_id"]) != form.get("client_secret"):
        return JSONResponse({"error": "invalid_client"}, 401)
    bearer = f"token-{len(tokens)}-of-{form['client_id']}"
    tokens[bearer] = form["client_id"]
    return JSONResponse({"access_token": bearer, "token_type": "Bearer", "expires_in": 3600})


async def server(request: Request) -> Response:
    return JSONResponse({"tokenURL": f"{str(request.base_url).rstrip('/')}/auth/token"})


async def many(request: Request) -> Response:
    kind = "resources" if "ven" in request.path_params else request.path_params["kind"]
    if request.method == "POST":
        return await make(request, kind)
    if (no := let_in(request, "read_all")) is not None:
        return no
    query = request.query_params
    try:
        skip, limit = int(query.get("skip", 0)), int(query.get("limit", PAGE_MAX))
    except ValueError:
        return problem(400, "skip and limit are numbers")
    if skip < 0 or not 0 <= limit <= PAGE_MAX:
        return problem(400, f"limit is {PAGE_MAX} at most")
    wanted = {name: query[name] for name in FILTERS if name in query}
    if "ven" in request.path_params:
        wanted["venID"] = request.path_params["ven"]
    found = [one for one in kept[kind].values() if all(one.get(name) == value for name, value in wanted.items())]
    return JSONResponse(found[skip : skip + limit])


async def make(request: Request, kind: str) -> Response:
    global made
    if (no := let_in(request, WRITES[kind])) is not None:
        return no
    said = await request.json()
    if missing := [name for name in NEEDED[kind] if not said.get(name) and said.get(name) != []]:
        return problem(400, f"{missing[0]} is needed")
    if kind == "events" and said["programID"] not in kept["programs"]:
        return problem(404, "no such program")
    if kind == "reports" and said["eventID"] not in kept["events"]:
        return problem(404, "no such event")
    made += 1
    one = {**said, "id": f"{kind[:-1]}-{made}", "objectType": KINDS[kind]}
    one |= {"createdDateTime": now(), "modificationDateTime": now()}
    if kind == "resources":
        one["venID"] = request.path_params["ven"]
    kept[kind][one["id"]] = one
    return JSONResponse(one, 201)


async def single(request: Request) -> Response:
    kind, id = request.path_params["kind"], request.path_params["id"]
    if (no := let_in(request, "read_all" if request.method == "GET" else WRITES[kind])) is not None:
        return no
    one = kept[kind].get(id)
    if one is None:
        return problem(404, "there is none")
    if request.method == "DELETE":
        del kept[kind][id]
    if request.method == "PUT":
        one |= {**await request.json(), "id": id, "objectType": KINDS[kind], "modificationDateTime": now()}
    return JSONResponse(one)


async def misbehave(request: Request) -> Response:
    """`{"/events": {"status": 500, "body": "…", "headers": {…}, "times": 1}}`; no times: until it is told otherwise."""
    mischief.clear()
    mischief.update(await request.json())
    return Response(status_code=204)


async def forget(request: Request) -> Response:
    """Begin anew, tokens and all; says what was asked meanwhile."""
    global made
    made = 0
    heard = list(asked)
    asked.clear()
    for things in (tokens, mischief, *kept.values()):
        things.clear()
    return JSONResponse(heard)


class Misbehaving:
    """What is in `mischief` comes first."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if path not in ("/mischief", "/forget"):
            asked.append(f"{scope.get('method')} {path}")
        trick = mischief.get(path)
        if trick is None:
            await self._app(scope, receive, send)
            return
        if "times" in trick:
            trick["times"] -= 1
            if trick["times"] <= 0:
                del mischief[path]
        body = trick.get("body", "")
        said = body if isinstance(body, str) else json.dumps(body)
        answer = Response(said, trick.get("status", 200), headers=trick.get("headers"), media_type="application/json")
        await answer(scope, receive, send)


routes = [
    Route("/auth/token", token, methods=["POST"]),
    Route("/auth/server", server),
    Route("/mischief", misbehave, methods=["POST"]),
    Route("/forget", forget, methods=["POST"]),
    Route("/vens/{ven}/resources", many, methods=["GET", "POST"]),
    Route("/{kind}", many, methods=["GET", "POST"]),
    Route("/{kind}/{id}", single, methods=["GET", "PUT", "DELETE"]),
]

if __name__ == "__main__":
    uvicorn.run(Misbehaving(Starlette(routes=routes)), host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
