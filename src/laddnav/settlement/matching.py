"""A partner's table of CDRs: which of its columns says what, what a row claims, and why it differs from ours.

Pure, and row by row, so that a table may be of any length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from laddnav.kit.ids import PartyId, fold
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal
from laddnav.settlement.model import Side

ENERGY_APART = Decimal(10)  # Wh: tables tell kWh with two or three decimals
HEADER_MOST = 200  # columns
CELL_MOST = 300  # characters


class UnreadableTable(Refusal):
    """The table lacks what it takes to compare it."""


class UnknownFile(Refusal):
    """No file of this ref was held against our CDRs."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no file {ref}")
        self.ref = ref


class Column(StrEnum):
    """What a column says. An id or a start has to be there, and an amount before VAT."""

    ID = "id"
    EVSE = "evse"
    STARTED = "started"
    ENDED = "ended"
    KWH = "kwh"
    WH = "wh"
    AMOUNT = "amount"
    CURRENCY = "currency"


# As tables call them that operators sent around; folded, with only letters and digits.
_NAMES = {
    Column.ID: "id cdrid cdr cdrreference recordid chargedetailrecordid transactionid",
    Column.EVSE: "evse evseid evseuid chargepoint chargepointid laddpunkt ladepunkt",
    Column.STARTED: "start started startedat starttime startdatetime sessionstart startdate beginn starttid",
    Column.ENDED: "end ended endedat endtime enddatetime stop stoptime sessionend enddate ende sluttid",
    Column.KWH: "kwh energykwh totalenergy energy consumedkwh volumekwh totalkwh energi energie",
    Column.WH: "wh energywh",
    Column.AMOUNT: "amount amountexcl amountexclvat totalcost totalcostexclvat totalexcl net netamount cost price"
    " totalnet belopp betrag nettobetrag priceexclvat totalcostbeforetaxes",
    Column.CURRENCY: "currency currencycode valuta waehrung",
}
NAMES = {name: column for column, names in _NAMES.items() for name in names.split()}


class Claim(Struct, frozen=True, kw_only=True):
    """A row of the table; `id` empty: it tells none. What it does not tell is None."""

    number: int
    id: str
    evse: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    energy_wh: Decimal | None = None
    amount: Decimal
    currency: str


class Cause(StrEnum):
    """The likely cause of a difference."""

    UNREADABLE = "UNREADABLE"  # the row says nothing that could be compared
    REPEATED = "REPEATED"  # the table has this id before
    UNKNOWN_HERE = "UNKNOWN_HERE"  # in the table, and not here
    UNKNOWN_THERE = "UNKNOWN_THERE"  # here, and not in the table
    CREDITED = "CREDITED"  # not in the table: it is taken back, or takes one back
    LATE = "LATE"  # not in the table: it came when the month was over
    HELD = "HELD"  # in the table, and in dispute here
    REFUSED = "REFUSED"  # in the table, and rejected here
    OTHER_ID = "OTHER_ID"  # the same charge under another id
    OTHER_PERIOD = "OTHER_PERIOD"  # it ended in another month
    CURRENCY = "CURRENCY"
    SIGN = "SIGN"  # a credit told above zero
    TAX = "TAX"  # the amount is with VAT
    ROUNDING = "ROUNDING"  # a coin
    ENERGY = "ENERGY"  # other energy, and so another amount
    TIME = "TIME"  # other times, and so another amount
    PRICE = "PRICE"  # the same charge at another price


class Phase(StrEnum):
    """How far a file has come; each is one step or some, and begins again where it broke off."""

    READING = "READING"
    BROKEN = "BROKEN"  # reading broke off; the same table sent again goes on there
    GIVEN_UP = "GIVEN_UP"  # it broke off and nobody sent it again: what was read is forgotten
    MATCHING = "MATCHING"  # by id
    GUESSING = "GUESSING"  # by facts
    JUDGING = "JUDGING"  # why each differs
    DONE = "DONE"


class Counted(Struct, frozen=True, kw_only=True):
    """Differences of one cause; `apart` is what the partner asks for, or grants, above us."""

    cause: Cause
    many: int
    apart: Decimal


