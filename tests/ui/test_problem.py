"""The envelope of every error that a program reads."""

import json
import re

from core.errors import AdsVideoError, NotFound, NotSignedIn, TooManyRequests, WrongSignature
from core.phrase import Phrase
from core.settings import ROOT
from ui.problem import envelope


def test_an_error_is_told_by_its_code_and_its_sentence() -> None:
    error = NotFound(Phrase("video"))
    answer = envelope(error)
    assert answer.status_code == 404
    assert json.loads(bytes(answer.body)) == {"error": {"code": "not_found", "message": error.message}}


def test_its_headers_say_how_to_sign_in_and_when_to_come_back() -> None:
    assert envelope(NotSignedIn()).headers["WWW-Authenticate"] == "Bearer"
    assert "WWW-Authenticate" not in envelope(WrongSignature()).headers  # a webhook has no key to send
    assert envelope(TooManyRequests(30, 77)).headers["Retry-After"] == "77"
    assert "Retry-After" not in envelope(AdsVideoError()).headers


def test_it_is_written_in_one_place() -> None:
    writers = [
        path.name for path in (ROOT / "ui").rglob("*.py") if re.search(r'\{"error": \{"code": \w', path.read_text())
    ]
    assert writers == ["problem.py"]
