"""`laddnav reprice`: what a month of CDRs would have cost under changed Tariffs. Nothing is changed by it.

The CDRs come from a file, one a line, or from an installation's database.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from laddnav.cli import saying
from laddnav.cli.files import read_as
from laddnav.cli.receipt import money
from laddnav.cli.repricing import LinesOf, Outcome, Portion, Task, of_documents, worked_off
from laddnav.cli.spelling import maybe
from laddnav.cli.words import Words, WrongCall, at_most_one_from_standard_input
from laddnav.kit.ids import fold
from laddnav.kit.money import minor_unit
from laddnav.ocpi.wire.charge import read_tariffs
from laddnav.pricing.bulk.whatif import Group, Repriced, Summary
from laddnav.pricing.model import Amount
from laddnav.pricing.policy import policy_named

WAKES = 0.3  # seconds between two looks at whether to stop: what a person takes for at once
PAGE = 1_000  # CDRs of the database at a time


def reprice(words: list[str]) -> int:
    asked = _words().parse_args(words)
    if (asked.cdrs is None) == (asked.month is None):
        raise WrongCall("Give either a FILE of CDRs or --month: those are repriced; see laddnav reprice --help")
    at_most_one_from_standard_input([asked.cdrs, *asked.tariff])
    policy = policy_named(asked.policy)
    reads = partial(read_tariffs, version=asked.version)
    tariffs = tuple(tariff for file in asked.tariff for tariff in read_as(file, reads))
    with _heard_at_once():
        done = asyncio.run(_repriced(asked, Task(tariffs, asked.timezone, policy)))
    _refuse_if_none_is_priced(done)
    for why in done.refused:
        print(f"not priced: {why}", file=sys.stderr)
    for tariff in tariffs:
        if not any(fold(tariff.id) in _named(group) for group in done.summary):
            print(f"note: none of these CDRs is on Tariff {tariff.id!r}, so it changes nothing", file=sys.stderr)
    if asked.json:
        saying.one(_spelt(done), as_json=True)
    else:
        print("\n".join(_told(done)))
    return 0


def _named(group: Group) -> list[str]:
    return [fold(id) for id in group.tariff_id.split(" + ")]


@contextmanager
def _heard_at_once() -> Iterator[None]:
    """Ctrl-C, even while standard input is read that nobody writes to: asyncio's own answer would wait for the read.

    One that comes just before the read begins would wait as well, for Python answers between its own steps only; so
    an alarm wakes it from there.
    """
    before = signal.signal(signal.SIGINT, _interrupted), signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, WAKES, WAKES)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGALRM, before[1])


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _words() -> Words:
    words = Words(
        "reprice", "Say what CDRs would have cost under changed Tariffs, by Tariff and partner; nothing is changed."
    )
    words.add_argument("cdrs", metavar="FILE", nargs="?", help="OCPI CDRs of any version, one a line")
    words.add_argument("--month", metavar="YYYY-MM", type=_month, help="instead of a file: those that ended then")
    words.add_argument(
        "--tariff",
        metavar="FILE",
        action="append",
        required=True,
        help="a changed Tariff, or a list; each takes the place of the one with its id; may be repeated",
    )
    words.add_zone()
    words.add_version()
    words.add_policy()
    words.add_argument("--party", metavar="P", help="with --month: one of our parties, such as SE*LAD")
    words.add_argument("--data", metavar="DIR", type=Path, help="with --month: the installation (LADDNAV_DATA)")
    words.add_argument("--database", metavar="URL", help="with --month: its PostgreSQL (LADDNAV_DATABASE)")
    words.add_json()
    return words


def _month(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no month, such as 2026-10") from error


async def _repriced(asked: Namespace, task: Task) -> Outcome:
    if asked.cdrs is not None:
        lines = LinesOf(asked.cdrs)
        with _bar(lines.size) as moved:
            return await worked_off(lines.portions(), task, moved)
    with _bar(None) as moved:
        return await worked_off(_of_month(asked), task, moved)


async def _of_month(asked: Namespace) -> AsyncIterator[Portion]:
    """The month as the party's own clock shows it."""
    from laddnav.cdrs import actions as cdrs
    from laddnav.cli.opening import opened, party
    from laddnav.locations import actions as locations
    from laddnav.parties import actions as parties

    async with opened(asked.data, asked.database, begin=False) as (_, installed):
        zones: dict[tuple[str, str], str] = {}
        place: str | None = None
        async with installed.unit() as unit:
            ours = await parties.meant(unit, party(asked.party))
        while True:
            async with installed.unit() as unit:
                page = await locations.page(unit, ours.holder, after=place, limit=PAGE)
            zones |= {(str(owner), location.id): location.time_zone for _, owner, location in page}
            if len(page) < PAGE:
                break
            place = page[-1][0]
        since = asked.month.replace(tzinfo=ZoneInfo(ours.time_zone))
        until = since.replace(year=since.year + since.month // 12, month=since.month % 12 + 1)
        last = ""
        while True:
            async with installed.unit() as unit:
                kept = await cdrs.ended_within(unit, ours.holder, since, until, after=last, limit=PAGE)
            if kept:
                yield Portion(partial(of_documents, [body for _, body in kept], zones), len(kept))
            if len(kept) < PAGE:
                return
            last = kept[-1][0]


@contextmanager
def _bar(whole: int | None) -> Iterator[Callable[[int], None]]:
    """One that grows where a person looks on; with an unknown whole it only moves."""
    if not sys.stderr.isatty():
        yield lambda size: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("CDRs", total=whole)
        yield lambda size: progress.advance(bar, size)


def _refuse_if_none_is_priced(done: Outcome) -> None:
    many = sum(one.many for one in done.summary.values())
    if many == 0:
        raise WrongCall("There is no CDR to reprice")
    if many == _unpriced(done):
        raise WrongCall(f"None of {many} CDRs can be priced; the first: {done.refused[0]}")


# ---- What came of it


def _with_a_price(done: Outcome) -> Summary:
    """Without those of which not even the currency is known: they are counted, and named one by one."""
    return {group: one for group, one in done.summary.items() if group.currency}


def _unpriced(done: Outcome) -> int:
    return sum(one.unpriced for one in done.summary.values())


def _sums(done: Outcome) -> dict[str, Repriced]:
    """By currency."""
    found: dict[str, Repriced] = {}
    for group, one in _with_a_price(done).items():
        found[group.currency] = found.get(group.currency, Repriced()) + one
    return found


def _spelt(done: Outcome) -> dict[str, Any]:
    return {
        "groups": [
            {"tariff_id": group.tariff_id, "partner": group.partner, "currency": group.currency} | _one(one)
            for group, one in _with_a_price(done).items()
        ],
        "unpriced": _unpriced(done),
        "totals": [{"currency": currency} | _one(one) for currency, one in _sums(done).items()],
    }


def _one(one: Repriced) -> dict[str, Any]:
    return {
        "cdrs": one.many,
        "changed": one.changed,
        "unpriced": one.unpriced,
        "was": _sides(one.was),
        "becomes": _sides(one.becomes),
        "difference": _sides(_difference(one)),
    }


def _sides(amount: Amount) -> dict[str, str | None]:
    return {"excl": maybe(amount.excl), "incl": maybe(amount.incl)}


def _difference(one: Repriced) -> Amount:
    was, becomes = one.was, one.becomes
    return Amount(
        None if was.excl is None or becomes.excl is None else becomes.excl - was.excl,
        None if was.incl is None or becomes.incl is None else becomes.incl - was.incl,
    )


def _told(done: Outcome) -> list[str]:
    head = ("tariff", "partner", "CDRs", "changed", "was", "becomes", "difference", "", "")
    rows = [_row(group, one) for group, one in _with_a_price(done).items()]
    rows += [_row(Group("all", "", currency), one) for currency, one in _sums(done).items()]
    unpriced = _unpriced(done)
    left_out = [f"Left out of the sums, for it cannot be priced: {unpriced}."] if unpriced else []
    return [*saying.table([head, *rows], frozenset(range(2, 9))), "Amounts are before taxes.", *left_out]


def _row(group: Group, one: Repriced) -> tuple[str, ...]:
    difference = _difference(one).excl
    return (
        group.tariff_id or "none",
        group.partner,
        str(one.many),
        str(one.changed),
        _to_the_coin(one.was.excl, group.currency),
        _to_the_coin(one.becomes.excl, group.currency),
        _to_the_coin(difference, group.currency),
        group.currency,
        f"{difference * 100 / one.was.excl:+.1f} %" if difference is not None and one.was.excl else "",
    )


def _to_the_coin(amount: Decimal | None, currency: str) -> str:
    return money(None if amount is None else amount.quantize(minor_unit(currency), ROUND_HALF_UP), currency)
