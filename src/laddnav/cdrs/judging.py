"""What becomes of a partner's CDR: accepted as it came, held until somebody decides, or settled by its own credit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from laddnav.cdrs.model import Cdr, Review, Standing
from laddnav.cdrs.rules import NotInDispute
from laddnav.kit.ids import fold
from laddnav.kit.money import minor_unit
from laddnav.kit.power import Power
from laddnav.locations.model import Connector, Location
from laddnav.meters.rules import NoReason
from laddnav.pricing.check.plausible import Implausible, most_of
from laddnav.pricing.check.verdicts import Checked, Verdict
from laddnav.tariffs.model import Tariff

# Two charges at one Evse follow each other by the seconds that clocks differ, and overlap by more.
TOUCH = timedelta(minutes=1)
DECISIVE = ("total_cost", "total_energy")


# ---- With what it is compared


class Promised(NamedTuple):
    """The Tariffs that a charge is to be priced on, and other versions of them that may explain a difference."""

    tariffs: tuple[Tariff, ...]
    others: tuple[Tariff, ...]


def connector_of(cdr: Cdr, location: Location | None) -> Connector | None:
    """Where the charge was, as its CPO told it to us."""
    for evse in () if location is None else location.evses:
        if fold(evse.uid) == fold(cdr.location.evse_uid):
            return next((one for one in evse.connectors if fold(one.id) == fold(cdr.location.connector_id)), None)
    return None


def power_of(cdr: Cdr, connector: Connector | None) -> Power:
    """What the Connector gives at most, as its CPO told it, else as its kind does."""
    if connector is None or connector.power_max is None:
        return most_of(cdr.location.connector_power_type)
    return Power(Decimal(connector.power_max))


def tariff_ids(cdr: Cdr, connector: Connector | None) -> tuple[str, ...]:
    """Those that it names; where it names none, the Connector's, if that has one."""
    named = (*(one.id for one in cdr.tariffs), *(one.tariff_id for one in cdr.periods if one.tariff_id is not None))
    if named or connector is None or len(connector.tariff_ids) != 1:
        return tuple(dict.fromkeys(named))
    return connector.tariff_ids


def promised(cdr: Cdr, versions: Iterable[Tariff]) -> Promised:
    """Of each Tariff the newest version that was published when the charge began, else the one that the CDR carries.

    `versions` are all that its CPO ever told us. What the CDR carries counts as one of them: news may not have reached
    us. An older one, or one that is changed and not newer, does not stand against what was published.
    """
    known: dict[str, list[Tariff]] = {}
    for one in (*versions, *cdr.tariffs):
        known.setdefault(fold(one.id), []).append(one)
    carried = {fold(one.id): one for one in cdr.tariffs}
    chosen, others = list[Tariff](), list[Tariff]()
    for key in dict.fromkeys((*carried, *known)):
        published = [one for one in known[key] if one.last_updated <= cdr.started_at]
        # Of two that are equally new the first, which is the one that we were told before.
        holding = max(published, key=lambda one: one.last_updated, default=carried.get(key) or known[key][0])
        chosen.append(holding)
        newest_first = sorted(known[key], key=lambda one: one.last_updated, reverse=True)
        others += (one for one in newest_first if one != holding)
    return Promised(tuple(chosen), tuple(others))


# ---- The verdict


def repeats(cdr: Cdr, other: Cdr) -> bool:
    """Whether both are of one charge: of one Session, or of one Token at the same time."""
    if cdr.session_id is not None and other.session_id is not None:
        return fold(cdr.session_id) == fold(other.session_id)
    same_token = (cdr.token.owner, fold(cdr.token.uid)) == (other.token.owner, fold(other.token.uid))
    return same_token and overlaps(cdr, other)


def overlaps(cdr: Cdr, other: Cdr) -> bool:
    return min(cdr.ended_at, other.ended_at) - max(cdr.started_at, other.started_at) > TOUCH


