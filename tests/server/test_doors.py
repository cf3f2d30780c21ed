"""What a process does for whoever comes without a key, slowly, or with nonsense: little, and not for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.people import actions as people
from laddnav.people.api import MOST
from laddnav.people.model import Role
from laddnav.server.bodies import IN_MEMORY, LARGE_AT_ONCE
from laddnav.server.http import HEADERS_MAX, Impatient, Serving, _Outside, uvicorn_config
from laddnav.server.metrics import Metrics, is_loopback
from tests.server.conftest import LAD, Client, a_key

NONSENSE = ["%00", "a%00b", "%ED%A0%80", "%FF", "..%2f..", "'", "%25", "x" * 5000, "\u202e"]


class Hasty(Impatient):
    within = 0.5  # a machine that has much else to do may stand still for half of that


@asynccontextmanager
async def listening(app: ASGIApp, http: type[Impatient] = Impatient) -> AsyncIterator[int]:
    """Its port."""
    config = uvicorn_config(app)
    config.http = http
    config.port = 0
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def hello(request: Request) -> Response:
    try:
        return PlainTextResponse(f"{len(await request.body())} bytes")
    except ClientDisconnect:
        return PlainTextResponse("gone", 400)


HELLO = Starlette(routes=[Route("/", hello, methods=["GET", "POST"])])


# Slowly ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_who_never_comes_to_the_point_is_hung_up_on(said: bytes) -> None:
    async with listening(HELLO, Hasty) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        assert await reader.read() == b""
        writer.close()


async def test_neither_is_who_was_answered_before(database: Database) -> None:
    async with listening(HELLO, Hasty) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in await reader.readuntil(b"0 bytes")
        writer.write(b"GET / HTT")
        assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize("line", [b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: "])
async def test_headers_without_end_are_not_kept(line: bytes) -> None:
    async with listening(HELLO) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(line + b"x" * HEADERS_MAX)
        assert b" 431 " in await reader.readline()
        await reader.read()
        writer.close()


async def test_a_long_body_that_comes_with_its_headers_is_none_of_them() -> None:
    async with listening(HELLO) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        long = 2 * HEADERS_MAX
        head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {long}\r\n\r\n"
        for _ in range(2):
            writer.write(head.encode() + b"x" * long)
            assert b" 200 " in await reader.readuntil(f"{long} bytes".encode())
        writer.close()


async def test_a_body_that_does_not_come_is_given_up(database: Database) -> None:
    app = _Outside(HELLO, Metrics(database, lambda: 0), asyncio.Event(), body_within=0.2)
    async with listening(app) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of")
        assert b" 400 " in await reader.readline()
        writer.close()


async def told(reader: asyncio.StreamReader) -> bytes:
    """The status line, and then the body, of an answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    (length,) = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    return head.split(b"\r\n")[0] + b" " + await reader.readexactly(int(length))


async def large(request: Request) -> Response:
    request.scope[MOST] = 10_000_000
    return await hello(request)


async def test_a_large_body_is_read_where_its_route_says_so_by_one_after_the_other(database: Database) -> None:
    """What comes slowly lies on disk meanwhile, and keeps no other from its turn."""
    app = Starlette(routes=[Route("/", hello, methods=["POST"]), Route("/large", large, methods=["POST"])])
    outside = _Outside(app, Metrics(database, lambda: 0), asyncio.Event())
    async with listening(outside) as port, asyncio.timeout(30):

        async def begun(path: str, length: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
            return reader, writer

        async def send(path: str, length: int) -> bytes:
            reader, writer = await begun(path, length)
            writer.write(b"x" * length)
            answer = await told(reader)
            writer.close()
            return answer

        slow = [await begun("/large", 10_000_000) for _ in range(LARGE_AT_ONCE + 1)]
        for _, writer in slow:
            writer.write(b"x" * (IN_MEMORY + 1))
            await writer.drain()
        assert b" 200 OK 10000000 bytes" in await send("/large", 10_000_000)
        for reader, writer in slow:
            writer.write(b"x" * (10_000_000 - IN_MEMORY - 1))
            assert b" 200 OK 10000000 bytes" in await told(reader)
            writer.close()


async def test_a_body_that_comes_slowly_holds_no_connection_of_the_database(served: Serving, lad: Client) -> None:
    """There are ten; eleven slow writers with a key would keep everybody else waiting."""
    host, port = served.url.removeprefix("http://").split(":")
    head = f"PUT /api/v1/stations/ST-1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n{key_line(lad)}\r\n\r\n"
    await lad.get("/stations")  # so that what the API says of itself, the work of a second, is read by now
    slow = [await asyncio.open_connection(host, int(port)) for _ in range(11)]
    for _, writer in slow:
        writer.write(head.encode())
        await writer.drain()
    async with asyncio.timeout(10):
        for _ in range(5):
            assert (await lad.get("/stations"))["items"]
    for _, writer in slow:
        writer.close()


def key_line(client: Client) -> str:
    return f"Authorization: {client.headers['Authorization']}"


# Nonsense -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", NONSENSE)
async def test_no_word_in_a_url_breaks_the_api(lad: Client, word: str) -> None:
    for path in (
        f"/cdrs/{word}",
        f"/sessions/{word}",
        f"/stations/{word}",
        f"/locations?words={word}",
        f"/tokens?words={word}",
        f"/cdrs?cursor={word}",
        f"/sessions?station_id={word}",
        f"/partners/{word}",
        f"/parties/{word}",
    ):
        status, _ = await lad.ask("GET", path)
        assert status < 500, path


@pytest.mark.parametrize("number", ["9" * 30, "-1", "1.5", "9223372036854775808", "0x1", "٣"])
async def test_no_number_breaks_the_api(lad: Client, number: str) -> None:
    for path in (
        f"/dead-jobs?cursor={number}",
        f"/stations/ST-1/messages?cursor={number}",
        f"/cdrs?limit={number}",
        f"/events?after={number}-{number}",
    ):
        status, _ = await lad.ask("GET", path)
        assert status < 500, path
    status, _ = await lad.ask("POST", f"/dead-jobs/SE*LAD/{number}/revive")
    assert status < 500


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 50_000, b'{"contract_id":"\\u0000"}', b"\xff", b"null", b"5", b""]
)
async def test_no_body_breaks_the_api(lad: Client, body: bytes) -> None:
    for method, path in (("PUT", "/tokens/SE/LAD/RFID/1"), ("PUT", "/stations/ST-2"), ("POST", "/sessions")):
        status, words = await lad.ask(method, path, data=body)
        assert 400 <= status < 500, (path, words)


