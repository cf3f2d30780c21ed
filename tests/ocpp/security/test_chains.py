"""A car's contract is trusted where each certificate of its chain holds and leads to a root of its provider."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.ocpp.security import chains
from laddnav.ocpp.security.chains import Ended, Unled
from laddnav.ocpp.security.means import Means
from laddnav.ocpp.security.routes import list_contract_roots
from laddnav.ocpp.serve import Sockets
from tests.clock import SetClock
from tests.ocpp.security.stations import proving
from tests.ocpp.test_displays import OPERATOR
from tests.things import LONG_AGO

UID = "DE-8AA-CA2B3C4D5-9"
YEAR = timedelta(days=365)


class Signer(Struct, frozen=True):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def signed(
    name: str, by: Signer | None, *, authority: bool = True, length: int | None = None, lasts: timedelta = YEAR
) -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    responder = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://127.0.0.1:9/nobody")
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(LONG_AGO)
        .not_valid_after(LONG_AGO + lasts)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=length), critical=True)
    )
    if name == "asked":
        made = made.add_extension(x509.AuthorityInformationAccess([responder]), critical=False)
    return Signer(made.sign(key if by is None else by.key, SHA256()), key)


ROOT = signed("root", None, length=1)
OTHER = signed("root", None)
SUB = signed("sub", ROOT, length=0)
CONTRACT = signed(UID, SUB, authority=False)
NOW = LONG_AGO + timedelta(days=1)


def pem(*signers: Signer) -> str:
    return "".join(one.certificate.public_bytes(Encoding.PEM).decode() for one in signers)


def test_a_chain_is_led_to_a_root_whatever_else_is_shown_and_however_its_name_is_spelt() -> None:
    """C07.FR.06, C07.FR.14."""
    whole = (CONTRACT.certificate, SUB.certificate, ROOT.certificate)
    for shown in (pem(CONTRACT, SUB), pem(CONTRACT, OTHER, SUB, ROOT)):
        for uid in (UID, UID.replace("-", ""), UID.lower()):
            assert chains.led(shown, uid, [OTHER.certificate, ROOT.certificate], NOW) == whole
    assert chains.checks(whole) == ()
    asked = signed("asked", SUB, authority=False)
    (check,) = chains.checks((asked.certificate, SUB.certificate, ROOT.certificate))
    assert check.urls == ("http://127.0.0.1:9/nobody",)
    assert int(check.certificate.serial_number, 16) == asked.certificate.serial_number


@pytest.mark.parametrize(
    "shown",
    [
        pem(CONTRACT),  # who signed it is not there
        pem(SUB),  # of another name
        pem(signed(UID, signed("no authority", ROOT, authority=False), authority=False), SUB),
        pem(signed(UID, low := signed("too low", SUB), authority=False), low, SUB),
        pem(signed(UID, forged := signed("sub", OTHER), authority=False), forged),
        pem(CONTRACT, *[SUB] * 9),
        "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----",
        "",
    ],
)
def test_what_does_not_lead_to_a_root_is_not_trusted(shown: str) -> None:
    """C07.FR.17."""
    with pytest.raises(Unled):
        chains.led(shown, UID, [ROOT.certificate], NOW)


def test_what_has_ended_is_told_apart_from_what_has_not_begun() -> None:
    """C07.FR.15, C07.FR.17."""
    with pytest.raises(Ended):
        chains.led(pem(CONTRACT, SUB), UID, [ROOT.certificate], LONG_AGO + 2 * YEAR)
    with pytest.raises(Unled):
        chains.led(pem(CONTRACT, SUB), UID, [ROOT.certificate], LONG_AGO - YEAR)
    for roots in ([], [OTHER.certificate]):
        with pytest.raises(Unled):
            chains.led(pem(CONTRACT, SUB), UID, roots, NOW)


async def test_a_station_that_has_no_root_hands_the_chain_on(
    url: str, database: Database, sockets: Sockets, means: Means, clock: SetClock
) -> None:
    """C07.FR.05, C07.FR.06, C07.FR.14, C07.FR.17."""
    root = signed("root", None, lasts=100 * YEAR)
    contract = signed("CARD1", root, authority=False, lasts=100 * YEAR)
    asked = signed("asked", root, authority=False, lasts=100 * YEAR)
    sockets.means = replace(means, contract_roots=(root.certificate,))
    async with proving(url, "ocpp2.1") as station:
        for uid, shown, state in (
            ("CARD1", pem(contract), "Accepted"),
            ("CARD2", pem(contract), "CertChainError"),
            ("asked", pem(asked), "CertChainError"),  # nobody answers who could say whether it is revoked
        ):
            answer = await station.say("Authorize", id_token={"id_token": uid, "type": "eMAID"}, certificate=shown)
            assert answer.certificate_status == state, uid


async def test_operators_see_to_which_roots_a_contract_may_lead_and_until_when(means: Means) -> None:
    root = signed("Provider root", None)
    (shown,) = (await list_contract_roots(OPERATOR, replace(means, contract_roots=(root.certificate,)))).items
    assert (shown.subject, shown.ends_at) == ("CN=Provider root", LONG_AGO + YEAR)
    assert shown.fingerprint == root.certificate.fingerprint(SHA256()).hex()
    assert (await list_contract_roots(OPERATOR, means)).items == ()
