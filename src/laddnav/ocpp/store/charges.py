"""The names of charges, their numbered events and stops that came before their start, as they are kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.ocpp.model import LOST, Transaction
from laddnav.ocpp.wire.events import ChargeStarted, ChargeStopped, ChargeTold

KNOWN_FOR = timedelta(seconds=10)
_TRANSACTION = """t.holder, t.station_id, t.number, t.evse_no, t.session_id, t.id_tag as uid, t.started_at, t.stopped,
  t.stop_digest as stop_key, t.told_as, t.first_no, t.ending, t.cost_max, t.budget,
  t.shown_at, t.placed_at, t.refused, t.early"""
NAME = """
insert into ocpp_transaction (holder, station_id, evse_no, natural_key, session_id, id_tag, started_at, cost_max)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (holder, station_id, natural_key) do nothing returning number
"""
NAMED_AS = f"""
select {_TRANSACTION} from ocpp_transaction t where t.holder = $1 and t.station_id = $2 and t.natural_key = $3
"""
BY_NUMBER = f"""
select {_TRANSACTION} from ocpp_transaction t
where t.holder = $1 and t.station_id = $2 and t.number = $3 for update
"""
BY_NUMBERS = f"""
select {_TRANSACTION} from ocpp_transaction t
join unnest($1::text[], $2::text[], $3::bigint[]) as asked(holder, station_id, number)
  using (holder, station_id, number)
