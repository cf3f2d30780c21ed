"""Where a URL from outside may lead us: to public addresses, and inwards only where the installation says so."""

from __future__ import annotations

import ipaddress
import socket
from functools import lru_cache
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from laddnav.kit.refusal import Refusal

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ForbiddenAddress(Refusal):
    """A URL leads to a private network or is not encrypted; nothing is sent there."""


class GuardedResolver(AbstractResolver):
    """Resolves names, and forgets every address that nobody outside may be led to."""

    def __init__(
        self, allow_loopback: bool, names: AbstractResolver | None = None, networks: tuple[Network, ...] = ()
    ) -> None:
        self._allow_loopback = allow_loopback
        self._networks = networks
        self._names = names or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        public = [one for one in found if may_be_called(one["host"], self._allow_loopback, self._networks)]
        if not public:
            raise OSError(None, f"{host} has no public address")
        return public

    async def close(self) -> None:
        await self._names.close()


def may_be_called(address: str, allow_loopback: bool, networks: tuple[Network, ...] = ()) -> bool:
    """Public addresses, and this machine and private networks where the installation says so."""
    one = ipaddress.ip_address(address.split("%")[0])
    if isinstance(one, ipaddress.IPv6Address):
        one = _inside(one) or one
    public = one.is_global and not one.is_multicast
    return public or (allow_loopback and one.is_loopback) or any(one in network for network in networks)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a gateway on the way may make of this one."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def checked(url: str, allow_loopback: bool, networks: tuple[Network, ...] = ()) -> str:
    """The URL, when it may be called as far as can be seen from it. Raises ForbiddenAddress.

    An address in place of a name is judged here, because no resolver is asked about it.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ForbiddenAddress(f"{url[:200]!r} is no URL") from error
    if not host or parts.scheme not in ("https", "http") or parts.username or parts.password:
        raise ForbiddenAddress(f"{url[:200]!r} is no URL that can be called")
    if parts.scheme == "http" and not allow_loopback:
        raise ForbiddenAddress(f"{url[:200]} is not encrypted")
    if not _may_be_named(host, allow_loopback, networks):
        raise ForbiddenAddress(f"{host} is no public address")
    return url


@lru_cache(maxsize=1_000)
def _may_be_named(host: str, allow_loopback: bool, networks: tuple[Network, ...]) -> bool:
    """A name may: the resolver judges what it stands for."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return True
    return may_be_called(str(address), allow_loopback, networks)
