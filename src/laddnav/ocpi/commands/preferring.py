"""What a driver of ours wants of a charge at a partner's, said to the CPO while it goes on."""

from __future__ import annotations

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands.asked import connected_to
from laddnav.ocpi.sides import SENDER
from laddnav.ocpi.wire import envelope
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.sessions.actions import preferring
from laddnav.sessions.model import Preferences, PreferencesAnswer
from laddnav.sessions.preferred import Answered


async def prefer(
    database: Database, clients: Clients, holder: PartyId, *, owner: PartyId, session_id: str, wants: Preferences
) -> PreferencesAnswer:
    """The answer comes at once, for the CPO only promises to try (OCPI 2.2.1 mod_sessions_cpo_put_method).

    Raises NotConnectedTo, NotOffered, Unreadable, and what a call raises.
    """
    async with database.unit() as unit:
        connection = await connected_to(unit, holder, owner)
    partner = await clients.to(connection)
    url = joined(partner.endpoint(Module.SESSIONS, SENDER), session_id, "charging_preferences")
    body = VERSIONS[connection.version].codecs[Preferences].encode(wants)
    reply = await partner.call("PUT", url, body, to=owner)
    said = parsed(envelope.single(reply.answer.data))
    if said not in set(PreferencesAnswer):
        raise Unreadable(f"{str(said)[:40]!r} is no ChargingPreferencesResponse - at `$.data`")
    answer = PreferencesAnswer(said)
    if answer is PreferencesAnswer.ACCEPTED:
        async with database.unit() as unit:
            await preferring.partner_accepted(unit, holder, owner, session_id, wants)
    return answer


def as_kept(answer: PreferencesAnswer) -> Answered:
    """A CPO keeps what it accepts, and nothing else."""
    return Answered(answer=answer, kept=answer is PreferencesAnswer.ACCEPTED)
