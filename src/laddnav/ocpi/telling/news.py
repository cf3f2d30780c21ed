"""What there is to tell a partner now: one request, made of what is true when it is made."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import lru_cache
from urllib.parse import urlencode

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Trouble
from laddnav.locations import actions as locations
from laddnav.ocpi import store
from laddnav.ocpi.deviations import demands, uids
from laddnav.ocpi.endpoints.heard import part, speakable
from laddnav.ocpi.hub import broadcast
from laddnav.ocpi.model import Connection, Delivery, Message
from laddnav.ocpi.payments import terminals
from laddnav.ocpi.sides import ASKED_ONLY, FOR_ALL, RECEIVER, SENDER
from laddnav.ocpi.telling import collected, delegated, words
from laddnav.ocpi.wire.codec import Unsayable, encoded, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined, with_query
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.scheduling.model import ActiveChargingProfile
from laddnav.sessions import actions as sessions
from laddnav.tariffs import actions as tariffs
from laddnav.tokens.model import TokenType


class StillOffered(Trouble):
    """A Tariff is taken back when no Connector has it any more (OCPI 2.2.1 mod_tariffs_delete_method)."""

    def __init__(self, tariff_id: str, location_id: str) -> None:
        super().__init__(f"Tariff {tariff_id!r} is still offered at Location {location_id!r}; take it off there first")


async def message_of(unit: Unit, connection: Connection, delivery: Delivery) -> Message | None:
    """None where there is nothing to say any more. Raises StillOffered, Lacking, Unreadable, Unsayable."""
    message = await _message_of(unit, connection, delivery)
    if message is None or message.body is None:
        return message
    if message.method == "PUT":
        demands.check(connection, delivery.module, message.body)
    return replace(message, body=speakable(connection, message.body))


async def _message_of(unit: Unit, connection: Connection, delivery: Delivery) -> Message | None:
    if connection.our_role is Role.HUB and delivery.module in FOR_ALL:
        return await broadcast.message_of(unit, connection, delivery)
    if collected.is_collected(connection, delivery):
        return await collected.message_of(unit, connection, delivery)
    if delegated.is_delegated(connection, delivery):
        return await delegated.message_of(unit, connection, delivery)
    if delivery.module in ASKED_ONLY and delivery.body is not None:
        return Message(method="POST", url=delivery.path, body=delivery.body)
    if delivery.module is Module.CDRS:
        return await _cdr(unit, connection, delivery)
    if not store.deliveries.is_message(delivery):
        return await news(unit, connection, delivery.module, delivery.object_key, delivery.method)
    if connection.policy.pushes.in_order and connection.has(delivery.path):
        return Message(method=delivery.method, url=delivery.path, body=delivery.body)
    # It was queued when they wanted every message in its order, or had their endpoints elsewhere.
    about = store.deliveries.about(delivery)
    return await news(unit, connection, delivery.module, about, delivery.method)


async def news(unit: Unit, connection: Connection, module: Module, key: str, method: str) -> Message | None:
    """About one object that changes. None where there is nothing to say any more. Raises StillOffered, Unsayable."""
    if module is Module.CHARGING_PROFILES:
        return await _limits(unit, connection, key)
    if module in (Module.CONFIRMATIONS, Module.TERMINALS):
        return await terminals.news(unit, connection, module, key, method)
    endpoint = connection.endpoint(module, RECEIVER)
    if endpoint is None:
        return None
    if method == "PATCH":
        return await _status(unit, connection, endpoint, *key.split("/", 1))
    if module is Module.TOKENS:
        return await _token(unit, connection, endpoint, key)
    if module is Module.HUB_CLIENT_INFO:
        return await _neighbour(unit, connection, endpoint, key)
    if module is Module.BOOKING_LOCATIONS:
        return await _booking_location(unit, connection, key)
    if module is Module.INVOICE_RECONCILIATION:
        return await _record(unit, connection, endpoint, key, method)
    return await _object(unit, connection, endpoint, module, key)


async def _cdr(unit: Unit, connection: Connection, delivery: Delivery) -> Message | None:
    """The bytes that were queued with it; without any, its version had no words for it, and may have by now."""
    endpoint = connection.endpoint(Module.CDRS, RECEIVER)
    if endpoint is None:
        return None
    body = delivery.body
    if body is None:
        version = VERSIONS[connection.version]
        body = await words.said(unit, connection.holder, Module.CDRS, version, delivery.object_key)
    return Message(method="POST", url=endpoint, body=body)


async def _status(
    unit: Unit, connection: Connection, endpoint: str, location_key: str, evse_key: str
) -> Message | None:
    version, holder, shares = VERSIONS[connection.version], connection.holder, connection.shares
    whole = await _if_sayable(words.said(unit, holder, Module.LOCATIONS, version, location_key, shares))
    change = None if whole is None else _change(whole, evse_key)
    if change is None:
        return None
    location_id, evse_uid, body = change
    return Message(method="PATCH", url=joined(endpoint, *_segments(holder), location_id, evse_uid), body=body)


@lru_cache(maxsize=256)  # many partners are told the same at the same time
def _change(whole: bytes, evse_key: str) -> tuple[str, str, bytes] | None:
    """(id of the Location, uid of the Evse, how the latter is now) in these words for the whole."""
    location = parsed(whole)
    found = part(location, "evses", "uid", evse_key)
    if found is None:
        return None
    _, evse = found
    return location["id"], evse["uid"], encoded({name: evse[name] for name in ("status", "last_updated")})


async def _token(unit: Unit, connection: Connection, endpoint: str, key: str) -> Message | None:
    version, holder = VERSIONS[connection.version], connection.holder
    body = await words.said(unit, holder, Module.TOKENS, version, key)
    token = parsed(body or b"{}")
    if not token:
        return None
    uid = token["uid"]
    if token["type"] == TokenType.RFID:
        uid = uids.said(uid, connection.policy.objects.uids)
    url = joined(endpoint, *_segments(holder), uid)
    if version.types_tokens:
        url = with_query(url, urlencode({"type": token["type"]}))
    return Message(method="PUT", url=url, body=body)


async def _object(unit: Unit, connection: Connection, endpoint: str, module: Module, key: str) -> Message | None:
    version, holder, shares = VERSIONS[connection.version], connection.holder, connection.shares
    try:
        body = await words.said(unit, holder, module, version, key, shares)
    except Unsayable:
        if module is not Module.LOCATIONS:
            raise
        body = None
    if body is None and module is Module.LOCATIONS:
        body = await words.farewell(unit, holder, version, key, shares)
    if body is not None:
        return Message(method="PUT", url=joined(endpoint, *_segments(holder), parsed(body)["id"]), body=body)
    if module is not Module.TARIFFS:  # nothing else is ever taken back
        return None
    where = await locations.offering(unit, holder, key)
    if where is not None and await tariffs.find(unit, holder, holder, key) is None:
        raise StillOffered(key, where)
    return Message(method="DELETE", url=joined(endpoint, *_segments(holder), key), body=None)


async def _neighbour(unit: Unit, connection: Connection, endpoint: str, key: str) -> Message | None:
    """The URL names the party that is told of, not the hub (OCPI 2.2.1 mod_hub_client_info_client_put)."""
    version = VERSIONS[connection.version]
    body = await words.said(unit, connection.holder, Module.HUB_CLIENT_INFO, version, key)
    if body is None:
        return None
    client = parsed(body)
    return Message(method="PUT", url=joined(endpoint, client["country_code"], client["party_id"]), body=body)


async def _booking_location(unit: Unit, connection: Connection, key: str) -> Message | None:
    """Their list stands below the owner, and not the owner below it (OCPI 2.3.0 mod_bookings_emsp_interface)."""
    version, holder = VERSIONS[connection.version], connection.holder
    endpoint = connection.endpoint(Module.BOOKINGS, RECEIVER)
    body = await words.said(unit, holder, Module.BOOKING_LOCATIONS, version, key, connection.shares)
    if endpoint is None or body is None:
        return None
    url = joined(endpoint, *_segments(holder), *Module.BOOKING_LOCATIONS.path, parsed(body)["id"])
    return Message(method="PUT", url=url, body=body)


async def _record(unit: Unit, connection: Connection, endpoint: str, key: str, method: str) -> Message:
    """New with POST, changed with PUT, and gone with DELETE (OCPI 2.3.0 mod_invoice_reconciliation_push_model)."""
    version, holder = VERSIONS[connection.version], connection.holder
    body = await words.said(unit, holder, Module.INVOICE_RECONCILIATION, version, key)
    url = joined(endpoint, *_segments(holder), key)
    if body is None:
        return Message(method="DELETE", url=url, body=None)
    return Message(method=method, url=endpoint if method == "POST" else url, body=body)


async def _limits(unit: Unit, connection: Connection, session_id: str) -> Message | None:
    """What limits one of our charges now; an update goes to the Sender interface of who set a limit."""
    endpoint = connection.endpoint(Module.CHARGING_PROFILES, SENDER)
    session = await sessions.find(unit, connection.holder, connection.holder, session_id)
    if endpoint is None or session is None or session.active_profile is None:
        return None
    body = VERSIONS[connection.version].codecs[ActiveChargingProfile].encode(session.active_profile)
    return Message(method="PUT", url=joined(endpoint, session.id), body=body)


async def _if_sayable(said: Awaitable[bytes | None]) -> bytes | None:
    try:
        return await said
    except Unsayable:
        return None


def _segments(owner: PartyId) -> tuple[str, str]:
    return owner.country, owner.party
