"""How often a server is asked about its videos: quickly at first, then at its interval, within its rate."""

import random
import time
from collections import deque

from core.catalog.entries import Model, Server
from core.models import now
from core.videos.looks import Watched
from workers.engines import Engine, Look

LIST_SECONDS = 1.0
PAGES_PER_SECOND = 20.0
ALL = 1_000_000
KNOWN = 50
MANY = 10
ANNOUNCED_SECONDS = 600.0
ANNOUNCED_TIMES = 4  # as long as the server's interval


class Pace:
    """The pace of one server in this worker, which takes an equal share among all `workers`.

    Where the server lists its jobs, one round asks about all of them, at most every LIST_SECONDS and for at most
    PAGES_PER_SECOND. Where it does not, the looks share `looks_per_second`: the more videos run, the less often each
    is asked about, and not before its progress or the last videos suggest that it may be done.
    """

    def __init__(self, server: Server, engine: Engine) -> None:
        self.server, self.engine = server, engine
        self.running = 0
        self.workers = 1
        self._looks = server.looks_per_second
        self._filled = time.monotonic()
        self._quiet_until = self._list_from = self._announced_until = 0.0
        self._took: deque[float] = deque(maxlen=KNOWN)

    def share_with(self, workers: int) -> None:
        """Share the server with all `workers`."""
        self.workers = workers
        self.engine.share_with(workers)

    @property
    def share(self) -> float:
        """Seconds between two looks at a video if all running ones get equally many; 0 where one call covers all."""
        return 0.0 if self.engine.lists else self.running / self.server.looks_per_second

    @property
    def limit(self) -> int:
        """How many videos may be asked about now."""
        moment = time.monotonic()
        if moment < self._quiet_until or (moment < self._list_from and not self._is_announced):
            return 0
        rate = self.server.looks_per_second / self.workers
        self._looks = min(max(1.0, rate), self._looks + rate * (moment - self._filled))
        self._filled = moment
        return ALL if self.engine.lists and self._looks > 0 else max(0, int(self._looks))

    @property
    def ahead(self) -> float:
        """Seconds by which a look may come early: a list covers all jobs at once."""
        early = self.engine.lists and self.engine.min_poll_seconds == 0 and not self._is_announced
        return self.server.poll_seconds if early else 0.0

    @property
    def _is_announced(self) -> bool:
        return time.monotonic() < self._announced_until

    def spent(self, calls: int, seconds: float) -> None:
        """Account for a round that took so many calls and seconds."""
        self._looks -= calls
        if self.engine.lists:
            rest = max(LIST_SECONDS * self.workers - seconds, calls * self.workers / PAGES_PER_SECOND)
            self._list_from = time.monotonic() + rest

    def rest(self, seconds: float) -> None:
        """Ask the server nothing for at least so many seconds."""
        self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)

    def announced(self) -> None:
        """Note a webhook of the server: it will send others, and polling is only the safety net."""
        self._announced_until = time.monotonic() + ANNOUNCED_SECONDS

    def took(self, video: Watched) -> None:
        """Note how long a video ran that has just ended at the provider."""
        self._took.append(_ran(video))

    def first_look(self) -> float:
        """Seconds from create to the first look."""
        if self._is_announced:
            return self.server.poll_seconds * ANNOUNCED_TIMES
        return self._of_many(0, None) if self.share > 1 else max(1.0, self.engine.min_poll_seconds)

    def next_look(self, video: Watched, model: Model, look: Look | None) -> float:
        """Seconds until the next look at a video that runs."""
        ran, interval = _ran(video), model.poll_seconds or self.server.poll_seconds
        if look and look.retry_after:
            return look.retry_after
        if self._is_announced:
            return interval * ANNOUNCED_TIMES * random.uniform(0.9, 1.2)
        one_call_for_many = self.engine.lists and self.running >= MANY
        quick = 1.0 if ran < 10 or (ran < 30 and one_call_for_many) else 2.0 if ran < 30 else interval
        if self.share > min(quick, interval):
            return self._of_many(ran, look)
        return max(self.engine.min_poll_seconds, min(quick, interval)) * random.uniform(0.9, 1.2)

    def _of_many(self, ran: float, look: Look | None) -> float:
        """Seconds to the next look at one of many videos; longer if it can't be done before."""
        share = max(self.engine.min_poll_seconds, self.share)
        left = min(self._took, default=0.0) - ran
        if look and look.progress and look.progress > 5:
            left = max(left, ran * (100 - look.progress) / look.progress)
        return max(share, min(left, 4 * share)) * random.uniform(0.95, 1.05)


def _ran(video: Watched) -> float:
    return (now() - (video.started_at or video.created_at)).total_seconds()
