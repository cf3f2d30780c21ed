"""Stations of each version say all that they can over one socket: every message is answered as its text has it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp.wire import schemas
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.schemas import Direction
from tests.ocpp.conftest import Raw
from tests.ocpp.wire.examples import example

BOOT = "BootNotification"


@pytest.fixture(params=DIALECTS)
async def spoken(request: pytest.FixtureRequest, url: str, database: Database) -> AsyncIterator[tuple[Raw, Dialect]]:
    dialect = DIALECTS[request.param]
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=(dialect.subprotocol,), on_connect="none"))
    raw = await Raw.connect(url, protocol=dialect.subprotocol)
    assert (await raw.ask(BOOT, example(dialect.version, BOOT)))[2]["status"] == "Accepted"
    yield raw, dialect
    await raw.socket.close()


async def test_every_message_is_answered_and_what_needs_no_answer_is_kept(
    spoken: tuple[Raw, Dialect], database: Database
) -> None:
    """N15: a NotifyPeriodicEventStream has no answer, good or bad."""
    raw, dialect = spoken
    sent = schemas.sends(dialect.version)
    for action in sorted(dialect.hears.keys() - sent):
        payload = example(dialect.version, action, full=True)
        kind, _, answer, *more = await raw.ask(action, payload, action[:36])
        assert kind == 3, (action, answer, more)
        assert schemas.problems(dialect.version, action, Direction.RESPONSE, answer) == (), action
    for action in sorted(sent):
        await raw.say(json.dumps([6, "s1", action, example(dialect.version, action)]))
        await raw.say(json.dumps([6, "s2", action, {}]))
        await raw.say(json.dumps([6, "s3", "Heartbeat", {}]))
        assert (await raw.ask(action, example(dialect.version, action), "s4"))[2] == "NotSupported"
    assert (await raw.ask("Heartbeat", {}, "the last"))[:2] == [3, "the last"]
    async with database.unit() as unit:
        kept = {row["topic"] for row in await unit.fetch("select topic from ocpp_told")}
        errors = await unit.value("select count(*) from ocpp_frame where kind = 'error'")
    assert errors == len(sent)
    assert ("STREAMED" in kept) is bool(sent)
