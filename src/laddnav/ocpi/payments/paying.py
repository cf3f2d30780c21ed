"""What happens to payment terminals → deliveries to their providers and CPOs; a charge that begins at one of ours."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.ocpi import store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import commands
from laddnav.ocpi.commands.asked import NotConnectedTo
from laddnav.ocpi.commands.commands import Asked
from laddnav.ocpi.model import Connection
from laddnav.ocpi.payments.terminals import GONE, assignment, description, provides
from laddnav.ocpi.rules import way_to
from laddnav.ocpi.sides import OFFERED, RECEIVER, SENDER
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.telling.listeners import queue
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
from laddnav.payments.model import Offer, Terminal
from laddnav.tokens.model import Token, TokenType, Whitelist

# ---- As provider


async def push_terminal(database: Database, changed: TerminalChanged) -> None:
    """Hears that a terminal of ours is new or different: the CPO that has it is told."""
    if changed.owner != str(changed.holder):
        return
    async with database.unit() as unit:
        one = await payments.find_terminal(unit, changed.holder, changed.holder, changed.terminal_id)
        if one is not None:
            await _tell_cpo(unit, one.holder, one.cpo, Module.TERMINALS, fold(one.terminal.id))
    database.wake()


async def push_confirmation(database: Database, changed: ConfirmationChanged) -> None:
    """Hears what was captured for a charge: its CPO is told, where it makes the invoice."""
    if changed.owner != str(changed.holder) or not changed.wanted:
        return
    async with database.unit() as unit:
        one = await payments.find_confirmation(unit, changed.holder, changed.holder, changed.confirmation_id)
        if one is not None:
            await _tell_cpo(unit, one.holder, one.cpo, Module.CONFIRMATIONS, fold(one.confirmation.id))
    database.wake()


async def _tell_cpo(unit: Unit, holder: PartyId, cpo: PartyId, module: Module, key: str) -> None:
    known = [one for one in await store.connections.registered(unit, holder) if provides(one)]
    way = way_to(cpo, (one for one in known if one.endpoint(module, RECEIVER) is not None))
    if way is not None:
        await queue(unit, [way], module, key, "POST", cpo)


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
        driver = await _driver(unit, offer, reference)
    return await commands.start_session(
        database,
        clients,
        driver.owner,
        token=driver,
        owner=cpo,
        location_id=where.location_id,
        evse_uid=where.evse_uid,
        connector_id=offer.connector_id,
        reference=reference,
    )


async def _driver(unit: Unit, offer: Offer, reference: str) -> Token:
    """Known by this one payment and no contract."""
    party = await parties.fetch(unit, offer.terminal.owner)
    return Token(
        owner=party.holder,
        uid=reference,
        type=TokenType.AD_HOC_USER,
        contract_id=reference,
        issuer=party.name,
        valid=True,
        whitelist=Whitelist.NEVER,
        last_updated=unit.now,
    )


# ---- As CPO


async def push_assignment(database: Database, changed: TerminalAssigned | TerminalDescribed) -> None:
    """Hears that we said what a terminal of a provider serves, or by what we know it."""
    method = "PATCH" if isinstance(changed, TerminalAssigned) else "PUT"
    await _tell_provider(database, changed, changed.terminal_id, method)


async def push_deactivation(database: Database, changed: TerminalDeactivated) -> None:
    """Hears that we have no use for a terminal of a provider any more."""
    await _tell_provider(database, changed, changed.terminal_id + GONE, "POST")


async def activate(unit: Unit, holder: PartyId, owner: PartyId, terminal: Terminal) -> None:
    """Ask a provider to make a terminal known that came with a station; its `id` is the provider's to give.

    OCPI 2.3.0 mod_payments_terminal_activation_usage_flow. Raises NotConnectedTo.
    """
    way = way_to(owner, await _providers(unit, holder))
    endpoint = None if way is None else way.endpoint(Module.TERMINALS, SENDER)
    if way is None or endpoint is None:
        raise NotConnectedTo(owner)
    words = parsed(VERSIONS[way.version].codecs[Terminal].encode(replace(terminal, last_updated=unit.now)))
    body = encoded({name: value for name, value in words.items() if name != "terminal_id"})
    store.deliveries.queue_bytes(unit, way, Module.PAYMENTS, unit.new_id(), joined(endpoint, "activate"), body, owner)


async def _tell_provider(
    database: Database, changed: TerminalAssigned | TerminalDescribed | TerminalDeactivated, key: str, method: str
) -> None:
    owner = PartyId.parse(changed.owner)
    if owner == changed.holder:
        return
    async with database.unit() as unit:
        way = way_to(owner, await _providers(unit, changed.holder))
        one = await payments.find_terminal(unit, changed.holder, owner, changed.terminal_id)
        if way is not None and one is not None:
            await _overwrite(unit, way, one.terminal)
            if way.endpoint(Module.TERMINALS, SENDER) is not None:
                await queue(unit, [way], Module.TERMINALS, fold(key), method, owner)
    database.wake()


async def _providers(unit: Unit, holder: PartyId) -> list[Connection]:
    """Where we may be told of terminals."""
    known = await store.connections.registered(unit, holder)
    return [one for one in known if (Module.TERMINALS, RECEIVER) in OFFERED[one.our_role]]


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
    found = await store.words.lock(unit, key)
    if found is not None:
        codec = VERSIONS[connection.version].codecs[Terminal]
        body = codec.patch(found.body, encoded(assignment(terminal) | description(terminal)))
        store.words.renew(unit, key, found, body, terminal.last_updated)
