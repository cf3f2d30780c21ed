"""The operator API about what another central system kept, and about rules that cure stations by themselves."""

from __future__ import annotations

from tests.server.conftest import Client
from tests.takeover.exports import STEVE


async def test_an_export_is_previewed_taken_and_its_charges_are_found(lad: Client, viewer: Client, tnm: Client) -> None:
    body = {"files": STEVE}
    assert (await viewer.ask("POST", "/imports/steve", body))[0] == 403
    status, shown = await lad.ask("POST", "/imports/steve", body)
    assert (status, shown["preview"]) == (200, True)
    assert (await lad.ask("GET", "/stations/KAJ-1"))[0] == 404
    _, taken = await lad.ask("POST", "/imports/steve", body | {"preview": False})
    new = [part for part in taken["parts"] if part["kind"] == "station"]
    assert [(part["id"], part["becomes"], len(part["password"])) for part in new] == [
        ("KAJ-1", "NEW", 20),
        ("KAJ-2", "NEW", 20),
    ]
    (charge,) = (await lad.get("/stations/KAJ-1/past-charges"))["items"]
    assert (charge["id"], charge["uid"]) == ("7", "04A1")
    assert (await tnm.ask("GET", "/stations/KAJ-1/past-charges"))[0] == 404
    assert (await lad.ask("GET", "/stations/KAJ-1/past-charges?cursor=-1"))[0] == 422
    status, problem = await lad.ask("POST", "/imports/citrineos", body)
    assert (status, "chargingstations" in problem["detail"]) == (422, True)


async def test_a_rule_is_switched_on_and_off(lad: Client, tnm: Client) -> None:
    said = {"after_minutes": 15, "every_minutes": 600}
    status, rule = await lad.ask("PUT", "/cure-rules/STUCK", said)
    assert (status, rule["cure"], rule["after_minutes"]) == (200, "UNLOCK", 15)
    assert [one["ill"] for one in (await lad.get("/cure-rules"))["items"]] == ["STUCK"]
    assert (await tnm.get("/cure-rules"))["items"] == []
    assert (await lad.ask("PUT", "/cure-rules/SILENT", said))[0] == 422
    assert (await lad.ask("PUT", "/cure-rules/STUCK", {"cure": "CLOSE"}))[0] == 422
    asked = {"station_id": "ST-1", "evse_no": 1, "ill": "FAULTED"}
    assert (await lad.ask("POST", "/cures", asked))[0] == 409
    assert (await tnm.ask("POST", "/cures", asked))[0] == 404
    assert (await lad.ask("DELETE", "/cure-rules/STUCK"))[0] == 200
    assert (await lad.ask("DELETE", "/cure-rules/STUCK"))[0] == 404
    assert (await lad.get("/cures"))["items"] == []