"""
OF_SESSION = f"select {_TRANSACTION} from ocpp_transaction t where t.holder = $1 and t.session_id = $2"
UNDER_WAY = f"""
select {_TRANSACTION} from ocpp_transaction t
join unnest($1::text[], $2::text[]) as asked(holder, station_id) using (holder, station_id)
where not t.stopped order by t.started_at desc
"""
SET_COST_MAX = "update ocpp_transaction set cost_max = $3 where holder = $1 and session_id = $2"
SET_BUDGET = "update ocpp_transaction set budget = $3 where holder = $1 and session_id = $2"
STOP = """
update ocpp_transaction set stopped = true, stop_digest = $4
where holder = $1 and station_id = $2 and number = $3
"""


class _Known(Struct, frozen=True):
    charge: Transaction
    read_at: datetime


async def name(
    unit: Unit, holder: PartyId, station_id: str, start: ChargeStarted, session_id: str, cost_max: Decimal | None
) -> int | None:
    """A number for this charge; None where the same start was told, and named, at the same moment."""
    number: int | None = await unit.value(
        NAME, str(holder), station_id, start.evse_no, start.natural_key, session_id, start.uid, start.at, cost_max
    )
    return number


async def named_as(unit: Unit, holder: PartyId, station_id: str, start: ChargeStarted) -> Transaction | None:
    row = await unit.fetch_one(NAMED_AS, str(holder), station_id, start.natural_key)
    return None if row is None else _transaction(row)


async def by_number(unit: Unit, holder: PartyId, station_id: str, number: int) -> Transaction | None:
    """Locked until the Unit ends."""
    row = await unit.fetch_one(BY_NUMBER, str(holder), station_id, number)
    return None if row is None else _transaction(row)


async def of_session(unit: Unit, holder: PartyId, session_id: str) -> Transaction | None:
    row = await unit.fetch_one(OF_SESSION, str(holder), session_id)
    return None if row is None else _transaction(row)


async def by_numbers(unit: Unit, named: Collection[tuple[PartyId, str, int]]) -> dict[tuple[str, int], Transaction]:
    """Of several stations at once, by (station id, number), for whoever does not ask whether they are stopped.

    What goes by our number and has no bound is not read again for some seconds: where it is and which Session it is
    stays, and a bound that is set here is known at once.
    """
    known: dict[tuple[str, int], _Known | None] = unit.remembered.get(_Known, {})
    since, found, unknown = unit.now - KNOWN_FOR, dict[tuple[str, int], Transaction](), list[tuple[PartyId, str, int]]()
    for one in named:
        was = known.get(one[1:])
        if was is not None and was.read_at >= since:
            found[one[1:]] = was.charge
        else:
            unknown.append(one)
    if not unknown:
        return found
    holders, stations, numbers = zip(*sorted(unknown), strict=True)
    for row in await unit.fetch(BY_NUMBERS, [str(holder) for holder in holders], list(stations), list(numbers)):
        charge = _transaction(row)
        found[charge.station_id, charge.number] = charge
        if charge.told_as is None and not charge.bounded:
            unit.learn(_Known, (charge.station_id, charge.number), _Known(charge, unit.now))
    return found


async def under_way(unit: Unit, stations: Collection[tuple[PartyId, str]]) -> list[Transaction]:
    """Those of these (holder, station id) that no stop has ended, newest first."""
    if not stations:
        return []
    holders, ids = zip(*stations, strict=True)
    return [_transaction(row) for row in await unit.fetch(UNDER_WAY, [str(one) for one in holders], list(ids))]


def set_budget(unit: Unit, transaction: Transaction, budget: Decimal | None) -> None:
    _forget(unit, transaction)
    unit.write(SET_BUDGET, str(transaction.holder), transaction.session_id, budget)


def set_cost_max(unit: Unit, transaction: Transaction, cost_max: Decimal) -> None:
    _forget(unit, transaction)
    unit.write(SET_COST_MAX, str(transaction.holder), transaction.session_id, cost_max)


def stop(unit: Unit, transaction: Transaction, stop_key: str) -> None:
    _forget(unit, transaction)
    unit.write(STOP, str(transaction.holder), transaction.station_id, transaction.number, stop_key)


def _forget(unit: Unit, transaction: Transaction) -> None:
    unit.learn(_Known, (transaction.station_id, transaction.number), None)


def _transaction(row: Record | dict[str, Any]) -> Transaction:
    return Transaction(**dict(row) | {"holder": PartyId.parse(row["holder"])})


# Told in numbered events ---------------------------------------------------------------------------------------------

OPEN_STORY = """
insert into ocpp_transaction (holder, station_id, evse_no, natural_key, told_as, session_id, id_tag, started_at)
values ($1, $2, $3, 'told/' || $4, $4, '', '', $5) on conflict (holder, station_id, natural_key) do nothing
"""
STORY = f"""
select {_TRANSACTION}, t.heard @> $4::integer as knows from ocpp_transaction t
where t.holder = $1 and t.station_id = $2 and t.natural_key = 'told/' || $3
"""
HEAR = """
update ocpp_transaction
set heard = heard + int4multirange(int4range($4, $4, '[]')), first_no = $5,
  evse_no = $6, session_id = $7, id_tag = $8, ending = $9, cost_max = $10, started_at = least(started_at, $11),
  shown_at = $13, placed_at = $14, refused = $15, early = $16, stopped = $17, stop_digest = $18
