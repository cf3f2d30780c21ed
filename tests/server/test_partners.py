"""A partner from its first word to its last by the operator API, and what it has to hear of meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from laddnav.locations import actions as locations
from laddnav.ocpi.wire import routing
from laddnav.parties import actions as parties
from laddnav.parties.model import Party
from laddnav.people.model import Role
from laddnav.server import settings
from laddnav.server.http import Serving, serving
from tests import things
from tests.ocpi.peer import Peer, peer, said
from tests.server.conftest import LAD, TNM, Client, a_key, a_party

OURS = [{"party": "SE*LAD", "role": "CPO"}]


@pytest.fixture
async def near(database_url: str, tmp_path: Path) -> AsyncIterator[Serving]:
    """Partners on this machine may be called."""
    words = settings.read({}, data=tmp_path, database=database_url, port=0, allow_loopback_partners=True)
    async with serving(words) as served:
        async with served.database.unit() as unit:
            for holder, name in ((LAD, "Laddnav AB"), (TNM, "TNM BV")):
                await parties.add(unit, Party(**a_party(holder, name, unit.new_id()), created_at=unit.now))
        yield served


@pytest.fixture
async def admin(near: Serving, web: aiohttp.ClientSession) -> Client:
    """The admin's key of SE*LAD."""
    return Client(web, near.url, await a_key(near.database, Role.ADMIN, LAD))


async def until(asked: Callable[[], Awaitable[Any]]) -> Any:
    """What is said as soon as it is so."""
    async with asyncio.timeout(20):
        while not (found := await asked()):
            await asyncio.sleep(0.05)
    return found


async def registered(admin: Client, they: Peer) -> str:
    body = {"versions_url": they.versions_url, "token": "token-a", "ours": OURS, "name": "They"}
    status, begun = await admin.ask("POST", "/partners/register", body)
    assert (status, begun["holder"], begun["name"]) == (202, "SE*LAD", "They")
    path = f"/partners/{begun['ref']}"
    await ended(admin, path, "register", "pulls")
    return path


async def ended(admin: Client, path: str, deed: str, stage: str) -> None:
    async def last() -> bool:
        (*_, step) = [one for one in (await admin.get(f"{path}/handshakes"))["steps"] if one["deed"] == deed] or [{}]
        assert not step.get("trouble"), step
        return step.get("stage") == stage and step["ended_at"] is not None

    await until(last)


async def test_a_partner_is_met_renewed_suspended_and_left(near: Serving, admin: Client) -> None:
    async with peer() as they:
        path = await registered(admin, they)
        assert (await admin.get(path))["state"] == "CONNECTED"
        status, _ = await admin.ask("POST", f"{path}/renew", {})
        assert status == 202
        await ended(admin, path, "renew", "pulls")
        assert they.many("PUT", "/credentials") == 1
        for step, state in (("suspend", "SUSPENDED"), ("resume", "CONNECTED")):
            status, after = await admin.ask("POST", f"{path}/{step}")
            assert (status, after["state"]) == (200, state)
            assert (await admin.ask("POST", f"{path}/{step}"))[0] == 409
        assert await admin.ask("DELETE", path) == (204, None)
        assert they.many("DELETE", "/credentials") == 1
    assert path.rpartition("/")[2] not in str(await admin.get("/partners"))


async def test_an_invitation_opens_our_door_and_is_shown_once(near: Serving, admin: Client) -> None:
    status, made = await admin.ask("POST", "/partners/invite", {"ours": OURS, "name": "They", "version": "2.2.1"})
    assert status == 201 and made["versions_url"] == f"{near.url}/ocpi/versions"
    assert made["token"] not in str(await admin.get(f"/partners/{made['ref']}"))
    shown = {"Authorization": routing.authorization(made["token"], encoded=True)}
    async with aiohttp.ClientSession(headers=shown) as they, they.get(made["versions_url"]) as answer:
        assert answer.status == 200
    for wrong, known in (
        ({"ours": []}, 422),
        ({"ours": [{"party": "SE*XXX", "role": "CPO"}]}, 404),
    ):
        assert (await admin.ask("POST", "/partners/invite", wrong))[0] == known
    assert (await admin.ask("POST", "/partners/invite", {"ours": OURS, "version": "9.9"}))[0] == 422


