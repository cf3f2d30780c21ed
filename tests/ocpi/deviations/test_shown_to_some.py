"""A place that is not published is shown to the partner of whose drivers it names a Token, and to no other."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import PublishTokenType
from laddnav.locations.rules import UnknownLocation, may_be_shown
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations import policies, sharing
from laddnav.ocpi.deviations.policy import Policy, SharedWith, Shares
from laddnav.ocpi.store import lists
from laddnav.ocpi.store.lists import Reader
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import Page
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import TokenKey
from tests import things
from tests.ocpi.network import CPO, EMSP, Installation, Pair

OTHER = PartyId("DE", "ABC")
KNOWN = {
    "uid": "04AÅ",
    "type": "RFID",
    "visual_number": "DF000-2001-8999",
    "issuer": "TheNewMotion",
    "group_id": "DF000-\"2001\"",
}  # fmt: skip


async def only_published(cpo: Installation) -> None:
    async with cpo.database.unit() as unit:
        (connection,) = await partners.connections(unit, CPO)
        await policies.adapt(unit, connection.ref, Policy(shares=Shares(published_only=True)))


async def heard(emsp: Installation) -> set[str]:
    """The places that they know and that are still there for them."""
    async with emsp.database.unit() as unit:
        found = await locations.page(unit, EMSP, after=None, limit=100)
        return {one.id for _, _, one in found if any(evse.status != "REMOVED" for evse in one.evses)}


async def listed(cpo: Installation) -> list[str]:
    """What stands on the page for them; its length is what it says, and single objects agree."""
    async with cpo.database.unit() as unit:
        (connection,) = await partners.connections(unit, CPO)
        parties = tuple(str(party) for party in connection.parties)
        reader = Reader(
            holder=CPO,
            module=Module.LOCATIONS,
            version=connection.version,
            parties=parties,
            shares=connection.shares,
            whole=True,
        )
        rows = [row.key for row in await lists.rows(unit, reader, Page())]
        assert (await lists.leaf(unit, reader, Page())).total == len(rows)
        for id in ("open", "kept"):
            if id in rows:
                await sharing.place(unit, connection, id)
            else:
                with pytest.raises(UnknownLocation):
                    await sharing.place(unit, connection, id)
        return rows


@pytest.mark.parametrize(
    ("entry", "agrees"),
    [
        ({"uid": "04aå", "type": "RFID"}, True),
        ({"uid": "04AÅ", "type": "APP_USER"}, False),
        ({"visual_number": "df000-2001-8999", "issuer": "thenewmotion"}, True),
        ({"visual_number": "DF000-2001-8999", "issuer": "Someone"}, False),
        ({"group_id": 'DF000-"2001"'}, True),
        ({"group_id": "DF000"}, False),
        ({"uid": "04AÅ", "type": "RFID", "group_id": "DF000"}, False),
    ],
)
async def test_a_page_shows_what_the_rule_shows(cpo: Installation, entry: dict[str, Any], agrees: bool) -> None:
    """LOC-030, LOC-031, LOC-032: all that one entry sets has to agree with a Token of theirs; a stranger's is none."""
    token = things.token(owner=EMSP, **KNOWN)
    place = things.location("L", CPO, publish=False, publish_allowed_to=(PublishTokenType(**entry),))
    bare = things.location("M", CPO, publish=False)
    assert (may_be_shown(place, token), may_be_shown(bare, token)) == (agrees, False)
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, place)
        await locations.keep(unit, CPO, bare)
        await tokens.keep(unit, CPO, token)
        for party, seen in ((EMSP, agrees), (OTHER, False)):
            shares = SharedWith.parties(Shares(published_only=True), (party,))
            reader = Reader(holder=CPO, module=Module.LOCATIONS, version="2.2.1", parties=(), shares=shares, whole=True)
            expected = ["l"] if seen else []
            assert [row.key for row in await lists.rows(unit, reader, Page())] == expected
            assert (await lists.leaf(unit, reader, Page())).total == len(expected)
        assert await locations.shown_to(unit, CPO, token) == (("L",) if agrees else ())


async def test_a_token_opens_a_place_for_its_party(pair: Pair) -> None:
    """LOC-030: told when the Token comes, and at once when it is named otherwise, or by nobody any more."""
    cpo, emsp = pair
    await only_published(cpo)
    allowed = PublishTokenType(group_id="FAMILY")
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location("OPEN", CPO))
        kept = things.location("KEPT", CPO, publish=False, publish_allowed_to=(allowed,))
        await locations.keep(unit, CPO, kept)
    await cpo.settle()
    assert (await heard(emsp), await listed(cpo)) == ({"OPEN"}, ["open"])
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, things.token("CARD1", EMSP, group_id="family"))
    await emsp.settle()
    await cpo.settle()
    assert (await heard(emsp), await listed(cpo)) == ({"OPEN", "KEPT"}, ["open", "kept"])
    async with emsp.database.unit() as unit:
        card = await tokens.fetch(unit, EMSP, TokenKey(EMSP, "RFID", "CARD1"))
        await tokens.keep(unit, EMSP, replace(card, group_id="FRIENDS"))
    await emsp.settle()
    await cpo.settle()
    assert (await heard(emsp), await listed(cpo)) == ({"OPEN"}, ["open"])
    async with emsp.database.unit() as unit:
        await tokens.keep(unit, EMSP, replace(card, last_updated=unit.now))
    await emsp.settle()
    await cpo.settle()
    assert (await heard(emsp), await listed(cpo)) == ({"OPEN", "KEPT"}, ["open", "kept"])
    async with cpo.database.unit() as unit:
        closed = things.location("KEPT", CPO, publish=False, last_updated=unit.now)
        await locations.keep(unit, CPO, closed)
    await cpo.settle()
    assert (await heard(emsp), await listed(cpo)) == ({"OPEN"}, ["open"])
