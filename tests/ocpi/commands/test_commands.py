"""Remote start and stop: two answers each, the second one when the station has spoken, or its time is out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.kit.energy import wh
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.rules import UnknownEvse
from laddnav.ocpi.calls.calling import PartnerRefused, PartnerUnreachable
from laddnav.ocpi.commands import commands
from laddnav.ocpi.commands.asked import NotConnectedTo, sent_command
from laddnav.ocpi.commands.commanded import CONNECTOR_REQUIRED, REMOTE_START_STOP_CAPABLE
from laddnav.ocpi.commands.commands import Asked, MayNotCharge, NotCapable
from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import KeptCommand
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.commands import Verdict
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import AuthMethod, Session, Status
from laddnav.tokens.model import Allowed, Authorization, Token, TokenType, Whitelist
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import furnished
from tests.ocpi.network import CPO, EMSP, Ask, Installation, Pair, stranger
from tests.ocpi.wording import words

APP = things.token("APP1", EMSP, type=TokenType.APP_USER, whitelist=Whitelist.NEVER)


async def started(pair: Pair, **changes: Any) -> Asked:
    where: dict[str, Any] = {"location_id": "LOC1", "evse_uid": "EVSE1"} | changes
    return await commands.start_session(
        pair.emsp.database, pair.emsp.clients, EMSP, token=APP, owner=CPO, reference="our-reference", **where
    )


async def waiting(cpo: Installation) -> Session:
    async with cpo.database.unit() as unit:
        (only,) = await sessions.page(unit, CPO, statuses=[Status.PENDING, Status.ACTIVE])
        return only


async def station_says(cpo: Installation, session: Session, result: str) -> None:
    async with cpo.database.unit() as unit:
        await sessions.answer_start(unit, CPO, session.id, result)
    await cpo.settle()


async def sent(emsp: Installation, asked: Asked) -> KeptCommand:
    async with emsp.database.unit() as unit:
        return await sent_command(unit, asked.command_id)


async def heard(emsp: Installation, kind: str) -> list[str]:
    async with emsp.database.unit() as unit:
        return [row["body"] for row in await unit.fetch("select body from event where kind = $1 order by id", kind)]


# Two of ours ----------------------------------------------------------------------------------------------------------


async def test_a_driver_of_theirs_starts_and_stops_from_afar(pair: Pair, clock: SetClock) -> None:
    """CMD-005, CMD-006, CMD-008, CMD-009, CMD-015, CMD-016, CMD-027, CMD-031, CMD-032, CMD-042, SES-026, CDR-028."""
    cpo, emsp = pair
    await furnished(cpo)
    asked = await started(pair)
    assert asked.verdict is Verdict.ACCEPTED and (await sent(emsp, asked)).state == "accepted"
    session = await waiting(cpo)
    assert (session.status, session.auth_method) == (Status.PENDING, AuthMethod.COMMAND)
    assert (session.token.uid, session.authorization_reference) == ("APP1", "our-reference")
    await station_says(cpo, session, "ACCEPTED")
    done = await sent(emsp, asked)
    assert (done.state, done.result) == ("done", "ACCEPTED")
    assert len(await heard(emsp, "CommandAnswered")) == 1
    async with cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
        given = _given(APP)
        begun = await sessions.begin(
            unit, station=station, evse_no=1, uid="APP1", given=given, at=unit.now, register=wh(0)
        )
    assert begun.id == session.id
    await cpo.settle()
    stop = await commands.stop_session(emsp.database, emsp.clients, EMSP, owner=CPO, session_id=session.id)
    assert stop.verdict is Verdict.ACCEPTED
    async with cpo.database.unit() as unit:
        kept = (await partners.commands(unit, await cpo.connection()))[0]
        await sessions.answer_stop(unit, CPO, session.id, "ACCEPTED", kept.id)
    await cpo.settle()
    assert (await sent(emsp, stop)).result == "ACCEPTED"
    async with cpo.database.unit() as unit:
        await sessions.stop(unit, holder=CPO, session_id=session.id, at=unit.now, register=wh(5), reason="Remote")
    await cpo.settle()
    async with emsp.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, EMSP)
    assert (cdr.auth_method, cdr.authorization_reference) == (AuthMethod.COMMAND, "our-reference")


@pytest.mark.parametrize("result", ["REJECTED", "FAILED", "EVSE_OCCUPIED", "EVSE_INOPERATIVE", "TIMEOUT"])
async def test_a_station_that_does_not_start_is_told_in_ocpis_words(pair: Pair, result: str) -> None:
    """CMD-011, CMD-013."""
    await furnished(pair.cpo)
    asked = await started(pair)
    await station_says(pair.cpo, await waiting(pair.cpo), result)
    done = await sent(pair.emsp, asked)
    assert (done.state, done.result) == ("failed", result)


async def test_a_station_that_says_nothing_is_a_timeout_on_both_sides(pair: Pair, clock: SetClock) -> None:
    """CMD-012, CMD-013, CMD-014: and what it says afterwards is no second result."""
    cpo, emsp = pair
    await furnished(cpo)
    asked = await started(pair)
    session = await waiting(cpo)
    clock.advance(timedelta(seconds=61))
    assert await commands.expire(cpo.database) == 1
    await cpo.settle()
    assert (await sent(emsp, asked)).result == "TIMEOUT"
    await station_says(cpo, session, "ACCEPTED")
    assert len(await heard(emsp, "CommandAnswered")) == 1
    assert await commands.expire(cpo.database) == 0


async def test_an_emsp_does_not_wait_for_ever(pair: Pair, clock: SetClock) -> None:
    """CMD-014: a result that comes late is heard all the same."""
    cpo, emsp = pair
    await furnished(cpo)
    asked = await started(pair)
    clock.advance(timedelta(minutes=5))
    assert await commands.expire(emsp.database) == 1
    assert (await sent(emsp, asked)).state == "timed out"
    await station_says(cpo, await waiting(cpo), "ACCEPTED")
    assert (await sent(emsp, asked)).state == "done"


async def test_any_free_evse_will_do_where_none_is_named(pair: Pair) -> None:
    """CMD-023."""
    await furnished(pair.cpo)
    first = await started(pair, evse_uid=None)
    second = await started(pair, evse_uid=None)
    third = await started(pair, evse_uid=None)
    assert [one.verdict for one in (first, second, third)] == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REJECTED]
    assert third.message and "under way" in third.message[0].text


async def test_a_station_that_is_away_cannot_start(pair: Pair) -> None:
    await furnished(pair.cpo)
    async with pair.cpo.database.unit() as unit:
        locations.disconnected(unit, await locations.station(unit, "ST1"), process="test")
    asked = await started(pair)
    assert asked.verdict is Verdict.REJECTED and (await sent(pair.emsp, asked)).state == "refused"


async def test_the_connector_is_named_where_the_evse_needs_it(pair: Pair) -> None:
    """LOC-068, CMD-024."""
    cpo = pair.cpo
    await furnished(cpo)
    needs = things.evse("EVSE1", capabilities=(CONNECTOR_REQUIRED, REMOTE_START_STOP_CAPABLE))
    async with cpo.database.unit() as unit:
        at = things.LONG_AGO + timedelta(days=1)
        await locations.keep(
            unit, CPO, things.location(owner=CPO, evses=(needs, things.evse("EVSE2")), last_updated=at)
        )
    await cpo.settle()
    assert (await started(pair)).verdict is Verdict.ACCEPTED
    assert (await waiting(cpo)).connector_id == "1"
    with pytest.raises(UnknownEvse):
        await started(pair, evse_uid="EVSE9")


async def test_only_whoever_may_charge_is_sent(pair: Pair) -> None:
    """CMD-027, CMD-033, LOC-035: a place that is shown to another's driver is none where that driver starts."""
    emsp = pair.emsp
    for token in (things.token("X", EMSP, blocked=True), things.token("X", CPO)):
        with pytest.raises(MayNotCharge):
            await commands.start_session(
                emsp.database, emsp.clients, EMSP, token=token, owner=CPO, location_id="LOC1", evse_uid="EVSE1"
            )
    with pytest.raises(NotConnectedTo):
        await commands.start_session(
            emsp.database, emsp.clients, EMSP, token=APP, owner=PartyId("DE", "8AC"), location_id="L", evse_uid="E"
        )


