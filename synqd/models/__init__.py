"""The vocabulary shared by two or more rooms: pure, frozen, no I/O.

``names``    models, lanes and keys
``shop``     websites, store views and the configuration values that synqd reads from Magento
``change``   what a change log says: changes, cursors, gaps
``item``     what the outbox holds and hands out, what the ledger knows
``wire``     what leaves for Synerise: requests, wire items, skips
``settle``   what became of a leased item
``text``     text from outside, fit to be stored
``person``   who is to be forgotten; ``echoes`` and ``blots`` find a person in a text
``errors``   errors, named by their remedy

Everything is immutable, so a value can be handed between movers and threads without a copy.
"""
