"""Where each field of an agreement comes from; for ``synqd preview --explain``."""

from collections.abc import Mapping

from synqd.models.wire import Parcel, Skip

_ORIGINS: Mapping[str, str] = {
    "email": "newsletter_subscriber.subscriber_email, exactly as stored",
    "uuid": "made from the e-mail as stored",
    "agreements": "newsletter_subscriber.subscriber_status is 1, of the row of this e-mail that changed last "
    "in the workspace (S10)",
}


def explain(outcome: Parcel | Skip) -> Mapping[str, str] | None:
    """A line for each field; None where nothing is sent."""
    return None if isinstance(outcome, Skip) else {name: _ORIGINS[name] for name in outcome.items[-1].body}
