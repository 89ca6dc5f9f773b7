"""Orders become transactions."""

from synqd.entities.order.entity import OrderEntity

__all__ = ["OrderEntity"]
