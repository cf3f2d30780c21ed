"""How a station proves who it is when it comes: by what the security profile asks that it is set up to use."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Sequence

from cryptography import x509
from msgspec import Struct

from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.locations.rules import is_short
from laddnav.ocpp.security.authority import Authority, serial_of, vouches_for

UNSECURED, BASIC, BASIC_OVER_TLS, CERTIFICATE = range(4)  # the security profiles (OCPP 2.0.1 part 2 A00)


class Shown(Struct, frozen=True, kw_only=True):
    """What came with the handshake; `authorization` is the header of HTTP Basic as it stands."""

    encrypted: bool
    authorization: str
    certificate: x509.Certificate | None = None


class Known(Struct, frozen=True, kw_only=True):
    """What is kept of a Station: `passwords` are hashes, the second of one that it was told and has not confirmed."""

    station: Station
    passwords: tuple[str | None, str | None]
    authorities: Sequence[Authority] = ()
    revoked: frozenset[str] = frozenset()


class Proof(Struct, frozen=True):
    """With which profile a Station came, and whether its password is the one that it was told last, or short.

    None: it came without one.
    """

    profile: int
    password_is_new: bool = False
    password_is_short: bool | None = None


async def proof(shown: Shown, known: Known) -> Proof | None:
    """None: it proved nothing that it is set up to prove (A00.FR.002). No Unit is open.

    Takes a thread for its work, but for a password that fitted before.
    """
    for profile in _wanted(known.station):
        if shown.encrypted is not (profile >= BASIC_OVER_TLS):
            continue
        if profile == UNSECURED or (profile == CERTIFICATE and _binds(shown.certificate, known)):
            return Proof(profile)
        if profile in (BASIC, BASIC_OVER_TLS):
            fitting = _fitting(shown.authorization, known, locations.fitted_before)
            if fitting is None:
                fitting = await asyncio.to_thread(_fitting, shown.authorization, known, locations.fits)
            if fitting is not None:
                which, short = fitting
                return Proof(profile, password_is_new=which == 1, password_is_short=short)
    return None


def _wanted(station: Station) -> tuple[int, ...]:
    """A05.FR.05: it may come with the profile to which it is led, or with the one that it has until then."""
    following = station.security_profile_next
    return (station.security_profile,) if following is None else (following, station.security_profile)


def _binds(certificate: x509.Certificate | None, known: Known) -> bool:
    """A00.FR.401 to 405; that it leads to one of our roots and has not ended, TLS itself has seen (A00.FR.403)."""
    if certificate is None or serial_of(certificate) in known.revoked:
        return False
    return any(vouches_for(one, certificate, known.station.id) for one in known.authorities)


def _fitting(authorization: str, known: Known, fits: Callable[[str | None, str], bool]) -> tuple[int, bool] | None:
    """Which of the Station's passwords is shown (A00.FR.204, A00.FR.207, A00.FR.324), and whether it is short."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    if name != known.station.id.encode():
        return None
    for which, kept in enumerate(known.passwords):
        if any(fits(kept, spelt) for spelt in _spellings(password)):
            return which, is_short(_said(password))
    return None


def _spellings(password: bytes) -> list[str]:
    """A key of 20 raw bytes is written down as hexadecimal digits, in either case (OCPP 1.6 A00.FR.205)."""
    said = _said(password)
    return [said] if isinstance(said, str) else [said.hex(), said.hex().upper()]


def _said(password: bytes) -> str | bytes:
    """Characters, or a key that is none."""
    try:
        return password.decode()
    except UnicodeDecodeError:
        return password
