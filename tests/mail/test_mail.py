"""Mail is kept with what it tells of, taken by a real server once, and tried again where that says later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.mail import actions, rules, store
from laddnav.mail.actions import Postman
from laddnav.mail.model import Attachment, Mail, MailServer, MailState
from laddnav.mail.rules import UnfitMail, UnfitServer
from tests.clock import SetClock

LAD = PartyId("SE", "LAD")


class Mailbox:
    """What a server took, and what it says: to RCPT by address, to DATA by what is set."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.to: dict[str, str] = {}
        self.data = "250 taken"
        self.dies = False

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address not in self.to:
            envelope.rcpt_tos.append(address)
        return self.to.get(address, "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
        if self.dies:
            assert server.transport is not None
            server.transport.close()
        return self.data


@pytest.fixture
async def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def server(mailbox: Mailbox, unused_tcp_port: int) -> AsyncIterator[MailServer]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=unused_tcp_port)
    controller.start()
    yield rules.server(f"smtp://127.0.0.1:{unused_tcp_port}", "no-reply@laddnav.example")
    controller.stop()


async def written(database: Database, key: str = "receipt 1", to: str = "anna@example.com", **said: object) -> Mail:
    words = {"subject": "Ditt kvitto på 123,45 kr", "text": "Tack för laddningen."} | said
    async with database.unit() as unit:
        return await actions.send(unit, holder=LAD, key=key, to=to, **words)  # type: ignore[arg-type]  # as a test says


async def now(database: Database, mail: Mail) -> Mail:
    async with database.unit() as unit:
        return await actions.by_ref(unit, mail.ref)


async def test_a_mail_arrives_whole_and_once(database: Database, server: MailServer, mailbox: Mailbox) -> None:
    pdf = Attachment(name="kvitto.pdf", kind="application/pdf", data=b"%PDF-1.7 \x00\xff")
    mail = await written(database, html="<p>Tack för laddningen.</p>", attachments=(pdf,))
    assert (await written(database, text="Something else")).ref == mail.ref, "the same key is the same mail"
    postman = Postman(database, server)
    assert [await postman.send_due(), await postman.send_due()] == [1, 0]
    (arrived,) = mailbox.taken
    assert (arrived["To"], arrived["Subject"]) == ("anna@example.com", "Ditt kvitto på 123,45 kr")
    assert arrived["From"].addresses[0].addr_spec == "no-reply@laddnav.example"
    assert arrived["Message-ID"] == f"<{mail.ref}@laddnav.example>"
    text, html = arrived.get_body(("plain",)), arrived.get_body(("html",))
    assert text is not None and html is not None
    assert (text.get_content().strip(), html.get_content().strip()) == (
        "Tack för laddningen.",
        "<p>Tack för laddningen.</p>",
    )
    assert [part.get_content() for part in arrived.iter_attachments()] == [pdf.data]
    after = await now(database, mail)
    assert (after.state, after.tries, after.next_at) == (MailState.SENT, 1, None)


async def test_what_lets_somebody_in_is_read_by_nobody_else_and_forgotten_once_it_is_sent(
    database: Database, server: MailServer, mailbox: Mailbox
) -> None:
    mail = await written(database, text="Come in by this link: s3cret", private=True)
    async with database.unit() as unit:
        (listed,) = await actions.page(unit, LAD)
        (theirs,) = await actions.to_address(unit, LAD, mail.to)
        again = await actions.try_again(unit, mail.ref, by="ada")
    assert {listed.text, theirs.text, again.text, (await now(database, mail)).text} == {""}
    assert await Postman(database, server).send_due() == 1
    assert "s3cret" in str(mailbox.taken[0])
    async with database.unit() as unit:
        assert "s3cret" not in await unit.value("select body from mail")
        with pytest.raises(UnfitMail, match="another link"):
            await actions.send_again(unit, mail.ref, by="ada")


async def test_what_is_undone_sends_nothing(database: Database, server: MailServer, mailbox: Mailbox) -> None:
    with pytest.raises(RuntimeError):
        async with database.unit() as unit:
            await actions.send(unit, holder=LAD, key="k", to="anna@example.com", subject="s", text="t")
            raise RuntimeError
    assert await Postman(database, server).send_due() == 0


async def test_without_a_server_it_waits(database: Database) -> None:
    mail = await written(database)
    assert await Postman(database, None).send_due() == 0
    assert (await now(database, mail)).state is MailState.WAITING


async def test_a_server_that_says_later_is_asked_later_and_one_that_says_never_is_believed(
    database: Database, server: MailServer, mailbox: Mailbox, clock: SetClock
) -> None:
    mailbox.to = {"full@example.com": "452 no room", "gone@example.com": "550 nobody of that name"}
    full, gone = await written(database, "a", "full@example.com"), await written(database, "b", "gone@example.com")
    fine = await written(database, "c")
    postman = Postman(database, server)
    assert await postman.send_due() == 3
    one, other = await now(database, full), await now(database, gone)
    assert (one.state, one.why, one.next_at) == (MailState.WAITING, "452 no room", clock.now() + timedelta(minutes=1))
    assert (other.state, other.why) == (MailState.FAILED, "550 nobody of that name")
    assert (await now(database, fine)).state is MailState.SENT
    assert await postman.send_due() == 0, "neither is tried before its time"
    mailbox.to = {}
    clock.advance(timedelta(minutes=1))
    async with database.unit() as unit:
        await actions.try_again(unit, gone.ref, by="anna")
        await actions.try_again(unit, fine.ref, by="anna")
    assert await postman.send_due() == 2, "what was sent is not sent again"
    assert len(mailbox.taken) == 3


