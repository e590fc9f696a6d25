"""The tables."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, DateTime, Index, String, false, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

ROLES = ("user", "admin")
KINDS = ("grant", "charge", "refund", "purchase", "adjustment")
STATUSES = ("pending", "processing", "completed", "failed", "canceled")
ACTIVE = ("pending", "processing")
VIDEO_KINDS = ("generated", "edited", "ad")
MAX_IDENTITY = 600
"""Bytes of an issuer or a subject; the standard's bound for a subject is 255."""


def now() -> datetime:
    """The current time, timezone-aware, in UTC."""
    return datetime.now(UTC)


class UTCDateTime(TypeDecorator[datetime]):
    """A datetime, aware in Python and UTC in the database; SQLite returns naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Ids(TypeDecorator[list[int]]):
    """A short list of rows' numbers, kept as `,17,23,`, so that either database finds one of them by LIKE."""

    impl = String(300)
    cache_ok = True

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> str:
        return "".join(f",{number}" for number in value) + "," if value else ""

    def process_result_value(self, value: str | None, dialect: Dialect) -> list[int]:
        return [int(number) for number in (value or "").split(",") if number]


def _one_of(column: str, values: tuple[str, ...], table: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=f"ck_{table}_{column}")


class User(SQLModel, table=True):
    """`credits` caches the sum of the user's ledger; only core/billing/credits.py changes either.

    `issuer` and `subject` are the identity at the provider; a cookie counts only with the user's current `epoch`.
    `public_name` is what others read beside shared videos and comments: their own choice, never an e-mail address.
    `debt`: credits that were refunded or disputed at Stripe after they had been used; the next purchase pays them.
    Of an erased user only numbers remain, and `erased_as`, a hash that recognises the person without naming them.
    """

    __tablename__ = "users"
    __table_args__ = (
        _one_of("role", ROLES, "users"),
        CheckConstraint("credits >= 0", name="ck_users_credits"),
        Index("ix_users_identity", "issuer", "subject", unique=True),
    )

    id: int = Field(default=None, primary_key=True)
    email: str = Field(max_length=320, unique=True)
    name: str = Field(default="", max_length=200)
    avatar_url: str = Field(default="", max_length=2000)
    public_name: str = Field(default="", max_length=40, sa_column_kwargs={"server_default": ""})
    role: str = Field(default="user", sa_type=String(16))
    credits: int = 0
    issuer: str | None = Field(default=None, max_length=MAX_IDENTITY)
    subject: str | None = Field(default=None, max_length=MAX_IDENTITY)
    epoch: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    group_id: int | None = Field(default=None, foreign_key="groups.id", index=True)
    monthly_budget: int | None = None
    debt: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    blocked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    erased_as: str | None = Field(default=None, max_length=64, index=True)


class BrowserSession(SQLModel, table=True):
    """A browser that is signed in, by the random id in its cookie; without this row the cookie opens nothing."""

    __tablename__ = "browser_sessions"

    id: str = Field(primary_key=True, max_length=36)
    user_id: int = Field(foreign_key="users.id", index=True)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime, index=True)


