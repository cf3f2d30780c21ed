"""Each switch of a partner's policy does what it says, and nothing when it stands as the text has it."""

from __future__ import annotations

import asyncio
import gzip
import re
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from laddnav.locations import actions as locations
from laddnav.ocpi.calls.calling import PartnerRefused
from laddnav.ocpi.commands.ask import Asker
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations.policy import Calls, Lists, Objects, Policy, Pushes, switches_of
from laddnav.ocpi.deviations.quirks import FIELDS
from laddnav.ocpi.wire import handshake
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import OfferedVersion, State
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import LocationReferences
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import locations_made
from tests.ocpi.network import CPO, EMSP, Ask, Installation, agreed, stranger
from tests.ocpi.peer import Peer, envelope, peer, said
from tests.ocpi.wording import cdr, session, words

# Calls ----------------------------------------------------------------------------------------------------------------


async def test_a_token_may_stand_under_bearer(cpo: Installation, they: Peer) -> None:
    """calls.bearer: theirs and ours; OCPI's own scheme is understood all the same."""
    they.answers["/locations/SE/LAD/L000"] = said(200, 1000)
    token, url = they.last("POST", "/credentials").body["token"], f"{cpo.url}/ocpi/versions"
    shown = {"Authorization": f"Bearer {token}"}
    async with stranger(token) as ask:
        assert (await ask("GET", url, headers=shown)).http == 401
        await agreed(cpo, Policy(calls=Calls(bearer=True)))
        assert (await ask("GET", url, headers=shown)).http == (await ask("GET", url)).http == 200
    await locations_made(cpo, 1)
    await cpo.settle()
    assert they.last("PUT", "/locations/SE/LAD/L000").headers["authorization"].startswith("Bearer ")


async def test_a_result_goes_to_a_host_of_theirs_or_where_it_was_agreed(cpo: Installation, they: Peer) -> None:
    """calls.results_at, CMD-018: nobody has us call a third one."""
    url = f"{cpo.url}/ocpi/cpo/2.2.1"
    async with stranger(they.last("POST", "/credentials").body["token"]) as ask:

        async def asked(host: str) -> tuple[int, int]:
            back = f"https://{host}/results/1"
            stop = encoded({"response_url": back, "session_id": "S1"})
            stopped = await ask("POST", f"{url}/commands/STOP_SESSION", stop)
            freed = await ask("DELETE", f"{url}/chargingprofiles/S1?response_url={quote(back, safe='')}")
            return stopped.status, freed.status

        assert await asked("127.0.0.1:9") == (1000, 1000)
        assert await asked("results.example") == (2001, 2001)
        await agreed(cpo, Policy(calls=Calls(results_at=("results.example",))))
        assert await asked("results.example") == (1000, 1000)
        assert await asked("other.example") == (2001, 2001)


@pytest.mark.parametrize(
    ("one_evse", "where", "asked"),
    [
        (False, LocationReferences("LOC1", ("EVSE1", "EVSE2")), ["EVSE1", "EVSE2"]),
        (True, LocationReferences("LOC1", ("EVSE2", "EVSE1")), ["EVSE2"]),
        (True, LocationReferences("LOC1"), ["EVSE1"]),
        (False, LocationReferences("LOC1"), None),
    ],
)
async def test_a_partner_may_want_to_hear_of_exactly_one_evse(
    cpo: Installation, they: Peer, one_evse: bool, where: LocationReferences, asked: list[str] | None
) -> None:
    """calls.one_evse."""
    token = things.token("CARD1", EMSP)
    they.answers["/tokens/CARD1/authorize"] = {"allowed": "ALLOWED", "token": words(token)}
    await agreed(cpo, Policy(calls=Calls(one_evse=one_evse)))
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location(owner=CPO))
    await Asker(cpo.database, cpo.clients)(CPO, token, "CARD1", where)
    assert they.last("POST", "/tokens/CARD1/authorize").body.get("evse_uids") == asked


