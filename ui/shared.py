"""Constants that both Python and our scripts use; the scripts read them from SHARED."""

from core.errors import PictureTooLarge
from core.pictures import intake
from core.videos import recipe

from . import i18n

THEME_COOKIE = "theme"
COOKIE_SECONDS = 365 * 24 * 3600


def values() -> dict[str, object]:
    """The constants by their names in the scripts."""
    return {
        "languageCookie": i18n.COOKIE,
        "themeCookie": THEME_COOKIE,
        "cookieSeconds": COOKIE_SECONDS,
        "pictureBytes": intake.MAX_BYTES,
        "pictureTooLarge": PictureTooLarge.code,
        "settingsMark": recipe.MARK,
        "settingsLength": recipe.MAX_LENGTH,
    }
