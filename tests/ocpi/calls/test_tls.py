"""The line to a partner is guarded as its profile says: shown against a real server that speaks TLS."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from laddnav.kit import json
from laddnav.ocpi.calls import tls
from laddnav.ocpi.calls.calling import PartnerUnreachable
from laddnav.ocpi.calls.tls import UnfitTls
from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import Tls
from laddnav.ocpi.operate import partners as operate
from laddnav.ocpi.wire.handshake import State
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.furnishing import locations_made
from tests.ocpi.network import CPO, Installation
from tests.ocpi.peer import Peer, peer, said

NOW = datetime.now(UTC)  # noqa: TID251  # OpenSSL judges certificates by the clock of the machine


class Pair(NamedTuple):
    """A certificate and its key, both as they are and in PEM."""

    certificate: x509.Certificate
    private: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key(self) -> str:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def made(name: str, by: Pair | None = None, *, ends: timedelta = timedelta(days=2)) -> Pair:
    """An authority, or a certificate for 127.0.0.1 that is signed by one."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.certificate.subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=3))
        .not_valid_after(NOW + ends)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
    )
    if by is not None:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        builder = builder.add_extension(names, critical=False).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.private.public_key()), critical=False
        )
    return Pair(builder.sign((by.private if by else private), hashes.SHA256()), private)


AUTHORITY, OTHERS = made("Their authority"), made("Somebody else")
SERVER, CLIENT, STRANGER = made("they", AUTHORITY), made("we", AUTHORITY), made("we", OTHERS)


@pytest.fixture
def served(tmp_path: Path) -> Mapping[str, Any]:
    """What a server of theirs needs to know."""
    for name, pem in (("cert", SERVER.pem), ("key", SERVER.key), ("ca", AUTHORITY.pem)):
        (tmp_path / name).write_text(pem)
    return {"ssl_certfile": tmp_path / "cert", "ssl_keyfile": tmp_path / "key", "ssl_ca_certs": tmp_path / "ca"}


async def registered(cpo: Installation, they: Peer, guard: Tls | None, key: str = "") -> State:
    connection = await partners.register(
        cpo.database, cpo.clients, they.versions_url, "token-a", CPO, Role.CPO, tls=guard, key=key
    )
    return connection.state


@pytest.mark.parametrize(
    ("guard", "reached"),
    [
        pytest.param(None, False, id="the system trusts nobody whom it does not know"),
        pytest.param(Tls(trusted=AUTHORITY.pem), True, id="their authority"),
        pytest.param(Tls(trusted=SERVER.pem), True, id="the very certificate"),
        pytest.param(Tls(trusted=OTHERS.pem + AUTHORITY.pem), True, id="a bundle"),
        pytest.param(Tls(trusted=OTHERS.pem), False, id="another authority"),
        pytest.param(Tls(trusted=CLIENT.pem), False, id="another certificate of their authority"),
    ],
)
async def test_a_partner_is_reached_where_its_certificate_is_trusted(
    cpo: Installation, served: Mapping[str, Any], guard: Tls | None, reached: bool
) -> None:
    async with peer(**served) as they:
        if reached:
            assert await registered(cpo, they, guard) is State.CONNECTED
        else:
            with pytest.raises(PartnerUnreachable, match="certificate"):
                await registered(cpo, they, guard)
            assert not they.asked


@pytest.mark.parametrize(("ours", "reached"), [(CLIENT, True), (STRANGER, False), (None, False)])
async def test_a_partner_that_wants_our_certificate_is_shown_it(
    cpo: Installation, served: Mapping[str, Any], ours: Pair | None, reached: bool
) -> None:
    async with peer(**served, ssl_cert_reqs=ssl.CERT_REQUIRED) as they:
        guard = Tls(trusted=AUTHORITY.pem, certificate=ours.pem if ours else "")
        if reached:
            assert await registered(cpo, they, guard, ours.key if ours else "") is State.CONNECTED
        else:
            with pytest.raises(PartnerUnreachable):
                await registered(cpo, they, guard, ours.key if ours else "")


async def test_a_guard_that_changes_holds_from_the_next_call_on(
    cpo: Installation, served: Mapping[str, Any], clock: SetClock
) -> None:
    """And a key stays where it was not given again."""
    async with peer(**served, ssl_cert_reqs=ssl.CERT_REQUIRED) as they:
        they.answers |= {f"/locations/SE/LAD/L{number:03}": said(200, 1000) for number in range(3)}
        await registered(cpo, they, Tls(trusted=AUTHORITY.pem, certificate=CLIENT.pem), CLIENT.key)
        ref, seal = (await cpo.connection()).ref, cpo.clients.seal
        failures: list[int] = []
        for number, trusted in enumerate((AUTHORITY.pem, OTHERS.pem, SERVER.pem)):
            clock.advance(timedelta(minutes=20))
            async with cpo.database.unit() as unit:
                await tls.set_guard(unit, seal, ref, Tls(trusted=trusted, certificate=CLIENT.pem), "")
            await locations_made(cpo, number + 1)
            await cpo.settle()
            failures.append((await cpo.connection()).failures)
        assert failures == [0, 1, 0] and (await cpo.connection()).waiting == 0


async def test_a_key_is_sealed_and_never_shown(cpo: Installation, served: Mapping[str, Any]) -> None:
    async with peer(**served) as they:
        await registered(cpo, they, Tls(trusted=AUTHORITY.pem, certificate=CLIENT.pem), CLIENT.key)
    async with cpo.database.unit() as unit:
        row = await unit.fetch_one("select profile, key_sealed from ocpi_tls")
        shown = await operate.fetch_tls(unit, (await cpo.connection()).ref)
    assert row is not None and cpo.clients.seal.opened(row["key_sealed"]) == CLIENT.key
    kept = " ".join(
        [row["profile"], row["key_sealed"], json.encode(shown).decode(), repr(operate.Guarding(key="PRIVATE"))]
    )
    assert "PRIVATE" not in kept and CLIENT.key.splitlines()[1] not in kept
    assert [one.subject for one in shown.guard.ours] == ["CN=we"]
    assert shown.guard.trusted[0].fingerprint == AUTHORITY.certificate.fingerprint(hashes.SHA256()).hex()


@pytest.mark.parametrize(
    ("guard", "key", "why"),
    [
        (Tls(trusted="no certificate"), "", "no certificate"),
        (Tls(trusted="x" * (tls.LONGEST + 1)), "", "longer"),
        (Tls(trusted=made("old", ends=timedelta(days=-1)).pem), "", "ended"),
        (Tls(certificate=CLIENT.pem), "", "no key"),
        (Tls(certificate=CLIENT.pem), "no key", "no PEM"),
        (Tls(certificate=CLIENT.pem), SERVER.key, "not that of"),
    ],
)
def test_what_cannot_guard_a_line_is_refused(guard: Tls, key: str, why: str) -> None:
    with pytest.raises(UnfitTls, match=why):
        tls.sound(guard, key, NOW)
