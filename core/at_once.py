"""What one user may hold at once of what a web process has little of; each process counts its own.

So it is not shared through Redis: what is kept from running out (memory, the event loop, processes) is the process's.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.errors import (
    TooManyFetches,
    TooManyFramings,
    TooManyImprovements,
    TooManyRequests,
    TooManyStreams,
    TooManyWaits,
)


class AtOnce:
    """So many places for each user; `refusal` is raised with their number and the seconds after which to ask again."""

    def __init__(self, places: int, refusal: Callable[[int, int], TooManyRequests], retry_after: int) -> None:
        self.places = places
        self._refusal, self._retry_after = refusal, retry_after
        self._taken: Counter[int] = Counter()

    def taken(self, user_id: int) -> int:
        """How many places of the user's are taken."""
        return self._taken[user_id]

    def check(self, user_id: int) -> None:
        """Raises TooManyRequests if none of the user's places is free."""
        if self.taken(user_id) >= self.places:
            raise self._refusal(self.places, self._retry_after)

    @contextmanager
    def of(self, user_id: int) -> Iterator[None]:
        """Hold one of the user's places. Raises TooManyRequests."""
        self.check(user_id)
        self._taken[user_id] += 1
        try:
            yield
        finally:
            self._taken[user_id] -= 1
            if not self._taken[user_id]:
                del self._taken[user_id]


FETCHES = AtOnce(2, TooManyFetches, 10)
"""Pictures fetched from an address, each of which takes 10 s at most."""
STREAMS = AtOnce(8, TooManyStreams, 15)
"""Event streams: each reads the video anew at every change of its state, and every few seconds."""
WAITS = AtOnce(100, TooManyWaits, 15)
"""Requests with `?wait=`, which read only what has changed."""
FRAMINGS = AtOnce(8, TooManyFramings, 2)
"""Pictures made to be looked at: framed, cut out, a frame of an edit. Each takes a process."""
IMPROVEMENTS = AtOnce(2, TooManyImprovements, 5)
"""Prompts at the chat model, which may take half a minute each."""