async def test_only_what_an_evse_can_do_is_asked_for(pair: Pair) -> None:
    """CMD-046: nothing is sent for the others; of a place that we were not told of, its CPO knows."""
    cpo, emsp = pair
    able = things.evse("EVSE2", capabilities=("REMOTE_START_STOP_CAPABLE", "RESERVABLE", "UNLOCK_CAPABLE"))
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location(owner=CPO, evses=(things.evse(capabilities=()), able)))
        await locations.keep(unit, CPO, things.location("SIGN", CPO, evses=(things.evse(capabilities=()),)))
        until = unit.now + timedelta(hours=1)
    await cpo.settle()
    by = (emsp.database, emsp.clients, EMSP)

    async def asked_for(location_id: str, evse_uid: str | None) -> None:
        where: dict[str, Any] = {"owner": CPO, "location_id": location_id, "evse_uid": evse_uid}
        for asking in (
            commands.start_session(*by, token=APP, **where),
            commands.reserve_now(*by, token=APP, until=until, **where),
            commands.unlock_connector(*by, connector_id="1", **where),
        ):
            try:
                await asking
            except NotCapable as error:
                refused.append(error.capability)
            except PartnerRefused as error:
                assert error.status == 2003

    refused = list[str]()
    await asked_for("LOC1", "EVSE1")
    await asked_for("SIGN", None)
    assert refused == [*able.capabilities, *able.capabilities]
    async with emsp.database.unit() as unit:
        assert not await partners.commands(unit, await emsp.connection())
    await asked_for("LOC1", "EVSE2")
    await asked_for("LOC9", "EVSE1")
    assert len(refused) == 6
    async with emsp.database.unit() as unit:
        assert len(await partners.commands(unit, await emsp.connection())) == 6


