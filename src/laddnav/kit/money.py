"""Money: exact, and split into what is earned and what is tax."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct


class TaxAmount(Struct, frozen=True, gc=False):
    """One named tax; `percentage` and the `base` it was taken of are None where only the amount was told.

    `account_number` is that of the business which pays it on, where a country asks for it.
    """

    name: str
    amount: Decimal
    percentage: Decimal | None = None
    base: Decimal | None = None
    account_number: str | None = None


class Price(Struct, frozen=True, gc=False):
    """A cost before taxes and the taxes on it; `taxes` None means nobody said, () means there are none."""

    before_taxes: Decimal
    taxes: tuple[TaxAmount, ...] | None = None

    @property
    def after_taxes(self) -> Decimal | None:
        if self.taxes is None:
            return None
        return self.before_taxes + sum((tax.amount for tax in self.taxes), Decimal(0))

    def __add__(self, other: Price) -> Price:
        """Taxes of the same name and percentage become one; unknown taxes on either side are unknown in the sum."""
        before_taxes = self.before_taxes + other.before_taxes
        if self.taxes is None or other.taxes is None:
            return Price(before_taxes)
        return Price(before_taxes, merged(self.taxes + other.taxes))


def merged(taxes: Iterable[TaxAmount]) -> tuple[TaxAmount, ...]:
    """One of each name, percentage and account, in the order in which they are first named."""
    found: dict[tuple[str, Decimal | None, str | None], TaxAmount] = {}
    for tax in taxes:
        kind = (tax.name, tax.percentage, tax.account_number)
        same = found.get(kind)
        if same is not None:
            base = None if same.base is None or tax.base is None else same.base + tax.base
            tax = TaxAmount(tax.name, same.amount + tax.amount, tax.percentage, base, tax.account_number)
        found[kind] = tax
    return tuple(found.values())


FREE = Price(Decimal(0), ())

# ISO 4217 minor units that are not two.
_MINOR_UNITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


def minor_unit(currency: str) -> Decimal:
    """The smallest amount that is paid in this currency: 0.01 for SEK and EUR, 1 for ISK."""
    return Decimal(1).scaleb(-_MINOR_UNITS.get(currency, 2))
