"""Who somebody is: what the identity provider says, within bounds."""

from core import database, users
from core.models import User
from core.users import Identity


async def test_a_name_without_end_is_cut_and_such_a_picture_left_out(alice: User) -> None:
    who = Identity("https://id.example.com", "ann", "ann@example.com", True, "Ann" * 200, "data:," + "x" * 5000)
    async with database.session() as db:
        ann = await users.behind(db, who)
    assert (len(ann.name), ann.avatar_url) == (200, "")
