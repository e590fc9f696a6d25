"""Who signs in at an identity provider: an issuer and a subject, and the one account that is theirs."""

import logging
from dataclasses import dataclass

from sqlalchemy import update as sql_update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.accounts import users
from core.database.session import reading
from core.errors import BadInput, Blocked, DomainNotAllowed, EmailNotVerified, EmailTaken, SignInFailed
from core.models import MAX_IDENTITY, User
from core.settings import settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Identity:
    """Somebody, as an OpenID Connect provider describes them. `subject` is theirs for ever at that issuer."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str = ""
    avatar_url: str = ""


async def by_identity(session: AsyncSession, who: Identity) -> User:
    """The account of an identity: its own, else the one with its e-mail that nobody owns yet, else a new one.

    What the provider says of e-mail, name and picture is taken over. Raises EmailNotVerified, DomainNotAllowed,
    Blocked, SignInFailed for what is no e-mail or no subject, and EmailTaken if the e-mail is another account's.
    """
    if not who.email_verified:
        raise EmailNotVerified()
    allowed = settings().domains()
    if allowed and who.email.rpartition("@")[2].lower() not in allowed:
        raise DomainNotAllowed()
    email = _email(who)
    user = await _owned_by(session, who) or await _first_time(session, who, email)
    if user.blocked_at is not None:
        raise Blocked()
    await _take_over(session, user, who, email)
    return user


def _email(who: Identity) -> str:
    if not (_names_somebody(who.issuer) and _names_somebody(who.subject)):
        log.warning("the provider's answer has no issuer or subject that an account could belong to")
        raise SignInFailed()
    try:
        email = users.sound_email(who.email)
    except BadInput:
        raise SignInFailed() from None
    if email == users.LOCAL_EMAIL:  # whoever sits at this machine, at no provider
        raise SignInFailed()
    return email


def _names_somebody(text: object) -> bool:
    """An issuer or a subject is text that both databases keep as it is."""
    if not isinstance(text, str) or not text.isprintable() or text.isspace():
        return False
    return 0 < len(text.encode()) <= MAX_IDENTITY


async def _owned_by(session: AsyncSession, who: Identity) -> User | None:
    query = select(User).where(User.issuer == who.issuer, User.subject == who.subject)
    return (await session.exec(query)).first()


async def _first_time(session: AsyncSession, who: Identity, email: str) -> User:
    user = await users.find_or_create(session, email, users.visible(who.name)[: users.MAX_NAME])
    mine = {"issuer": who.issuer, "subject": who.subject}
    free = (col(User.id) == user.id, col(User.subject).is_(None))
    await session.exec(sql_update(User).where(*free).values(**mine))
    await session.refresh(user)
    if (user.issuer, user.subject) != (who.issuer, who.subject):
        raise EmailTaken()
    return user


async def _take_over(session: AsyncSession, user: User, who: Identity, email: str) -> None:
    """What a provider sends has no bound, a column of PostgreSQL has."""
    try:
        async with session.begin_nested():
            user.email = email
            user.name = users.visible(who.name)[: users.MAX_NAME] or user.name
            user.avatar_url = who.avatar_url if 0 < len(who.avatar_url) <= users.MAX_URL else user.avatar_url
            session.add(user)
            await session.flush()
    except IntegrityError:
        raise EmailTaken() from None


# ---------------------------------------------------------------------------------------------- another provider


async def compare() -> None:
    """Says in the log which accounts belong to another issuer than OIDC_ISSUER: they can't be signed in to."""
    if not settings().has_provider:
        return
    counted = select(User.issuer, func.count()).where(col(User.subject).is_not(None)).group_by(User.issuer)
    async with reading() as db:
        rows = (await db.exec(counted.order_by(User.issuer))).all()
    for issuer, number in rows:
        if issuer and issuer.rstrip("/") != settings().oidc_issuer:
            accounts = "1 account belongs" if number == 1 else f"{number} accounts belong"
            log.warning(
                "%s to %s, and OIDC_ISSUER is %s: nobody signs in to them. If the new provider has the same people "
                "under the same e-mail addresses, `uv run main.py release %s` lets each sign in to their account",
                *(accounts, issuer, settings().oidc_issuer, issuer),
            )


async def release(session: AsyncSession, issuer: str) -> list[int]:
    """Let the accounts of that issuer belong to whoever signs in next with their verified e-mail; the users' ids."""
    of_it = sql_update(User).where(col(User.issuer) == issuer).values(issuer=None, subject=None)
    return sorted((await session.exec(of_it.returning(col(User.id)))).scalars())
