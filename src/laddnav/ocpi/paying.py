"""What providers of payment terminals and CPOs tell each other, and a charge that is begun at a terminal of ours."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.kit.time import rfc3339
from laddnav.ocpi import commands, store, words
from laddnav.ocpi.asked import NotConnectedTo
from laddnav.ocpi.client import Clients
from laddnav.ocpi.commands import Asked
from laddnav.ocpi.model import Connection, Message
from laddnav.ocpi.rules import OFFERED, RECEIVER, SENDER
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties import actions as parties
from laddnav.payments import actions as payments
from laddnav.payments.events import (
    ConfirmationChanged,
    TerminalAssigned,
    TerminalChanged,
    TerminalDeactivated,
    TerminalDescribed,
)
from laddnav.payments.model import Installed, Terminal
from laddnav.tokens.model import Token, TokenType, Whitelist

GONE = "/deactivate"  # behind a terminal's key: its own news, which no other overtakes


# ---- As provider


async def push_terminal(database: Database, changed: TerminalChanged) -> None:
    """Hears that a terminal of ours is new or different: the CPO that has it is told."""
    if changed.owner != str(changed.holder):
        return
    async with database.unit() as unit:
        one = await payments.find_terminal(unit, changed.holder, changed.holder, changed.terminal_id)
        if one is not None:
            await _tell(unit, one.holder, one.cpo, Module.TERMINALS, fold(one.terminal.id))
    database.wake()


async def push_confirmation(database: Database, changed: ConfirmationChanged) -> None:
    """Hears what was captured for a charge: its CPO is told, where it makes the invoice."""
    if changed.owner != str(changed.holder) or not changed.wanted:
        return
    async with database.unit() as unit:
        one = await payments.find_confirmation(unit, changed.holder, changed.holder, changed.confirmation_id)
        if one is not None:
            await _tell(unit, one.holder, one.cpo, Module.CONFIRMATIONS, fold(one.confirmation.id))
    database.wake()


async def _tell(unit: Unit, holder: PartyId, cpo: PartyId, module: Module, key: str) -> None:
    for connection in await store.connections.registered(unit, holder):
        told = _provides(connection) and connection.endpoint(module, RECEIVER) is not None
        if told and cpo in connection.parties:
            store.deliveries.queue_news(unit, connection, module, key, "POST", cpo)


def _provides(connection: Connection) -> bool:
    """Whether the terminals there are ours."""
    return (Module.TERMINALS, SENDER) in OFFERED[connection.our_role]


# ---- As CPO


async def push_assignment(database: Database, changed: TerminalAssigned | TerminalDescribed) -> None:
    """Hears that we said what a terminal of a provider serves, or by what we know it.

    OCPI 2.3.0 mod_payments_ptp_patch_terminal_method, mod_payments_ptp_terminal_put_method.
    """
    method = "PATCH" if isinstance(changed, TerminalAssigned) else "PUT"
    await _tell_provider(database, changed, changed.terminal_id, method)


async def push_deactivation(database: Database, changed: TerminalDeactivated) -> None:
    """Hears that we have no use for a terminal of a provider any more."""
    await _tell_provider(database, changed, changed.terminal_id + GONE, "POST")


async def _tell_provider(
    database: Database, changed: TerminalAssigned | TerminalDescribed | TerminalDeactivated, key: str, method: str
) -> None:
    if changed.owner == str(changed.holder):
        return
    owner = PartyId.parse(changed.owner)
    async with database.unit() as unit:
        one = await payments.find_terminal(unit, changed.holder, owner, changed.terminal_id)
        for connection in await _providers(unit, changed.holder, owner):
            if one is not None:
                await _overwrite(unit, connection, one.terminal)
                if connection.endpoint(Module.TERMINALS, SENDER) is not None:
                    store.deliveries.queue_news(unit, connection, Module.TERMINALS, fold(key), method, owner)
    database.wake()


async def _providers(unit: Unit, holder: PartyId, owner: PartyId) -> list[Connection]:
    """Where we deal with this provider as a CPO."""
    return [
        connection
        for connection in await store.connections.registered(unit, holder)
        if (Module.TERMINALS, RECEIVER) in OFFERED[connection.our_role] and owner in connection.parties
    ]


async def _overwrite(unit: Unit, connection: Connection, terminal: Terminal) -> None:
    """In the provider's words too, which it may read back, it is as we said."""
    key = Key(
        holder=connection.holder,
        owner=terminal.owner,
        module=Module.TERMINALS,
        version=connection.version,
        said=False,
        id=fold(terminal.id),
    )
    found = await store.words.find(unit, key, lock=True)
    if found is not None:
        codec = VERSIONS[connection.version].codecs[Terminal]
        body = codec.patch(found[0], encoded(_assignment(terminal) | _description(terminal)))
        store.words.put(unit, key, body, terminal.last_updated)


