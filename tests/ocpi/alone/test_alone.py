"""OCPI without our database: the two pages work as they are written, and what they build is OCPI."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.applications import Starlette

from laddnav.kit.ids import PartyId, fold
from laddnav.locations.model import BusinessDetails, Location, Status
from laddnav.locations.rules import UnknownLocation
from laddnav.ocpi.alone import Known, NotKept, Peer, Server, Storage, Us, connected, key, registered
from laddnav.ocpi.calls.calling import PartnerRefused
from laddnav.ocpi.conform.run import Order, listening, run
from laddnav.ocpi.conform.verdicts import Outcome, judged
from laddnav.ocpi.connections import partners
from laddnav.ocpi.telling.words import token_key
from laddnav.ocpi.wire.commands import CancelReservation, CommandResponse, StopSession, Verdict
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Allowed, Authorization, Token
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import Pair

HOWTO = Path(__file__).parents[3] / "docs" / "howto"
CPO, EMSP = PartyId("SE", "STA"), PartyId("SE", "APP")


def code(page: str) -> str:
    """What a page says to write, as one file."""
    return "\n".join(re.findall(r"```python\n(.*?)```", (HOWTO / page).read_text(), re.S))


def shelf_of(url: str) -> dict[str, Any]:
    """What the page about the server leaves behind: `shelf`, `server`, `app`, `token`."""
    said: dict[str, Any] = {"public_url": url}
    exec(code("serve-ocpi-from-your-own-storage.md"), said)
    return said


def us(party: PartyId, role: Role) -> Us:
    return Us(party=party, role=role, business=BusinessDetails(f"Company {party}", "https://company.example"))


@asynccontextmanager
async def served(role: Role, clock: SetClock) -> AsyncIterator[tuple[Any, str]]:
    """(the shelf of the page in one of two roles, its URL)"""
    async with listening("127.0.0.1", 0) as (door, port):
        url = f"http://127.0.0.1:{port}"
        party = CPO if role is Role.CPO else EMSP
        shelf = _answering(shelf_of(url)["Shelf"])(party)
        server = Server(shelf, us(party, role), f"{url}/roaming/ocpi", clock, allow_loopback=True)
        door.put(Starlette(routes=server.routes()))
        yield shelf, f"{url}/roaming/ocpi/versions"
        await server.close()


def _answering(shelf: type[Storage]) -> Any:
    """The page's shelf, which answers questions too."""

    class Answering(shelf):  # type: ignore[valid-type, misc]
        def put(self, thing: Any) -> None:
            self.things[key(thing)] = thing

        async def withdraw(self, peer: Any, kind: type[Any], owner: PartyId, id: str) -> None:
            if self.things.pop((kind, owner, id), None) is None:
                raise NotKept(kind, id)
            del self.words[kind, owner, id]

        async def authorize(self, peer: Any, uid: str, kind: str, where: Any) -> Authorization | None:
            card = self.things.get((Token, self.us, token_key(kind, uid)))
            return None if card is None else Authorization(allowed=Allowed.ALLOWED, token=card, reference="REF1")

        async def take(self, peer: Any, command: Any) -> CommandResponse:
            place = getattr(command, "location_id", None)
            if place is not None and (Location, self.us, fold(place)) not in self.things:
                raise UnknownLocation(place)
            stops = isinstance(command, StopSession)
            return CommandResponse(result=Verdict.UNKNOWN_SESSION if stops else Verdict.REJECTED, timeout=0)

    return Answering


async def test_the_two_pages_work_as_they_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    """An app that is a server of its own registers with the stations of a town, and looks around."""
    async with listening("127.0.0.1", 0) as (door, port), listening("127.0.0.1", 0) as (own_door, own_port):
        town, app = shelf_of(f"http://127.0.0.1:{port}"), shelf_of(f"http://127.0.0.1:{own_port}")
        door.put(town["app"])
        place = things.location("LOC1", CPO, name="Harbour")
        town["shelf"].things[key(place)] = place
        page: dict[str, Any] = {}
        exec(code("speak-ocpi-from-your-own-code.md"), page)
        app["shelf"].us = EMSP
        server = Server(
            app["shelf"], page["us"], f"http://127.0.0.1:{own_port}/ocpi", page["clock"], allow_loopback=True
        )
        own_door.put(Starlette(routes=server.routes()))
        versions = f"http://127.0.0.1:{port}/ocpi/versions"
        token = await page["introduce"](versions, town["token"], server.versions_url, app["token"])
        await page["look_around"](versions, token)
        said = capsys.readouterr().out.splitlines()
        assert said == ["Registered with A town's own stations", "We speak OCPI 2.3.0", "LOC1 Harbour with 2 EVSEs"]
        assert (Token, EMSP, token_key("RFID", "04A1B2C3D4")) in town["shelf"].things
        await server.close()
        await town["server"].close()


