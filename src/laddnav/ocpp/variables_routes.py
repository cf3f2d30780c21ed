"""The operator API about what a Station says it is."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.ocpp import variables
from laddnav.ocpp.rules import Offline
from laddnav.ocpp.wire.variables import Mutability, VariableName
from laddnav.people.api import Route, yours
from laddnav.people.model import Role, Visitor


class VariableShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`said_at` is when the Station last said so; `value` left out: it is not told, or is a secret."""

    called: str
    name: VariableName
    value: str | None = None
    mutability: Mutability | None = None
    type: str | None = None
    unit: str | None = None
    values: str | None = None
    said_at: datetime


class VariablesShown(Struct, frozen=True, kw_only=True):
    """`asked_at` None: the Station was never asked; `whole_at` None: its newest report is not all here.

    `refused_at`: it said that it makes none, and is asked again once it runs other firmware.
    """

    holder: PartyId
    station_id: str
    asked_at: datetime | None
    whole_at: datetime | None
    refused_at: datetime | None
    variables: tuple[VariableShown, ...]


class ReportAsked(Struct, frozen=True, kw_only=True):
    number: int


async def list_variables(unit: Unit, by: Visitor, station_id: str) -> VariablesShown:
    """What the Station says it is and how it is set up, in the order of their names."""
    station = await locations.station(unit, station_id)
    yours(by, station.holder)
    found, report = await variables.known(unit, station)
    return VariablesShown(
        holder=station.holder,
        station_id=station.id,
        asked_at=None if report is None else report.asked_at,
        whole_at=None if report is None else report.whole_at,
        refused_at=None if report is None else report.refused_at,
        variables=tuple(
            VariableShown(
                called=str(one.name),
                name=one.name,
                value=one.value,
                mutability=one.mutability,
                type=one.type,
                unit=one.unit,
                values=one.values,
                said_at=at,
            )
            for one, at in found
        ),
    )


async def report_variables(unit: Unit, by: Visitor, station_id: str) -> ReportAsked:
    """Have the Station tell all of it anew. Raises UnknownStation, Offline."""
    station = await locations.station(unit, station_id)
    yours(by, station.holder)
    if station.connected_at is None:
        raise Offline(station_id)
    return ReportAsked(number=variables.ask_for(unit, station))


ROUTES = (
    Route(method="GET", path="/stations/{station_id}/variables", does=list_variables, looks_itself=True),
    Route(
        method="POST",
        path="/stations/{station_id}/variables",
        does=report_variables,
        needs=Role.OPERATOR,
        status=202,
        looks_itself=True,
    ),
)
