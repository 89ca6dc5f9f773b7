"""How many entities Magento has per stream, counted now and then."""

from dataclasses import dataclass, field

from synqd.models.names import Stream


@dataclass
class Census:
    """Totals as of the last count; the janitor renews them.

    ``totals`` maps a stream to the number of entities and when they were counted (seconds since the epoch).
    """

    totals: dict[Stream, tuple[int, float]] = field(default_factory=dict)
