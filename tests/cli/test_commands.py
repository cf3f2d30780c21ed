"""The commands as they are called: what they say, with which status, and that a wrong call changes nothing."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from pathlib import Path

from laddnav.sim import network
from tests.cli.conftest import Command
from tests.takeover.exports import STEVE

FEED = [json.loads(line) for line in network.feed().splitlines()]


def test_a_network_is_built_from_nothing_by_commands_alone(laddnav: Command, database_url: str, tmp_path: Path) -> None:
    laddnav.environment["LADDNAV_DATABASE"] = database_url
    party = laddnav.json("party", "add", "DE*SLB", "--roles", "cpo", "--name", "SWLB Mobilität", "--json")
    assert (party["holder"], party["roles"], party["currency"], party["time_zone"]) == (
        "DE*SLB",
        ["CPO"],
        "EUR",
        "Europe/Berlin",
    )
    elsewhere = ("--vat-in", "NL987654321B01:2026-01-01", "--one-stop-shop", "DE123456788:2025-07-01")
    called = ("--contact", "Ada Berg, +49 711 1234, rechnungen@swlb.example")
    party = laddnav.json(
        "party", "set", "DE*SLB", "--vat-number", "DE123456788", *elsewhere, *called, "--round-to", "0.05", "--json"
    )
    assert (party["vat_number"], party["round_to"], party["currency"]) == ("DE123456788", 0.05, "EUR")
    assert party["contact"] == {"name": "Ada Berg", "telephone": "+49 711 1234", "email": "rechnungen@swlb.example"}
    assert [(one["country"], one["one_stop_shop"]) for one in party["vat_registrations"]] == [
        ("NL", False),
        ("DE", True),
    ]
    feed = tmp_path / "feed.json.gz"
    feed.write_bytes(gzip.compress(json.dumps({"next": "x", "items": FEED[:3]}).encode()))
    said = laddnav("import", "locations", str(feed))
    counts = json.loads(said.stdout)
    assert counts["locations"] == {"read": 3, "new_or_changed": 3}
    assert (counts["party"], counts["refused"]) == ("DE*SLB", 0)
    reported = said.stderr.splitlines()
    assert len(reported) == counts["repaired"] == sum(counts["repairs"].values())
    assert "repaired /items/0/evses/0/physical_reference: physical_reference was an empty text" in said.stderr

    evse = FEED[0]["evses"][0]["uid"]
    station = laddnav.json("station", "add", "ST-7", "--evse", evse, "--json")
    assert station["evses"] == [{"evse_no": 1, "location_id": FEED[0]["id"], "evse_uid": evse}]
    assert len(station["password"]) == 20
    assert station["url"] == "ws://127.0.0.1:8480/ocpp/ST-7"
    assert [one["id"] for one in laddnav.lines("station", "list", "--json")] == ["ST-7"]
    assert laddnav("report", "energy", "--csv").stdout.startswith("holder,month,of,charges,delivered_wh,billed_wh,")

    key = laddnav.json("api-key", "create", "--role", "operator", "--party", "DE*SLB", "--json")
    assert key["key"].startswith("lad_")
    who = ("--our-party", "DE*SLB", "--our-role", "CPO", "--version", "2.1.1")
    invitation = laddnav.json("partner", "invite", *who, "--json")
    assert invitation["versions_url"] == "http://127.0.0.1:8480/ocpi/versions"
    (partner,) = laddnav.lines("partner", "list", "--json")
    assert (partner["id"], partner["state"], partner["version"]) == (invitation["id"], "INVITED", "2.1.1")
    assert laddnav.json("partner", "remove", partner["id"], "--json")["state"] == "REMOVED"
    both = ("--our-party", "DE*SLB", "--our-role", "CPO", "--our-role", "EMSP")
    several = laddnav.json("partner", "invite", *both, "--json")
    listed = laddnav.lines("partner", "list", "--json")
    assert [(one["holder"], one["our_role"]) for one in listed] == [("DE*SLB", "CPO"), ("DE*SLB", "EMSP")]
    assert len({one["line"] for one in listed}) == 1
    laddnav.json("partner", "remove", several["id"], "--json")
    assert laddnav.lines("partner", "list", "--json") == []


def test_what_was_exported_is_imported_again_and_says_nothing_new(furnished: Command, tmp_path: Path) -> None:
    for kind in ("locations", "tariffs"):
        file = tmp_path / f"{kind}.jsonl.gz"
        furnished("export", kind, str(file))
        said = furnished("import", kind, str(file))
        counts = json.loads(said.stdout)
        assert counts[kind]["new_or_changed"] == 0
        assert counts[kind]["read"] > 0
        assert (counts["repaired"], counts["refused"], said.stderr) == (0, 0, "")
        assert gzip.decompress(file.read_bytes()).decode() == furnished("export", kind).stdout
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_a_day_of_25_hours_of_prices_goes_out_and_comes_in_as_it_is(furnished: Command) -> None:
    """They are the installation's."""
    prices = Path("tests/market/data/SE3_2023_entsoe_clocks_change.csv")
    assert furnished.json("import", "prices", "-", given=gzip.compress(prices.read_bytes()))["new"] == 144
    days = ("--zone", "SE3", "--since", "2023-10-29", "--until", "2023-10-29")
    table = furnished("export", "prices", *days).stdout
    assert len(table.splitlines()) == 26
    counts = furnished.json("import", "prices", "-", "--zone", "se-3", given=table.encode())
    assert (counts["read"], counts["new"], counts["changed"]) == (25, 0, 0)
    furnished("import", "prices", "-", given=table.encode(), status=2)


