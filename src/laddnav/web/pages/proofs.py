"""How the certificates of a station are shown on its page."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from laddnav.ocpp.security.model import Signing

SOON = timedelta(days=30)  # time enough to see to it by hand, should the renewal that goes by itself fail


class CertificateShown(Struct, frozen=True, kw_only=True):
    """`ends_at` None: it is not signed, and `problem` may say why."""

    use: str
    standing: str
    asked_at: datetime
    ends_at: datetime | None
    problem: str | None


def shown(one: Signing, now: datetime) -> CertificateShown:
    return CertificateShown(
        use=f"CERTIFICATE_{one.use}",
        standing=standing(one, now),
        asked_at=one.asked_at,
        ends_at=one.ends_at,
        problem=one.problem,
    )


def standing(one: Signing, now: datetime) -> str:
    """Whether it opens a door, and if not, why."""
    if one.revoked_at is not None:
        return "REVOKED"
    if one.ends_at is None:
        return "REFUSED" if one.problem else "ASKED"
    if one.taken is False:
        return "NOT_TAKEN"
    if one.ends_at <= now:
        return "ENDED"
    return "ENDING" if one.ends_at <= now + SOON else "VALID"
