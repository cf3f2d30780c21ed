"""Sessions: as CPO we say how a charge goes, as eMSP we hear it (OCPI 2.2.1 mod_sessions_sessions_module)."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.ocpi.endpoints import drivers, lists
from laddnav.ocpi.endpoints.call import Call, Reply, Table, Within, kept
from laddnav.ocpi.endpoints.heard import Subject
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Module
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import preferring
from laddnav.sessions.model import Preferences, Session, Voice
from laddnav.sessions.rules import AlreadyEnded, UnknownSession


async def keep(unit: Unit, _: PartyId, session: Session) -> bool:
    """With the Token that it names, where we know that."""
    token = await drivers.found(unit, session.token)
    return await sessions.hear(unit, session if token is session.token else replace(session, token=token))


SUBJECT = Subject(
    module=Module.SESSIONS,
    kind=Session,
    field="id",
    id=lambda session: session.id,
    key=lambda session: fold(session.id),
    owner=lambda session: session.owner,
    last_updated=lambda session: session.last_updated,
    keep=keep,
    unknown=UnknownSession,
)


async def listed(unit: Unit, call: Call) -> Reply:
    """Only those of the partner's Tokens, and only since a given moment (OCPI 2.2.1 mod_sessions_cpo_get_method)."""
    page = lists.asked(call)
    if page.date_from is None:
        raise Unreadable("date_from is required")
    return await lists.listed(unit, call, Module.SESSIONS, page)


async def prefer(unit: Unit, call: Call) -> Reply:
    """Only a charge that goes on, and only for the eMSP of its driver. Raises UnknownSession, NoPreferences."""
    id, what = call.segments
    session = await sessions.fetch(unit, call.holder, call.holder, id)
    if what != "charging_preferences" or session.token.owner not in call.connection.parties:
        raise UnknownSession(id)
    wants = call.codec(Preferences).decode(call.body, call.hearing())
    try:
        answered = await preferring.prefer(unit, call.holder, session.id, wants, by=Voice.APP)
    except AlreadyEnded as over:
        raise UnknownSession(id) from over
    return Reply(data=encoded(answered.answer))


async def get(unit: Unit, call: Call) -> Reply:
    id = call.segments[2]
    return Reply(data=await SUBJECT.get(unit, call, id, fold(id)))


async def put(unit: Unit, call: Call) -> Reply:
    return kept(new=await SUBJECT.put(unit, call, call.segments[2]))


async def patch(unit: Unit, call: Call) -> Reply:
    """Periods are added (OCPI 2.2.1 mod_sessions_patch_method); the codec does that."""
    await SUBJECT.patch(unit, call, call.segments[2], fold(call.segments[2]))
    return kept(new=False)


SENDER: Table = {("GET", 0): Within(listed, several=True), ("PUT", 2): Within(prefer, lambda version: version.prefers)}
RECEIVER: Table = {
    ("GET", 3): Within(get),
    ("PUT", 3): Within(put, shares=True),
    ("PATCH", 3): Within(patch, shares=True),
}
