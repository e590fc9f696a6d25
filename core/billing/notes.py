"""The ledger's notes about payments: kept as `code` or `code: value`, said as a sentence in the reader's language."""

from collections.abc import Callable

from core.phrase import Phrase

_SENTENCES: dict[str, Callable[[str], Phrase]] = {
    "stripe refund": lambda _none: Phrase("Refunded at Stripe"),
    "stripe refund failed": lambda _none: Phrase("The refund at Stripe failed"),
    "stripe dispute": lambda _none: Phrase("Payment disputed"),
    "stripe dispute won": lambda _none: Phrase("Dispute settled"),
    "stripe refund owed": lambda n: Phrase("Refunded at Stripe; {n} credits of it were used already and are owed", n=n),
    "stripe dispute owed": lambda n: Phrase("Payment disputed; {n} credits of it were used already and are owed", n=n),
    "stripe debt": lambda _none: Phrase("For credits that were owed"),
}


def to_note(code: str, value: object = "") -> str:
    """The note to keep. `code` is one of this file."""
    assert code in _SENTENCES
    return f"{code}: {value}" if value != "" else code


def from_note(note: str) -> Phrase:
    """The sentence for a note; one that is not of this file is returned as it is."""
    code, _colon, value = note.partition(": ")
    sentence = _SENTENCES.get(code)
    return sentence(value) if sentence else Phrase("{note}", note=note)
