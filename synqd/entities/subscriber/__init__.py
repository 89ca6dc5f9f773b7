"""Newsletter subscribers become e-mail agreements."""

from synqd.entities.subscriber.entity import SubscriberEntity

__all__ = ["SubscriberEntity"]
