"""An account belongs to one issuer and one subject, compared exactly; an e-mail opens nobody else's."""

import logging
from pathlib import Path

import pytest

from core.accounts import identities, users
from core.accounts.identities import Identity
from core.database.session import reading, session
from core.errors import EmailNotVerified, EmailTaken, SignInFailed, SignInRefused
from core.models import User
from tests.environment import forget_settings

ISSUER = "https://id.example.com"
STRANGERS = (
    "auth0|5678",
    "auth0|1234|",
    "|auth0|1234",
    "auth0|",
    "auth0",
    "AUTH0|1234",
    "auth0|1234 ",
    " auth0|1234",
    "auth0|12345",
    "auth0%7C1234",
)


async def sign_in(subject: str, email: str, issuer: str = ISSUER, *, verified: bool = True) -> User:
    """Come back from the provider as that subject."""
    async with session() as db:
        return await identities.by_identity(db, Identity(issuer, subject, email, verified))


async def now(user: User) -> User:
    """The user as the database has them."""
    async with reading() as db:
        found = await users.get(db, user.id)
    assert found is not None
    return found


@pytest.mark.both_databases
@pytest.mark.parametrize("stranger", STRANGERS)
async def test_another_subject_of_the_issuer_never_inherits_an_account(place: Path, stranger: str) -> None:
    ann = await sign_in("auth0|1234", "ann@example.com")
    with pytest.raises(EmailTaken):
        await sign_in(stranger, "ann@example.com")
    assert (await sign_in(stranger, "new@example.com")).id != ann.id
    with pytest.raises(EmailTaken):  # nor later, by a change of its e-mail
        await sign_in(stranger, "Ann@Example.com")
    assert (await sign_in("auth0|1234", "ann@example.com")).id == ann.id


@pytest.mark.parametrize(
    ("issuer", "subject"),
    [(f"{ISSUER}|auth0", "1234"), (f"{ISSUER}/", "auth0|1234"), (ISSUER.upper(), "auth0|1234"), ("", "auth0|1234")],
)
async def test_the_same_characters_cut_elsewhere_are_another_identity(place: Path, issuer: str, subject: str) -> None:
    ann = await sign_in("auth0|1234", "ann@example.com")
    with pytest.raises(SignInRefused):
        await sign_in(subject, "ann@example.com", issuer)
    assert (await now(ann)).subject == "auth0|1234"


@pytest.mark.parametrize("subject", ["", " ", "\x00", "a\x00", "x" * 601, "\ud800", "new\nline"])
async def test_a_subject_that_names_nobody_is_refused(place: Path, subject: str) -> None:
    with pytest.raises(SignInFailed):
        await sign_in(subject, "ann@example.com")
    async with reading() as db:
        assert await users.get(db, 1) is None


async def test_another_issuer_owns_nobody_until_somebody_says_so(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ann = await sign_in("7", "ann@example.com")
    elsewhere = "https://new.example.com"
    with pytest.raises(EmailTaken):
        await sign_in("7", "ann@example.com", elsewhere)

    monkeypatch.setenv("GOOGLE_CLIENT_ID", "adsvideo")
    monkeypatch.setenv("OIDC_ISSUER", elsewhere)
    forget_settings()
    with caplog.at_level(logging.WARNING):
        await identities.compare()
    assert f"1 account belongs to {ISSUER}" in caplog.text
    assert f"main.py release {ISSUER}" in caplog.text

    async with session() as db:
        assert await identities.release(db, ISSUER) == [ann.id]
    assert (await sign_in("8", "ann@example.com", elsewhere)).id == ann.id
    with pytest.raises(EmailTaken):
        await sign_in("7", "ann@example.com")
    caplog.clear()
    await identities.compare()
    assert not caplog.text


async def test_a_slash_at_the_end_of_the_issuer_is_no_change(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Settings are kept without it; some providers call themselves with it."""
    await sign_in("7", "ann@example.com", f"{ISSUER}/")
    monkeypatch.setenv("GOOGLE_CLIENT_ID", "adsvideo")
    monkeypatch.setenv("OIDC_ISSUER", f"{ISSUER}/")
    forget_settings()
    await identities.compare()
    assert not caplog.text


async def test_a_changed_email_is_taken_over_and_decides_who_is_administrator(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_CLIENT_ID", "adsvideo")
    monkeypatch.setenv("ADMIN_EMAILS", "boss@example.com")
    forget_settings()
    boss = await sign_in("7", "Boss@example.com")
    assert users.role(boss) == "admin"
    moved = await sign_in("7", "former.boss@example.com")
    assert (moved.id, moved.email, users.role(moved)) == (boss.id, "former.boss@example.com", "user")
    successor = await sign_in("8", "boss@example.com")
    assert (successor.id == boss.id, users.role(successor)) == (False, "admin")


@pytest.mark.both_databases
async def test_an_email_that_another_account_has_is_not_taken_over(place: Path, alice: User) -> None:
    ann = await sign_in("7", "ann@example.com")
    with pytest.raises(EmailTaken):
        await sign_in("7", alice.email)
    assert (await now(ann)).email == "ann@example.com"
    assert (await now(alice)).subject is None


async def test_a_changed_email_must_be_verified(place: Path) -> None:
    ann = await sign_in("7", "ann@example.com")
    with pytest.raises(EmailNotVerified):
        await sign_in("7", "boss@example.com", verified=False)
    assert (await now(ann)).email == "ann@example.com"


async def test_an_account_that_nobody_has_signed_in_to_is_its_emails(place: Path, alice: User) -> None:
    """It was made by `main.py key` or `grant`."""
    assert (await sign_in("7", "Alice@example.com")).id == alice.id


async def test_the_local_user_is_no_providers(place: Path) -> None:
    async with session() as db:
        local = await users.find_or_create(db, users.LOCAL_EMAIL)
    assert users.role(local) == "admin"
    with pytest.raises(SignInFailed):
        await sign_in("7", users.LOCAL_EMAIL)
    assert (await now(local)).subject is None
