"""CDRs: charges that are over, each cent with its reason, where each was told, and what we think of a partner's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from msgspec import Struct
from starlette.responses import Response

from laddnav.billing import actions as billing
from laddnav.billing.model import Invoice
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs import signing
from laddnav.cdrs.model import Cdr, Review, Standing
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.money import Price
from laddnav.meters import actions as meters
from laddnav.payments.actions import paying
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.pricing.check import causes, plausible
from laddnav.pricing.check.verdicts import FieldChecked, Verdict
from laddnav.pricing.flags import Flagged
from laddnav.pricing.plain.remarks import remark
from laddnav.sessions import actions as sessions
from laddnav.tariffs import actions as tariffs
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.format import Format
from laddnav.web.pages import places
from laddnav.web.pages.payments import REASONS, left
from laddnav.web.pages.sessions import explained
from laddnav.web.words import N_

PAGE = 50
PAID_AROUND = timedelta(hours=2)  # who pays a charge at once pays shortly before or after it


class Row(Struct, frozen=True, kw_only=True):
    cdr: Cdr
    place: str


class Disputed(Struct, frozen=True, kw_only=True):
    """`reasons` are sentences in the reader's language."""

    review: Review
    cdr: Cdr
    place: str
    reasons: list[str]


class FieldShown(Struct, frozen=True, kw_only=True):
    """`unit` is kWh or h, None for money."""

    field: FieldChecked
    unit: str | None


