"""Invoices by way of the operator API: as a page, for machines, and who gets them."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.kit import json
from laddnav.parties import actions as parties
from laddnav.server.http import Serving
from tests.billing.charges import LADDNAV, cdr, energy
from tests.server.conftest import Client


async def test_an_issued_invoice_is_had_as_a_page_and_for_machines_by_its_holder_only(
    lad: Client, tnm: Client, served: Serving
) -> None:
    one = replace(cdr(energy("12.345", "3.49")), ref="C1")
    async with served.database.unit() as unit:
        await parties.update(unit, replace(await parties.fetch(unit, LADDNAV), vat_number="SE556703748501"))
        await cdrs.receive(unit, one, json.encode(one))
    await billing.bill(served.database, CdrClosed(holder=LADDNAV, owner=str(LADDNAV), cdr_id=one.id))
    without_reason = [(await key.ask("POST", "/cdrs/C1/credit", {"why": ""}))[0] for key in (lad, tnm)]
    assert without_reason == [422, 404]
    (debtor,) = (await lad.get("/debtors"))["items"]
    assert (debtor["id"], debtor["vat_number"]) == ("partner:NL*TNM", None)
    said = {
        "vat_number": "NL123456782B90",
        "endpoint": "0106:12345678",
        "reference": "PO-7",
        "address": "Keizersgracht 1",
    }
    assert (await tnm.ask("POST", f"/debtors/{debtor['ref']}", said))[0] == 404
    for wrong in ({"vat_number": "NL1"}, {"endpoint": "here"}):
        assert (await lad.ask("POST", f"/debtors/{debtor['ref']}", wrong))[0] == 422
    status, known = await lad.ask("POST", f"/debtors/{debtor['ref']}", said)
    assert (status, known["vat_number"], known["reference"]) == (200, "NL123456782B90", "PO-7")
    assert (await lad.ask("POST", "/debtors/nobody", said))[0] == 404

    (heading,) = (await lad.get("/invoices"))["items"]
    for what in ("ubl", "cii"):  # nor does another party hear that it is not issued yet
        assert (await lad.ask("GET", f"/invoices/{heading['ref']}/{what}"))[0] == 422
        assert (await tnm.ask("GET", f"/invoices/{heading['ref']}/{what}"))[0] == 404
    async with served.database.unit() as unit:
        invoice = await billing.issue(unit, LADDNAV, heading["ref"])
    assert (await lad.get(f"/invoices/{invoice.ref}"))["lacks"] == []
    kind, ubl = await lad.file(f"/invoices/{invoice.ref}/ubl?language=sv")
    assert kind == "application/xml" and b"Omv\xc3\xa4nd betalningsskyldighet" in ubl and b"0106" in ubl
    kind, cii = await lad.file(f"/invoices/{invoice.ref}/cii")
    assert kind == "application/xml" and b"CrossIndustryInvoice" in cii and b"PO-7" in cii
    kind, paper = await lad.file(f"/invoices/{invoice.ref}/pdf?language=de")
    assert kind == "application/pdf" and paper.startswith(b"%PDF")
    for what in ("pdf", "ubl", "cii"):
        assert (await tnm.ask("GET", f"/invoices/{invoice.ref}/{what}"))[0] == 404
        assert (await lad.ask("GET", f"/invoices/{invoice.ref}/{what}?language=xx"))[0] in (400, 422)
