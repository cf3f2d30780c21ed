"""The operator API about what Stations report of themselves: limits, profiles, messages, payments."""

from __future__ import annotations

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.locations import actions as locations
from laddnav.ocpp import reports
from laddnav.ocpp.model import StationReport
from laddnav.ocpp.wire.reports import Topic
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor


class CustomerInformation(Struct, frozen=True, kw_only=True):
    """What a Station keeps of a customer, put together; `whole` False: there is more to come."""

    information: str
    whole: bool


async def list_reports(
    unit: Unit, by: Visitor, station_id: str, *, topic: Topic | None = None, limit: Limit = 100, cursor: str = ""
) -> Page[StationReport]:
    """The newest word of a Station on each thing, in the order of topics and keys."""
    station = await locations.station(unit, station_id)
    yours(by, station.holder)
    about, _, key = cursor.partition("/")
    found = await reports.page(unit, station, topic, (about, key), limit + 1)
    return page(found, limit, lambda one: f"{one.topic}/{one.key}")


async def show_customer_information(unit: Unit, by: Visitor, station_id: str, request_no: int) -> CustomerInformation:
    """What a Station told after a CustomerInformation request of this number."""
    station = await locations.station(unit, station_id)
    yours(by, station.holder)
    information, whole = await reports.customer_information(unit, station, request_no)
    return CustomerInformation(information=information, whole=whole)


ROUTES = (
    Route(method="GET", path="/stations/{station_id}/reports", does=list_reports),
    Route(
        method="GET",
        path="/stations/{station_id}/customer-information/{request_no}",
        does=show_customer_information,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
)
