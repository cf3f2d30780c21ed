"""What we write beside the statement of a settlement, in English, Swedish and German."""

from __future__ import annotations

from laddnav.settlement.model import Settlement

_SAID = {
    "en": (
        "Settlement {month}, {ours} and {theirs}",
        "The statement of {month} in {currency} is attached: charges of your drivers at our stations, and of ours at"
        " yours, CDR by CDR.\n\nPlease say whether it agrees with yours. What differs, name by its CDR: it waits for"
        " the next month, and the rest is settled.{table}\n\n{seller}",
        "\n\nThe table of all CDRs is too long for a mail; ask us for it.",
    ),
    "sv": (
        "Avräkning {month}, {ours} och {theirs}",
        "Här kommer avräkningen för {month} i {currency}: era förares laddningar hos oss och våra förares hos er, CDR"
        " för CDR.\n\nSäg gärna om den stämmer med er. Det som skiljer sig anger ni med dess CDR: det väntar till nästa"
        " månad, och resten räknas av.{table}\n\n{seller}",
        "\n\nTabellen med alla CDR:er är för lång för ett brev; be oss om den.",
    ),
    "de": (
        "Abrechnung {month}, {ours} und {theirs}",
        "Anbei die Abrechnung für {month} in {currency}: Ladevorgänge Ihrer Fahrer bei uns und unserer bei Ihnen, CDR"
        " für CDR.\n\nBitte sagen Sie, ob sie mit Ihrer übereinstimmt. Was abweicht, nennen Sie mit seinem CDR: Es"
        " wartet auf den nächsten Monat, das Übrige wird abgerechnet.{table}\n\n{seller}",
        "\n\nDie Tabelle aller CDRs ist zu lang für eine Mail; fragen Sie uns danach.",
    ),
}


def beside_statement(one: Settlement, seller: str, language: str, *, whole: bool) -> tuple[str, str]:
    """Subject and text; `whole`: the table of all CDRs goes with it."""
    subject, text, too_long = _SAID[language]
    facts = {"month": one.month, "currency": one.currency, "ours": str(one.holder), "theirs": str(one.partner)}
    return subject.format(**facts), text.format(**facts, seller=seller, table="" if whole else too_long)
