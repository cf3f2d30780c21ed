"""A partner's cards bear the uids that our readers read, and those of its own where we speak to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from itertools import combinations
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from laddnav.ocpi.deviations import uids
from laddnav.ocpi.deviations.policy import Objects, Policy
from laddnav.ocpi.endpoints.heard import speakable
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token
from tests import things
from tests.ocpi.network import CPO, EMSP, Answer, Ask, Installation, agreed
from tests.ocpi.wording import words


async def test_uids_are_read_as_our_readers_write_them_and_said_as_theirs_do(cpo: Installation, at_cpo: Ask) -> None:
    """objects.uids: a card of theirs is found at our station, and named as theirs in what we say of it."""
    await agreed(cpo, Policy(objects=Objects(uids=("joined", "upper-case", "reversed-bytes"))))
    url = f"{cpo.url}/ocpi/cpo/2.2.1/tokens/NL/TNM/00%3Aa3%3A7f"
    body = encoded(words(things.token("00:a3:7f", EMSP)))
    assert (await at_cpo("PUT", url, body)).both == (201, 1000)
    async with cpo.database.unit() as unit:
        (kept,) = await tokens.by_uid(unit, CPO, "7FA300")
    assert kept.uid == "7FA300" and (await at_cpo("GET", url)).both == (200, 1000)
    await agreed(cpo, Policy())
    assert (await at_cpo("GET", url)).http == 404
    forms = ("reversed-bytes",)
    told = parsed(speakable(replace(await cpo.connection(), policy=Policy(objects=Objects(uids=forms))), body))
    assert told["uid"] == "00:a3:7f", "what is no row of bytes is left as it is"
    assert uids.said(uids.heard("00A37F", forms), forms) == "00A37F"


@pytest.mark.parametrize("uid", ["04A37F", "04a37f", "04:A3:7F", "04-a3 7f", "7fa304", "04A37F2", "SE-LAD-1"])
def test_what_a_policy_makes_one_uid_is_alike_without_it(uid: str) -> None:
    for many in range(len(uids.FORMS) + 1):
        for forms in combinations(uids.FORMS, many):
            assert uids.alike(uids.heard(uid, forms)) == uids.alike(uid)


async def test_two_spellings_of_one_uid_take_turns(cpo: Installation, at_cpo: Ask) -> None:
    """objects.uids: of what is told at once of one card, the newest stands, however each of it spells the uid."""
    await agreed(cpo, Policy(objects=Objects(uids=("joined", "reversed-bytes"))))
    newer = things.token(owner=EMSP, visual_number="newer", last_updated=datetime(2026, 11, 23, 7, tzinfo=UTC))

    def told(uid: str, token: Token) -> Awaitable[Answer]:
        url = f"{cpo.url}/ocpi/cpo/2.2.1/tokens/NL/TNM/{quote(uid)}"
        return at_cpo("PUT", url, encoded(words(replace(token, uid=uid))))

    older = replace(newer, visual_number="older", last_updated=datetime(2026, 11, 23, 6, tzinfo=UTC))
    cards = range(10, 30)
    both = [(told(f"04:A3:{one}", newer), told(f"04A3{one}", older)) for one in cards]
    assert {answer.status for answer in await asyncio.gather(*(one for pair in both for one in pair))} == {1000}
    async with cpo.database.unit() as unit:
        kept = [await tokens.by_uid(unit, CPO, f"{one}A304") for one in cards]
    assert [[one.visual_number for one in some] for some in kept] == [["newer"]] * len(cards)


@pytest.mark.parametrize("uid", ["0", "00", "04A37F2", "SE-LAD-1", "", "0004"])
def test_no_digit_of_a_uid_is_ever_lost(uid: str) -> None:
    for form in uids.FORMS:
        assert sorted(uids.heard(uid, [form]).upper()) == sorted(uid.upper())


async def test_our_words_name_their_cards_as_they_do(emsp: Installation, at_emsp: Ask) -> None:
    """objects.uids: in lists too."""
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("04A37F", EMSP))
    url = f"{emsp.url}/ocpi/emsp/2.2.1/tokens"
    for policy, uid in ((Policy(), "04A37F"), (Policy(objects=Objects(uids=("reversed-bytes",))), "7FA304")):
        await agreed(emsp, policy)
        assert [one["uid"] for one in (await at_emsp("GET", url)).data] == [uid]
        assert (await at_emsp("POST", f"{url}/{uid}/authorize")).data["token"]["uid"] == uid
