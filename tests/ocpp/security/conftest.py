"""The port of stations with real TLS, and what stations need to come there."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from msgspec import Struct
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from laddnav.db.unit import Database
from laddnav.kit import tls
from laddnav.kit.seal import Seal
from laddnav.locations.model import Station
from laddnav.ocpp import rules, store
from laddnav.ocpp.security import authorities, authority
from laddnav.ocpp.security.authority import Authority, KeyKind
from laddnav.ocpp.security.means import Means
from laddnav.ocpp.serve import Sockets
from laddnav.server.clock import WallClock
from laddnav.server.outward import Outward
from laddnav.server.settings import Settings
from laddnav.server.stations import ShowsCertificate, StationPort
from tests.clock import SetClock
from tests.ocpp.conftest import PASSWORD
from tests.serving import Server, listening
from tests.things import US

SEALED_BY = bytes(32)
OURS = "Laddnav Test AB"


class Paper(Struct, frozen=True):
    """A certificate and its key, in PEM."""

    certificate: str
    key: str


@pytest.fixture
def clock() -> SetClock:
    """Begins with the time of day, by which TLS judges certificates."""
    return SetClock(WallClock().now())


@pytest.fixture(scope="session")
def rsa_root() -> Paper:
    """Made once, for that takes RSA a moment."""
    key = authority.new_key(KeyKind.RSA)
    return Paper(authority.root_of(OURS, key, WallClock().now()), authority.pem_of_key(key))


@pytest.fixture
async def port(database: Database, station: Station, rsa_root: Paper) -> StationPort:
    """As it is at its start."""
    async with database.unit() as unit:
        store.authorities.add(
            unit,
            Authority(
                holder=US,
                id=rules.stable_id("authority", str(US), KeyKind.RSA),
                organisation=OURS,
                certificate=rsa_root.certificate,
                key_sealed=Seal(SEALED_BY).sealed(rsa_root.key),
                made_at=unit.now,
            ),
        )
    made = StationPort(Settings(key=SEALED_BY, data=Path("unused")), database)
    await made.refresh()
    return made


@pytest.fixture
async def outward() -> AsyncIterator[Outward]:
    """Authorities of tests live on this machine."""
    made = Outward(allow_loopback=True)
    yield made
    await made.close()


@pytest.fixture
def means(outward: Outward) -> Means:
    return Means(seal=Seal(SEALED_BY), fetch=outward)


@pytest.fixture
async def sockets(database: Database, means: Means) -> Sockets:
    return Sockets(database, process="test", means=means)


@pytest.fixture
async def secure(port: StationPort, sockets: Sockets) -> AsyncIterator[str]:
    """Where stations come over TLS."""
    server = Server(
        Starlette(routes=[sockets.route()]),
        ws=ShowsCertificate,
        log_level="warning",
        ssl_context_factory=lambda *_: port.context,
    )
    sock = listening()
    await server.up(sock)
    asking = asyncio.create_task(sockets.run())
    yield f"wss://127.0.0.1:{sock.getsockname()[1]}/ocpp"
    for connection in list(sockets.connections.values()):
        await connection.close(1001, "the test is over")
    asking.cancel()
    await server.down()
    await asyncio.gather(asking, return_exceptions=True)


def requested(name: str, organisation: str, key: authority.PrivateKey | None = None) -> tuple[str, str]:
    """A request to have a new key signed, and that key."""
    made = ec.generate_private_key(ec.SECP256R1()) if key is None else key
    subject = [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, organisation)]
    words = x509.Name([x509.NameAttribute(kind, said) for kind, said in subject if said])
    csr = x509.CertificateSigningRequestBuilder().subject_name(words).sign(made, SHA256())
    return csr.public_bytes(Encoding.PEM).decode(), authority.pem_of_key(made)


async def paper(database: Database, name: str = "ST1") -> Paper:
    """What our authority signs for a station of this name."""
    csr, key = requested(name, OURS)
    async with database.unit() as unit:
        signs, opens = await authorities.signing(unit, Seal(SEALED_BY), US, KeyKind.EC)
        request = authority.checked(csr, name, OURS)
        return Paper(authority.pem_of(authority.certificate_for(request, signs, opens, unit.now)), key)


def trusting(root: str, shown: Paper | None = None) -> ssl.SSLContext:
    """What a station knows of us: a root alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=root)
    if shown is not None:
        tls.load(context, shown.certificate, shown.key)
    return context


async def root_of(database: Database, kind: KeyKind = KeyKind.EC) -> str:
    async with database.unit() as unit:
        return (await authorities.signing(unit, Seal(SEALED_BY), US, kind))[0].certificate


@asynccontextmanager
async def coming(
    url: str,
    context: ssl.SSLContext | None = None,
    *,
    id: str = "ST1",
    password: str | None = PASSWORD,
    protocol: str = "ocpp1.6",
) -> AsyncIterator[ClientConnection]:
    headers = {}
    if password is not None:
        headers["Authorization"] = f"Basic {base64.b64encode(f'{id}:{password}'.encode()).decode()}"
    async with websockets.connect(
        f"{url}/{id}", ssl=context, subprotocols=[Subprotocol(protocol)], additional_headers=headers
    ) as socket:
        yield socket
