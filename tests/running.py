"""The whole app as a user starts it: `main.py` as a process of its own, in a folder of its own."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from core import database, users
from tests.conftest import forget_settings

MAIN = Path(__file__).resolve().parent.parent / "main.py"
START_SECONDS = 60


_kept: list[socket.socket] = []


def free_port() -> int:
    """A port nobody listens on.

    On Linux nobody else is given it as long as this process lives, for it stays bound: a server sets SO_REUSEADDR and
    can listen on it all the same, now and after a restart. Elsewhere it is only unlikely to be taken.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    if sys.platform == "linux":
        _kept.append(probe)
        return int(probe.getsockname()[1])
    with probe:
        return int(probe.getsockname()[1])


class RunningApp:
    """`main.py` with its worker and embedded Valkey, or with `web` or `worker` that part alone."""

    def __init__(self, folder: Path, *started_as: str, **variables: str) -> None:
        self.folder = folder
        self.started_as = started_as
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
            [sys.executable, str(MAIN), *arguments],
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
                [sys.executable, str(MAIN), *self.started_as],
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
        """What is still there a moment after the end."""
        psutil.wait_procs(self.processes(), timeout=3)
        return self.processes()

    def part(self, name: str) -> psutil.Process:
        """The process of the `worker` or of `valkey`."""
        words = {"worker": "--child", "valkey": "valkey"}
        return next(p for p in self.processes() if words[name] in " ".join([p.name(), *p.cmdline()]))

    def stop(self, sign: int = signal.SIGINT) -> float:
        """Ctrl-C (or another signal); the seconds it took."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(sign)
        self.process.wait(20)
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

    def client(self, email: str) -> httpx.Client:
        """A script of that user."""
        headers = {"Authorization": f"Bearer {self.key(email)}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=30)


async def _new_key(email: str) -> str:
    try:
        async with database.session() as db:
            return await users.make_key(db, await users.find_or_create(db, email), "tests")
    finally:
        await database.close()


def wait_for_end(client: httpx.Client, video_id: int, seconds: float = 60) -> dict[str, object]:
    """Follow a video to its end, as a script does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        video: dict[str, object] = client.get(f"/videos/{video_id}", params={"wait": 5}).json()
        if video["status"] in ("completed", "failed", "canceled"):
            return video
    raise AssertionError(f"video {video_id} did not end: {video}")