async def test_an_authorization_without_a_reference_may_get_one_of_ours(cpo: Installation, they: Peer) -> None:
    """calls.own_reference."""
    token = things.token("CARD1", EMSP)
    asker = Asker(cpo.database, cpo.clients)
    for own, given, found in ((False, {}, 0), (True, {}, 36), (True, {"authorization_reference": "theirs"}, 6)):
        await agreed(cpo, Policy(calls=Calls(own_reference=own)))
        they.answers["/tokens/CARD1/authorize"] = {"allowed": "ALLOWED", "token": words(token)} | given
        answer = await asker(CPO, token, "CARD1", None)
        assert answer is not None and len(answer.reference or "") == found


@pytest.mark.parametrize("flat", [True, False])
async def test_a_partner_may_look_for_our_party_beside_the_roles(cpo: Installation, flat: bool) -> None:
    """calls.flat_credentials: in what we POST, and in what it GETs."""
    async with peer() as one:
        policy = Policy(calls=Calls(flat_credentials=flat))
        await partners.register(cpo.database, cpo.clients, one.versions_url, "a", CPO, Role.CPO, policy=policy)
        told = one.last("POST", "/credentials").body
    async with stranger(told["token"]) as ask:
        asked = (await ask("GET", f"{cpo.url}/ocpi/2.2.1/credentials")).data
    for words_of_ours in (told, asked):
        beside = (words_of_ours.get("country_code"), words_of_ours.get("party_id"))
        assert beside == (("SE", "LAD") if flat else (None, None)) and words_of_ours["roles"]


async def test_a_partner_may_know_no_put_of_credentials(cpo: Installation, they: Peer) -> None:
    """calls.registers_anew: what it refuses before is no matter."""
    they.answers |= {"PUT /credentials": said(405, 2000), "DELETE /credentials": said(405, 2000)}
    with pytest.raises(PartnerRefused):
        await partners.renew(cpo.database, cpo.clients, await cpo.connection())
    await agreed(cpo, Policy(calls=Calls(registers_anew=True)))
    before = len(they.asked)
    await partners.renew(cpo.database, cpo.clients, await cpo.connection())
    assert [one.method for one in they.asked[before:] if one.path == "/credentials"] == ["DELETE", "POST"]
    assert (await cpo.connection()).state is State.CONNECTED


async def test_credentials_may_name_one_party_as_in_2_1_1(cpo: Installation) -> None:
    """For everybody: beside no roles at all it is the party in the role that deals with ours."""
    async with peer() as one:
        named = {"country_code": "NL", "party_id": "TNM", "business_details": {"name": "Peer TNM"}}
        one.answers["/credentials"] = {"token": "t", "url": one.versions_url} | named
        connection = await partners.register(cpo.database, cpo.clients, one.versions_url, "a", CPO, Role.CPO)
    assert (connection.party, connection.their_role, connection.name) == (EMSP, Role.EMSP, "Peer TNM")


# Lists ----------------------------------------------------------------------------------------------------------------


async def test_a_partner_gets_as_many_at_once_as_its_policy_says(cpo: Installation, at_cpo: Ask) -> None:
    """TRN-074: lists.gives; and it is told."""
    await locations_made(cpo, 5)
    url = f"{cpo.url}/ocpi/cpo/2.2.1/locations"
    assert len((await at_cpo("GET", url)).data) == 5
    await agreed(cpo, Policy(lists=Lists(gives=2)))
    answer = await at_cpo("GET", f"{url}?limit=50")
    assert len(answer.data) == 2 and answer.headers["x-limit"] == "2" and "offset=2" in answer.headers["link"]


