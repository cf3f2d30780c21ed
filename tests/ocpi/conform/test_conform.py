"""The tester against ourselves: nothing that we must is broken, and whatever is spoilt is noticed."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from laddnav.ocpi.conform.record import Exchange, Record
from laddnav.ocpi.conform.verdicts import Outcome, findings, judged
from tests.conftest import Databases
from tests.ocpi.conform import mutations
from tests.ocpi.conform.mutations import pushes
from tests.ocpi.conform.shown import TABLE, Records, recorded, runs, table
from tests.ocpi.conform.spoiling import MUTATIONS, spoilt

assert mutations.FILES, "mutations are listed by being imported"
pytestmark = pytest.mark.timeout(300)  # six whole runs stand before the first test


@pytest.fixture(scope="module")
def records(databases: Databases) -> Records:
    return asyncio.run(recorded(databases))


def failed(record: Record) -> dict[str, str]:
    """Why, by id."""
    return {one.requirement.id: one.reason for one in judged(record) if one.outcome is Outcome.FAIL}


def fails(record: Record, exchanges: list[Exchange], id: str) -> bool:
    """Had this been said, would the requirement be broken?"""
    found = findings(replace(record, exchanges=exchanges), about=id)
    return any(one.id == id and one.problem is not None for one in found)


def test_we_do_what_we_should_in_every_version_and_role(records: Records) -> None:
    assert {key: failed(record) for key, record in records.items()} == {key: {} for key in records}


def test_what_we_were_seen_to_do_is_still_seen(records: Records) -> None:
    """A row that is gone is a question no longer answered; `python -m tests.ocpi.conform.shown` adds new ones."""
    before, now = (runs(text) for text in (TABLE.read_text(), table(records)))
    assert before - now == set()


def test_every_wrong_answer_is_noticed(records: Records) -> None:
    """By the requirement that it breaks; nothing was broken before."""
    escaped = []
    for mutation in MUTATIONS:
        record = records[f"2.2.1 {mutation.of}"]
        exchanges = [spoilt(one, mutation) if one.ours else one for one in record.exchanges]
        if not fails(record, exchanges, mutation.caught_by):
            escaped.append(mutation.name)
    assert escaped == []
    assert len(MUTATIONS) >= 100


def test_every_wrong_request_is_noticed(records: Records) -> None:
    record = records["2.2.1 CPO"]
    escaped = []
    for spoil, id in pushes.SPOILT:
        exchanges = [one if one.ours else spoil(one) for one in record.exchanges]
        if not fails(record, exchanges, id):
            escaped.append(spoil.__name__)
    assert escaped == []


def test_a_result_that_never_comes_is_noticed(records: Records) -> None:
    record = records["2.2.1 CPO"]
    silent = [one for one in record.exchanges if "their result" not in one.step]
    assert fails(record, silent, "CMD-008")