async def test_a_command_that_did_not_get_through_failed(pair: Pair) -> None:
    await pair.cpo.down()
    with pytest.raises(PartnerUnreachable):
        await started(pair)
    async with pair.emsp.database.unit() as unit:
        (kept,) = await partners.commands(unit, await pair.emsp.connection())
    assert kept.state == "failed"


# A stranger asks our CPO ----------------------------------------------------------------------------------------------


def start(**changes: Any) -> bytes:
    said = {
        "response_url": "https://emsp.example/ocpi/commands/1",
        "token": words(APP),
        "location_id": "LOC1",
        "evse_uid": "EVSE1",
    }
    return encoded({name: value for name, value in (said | changes).items() if value is not ...})


@pytest.mark.parametrize(
    ("changes", "both", "result"),
    [
        ({}, (200, 1000), "ACCEPTED"),
        ({"token": words(things.token("U", PartyId("DE", "8AC")))}, (200, 1000), "REJECTED"),  # CMD-033
        ({"location_id": "LOC9"}, (200, 2003), "REJECTED"),  # CMD-019
        ({"evse_uid": "EVSE9"}, (200, 2003), "REJECTED"),
        ({"connector_id": "9"}, (200, 2003), "REJECTED"),
        ({"evse_uid": ..., "connector_id": "1"}, (200, 2001), None),  # CMD-025
        ({"response_url": ...}, (200, 2001), None),  # CMD-023
        ({"response_url": "http://169.254.169.254/"}, (200, 2001), None),  # CMD-018
        ({"response_url": "not a url"}, (200, 2001), None),
        ({"token": {"uid": "U"}}, (200, 2001), None),  # CMD-026
        ({"location_id": "L" * 37}, (200, 2001), None),  # CMD-049
    ],
)
async def test_a_start_is_answered_at_once(
    at_cpo: Ask, cpo: Installation, changes: dict[str, Any], both: tuple[int, int], result: str | None
) -> None:
    """CMD-006, CMD-018, CMD-019, CMD-023, CMD-025, CMD-026, CMD-033, CMD-049."""
    await furnished(cpo)
    answer = await at_cpo("POST", f"{cpo.url}/ocpi/cpo/2.2.1/commands/START_SESSION", start(**changes))
    assert answer.both == both
    assert (answer.data["result"] if result else answer.data) == result
    if result == "ACCEPTED":
        assert answer.data["timeout"] == 60
    async with cpo.database.unit() as unit:
        assert len(await sessions.page(unit, CPO)) == (result == "ACCEPTED")


