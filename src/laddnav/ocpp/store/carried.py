"""What Stations are to fall back to, and which charges have to be told their limits anew, as it is kept."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from laddnav.db.lookups import lookup
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.ocpp.model import Fallback

WANT = """
insert into ocpp_fallback (holder, station_id, evse_no, body, wanted_at) values ($1, $2, $3, $4, $5)
on conflict (holder, station_id, evse_no) do update set body = $4, wanted_at = $5, answered_at = null
"""
WANTED = "select body from ocpp_fallback where holder = $1 and station_id = $2 and evse_no = $3"
ALL_WANTED = lookup(
    "select evse_no, body from ocpp_fallback where holder = $1 and station_id = $2 order by evse_no", "text", "text"
)
ANSWERED = "update ocpp_fallback set answered_at = $4 where holder = $1 and station_id = $2 and evse_no = $3"
FORGET = "delete from ocpp_fallback where holder = $1 and station_id = $2 and evse_no = $3"

RENEW_AT = """
insert into ocpp_carried (holder, session_id, station_id, renew_at) values ($1, $2, $3, $4)
on conflict (holder, session_id) do update set station_id = $3, renew_at = $4
"""
# Each is taken once, by whichever process comes first.
DUE = """
delete from ocpp_carried where (holder, session_id) in (
  select holder, session_id from ocpp_carried where renew_at <= $1 order by renew_at limit $2 for update skip locked)
returning holder, session_id, station_id
"""


def want(unit: Unit, holder: PartyId, station_id: str, evse_no: int, fallback: Fallback) -> None:
    unit.write(WANT, str(holder), station_id, evse_no, json.encode(fallback).decode(), unit.now)


async def wanted(unit: Unit, holder: PartyId, station_id: str, evse_no: int) -> Fallback | None:
    body = await unit.value(WANTED, str(holder), station_id, evse_no)
    return None if body is None else json.decode(body, Fallback)


async def fallback_amps(unit: Unit, holder: PartyId, station_id: str, evse_no: int) -> Decimal | None:
    """What the Station is to keep to there where nobody tells it; None: nothing."""
    known = await wanted(unit, holder, station_id, evse_no)
    return None if known is None else known.amps


async def all_wanted(unit: Unit, holder: PartyId, station_id: str) -> list[tuple[int, Fallback]]:
    """(number of the Evse, what it is to keep to there)."""
    rows = await unit.fetch(ALL_WANTED, str(holder), station_id)
    return [(row["evse_no"], json.decode(row["body"], Fallback)) for row in rows]


def answered(unit: Unit, holder: PartyId, station_id: str, evse_no: int) -> None:
    unit.write(ANSWERED, str(holder), station_id, evse_no, unit.now)


def forget(unit: Unit, holder: PartyId, station_id: str, evse_no: int) -> None:
    unit.write(FORGET, str(holder), station_id, evse_no)


def renew_at(unit: Unit, holder: PartyId, session_id: str, station_id: str, at: datetime) -> None:
    unit.write(RENEW_AT, str(holder), session_id, station_id, at)


async def due(unit: Unit, limit: int) -> list[tuple[PartyId, str, str]]:
    """(holder, id of the Session, its Station) of each whose limits are to be told anew now."""
    rows = await unit.fetch(DUE, unit.now, limit)
    return [(PartyId.parse(row["holder"]), row["session_id"], row["station_id"]) for row in rows]
