"""Finds or creates the user behind an identity."""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass

from sqlalchemy import update as sql_update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.billing import credits
from core.errors import (
    BadInput,
    Blocked,
    DomainNotAllowed,
    EmailNotVerified,
    EmailTaken,
    SignInFailed,
    WrongInput,
)
from core.models import User
from core.phrase import Phrase
from core.security.secret import storage_secret
from core.settings import settings

LOCAL_EMAIL = "you@localhost"
MAX_NAME, MAX_URL = 200, 2000


async def find_or_create(session: AsyncSession, email: str, name: str = "", avatar_url: str = "") -> User:
    """The user with that e-mail, created with the starting credits if new. Raises BadInput for an invalid e-mail."""
    email = email.strip()
    local, _, host = email.partition("@")
    # the Kelvin sign in lower case is a plain k: whoever has that address would be somebody else
    sound = email.isprintable() and unicodedata.is_normalized("NFKC", email)
    if not local or not host or not sound or re.search(r"[\s<>@,;\"]", local + host) or len(email) > 320:
        raise WrongInput(Phrase("“{email}” is not an e-mail address.", email=_visible(email)[:100]))
    email = email.lower()
    query = select(User).where(User.email == email)
    if user := (await session.exec(query)).first():
        return user
    try:
        async with session.begin_nested():
            user = User(
                email=email, name=name or local, avatar_url=avatar_url, monthly_budget=settings().monthly_budget
            )
            session.add(user)
    except IntegrityError:
        return (await session.exec(query)).one()
    if not (settings().has_provider and await _was_erased(session, email)):
        start = settings().signup_credits
        await credits.move(session, user.id, start, "grant", f"user:{user.id}:signup", note="Welcome")
    await session.refresh(user)
    return user


def _visible(text: str) -> str:
    """Without control characters and direction marks, so that the text reads as it is."""
    return "".join(one for one in text if one.isprintable())


def fingerprint(email: str) -> str:
    """A keyed hash of an e-mail: recognises an erased user who comes back, without storing the address."""
    return hmac.new(storage_secret().encode(), email.lower().encode(), hashlib.sha256).hexdigest()


async def _was_erased(session: AsyncSession, email: str) -> bool:
    """Whether an account with that e-mail has been erased: it gets no second starting grant."""
    return (
        await session.exec(select(User.id).where(User.erased_as == fingerprint(email)).limit(1))
    ).first() is not None


@dataclass(frozen=True)
class Identity:
    """A person as an OpenID Connect provider describes them. `subject` never changes at that issuer."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str = ""
    avatar_url: str = ""


async def by_identity(session: AsyncSession, who: Identity) -> User:
    """The user behind an identity: found by issuer and subject, else by the verified e-mail, else created.

    Raises EmailNotVerified, DomainNotAllowed, Blocked, SignInFailed for an invalid e-mail, and EmailTaken if another
    subject of the same issuer has the e-mail (the provider gave the address to somebody else).
    """
    if not who.email_verified:
        raise EmailNotVerified()
    allowed = settings().domains()
    if allowed and who.email.rpartition("@")[2].lower() not in allowed:
        raise DomainNotAllowed()
    subject = f"{who.issuer}|{who.subject}"
    name = _visible(who.name)[:MAX_NAME]
    user = (await session.exec(select(User).where(User.subject == subject))).first()
    if user is None:
        try:
            user = await find_or_create(session, who.email, name)
        except BadInput:
            raise SignInFailed() from None
        # two first sign-ins of the same person at once: the other one has set the subject by now
        if user.subject and user.subject != subject and user.subject.rpartition("|")[0] == who.issuer:
            raise EmailTaken()
        user.subject = subject
    if user.blocked_at is not None:
        raise Blocked()
    # a provider may send any length, a column of PostgreSQL is limited
    user.name = name or user.name
    user.avatar_url = who.avatar_url if 0 < len(who.avatar_url) <= MAX_URL else user.avatar_url
    session.add(user)
    await session.flush()
    return user


def role(user: User) -> str:
    """`admin` if set on /admin, listed in ADMIN_EMAILS, or the local user; else `user`."""
    config = settings()
    local = not config.has_provider and user.email == LOCAL_EMAIL
    return "admin" if local or user.role == "admin" or user.email in config.admins() else "user"


async def end_sessions(session: AsyncSession, user_id: int) -> None:
    """Sign the user out everywhere: every cookie issued so far becomes invalid."""
    await session.exec(sql_update(User).where(col(User.id) == user_id).values(epoch=User.epoch + 1))


async def get(session: AsyncSession, user_id: int) -> User | None:
    """The user with that id, or None."""
    return await session.get(User, user_id)
