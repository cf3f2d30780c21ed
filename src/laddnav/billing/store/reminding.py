"""How it is kept who was reminded of what, and of what nobody is."""

from __future__ import annotations

from datetime import datetime

from laddnav.billing.open_items import OpenItem
from laddnav.billing.reminding import Reminder
from laddnav.billing.store.settling import ITEM, open_item
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId

# Of parties that remind: what is overdue, not stopped, and was not reminded of for so long, in the order of its ref.
DUE = f"""{ITEM} join reminding r on r.holder = i.holder
where i.settled < i.to_pay and i.due_at <= $1 and i.ref > $2
  and not exists (select from reminder_stop s where s.holder = i.holder and s.invoice_ref = i.ref)
  and not exists (select from reminder m where m.holder = i.holder and m.invoice_ref = i.ref
                  and (m.at > $3 or m.level >= $4))
order by i.ref limit $5
"""
OF_INVOICE = "select level, open, at, by from reminder where holder = $1 and invoice_ref = $2 order by level"
INSERT = "insert into reminder (holder, invoice_ref, level, open, at, by) values ($1, $2, $3, $4, $5, $6)"
STOPPED = "select why from reminder_stop where holder = $1 and invoice_ref = $2"
STOP = """
insert into reminder_stop (holder, invoice_ref, why, at, by) values ($1, $2, $3, $4, $5)
on conflict (holder, invoice_ref) do update set why = excluded.why, at = excluded.at, by = excluded.by
"""
GO_ON = "delete from reminder_stop where holder = $1 and invoice_ref = $2"
REMINDS = "select exists (select from reminding where holder = $1)"
TURN_ON = "insert into reminding (holder, at, by) values ($1, $2, $3) on conflict (holder) do nothing"
TURN_OFF = "delete from reminding where holder = $1"


async def due(
    unit: Unit, before: datetime, after: str, since: datetime, levels: int, limit: int
) -> tuple[OpenItem, ...]:
    rows = await unit.fetch(DUE, before, after, since, levels, limit)
    return tuple(open_item(row) for row in rows)


async def of_invoice(unit: Unit, holder: PartyId, invoice_ref: str) -> tuple[Reminder, ...]:
    """The first of them first."""
    return tuple(Reminder(**row) for row in await unit.fetch(OF_INVOICE, str(holder), invoice_ref))


def insert(unit: Unit, holder: PartyId, invoice_ref: str, one: Reminder) -> None:
    unit.write(INSERT, str(holder), invoice_ref, one.level, one.open, one.at, one.by)


async def stopped(unit: Unit, holder: PartyId, invoice_ref: str) -> str | None:
    """Why; None: they are not."""
    found: str | None = await unit.value(STOPPED, str(holder), invoice_ref)
    return found


def stop(unit: Unit, holder: PartyId, invoice_ref: str, why: str, by: str) -> None:
    unit.write(STOP, str(holder), invoice_ref, why, unit.now, by)


def go_on(unit: Unit, holder: PartyId, invoice_ref: str) -> None:
    unit.write(GO_ON, str(holder), invoice_ref)


async def reminds(unit: Unit, holder: PartyId) -> bool:
    return bool(await unit.value(REMINDS, str(holder)))


def turn(unit: Unit, holder: PartyId, by: str, *, on: bool) -> None:
    if on:
        unit.write(TURN_ON, str(holder), unit.now, by)
    else:
        unit.write(TURN_OFF, str(holder))
