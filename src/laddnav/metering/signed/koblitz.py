"""ECDSA on secp192k1, which OCMF allows and no kept library of ours has; only for verifying, where nothing is secret.

The steps are those of FIPS 186-5 §6.4.2; points are pairs, None is the point at infinity.
"""

from __future__ import annotations

Point = tuple[int, int] | None

# SEC 2 v2.0 §2.2.1: y² = x³ + 3
_P = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFEE37
_N = 0xFFFFFFFFFFFFFFFFFFFFFFFE26F2FC170F69466A74DEFD8D
_G = (0xDB4FF10EC057E9AE26B07D0280B7F4341DA5D1B1EAE06C7D, 0x9B2F2F6D9C5628A7844163D015BE86344082AA88D95E2F9D)
_BYTES = 24


def point_of(encoded: bytes) -> Point:
    """An uncompressed point. Raises ValueError where it is not on the curve."""
    if len(encoded) != 1 + 2 * _BYTES or encoded[0] != 4:
        raise ValueError("not an uncompressed point of secp192k1")
    x, y = int.from_bytes(encoded[1 : 1 + _BYTES]), int.from_bytes(encoded[1 + _BYTES :])
    if x >= _P or y >= _P or (y * y - x**3 - 3) % _P:
        raise ValueError("not on secp192k1")
    return x, y


def verifies(public: Point, digest: bytes, r: int, s: int) -> bool:
    if not (0 < r < _N and 0 < s < _N):
        return False
    shortened = int.from_bytes(digest[:_BYTES])
    inverse = pow(s, -1, _N)
    found = _added(_times(shortened * inverse % _N, _G), _times(r * inverse % _N, public))
    return found is not None and found[0] % _N == r


def _added(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    (x, y), (u, v) = one, other
    if x == u and (y + v) % _P == 0:
        return None
    slope = (3 * x * x * pow(2 * y, -1, _P) if one == other else (v - y) * pow(u - x, -1, _P)) % _P
    across = (slope * slope - x - u) % _P
    return across, (slope * (x - across) - y) % _P


def _times(factor: int, point: Point) -> Point:
    total: Point = None
    while factor:
        if factor & 1:
            total = _added(total, point)
        point, factor = _added(point, point), factor >> 1
    return total
