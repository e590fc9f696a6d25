"""Nobody else on the machine can pass himself off as our embedded Redis."""

import contextlib
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Misconfigured
from core.redis import embedded
from tests.environment import forget_settings
from tests.waiting import wait_until

NOBODY = 65534
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
NEIGHBOUR = """
import os, socket, sys
os.setgid(65534)
os.setuid(65534)
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen()
print("ready", flush=True)
while True:
    connection, _ = listening.accept()
    while connection.recv(4096):
        connection.sendall(b"+PONG\\r\\n")
"""


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The machine's temp folder, for all to write in, with the app's own folder elsewhere."""
    with tempfile.TemporaryDirectory(prefix="temp-") as short:  # a socket's path must be short
        folder = Path(short)
        folder.chmod(0o1777)
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/own/adsvideo.db")
        monkeypatch.setenv("REDIS_URL", "")
        forget_settings()
        yield folder
        embedded.stop()
    monkeypatch.undo()
    forget_settings()


def address() -> Path:
    return Path(embedded.redis_url().removeprefix("unix://"))


@contextlib.contextmanager
def squatted(path: Path) -> Iterator[None]:
    """Somebody answers PING there."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        while connection.recv(4096):
                            connection.sendall(b"+PONG\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield


def test_the_name_that_can_be_guessed_is_not_asked(temp: Path) -> None:
    guessed = temp / f"adsvideo-{os.getuid()}-{embedded.folder().name.removeprefix('valkey-')}.sock"
    with squatted(guessed):
        assert not embedded.answers()
        embedded.ensure()
        assert embedded.answers()
        assert address() != guessed


def test_the_folder_of_the_socket_is_ours_alone_and_every_process_has_the_same(temp: Path) -> None:
    where = address()
    assert where.is_relative_to(temp)
    assert len(os.fsencode(where)) < 104
    assert stat.S_IMODE(where.parent.stat().st_mode) == 0o700
    command = "from core.redis import embedded; print(embedded.redis_url())"
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(temp)}  # whoever starts it, from a session or not
    asked = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == f"unix://{where}"


def test_the_folder_of_the_session_is_taken_where_there_is_one(temp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = temp / "session"
    session.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(session))
    assert address().is_relative_to(session)


def test_a_session_folder_that_others_can_write_in_is_not_taken(temp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = temp / "session"
    session.mkdir()
    session.chmod(0o777)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(session))
    assert not address().is_relative_to(session)


@pytest.mark.parametrize("how", ["open", "link", pytest.param("foreign", marks=needs_root)])
def test_a_folder_that_is_no_longer_ours_alone_is_left_for_another(temp: Path, how: str) -> None:
    where = address()
    if how == "open":
        where.parent.chmod(0o755)
    elif how == "link":
        where.parent.rmdir()
        (temp / "theirs").mkdir(mode=0o700)
        where.parent.symlink_to(temp / "theirs")
    else:
        os.chown(where.parent, NOBODY, NOBODY)
    with squatted(where):
        assert not embedded.answers()
        embedded.ensure()
        assert embedded.answers()
        assert address().parent != where.parent


def test_a_folder_that_was_cleaned_away_is_made_anew_in_its_place(temp: Path) -> None:
    where = address()
    where.parent.rmdir()
    assert address() == where
    assert stat.S_IMODE(where.parent.stat().st_mode) == 0o700


@needs_root
def test_a_server_of_another_user_is_not_adopted(temp: Path) -> None:
    where = address()
    where.parent.chmod(0o777)
    code = ["-c", NEIGHBOUR, str(where)]
    with subprocess.Popen([sys.executable, *code], stdout=subprocess.PIPE) as neighbour:
        try:
            assert neighbour.stdout and neighbour.stdout.readline() == b"ready\n"
            where.parent.chmod(0o700)
            assert not embedded.answers()
            embedded.ensure()
            wait_until(embedded.answers)
        finally:
            neighbour.kill()


def test_where_nobody_else_may_be_kept_out_it_says_so(temp: Path) -> None:
    temp.chmod(0o777)  # whoever likes can move our folder away
    deep = temp / ("d" * 90)
    deep.mkdir()
    os.environ["DATABASE_URL"] = f"sqlite:///{deep}/adsvideo.db"
    forget_settings()
    with pytest.raises(Misconfigured, match="REDIS_URL"):
        embedded.redis_url()