where holder = $1 and station_id = $2 and number = $3
returning coalesce(heard @> int4range(first_no, $12, '[]'), false)
"""
SET_ASIDE = """
update ocpp_transaction set natural_key = 'over/' || number where holder = $1 and station_id = $2 and number = $3
returning number
"""
INCOMPLETE = f"""
select {_TRANSACTION} from ocpp_transaction t join station s on s.id = t.station_id
where t.ending is not null and not t.stopped and s.connected_at is not null order by t.started_at limit 100
"""


def open_story(unit: Unit, holder: PartyId, station_id: str, told: ChargeTold) -> None:
    """Nothing where it was begun before, by whichever of its events."""
    unit.write(OPEN_STORY, str(holder), station_id, told.evse_no or 0, told.charge, told.at)


async def story(
    unit: Unit, holder: PartyId, station_id: str, charge: str, number: int = -1, *, lock: bool = False
) -> tuple[Transaction, bool] | None:
    """The charge of this name, and whether its event of this number was heard."""
    sql = f"{STORY} for update" if lock else STORY
    row = await unit.fetch_one(sql, str(holder), station_id, charge, number)
    if row is None:
        return None
    fields = dict(row)
    knows = bool(fields.pop("knows"))
    return _transaction(fields), knows


async def set_aside(unit: Unit, charge: Transaction) -> None:
    """From now on nothing that its Station tells under its name is of it."""
    await unit.value(SET_ASIDE, str(charge.holder), charge.station_id, charge.number)


async def hear(unit: Unit, charge: Transaction, told: ChargeTold, last_no: int | None) -> bool:
    """Keep what this event makes of the charge; whether all is heard from its first event to this last one."""
    complete = await unit.value(
        HEAR,
        str(charge.holder),
        charge.station_id,
        charge.number,
        told.number,
        charge.first_no,
        charge.evse_no,
        charge.session_id,
        charge.uid,
        charge.ending,
        charge.cost_max,
        told.at,
        last_no,
        charge.shown_at,
        charge.placed_at,
        charge.refused,
        charge.early,
        charge.stopped,
        charge.stop_key,
    )
    return bool(complete)


async def incomplete(unit: Unit) -> list[Transaction]:
    """Charges of connected stations that ended, of which something is missing."""
    return [_transaction(dict(row)) for row in await unit.fetch(INCOMPLETE)]


# Without a Session ---------------------------------------------------------------------------------------------------

# A later one began at its number, or nobody has stood there for long: by the words of its Station of that number, or of
# all its Evses where it never said at which it is. Of one whose end was told the Station is asked what is missing.
LOSE = f"""
update ocpp_transaction t set stopped = true, stop_digest = '{LOST}'
where not t.stopped and t.session_id = '' and t.ending is null and (
  exists (select from ocpp_transaction n where n.holder = t.holder and n.station_id = t.station_id
    and n.evse_no = t.evse_no and t.evse_no > 0 and n.number > t.number and n.started_at > t.started_at)
  or (select bool_and(w.free) and max(w.at) > t.started_at and max(w.at) <= $1
      from (select evse_no, status = 'Available' as free, status_at as at from station_evse a
            where a.holder = t.holder and a.station_id = t.station_id and a.status is not null
            union all
            select evse_no, status = 'AVAILABLE', at from ocpp_connector c
            where c.holder = t.holder and c.station_id = t.station_id and not exists (
              select from station_evse a where a.holder = c.holder and a.station_id = c.station_id
                and a.evse_no = c.evse_no and a.status is not null)) w
      where t.evse_no in (0, w.evse_no)))
"""


def lose(unit: Unit, free_since: datetime) -> None:
    """Those of which their Stations show that they are over."""
    unit.write(LOSE, free_since)


# Stops whose start is not known --------------------------------------------------------------------------------------

KEEP_STRAY = """
insert into ocpp_stray_stop (holder, station_id, natural_key, body, at, heard_at) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing
"""
STRAYS = "select body from ocpp_stray_stop where holder = $1 and station_id = $2 order by at for update"
FORGET_STRAY = "delete from ocpp_stray_stop where holder = $1 and station_id = $2 and natural_key = $3"


def keep_stray(unit: Unit, holder: PartyId, station_id: str, stray: ChargeStopped) -> None:
    body = json.encode(stray).decode()
    unit.write(KEEP_STRAY, str(holder), station_id, stray.natural_key, body, stray.at, unit.now)


async def strays(unit: Unit, holder: PartyId, station_id: str) -> list[ChargeStopped]:
    return [json.decode(row["body"], ChargeStopped) for row in await unit.fetch(STRAYS, str(holder), station_id)]


def forget_stray(unit: Unit, holder: PartyId, station_id: str, stray: ChargeStopped) -> None:
    unit.write(FORGET_STRAY, str(holder), station_id, stray.natural_key)
