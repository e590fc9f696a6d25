"""A watch that ends a process of ours when its parent is gone."""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess

STOP_SECONDS = 6.0
"""How long a worker may take to stop after its parent is gone."""

life: int | None = None
"""In a process that forked.py began: what its parent closes when it is gone."""


def begin() -> None:
    """In a process of ours: leave Ctrl-C to the parent, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _watch(_file_closed(life) if life is not None else _parent().join, lambda: os._exit(1))


def _parent() -> BaseProcess:
    parent = multiprocessing.parent_process()
    assert parent is not None
    return parent


def _file_closed(file: int) -> Callable[[], None]:
    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(file, 1024):
                pass

    return wait


def end_with_parent() -> None:
    """Stop when the parent is gone, which closes our stdin: SIGTERM first, a hard exit after STOP_SECONDS."""

    def end() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_SECONDS)
        os._exit(1)

    _watch(_file_closed(0 if life is None else life), end)


def _watch(parent_gone: Callable[[], None], end: Callable[[], None]) -> None:
    """In a thread: call the blocking `parent_gone`, then `end`."""

    def watch() -> None:
        parent_gone()
        end()

    threading.Thread(target=watch, daemon=True).start()
