"""The operator API about charges that are over."""

from msgspec import Struct

from laddnav.cdrs import actions
from laddnav.cdrs.model import Cdr, Review, Standing
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor


class Decision(Struct, frozen=True, kw_only=True):
    """`why` is kept with what was decided."""

    why: str


async def list_cdrs(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, owner: PartyId | None = None
) -> Page[Cdr]:
    """CDRs of ours and those of partners, newest first; `owner` is the CPO."""
    found = await actions.page(unit, by.holder, owner, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_cdr(unit: Unit, ref: str) -> Cdr:
    """One CDR with its explained lines."""
    return await actions.by_ref(unit, ref)


async def credit_cdr(unit: Unit, by: Visitor, ref: str, body: Decision) -> Cdr:
    """Take a CDR of ours back: the Credit CDR, which its partner is sent and which is billed."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    return await actions.credit(unit, ref, by=by.name, why=body.why.strip())


async def list_disputes(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, standing: Standing | None = None
) -> Page[Review]:
    """CDRs of partners that did not pass their check, newest first: held, or decided by a person or a credit."""
    found = await actions.disputes(unit, by.holder, standing, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_dispute(unit: Unit, ref: str) -> Review:
    """What is wrong with one CDR, field by field; `ref` is that of the CDR."""
    return await actions.dispute(unit, ref)


async def accept_dispute(unit: Unit, by: Visitor, ref: str, body: Decision) -> Review:
    """Take the CDR as it is: it is billed."""
    return await actions.accept(unit, ref, by=by.name, why=body.why.strip())


async def reject_dispute(unit: Unit, by: Visitor, ref: str, body: Decision) -> Review:
    """Do not pay it."""
    return await actions.reject(unit, ref, by=by.name, why=body.why.strip())


ROUTES = (
    Route(method="GET", path="/cdrs", does=list_cdrs),
    Route(method="GET", path="/cdrs/{ref}", does=fetch_cdr),
    Route(
        method="POST", path="/cdrs/{ref}/credit", does=credit_cdr, needs=Role.OPERATOR, also=(Role.FINANCE,), status=201
    ),
    Route(method="GET", path="/disputes", does=list_disputes),
    Route(method="GET", path="/disputes/{ref}", does=fetch_dispute),
    Route(method="POST", path="/disputes/{ref}/accept", does=accept_dispute, needs=Role.OPERATOR, also=(Role.FINANCE,)),
    Route(method="POST", path="/disputes/{ref}/reject", does=reject_dispute, needs=Role.OPERATOR, also=(Role.FINANCE,)),
)
