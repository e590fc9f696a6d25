"""Who somebody is: what the identity provider says, within bounds."""

from pathlib import Path

import pytest

from core.accounts import users
from core.accounts.users import Identity
from core.database.session import reading, session
from core.errors import BadInput, SignInRefused
from core.models import User


async def test_a_name_without_end_is_cut_and_such_a_picture_left_out(alice: User) -> None:
    who = Identity("https://id.example.com", "ann", "ann@example.com", True, "Ann" * 200, "data:," + "x" * 5000)
    async with session() as db:
        ann = await users.by_identity(db, who)
    assert (len(ann.name), ann.avatar_url) == (200, "")


@pytest.mark.parametrize("email", ["\u212aate@example.com", "kate\u202e@example.com", "kate\x00@example.com"])
async def test_an_address_that_only_looks_like_somebody_elses_is_none(place: Path, email: str) -> None:
    async with session() as db:
        kate = await users.find_or_create(db, "Kate@example.com")
    with pytest.raises(SignInRefused):
        async with session() as db:
            await users.by_identity(db, Identity("https://id.example.com", "evil", email, True))
    with pytest.raises(BadInput):
        async with session() as db:
            await users.find_or_create(db, email)
    async with reading() as db:
        assert (await users.get(db, kate.id) or kate).subject is None


async def test_a_name_has_nothing_that_can_not_be_seen(place: Path) -> None:
    async with session() as db:
        eve = await users.by_identity(
            db, Identity("https://id.example.com", "eve", "eve@example.com", True, "Eve\u202e\x00\r\nX: y")
        )
    assert eve.name == "EveX: y"
