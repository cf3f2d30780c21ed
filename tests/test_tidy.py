"""The rules of the house that no other tool knows (ARCHITECTURE.md says why they are rules)."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp

from laddnav.ocpi.conform.catalogue import catalogue
from tests import conformance
from tests.conformance import ID

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "laddnav"
TESTS = ROOT / "tests"

# How the first line of a file says what it is for.
OPENINGS = {".py": '"""', ".sql": "--", ".js": "//", ".mjs": "//", ".css": "/*", ".html": "{#", ".txt": "#", ".md": "#"}


def files(*folders: Path, ending: str = "*.py") -> Iterator[Path]:
    for folder in folders:
        yield from (file for file in sorted(folder.rglob(ending)) if "vendor" not in file.parts and file.is_file())


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def nodes(file: Path, said: re.Pattern[str]) -> Iterator[ast.AST]:
    """All of a file in which this is said somewhere: to take the others apart would show nothing, and takes longest."""
    if said.search(file.read_text()):
        yield from ast.walk(tree(file))


def refuse(offenders: list[str]) -> None:
    assert not offenders, "\n".join(offenders)


def at(file: Path, node: ast.AST | int) -> str:
    return f"{file.relative_to(ROOT)}:{node if isinstance(node, int) else getattr(node, 'lineno', 1)}"


def docstrings(file: Path, said: re.Pattern[str]) -> Iterator[tuple[ast.AST, str]]:
    for node in nodes(file, said):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, ast.get_docstring(node) or ""


def test_every_file_opens_with_what_it_is_for() -> None:
    opened = [file for file in files(SOURCE, TESTS, ROOT / "spec", ending="*") if file.suffix in OPENINGS]
    refuse([at(f, 1) for f in opened if not f.read_text().startswith(OPENINGS[f.suffix]) and "cases" not in f.parts])


def test_a_store_is_opened_only_from_its_own_room() -> None:
    graph = grimp.build_graph("laddnav")
    stores = [module for module in graph.modules if "store" in module.split(".")]
    refuse(
        [
            f"{importer} opens {store}"
            for store in stores
            for importer in graph.find_modules_that_directly_import(store)
            if not importer.startswith(store.partition(".store")[0] + ".")
        ]
    )


def test_money_is_never_a_float() -> None:
    rooms = (SOURCE / "pricing", SOURCE / "ledger", SOURCE / "billing", SOURCE / "metering")
    refuse(
        [
            at(file, node)
            for file in [SOURCE / "kit" / "money.py", SOURCE / "kit" / "energy.py", *files(*rooms)]
            for node in ast.walk(tree(file))
            if (isinstance(node, ast.Name) and node.id == "float")
            or (isinstance(node, ast.Constant) and isinstance(node.value, float))
        ]
    )


def is_store(file: Path) -> bool:
    return file.name == "store.py" or file.parent.name == "store"


STATEMENT = re.compile(r"\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s)", re.I | re.S)
OF_A_STATEMENT = re.compile(r"(select|insert|update|delete)[\s\\]", re.I)


def test_sql_is_written_only_in_stores() -> None:
    refuse(
        [
            at(file, node)
            for file in files(SOURCE)
            if not is_store(file) and file.parent.name != "db"
            for node in nodes(file, OF_A_STATEMENT)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
        ]
    )


# Found where the word comes first after a \n, too.
TIME = re.compile(r"(?<![a-mo-z_])now\(\)|current_(timestamp|date|time)\b", re.I)


def test_no_statement_asks_the_database_for_the_time() -> None:
    refuse(
        [
            at(file, node)
            for file in filter(is_store, files(SOURCE))
            for node in nodes(file, TIME)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and TIME.search(node.value)
        ]
    )


VERSION = re.compile(r"(ocpp)?[12]\.\d(\.\d)?")


def test_only_the_wire_branches_on_a_version() -> None:
    refuse(
        [
            at(file, node)
            for file in files(SOURCE)
            if "wire" not in file.parts
            for node in nodes(file, VERSION)
            if isinstance(node, ast.Compare | ast.MatchValue)
            for part in ast.walk(node)
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and VERSION.fullmatch(part.value)
        ]
    )


# What the tester says and judges is apart from what it tests, its versions with it.
OF_THE_TESTER = SOURCE / "ocpi" / "conform" / "dialect.py"


def test_only_the_wire_names_a_version_of_ocpi() -> None:
    refuse(
        [
            at(file, node)
            for file in files(SOURCE / "ocpi")
            if "wire" not in file.parts and file != OF_THE_TESTER
            for node in nodes(file, VERSION)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and VERSION.fullmatch(node.value)
        ]
    )


# The words of verbs that wait for somebody else.
WAITING = {"ask", "client", "http", "sleep"}


