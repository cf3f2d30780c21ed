"""Terminals, captures and reconciliation records by way of the operator API."""

from __future__ import annotations

from laddnav.server.http import Serving
from tests.server.conftest import Client

TERMINAL = {"holder": "NL*TNM", "cpo": "SE*LAD", "id": "T1", "reference": "serial-7"}


async def test_a_record_is_issued_revised_and_taken_back(lad: Client, tnm: Client) -> None:
    made = {"holder": "SE*LAD", "receiver": "NL*TNM", "cpo": "SE*LAD", "invoice_id": "2026-1", "cdrs": ["C1", "C2"]}
    status, record = await lad.ask("POST", "/reconciliations", made)
    assert (status, record["cdrs"], record["owner"]) == (201, ["C1", "C2"], "SE*LAD")
    ref = record["ref"]
    assert [one["ref"] for one in (await lad.get("/reconciliations"))["items"]] == [ref]
    found = await lad.get(f"/reconciliations/{ref}")
    assert (found["missing"], found["sound"], found["invoice_id"]) == (["C1", "C2"], False, "2026-1")
    status, revised = await lad.ask("PUT", f"/reconciliations/{ref}", {"invoice_id": "2026-1", "cdrs": ["C1"]})
    assert (status, revised["cdrs"]) == (200, ["C1"])
    assert (await tnm.ask("GET", f"/reconciliations/{ref}"))[0] == 404
    assert (await tnm.ask("DELETE", f"/reconciliations/{ref}"))[0] == 404
    assert (await tnm.ask("POST", "/reconciliations", made))[0] == 404
    assert (await lad.ask("POST", "/reconciliations", made | {"cdrs": []}))[0] == 400
    assert (await lad.ask("DELETE", f"/reconciliations/{ref}"))[0] == 200
    assert (await lad.ask("GET", f"/reconciliations/{ref}"))[0] == 404


async def test_a_terminal_is_its_providers_until_its_cpo_hears_of_it(
    everything: Client, lad: Client, tnm: Client, served: Serving
) -> None:
    status, made = await everything.ask("POST", "/terminals", TERMINAL)
    assert (status, made["cpo"], made["terminal"]["id"]) == (201, "SE*LAD", "T1")
    ref = made["ref"]
    assert (await tnm.get("/terminals"))["items"] == [made]
    assert (await lad.get("/terminals"))["items"] == []
    assert (await tnm.get(f"/terminals/{ref}")) == made
    assert (await lad.ask("GET", f"/terminals/{ref}"))[0] == 404
    for path in ("assignment", "description"):
        assert (await everything.ask("PUT", f"/terminals/{ref}/{path}", {}))[0] == 409
        assert (await lad.ask("PUT", f"/terminals/{ref}/{path}", {}))[0] == 404
    assert (await everything.ask("POST", f"/terminals/{ref}/deactivate"))[0] == 409
    assert (await lad.ask("POST", f"/terminals/{ref}/deactivate"))[0] == 404
    where = "cpo=SE*LAD&location_id=L1&evse_uid=E1"
    assert (await tnm.ask("GET", f"/terminals/{ref}/offer?{where}"))[0] == 422
    assert (await lad.ask("GET", f"/terminals/{ref}/offer?{where}"))[0] == 404
    begin = {"cpo": "SE*LAD", "location_id": "L1", "evse_uid": "E1", "reference": "pp-1"}
    assert (await everything.ask("POST", f"/terminals/{ref}/start", begin))[0] == 422
    assert (await lad.ask("POST", f"/terminals/{ref}/start", begin))[0] == 404
    asked = {"holder": "SE*LAD", "provider": "NL*TNM", "reference": "serial-8"}
    assert (await lad.ask("POST", "/terminal-activations", asked))[0] == 422
    assert (await tnm.ask("POST", "/terminal-activations", asked))[0] == 404
    assert (await lad.ask("POST", "/terminals", TERMINAL))[0] == 404


async def test_a_capture_needs_a_charge(everything: Client, tnm: Client) -> None:
    said = {
        "holder": "NL*TNM",
        "id": "C1",
        "authorization_reference": "pp-1",
        "total": {"before_taxes": 4},
        "currency": "SEK",
        "status": "FAILED",
    }
    status, problem = await everything.ask("POST", "/confirmations", said)
    assert (status, problem["type"]) == (422, "urn:laddnav:problem:nothing-charged")
    assert await tnm.get("/confirmations") == {"items": [], "next": None}
    assert (await tnm.ask("GET", "/confirmations/none"))[0] == 404
