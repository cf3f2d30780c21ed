"""What a price should not be read without, as a sentence in English or Swedish."""

from __future__ import annotations

from types import MappingProxyType

from laddnav.pricing.flags import Flag, Flagged

# (English, Swedish)
_SENTENCES = MappingProxyType(
    {
        Flag.PERIOD_CROSSES_BORDER: (
            "Within this period another price began; all of it is priced as at its start.",
            "Under perioden började ett annat pris; hela perioden prissätts som vid dess början.",
        ),
        Flag.VOLUME_AGAINST_TIMESTAMPS: (
            "The time that this period counts is not the time that it lasted; it is priced as written.",
            "Tiden som perioden anger är inte den tid som den varade; den prissätts som den står.",
        ),
        Flag.TIME_NOT_WRITTEN: (
            "Time has a price, but this period counts none: nothing is charged for it.",
            "Tid har ett pris, men perioden anger ingen: inget tas ut för den.",
        ),
        Flag.PERIODS_OUT_OF_ORDER: (
            "The periods are not in order of time; they were read as if they were.",
            "Perioderna står inte i tidsordning; de lästes som om de gjorde det.",
        ),
        Flag.PERIOD_WITHOUT_TARIFF: (
            "This period names no tariff, though others do: it is free.",
            "Perioden anger ingen tariff, fast andra gör det: den är gratis.",
        ),
        Flag.UNKNOWN_TARIFF: (
            "This period names a tariff that is not among those given.",
            "Perioden anger en tariff som inte finns bland dem som gavs.",
        ),
        Flag.TARIFF_NOT_IN_FORCE: (
            "The session began when this tariff was not in force.",
            "Laddningen började när tariffen inte gällde.",
        ),
        Flag.TAXES_MAY_BE_ADDED: (
            "Prices are before taxes and none is named; taxes may be added later.",
            "Priserna är före skatt och ingen skatt anges; skatt kan tillkomma.",
        ),
        Flag.AFTER_TAXES_UNKNOWN: (
            "The tariff does not say which taxes are added, so the amount with taxes is unknown.",
            "Tariffen säger inte vilken skatt som tillkommer, så beloppet med skatt är okänt.",
        ),
        Flag.BEFORE_TAXES_UNKNOWN: (
            "Prices include taxes that are not named, so the amount before taxes is unknown.",
            "Priserna innehåller skatt som inte anges, så beloppet före skatt är okänt.",
        ),
        Flag.VAT_NOT_APPLICABLE: (
            "The tariff names a VAT but says that no taxes apply; none was added.",
            "Tariffen anger en moms men säger att ingen skatt gäller; ingen lades till.",
        ),
        Flag.PARTS_DO_NOT_ADD_UP: (
            "The lowest or highest price changed the total but not its parts, which do not add up to it.",
            "Lägsta eller högsta priset ändrade totalen men inte delarna, som inte summerar till den.",
        ),
        Flag.POWER_UNKNOWN: (
            "The tariff asks for power or current, and nobody said it; the price was taken to apply.",
            "Tariffen frågar efter effekt eller ström, och ingen har angett den; priset antas gälla.",
        ),
        Flag.ZONE_OF_COUNTRY: (
            "Nobody named the time zone of the place; that of its country was taken.",
            "Ingen angav platsens tidszon; landets användes.",
        ),
        Flag.ZONE_NOT_NEEDED: (
            "Nobody named the time zone of the place, and no price depends on it.",
            "Ingen angav platsens tidszon, och inget pris beror på den.",
        ),
        Flag.INTERPOLATED: (
            "How much energy had flowed when the price changed was calculated, not read.",
            "Hur mycket energi som hade laddats när priset ändrades är beräknat, inte avläst.",
        ),
        Flag.CURRENCIES_DIFFER: (
            "The tariff is in another currency than the CDR; nothing was converted.",
            "Tariffen har en annan valuta än CDR:en; inget räknades om.",
        ),
    }
)


def remark(flagged: Flagged, language: str = "en") -> str:
    """With what it is about; in English where the language is not one of ours."""
    english, swedish = _SENTENCES[flagged.flag]
    said = swedish if language == "sv" else english
    about = [
        *([f"period {flagged.period}"] if flagged.period is not None else []),
        *([f"tariff {flagged.tariff_id}"] if flagged.tariff_id is not None else []),
    ]
    return f"{said} [{', '.join(about)}]" if about else said
