"""What a person decides about one process of an installation: by flag, or by a LADDNAV_* variable."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from laddnav.kit.refusal import Refusal
from laddnav.mail import rules as mail
from laddnav.mail.model import MailServer
from laddnav.ocpi.settings import Keeping
from laddnav.ocpi.settings import Settings as Roaming
from laddnav.ocpp.settings import Keeping as StationKeeping

DATA = Path(".laddnav")
KEY_BYTES = 32
PARTS = ("jobs", "ocpi", "ocpp", "web")  # what a process may carry; the operator API comes with the pages


class WrongSetting(Refusal):
    """A setting cannot be what it was set to."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name


class Settings(Struct, frozen=True, kw_only=True):
    """`database` None: the PostgreSQL of our own in `data`. `public_url` None: host and port, once the port is open.

    `name` tells the processes of an installation apart; one that is started again under its name takes up its work.
    """

    data: Path = DATA
    database: str | None = None
    host: str = "127.0.0.1"
    port: int = 8480
    public_url: str | None = None
    name: str = "laddnav"
    only: tuple[str, ...] = PARTS
    allow_loopback_partners: bool = False
    partner_networks: tuple[str, ...] = ()  # private ones in which partners live, as 10.8.0.0/16
    partner_rate: float = 200  # requests a second, over time; 0: as many as they like
    keep_commands: int = 30  # days, as the next five
    keep_deliveries: int = 30
    keep_hub_requests: int = 400
    keep_messages: int = 180  # of stations, and what they were asked
    keep_security: int = 400  # what stations noticed, and certificates and keys that are of no use any more
    keep_readings: int = 400  # what a charge still needs is kept in any case; what they came to by the quarter stays
    tile_url: str | None = None
    mail_server: str | None = None  # smtps://user:password@host; without it mail waits
    mail_from: str | None = None  # the address that mail comes from
    station_port: int | None = None  # for stations that come over TLS; None: that is left to a proxy
    station_certificates: tuple[str, ...] = ()  # PEM files, each with its key; none: the house makes its own
    v2g_ca_url: str | None = None  # EST (RFC 7030), for what stations show to cars
    v2g_ca_token: str | None = None
    v2g_issuers: tuple[str, ...] = ()  # PEM files of authorities whose lists of revoked certificates are believed
    contract_provider_url: str | None = None  # of contracts for cars
    contract_roots: tuple[str, ...] = ()  # PEM files of roots to which the contracts of cars may lead
    leave_within: int = 30  # seconds over which stations are sent away when the process is asked to end
    share_port: bool = False  # with other processes of this machine, which then take whoever comes in turn
    log_level: str = "info"
    key: bytes

    def __repr__(self) -> str:
        """Without the key, and without what a database's URL or another setting may hold."""
        return f"Settings({self.name} of {self.data})"

    @property
    def url(self) -> str:
        """Where others reach us, without a slash at its end."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def readings_kept(self) -> timedelta:
        return timedelta(days=self.keep_readings)

    @property
    def stations_kept(self) -> StationKeeping:
        return StationKeeping(messages=timedelta(days=self.keep_messages), security=timedelta(days=self.keep_security))

    @property
    def mail(self) -> MailServer | None:
        """Who takes mail from us; None: it waits."""
        return None if self.mail_server is None else mail.server(self.mail_server, self.mail_from)

    @property
    def roaming(self) -> Roaming:
        """What of them OCPI has to know."""
        return Roaming(
            public_url=self.url,
            key=self.key,
            allow_loopback=self.allow_loopback_partners,
            networks=tuple(map(ip_network, self.partner_networks)),
            partner_rate=self.partner_rate,
            keeping=Keeping(
                commands=timedelta(days=self.keep_commands),
                deliveries=timedelta(days=self.keep_deliveries),
                hub_requests=timedelta(days=self.keep_hub_requests),
            ),
        )


def read(environ: Mapping[str, str] = os.environ, **flags: object) -> Settings:
    """The settings that the flags give, then the environment, then the defaults; a flag that is None was not given.

    Makes the data folder and its key where there are none. Raises WrongSetting.
    """
    words = said(environ, **flags)
    data = home(words.get("data", DATA))
    return Settings(**words | {"data": data, "key": _key(data, environ)})


def said(environ: Mapping[str, str] = os.environ, **flags: object) -> dict[str, Any]:
    """What the flags and the environment say, by the name of the setting, and nothing else. Raises WrongSetting."""
    words: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        variable = f"LADDNAV_{field.name.upper()}"
        if field.name == "key":
            continue
        if flags.get(field.name) is not None:
            words[field.name] = _converted(f"--{field.name.replace('_', '-')}", flags[field.name], field.type)
        elif environ.get(variable):
            words[field.name] = _converted(variable, environ[variable], field.type)
    _check(words)
    return words


def home(data: Path) -> Path:
    """The folder of the installation: a demo keeps two beside each other, and ours is `own`."""
    own = data / "own"
    return (own if own.is_dir() else data).absolute()


def _converted(name: str, said: object, kind: Any) -> object:
    if kind is Path:
        return Path(str(said))
    if kind == tuple[str, ...] and isinstance(said, str):
        said = tuple(part.strip() for part in said.split(","))
    if kind is bool and isinstance(said, str):
        said = said.lower()
    try:
        return msgspec.convert(said, kind, strict=False)
    except msgspec.ValidationError as error:
        raise WrongSetting(name, f"{said!r} will not do: {error}") from error


def _check(words: dict[str, Any]) -> None:
    """Raises WrongSetting."""
    for port in ("port", "station_port"):
        if not 0 <= words.get(port, 0) <= 65535:
            raise WrongSetting(port.replace("_", "-"), f"{words[port]} is no port")
    if words.get("leave_within", 0) < 0:
        raise WrongSetting("leave-within", f"{words['leave_within']} is no number of seconds")
    if unknown := sorted(set(words.get("only", ())) - set(PARTS)):
        raise WrongSetting("only", f"{unknown[0]!r} is no part; there are {', '.join(PARTS)}")
    if (level := words.get("log_level", "info")) not in ("debug", "info", "warning", "error"):
        raise WrongSetting("log-level", f"{level!r} is none of debug, info, warning, error")
    for network in words.get("partner_networks", ()):
        try:
            ip_network(network)
        except ValueError as error:
            raise WrongSetting("partner-networks", f"{error}; one is written as 10.8.0.0/16") from error
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,60}", name := words.get("name", "laddnav")):
        raise WrongSetting("name", f"{name!r} is no name; letters, digits, dots, dashes and underscores are")
    if "public_url" in words:
        _check_url("public-url", words["public_url"], ("http", "https"))
        words["public_url"] = words["public_url"].rstrip("/")
    for url in ("v2g_ca_url", "contract_provider_url"):
        if url in words:
            _check_url(url.replace("_", "-"), words[url], ("http", "https"))
    if "mail_server" in words:
        try:
            mail.server(words["mail_server"], words.get("mail_from"))
        except mail.UnfitServer as error:
            raise WrongSetting("mail-server", str(error)) from error
    if "database" in words:
        _check_url("database", words["database"], ("postgres", "postgresql"))


def _check_url(name: str, url: str, schemes: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise WrongSetting(name, f"this is no URL: {error}") from error
    # What was given is not repeated: it may hold a password.
    if parts.scheme not in schemes:
        raise WrongSetting(name, f"the URL begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if not parts.netloc and name != "database":
        raise WrongSetting(name, "the URL names no host")


def _key(data: Path, environ: Mapping[str, str]) -> bytes:
    """What seals secrets at rest: of LADDNAV_KEY, or of the folder's file, which is made once. Raises WrongSetting."""
    if said := environ.get("LADDNAV_KEY"):
        return _key_of("LADDNAV_KEY", said)
    file = data / "key"
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            # Linked into place whole, so that of two processes that start at once one key is everybody's.
            half = data / f"key.{os.getpid()}"
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
                written.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            with suppress(FileExistsError):
                os.link(half, file)
            half.unlink()
        return _key_of(str(file), file.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSetting("data", f"{data} cannot be used: {error}") from error


def _key_of(where: str, text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text.strip())
    except (binascii.Error, ValueError) as error:
        raise WrongSetting(where, "a key is 32 bytes as URL-safe Base64") from error
    if len(key) != KEY_BYTES:
        raise WrongSetting(where, "a key is 32 bytes as URL-safe Base64")
    return key