def test_a_version_that_is_named_is_written_and_what_it_cannot_say_is_told(furnished: Command) -> None:
    """LOC-053: never dropped in silence; what can be said by no other version is written in the newest."""
    newest = furnished.lines("export", "locations")
    assert newest and all(one["help_phone"] for one in newest)
    older = furnished("export", "locations", "--version", "2.2.1")
    assert "help_phone" not in older.stdout
    assert f"OCPI 2.2.1 has no words for help_phone of {len(newest)} of these locations" in older.stderr


def test_every_kind_of_repair_occurs_in_the_feed_that_is_kept_here(furnished: Command) -> None:
    counts = furnished.json("import", "locations", "-", "--party", "SE*LAD", "--quiet", "--json", given=network.feed())
    assert set(counts["repairs"]) == {
        "another-owner",
        "clock-with-seconds",
        "control-characters",
        "empty-text",
        "inline-tariff",
        "loose-coordinates",
        "restrictions-in-list",
        "upper-case-language",
    }


def test_tokens_come_and_go_as_lines(furnished: Command) -> None:
    token = {
        "country_code": "SE",
        "party_id": "LAD",
        "uid": "04A1B2C3D4E5F6",
        "type": "RFID",
        "contract_id": "SE-LAD-C1",
        "issuer": "Laddnav AB",
        "valid": True,
        "whitelist": "ALWAYS",
        "last_updated": "2026-11-01T08:00:00Z",
    }
    document = "\n".join(json.dumps(token | {"uid": uid}) for uid in ("AA01", "AA02")).encode()
    assert furnished.json("import", "tokens", "-", given=document)["tokens"] == {"read": 2, "new_or_changed": 2}
    assert {one["uid"] for one in furnished.lines("export", "tokens")} == {"AA01", "AA02"}
    assert furnished.lines("export", "cdrs") == []


def test_of_a_file_with_one_object_that_cannot_be_taken_nothing_is(furnished: Command) -> None:
    before = furnished("export", "locations").stdout
    broken = {name: value for name, value in FEED[4].items() if name != "coordinates"}
    good = FEED[5] | {"id": "NEW-1", "name": "New"}
    document = json.dumps([good, broken]).encode()
    said = furnished("import", "locations", "-", "--party", "SE*LAD", "--quiet", given=document, status=2)
    refused, last = said.stderr.splitlines()
    assert refused.startswith("refused /1: ") and "coordinates" in refused
    assert last.startswith("laddnav: nothing was imported, for 1 of 2 objects cannot be taken (the first at /1: ")
    assert furnished("export", "locations").stdout == before


