"""Logs of Stations: each is asked to send its own somewhere, and followed until it is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.time import utc
from laddnav.ocpp.tasks.rules import Follow, Move, UnfitTask
from laddnav.ocpp.tasks.work import Doing, Work, refused
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import Request, Said, Verdict
from laddnav.ocpp.wire.upkeep import FetchDiagnostics, FetchSecurityLog

WITHIN = timedelta(hours=1)


class Fetching(Struct, frozen=True, kw_only=True):
    """`location` is where the file is to go; of which times, where that is said."""

    location: Annotated[str, Meta(pattern=r"^(https?|ftps?|sftp)://\S+\Z", max_length=512)]
    since: datetime | None = None
    until: datetime | None = None


Asking = Callable[[Unit, Doing, Fetching, Dialect], Awaitable[Request | Move]]


def _asking(what: type[FetchDiagnostics]) -> Asking:
    async def ask(unit: Unit, doing: Doing, settings: Fetching, dialect: Dialect) -> Request | Move:
        return what(number=doing.step.number, location=settings.location, since=settings.since, until=settings.until)

    return ask


async def _heard(unit: Unit, doing: Doing, settings: Fetching, said: Said) -> Move:
    return Follow(until=unit.now + WITHIN) if said is Verdict.ACCEPTED else refused(said)


def _check(settings: Fetching, now: datetime) -> None:
    """Raises UnfitTask."""
    if settings.since is not None and settings.until is not None and utc(settings.until) <= utc(settings.since):
        raise UnfitTask("until is not after since")


DIAGNOSTICS = Work(settings=Fetching, asks=_asking(FetchDiagnostics), heard=_heard, check=_check)
SECURITY_LOG = Work(settings=Fetching, asks=_asking(FetchSecurityLog), heard=_heard, check=_check)
