"""Tokens are kept by uid and type, and asked about in real time."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.locations import actions as locations
from laddnav.locations.model import ExceptionalPeriod, Hours, Status
from laddnav.ocpi.wire.codec import encoded
from laddnav.parties.model import Role
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, TokenKey, TokenType
from laddnav.tokens.rules import key_of
from tests import things
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation, befriended, installed, stranger
from tests.ocpi.wording import words


@pytest.fixture
def cards(cpo: Installation) -> str:
    return f"{cpo.url}/ocpi/cpo/2.2.1/tokens/NL/TNM"


async def test_tokens_of_one_uid_and_two_types_are_two(at_cpo: Ask, cpo: Installation, cards: str) -> None:
    """TOK-001, TOK-002, TOK-004, TOK-006, TOK-007, TOK-008."""
    card, app = things.token("U1", EMSP), things.token("U1", EMSP, type=TokenType.APP_USER)
    assert (await at_cpo("PUT", f"{cards}/U1", encoded(words(card)))).both == (201, 1000)
    assert (await at_cpo("PUT", f"{cards}/U1?type=APP_USER", encoded(words(app)))).both == (201, 1000)
    assert (await at_cpo("GET", f"{cards}/u1")).data == words(card)
    assert (await at_cpo("GET", f"{cards}/U1?type=APP_USER")).data == words(app)
    assert (await at_cpo("GET", f"{cards}/U1?type=OTHER")).both == (404, 2004)
    assert (await at_cpo("GET", f"{cards}/U1?type=NONSENSE")).both == (200, 2001)
    assert (await at_cpo("PUT", f"{cards}/U1?type=RFID", encoded(words(app)))).both == (200, 2001)
    change = encoded({"valid": False, "last_updated": "2026-11-23T09:00:00Z"})
    assert (await at_cpo("PATCH", f"{cards}/U1?type=APP_USER", change)).both == (200, 1000)
    async with cpo.database.unit() as unit:
        assert (await tokens.fetch(unit, CPO, TokenKey(EMSP, TokenType.RFID, "U1"))).valid
        assert not (await tokens.fetch(unit, CPO, TokenKey(EMSP, TokenType.APP_USER, "U1"))).valid


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_an_unknown_token_is_404_and_2004(at_cpo: Ask, cards: str, method: str) -> None:
    """TRN-034, TRN-043."""
    body = None if method == "GET" else encoded({"last_updated": "2026-11-23T09:00:00Z"})
    assert (await at_cpo(method, f"{cards}/NONE", body)).both == (404, 2004)


async def test_the_uid_in_the_url_is_the_tokens(at_cpo: Ask, cards: str) -> None:
    """TOK-006, TRN-037."""
    answer = await at_cpo("PUT", f"{cards}/OTHER", encoded(words(things.token("U1", EMSP))))
    assert answer.both == (200, 2001) and "$.uid" in answer.words["status_message"]


async def test_only_our_own_tokens_are_listed(at_emsp: Ask, emsp: Installation) -> None:
    """TOK-011."""
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("OURS", EMSP))
        await tokens.keep(unit, EMSP, things.token("THEIRS", CPO))
    answer = await at_emsp("GET", f"{emsp.url}/ocpi/emsp/2.2.1/tokens")
    assert [one["uid"] for one in answer.data] == ["OURS"] and answer.headers["x-total-count"] == "1"


async def test_a_token_is_authorized_with_and_without_a_place(at_emsp: Ask, emsp: Installation) -> None:
    """TOK-035, TOK-037, TOK-042, TOK-043, TOK-046, TOK-048, TOK-049: closed, out of order, or never heard of."""
    token = things.token("U1", EMSP)
    closed = Hours(
        twentyfourseven=True, closings=(ExceptionalPeriod(things.LONG_AGO, datetime(2100, 1, 1, tzinfo=UTC)),)
    )
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, token)
        broken = things.evse("EVSE1", status=Status.OUTOFORDER)
        await locations.keep(unit, EMSP, things.location(owner=CPO, evses=(broken,), opening_times=closed))
    known, unknown = ({"location_id": id, "evse_uids": ["EVSE1"]} for id in ("LOC1", "L"))
    for body, where in ((None, None), (b"", None), (b"{}", None), (encoded(known), known), (encoded(unknown), unknown)):
        answer = await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/tokens/u1/authorize", body)
        assert answer.both == (200, 1000) and answer.data["allowed"] == "ALLOWED"
        assert answer.data["token"] == words(token) and answer.data["authorization_reference"]
        assert answer.data.get("location") == where
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, replace(token, credit=Decimal(50)))
        await tokens.hold_credit(unit, key_of(token), "S1")
    answer = await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/tokens/u1/authorize")
    assert answer.data["allowed"] == "NO_CREDIT", "a charge under way holds all of it"


async def test_a_driver_waits_for_two_statements_and_for_nobody_else(database_url: str, clock: SetClock) -> None:
    """TOK-052: what the rest of us needs to know of it is written afterwards."""
    statements: list[str] = []
    async with installed(database_url, clock, EMSP, Role.EMSP, statements=statements) as emsp:
        async with emsp.database.unit() as unit:
            await tokens.keep(unit, EMSP, things.token("U1", EMSP))
        async with stranger(await befriended(emsp, CPO, Role.CPO)) as ask:
            url = f"{emsp.url}/ocpi/emsp/2.2.1/tokens/U1/authorize"
            await ask("POST", url)
            await emsp.clients.journal.flush()
            statements.clear()
            assert (await ask("POST", url)).data["allowed"] == "ALLOWED"
            # That there is news to tell is said beside it, by nobody whom a driver waits for.
            beside = ("begin", "commit", "notify laddnav_wake")
            asked = [one for one in statements if one not in beside and "exchange" not in one]
            assert len(asked) == 2, asked


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"blocked": True}, Allowed.BLOCKED),
        ({"expires_at": things.LONG_AGO}, Allowed.EXPIRED),
        ({"valid": False}, Allowed.BLOCKED),
    ],
)
async def test_a_refusal_is_an_answer_and_not_an_error(
    at_emsp: Ask, emsp: Installation, changes: dict[str, Any], allowed: Allowed
) -> None:
    """TOK-042, TOK-045, TOK-046."""
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("U1", EMSP, **changes))
    where = encoded({"location_id": "L"})
    answer = await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/tokens/U1/authorize?type=RFID", where)
    assert answer.both == (200, 1000)
    assert answer.data["allowed"] == allowed and "location" not in answer.data


@pytest.mark.parametrize(
    ("path", "body", "both"),
    [
        ("NONE/authorize", b"", (404, 2004)),  # TOK-040
        ("U1/authorize?type=APP_USER", b"", (404, 2004)),
        ("U1/authorize?type=NONSENSE", b"", (200, 2001)),
        ("U1/authorize", b'{"evse_uids": ["E"]}', (200, 2001)),  # TOK-050
        ("U1/authorize", b"{", (400, 2001)),
        ("U1/something", b"", (404, 2004)),
    ],
)
async def test_what_cannot_be_authorized_is_said(
    at_emsp: Ask, emsp: Installation, path: str, body: bytes, both: tuple[int, int]
) -> None:
    """TOK-035, TOK-040, TOK-050."""
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("U1", EMSP))
    answer = await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/tokens/{path}", body)
    assert answer.both == both and answer.data is None
