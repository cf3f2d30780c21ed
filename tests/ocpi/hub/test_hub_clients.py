"""Who is behind a hub: the hub tells it and looks whether they live, everybody else hears it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi import store
from laddnav.ocpi.commands import commands
from laddnav.ocpi.commands.ask import Asker
from laddnav.ocpi.commands.asked import NotConnectedTo, connected_to
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations.policy import Policy, Pushes
from laddnav.ocpi.events import ConnectionChanged
from laddnav.ocpi.hub import clients
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire.clients import ClientInfo, ClientStatus, standing
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import CredentialsRole, Endpoint, Interface, State, Step
from laddnav.parties.model import Role
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation, befriended, installed, introduced, stranger
from tests.ocpi.peer import peer, said
from tests.ocpi.wording import words

HUB = PartyId("DE", "HUB")


@pytest.fixture
async def hub(other_database_url: str, clock: SetClock) -> AsyncIterator[Installation]:
    async with installed(other_database_url, clock, HUB, Role.HUB) as one:
        yield one


async def joined(hub: Installation, *roles: Role) -> tuple[str, str]:
    """(token, id of the connection) of an eMSP that registers with the hub."""
    business = BusinessDetails("An eMSP")
    said = tuple(CredentialsRole(role=role, party=EMSP, business=business) for role in roles or (Role.EMSP,))
    token = await befriended(hub, EMSP, Role.EMSP, roles=said)
    async with hub.database.unit() as unit:
        (one,) = [one for one in await partners.connections(unit, HUB) if EMSP in one.parties]
        store.connections.update(
            unit, replace(one, versions_url="http://127.0.0.1:9/ocpi/versions", registered_at=unit.now)
        )
        unit.announce(ConnectionChanged(holder=HUB, connection_id=one.id))
    await hub.settle()
    return token, one.id


async def told(cpo: Installation, party: PartyId = EMSP) -> list[tuple[Role, ClientStatus]]:
    async with cpo.database.unit() as unit:
        behind = await clients.behind(unit, await cpo.connection())
    return [(one.role, one.status) for one in behind if one.party == party]


# As hub ---------------------------------------------------------------------------------------------------------------


async def test_who_comes_goes_and_falls_silent_is_told_to_the_others(
    hub: Installation, cpo: Installation, clock: SetClock
) -> None:
    """HCI-002, HCI-007, HCI-008, HCI-014, HCI-017: pushed as it happens, in each role, and never deleted."""
    await introduced(hub, cpo)
    _, id = await joined(hub, Role.EMSP, Role.NSP)
    assert await told(cpo) == [(Role.EMSP, ClientStatus.CONNECTED), (Role.NSP, ClientStatus.CONNECTED)]

    clock.advance(timedelta(minutes=4))
    assert await clients.look_after_clients(hub.database, hub.clients) == 0
    clock.advance(timedelta(minutes=2))
    assert await clients.look_after_clients(hub.database, hub.clients) == 2
    await hub.settle()
    assert {status for _, status in await told(cpo)} == {ClientStatus.OFFLINE}
    async with hub.database.unit() as unit:
        behind = {one.party: one.status for one in await clients.behind(unit, await _to(hub, CPO))}
    assert behind[CPO] is ClientStatus.CONNECTED
    assert await clients.look_after_clients(hub.database, hub.clients) == 1  # who answered is not asked again

    async with hub.database.unit() as unit:
        await partners.leave(unit, await partners.fetch(unit, id), Step.WE_REMOVE)
    await hub.settle()
    assert {status for _, status in await told(cpo)} == {ClientStatus.SUSPENDED}
    await cpo.clients.journal.flush()
    async with cpo.database.unit() as unit:
        exchanges = await partners.exchanges(unit, await cpo.connection())
    assert any("hubclientinfo" in one.url for one in exchanges)


async def test_who_wants_everything_in_its_order_hears_of_each_change(hub: Installation, clock: SetClock) -> None:
    """HCI-014, HCI-015: as it was when it happened; nothing newer overtakes what was refused."""
    _, id = await joined(hub)

    async def changed(state: State) -> None:
        clock.advance(timedelta(minutes=1))
        async with hub.database.unit() as unit:
            store.connections.update(unit, replace(await partners.fetch(unit, id), state=state))
            unit.announce(ConnectionChanged(holder=HUB, connection_id=id))
        await hub.settle()

    async with peer() as strict:
        info = Endpoint(identifier="hubclientinfo", role=Interface.RECEIVER, url=f"{strict.url}/info")
        await befriended(hub, CPO, Role.CPO, endpoints=(info,))
        async with hub.database.unit() as unit:
            they = next(one for one in await partners.connections(unit, HUB) if CPO in one.parties)
            store.connections.update(unit, replace(they, policy=Policy(pushes=Pushes(in_order=True))))
        strict.answers["/info/NL/TNM"] = said(200, 2000)
        for state in (State.SUSPENDED, State.CONNECTED, State.SUSPENDED):
            await changed(state)
        assert {one.body["status"] for one in strict.asked} == {"OFFLINE"}
        strict.answers["/info/NL/TNM"] = {}
        strict.asked.clear()
        clock.advance(timedelta(hours=1))
        await hub.settle()
        assert [one.body["status"] for one in strict.asked] == ["OFFLINE", "CONNECTED", "OFFLINE"]


async def test_how_long_a_client_is_left_alone_does_not_end_with_a_look(hub: Installation, clock: SetClock) -> None:
    """That its versions can be asked for says nothing about its pushes, which are trouble; nor that they cannot."""
    _, id = await joined(hub)

    async def after_a_look(url: str, troubles: int) -> Connection:
        clock.advance(timedelta(minutes=6))
        async with hub.database.unit() as unit:
            line, rests_until = (await partners.fetch(unit, id)).line, unit.now + timedelta(minutes=20)
            for _ in range(troubles):
                store.lines.troubled(unit, line, rests_until, "HTTP 500")
            await unit.execute("update ocpi_line set versions_url = $1, retry_at = $2", url, rests_until)
        assert await clients.look_after_clients(hub.database, hub.clients) == 1
        async with hub.database.unit() as unit:
            after = await partners.fetch(unit, id)
        assert after.retry_at in (None, rests_until)
        return after

    assert (await after_a_look("http://127.0.0.1:9/ocpi/versions", 0)).retry_at
    async with peer() as one:
        well = await after_a_look(one.versions_url, 0)
        assert (well.retry_at, well.failures, well.last_error) == (None, 0, None)
        tired = await after_a_look(one.versions_url, 2)
        assert tired.retry_at and (tired.troubles, tired.last_error) == (2, "HTTP 500")


async def test_a_newcomer_fetches_the_list(hub: Installation, cpo: Installation) -> None:
    """HCI-001, HCI-016: once, when it registers."""
    await joined(hub)
    await introduced(hub, cpo)
    await cpo.pull()
    assert await told(cpo) == [(Role.EMSP, ClientStatus.CONNECTED)]


async def test_what_is_between_hub_and_platform_names_no_parties_in_its_headers(hub: Installation) -> None:
    """HCI-002, HCI-015: where a client is told of, its party is in the URL."""
    async with peer() as they:
        takes = Endpoint(identifier="hubclientinfo", role=Interface.RECEIVER, url=f"{they.url}/clients")
        await befriended(hub, CPO, Role.CPO, endpoints=(takes,))
        they.otherwise = said(200, 1000)
        await joined(hub)
        told = they.last("PUT", "/clients/NL/TNM")
    assert (told.body["role"], told.body["status"]) == ("EMSP", "CONNECTED")
    assert not [name for name in told.headers if name.startswith("ocpi-")]


async def test_the_list_has_pages_and_dates(hub: Installation, cpo: Installation, clock: SetClock) -> None:
    """HCI-001, HCI-005, HCI-006, HCI-015, HCI-018: and only GET is there."""
    await introduced(hub, cpo)
    await hub.settle()
    clock.advance(timedelta(minutes=1))
    token, _ = await joined(hub)
    url = f"{hub.url}/ocpi/hub/2.2.1/hubclientinfo"
    async with stranger(token) as ask:
        whole = await ask("GET", f"{url}?limit=1")
        assert (whole.headers["x-total-count"], len(whole.data)) == ("2", 1)
        assert "ocpi-to-party-id" not in whole.headers
        later = await ask("GET", f"{url}?date_from=2026-11-23T08:01:00Z")
        assert later.data == [
            {
                "country_code": "NL",
                "party_id": "TNM",
                "role": "EMSP",
                "status": "CONNECTED",
                "last_updated": "2026-11-23T08:01:00Z",
            }
        ]
        sooner = await ask("GET", f"{url}?date_from=2026-11-23T08:00:00Z&date_to=2026-11-23T08:01:00Z")
        assert [one["party_id"] for one in sooner.data] == ["LAD"]
        for method in ("PUT", "POST", "PATCH", "DELETE"):
            assert (await ask(method, url, b"{}")).http == 405


@pytest.mark.parametrize(
    ("state", "reachable", "status"),
    [
        (State.INVITED, True, ClientStatus.PLANNED),
        (State.REGISTERING, True, ClientStatus.PLANNED),
        (State.CONNECTED, True, ClientStatus.CONNECTED),
        (State.CONNECTED, False, ClientStatus.OFFLINE),
        (State.SUSPENDED, True, ClientStatus.OFFLINE),
        (State.REMOVED, False, ClientStatus.SUSPENDED),
    ],
)
def test_a_connection_is_told_in_four_words(state: State, reachable: bool, status: ClientStatus) -> None:
    """HCI-007, HCI-008, HCI-009: what we hold back for a while may come again, what is removed never does."""
    assert standing(state, reachable=reachable) is status


# As anybody else ------------------------------------------------------------------------------------------------------


def client(**changes: Any) -> bytes:
    said = {
        "country_code": "DE",
        "party_id": "8AC",
        "role": "CPO",
        "status": "PLANNED",
        "last_updated": "2026-11-23T08:00:00Z",
    }
    return encoded({name: value for name, value in (said | changes).items() if value is not ...})


@pytest.fixture
async def by_hub(cpo: Installation) -> AsyncIterator[Ask]:
    """How somebody else's hub asks our CPO."""
    async with stranger(await befriended(cpo, HUB, Role.HUB)) as ask:
        yield ask


