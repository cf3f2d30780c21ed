"""Who makes an invoice tells which CDRs it is for: pushed, pulled, kept for whoever got it, and for nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from laddnav.db.outbox import drain
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.ocpi.connections import partners
from laddnav.ocpi.wire.codec import Hearing, encoded, parsed
from laddnav.ocpi.wire.handshake import Endpoint, Interface, Module
from laddnav.ocpi.wire.v2_3_0.invoice_reconciliation import codec
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.reconciliation import actions as reconciliation
from laddnav.reconciliation.model import Record
from laddnav.reconciliation.rules import UnknownRecord
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Installation, Pair, befriended, introduced, stranger


def said(**changes: Any) -> bytes:
    record = {
        "country_code": "SE",
        "party_id": "LAD",
        "id": "R1",
        "invoice_id": "LAD-2026-17",
        "cdrs": ["C1", "C2"],
        "last_updated": "2026-11-23T08:00:00Z",
        "x_of_theirs": {"kept": True},
    }
    return encoded({name: value for name, value in (record | changes).items() if value is not ...})


async def issued(by: Installation, receiver: PartyId, cpo: PartyId, *cdrs: str) -> Record:
    async with by.database.unit() as unit:
        return await reconciliation.issue(
            unit, by.holder, receiver=receiver, cpo=cpo, invoice_id="INV-1", cdrs=cdrs or ("C1",)
        )


async def known(at: Installation) -> list[Record]:
    async with at.database.unit() as unit:
        return list(await reconciliation.page(unit, at.holder))


# Between two of ours --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reverse", [False, True], ids=["direct", "reverse"])
async def test_a_record_is_told_put_right_and_taken_back(pair: Pair, clock: SetClock, reverse: bool) -> None:
    """INV-002, INV-004, INV-005, INV-006, INV-007, INV-015, INV-018: POST, PUT, DELETE, in both directions."""
    by, to = (pair.emsp, pair.cpo) if reverse else (pair.cpo, pair.emsp)
    first = await issued(by, to.holder, CPO, "C1", "C2")
    await by.settle()
    (heard,) = await known(to)
    assert (heard.owner, heard.receiver, heard.cpo, heard.cdrs) == (by.holder, to.holder, CPO, ("C1", "C2"))
    assert (heard.id, heard.invoice_id, heard.last_updated) == (first.id, "INV-1", first.last_updated)

    clock.advance(timedelta(minutes=1))
    async with by.database.unit() as unit:
        second = await reconciliation.revise(unit, first.ref, invoice_id="INV-1", cdrs=("C1",))
    await by.settle()
    (heard,) = await known(to)
    assert (heard.cdrs, heard.last_updated) == (("C1",), second.last_updated)

    async with by.database.unit() as unit:
        await reconciliation.retract(unit, first.ref)
    await by.settle()
    assert await known(to) == []
    await to.clients.journal.flush()
    async with to.database.unit() as unit:
        told = await partners.exchanges(unit, await to.connection())
    methods = [one.method for one in told if "/invoicereconciliation" in one.url and one.direction == "in"]
    assert sorted(methods) == ["DELETE", "POST", "PUT"]


async def test_what_was_missed_is_fetched_and_only_by_whom_it_is_for(pair: Pair, clock: SetClock) -> None:
    """INV-001, INV-003: by pages and dates; what was put right before it was ever told is still new."""
    await pair.cpo.down()
    await issued(pair.cpo, PartyId("DE", "OTH"), CPO)
    mine = await issued(pair.cpo, EMSP, CPO)
    await pair.cpo.up()
    await pair.emsp.pull()
    assert [one.id for one in await known(pair.emsp)] == [mine.id]
    token = await befriended(pair.cpo, PartyId("DE", "OTH"), Role.EMSP, version="2.3.0")
    url = f"{pair.cpo.url}/ocpi/cpo/2.3.0/invoicereconciliation"
    async with stranger(token) as ask:
        listed = await ask("GET", f"{url}?limit=1&date_from=2026-11-23T08:00:00Z")
        assert (listed.headers["x-total-count"], [one["cdrs"] for one in listed.data]) == ("1", [["C1"]])
        assert listed.data[0]["id"] != mine.id
        assert (await ask("GET", f"{url}?date_from=2026-11-24T00:00:00Z")).data == []
        for method in ("PUT", "PATCH", "DELETE"):
            assert (await ask(method, url, b"{}")).http == 405
        assert "ocpi-to-party-id" in listed.headers


async def test_a_name_in_another_role_sees_no_invoice(cpo: Installation) -> None:
    """INV-004: who calls itself what a customer is called, as a CPO on another line, gets nothing of the customer's."""
    takes = Endpoint(identifier="invoicereconciliation", role=Interface.RECEIVER, url="http://127.0.0.1:9/records")
    token = await befriended(cpo, EMSP, Role.CPO, our_role=Role.EMSP, version="2.3.0", endpoints=(takes,))
    await issued(cpo, EMSP, CPO)
    await drain(cpo.database)
    assert await cpo.deliveries() == ()
    async with stranger(token) as ask:
        listed = await ask("GET", f"{cpo.url}/ocpi/emsp/2.3.0/invoicereconciliation")
        assert (listed.status, listed.data) == (1000, [])
    await issued(cpo, EMSP, EMSP)
    await drain(cpo.database)
    assert len(await cpo.deliveries()) == 1