def holdable(checked: Checked) -> bool:
    """Whether the money or the energy is wrong; a sum of time, or a part of the cost, that is wrong costs nobody
    anything and is only noted (docs/decisions/0008-what-of-a-partners-cdr-is-held.md).
    """
    return any(one.name in DECISIVE and one.verdict is Verdict.MISMATCH for one in checked.fields)


def reviewed(cdr: Cdr, checked: Checked, beside: Sequence[Cdr], now: datetime) -> Review:
    """What becomes of a CDR that is no credit; `beside` are those of the same Evse and time that came first."""
    same = next((other for other in beside if repeats(cdr, other)), None)
    other = same or next((other for other in beside if overlaps(cdr, other)), None)
    findings = checked.implausible
    if other is not None:
        findings += (Implausible.DUPLICATE if same else Implausible.OVERLAP,)
    held = bool(findings) or holdable(checked)
    return Review(
        holder=cdr.holder,
        owner=cdr.owner,
        cdr_id=cdr.id,
        ref=cdr.ref,
        standing=Standing.DISPUTED if held else Standing.ACCEPTED,
        currency=cdr.currency,
        stated=cdr.costs.total.before_taxes,
        checked=checked,
        findings=findings,
        other_id=None if other is None else other.id,
        reviewed_at=now,
        disputed_at=now if held else None,
    )


def reviewed_credit(credit: Cdr, original: Cdr | None, before: Review | None, again: bool, now: datetime) -> Review:
    """What becomes of a Credit CDR: billed if what it takes back was, settled with it if that is held.

    `before` is the review of the original; `again`: another credit of the same came first.
    """
    findings = tuple(_wrong_with(credit, original, again))
    if findings:
        standing = Standing.DISPUTED
    elif before is None or before.standing is Standing.ACCEPTED:
        standing = Standing.ACCEPTED
    else:
        standing = Standing.SETTLED
    return Review(
        holder=credit.holder,
        owner=credit.owner,
        cdr_id=credit.id,
        ref=credit.ref,
        standing=standing,
        currency=credit.currency,
        stated=credit.costs.total.before_taxes,
        findings=findings,
        other_id=credit.credit_reference_id,
        reviewed_at=now,
        disputed_at=now if findings else None,
    )


def _wrong_with(credit: Cdr, original: Cdr | None, again: bool) -> Iterable[Implausible]:
    if original is None or original.credit:
        yield Implausible.CREDITS_UNKNOWN
        return
    if again:
        yield Implausible.DUPLICATE
    # Some forget the sign; that it credits is said by its flag.
    taken_back = abs(credit.costs.total.before_taxes)
    if (
        abs(taken_back - abs(original.costs.total.before_taxes)) >= minor_unit(credit.currency)
        or credit.currency != original.currency
    ):
        yield Implausible.CREDITS_DIFFERENTLY


def again(before: Review, after: Review, now: datetime) -> Review:
    """A held CDR looked at once more, for something beside it changed."""
    decided_at = None if after.standing is Standing.DISPUTED else now
    return replace(after, disputed_at=before.disputed_at, decided_at=decided_at)


def settled(review: Review, now: datetime) -> Review:
    """Its sender took it back before it was billed."""
    return replace(review, standing=Standing.SETTLED, decided_at=now)


def accepted(review: Review, *, by: str, why: str, now: datetime) -> Review:
    """Somebody takes it as it is, also after it was rejected. Raises NotInDispute, NoReason."""
    return _decided(review, (Standing.DISPUTED, Standing.REJECTED), Standing.ACCEPTED, by, why, now)


def rejected(review: Review, *, by: str, why: str, now: datetime) -> Review:
    """It stays unpaid. Raises NotInDispute, NoReason."""
    return _decided(review, (Standing.DISPUTED,), Standing.REJECTED, by, why, now)


def _decided(review: Review, before: tuple[Standing, ...], after: Standing, by: str, why: str, now: datetime) -> Review:
    if review.standing not in before:
        raise NotInDispute(review.cdr_id)
    if not why:
        raise NoReason
    return replace(review, standing=after, decided_at=now, decided_by=by, note=why)
