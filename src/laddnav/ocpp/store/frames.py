"""Every frame that passed between a Station and us, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from laddnav.db.rows import Lines, as_it_is
from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpp.model import Direction, FrameKind, Message

LOG = Lines(
    """
insert into ocpp_frame (holder, station_id, at, direction, kind, message_id, action, body, session_id, quirk)
select * from {rows}
""",
    {
        "holder": "text",
        "station_id": "text",
        "at": "timestamptz",
        "direction": "text",
        "kind": "text",
        "message_id": "text",
        "action": "text",
        "body": "text",
        "session_id": "text",
        "quirk": "text",
    },
)
# A line for a frame and its answer, for they have most in common.
LOG_ANSWERED = Lines(
    """
insert into ocpp_frame (holder, station_id, at, direction, kind, message_id, action, body, session_id, quirk)
select rows.holder, rows.station_id, rows.at, one.direction, one.kind, rows.message_id, rows.action, one.body,
  rows.session_id, one.quirk
from {rows} cross join lateral (values ('in', rows.kind, rows.body, rows.quirk), ('out', rows.answer_kind, rows.answer,
  null)) as one(direction, kind, body, quirk)
""",
    {
        "holder": "text",
        "station_id": "text",
        "at": "timestamptz",
        "kind": "text",
        "message_id": "text",
        "action": "text",
        "body": "text",
        "session_id": "text",
        "quirk": "text",
        "answer_kind": "text",
        "answer": "text",
    },
)
COLUMNS = "holder, station_id, id, at, direction, kind, message_id, action, body, session_id, quirk"
MESSAGES_OF_SESSION = f"select {COLUMNS} from ocpp_frame where holder = $1 and session_id = $2 order by id"

# Not of a charge that is under way, or of which somebody still has to decide whether its meter proves it.
FORGET = """
delete from ocpp_frame where (holder, station_id, id) in (
  select f.holder, f.station_id, f.id from ocpp_frame f
  where f.at < $1 and (f.session_id is null or not exists (
    select from session s where s.holder = f.holder and s.owner = f.holder and s.id_key = lower(f.session_id)
      and s.status in ('PENDING', 'ACTIVE', 'SETTLING'))
    and not exists (
    select from meter_proof p where p.holder = f.holder and p.session_id = f.session_id and p.standing = 'HELD'))
  limit $2)
"""


def log(unit: Unit, messages: Sequence[Message]) -> None:
    """All of a tick's frames in one statement, in the order in which they passed."""
    for one in messages:
        unit.write(
            LOG,
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


def log_answered(unit: Unit, heard: Message, kind: FrameKind, answer: str) -> None:
    """A frame of a station, and what we answered to it."""
    read = heard.kind is FrameKind.CALL
    unit.write(
        LOG_ANSWERED,
        str(heard.holder),
        heard.station_id,
        heard.at,
        heard.kind,
        heard.message_id,
        heard.action,
        as_it_is(heard.body) if read else heard.body,
        heard.session_id,
        heard.quirk,
        kind,
        as_it_is(answer),
    )


async def of_session(unit: Unit, holder: PartyId, session_id: str) -> list[Message]:
    return [read(row) for row in await unit.fetch(MESSAGES_OF_SESSION, str(holder), session_id)]


async def forget(unit: Unit, before: datetime, most: int) -> int:
    """What passed before then; says how many frames it was."""
    return await unit.execute(FORGET, before, most)


def read(row: Record) -> Message:
    fields = dict(row)
    return Message(
        **fields
        | {
            "holder": PartyId.parse(row["holder"]),
            "direction": Direction(row["direction"]),
            "kind": FrameKind(row["kind"]),
        }
    )
