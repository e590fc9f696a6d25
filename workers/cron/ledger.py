"""Looks from time to time whether every balance is still the sum of its ledger, and raises the alarm if not."""

import logging
from typing import Any

from core.billing import credits
from core.database.session import reading
from core.ops import metrics

log = logging.getLogger(__name__)


async def check_ledger(_context: dict[str, Any]) -> None:
    """Says which users at ERROR, which Sentry and every log alarm hear; repairs nothing."""
    async with reading() as db:
        wrong = await credits.wrong_balances(db)
    await metrics.keep_wrong_balances(len(wrong))
    if wrong:
        log.error("the balances of these users are not the sum of their ledger: %s", wrong)
