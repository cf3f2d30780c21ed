"""The operator API about what Stations that feed into the grid are to do for it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Database
from laddnav.ocpp import calls, rules
from laddnav.ocpp.monitoring_routes import NumberedAnswer
from laddnav.ocpp.routes import Replied, answered, looked_at
from laddnav.ocpp.wire.der import ClearDerControl, ControlType, DerControl, ReportDerControls, SetDerControl
from laddnav.people.api import Route
from laddnav.people.model import Role, Visitor

ControlId = Annotated[str, Meta(min_length=1, max_length=36)]


class ControlsWanted(Struct, frozen=True, kw_only=True):
    """Of this kind, of defaults or of those that are scheduled; nothing said: of all."""

    type: ControlType | None = None
    default: bool | None = None


async def set_control(
    database: Database, by: Visitor, station_id: str, control_id: ControlId, body: DerControl
) -> Replied:
    """R04: a default one, or one for a time; which others it puts aside is in the answer."""
    await looked_at(database, by, station_id)
    return answered(await calls.say(database, station_id, SetDerControl(id=control_id, control=body)))


async def report_controls(database: Database, by: Visitor, station_id: str, body: ControlsWanted) -> NumberedAnswer:
    """R04: controls that a report on all of them does not name are not there any more."""
    await looked_at(database, by, station_id)
    number = rules.number_named(database.clock.new_id())
    request = ReportDerControls(number=number, type=body.type, default=body.default)
    return NumberedAnswer(number=number, answer=answered(await calls.say(database, station_id, request)))


async def clear_control(
    database: Database, by: Visitor, station_id: str, control_id: ControlId, *, default: bool = False
) -> Replied:
    """R04: one of them."""
    return await _clear(database, by, station_id, ClearDerControl(default=default, id=control_id))


async def clear_controls(
    database: Database, by: Visitor, station_id: str, *, default: bool = False, type: ControlType | None = None
) -> Replied:
    """R04: all defaults, or all that are scheduled, of this kind or of any."""
    return await _clear(database, by, station_id, ClearDerControl(default=default, type=type))


async def _clear(database: Database, by: Visitor, station_id: str, request: ClearDerControl) -> Replied:
    """What is left then, only the Station can say."""
    await looked_at(database, by, station_id)
    replied = await calls.say(database, station_id, request)
    await calls.say(database, station_id, ReportDerControls(number=rules.number_named(database.clock.new_id())))
    return answered(replied)


_CONTROLS = "/stations/{station_id}/der-controls"

ROUTES = (
    Route(method="PUT", path=f"{_CONTROLS}/{{control_id}}", does=set_control, needs=Role.OPERATOR, looks_itself=True),
    Route(method="POST", path=f"{_CONTROLS}/report", does=report_controls, needs=Role.OPERATOR, looks_itself=True),
    Route(method="DELETE", path=_CONTROLS, does=clear_controls, needs=Role.OPERATOR, looks_itself=True),
    Route(
        method="DELETE",
        path=f"{_CONTROLS}/{{control_id}}",
        does=clear_control,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
)
