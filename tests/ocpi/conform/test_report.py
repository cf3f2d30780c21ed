"""A report says what failed first, shows the exchange, and never a token."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from laddnav.cli.main import COMMANDS
from laddnav.ocpi.conform.catalogue import catalogue
from laddnav.ocpi.conform.record import Answer, Endpoint, Record, Request
from laddnav.ocpi.conform.report import as_html, as_words, failed_musts
from laddnav.ocpi.conform.verdicts import Outcome, judged
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.routing import authorization

SECRET = "a-token-that-nobody-may-see"


def record(*, version: str = "2.2.1", http: int = 401) -> Record:
    """One that was asked for its versions twice: with its token, and with none."""
    kept = Record(version=version, our_role="EMSP", versions_url="https://peer.example/versions")
    kept.secrets[SECRET] = "token A"
    kept.notes |= {"peer": "SE*LAD", "peer_roles": "CPO"}
    kept.endpoints = (Endpoint(identifier="locations", role="SENDER", url="https://peer.example/2.2.1/locations"),)
    listed = [{"version": "2.2.1", "url": "https://peer.example/2.2.1"}]
    for step, token, status, data in (
        ("versions", SECRET, 200, listed),
        ("versions without a token", "", http, f"<script>{SECRET}</script>"),
    ):
        headers = {"authorization": authorization(token, encoded=True)} if token else {}
        words = {"status_code": 1000, "timestamp": "2026-11-23T08:00:00Z", "data": data}
        kept.keep(
            step=step,
            ours=True,
            at=datetime(2026, 11, 23, 8, tzinfo=UTC),
            took_ms=12,
            module="versions",
            request=Request(method="GET", url=kept.versions_url, headers=headers),
            answer=Answer(http=status, headers={"content-type": "application/json"}, body=encoded(words)),
        )
    return kept


def outcome(kept: Record, id: str) -> Outcome:
    return next(one.outcome for one in judged(kept) if one.requirement.id == id)


def test_every_requirement_has_one_verdict() -> None:
    assert [one.requirement.id for one in judged(record())] == list(catalogue())


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("VER-005", Outcome.PASS),
        ("CRED-007", Outcome.NOT_OBSERVED),
        ("TRN-004", Outcome.NOT_APPLICABLE),  # of 2.1.1 only
        ("TOK-011", Outcome.NOT_APPLICABLE),  # binds an eMSP
        ("CMD-003", Outcome.NOT_APPLICABLE),  # no commands are offered
    ],
)
def test_a_verdict_is_one_of_four(id: str, expected: Outcome) -> None:
    assert outcome(record(), id) is expected


def test_one_exchange_against_it_outweighs_all_for_it() -> None:
    """Whoever shows its versions to anybody fails, and is told in which exchange."""
    verdicts = judged(record(http=200))
    failed = next(one for one in verdicts if one.requirement.id == "VER-005")
    assert (failed.outcome, failed.exchange, failed.broken) == (Outcome.FAIL, 2, True)
    assert failed_musts(verdicts) == len([one for one in verdicts if one.broken])


def test_no_token_is_in_a_report() -> None:
    kept = record()
    verdicts = judged(kept)
    for told in (as_html(kept, verdicts), encoded(as_words(kept, verdicts)).decode(), repr(kept)):
        assert SECRET not in told
        assert authorization(SECRET, encoded=True) not in told
    assert "‹token A›" in as_html(kept, verdicts)


def test_what_a_peer_says_is_shown_and_not_obeyed() -> None:
    page = as_html(record(http=200), judged(record(http=200)))
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_the_page_needs_no_other_host() -> None:
    """What it loads by itself: nothing but an empty icon."""
    page = as_html(record(), judged(record()))
    loaded = re.findall(r'(?:src|href)="([^"#][^"]*)"', page)
    assert loaded == ["data:,"]
    assert "url(" not in page and "@import" not in page


def test_json_counts_what_it_lists() -> None:
    kept = record(http=200)
    words = as_words(kept, judged(kept))
    said = [one["verdict"] for one in words["requirements"]]
    assert words["summary"] == {outcome.value: said.count(outcome.value) for outcome in Outcome}
    assert words["failed_musts"] > 0
    assert words["exchanges"][1]["response"]["http"] == 200


def test_the_command_is_listed_with_the_network() -> None:
    assert "conform" in COMMANDS["The network"]


def test_the_catalogue_is_the_only_copy() -> None:
    root = Path(__file__).parents[3]
    copies = [path for path in root.rglob("*.tsv") if ".venv" not in path.parts and _is_catalogue(path)]
    assert [path.name for path in copies] == ["catalogue.tsv"]


def _is_catalogue(path: Path) -> bool:
    with path.open() as file:
        return file.readline().startswith("id\tversions\tmodule\trole_side")
