"""What a meter signed of a charge, as it stands in a CDR: ours as it was proved, a partner's as it can be checked."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.cdrs.model import Cdr, SignedData, SignedValue
from laddnav.metering.signed import judging
from laddnav.metering.signed.containers import WireSignedData, WireSignedValue, of_ocpi
from laddnav.metering.signed.keys import key_of
from laddnav.metering.signed.model import Format, SignedCharge
from laddnav.metering.signed.reading import as_base64, plain
from laddnav.meters.model import Proof
from laddnav.meters.rules import otherwise

# A record that is longer than OCPI lets a CDR carry (OCPI 2.2.1 mod_cdrs_signed_value_class) is at the `url` alone.
SIGNED_MAX = 5000
# The names that OCPI's table has for them, and our own where it has none (OCPI 2.2.1 mod_cdrs_signed_data_class).
ENCODING = {
    Format.OCMF: "OCMF",
    Format.ALFEN: "Alfen Eichrecht",
    Format.EDL_40_P: "EDL40 E-Mobility Extension",
    Format.EDL_40_SIG: "EDL40 E-Mobility Extension",
    Format.EDL_40_MENNEKES: "EDL40 Mennekes",
    Format.ISA_EDL_40_P: "ISA EDL40",
    Format.PCDF: "PCDF",
}


def signed_data(proof: Proof, reached_at: str | None) -> SignedData | None:
    """The meter's signed records as they came, and the registered key that they were verified with.

    OCPI 2.2.1 mod_cdrs_signed_data_class. None where a record is too long and nobody would find it here.
    """
    blobs = [as_base64(one.text) for one in proof.records]
    if reached_at is None and any(len(blob) > SIGNED_MAX for blob in blobs):
        return None
    return SignedData(
        encoding_method="unknown" if proof.format is None else ENCODING[proof.format],
        public_key=None if proof.public_key is None else key_of(proof.public_key).in_base64,
        signed_values=tuple(
            SignedValue(nature=nature, plain_data=_short(plain(one.text)), signed_data=_short(blob))
            for nature, one, blob in zip(_natures(len(blobs)), proof.records, blobs, strict=True)
        ),
        url=None if reached_at is None else f"{reached_at}/charge/signed/{proof.ref}",
    )


def proved(cdr: Cdr) -> SignedCharge | None:
    """What the signed data of a CDR prove under the key that came with them, which is its CPO's word alone."""
    if cdr.signed_data is None:
        return None
    said = cdr.signed_data
    if not all(one.signed_data for one in said.signed_values):  # what is too long for it is elsewhere
        return None
    values = tuple(WireSignedValue(signed_data=one.signed_data, nature=one.nature) for one in said.signed_values)
    records = of_ocpi(WireSignedData(signed_values=values, public_key=said.public_key))
    charge = judging.together([judging.judged(one.text, one.key) for one in records])
    other = otherwise(charge.registers, cdr.energy) if charge.billable else None
    return charge if other is None else replace(charge, reasons=(other,))


def _natures(many: int) -> tuple[str, ...]:
    """A record that comes alone is made at the end, and holds both ends (Signed Meter Values in OCPP 1.0 §3.1.4)."""
    return ("End",) if many == 1 else ("Start", *("Intermediate",) * (many - 2), "End")


def _short(said: str) -> str:
    return said if len(said) <= SIGNED_MAX else ""
