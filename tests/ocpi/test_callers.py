"""Whoever is remembered by its token is let in by what is so now, whichever process changed it."""

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.ocpi import store
from laddnav.ocpi.callers import HEADER_MAX, hashes_of
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations.policy import Calls, Policy, Shares
from laddnav.ocpi.http import Request, request_of
from laddnav.ocpi.model import Connection, Tls
from laddnav.ocpi.seal import hash_of
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Installation, befriended, installed, stranger

TAKEN = (200, 1000)
UNRECOGNISED = (401, 2000)


def _shown(header: str) -> Request:
    scope = {"method": "GET", "path": "/ocpi/versions", "query_string": b""}
    return request_of(scope | {"headers": [(b"authorization", header.encode())]}, lambda: "new")


def test_a_header_that_is_longer_than_any_token_is_neither_read_nor_remembered() -> None:
    """What strangers send must not fill the memory."""
    assert hashes_of(_shown("Token abc")) == {hash_of("abc"): "abc"}
    assert hashes_of(_shown(f"Token {' ' * HEADER_MAX}abc")) == {}


@pytest.fixture
async def cpo(database_url: str, clock: SetClock) -> AsyncIterator[Installation]:
    async with installed(database_url, clock, CPO, Role.CPO) as cpo:
        yield cpo


@pytest.fixture
async def elsewhere(database_url: str, clock: SetClock) -> AsyncIterator[Database]:
    """Another process on the same database, of whose changes nobody tells this one."""
    database = await Database.connect(database_url, clock=clock)
    yield database
    await database.close()


async def _line(database: Database) -> Connection:
    async with database.unit() as unit:
        (connection,) = await store.connections.list_all(unit, CPO)
        return connection


async def _permitted(database: Database, policy: Policy) -> None:
    async with database.unit() as unit:
        store.connections.update(unit, replace(await _line(database), policy=policy))


async def test_what_another_process_changes_holds_with_the_next_request(cpo: Installation, elsewhere: Database) -> None:
    async with stranger(await befriended(cpo, EMSP, Role.EMSP)) as ask:
        url = f"{cpo.url}/ocpi/cpo/2.2.1/locations"
        assert (await ask("GET", url)).both == TAKEN

        await _permitted(elsewhere, Policy(shares=Shares(without=(Module.LOCATIONS,))))
        assert (await ask("GET", url)).http == 404
        await _permitted(elsewhere, Policy())
        assert (await ask("GET", url)).both == TAKEN

        connection = await _line(elsewhere)
        async with elsewhere.unit() as unit:
            await partners.suspend(unit, connection)
        assert (await ask("GET", url)).both == UNRECOGNISED
        async with elsewhere.unit() as unit:
            await partners.resume(unit, await _line(elsewhere))
        assert (await ask("GET", url)).both == TAKEN


async def test_a_list_within_a_module_is_found_whatever_was_asked_before(cpo: Installation) -> None:
    async with stranger(await befriended(cpo, EMSP, Role.EMSP)) as ask:
        for path in ("bookings", "bookings/booking_locations", "bookings"):
            assert (await ask("GET", f"{cpo.url}/ocpi/cpo/2.3.0/{path}")).both == TAKEN, path


async def test_a_token_that_gave_way_to_another_opens_nothing(cpo: Installation, elsewhere: Database) -> None:
    """The one before is good until the new one is used, and not for one request more."""
    before = await befriended(cpo, EMSP, Role.EMSP)
    url = f"{cpo.url}/ocpi/cpo/2.2.1/locations"
    async with stranger(before) as old, stranger("the-new-token") as new:
        assert (await old("GET", url)).both == TAKEN
        assert (await new("GET", url)).both == UNRECOGNISED
        line = (await _line(elsewhere)).line
        async with elsewhere.unit() as unit:
            store.lines.set_inbound(unit, line, hash_of("the-new-token"), hash_of(before))
        assert (await old("GET", url)).both == TAKEN
        assert (await new("GET", url)).both == TAKEN
        assert (await old("GET", url)).both == UNRECOGNISED
        assert (await new("GET", url)).both == TAKEN


async def test_a_token_gives_way_even_where_the_first_request_with_the_next_is_refused(
    cpo: Installation, elsewhere: Database
) -> None:
    before = await befriended(cpo, EMSP, Role.EMSP)
    url = f"{cpo.url}/ocpi/cpo/2.2.1/locations"
    async with stranger(before) as old, stranger("the-new-token") as new:
        line = (await _line(elsewhere)).line
        async with elsewhere.unit() as unit:
            store.lines.set_inbound(unit, line, hash_of("the-new-token"), hash_of(before))
        assert (await new("GET", f"{url}/nowhere")).http == 404
        assert (await new("GET", url)).both == TAKEN
        assert (await old("GET", url)).both == UNRECOGNISED


async def test_a_scheme_that_is_not_allowed_any_more_is_refused(cpo: Installation, elsewhere: Database) -> None:
    token = await befriended(cpo, EMSP, Role.EMSP)
    url = f"{cpo.url}/ocpi/cpo/2.2.1/locations"
    async with stranger(None) as ask:
        for bearer, answer in ((True, TAKEN), (False, UNRECOGNISED), (True, TAKEN)):
            await _permitted(elsewhere, Policy(calls=Calls(bearer=bearer)))
            assert (await ask("GET", url, headers={"Authorization": f"Bearer {token}"})).both == answer


async def test_certificates_that_change_are_seen_by_whoever_remembers_the_line(
    cpo: Installation, elsewhere: Database
) -> None:
    await befriended(cpo, EMSP, Role.EMSP)
    line = (await _line(elsewhere)).line
    async with cpo.database.unit() as unit:
        (before,) = await store.connections.registered(unit, CPO)
    async with elsewhere.unit() as unit:
        store.tls.put(unit, line, Tls(trusted="somebody"), None)
    async with cpo.database.unit() as unit:
        (after,) = await store.connections.registered(unit, CPO)
    assert before.tls_changed_at is None and after.tls_changed_at is not None