def units_in(file: Path) -> Iterator[ast.AST]:
    """The blocks in which a Unit is open: the bodies of `async with ….unit()`, and functions that are given one."""
    for node in nodes(file, re.compile("|".join(WAITING))):
        if isinstance(node, ast.AsyncWith) and any(ast.unparse(i.context_expr).endswith(".unit()") for i in node.items):
            yield node
        if isinstance(node, ast.AsyncFunctionDef) and any(
            argument.annotation is not None and ast.unparse(argument.annotation) == "Unit"
            for argument in node.args.args
        ):
            yield node


def test_nobody_waits_for_others_while_a_unit_is_open() -> None:
    refuse(
        [
            f"{at(file, node)} {ast.unparse(node.value.func)}"
            for file in files(SOURCE)
            for block in units_in(file)
            for node in ast.walk(block)
            if isinstance(node, ast.Await) and isinstance(node.value, ast.Call)
            if WAITING & set(re.split(r"\W+|_", ast.unparse(node.value.func)))
        ]
    )


OCPI = re.compile(r"OCPI (2\.2\.1|2\.3\.0) ([a-z]+_[\w.-]*\w)")
OCPI_2_1_1 = re.compile(r"OCPI (2\.1\.1) (\w+ §[\d.]*\d)")
OCPP = re.compile(r"OCPP (1\.6|2\.0\.1) ((?:[a-z]+ )*(?:part \d )?§[\d.]*\d)")


@cache
def places(standard: str, version: str) -> frozenset[str]:
    """The anchors of a text, or `[file ]§number` of each of its sections."""
    lines = (ROOT / "spec" / f"{standard}-{version}.txt").read_text().splitlines()
    return frozenset(re.sub(r"(§\S+).*", r"\1", line) for line in lines if not line.startswith("#"))


def test_every_place_that_is_cited_exists() -> None:
    cited = [
        (standard, *found.groups(), at(file, text.count("\n", 0, found.start()) + 1))
        for file in files(SOURCE, TESTS, ROOT / "docs", ending="*")
        if file.suffix in OPENINGS
        for text in [file.read_text()]
        for standard, pattern in (("ocpi", OCPI), ("ocpi", OCPI_2_1_1), ("ocpp", OCPP))
        for found in pattern.finditer(text)
    ]
    refuse([f"{where} {place}" for standard, version, place, where in cited if place not in places(standard, version)])


def test_every_requirement_that_a_test_names_exists() -> None:
    named = [
        (id, at(file, node)) for file in files(TESTS) for node, text in docstrings(file, ID) for id in ID.findall(text)
    ]
    named += [(one.id, at(one.file, 1)) for one in conformance.shown()]
    refuse([f"{where} {id}" for id, where in named if id not in catalogue()])


def test_requirements_are_named_one_by_one() -> None:
    """A span also names what the test does not show."""
    span = re.compile(rf"{ID.pattern} to [A-Z]+-\d+")
    refuse([at(file, node) for file in files(TESTS) for node, text in docstrings(file, span) if span.search(text)])


def test_every_requirement_is_shown_by_a_test_or_has_a_reason() -> None:
    shown, reasons = {one.id for one in conformance.shown()}, set(conformance.reasons())
    refuse([f"{id} is shown by no test and has no reason" for id in catalogue() if id not in shown | reasons])
    refuse([f"{id} has a reason not to be shown, and is" for id in sorted(shown & reasons)])
    refuse([f"{id} has a reason and is no requirement" for id in sorted(reasons - set(catalogue()))])


def test_the_table_of_requirements_says_nothing_untrue() -> None:
    """A new test may be missing in it; what it does say is so."""
    told, true = (told_of_requirements(text) for text in (conformance.DOCUMENT.read_text(), conformance.document()))
    refuse(sorted(f"{id} {said}: `python -m tests.conformance` writes the table anew" for id, said in told - true))


def told_of_requirements(table: str) -> set[tuple[str, str]]:
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if ID.match(line, 2)]
    return {(id, said) for id, *cells, tests in rows for said in (*cells, *tests.split("; "))}


EXCEPTION = re.compile(r"# (noqa|type: ignore)(?!: [A-Z0-9, ]+ - \S|\[[a-z-, ]+\]  ?# \S)")


def test_an_exception_to_a_rule_names_the_rule_and_the_reason_on_its_line() -> None:
    refuse(
        [
            at(file, number)
            for file in files(SOURCE)
            for number, line in enumerate(file.read_text().splitlines(), 1)
            if EXCEPTION.search(line)
        ]
    )


def test_every_long_suite_is_listed() -> None:
    listed = (ROOT / "docs" / "reference" / "tests.md").read_text()
    marked = [file for file in files(TESTS) if "pytest.mark." + "long" in file.read_text()]
    refuse([at(file, 1) for file in marked if str(file.relative_to(ROOT)) not in listed])
