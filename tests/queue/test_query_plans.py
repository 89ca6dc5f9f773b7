"""Hot statements keep their index whatever the tables hold: no scan, no sorting, no temporary tables."""

import re
import sqlite3

import pytest

from synqd.queue.statements import load

HOT = [
    (
        "delivery",
        "due",
        "o USING INDEX outbox_ready (model=? AND store_id=? AND lane=? AND due_at>? AND due_at<?)",
    ),
    ("delivery", "due", "t USING INTEGER PRIMARY KEY (rowid=?)"),
    ("delivery", "due", "l USING PRIMARY KEY (model=? AND entity_id=? AND store_id=?)"),
    (
        "delivery",
        "ready",
        "o USING INDEX outbox_ready (model=? AND store_id=? AND lane=? AND due_at>?)",
    ),
    ("delivery", "ready", "t USING INTEGER PRIMARY KEY (rowid=?)"),
    ("delivery", "ready", "h USING PRIMARY KEY (model=? AND store_id=? AND lane=?)"),
    ("delivery", "ready", "c USING PRIMARY KEY (kind=?)"),
    ("delivery", "pull_due", "outbox_ready (model=? AND store_id=? AND lane=? AND due_at>?)"),
    ("intake", "newest", "SEARCH outbox"),
    ("intake", "elsewhere", "l USING PRIMARY KEY (model=? AND entity_id=?)"),
    ("intake", "elsewhere", "o USING INDEX outbox_key (model=? AND entity_id=?)"),
    ("intake", "raised", "o USING INDEX outbox_key (model=? AND entity_id=? AND store_id=?)"),
    ("settling", "held", "o USING INTEGER PRIMARY KEY (rowid=?)"),
    ("settling", "held", "l USING PRIMARY KEY (model=? AND entity_id=? AND store_id=?)"),
    ("settling", "remove", "outbox USING INTEGER PRIMARY KEY (rowid=?)"),
    ("settling", "held", "t USING INTEGER PRIMARY KEY (rowid=?)"),
    ("leases", "give_back", "leases USING INTEGER PRIMARY KEY (rowid=?)"),
    ("leases", "head", "heads USING PRIMARY KEY (model=? AND store_id=? AND lane=?)"),
    ("settling", "put_off", "outbox USING INTEGER PRIMARY KEY (rowid=?)"),
    ("settling", "unskip", "skips USING PRIMARY KEY (model=? AND entity_id=? AND store_id=?)"),
    ("ledger", "confirm", "ledger USING PRIMARY KEY (model=? AND entity_id=? AND store_id=?)"),
    ("ledger", "repeat", "ledger USING PRIMARY KEY (model=? AND entity_id=? AND store_id=?)"),
    ("ledger", "entry", "ledger USING PRIMARY KEY (model=? AND entity_id=? AND store_id=?)"),
    ("ledger", "page", "ledger USING PRIMARY KEY (model=? AND (entity_id,store_id)>(?,?))"),
    ("ledger", "void", "ledger USING PRIMARY KEY (model=? AND entity_id>? AND entity_id<?)"),
    ("membership", "open_parts", "job_parts USING INDEX job_parts_open (model=? AND store_id=?)"),
    ("membership", "leave", "job_items USING PRIMARY KEY (part_id=? AND entity_id=?)"),
    ("membership", "abandoned", "i USING PRIMARY KEY (part_id=?)"),
    ("membership", "abandoned", "o USING INDEX outbox_key (model=? AND entity_id=? AND store_id=?)"),
    ("membership", "drop_rows", "o USING INDEX outbox_key (model=? AND entity_id=? AND store_id=?)"),
    ("membership", "drop_rows", "i USING PRIMARY KEY (part_id=? AND entity_id=?)"),
    ("counters", "oldest", "o USING INDEX outbox_delayed (model=? AND store_id=? AND lane=?)"),
    ("counters", "add", "counters USING PRIMARY KEY (kind=? AND model=? AND store_id=? AND lane=?)"),
    (
        "dead_letters",
        "revive",
        "dead_letters USING INDEX dead_letters_key (model=? AND entity_id=? AND store_id=?)",
    ),
    ("dead_letters", "drop_payloads", "d USING INDEX dead_letters_payload (buried_at<?)"),
    ("batches", "batch_page", "batch_ids USING PRIMARY KEY (job_id=? AND entity_id>?)"),
    ("batches", "keys", "batch_keys USING PRIMARY KEY (job_id=?)"),
    ("membership", "withdrawable", "o USING INDEX outbox_key (model=? AND entity_id=? AND store_id=?)"),
    ("membership", "withdrawable", "k USING PRIMARY KEY (part_id=? AND entity_id=?)"),
    ("membership", "absent", "o USING INDEX outbox_key (model=? AND entity_id=? AND store_id=?)"),
    ("journal", "trim", "log USING INTEGER PRIMARY KEY (rowid<?)"),
    ("journal", "newest_of_job", "log USING INDEX log_job (job_id=? AND id<?)"),
    ("journal", "newest_of_entities", "l USING INDEX log_entity (model=? AND entity_id=? AND id<?)"),
    ("verifications", "range", "ledger USING PRIMARY KEY (model=? AND entity_id>? AND entity_id<?)"),
    ("ledger", "withdrawn", "l USING INDEX ledger_withdrawn (workspace=? AND <expr>=?)"),
    ("ledger", "newest_guests", "INDEX ledger_guest (workspace=? AND guest=?)"),
    ("ledger", "holding", "INDEX ledger_address (workspace=? AND <expr>=?"),
    ("notes", "unsettled", "o USING INDEX outbox_key (model=? AND entity_id=? AND store_id=?)"),
    ("notes", "remove", "notes USING INTEGER PRIMARY KEY (rowid=?)"),
    ("facts", "named", "l USING INDEX ledger_wire_key (workspace=? AND model=? AND wire_key=?)"),
    ("facts", "named", "d USING INDEX dead_letters_wire_key (wire_key=?)"),
    ("jobs", "pageable", "j USING INDEX jobs_unfinished"),
]

# Lists of parameters, and indexes that hold only a handful of rows, may be walked.
SMALL = re.compile(r"SCAN ([jwm]( VIRTUAL TABLE|$)|j USING INDEX jobs_unfinished|\()")


def plan(db: sqlite3.Connection, file: str, name: str) -> list[str]:
    sql = load(file)[name]
    named = set(re.findall(r":([a-z_]+)", sql))
    numbered = [int(number) for number in re.findall(r"\?(\d+)", sql)]
    bindings = dict.fromkeys(named) if named else [None] * max(numbered, default=0)
    rows = db.execute(f"EXPLAIN QUERY PLAN {sql}", bindings)
    return [detail.replace("COVERING ", "") for *_, detail in rows]


@pytest.mark.parametrize(("file", "name", "step"), HOT)
def test_a_hot_statement_seeks_by_its_index(db: sqlite3.Connection, file: str, name: str, step: str) -> None:
    steps = plan(db, file, name)
    assert any(step in found for found in steps), steps
    scans = [found for found in steps if found.startswith("SCAN") and not SMALL.match(found)]
    assert not scans, steps
    if name in ("due", "ready", "page", "batch_page"):
        assert not [found for found in steps if "TEMP B-TREE" in found], steps


def test_an_upsert_looks_for_its_row_by_the_key(db: sqlite3.Connection) -> None:
    (index,) = [row for row in db.execute("PRAGMA index_list(outbox)") if row[1] == "outbox_key"]
    assert index[2] == 1, "unique"
