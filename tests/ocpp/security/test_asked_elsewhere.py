"""What stations have us ask of authorities and providers elsewhere: real ones, on this machine."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from cryptography.x509 import ocsp
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.ocpp.security import authority, signing
from laddnav.ocpp.security.means import Means
from laddnav.ocpp.serve import Sockets
from tests.clock import SetClock
from tests.ocpp.security.conftest import OURS, requested
from tests.ocpp.security.stations import proving
from tests.serving import listening


class Elsewhere:
    """An authority with a root of its own, its responder and its list; and a provider of contracts."""

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.root = x509.load_pem_x509_certificate(authority.root_of("Elsewhere", self._key, clock.now()).encode())
        self.revoked: set[int] = set()
        self.asked: list[str] = []
        self.url = ""

    def certificate(self) -> x509.Certificate:
        of = ec.generate_private_key(ec.SECP256R1())
        begun = authority._begun(
            authority._name("Driver", "DE-ABC-C1"), self.root.subject, of.public_key(), self._clock.now(), timedelta(9)
        )
        return begun.sign(self._key, SHA256())

    def hashed(self, one: x509.Certificate, path: str = "ocsp") -> dict[str, Any]:
        request = ocsp.OCSPRequestBuilder().add_certificate(one, self.root, SHA256()).build()
        return {
            "hash_algorithm": "SHA256",
            "issuer_name_hash": request.issuer_name_hash.hex(),
            "issuer_key_hash": request.issuer_key_hash.hex(),
            "serial_number": f"{one.serial_number:x}",
            "responder_url": f"{self.url}/{path}",
        }

    def app(self, certificates: list[x509.Certificate]) -> web.Application:
        app = web.Application()
        by_serial = {one.serial_number: one for one in certificates}

        async def respond(request: web.Request) -> web.Response:
            self.asked.append(request.path)
            asked = ocsp.load_der_ocsp_request(await request.read())
            gone, now = asked.serial_number in self.revoked, self._clock.now()
            key, responder = self._key, self.root
            if request.path == "/forged":
                key = ec.generate_private_key(ec.SECP256R1())
                responder = x509.load_pem_x509_certificate(authority.root_of("Elsewhere", key, now).encode())
            made = (
                ocsp.OCSPResponseBuilder()
                .add_response(
                    cert=by_serial[asked.serial_number],
                    issuer=self.root,
                    algorithm=SHA256(),
                    cert_status=ocsp.OCSPCertStatus.REVOKED if gone else ocsp.OCSPCertStatus.GOOD,
                    this_update=now,
                    next_update=now + timedelta(hours=12),
                    revocation_time=now if gone else None,
                    revocation_reason=None,
                )
                .responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
                .certificates([responder])
                .sign(key, SHA256())
            )
            return web.Response(body=made.public_bytes(Encoding.DER))

        async def listed(request: web.Request) -> web.Response:
            self.asked.append(request.path)
            now = self._clock.now()
            made = x509.CertificateRevocationListBuilder().issuer_name(self.root.subject).last_update(now)
            made = made.next_update(now + timedelta(days=30))
            for serial in self.revoked:
                entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
                made = made.add_revoked_certificate(entry)
            return web.Response(body=made.sign(self._key, SHA256()).public_bytes(Encoding.DER))

        async def enroll(request: web.Request) -> web.Response:
            self.asked.append(request.headers["Authorization"])
            csr = x509.load_der_x509_csr(base64.b64decode(await request.read()))
            begun = authority._begun(csr.subject, self.root.subject, csr.public_key(), self._clock.now(), timedelta(9))
            both = [self.root, begun.sign(self._key, SHA256())]
            return web.Response(body=base64.b64encode(serialize_certificates(both, Encoding.DER)))

        async def provide(request: web.Request) -> web.Response:
            words = await request.json()
            self.asked.append(words["exiRequest"])
            return web.json_response({"status": "Accepted", "exiResponse": "RVhJ", "remainingContracts": 1})

        app.router.add_post("/ocsp", respond)
        app.router.add_post("/forged", respond)
        app.router.add_get("/crl", listed)
        app.router.add_post("/est/simpleenroll", enroll)
        app.router.add_post("/contracts", provide)
        return app


@pytest.fixture
async def elsewhere(clock: SetClock) -> AsyncIterator[tuple[Elsewhere, list[x509.Certificate]]]:
    """With three certificates, of which the second is revoked."""
    one = Elsewhere(clock)
    certificates = [one.certificate() for _ in range(3)]
    one.revoked = {certificates[1].serial_number}
    runner = web.AppRunner(one.app(certificates))
    await runner.setup()
    sock = listening()
    one.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    await web.SockSite(runner, sock).start()
    yield one, certificates
    await runner.cleanup()


async def test_what_authorities_say_of_certificates_is_asked_once_and_told(
    url: str,
    database: Database,
    sockets: Sockets,
    means: Means,
    elsewhere: tuple[Elsewhere, list[x509.Certificate]],
    clock: SetClock,
) -> None:
    """M06.FR.01 to 04, M06.FR.08, M06.FR.09, M07.FR.01 to 08, C07.FR.05, C07.FR.13 to 17."""
    there, (good, gone, other) = elsewhere
    sockets.means = replace(means, issuers=(there.root,))
    async with proving(url, "ocpp2.1") as station:
        for _ in range(2):
            told = await station.say("GetCertificateStatus", ocsp_request_data=there.hashed(good))
            response = ocsp.load_der_ocsp_response(base64.b64decode(told.ocsp_result))
            assert (told.status, response.serial_number) == ("Accepted", good.serial_number)
        assert there.asked == ["/ocsp"]
        nowhere = there.hashed(other) | {"responder_url": f"{there.url}/nothing"}
        assert (await station.say("GetCertificateStatus", ocsp_request_data=nowhere)).status == "Failed"

        checks = [check(there, good, "OCSP"), check(there, gone, "OCSP"), check(there, gone, "CRL", "crl")]
        checks.append(check(there, other, "CRL", "nothing"))
        chain = await station.say("GetCertificateChainStatus", certificate_status_requests=checks)
        assert [one["status"] for one in chain.certificate_status] == ["Good", "Revoked", "Revoked", "Failed"]

        async def shown(uid: str, *certificates: dict[str, Any]) -> tuple[str, str]:
            token = {"id_token": uid, "type": "eMAID"}
            answer = await station.say("Authorize", id_token=token, iso_15118_certificate_hash_data=list(certificates))
            return answer.id_token_info["status"], answer.certificate_status

        forged = there.hashed(other, "forged")
        assert await shown("CARD1", forged) == ("Invalid", "CertChainError")
        assert await shown("CARD1", there.hashed(other)) == ("Accepted", "Accepted")  # whoever else is asked knows
        assert await shown("CARD1", there.hashed(good)) == ("Accepted", "Accepted")
        assert await shown("STRANGER", there.hashed(good)) == ("Invalid", "ContractCancelled")
        assert await shown("CARD1", there.hashed(good), there.hashed(gone)) == ("Invalid", "CertificateRevoked")
        pem = good.public_bytes(Encoding.PEM).decode()
        token = {"id_token": "CARD1", "type": "eMAID"}
        for days, state in ((0, "CertChainError"), (10, "CertificateExpired")):
            clock.advance(timedelta(days=days))
            answer = await station.say("Authorize", id_token=token, certificate=pem)
            assert answer.certificate_status == state
        await station.say("GetCertificateStatus", ocsp_request_data=there.hashed(other))
    async with database.unit() as unit:  # what held ten days ago is forgotten
        assert await unit.value("select count(*) from ocpp_revocation") == 1


def check(there: Elsewhere, one: x509.Certificate, source: str, path: str = "ocsp") -> dict[str, Any]:
    hashed = there.hashed(one, path)
    url = hashed.pop("responder_url")
    return {"certificate_hash_data": hashed, "source": source, "urls": [url]}


async def test_contracts_and_certificates_for_cars_come_from_whom_they_are_set_up_to_come(
    url: str,
    database: Database,
    sockets: Sockets,
    means: Means,
    elsewhere: tuple[Elsewhere, list[x509.Certificate]],
) -> None:
    """M01.FR.01, M01.FR.04, M02.FR.01, A02.FR.04, A02.FR.12, A02.FR.14: and are refused where nobody is."""
    there, _ = elsewhere
    wanted = {"iso_15118_schema_version": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exi_request": "RVhJIQ=="}
    csr, _ = requested("SECC1", OURS)
    async with proving(url, "ocpp2.1") as station:
        refused = await station.say("Get15118EVCertificate", **wanted)
        assert refused.status == "Failed" and "contract-provider-url" in refused.status_info["additional_info"]
        sockets.means = replace(
            means,
            v2g_ca_url=f"{there.url}/est/simpleenroll",
            v2g_ca_token="open-sesame",
            contract_provider_url=f"{there.url}/contracts",
        )
        given = await station.say("Get15118EVCertificate", **wanted)
        assert (given.status, given.exi_response, given.remaining_contracts) == ("Accepted", "RVhJ", 1)
        taken = await station.say("SignCertificate", csr=csr, certificate_type="V2G20Certificate", request_id=3)
        assert taken.status == "Accepted"
        await signing.carry_on(database, sockets.means)
        signed = await station.was_asked("CertificateSigned")
    assert (signed["certificate_type"], signed["request_id"]) == ("V2G20Certificate", 3)
    leaf = authority.read(signed["certificate_chain"])
    assert leaf.public_key() == x509.load_pem_x509_csr(csr.encode()).public_key()
    assert there.asked == [wanted["exi_request"], "Bearer open-sesame"]