async def test_whether_a_token_may_charge_is_not_ours_to_judge(at_cpo: Ask, cpo: Installation) -> None:
    """CMD-028: its eMSP did that; one that we think blocked is passed on, to charge and to reserve."""
    await furnished(cpo)
    blocked = words(things.token("APP1", EMSP, type=TokenType.APP_USER, valid=False, blocked=True))
    async with cpo.database.unit() as unit:
        able = things.evse("EVSE2", capabilities=("RESERVABLE",), last_updated=unit.now)
        await locations.keep_evse(unit, CPO, CPO, "LOC1", able)
    url = f"{cpo.url}/ocpi/cpo/2.2.1/commands"
    reserve = RESERVE | {"token": blocked, "evse_uid": "EVSE2", "response_url": "https://emsp.example/x"}
    for answer in (
        await at_cpo("POST", f"{url}/START_SESSION", start(token=blocked)),
        await at_cpo("POST", f"{url}/RESERVE_NOW", encoded(reserve)),
    ):
        assert answer.data["result"] == "ACCEPTED"


async def test_a_start_that_no_car_follows_becomes_no_charge(pair: Pair, clock: SetClock) -> None:
    """CMD-047, SES-034, SES-036: though the station had said yes."""
    await furnished(pair.cpo)
    asked = await started(pair)
    await station_says(pair.cpo, await waiting(pair.cpo), "ACCEPTED")
    assert (await sent(pair.emsp, asked)).state == "done"
    clock.advance(timedelta(minutes=11))
    assert await sessions.settle_overdue(pair.cpo.database) == 1
    await pair.cpo.settle()
    async with pair.cpo.database.unit() as unit:
        (over,) = await sessions.page(unit, CPO)
        assert over.status is Status.INVALID and list(await cdrs.page(unit, CPO)) == []


async def test_a_connector_that_is_needed_and_not_named_is_2001(at_cpo: Ask, cpo: Installation) -> None:
    """CMD-025."""
    needs = things.evse("EVSE1", capabilities=(CONNECTOR_REQUIRED,))
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location(owner=CPO, evses=(needs,)))
    url = f"{cpo.url}/ocpi/cpo/2.2.1/commands/START_SESSION"
    assert (await at_cpo("POST", url, start())).both == (200, 2001)


async def test_a_session_of_somebody_else_is_unknown(at_cpo: Ask, cpo: Installation) -> None:
    """CMD-021, CMD-022, CMD-042."""
    await furnished(cpo)
    url = f"{cpo.url}/ocpi/cpo/2.2.1/commands/STOP_SESSION"
    async with cpo.database.unit() as unit:
        station = await locations.station(unit, "ST1")
        own = await sessions.begin(
            unit,
            station=station,
            evse_no=1,
            uid="OWN",
            given=_given(things.token("OWN", CPO)),
            at=unit.now,
            register=wh(0),
        )
    for id in (own.id, "none"):
        answer = await at_cpo("POST", url, encoded({"response_url": "https://emsp.example/x", "session_id": id}))
        assert answer.both == (200, 1000) and answer.data == {"result": "UNKNOWN_SESSION", "timeout": 0}
    async with cpo.database.unit() as unit:
        assert not await unit.value("select count(*) from event where kind = 'StopRequested'")


