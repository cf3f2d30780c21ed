"""What is kept of exchanges: both bodies of what failed, or of all, and nothing in them that is somebody's secret."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from laddnav.kit import json
from laddnav.ocpi.calls import masking
from laddnav.ocpi.calls.calling import PartnerRefused, PartnerTroubled
from laddnav.ocpi.calls.masking import KEPT_MAX
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations.policy import Calls, Policy
from laddnav.ocpi.forgetting import forget_old
from laddnav.ocpi.model import Exchange, Looked
from tests.clock import SetClock
from tests.ocpi.furnishing import locations_made
from tests.ocpi.network import CPO, Ask, Installation, agreed, stranger
from tests.ocpi.peer import Peer, said

SECRET = "04A3B37F112233"


def exchange(http: int | None = 400, status: int | None = 2001, problem: str | None = "no") -> Exchange:
    return Exchange(
        holder=CPO,
        connection_id="c",
        id="e",
        at=datetime(2026, 11, 23, tzinfo=UTC),
        direction="out",
        method="POST",
        url="https://they.example/tokens/…",
        http_status=http,
        ocpi_status=status,
        problem=problem,
        request_id="r",
        correlation_id="r",
        took_ms=1,
    )


def kept(asked: Any, answered: Any = None, *hidden: str, problem: str = "no") -> Exchange:
    bodies = [one if isinstance(one, bytes) or one is None else json.encode(one) for one in (asked, answered)]
    return masking.kept(exchange(problem=problem), bodies[0], bodies[1], hidden)


@pytest.mark.parametrize(
    "body",
    [
        {"token": SECRET, "url": "https://they.example", "roles": []},
        {"uid": SECRET, "type": "RFID", "contract_id": "NL-TNM-1"},
        {"uid": SECRET, "type": "RFID", "status": "odd"},
        {"cdrs": [{"cdr_token": {"uid": SECRET}}, {"auth_id": SECRET, "visual_number": SECRET.lower()}]},
        {"TOKEN": SECRET},
        {"status_message": f"Unknown token {SECRET}", "data": {"Authorization": f"Token {SECRET}"}},
        {"status_message": f"I saw 'Authorization: Token {SECRET}'"},
        {SECRET: "unknown", "uid": SECRET},
        {"uid": int(SECRET[2:4], 16) * 10**9},
        b'{"uid": "' + SECRET.encode() + b'", "broken": ',
        b'{"uid": "' + SECRET.encode(),
        b'{"token" : "' + SECRET.encode() + b'\\" still"',
        b'<p>{"auth_id":"' + SECRET.encode() + b'"}</p>' + b"x" * 100_000,
        {"token": [SECRET], "cdrToken": SECRET, "access_token": SECRET, "visualNumber": SECRET, "authId": SECRET},
        {"uid": f" {SECRET} ", "status_message": SECRET},
        {"uid": 163_000_000_000, "status_message": "no card 163000000000"},
        {"uid": f"A B/{SECRET}", "status_message": f"A%20B%2F{SECRET}"},
        {"url": f"https://they.example?token={SECRET}", "status_message": f"/tokens/NL/TNM/{SECRET} is not here"},
        {"status_message": f"token: {SECRET}", "headers": f"authorization:{SECRET}"},
        json.encode({"token": SECRET}).decode().encode("utf-16"),
        b"{'token': '" + SECRET.encode() + b"'}",
        b'no JSON {"said": "{\\"token\\": \\"' + SECRET.encode() + b'\\"}"}',
        b"<token>" + SECRET.encode() + b"</token>",
        b"token=" + SECRET.encode() + b"&x=1",
        {"token": {"value": SECRET}, "credentials": {"access_token": [{"of": "us", "is": [SECRET]}]}},
        {"tokens": [SECRET, SECRET.lower()], "uids": [SECRET]},
        {"request": json.encode({"token": {"value": SECRET}}).decode(), "status_message": SECRET},
        {"request": json.encode([json.encode({"cdr_token": {"uid": SECRET}}).decode()]).decode()},
        b"[" * 700 + b'{"uid": "' + SECRET.encode() + b'"}' + b"]" * 700,
    ],
)
def test_no_token_and_no_number_of_a_card_is_in_what_is_kept(body: Any) -> None:
    for one in (kept(body), kept(None, body)):
        shown = f"{one.request_body}{one.response_body}"
        assert SECRET.lower() not in shown.lower() and "163000000000" not in shown and len(shown) < KEPT_MAX + 100


def test_a_secret_of_letters_alone_is_found_behind_backslashes() -> None:
    inner = json.encode({"token": 'of "letters" alone', "said": "this"}).decode()
    for text in (json.encode({"request": inner}), b"no JSON " + json.encode(json.encode(inner).decode())):
        shown = str(kept(text).request_body)
        assert "letters" not in shown and "alone" not in shown and "this" in shown


def test_what_one_side_names_is_hidden_where_the_other_repeats_it() -> None:
    one = kept(
        {"uid": SECRET, "type": "RFID"}, {"status_message": f"{SECRET.lower()}?"}, "b2Jz", problem=f"{SECRET} b2Jz"
    )
    assert SECRET.lower() not in str(one.response_body) and one.problem == "… …"


def test_the_uid_of_an_evse_and_what_helps_stay_readable() -> None:
    one = kept({"evses": [{"uid": "E1", "evse_id": "SE*LAD*E1", "status": "AVAILABLE"}], "kwh": 1.50})
    assert one.request_body is not None and '"uid": "E1"' in one.request_body and '"kwh": 1.5' in one.request_body
    token = {"uid": SECRET, "type": "RFID", "issuer": "TNM", "contract_id": "NL-TNM-1"}
    for one in (kept({"allowed": "ALLOWED", "token": token}), kept({"tokens": [token]}), kept({"token": token})):
        assert all(f'"{said}"' in str(one.request_body) for said in ("RFID", "TNM", "NL-TNM-1", masking.MASK))
    assert '"contract_id": "NL-TNM-1"' in str(kept({"uid": SECRET, "contract_id": "NL-TNM-1"}).request_body)


def test_a_long_body_is_cut_and_says_so() -> None:
    for body in ({"texts": ["far too long"] * 4_000}, b"no JSON " * 20_000):
        shown = str(kept(body).request_body)
        assert len(shown) < KEPT_MAX + 40 and shown.endswith("bytes in all)")


def test_of_what_went_well_no_body_is_kept() -> None:
    one = masking.kept(exchange(200, 1000, None), b"{}", b"{}", ())
    assert (one.request_body, one.response_body) == (None, None)
    assert masking.kept(exchange(404, None, None), b"{}", None, ()).request_body == "{}"
    silent = masking.kept(exchange(None, None, "down"), b"{}", None, ())
    assert silent.request_body is None, "nor where nobody answered"


async def everything(one: Installation) -> str:
    """All that stands in the table."""
    await one.clients.journal.flush()
    async with one.database.unit() as unit:
        return "\n".join(map(str, await unit.fetch("select to_jsonb(e) from ocpi_exchange e")))


async def test_whoever_looks_while_somebody_writes_finds_it_written(cpo: Installation) -> None:
    cpo.clients.journal.note(exchange(500, None, "down"))
    writing = asyncio.create_task(cpo.clients.journal.flush())
    await asyncio.sleep(0)
    assert "down" in await everything(cpo)
    await writing


async def test_what_is_being_written_at_the_end_is_written(cpo: Installation) -> None:
    cpo.clients.journal.note(exchange(500, None, "down"))
    async with cpo.database.unit() as unit:
        await unit.fetch("lock table ocpi_exchange")
        await asyncio.sleep(0.3)  # longer than rows wait for others: the writer waits for the table now
        closing = asyncio.create_task(cpo.clients.journal.close())
        await asyncio.sleep(0.1)
    await closing
    assert "down" in await everything(cpo)


async def test_a_delivery_that_failed_is_there_with_what_was_said(
    cpo: Installation, they: Peer, clock: SetClock
) -> None:
    they.answers["/locations/SE/LAD/L000"] = said(200, 2001, message="no Postal_Code")
    await locations_made(cpo, 1)
    await cpo.settle()
    await cpo.clients.journal.flush()
    connection = await cpo.connection()
    async with cpo.database.unit() as unit:
        (found,) = await partners.exchanges(unit, connection, looked=Looked(words="postal_code", failed=True))
        assert found.response_body is None, "lists are without bodies"
        one = await partners.exchange(unit, connection, found.id)
        delivery = await partners.delivery(unit, connection, one.delivery)
    assert delivery is not None and (delivery.object_key, delivery.state) == ("l000", "dead")
    assert '"status_message": "no Postal_Code"' in str(one.response_body) and '"id": "L000"' in str(one.request_body)
    clock.advance(timedelta(days=15))
    await forget_old(cpo.database, cpo.settings.keeping)
    assert await everything(cpo) == ""


async def test_where_a_partners_every_word_is_wanted_what_went_well_is_kept_too(cpo: Installation, they: Peer) -> None:
    """calls.all_words: of what we say and what they ask, lists too, and without secrets."""
    they.answers |= {f"/locations/SE/LAD/L00{number}": said(200, 1000) for number in range(2)}
    token = they.last("POST", "/credentials").body["token"]
    for wanted in (False, True):
        await agreed(cpo, Policy(calls=Calls(all_words=wanted)))
        await locations_made(cpo, 1 + wanted)
        await cpo.settle()
        async with stranger(token) as ask:
            for path in ("cpo/2.2.1/locations", "2.2.1/credentials"):
                assert (await ask("GET", f"{cpo.url}/ocpi/{path}")).both == (200, 1000)
        await cpo.clients.journal.flush()
        async with cpo.database.unit() as unit:
            rows = await unit.fetch("select method, direction, request_body, response_body from ocpi_exchange")
        gone_well = [(row["direction"], row["method"]) for row in rows if row["response_body"]]
        assert {("out", "PUT"), ("in", "GET")} <= set(gone_well) if wanted else gone_well == []
    assert any('"id": "L001"' in str(row["request_body"]) for row in rows)
    assert any('"id": "L000"' in str(row["response_body"]) for row in rows)
    assert token not in str(rows) and f'"token": "{masking.MASK}"' in "".join(str(row["response_body"]) for row in rows)


@pytest.mark.parametrize(
    "answer",
    [
        said(404, 2004, message=f"no Token {SECRET}"),
        said(404, 2004, message=f"{'far too long ' * 29}{SECRET}"),
        PlainTextResponse(f"no Token {SECRET}", 404),
        PlainTextResponse(f"{'.' * 108}{SECRET}", 500),
        RedirectResponse(f"/elsewhere/{SECRET}"),
        RedirectResponse(f"https://elsewhere.example/{SECRET}"),
        RedirectResponse(f"/tokens/{SECRET}/authorize"),
    ],
)
async def test_what_is_said_of_a_delivery_names_no_card(cpo: Installation, they: Peer, answer: Response) -> None:
    """That stands in the outbox, for whoever looks at it; the uid was in the URL alone."""
    they.answers |= {f"/tokens/{SECRET}/authorize": answer, f"/elsewhere/{SECRET}": said(404, 2004, message=SECRET)}
    partner = await cpo.clients.to(await cpo.connection())
    with pytest.raises((PartnerRefused, PartnerTroubled)) as refused:
        await partner.call("POST", f"{they.url}/tokens/{SECRET}/authorize")
    assert SECRET[:4] not in str(refused.value)


async def test_nothing_in_the_table_is_a_secret(
    cpo: Installation, they: Peer, emsp: Installation, at_emsp: Ask
) -> None:
    """Credentials, Tokens and Authorization headers, asked and answered, in words and in no words."""
    they.answers |= {
        "/credentials": said(200, 2001, {"token": "their-next-token"}, "Who is token-a?"),
        "/tokens": PlainTextResponse(f'<h1>Token dGhlaXItdG9rZW4= met "uid": "{SECRET}"', 500),
    }
    connection = await cpo.connection()
    with pytest.raises(PartnerRefused):
        await partners.renew(cpo.database, cpo.clients, connection)
    partner = await cpo.clients.to(connection)
    for url in (f"{they.url}/tokens/{SECRET}/authorize", f"{they.url}/tokens"):
        with pytest.raises((PartnerRefused, PartnerTroubled)):
            await partner.call("POST", url, json.encode({"uid": SECRET, "type": "RFID"}))
    shown = [json.encode({"token": SECRET}), b'{"uid": "%s", ' % SECRET.encode(), None]
    for body in shown:
        answer = await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/tokens/{SECRET}/authorize", body)
        assert answer.status >= 2000
    assert (await at_emsp("PUT", f"{emsp.url}/ocpi/2.2.1/credentials", shown[0])).status >= 2000
    renewed = they.asked[-3].body["token"]
    secrets = [SECRET, "their-token", "dGhlaXItdG9rZW4", "their-next-token", renewed]
    for installation in (cpo, emsp):
        text = await everything(installation)
        assert "request_body" in text and not [one for one in secrets if one.lower() in text.lower()]
