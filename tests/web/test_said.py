"""What is said of charges, records, tasks and cures is a kind with its values, read in the language of its reader.

What was kept before there were kinds stays the text that it was.
"""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp
import pytest
from msgspec.structs import replace
from playwright.async_api import Browser, Page, expect
from yarl import URL

from laddnav.kit.notes import Note, as_kept, as_read
from laddnav.locations import actions as locations
from laddnav.metering import notes as charges
from laddnav.metering.model import Doubt, DoubtKind
from laddnav.metering.signed import notes as records
from laddnav.metering.signed.judging import judged
from laddnav.meters import actions as meters
from laddnav.meters import store as kept
from laddnav.meters.rules import NoExchange, NoRegister
from laddnav.ocpp import notes as stations
from laddnav.ocpp import store
from laddnav.ocpp.cures.model import State, Tried
from laddnav.ocpp.cures.rules import CureUnderWay, SomebodyCharges
from laddnav.ocpp.ills import Cure, Ill
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks import rules
from laddnav.ocpp.tasks.model import Kind, Selection
from laddnav.ocpp.tasks.works import Resetting
from laddnav.people.model import Role
from laddnav.readings import actions as readings
from laddnav.scheduling import notes as plans
from laddnav.sessions import actions as sessions
from laddnav.web.notes import worded
from laddnav.web.refusals import sentence
from tests.clock import SetClock
from tests.meters.signing import SigningMeter
from tests.meters.test_proving import LATER, NOON, charged, registered, signed
from tests.things import US, settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read

__all__ = ["client"]

ROOMS = (plans.SENTENCES, charges.SENTENCES, records.SENTENCES, stations.SENTENCES)
OTHERWISE = "Mätaren signerade 4,9988 kWh, och 5 kWh skulle debiteras"
ODD = '\ufeffOCMF|{\r\n\t"FV": "1.0"}\r\n|å <&>"\''  # a mark of order, lines of two kinds, and what HTML means


def swedish(client: aiohttp.ClientSession, site: Site) -> None:
    client.cookie_jar.update_cookies({"language": "sv"}, URL(site.url))


def test_no_two_rooms_have_a_kind_of_one_name() -> None:
    kinds = [str(kind) for room in ROOMS for kind in room]
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize(
    ("note", "said"),
    [
        (
            charges.noted(charges.NoteKind.SIGNED_OTHERWISE, signed_kwh="1234.5004", billed_kwh="5"),
            "1 234,5004 kWh, och 5",
        ),
        (charges.noted(charges.NoteKind.ENDED_AGAIN, register_wh="?"), "en gång till vid ? Wh"),
        (charges.noted(charges.NoteKind.SIGNED_LATER, signed_at="2026-11-23T13:00:00Z"), "2026-11-23 14:00 CET"),
        (charges.noted(charges.NoteKind.STOP_TOO_EARLY, read_at="at noon"), "lästes av at noon"),
        (charges.noted(charges.NoteKind.GAP, gap_kwh="NaN", read_at="2026-11-23T13:00:00Z"), "NaN kWh till nästa"),
        (records.noted(records.RecordKind.ALFEN_SIZE, many=81, size=82), "81 byte är signerade"),
        (Note("OF_A_LATER_VERSION", {"number": 1}, "what it means there"), "what it means there"),
        ("somebody wrote it", "somebody wrote it"),
    ],
)
def test_values_are_written_as_their_reader_does(note: Note | str, said: str) -> None:
    assert said in worded(note, "sv", "Europe/Stockholm").replace("\N{NO-BREAK SPACE}", " ")


def test_a_note_is_read_as_it_was_kept() -> None:
    note = charges.noted(charges.NoteKind.TOO_LONG, days=20780, began_on="1970-01-01")
    assert as_read(as_kept(note)) == note and str(note).endswith("20780 days, from 1970-01-01")
    assert as_read(as_kept(None)) is None


def test_a_record_that_cannot_be_read_says_why_as_a_kind() -> None:
    found = judged("OCMF|{}|x", None).reason
    assert found.kind == records.RecordKind.SIGNATURE_SECTION_UNREADABLE or found.kind.startswith("PAYLOAD"), found
    assert "går inte att läsa: " in worded(found, "sv")


