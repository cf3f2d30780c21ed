"""The port of stations that come over TLS: who we are there, whose certificates are taken, and how the room hears them.

Stations that come unencrypted, or through a proxy that ends TLS before us, come to the port of everybody.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from websockets.http11 import Request

from laddnav.db.unit import Database
from laddnav.kit import tls
from laddnav.kit.seal import Seal
from laddnav.ocpp.security import authorities, authority
from laddnav.ocpp.security.authority import Authority, KeyKind
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from laddnav.server.handshakes import Answered
from laddnav.server.settings import Settings, WrongSetting

log = structlog.get_logger()

LOOK_AGAIN = 10.0  # seconds until an authority that another process was given is heard here, too
RENEW_BEFORE = timedelta(days=30)

# A00.FR.318: these, and those of TLS 1.3, which need no naming. RSA without ECDHE is asked for by the text; the rest of
# what there is in TLS 1.2 is left out.
CIPHERS = ":".join(
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
    )
)


class StationPort:
    """What TLS needs to know, and goes on learning while it serves: a context takes more without a restart."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Raises WrongSetting."""
        self._host = urlsplit(settings.url).hostname or settings.host
        self._database = database
        self._seal = Seal(settings.key)
        self._own = bool(settings.station_certificates)
        self._renew_at: datetime | None = None
        self.context = context(settings.station_certificates)

    async def refresh(self) -> None:
        """Trust who vouches for stations by now; without certificates of its own, the house makes them as it needs."""
        async with self._database.unit() as unit:
            due = not self._own and (self._renew_at is None or self._renew_at <= unit.now)
            cpo = next((one for one in await parties.list_all(unit) if Role.CPO in one.roles), None) if due else None
            if cpo is not None:
                for kind in KeyKind:
                    await self._show(*await authorities.signing(unit, self._seal, cpo.holder, kind), unit.now)
                self._renew_at = unit.now + authority.SERVER_FOR - RENEW_BEFORE
            trusted = await authorities.everybody(unit)
        for one in trusted:
            self.context.load_verify_locations(cadata=one.certificate)

    async def _show(self, signs: Authority, key: str, now: datetime) -> None:
        """A certificate of ours, with a key that nobody keeps: the next start makes another."""
        kind = signs.kind
        assert kind is not None, "it is ours"
        ours = await asyncio.to_thread(authority.new_key, kind, bits=2048)
        certificate = authority.certificate_of_server(self._host, ours.public_key(), signs, key, now)
        tls.load(self.context, authority.pem_of(certificate) + signs.certificate, authority.pem_of_key(ours))


def context(files: Iterable[str]) -> ssl.SSLContext:
    """A00.FR.313, A00.FR.321, A00.FR.407: TLS 1.2 or newer, nothing compressed, no certificate that leads nowhere.

    A certificate is asked for and may be missing: which profile a station has to use is not known before it says who it
    is. Raises WrongSetting.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_COMPRESSION
    made.verify_mode = ssl.CERT_OPTIONAL
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    made.set_ciphers(CIPHERS)
    for file in files:
        try:
            made.load_cert_chain(Path(file))
        except (OSError, ssl.SSLError) as error:
            raise WrongSetting("station-certificates", f"{file} holds no certificate with its key: {error}") from error
    return made


class ShowsCertificate(Answered):
    """Tells the application what TLS has seen, in the words of the ASGI extension `tls`, which Uvicorn leaves out."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        spoken: ssl.SSLObject | None = self.transport.get_extra_info("ssl_object")
        if spoken is not None and self.handshake_initiated and not self.handshake_complete:
            # The application runs in a task, which begins after this.
            self.scope["extensions"]["tls"] = _seen(spoken.getpeercert(binary_form=True), spoken.version())


def _seen(certificate: bytes | None, version: str | None) -> dict[object, object]:
    return (
        _nobody(version)
        if certificate is None
        else _nobody(version) | {"client_cert_chain": (ssl.DER_cert_to_PEM_cert(certificate),)}
    )


@cache
def _nobody(version: str | None) -> dict[object, object]:
    """Who shows no certificate is seen alike, and shares what is said of it."""
    return {
        "server_cert": None,
        "client_cert_chain": (),
        "client_cert_name": None,
        "client_cert_error": None,
        "tls_version": _VERSIONS.get(version or ""),
        "cipher_suite": None,
    }


_VERSIONS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