async def list_all(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        known = await cdrs.page(unit, asked.visitor.holder, before=cursor, limit=PAGE + 1)
        many = await cdrs.count_disputed(unit, asked.visitor.holder)
    page = known[:PAGE]
    return asked.page(
        "cdrs.html",
        rows=[Row(cdr=cdr, place=_place(cdr)) for cdr in page],
        next=page[-1].ref if len(known) > PAGE else None,
        begun=cursor is not None,
        held=many,
    )


async def held(asked: Asked) -> Response:
    """Those that are held, or with `show=all` all that ever were; with `of`, one partner's. Raises NotAPartyId."""
    shown = "all" if asked.query("show") == "all" else "held"
    cursor, holder, of = asked.query("cursor"), asked.visitor.holder, asked.query("of")
    owner = None if of is None else PartyId.parse(of)
    async with asked.unit() as unit:
        standing = Standing.DISPUTED if shown == "held" else None
        known = await cdrs.disputes(unit, holder, standing, owner=owner, before=cursor, limit=PAGE + 1)
        page = known[:PAGE]
        many = await cdrs.count_disputed(unit, holder, owner)
        rows = [await _disputed(unit, asked, review) for review in page]
    return asked.page(
        "held.html",
        rows=rows,
        shown=shown,
        of=owner,
        held=many,
        next=page[-1].ref if len(known) > PAGE else None,
        begun=cursor is not None,
    )


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        cdr = await cdrs.by_ref(unit, asked.part("ref"))
        ours = cdr.owner == cdr.holder
        key = (cdr.holder, cdr.owner, cdr.location.id)
        place = (await places.places(unit, [key]))[key]
        session = await sessions.find(unit, cdr.holder, cdr.owner, cdr.session_id) if cdr.session_id else None
        promised = await tariffs.refs(unit, cdr.holder, cdr.owner, tuple(tariff.id for tariff in cdr.tariffs))
        refs = await billing.invoices_of_cdr(unit, cdr.holder, cdr.owner, cdr.id)
        invoices: list[Invoice] = [await billing.invoice(unit, ref) for ref in refs]
        review = await cdrs.review_of(unit, cdr)
        other = None if review is None or review.other_id is None else await _other(unit, cdr, review.other_id)
        original = await _other(unit, cdr, cdr.credit_reference_id) if cdr.credit_reference_id else None
        credit = await cdrs.credit_of(unit, cdr)
        proof = await meters.proof_of(unit, cdr.holder, cdr.session_id) if ours and cdr.session_id else None
        debtors = {f"driver:{cdr.token.contract_id}", *(one.debtor.id for one in invoices)}
        paid = await paying.of_debtors(unit, cdr.holder, debtors, limit=PAGE)
    return asked.page(
        "cdr.html",
        cdr=cdr,
        place=_place(cdr),
        session_ref=session.ref if session else None,
        lines=explained(cdr.lines, asked.language),
        total=cdr.costs.total,
        currency=cdr.currency,
        zone_of_lines=place.time_zone or asked.zone,
        invoices=invoices,
        tariff_refs={tariff.id: promised.get(fold(tariff.id)) for tariff in cdr.tariffs},
        remarks=[remark(flag, asked.language) for flag in _flags(cdr, review)],
        parts_of_cost=[(asked.say(what), cost) for what, cost in _parts(cdr) if cost is not None],
        review=review,
        reasons=[] if review is None else reasons(asked, review),
        fields=[] if review is None or review.checked is None else _fields(review.checked.fields),
        other=other,
        original=original,
        credit=credit,
        ours=ours,
        proof=proof,
        proved=signing.proved(cdr),
        payments=[
            (one, left(one)) for one in paid if cdr.started_at - PAID_AROUND < one.made_at < cdr.ended_at + PAID_AROUND
        ],
        refund_reasons=REASONS,
    )


async def accept(asked: Asked) -> Response:
    async with asked.unit() as unit:
        review = await cdrs.accept(unit, asked.part("ref"), by=asked.visitor.name, why=asked.said("why"))
        people.note(unit, asked.visitor.name, "accept disputed CDR", f"cdr {review.cdr_id}", asked.said("why"))
    return asked.done(f"/cdrs/{review.ref}", asked.say("The CDR is accepted, and will be billed as it is."))


async def reject(asked: Asked) -> Response:
    async with asked.unit() as unit:
        review = await cdrs.reject(unit, asked.part("ref"), by=asked.visitor.name, why=asked.said("why"))
        people.note(unit, asked.visitor.name, "reject disputed CDR", f"cdr {review.cdr_id}", asked.said("why"))
    return asked.done(f"/cdrs/{review.ref}", asked.say("The CDR is rejected, and will not be billed."))


async def credit(asked: Asked) -> Response:
    async with asked.unit() as unit:
        credit = await cdrs.credit(unit, asked.part("ref"), by=asked.visitor.name, why=asked.said("why"))
    return asked.done(f"/cdrs/{credit.ref}", asked.say("The CDR is taken back; this is the CDR that credits it."))


def reasons(asked: Asked, review: Review) -> list[str]:
    """What speaks against it, in sentences: what cannot be, what it states wrongly, and the mistake behind that."""
    said = [plausible.said(finding, asked.language) for finding in review.findings]
    if review.checked is None:
        return said
    write = Format(asked.language)
    energy, total = review.checked.field("total_energy"), review.checked.field("total_cost")
    if energy is not None and energy.verdict is Verdict.MISMATCH:
        stated, ours = (write.number(kwh or Decimal(0), 0, 3) for kwh in (energy.stated, energy.ours))
        said.append(
            asked.say("It states %(stated)s kWh; its periods add up to %(ours)s kWh.", stated=stated, ours=ours)
        )
    if review.checked.likely_cause is not None:
        said.append(causes.said(review.checked.likely_cause, asked.language))
    elif total is not None and total.verdict is Verdict.MISMATCH:
        said.append(
            asked.say("Its total is not what its periods cost on this tariff, and no usual mistake explains it.")
        )
    return said


async def _disputed(unit: Unit, asked: Asked, review: Review) -> Disputed:
    cdr = await cdrs.fetch(unit, review.holder, review.owner, review.cdr_id)
    return Disputed(review=review, cdr=cdr, place=_place(cdr), reasons=reasons(asked, review))


async def _other(unit: Unit, cdr: Cdr, id: str) -> Cdr | None:
    return await cdrs.find(unit, cdr.holder, cdr.owner, id)


def _fields(fields: Iterable[FieldChecked]) -> list[FieldShown]:
    return [FieldShown(field=one, unit=_unit(one.name)) for one in fields]


def _unit(name: str) -> str | None:
    if name.endswith("_cost"):
        return None
    return "kWh" if name == "total_energy" else "h"


def _flags(cdr: Cdr, review: Review | None) -> tuple[Flagged, ...]:
    """Those of our own price, or of the check of a partner's."""
    return cdr.flags if review is None or review.checked is None else review.checked.flags


def _parts(cdr: Cdr) -> tuple[tuple[str, Price | None], ...]:
    costs = cdr.costs
    return (
        (N_("Start fee"), costs.fixed),
        (N_("Energy"), costs.energy),
        (N_("Charging time"), costs.time),
        (N_("Parking time"), costs.parking),
        (N_("Reservation"), costs.reservation),
    )


def _place(cdr: Cdr) -> str:
    return f"{cdr.location.name or cdr.location.address}, {cdr.location.city}"


DOORS: tuple[Door, ...] = (
    see("/cdrs", list_all),
    see("/cdrs/held", held),
    see("/cdrs/{ref}", one),
    do("/cdrs/{ref}/accept", accept, also=(Role.FINANCE,)),
    do("/cdrs/{ref}/reject", reject, also=(Role.FINANCE,)),
    do("/cdrs/{ref}/credit", credit, also=(Role.FINANCE,)),
)
