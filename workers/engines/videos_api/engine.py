"""The engine for any server with a /v1/videos API, in all its dialects."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.catalog.entries import DialectName, Server
from core.errors import (
    EngineError,
    JobLost,
    Misconfigured,
    NeverShown,
    NoFile,
    NotHandedOut,
    NotReady,
    OutcomeUnknown,
    OverCapacity,
    Retryable,
    Unreachable,
)
from workers.engines import Engine, Job, Look, Report, complaints
from workers.engines.videos_api import answers
from workers.engines.videos_api.answers import STATES, Json, id_of, video_in, word_of
from workers.engines.videos_api.azure_jobs import AzureJobs
from workers.engines.videos_api.calls import Calls
from workers.engines.videos_api.forms import Dialect, Form

log = logging.getLogger(__name__)

PAGE = 100
MAX_PAGES = 20
MAX_MEMORIES = 20_000
SKEW_SECONDS = 30.0  # how far the server's clock may be behind ours

DIALECTS: dict[str, Callable[[], Dialect]] = {
    DialectName.AUTO: lambda: Dialect(Form(), adapts=True),
    DialectName.MULTIPART: lambda: Dialect(Form()),
    DialectName.JSON: lambda: Dialect(Form("json")),
    DialectName.JSON_INT: lambda: Dialect(Form("json", seconds="int")),
    DialectName.JSON_TEXT: lambda: Dialect(Form("json", picture="text")),
    DialectName.AZURE_JOBS: lambda: AzureJobs(Form()),
}


@dataclass
class _Memory:
    """What this process remembers of a job: since when, whether the server ever showed it, its last progress."""

    since: float
    seen: bool = False
    progress: float = 0.0


class _UnusableAnswer(Unreachable):
    """The answer about this job can't be used; the server may still answer about others."""


def _hope(error: EngineError) -> int:
    """Of several places without the file, the one whose answer counts: it may still come, or it has been kept back."""
    return 2 if isinstance(error, NotHandedOut) else 1 if isinstance(error, Retryable) else 0


