"""Operators put words on displays, ask what a station keeps of a customer, and have it tell something now."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from laddnav.db.unit import Database
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp.display_routes import (
    Customer,
    MessageShown,
    Triggered,
    hide_message,
    show_message,
    tell_customer,
    tell_messages,
    trigger,
)
from laddnav.ocpp.rules import NotInItsVersion
from laddnav.ocpp.wire.display import Priority, Trigger
from laddnav.ocpp.wire.reports import Topic
from laddnav.people.api import NotYours
from laddnav.people.model import Role, Visitor
from tests.clock import SetClock
from tests.ocpp.conftest import Raw
from tests.ocpp.numbered import PACKAGES, numbered
from tests.ocpp.test_reports import kept
from tests.things import THEM, US

OPERATOR = Visitor(id="1", name="test", holder=US, role=Role.OPERATOR, language="en")
STRANGER = Visitor(id="2", name="other", holder=THEM, role=Role.OPERATOR, language="en")


@pytest.mark.parametrize("protocol", PACKAGES)
async def test_what_operators_say_reaches_the_station(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """F06.FR.01 F06.FR.13 N09.FR.04 N10 O01 O03 O05.FR.02 O06.FR.01."""
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(on_connect="none"))
    until = clock.now() + timedelta(hours=1)
    words = MessageShown(text="Closed on Sunday", priority=Priority.ALWAYS, language="en", ends_at=until)
    async with numbered(url, protocol) as station:
        assert (await show_message(database, OPERATOR, "ST1", 7, words)).result == {"status": "Accepted"}
        assert (await kept(database, Topic.DISPLAY_MESSAGE))["7"] == {
            "id": 7,
            "priority": "AlwaysFront",
            "message": {"format": "UTF8", "content": "Closed on Sunday", "language": "en"},
            "endDateTime": rfc3339(until),
        }
        await tell_messages(database, OPERATOR, "ST1")
        assert dict(station.asked)["GetDisplayMessages"]["request_id"] > 0
        await hide_message(database, OPERATOR, "ST1", 7)
        assert await kept(database, Topic.DISPLAY_MESSAGE) == {}
        asked = await tell_customer(database, OPERATOR, "ST1", Customer(uid="CARD1", forget=True))
        assert dict(station.asked)["CustomerInformation"] == {
            "request_id": asked.number,
            "report": True,
            "clear": True,
            "id_token": {"id_token": "CARD1", "type": "ISO14443"},
        }
        await trigger(database, OPERATOR, "ST1", Triggered(what=Trigger.STATUS, evse_no=2))
        wanted = {"requested_message": "StatusNotification", "evse": {"id": 2, "connector_id": 1}}
        assert dict(station.asked)["TriggerMessage"] == wanted
        with pytest.raises(NotYours):
            await trigger(database, STRANGER, "ST1", Triggered(what=Trigger.METER))


async def test_a_1_6_station_is_triggered_and_has_no_display_of_ours(url: str, database: Database) -> None:
    """OCPP 1.6 §5.17."""
    raw = await Raw.connect(url)
    asked = asyncio.create_task(trigger(database, OPERATOR, "ST1", Triggered(what=Trigger.METER, evse_no=1)))
    _, id, action, payload = await raw.hear()
    assert (action, payload) == ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1})
    await raw.say(json.dumps([3, id, {"status": "NotImplemented"}]))
    assert (await asked).result == {"status": "NotImplemented"}
    with pytest.raises(NotInItsVersion):
        await hide_message(database, OPERATOR, "ST1", 1)