class File(Struct, frozen=True, kw_only=True):
    """A partner's table about the CDRs of one `side` in a month. `columns` say where in a row something stands.

    `read` of `size` bytes, and `rows`, are read; of these `equal` agree with ours. `theirs` and `ours` are the sums.
    Its first row begins after `header` bytes. `why` it broke off, where its reading did.
    """

    holder: PartyId
    ref: str
    partner: PartyId
    side: Side
    month: str
    currency: str
    begin_at: datetime
    end_at: datetime
    time_zone: str
    name: str
    digest: str
    size: int
    columns: dict[str, int] = {}
    delimiter: str = ","
    phase: Phase = Phase.READING
    why: str = ""
    header: int = 0
    read: int = 0
    rows: int = 0
    equal: int = 0
    theirs: Decimal = Decimal(0)
    ours: Decimal = Decimal(0)
    ours_many: int = 0
    differences: tuple[Counted, ...] = ()
    begun_at: datetime
    begun_by: str
    last_updated: datetime

    @property
    def done(self) -> bool:
        return self.phase is Phase.DONE

    @property
    def over(self) -> bool:
        """Nothing happens to it any more."""
        return self.phase in (Phase.DONE, Phase.GIVEN_UP)

    @property
    def is_being_read(self) -> bool:
        """It takes the table itself to go on."""
        return self.phase in (Phase.READING, Phase.BROKEN)

    @property
    def cpo(self) -> PartyId:
        return self.holder if self.side is Side.OURS else self.partner


# ---- Reading


def delimiter_of(header: str) -> str:
    """What separates most columns."""
    return max(";,\t|", key=header.count)


def columns_of(header: Sequence[str], said: Mapping[str, str] | None = None) -> dict[str, int]:
    """Where each Column stands; `said` names the header of some that go by another name. Raises UnreadableTable."""
    if len(header) > HEADER_MOST:
        raise UnreadableTable(f"The table has more than {HEADER_MOST} columns")
    folded = [_folded(cell) for cell in header]
    found: dict[str, int] = {}
    for column, name in (said or {}).items():
        if column not in set(Column) or _folded(name) not in folded:
            raise UnreadableTable(f"No column of the table is called {name[:80]!r}, which is to say {column[:20]!r}")
        found[column] = folded.index(_folded(name))
    for place, name in enumerate(folded):
        known = NAMES.get(name)
        if known is not None:
            found.setdefault(known, place)
    if Column.AMOUNT not in found or not {Column.ID, Column.STARTED} & set(found):
        shown = ", ".join(cell[:40] for cell in header[:20])
        raise UnreadableTable(f"An amount is needed, and an id or a start; the columns are called: {shown}")
    return found


def _folded(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.strip("\ufeff ").casefold().replace("ä", "ae").replace("ö", "oe"))


class UnreadableRow(Exception):
    """A row that claims nothing that could be compared; the message says why."""


class Reader:
    """Reads the rows of one File."""

    def __init__(self, file: File) -> None:
        self._at = {Column(name): place for name, place in file.columns.items()}
        self._zone = ZoneInfo(file.time_zone)
        self._currency = file.currency

    def claim(self, number: int, row: Sequence[str]) -> Claim:
        """Raises UnreadableRow."""
        amount = self._number(row, Column.AMOUNT)
        started_at = self._instant(row, Column.STARTED)
        id = self._cell(row, Column.ID)
        if amount is None:
            raise UnreadableRow("it tells no amount")
        if not id and started_at is None:
            raise UnreadableRow("it tells neither an id nor a start")
        kwh, wh = self._number(row, Column.KWH), self._number(row, Column.WH)
        return Claim(
            number=number,
            id=id,
            evse=evse_key(self._cell(row, Column.EVSE)),
            started_at=started_at,
            ended_at=self._instant(row, Column.ENDED),
            energy_wh=wh if kwh is None else kwh * 1000,
            amount=amount,
            currency=self._cell(row, Column.CURRENCY).upper()[:3] or self._currency,
        )

    def _cell(self, row: Sequence[str], column: Column) -> str:
        place = self._at.get(column)
        return "" if place is None or place >= len(row) else row[place].strip()[:CELL_MOST].replace("\0", "")

    def _number(self, row: Sequence[str], column: Column) -> Decimal | None:
        text = self._cell(row, column)
        return None if not text else number_of(text)

    def _instant(self, row: Sequence[str], column: Column) -> datetime | None:
        text = self._cell(row, column)
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise UnreadableRow(f"{text[:40]!r} is no time as ISO 8601 has it") from None
        try:
            return (at if at.tzinfo else at.replace(tzinfo=self._zone)).astimezone(UTC)
        except OverflowError:
            raise UnreadableRow(f"{text[:40]!r} is no time of ours") from None


