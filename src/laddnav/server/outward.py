"""What is asked outside, of authorities, providers and grid companies, through the guard against URLs that lead in."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import aiohttp
from cryptography import x509

from laddnav.kit.outside import Answer, Shown
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi.calls.guard import ForbiddenAddress, GuardedResolver, checked, may_be_called
from laddnav.server.settings import WrongSetting

WITHIN = aiohttp.ClientTimeout(total=10)  # seconds; a station that waits for it gives up after thirty
LARGEST = 5_000_000  # bytes; lists of revoked certificates are long


class NotFetched(Trouble):
    """Nobody answered there, or not with what was asked for."""


class NotShown(Refusal):
    """What was to be shown to a server cannot be."""


class Outward:
    """Satisfies Fetch of the room of stations."""

    def __init__(self, *, allow_loopback: bool) -> None:
        self._allow_loopback = allow_loopback
        self._session: aiohttp.ClientSession | None = None
        self._shown: dict[Shown, ssl.SSLContext] = {}

    async def __call__(self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
        """Raises ForbiddenAddress, NotFetched. What is signed itself, as an OCSP response, may come unencrypted."""
        checked(url.replace("http://", "https://", 1), self._allow_loopback)
        method = "GET" if body is None else "POST"
        try:
            async with self._opened().request(
                method, url, data=body, headers=headers, allow_redirects=False, timeout=WITHIN
            ) as answer:
                if answer.status != 200:
                    raise NotFetched(f"{url} answered {answer.status}")
                return await _whole(url, answer.content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotFetched(f"{url} did not answer: {error!r}") from error

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, shown: Shown | None = None
    ) -> Answer:
        """Satisfies Exchange: whatever is answered, that is the answer. Raises ForbiddenAddress, NotFetched, NotShown.

        A redirect is an answer like any other; nobody goes where it leads.
        """
        checked(url, self._allow_loopback)
        tls = True if shown is None else self._showing(shown)
        try:
            async with self._opened().request(
                method, url, data=body, headers=headers, allow_redirects=False, timeout=WITHIN, ssl=tls
            ) as answer:
                said = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(status=answer.status, headers=said, body=await _whole(url, answer.content))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotFetched(f"{url.partition('?')[0]} did not answer: {error!r}") from error

    async def leads(self, host: str) -> str:
        """Where a broker may be called that has to stand outside. Raises ForbiddenAddress, NotFetched."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            raise NotFetched(f"{host} is not found: {error}") from error
        for *_, address in found:
            if may_be_called(str(address[0]), self._allow_loopback):
                return str(address[0])
        raise ForbiddenAddress(f"{host} has no public address")

    def _showing(self, shown: Shown) -> ssl.SSLContext:
        """Made once for each certificate. Raises NotShown."""
        if shown not in self._shown:
            context = ssl.create_default_context()
            # It takes a file and nothing else; this one is nobody else's to read, and gone at once.
            with tempfile.NamedTemporaryFile("w") as file:
                file.write(f"{shown.private_key}\n{shown.certificate}\n")
                file.flush()
                try:
                    context.load_cert_chain(file.name)
                except (ssl.SSLError, OSError) as error:
                    raise NotShown("The certificate, or its key, cannot be used") from error
            self._shown[shown] = context
        return self._shown[shown]

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(resolver=GuardedResolver(self._allow_loopback))
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def certificates(setting: str, files: Iterable[str]) -> tuple[x509.Certificate, ...]:
    """Those of authorities that a setting names. Raises WrongSetting."""
    found: list[x509.Certificate] = []
    for file in files:
        try:
            found += x509.load_pem_x509_certificates(Path(file).read_bytes())
        except (OSError, ValueError) as error:
            raise WrongSetting(setting, f"{file} holds no certificates: {error}") from error
    return tuple(found)


async def _whole(url: str, content: aiohttp.StreamReader) -> bytes:
    """Raises NotFetched."""
    said = bytearray()
    while piece := await content.readany():
        said += piece
        if len(said) > LARGEST:
            raise NotFetched(f"{url} answered more than {LARGEST} bytes")
    return bytes(said)
