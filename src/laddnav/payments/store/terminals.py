"""Terminals and Confirmations as they are kept, by holder and provider."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from laddnav.db import turns
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.payments.model import Captured, Confirmation, Installed, Terminal

T = TypeVar("T")

_TERMINAL = "select holder, ref, cpo, deactivated_at, body from payment_terminal"
TERMINAL = f"{_TERMINAL} where holder = $1 and owner = $2 and id_key = $3"
LOCK_TERMINAL = TERMINAL + " for update"
TERMINAL_BY_REF = f"{_TERMINAL} where ref = $1"
TERMINALS = f"""
{_TERMINAL} where ($1::text is null or holder = $1) and ($2::text is null or ref < $2) order by ref desc limit $3
"""
TERMINALS_OF = f"{_TERMINAL} where holder = $1 and owner = $2 order by ref"
PUT_TERMINAL = """
insert into payment_terminal as t (holder, owner, id_key, ref, cpo, deactivated_at, body, revision, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, 1, $8)
on conflict (holder, owner, id_key) do update set cpo = excluded.cpo, deactivated_at = excluded.deactivated_at,
  body = excluded.body, revision = t.revision + 1, last_updated = excluded.last_updated
"""

_CONFIRMATION = "select holder, ref, cpo, location_id, evse_uid, body from payment_confirmation"
CONFIRMATION = f"{_CONFIRMATION} where holder = $1 and owner = $2 and id_key = $3"
LOCK_CONFIRMATION = CONFIRMATION + " for update"
CONFIRMATION_BY_REF = f"{_CONFIRMATION} where ref = $1"
CONFIRMATIONS = f"""
{_CONFIRMATION} where ($1::text is null or holder = $1) and ($2::text is null or ref < $2) order by ref desc limit $3
"""
CONFIRMATIONS_OF = f"{_CONFIRMATION} where holder = $1 and authorization_key = any($2) order by last_updated, ref"
CONFIRMATIONS_AT = f"""
{_CONFIRMATION} where holder = $1 and owner = $2
  and (lower(location_id) = any($3) or lower(evse_uid) = any($4) or (location_id is null and cpo = $7))
  and ($5::text is null or ref < $5) order by ref desc limit $6
"""
PUT_CONFIRMATION = """
insert into payment_confirmation as t (holder, owner, id_key, ref, cpo, authorization_key, location_id, evse_uid, body,
  revision, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)
on conflict (holder, owner, id_key) do update set cpo = excluded.cpo, authorization_key = excluded.authorization_key,
  location_id = excluded.location_id, evse_uid = excluded.evse_uid, body = excluded.body, revision = t.revision + 1,
  last_updated = excluded.last_updated
"""


# ---- Terminals


async def terminal(unit: Unit, holder: PartyId, owner: PartyId, id: str, *, lock: bool = False) -> Installed | None:
    """With `lock` it is to be written, also where there is none yet."""
    key = str(holder), str(owner), fold(id)
    row = await (turns.to_write(unit, LOCK_TERMINAL, *key) if lock else unit.fetch_one(TERMINAL, *key))
    return _or_none(_installed, row)


async def activate_alone(unit: Unit, holder: PartyId) -> None:
    """One at a time for each provider: of one reference there is one."""
    await turns.taken(unit, f"terminals {holder}")


async def terminal_by_ref(unit: Unit, ref: str) -> Installed | None:
    return _or_none(_installed, await unit.fetch_one(TERMINAL_BY_REF, ref))


async def terminals(unit: Unit, holder: PartyId | None, before: str | None, limit: int) -> list[Installed]:
    return [_installed(row) for row in await unit.fetch(TERMINALS, holder and str(holder), before, limit)]


async def terminals_of(unit: Unit, holder: PartyId, owner: PartyId) -> list[Installed]:
    """All of one provider."""
    return [_installed(row) for row in await unit.fetch(TERMINALS_OF, str(holder), str(owner))]


def put_terminal(unit: Unit, one: Installed) -> None:
    unit.write(
        PUT_TERMINAL,
        str(one.holder),
        str(one.terminal.owner),
        fold(one.terminal.id),
        one.ref,
        str(one.cpo),
        one.deactivated_at,
        json.encode(one.terminal).decode(),
        one.terminal.last_updated,
    )


def _installed(row: Record) -> Installed:
    at: datetime | None = row["deactivated_at"]
    return Installed(
        holder=PartyId.parse(row["holder"]),
        ref=row["ref"],
        cpo=PartyId.parse(row["cpo"]),
        deactivated_at=at,
        terminal=json.decode(row["body"], Terminal),
    )


# ---- Confirmations


async def confirmation(unit: Unit, holder: PartyId, owner: PartyId, id: str, *, lock: bool = False) -> Captured | None:
    """With `lock` it is to be written, also where there is none yet."""
    key = str(holder), str(owner), fold(id)
    row = await (turns.to_write(unit, LOCK_CONFIRMATION, *key) if lock else unit.fetch_one(CONFIRMATION, *key))
    return _or_none(_captured, row)


async def confirmation_by_ref(unit: Unit, ref: str) -> Captured | None:
    return _or_none(_captured, await unit.fetch_one(CONFIRMATION_BY_REF, ref))


async def confirmations(unit: Unit, holder: PartyId | None, before: str | None, limit: int) -> list[Captured]:
    return [_captured(row) for row in await unit.fetch(CONFIRMATIONS, holder and str(holder), before, limit)]


async def confirmations_of(unit: Unit, holder: PartyId, references: Iterable[str]) -> list[Captured]:
    """Of these authorisations, the newest last."""
    keys = [fold(reference) for reference in references]
    return [_captured(row) for row in await unit.fetch(CONFIRMATIONS_OF, str(holder), keys)]


async def confirmations_at(
    unit: Unit, holder: PartyId, terminal: Terminal, unplaced: PartyId | None, before: str | None, limit: int
) -> list[Captured]:
    """For charges where this terminal serves, and of this CPO those of which nobody knew where; newest first."""
    places = [fold(id) for id in terminal.location_ids]
    evses = [fold(uid) for uid in terminal.evse_uids]
    cpo = unplaced and str(unplaced)
    rows = await unit.fetch(CONFIRMATIONS_AT, str(holder), str(terminal.owner), places, evses, before, limit, cpo)
    return [_captured(row) for row in rows]


def put_confirmation(unit: Unit, one: Captured) -> None:
    unit.write(
        PUT_CONFIRMATION,
        str(one.holder),
        str(one.confirmation.owner),
        fold(one.confirmation.id),
        one.ref,
        str(one.cpo),
        fold(one.confirmation.authorization_reference),
        None if one.where is None else one.where.location_id,
        None if one.where is None else one.where.evse_uid,
        json.encode(one.confirmation).decode(),
        one.confirmation.last_updated,
    )


def _captured(row: Record) -> Captured:
    return Captured(
        holder=PartyId.parse(row["holder"]),
        ref=row["ref"],
        cpo=PartyId.parse(row["cpo"]),
        where=None if row["location_id"] is None else EvseRef(row["location_id"], row["evse_uid"]),
        confirmation=json.decode(row["body"], Confirmation),
    )


def _or_none(read: Callable[[Record], T], row: Record | None) -> T | None:
    return None if row is None else read(row)
