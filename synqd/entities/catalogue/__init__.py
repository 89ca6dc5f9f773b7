"""What other models need to know of products: where they are in the shop, how they look, what tax they bear.

``addresses``   base, link and media URLs of a store view, by Magento's configuration
``categories``  the category tree in a store view's words
``goods``       products of order lines: SKU, URL, category paths, picture, tax class, for many ids at once
``taxes``       tax rates of a store view's default destination and origin, and prices with and without tax

Everything is read for a whole chunk in a fixed number of statements; trees and rates are metadata that
callers keep for a bounded time.
"""