async def test_what_a_hub_tells_is_kept_and_can_be_read_back(by_hub: Ask, cpo: Installation) -> None:
    """HCI-003, HCI-004, HCI-006, HCI-010, HCI-017: the newest word on each party and role; their Tokens are taken."""
    url = f"{cpo.url}/ocpi/cpo/2.2.1/hubclientinfo/de/8ac"
    assert (await by_hub("GET", url)).both == (404, 2000)
    assert (await by_hub("PUT", url, client())).both == (201, 1000)
    newer = client(status="CONNECTED", last_updated="2026-11-23T09:00:00Z")
    assert (await by_hub("PUT", url, newer)).both == (200, 1000)
    assert (await by_hub("PUT", url, client(status="OFFLINE"))).both == (200, 1000)
    back = await by_hub("GET", url)
    assert (back.data["status"], back.data["last_updated"]) == ("CONNECTED", "2026-11-23T09:00:00Z")
    assert (await by_hub("PUT", url, client(role="EMSP"))).both == (201, 1000)
    async with cpo.database.unit() as unit:
        behind = await clients.behind(unit, await cpo.connection())
    assert [(one.role, one.status) for one in behind] == [
        (Role.CPO, ClientStatus.CONNECTED),
        (Role.EMSP, ClientStatus.PLANNED),
    ]
    for method in ("POST", "PATCH", "DELETE"):
        assert (await by_hub(method, url, b"{}")).http == 405
    for party, both in ((PartyId("DE", "8AC"), (201, 1000)), (PartyId("DE", "9AC"), (404, 2001))):
        card = f"{cpo.url}/ocpi/cpo/2.2.1/tokens/{party.country}/{party.party}/CARD1"
        assert (await by_hub("PUT", card, encoded(words(things.token("CARD1", party))))).both == both