async def test_what_was_taken_back_while_we_were_away_is_gone_from_the_whole_list(pair: Pair, clock: SetClock) -> None:
    """INV-001, INV-007: a word that never came is no reason to go on reconciling a mistake."""
    mistake, right = await issued(pair.cpo, EMSP, CPO), await issued(pair.cpo, EMSP, CPO)
    await pair.cpo.settle()
    async with pair.cpo.database.unit() as unit:
        await reconciliation.retract(unit, mistake.ref)
    for _ in range(2):
        assert len(await known(pair.emsp)) == 2
        clock.advance(timedelta(hours=25))
        await pair.emsp.pull()
    assert [one.id for one in await known(pair.emsp)] == [right.id]


async def test_a_partner_of_another_version_is_not_told(cpo: Installation, emsp: Installation) -> None:
    """INV-016: older versions do not know the module, nor has a partner of 2.3.0 to."""
    await introduced(cpo, emsp, "2.2.1")
    await issued(cpo, EMSP, CPO)
    await cpo.settle()
    assert await known(emsp) == []
    assert Module.INVOICE_RECONCILIATION not in {one.module for one in await cpo.deliveries()}
    assert Module.INVOICE_RECONCILIATION not in VERSIONS["2.2.1"].modules


# From somebody else's -------------------------------------------------------------------------------------------------


async def test_a_record_is_kept_in_the_words_of_its_owner(emsp: Installation) -> None:
    """INV-002, INV-003, INV-006, INV-008, INV-014: a repeated POST is as a PUT, and an older word changes nothing."""
    url = f"{emsp.url}/ocpi/emsp/2.3.0/invoicereconciliation"
    async with stranger(await befriended(emsp, CPO, Role.CPO, version="2.3.0")) as ask:
        assert (await ask("GET", f"{url}/SE/LAD/R1")).both == (404, 2000)
        assert (await ask("DELETE", f"{url}/SE/LAD/R1")).both == (404, 2000)
        assert (await ask("POST", url, said())).both == (201, 1000)
        assert (await ask("GET", f"{url}/se/lad/r1")).data == parsed(said())
        later = "2026-11-23T09:00:00Z"
        assert (await ask("POST", url, said(last_updated=later, cdrs=["C1"]))).both == (200, 1000)
        assert (await ask("POST", url, said())).both == (200, 1000)
        assert [one.cdrs for one in await known(emsp)] == [("C1",)]
        put = said(last_updated="2026-11-23T10:00:00Z", cdrs=["C3" * 19 + "-"])
        assert (await ask("PUT", f"{url}/SE/LAD/R1", put)).both == (200, 1000)
        assert (await ask("PUT", f"{url}/SE/LAD/R2", said(id="R2"))).both == (201, 1000)
        assert (await ask("PUT", f"{url}/SE/LAD/R2", said(id="R3"))).both == (200, 2001)
        assert (await ask("PATCH", f"{url}/SE/LAD/R1", b"{}")).http == 405
        assert (await ask("DELETE", f"{url}/SE/LAD/R1")).both == (200, 1000)
        assert [one.id for one in await known(emsp)] == ["R2"]


async def test_nobody_speaks_for_another_party(emsp: Installation) -> None:
    """INV-002, INV-014: what is of another is neither seen nor changed."""
    url = f"{emsp.url}/ocpi/emsp/2.3.0/invoicereconciliation"
    async with stranger(await befriended(emsp, CPO, Role.CPO, version="2.3.0")) as ask:
        assert (await ask("POST", url, said())).http == 201
    async with stranger(await befriended(emsp, PartyId("DE", "OTH"), Role.CPO, version="2.3.0")) as ask:
        assert (await ask("POST", url, said(invoice_id="FORGED"))).both == (404, 2001)
        assert (await ask("PUT", f"{url}/SE/LAD/R1", said(invoice_id="FORGED"))).both == (404, 2001)
        assert (await ask("DELETE", f"{url}/SE/LAD/R1")).both == (404, 2001)
        assert (await ask("GET", f"{url}/SE/LAD/R1")).both == (404, 2001)
        assert (await ask("GET", f"{url}/DE/OTH/R1")).both == (404, 2000)
    (record,) = await known(emsp)
    assert record.invoice_id == "LAD-2026-17"
    async with emsp.database.unit() as unit:
        with pytest.raises(UnknownRecord):
            await reconciliation.by_ref(unit, "R1")


@pytest.mark.parametrize(
    "changes",
    [
        {"country_code": ...},
        {"party_id": "LADD"},
        {"id": "R" * 37},
        {"invoice_id": ...},
        {"invoice_id": "I" * 256},
        {"cdrs": []},
        {"cdrs": ...},
        {"cdrs": [{"id": "C1"}]},
        {"cdrs": ["C" * 40]},
        {"last_updated": ...},
    ],
)
def test_what_is_no_record_is_refused(changes: dict[str, Any]) -> None:
    """INV-008, INV-009, INV-010."""
    with pytest.raises(Unreadable):
        codec.decode(said(**changes), Hearing(holder=EMSP, sender=CPO, role=Role.CPO, ref="a row"))


def test_the_longest_of_everything_is_read() -> None:
    """INV-008, INV-010: the id of a Credit CDR has up to 39 characters."""
    longest = said(id="R" * 36, invoice_id="I" * 255, cdrs=["C" * 39])
    record = codec.decode(longest, Hearing(holder=EMSP, sender=CPO, role=Role.CPO, ref="a row"))
    assert parsed(codec.encode(record)) == {k: v for k, v in parsed(longest).items() if k != "x_of_theirs"}
