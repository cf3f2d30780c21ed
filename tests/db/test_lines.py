"""Connections that were there before lines became lines of one connection each, and nothing of them is lost."""

from __future__ import annotations

import asyncpg

from laddnav.db import migrate
from laddnav.db.embedded import Cluster
from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.ocpi import store
from laddnav.ocpi.wire.handshake import State
from laddnav.parties.model import Role
from tests.clock import SetClock

LINES = 11  # the migration
BEFORE = """
insert into ocpi_connection (holder, id, ref, our_role, their_role, their_country, their_party, name, version, state,
  inbound_hash, inbound_hash_before, outbound_sealed, versions_url, endpoints, roles, registered_at, last_heard_at,
  failures, last_error, hub, offers, look_at, created_at)
values ('SE*LAD', 'c1', 'c1', 'CPO', 'EMSP', 'NL', 'TNM', 'Partner', '2.2.1', 'CONNECTED', 'hash', 'older', 'sealed',
    'https://example.com/versions', '[{"identifier":"tokens","role":"SENDER","url":"https://example.com/tokens"}]',
    '[{"role":"EMSP","party":{"country":"NL","party":"TNM"},"business":{"name":"Partner"}}]', '2026-01-01Z',
    '2026-02-01Z', 3, 'no answer', 'DE*HUB', '{2.2.1,2.3.0}', '2026-03-01Z', '2026-01-01Z'),
  ('SE*LAD', 'c2', 'c2', 'EMSP', null, null, null, 'Invited', '2.3.0', 'INVITED', 'other', null, null, null, '[]',
    '[]', null, null, 0, null, null, '{}', null, '2026-01-02Z'),
  ('SE*TWO', 'c3', 'c3', 'CPO', null, null, null, 'Gone', '2.3.0', 'REMOVED', null, null, null, null, '[]', '[]', null,
    null, 0, null, null, '{}', null, '2026-01-03Z')
"""


async def test_every_connection_becomes_a_line(cluster: Cluster, clock: SetClock) -> None:
    """CRED-040: with its tokens as they were, hashed and sealed."""
    name = "before_lines"
    await cluster.create_database(name)
    url = cluster.url(name)
    old = await asyncpg.connect(url)
    for step, _, sql in migrate.steps():
        if step < LINES:
            await old.execute(sql)
    await old.execute(BEFORE)
    for step, _, sql in migrate.steps():
        if step >= LINES:
            await old.execute(sql)
    await old.close()
    database = Database(await asyncpg.create_pool(url, min_size=1, max_size=2), clock, {})
    async with database.unit() as unit:
        one, two = await store.connections.list_all(unit, PartyId("SE", "LAD"))
        recognised = await store.connections.by_hash(unit, ["older"])
        sealed = await store.lines.outbound(unit, "c1")
        gone = await store.connections.find(unit, PartyId("SE", "TWO"), "c3")
    await database.close()
    assert (one.line, one.our_role, one.party, one.name) == ("c1", Role.CPO, PartyId("NL", "TNM"), "Partner")
    assert (one.version, one.state, one.failures, one.last_error) == ("2.2.1", State.CONNECTED, 3, "no answer")
    assert one.parties == {PartyId("NL", "TNM")} and one.hub == PartyId("DE", "HUB")
    assert [each.url for each in one.endpoints] == ["https://example.com/tokens"] and one.offers == ("2.2.1", "2.3.0")
    assert (two.line, two.state, two.party) == ("c2", State.INVITED, None)
    assert recognised is not None and recognised.line == (one,) and sealed == "sealed"
    assert gone is not None and gone.state is State.REMOVED
