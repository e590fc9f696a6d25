"""Closes to others what was made before new files were: database, stored files, queue. See startup.set_umask."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from core.database.session import is_postgresql
from core.settings import settings
from core.storage import store

OTHERS = stat.S_IRWXG | stat.S_IRWXO
STATE = ("valkey-*", ".storage-secret")
STORED = ("pictures", "videos", "audio", "tmp")


def close_to_others() -> None:
    """Take others' rights from what an older version has made: database, its WAL, what we keep.

    The folder around them stays as it is, for it may be a home or /tmp. What another user owns stays, too.
    """
    for path in _ours():
        if path.is_dir() and not path.is_symlink():
            _close_tree(path)
        else:
            _close(path)


def _ours() -> Iterator[Path]:
    config = settings()
    if not is_postgresql():
        database = Path(config.database_url.removeprefix("sqlite:///")).absolute()
        yield from (database.with_name(database.name + end) for end in ("", "-wal", "-shm"))
    for name in STATE:
        yield from config.data_folder.glob(name)
    yield store.workspace()
    yield from (folder for name in STORED if (folder := store.path(name)))


def _close_tree(root: Path) -> None:
    """From the leaves up: a root that is closed was finished, so only the first start walks through all files."""
    if not _is_open(root):
        return
    for folder, folders, names in os.walk(root, topdown=False):
        for name in (*names, *folders):
            _close(Path(folder, name))
    _close(root)


def _is_open(path: Path) -> bool:
    """Whether others have rights on it, and it is ours to change."""
    try:
        found = path.lstat()
    except OSError:
        return False  # gone meanwhile, or out of our reach
    is_everybodys = found.st_mode & stat.S_ISVTX  # such as /tmp
    is_ours = found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode) and not is_everybodys
    return is_ours and bool(stat.S_IMODE(found.st_mode) & OTHERS)


def _close(path: Path) -> None:
    if _is_open(path):
        with contextlib.suppress(FileNotFoundError):  # gone meanwhile
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)
