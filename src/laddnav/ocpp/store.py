"""Frames, the names of charges, strays and calls as they are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.locations.model import Station, Status
from laddnav.ocpp.model import Direction, FrameKind, Message, StationCall, Transaction
from laddnav.ocpp.wire.events import ChargeStarted, ChargeStopped, ChargeTold, ConnectorStatus

# Frames --------------------------------------------------------------------------------------------------------------

LOG = """
insert into ocpp_frame (holder, station_id, at, direction, kind, message_id, action, body, session_id, quirk)
select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
  $8::text[], $9::text[], $10::text[])
"""
_MESSAGE = "holder, station_id, id, at, direction, kind, message_id, action, body, session_id, quirk"
MESSAGES_AFTER = f"""
select {_MESSAGE} from ocpp_frame where holder = $1 and station_id = $2 and id > $3 order by id limit $4
"""
NEWEST_MESSAGES = f"""
select {_MESSAGE} from ocpp_frame where holder = $1 and station_id = $2 order by id desc limit $3
"""
MESSAGES_OF_SESSION = f"select {_MESSAGE} from ocpp_frame where holder = $1 and session_id = $2 order by id"


FORGET_FRAMES = "delete from ocpp_frame where at < $1"


def forget_frames(unit: Unit, before: datetime) -> None:
    unit.write(FORGET_FRAMES, before)


def log(unit: Unit, messages: Sequence[Message]) -> None:
    """All of a tick's frames in one statement, in the order in which they passed."""
    rows = [
        (
            str(one.holder),
            one.station_id,
            one.at,
            one.direction,
            one.kind,
            one.message_id,
            one.action,
            one.body,
            one.session_id,
            one.quirk,
        )
        for one in messages
    ]
    if rows:
        unit.write(LOG, *(list(column) for column in zip(*rows, strict=True)))


async def messages_after(unit: Unit, holder: PartyId, station_id: str, after: int, limit: int) -> list[Message]:
    return [_message(row) for row in await unit.fetch(MESSAGES_AFTER, str(holder), station_id, after, limit)]


async def newest_messages(unit: Unit, holder: PartyId, station_id: str, limit: int) -> list[Message]:
    """The newest last."""
    return [_message(row) for row in reversed(await unit.fetch(NEWEST_MESSAGES, str(holder), station_id, limit))]


async def messages_of_session(unit: Unit, holder: PartyId, session_id: str) -> list[Message]:
    return [_message(row) for row in await unit.fetch(MESSAGES_OF_SESSION, str(holder), session_id)]


def _message(row: Record) -> Message:
    fields = dict(row)
    return Message(
        **fields
        | {
            "holder": PartyId.parse(row["holder"]),
            "direction": Direction(row["direction"]),
            "kind": FrameKind(row["kind"]),
        }
    )


# The names of charges ------------------------------------------------------------------------------------------------

_TRANSACTION = """t.holder, t.station_id, t.number, t.evse_no, t.session_id, t.id_tag as uid, t.started_at, t.stopped,
  t.stop_digest as stop_key, t.told_as, t.first_no, t.register, t.ending"""
