"""Authorize: a driver shows a token, or a car the certificate of a contract (OCPP 2.0.1 part 2 C01, C07)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.answers import TokenJudged
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import TokenShown
from laddnav.ocpp.wire.v2_0_1.get_certificate_status import WireOcspRequestData, read_check
from laddnav.ocpp.wire.v2_0_1.id_token import WireIdToken, id_token_info


class WireAuthorize(Struct, frozen=True):
    idToken: WireIdToken
    certificate: str | None = None
    iso15118CertificateHashData: tuple[WireOcspRequestData, ...] = ()


def read(wire: WireAuthorize) -> TokenShown:
    return TokenShown(
        uid=wire.idToken.idToken,
        checks=tuple(read_check(one) for one in wire.iso15118CertificateHashData),
        chain=wire.certificate,
    )


def write(answer: TokenJudged) -> dict[str, Any]:
    contract = {} if answer.contract is None else {"certificateStatus": answer.contract}
    return {"idTokenInfo": id_token_info(answer), **contract}


codec = Hears(WireAuthorize, read, write)
