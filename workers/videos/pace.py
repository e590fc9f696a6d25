"""How often a server is asked about its videos: quickly at first, then at its interval, within its rate."""

import random
import time
from collections import deque
from collections.abc import Mapping, Sequence

from core.catalog import entries
from core.catalog.entries import Model, Server
from core.models import now
from core.videos.looks import Watched
from workers.engines import Engine, Look

LIST_SECONDS = 1.0
QUICK_LIST_SECONDS = 0.5
MOST_SAVED = 30.0  # lists
SLOW_TIMES = 3  # as long as usual from list to list while no job should end
EARLY_SECONDS = 0.05  # by which jobs are due before their list may be read, so that it need not wait for them
PAGES_PER_SECOND = 20.0
ALL = 1_000_000
KNOWN = 50
TELLING = 5  # percent; less says nothing of how long it takes
MANY = 10
ANNOUNCED_SECONDS = 600.0
ANNOUNCED_TIMES = 4  # as long as the server's interval


class Pace:
    """The pace of one server in this worker, which takes an equal share among all `workers`.

    Where the server lists its jobs, one round asks about all of them, on average at most every LIST_SECONDS and for at
    most PAGES_PER_SECOND: of many jobs less often while none should end, and with the lists saved by that more often
    while they should. Where it does not, the looks share `looks_per_second`: the more videos run, the less often each
    is asked about, and not before its progress or the last videos suggest that it may be done.
    """

    def __init__(self, server: Server, engine: Engine) -> None:
        self.server, self.engine = server, engine
        self.running = 0
        self.workers = 1
        self._looks = server.looks_per_second
        self._filled = time.monotonic()
        self._quiet_until = self._list_from = self._announced_until = 0.0
        self._pages_from = self._saved = 0.0
        self._took: deque[float] = deque(maxlen=KNOWN)
        self._told: Mapping[int, float] = {}
        self._ends: Mapping[int, float] = {}

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
            moment = time.monotonic()
            self._pages_from = moment + calls * self.workers / PAGES_PER_SECOND
            self._list_from = max(self._pages_from, moment + LIST_SECONDS * self.workers - seconds)

    def rest(self, seconds: float) -> None:
        """Ask the server nothing for at least so many seconds."""
        self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)

    def announced(self) -> None:
        """Note a webhook of the server: it will send others, and polling is only the safety net."""
        self._announced_until = time.monotonic() + ANNOUNCED_SECONDS

    def ended(self, video: Watched) -> float:
        """Note that a video has ended at the provider; returns for how many seconds it probably has."""
        self._took.append(_ran(video))
        moment = time.monotonic()
        return min(max(0.0, moment - self._ends.get(video.id, moment)), self.server.poll_seconds)

    def first_look(self) -> float:
        """Seconds from create to the first look."""
        if self._is_announced:
            return self.server.poll_seconds * ANNOUNCED_TIMES
        return self._of_many(0, None) if self.share > 1 else max(1.0, self.engine.min_poll_seconds)

    @property
    def opens_in(self) -> float:
        """Seconds until the list may be read; 0 if it may be now, or if the server has none."""
        return max(0.0, self._list_from - time.monotonic()) if self.engine.lists else 0.0

    def next_looks(self, running: Sequence[tuple[Watched, Look | None]]) -> dict[int, float]:
        """Seconds until the next look at each of these videos, which a round has found running, by video id."""
        models = [entries.get(video.model) for video, _ in running]
        delays = {v.id: self.next_look(v, model, look) for (v, look), model in zip(running, models, strict=True)}
        if not running or not self.ahead or self.running < MANY:
            self._told = self._ends = {}
            return delays
        self._forecast(running)
        moment = time.monotonic()
        rhythm = min(self._interval(video, model) for (video, _), model in zip(running, models, strict=True))
        wait = self._until_list(rhythm, sorted(max(0.0, end - moment) for end in self._ends.values()))
        self._list_from = max(self._pages_from, moment + wait * self.workers)
        own = {video.id for video, look in running if look and look.retry_after}
        together = wait - EARLY_SECONDS
        return {v: delay if v in own or delay > 2 * self.ahead else together for v, delay in delays.items()}

    def _until_list(self, rhythm: float, left: list[float]) -> float:
        """Seconds to the next list of many jobs, which should run for so many seconds more.

        None is read before a job should have ended, up to SLOW_TIMES the `rhythm`. The lists saved by that are spent
        evenly on the time in which jobs should end; so in sum no more are read than in that rhythm.
        """
        usual = max(LIST_SECONDS, rhythm * 0.95)
        span = max(usual, left[int(len(left) * 0.95)])
        evenly = min(span / (self._saved + span / usual), usual * (1 - self._saved / MOST_SAVED))
        between = max(QUICK_LIST_SECONDS, self.server.poll_seconds / 10, evenly)
        wait = min(left[0] + between, max(between, min(SLOW_TIMES * rhythm, self.server.poll_seconds)))
        self._saved = min(MOST_SAVED, self._saved + wait / usual - 1)
        return wait

    def _forecast(self, running: Sequence[tuple[Watched, Look | None]]) -> None:
        """When each of these videos should end: by its progress, or else when it has run as long as the shortest.

        Of what the progress says the earliest end counts: where it moves in large steps, the end seems to be put off.
        """
        moment, ran = time.monotonic(), {video.id: _ran(video) for video, _ in running}
        told = {
            video.id: moment + ran[video.id] * (100 - look.progress) / look.progress
            for video, look in running
            if look and look.progress and look.progress > TELLING
        }
        self._told = {video_id: min(end, self._told.get(video_id, end)) for video_id, end in told.items()}
        shortest = min([*self._took, *(ran[video_id] + end - moment for video_id, end in told.items())], default=0.0)
        self._ends = {v: self._told.get(v, moment + shortest - seconds) for v, seconds in ran.items()}

    def next_look(self, video: Watched, model: Model, look: Look | None) -> float:
        """Seconds until the next look at a video that runs."""
        if look and look.retry_after:
            return look.retry_after
        if self._is_announced:
            return (model.poll_seconds or self.server.poll_seconds) * ANNOUNCED_TIMES * random.uniform(0.9, 1.2)
        interval = self._interval(video, model)
        if self.share > interval:
            return self._of_many(_ran(video), look)
        return max(self.engine.min_poll_seconds, interval) * random.uniform(0.9, 1.2)

    def _interval(self, video: Watched, model: Model) -> float:
        """Seconds between two looks at it: the longer it has run, the more."""
        ran, interval = _ran(video), model.poll_seconds or self.server.poll_seconds
        one_call_for_many = self.engine.lists and self.running >= MANY
        return min(interval, 1.0 if ran < 10 or (ran < 30 and one_call_for_many) else 2.0 if ran < 30 else interval)

    def _of_many(self, ran: float, look: Look | None) -> float:
        """Seconds to the next look at one of many videos; longer if it can't be done before."""
        share = max(self.engine.min_poll_seconds, self.share)
        left = min(self._took, default=0.0) - ran
        if look and look.progress and look.progress > TELLING:
            left = max(left, ran * (100 - look.progress) / look.progress)
        return max(share, min(left, 4 * share)) * random.uniform(0.95, 1.05)


def _ran(video: Watched) -> float:
    return (now() - (video.started_at or video.created_at)).total_seconds()