async def test_where_the_line_breaks_after_the_server_has_it_the_second_says_that_it_is_the_first(
    database: Database, server: MailServer, mailbox: Mailbox, clock: SetClock
) -> None:
    await written(database)
    postman = Postman(database, server)
    mailbox.dies = True
    await postman.send_due()
    mailbox.dies = False
    clock.advance(timedelta(minutes=1))
    await postman.send_due()
    first, second = mailbox.taken
    assert first["Message-ID"] == second["Message-ID"]


async def test_nobody_sends_what_another_is_sending_or_what_one_that_died_may_still_send(
    database: Database, server: MailServer, mailbox: Mailbox, clock: SetClock
) -> None:
    await written(database)
    async with database.unit() as unit:
        assert len(await store.claim(unit, unit.now + actions.CLAIM, 20)) == 1
    postman = Postman(database, server)
    assert await postman.send_due() == 0
    clock.advance(actions.CLAIM)
    assert await postman.send_due() == 1


async def test_it_is_given_up_after_five_days(database: Database, clock: SetClock, unused_tcp_port: int) -> None:
    """Nobody listens there."""
    mail, began = await written(database), clock.now()
    postman = Postman(database, rules.server(f"smtp://127.0.0.1:{unused_tcp_port}", "a@b.example"))
    while (known := await now(database, mail)).next_at is not None:
        clock.advance(known.next_at - clock.now())
        await postman.send_due()
    assert known.state is MailState.FAILED
    assert timedelta(days=4) < clock.now() - began < timedelta(days=6)


async def test_what_it_said_is_forgotten_and_that_it_was_sent_is_not(
    database: Database, server: MailServer, mailbox: Mailbox, clock: SetClock
) -> None:
    mail = await written(database, attachments=(Attachment(name="a.txt", kind="text/plain", data=b"x"),))
    postman = Postman(database, server)
    await postman.send_due()
    clock.advance(rules.KEPT + timedelta(seconds=1))
    await actions.forget(database)
    known = await now(database, mail)
    assert (known.to, known.text, known.state) == ("", "", MailState.SENT)
    assert (await written(database)).ref == mail.ref
    assert await postman.send_due() == 0


@pytest.mark.parametrize(
    "to",
    [
        "",
        "anna",
        "anna@",
        "anna@localhost",
        "@example.com",
        "a b@example.com",
        "anna@example.com\nBcc: all@example.com",
        "anna@example.com, bo@example.com",
        "<anna@example.com>",
        "anna@[10.0.0.1]",
        "anna@10.0.0.1",
        "anna@-x.example",
        "anna\x00@example.com",
        "x" * 65 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(to: str) -> None:
    with pytest.raises(UnfitMail):
        rules.address(to)


def test_addresses_are_spelt_as_servers_spell_them() -> None:
    assert rules.address(" Anna.O'Neil+ev@EXAMPLE.com ") == "Anna.O'Neil+ev@example.com"
    assert rules.address("anna@åkeri.se") == "anna@xn--keri-poa.se"


@pytest.mark.parametrize(
    "said",
    [
        {"subject": "Hi\r\nBcc: all@example.com"},
        {"subject": " "},
        {"subject": "x" * 201},
        {"text": " "},
        {"attachments": (Attachment(name="a\nb", kind="text/plain", data=b""),)},
        {"attachments": (Attachment(name="../a", kind="text/plain", data=b""),)},
        {"attachments": (Attachment(name="a", kind="text/plain\nX: y", data=b""),)},
        {"attachments": (Attachment(name="a", kind="text/plain", data=b"x" * 20_000_001),)},
    ],
)
async def test_a_mail_that_would_say_more_than_it_should_is_refused(
    database: Database, said: dict[str, object]
) -> None:
    with pytest.raises(UnfitMail):
        await written(database, **said)  # type: ignore[arg-type]  # as a test says


def test_a_server_is_named_with_the_address_beside_it_and_its_secret_is_not_shown() -> None:
    server = rules.server("smtps://anna%40x:p%2Fw@mail.example.com", "no-reply@example.com")
    assert (server.host, server.port, server.encrypted) == ("mail.example.com", 465, True)
    assert (server.user, server.password) == ("anna@x", "p/w")
    assert "p/w" not in repr(server)
    assert rules.server("smtp://mail.example.com", "a@example.com").port == 587
    for url, sender in (
        ("https://mail.example.com", "a@example.com"),
        ("smtp://", "a@example.com"),
        ("smtps://mail.example.com", None),
        ("smtps://secret:secret@mail.example.com:99999", "a@example.com"),
    ):
        with pytest.raises(UnfitServer) as refused:
            rules.server(url, sender)
        assert "secret" not in str(refused.value)


def test_a_name_cannot_end_a_header() -> None:
    mail = Mail(
        holder=LAD,
        ref="r",
        key="k",
        to="a@b.example",
        subject="s",
        text="t",
        made_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    assert "\r\nBcc:" not in rules.message(mail, "a@b.example", "Evil\r\nBcc: all@example.com").as_string()
