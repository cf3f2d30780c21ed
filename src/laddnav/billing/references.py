"""What whoever pays writes beside the money: a reference with its check digit, made of an invoice's number, read back.

Sweden writes an OCR number and Norway a KID, digits that end with a check digit (modulus 10); the rest of the world an
RF creditor reference (ISO 11649). All three hold the year and count of the invoice's number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_NUMBER = re.compile(r"([A-Z0-9]+)-(\d{4})-(\d{5,})")
_DIGITS = re.compile(r"\d(?:[ ]?\d){9,}")
_RF = re.compile(r"RF ?\d\d(?: ?[A-Z0-9]){1,21}", re.IGNORECASE)
_BY_DIGITS = {"SE", "NO"}


def reference(number: str, country: str) -> str:
    """Of an invoice's number; a number that none of ours looks like is its own reference."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        return number
    digits = found[2] + found[3]
    if country in _BY_DIGITS:
        return digits + check_digit(digits)
    body = found[1] + digits
    return f"RF{_rf_check(body)}{body}"


def numbers_in(texts: Iterable[str], party: str) -> tuple[str, ...]:
    """Invoice numbers of `party` (its three letters) that stand in these, each once: by number or by reference."""
    return tuple(dict.fromkeys(number for text in texts for number in _found(text, party)))


def _found(text: str, party: str) -> Iterator[str]:
    for written in _NUMBER.finditer(text.upper()):
        if written[1] == party:
            yield written[0]
    for rf in _RF.finditer(text):
        bare = rf[0].replace(" ", "").upper()
        # What follows the reference without a blank was taken for a part of it: the longest that its digits prove.
        for end in range(len(bare), 4, -1):
            if rf_fits(bare[:end]) and (number := _number(bare[4:end], party)):
                yield number
                break
    for digits in _DIGITS.finditer(_RF.sub(" ", _NUMBER.sub(" ", text.upper()))):
        bare = digits[0].replace(" ", "")
        if check_digit(bare[:-1]) == bare[-1]:
            yield f"{party}-{bare[:4]}-{bare[4:-1]}"


def _number(body: str, party: str) -> str | None:
    found = re.fullmatch(rf"{re.escape(party)}(\d{{4}})(\d{{5,}})", body)
    return None if found is None else f"{party}-{found[1]}-{found[2]}"


def check_digit(digits: str) -> str:
    """Modulus 10, doubled from the right (Luhn), as Bankgirot and Norwegian banks check it."""
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def _rf_check(body: str) -> str:
    """The two digits of ISO 11649, by modulus 97 as ISO 7064 has it."""
    return f"{98 - _of_97(body + 'RF00'):02}"


def rf_fits(reference: str) -> bool:
    return re.fullmatch(r"RF\d\d[A-Z0-9]{1,21}", reference) is not None and _of_97(reference[4:] + reference[:4]) == 1


def iban_fits(iban: str) -> bool:
    """Whether its check digits prove it (ISO 13616); written without blanks."""
    return re.fullmatch(r"[A-Z]{2}\d\d[A-Z0-9]{10,30}", iban) is not None and _of_97(iban[4:] + iban[:4]) == 1


def _of_97(text: str) -> int:
    return int("".join(str(int(sign, 36)) for sign in text)) % 97


def grouped(reference: str) -> str:
    """As it is read: an RF reference in fours, digits as they are."""
    if not reference.startswith("RF"):
        return reference
    return " ".join(reference[place : place + 4] for place in range(0, len(reference), 4))
