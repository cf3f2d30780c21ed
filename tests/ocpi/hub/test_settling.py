"""What a hub's operator decides and counts, without a network."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.json import Unreadable
from laddnav.ocpi import store
from laddnav.ocpi.hub import settlement
from laddnav.ocpi.hub.model import Counted
from laddnav.ocpi.hub.rules import Denial, UnknownModule, paired
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties import actions as parties
from tests import things
from tests.clock import SetClock
from tests.ocpi.hub.conftest import CPO, EMSP, HUB, OLD


async def hub(database: Database) -> None:
    async with database.unit() as unit:
        await parties.add(unit, things.party(HUB, ref=unit.new_id()))


async def test_pairs_are_denied_all_anew(database: Database) -> None:
    """HUB-054: the same pair whoever is named first; what is left out is allowed again."""
    await hub(database)
    first, second = Denial(one=CPO, other=EMSP), Denial(one=OLD, other=EMSP, module=Module.TOKENS)
    async with database.unit() as unit:
        assert (await settlement.decide(unit, HUB, (first, second))).denials == (
            paired(EMSP, OLD, "tokens"),
            paired(EMSP, CPO, None),
        )
        assert (await settlement.decide(unit, HUB, (second,))).denials == (paired(OLD, EMSP, "tokens"),)
    with pytest.raises(UnknownModule):
        paired(CPO, EMSP, "credentials")


async def test_who_is_denied_is_read_for_one_and_for_one_module(database: Database) -> None:
    """HUB-054: whoever of the two was named first; in one module, or in all, and of others nothing."""
    async with database.unit() as unit:
        for one in (paired(CPO, EMSP, None), paired(OLD, CPO, "tokens"), paired(OLD, EMSP, "sessions")):
            store.hub.deny(unit, HUB, one)
        assert await store.hub.denied_to(unit, HUB, CPO, Module.TOKENS) == {EMSP, OLD}
        assert await store.hub.denied_to(unit, HUB, CPO, Module.SESSIONS) == {EMSP}
        assert await store.hub.denied_to(unit, HUB, CPO, None) == {EMSP}
        assert await store.hub.denied_to(unit, HUB, OLD, Module.SESSIONS) == {EMSP}
        assert await store.hub.denied_to(unit, CPO, EMSP, Module.TOKENS) == set()


async def test_a_month_is_counted_from_its_first_to_its_last_moment(database: Database, clock: SetClock) -> None:
    await hub(database)
    one = Counted(
        holder=HUB,
        id="",
        at=clock.now(),
        asker=CPO,
        answerer=EMSP,
        module="sessions",
        method="PUT",
        way="forwarded",
        bytes_in=10,
        bytes_out=5,
        http=200,
        status=1000,
        took_ms=3,
    )
    for day in ((2026, 11, 30, 23), (2026, 12, 1, 0), (2026, 12, 31, 23), (2027, 1, 1, 0)):
        clock.set(datetime(*day, tzinfo=UTC))
        async with database.unit() as unit:
            store.hub.count(unit, replace(one, id=unit.new_id(), at=unit.now))
    async with database.unit() as unit:
        (tally,) = (await settlement.month(unit, HUB, "2026-12")).tallies
        assert (tally.requests, tally.granted, tally.bytes_in, tally.bytes_out) == (2, 2, 20, 10)
        for wrong in ("2026-13", "2026-1", "soon", "2026-11 "):
            with pytest.raises(Unreadable):
                await settlement.month(unit, HUB, wrong)
