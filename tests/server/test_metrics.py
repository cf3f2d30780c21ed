"""What is counted as requests pass is what Prometheus reads."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from laddnav.server.metrics import Answers


def _read(answers: Answers) -> dict[tuple[str, str], float]:
    """By the sample's name, and what tells it from others of this name."""
    registry = CollectorRegistry()
    registry.register(answers)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    samples = (one for family in families for one in family.samples)
    return {(one.name, one.labels.get("status") or one.labels.get("le", "")): one.value for one in samples}


def test_each_answer_is_counted_by_its_status_and_among_all_that_took_no_longer() -> None:
    answers = Answers()
    for seconds in (0.003, 0.005, 0.3):
        answers.add("ocpi", 200, seconds)
    answers.add("ocpi", 500, 60.0)
    read = _read(answers)
    assert read["laddnav_requests_total", "200"] == 3
    assert read["laddnav_requests_total", "500"] == 1
    soon = {bound: many for (name, bound), many in read.items() if name == "laddnav_request_seconds_bucket"}
    assert (soon["0.005"], soon["0.25"], soon["0.5"], soon["10.0"], soon["+Inf"]) == (2, 2, 3, 3, 4)
    assert read["laddnav_request_seconds_count", ""] == 4
    assert read["laddnav_request_seconds_sum", ""] == 60.308


def test_of_what_nobody_asked_nothing_is_said() -> None:
    assert _read(Answers()) == {}
