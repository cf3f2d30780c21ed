"""What of a company's invoice each of its cost centres and drivers stands for; pure, and nothing is left over."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from laddnav.billing.model import Charge, Invoice, Who
from laddnav.customers.model import Contract
from laddnav.kit.energy import Energy
from laddnav.kit.ids import fold


class Part(Struct, frozen=True, kw_only=True):
    """`charges` that somebody made, less those that were credited; `amount` is before VAT.

    `cost_centre` None: their contract had none. `driver` None as well, and no charge: what
    is for the whole company, such as a fee of its plan.
    """

    cost_centre: str | None
    driver: str | None
    charges: int
    energy: Energy
    amount: Decimal


def parts(invoice: Invoice, contracts: Iterable[Contract] = ()) -> tuple[Part, ...]:
    """By cost centre and driver as they were when each charge was billed, whoever has none last; together what the
    invoice comes to before VAT. `contracts` as they are now are for charges of before that was kept.

    Empty where none has a cost centre.
    """
    now = {fold(one.contract_id): Who(cost_centre=one.cost_centre, driver=one.driver) for one in contracts}
    found: dict[tuple[str | None, str | None], list[Charge]] = {}
    for charge in invoice.charges:
        who = charge.who or now.get(fold(charge.contract_id or ""), Who())
        found.setdefault((who.cost_centre, who.driver or charge.contract_id), []).append(charge)
    if not any(centre for centre, _ in found) and not any(one.cost_centre for one in now.values()):
        return ()
    some = [
        Part(
            cost_centre=centre,
            driver=driver,
            charges=sum(-1 if one.credits else 1 for one in charges),
            energy=Energy(sum((-one.energy.wh if one.credits else one.energy.wh for one in charges), Decimal(0))),
            amount=sum((one.amount for one in charges), Decimal(0)),
        )
        for (centre, driver), charges in found.items()
    ]
    rest = invoice.total_excl - sum((one.amount for one in some), Decimal(0))
    some.sort(key=lambda one: (one.cost_centre is None, one.cost_centre or "", one.driver or ""))
    if rest:
        some.append(Part(cost_centre=None, driver=None, charges=0, energy=Energy(Decimal(0)), amount=rest))
    return tuple(some)
