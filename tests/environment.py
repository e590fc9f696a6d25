"""The variables that configure the app, and how a test makes the app read them again."""

from core import settings
from core.billing import shop
from core.catalog import availability
from core.redis import embedded

OURS = (
    *("OPENAI_", "RUNWAYML_", "FAL_", "GEMINI_", "ARK_", "MINIMAX_", "DATABASE_URL", "REDIS_URL", "STORAGE_"),
    *("CATALOG_FILE", "HOST", "PORT", "PUBLIC_URL"),
    *("AWS_", "CDN_URL", "RETENTION_DAYS", "SIGNUP_CREDITS", "GENERATIONS_PER_HOUR", "METRICS_TOKEN", "STRIPE_"),
    *("VIDEO_MAX_", "DECODE_", "PICTURE_SECONDS"),
)


def forget_settings() -> None:
    """The next look at settings and catalogue reads the environment anew."""
    settings.settings.cache_clear()
    embedded._name.cache_clear()
    availability.clear_cache()
    shop.forget()
