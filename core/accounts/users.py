"""Users: found by their e-mail or created, their role, the end of their sessions."""

import hashlib
import hmac
import re
import unicodedata

from sqlalchemy import update as sql_update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.billing import credits
from core.errors import WrongInput
from core.models import BrowserSession, User
from core.phrase import Phrase
from core.security.secret import storage_secret
from core.settings import settings

LOCAL_EMAIL = "you@localhost"
MAX_NAME, MAX_URL = 200, 2000


async def find_or_create(session: AsyncSession, email: str, name: str = "", avatar_url: str = "") -> User:
    """The user with that e-mail, created with the starting credits if new. Raises BadInput for an invalid e-mail."""
    email = sound_email(email)
    query = select(User).where(User.email == email)
    if user := (await session.exec(query)).first():
        return user
    try:
        async with session.begin_nested():
            name = name or email.partition("@")[0]
            user = User(email=email, name=name, avatar_url=avatar_url, monthly_budget=settings().monthly_budget)
            session.add(user)
    except IntegrityError:
        return (await session.exec(query)).one()
    if not (settings().has_provider and await _was_erased(session, email)):
        start = settings().signup_credits
        await credits.move(session, user.id, start, "grant", f"user:{user.id}:signup", note="Welcome")
    await session.refresh(user)
    return user


def sound_email(email: str) -> str:
    """The e-mail in lower case, without spaces around it. Raises BadInput for an invalid one."""
    email = email.strip()
    local, _, host = email.partition("@")
    # the Kelvin sign in lower case is a plain k: whoever has that address would be somebody else
    sound = email.isprintable() and unicodedata.is_normalized("NFKC", email)
    if not local or not host or not sound or re.search(r"[\s<>@,;\"]", local + host) or len(email) > 320:
        raise WrongInput(Phrase("“{email}” is not an e-mail address.", email=visible(email)[:100]))
    return email.lower()


def visible(text: str) -> str:
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


def role(user: User) -> str:
    """`admin` if set on /admin, listed in ADMIN_EMAILS, or the local user; else `user`."""
    config = settings()
    local = not config.has_provider and user.email == LOCAL_EMAIL
    return "admin" if local or user.role == "admin" or user.email in config.admins() else "user"


async def end_sessions(session: AsyncSession, user_id: int) -> None:
    """Sign the user out everywhere: every cookie issued so far becomes invalid."""
    await session.exec(delete(BrowserSession).where(col(BrowserSession.user_id) == user_id))
    await session.exec(sql_update(User).where(col(User.id) == user_id).values(epoch=User.epoch + 1))


async def get(session: AsyncSession, user_id: int) -> User | None:
    """The user with that id, or None."""
    return await session.get(User, user_id)
