"""The operator API about meters and what they signed: registered, warned of, decided, and by whose key."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.metering.model import Reading
from laddnav.meters import actions as meters
from laddnav.server.http import Serving
from laddnav.sessions import actions as sessions
from laddnav.tokens.model import Allowed, Authorization
from tests.meters.signing import SigningMeter
from tests.server.conftest import LAD, Client


async def held(served: Serving, signer: SigningMeter) -> tuple[str, str, int]:
    """(proof, station, evse number) of a charge of LAD's whose meter nobody has registered."""
    async with served.database.unit() as unit:
        station = next(one for one in await locations.stations(unit, LAD) if one.evses)
        begun, number = unit.now, station.evses[0][0]
        session = await sessions.begin(
            unit,
            station=station,
            evse_no=number,
            uid="NOBODY",
            given=Authorization(allowed=Allowed.ALLOWED, token=None),
            at=begun,
            register=wh(1000),
        )
        record = signer.signs_both(begun, "1000", begun + timedelta(hours=1), "6000")
        said = Reading(at=begun, measurand="SignedData", value=Decimal(0), signed=record)
        proof = await meters.prove(unit, session, [said], wh(5000))
    assert proof is not None
    return proof.ref, station.id, number


async def test_a_meter_is_registered_changed_and_told_before_its_calibration_ends(
    lad: Client, tnm: Client, viewer: Client, served: Serving
) -> None:
    signer = SigningMeter()
    ref, station, number = await held(served, signer)
    (waiting,) = (await lad.get("/signed-records"))["items"]
    there = (await lad.get(f"/stations/{station}"))["location_id"]
    assert (await lad.get(f"/signed-records?location_id={there.lower()}"))["items"] == [waiting]
    assert (await lad.get("/signed-records?location_id=ELSEWHERE"))["items"] == []
    assert (waiting["ref"], waiting["verdict"], waiting["reasons"]) == (
        ref,
        "UNKNOWN_KEY",
        ["No key of meter 4711 is known"],
    )
    unknown = {"kind": "NO_KEY_OF", "values": {"meter": "4711"}, "text": "No key of meter 4711 is known"}
    assert waiting["notes"] == [unknown]
    assert unknown in [doubt["note"] for doubt in (await lad.get("/doubts"))["items"]]
    soon = (served.database.clock.now() + timedelta(days=30)).date().isoformat()
    body: dict[str, object] = {
        "holder": str(LAD),
        "serial": "4711",
        "public_key": signer.public_key,
        "calibration_ends": soon,
    }
    body |= {"station_id": station, "evse_no": number}
    assert (await viewer.ask("POST", "/meters", body))[0] == 403
    assert (await tnm.ask("POST", "/meters", body))[0] == 404
    assert (await lad.ask("POST", "/meters", body | {"public_key": "sesame"}))[0] == 422
    assert (await lad.ask("POST", "/meters", body | {"station_id": "NOWHERE"}))[0] == 404
    status, meter = await lad.ask("POST", "/meters", body)
    assert (status, meter["calibration_ends"], meter["key_source"]) == (201, soon, "METER")
    assert (await lad.ask("POST", "/meters", body))[0] == 409
    assert (await lad.get("/meters/ending"))["items"] == (await lad.get("/meters"))["items"] == [meter]
    assert (await tnm.ask("GET", f"/meters/{meter['ref']}"))[0] == 404
    said = {"public_key": signer.public_key, "type_approval": "DE-15-M-PTB-0041"}
    status, after = await lad.ask("PUT", f"/meters/{meter['ref']}", said)
    assert (status, after["type_approval"], after.get("calibration_ends")) == (200, "DE-15-M-PTB-0041", None)
    assert (await lad.get("/meters/ending"))["items"] == []


async def test_a_decision_needs_a_reason_and_is_made_once(lad: Client, tnm: Client, served: Serving) -> None:
    ref, _, _ = await held(served, SigningMeter())
    path = f"/signed-records/{ref}"
    assert (await tnm.ask("POST", f"{path}/accept", {"why": "why not"}))[0] == 404
    assert (await lad.ask("POST", f"{path}/accept", {"why": " "}))[0] == 422
    status, proof = await lad.ask("POST", f"{path}/reject", {"why": "nobody knows this meter"})
    assert (status, proof["standing"], proof["note"]) == (200, "REJECTED", "nobody knows this meter")
    assert (await lad.ask("POST", f"{path}/accept", {"why": "after all"}))[0] == 409
    assert await lad.get(path) == proof


async def test_a_station_is_set_up_with_the_keys_of_its_meters_and_how_much_it_is_asked_at_a_time(
    lad: Client, tnm: Client, served: Serving
) -> None:
    signer, other = SigningMeter(), SigningMeter()
    _, id, number = await held(served, signer)
    path, keys = f"/stations/{id}", {str(number): signer.public_key, "7": other.public_key}
    assert (await tnm.ask("PATCH", path, {"public_keys": keys}))[0] == 404
    assert (await lad.ask("PATCH", path, {"public_keys": keys | {"8": "sesame"}, "items_per_message": 3}))[0] == 422
    assert (await lad.ask("PATCH", path, {"items_per_message": 0}))[0] == 400
    assert (await lad.get("/meters"))["items"] == []
    assert (await lad.get(path)).get("items_per_message") is None
    status, shown = await lad.ask("PATCH", path, {"public_keys": keys, "items_per_message": 4})
    assert (status, shown["items_per_message"]) == (200, 4)
    kept = [(one["station_id"], one["evse_no"], one["public_key"]) for one in (await lad.get("/meters"))["items"]]
    assert kept == [(id, 7, other.public_key), (id, number, signer.public_key)]
    # Said again it is the same; one is exchanged, one signs nothing any more, and a list counts from 1.
    assert (await lad.ask("PUT", path, {"public_keys": keys}))[0] == 200
    assert (await lad.ask("PATCH", path, {"public_keys": {"7": None}, "items_per_message": None}))[0] == 200
    assert (await lad.ask("PATCH", path, {"public_keys": [other.public_key]}))[0] == 200
    found = {one["evse_no"]: one.get("public_key") for one in (await lad.get("/meters"))["items"]}
    assert found == {7: None, number: signer.public_key} | {1: other.public_key}
    assert (await lad.get(path)).get("items_per_message") is None
