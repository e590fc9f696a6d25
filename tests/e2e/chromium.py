"""The browser of the end-to-end tests: where it is, how one is got where there is none, and how it runs."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync")
BY_HAND = "No browser: apt install chromium, or set CHROMIUM to the path of a Chromium or Chrome."


def path() -> str | None:
    """The path of a Chromium or Chrome: that of CHROMIUM, one of the system, or the one Playwright has downloaded."""
    if path := os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None):
        return path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def get(say: Callable[[str], None]) -> None:
    """Install a browser where there is none; `say` tells the user so. Of several processes only one does it."""
    with (Path(tempfile.gettempdir()) / f"adsvideo-browser-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in _ways():
            if path():
                return
            say(f"No browser for the end-to-end tests: {' '.join(command)}")
            subprocess.run(command, check=False, stdout=sys.stderr)


def _ways() -> list[list[str]]:
    """What may bring one, best first: root on Debian has apt; everybody else takes Playwright's own download."""
    download = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.getuid() != 0 or not Path("/etc/debian_version").exists() or not shutil.which("apt-get"):
        return [download]
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    packages = ["chromium", "fonts-noto-cjk"]
    return [[*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", *packages], [*download, "--with-deps"]]


class Chromium:
    """One Chromium for all tests of a process.

    Playwright leaves its event loop marked as running in this thread, where no other loop could run then. So the
    tests that use it are framed by `enter` and `leave`, and the asynchronous ones between them run as ever.
    """

    def __init__(self) -> None:
        self._path = path()
        assert self._path, BY_HAND
        self._playwright: Playwright = sync_playwright().start()
        self._loop = asyncio.get_running_loop()
        self._browser = self._launch()
        self.leave()

    def _launch(self) -> Browser:
        return self._playwright.chromium.launch(executable_path=self._path, args=list(FLAGS))

    def enter(self) -> Browser:
        """The browser; a new one if it has crashed."""
        asyncio._set_running_loop(self._loop)
        if not self._browser.is_connected():
            self._browser = self._launch()
        return self._browser

    def leave(self) -> None:
        """Other event loops may run again."""
        asyncio._set_running_loop(None)

    def close(self) -> None:
        """End it."""
        self.enter().close()
        self._playwright.stop()
        self.leave()