async def test_lists_are_fetched_as_the_partner_wants_them(
    emsp: Installation, their_cpo: Peer, clock: SetClock
) -> None:
    """lists.asks, lists.window_days and lists.overlap_minutes reach the partner."""
    queries: list[dict[str, str]] = []

    async def listed(request: Request) -> Response:
        queries.append(dict(request.query_params))
        return JSONResponse(envelope(1000, []))

    their_cpo.answers["/sessions"] = listed
    await emsp.pull()
    await agreed(emsp, Policy(lists=Lists(asks=20, window_days=31, overlap_minutes=60)))
    clock.advance(timedelta(days=40))
    await emsp.pull()
    assert [one["limit"] for one in queries] == ["100", "20", "20"]
    assert queries[1]["date_from"] == "2026-11-23T07:00:00Z" and queries[1]["date_to"] == queries[2]["date_from"]


# Pushes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "most"), [(Policy(), 8), (Policy(pushes=Pushes(at_once=2)), 2)])
async def test_a_partner_gets_no_more_at_a_time_than_it_bears(
    cpo: Installation, they: Peer, policy: Policy, most: int
) -> None:
    """pushes.at_once."""
    seen, now = 0, 0

    async def counted(request: Request) -> Response:
        nonlocal seen, now
        now += 1
        seen = max(seen, now)
        await asyncio.sleep(0.01)
        now -= 1
        return said(200, 1000)

    they.answers |= {f"/locations/SE/LAD/L{number:03}": counted for number in range(12)}
    await agreed(cpo, policy)
    await locations_made(cpo, 12)
    await cpo.settle()
    assert seen <= most and (seen > 2) is (most > 2)


@pytest.mark.parametrize(("rests_after", "asked"), [(3, [4, 4, 4, 1, 1]), (0, [4, 4, 4, 4, 4])])
async def test_a_partner_that_answers_everything_with_trouble_rests(
    cpo: Installation, they: Peer, clock: SetClock, rests_after: int, asked: list[int]
) -> None:
    """pushes.rests_after: after so many rounds one request a time, and when that is taken, all of them again."""
    paths = [f"/locations/SE/LAD/L{number:03}" for number in range(4)]
    they.answers |= {path: said(500, 3000) for path in paths}
    await agreed(cpo, Policy(pushes=Pushes(rests_after=rests_after)))
    await locations_made(cpo, 4)
    rounds: list[int] = []
    for _ in asked:
        before = len(they.asked)
        await cpo.settle()
        rounds.append(len(they.asked) - before)
        clock.advance(timedelta(hours=1))
    assert rounds == asked
    they.answers |= {path: said(200, 1000) for path in paths}
    clock.advance(timedelta(hours=1))
    await cpo.settle()
    assert (await cpo.connection()).waiting == 0 and (await cpo.connection()).troubles == 0


@pytest.mark.parametrize("as_a_date", [False, True])
async def test_who_asks_to_be_left_alone_is_left_alone(
    cpo: Installation, they: Peer, clock: SetClock, as_a_date: bool
) -> None:
    """429 with Retry-After (RFC 9110 §10.2.3): nothing goes there until then, also nothing else."""
    busy = said(429, 2000)
    until = format_datetime(clock.now() + timedelta(hours=1), usegmt=True)
    busy.headers["Retry-After"] = until if as_a_date else "3600"
    they.answers |= {"/locations/SE/LAD/L000": busy, "/locations/SE/LAD/L001": said(200, 1000)}
    await locations_made(cpo, 1)
    await cpo.settle()
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location("L001", CPO, evses=()))
    they.answers["/locations/SE/LAD/L000"] = said(200, 1000)
    clock.advance(timedelta(minutes=50))
    await cpo.settle()
    assert they.many("PUT", "/locations/SE/LAD/L000") == 1 and not they.many("PUT", "/locations/SE/LAD/L001")
    clock.advance(timedelta(minutes=11))
    await cpo.settle()
    assert they.many("PUT", "/locations/SE/LAD/L000") == 2 and they.many("PUT", "/locations/SE/LAD/L001") == 1


# Objects --------------------------------------------------------------------------------------------------------------