def test_what_can_be_taken_is_taken_where_that_is_asked_for(laddnav: Command) -> None:
    laddnav("party", "add", "SE*LAD", "--roles", "CPO", "--name", "Laddnav AB")
    document = json.dumps([FEED[0], {"id": "X"}]).encode()
    counts = laddnav.json("import", "locations", "-", "--party", "SE*LAD", "--partial", given=document)
    assert (counts["locations"], counts["refused"]) == ({"read": 1, "new_or_changed": 1}, 1)


WRONG: list[tuple[tuple[str, ...], bytes, str]] = [
    ((), b"", "Missing command; see laddnav --help"),
    (("dance",), b"", "No such command 'dance'"),
    (("party", "add", "SE*LAD"), b"", "Missing option '--roles'"),
    (("party", "add", "SWEDEN", "--roles", "CPO", "--name", "N"), b"", "'SWEDEN' is not"),
    (("party", "add", "SE*NEW", "--roles", "KING", "--name", "N"), b"", "'KING' is no role; there are CPO, EMSP"),
    (("party", "add", "SE*NEW", "--roles", "CPO", "--name", "N", "--currency", "kr"), b"", "'kr' is not"),
    (
        ("party", "add", "SE*NEW", "--roles", "CPO", "--name", "N", "--vat-percent", "x"),
        b"",
        "'x' is no percentage",
    ),
    (("party", "add", "SE*LAD", "--roles", "CPO", "--name", "N"), b"", "is a party of this installation already"),
    (("party", "add", "XX*NEW", "--roles", "CPO", "--name", "N"), b"", "XX does not say which currency"),
    (("station", "add", "A/B"), b"", "has no slash"),
    (("station", "add", "ST", "--security-profile", "4"), b"", "--security-profile"),
    (
        ("station", "add", "ST", "--password", "sesame"),
        b"",
        "`password` has 6 characters, and a station's has 16 to 64",
    ),
    (("station", "add", "ST", "--location", "nowhere"), b"", "No Location 'nowhere'"),
    (("station", "add", "ST", "--evse", "nowhere"), b"", "No Evse 'nowhere'"),
    (("station", "add", "ST", "--party", "DE*XYZ"), b"", "DE*XYZ is not a party of this installation"),
    (("api-key", "create", "--role", "king"), b"", "'king' is no role"),
    (("api-key", "create", "--role", "viewer", "--party", "DE*XYZ"), b"", "DE*XYZ is not a party"),
    (("partner", "invite", "--our-party", "SE*LAD", "--our-role", "KING"), b"", "KING"),
    (
        ("partner", "invite", *("--our-party", "SE*LAD") * 2, *("--our-role", "CPO") * 3),
        b"",
        "Say --our-role once for each --our-party",
    ),
    (("partner", "invite", "--our-party", "SE*LAD", "--our-role", "CPO", "--version", "9.9"), b"", "9.9"),
    (("export", "locations", "--version", "9.9"), b"", "2.1.1, 2.2.1, 2.3.0 are"),
    (("partner", "remove", "nobody"), b"", "No connection 'nobody'"),
    (
        (
            *("partner", "register", "http://127.0.0.1:1/versions", "--token", "T"),
            *("--our-party", "SE*LAD", "--our-role", "EMSP"),
        ),
        b"",
        "127.0.0.1",
    ),
    (("conform", "http://127.0.0.1:1/versions"), b"", "Missing option '--token'"),
    (("conform", "http://127.0.0.1:1/versions", "--token", "T", "--as", "DSO"), b"", "'DSO' is none of EMSP, CPO, NSP"),
    (("conform", "http://127.0.0.1:1/versions", "--token", "T", "--as", "NAP"), b"", "'NAP' is none of EMSP, CPO, NSP"),
    (("conform", "http://127.0.0.1:1/versions", "--token", "T", "--listen", "here"), b"", "'here' is no HOST:PORT"),
    (("conform", "http://127.0.0.1:1/versions", "--token", "T", "--evse", "E1"), b"", "'E1' is no LOCATION/EVSE"),
    (("conform", "https://partner.example/versions", "--token", "T"), b"", "cannot call back to 127.0.0.1"),
    (("import", "locations", "/nowhere.json"), b"", "/nowhere.json cannot be read: No such file"),
    (("import", "locations", "-"), b"", "- is empty"),
    (("import", "locations", "-"), b"{broken", "JSON"),
    (("import", "locations", "-"), b"\x1f\x8bnot gzip", "- is packed and not whole"),
    (("import", "locations", "-"), b"42", "neither a list nor an object"),
    (("import", "locations", "-"), b'{"colour": "red"}', "neither a list nor"),
    (("import", "locations", "-"), b'[{"country_code": "DE", "party_id": "SLB"}]', "/0 is of DE*SLB, which is no"),
    (("import", "locations", "-", "--party", "DE*SLB"), b"[]", "DE*SLB is not a party"),
    (("import", "tokens", "-"), b'[{"uid": "1"}]', "1 of 1 objects cannot be taken"),
    (("import", "prices", "-"), b"", "- is empty"),
    (("export", "locations", "/nowhere/file"), b"", "/nowhere/file cannot be written"),
    (("report", "energy", "--per", "driver"), b"", "--per is one of station, location, tariff, customer, month"),
    (("report", "losses", "--since", "november"), b"", "write them as 2026-11"),
    (("serve", "--port", "70000"), b"", "70000 is no port"),
    (("serve", "--only", "kitchen"), b"", "'kitchen' is no part"),
    (("party", "list", "--database", "mysql://h/d"), b"", "the URL begins with postgres"),
    (("party", "list", "--database", "postgresql://127.0.0.1:1/d"), b"", "The database does not answer"),
]