def number_of(text: str) -> Decimal:
    """1234.56, 1 234,56 and 1.234,56 are the same; after a comma alone come decimals. Raises UnreadableRow."""
    if len(text) < 11 and text.isascii() and text.replace(".", "", 1).isdecimal():  # as most are written
        return Decimal(text)
    plain = text.replace("\N{NO-BREAK SPACE}", "").replace(" ", "").replace("\N{MINUS SIGN}", "-")
    if "," in plain:
        plain = (
            plain.replace(".", "").replace(",", ".") if plain.rfind(",") > plain.rfind(".") else plain.replace(",", "")
        )
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise UnreadableRow(f"{text[:40]!r} is no number") from None
    if not number.is_finite() or abs(number) >= 10**12 or int(number.as_tuple().exponent) < -9:
        raise UnreadableRow(f"{text[:40]!r} is no amount that anybody asks for")
    return number


@lru_cache(maxsize=65_536)
def evse_key(id: str) -> str:
    """`SE*LAD*E1` and `SELADE1` are the same Evse."""
    return re.sub(r"[^a-z0-9]", "", fold(id))


# ---- Why


class Ours(Struct, frozen=True, kw_only=True):
    """A CDR here as it is compared; `incl` None where its taxes are not told."""

    id: str
    ref: str
    started_at: datetime
    ended_at: datetime
    energy_wh: Decimal
    amount: Decimal
    incl: Decimal | None = None
    currency: str
    credit: bool = False
    credited: bool = False
    standing: str | None = None
    came_at: datetime


class Difference(Struct, frozen=True, kw_only=True):
    """What a row of the table says and what is here; one of the two may be missing. `guessed`: matched by its facts."""

    place: int
    number: int | None = None
    theirs: Claim | None = None
    ours: Ours | None = None
    guessed: bool = False
    cause: Cause | None = None
    note: str = ""

    @property
    def apart(self) -> Decimal:
        """What the table has above us."""
        theirs = Decimal(0) if self.theirs is None else self.theirs.amount
        return theirs - (Decimal(0) if self.ours is None else self.ours.amount)


def cause_of(one: Difference, *, begin_at: datetime, end_at: datetime) -> Cause:
    """The first that fits, what explains the whole difference before what explains a part of it."""
    theirs, ours = one.theirs, one.ours
    if theirs is None:
        assert ours is not None, "a difference is of something"
        if ours.credit or ours.credited:
            return Cause.CREDITED
        return Cause.LATE if ours.came_at >= end_at else Cause.UNKNOWN_THERE
    if ours is None:
        return Cause.UNKNOWN_HERE
    if theirs.currency != ours.currency:
        return Cause.CURRENCY
    if ours.standing in ("REJECTED", "SETTLED"):
        return Cause.REFUSED
    if ours.standing == "DISPUTED":
        return Cause.HELD
    return _of_amounts(one, theirs, ours, begin_at, end_at)


def _of_amounts(one: Difference, theirs: Claim, ours: Ours, begin_at: datetime, end_at: datetime) -> Cause:
    apart = abs(one.apart)
    coin = minor_unit(ours.currency)
    if apart == 0:
        if one.guessed:
            return Cause.OTHER_ID
        if not begin_at <= ours.ended_at < end_at:
            return Cause.OTHER_PERIOD
        return Cause.ENERGY
    if theirs.amount == -ours.amount:
        return Cause.SIGN
    if apart <= coin:
        return Cause.ROUNDING
    if _is_with_tax(theirs.amount, ours, coin):
        return Cause.TAX
    if theirs.energy_wh is not None and abs(abs(theirs.energy_wh) - ours.energy_wh) > ENERGY_APART:
        return Cause.ENERGY
    minute = timedelta(minutes=1)
    times = ((theirs.started_at, ours.started_at), (theirs.ended_at, ours.ended_at))
    if any(said is not None and abs(said - known) > minute for said, known in times):
        return Cause.TIME
    return Cause.PRICE


# Standard rates of the Union, of Norway and of Switzerland; a total of a CDR that tells its taxes says it exactly.
_RATES = tuple(map(Decimal, "8.1 17 18 19 20 21 22 23 24 25 25.5 27".split()))


def _is_with_tax(amount: Decimal, ours: Ours, coin: Decimal) -> bool:
    if ours.incl is not None and ours.incl != ours.amount:
        return abs(amount - ours.incl) <= coin
    return any(abs(amount - ours.amount * (100 + rate) / 100) <= coin for rate in _RATES)
