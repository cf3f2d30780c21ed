"""How OpenADR 3 spells things; pure. Texts: the OpenAPI description and the definitions of 3.0.1, and what 3.1 changed.

What is asked of others is spelt as 3.0.1 has it; what they say may be of either: 3.1 has targets that are plain words,
leaves out starts, and may give an event a `duration`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct, field

from laddnav.kit import json
from laddnav.kit.json import Unreadable, sane
from laddnav.kit.time import rfc3339, utc

PAGE = 50  # the most that a VTN gives at once (`limit` of every list)
FOREVER = "P9999Y"
NOW = ("0001-01-01", "0000-00-00")  # as the start of a period: of 3.1, and of 3.0
LONGEST = timedelta(days=365 * 20)  # a period that is longer never ends
INTERVALS_MAX = 10_000

_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)


class WirePeriod(Struct, rename="camel"):
    start: str | None = None
    duration: str | None = None
    randomize_start: str | None = None


class WireValues(Struct):
    """`values` are read as what their `type` has them be."""

    type: str
    values: list[msgspec.Raw] = []


class WireInterval(Struct, rename="camel"):
    id: int
    payloads: list[WireValues]
    interval_period: WirePeriod | None = None


class WireDescriptor(Struct, rename="camel"):
    """Of payloads of an event, or of a report that is asked for."""

    payload_type: str
    units: str | None = None
    currency: str | None = None
    reading_type: str | None = None


class WireEvent(Struct, rename="camel"):
    id: str
    intervals: list[WireInterval]
    program_id: str = field(name="programID")
    event_name: str | None = None
    priority: int | None = None
    duration: str | None = None
    created_date_time: str | None = None
    modification_date_time: str | None = None
    targets: list[msgspec.Raw] | None = None
    payload_descriptors: list[WireDescriptor] | None = None
    report_descriptors: list[WireDescriptor] | None = None
    interval_period: WirePeriod | None = None


class WireProgram(Struct, rename="camel"):
    id: str
    program_name: str = ""
    payload_descriptors: list[WireDescriptor] | None = None


class WireNamed(Struct, rename="camel"):
    """A ven or a resource, as far as we have to know it again."""

    id: str
    ven_name: str | None = None
    resource_name: str | None = None


class WireToken(Struct):
    access_token: str
    expires_in: int | None = None


class WireServer(Struct):
    token_url: str = field(name="tokenURL")


class _Id(Struct):
    id: str


class Odd(Struct, frozen=True):
    """An event that cannot be read: its id, where that at least is there, and what is wrong with it."""

    id: str | None
    why: str


def events(body: bytes) -> tuple[list[WireEvent], list[Odd]]:
    """A page of them; one that is spelt wrongly spoils no other. Raises Unreadable when it is no list at all."""
    read: list[WireEvent] = []
    odd: list[Odd] = []
    for raw in json.decode(body, list[msgspec.Raw]):
        try:
            read.append(json.decode(bytes(raw), WireEvent))
        except Unreadable as error:
            odd.append(Odd(_id_of(bytes(raw)), str(error)))
    return read, odd


def _id_of(raw: bytes) -> str | None:
    try:
        return json.decode(raw, _Id).id
    except Unreadable:
        return None


def number(raw: msgspec.Raw) -> Decimal:
    """Raises Unreadable."""
    try:
        return sane(json.decode(bytes(raw), Decimal))
    except ValueError as error:
        raise Unreadable(str(error)) from error


def instant(text: str | None, now: datetime) -> datetime | None:
    """An ISO 8601 instant; the word of OpenADR for now is `now`. None: nobody said. Raises Unreadable."""
    if text is None:
        return None
    if text.startswith(NOW):
        return now
    try:
        return utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise Unreadable(f"{text[:40]!r} is no instant") from error


def duration(text: str | None) -> timedelta | None:
    """None: without an end, for nought means that too in a limit. A year has 365 days here, a month 30.

    Raises Unreadable.
    """
    if text is None:
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Unreadable(f"{text[:40]!r} is no duration")
    years, months, weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    if years > LONGEST.days / 365:
        return None
    length = timedelta(days=years * 365 + months * 30 + weeks * 7 + days, seconds=hours * 3600 + minutes * 60 + seconds)
    return length if timedelta() < length < LONGEST else None


def spelt(length: timedelta) -> str:
    return f"PT{round(length.total_seconds())}S"


def targets(raws: list[msgspec.Raw] | None) -> tuple[set[str], set[str], set[str]]:
    """Names of VENs, of resources, and plain words, that an event is for. What is spelt otherwise names nobody."""
    vens: set[str] = set()
    resources: set[str] = set()
    words: set[str] = set()
    for raw in raws or ():
        try:
            words.add(json.decode(bytes(raw), str))
            continue
        except Unreadable:
            pass
        try:
            said = json.decode(bytes(raw), WireValues)
            names = {json.decode(bytes(one), str) for one in said.values}
        except Unreadable:
            continue
        if said.type == "VEN_NAME":
            vens |= names
        elif said.type == "RESOURCE_NAME":
            resources |= names
    return vens, resources, words


class Delivered(Struct, frozen=True, kw_only=True):
    """What came in during an interval of an event, for its report; a resource by its name."""

    resource: str
    interval_id: int
    begin_at: datetime
    end_at: datetime
    kwh: Decimal


def report(
    *, program_id: str, event_id: str, client: str, name: str, types: tuple[str, ...], delivered: list[Delivered]
) -> bytes:
    """A body of POST /reports: USAGE in kWh, DEMAND as mean kW, of each interval of each resource."""
    units = {"USAGE": "KWH", "DEMAND": "KW"}
    resources: dict[str, list[Any]] = {}
    for one in delivered:
        hours = Decimal((one.end_at - one.begin_at) / timedelta(hours=1))
        worth = {"USAGE": one.kwh, "DEMAND": one.kwh / hours if hours else Decimal(0)}
        resources.setdefault(one.resource, []).append(
            {
                "id": one.interval_id,
                "intervalPeriod": {"start": rfc3339(one.begin_at), "duration": spelt(one.end_at - one.begin_at)},
                "payloads": [{"type": type, "values": [round(worth[type], 3)]} for type in types],
            }
        )
    return json.encode(
        {
            "programID": program_id,
            "eventID": event_id,
            "clientName": client,
            "reportName": name,
            "payloadDescriptors": [
                {
                    "objectType": "REPORT_PAYLOAD_DESCRIPTOR",
                    "payloadType": type,
                    "readingType": "DIRECT_READ" if type == "USAGE" else "MEAN",
                    "units": units[type],
                }
                for type in types
            ],
            "resources": [{"resourceName": name, "intervals": some} for name, some in resources.items()],
        }
    )


def ahead(date: str | None, now: datetime) -> timedelta:
    """By how much the clock of whoever sent this Date of HTTP is ahead; none, where it says none."""
    try:
        said = datetime.strptime(date or "", "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return timedelta()
    return said - now