class Group(SQLModel, table=True):
    """People who share a budget of credits for the calendar month; None: no budget.

    With `priority` their videos start before all others.
    """

    __tablename__ = "groups"

    id: int = Field(default=None, primary_key=True)
    name: str = Field(max_length=100, unique=True)
    monthly_budget: int | None = None
    priority: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class ApiKey(SQLModel, table=True):
    """Only the SHA-256 of a key is kept; `start` is its first characters, to tell keys apart."""

    __tablename__ = "api_keys"

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    name: str = Field(default="", max_length=100)
    start: str = Field(max_length=16)
    sha256: str = Field(max_length=64, unique=True)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class LedgerEntry(SQLModel, table=True):
    """One movement of credits. `reference` names its cause and is unique, so nothing is booked twice."""

    __tablename__ = "ledger"
    __table_args__ = (_one_of("kind", KINDS, "ledger"), Index("ix_ledger_user_created", "user_id", "created_at"))

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    amount: int
    kind: str = Field(sa_type=String(16))
    reference: str = Field(max_length=200, unique=True)
    video_id: int | None = Field(default=None, foreign_key="videos.id")
    balance_after: int
    note: str = Field(default="", max_length=200)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class Picture(SQLModel, table=True):
    """An input picture, upright and without metadata. `key` is its place in the storage.

    `alpha_key` is the place of the same with its transparency, if it has any. `cutout_key` is the mask of the product
    in it, `cutout_confidence` (0-1) how clearly that is seen, None until somebody has asked: core/pictures/cutouts.py.

    A deleted one has no file; its row stays, because videos refer to it.
    """

    __tablename__ = "pictures"
    __table_args__ = (Index("ix_pictures_user_sha256", "user_id", "sha256", unique=True),)

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id")
    sha256: str = Field(max_length=64)
    key: str = Field(max_length=300)
    width: int
    height: int
    bytes: int
    preset: str | None = Field(default=None, max_length=50)
    alpha_key: str | None = Field(default=None, max_length=300)
    cutout_key: str | None = Field(default=None, max_length=300)
    cutout_confidence: float | None = None
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Audio(SQLModel, table=True):
    """Music that a user has brought. `peaks` are its loudest samples (0-100) in equal parts, to be drawn; `lufs` its
    loudness."""

    __tablename__ = "audio"
    __table_args__ = (Index("ix_audio_user", "user_id", "id"),)

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id")
    name: str = Field(max_length=200)
    key: str = Field(max_length=300)
    seconds: float
    lufs: float
    bytes: int
    peaks: list[int] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Template(SQLModel, table=True):
    """A prompt that a user has saved. `[words in brackets]` are its blanks."""

    __tablename__ = "templates"

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    title: str = Field(max_length=80)
    text: str = Field(max_length=500)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


TITLE_LENGTH = 100
"""At most so many characters has the name that its owner gives a video."""
_AT_PROVIDER = text("submitted_at IS NOT NULL AND completed_at IS NULL")
_TOLD_USD = text("provider_usd IS NOT NULL AND completed_at IS NOT NULL")
_REMOVABLE = text("deleted_at IS NOT NULL AND key IS NOT NULL")


