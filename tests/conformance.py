"""Which test shows which requirement of OCPI; `python -m tests.conformance` writes docs/reference/ocpi-conformance.md.

A test shows the requirements that its docstring names, a case those that it lists. What no test can show has its reason
in `tests/ocpi/unshown.tsv`.
"""

import ast
import csv
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from laddnav.ocpi.conform.catalogue import Requirement, catalogue

TESTS = Path(__file__).parent
DOCUMENT = TESTS.parent / "docs" / "reference" / "ocpi-conformance.md"
UNSHOWN = TESTS / "ocpi" / "unshown.tsv"

ID = re.compile(rf"\b(?:{'|'.join(sorted({id.split('-')[0] for id in catalogue()}))})-\d+\b")

OPENING = """\
# OCPI: which test shows which requirement

Written by `.venv/bin/python -m tests.conformance`; `tests/test_tidy.py` fails when a line of it is not true. The
requirements are those of our own catalogue (`src/laddnav/ocpi/conform/catalogue.tsv`): what the texts of OCPI 2.1.1,
2.2.1 and 2.3.0 ask for, in our words, with a mark where the text leaves it open. The last column names the tests by the
sentences that they are, and the cases by their folders; *not shown* says why no test can.
"""


class Shown(NamedTuple):
    """A requirement, and a test or a case that shows it; `said` is how it reads."""

    id: str
    said: str
    file: Path

    def __str__(self) -> str:
        return f"[{self.said}](../../{self.file.relative_to(TESTS.parent)})"


@cache
def shown() -> tuple[Shown, ...]:
    return tuple(_shown())


def _shown() -> Iterator[Shown]:
    for file in sorted(TESTS.rglob("test_*.py")):
        text = file.read_text()
        for node in ast.walk(ast.parse(text)) if ID.search(text) else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for id in ID.findall(ast.get_docstring(node) or ""):
                    yield Shown(id, node.name.removeprefix("test_").replace("_", " "), file)
    for case in sorted((TESTS / "cases").glob("*/*/session.json")):
        for id in json.loads(case.read_text())["shows"]:
            yield Shown(id, case.parent.name, case.parent)
    for table in sorted((TESTS / "cases" / "ocpi").glob("fields*.tsv")):
        for id in sorted(set(ID.findall(table.read_text()))):
            yield Shown(id, f"field by field, {table.name}", table)


def reasons() -> Mapping[str, str]:
    """Why no test shows a requirement, by its id."""
    with UNSHOWN.open() as file:
        return {row["id"]: row["reason"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def document() -> str:
    by: dict[str, list[str]] = {}
    for one in dict.fromkeys(shown()):
        by.setdefault(one.id, []).append(str(one))
    by |= {id: [f"*not shown*: {reason}"] for id, reason in reasons().items()}
    lines = [OPENING]
    for module in dict.fromkeys(one.module for one in catalogue().values()):
        lines += [f"## {module}", "", "| id | versions | level | requirement | shown by |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        lines += [_row(one, by.get(one.id, [])) for one in catalogue().values() if one.module == module]
        lines.append("")
    return "\n".join(lines)


def _row(one: Requirement, by: list[str]) -> str:
    return f"| {one.id} | {', '.join(one.versions)} | {one.level} | {one.text} | {'; '.join(by)} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
