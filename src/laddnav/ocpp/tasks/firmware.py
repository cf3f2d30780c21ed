"""New firmware: a Station is asked to fetch it, and followed until it says that it runs it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.time import utc
from laddnav.ocpp.notes import NoteKind, noted
from laddnav.ocpp.tasks.rules import Done, Follow, HalfSigned, Move, soon
from laddnav.ocpp.tasks.work import Doing, Work, refused
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import Request, Said, Verdict
from laddnav.ocpp.wire.upkeep import UpdateFirmware, UpdateSignedFirmware

WITHIN = timedelta(hours=6)  # of its last word: a large file over a slow line, or a car that has to leave first


class Update(Struct, frozen=True, kw_only=True):
    """`version` is what a Station that runs it calls itself: it is left alone, and known to be done when it boots.

    `certificate` and `signature` are of its maker (L01.FR.11); without either the file is not signed (L02).
    """

    location: Annotated[str, Meta(pattern=r"^(https?|ftps?|sftp)://\S+\Z", max_length=512)]
    version: Annotated[str, Meta(min_length=1, max_length=50)] | None = None
    certificate: Annotated[str, Meta(max_length=5500)] | None = None
    signature: Annotated[str, Meta(max_length=800)] | None = None
    retrieve_at: datetime | None = None
    install_at: datetime | None = None
    retries: Annotated[int, Meta(ge=0, le=100)] | None = None
    retry_interval: Annotated[int, Meta(ge=0, le=86400)] | None = None


async def _ask(unit: Unit, doing: Doing, settings: Update, dialect: Dialect) -> Request | Move:
    if settings.version is not None and doing.station.firmware == settings.version:
        return Done(said=noted(NoteKind.RUNS_IT_ALREADY))
    plain = UpdateFirmware(
        number=doing.step.number,
        location=settings.location,
        retrieve_at=settings.retrieve_at or unit.now,
        install_at=settings.install_at,
        retries=settings.retries,
        retry_interval=settings.retry_interval,
    )
    if settings.certificate is None or settings.signature is None:
        return plain
    said = {name: getattr(plain, name) for name in UpdateFirmware.__struct_fields__}
    return UpdateSignedFirmware(**said, certificate=settings.certificate, signature=settings.signature)


async def _heard(unit: Unit, doing: Doing, settings: Update, said: Said) -> Move:
    return Follow(until=patient(unit, settings)) if said is Verdict.ACCEPTED else refused(said)


def patient(unit: Unit, settings: Update) -> datetime:
    """Counted from when it is to begin."""
    said = [utc(one) for one in (settings.retrieve_at, settings.install_at) if one is not None]
    return max([unit.now, *said]) + WITHIN


def _check(settings: Update, now: datetime) -> None:
    """Raises UnfitTask."""
    if (settings.certificate is None) != (settings.signature is None):
        raise HalfSigned
    soon("retrieve_at", settings.retrieve_at, now)
    soon("install_at", settings.install_at, now)


WORK = Work(settings=Update, asks=_ask, heard=_heard, check=_check)