class OpenAIVideos(Engine):
    """One server. Learns which form of create call it takes and whether it can list its jobs."""

    grace_seconds = 5.0
    """Seconds that a job the server has never shown may be missing before it counts as lost."""
    relist_seconds = 300.0
    """Seconds until a server that could not list its jobs is asked for its list once more."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        if server.dialect not in DIALECTS:
            raise Misconfigured(f"Server “{server.name}” names the dialect “{server.dialect}”: {', '.join(DIALECTS)}.")
        self._dialect = DIALECTS[server.dialect]()
        self._form = self._dialect.form
        self._calls = Calls(server, self._dialect.query)
        self._memories: dict[str, _Memory] = {}
        self._warned: set[str] = set()
        self._list_from = 0.0
        self._lists_other_ids = False

    def share_with(self, workers: int) -> None:
        self._calls.share_with(workers)

    @property
    def lists(self) -> bool:
        return time.monotonic() >= self._list_from

    async def submit(self, job: Job) -> str:
        form, tried = self._form, set[Form]()
        async with self._calls.long():
            while True:
                tried.add(form)
                answer = await self._calls.create_form(self._dialect.jobs, *self._dialect.body(form, job))
                if answer.status < 300:
                    break
                other = form.instead(answer.status, answer.body) if self._dialect.adapts else None
                log.info("%s refused the %s form: %s", self.server.name, form.encoding, answer.error_text)
                if other is None or other in tried:
                    raise complaints.refusal(answer.status, answer.body, complaints.retry_after(answer.headers))
                form = other
        self._form = form
        video = video_in(answer.body)
        if not (provider_id := id_of(video)):
            log.warning("%s: create answered without an id: %.2000r", self.server.name, answer.body)
            raise complaints.no_job(answer.body, STATES.get(word_of(video)))
        self._remember(provider_id)
        return provider_id

    async def find(self, job: Job) -> list[str]:
        sure: list[str] = []
        doubtful, after, since = False, None, job.created_at - SKEW_SECONDS
        try:
            for _ in range(MAX_PAGES):
                listed = None if self._lists_other_ids else await self._page(after)
                if listed is None:
                    raise OutcomeUnknown("this server can't list its jobs")
                items, more = listed
                verdicts = [(id_of(item), answers.same_job(item, job, since)) for item in items]
                sure += [provider_id for provider_id, same in verdicts if same]
                doubtful = doubtful or any(same is None for _, same in verdicts)
                oldest = answers.created_in(items[-1]) if items else None
                if not more or (oldest is not None and oldest < since):
                    break
                after = id_of(items[-1])
            else:
                raise OutcomeUnknown("this server has too many jobs to look through")
        except Retryable as error:
            raise OutcomeUnknown(error.detail) from error
        if doubtful and not sure:
            raise OutcomeUnknown("this server does not say enough about its jobs to tell them apart")
        return sure

    async def look(self, ids: Sequence[str]) -> dict[str, Look]:
        self._calls.check_quiet()
        listing = len(ids) > 1 and self.lists
        looks, whole = await self._listed(ids) if listing else ({}, False)
        trouble: list[Retryable] = []
        odd: list[Retryable] = []
        rest = iter([provider_id for provider_id in ids if provider_id not in looks])
        absent = whole and not looks

        async def ask() -> None:
            for provider_id in rest:
                if trouble:  # the server is down or busy: ask no more
                    return
                try:
                    if look := await self._retrieve(provider_id):
                        looks[provider_id] = look
                except _UnusableAnswer as error:
                    odd.append(error)
                except Retryable as error:
                    trouble.append(error)

        if looks:
            self._lists_other_ids = False
        await asyncio.gather(*(ask() for _ in range(min(len(ids), max(1, self.server.concurrency)))))
        if absent and any(look.state in ("queued", "running") for look in looks.values()):
            self._lists_other_ids = True
            self._stop_listing("its list does not show our jobs")
        if not looks and (trouble or odd):
            raise (trouble + odd)[0]
        return looks

    async def _listed(self, ids: Sequence[str]) -> tuple[dict[str, Look], bool]:
        """The listed states of these jobs, and whether the list was read to its end.

        A page costs as much as asking about one job, so no more pages are read than jobs are still missing.
        """
        wanted, after, pages = set(ids), None, 0
        looks: dict[str, Look] = {}
        while pages < len(wanted):
            listed = await self._page(after)
            if listed is None:
                break
            items, more = listed
            pages += 1
            for item in items:
                if (provider_id := id_of(item)) in wanted:
                    wanted.discard(provider_id)
                    looks[provider_id] = self._note(provider_id, item)
            if not more:
                return looks, True
            after = id_of(items[-1])
        return looks, False

    async def _page(self, after: str | None) -> tuple[list[Json], bool] | None:
        """A page of the list, newest first, and whether there is another. Raises Retryable.

        None if the server can't list; it is then not asked to for a while.
        """
        query: dict[str, str] = {"limit": str(PAGE)} | ({"after": after} if after else {})
        self.looked += 1
        answer = await self._calls.get(self._dialect.jobs, query)
        if answer.status in (429, 503):
            raise self._calls.be_quiet(answer)
        items = answers.items_in(answer.body) if answer.status < 300 else None
        if items is None:
            self._stop_listing(f"HTTP {answer.status}")
            return None
        more = answer.body.get("has_more") if isinstance(answer.body, dict) else None
        return items, bool(items) and (len(items) >= PAGE if more is None else bool(more))

    async def _retrieve(self, provider_id: str) -> Look | None:
        """One job's state; None while it is too early to call it lost. Raises Retryable."""
        self.looked += 1
        answer = await self._calls.get(self._dialect.job(provider_id))
        video = video_in(answer.body)
        # vLLM-Omni answers about a failed job with HTTP 4xx or 5xx and the video object as the body
        ended = bool(id_of(video)) and STATES.get(word_of(video)) in ("failed", "canceled")
        if (answer.status < 300 and video) or ended:
            return self._note(provider_id, video)
        if answer.status in (429, 503):
            raise self._calls.be_quiet(answer)
        if answer.status in (404, 410) and isinstance(answer.body, dict):
            return self._missing(provider_id)
        self._warn_once(f"HTTP {answer.status} to a look: {answer.error_text}")
        raise _UnusableAnswer(answer.error_text)

    def _note(self, provider_id: str, video: Json) -> Look:
        memory = self._remember(provider_id)
        memory.seen = True
        look = answers.read_look(video, self.server.base_url)
        if look is None:
            self._warn_once(f"unknown status {word_of(video) or 'none'!r}; the job is asked about until its deadline")
            return Look("running", raw=video)
        if look.error:
            log.warning("%s: job %s %s: %s", self.server.name, provider_id, word_of(video), look.error.detail)
        if look.progress is None:
            return look
        memory.progress = max(memory.progress, look.progress)
        return replace(look, progress=memory.progress)

    def _missing(self, provider_id: str) -> Look | None:
        """After a 404: lost if the server has shown the job before, else None for `grace_seconds`."""
        memory = self._remember(provider_id)
        if not memory.seen and time.monotonic() - memory.since < self.grace_seconds:
            return None
        log.warning("%s does not know job %s", self.server.name, provider_id)
        return Look("failed", error=(JobLost if memory.seen else NeverShown)("the server does not know this id"))

    async def fetch(self, job: Job, provider_id: str, look: Look | None, target: Path, report: Report) -> None:
        errors: list[EngineError] = []
        tried: set[tuple[str, bool]] = set()
        async for url, with_key in self._sources(provider_id, look):
            if (url, with_key) in tried:
                continue
            tried.add((url, with_key))
            try:
                return await self._calls.download(url, target, with_key=with_key)
            except OverCapacity:
                raise
            except EngineError as error:
                log.info(
                    "%s: no file of job %s at %s: %s",
                    self.server.name,
                    provider_id,
                    url.partition("?")[0],
                    error.detail,
                )
                errors.insert(0, error)  # of two alike the later one counts
        raise max(errors, key=_hope, default=NotHandedOut(NoFile("no address of a file")))

    async def _sources(self, provider_id: str, look: Look | None) -> AsyncIterator[tuple[str, bool]]:
        """URLs where the file may be, and whether to send the key; the job is read anew only if the first ones fail.

        Raises NotReady if the server says by now that the job is not finished.
        """
        for earlier in (look or Look("succeeded"), None):
            current = earlier or await self._retrieve(provider_id)
            if current is None or current.state != "succeeded":
                raise (current.error if current else None) or NotReady("the job is not finished")
            if path := self._dialect.content(provider_id, current.raw):
                yield self._calls.url(path), True
            if current.url:
                yield current.url, False
                if self._calls.is_own(current.url):  # on the server itself it may want the key after all
                    yield current.url, True

    async def cancel(self, provider_id: str) -> bool:
        look = await self._retrieve(provider_id)
        if look is None:
            raise NotReady("the job is not to be seen yet")
        if look.state not in ("queued", "running"):
            return look.state != "succeeded"
        answer = await self._calls.delete(self._dialect.job(provider_id))
        log.info("%s: cancel of %s job %s: HTTP %s", self.server.name, look.state, provider_id, answer.status)
        return look.state == "queued" and answer.status < 300

    async def close(self) -> None:
        await self._calls.close()

    def _stop_listing(self, why: str) -> None:
        self._list_from = time.monotonic() + self.relist_seconds
        self._warn_once(f"its jobs are asked about one by one: {why}")

    def _warn_once(self, what: str) -> None:
        if what not in self._warned and len(self._warned) < 1000:
            self._warned.add(what)
            log.warning("%s: %s", self.server.name, what)

    def _remember(self, provider_id: str) -> _Memory:
        memory = self._memories.pop(provider_id, None) or _Memory(time.monotonic())
        self._memories[provider_id] = memory
        if len(self._memories) > MAX_MEMORIES:
            del self._memories[next(iter(self._memories))]
        return memory
