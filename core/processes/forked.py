"""Processes forked from one that has loaded what they need, so that they begin at once and share its memory.

`begin_server` forks it off the process that is started first: it is single-threaded then, has no file, socket or
database open, and everything loaded that web, worker and decoders have in common. Whoever holds the other end of its
socket may ask for a process; when nobody does any more, it ends. Only on Linux: elsewhere the system's libraries do not
bear to go on in a fork.
"""

import contextlib
import gc
import importlib
import json
import logging
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, NoReturn

from core.processes import parent

log = logging.getLogger(__name__)
LOST = 255
"""The exit code of a process whose own nobody can tell: the server has ended before it."""

_NUMBER = struct.Struct("q")
_MOST_BYTES, _MOST_FDS = 65536, 8
_server: socket.socket | None = None
"""Our end, if there is a server that we may ask."""


class _Wish(NamedTuple):
    """For a process."""

    name: str
    module: str
    target: str
    preloaded: list[str]
    may_ask: bool


# ----------------------------------------------------------------------------------------------------- who asks


def begin_server() -> None:
    """Fork the server, if this system can and there is no thread yet."""
    global _server
    if sys.platform != "linux" or threading.active_count() > 1:
        return
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    gc.freeze()  # what a collection touches would be copied
    if os.fork():
        theirs.close()
        _server = ours
        return
    ours.close()
    os.setsid()  # Ctrl-C in the terminal, and its end, are for the process that was started in it
    _name("forks")
    _serve(theirs)


def begin(
    name: str, target: Callable[..., None], *files: int, preloaded: Iterable[str] = (), may_ask: bool = False
) -> "Forked | None":
    """A process that calls the target with its copies of these file descriptors; None if there is no server (any more).

    It has the modules in memory from its start, and so has every later one. Lists of processes show the name.
    With `may_ask` it is a part of the app, which asks for processes itself and ends as the whole app does; any other
    leaves nothing behind.
    """
    if _server is None:
        return None
    wish = _Wish(name, target.__module__, target.__qualname__, list(preloaded), may_ask)
    try:
        return Forked(_server, wish, files)
    except (OSError, EOFError):
        log.warning("the server that processes are forked from has ended or has no memory for one")
        return None


class Forked:
    """One process, as `subprocess.Popen` and `multiprocessing.Process` give it. Close it once it has ended."""

    def __init__(self, server: socket.socket, wish: _Wish, files: Iterable[int]) -> None:
        self.exitcode: int | None = None
        self._lock = threading.Lock()
        self._told, told = os.pipe()
        life, self._life = os.pipe()
        sent = [told, life, *([server.fileno()] if wish.may_ask else []), *files]
        try:
            try:
                socket.send_fds(server, [json.dumps(wish).encode()], sent)
            finally:
                os.close(told)
                os.close(life)
            self.pid = self._number()
        except BaseException:
            self.close()
            raise

    def _number(self) -> int:
        data = os.read(self._told, _NUMBER.size)
        if not data:
            raise EOFError
        number: int = _NUMBER.unpack(data)[0]
        return number

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises TimeoutExpired."""
        ready = select.poll()
        with self._lock:
            if self.exitcode is not None:
                return self.exitcode
            ready.register(self._told, select.POLLIN)
        if not ready.poll(None if timeout is None else timeout * 1000):
            raise subprocess.TimeoutExpired("forked", timeout or 0)
        with self._lock:
            if self.exitcode is None:
                try:
                    self.exitcode = self._number()
                except EOFError:
                    self.exitcode = LOST
            return self.exitcode

    def poll(self) -> int | None:
        """Its exit code if it has ended."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.poll() is None

    def join(self) -> None:
        """Wait until it has ended."""
        self.wait()

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def _send(self, sign: signal.Signals) -> None:
        if self.is_alive():  # else its number may be another's by now
            os.kill(self.pid, sign)

    def close(self) -> None:
        """Free what we hold of it. One that is lost ends by that."""
        os.close(self._told)
        os.close(self._life)


# ----------------------------------------------------------------------------------------------------- the server


def _serve(asked: socket.socket) -> NoReturn:
    """Fork what is asked for, and tell how each has ended, until nobody is left who could ask."""
    with open(os.devnull) as nothing:  # noqa: PTH123 - as the number of a file
        os.dup2(nothing.fileno(), 0)
    woken, wake = os.pipe()
    for end in (asked.fileno(), woken, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake)
    former = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGCHLD: signal.signal(signal.SIGCHLD, lambda *_: None),  # one without a handler would not wake us
    }
    ready = select.poll()
    for end in (asked.fileno(), woken):
        ready.register(end, select.POLLIN)
    told: dict[int, int] = {}
    while True:
        ready.poll()
        with contextlib.suppress(BlockingIOError):
            os.read(woken, 4096)
        _tell_ends(told)
        try:
            text, files, _, _ = socket.recv_fds(asked, _MOST_BYTES, _MOST_FDS)
        except BlockingIOError:
            continue
        if not text:
            os._exit(0)
        wish = _Wish(*json.loads(text))
        _load(wish.preloaded)
        try:
            process = os.fork()
        except OSError:  # no memory: who asked hears nothing more
            process = -1
        if not process:
            signal.set_wakeup_fd(-1)
            for sign, handler in former.items():
                signal.signal(sign, handler)
            gc.enable()
            asked.close()
            for file in (woken, wake, files[0], *told.values()):
                os.close(file)
            _run(wish, files[1:])
        if process > 0:
            told[process] = files.pop(0)
            _write(told[process], process)
        for file in files:
            os.close(file)


def _write(file: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it
        os.write(file, _NUMBER.pack(number))


def _tell_ends(told: dict[int, int]) -> None:
    """Of those that have ended."""
    while told:
        process, status = os.waitpid(-1, os.WNOHANG)
        if not process:
            return
        _write(told[process], os.waitstatus_to_exitcode(status))
        os.close(told.pop(process))


def _load(modules: list[str]) -> None:
    if missing := [module for module in modules if module not in sys.modules]:
        for module in missing:
            with contextlib.suppress(Exception):  # whoever uses it will say so
                importlib.import_module(module)
        gc.freeze()


def _run(wish: _Wish, files: list[int]) -> NoReturn:
    """In the new process."""
    global _server
    _name(wish.name)
    parent.life = files.pop(0)
    if wish.may_ask:
        _server = socket.socket(fileno=files.pop(0))
        getattr(importlib.import_module(wish.module), wish.target)(*files)
        sys.exit(0)
    code = 1
    try:
        getattr(importlib.import_module(wish.module), wish.target)(*files)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def _name(name: str) -> None:
    """As lists of processes show it, by name or by command line: all would have the same."""
    from setproctitle import setproctitle  # noqa: PLC0415 - only where processes are forked

    setproctitle(f"{sys.executable} {sys.argv[0]} {name}")
    Path("/proc/self/comm").write_text(f"adsvideo-{name}"[:15])
