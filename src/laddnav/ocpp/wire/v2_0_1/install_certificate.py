"""InstallCertificate: a root that a station is to trust (OCPP 2.0.1 part 2 M05)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.security import InstallRoot, RootKind
from laddnav.ocpp.wire.v1_6.install_certificate import read

KINDS = {
    RootKind.CENTRAL: "CSMSRootCertificate",
    RootKind.MANUFACTURER: "ManufacturerRootCertificate",
    RootKind.V2G: "V2GRootCertificate",
    RootKind.CONTRACT: "MORootCertificate",
    RootKind.OEM: "OEMRootCertificate",  # from OCPP 2.1 on
    RootKind.V2G_CHAIN: "V2GCertificateChain",
}


def write(request: InstallRoot) -> dict[str, Any]:
    return {"certificateType": KINDS[request.kind], "certificate": request.certificate}


codec = Asks("InstallCertificate", write, read)
