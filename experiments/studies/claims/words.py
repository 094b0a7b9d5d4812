"""The verdicts, and when each is given."""

from __future__ import annotations

from sim.statistics import Interval

SUPPORTED, CONTRADICTED, UNDETERMINED = "supported", "contradicted", "undetermined"
UNTESTABLE, ASSUMED = "cannot be tested", "assumed"
VERDICTS = (SUPPORTED, CONTRADICTED, UNDETERMINED, UNTESTABLE)


def verdict_of(share: Interval, supported_from: float) -> str:
    """Supported or contradicted if the whole interval is beyond the bound, else undetermined."""
    if share.low >= supported_from:
        return SUPPORTED
    return CONTRADICTED if 1.0 - share.high >= supported_from else UNDETERMINED
