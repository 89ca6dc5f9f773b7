"""The shop in the shape of Adobe Commerce: products, categories and cart price rules have versions there.

``convert`` gives tables the columns and foreign keys that content staging gives them, and Magento's own
triggers the form that they have there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from synqd_demo.mariadb import MariaDB
from synqd_demo.shop.changelog import SUBSCRIPTIONS, Subscription

SHIFT = 100_000
"""Added to an entity's id it is its row's number: whoever takes one for the other is found out."""
LAST = 2_147_483_647
"""The end of a version that has none."""
_VALUES = ("datetime", "decimal", "int", "text", "varchar")
_MORE = ("tier_price", "media_gallery_value", "media_gallery_value_to_entity")


@dataclass(frozen=True)
class Family:
    """A table with versions, and the tables whose rows belong to one: table -> the column that says so."""

    main: str
    key: str
    sequence: str
    owned: Mapping[str, str]


PRODUCTS = Family(
    "catalog_product_entity",
    "entity_id",
    "sequence_product",
    {f"catalog_product_entity_{kind}": "row_id" for kind in (*_VALUES, *_MORE)}
    | {
        "catalog_product_bundle_option": "parent_id",
        "catalog_product_bundle_option_value": "parent_product_id",
        "catalog_product_bundle_selection": "parent_product_id",
        "catalog_product_bundle_selection_price": "parent_product_id",
        "catalog_product_link": "product_id",
        "catalog_product_relation": "parent_id",
        "catalog_product_super_attribute": "product_id",
        "catalog_product_super_link": "parent_id",
    },
)
CATEGORIES = Family(
    "catalog_category_entity",
    "entity_id",
    "sequence_catalog_category",
    {f"catalog_category_entity_{kind}": "row_id" for kind in _VALUES},
)
RULES = Family("salesrule", "rule_id", "sequence_salesrule", {})
FAMILIES = (PRODUCTS, CATEGORIES, RULES)
_OWNED = {table: (family, column) for family in FAMILIES for table, column in family.owned.items()}
_PARTS = {
    "catalog_product_bundle_option": ("option_id", "parent_id", "sequence_product_bundle_option"),
    "catalog_product_bundle_selection": (
        "selection_id",
        "parent_product_id",
        "sequence_product_bundle_selection",
    ),
}
"""Parts of bundles keep their numbers from version to version."""
_SEQUENCES = {family.main: family.sequence for family in FAMILIES} | {
    table: sequence for table, (_, _, sequence) in _PARTS.items()
}
_UPDATES = """
CREATE TABLE {p}staging_update (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, start_time DATETIME NOT NULL, name VARCHAR(255),
  description VARCHAR(255), rollback_id BIGINT UNSIGNED, is_campaign SMALLINT, is_rollback SMALLINT,
  moved_to BIGINT
);
CREATE TABLE {p}flag (
  flag_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, flag_code VARCHAR(255) NOT NULL,
  state SMALLINT UNSIGNED NOT NULL DEFAULT 0, flag_data MEDIUMTEXT,
  last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, KEY (last_update)
);
INSERT INTO {p}flag (flag_code, flag_data) VALUES ('staging', '{{"current_version":"1"}}');
"""


@dataclass(frozen=True)
class _Reference:
    """A foreign key; names have the prefix."""

    table: str
    name: str
    column: str
    to: str


def convert(server: MariaDB, database: str, prefix: str = "") -> None:
    """Turns the shop of a database into one with content staging, its first version current."""
    references = _references(server, database, prefix)
    statements = [*_without_triggers(prefix), *_converted(prefix, references)]
    script = "".join(f"{statement};\n" for statement in statements) + _UPDATES.format(p=prefix)
    triggers = "\n".join(_triggers(prefix))
    server.run(f"{script}DELIMITER $$\n{triggers}\nDELIMITER ;\n", database=database)


def _references(server: MariaDB, database: str, prefix: str) -> list[_Reference]:
    """Foreign keys to what gets versions."""
    tables = ", ".join(f"'{prefix}{table}'" for table in _SEQUENCES)
    listed = server.run(
        "SELECT table_name, constraint_name, column_name, referenced_table_name"
        f" FROM information_schema.key_column_usage WHERE table_schema = '{database}'"
        f" AND referenced_table_name IN ({tables}) ORDER BY 1, 2;"
    )
    return [_Reference(*line.split("\t")) for line in listed.splitlines()[1:]]


def _without_triggers(prefix: str) -> Iterator[str]:
    for table in filter(_is_written_anew, SUBSCRIPTIONS):
        for event in ("insert", "update", "delete"):
            yield f"DROP TRIGGER IF EXISTS trg_{prefix}{table}_after_{event}"


def _converted(prefix: str, references: Iterable[_Reference]) -> Iterator[str]:
    for each in references:
        yield f"ALTER TABLE {each.table} DROP FOREIGN KEY {each.name}"
    for family in FAMILIES:
        yield from _with_versions(prefix, family)
        for table, column in family.owned.items():
            yield from _owned(prefix + table, column, prefix + family.main)
    for table, (key, parent, sequence) in _PARTS.items():
        yield from _sequence(prefix + sequence, key, prefix + table)
        modified = f"MODIFY {key} INT UNSIGNED NOT NULL, DROP PRIMARY KEY, ADD PRIMARY KEY ({key}, {parent})"
        to_sequence = _cascade(key, prefix + sequence, "sequence_value")
        yield f"ALTER TABLE {prefix}{table} {modified}, ADD {to_sequence}"
    for each in references:
        owned = _OWNED.get(each.table.removeprefix(prefix))
        if owned is None or each.column not in {owned[1], owned[0].key}:
            to = prefix + _SEQUENCES[each.to.removeprefix(prefix)]
            yield f"ALTER TABLE {each.table} ADD {_cascade(each.column, to, 'sequence_value')}"


def _cascade(column: str, table: str, key: str) -> str:
    return f"FOREIGN KEY ({column}) REFERENCES {table} ({key}) ON DELETE CASCADE"


def _sequence(sequence: str, key: str, table: str) -> Iterator[str]:
    yield f"CREATE TABLE {sequence} (sequence_value INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY)"
    yield f"INSERT INTO {sequence} SELECT {key} FROM {table}"


def _with_versions(prefix: str, family: Family) -> Iterator[str]:
    main, sequence, key = prefix + family.main, prefix + family.sequence, family.key
    yield from _sequence(sequence, key, main)
    yield (
        f"ALTER TABLE {main} MODIFY {key} INT UNSIGNED NOT NULL, DROP PRIMARY KEY,"
        " ADD row_id INT UNSIGNED NOT NULL FIRST, ADD created_in BIGINT UNSIGNED NOT NULL DEFAULT 1,"
        f" ADD updated_in BIGINT UNSIGNED NOT NULL DEFAULT {LAST}"
    )
    untouched = "" if family is RULES else ", updated_at = updated_at"
    yield f"UPDATE {main} SET row_id = {key} + {SHIFT}{untouched}"
    yield (
        f"ALTER TABLE {main} ADD PRIMARY KEY (row_id), MODIFY row_id INT UNSIGNED NOT NULL AUTO_INCREMENT,"
        f" ADD KEY ({key}, created_in, updated_in), ADD KEY (created_in), ADD KEY (updated_in),"
        f" ADD {_cascade(key, sequence, 'sequence_value')}"
    )


def _owned(table: str, column: str, main: str) -> Iterator[str]:
    if column == "row_id":
        yield f"ALTER TABLE {table} CHANGE entity_id row_id INT UNSIGNED NOT NULL"
    yield f"UPDATE {table} SET {column} = {column} + {SHIFT} ORDER BY {column} DESC"
    yield f"ALTER TABLE {table} ADD {_cascade(column, main, 'row_id')}"


def _is_written_anew(table: str) -> bool:
    """Whether Magento's triggers on a table have another form where there are versions."""
    return table in {PRODUCTS.main, CATEGORIES.main} or _OWNED.get(table, (None, ""))[1] == "row_id"