class Video(SQLModel, table=True):
    """A video, from request to end.

    `next_look_at` is when its next step is due; claiming a step moves it forward, which is the lease.
    `submitted_at` is the intent, written before the provider is asked to create; `provider_id` right after.
    Between the two the outcome is unknown. `no_file_since` is when the provider, done by its own account, first kept
    the file back. `retried`: the provider failed by its own fault and got a second attempt.
    Waiting videos start by `lane` (-1 before 0 before 1), then by `turn`, which is the same for the first video of each
    user, one more for the second, and so on: core/videos/claims.py.

    `billed_amount` so many `billed_unit`s is what the provider says it billed, `provider_usd` what that was or, where
    it does not say, what the catalogue reckons: core/videos/costs.py.

    Of what was edited, `edit` is the body that made it, `made_from` its videos' numbers, and `has_ai` whether a model
    made any part of it. Of a remix `made_from` is the video that it repeats with another prompt. Who gives a video a
    name of its own puts it into `title`.

    `ad_id` is the ad that it is, or that it is a shot of; `batch_id` the batch that it is in.

    `slug` is its share link. `likes` counts the rows of `likes`. `hidden_at`: reports hide it from the gallery;
    `reviewed_at`: an administrator has left it there; `taken_down_at`: it can't be shared any more.
    """

    __tablename__ = "videos"
    __table_args__ = (
        _one_of("status", STATUSES, "videos"),
        Index("ix_videos_user_newest", "user_id", "id"),
        Index("ix_videos_due", "status", "next_look_at"),
        Index("ix_videos_turn", "status", "model", "lane", "turn"),
        Index("ix_videos_provider", "provider_id"),
        Index("ix_videos_at_provider", "model", sqlite_where=_AT_PROVIDER, postgresql_where=_AT_PROVIDER),
        Index("ix_videos_idempotency", "user_id", "idempotency_key", unique=True),
        Index("ix_videos_gallery", "in_gallery", "id"),
        Index("ix_videos_user_status", "user_id", "status", "id"),
        Index("ix_videos_user_model", "user_id", "model", "id", "size"),
        Index("ix_videos_user_favorite", "user_id", "favorite", "id"),
        Index("ix_videos_picture", "picture_id", "id"),
        Index("ix_videos_ad", "ad_id", "id"),
        Index("ix_videos_batch", "batch_id", "id"),
        Index("ix_videos_user_kind", "user_id", "kind", "id"),
        Index(
            "ix_videos_provider_usd",
            "completed_at",
            "model",
            sqlite_where=_TOLD_USD,
            postgresql_where=_TOLD_USD,
        ),
        Index("ix_videos_removable", "deleted_at", sqlite_where=_REMOVABLE, postgresql_where=_REMOVABLE),
    )

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id")
    picture_id: int = Field(foreign_key="pictures.id")
    prompt: str = Field(max_length=500)
    model: str = Field(max_length=100)
    label: str = Field(max_length=100)
    seconds: int
    size: str = Field(max_length=16)
    framing: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    options: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False, server_default=text("'{}'"))
    )
    cost_credits: int
    idempotency_key: str | None = Field(default=None, max_length=200)
    request_sha256: str | None = Field(default=None, max_length=64)
    request_id: str | None = Field(default=None, max_length=64)

    status: str = Field(default="pending", sa_type=String(16))
    next_look_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    lane: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    turn: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    attempts: int = 0
    submitted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    provider_id: str | None = Field(default=None, sa_column=Column(String(2000)))
    finished_url: str | None = Field(default=None, sa_column=Column(String(4000)))
    ready: bool = False
    no_file_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    cancel_requested: bool = False
    retried: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    note: str = Field(default="", max_length=200)

    error_code: str | None = Field(default=None, max_length=50)
    error_detail: str = Field(default="", max_length=200)
    key: str | None = Field(default=None, max_length=300)
    poster_key: str | None = Field(default=None, max_length=300)
    preview_key: str | None = Field(default=None, max_length=300)
    original_key: str | None = Field(default=None, max_length=300)
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    bytes: int | None = None
    billed_amount: float | None = None
    billed_unit: str = Field(default="", max_length=32, sa_column_kwargs={"server_default": ""})
    provider_usd: float | None = None

    kind: str = Field(default="generated", sa_type=String(16), sa_column_kwargs={"server_default": "generated"})
    made_from: list[int] = Field(default_factory=list, sa_column=Column(Ids, nullable=False, server_default=""))
    edit: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    title: str | None = Field(default=None, max_length=TITLE_LENGTH)
    has_ai: bool = Field(default=False, sa_column_kwargs={"server_default": false()})

    ad_id: int | None = Field(default=None, foreign_key="ads.id")
    batch_id: int | None = Field(default=None, foreign_key="batches.id")

    shared_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    allow_picture: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    comments_closed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    likes: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    hidden_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reviewed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    taken_down_at: datetime | None = Field(default=None, sa_type=UTCDateTime)

    favorite: bool = False
    slug: str | None = Field(default=None, max_length=32, unique=True)
    in_gallery: bool = False

    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    completed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


VIDEO_KEYS = ("key", "poster_key", "preview_key", "original_key")
"""The columns of a video that name files: the video, its poster, its small silent copy, and what it was made from."""
PICTURE_KEYS = ("key", "cutout_key", "alpha_key")
"""The columns of a picture that name files: the picture, the mask of its product, the picture with transparency."""


