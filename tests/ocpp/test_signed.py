"""Signed records as stations send them, from the socket to the CDR: to the byte, verified, and billed only then."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.meters import actions as meters
from laddnav.meters.model import KeySource, Meter, Proof
from laddnav.sessions.events import SessionEnded
from tests.clock import SetClock
from tests.meters.signing import SigningMeter
from tests.ocpp.conftest import Raw
from tests.ocpp.numbered import PACKAGES, metered, numbered
from tests.ocpp.stations import all_sessions
from tests.things import US

HOUR = timedelta(hours=1)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {SessionEnded: [cdrs.close]}


@pytest.fixture
async def signer(database: Database, url: str) -> SigningMeter:
    """The meter of ST1/1, as somebody registered it."""
    one = SigningMeter()
    async with database.unit() as unit:
        await meters.register(
            unit,
            Meter(
                holder=US,
                ref="meter-1",
                serial=one.serial,
                public_key=one.public_key,
                key_source=KeySource.METER,
                station_id="ST1",
                evse_no=1,
                registered_at=unit.now,
                registered_by="Ada",
            ),
        )
    return one


async def proofs(database: Database) -> list[Proof | None]:
    """Of all charges, the first first; each that is proved is billed."""
    await drain(database)
    charges = sorted(await all_sessions(database), key=lambda one: one.started_at)
    async with database.unit() as unit:
        found = [await meters.proof_of(unit, US, charge.id) for charge in charges]
        for charge, proof in zip(charges, found, strict=True):
            billed = await cdrs.of_session(unit, US, US, charge.id)
            assert (billed is not None) == (proof is None or proof.bills)
    return found


def as_octets(record: str) -> str:
    return base64.b64encode(record.encode()).decode()


async def test_a_station_of_1_6_sends_records_bare_or_in_a_signed_meter_value(
    url: str, database: Database, clock: SetClock, signer: SigningMeter
) -> None:
    """Signed Meter Values in OCPP 1.0 §3.1.4, §3.2.1: two records at the stop, or one with both ends."""
    station = await Raw.connect(url)
    await station.ask("BootNotification", {"chargePointVendor": "Volt", "chargePointModel": "One"})
    sent: list[list[str]] = []
    for way in ("bare", "wrapped"):
        begun = clock.now()
        started = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": rfc3339(begun)}
        number = (await station.ask("StartTransaction", started))[2]["transactionId"]
        ended = clock.advance(HOUR)
        if way == "bare":
            records = [signer.signs(begun, "1000"), signer.signs(ended, "6000", "E")]
        else:
            both = as_octets(signer.signs_both(begun, "1000", ended, "6000"))
            said = {"signedMeterData": both, "encodingMethod": "OCMF", "signingMethod": "", "publicKey": ""}
            records = [json.dumps(said)]
        contexts = ("Transaction.Begin", "Transaction.End")[-len(records) :]
        samples = [
            {"value": record, "context": context, "format": "SignedData"}
            for record, context in zip(records, contexts, strict=True)
        ]
        stop: dict[str, Any] = {"transactionId": number, "meterStop": 6000, "timestamp": rfc3339(ended)}
        stop["transactionData"] = [{"timestamp": rfc3339(ended), "sampledValue": samples}]
        answer = await station.ask("StopTransaction", stop)
        assert answer[0] == 3, answer
        sent.append(records if way == "bare" else [both])
        clock.advance(HOUR)
    found = await proofs(database)
    assert [one and (one.bills, one.reasons) for one in found] == [(True, ()), (True, ())]
    assert [[record.text for record in one.records] for one in found if one is not None] == sent


async def test_a_station_of_2_sends_the_record_with_its_sample(
    url: str, database: Database, clock: SetClock, signer: SigningMeter
) -> None:
    """OCPP 2.0.1 part 2 SignedMeterValueType; in 2.1 its method and key may be left out. What fails is not billed.

    E02.FR.14: what was signed as the car was plugged in is of its charge, though the card is shown a minute later.
    """
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=tuple(PACKAGES)))
    forger = SigningMeter()
    for protocol, who in zip(PACKAGES, (signer, forger), strict=True):
        async with numbered(url, protocol) as station:
            begun, charge = clock.now(), f"T-{protocol}"
            card: dict[str, Any] = {"id_token": {"id_token": "CARD1", "type": "ISO14443"}}
            later = who is signer
            first = signed(protocol, metered(begun, 1000, "Transaction.Begin"), who.signs(begun, "1000"), who)
            shown = {} if later else card
            await station.tell("Started", begun, charge=charge, meter_value=first, evse={"id": 1}, **shown)
            if later:
                await station.tell("Updated", clock.advance(timedelta(minutes=1)), charge=charge, **card)
            ended = clock.advance(HOUR)
            last = signed(protocol, metered(ended, 6000, "Transaction.End"), who.signs(ended, "6000", "E"), who)
            await station.tell("Ended", ended, charge=charge, meter_value=last)
            clock.advance(HOUR)
    ours, forged = await proofs(database)
    assert ours is not None and (ours.bills, ours.reasons) == (True, ())
    assert forged is not None and not forged.bills
    assert forged.reasons == ("The signature is not of this key, or the record was changed",)


def signed(protocol: str, values: list[dict[str, Any]], record: str, who: SigningMeter) -> list[dict[str, Any]]:
    value = {"signed_meter_data": as_octets(record), "encoding_method": "OCMF"}
    if protocol == "ocpp2.0.1":
        printed = f"oca:base16:asn1:{who.public_key}"
        value |= {"signing_method": "", "public_key": as_octets(printed)}
    values[0]["sampled_value"][0]["signed_meter_value"] = value
    return values