@pytest.mark.parametrize(
    "changes",
    [{"last_updated": ...}, {"status": "AWAY"}, {"role": "KING"}, {"party_id": "OTH"}, {"country_code": "Germany"}],
)
async def test_what_is_no_client_is_2001(by_hub: Ask, cpo: Installation, changes: dict[str, Any]) -> None:
    """HCI-003, HCI-006, HCI-007."""
    url = f"{cpo.url}/ocpi/cpo/2.2.1/hubclientinfo/DE/8AC"
    assert (await by_hub("PUT", url, client(**changes))).both == (200, 2001)


@pytest.mark.parametrize("status", [ClientStatus.OFFLINE, ClientStatus.PLANNED, ClientStatus.SUSPENDED])
async def test_nothing_is_asked_of_whom_the_hub_cannot_reach(emsp: Installation, status: ClientStatus) -> None:
    """HCI-010, HCI-012, HCI-013: until it says that the party is there again."""
    business = BusinessDetails("Behind a hub")
    roles = tuple(CredentialsRole(role=Role.CPO, party=party, business=business) for party in (HUB, CPO))
    await befriended(emsp, HUB, Role.HUB, roles=roles)
    async with emsp.database.unit() as unit:
        connection = await emsp.connection()
        away = ClientInfo(party=CPO, role=Role.CPO, status=status, last_updated=unit.now)
        await clients.hear(unit, connection, away)
    with pytest.raises(NotConnectedTo):
        await commands.start_session(
            emsp.database, emsp.clients, EMSP, token=things.token("T", EMSP), owner=CPO, location_id="LOC1"
        )
    async with emsp.database.unit() as unit:
        assert (await connected_to(unit, EMSP, HUB)).hub == HUB
        await clients.hear(unit, connection, replace(away, status=ClientStatus.CONNECTED))
        assert (await connected_to(unit, EMSP, CPO)).hub == HUB


