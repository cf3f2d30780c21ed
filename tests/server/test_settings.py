"""Settings: flags before variables before defaults; what cannot be is refused by name; the key is made once."""

import base64
from pathlib import Path

import pytest

from laddnav.server.settings import WrongSetting, home, read


def test_a_flag_wins_over_a_variable_and_both_over_the_default(tmp_path: Path) -> None:
    said = {"LADDNAV_DATA": str(tmp_path), "LADDNAV_PORT": "9000", "LADDNAV_HOST": "0.0.0.0"}
    settings = read(said, port=9001, host=None)
    assert (settings.port, settings.host, settings.data, settings.log_level) == (9001, "0.0.0.0", tmp_path, "info")
    assert read(said | {"LADDNAV_ALLOW_LOOPBACK_PARTNERS": "true"}).allow_loopback_partners is True
    assert read(said).allow_loopback_partners is False
    assert read(said | {"LADDNAV_ONLY": "web,jobs"}).only == ("web", "jobs")
    networks = read(said | {"LADDNAV_PARTNER_NETWORKS": "10.8.0.0/16, fd00:8::/32"}).roaming.networks
    assert [str(one) for one in networks] == ["10.8.0.0/16", "fd00:8::/32"]


def test_others_reach_us_at_host_and_port_unless_told_otherwise(tmp_path: Path) -> None:
    assert read({}, data=tmp_path, port=9001).url == "http://127.0.0.1:9001"
    assert read({}, data=tmp_path, public_url="https://laddnav.example/").url == "https://laddnav.example"


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first = read({}, data=tmp_path / "new")
    file = tmp_path / "new" / "key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert read({}, data=tmp_path / "new").key == first.key
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["key"]
    assert len(first.key) == 32


def test_a_key_from_outside_leaves_no_file(tmp_path: Path) -> None:
    key = b"k" * 32
    settings = read({"LADDNAV_KEY": base64.urlsafe_b64encode(key).decode()}, data=tmp_path)
    assert settings.key == key
    assert not (tmp_path / "key").exists()


def test_settings_are_shown_without_what_opens_anything(tmp_path: Path) -> None:
    settings = read({}, data=tmp_path, database="postgresql://laddnav:secret@db/laddnav")
    assert "secret" not in repr(settings) and str(settings.key) not in repr(settings)


@pytest.mark.parametrize(
    ("flags", "environ", "said"),
    [
        ({"port": 70000}, {}, "port: 70000 is no port"),
        ({}, {"LADDNAV_PORT": "many"}, "LADDNAV_PORT: 'many'"),
        ({"only": "web,kitchen"}, {}, "only: 'kitchen' is no part"),
        ({"log_level": "loud"}, {}, "log-level: 'loud'"),
        ({"database": "mysql://u:geheim@h/d"}, {}, "database: the URL begins with postgres"),
        ({"public_url": "laddnav.example"}, {}, "public-url: the URL begins with http"),
        ({}, {"LADDNAV_KEY": "short"}, "LADDNAV_KEY: a key is 32 bytes"),
        ({}, {"LADDNAV_ALLOW_LOOPBACK_PARTNERS": "perhaps"}, "LADDNAV_ALLOW_LOOPBACK_PARTNERS"),
        ({"partner_networks": "10.8.0.1/16"}, {}, "partner-networks: 10.8.0.1/16 has host bits set"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    tmp_path: Path, flags: dict[str, object], environ: dict[str, str], said: str
) -> None:
    with pytest.raises(WrongSetting) as refused:
        read(environ, data=tmp_path, **flags)
    assert said in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongSetting, match="cannot be used"):
        read({}, data=tmp_path / "file" / "data")


def test_of_the_two_installations_of_a_demo_ours_is_meant(tmp_path: Path) -> None:
    assert home(tmp_path) == tmp_path
    (tmp_path / "own").mkdir()
    assert home(tmp_path) == tmp_path / "own"
