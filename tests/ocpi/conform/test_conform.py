"""The tester against ourselves: nothing that we must is broken, and whatever is spoilt is noticed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from laddnav.ocpi.conform.record import Exchange, Record
from laddnav.ocpi.conform.verdicts import Outcome, findings, judged
from tests.databases import Databases
from tests.ocpi.conform import mutations
from tests.ocpi.conform.mutations import pushes
from tests.ocpi.conform.shown import TABLE, Records, Verdicts, recorded, runs, table
from tests.ocpi.conform.spoiling import MUTATIONS, spoilt

assert mutations.FILES, "mutations are listed by being imported"
pytestmark = pytest.mark.timeout(300)  # two dozen whole runs stand before the first test


@pytest.fixture(scope="module")
async def records(databases: Databases) -> Records:
    return await recorded(databases)


@pytest.fixture(scope="module")
def verdicts(records: Records) -> Verdicts:
    return {run: judged(record) for run, record in records.items()}


def fails(record: Record, exchanges: list[Exchange], id: str) -> bool:
    """Had this been said, would the requirement be broken?"""
    found = findings(replace(record, exchanges=exchanges), about=id)
    return any(one.id == id and one.problem is not None for one in found)


def test_we_do_what_we_should_in_every_version_and_role(verdicts: Verdicts) -> None:
    failed = [
        (run, one.requirement.id, one.reason)
        for run, those in verdicts.items()
        for one in those
        if one.outcome is Outcome.FAIL
    ]
    assert failed == []


def test_what_we_were_seen_to_do_is_still_seen(verdicts: Verdicts) -> None:
    """A row that is gone is a question no longer answered; `python -m tests.ocpi.conform.shown` adds new ones."""
    before, now = (runs(text) for text in (TABLE.read_text(), table(verdicts)))
    assert before - now == set()


def test_every_wrong_answer_is_noticed(records: Records) -> None:
    """By the requirement that it breaks; nothing was broken before."""
    escaped = []
    for mutation in MUTATIONS:
        record = records[mutation.run]
        assert not fails(record, record.exchanges, mutation.caught_by), mutation
        exchanges = [spoilt(one, mutation) if one.ours else one for one in record.exchanges]
        if not fails(record, exchanges, mutation.caught_by):
            escaped.append(mutation.name)
    assert escaped == []
    assert len(MUTATIONS) >= 100


def test_every_wrong_request_is_noticed(records: Records) -> None:
    escaped = []
    for spoil, id, run in pushes.SPOILT:
        record = records[run]
        assert not fails(record, record.exchanges, id), spoil
        exchanges = [one if one.ours else spoil(one) for one in record.exchanges]
        if not fails(record, exchanges, id):
            escaped.append(spoil.__name__)
    assert escaped == []


def test_a_result_that_never_comes_is_noticed(records: Records) -> None:
    record = records["2.2.1 CPO"]
    silent = [one for one in record.exchanges if "their result" not in one.step]
    assert fails(record, silent, "CMD-008")


def test_a_cpo_that_keeps_what_limits_a_charge_to_itself_is_noticed(records: Records) -> None:
    record = records["2.2.1 CPO as SCSP"]
    for step, id in (
        ("their result of GET", "CHP-008"),
        ("their PUT chargingprofiles", "CHP-014"),
        ("their result of PUT", "CHP-015"),
    ):
        assert fails(record, [one for one in record.exchanges if one.step != step], id)


def test_a_hub_that_passes_everything_on_as_it_came_is_noticed(records: Records) -> None:
    """HUB-015, HUB-016: with the token and the id of whoever asked."""
    record = records["2.2.1 HUB"]
    asked = {one.request.headers.get("x-correlation-id"): one for one in record.ours}

    def as_it_came(one: Exchange) -> Exchange:
        before = asked.get(one.request.headers.get("x-correlation-id"))
        if one.ours or before is None:
            return one
        kept = {name: before.request.headers[name] for name in ("authorization", "x-request-id")}
        return replace(one, request=replace(one.request, headers={**one.request.headers, **kept}))

    exchanges = [as_it_came(one) for one in record.exchanges]
    assert fails(record, exchanges, "HUB-015") and fails(record, exchanges, "HUB-016")


def test_a_hub_that_tells_nobody_is_noticed(records: Records) -> None:
    record = records["2.2.1 HUB"]
    for step, id in (
        ("second: their PUT locations", "HUB-030"),
        ("their PUT hubclientinfo", "HCI-002"),
        ("second: their result of START_SESSION", "HUB-046"),
    ):
        assert fails(record, [one for one in record.exchanges if one.step != step], id)


def test_a_terminal_provider_that_is_silent_is_noticed(records: Records) -> None:
    record = records["2.3.0 PTP"]
    for step, id in (("their POST of a terminal", "PAY-009"), ("their POST of a capture", "PAY-029")):
        assert fails(record, [one for one in record.exchanges if one.step != step], id)
