"""Moving away: a Station is told the address of another central system, restarts, and is none of ours any more."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.locations.rules import CarThere
from laddnav.ocpp.notes import NoteKind, noted
from laddnav.ocpp.tasks.rules import Done, Failed, More, Move
from laddnav.ocpp.tasks.work import Doing, Work, refused
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import Request, Said, Verdict
from laddnav.ocpp.wire.security import KeepNetwork
from laddnav.ocpp.wire.upkeep import Reset
from laddnav.ocpp.wire.variables import SetStatus, SetVariables, VariableName, VariablesSet, VariableWanted
from laddnav.sessions import actions as sessions

Slot = Annotated[int, Meta(ge=0, le=2**31 - 1)]

_PRIORITY = VariableName(component="OCPPCommCtrlr", name="NetworkConfigurationPriority")
_TAKEN = (SetStatus.ACCEPTED, SetStatus.REBOOT_REQUIRED)
ADDRESS, PRIORITY, RESTART = range(3)  # in this order


class Moving(Struct, frozen=True, kw_only=True):
    """`url` is the other central system's, with ws or wss, without the id of a Station.

    `slots` are those of a version that keeps several addresses (B09): the first is written, the others are fallen back
    on. `key` is what a Station of OCPP 1.6 calls its address, for that version has no word for it.
    `security_profile` None: as here.
    """

    url: Annotated[str, Meta(pattern=r"^wss?://\S+\Z", max_length=512)]
    security_profile: Annotated[int, Meta(ge=0, le=3)] | None = None
    slots: Annotated[tuple[Slot, ...], Meta(min_length=1)] = (2, 1)
    interface: str = "Wired0"
    key: Annotated[str, Meta(max_length=50)] | None = None


async def _ask(unit: Unit, doing: Doing, settings: Moving, dialect: Dialect) -> Request | Move:
    keeps_slots = KeepNetwork in dialect.asks
    if doing.step.done == ADDRESS and keeps_slots:
        profile = doing.station.security_profile if settings.security_profile is None else settings.security_profile
        return KeepNetwork(slot=settings.slots[0], url=settings.url, profile=profile, interface=settings.interface)
    if doing.step.done == ADDRESS:
        if settings.key is None:
            return Failed(said=noted(NoteKind.NO_WORD_FOR_ADDRESS))
        return _set(VariableName(name=settings.key), settings.url)
    if doing.step.done == PRIORITY and keeps_slots:
        return _set(_PRIORITY, ",".join(map(str, settings.slots)))
    return Reset(at_once=False)


def _set(name: VariableName, value: str) -> SetVariables:
    return SetVariables(wanted=(VariableWanted(name=name, value=value),))


async def _heard(unit: Unit, doing: Doing, settings: Moving, said: Said) -> Move:
    """Once it restarts it is off our list; one that falls back on us waits among the strangers."""
    if isinstance(said, VariablesSet):
        refusals = [one.status for one in said.results if one.status not in _TAKEN]
        if refusals or not said.results:
            return Failed(said=", ".join(refusals) or noted(NoteKind.ANSWERED_NOTHING))
    elif said is not Verdict.ACCEPTED:
        return refused(said)
    if doing.step.done == ADDRESS:
        # The one variable of OCPP 1.6 is all that there is to set.
        return More(done=RESTART if isinstance(said, VariablesSet) else PRIORITY)
    if doing.step.done == PRIORITY:
        return More(done=RESTART)
    try:
        await sessions.leave(unit, doing.station.id, settings.url)
    except CarThere as there:
        return Failed(said=noted(NoteKind.CAR_THERE, evse=there.evse_uid))
    return Done(said=settings.url)


WORK = Work(settings=Moving, asks=_ask, heard=_heard, when_idle=lambda settings: True)
