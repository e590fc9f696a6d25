"""How many pages one visitor may have open, and how many sockets: each is memory of this process."""

from collections.abc import Iterable, MutableMapping
from typing import Any

from core.errors import TooManyPages

from . import compat, holders

OF_A_USER, OF_AN_ADDRESS = 40, 100
UNSEEN_SHARE = 4
"""One in so many of them may be a page whose script has not run yet. In a browser it runs within a second, and a page
that is gone by then loads anew; a program that only loads pages would have us hold memory that nobody looks at."""
RETRY_SECONDS = 5
SOCKETS_A_PAGE = 2
"""For a moment a page that reconnects has its old socket as well."""


def _most(holder: str) -> int:
    return OF_AN_ADDRESS if holders.user_id(holder) is None else OF_A_USER


def make_room(holder: str) -> None:
    """Before another page of that visitor is made. Raises TooManyPages.

    Pages that nobody looks at, because their script has never run or their connection is lost, make room first.
    """
    theirs = [page for page in compat.pages() if holders.of(page.request.scope) == holder]
    new = [page for page in theirs if not compat.has_run(page)]
    most = _most(holder)
    if len(theirs) < most and len(new) < max(1, most // UNSEEN_SHARE):
        return
    unseen = [*new, *(page for page in theirs if not page.has_socket_connection)]
    if not unseen:
        raise TooManyPages(most, RETRY_SECONDS)
    compat.drop(unseen[0])


def has_room_for_socket(scope: MutableMapping[str, Any], others: Iterable[MutableMapping[str, Any]]) -> bool:
    """Whether one more socket may be opened beside all that are open."""
    holder = holders.of(scope)
    return sum(holders.of(other) == holder for other in others) < SOCKETS_A_PAGE * _most(holder)
