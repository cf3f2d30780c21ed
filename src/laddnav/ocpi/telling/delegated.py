"""As eMSP: what CPOs tell us of charges of our drivers is told on to whoever limits these for us, in the CPO's name.

OCPI 2.2.1 mod_charging_profiles_toplogies_emsp_scspp. Under an id of ours: they name a Session by nothing else, and
two CPOs may have the same one.
"""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi import store
from laddnav.ocpi.model import Connection, Delivery, Message
from laddnav.ocpi.rules import delegates
from laddnav.ocpi.sides import RECEIVER, SENDER
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.scheduling.model import ActiveChargingProfile
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionEvent
from laddnav.sessions.model import Session
from laddnav.sessions.rules import UnknownSession

DELEGATED = (Module.SESSIONS, Module.CHARGING_PROFILES)


async def their_session(unit: Unit, connection: Connection, ref: str, *, lock: bool = False) -> Session:
    """A charge that they may hear of: of a driver of ours, with a partner. Raises UnknownSession."""
    session = await sessions.by_ref(unit, ref)
    ours = session.holder == connection.holder == session.token.owner != session.owner
    if not ours or not delegates(connection):
        raise UnknownSession(ref)
    return await sessions.fetch(unit, session.holder, session.owner, session.id, lock=True) if lock else session


def words_of(session: Session, version: Version) -> bytes:
    """As we understand it, for what else its CPO said may be about the driver. Raises Unsayable."""
    return version.codecs[Session].encode(replace(session, id=session.ref))


async def push_session(database: Database, changed: SessionEvent) -> None:
    """Whoever limits charges of our drivers hears how one of them goes that a CPO told us of."""
    async with database.unit() as unit:
        known = await store.connections.registered(unit, changed.holder)
        told = [one for one in known if delegates(one) and one.endpoint(Module.SESSIONS, RECEIVER) is not None]
        owner = PartyId.parse(changed.owner)
        session = await sessions.find(unit, changed.holder, owner, changed.session_id) if told else None
        if session is None or session.token.owner != session.holder:
            return
        for one in told:
            store.deliveries.queue_news(unit, one, Module.SESSIONS, session.ref, "PUT")
    database.wake()


def is_delegated(connection: Connection, delivery: Delivery) -> bool:
    return connection.our_role is Role.EMSP and delivery.module in DELEGATED and delivery.body is None


async def message_of(unit: Unit, connection: Connection, delivery: Delivery) -> Message | None:
    """None where there is nothing to say any more, or not to them. Raises Unsayable."""
    try:
        session = await their_session(unit, connection, delivery.object_key)
    except UnknownSession:
        return None
    version, owner = VERSIONS[connection.version], session.owner
    if delivery.module is Module.SESSIONS:
        endpoint = connection.endpoint(Module.SESSIONS, RECEIVER)
        url = endpoint and joined(endpoint, owner.country, owner.party, session.ref)
        return Message(method="PUT", url=url, body=words_of(session, version)) if url else None
    endpoint, active = connection.endpoint(Module.CHARGING_PROFILES, SENDER), session.active_profile
    if endpoint is None or active is None:
        return None
    body = version.codecs[ActiveChargingProfile].encode(active)
    return Message(method="PUT", url=joined(endpoint, session.ref), body=body)
