"""synqd's own change log in Magento's database.

``tables``        names and definitions of the tables, one log per model
``triggers``      watches -> triggers, a pure function
``schema``        what is in the database against what has to be
``log``           install, verify, uninstall
``render``        the same as SQL for a DBA, with the GRANT statements
``installation``  whose database this is (S3)
"""

from synqd.magento.changelog.log import ChangeLog

__all__ = ["ChangeLog"]
