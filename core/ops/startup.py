"""Checks and prepares what a part needs to start: settings, port, lock, database, queue."""

import errno
import fcntl
import gc
import os
import socket
import sys
from importlib import import_module
from typing import IO

from core import folders
from core.errors import Misconfigured
from core.settings import Settings, settings


def address(config: Settings) -> str:
    """The URL that people open."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    return config.public_url or f"http://{host}:{config.port}"


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
    """Raises Misconfigured if the web server can't listen at its host and port."""
    config = settings()
    try:
        family, *_, place = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        raise Misconfigured(_why_not(error, config)) from None


def _why_not(error: OSError, config: Settings) -> str:
    if isinstance(error, socket.gaierror) or error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return f"HOST={config.host} is no address of this machine. Set HOST to one that it has, or to 127.0.0.1."
    if error.errno == errno.EADDRINUSE:
        return f"Port {config.port} is taken, perhaps by another AdsVideo. Stop that one, or set PORT."
    return f"AdsVideo may not listen on {config.host}, port {config.port} ({error.strerror}). Set HOST or PORT."


def take_lock(name: str) -> IO[str]:
    """Lock a part of this database for as long as the returned file is open. Raises Misconfigured if it is locked."""
    from core.redis import embedded

    folder = folders.make(embedded.folder())
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


def import_without(library: str, *parts: str) -> None:
    """Import a library as if these modules, which it can do without, were not installed: we have no use for them."""
    ours = [part for part in parts if part not in sys.modules]
    sys.modules.update(dict.fromkeys(ours))  # type: ignore[arg-type] # None: whoever imports it gets an ImportError
    try:
        import_module(library)
    finally:
        for part in ours:
            del sys.modules[part]


def begin_loading() -> None:
    """Look for no garbage until `end_loading`: modules leave little, and looking takes a seventh of a start."""
    gc.disable()
    import_without("httpx", "httpx._main")  # its command line
    import_without("structlog", "rich")  # drawn tracebacks


def end_loading() -> None:
    """Look for garbage from now on, but not in what is loaded by now, which stays: all of it takes 0.1 s and more."""
    gc.collect()
    gc.freeze()
    gc.enable()


def prepare() -> None:
    """Read the catalogue, migrate the database, close our files to others, start the embedded Redis if it is used.

    Raises Misconfigured.
    """
    from core.catalog import entries
    from core.database.migrate import migrate
    from core.ops import own_files
    from core.redis import embedded
    from core.storage import store

    entries.models()
    migrate()
    if not settings().storage_url.startswith("s3://"):
        store.workspace()
    own_files.close_to_others()
    if embedded.is_used():
        embedded.ensure()
