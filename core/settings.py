"""Every environment variable with its type, default and meaning."""

import ipaddress
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.sources import EnvSettingsSource

from core.errors import Misconfigured

ROOT = Path(__file__).resolve().parent.parent
REDIS_SCHEMES = ("redis", "rediss", "redis+sentinel", "rediss+sentinel", "unix")


def is_loopback(host: str) -> bool:
    """Whether a host's name or address leads to this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class _SecretFiles(EnvSettingsSource):
    """`NAME_FILE=/run/secrets/name` gives NAME its value, as Docker and systemd hand out secrets."""

    def __call__(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in self.settings_cls.model_fields:
            if path := os.environ.get(f"{name.upper()}_FILE"):
                try:
                    values[name] = Path(path).read_text().strip()
                except OSError as error:
                    raise Misconfigured(f"{name.upper()}_FILE: {path} can't be read ({error.strerror}).") from None
        return values


class Settings(BaseSettings):
    """Read once per process from the environment, then `.env`; a variable that is set but empty counts as not set."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", env_ignore_empty=True, extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8080, ge=1, le=65535, description="Port the web server listens on.")
    public_url: str = Field("", description="The address people use, if a proxy stands in front.")
    storage_secret: SecretStr | None = Field(None, description="Signs the session cookie; made and kept if not set.")

    database_url: str = Field(
        f"sqlite:///{ROOT}/uploads/adsvideo.db", description="`sqlite:///file.db` or `postgresql://user:pw@host/db`."
    )
    database_pool_size: int = Field(
        20, ge=2, le=1000, description="Connections of one process to PostgreSQL; all processes' together must fit in."
    )
    redis_url: str = Field(
        "",
        description="`redis://host:6379/0`, or `redis+sentinel://host1,host2/0?name=mymaster`; `rediss` for TLS; "
        "without it an embedded server is started.",
    )
    redis_ca_file: Path | None = Field(None, description="Who signed the certificate of Redis, if not a public one.")
    storage_url: str = Field(
        str(ROOT / "uploads"), description="Folder for pictures and videos, or `s3://bucket/prefix`."
    )
    retention_days: int = Field(
        0, ge=0, description="After so many days a video goes, unless favourite or shared; 0: never."
    )
    compress_above_mbps: float = Field(
        16, ge=0, description="A file with more Mbit per second is kept as a smaller copy for the web; 0: never."
    )
    keep_originals: bool = Field(True, description="Keep what such a copy was made from, for whoever downloads it.")
    video_max_megapixels: float = Field(16, gt=0, description="Megapixels of one frame of a model's file at most.")
    video_max_seconds: float = Field(600, gt=0, description="Seconds that a model's file may last.")
    video_max_frames: int = Field(36_000, ge=1, description="Frames that a model's file may have.")
    video_max_mb: float = Field(
        2048, gt=0, description="Megabytes of a model's file, or of what is made of it, at most."
    )
    decode_seconds: float = Field(300, gt=0, description="Seconds that checking one file may take.")
    decode_memory_mb: int = Field(1536, ge=128, description="Megabytes of memory that decoding one file may take.")
    picture_seconds: float = Field(20, gt=0, description="Seconds that reading or framing one picture may take.")
    storage_quota_gb: float = Field(
        0, ge=0, description="What one user's videos may take; the oldest go, favourites apart; 0: no bound."
    )
    aws_endpoint_url: str = Field("", description="The bucket's server, if it is not Amazon's: R2, MinIO.")
    aws_region: str = Field("us-east-1", description="The bucket's region (`auto` for R2).")
    aws_access_key_id: SecretStr | None = Field(
        None, description="The bucket's key; without it the machine's own role is used."
    )
    aws_secret_access_key: SecretStr | None = Field(None, description="The secret of that key.")
    aws_session_token: SecretStr | None = Field(None, description="The token of a key that expires.")
    media_url_seconds: int = Field(3600, ge=60, le=604800, description="How long a signed URL of the bucket works.")
    cdn_url: str = Field("", description="What stands in front of the bucket, instead of signed URLs.")

    openai_api_key: SecretStr | None = Field(None, description="Key of the Videos server.")
    openai_base_url: str = Field("", description="Videos server, up to and with `/v1`.")
    openai_webhook_secret: SecretStr | None = Field(
        None, description="`whsec_...`: what the Videos server signs its webhooks to `/webhooks/videos` with."
    )
    openai_chat_model: str = Field("", description="Chat model behind `Improve my prompt`; hidden without one.")
    openai_chat_base_url: str = Field("", description="Its server, up to and with `/v1`; empty: that of the videos.")
    openai_chat_api_key: SecretStr | None = Field(None, description="Its key; empty: that of the videos.")
    runwayml_api_secret: SecretStr | None = Field(None, description="Key of Runway's API.")
    runwayml_base_url: str = Field("https://api.dev.runwayml.com", description="Runway's API.")
    fal_key: SecretStr | None = Field(None, description="Key of fal.")
    fal_base_url: str = Field("https://queue.fal.run", description="The queue of fal.")
    gemini_api_key: SecretStr | None = Field(None, description="Key of the Gemini API.")
    gemini_base_url: str = Field(
        "https://generativelanguage.googleapis.com/v1beta", description="The Gemini API, with its version."
    )
    ark_api_key: SecretStr | None = Field(None, description="Key of BytePlus ModelArk or Volcengine Ark.")
    ark_base_url: str = Field(
        "https://ark.ap-southeast.bytepluses.com/api/v3",
        description="Ark; a key of Volcengine needs `https://ark.cn-beijing.volces.com/api/v3`.",
    )
    minimax_api_key: SecretStr | None = Field(None, description="Key of MiniMax.")
    minimax_base_url: str = Field("https://api.minimax.io", description="MiniMax's API.")
    social: Literal["off", "members", "public", ""] = Field(
        "", description="Gallery, likes and comments: `off`, for `members` or `public`; empty: public on loopback."
    )
    blocked_words: str = Field("", description="Words that no comment may hold, separated by commas.")
    catalog_file: Path | None = Field(None, description="Your own models and servers (TOML), on top of ours.")
    front_door_fallback: str = Field(
        "", description="The model that serves `/v1` where the one asked for is not ready; without it that is an error."
    )
    mcp: Literal["auto", "on", "off"] = Field(
        "auto", description="`/mcp` for assistants: loaded at its first use (auto), at the start (on), or never (off)."
    )

    stripe_secret_key: SecretStr | None = Field(None, description="Stripe's key; with it credits are sold.")
    stripe_webhook_secret: SecretStr | None = Field(
        None, description="`whsec_...`: what Stripe signs its webhooks to `/webhooks/stripe` with."
    )
    stripe_api_base: str = Field("https://api.stripe.com", description="Stripe's API.")

    google_client_id: str = Field("", description="Client id at the identity provider; with it people sign in there.")
    google_client_secret: SecretStr | None = Field(None, description="The client's secret.")
    oidc_issuer: str = Field("https://accounts.google.com", description="Any OpenID Connect issuer.")
    allowed_domains: str = Field("", description="E-mail domains that may sign in, separated by commas; empty: all.")
    admin_emails: str = Field("", description="Who is an administrator, separated by commas.")

    outside_allow: str = Field(
        "", description="Hosts and networks inside that picture URLs and webhooks may lead to, separated by commas."
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")
    log_format: Literal["text", "json"] = Field("text", description="Log lines for people, or as JSON for machines.")
    dev: bool = Field(False, description="Also the pages for developers: `/kit` shows the elements a page is made of.")
    metrics_token: SecretStr | None = Field(
        None, description="Opens `/metrics` and `/readyz` to other machines that send it as bearer."
    )
    sentry_dsn: SecretStr | None = Field(None, description="Where Sentry is told of errors, in web and worker.")

    signup_credits: int = Field(100, ge=0, description="Credits a new user starts with.")
    monthly_budget: int | None = Field(
        None, ge=0, description="Credits a new user may spend in a calendar month; without it, all there are."
    )
    generations_per_hour: int = Field(20, ge=1, description="Videos one user may start in an hour.")
    edit_credits: int = Field(0, ge=0, description="Credits that an edit costs.")
    edit_seconds: float = Field(900, gt=0, description="Seconds that rendering one edit may take.")
    edits_per_hour: int = Field(300, ge=1, description="Edits one user may start in an hour.")
    batch_max_rows: int = Field(100, ge=1, le=1000, description="Rows that a batch may have.")
    batches_per_hour: int = Field(5, ge=1, description="Batches one user may start in an hour.")
    ads_per_hour: int = Field(20, ge=1, description="Ads one user may start in an hour.")
    open_videos_per_user: int | None = Field(
        None, ge=1, description="Videos of one user on their way at once; without it, an hour's limit is enough."
    )
    uploads_per_hour: int = Field(100, ge=1, description="Pictures one user may upload in an hour.")
    sign_in_attempts_per_minute: int = Field(
        10, ge=1, description="Sign-ins and API keys that may fail in a minute from one address."
    )

    @field_validator(
        "openai_base_url",
        "openai_chat_base_url",
        "runwayml_base_url",
        "fal_base_url",
        "gemini_base_url",
        "ark_base_url",
        "minimax_base_url",
        "public_url",
        "oidc_issuer",
        "aws_endpoint_url",
        "cdn_url",
        "stripe_api_base",
    )
    @classmethod
    def _is_http(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("host")
    @classmethod
    def _without_brackets(cls, value: str) -> str:
        return value.removeprefix("[").removesuffix("]")

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: str) -> str:
        return value.upper()

    @field_validator("mcp", mode="before")
    @classmethod
    def _is_switch(cls, value: str) -> str:
        return {"1": "on", "true": "on", "0": "off", "false": "off"}.get(value.lower(), value.lower())

    @field_validator("openai_webhook_secret")
    @classmethod
    def _is_base64(cls, value: SecretStr | None) -> SecretStr | None:
        secret = value.get_secret_value().removeprefix("whsec_") if value else None
        if secret is not None and not re.fullmatch(r"[A-Za-z0-9+/]{8,}={0,2}", secret):
            raise ValueError("must be the base64 text that the server shows, with or without whsec_")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        if value.startswith("sqlite:///") and "?" in value:
            raise ValueError("must not have a ? after sqlite:///")
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_known_redis(cls, value: str) -> str:
        if value and not value.startswith(tuple(f"{scheme}://" for scheme in REDIS_SCHEMES)):
            raise ValueError("must start with " + ", ".join(f"{scheme}://" for scheme in REDIS_SCHEMES))
        return value

    @field_validator("storage_url")
    @classmethod
    def _is_known_storage(cls, value: str) -> str:
        scheme, separator, rest = value.partition("://")
        if separator and scheme not in ("file", "s3"):
            raise ValueError("must be a folder or start with s3://")
        if scheme == "s3" and not rest.strip("/"):
            raise ValueError("must name a bucket: s3://bucket")
        return value.rstrip("/") if separator else value

    @property
    def has_provider(self) -> bool:
        """Whether people sign in at an identity provider; without one a click signs in the local user."""
        return bool(self.google_client_id)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the app."""
        return is_loopback(self.host)

    @property
    def social_for(self) -> Literal["off", "members", "public"]:
        """Whom gallery, likes and comments are for: `social`, else everybody on this machine, else members."""
        return self.social or ("public" if self.is_loopback and not self.public_url else "members")

    def admins(self) -> set[str]:
        """The administrators' e-mail addresses, in lower case."""
        return {email.strip().lower() for email in self.admin_emails.split(",") if email.strip()}

    def domains(self) -> set[str]:
        """The e-mail domains that may sign in, in lower case; empty: every one."""
        return {domain.strip().lower().lstrip("@") for domain in self.allowed_domains.split(",") if domain.strip()}

    @property
    def data_folder(self) -> Path:
        """The folder for state that must survive a restart: that of the SQLite file, else of the storage."""
        if self.database_url.startswith("sqlite:///"):
            return Path(self.database_url.removeprefix("sqlite:///")).absolute().parent
        if self.storage_url.startswith("s3://"):
            return ROOT / "uploads"
        return Path(self.storage_url.removeprefix("file://")).absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _SecretFiles(settings_cls), dotenv_settings


@lru_cache
def settings() -> Settings:
    """The settings of this process. Raises Misconfigured with one line per invalid variable."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise Misconfigured("\n".join(lines)) from None