async def test_why_a_charge_is_held_is_read_in_swedish_on_every_page_that_says_it(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    station, signer = await settled(site.database), SigningMeter()
    async with site.database.unit() as unit:
        await meters.register(unit, registered(signer, ref=unit.new_id()))
    both = signer.signs_both(NOON, "1000", LATER, "5998.8")
    session = await charged(site.database, station, signed("Transaction.End", both), used=5000)
    async with site.database.unit() as unit:
        proof = await meters.proof_of(unit, US, session)
        charge = await sessions.fetch(unit, US, US, session)
    assert proof is not None and [one.kind for one in proof.notes] == ["SIGNED_OTHERWISE"]
    assert proof.reasons == tuple(note.text for note in proof.notes)
    await sign_in(client, site, Role.OPERATOR)
    swedish(client, site)
    for page in ("/signed", f"/signed/{proof.ref}", "/meters", "/doubts", f"/sessions/{charge.ref}"):
        shown = await read(client, site.url + page)
        assert OTHERWISE in shown and "The meter signed" not in shown, page


async def test_what_was_judged_before_there_were_kinds_is_shown_as_it_was_said(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    station = await settled(site.database)
    session = await charged(site.database, station, signed("Transaction.End", "no record"))
    async with site.database.unit() as unit:
        proof = await meters.proof_of(unit, US, session)
        assert proof is not None
        kept.put_proof(unit, replace(proof, reasons=("It was so in those days",), notes=()))
        await unit.execute("update doubt set note = null, detail = 'It was doubted so then'")
    await sign_in(client, site, Role.OPERATOR)
    swedish(client, site)
    for page in ("/signed", f"/signed/{proof.ref}", "/meters"):
        assert "It was so in those days" in await read(client, site.url + page), page
    assert "It was doubted so then" in await read(client, f"{site.url}/doubts")


async def test_what_we_say_of_a_step_and_of_a_cure_is_swedish_and_what_a_station_says_is_its_own(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    station = await settled(site.database)
    async with site.database.unit() as unit:
        task = await tasks.begin(unit, US, Kind.RESET, Resetting(), at=Selection(), by="ada")
    ours = rules.Failed(said=stations.noted(stations.NoteKind.NO_ANSWER))
    await sign_in(client, site, Role.OPERATOR)
    swedish(client, site)
    for move, said in ((ours, "inget svar"), (rules.Failed(said="Rejected"), "Rejected"), (rules.Done(), "–")):
        async with site.database.unit() as unit:
            (step,) = await store.tasks.steps(unit, task)
            store.tasks.keep_step(unit, task, rules.moved(step, move, unit.now))
        cell = re.search(
            r'data-label="Den säger" class="broad">(.*?)</td>', await read(client, f"{site.url}/tasks/{task.ref}")
        )
        assert cell is not None and cell[1] == said
    note = stations.noted(stations.NoteKind.STOP_UNANSWERED)
    async with site.database.unit() as unit:
        one = Tried(
            holder=US,
            ref=unit.new_id(),
            station_id=station.id,
            evse_no=1,
            ill=Ill.FAULTED,
            since=unit.now - timedelta(hours=1),
            cure=Cure.CLOSE,
            asked_by="ada",
            by_rule=False,
            at=unit.now,
            state=State.CURED,
            said=note.text,
            note=note,
            over_at=unit.now,
        )
        assert await store.cures.begin(unit, one)
    assert "stationen ombads att stoppa den: inget svar" in await read(client, f"{site.url}/cures")


async def test_why_a_station_is_not_let_in_is_swedish_among_what_needs_attention(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    station = await settled(site.database)
    async with site.database.unit() as unit:
        locations.disconnected(unit, station, process="test")
    clock.advance(timedelta(hours=2))
    why = stations.noted(stations.NoteKind.PROFILE_ASKED_FOR, profile=2)
    async with site.database.unit() as unit:
        locations.refused(unit, station.id, why)
    await sign_in(client, site, Role.OPERATOR)
    swedish(client, site)
    assert "säkerhetsprofil 2 begärs, med det som hör till den" in await read(client, f"{site.url}/attention")


async def test_what_no_meter_shows_and_whose_cure_is_over_is_refused_in_swedish(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    await settled(site.database)
    csrf = await sign_in(client, site, Role.OPERATOR)
    swedish(client, site)
    said = {"csrf": csrf, "station": "ST1", "evse": "1", "ill": "FAULTED"}
    async with client.post(f"{site.url}/cures", data=said) as answer:
        assert "Stationen ST1 har inte det felet där, eller inte längre." in await answer.text()
    for refusal in (NoRegister(), NoExchange(), CureUnderWay("ST1"), SomebodyCharges("ST1")):
        assert sentence(refusal, "sv") not in (str(refusal), sentence(refusal, "en"))


async def test_a_doubt_says_in_swedish_what_a_register_did(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    await settled(site.database)
    note = charges.noted(charges.NoteKind.LOWER_AT_ITS_END, register_wh="200", before_wh="999900.5")
    async with site.database.unit() as unit:
        readings.raise_doubts(unit, US, "", "ST1", [Doubt(kind=DoubtKind.ROLLOVER, at=unit.now, note=note)])
    await sign_in(client, site, Role.OPERATOR)
    swedish(client, site)
    shown = (await read(client, f"{site.url}/doubts")).replace("\N{NO-BREAK SPACE}", " ")
    assert "mätarställning 200 Wh efter mätarställning 999 900,5 Wh: mätaren verkar ha räknat" in shown
    async with site.database.unit() as unit:
        (found,) = await readings.open_doubts(unit, US)
    assert (found.note, found.detail) == (note, note.text)


@pytest.mark.parametrize("language", ["en", "sv"])
async def test_a_signed_record_is_copied_to_the_byte(
    site: Site, browser: Browser, clock: SetClock, language: str
) -> None:
    station = await settled(site.database)
    session = await charged(site.database, station, signed("Transaction.End", ODD))
    async with site.database.unit() as unit:
        proof = await meters.proof_of(unit, US, session)
    assert proof is not None and [one.text for one in proof.records] == [ODD]
    copy, copied, refused, opened = {
        "en": ("Copy record 1", "Copied to the clipboard", "does not let it be copied", "Record 1"),
        "sv": ("Kopiera post 1", "Kopierad till urklipp", "tillåter inte att den kopieras", "Post 1"),
    }[language]
    context = await browser.new_context(base_url=site.url, viewport={"width": 390, "height": 844})
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await context.add_cookies([{"name": "language", "value": language, "url": site.url}])
    page = await context.new_page()
    complaints = site.listen(page)
    await site.sign_in(page, Role.VIEWER)
    for address in (f"/charge/signed/{proof.ref}", f"/signed/{proof.ref}"):
        await page.goto(address)
        await page.evaluate("navigator.clipboard.writeText('something else')")
        await page.get_by_text(opened, exact=True).click()
        await page.get_by_role("button", name=copy).click()
        await expect(page.get_by_text(copied)).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == ODD, address
        assert await _overlapping(page) == []
        for width in (390, 1280):
            await page.set_viewport_size({"width": width, "height": 844})
            assert await page.evaluate("document.documentElement.scrollWidth") == width, address
        await page.set_viewport_size({"width": 390, "height": 844})
    await context.clear_permissions()
    await page.reload()
    await page.get_by_text(opened, exact=True).click()
    await page.get_by_role("button", name=copy).click()
    await expect(page.get_by_text(refused)).to_be_visible()
    await context.close()
    assert complaints == []


async def _overlapping(page: Page) -> list[str]:
    """What is drawn over its neighbour beside an open record."""
    found: list[str] = await page.evaluate(
        """() => {
          const shown = [...document.querySelectorAll("details.raw[open] :is(button, a, pre, [role=status])")]
            .filter((one) => one.checkVisibility()).map((one) => [one, one.getBoundingClientRect()]);
          const apart = (a, b) => a.left >= b.right || b.left >= a.right || a.top >= b.bottom || b.top >= a.bottom;
          return shown.flatMap(([one, a], at) => shown.slice(at + 1).filter(([, b]) => !apart(a, b))
            .map(([other]) => one.textContent.trim() + " / " + other.textContent.trim()));
        }"""
    )
    return found
