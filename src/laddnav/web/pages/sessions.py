"""Sessions: what a charge does now, what it drew, what it costs and why, and all that was said about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace
from starlette.responses import Response

from laddnav.cdrs import actions as cdrs
from laddnav.db import stream
from laddnav.db.stream import Announced
from laddnav.kit import json
from laddnav.kit.ids import fold
from laddnav.metering.model import Activity
from laddnav.meters import actions as meters
from laddnav.meters.rules import NoReason
from laddnav.ocpi.commands import commands
from laddnav.ocpp import actions as ocpp
from laddnav.ocpp.model import FrameKind, Message
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.pricing.model import Amount, Line
from laddnav.pricing.reasons import said
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions import limited
from laddnav.sessions.course import Course, Step
from laddnav.sessions.model import Session, Status
from laddnav.sessions.moves import OPEN
from laddnav.tariffs import actions as tariffs
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.format import Format
from laddnav.web.live import slug
from laddnav.web.pages import places, wanted
from laddnav.web.pages.ahead import ahead
from laddnav.web.pages.messages import gist
from laddnav.web.pages.partners import passed_on
from laddnav.web.pages.places import Place
from laddnav.web.words import N_

PAGE = 50


class Row(Struct, frozen=True, kw_only=True):
    session: Session
    place: Place
    lasted: timedelta


class Happening(Struct, frozen=True, kw_only=True):
    """One entry of the timeline, or `many` alike until `last_at`. `raw`: the message as it was sent."""

    at: datetime
    title: str
    last_at: datetime | None = None
    many: int = 1
    tone: str | None = None
    detail: str = ""
    raw: str | None = None


class LineShown(Struct, frozen=True, kw_only=True):
    """A Line with its reason in the reader's language; `amount` is before taxes where that side is known."""

    line: Line
    reason: str
    amount: Decimal


# How an event is told, and in which tone; what was announced for machines only is not here.
TOLD: dict[str, tuple[str, str]] = {
    "StartRequested": (N_("A start was asked for"), "hold"),
    "StartAnswered": (N_("The station answered to the start: %(result)s"), "hold"),
    "SessionStarted": (N_("The session began"), "live"),
    "StopRequested": (N_("A stop was asked for"), "hold"),
    "StopAnswered": (N_("The station answered to the stop: %(result)s"), "hold"),
    "PreferencesChanged": (N_("What is wanted of it changed"), "hold"),
    "SessionEnded": (N_("The session is settled"), "good"),
    "SessionFailed": (N_("It came to nothing"), "bad"),
}
PAUSED: dict[Activity, str] = {
    Activity.CHARGING: N_("The car charges again"),
    Activity.SUSPENDED_EV: N_("The car asks for no power"),
    Activity.SUSPENDED_EVSE: N_("The station holds the power back"),
}


