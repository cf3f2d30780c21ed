"""What an operator of ours, as eMSP, has a partner's station do for a driver: two real installations."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from laddnav.locations import actions as locations
from laddnav.ocpi.commands.asked import UnknownCommand
from laddnav.ocpi.operate import commands as operate
from laddnav.ocpi.wire.commands import CommandState, Verdict
from laddnav.people.api import NotYours
from laddnav.people.model import Role, Visitor
from laddnav.sessions import actions as sessions
from laddnav.sessions.rules import UnknownSession
from laddnav.tokens import actions as tokens
from tests import things
from tests.ocpi.commands.test_while_it_charges import begun
from tests.ocpi.furnishing import carded, furnished
from tests.ocpi.network import CPO, EMSP, Pair

BY = Visitor(id="key", name="key", role=Role.OPERATOR, holder=EMSP, language="en")
CAN = ("REMOTE_START_STOP_CAPABLE", "RESERVABLE", "UNLOCK_CAPABLE")


async def test_an_operator_has_a_partners_station_serve_a_driver(pair: Pair) -> None:
    """CMD-005, CMD-044, CMD-046: as a person of ours with its own party's key, and nobody with another's."""
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp)
    async with cpo.database.unit() as unit:
        able = tuple(things.evse(uid, capabilities=CAN) for uid in ("EVSE1", "EVSE2"))
        await locations.keep(unit, CPO, things.location(owner=CPO, evses=able, last_updated=unit.now))
    session = await begun(cpo)
    await cpo.settle()
    await emsp.settle()
    async with emsp.database.unit() as unit:
        token, _, _ = (await tokens.page(unit, EMSP))[0]
        heard = await sessions.fetch(unit, EMSP, CPO, session.id)
        until = unit.now + timedelta(hours=1)
    asks = emsp.database, emsp.clients
    there = {"cpo": str(CPO), "location_id": "LOC1", "evse_uid": "EVSE2"}
    whose = {"holder": str(EMSP), "cpo": str(CPO)}

    start = operate.BeginAtPartner(token=token, **there)
    with pytest.raises(NotYours):
        await operate.begin_at_partner(*asks, replace(BY, holder=CPO), start)
    with pytest.raises(UnknownSession):
        await operate.end_at_partner(cpo.database, cpo.clients, replace(BY, holder=CPO), session.ref)
    kept = await operate.reserve_at_partner(*asks, BY, operate.ReserveAtPartner(token=token, until=until, **there))
    cancel = operate.CancelAtPartner(reservation_id=str(kept.reservation_id), **whose)
    plug = operate.UnlockAtPartner(connector_id="1", holder=str(EMSP), **there)
    said = [
        kept,
        await operate.cancel_at_partner(*asks, BY, cancel),
        await operate.begin_at_partner(*asks, BY, start),
        await operate.end_at_partner(*asks, BY, heard.ref),
        await operate.unlock_at_partner(*asks, BY, plug),
    ]
    # Nothing is kept before its Station has said so, so there is nothing to take back.
    yes, no = (Verdict.ACCEPTED, CommandState.ACCEPTED), (Verdict.REJECTED, CommandState.REFUSED)
    async with emsp.database.unit() as unit:
        sent = [await operate.fetch_command(unit, one.command_id) for one in said]
        with pytest.raises(UnknownCommand):
            await operate.fetch_command(unit, "nobody's")
    assert [one.kind for one in sent] == [
        "RESERVE_NOW",
        "CANCEL_RESERVATION",
        "START_SESSION",
        "STOP_SESSION",
        "UNLOCK_CONNECTOR",
    ]
    assert {(one.holder, one.cpo) for one in sent} == {(EMSP, CPO)}
    assert [(one.verdict, now.state) for one, now in zip(said, sent, strict=True)] == [yes, no, yes, yes, yes]


def test_no_command_is_given_by_who_may_only_look() -> None:
    """CMD-044: of them UNLOCK_CONNECTOR, which is for the help desk alone."""
    assert {one.needs for one in operate.ROUTES if one.method != "GET"} == {Role.OPERATOR}
