"""A signed record counts once, its key perhaps before anybody looked, and however long it is somebody finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.signing import SIGNED_MAX, signed_data
from laddnav.db.events import Event
from laddnav.db.unit import Database, Listener
from laddnav.metering.signed.containers import Sent
from laddnav.metering.signed.model import Verdict
from laddnav.meters import actions as meters
from laddnav.meters.model import KeySource, Proof, Standing
from laddnav.parties import actions as parties
from laddnav.sessions.events import SessionAmended, SessionEnded
from tests.clock import SetClock
from tests.meters.signing import SigningMeter
from tests.meters.test_proving import LATER, NOON, cdr_of, charged, registered, signed
from tests.things import US, settled

HERE = "https://laddnav.example"


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {SessionEnded: [cdrs.close], SessionAmended: [cdrs.correct]}


async def test_a_record_is_of_the_charge_of_which_it_was_told_first(database: Database, clock: SetClock) -> None:
    """By what was signed: at the same time, of the same energy, and wrapped in something else."""
    signer, station = SigningMeter(), await settled(database)
    await parties.reach(database, HERE)
    async with database.unit() as unit:
        await meters.register(unit, registered(signer))
    record = signer.signs_both(NOON, "1000", LATER, "6000")
    first = await charged(database, station, signed("Transaction.End", record))
    again = await charged(database, station, signed("Transaction.End", record.encode().hex()))
    cdr = await cdr_of(database, first)
    assert cdr is not None and cdr.signed_data is not None and await cdr_of(database, again) is None
    async with database.unit() as unit:
        (held,) = await meters.held(unit, US)
        proof = await meters.proof_of(unit, US, first)
    assert held.session_id == again
    assert held.reasons == (f"What was signed was told of charge {first} before",)
    assert proof is not None and cdr.signed_data.url == f"{HERE}/charge/signed/{proof.ref}"


async def test_the_first_key_of_a_meter_is_trusted_only_where_somebody_wants_that(
    database: Database, clock: SetClock
) -> None:
    """And until a person looks; the key of another meter at that place, and another key, are not."""
    station, signer = await settled(database), SigningMeter()

    async def comes(one: SigningMeter) -> str:
        record = one.signs_both(NOON, "1000", LATER, "6000").encode().hex()
        said = f'{{"signedMeterData":"{record}","publicKey":"{one.public_key}"}}'
        return await charged(database, station, signed("Transaction.End", said))

    assert await cdr_of(database, await comes(signer)) is None
    async with database.unit() as unit:
        await meters.trust_first_use(unit, US, True, by="Ada")
    assert await cdr_of(database, await comes(signer)) is not None
    async with database.unit() as unit:
        (meter,) = await meters.page(unit, US)
        assert (meter.key_source, meter.registered_by) == (KeySource.FIRST_USE, "first use")
        assert (await meters.confirm(unit, meter.ref, by="Ada")).key_source is KeySource.METER
    assert await cdr_of(database, await comes(SigningMeter())) is None
    assert await cdr_of(database, await comes(SigningMeter("4712"))) is None


def test_a_record_that_is_too_long_for_a_cdr_is_found_at_its_url() -> None:
    """CDR-060."""
    proof = Proof(
        holder=US,
        session_id="S1",
        ref="01a2-secret",
        standing=Standing.PROVED,
        verdict=Verdict.VALID,
        station_id="ST1",
        records=(Sent(text="OCMF|" + "x" * SIGNED_MAX),),
        judged_at=NOON,
    )
    assert signed_data(proof, None) is None
    told = signed_data(proof, HERE)
    assert told is not None and told.url == f"{HERE}/charge/signed/01a2-secret"
    assert [(one.nature, one.plain_data, one.signed_data) for one in told.signed_values] == [("End", "", "")]
