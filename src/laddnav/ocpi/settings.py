"""What an installation has to know to speak OCPI."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

from msgspec import Struct


class Keeping(Struct, frozen=True, kw_only=True):
    """How long what is over is kept: to look into trouble, and of what a hub passed on, to settle it."""

    exchanges: timedelta = timedelta(days=14)  # and steps of handshakes
    commands: timedelta = timedelta(days=30)
    deliveries: timedelta = timedelta(days=30)
    hub_requests: timedelta = timedelta(days=400)  # a year's bill is looked into in the year after


class Settings(Struct, frozen=True, kw_only=True):
    """`public_url` is where partners reach us, without a slash at its end; `key` seals secrets at rest.

    `allow_loopback` lets partners live on this very machine, over plain HTTP too: for demo and tests, off elsewhere.
    `networks` are private ones in which partners may live, behind a VPN for instance.
    """

    public_url: str
    key: bytes
    allow_loopback: bool = False
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    partner_rate: float = 200  # requests a second of one partner, over time; 0: as many as it likes
    stranger_rate: float = 10  # of one address that shows no token that is known here
    body_max: int = 4_000_000  # bytes; a Location with 200 Evses is about a quarter of that
    answer_max: int = 32_000_000  # bytes; some partners ignore the limit of a page
    call_within: timedelta = timedelta(seconds=30)
    authorize_within: timedelta = timedelta(seconds=8)  # a driver waits at the station
    command_within: timedelta = timedelta(seconds=60)  # how long a station may take to answer
    keeping: Keeping = Keeping()

    def __repr__(self) -> str:
        """Without the key."""
        return f"Settings({self.public_url})"

    @property
    def base(self) -> str:
        return f"{self.public_url}/ocpi"

    @property
    def versions_url(self) -> str:
        return f"{self.base}/versions"
