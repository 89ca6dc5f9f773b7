"""Settings of the shop that its deployment makes, and that win over its database (semantics S31).

Magento takes a setting from a variable ``CONFIG__...`` of its own process, else from ``app/etc/env.php``,
else from ``app/etc/config.php``, else from ``core_config_data``; each for one scope, before scopes fall back.

``phptokens``, ``phparray``  what the two files return, without PHP
``sources``                  from files and variables to settings; only what synqd reads, and no secret
``overlay``                  lays settings over what the database says
"""

from synqd.magento.deployed.overlay import laid_over, unknown_codes
from synqd.magento.deployed.sources import Deployed, Root, from_settings, from_variables, read_variables

__all__ = [
    "Deployed",
    "Root",
    "from_settings",
    "from_variables",
    "laid_over",
    "read_variables",
    "unknown_codes",
]