async def list_all(asked: Asked) -> Response:
    shown = "all" if asked.query("show") == "all" else "open"
    cursor, holder = asked.query("cursor"), asked.visitor.holder
    async with asked.unit() as unit:
        known = await sessions.page(
            unit, holder, statuses=OPEN if shown == "open" else None, before=cursor, limit=PAGE + 1
        )
        counts = await sessions.counts(unit, holder)
        where = await places.places(unit, ((one.holder, one.owner, one.location_id) for one in known))
        now = unit.now
    page = known[:PAGE]
    return asked.page(
        "sessions.html",
        rows=[
            Row(session=one, place=where[one.holder, one.owner, one.location_id], lasted=_lasted(one, now))
            for one in page
        ],
        open_count=sum(counts.get(status, 0) for status in OPEN),
        shown=shown,
        next=page[-1].ref if len(known) > PAGE else None,
        begun=cursor is not None,
    )


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        session = await sessions.by_ref(unit, asked.part("ref"))
        key = (session.holder, session.owner, session.location_id)
        place = (await places.places(unit, [key]))[key]
        course = await sessions.course_of(unit, session)
        cdr = await cdrs.of_session(unit, session.holder, session.owner, session.id)
        doubts = await readings.doubts_of(unit, session.holder, session.id)
        proof = await meters.proof_of(unit, session.holder, session.id)
        announced = await stream.of_thing(unit, session.holder, f"{session.owner}/{session.id}")
        messages = await ocpp.messages_of_session(unit, session.holder, session.id)
        now = unit.now
        lines = cdr.lines if cdr else course.lines
        named = tuple(dict.fromkeys(line.tariff_id for line in lines))
        promised = await tariffs.refs(unit, session.holder, session.owner, named)
        wants = await wanted.wanted(unit, asked, session)
    power = course.steps[-1].power if course.steps and session.status is Status.ACTIVE else None
    return asked.page(
        "session.html",
        session=session,
        slug=slug(f"{session.owner}/{session.id}"),
        place=place,
        cdr=cdr,
        power_now=power,
        limits=limited.standing(session, now) if session.status is Status.ACTIVE else (),
        read_back=session.read_back,
        ahead=None if session.status is not Status.ACTIVE else ahead(session, now, power),
        now=now,
        lasted=_lasted(session, now),
        doubts=doubts,
        wanted=wants,
        proof=proof,
        curve=_curve(asked, session, course, messages) if course.steps else None,
        lines=explained(lines, asked.language),
        tariff_refs={id: promised.get(fold(id)) for id in named},
        total=cdr.costs.total if cdr else session.cost,
        currency=session.currency,
        zone_of_lines=session.time_zone,
        timeline=_timeline(asked, session, course, announced, messages),
    )


async def stop(asked: Asked) -> Response:
    """Of the station, where it is ours; of the partner, where it is not."""
    async with asked.unit() as unit:
        session = await sessions.by_ref(unit, asked.part("ref"))
        people.note(unit, asked.visitor.name, "stop session", f"session {session.id}")
        if session.owner == session.holder:
            await sessions.request_stop(unit, session.holder, session.id)
    if session.owner != session.holder:
        database, clients = asked.console.database, asked.console.clients
        answer = await commands.stop_session(
            database, clients, session.holder, owner=session.owner, session_id=session.id
        )
        return passed_on(asked, answer, f"/sessions/{session.ref}")
    return asked.done(f"/sessions/{session.ref}", asked.say("The station was asked to stop."))


async def close_lost(asked: Asked) -> Response:
    """Raises UnknownSession, AlreadyEnded, NoReason."""
    if not asked.said("why"):
        raise NoReason
    async with asked.unit() as unit:
        session = await sessions.by_ref(unit, asked.part("ref"))
        holder = yours(asked.visitor, session.holder)
        await sessions.close_lost(unit, holder, session.id, by=asked.visitor.name, why=asked.said("why"))
    asked.console.database.wake()
    return asked.done(f"/sessions/{session.ref}", asked.say("The session is closed with what was known."))


def explained(lines: Iterable[Line], language: str) -> list[LineShown]:
    return [LineShown(line=line, reason=said(line.reason, language), amount=_paid(line.amount)) for line in lines]


def _paid(amount: Amount) -> Decimal:
    paid = amount.incl if amount.excl is None else amount.excl
    assert paid is not None, "one side of a price is always known"
    return paid


def _lasted(session: Session, now: datetime) -> timedelta:
    return (session.ended_at or now) - session.started_at


