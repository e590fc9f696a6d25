"""Finds or creates the user behind an identity; API keys."""

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
    """The user with that e-mail, made with the starting grant if need be. Raises BadInput for what is no e-mail."""
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
    if not (settings().has_provider and await _was_here(session, email)):
        start = settings().signup_credits
        await credits.move(session, user.id, start, "grant", f"user:{user.id}:signup", note="Welcome")
    await session.refresh(user)
    return user


def _visible(text: str) -> str:
    """Without control characters and marks that turn the direction: what is read is what is there."""
    return "".join(one for one in text if one.isprintable())


def known_as(email: str) -> str:
    """What tells that somebody was here before, to whoever has the e-mail and this installation's secret."""
    return hmac.new(storage_secret().encode(), email.lower().encode(), hashlib.sha256).hexdigest()


async def _was_here(session: AsyncSession, email: str) -> bool:
    """Whether an account with that e-mail has been erased: it gets no second starting grant."""
    return (await session.exec(select(User.id).where(User.erased_as == known_as(email)).limit(1))).first() is not None


@dataclass(frozen=True)
class Identity:
    """Somebody, as an OpenID Connect provider has told us. `subject` is theirs for ever at that issuer."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str = ""
    avatar_url: str = ""


async def behind(session: AsyncSession, who: Identity) -> User:
    """The user behind an identity, found by issuer and subject, else by the verified e-mail, else made.

    Raises EmailNotVerified, DomainNotAllowed, Blocked, SignInFailed for what is no e-mail, and EmailTaken if another
    subject of the same issuer holds the e-mail (an address that was given to somebody else).
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
        # the same one signing in twice at once for the first time has got it in the meantime
        if user.subject and user.subject != subject and user.subject.rpartition("|")[0] == who.issuer:
            raise EmailTaken()
        user.subject = subject
    if user.blocked_at is not None:
        raise Blocked()
    # what a provider sends has no bound, a column of PostgreSQL has
    user.name = name or user.name
    user.avatar_url = who.avatar_url if 0 < len(who.avatar_url) <= MAX_URL else user.avatar_url
    session.add(user)
    await session.flush()
    return user


def role(user: User) -> str:
    """`admin`: made one on /admin, named in ADMIN_EMAILS, or the local user, whose own machine it is."""
    config = settings()
    local = not config.has_provider and user.email == LOCAL_EMAIL
    return "admin" if local or user.role == "admin" or user.email in config.admins() else "user"


async def end_sessions(session: AsyncSession, user_id: int) -> None:
    """Sign the user out everywhere: every cookie given out so far is useless from now on."""
    await session.exec(sql_update(User).where(col(User.id) == user_id).values(epoch=User.epoch + 1))


async def get(session: AsyncSession, user_id: int) -> User | None:
    """The user with that id, if there is one."""
    return await session.get(User, user_id)
