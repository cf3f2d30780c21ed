"""What a run says, for programs as one JSON object and for the partner as one page that needs nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from itertools import groupby
from typing import Any

import msgspec
from jinja2 import Environment, StrictUndefined
from msgspec import Struct

from laddnav.kit.time import rfc3339
from laddnav.ocpi.conform.record import Exchange, Record
from laddnav.ocpi.conform.verdicts import Outcome, Verdict
from laddnav.ocpi.wire.codec import encoded

_BODY_MAX = 6000  # characters of a body on the page; the JSON has all of it


class Tally(Struct, frozen=True, kw_only=True):
    """The verdicts of one module, counted."""

    module: str
    passed: int
    failed: int  # MUSTs
    advised: int  # SHOULDs and MAYs that failed
    unseen: int
    verdicts: tuple[Verdict, ...]

    @property
    def seen(self) -> int:
        return self.passed + self.failed + self.advised

    def share(self, count: int) -> str:
        """Of what applies, as a width."""
        return f"{100 * count / max(self.seen + self.unseen, 1):.2f}%"


def failed_musts(verdicts: Iterable[Verdict]) -> int:
    return sum(one.broken for one in verdicts)


def as_words(record: Record, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """One JSON object: the summary first, then each requirement, then what was said."""
    counted = Counter(one.outcome.value for one in verdicts)
    return {
        "versions_url": record.versions_url,
        "version": record.version,
        "peer": record.notes.get("peer"),
        "peer_roles": [role for role in record.notes.get("peer_roles", "").split(",") if role],
        "their_role": record.their_role,
        "our_role": record.our_role,
        "began_at": rfc3339(record.exchanges[0].at) if record.exchanges else None,
        "failed_musts": failed_musts(verdicts),
        "summary": {outcome.value: counted[outcome.value] for outcome in Outcome},
        "requirements": [
            {
                "id": one.requirement.id,
                "level": one.requirement.level.value,
                "module": one.requirement.module,
                "side": one.requirement.side,
                "requirement": one.requirement.text,
                "verdict": one.outcome.value,
                "reason": record.masked(one.reason),
                "exchange": one.exchange,
            }
            for one in verdicts
        ],
        "exchanges": [_exchange(one, record) for one in record.exchanges],
    }


def as_html(record: Record, verdicts: Sequence[Verdict]) -> str:
    """A page for the partner: failed MUSTs first, each with the exchange that shows it; every id after them."""
    template = files(__package__).joinpath("report.html").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    failing = [one for one in verdicts if one.outcome is Outcome.FAIL]
    applies = [one for one in verdicts if one.outcome is not Outcome.NOT_APPLICABLE]
    shown = sorted({one.exchange for one in applies if one.exchange is not None})
    return environment.from_string(template).render(
        record=record,
        began_at=rfc3339(record.exchanges[0].at),
        musts=[one for one in failing if one.broken],
        shoulds=[one for one in failing if not one.broken],
        tallies=_tallies(applies),
        total=_tally("", applies),
        left_out=len(verdicts) - len(applies),
        exchanges={number: _exchange(record.exchanges[number - 1], record) for number in shown},
        pretty=_pretty,
        object=lambda words: _pretty(record.masked(encoded(words).decode())),
        masked=record.masked,
    )


def _tallies(verdicts: Sequence[Verdict]) -> list[Tally]:
    return [_tally(module, list(those)) for module, those in groupby(verdicts, lambda one: one.requirement.module)]


def _tally(module: str, verdicts: Sequence[Verdict]) -> Tally:
    failed = sum(one.broken for one in verdicts)
    return Tally(
        module=module,
        passed=sum(one.outcome is Outcome.PASS for one in verdicts),
        failed=failed,
        advised=sum(one.outcome is Outcome.FAIL for one in verdicts) - failed,
        unseen=sum(one.outcome is Outcome.NOT_OBSERVED for one in verdicts),
        verdicts=tuple(verdicts),
    )


def _exchange(one: Exchange, record: Record) -> dict[str, Any]:
    return {
        "number": one.number,
        "step": one.step,
        "by": "tester" if one.ours else "peer",
        "at": rfc3339(one.at),
        "took_ms": one.took_ms,
        "request": {
            "method": one.request.method,
            "url": record.masked(one.request.url),
            "headers": _headers(one.request.headers, record),
            "body": record.masked(one.request.body.decode(errors="replace")),
        },
        "response": {
            "http": one.answer.http,
            "headers": _headers(one.answer.headers, record),
            "body": record.masked(one.answer.body.decode(errors="replace")),
        },
    }


def _headers(headers: Mapping[str, str], record: Record) -> dict[str, str]:
    return {name: record.masked(value) for name, value in headers.items()}


def _pretty(body: str) -> str:
    """JSON with line breaks; what is long is cut, and says so."""
    try:
        text = msgspec.json.format(body.encode(), indent=2).decode()
    except msgspec.DecodeError:
        text = body
    if len(text) <= _BODY_MAX:
        return text
    return f"{text[:_BODY_MAX]}\n… and {len(text) - _BODY_MAX} more characters"
