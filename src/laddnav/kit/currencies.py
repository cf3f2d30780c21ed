"""The currencies of ISO 4217 in use (list one, 2025), and roughly how much of some makes a euro."""

from __future__ import annotations

from types import MappingProxyType

CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
    USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()
) | {"BGN"}  # Bulgaria pays in euros since 2026; tariffs of before then are still read

# To the nearest that is easy to remember: who uses them asks "is this a price of a coin or of a note?", nothing finer.
TO_A_EURO = MappingProxyType(
    {
        **dict.fromkeys(("EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD", "SGD"), 1),
        **dict.fromkeys(("BGN", "BAM"), 2),
        **dict.fromkeys(("PLN", "RON", "ILS", "AED", "SAR"), 4),
        **dict.fromkeys(("DKK", "CNY", "HKD"), 8),
        **dict.fromkeys(("SEK", "NOK"), 11),
        **dict.fromkeys(("CZK", "ZAR", "MXN"), 20),
        **dict.fromkeys(("TRY", "UAH", "THB"), 40),
        **dict.fromkeys(("INR", "RSD", "RUB"), 100),
        **dict.fromkeys(("ISK", "JPY"), 150),
        "HUF": 400,
        "KRW": 1500,
    }
)
