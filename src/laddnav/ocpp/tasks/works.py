"""The table of works: one more kind is one more line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.ocpp.tasks import configure, firmware, local_list, logs, move
from laddnav.ocpp.tasks.model import Kind
from laddnav.ocpp.tasks.work import Doing, Work, plainly
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import Request
from laddnav.ocpp.wire.upkeep import ChangeAvailability, ClearCache, Reset

EvseNo = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Resetting(Struct, frozen=True, kw_only=True):
    """`at_once` ends what charges; else a Station is reset once nobody charges there."""

    at_once: bool = False
    evse_no: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


class Opening(Struct, frozen=True, kw_only=True):
    """`evse_no` 0: every Evse."""

    operative: bool
    evse_no: EvseNo = 0


class Plain(Struct, frozen=True, kw_only=True):
    """There is nothing to say besides."""


async def _reset(unit: Unit, doing: Doing, settings: Resetting, dialect: Dialect) -> Request:
    return Reset(at_once=settings.at_once, evse_no=settings.evse_no)


async def _open(unit: Unit, doing: Doing, settings: Opening, dialect: Dialect) -> Request:
    return ChangeAvailability(operative=settings.operative, evse_no=settings.evse_no)


async def _clear(unit: Unit, doing: Doing, settings: Plain, dialect: Dialect) -> Request:
    return ClearCache()


WORKS: Mapping[Kind, Work] = {
    Kind.CONFIGURE: configure.CONFIGURE,
    Kind.CHECK: configure.CHECK,
    Kind.FIRMWARE: firmware.WORK,
    Kind.LOCAL_LIST: local_list.WORK,
    Kind.RESET: Work(settings=Resetting, asks=_reset, heard=plainly, when_idle=lambda one: not one.at_once),
    Kind.DIAGNOSTICS: logs.DIAGNOSTICS,
    Kind.SECURITY_LOG: logs.SECURITY_LOG,
    Kind.CLEAR_CACHE: Work(settings=Plain, asks=_clear, heard=plainly),
    Kind.AVAILABILITY: Work(settings=Opening, asks=_open, heard=plainly),
    Kind.MOVE: move.WORK,
}