async def test_what_says_nothing_new_is_no_news(cpo: Installation, they: Peer, clock: SetClock) -> None:
    """A partner that dates everything anew each day changes nothing here but the date."""
    heard: list[int] = []
    for at in ("2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z"):
        they.answers["/tokens"] = [words(things.token("U1", EMSP)) | {"last_updated": at}]
        clock.advance(timedelta(hours=30))
        await cpo.pull()
        async with cpo.database.unit() as unit:
            heard.append(await unit.value("select count(*) from event where kind = 'TokenChanged'"))
            ((_, _, token),) = await tokens.page(unit, CPO)
    assert token.uid == "U1" and heard == [1, 1]
    async with cpo.database.unit() as unit:
        assert {one.module: one.seen for one in await partners.pulls(unit, await cpo.connection())}


@pytest.mark.parametrize("merges", [True, False])
async def test_a_change_of_a_location_may_name_some_of_its_evses(
    emsp: Installation, at_emsp: Ask, merges: bool
) -> None:
    """objects.merges_evses: else a list takes the place of the one that was there (TRN-042)."""
    await agreed(emsp, Policy(objects=Objects(merges_evses=merges)))
    url = f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/LAD/LOC1"
    assert (await at_emsp("PUT", url, encoded(words(things.location("LOC1", CPO))))).status == 1000
    before, *rest = (await at_emsp("GET", url)).data["evses"]
    other = before | {"uid": "EVSE9", "evse_id": "SE*LAD*E9"}
    change = {"evses": [{"uid": "evse1", "status": "CHARGING"}, other], "last_updated": "2026-11-23T09:00:00Z"}
    answer = await at_emsp("PATCH", url, encoded(change))
    assert answer.status == (1000 if merges else 2001)
    evses = (await at_emsp("GET", url)).data["evses"]
    assert evses[1:] == ([*rest, other] if merges else rest)
    assert evses[0]["status"] == ("CHARGING" if merges else before["status"])


# The table ------------------------------------------------------------------------------------------------------------

OCPI = Path(__file__).parents[1]
TABLE = (OCPI.parents[1] / "docs" / "reference" / "deviations.md").read_text()
ROWS = [line.split("|") for line in TABLE.splitlines() if line.startswith("| ") and "Shown by" not in line]


def test_every_switch_and_every_repair_stands_in_the_table_and_nothing_else() -> None:
    named = {name for row in ROWS for name in re.findall(r"`([^`]+)`", row[3])}
    assert named == set(switches_of(Policy())) - {"objects.quirks"} | set(FIELDS)


def test_every_row_of_the_table_names_tests_that_there_are() -> None:
    for row in ROWS:
        shown = re.findall(r"(test_\w+\.py)::(test_\w+)", row[4])
        assert shown, row[1]
        for file, name in shown:
            assert any(f"def {name}(" in found.read_text() for found in OCPI.rglob(file)), f"{file}::{name}"


# For everybody --------------------------------------------------------------------------------------------------------


async def test_an_authorization_is_asked_for_at_either_url(emsp: Installation, at_emsp: Ask) -> None:
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("CARD1", EMSP))
    url = f"{emsp.url}/ocpi/emsp/2.2.1/tokens"
    for path, http in (("CARD1", 200), ("NL/TNM/CARD1", 200), ("NL/XXX/CARD1", 404)):
        answer = await at_emsp("POST", f"{url}/{path}/authorize")
        assert answer.http == http and (http == 404 or answer.data["allowed"] == "ALLOWED")


async def test_a_cdr_is_taken_at_either_url(emsp: Installation, at_emsp: Ask) -> None:
    """The same at both is the same; at the URL of another it is refused."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/cdrs"
    body = encoded(cdr(id="CDR1"))
    answers = [await at_emsp("POST", at, body) for at in (f"{url}/SE/LAD/CDR1", url, f"{url}/SE/LAD/CDR2")]
    assert [one.both for one in answers] == [(201, 1000), (200, 1000), (200, 2001)]
    assert answers[0].headers["location"] == answers[1].headers["location"]


async def test_a_body_may_be_packed(emsp: Installation, at_emsp: Ask) -> None:
    """Any Content-Type that parses, with a byte order mark, in gzip; what unpacks to more than a body may be is not."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/LAD/LOC1"
    body = b"\xef\xbb\xbf" + encoded(words(things.location("LOC1", CPO)))
    said_as = {"Content-Type": "text/plain; charset=utf-8", "Content-Encoding": "gzip"}
    assert (await at_emsp("PUT", url, gzip.compress(body), said_as)).status == 1000
    assert (await at_emsp("PUT", url, b"no gzip", said_as)).both == (400, 2001)
    bomb = gzip.compress(b" " * (emsp.settings.body_max + 1))
    assert (await at_emsp("PUT", url, bomb, said_as)).both == (413, 2001)