NAME = """
insert into ocpp_transaction (holder, station_id, evse_no, natural_key, session_id, id_tag, started_at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict (holder, station_id, natural_key) do nothing returning number
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
STOP = """
update ocpp_transaction set stopped = true, stop_digest = $4
where holder = $1 and station_id = $2 and number = $3
"""


async def name(unit: Unit, holder: PartyId, station_id: str, start: ChargeStarted, session_id: str) -> int | None:
    """A number for this charge; None where the same start was told, and named, at the same moment."""
    number: int | None = await unit.value(
        NAME, str(holder), station_id, start.evse_no, start.natural_key, session_id, start.uid, start.at
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


async def by_numbers(unit: Unit, named: Sequence[tuple[PartyId, str, int]]) -> dict[tuple[str, int], Transaction]:
    """Of several stations at once, by (station id, number)."""
    if not named:
        return {}
    holders, stations, numbers = zip(*named, strict=True)
    rows = await unit.fetch(BY_NUMBERS, [str(holder) for holder in holders], list(stations), list(numbers))
    return {(row["station_id"], row["number"]): _transaction(row) for row in rows}


async def under_way(unit: Unit, stations: Collection[tuple[PartyId, str]]) -> list[Transaction]:
    """Those of these (holder, station id) that no stop has ended, newest first."""
    if not stations:
        return []
    holders, ids = zip(*stations, strict=True)
    return [_transaction(row) for row in await unit.fetch(UNDER_WAY, [str(one) for one in holders], list(ids))]


def stop(unit: Unit, transaction: Transaction, stop_key: str) -> None:
    unit.write(STOP, str(transaction.holder), transaction.station_id, transaction.number, stop_key)


def _transaction(row: Record | dict[str, Any]) -> Transaction:
    return Transaction(**dict(row) | {"holder": PartyId.parse(row["holder"])})


# Charges that are told in numbered events ----------------------------------------------------------------------------

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
  evse_no = $6, session_id = $7, id_tag = $8, register = $9, ending = $10
where holder = $1 and station_id = $2 and number = $3
returning coalesce(heard @> int4range(first_no, $11, '[]'), false)
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
        charge.register,
        charge.ending,
        last_no,
    )
    return bool(complete)


async def incomplete(unit: Unit) -> list[Transaction]:
    """Charges of connected stations that ended, of which something is missing."""
    return [_transaction(dict(row)) for row in await unit.fetch(INCOMPLETE)]


# Connectors ----------------------------------------------------------------------------------------------------------

REPORT_CONNECTOR = """
insert into ocpp_connector (holder, station_id, evse_no, connector_no, status, said, at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (holder, station_id, evse_no, connector_no) do update set status = $5, said = $6, at = $7
"""
CONNECTORS = """
select status, said, at from ocpp_connector where holder = $1 and station_id = $2 and evse_no = $3 order by connector_no
"""


def report_connector(unit: Unit, station: Station, one: ConnectorStatus, at: datetime) -> None:
    unit.write(
        REPORT_CONNECTOR, str(station.holder), station.id, one.evse_no, one.connector_no, one.status, one.said, at
    )


async def connectors(unit: Unit, station: Station, evse_no: int) -> list[tuple[Status, str, datetime]]:
    """(status, in the station's words, since when) of each Connector that was ever reported on."""
    rows = await unit.fetch(CONNECTORS, str(station.holder), station.id, evse_no)
    return [(Status(row["status"]), row["said"], row["at"]) for row in rows]


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


# Calls ---------------------------------------------------------------------------------------------------------------

_CALL = """c.holder, c.id, c.station_id, c.action, c.body, c.session_id, c.request, c.asked_at, c.expires_at, c.sent_at,
  c.answered_at, c.answer, c.problem"""
ASK = """
insert into ocpp_call (holder, id, station_id, action, body, session_id, request, asked_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
"""
CALL = f"select {_CALL} from ocpp_call c where c.holder = $1 and c.id = $2"
# Only for sockets that this process holds, in the order in which they were asked.
CLAIM = f"""
with claimed as (
  select c.holder, c.id from ocpp_call c join station s on s.id = c.station_id
  where s.connected_to = $1 and c.station_id = any($2) and c.sent_at is null and c.answered_at is null
    and c.expires_at > $3
  order by c.asked_at limit 100 for update of c skip locked)
update ocpp_call c set sent_at = $3 from claimed k where c.holder = k.holder and c.id = k.id returning {_CALL}
"""
GIVE_BACK = "update ocpp_call set sent_at = null where holder = $1 and id = $2 and answered_at is null"
ANSWER = """
update ocpp_call set answered_at = $3, answer = $4, problem = $5
where holder = $1 and id = $2 and answered_at is null
"""
OVERDUE = f"""
select {_CALL} from ocpp_call c where c.answered_at is null and c.expires_at <= $1
order by c.expires_at limit 100 for update skip locked
"""


def ask(unit: Unit, call: StationCall) -> None:
    unit.write(
        ASK,
        str(call.holder),
        call.id,
        call.station_id,
        call.action,
        call.body,
        call.session_id,
        call.request,
        call.asked_at,
        call.expires_at,
    )


async def call(unit: Unit, holder: PartyId, id: str) -> StationCall | None:
    row = await unit.fetch_one(CALL, str(holder), id)
    return None if row is None else _call(row)


async def claim(unit: Unit, process: str, station_ids: Sequence[str]) -> list[StationCall]:
    rows = await unit.fetch(CLAIM, process, list(station_ids), unit.now)
    return sorted((_call(row) for row in rows), key=lambda one: one.asked_at)


def give_back(unit: Unit, call: StationCall) -> None:
    unit.write(GIVE_BACK, str(call.holder), call.id)


async def answer(unit: Unit, call: StationCall, at: datetime, answer: str | None, problem: str | None) -> bool:
    """False when it was answered already."""
    return bool(await unit.execute(ANSWER, str(call.holder), call.id, at, answer, problem))


async def overdue(unit: Unit) -> list[StationCall]:
    return [_call(row) for row in await unit.fetch(OVERDUE, unit.now)]


def _call(row: Record) -> StationCall:
    return StationCall(**dict(row) | {"holder": PartyId.parse(row["holder"])})
