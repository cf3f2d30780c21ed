"""From findings to verdicts: one for each id of the catalogue, with the exchange that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from msgspec import Struct

from laddnav.ocpi.conform import checks
from laddnav.ocpi.conform.by_hand import advice
from laddnav.ocpi.conform.catalogue import Level, Requirement, catalogue
from laddnav.ocpi.conform.checks.finding import CHECKS, Finding
from laddnav.ocpi.conform.dialect import DIALECTS
from laddnav.ocpi.conform.record import Record
from laddnav.ocpi.conform.roles import facing

assert checks.FILES, "the checks are registered by being imported"


class Outcome(StrEnum):
    """What is said of one requirement."""

    PASS = "pass"
    FAIL = "fail"
    NOT_OBSERVED = "not-observed"
    NOT_APPLICABLE = "not-applicable"


class Verdict(Struct, frozen=True, kw_only=True):
    """`exchange`: the number of the one that shows it, the first failing one where it fails; `about`: its object."""

    requirement: Requirement
    outcome: Outcome
    reason: str
    exchange: int | None = None
    about: Any = None

    @property
    def broken(self) -> bool:
        """A MUST that failed."""
        return self.outcome is Outcome.FAIL and self.requirement.level is Level.MUST


# Modules that a peer may leave out; those that are left out are nobody's fault.
_OPTIONAL = {module for dialect in DIALECTS.values() for module in dialect.modules} - {"credentials"}
_ROLES = ("CPO", "eMSP", "HUB", "NAP", "NSP", "PTP", "SCSP")


def findings(record: Record, about: str | None = None) -> Iterable[Finding]:
    """What every check finds, or those that can find about one id.

    A check that finds for an id under which it is not registered is a slip of ours.
    """
    for check, ids in CHECKS.items():
        for finding in check(record) if about is None or about in ids else ():
            assert finding.id in ids, f"{check.__name__} is not registered for {finding.id}"
            yield finding


def judged(record: Record) -> tuple[Verdict, ...]:
    """One verdict for each requirement, in the order of the catalogue."""
    by_id: dict[str, list[Finding]] = {}
    for finding in findings(record):
        by_id.setdefault(finding.id, []).append(finding)
    return tuple(_verdict(one, by_id.get(one.id, []), record) for one in catalogue().values())


def _verdict(one: Requirement, found: list[Finding], record: Record) -> Verdict:
    why_not = _not_applicable(one, record)
    if why_not is not None:
        return Verdict(requirement=one, outcome=Outcome.NOT_APPLICABLE, reason=why_not)
    failed = next((finding for finding in found if finding.problem is not None), None)
    if failed is not None:
        return Verdict(
            requirement=one,
            outcome=Outcome.FAIL,
            reason=failed.problem or "",
            exchange=failed.exchange,
            about=failed.about,
        )
    if not found:
        by_hand = advice(one, record)
        reason = "No exchange of this run shows it" + (f"; by hand: {by_hand}" if by_hand else "")
        return Verdict(requirement=one, outcome=Outcome.NOT_OBSERVED, reason=reason)
    seen = f"seen {len(found)} times" if len(found) > 1 else "seen once"
    return Verdict(requirement=one, outcome=Outcome.PASS, reason=seen, exchange=found[0].exchange)


def _not_applicable(one: Requirement, record: Record) -> str | None:
    if record.version not in one.versions:
        return f"Not of OCPI {record.version}"
    roles = _peer_roles(record)
    who, _, side = one.side.partition("/")
    bound = [role for role in _ROLES if role in who.replace(" or ", " ").split()]
    # Whoever serves a side does as it says, whatever else it is; a hub only lets pass what others serve.
    serves = "HUB" not in roles and record.url(one.module, side.upper()) is not None
    if bound and not serves and not roles & {role.upper() for role in bound}:
        return f"Binds {' and '.join(bound)}; the peer is {' and '.join(sorted(roles))}"
    if "HUB" in roles and one.module in _OPTIONAL - {"hubclientinfo"}:
        return f"A hub passes on what others say in {one.module}"
    if one.module in _OPTIONAL and record.endpoints and not record.offers(one.module):
        return f"The peer offers no {one.module}"
    return None


def _peer_roles(record: Record) -> set[str]:
    """What is tested, and what its credentials say besides; of a hub these are the roles of others."""
    if record.their_role == "HUB":
        return {"HUB"}
    said = {role for role in record.notes.get("peer_roles", "").split(",") if role}
    return said | ({record.their_role} if record.their_role else set()) or {facing(record.our_role)}
