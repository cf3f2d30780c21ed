"""What an eMSP serves to whoever limits its drivers' charges for it: their Sessions, and limits, passed on to the CPO.

OCPI 2.2.1 mod_charging_profiles_toplogies_emsp_scspp.
"""

from __future__ import annotations

from laddnav.db.unit import Database, Unit
from laddnav.kit.json import Unreadable
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import delegated, limited
from laddnav.ocpi.commands.delegated import Ask
from laddnav.ocpi.commands.limited import Limited
from laddnav.ocpi.endpoints import lists
from laddnav.ocpi.endpoints.call import Beyond, Call, Reply, Table, Within
from laddnav.ocpi.endpoints.heard import speakable
from laddnav.ocpi.endpoints.profiles import duration, reply, response_url, wanted
from laddnav.ocpi.rules import NotAmongThem, delegates
from laddnav.ocpi.telling.delegated import words_of
from laddnav.ocpi.wire import envelope, paging
from laddnav.ocpi.wire.codec import Unsayable
from laddnav.ocpi.wire.profiles import ProfileRequest
from laddnav.ocpi.wire.version import Version
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session


async def listed(unit: Unit, call: Call) -> Reply:
    """In the order in which we first heard of them; what a version has no words for is left out of the page."""
    _only_by_contract(call)
    page = lists.asked(call)
    if page.date_from is None:
        raise Unreadable("date_from is required")
    total, found = await sessions.of_our_drivers(
        unit, call.holder, page.date_from, page.date_to, page.offset, page.limit
    )
    said = [speakable(call.connection, words) for one in found if (words := _said(one, call.version)) is not None]
    headers = paging.headers(call.url, page, len(found), total, call.connection.policy.lists.gives)
    return Reply(data=envelope.listed(said), headers=headers)


async def get(database: Database, clients: Clients, call: Call) -> Reply:
    """Raises Unreadable, ForbiddenAddress."""
    length = duration(call)

    async def ask(session: Session, id: str) -> Limited:
        return await limited.active_profile(
            database,
            clients,
            session.holder,
            owner=session.owner,
            session_id=session.id,
            duration=length,
            asked_for=id,
        )

    return await _passed_on(database, call, ProfileRequest.TELL, response_url(call), ask)


async def put(database: Database, clients: Clients, call: Call) -> Reply:
    """Raises Unreadable, ForbiddenAddress."""
    command = wanted(call)

    async def ask(session: Session, id: str) -> Limited:
        return await limited.set_profile(
            database,
            clients,
            session.holder,
            owner=session.owner,
            session_id=session.id,
            profile=command.profile,
            by=call.connection.party,
            asked_for=id,
        )

    return await _passed_on(database, call, ProfileRequest.SET, command.response_url, ask)


async def delete(database: Database, clients: Clients, call: Call) -> Reply:
    """Raises Unreadable, ForbiddenAddress."""

    async def ask(session: Session, id: str) -> Limited:
        return await limited.clear_profile(
            database,
            clients,
            session.holder,
            owner=session.owner,
            session_id=session.id,
            by=call.connection.party,
            asked_for=id,
        )

    return await _passed_on(database, call, ProfileRequest.CLEAR, response_url(call), ask)


async def _passed_on(database: Database, call: Call, kind: ProfileRequest, response_url: str, ask: Ask) -> Reply:
    _only_by_contract(call)
    response = await delegated.pass_on(
        database, call.connection, call.settings, kind, call.segments[0], response_url, call.body, ask
    )
    return reply(call, response)


def _only_by_contract(call: Call) -> None:
    """Somebody else on the same line has nothing to do with it, of theirs or of ours. Raises NotAmongThem."""
    if not delegates(call.connection):
        raise NotAmongThem(call.connection.party or call.holder)


def _said(session: Session, version: Version) -> bytes | None:
    try:
        return words_of(session, version)
    except Unsayable:
        return None


SESSIONS: Table = {("GET", 0): Within(listed)}
PROFILES: Table = {("GET", 1): Beyond(get), ("PUT", 1): Beyond(put), ("DELETE", 1): Beyond(delete)}
