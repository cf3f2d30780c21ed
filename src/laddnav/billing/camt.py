"""A bank's statement as a file (ISO 20022 camt.053.001.02 and .08): read strictly, or refused, with the place of it.

A statement whose entries do not lead from its opening balance to its closing one is refused too: something is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.refusal import Refusal

MOST = 16 * 1024 * 1024  # bytes
DEPTH_MOST = 40
TEXT_MOST = 500  # characters of what somebody wrote, kept
_SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
_VERSIONS = {"02", "08"}


class NotAStatement(Refusal):
    """The file is no statement that we read; `place` is where in it that shows."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"This is no bank statement as camt.053.001.02 or .08 has it: {place}: {why}")
        self.place, self.why = place, why


class Movement(Struct, frozen=True, kw_only=True):
    """Money that came (`amount` above zero) or went: an entry, or each transaction of an entry that tells them apart.

    `key` is the bank's own reference, or what it says of it where it has none: the same in any file. `references` are
    what the payer cites in fields made for it, `texts` what they wrote.
    """

    key: str
    account: str
    booked_on: date
    amount: Decimal
    currency: str
    reversal: bool = False
    payer: str | None = None
    end_to_end: str | None = None
    references: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


class Statement(Struct, frozen=True, kw_only=True):
    """One account over some days; `pending` counts entries that the bank has not booked and we leave out."""

    id: str
    account: str
    movements: tuple[Movement, ...]
    pending: int = 0


def statements(body: bytes | str) -> tuple[Statement, ...]:
    """Of a text, whose letters were read already, what it declares of its encoding is past. Raises NotAStatement."""
    if len(body) > MOST:
        raise NotAStatement("the file", f"it has more than {MOST // 1024 // 1024} MB")
    root = _parsed(body)
    kind, _, name = root.tag[1:].partition("}")
    version = kind.removeprefix(_SPACE)
    if name != "Document" or version == kind or version not in _VERSIONS:
        raise NotAStatement("its first element", f"it is {root.tag!r}")
    reader = _Reader(f"{{{kind}}}", version)
    told = _only(root, f"{{{kind}}}BkToCstmrStmt", "Document")
    found = [reader.statement(one, number) for number, one in enumerate(told.iterfind(f"{{{kind}}}Stmt"), 1)]
    if not found:
        raise NotAStatement("BkToCstmrStmt", "it holds no Stmt")
    return tuple(found)