async def test_what_was_given_up_is_sent_again_once_it_is_mended(near: Serving, admin: Client) -> None:
    async with peer() as they:
        they.answers |= {f"/locations/SE/LAD/{id}": said(200, 2001, message="no") for id in ("L1", "L2")}
        path = await registered(admin, they)
        async with near.database.unit() as unit:
            for id in ("L1", "L2"):
                await locations.keep(unit, LAD, things.location(id, LAD))
        near.database.wake()

        async def of(state: str, many: int) -> Any:
            found = (await admin.get(f"{path}/outbox?state={state}&limit=1"))["items"]
            rest = await admin.get(f"{path}/outbox?state={state}")
            assert len(found) <= 1 and all(one["state"] == state for one in rest["items"])
            return rest["items"] if len(rest["items"]) == many else None

        dead = await until(lambda: of("dead", 2))
        assert {(one["module"], one["about"], one["method"]) for one in dead} == {
            ("locations", "l1", "PUT"),
            ("locations", "l2", "PUT"),
        }
        assert all("no" in one["last_error"] for one in dead)
        they.answers |= {f"/locations/SE/LAD/{id}": said(200, 1000) for id in ("L1", "L2")}
        status, one = await admin.ask("POST", f"{path}/outbox/{dead[0]['id']}/resend")
        assert (status, one["state"], one["attempts"]) == (200, "waiting", 0)
        await until(lambda: of("done", 1))
        assert await admin.ask("POST", f"{path}/outbox/resend") == (200, {"holder": "SE*LAD", "many": 1})
        await until(lambda: of("done", 2))
        assert (await admin.ask("POST", f"{path}/outbox/0/resend"))[0] == 404


async def test_the_report_of_the_tester_is_fetched_whole(near: Serving, admin: Client) -> None:
    async with peer() as they:
        path = await registered(admin, they)
        assert (await admin.ask("GET", f"{path}/conformance/report"))[0] == 404
        assert (await admin.ask("POST", f"{path}/conformance"))[0] == 202

        async def reported() -> Any:
            return (await admin.get(f"{path}/conformance"))["report"]

        counted = await until(reported)
    report = (await admin.get(f"{path}/conformance/report"))["report"]
    assert report["summary"]["pass"] == counted["passed"] and "token-a" not in str(report)


async def test_only_who_may_begins_ends_or_changes_a_line(near: Serving, web: aiohttp.ClientSession) -> None:
    keys = {
        name: Client(web, near.url, await a_key(near.database, role, holder))
        for name, role, holder in (
            ("operator", Role.OPERATOR, LAD),
            ("theirs", Role.ADMIN, TNM),
            ("all", Role.ADMIN, None),
        )
    }
    invited = {"ours": OURS}
    _, made = await keys["all"].ask("POST", "/partners/invite", invited)
    path = f"/partners/{made['ref']}"
    deeds: list[tuple[str, str, Any]] = [
        ("POST", "/partners/invite", invited),
        ("POST", "/partners/register", invited | {"versions_url": "https://they.example", "token": "a"}),
        ("POST", f"{path}/renew", {}),
        ("POST", f"{path}/suspend", None),
        ("POST", f"{path}/resume", None),
        ("DELETE", path, None),
    ]
    for name, refused in (("operator", 403), ("theirs", 404)):
        assert {(await keys[name].ask(*deed))[0] for deed in deeds} == {refused}
    assert await keys["theirs"].ask("GET", f"{path}/outbox") == (200, {"items": [], "next": None})
    for what in ("outbox/resend", "outbox/1/resend"):
        assert (await keys["theirs"].ask("POST", f"{path}/{what}"))[0] == 404
    assert (await keys["all"].get(path))["state"] == "INVITED"
