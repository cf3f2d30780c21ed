"""Credentials: how a partner comes, changes and goes (OCPI 2.2.1 credentials_credentials_endpoint)."""

from __future__ import annotations

from laddnav.db.unit import Database, Unit
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi.calls.calling import PartnerRefused
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.calls.guard import ForbiddenAddress
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.ourselves import credentials_of, words_of
from laddnav.ocpi.endpoints.call import DONE, Beyond, Call, Reply, Table, Within
from laddnav.ocpi.wire.handshake import Credentials, Step


class CannotUseYou(Refusal):
    """What the partner's credentials lead to cannot be used (OCPI 2.2.1 credentials_errors_during_registration)."""


async def get(unit: Unit, call: Call) -> Reply:
    """The token in it is the one that the caller has just shown."""
    said = await credentials_of(unit, call.settings, call.ours, call.token)
    return Reply(data=words_of(call.connection, call.version, said))


async def post(database: Database, clients: Clients, call: Call) -> Reply:
    return await _accepted(database, clients, call, Step.THEY_POST)


async def put(database: Database, clients: Clients, call: Call) -> Reply:
    """A PUT at another version moves the connection to that version."""
    return await _accepted(database, clients, call, Step.THEY_PUT)


async def delete(unit: Unit, call: Call) -> Reply:
    await partners.leave(unit, call.connection, Step.THEY_DELETE)
    return DONE


async def _accepted(database: Database, clients: Clients, call: Call, step: Step) -> Reply:
    said = call.codec(Credentials).decode(call.body, call.hearing())
    try:
        ours = await partners.accept(database, clients, call.connection, call.version, said, step)
    except (Trouble, PartnerRefused, ForbiddenAddress, Unreadable) as error:
        raise CannotUseYou(f"Your endpoints cannot be used: {error}") from error
    database.wake()
    return Reply(data=words_of(call.connection, call.version, ours))


TABLE: Table = {
    ("GET", 0): Within(get, several=True),
    ("POST", 0): Beyond(post, several=True),
    ("PUT", 0): Beyond(put, several=True),
    ("DELETE", 0): Within(delete, several=True),
}