class Brand(SQLModel, table=True):
    """How somebody's ads look. With a `group_id` it is for all of that group."""

    __tablename__ = "brands"

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    group_id: int | None = Field(default=None, foreign_key="groups.id", index=True)
    name: str = Field(max_length=80)
    logo_id: int | None = Field(default=None, foreign_key="pictures.id")
    colors: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    font: str = Field(default="inter", max_length=30)
    call_to_action: str = Field(default="", max_length=40)
    end_card_text: str = Field(default="", max_length=120)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Ad(SQLModel, table=True):
    """An ad: what was asked for, completed (`storyboard`, core/ads/storyboard.py), and the formats it is made in.

    Its videos are rows of `videos` with kind `ad`, one a format; its shots are named by `AdShot`.
    """

    __tablename__ = "ads"
    __table_args__ = (
        Index("ix_ads_user", "user_id", "id"),
        Index("ix_ads_idempotency", "user_id", "idempotency_key", unique=True),
    )

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id")
    template: str = Field(max_length=50)
    storyboard: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    sizes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    cost_credits: int
    idempotency_key: str | None = Field(default=None, max_length=200)
    request_sha256: str | None = Field(default=None, max_length=64)
    canceled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class AdShot(SQLModel, table=True):
    """The video that is now a shot of an ad in one format (`size`, which need not be the video's own)."""

    __tablename__ = "ad_shots"
    __table_args__ = (Index("ix_ad_shots_video", "video_id"),)

    ad_id: int = Field(primary_key=True, foreign_key="ads.id")
    position: int = Field(primary_key=True)
    size: str = Field(primary_key=True, max_length=16)
    video_id: int = Field(foreign_key="videos.id")


class Batch(SQLModel, table=True):
    """Videos that were asked for together. `cost_credits` is what was taken for all at the start."""

    __tablename__ = "batches"
    __table_args__ = (
        Index("ix_batches_user", "user_id", "id"),
        Index("ix_batches_idempotency", "user_id", "idempotency_key", unique=True),
    )

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id")
    cost_credits: int
    idempotency_key: str | None = Field(default=None, max_length=200)
    request_sha256: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class BatchRow(SQLModel, table=True):
    """The video that is now a row of a batch, and the name of its picture."""

    __tablename__ = "batch_rows"
    __table_args__ = (Index("ix_batch_rows_video", "video_id"),)

    batch_id: int = Field(primary_key=True, foreign_key="batches.id")
    position: int = Field(primary_key=True)
    video_id: int = Field(foreign_key="videos.id")
    name: str = Field(default="", max_length=100)


