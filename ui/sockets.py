"""Whose sockets and events are taken: those of the browser that has loaded the page, while its visitor may be there."""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from nicegui import Client

from core.errors import AdsVideoError

from . import i18n, open_pages, page_state
from .kit.toast import toast

log = logging.getLogger("browser")
"""Nothing of this one reaches Sentry: core/ops/logs.py."""
NOTES = 10
"""So many lines of one user's pages a minute."""
NOTE_LENGTH = 500
LEVELS = {"error": logging.WARNING, "warning": logging.WARNING}


class Rules:
    """See compat.SocketRules."""

    def __init__(self) -> None:
        self._notes: Counter[int] = Counter()
        self._minute = 0.0

    def may_open(self, scope: MutableMapping[str, Any], others: Iterable[MutableMapping[str, Any]]) -> bool:
        """Whether whoever opens a socket has not too many of them already."""
        return open_pages.has_room_for_socket(scope, others)

    def is_theirs(self, client: Client, session: Mapping[str, Any]) -> bool:
        """Whether a socket's browser is the one that has loaded the page."""
        browser = client.request.session.get("id")
        return bool(browser) and session.get("id") == browser

    async def may_act(self, client: Client) -> bool:
        """Whether the page is still its visitor's; if it is not, it ends. A database that is away is said."""
        try:
            return await page_state.may_stay(client)
        except AdsVideoError as error:
            with client:
                toast(i18n.explain(error), "bad")
            return False

    def note(self, client: Client, message: Mapping[str, Any]) -> None:
        """A line in our log, of somebody who is signed in, cut, and only so many."""
        user_id = page_state.user_id(client)
        if user_id is None or not self._has_room(user_id):
            return
        level = LEVELS.get(str(message.get("level")), logging.DEBUG)
        log.log(level, "a page of user %s says: %s", user_id, str(message.get("message"))[:NOTE_LENGTH])

    def _has_room(self, user_id: int) -> bool:
        if time.monotonic() - self._minute >= 60:
            self._notes.clear()
            self._minute = time.monotonic()
        self._notes[user_id] += 1
        return self._notes[user_id] <= NOTES
