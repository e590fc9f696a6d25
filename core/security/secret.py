"""The secret that signs the session cookie: STORAGE_SECRET, or one created on first start and stored.

A key derived from it encrypts secrets in the database.
"""

import base64
import contextlib
import logging
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr
from redis.exceptions import RedisError

from core import folders
from core.redis.client import redis
from core.settings import settings

log = logging.getLogger(__name__)
LAST_NAME = "adsvideo:secret"


def path() -> Path:
    """The file with the secret that was created on first start."""
    return settings().data_folder / ".storage-secret"


def storage_secret() -> str:
    """The secret; the same for every start and process with this data folder. Raises Misconfigured."""
    if configured := settings().storage_secret:
        return configured.get_secret_value()
    folders.make(path().parent)
    with contextlib.suppress(FileExistsError):
        opened = os.open(path(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(opened, secrets.token_urlsafe(48).encode())
        os.close(opened)
    return path().read_text()


async def compare() -> None:
    """Warn in the log if the web process that started before this one has another secret."""
    own_name = derived(b"adsvideo secret's name").hex()
    with contextlib.suppress(RedisError, OSError):
        earlier_name = await (await redis()).set(LAST_NAME, own_name, get=True)
        if earlier_name and bytes(earlier_name).decode() != own_name:
            log.warning(
                "the web process that started before this one has another STORAGE_SECRET; unless it has just been "
                "changed, set the same one for all, else nobody stays signed in"
            )


def derived(what_for: bytes) -> bytes:
    """A key of 32 bytes for one purpose, the same as long as the secret is. Raises Misconfigured."""
    config = settings()
    return _derived(config.storage_secret, config.data_folder, what_for)


@lru_cache(64)
def _derived(_configured: SecretStr | None, _folder: Path, what_for: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=what_for).derive(storage_secret().encode())


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derived(b"adsvideo sealed secrets")))


def seal(text: str) -> str:
    """Encrypt and sign a text, for the database."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str | None:
    """Decrypt what `seal` returned; None if it was sealed with another STORAGE_SECRET."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None
