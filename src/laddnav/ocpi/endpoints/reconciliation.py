"""Invoice reconciliation: who makes an invoice says which CDRs it is for, who gets it hears that.

OCPI 2.3.0 mod_invoice_reconciliation_module.
"""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.kit.ids import fold
from laddnav.ocpi import store
from laddnav.ocpi.endpoints import lists
from laddnav.ocpi.endpoints.call import DONE, Call, Reply, Table, Within, kept
from laddnav.ocpi.endpoints.heard import Subject
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.wire.handshake import Module
from laddnav.reconciliation import actions as reconciliation
from laddnav.reconciliation.model import Record
from laddnav.reconciliation.rules import UnknownRecord

SUBJECT = Subject(
    module=Module.INVOICE_RECONCILIATION,
    kind=Record,
    field="id",
    id=lambda record: record.id,
    key=lambda record: fold(record.id),
    owner=lambda record: record.owner,
    last_updated=lambda record: record.last_updated,
    keep=reconciliation.keep,
    unknown=UnknownRecord,
)


async def get(unit: Unit, call: Call) -> Reply:
    id = call.segments[2]
    return Reply(data=await SUBJECT.get(unit, call, id, fold(id)))


async def post(unit: Unit, call: Call) -> Reply:
    """A new one; what is repeated is as though it had been put, for the text does not say. Raises NotAmongThem."""
    return kept(new=await SUBJECT.post(unit, call))


async def put(unit: Unit, call: Call) -> Reply:
    return kept(new=await SUBJECT.put(unit, call, call.segments[2]))


async def delete(unit: Unit, call: Call) -> Reply:
    """The record was a mistake (OCPI 2.3.0 mod_invoice_reconciliation_push_model). Raises UnknownRecord."""
    id = call.segments[2]
    before = await SUBJECT.before(unit, call.connection, call.version, call.owner(), fold(id))
    await reconciliation.withdraw(unit, call.holder, call.owner(), id)
    store.words.drop(unit, before.key)
    return DONE


async def gone(unit: Unit, key: Key) -> None:
    """It is not on the whole list any more: we were away when it was taken back."""
    if await reconciliation.find(unit, key.holder, key.owner, key.id) is not None:
        await reconciliation.withdraw(unit, key.holder, key.owner, key.id)


SENDER: Table = {("GET", 0): lists.listing(Module.INVOICE_RECONCILIATION)}
RECEIVER: Table = {
    ("POST", 0): Within(post),
    ("GET", 3): Within(get),
    ("PUT", 3): Within(put),
    ("DELETE", 3): Within(delete),
}
