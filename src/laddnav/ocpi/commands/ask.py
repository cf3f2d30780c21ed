"""Asks the eMSP of a Token in real time whether it may charge (OCPI 2.2.1 mod_tokens_real-time_authorization)."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import structlog
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.locations import actions as locations
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import PartnerRefused
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.deviations import uids
from laddnav.ocpi.endpoints.call import hearing
from laddnav.ocpi.endpoints.heard import readable
from laddnav.ocpi.model import Connection
from laddnav.ocpi.rules import owner_among, way_to
from laddnav.ocpi.sides import OFFERED, RECEIVER, SENDER
from laddnav.ocpi.wire import envelope
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined, with_query
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.tokens.model import Allowed, Authorization, LocationReferences, Token, TokenType

log = structlog.get_logger()


class Asker:
    """Satisfies `tokens.actions.Asker`; holds no Unit while it waits for a partner."""

    def __init__(self, database: Database, clients: Clients) -> None:
        self._database = database
        self._clients = clients

    async def __call__(
        self, holder: PartyId, token: Token | None, uid: str, where: LocationReferences | None
    ) -> Authorization | None:
        """None: nobody could be reached, or nobody knows the Token; of one that we were never told of, all are asked.

        All at once, for a driver waits; the first yes is it, for some say no to whatever they do not know.
        """
        async with self._database.unit() as unit:
            ways = [
                one
                for one in await store.connections.connected(unit, holder)
                if (Module.TOKENS, RECEIVER) in OFFERED[one.our_role]
                and one.endpoint(Module.TOKENS, SENDER) is not None
            ]
        if token is None:
            to_ask = [(one, party) for one in ways for party in one.counterparts]
        else:
            way = way_to(token.owner, ways)
            to_ask = [] if way is None or token.owner in way.away else [(way, token.owner)]
        asking = [asyncio.ensure_future(self._asked(one, party, token, uid, where)) for one, party in to_ask]
        no: Authorization | None = None
        try:
            for answer in asyncio.as_completed(asking):
                said = await answer
                if said is not None and said.allowed is Allowed.ALLOWED:
                    return said
                no = no or said
            return no
        finally:
            for one in asking:
                one.cancel()

    async def _asked(
        self, connection: Connection, to: PartyId, token: Token | None, uid: str, where: LocationReferences | None
    ) -> Authorization | None:
        version = VERSIONS[connection.version]
        codecs = version.codecs
        type = TokenType.RFID.value if token is None else version.token_type(token.type)
        try:
            partner = await self._clients.to(connection)
            said_as = uids.said(uid, connection.policy.objects.uids) if type == TokenType.RFID else uid
            url = with_query(
                joined(partner.endpoint(Module.TOKENS, SENDER), said_as, "authorize"), urlencode({"type": type})
            )
            if where is not None and connection.policy.calls.one_evse:
                where = await self._at_one_evse(connection.holder, where)
            reply = await partner.call(
                "POST",
                url,
                None if where is None else codecs[LocationReferences].encode(where),
                to=to,
                open=token is None,
                within=self._clients.settings.authorize_within,
            )
            body = readable(connection, envelope.single(reply.answer.data))
            said = codecs[Authorization].decode(body, hearing(connection))
            if said.token is not None:
                owner_among(connection, said.token.owner)  # who pays is nobody's to say of somebody else
        except PartnerRefused as refused:
            if refused.http == 404 or refused.status == envelope.StatusCode.UNKNOWN_TOKEN:
                # It is up, and says that it has no such Token: that is an answer, and no.
                return None if token is None else Authorization(allowed=Allowed.NOT_ALLOWED, token=token, asked=True)
            log.warning("authorization_refused", connection=connection.id, error=str(refused))
            return None
        except (Trouble, Refusal, Unreadable) as error:
            log.warning("authorization_not_reached", connection=connection.id, error=str(error))
            return None
        if said.reference is None and said.allowed is Allowed.ALLOWED and connection.policy.calls.own_reference:
            said = replace(said, reference=self._database.clock.new_id())
        return said if said.token is not None else replace(said, token=token)

    async def _at_one_evse(self, holder: PartyId, where: LocationReferences) -> LocationReferences:
        """The first of several; where the driver has not come to one yet, the first of the Location stands for it."""
        evses = where.evse_uids
        if not evses:
            async with self._database.unit() as unit:
                location = await locations.find(unit, holder, holder, where.location_id)
            evses = () if location is None else tuple(evse.uid for evse in location.evses)
        return replace(where, evse_uids=evses[:1], connector_ids=where.connector_ids if len(evses) == 1 else ())
