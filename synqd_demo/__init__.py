"""Everything needed to see and test synqd without a shop and without Synerise.

Three independent parts: a private MariaDB server (:mod:`synqd_demo.mariadb`), a small multi-store shop in
it with scripted traffic (:mod:`synqd_demo.shop`), and a fake Synerise server. ``synqd demo`` puts them
together; the tests use each alone. Nothing here is needed to run the daemon in production.
"""
