"""The tables of the change log: names and definitions."""

from synqd.magento.statements import quote
from synqd.models.names import Model

FORMAT = 2
"""Version of the tables' layout; kept in the meta table."""
OWN = "synqd_"
"""With the shop's table prefix before it, the beginning of every name that belongs to synqd."""
META = "synqd_meta"
SPLIT = "synqd_split"
"""How each watched table was captured when ``install`` looked last (S28)."""
ALIVE = 3
"""Row of the meta table whose ``installed_at`` is the moment from which on triggers fall silent."""

_LOG = """
CREATE TABLE IF NOT EXISTS {name} (
  version_id bigint unsigned NOT NULL AUTO_INCREMENT,
  entity_id bigint unsigned NOT NULL DEFAULT 0,
  store_id int unsigned NULL,
  via varchar(16) NOT NULL DEFAULT '',
  old_key varchar(255) NULL,
  deleted tinyint unsigned NOT NULL DEFAULT 0,
  changed_at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  PRIMARY KEY (version_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='Changes for synqd, appended by triggers'
"""
_META = """
CREATE TABLE IF NOT EXISTS {name} (
  id tinyint unsigned NOT NULL,
  installation_id char(36) NOT NULL,
  epoch int unsigned NOT NULL,
  format smallint unsigned NOT NULL,
  installed_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='Whose change log this is (synqd)'
"""
_SPLIT = """
CREATE TABLE IF NOT EXISTS {name} (
  table_name varchar(64) NOT NULL,
  way varchar(8) NOT NULL,
  detail text NOT NULL,
  PRIMARY KEY (table_name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='Which table is captured how (synqd)'
"""


def log_table(model: Model) -> str:
    """Name of a model's log, without the shop's prefix; it is the log's ``Cursor.source``, too."""
    return f"{OWN}{model}_cl"


def definitions(prefix: str) -> dict[str, str]:
    """CREATE statements of all tables by name, prefix included; each does nothing where the table exists."""
    logs = {prefix + log_table(model): _LOG for model in Model}
    return {
        name: text.format(name=quote(name)).strip()
        for name, text in {**logs, prefix + META: _META, prefix + SPLIT: _SPLIT}.items()
    }


def is_own_table(name: str, prefix: str) -> bool:
    """Whether a table (prefix included) is one of the change log's, of this or another format."""
    return name in {prefix + META, prefix + SPLIT} or (name.startswith(prefix + OWN) and name.endswith("_cl"))
