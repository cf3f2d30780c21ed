"""The signed record of a charge, for its driver: seen, checked and taken along by whoever has its address."""

from __future__ import annotations

from msgspec.structs import replace
from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.metering.signed import judging
from laddnav.metering.signed.containers import as_values
from laddnav.meters import actions as meters
from laddnav.meters.model import Proof
from laddnav.parties import actions as parties
from laddnav.sessions import actions as sessions
from laddnav.web.asked import Asked, Door, see


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


async def _place(unit: Unit, proof: Proof) -> str | None:
    session = await sessions.find(unit, proof.holder, proof.holder, proof.session_id)
    where = None if session is None else session.place
    return None if where is None else f"{where.name or where.address}, {where.city}"


DOORS: tuple[Door, ...] = (
    see("/charge/signed/{ref}", one, role=None),
    see("/charge/signed/{ref}/values.xml", values, role=None),
)
