"""Runs the worker and the embedded Redis beside the web app."""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable

from core.errors import AdsVideoError
from core.processes import forked
from core.processes.parent import STOP_SECONDS
from core.redis import embedded
from core.settings import ROOT

log = logging.getLogger(__name__)
WATCH_SECONDS = 1.0


class Supervisor:
    """Restarts the worker (if there is one to run) and the embedded Redis if they end, and stops them in this order."""

    def __init__(self, worker: Callable[[], None] | None = None) -> None:
        self._work = worker
        self._worker: forked.Forked | subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start the processes and the thread that watches them."""
        self._start_missing()
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            try:
                self._start_missing()
            except AdsVideoError as error:
                log.error(error.message)
            except Exception:  # such as no memory for a process: the watch must go on
                log.exception("what the web app needs beside it could not be looked after")

    def _start_missing(self) -> None:
        if embedded.is_used():
            embedded.ensure()
        if self._work and (self._worker is None or self._worker.poll() is not None):
            if isinstance(self._worker, forked.Forked):
                self._worker.close()
            # listed as one that loads everything anew
            self._worker = forked.begin("worker --child", self._work, may_ask=True) or _begin_worker()

    def stop(self, *, if_unused: bool = False) -> None:
        """Stop the worker, then the embedded Redis (with `if_unused` only if nobody else is connected)."""
        self._stopping.set()
        self._thread.join(WATCH_SECONDS * 2)
        if self._worker and self._worker.poll() is None:
            self._worker.terminate()
            try:
                self._worker.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._worker.kill()
                self._worker.wait()
        if embedded.is_used():
            embedded.stop(if_unused=if_unused)


def _begin_worker() -> subprocess.Popen[bytes]:
    """A worker that loads everything anew."""
    # its own session: Ctrl-C in the terminal reaches the web app first; it ends when its stdin closes
    arguments = [sys.executable, str(ROOT / "main.py"), "worker", "--child"]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, start_new_session=True)