def _parsed(body: bytes | str) -> Element:
    """No document type, so that nothing is fetched, replaced or multiplied; and nothing that is nested without end."""
    builder, depth = TreeBuilder(), 0
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_MOST:
            raise NotAStatement(f"line {parser.CurrentLineNumber}", "its elements are nested too deep")
        builder.start(f"{{{tag}" if "}" in tag else tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(f"{{{tag}" if "}" in tag else tag)

    def refuse(*_: object) -> NoReturn:
        raise NotAStatement(f"line {parser.CurrentLineNumber}", "it declares a document type, which no bank does")

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise NotAStatement(f"line {error.lineno}", expat.ErrorString(error.code)) from error
    except (LookupError, ValueError) as error:
        raise NotAStatement("its encoding", str(error)) from error
    return builder.close()


def _only(parent: Element, tag: str, place: str) -> Element:
    found = parent.find(tag)
    if found is None:
        raise NotAStatement(place, f"it has no {tag.partition('}')[2]}")
    return found


class _Reader:
    def __init__(self, space: str, version: str) -> None:
        self._space = space
        self._version = version

    def _path(self, path: str) -> str:
        return "/".join(f"{self._space}{part}" for part in path.split("/"))

    def _text(self, parent: Element, path: str) -> str | None:
        found = parent.find(self._path(path))
        text = None if found is None or found.text is None else found.text.strip()
        return text[:TEXT_MOST] or None if text else None

    def _texts(self, parent: Element, path: str) -> tuple[str, ...]:
        found = (one.text.strip() for one in parent.iterfind(self._path(path)) if one.text)
        return tuple(text[:TEXT_MOST] for text in found if text)

    def _needed(self, parent: Element, path: str, place: str) -> str:
        found = self._text(parent, path)
        if found is None:
            raise NotAStatement(place, f"it has no {path}")
        return found

    def statement(self, told: Element, number: int) -> Statement:
        place = f"statement {number}"
        account = self._text(told, "Acct/Id/IBAN") or self._needed(told, "Acct/Id/Othr/Id", place)
        account = account.replace(" ", "").upper()
        found, pending, seen = list[Movement](), 0, dict[str, int]()
        for count, entry in enumerate(told.iterfind(self._path("Ntry")), 1):
            where = f"{place}, entry {count}"
            status = self._text(entry, "Sts/Cd") if self._version == "08" else self._text(entry, "Sts")
            if status != "BOOK":
                pending += 1
                continue
            found += self._movements(entry, account, where, seen)
        self._adds_up(told, found, place)
        id = self._needed(told, "Id", place)
        return Statement(id=id, account=account, movements=tuple(found), pending=pending)

    def _movements(self, entry: Element, account: str, place: str, seen: dict[str, int]) -> Iterator[Movement]:
        amount, currency = self._amount(entry, "Amt", place)
        sign = self._sign(entry, "CdtDbtInd", place)
        day = self._day(entry, place)
        parts = entry.findall(self._path("NtryDtls/TxDtls"))
        amounts = [self._part(one, place) for one in parts]
        told_apart = len(parts) > 1 and all(one is not None and one[1] == currency for one in amounts)
        signs = [self._sign(one, "CdtDbtInd", place, otherwise=sign) for one in parts]
        whole = sum((way * one[0] for way, one in zip(signs, amounts, strict=True) if one), Decimal(0))
        if told_apart and whole != sign * amount:
            raise NotAStatement(place, f"its transactions come to {whole} {currency} and not to {sign * amount}")
        reversal = self._text(entry, "RvslInd") in ("true", "1")
        own = self._text(entry, "AcctSvcrRef")
        one = Movement(
            key="", account=account, booked_on=day, amount=sign * amount, currency=currency, reversal=reversal
        )
        if not told_apart:
            yield self._told(one, own, parts, self._cited(entry, parts), seen)
            return
        for number, (part, way, told) in enumerate(zip(parts, signs, amounts, strict=True), 1):
            assert told is not None, "all of them tell their amount"
            ref = self._text(part, "Refs/AcctSvcrRef") or (own and f"{own}/{number}")
            yield self._told(replace(one, amount=way * told[0]), ref, [part], self._cited(None, [part]), seen)

    def _told(
        self,
        one: Movement,
        own: str | None,
        parts: Sequence[Element],
        cited: tuple[tuple[str, ...], tuple[str, ...]],
        seen: dict[str, int],
    ) -> Movement:
        """With who paid, what is cited, and its key: `own` is what the bank itself calls it."""
        told = replace(
            one,
            payer=self._payer(parts[:1], 1 if one.amount >= 0 else -1),
            end_to_end=self._end_to_end(parts[:1]),
            references=cited[0],
            texts=cited[1],
        )
        said = (told.account, told.booked_on, told.amount, told.currency, told.reversal, told.payer, told.end_to_end)
        return replace(told, key=_key(own, (*said, *cited), seen))

    def _part(self, part: Element, place: str) -> tuple[Decimal, str] | None:
        """What a transaction of an entry comes to; banks that write the older version put it among the details."""
        for path in ("Amt", "AmtDtls/TxAmt/Amt"):
            if part.find(self._path(path)) is not None:
                return self._amount(part, path, place)
        return None

    def _amount(self, parent: Element, path: str, place: str) -> tuple[Decimal, str]:
        found = _only(parent, self._path(path), place)
        try:
            amount = Decimal((found.text or "").strip())
        except InvalidOperation:
            raise NotAStatement(place, f"its {path} is {found.text!r}") from None
        currency = found.get("Ccy", "")
        if not amount.is_finite() or amount < 0 or len(currency) != 3 or not currency.isalpha():
            raise NotAStatement(place, f"its {path} is {found.text!r} {currency!r}")
        return amount, currency

    def _sign(self, parent: Element, path: str, place: str, otherwise: int | None = None) -> int:
        told = self._text(parent, path)
        if told is None and otherwise is not None:
            return otherwise
        if told not in ("CRDT", "DBIT"):
            raise NotAStatement(place, f"its {path} is {told!r}")
        return 1 if told == "CRDT" else -1

    def _day(self, entry: Element, place: str) -> date:
        told = self._text(entry, "BookgDt/Dt") or self._text(entry, "BookgDt/DtTm") or ""
        try:
            return date.fromisoformat(told[:10]) if len(told) <= 10 else datetime.fromisoformat(told).date()
        except ValueError:
            raise NotAStatement(place, f"its BookgDt is {told!r}") from None

    def _cited(self, entry: Element | None, parts: Sequence[Element]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """References in fields of their own, and what was written."""
        references = [
            text
            for part in parts
            for path in ("RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/RfrdDocInf/Nb")
            for text in self._texts(part, path)
        ]
        texts = [text for part in parts for text in self._texts(part, "RmtInf/Ustrd")]
        texts += [text for part in parts for text in self._texts(part, "AddtlTxInf")]
        if entry is not None:
            texts += self._texts(entry, "AddtlNtryInf")
        return tuple(dict.fromkeys(references)), tuple(dict.fromkeys(texts))

    def _payer(self, parts: Sequence[Element], sign: int) -> str | None:
        """Whoever is on the other side."""
        who = "Dbtr" if sign > 0 else "Cdtr"
        for part in parts:
            for path in (f"RltdPties/{who}/Nm", f"RltdPties/{who}/Pty/Nm"):
                if (name := self._text(part, path)) is not None:
                    return name
        return None

    def _end_to_end(self, parts: Sequence[Element]) -> str | None:
        for part in parts:
            found = self._text(part, "Refs/EndToEndId")
            if found not in (None, "NOTPROVIDED"):
                return found
        return None

    def _adds_up(self, told: Element, found: Sequence[Movement], place: str) -> None:
        balances = dict[str, Decimal]()
        for one in told.iterfind(self._path("Bal")):
            kind = self._text(one, "Tp/CdOrPrtry/Cd")
            if kind is not None:
                balances[kind] = self._sign(one, "CdtDbtInd", place) * self._amount(one, "Amt", place)[0]
        begun, ended = balances.get("OPBD", balances.get("PRCD")), balances.get("CLBD")
        moved = sum((one.amount for one in found), Decimal(0))
        if begun is not None and ended is not None and begun + moved != ended:
            raise NotAStatement(place, f"from {begun} its entries lead to {begun + moved} and not to {ended}")


def _key(own: str | None, said: tuple[object, ...], seen: dict[str, int]) -> str:
    """The bank's reference on its account; else what is said. Where several in a statement say the same, they count."""
    account, day, amount = said[:3]
    if own is not None:
        key = f"{account} {own} {amount}"
    else:
        key = f"{account} {day} {sha256(repr(said).encode()).hexdigest()[:24]}"
    seen[key] = seen.get(key, 0) + 1
    return key if seen[key] == 1 else f"{key} {seen[key]}"