def test_a_wrong_call_is_one_clear_line_and_changes_nothing(furnished: Command) -> None:
    before = furnished("export", "locations").stdout
    for words, given, line in WRONG:
        said = furnished(*words, given=given, status=2)
        assert said.stdout == "", said
        *reported, last = said.stderr.splitlines()
        assert last.startswith("laddnav: ") and line in last, (words, said)
        assert all(one.startswith("refused /") for one in reported), said
    assert [one["holder"] for one in furnished.lines("party", "list", "--json")] == ["SE*LAD"]
    assert furnished.lines("station", "list", "--json") == []
    assert furnished.lines("partner", "list", "--json") == []
    assert furnished("export", "locations").stdout == before


def test_a_folder_that_cannot_be_used_is_named(laddnav: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be used" in laddnav.wrong("party", "list", "--data", str(tmp_path / "file" / "data"))


def test_people_see_a_table_and_a_reader_that_leaves_is_no_trouble(furnished: Command) -> None:
    first, second = furnished("party", "list").stdout.splitlines()
    assert first.split() == ["holder", "name", "roles", "currency", "time_zone"]
    assert second.startswith("SE*LAD  Laddnav AB  CPO,EMSP")
    line = " ".join(furnished.line("export", "locations"))
    shell = subprocess.run(
        ["sh", "-c", f"{line} | head -c 10"], capture_output=True, env=furnished.environment, timeout=60, check=False
    )
    assert shell.stderr == b""


def test_the_command_is_there_at_once() -> None:
    """A person who asks for help does not wait for the house to be put together."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import laddnav.cli.main"], check=True, timeout=60)
    took = time.monotonic() - started
    heavy = (
        "import laddnav.cli.main, sys; sys.exit(bool({'starlette', 'asyncpg', 'uvicorn', 'rich'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", heavy], check=True, timeout=60)
    assert took < 5  # 0.2 s on an idle machine; this only catches the absurd, the line above catches the cause


def test_what_another_central_system_kept_is_shown_before_it_is_taken(furnished: Command, tmp_path: Path) -> None:
    export = tmp_path / "steve"
    export.mkdir()
    for name, text in STEVE.items():
        (export / name).write_text(text)
    broken = tmp_path / "charge_box.csv"
    broken.write_text("charge_box_id,note\nA,b\nB\n")
    shown = furnished("import", "steve", str(export), "--preview")
    counts = json.loads(shown.stdout)
    assert (counts["preview"], counts["station"]["new"], counts["charge"]["new"]) == (True, 2, 1)
    assert counts["passwords"] == {}
    assert "left out transaction_start.csv, line 3: it is still under way there" in shown.stderr
    wrong = furnished("import", "steve", str(broken), status=2)
    assert "charge_box.csv, line 3: 1 values" in wrong.stderr
    missing = furnished("import", "citrineos", str(tmp_path / "nowhere.csv"), status=2)
    assert "nowhere.csv cannot be read" in missing.stderr