def test_ocpi_2_2_is_spoken_as_2_2_1() -> None:
    """Where a partner lists the one that was taken back, and not the other."""
    old, new = OfferedVersion(version="2.2", url="https://a/2.2"), OfferedVersion(version="2.2.1", url="https://a/v")
    assert handshake.chosen([old], VERSIONS, None) == OfferedVersion(version="2.2.1", url="https://a/2.2")
    assert handshake.chosen([old, new], VERSIONS, None) == new


async def test_a_list_of_one_object_may_be_that_object(cpo: Installation, they: Peer) -> None:
    they.answers["/tokens"] = words(things.token("U1", EMSP))
    await cpo.pull()
    async with cpo.database.unit() as unit:
        assert [one.uid for _, _, one in await tokens.page(unit, CPO)] == ["U1"]


@pytest.mark.parametrize("quirks", [(), ("object-in-list",)])
async def test_an_object_in_a_list_is_taken_out_where_the_partner_packs_it_so(
    emsp: Installation, at_emsp: Ask, quirks: tuple[str, ...]
) -> None:
    """objects.quirks."""
    await agreed(emsp, Policy(objects=Objects(quirks=quirks)))
    url = f"{emsp.url}/ocpi/emsp/2.2.1/locations/SE/LAD/LOC1"
    body = encoded([words(things.location("LOC1", CPO))])
    assert (await at_emsp("PUT", url, body)).status == (1000 if quirks else 2001)


@pytest.mark.parametrize("quirks", [(), ("token-without-owner",)])
async def test_a_session_of_2_2_does_not_say_whose_token_it_is(
    emsp: Installation, at_emsp: Ask, quirks: tuple[str, ...]
) -> None:
    """objects.quirks: it is ours, for nobody else is told."""
    await agreed(emsp, Policy(objects=Objects(quirks=quirks)))
    told = session()
    del told["cdr_token"]["country_code"], told["cdr_token"]["party_id"]
    answer = await at_emsp("PUT", f"{emsp.url}/ocpi/emsp/2.2.1/sessions/SE/LAD/101", encoded(told))
    assert answer.status == (1000 if quirks else 2001)


@pytest.mark.parametrize("answer", [said(404, 2000), said(404, 2003), said(200, 2003)])
async def test_what_a_partner_does_not_have_is_taken_back_already(
    cpo: Installation, they: Peer, answer: Response
) -> None:
    they.answers |= {"PUT /tariffs/SE/LAD/T1": said(201, 1000), "DELETE /tariffs/SE/LAD/t1": answer}
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff("T1", CPO))
    await cpo.settle()
    async with cpo.database.unit() as unit:
        await tariffs.withdraw(unit, CPO, CPO, "T1")
    await cpo.settle()
    assert they.many("DELETE", "/tariffs/SE/LAD/t1") == 1
    assert [(one.state, one.last_error) for one in await cpo.deliveries()] == [("done", None)]


async def test_an_id_of_a_request_may_be_anything_and_come_again(cpo: Installation, at_cpo: Ask) -> None:
    """It is no more than a name to find it by."""
    shown = {"X-Request-ID": "1", "X-Correlation-ID": "no uuid"}
    for _ in range(2):
        answer = await at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.2.1/locations", headers=shown)
        assert (answer.status, answer.headers["x-request-id"]) == (1000, "1")