class Like(SQLModel, table=True):
    """Somebody likes a shared video."""

    __tablename__ = "likes"
    __table_args__ = (Index("ix_likes_video", "video_id"), Index("ix_likes_created", "created_at", "video_id"))

    user_id: int = Field(primary_key=True, foreign_key="users.id")
    video_id: int = Field(primary_key=True, foreign_key="videos.id")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class Comment(SQLModel, table=True):
    """What somebody says of a shared video, in plain text."""

    __tablename__ = "comments"
    __table_args__ = (Index("ix_comments_video", "video_id", "id"), Index("ix_comments_user", "user_id", "created_at"))

    id: int = Field(default=None, primary_key=True)
    video_id: int = Field(foreign_key="videos.id")
    user_id: int = Field(foreign_key="users.id")
    text: str = Field(max_length=500)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class Report(SQLModel, table=True):
    """Somebody finds that a shared video should not be shown. Open until `decided_at`."""

    __tablename__ = "reports"
    __table_args__ = (Index("ix_reports_open", "decided_at", "created_at"),)

    video_id: int = Field(primary_key=True, foreign_key="videos.id")
    user_id: int = Field(primary_key=True, foreign_key="users.id")
    reason: str = Field(max_length=20)
    note: str = Field(default="", max_length=500)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class WebhookEndpoint(SQLModel, table=True):
    """An address that is told how a user's videos end, in the `form` of our events or of OpenAI's.

    `sealed_secret` is encrypted: core/security/secret.py.
    """

    __tablename__ = "webhook_endpoints"

    id: int = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    url: str = Field(max_length=2000)
    sealed_secret: str = Field(max_length=500)
    form: str = Field(default="adsvideo", sa_type=String(16), sa_column_kwargs={"server_default": "adsvideo"})
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class WebhookDelivery(SQLModel, table=True):
    """One event for one endpoint. Due at `next_try_at`, which is also the lease; None once delivered or given up."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_due", "next_try_at"),
        Index("ix_webhook_deliveries_once", "endpoint_id", "video_id", "event", unique=True),
    )

    id: int = Field(default=None, primary_key=True)
    endpoint_id: int = Field(foreign_key="webhook_endpoints.id", ondelete="CASCADE")
    video_id: int = Field(foreign_key="videos.id")
    event: str = Field(max_length=50)
    attempts: int = 0
    next_try_at: datetime | None = Field(default_factory=now, sa_type=UTCDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    last_status: int | None = None
    last_error: str = Field(default="", max_length=200)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class StripeCustomer(SQLModel, table=True):
    """Who a user is at Stripe (`cus_...`)."""

    __tablename__ = "stripe_customers"

    user_id: int = Field(primary_key=True, foreign_key="users.id", sa_column_kwargs={"autoincrement": False})
    id: str = Field(max_length=255, unique=True)


class Subscription(SQLModel, table=True):
    """A subscription (`sub_...`) as Stripe last told it. `plan` is its name in the catalogue, empty if it has none.

    `ends_at` is when it ends, if that is settled; `failed_at` since when a renewal stays unpaid.
    """

    __tablename__ = "subscriptions"

    id: str = Field(primary_key=True, max_length=255)
    user_id: int = Field(foreign_key="users.id", index=True)
    plan: str = Field(max_length=100)
    status: str = Field(max_length=40)
    renews_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    failed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Payment(SQLModel, table=True):
    """What was paid at Stripe, by its checkout session (`cs_...`) or invoice (`in_...`), and the credits for it.

    `amount` is in the currency's smallest unit; `returned` are the credits taken back so far.
    """

    __tablename__ = "payments"

    id: str = Field(primary_key=True, max_length=180)
    user_id: int = Field(foreign_key="users.id", index=True)
    label: str = Field(max_length=100)
    credits: int
    amount: int
    currency: str = Field(max_length=3)
    payment_intent: str | None = Field(default=None, max_length=255, index=True)
    charge: str | None = Field(default=None, max_length=255, index=True)
    receipt_url: str = Field(default="", max_length=2000)
    returned: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class PaymentReturn(SQLModel, table=True):
    """A refund (`re_...`) or dispute (`dp_...`) of a payment; without `payment_id` it was told before its payment.

    `state`: `taken` while it counts, `given` after it has failed or the dispute is won.
    """

    __tablename__ = "payment_returns"

    id: str = Field(primary_key=True, max_length=180)
    payment_id: str | None = Field(default=None, foreign_key="payments.id", index=True)
    payment_intent: str | None = Field(default=None, max_length=255, index=True)
    charge: str | None = Field(default=None, max_length=255, index=True)
    amount: int
    state: str = Field(max_length=10)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class BillingAlarm(SQLModel, table=True):
    """Something at Stripe that an administrator has to look at; `about` is its id there, `kind` what is wrong."""

    __tablename__ = "billing_alarms"
    __table_args__ = (Index("ix_billing_alarms_once", "kind", "about", unique=True),)

    id: int = Field(default=None, primary_key=True)
    kind: str = Field(max_length=40)
    about: str = Field(max_length=255)
    detail: str = Field(default="", max_length=200)
    user_id: int | None = Field(default=None, foreign_key="users.id")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AuditEntry(SQLModel, table=True):
    """What an administrator did to whom; no `actor_id` means the command line. Never changed or removed."""

    __tablename__ = "audit_log"

    id: int = Field(default=None, primary_key=True)
    actor_id: int | None = Field(default=None, foreign_key="users.id")
    act: str = Field(max_length=40)
    user_id: int | None = Field(default=None, foreign_key="users.id", index=True)
    group_id: int | None = None
    video_id: int | None = None
    before: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    after: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    note: str = Field(default="", max_length=200)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
