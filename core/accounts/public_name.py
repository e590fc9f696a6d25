"""The name that others read beside what somebody shares or says."""

import re
import unicodedata

from sqlalchemy import update as sql_update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import WrongInput
from core.models import User
from core.phrase import Phrase

MOST = 40


async def set_public_name(session: AsyncSession, user_id: int, name: str) -> str:
    """Set it; empty for none. Raises WrongInput for an e-mail address, or one that is too long."""
    name = " ".join("".join(c for c in name if unicodedata.category(c)[0] != "C" or c.isspace()).split())
    if len(name) > MOST:
        raise WrongInput(Phrase("A public name has at most {most} characters.", most=MOST))
    if re.search(r"\S@\S", name):
        raise WrongInput(Phrase("A public name is no e-mail address: others will read it."))
    await session.exec(sql_update(User).where(col(User.id) == user_id).values(public_name=name))
    return name
