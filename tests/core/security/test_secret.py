"""A secret comes from the environment or from a file, and is never seen again: not in repr, logs, errors or answers."""

import logging
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.catalog import availability, entries
from core.commands import check
from core.database.session import reading
from core.errors import Misconfigured, clean
from core.security import secret
from core.settings import Settings, settings
from tests.environment import forget_settings

WORDS = {
    "storage_secret": "storage-very-secret",
    "openai_api_key": "sk-openai-very-secret",
    "openai_webhook_secret": "whsec_dmVyeS1zZWNyZXQ=",
    "runwayml_api_secret": "key_runway-very-secret",
    "fal_key": "11111111-fal:very-secret",
    "gemini_api_key": "AIza-gemini-very-secret",
    "ark_api_key": "ark-very-secret-1234",
    "minimax_api_key": "minimax-very-secret",
    "google_client_secret": "google-very-secret",
    "openai_chat_api_key": "sk-chat-very-secret",
    "sentry_dsn": "https://very-secret@sentry.example.com/1",
    "aws_access_key_id": "AKIAVERYSECRET",
    "aws_secret_access_key": "aws-very-secret",
    "aws_session_token": "aws-session-very-secret",
    "metrics_token": "metrics-very-secret",
    "stripe_secret_key": "sk_live_very_secret",
    "stripe_webhook_secret": "whsec_stripe_very_secret",
}


def secrets() -> list[str]:
    """Every setting that holds one, by its type."""
    return [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]


def test_every_secret_has_a_word_here_and_no_other_setting_sounds_like_one() -> None:
    assert [name for name in secrets() if name not in WORDS] == []
    sounds = ("secret", "key", "password", "token")
    assert [name for name in Settings.model_fields if any(s in name for s in sounds) and name not in secrets()] == []


@pytest.mark.parametrize("name", sorted(WORDS))
def test_each_may_come_from_a_file_and_none_is_shown(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text(WORDS[name] + "\n")
    monkeypatch.setenv(f"{name.upper()}_FILE", str(tmp_path / "file"))
    forget_settings()
    value = getattr(settings(), name)
    assert isinstance(value, SecretStr)
    assert value.get_secret_value() == WORDS[name]
    logging.getLogger("test").warning("%s %r", settings(), settings())
    shown = f"{settings()} {settings()!r} {settings().model_dump()} {settings().model_dump_json()} {caplog.text}"
    assert WORDS[name] not in shown


def test_a_variable_wins_over_nothing_and_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLIENT_SECRET_FILE", "/nowhere/secret")
    forget_settings()
    with pytest.raises(Misconfigured, match="GOOGLE_CLIENT_SECRET_FILE"):
        settings()


def test_a_secret_that_makes_no_sense_is_refused_without_being_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", "not base64 but secret!")
    forget_settings()
    with pytest.raises(Misconfigured) as refused:
        settings()
    assert "but secret" not in refused.value.message


async def test_the_catalogue_does_not_show_its_keys(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", WORDS["openai_api_key"])
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    forget_settings()
    assert WORDS["openai_api_key"] not in repr(entries.servers()) + repr(await availability.offers())


def test_check_prints_none(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, word in WORDS.items():
        monkeypatch.setenv(name.upper(), word)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:base-url-password@127.0.0.1:9/v1")
    forget_settings()
    check()
    printed = "".join(capsys.readouterr())
    assert [word for word in [*WORDS.values(), "base-url-password"] if word in printed] == []


@pytest.mark.parametrize("text", ["Incorrect API key: sk-abcdefghijkl", "Bearer abcdefghijklmnop is wrong"])
def test_a_key_in_a_providers_answer_is_cut_out(text: str) -> None:
    assert "abcdefgh" not in clean(text)


async def test_a_web_process_with_another_secret_than_the_one_before_says_so(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for word, warnings in (("one", 0), ("one", 0), ("another", 1), ("another", 1)):
        monkeypatch.setenv("STORAGE_SECRET", word)
        forget_settings()
        await secret.compare()
        assert caplog.text.count("another STORAGE_SECRET") == warnings


@pytest.mark.both_databases
async def test_an_error_of_the_database_quotes_nothing_of_ours(place: Path, database_url: str) -> None:
    async with reading() as db:
        connection = await db.connection()
        with pytest.raises(DBAPIError) as broken:
            await connection.execute(text("SELECT :prompt FROM nowhere"), {"prompt": "my secret plan"})
    assert "my secret plan" not in str(broken.value)