async def test_a_driver_whose_emsp_the_hub_cannot_reach_is_judged_offline(cpo: Installation) -> None:
    """Without a request that could only fail."""
    business = BusinessDetails("Behind a hub")
    roles = tuple(CredentialsRole(role=Role.EMSP, party=party, business=business) for party in (HUB, EMSP))
    tokens = Endpoint(identifier="tokens", role=Interface.SENDER, url="http://127.0.0.1:9/tokens")
    await befriended(cpo, HUB, Role.HUB, roles=roles, endpoints=(tokens,))
    driver = things.token("T", EMSP)
    for status, asked in ((ClientStatus.OFFLINE, 0), (ClientStatus.CONNECTED, 1)):
        async with cpo.database.unit() as unit:
            told = ClientInfo(party=EMSP, role=Role.EMSP, status=status, last_updated=unit.now)
            await clients.hear(unit, await cpo.connection(), told)
        assert await Asker(cpo.database, cpo.clients)(CPO, driver, "T", None) is None
        await cpo.clients.journal.flush()
        async with cpo.database.unit() as unit:
            assert len(await partners.exchanges(unit, await cpo.connection())) == asked


async def _to(hub: Installation, party: PartyId) -> Connection:
    async with hub.database.unit() as unit:
        return next(one for one in await partners.connections(unit, HUB) if party in one.parties)
