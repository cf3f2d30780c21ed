"""Which messages about security stations of OCPP 2.0.1 send and are sent (part 2 A and M)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from laddnav.ocpp.wire.dialect import Asks, Hears
from laddnav.ocpp.wire.requests import Request
from laddnav.ocpp.wire.security import (
    AskToSign,
    DeleteRoot,
    GiveCertificate,
    InstallRoot,
    KeepNetwork,
    ListRoots,
    SetPassword,
    UseProfile,
)
from laddnav.ocpp.wire.v1_6 import delete_certificate, security_event_notification
from laddnav.ocpp.wire.v2_0_1 import (
    certificate_signed,
    get_15118_ev_certificate,
    get_certificate_status,
    get_installed_certificate_ids,
    install_certificate,
    set_network_profile,
    set_variables,
    sign_certificate,
    trigger_signing,
)


def _set(component: str, variable: str, value: str) -> dict[str, Any]:
    one = {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
    return {"setVariableData": [one]}


def _password(request: SetPassword) -> dict[str, Any]:
    """A01.FR.01, A01.FR.02."""
    return _set("SecurityCtrlr", "BasicAuthPassword", request.password)


def _profile(request: UseProfile) -> dict[str, Any]:
    """A05.FR.04: by the slots in which it is kept how to come."""
    return _set("OCPPCommCtrlr", "NetworkConfigurationPriority", ",".join(map(str, request.slots)))


HEARS: Mapping[str, Hears] = {
    "Get15118EVCertificate": get_15118_ev_certificate.codec,
    "GetCertificateStatus": get_certificate_status.codec,
    "SecurityEventNotification": security_event_notification.codec,
    "SignCertificate": sign_certificate.codec,
}

ASKS: Mapping[type[Request], Asks] = {
    AskToSign: trigger_signing.codec,
    DeleteRoot: delete_certificate.codec,
    GiveCertificate: certificate_signed.codec,
    InstallRoot: install_certificate.codec,
    KeepNetwork: set_network_profile.codec,
    ListRoots: get_installed_certificate_ids.codec,
    SetPassword: Asks("SetVariables", _password, set_variables.read),
    UseProfile: Asks("SetVariables", _profile, set_variables.read),
}
