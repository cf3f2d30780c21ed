"""Which messages about security stations of OCPP 1.6 send and are sent (security whitepaper, edition 3)."""

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
    ListRoots,
    SetPassword,
    UseProfile,
)
from laddnav.ocpp.wire.v1_6 import (
    certificate_signed,
    change_configuration,
    delete_certificate,
    extended_trigger_message,
    get_installed_certificate_ids,
    install_certificate,
    security_event_notification,
    sign_certificate,
)


def _password(request: SetPassword) -> dict[str, Any]:
    """A01.FR.02; a key is written down as hexadecimal digits (A00.FR.205)."""
    return {"key": "AuthorizationKey", "value": request.password}


def _profile(request: UseProfile) -> dict[str, Any]:
    """A05."""
    return {"key": "SecurityProfile", "value": str(request.profile)}


HEARS: Mapping[str, Hears] = {
    "SecurityEventNotification": security_event_notification.codec,
    "SignCertificate": sign_certificate.codec,
}

ASKS: Mapping[type[Request], Asks] = {
    AskToSign: extended_trigger_message.codec,
    DeleteRoot: delete_certificate.codec,
    GiveCertificate: certificate_signed.codec,
    InstallRoot: install_certificate.codec,
    ListRoots: get_installed_certificate_ids.codec,
    SetPassword: Asks("ChangeConfiguration", _password, change_configuration.read),
    UseProfile: Asks("ChangeConfiguration", _profile, change_configuration.read),
}
