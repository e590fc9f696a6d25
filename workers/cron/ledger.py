"""Checks that every balance is the sum of its ledger entries, and logs an error if not."""

import logging
from typing import Any

from core.billing import credits
from core.database.session import reading
from core.ops import metrics

log = logging.getLogger(__name__)


async def check_ledger(_context: dict[str, Any]) -> None:
    """Log the users with a wrong balance at ERROR, which reaches Sentry. Repairs nothing."""
    async with reading() as db:
        wrong = await credits.wrong_balances(db)
    await metrics.keep_wrong_balances(len(wrong))
    if wrong:
        log.error("the balances of these users are not the sum of their ledger: %s", wrong)
