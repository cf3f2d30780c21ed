"""The operator API about what is asked of a partner at a payment terminal: to make one known, to begin a charge."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.payments import paying
from laddnav.ocpi.wire.commands import Verdict
from laddnav.payments import actions as payments
from laddnav.payments.model import Offer, Terminal
from laddnav.people.api import Route, yours
from laddnav.people.model import Role, Visitor

Id = Annotated[str, Meta(min_length=1, max_length=36)]


class Activate(Struct, frozen=True, kw_only=True):
    """A terminal that `holder`, a CPO, got with a station; `reference` is by what `provider` knows it."""

    holder: str
    provider: str
    reference: Id
    location_ids: tuple[Id, ...] = ()
    evse_uids: tuple[Id, ...] = ()


class Begin(Struct, frozen=True, kw_only=True):
    """`reference` is under what the amount is reserved."""

    cpo: str
    location_id: Id
    evse_uid: Id
    connector_id: Id | None = None
    reference: Id


class Begun(Struct, frozen=True, kw_only=True):
    """What the CPO said at once."""

    holder: PartyId
    command_id: str
    verdict: Verdict


async def activate_terminal(unit: Unit, by: Visitor, body: Activate) -> None:
    """As CPO, have its provider make a terminal known that came with a station."""
    provider = PartyId.parse(body.provider)
    said = Terminal(
        owner=provider,
        id=body.reference,
        reference=body.reference,
        location_ids=body.location_ids,
        evse_uids=body.evse_uids,
        last_updated=unit.now,
    )
    await paying.activate(unit, yours(by, PartyId.parse(body.holder)), provider, said)


async def offer_at_terminal(
    unit: Unit, by: Visitor, ref: str, *, cpo: PartyId, location_id: str, evse_uid: str, connector_id: str | None = None
) -> Offer:
    """As provider, what a driver at a terminal is shown and has reserved before a charge begins."""
    yours(by, (await payments.terminal_by_ref(unit, ref)).holder)
    return await payments.offer(unit, ref, cpo, EvseRef(location_id, evse_uid), connector_id)


async def start_at_terminal(database: Database, clients: Clients, by: Visitor, ref: str, body: Begin) -> Begun:
    """As provider, begin a charge whose price the driver accepted."""
    async with database.unit() as unit:
        holder = yours(by, (await payments.terminal_by_ref(unit, ref)).holder)
    asked = await paying.start(
        database,
        clients,
        ref,
        cpo=PartyId.parse(body.cpo),
        where=EvseRef(body.location_id, body.evse_uid),
        connector_id=body.connector_id,
        reference=body.reference,
    )
    return Begun(holder=holder, command_id=asked.command_id, verdict=asked.verdict)


ROUTES = (
    Route(
        method="POST",
        path="/terminal-activations",
        does=activate_terminal,
        needs=Role.OPERATOR,
        status=202,
        looks_itself=True,
    ),
    Route(method="GET", path="/terminals/{ref}/offer", does=offer_at_terminal),
    Route(method="POST", path="/terminals/{ref}/start", does=start_at_terminal, needs=Role.OPERATOR, status=202),
)
