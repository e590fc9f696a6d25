"""A server on 127.0.0.1 that speaks S3 (moto's), with one bucket."""

import httpx
from moto.server import ThreadedMotoServer

BUCKET = "videos"


class S3Server:
    """Started; `close` ends it."""

    def __init__(self) -> None:
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        host, port = self._moto.get_host_and_port()
        self.root = f"http://{host}:{port}"
        self.empty()

    def empty(self) -> None:
        """Only the bucket, with nothing in it."""
        httpx.post(f"{self.root}/moto-api/reset", timeout=60).raise_for_status()
        httpx.put(f"{self.root}/{BUCKET}", timeout=60).raise_for_status()

    def variables(self, prefix: str = "") -> dict[str, str]:
        """What points the app at it."""
        return {
            "STORAGE_URL": f"s3://{BUCKET}/{prefix}".rstrip("/"),
            "AWS_ENDPOINT_URL": self.root,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test-secret",
        }

    def close(self) -> None:
        """End it."""
        self._moto.stop()
