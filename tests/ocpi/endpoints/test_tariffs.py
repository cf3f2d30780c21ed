"""Tariffs are put, shown and taken back, and listed by when they changed."""

from __future__ import annotations

from laddnav.ocpi.wire.codec import encoded
from laddnav.tariffs import actions as tariffs
from tests import things
from tests.ocpi.network import CPO, Ask, Installation
from tests.ocpi.wording import example

SINCE = "2026-11-01T00:00:00Z"


async def test_a_tariff_is_put_shown_and_taken_back(at_emsp: Ask, emsp: Installation) -> None:
    """TAR-002, TAR-005, TAR-007, TAR-008, TAR-011: of the party in the URL; and it is known for the CDRs on it."""
    url = f"{emsp.url}/ocpi/emsp/2.2.1/tariffs/SE/LAD/11"
    said = example("tariffs/complex-tariff-example.json", id="11", x_colour="green")
    for others in ({"country_code": "DE", "party_id": "ALL"}, {"id": "12"}):
        assert (await at_emsp("PUT", url, encoded(said | others))).both == (200, 2001)
    assert (await at_emsp("PUT", url, encoded(said))).both == (201, 1000)
    assert (await at_emsp("GET", url)).data == said
    async with emsp.database.unit() as unit:
        kept = await tariffs.fetch(unit, emsp.holder, CPO, "11")
    assert len(kept.elements) == len(said["elements"])
    assert (await at_emsp("DELETE", url)).both == (200, 1000)
    async with emsp.database.unit() as unit:
        assert list(await tariffs.versions(unit, emsp.holder, CPO, ("11",))) == [kept]
    assert (await at_emsp("GET", url)).both == (404, 2000)
    assert (await at_emsp("DELETE", url)).both == (404, 2000)
    assert (await at_emsp("PUT", url, encoded(said))).both == (201, 1000)


async def test_tariffs_are_listed_by_when_they_changed_and_not_once_withdrawn(at_cpo: Ask, cpo: Installation) -> None:
    """TAR-001: page by page."""
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff("T1", CPO))
        await tariffs.keep(unit, CPO, things.tariff("T2", CPO))
    async with cpo.database.unit() as unit:
        await tariffs.withdraw(unit, CPO, CPO, "T1")
    answer = await at_cpo("GET", f"{cpo.url}/ocpi/cpo/2.2.1/tariffs")
    assert [one["id"] for one in answer.data] == ["T2"] and answer.headers["x-total-count"] == "1"
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff("T3", CPO, last_updated=unit.now))
    url = f"{cpo.url}/ocpi/cpo/2.2.1/tariffs"
    for asked, told in (("limit=1", "T2"), (f"date_to={SINCE}", "T2"), (f"date_from={SINCE}", "T3")):
        assert [one["id"] for one in (await at_cpo("GET", f"{url}?{asked}")).data] == [told]
