"""The signed record of a charge, for its driver: seen, checked and taken along by whoever has its address."""

from __future__ import annotations

from msgspec.structs import replace
from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.metering.signed import judging
from laddnav.metering.signed.containers import as_values
from laddnav.metering.signed.model import Verdict
from laddnav.meters import actions as meters
from laddnav.meters.model import Proof, Standing
from laddnav.meters.rules import UnknownProof
from laddnav.parties import actions as parties
from laddnav.sessions import actions as sessions
from laddnav.web.asked import Asked, Door, see
from laddnav.web.words import N_

# What a verdict means to a driver, where it does not let bill; VALID: the meter wrote it, and it cannot be so.
WHY = {
    Verdict.INVALID: N_(
        "The record does not fit the key that is registered for this meter: another meter signed it, or it was changed "
        "afterwards."
    ),
    Verdict.UNKNOWN_KEY: N_("No key is registered for this meter, so nobody can say whether the signature is its own."),
    Verdict.UNFIT_KEY: N_("The key that is registered for this meter is of another kind than the signature."),
    Verdict.UNREADABLE: N_("What the station sent cannot be read as a signed record."),
    Verdict.VALID: N_("The meter signed it, but what it says does not fit together."),
}
NEXT = {
    Standing.HELD: N_("The charge waits until %(operator)s has looked at it."),
    Standing.ACCEPTED: N_("%(operator)s has looked at it, and bills the charge as it was metered."),
    Standing.REJECTED: N_("%(operator)s has looked at it, and does not bill the charge."),
}


async def one(asked: Asked) -> Response:
    """Its address is a secret of whoever pays for the charge; of the driver it says nothing. Raises UnknownProof."""
    async with asked.unit() as unit:
        proof = await meters.proof(unit, asked.part("ref"))
        operator = await parties.fetch(unit, proof.holder)
        place = await _place(unit, proof)
    checked = judging.together([judging.judged(record.text, proof.public_key) for record in proof.records])
    ends = checked.registers
    return asked.page(
        "signed.html",
        proof=proof,
        checked=checked,
        why=WHY[checked.verdict],
        after=NEXT.get(proof.standing),
        used=ends[-1].energy - ends[0].energy if len(ends) > 1 else None,
        operator=operator.name,
        place=place,
    )


async def values(asked: Asked) -> Response:
    """The file that the transparency software opens. Raises UnknownProof."""
    async with asked.unit() as unit:
        proof = await meters.proof(unit, asked.part("ref"))
    records = tuple(replace(record, key=proof.public_key or record.key) for record in proof.records)
    name = f'attachment; filename="charge-{proof.ref}.xml"'
    return Response(as_values(records, proof.ref), media_type="application/xml", headers={"Content-Disposition": name})


async def record(asked: Asked) -> Response:
    """One of them to the byte, for programs that read it bare. Raises UnknownProof."""
    ref, number = asked.part("ref"), asked.part("number")
    async with asked.unit() as unit:
        proof = await meters.proof(unit, ref)
    found = {str(place): one for place, one in enumerate(proof.records, start=1)}.get(number)
    if found is None:
        raise UnknownProof(ref)
    name = f'attachment; filename="charge-{proof.ref}-{number}.txt"'
    return Response(found.text.encode(), media_type="text/plain", headers={"Content-Disposition": name})


async def _place(unit: Unit, proof: Proof) -> str | None:
    session = await sessions.find(unit, proof.holder, proof.holder, proof.session_id)
    where = None if session is None else session.place
    return None if where is None else f"{where.name or where.address}, {where.city}"


DOORS: tuple[Door, ...] = (
    see("/charge/signed/{ref}", one, role=None),
    see("/charge/signed/{ref}/values.xml", values, role=None),
    see("/charge/signed/{ref}/records/{number}", record, role=None),
)
