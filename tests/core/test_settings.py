"""Settings refuse nonsense aloud, read secrets from files, and never show them."""

from pathlib import Path

import pytest

from core.errors import Misconfigured
from core.security.secret import storage_secret
from core.settings import settings
from tests.environment import forget_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "99999"),
        ("PORT", "http"),
        ("SIGNUP_CREDITS", "-1"),
        ("GENERATIONS_PER_HOUR", "0"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "sqlite:///x.db?mode=ro"),
        ("OPENAI_BASE_URL", "gpu-box:30000"),
        ("OPENAI_WEBHOOK_SECRET", "whsec_not base64!"),
    ],
)
def test_nonsense_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    forget_settings()
    with pytest.raises(Misconfigured, match=name):
        settings()


def test_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    forget_settings()
    assert settings().port == 8080


def test_a_secret_may_come_from_a_file_and_is_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-very-secret\n")
    monkeypatch.setenv("OPENAI_API_KEY_FILE", str(tmp_path / "key"))
    forget_settings()
    key = settings().openai_api_key
    assert key is not None
    assert key.get_secret_value() == "sk-very-secret"
    assert "very-secret" not in repr(settings())
    monkeypatch.setenv("OPENAI_API_KEY_FILE", str(tmp_path / "nowhere"))
    forget_settings()
    with pytest.raises(Misconfigured, match="OPENAI_API_KEY_FILE"):
        settings()


def test_the_cookie_secret_is_made_once_and_kept_for_nobody_else(place: Path) -> None:
    assert storage_secret() == storage_secret()
    assert len(storage_secret()) > 40
    assert (place / ".storage-secret").stat().st_mode & 0o077 == 0
