"""VatNumberValidation: a driver wants a VAT number on the receipt (OCPP 2.1 part 2, 1.66)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import VatNumberAsked, VatNumberJudged
from laddnav.ocpp.wire.v2_0_1.fields import EvseId


class WireVatNumberValidation(Struct, frozen=True):
    vatNumber: Annotated[str, Meta(max_length=20)]
    evseId: EvseId | None = None


def read(wire: WireVatNumberValidation) -> VatNumberAsked:
    return VatNumberAsked(number=wire.vatNumber, evse_no=wire.evseId)


def write(answer: VatNumberJudged) -> dict[str, Any]:
    said: dict[str, Any] = {"vatNumber": answer.number, "status": "Accepted" if answer.well_formed else "Rejected"}
    if answer.evse_no is not None:
        said["evseId"] = answer.evse_no
    if not answer.well_formed:
        said["statusInfo"] = {"reasonCode": "InvalidValue"}
    return said


codec = Hears(WireVatNumberValidation, read, write)
