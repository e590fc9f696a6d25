"""The folder of the embedded server's socket: nobody else on the machine may write in it, nor answer in our place.

The temp folder is everybody's, and a name that can be guessed is taken by whoever comes first. So the folder has a
random name, and which one it is stands in the data folder, where every process of ours reads it.
"""

import os
import socket
import stat
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.errors import Misconfigured

MAX_PATH = 103
"""Bytes that a socket's address has room for, on every system."""

NAME = "valkey.sock"
_LOCAL_PEERCRED = 1  # macOS; there it is no constant of the socket module


def chosen(record: Path) -> Path | None:
    """The socket that `record` names, if its folder is there and ours alone."""
    try:
        path = Path(record.read_text())
    except (OSError, UnicodeDecodeError):
        return None
    return path if is_private(path.parent) else None


def choose(record: Path) -> Path:
    """A socket in a folder that is ours alone, written into `record`; the former place if it can be had.

    To be called with a lock held. Raises Misconfigured where there is no such place.
    """
    if path := chosen(record) or _restored(record):
        return path
    for base in _bases(record.parent):
        folder = Path(tempfile.mkdtemp(prefix="adsvideo-", dir=base))  # 0700
        if is_private(folder) and len(os.fsencode(folder / NAME)) <= MAX_PATH:
            part = record.with_name(f"{record.name}.part")
            part.write_text(str(folder / NAME))
            part.replace(record)
            return folder / NAME
        folder.rmdir()
    raise Misconfigured(
        "There is no folder for the embedded Redis where nobody else may write: others can write in "
        f"{tempfile.gettempdir()}, and the data folder's path is too long. Set XDG_RUNTIME_DIR, TMPDIR or REDIS_URL."
    )


def _restored(record: Path) -> Path | None:
    """The folder made anew where it was, so that who has its address need not learn another."""
    try:
        path = Path(record.read_text())
        path.parent.mkdir(mode=0o700)
    except (OSError, UnicodeDecodeError):
        return None
    return path if is_private(path.parent) and _is_safe(path.parent.parent) else None


def _bases(data: Path) -> Iterator[Path]:
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    if session and is_private(Path(session)):
        yield Path(session)
    if _is_safe(temp := Path(tempfile.gettempdir())):
        yield temp
    if _is_safe(data):
        yield data


def is_private(folder: Path) -> bool:
    """Whether it is a folder (no link to one) of ours, in which nobody else may do anything."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def _is_safe(base: Path) -> bool:
    """Whether nobody else can move a folder of ours away from there: it is not for all to write in, or sticky."""
    try:
        status = base.stat()
    except OSError:
        return False
    return bool(status.st_mode & stat.S_ISVTX) or (status.st_uid in (0, os.getuid()) and not status.st_mode & 0o022)


def is_served_by_us(path: Path, seconds: float = 1.0) -> bool:
    """Whether a process of our own user listens there. Blocking."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            connection.connect(str(path))
            return _peer(connection) == os.getuid()
    except OSError:
        return False


def _peer(connection: socket.socket) -> int:
    """The user at the other end."""
    if sys.platform == "darwin":
        answer = connection.getsockopt(0, _LOCAL_PEERCRED, struct.calcsize("IIh16I"))
        return int(struct.unpack_from("II", answer)[1])
    answer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("iII"))
    return int(struct.unpack("iII", answer)[1])
