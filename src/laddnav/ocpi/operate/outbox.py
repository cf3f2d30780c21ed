"""The operator API about what a partner has still to hear of, what was given up, and what it was told."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import Connection, Delivery
from laddnav.ocpi.wire.handshake import Module
from laddnav.people.api import Limit, Page, Route, page
from laddnav.people.model import Role


class UnknownDelivery(Refusal):
    """This partner has to hear of nothing of this id."""

    def __init__(self, id: int) -> None:
        super().__init__(f"This partner has to hear of nothing of the id {id}; its outbox lists what there is")


class Queued(Struct, frozen=True, kw_only=True):
    """One object that a partner has to hear of; `about` names it, and `to` whom of them alone it concerns.

    The uid of a Token is its driver's secret, so of one only the type is named.
    """

    holder: PartyId
    id: int
    module: Module
    about: str
    to: PartyId | None
    method: str
    state: str
    queued_at: datetime
    run_at: datetime
    attempts: int
    delivered_at: datetime | None
    dead_at: datetime | None
    last_error: str | None


class SentAgain(Struct, frozen=True, kw_only=True):
    holder: PartyId
    many: int


async def list_outbox(
    unit: Unit,
    ref: str,
    *,
    state: Literal["waiting", "dead", "done"] = "waiting",
    limit: Limit = 50,
    cursor: int | None = None,
) -> Page[Queued]:
    """What a partner has still to hear of, what was given up, or what it was told; the newest first."""
    connection = await partners.fetch(unit, ref)
    found = await partners.outbox(unit, connection, state, limit + 1, before=cursor)
    return page([_queued(one) for one in found], limit, lambda one: str(one.id))


async def resend_given_up(unit: Unit, ref: str) -> SentAgain:
    """Send everything again that was given up."""
    connection = await partners.fetch(unit, ref)
    return SentAgain(holder=connection.holder, many=await partners.resend(unit, connection))


async def resend_delivery(unit: Unit, ref: str, id: int) -> Queued:
    """Send one again, be it given up or told already; what still waits for its first turn keeps that."""
    connection = await partners.fetch(unit, ref)
    await _delivery(unit, connection, id)
    await partners.resend(unit, connection, id)
    return _queued(await _delivery(unit, connection, id))


async def _delivery(unit: Unit, connection: Connection, id: int) -> Delivery:
    """Raises UnknownDelivery."""
    found = await partners.delivery(unit, connection, id)
    if found is None:
        raise UnknownDelivery(id)
    return found


def _queued(one: Delivery) -> Queued:
    return Queued(
        holder=one.holder,
        id=one.id,
        module=one.module,
        about=one.object_key.partition("/")[0] if one.module is Module.TOKENS else one.object_key,
        to=one.to,
        method=one.method,
        state=one.state,
        queued_at=one.queued_at,
        run_at=one.run_at,
        attempts=one.attempts,
        delivered_at=one.delivered_at,
        dead_at=one.dead_at,
        last_error=one.last_error,
    )


ROUTES = (
    Route(method="GET", path="/partners/{ref}/outbox", does=list_outbox),
    Route(method="POST", path="/partners/{ref}/outbox/resend", does=resend_given_up, needs=Role.OPERATOR),
    Route(method="POST", path="/partners/{ref}/outbox/{id}/resend", does=resend_delivery, needs=Role.OPERATOR),
)
