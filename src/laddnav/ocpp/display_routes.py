"""The operator API about displays of Stations, what they keep of customers, and what they are made to tell."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Database
from laddnav.ocpp import calls, rules
from laddnav.ocpp.routes import Replied, answered, looked_at
from laddnav.ocpp.wire.display import HideMessage, Priority, ShowMessage, TellCustomer, TellMessages, TellNow, Trigger
from laddnav.ocpp.wire.requests import Request
from laddnav.people.api import Route
from laddnav.people.model import Role, Visitor

Number = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class MessageShown(Struct, frozen=True, kw_only=True):
    """What drivers are to read on a display, and when."""

    text: Annotated[str, Meta(min_length=1, max_length=512)]
    priority: Priority = Priority.IN_TURN
    language: Annotated[str, Meta(max_length=8)] | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class Customer(Struct, frozen=True, kw_only=True):
    """By the `uid` of a card, or by another name that the Station knows."""

    uid: str | None = None
    customer: str | None = None
    forget: bool = False


class CustomerAsked(Struct, frozen=True, kw_only=True):
    """`number` is that under which the Station tells it."""

    number: int
    answer: Replied


class Triggered(Struct, frozen=True, kw_only=True):
    """What the Station is to tell, and of which Evse."""

    what: Trigger
    evse_no: Number | None = None
    connector_no: Number | None = None


async def show_message(database: Database, by: Visitor, station_id: str, number: Number, body: MessageShown) -> Replied:
    """O01, O06: what the display showed under this number is replaced."""
    shown = ShowMessage(
        number=number,
        text=body.text,
        priority=body.priority,
        language=body.language,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
    )
    return await _said(database, by, station_id, shown)


async def hide_message(database: Database, by: Visitor, station_id: str, number: Number) -> Replied:
    return await _said(database, by, station_id, HideMessage(number=number))


async def tell_messages(database: Database, by: Visitor, station_id: str) -> Replied:
    """O03: what the Station shows is among its reports, as soon as it has told it."""
    number = rules.number_named(database.clock.new_id())
    return await _said(database, by, station_id, TellMessages(number=number))


async def tell_customer(database: Database, by: Visitor, station_id: str, body: Customer) -> CustomerAsked:
    """N09, N10: what the Station keeps of a customer, told in parts under the number in the answer."""
    number = rules.number_named(database.clock.new_id())
    asked = TellCustomer(number=number, report=True, forget=body.forget, uid=body.uid, customer=body.customer)
    return CustomerAsked(number=number, answer=await _said(database, by, station_id, asked))


async def trigger(database: Database, by: Visitor, station_id: str, body: Triggered) -> Replied:
    """F06: the Station tells it after its answer, if it says that it will."""
    asked = TellNow(what=body.what, evse_no=body.evse_no, connector_no=body.connector_no)
    return await _said(database, by, station_id, asked)


async def _said(database: Database, by: Visitor, station_id: str, request: Request) -> Replied:
    await looked_at(database, by, station_id)
    return answered(await calls.say(database, station_id, request))


_MESSAGES = "/stations/{station_id}/display-messages"

ROUTES = (
    Route(method="POST", path=_MESSAGES, does=tell_messages, needs=Role.OPERATOR, looks_itself=True),
    Route(method="PUT", path=_MESSAGES + "/{number}", does=show_message, needs=Role.OPERATOR, looks_itself=True),
    Route(method="DELETE", path=_MESSAGES + "/{number}", does=hide_message, needs=Role.OPERATOR, looks_itself=True),
    Route(
        method="POST",
        path="/stations/{station_id}/customer-information",
        does=tell_customer,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
    Route(
        method="POST",
        path="/stations/{station_id}/trigger",
        does=trigger,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
)
