"""What a VTN and a resource have to be, and what was delivered while a limit held; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from msgspec.structs import replace

from laddnav.kit.refusal import Refusal
from laddnav.openadr.model import GridResource, Minute, SignalProof, SignalState, Vtn
from laddnav.sites.model.told import Covers

MINUTE = timedelta(minutes=1)
HOUR = Decimal(3600)
OPEN = (SignalState.AHEAD, SignalState.IN_FORCE, SignalState.OBEYED, SignalState.NOTED)
MOST_KW = 100_000
POLL_LEAST, POLL_MOST = 5, 3600  # seconds
_ID = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,128}")


class UnfitVtn(Refusal):
    """What was said of a VTN cannot be used."""


class UnknownVtn(Refusal):
    """No VTN of this name is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No VTN {ref!r} is known here")
        self.ref = ref


class UnknownResource(Refusal):
    """The site is no resource of this VTN."""

    def __init__(self, site_id: str) -> None:
        super().__init__(f"Site {site_id!r} is no resource there")
        self.site_id = site_id


def fit(vtn: Vtn) -> Vtn:
    """Raises UnfitVtn."""
    for what, url in (("url", vtn.url), ("token_url", vtn.token_url)):
        if url is not None and (_broken(url) or len(url) > 500):
            raise UnfitVtn(f"{what}: a URL that begins with https:// is meant")
    if not POLL_LEAST <= vtn.poll_seconds <= POLL_MOST:
        raise UnfitVtn(f"poll_seconds: from {POLL_LEAST} to {POLL_MOST}")
    if not _ID.fullmatch(vtn.ven_name):
        raise UnfitVtn("ven_name: letters, digits, dashes and underscores, 128 at most")
    for what, word in (("name", vtn.name), ("client_id", vtn.client_id)):
        if not _NAME.fullmatch(word) or word != word.strip():
            raise UnfitVtn(f"{what}: 1 to 128 characters")
    if not all(map(_ID.fullmatch, vtn.programs)):
        raise UnfitVtn("programs: ids of letters, digits, dashes and underscores, as the VTN gives them")
    return vtn


def fit_resource(one: GridResource) -> GridResource:
    """Raises UnfitVtn."""
    if not _NAME.fullmatch(one.name) or one.name != one.name.strip():
        raise UnfitVtn("name: 1 to 128 characters")
    if one.covers is Covers.EXPORT:
        raise UnfitVtn("covers: a limit of import is for the site or for its cars")
    if one.full_kw is not None and not 0 < one.full_kw <= MOST_KW:
        raise UnfitVtn("full_kw: what the cars may draw together, above nought")
    return one


def _broken(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme not in ("https", "http") or not parts.hostname or bool(parts.query or parts.fragment)
    except ValueError:
        return True


def stood(proof: SignalProof, at: datetime) -> SignalState:
    """How it stands, as far as its time and its Station tell."""
    if proof.state not in OPEN:
        return proof.state
    if proof.signal.end_at is not None and proof.signal.end_at <= at:
        return SignalState.OVER
    if proof.limit_kw is None:
        return SignalState.NOTED
    if at < proof.signal.begin_at:
        return SignalState.AHEAD
    return SignalState.IN_FORCE if proof.obeyed_at is None else SignalState.OBEYED


def tallied(proof: SignalProof, minutes: Iterable[Minute], until: datetime) -> SignalProof:
    """With what was measured from its beginning until then; whole minutes after it was obeyed are held against it."""
    signal, energy, many = proof.signal, Decimal(0), 0
    highest: Decimal | None = None
    over = judged = 0
    for one in minutes:
        begin_at, end_at = max(one.at, signal.begin_at), min(one.at + MINUTE, until)
        if begin_at >= end_at:
            continue
        many += 1
        energy += one.kw * Decimal((end_at - begin_at).total_seconds()) / HOUR
        if proof.covers is Covers.EXPORT:
            continue  # what is measured here is what comes in
        if proof.obeyed_at is None or proof.limit_kw is None or one.at < proof.obeyed_at or end_at < one.at + MINUTE:
            continue
        judged += 1
        highest = one.kw if highest is None else max(highest, one.kw)
        over += one.kw > proof.limit_kw
    return replace(
        proof,
        energy_kwh=round(energy, 3) if many else None,
        highest_kw=highest if highest is None else round(highest, 3),
        over_minutes=over,
        minutes=judged,
    )
