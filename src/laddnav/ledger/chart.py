"""By which number bookkeeping knows an account: the Swedish BAS chart, and what an operator says instead.

An account has the number of the longest beginning of it that is listed: `tax:SE:25` that of `tax:SE:25`, else of
`tax:SE`, else of `tax`. Every head is listed, so that each account has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Account
from laddnav.ledger.rules import account_of

RETAINED = "equity"  # not a head: what former years left, which nobody posts

_NUMBER = re.compile(r"\d{1,10}")
NAME_MOST = 100  # characters


class Number(Struct, frozen=True, kw_only=True):
    """`account` is a head, or the beginning of accounts under it, or `equity`: what former years left."""

    account: str
    number: str
    name: str
    own: bool = True  # not as BAS has it


class UnfitNumber(Refusal):
    """The number of an account has digits only, and it has a name."""

    def __init__(self, number: str) -> None:
        super().__init__(
            f"{number!r} does not do: the number of an account is 1 to 10 digits, its name 1 to {NAME_MOST} characters"
        )
        self.number = number


# BAS 2026 (bas.se, the chart of accounts that most Swedish companies keep), by our heads.
_BAS = """
bank                1930  Företagskonto
clearing            1580  Fordringar för kontokort och kuponger
clearing:bank       2999  Inbetalningar att utreda
cost                4010  Inköp av laddning från roamingpartner
cost:host           4020  Ersättning till platsvärdar
dunning             3990  Påminnelseavgifter och dröjsmålsränta
energy              4030  Inköp av el
equity              2091  Balanserad vinst eller förlust
exchange            3960  Valutakursdifferenser
fees                6570  Avgifter till betaltjänster
host                2890  Skuld till platsvärdar
input_tax           2641  Debiterad ingående moms
payable             2440  Leverantörsskulder
promotion           5990  Rabatter och värdecheckar
receivable          1510  Kundfordringar
receivable:partner  1511  Kundfordringar, roamingpartner
revenue             3001  Laddning
revenue:roaming     3002  Laddning hos roamingpartner
revenue:subscription  3003  Abonnemang
revenue:voucher     3690  Övriga sidointäkter
rounding            3740  Öres- och kronutjämning
tax                 2611  Utgående moms, 25 %
tax:SE:12           2621  Utgående moms, 12 %
tax:SE:6            2631  Utgående moms, 6 %
voucher             2421  Ej inlösta presentkort
wallet              2420  Förskott från kunder
write_off           6351  Konstaterade förluster på kundfordringar
"""
BAS: tuple[Number, ...] = tuple(
    Number(account=account, number=number, name=name, own=False)
    for account, number, name in (line.split(maxsplit=2) for line in _BAS.strip().splitlines())
)


def with_own(own: Iterable[Number]) -> tuple[Number, ...]:
    """In the order of the accounts."""
    numbers = {one.account: one for one in BAS} | {one.account: one for one in own}
    return tuple(numbers[account] for account in sorted(numbers))


def checked(one: Number) -> Number:
    """Raises NotAnAccount, UnfitNumber."""
    if one.account != RETAINED:
        account_of(one.account)
    if not _NUMBER.fullmatch(one.number) or not 1 <= len(one.name.strip()) <= NAME_MOST:
        raise UnfitNumber(one.number)
    return one


class Chart:
    """Looks up the number of an account."""

    def __init__(self, numbers: Sequence[Number]) -> None:
        self._numbers = {one.account: one for one in numbers}

    def of(self, account: Account) -> Number:
        parts = str(account).split(":")
        return next(
            found
            for length in range(len(parts), 0, -1)
            if (found := self._numbers.get(":".join(parts[:length]))) is not None
        )

    @property
    def retained(self) -> Number:
        return self._numbers[RETAINED]