@pytest.mark.parametrize("role", [Role.CPO, Role.EMSP])
@pytest.mark.parametrize("version", list(VERSIONS))
async def test_what_is_built_on_a_shelf_is_ocpi(version: str, role: Role, clock: SetClock) -> None:
    async with served(role, clock) as (shelf, versions_url), listening("127.0.0.1", 0) as (door, port):
        for number in range(3):
            at = clock.advance(timedelta(minutes=1))
            shelf.put(things.location(f"LOC{number}", CPO, evses=(things.evse(f"EVSE{number}"),), last_updated=at))
            shelf.put(things.tariff(f"T{number}", CPO, last_updated=at))
            shelf.put(things.token(f"CARD{number}", EMSP, last_updated=at))
        order = Order(
            versions_url=versions_url,
            token=shelf.invite("tester"),
            our_role="EMSP" if role is Role.CPO else "CPO",
            version=version,
        )
        record = await run(order, f"http://127.0.0.1:{port}", clock, door.put)
    verdicts = judged(record)
    assert {one.requirement.id: one.reason for one in verdicts if one.outcome is Outcome.FAIL} == {}
    assert sum(one.outcome is Outcome.PASS for one in verdicts) > 100


async def test_a_client_reads_every_page_once_and_the_location_that_it_wants(clock: SetClock) -> None:
    async with served(Role.CPO, clock) as (shelf, versions_url):
        for number in range(7):
            shelf.put(things.location(f"LOC{number}", CPO, last_updated=clock.advance(timedelta(minutes=1))))
        token = await met(shelf, versions_url, clock)
        async with connected(versions_url, token, us(EMSP, Role.EMSP), clock, allow_loopback=True) as partner:
            assert [one.id async for one in partner.all(Location, limit=3)] == [f"LOC{number}" for number in range(7)]
            since = clock.now() - timedelta(minutes=1)
            assert [one.id async for one in partner.all(Location, date_from=since)] == ["LOC5", "LOC6"]
            assert (await partner.fetch(Location, "loc3")).id == "LOC3"
            with pytest.raises(PartnerRefused, match="No Location 'LOC9' is known here"):
                await partner.fetch(Location, "LOC9")


async def test_a_client_tells_changes_and_takes_back_what_is_its_own(clock: SetClock) -> None:
    async with served(Role.EMSP, clock) as (shelf, versions_url):
        token = await met(shelf, versions_url, clock, role=Role.CPO)
        place = things.location("LOC1", CPO, last_updated=clock.now())
        tariff = things.tariff("T1", CPO, last_updated=clock.now())
        async with connected(versions_url, token, us(CPO, Role.CPO), clock, allow_loopback=True) as partner:
            await partner.tell(place)
            await partner.tell(tariff)
            at = clock.advance(timedelta(minutes=1))
            change = {"status": "OUTOFORDER", "last_updated": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
            await partner.change(Location, CPO, ("LOC1", place.evses[0].uid), change)
            kept = shelf.things[Location, CPO, "loc1"]
            assert kept.evses[0].status is Status.OUTOFORDER
            assert kept.last_updated == at.replace(microsecond=0)
            await partner.withdraw(Tariff, CPO, "T1")
            assert (Tariff, CPO, "t1") not in shelf.things
            with pytest.raises(PartnerRefused):
                await partner.tell(replace(place, owner=EMSP))


async def test_who_takes_no_commands_says_so_in_the_words_of_commands() -> None:
    """CMD-021: and of no charge, that there is none."""
    stop = StopSession(response_url="https://they.example/1", session_id="S1")
    cancel = CancelReservation(response_url="https://they.example/2", reservation_id="R1")
    said = [(await Storage().take(Peer(id="they"), one)).result for one in (stop, cancel)]
    assert said == [Verdict.UNKNOWN_SESSION, Verdict.NOT_SUPPORTED]


async def test_a_client_deals_with_an_installation_of_ours(pair: Pair) -> None:
    """It knows our token and shows it; what it tells is heard as any partner's words are."""
    cpo, emsp = pair
    async with cpo.database.unit() as unit:
        (connection,) = await partners.connections(unit, cpo.holder)
    token = await emsp.clients.token_for(await emsp.connection())
    who = us(emsp.holder, Role.EMSP)
    async with connected(cpo.settings.versions_url, token, who, cpo.database.clock, allow_loopback=True) as partner:
        assert partner.version.number == connection.version
        card = things.token("CARD7", emsp.holder, last_updated=cpo.database.clock.now())
        await partner.tell(card)
    async with cpo.database.unit() as unit:
        heard = await unit.fetch("select uid_key from token where owner = $1", str(emsp.holder))
    assert [row["uid_key"] for row in heard] == ["card7"]


async def met(shelf: Any, versions_url: str, clock: SetClock, role: Role = Role.EMSP) -> str:
    """The token that a partner of the shelf shows after it registered, with a side of its own."""
    async with served(role, clock) as (own, own_url):
        known: Known = await registered(
            versions_url,
            shelf.invite("them"),
            us(own.us, role),
            clock,
            our_versions_url=own_url,
            our_token=own.invite("the other"),
            allow_loopback=True,
        )
    return known.credentials.token
