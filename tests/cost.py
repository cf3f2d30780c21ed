"""What tests cost in seconds of a core, for `bin/test --cost`; the clock would say more of the machine's other work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

TICKS = os.sysconf("SC_CLK_TCK")  # a second
SHOWN = 25


def spent() -> float:
    """Seconds of this process, of all that came from it and lives, and of what these have seen end.

    Only these are looked at: to read of every process of the machine took as long as many a test.
    """
    total, ahead = 0.0, [str(os.getpid())]
    while ahead:
        process = Path("/proc") / ahead.pop()
        with suppress(OSError):
            fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15])) / TICKS
            for task in (process / "task").iterdir():
                with suppress(OSError):
                    ahead += (task / "children").read_text().split()
    return total


class Costs:
    """Each worker measures its tests, and tells with the report of their end; who started the workers adds up."""

    def __init__(self) -> None:
        self._of_tests: dict[str, float] = {}
        self._before = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        if call.when == "teardown":
            # A browser that ends takes what it has spent with it, which was counted before.
            item.user_properties.append(("cost", max(0.0, spent() - self._before)))
        return (yield)

    def pytest_runtest_logstart(self) -> None:
        self._before = spent()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, seconds in report.user_properties:
            if name == "cost" and report.when == "teardown":
                self._of_tests[report.nodeid] = float(str(seconds))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        of_files: dict[str, float] = {}
        for id, seconds in self._of_tests.items():
            file = id.partition("::")[0]
            of_files[file] = of_files.get(file, 0) + seconds
        terminalreporter.section(f"{sum(of_files.values()):,.0f} seconds of a core")
        for costs in (of_files, self._of_tests):
            for name, seconds in sorted(costs.items(), key=lambda one: -one[1])[:SHOWN]:
                terminalreporter.write_line(f"{seconds:8.1f} {name}")
            terminalreporter.write_line("")
