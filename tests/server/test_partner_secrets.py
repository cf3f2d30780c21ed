"""Whoever looks at a partner, in the console or by the API, sees everything but what opens the line to it."""

from __future__ import annotations

from base64 import b64encode

import aiohttp
import pytest

from laddnav.kit import json
from laddnav.ocpi.calls.calling import PartnerRefused
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import examining, partners
from laddnav.ocpi.operate.partners import ROUTES
from laddnav.ocpi.settings import Settings
from laddnav.parties.model import Role as PartyRole
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.server.http import Serving
from laddnav.web.app import DOORS
from tests.ocpi.peer import peer, said
from tests.server.conftest import LAD, Client

CARD = "04C4RDC4RDC4RD"
A, C, NEXT = "token-a-of-theirs", "token-c-of-theirs", "their-next-token"


async def a_partner_with_a_past(served: Serving) -> tuple[str, str, set[str]]:
    """(its ref, the id of an exchange that failed, what nobody may see)."""
    clients = Clients(served.database, Settings(public_url=served.url, key=bytes(32), allow_loopback=True))
    async with peer() as they:
        they.answers["/credentials"] = they.credentials(C)
        they.answers["/tokens"] = [{"uid": CARD, "type": "RFID"}]
        connection = await partners.register(
            served.database, clients, they.versions_url, A, LAD, PartyRole.CPO, name="They"
        )
        they.answers["/credentials"] = said(200, 2001, {"token": NEXT}, f"Is {NEXT} or {C} meant?")
        with pytest.raises(PartnerRefused):
            await partners.renew(served.database, clients, connection)
        with pytest.raises(PartnerRefused):
            body = json.encode({"uid": CARD, "type": "RFID"})
            await (await clients.to(connection)).call("POST", f"{they.url}/tokens/{CARD}/authorize", body)
        await examining.examine(served.database, clients, connection, began=lambda _: None)
        ours = {one.body["token"] for one in they.asked if one.path == "/credentials" and one.body}
    await clients.close()
    async with served.database.unit() as unit:
        exchange = (await partners.exchanges(unit, connection))[0]
    tokens = {A, C, NEXT} | ours
    return (
        connection.ref,
        exchange.id,
        {CARD} | tokens | {b64encode(one.encode()).decode().rstrip("=") for one in tokens},
    )


async def test_no_page_and_no_answer_about_a_partner_shows_a_token(served: Serving, everything: Client) -> None:
    ref, id, secrets = await a_partner_with_a_past(served)
    assert len(secrets) == 1 + 2 * 5
    shown: dict[str, str] = {}
    for route in ROUTES:
        if route.method == "GET":
            path = route.path.format(ref=ref, id=id)
            shown[route.path] = str(await everything.get(path))
    await people.add_account(served.database, name="ada", password="a password of tests", role=Role.ADMIN, by="a test")
    form = {"name": "ada", "password": "a password of tests", "next": "/"}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.post(f"{served.url}/sign-in", data=form) as answer:
            assert answer.status == 200
        for door in DOORS:
            if door.method == "GET" and "/partners" in door.path:
                for kind in ("html", "json") if "{kind}" in door.path else ("",):
                    async with session.get(served.url + door.path.format(ref=ref, id=id, kind=kind)) as answer:
                        assert answer.status == 200, door.path
                        shown[f"{door.path} {kind}"] = await answer.text()
    assert len(shown) > 20
    assert [(where, one) for where, text in shown.items() for one in secrets if one in text] == []