@pytest.mark.parametrize("port", ["99999999", "x", "-1"])
async def test_a_host_that_is_none_breaks_no_page(served: Serving, nobody: Client, port: str) -> None:
    async with nobody._session.get(f"{served.url}/sign-in", headers={"Host": f"a:{port}"}) as answer:
        assert answer.status < 500


# Without a key --------------------------------------------------------------------------------------------------------


async def test_figures_are_for_this_machine_and_for_keys_of_the_installation(served: Serving, nobody: Client) -> None:
    async def figures(*, key: str = "", origin: str = "203.0.113.7") -> int:
        """As somebody far away, by way of a proxy on this machine."""
        said = {"X-Forwarded-For": origin} | ({"Authorization": f"Bearer {key}"} if key else {})
        async with nobody._session.get(f"{served.url}/metrics", headers=said) as answer:
            return answer.status

    assert await figures(origin="127.0.0.1") == 200
    assert await figures() == 401
    assert await figures(key="lad_wrong") == 401
    assert await figures(key=await a_key(served.database, Role.VIEWER, LAD)) == 403
    assert await figures(key=await a_key(served.database, Role.VIEWER, None)) == 200


@pytest.mark.parametrize(
    ("address", "ours"), [("127.0.0.1", True), ("::1", True), ("203.0.113.7", False), ("unix", False), ("", False)]
)
def test_this_machine_is_known_by_its_address(address: str, ours: bool) -> None:
    assert is_loopback(address) is ours


# What is written down -------------------------------------------------------------------------------------------------


async def test_what_a_key_changes_is_written_down_and_what_it_was_refused_is_not(
    served: Serving, lad: Client, viewer: Client, tnm: Client
) -> None:
    assert (await lad.ask("PATCH", "/stations/ST-1", {"accepted": False}))[0] == 200
    assert (await lad.ask("PATCH", "/tokens/SE/LAD/RFID/04A1B2C3D4E5F6", {"blocked": True}))[0] == 200
    assert (await lad.ask("GET", "/stations"))[0] == 200
    assert (await viewer.ask("PATCH", "/stations/ST-1", {"accepted": True}))[0] == 403
    assert (await tnm.ask("PATCH", "/stations/ST-1", {"accepted": True}))[0] == 404
    async with served.database.unit() as unit:
        deeds = [(one.who, one.deed, one.detail) for one in await people.deeds(unit) if one.about.startswith("key")]
    assert [one for one in deeds if one[1] != "create key"] == [
        ("operator SE*LAD", "change token", "/tokens/SE/LAD/RFID/…"),
        ("operator SE*LAD", "provision", "/stations/ST-1"),
    ]


@pytest.mark.parametrize(("words", "found"), [("C0000", 2), ("c0000", 2), ("%", 0), ("C_000", 0), ("\\", 0)])
async def test_what_is_looked_for_is_taken_as_it_is_written(everything: Client, words: str, found: int) -> None:
    for list_of in ("tokens", "locations"):
        status, answer = await everything.ask("GET", f"/{list_of}", params={"words": words})
        assert status == 200 and len(answer["items"]) == (found if list_of == "tokens" else 0)


# With the key of another party ----------------------------------------------------------------------------------------


async def test_a_key_of_another_party_hears_the_same_of_what_is_there_and_what_is_not(
    served: Serving, lad: Client, tnm: Client
) -> None:
    """A different refusal would tell it that there is something."""
    token = (await lad.get("/tokens"))["items"][0]["ref"]
    for method, path, body in (
        ("GET", "/stations/{}", None),
        ("GET", "/stations/{}/messages", None),
        ("PATCH", "/stations/{}", {"accepted": False}),
        ("POST", "/stations/{}/ocpp/ClearCache", {}),
    ):
        theirs, nothing = [(await tnm.ask(method, path.format(id), body))[0] for id in ("ST-1", "ST-X")]
        assert theirs == nothing == 404, (method, path)
    assert (await tnm.ask("GET", f"/tokens/{token}"))[0] == 404
    assert (await tnm.ask("POST", "/sessions", {"evse": "SE*LAD*E1", "token": token}))[0] == 404
    assert (await tnm.ask("PUT", "/tokens/SE/LAD/RFID/1", {"contract_id": "X"}))[0] == 404
    assert (await tnm.ask("GET", "/parties/SE*LAD"))[0] == 404
    assert [one["holder"] for one in (await tnm.get("/parties"))["items"]] == [str(PartyId("NL", "TNM"))]
    assert (await lad.get("/stations/ST-1"))["accepted"] is True
