"""`main.py check` says how people sign in, and whether that can be right."""

from pathlib import Path

import pytest

from core.ops import checks
from tests.environment import forget_settings


@pytest.mark.parametrize(
    ("variables", "good", "text"),
    [
        ({}, True, "the local user"),
        ({"PUBLIC_URL": "http://localhost:9000"}, True, "the local user"),
        ({"PUBLIC_URL": "https://video.example.com"}, False, "is an administrator"),
        ({"GOOGLE_CLIENT_ID": "x", "OIDC_ISSUER": "http://127.0.0.1:9"}, False, "is not a provider's"),
    ],
)
async def test_sign_in(
    place: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], good: bool, text: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    forget_settings()
    found = {line.name: line for line in await checks.everything()}
    assert found["sign-in"].good is good
    assert text in found["sign-in"].text
    assert found["worker"].text == "not running now"
    assert found["secret"].text.startswith(f"{place}/.storage-secret")
    assert found["libraries"] == ("libraries", True, "none is below its floor")
