"""Bank statements to read: camt.053 in both versions, as the public description of ISO 20022 has them, each plain."""

from __future__ import annotations

from xml.sax.saxutils import escape

IBAN = "SE4550000000058398257466"


def moved(
    amount: str,
    *,
    ref: str | None = "B1",
    cites: str | None = None,
    text: str | None = None,
    payer: str | None = "Anna Andersson",
    end_to_end: str | None = None,
    went: bool = False,
    reversal: bool = False,
    day: str = "2026-11-21",
    version: str = "08",
    status: str = "BOOK",
    currency: str = "SEK",
) -> str:
    """An entry of one transaction."""
    way = "DBIT" if went else "CRDT"
    who = "Cdtr" if went else "Dbtr"
    name = f"<Pty><Nm>{escape(payer or '')}</Nm></Pty>" if version == "08" else f"<Nm>{escape(payer or '')}</Nm>"
    said = f"<Strd><CdtrRefInf><Ref>{cites}</Ref></CdtrRefInf></Strd>" if cites else ""
    said += f"<Ustrd>{escape(text)}</Ustrd>" if text else ""
    return f"""<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>
      {"<RvslInd>true</RvslInd>" if reversal else ""}
      <Sts>{f"<Cd>{status}</Cd>" if version == "08" else status}</Sts><BookgDt><Dt>{day}</Dt></BookgDt>
      {f"<AcctSvcrRef>{ref}</AcctSvcrRef>" if ref else ""}<BkTxCd/>
      <NtryDtls><TxDtls>
        {f"<Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>" if end_to_end else ""}
        {f"<RltdPties><{who}>{name}</{who}></RltdPties>" if payer else ""}
        <RmtInf>{said}</RmtInf>
      </TxDtls></NtryDtls></Ntry>"""


def statement(*entries: str, version: str = "08", opening: str = "0", closing: str | None = None) -> bytes:
    def balance(kind: str, amount: str) -> str:
        way = "DBIT" if amount.startswith("-") else "CRDT"
        return f"""<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="SEK">{amount.lstrip("-")}</Amt>
          <CdtDbtInd>{way}</CdtDbtInd><Dt><Dt>2026-11-21</Dt></Dt></Bal>"""

    balances = "" if closing is None else balance("OPBD", opening) + balance("CLBD", closing)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>
  <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-21T20:00:00</CreDtTm></GrpHdr>
  <Stmt><Id>S1</Id><CreDtTm>2026-11-21T20:00:00</CreDtTm><Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>
    {balances}{"".join(entries)}</Stmt>
</BkToCstmrStmt></Document>""".encode()
