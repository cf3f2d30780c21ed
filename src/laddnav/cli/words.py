"""The words of a command, read by the standard library alone: Typer takes longer to load than a price to make."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import NoReturn

from laddnav.kit.refusal import Refusal

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
LANGUAGES = ("en", "sv")


class WrongCall(Refusal):
    """A word of the command cannot be what it says."""


class Words(ArgumentParser):
    """What a command takes; `laddnav NAME --help` shows it, and a wrong word is a refusal in one line."""

    def __init__(self, name: str, does: str) -> None:
        super().__init__(
            prog=f"laddnav {name}",
            description=does,
            epilog="A FILE is JSON, .gz too; - is standard input. Exit status: 0 done, 1 the answer is no, 2 wrong.",
            allow_abbrev=False,
            # As wide whoever asks: the terminal's width would be asked for by importing half of the system.
            formatter_class=partial(RawDescriptionHelpFormatter, width=110, max_help_position=26),
        )

    def error(self, message: str) -> NoReturn:
        raise WrongCall(f"{message}; see {self.prog} --help")

    def add_tariffs(self, help: str) -> None:
        self.add_argument("--tariff", metavar="FILE", action="append", default=[], help=f"a Tariff, or a list; {help}")

    def add_version(self) -> None:
        self.add_argument("--version", metavar="V", choices=VERSIONS, help="of OCPI; else the file's own words tell")

    def add_zone(self) -> None:
        self.add_argument("--timezone", metavar="Z", help="of the Location, such as Europe/Stockholm")

    def add_policy(self) -> None:
        from laddnav.pricing.policy import OURS, PRESETS

        self.add_argument(
            "--policy", metavar="NAME", default=OURS.name, help=f"how unclear text is read: {', '.join(PRESETS)}"
        )

    def add_language(self) -> None:
        self.add_argument("--language", metavar="L", default="en", choices=LANGUAGES, help="of sentences: en or sv")

    def add_json(self) -> None:
        self.add_argument("--json", action="store_true", help="answer one JSON object")


def spoken(version: str | None) -> str | None:
    """The version of OCPI that was named, if one was. Raises WrongCall."""
    if version not in (None, *VERSIONS):
        raise WrongCall(f"{version!r} is no version of OCPI; {', '.join(VERSIONS)} are")
    return version


def amount(text: str) -> Decimal:
    """A number above nothing, for `type=`."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ArgumentTypeError(f"{text!r} is no number") from error
    if not number.is_finite() or number <= 0 or abs(number.adjusted()) > 12:
        raise ArgumentTypeError(f"{text!r} is no amount above 0 that anybody could mean")
    return number


def instant(text: str) -> datetime:
    """An instant, with or without its zone, for `type=`."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no date and time, such as 2026-11-21T18:00:00+01:00") from error


def at_most_one_from_standard_input(files: Sequence[str | None]) -> None:
    """Raises WrongCall: what is read once is gone."""
    if files.count("-") > 1:
        raise WrongCall("Only one file can be -, for standard input can be read once")
