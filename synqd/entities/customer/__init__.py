"""Customers become profiles."""

from synqd.entities.customer.entity import CustomerEntity

__all__ = ["CustomerEntity"]
