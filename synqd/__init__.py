"""synqd: keeps Synerise in step with a Magento 2 shop."""

__version__ = "0.1.0"