UNLOCK = {"location_id": "LOC1", "evse_uid": "EVSE1", "connector_id": "1"}
CANCEL = {"reservation_id": "R1"}
RESERVE = {
    "token": words(APP),
    "expiry_date": "2026-11-23T10:00:00Z",
    "reservation_id": "R1",
    "location_id": "LOC1",
}


@pytest.mark.parametrize(
    ("kind", "body", "result"),
    [
        ("UNLOCK_CONNECTOR", UNLOCK, "NOT_SUPPORTED"),
        ("CANCEL_RESERVATION", CANCEL, "REJECTED"),
        ("RESERVE_NOW", RESERVE, "NOT_SUPPORTED"),
        ("RESERVE_NOW", RESERVE | {"token": words(things.token("U", PartyId("DE", "8AC")))}, "REJECTED"),
    ],
)
async def test_what_an_evse_cannot_do_is_not_supported(
    at_cpo: Ask, cpo: Installation, kind: str, body: dict[str, Any], result: str
) -> None:
    """CMD-002, CMD-006, CMD-033, CMD-034, CMD-039, CMD-040, CMD-043, CMD-046: by what the Evse says that it can."""
    await furnished(cpo)
    url = f"{cpo.url}/ocpi/cpo/2.2.1/commands/{kind}"
    answer = await at_cpo("POST", url, encoded(body | {"response_url": "https://emsp.example/x"}))
    assert answer.both == (200, 1000)
    assert (answer.data["result"], answer.data["timeout"]) == (result, 0) and answer.data["message"]
    assert (await at_cpo("POST", url, encoded(body))).both == (200, 2001)
    forbidden = await at_cpo("POST", url, encoded(body | {"response_url": "http://10.0.0.1/"}))
    assert forbidden.both == (200, 2001)


async def test_a_command_that_nobody_knows_is_404(at_cpo: Ask, cpo: Installation) -> None:
    """CMD-004."""
    assert (await at_cpo("POST", f"{cpo.url}/ocpi/cpo/2.2.1/commands/DANCE", b"{}")).both == (404, 2000)


async def test_a_command_of_tomorrow_is_not_supported_where_the_list_is_open(at_cpo: Ask, cpo: Installation) -> None:
    """TYP-022, TYP-024: the list of commands is open in 2.3.0."""
    answer = await at_cpo("POST", f"{cpo.url}/ocpi/cpo/2.3.0/commands/DANCE", b"{}")
    assert (answer.both, answer.data) == ((200, 1000), {"result": "NOT_SUPPORTED", "timeout": 0})


# A stranger answers our eMSP ------------------------------------------------------------------------------------------


async def test_a_result_is_taken_without_a_token_where_its_url_cannot_be_guessed(pair: Pair) -> None:
    """CMD-016: some CPOs show none there; everywhere else they have to."""
    await furnished(pair.cpo)
    asked = await started(pair)
    url = (await sent(pair.emsp, asked)).response_url or ""
    async with stranger(None) as ask:
        for wrong in (url + "x", url.replace("commands", "tokens"), url + "/more"):
            assert (await ask("POST", wrong, encoded({"result": "ACCEPTED"}))).http == 401
        assert (await ask("POST", url, encoded({"result": "NONSENSE"}))).both == (200, 2001)
        assert (await ask("POST", url, encoded({"result": "REJECTED"}))).both == (200, 1000)
        assert (await ask("POST", url, encoded({"result": "ACCEPTED"}))).both == (200, 1000)
    async with stranger("wrong-token") as ask:
        assert (await ask("POST", url, encoded({"result": "ACCEPTED"}))).http == 401
    assert (await sent(pair.emsp, asked)).result == "REJECTED"
    assert len(await heard(pair.emsp, "CommandAnswered")) == 1


def _given(token: Token) -> Authorization:
    return Authorization(allowed=Allowed.ALLOWED, token=token)