def _triggers(prefix: str) -> Iterator[str]:
    for table in filter(_is_written_anew, SUBSCRIPTIONS):
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            body = "\n".join(_statements(prefix, table, SUBSCRIPTIONS[table], event, row))
            name = prefix + table
            yield (
                f"CREATE TRIGGER trg_{name}_after_{event.lower()} AFTER {event} ON {name}"
                f" FOR EACH ROW\nBEGIN\n{body}\nEND$$"
            )


def _statements(prefix: str, table: str, what: Subscription, event: str, row: str) -> Iterator[str]:
    family = _OWNED[table][0] if table in _OWNED else None
    value, compared = f"{row}.`{what.id_column}`", [*what.compared, "created_in", "updated_in"]
    if family:
        value = "@entity_id"
        compared = ["row_id" if name == "entity_id" else name for name in what.compared]
        found = f"SELECT `entity_id` FROM `{prefix}{family.main}` WHERE `row_id` = {row}.`row_id`"
        yield f"SET @entity_id = ({found});"
    differs = " OR ".join(f"NOT(NEW.`{name}` <=> OLD.`{name}`)" for name in compared)
    for log in what.logs:
        text = f"INSERT IGNORE INTO `{prefix}{log}_cl` (`entity_id`) values({value});"
        text = f"IF ({differs}) THEN {text} END IF;" if event == "UPDATE" else text
        yield text if family else f"IF ({row}.created_in <= UNIX_TIMESTAMP()) THEN {text} END IF;"
