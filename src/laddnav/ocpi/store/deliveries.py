"""What partners have to hear of, until they did."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.model import Connection, Delivery, Message
from laddnav.ocpi.wire.handshake import Module

_DELIVERY = """d.holder, d.connection_id, d.module, d.object_key, d.to_party, d.id, d.method, d.path, d.body,
  d.queued_at, d.run_at, d.attempts, d.version, d.delivered_at, d.dead_at, d.last_error, d.location_url"""
_ONE = "holder = $1 and connection_id = $2 and module = $3 and object_key = $4 and to_party = $5"
# Newer news take the place of those that still wait, in their turn; news about what is under way or done go again.
# A change of what has not arrived is still news of something new, or of the whole; a Record that arrived once is new no
# more, however often that is heard.
QUEUE_NEWS = """
insert into ocpi_delivery as d (holder, connection_id, module, object_key, to_party, method, path, queued_at, run_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
on conflict (holder, connection_id, module, object_key, to_party) do update set path = excluded.path,
  method = case when d.delivered_at is null and (d.method, excluded.method) in (('POST', 'PUT'), ('PUT', 'PATCH'))
    then d.method when d.delivered_at is not null and d.method <> 'DELETE' and d.module = 'invoicereconciliation'
      and excluded.method = 'POST' then 'PUT' else excluded.method end,
  version = d.version + 1, delivered_at = null, dead_at = null,
  last_error = null,
  queued_at = case when d.delivered_at is null and d.dead_at is null then d.queued_at else excluded.queued_at end,
  run_at = case when d.delivered_at is null and d.dead_at is null then d.run_at else excluded.run_at end,
  attempts = case when d.delivered_at is null and d.dead_at is null then d.attempts else 0 end
"""
QUEUE_BYTES = """
insert into ocpi_delivery (holder, connection_id, module, object_key, to_party, method, path, body, queued_at, run_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) on conflict do nothing
"""
BYTES_WAITING = f"""
select {_DELIVERY} from ocpi_delivery d
where d.holder = $1 and d.connection_id = $2 and d.module = $3 and d.delivered_at is null and d.body is not null
order by d.id for update
"""
SAY_ANEW = f"update ocpi_delivery set body = $6 where {_ONE}"
QUEUE_MESSAGE = """
insert into ocpi_delivery (holder, connection_id, module, object_key, to_party, method, path, body, queued_at, run_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
"""
_WAITED_FOR = "('commands', 'chargingprofiles')"
_READY = """select d.ctid as lies_at, d.run_at, d.id from ocpi_delivery d
    where d.holder = c.holder and d.connection_id = c.id and d.delivered_at is null and d.dead_at is null
      and d.run_at <= $1 and (d.claimed_until is null or d.claimed_until < $1)
      and (c.hub is null or d.to_party = '' or coalesce((select bool_or(h.status = 'CONNECTED') from hub_client h
        where h.holder = c.holder and h.owner = c.hub and h.party = d.to_party), true))"""
# One process after the other, so that each sees what the others have taken up.
IN_TURN = "select pg_advisory_xact_lock(hashtextextended('ocpi_delivery', 0))"
# Of those that go to one partner at a time one is for what somebody waits for, so that no result stands behind pushes
# that hang; who bears but one or two gets that first. What is under way on a line counts for all of us there, and so
# does what other processes have under way. CDRs go one after the other, oldest first, and to a partner that wants
# everything in order, everything but what answers it: one party after the other, for none of them waits for another
# behind the same hub. What is for one that the hub cannot reach waits until it can. A line that rested is tried with
# one. What is first is found once for all: whoever is away may have thousands waiting. What was picked is locked, and
# is taken where it lies, or PostgreSQL would read the whole table for it; news that took its place in this very moment
# lie elsewhere, and wake whoever claims.
CLAIM = f"""
with lines as materialized (
  select l.id, l.hub, l.id = any($5) as others_busy, l.id = any($6) as waited_for_busy,
    coalesce((l.policy::jsonb #>> '{{pushes,in_order}}')::boolean, false) as in_order,
    case when l.retry_at is null then coalesce((l.policy::jsonb #>> '{{pushes,at_once}}')::integer, $2) else 1 end
      as many
  from ocpi_line l
  where l.state = 'CONNECTED' and (l.retry_at is null or l.retry_at <= $1) and not (l.id = any($5) and l.id = any($6))),
elsewhere as materialized (
  select c.line, count(*) filter (where o.module not in {_WAITED_FOR}) as others,
    count(*) filter (where o.module in {_WAITED_FOR}) as waited_for
  from ocpi_delivery o join ocpi_connection c on c.holder = o.holder and c.id = o.connection_id
  where o.delivered_at is null and o.dead_at is null and o.claimed_until >= $1 and o.claimed_by <> $3
  group by c.line),
open as materialized (
  select c.line, c.holder, c.id, l.hub, l.in_order,
    greatest(l.many - coalesce(e.others + e.waited_for, 0), 0) as many,
    greatest(case when l.others_busy or (l.many < 3 and l.waited_for_busy) then 0 when l.many < 3 then l.many
      else l.many - 1 end - coalesce(e.others, 0), 0) as others,
    greatest(case when l.waited_for_busy or (l.many < 3 and l.others_busy) then 0 when l.many < 3 then l.many else 1
      end - coalesce(e.waited_for, 0), 0) as waited_for
  from lines l join ocpi_connection c on c.line = l.id left join elsewhere e on e.line = l.id),
first as materialized (
  select min(o.id) as id
  from open c join ocpi_delivery o on o.holder = c.holder and o.connection_id = c.id
  where o.delivered_at is null and o.dead_at is null and o.module = 'cdrs'
  group by o.holder, o.connection_id, o.to_party),
first_of_all as materialized (
  select min(o.id) as id
  from open c join ocpi_delivery o on o.holder = c.holder and o.connection_id = c.id
  where c.in_order and o.delivered_at is null and o.dead_at is null and o.module not in {_WAITED_FOR}
  group by o.holder, o.connection_id, o.to_party),
ready as (
  select c.line, c.many, c.waited_for as share, true as first, p.*
  from open c
  cross join lateral (
    {_READY} and d.module in {_WAITED_FOR} order by d.run_at, d.id limit c.waited_for for update of d skip locked) p
  union all
  select c.line, c.many, c.others, false, p.*
  from open c
  cross join lateral (
    {_READY} and d.module not in {_WAITED_FOR} and (d.module <> 'cdrs' or d.id in (select id from first))
      and (not c.in_order or d.id in (select id from first_of_all))
    order by d.run_at, d.id limit c.others for update of d skip locked) p),
offered as (
  select *, row_number() over (partition by line, first order by run_at, id) as turn,
    row_number() over (partition by line order by first desc, run_at, id) as place
  from ready),
picked as (select * from offered where turn <= share and place <= many)
update ocpi_delivery d set claimed_by = $3, claimed_until = $4, attempts = d.attempts + 1
from picked p where d.ctid = p.lies_at
returning p.line, p.first, {_DELIVERY}
"""
TOLD = """
select exists (select from ocpi_delivery where holder = $1 and connection_id = $2 and module = $3
  and (object_key = $4 or starts_with(object_key, $5)))
"""
TAKE_BACK = "update ocpi_delivery set claimed_by = null, claimed_until = null where claimed_by = $1"
DELIVERED = f"""
update ocpi_delivery set claimed_by = null, claimed_until = null, attempts = 0, last_error = null, location_url = $8,
  delivered_at = case when version = $6 then $7::timestamptz end,
  method = case when version <> $6 and method = 'POST' and module = 'invoicereconciliation' then 'PUT' else method end
where {_ONE}
"""
AGAIN = f"""
update ocpi_delivery set claimed_by = null, claimed_until = null, run_at = $6, last_error = $7,
  dead_at = case when version = $9 then $8::timestamptz end where {_ONE}
"""
NOT_TRIED = f"update ocpi_delivery set claimed_by = null, claimed_until = null, attempts = attempts - 1 where {_ONE}"
DROP_DELIVERY = f"delete from ocpi_delivery where {_ONE} and version = $6"
LET_GO = f"update ocpi_delivery set claimed_by = null, claimed_until = null where {_ONE}"
DROP_DELIVERIES = "delete from ocpi_delivery where holder = $1 and connection_id = $2 and delivered_at is null"
RESEND = """
update ocpi_delivery set dead_at = null, delivered_at = null, attempts = 0, run_at = $4, version = version + 1
where holder = $1 and connection_id = $2 and id = $3
  and (dead_at is not null or delivered_at is not null or attempts > 0)
"""
RESEND_DEAD = """
update ocpi_delivery set dead_at = null, attempts = 0, run_at = $3
where holder = $1 and connection_id = $2 and dead_at is not null
"""
DELIVERY = f"select {_DELIVERY} from ocpi_delivery d where d.holder = $1 and d.connection_id = $2 and d.id = $3"
IN_STATE = f"""
select {_DELIVERY} from ocpi_delivery d where d.holder = $1 and d.connection_id = $2
  and (d.dead_at is not null) = ($3 = 'dead') and (d.delivered_at is not null) = ($3 = 'done')
  and ($4::bigint is null or d.id < $4)
order by d.id desc limit $5
"""
DELIVERIES = f"""
select {_DELIVERY} from ocpi_delivery d where d.holder = $1 and d.connection_id = $2
order by (d.dead_at is null), (d.delivered_at is not null), d.run_at desc, d.id desc limit $3
"""

# Of a Location and of a Tariff the word about the whole stays: who heard of it has to hear of its end.
FORGET_DELIVERIES = """
delete from ocpi_delivery where (holder, connection_id, module, object_key, to_party) in (
  select holder, connection_id, module, object_key, to_party from ocpi_delivery
  where delivered_at < $1 and (module not in ('locations', 'tariffs') or path <> object_key)
    and (module not in ('locations', 'tariffs') or strpos(object_key, '/') > 0)
  order by delivered_at limit $2) and delivered_at < $1
"""
FORGET_REMOVED = """
delete from ocpi_delivery where (holder, connection_id, module, object_key, to_party) in (
  select d.holder, d.connection_id, d.module, d.object_key, d.to_party
  from ocpi_line l join ocpi_connection c on c.line = l.id
    join ocpi_delivery d on d.holder = c.holder and d.connection_id = c.id
  where l.state = 'REMOVED' and coalesce(d.delivered_at, d.queued_at) < $1 limit $2)
"""


def queue_news(
    unit: Unit, connection: Connection, module: Module, key: str, method: str, to: PartyId | None = None
) -> None:
    unit.write(QUEUE_NEWS, *_new(connection, module, key, to), method, key, unit.now)


def queue_bytes(
    unit: Unit, connection: Connection, module: Module, key: str, path: str, body: bytes, to: PartyId | None = None
) -> None:
    unit.write(QUEUE_BYTES, *_new(connection, module, key, to), "POST", path, body.decode(), unit.now)


async def bytes_waiting(unit: Unit, connection: Connection, module: Module) -> list[Delivery]:
    """What was to be said to the byte and has not arrived, given up or not."""
    rows = await unit.fetch(BYTES_WAITING, str(connection.holder), connection.id, module)
    return [_delivery(row) for row in rows]


def say_anew(unit: Unit, delivery: Delivery, body: bytes) -> None:
    """Other bytes in its place and turn, for the same object."""
    unit.write(SAY_ANEW, *_of(delivery), body.decode())


def queue_message(
    unit: Unit, connection: Connection, module: Module, key: str, message: Message, to: PartyId | None = None
) -> None:
    """As it is now, and beside whatever else waits about the same thing."""
    unit.write(
        QUEUE_MESSAGE,
        *_new(connection, module, f"{key} {unit.new_id()}", to),
        message.method,
        message.url,
        None if message.body is None else message.body.decode(),
        unit.now,
    )


def is_message(delivery: Delivery) -> bool:
    """Whether it was queued as it was to be said, with its URL, and not to be put into words when it is sent."""
    return delivery.path.startswith("http")


def about(message: Delivery) -> str:
    """The key of the object that a message is about."""
    return message.object_key.rpartition(" ")[0]


async def told(unit: Unit, connection: Connection, module: Module, key: str) -> bool:
    """Whether they have ever been told of it, or are about to be."""
    return bool(await unit.value(TOLD, str(connection.holder), connection.id, module, key, f"{key} "))


class Round(Struct, frozen=True):
    """What goes out together: to whoever is at the other end of a line, what is waited for there or what is not."""

    line: str
    waited_for: bool


async def claim(
    unit: Unit, name: str, until: datetime, each: int, busy: Collection[Round]
) -> dict[Round, list[Delivery]]:
    """Up to `each` for every line, where its policy says no other number, and nothing for the busy rounds.

    However many processes claim: what one of them has under way, another one does not send beside it.
    """
    others, waited_for = ([one.line for one in busy if one.waited_for is kind] for kind in (False, True))
    await unit.value(IN_TURN)
    rounds: dict[Round, list[Delivery]] = {}
    for row in await unit.fetch(CLAIM, unit.now, each, name, until, others, waited_for):
        rounds.setdefault(Round(row["line"], row["first"]), []).append(_delivery(row))
    return rounds


def take_back(unit: Unit, name: str) -> None:
    unit.write(TAKE_BACK, name)


def _new(connection: Connection, module: Module, key: str, to: PartyId | None) -> tuple[str, str, str, str, str]:
    return str(connection.holder), connection.id, module.value, key, str(to or "")


def _of(delivery: Delivery) -> tuple[str, str, str, str, str]:
    to = str(delivery.to or "")
    return str(delivery.holder), delivery.connection_id, delivery.module.value, delivery.object_key, to


def delivered(unit: Unit, delivery: Delivery, location_url: str | None) -> None:
    """Unless newer news came meanwhile: then it goes again."""
    unit.write(DELIVERED, *_of(delivery), delivery.version, unit.now, location_url)


def again(unit: Unit, delivery: Delivery, run_at: datetime, error: str, *, dead: bool) -> None:
    unit.write(AGAIN, *_of(delivery), run_at, error[:2000], unit.now if dead else None, delivery.version)


def not_tried(unit: Unit, delivery: Delivery) -> None:
    """The line was down: the delivery is none the worse for it."""
    unit.write(NOT_TRIED, *_of(delivery))


def drop(unit: Unit, delivery: Delivery) -> None:
    """Unless newer news came meanwhile: then these go."""
    unit.write(DROP_DELIVERY, *_of(delivery), delivery.version)
    unit.write(LET_GO, *_of(delivery))


def drop_all(unit: Unit, connection: Connection) -> None:
    unit.write(DROP_DELIVERIES, str(connection.holder), connection.id)


async def resend(unit: Unit, connection: Connection, delivery_id: int) -> int:
    """0 where its first turn is still to come, or there is none of this id."""
    return await unit.execute(RESEND, str(connection.holder), connection.id, delivery_id, unit.now)


async def resend_dead(unit: Unit, connection: Connection) -> int:
    return await unit.execute(RESEND_DEAD, str(connection.holder), connection.id, unit.now)


async def find(unit: Unit, connection: Connection, id: int) -> Delivery | None:
    row = await unit.fetch_one(DELIVERY, str(connection.holder), connection.id, id)
    return None if row is None else _delivery(row)


async def in_state(
    unit: Unit, connection: Connection, state: str, before: int | None, limit: int
) -> tuple[Delivery, ...]:
    """Those that are waiting, done or dead, the newest first, from before the one with this id."""
    rows = await unit.fetch(IN_STATE, str(connection.holder), connection.id, state, before, limit)
    return tuple(_delivery(row) for row in rows)


async def list_all(unit: Unit, connection: Connection, limit: int) -> tuple[Delivery, ...]:
    """The dead first, then what waits, then what is done, newest first."""
    rows = await unit.fetch(DELIVERIES, str(connection.holder), connection.id, limit)
    return tuple(_delivery(row) for row in rows)


async def forget(unit: Unit, before: datetime, most: int) -> int:
    """What had arrived by then; says how many there were."""
    return await unit.execute(FORGET_DELIVERIES, before, most)


async def forget_removed(unit: Unit, before: datetime, most: int) -> int:
    """Whatever partners heard, or did not, with whom there is no line any more; says how many there were."""
    return await unit.execute(FORGET_REMOVED, before, most)


def _delivery(row: Record) -> Delivery:
    fields: dict[str, Any] = dict(row)
    fields.pop("line", None)
    fields.pop("first", None)
    to = fields.pop("to_party")
    return Delivery(
        **fields
        | {
            "holder": PartyId.parse(row["holder"]),
            "to": PartyId.parse(to) if to else None,
            "module": Module(row["module"]),
            "body": None if row["body"] is None else row["body"].encode(),
        }
    )
