"""An error of every kind, as the app makes them."""

from datetime import UTC, datetime

from core import errors
from core.errors import AdsVideoError
from core.phrase import Phrase

NEVER_RAISED = {"AudioError", "BadCaptions", "BadInput", "NotAvailable", "PictureError", "Problems", "SignInRefused"}
"""Only the kinds below them are."""
VALUES: dict[str, tuple[object, ...]] = {
    "NotFound": (Phrase("video"),),
    "Conflict": (Phrase("This video has already ended."),),
    "NotEnoughCredits": (10, 3),
    "NotEnoughForBatch": (1990, 95, 199, 9),
    "NotEnoughForAd": (40, 3),
    "OverBudget": (10, 3, datetime(2027, 1, 1, tzinfo=UTC)),
    "OverGroupBudget": (10, 3, datetime(2027, 1, 1, tzinfo=UTC)),
    "TooManyRequests": (20, 600),
    "TooManyOpen": (20, 5),
    "TooManyUploads": (20, 30),
    "TooManyFetches": (2, 1),
    "TooManyAttempts": (5, 61),
    "TooManyComments": (5, 30),
    "TooManyStreams": (8, 5),
    "TooManyWaits": (100, 5),
    "TooManyFramings": (8, 2),
    "TooManyImprovements": (2, 5),
    "TooManyPages": (40, 5),
    "TooManyAtOnce": (100, 61),
    "TooManyBatches": (5, 61),
    "TooManyAds": (5, 61),
    "WrongInput": (Phrase("There is no such role."),),
    "PromptTooLong": (2001, 2000),
    "UnknownModel": ("<b>9000</b>",),
    "ModelUnavailable": ("Studio camera (built in)", Phrase("its server does not offer {model}", model="9000")),
    "WrongOption": ("9000", (Phrase("{n} s", n=4), Phrase("{n} s", n=8)), Phrase("{n} s", n=7)),
    "BadSize": ("9000",),
    "BadEdit": ([Phrase("{name} {complaint}.", name=Phrase("The edit"), complaint=Phrase("must not be empty"))],),
    "BadRows": ([Phrase("{name} {complaint}.", name=Phrase("Row"), complaint=Phrase("must not be empty"))],),
    "BadAd": ([Phrase("{name} {complaint}.", name=Phrase("The edit"), complaint=Phrase("must not be empty"))],),
    "PageTooLarge": (3,),
    "NotRows": (Phrase("it has no rows."),),
    "TooManyCaptions": (9000,),
    "CaptionTooLong": (9000, 9000),
    "CaptionReversed": (9000,),
    "AudioTooLarge": (9000,),
    "AudioTooLong": (9000,),
    "ForeignPicture": ("HEIC",),
    "PictureTooSmall": (1, 1, 16),
    "TooManyPixels": (9000, 8000, 50),
    "PictureAtAddress": (errors.PictureTooLarge().phrase,),
    "Misconfigured": ("9000",),
    "NoAnswer": (Phrase("The storage"),),
    "RequestRefused": ("9000",),
    "NotHandedOut": (errors.FileEmpty(),),
    "ProviderFailed": ("9000",),
    "TooHeavy": ("9000",),
    "EditTooHeavy": ("9000",),
}


def kinds(of: type[AdsVideoError] = AdsVideoError) -> list[type[AdsVideoError]]:
    """The whole tree of errors."""
    return [of, *(kind for below in of.__subclasses__() for kind in kinds(below))]


RAISED = [kind for kind in kinds() if kind.__name__ not in NEVER_RAISED]


def sample(kind: type[AdsVideoError]) -> AdsVideoError:
    """One of that kind, with values that are no English words wherever it takes any."""
    return kind(*VALUES.get(kind.__name__, ()))