def _curve(asked: Asked, session: Session, course: Course, messages: Sequence[Message]) -> Markup:
    """What <power-curve> draws, as JSON for a script element; instants in seconds since 1970."""
    steps = course.steps
    begin = _seconds(session.started_at)
    power = [[_seconds(step.started_at), step.power.kw] for step in steps]
    costs = [[_seconds(step.ended_at), step.cost] for step in steps if step.cost is not None]
    bands = [
        {
            "from": _seconds(band.started_at),
            "to": _seconds(band.ended_at),
            "price": band.price,
            "unit": band.unit,
            "label": f"{Format(asked.language).number(band.price, 2, 4)} {session.currency}/{band.unit}",
        }
        for band in course.bands
    ]
    drawn = {
        "zone": session.time_zone,
        "currency": session.currency,
        "words": {
            "time": asked.say("Time"),
            "power": asked.say("Power"),
            "energy": asked.say("Energy"),
            "cost": asked.say("Cost"),
        },
        "power": [*power, [_seconds(steps[-1].ended_at), 0 if session.ended_at else steps[-1].power.kw]],
        "energy": [[begin, 0], *([_seconds(step.ended_at), step.energy.kwh] for step in steps)],
        "cost": costs,
        "bands": bands,
        "marks": [
            {"at": _seconds(message.at), "tone": None if message.action == "MeterValues" else "live"}
            for message in messages
            if message.kind is FrameKind.CALL
        ],
        "ends": _seconds(session.ended_at) if session.ended_at else None,
    }
    # `<` may not stand in a script element as it is.
    return Markup(json.encode(drawn).decode().replace("<", "\\u003c"))


def _seconds(at: datetime) -> float:
    return at.timestamp()


def _timeline(
    asked: Asked, session: Session, course: Course, announced: Sequence[Announced], messages: Sequence[Message]
) -> list[Happening]:
    """Events, messages, pauses and changes of the price, in one order of time."""
    ended = (
        [Happening(at=session.ended_at, title=asked.say("The session ended"), tone="good")] if session.ended_at else []
    )
    happenings = [
        *ended,
        *(_message(message) for message in messages if message.kind is not FrameKind.RESULT),
        *(_event(asked, event) for event in announced if event.kind in TOLD),
        *_pauses(asked, course.steps),
        *_price_changes(asked, session, course),
    ]
    return _gathered(sorted(happenings, key=lambda each: each.at))


def _gathered(happenings: Iterable[Happening]) -> list[Happening]:
    """Readings that follow each other are one entry: the newest of them, and how many there were."""
    gathered: list[Happening] = []
    for each in happenings:
        before = gathered[-1] if gathered else None
        if before is not None and before.title == each.title == "MeterValues":
            gathered[-1] = replace(each, at=before.at, last_at=each.at, many=before.many + 1)
        else:
            gathered.append(each)
    return gathered


def _message(message: Message) -> Happening:
    return Happening(
        at=message.at,
        title=message.action or message.kind,
        tone="bad" if message.kind is FrameKind.ERROR else None,
        detail=" · ".join(part for part in (gist(message), message.quirk) if part),
        raw=message.body,
    )


def _event(asked: Asked, event: Announced) -> Happening:
    text, tone = TOLD[event.kind]
    fields = json.decode(event.body, dict[str, Any])
    return Happening(at=event.at, title=asked.say(text, **{"result": fields.get("result", "")}), tone=tone)


def _pauses(asked: Asked, steps: Sequence[Step]) -> Iterable[Happening]:
    for before, after in pairwise(steps):
        if before.activity is not after.activity:
            tone = "live" if after.activity is Activity.CHARGING else "warn"
            yield Happening(at=after.started_at, title=asked.say(PAUSED[after.activity]), tone=tone)


def _price_changes(asked: Asked, session: Session, course: Course) -> Iterable[Happening]:
    write = Format(asked.language)
    for before, after in pairwise(course.bands):
        prices = [f"{write.number(band.price, 2, 4)} {session.currency}/{band.unit}" for band in (before, after)]
        yield Happening(
            at=after.started_at, title=asked.say("The price changed"), detail=" → ".join(prices), tone="hold"
        )


DOORS: tuple[Door, ...] = (
    see("/sessions", list_all),
    see("/sessions/{ref}", one),
    do("/sessions/{ref}/stop", stop, Role.SUPPORT),
    do("/sessions/{ref}/close-lost", close_lost),
    *wanted.DOORS,
)
