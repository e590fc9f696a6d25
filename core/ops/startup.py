"""Checks and prepares what a part needs to start: settings, port, lock, database, queue."""

import fcntl
import os
import socket
from typing import IO

from core.errors import Misconfigured
from core.settings import Settings, settings


def address(config: Settings) -> str:
    """The URL that people open."""
    return config.public_url or f"http://{config.host}:{config.port}"


def set_umask() -> None:
    """From now on every file and folder that this process and its children make is for our user alone."""
    os.umask(0o077)


def check_settings() -> None:
    """Raises Misconfigured, with a sentence that says what to do, if settings contradict each other."""
    config = settings()
    if not config.is_loopback and not config.has_provider:
        raise Misconfigured(
            f"HOST={config.host} can be reached from other machines, and no identity provider is configured to sign "
            "people in. Set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET (and OIDC_ISSUER, if it is not Google), or "
            "HOST=127.0.0.1 to use AdsVideo on this machine alone."
        )
    if config.has_provider and not config.google_client_secret:
        raise Misconfigured("GOOGLE_CLIENT_ID is set and GOOGLE_CLIENT_SECRET is not.")
    from core.redis.client import place

    place()


def check_port() -> None:
    """Raises Misconfigured if the web server's port is taken."""
    config = settings()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError:
            raise Misconfigured(
                f"Port {config.port} is taken, perhaps by another AdsVideo. Stop that one, or set PORT."
            ) from None


def take_lock(name: str) -> IO[str]:
    """Lock a part of this database for as long as the returned file is open. Raises Misconfigured if it is locked."""
    from core.redis import embedded

    folder = embedded.folder()
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / f"{name}.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise Misconfigured(f"AdsVideo is already running on this database: {lock.read().strip()}.") from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}, {address(settings())}")
    lock.flush()
    return lock


def prepare() -> None:
    """Read the catalogue, migrate the database, close our files to others, start the embedded Redis if it is used.

    Raises Misconfigured.
    """
    from core.catalog import entries
    from core.database.migrate import migrate
    from core.ops import own_files
    from core.redis import embedded

    entries.models()
    migrate()
    own_files.close_to_others()
    if embedded.is_used():
        embedded.ensure()