async def activate(unit: Unit, holder: PartyId, owner: PartyId, terminal: Terminal) -> None:
    """Ask a provider to make a terminal known that came with a station; its `id` is the provider's to give.

    OCPI 2.3.0 mod_payments_terminal_activation_usage_flow. Raises NotConnectedTo.
    """
    for connection in await _providers(unit, holder, owner):
        endpoint = connection.endpoint(Module.TERMINALS, SENDER)
        if endpoint is None:
            continue
        codec = VERSIONS[connection.version].codecs[Terminal]
        said = parsed(codec.encode(replace(terminal, last_updated=unit.now)))
        body = encoded({name: value for name, value in said.items() if name != "terminal_id"})
        url = joined(endpoint, "activate")
        store.deliveries.queue_bytes(unit, connection, Module.PAYMENTS, unit.new_id(), url, body, owner)
        return
    raise NotConnectedTo(owner)


async def start(
    database: Database,
    clients: Clients,
    ref: str,
    *,
    cpo: PartyId,
    where: EvseRef,
    connector_id: str | None,
    reference: str,
) -> Asked:
    """Begin a charge whose price the driver accepted, and whose amount is reserved under `reference`.

    It comes back in the Session, the CDR and the Confirmation. OCPI 2.3.0 mod_payments_transaction_flow. Raises what
    `payments.offer` and `commands.start_session` raise.
    """
    async with database.unit() as unit:
        offer = await payments.offer(unit, ref, cpo, where, connector_id)
        holder = offer.terminal.owner
        party = await parties.fetch(unit, holder)
        driver = Token(
            owner=holder,
            uid=reference,
            type=TokenType.AD_HOC_USER,
            contract_id=reference,
            issuer=party.name,
            valid=True,
            whitelist=Whitelist.NEVER,
            last_updated=unit.now,
        )
    return await commands.start_session(
        database,
        clients,
        holder,
        token=driver,
        owner=cpo,
        location_id=where.location_id,
        evse_uid=where.evse_uid,
        connector_id=offer.connector_id,
        reference=reference,
    )


# ---- What there is to say


async def news(unit: Unit, connection: Connection, module: Module, key: str, method: str) -> Message | None:
    """About what is ours with POST, about a terminal of theirs as its CPO may. None: nothing any more."""
    if _provides(connection):
        return await _ours(unit, connection, module, key)
    endpoint = connection.endpoint(module, SENDER)
    one = await _theirs(unit, connection, key.removesuffix(GONE))
    if endpoint is None or one is None:
        return None
    if key.endswith(GONE):
        return Message(method="POST", url=joined(endpoint, one.terminal.id, "deactivate"), body=None)
    said = _assignment(one.terminal)
    if method == "PUT":
        # What is empty is said too, for providers keep what a PUT leaves out.
        whole = VERSIONS[connection.version].codecs[Terminal].encode(one.terminal)
        said = parsed(whole) | said | _description(one.terminal)
    return Message(method=method, url=joined(endpoint, one.terminal.id), body=encoded(said))


async def _theirs(unit: Unit, connection: Connection, key: str) -> Installed | None:
    for owner in sorted(connection.parties):
        one = await payments.find_terminal(unit, connection.holder, owner, key)
        if one is not None:
            return one
    return None


async def _ours(unit: Unit, connection: Connection, module: Module, key: str) -> Message | None:
    endpoint = connection.endpoint(module, RECEIVER)
    body = await words.said(unit, connection.holder, module, VERSIONS[connection.version], key)
    return None if endpoint is None or body is None else Message(method="POST", url=endpoint, body=body)


def _assignment(terminal: Terminal) -> dict[str, Any]:
    return {
        "location_ids": list(terminal.location_ids),
        "evse_uids": list(terminal.evse_uids),
        "last_updated": rfc3339(terminal.last_updated),
    }


def _description(terminal: Terminal) -> dict[str, Any]:
    return {
        "customer_reference": terminal.customer_reference,
        "invoice_base_url": terminal.invoice_base_url,
        "invoice_creator": terminal.invoice_creator,
    }
