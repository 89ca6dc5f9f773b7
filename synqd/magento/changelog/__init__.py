"""synqd's own change log in Magento's database (S1, S2, S28).

``tables``        names and definitions of the tables, one log per model
``feeds``         what Magento's own triggers write, read from their bodies
``stock``         what the views of Magento's own modules subscribe to
``split``         which table is captured how, a pure function of what the database says
``triggers``      watches and split -> triggers, a pure function
``look``          looks at the database; ``schema``: what is there against what has to be
``memory``        what the last ``install`` saw and decided
``log``           install, verify, uninstall; ``installing``: what is decided before, and the way back
``definers``      the account that triggers run as
``findings``      what ``verify`` says
``render``        the same as SQL for a DBA, with the GRANT statements
``marks``         what shows that changes may have escaped, however short the interruption was
``life``          triggers fall silent when nobody has read the log for days
``installation``  whose database this is (S3); ``claim``: which daemon reads it
"""

from synqd.magento.changelog.log import ChangeLog

__all__ = ["ChangeLog"]
