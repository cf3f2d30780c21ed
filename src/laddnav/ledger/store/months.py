"""Months that are closed, with what each account held at their end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.model import Balance, Close
from laddnav.ledger.store.balances import read

HOLD_ALONE = "select pg_advisory_xact_lock(ledger_of($1))"
CLOSE = "insert into ledger_close (holder, month, ends_at, at, by) values ($1, $2, $3, $4, $5)"
APPEND_CLOSING = """
insert into ledger_closing (holder, month, account_id, currency, amount)
select $1, $2, account_id, currency, amount
from unnest($3::text[], $4::text[], $5::numeric[]) as closed(account_id, currency, amount)
"""
CLOSES = "select holder, month, ends_at, at, by from ledger_close where holder = $1 order by ends_at desc"
CLOSING = """
select account_id, currency, amount from ledger_closing where holder = $1 and month = $2 order by account_id, currency
"""
FIRST_BOOKED_AT = "select min(booked_at) from ledger_entry where holder = $1"


async def hold_alone(unit: Unit, holder: PartyId) -> None:
    """Until the Unit ends nobody posts here; who does already has ended."""
    await unit.value(HOLD_ALONE, str(holder))


async def closes(unit: Unit, holder: PartyId) -> tuple[Close, ...]:
    """The last one first."""
    rows = await unit.fetch(CLOSES, str(holder))
    return tuple(Close(**{**row, "holder": PartyId.parse(row["holder"])}) for row in rows)


def close(unit: Unit, one: Close, final: Sequence[Balance]) -> None:
    unit.write(CLOSE, str(one.holder), one.month, one.ends_at, one.at, one.by)
    unit.write(
        APPEND_CLOSING,
        str(one.holder),
        one.month,
        [str(balance.account) for balance in final],
        [balance.currency for balance in final],
        [balance.amount for balance in final],
    )


async def closing(unit: Unit, holder: PartyId, month: str) -> tuple[Balance, ...]:
    return read(await unit.fetch(CLOSING, str(holder), month))


async def first_booked_at(unit: Unit, holder: PartyId) -> datetime | None:
    found: datetime | None = await unit.value(FIRST_BOOKED_AT, str(holder))
    return found
