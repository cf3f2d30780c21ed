"""Processes that live, fall silent and are buried by those that are left."""

from __future__ import annotations

from laddnav.db.presence import BEAT, SILENT, Presence
from laddnav.db.unit import Database, Unit


class Gravediggers:
    """Remember whom they buried."""

    def __init__(self) -> None:
        self.buried: list[str] = []

    async def bury(self, unit: Unit, life: str) -> None:
        self.buried.append(life)


async def test_who_falls_silent_is_buried_once_and_not_by_who_slept_itself(database: Database) -> None:
    """Silence is counted by who listens all the while; who was thought dead and was not is there again."""
    diggers = Gravediggers()
    one, other, third = (Presence(database, name, [diggers.bury]) for name in ("one", "other", "third"))
    for each in (one, other, third):
        await each.begin()
    diggers.buried.clear()

    now = 0.0
    assert await one.silent(now) == []
    while now <= SILENT:
        now += BEAT
        await third.beat()
        assert (await one.silent(now) == [other.life]) is (now > SILENT)
    assert await third.silent(now) == []  # it has listened only now
    assert await one.silent(now + SILENT) == []  # it was away itself, and so may all the others have been

    await one.bury(other.life)
    await third.bury(other.life)
    assert diggers.buried == [other.life]
    await other.beat()
    await other.beat()
    assert other.life in await lives(database)


async def test_who_is_started_again_buries_what_went_by_its_name_and_who_ends_leaves_nothing(
    database: Database,
) -> None:
    diggers = Gravediggers()
    before, after = (Presence(database, "one", [diggers.bury]) for _ in range(2))
    await before.begin()
    await after.begin()
    assert diggers.buried == ["one", before.life, "one"]  # by its bare name a version before went
    assert await lives(database) == [after.life]
    await after.end()
    assert diggers.buried[-1] == after.life
    assert await lives(database) == []


async def lives(database: Database) -> list[str]:
    async with database.unit() as unit:
        return [row["life"] for row in await unit.fetch("select life from process order by life")]
