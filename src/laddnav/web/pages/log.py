"""What passed between a station and us, looked through by words, action, direction, time and outcome."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import Response

from laddnav.kit.time import local
from laddnav.locations import actions as locations
from laddnav.ocpp import actions as ocpp
from laddnav.ocpp.model import Direction, Looked, Message
from laddnav.web.asked import Asked, Door, see
from laddnav.web.pages import places
from laddnav.web.pages.messages import gist

PAGE = 100
WORDS_MAX, ACTION_MAX = 200, 60
FIELDS = ("words", "action", "direction", "since", "until", "failed")


class MessageShown(Struct, frozen=True, kw_only=True):
    message: Message
    gist: str


async def show(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        station = await locations.station(unit, asked.part("id"))
        around = await places.locations_of(unit, [station])
        zone = next((location.time_zone for _, location in around.values()), None) or asked.zone
        looked = _looked(asked, zone)
        before = int(cursor) if cursor and cursor.isascii() and cursor.isdigit() and len(cursor) <= 18 else None
        found = await ocpp.earlier_messages(unit, station, looked=looked, before=before, limit=PAGE + 1)
    return asked.page(
        "messages.html",
        path=f"/stations/{station.id}/messages",
        station=station,
        looked=looked,
        typed={name: asked.query(name) or "" for name in FIELDS},
        narrowed=looked != Looked(),
        messages=[MessageShown(message=message, gist=gist(message)) for message in found[:PAGE]],
        next=str(found[PAGE - 1].id) if len(found) > PAGE else None,
        begun=before is not None,
        query=urlencode({name: value for name in FIELDS if (value := asked.query(name))}),
        clocks_of=zone,
    )


def _looked(asked: Asked, zone: str) -> Looked:
    """A time that cannot be read bounds nothing."""
    direction = asked.query("direction")
    return Looked(
        words=(asked.query("words") or "").strip()[:WORDS_MAX],
        action=(asked.query("action") or "").strip()[:ACTION_MAX],
        direction=Direction(direction) if direction in ("in", "out") else None,
        since=_instant(asked.query("since"), zone),
        until=_instant(asked.query("until"), zone),
        failed=asked.query("failed") == "yes",
    )


def _instant(text: str | None, zone: str) -> datetime | None:
    try:
        return local(datetime.fromisoformat(text), zone) if text else None
    except (ValueError, OverflowError):
        return None


DOORS: tuple[Door, ...] = (see("/stations/{id}/messages", show),)
