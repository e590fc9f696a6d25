"""The whole app as a user starts it: `main.py` as a process of its own, in a folder of its own."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from core.accounts import api_keys, users
from core.database.session import close_database, session
from tests.environment import forget_settings
from tests.waiting import wait_until

MAIN = Path(__file__).resolve().parent.parent / "main.py"
START_SECONDS = 120  # four parts may start at once, beside other tests
PORTS = range(15_000, 32_000)
"""Below those that a system gives to connections: none takes a port before it is used, or during a restart."""


def free_port() -> int:
    """A port nobody listens on."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            port = random.SystemRandom().choice(PORTS)
            probe.bind(("127.0.0.1", port))
            return port


def command_line(process: psutil.Process) -> str:
    """Its name and arguments; nothing of a process that has ended meanwhile."""
    try:
        return " ".join([process.name(), *process.cmdline()])
    except psutil.Error:
        return ""


class RunningApp:
    """`main.py` with its worker and embedded Valkey, or with `web` or `worker` that part alone."""

    def __init__(self, folder: Path, *started_as: str, **variables: str) -> None:
        self.folder = folder
        self.started_as = started_as
        self.main = MAIN
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.variables = {
            "DATABASE_URL": f"sqlite:///{folder}/adsvideo.db",
            "STORAGE_URL": str(folder),
            "PORT": str(self.port),
            **variables,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another `main.py` command beside the app."""
        return subprocess.run(
            [sys.executable, str(self.main), *arguments],
            env={**os.environ, **self.variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *, wait: bool = True) -> "RunningApp":
        """Start it; with `wait`, until it is ready with all its parts."""
        with (self.folder / "out.log").open("ab") as out, (self.folder / "err.log").open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, str(self.main), *self.started_as],
                env={**os.environ, **self.variables},
                cwd=self.folder,
                stdout=out,
                stderr=err,
            )
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        """Until database, Redis, storage and a worker are there."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            assert self.process is None or self.process.poll() is None, self.log()
            time.sleep(0.1)
        raise AssertionError(f"the app was not ready in time:\n{self.log()}")

    def log(self) -> str:
        """What it has said."""
        return "".join((self.folder / name).read_text() for name in ("out.log", "err.log"))

    def processes(self) -> list[psutil.Process]:
        """The worker and the Valkey of this app, found by its folder."""
        found = []
        for process in psutil.process_iter():
            try:
                # Valkey writes its title over its environment, but works in our folder
                ours = process.environ().get("DATABASE_URL") == self.variables["DATABASE_URL"]
                ours = ours or Path(process.cwd()).is_relative_to(self.folder)
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return [p for p in found if self.process is None or p.pid != self.process.pid]

    def left_behind(self) -> list[psutil.Process]:
        """What does not end by itself after the end."""
        psutil.wait_procs(self.processes(), timeout=10)
        return self.processes()

    def part(self, name: str) -> psutil.Process:
        """The process of the `worker` or of `valkey`, once it is there: one that has died is started anew."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if found := next((p for p in self.processes() if self._is(p, name)), None):
                return found
            time.sleep(0.05)
        raise AssertionError(f"no {name} was there in time:\n{self.log()}")

    def _is(self, process: psutil.Process, name: str) -> bool:
        if name == "valkey":
            return "valkey" in command_line(process)
        try:
            if process.name() == "adsvideo-worker":  # forked
                return True
            # what the worker itself starts has its arguments for a moment
            ours = self.process is not None and process.ppid() == self.process.pid
        except psutil.Error:
            return False
        return ours and "--child" in command_line(process)

    @contextlib.contextmanager
    def held(self) -> Iterator[psutil.Process]:
        """The worker stands still inside the `with`: what it makes is not over before one has looked."""
        alone = self.process if "worker" in self.started_as else None
        worker = psutil.Process(alone.pid) if alone else self.part("worker")
        try:
            self._suspend(worker)
            yield worker
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.resume()

    def _suspend(self, worker: psutil.Process) -> None:
        """Not while it holds the database, which would stand still as well."""
        kind, _, path = self.variables["DATABASE_URL"].partition(":///")
        while True:
            worker.suspend()
            wait_until(lambda: worker.status() == psutil.STATUS_STOPPED)
            if kind != "sqlite":
                return
            db = sqlite3.connect(path, timeout=1, isolation_level=None)
            with contextlib.closing(db), contextlib.suppress(sqlite3.OperationalError):
                db.execute("BEGIN IMMEDIATE")
                db.execute("ROLLBACK")
                return
            worker.resume()
            time.sleep(0.05)

    def stop(self, sign: int = signal.SIGINT) -> float:
        """Ctrl-C (or another signal); the seconds it took."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(sign)
        self.process.wait(60)
        return time.monotonic() - started

    def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    @staticmethod
    @contextlib.contextmanager
    def started(folder: Path, **variables: str) -> Iterator["RunningApp"]:
        """Running inside the `with`, stopped in order after it, and ended whatever happens."""
        app = RunningApp(folder, **variables)
        try:
            yield app.start()
            app.stop()
        finally:
            app.end()

    def key(self, email: str) -> str:
        """A new API key of that user, as `main.py key` makes it, which would take two seconds of CPU."""
        with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as thread:  # a thread without an event loop
            for name, value in self.variables.items():
                patch.setenv(name, value)
            forget_settings()
            made = thread.submit(asyncio.run, _new_key(email)).result()
        forget_settings()
        return made

    def get(self, path: str, **options: Any) -> httpx.Response:
        """What it answers to anybody; a busy machine may take its time."""
        return httpx.get(f"{self.url}{path}", **{"timeout": 30, **options})

    def client(self, email: str) -> httpx.Client:
        """A script of that user."""
        headers = {"Authorization": f"Bearer {self.key(email)}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=30)


async def _new_key(email: str) -> str:
    try:
        async with session() as db:
            return await api_keys.make_key(db, await users.find_or_create(db, email), "tests")
    finally:
        await close_database()


def wait_for_end(client: httpx.Client, video_id: int, seconds: float = 120) -> dict[str, object]:
    """Follow a video to its end, as a script does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        video: dict[str, object] = client.get(f"/videos/{video_id}", params={"wait": 5}).json()
        if video["status"] in ("completed", "failed", "canceled"):
            return video
    raise AssertionError(f"video {video_id} did not end: {video}")
