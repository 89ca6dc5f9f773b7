import asyncio
import csv
import json
import os
import pwd
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from synqd.control import schema
from synqd.models.names import Model
from tests.cli_synqctl.conftest import PROGRAM, Run
from tests.support.operations import THEN, Desk, line

ROOT = pwd.getpwuid(0).pw_name


async def test_status_shows_health_above_one_table(run: Run) -> None:
    ran = await run("status")
    assert ran.status == 0
    assert ran.out.splitlines()[:6] == [
        "synqd 0.1.0, synchronization on, STUCK, NOT READY, up 1 h",
        "! 3 dead letters: synqctl dead list",
        "! drainer: no progress for 1.2 min (limit 1 min)",
        "! magento cannot be used: does not answer",
        "synqd: 17 rows behind, 2.5 s",
        "* the ledger is empty",
    ]
    assert ran.out.splitlines()[7:10] == [
        "SENT/MAGENTO           PRODUCT",
        "de            12,000/12,345 !3",
        "waiting: de product 1 live, 344 full, oldest change 0.4 s",
    ]
    assert ran.out.splitlines()[-1] == "left out: 42 product (de 42): not visible on its own"


async def test_status_has_a_table_with_everything(run: Run) -> None:
    heads, row = (await run("status", "--wide")).out.splitlines()[7:]
    names = "STORE MODEL WORKSPACE MAGENTO SENT SKIPPED LIVE BATCH FULL FAILED LAST SENT LAG"
    assert " ".join(heads.split()) == names
    assert row.split()[:10] == ["de", "product", "main", "12,345", "12,000", "42", "1", "0", "344", "3"]
    assert row[heads.index("FAILED") : heads.index("FAILED") + 6] == "     3"


async def test_status_of_some_streams(run: Run) -> None:
    assert (await run("status", "--store", "de", "--model", "product", "--json")).json["streams"]
    assert (await run("status", "--model", "order", "--json")).json["streams"] == []
    wrong = await run("status", "--store", "den")
    assert (wrong.status, wrong.err) == (
        1,
        "synqctl: there is no synchronized store view 'den'; did you mean de?\n",
    )


async def test_a_dry_run_tells_what_would_happen_and_changes_nothing(run: Run, desk: Desk) -> None:
    ran = await run("full", "--dry-run")
    assert ran.out.splitlines()[:2] == [
        "would send 312, remove 4, skip 9, leave 0 as they are; about 40 requests, about 2 min",
        "nothing was sent or enqueued",
    ]
    assert ran.out.splitlines()[-1].split() == ["de", "product", "9", "not", "visible"]
    batch = await run("batch", "product", "--skus", "A,NOWHERE", "--dry-run")
    assert "  NOWHERE: not in Magento" in batch.out.splitlines()
    assert desk.changes == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("jobs",),
        ("job", "show", "1"),
        ("job", "show", "1", "--watch"),
        ("job", "pause", "2"),
        ("dead", "list"),
        ("dead", "show", "1"),
        ("dead", "retry", "1"),
        ("full",),
        ("batch", "product", "--ids", "1"),
        ("pause",),
        ("resume",),
        ("reload",),
    ],
)
@pytest.mark.parametrize("before", [True, False])
async def test_every_verb_answers_in_json(
    run: Run, desk: Desk, arguments: tuple[str, ...], *, before: bool
) -> None:
    desk.add_job("full", "finished")
    desk.add_job("full")
    ran = await run(*(("--json", *arguments) if before else (*arguments, "--json")))
    assert ran.status == 0, ran.err
    assert isinstance(ran.json, dict)


async def test_full_is_submitted_with_its_options(run: Run, desk: Desk) -> None:
    ran = await run("full", "--model", "product", "--store", "de", "--changed-only")
    assert (ran.status, ran.out) == (0, "job 1 accepted; synqctl job show 1 --watch\n")
    assert desk.changes == ["full"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "keys"),
    [
        (("product", "--ids", "3,1", "--ids", "2"), b"", [3, 1, 2]),
        (("product", "--skus", "a b,ü"), b"", ["a b", "ü"]),
        (("order", "--increment-ids", "000000001"), b"", ["000000001"]),
        (("customer", "--emails", "a@example.com"), b"", ["a@example.com"]),
        (("product", "--from-file", "-"), b"1\r\n\n0002\n", [1, 2]),
        (("product", "--from-file", "-", "--by", "skus"), b"\xef\xbb\xbfa,b\nc\n", ["a,b", "c"]),
    ],
)
async def test_batch(
    run: Run, desk: Desk, arguments: tuple[str, ...], stdin: bytes, keys: list[int | str]
) -> None:
    ran = await run("batch", *arguments, stdin=stdin)
    assert ran.status == 0, ran.err
    assert desk.batches == {1: keys}


async def test_a_long_file_streams_in(run: Run, desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_text("\n".join(str(number) for number in range(1, 200_001)))
    ran = await run("batch", "order", "--from-file", str(file))
    assert ran.status == 0, ran.err
    assert len(desk.batches[1]) == 200_000


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (("--from-file", "-"), b"1\n2x\n", "line 2: '2x' is not an id; nothing was scheduled"),
        (("--from-file", "-"), b"1\n0\n", "line 2: '0' is not an id; nothing was scheduled"),
        (("--ids", "1,b"), b"", "'b' is not an id; nothing was scheduled"),
        (("--ids", ","), b"", "no ids"),
        (("--from-file", "-", "--by", "emails"), b"a@b.c\n", "emails choose customer or subscriber items"),
        (("--ids", "1", "--store", "xx"), b"", "no such store view"),
        (("--ids", "99999999999"), b"", "line 2: has to be at most 4294967295"),
        (("--from-file", "-", "--by", "skus"), b"a\n\xff\n", "is not UTF-8 text"),
    ],
)
async def test_a_wrong_batch_is_refused_in_one_line(
    run: Run, desk: Desk, arguments: tuple[str, ...], stdin: bytes, message: str
) -> None:
    ran = await run("batch", "order" if "skus" not in arguments else "product", *arguments, stdin=stdin)
    assert ran.status == 1
    assert ran.err.startswith("synqctl: ")
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert desk.changes == []


async def test_a_batch_that_is_refused_at_once_says_why_however_long_it_is(run: Run, desk: Desk) -> None:
    ran = await run("batch", "order", "--store", "xx", "--from-file", "-", stdin=b"123456789\n" * 400_000)
    assert (ran.status, ran.err) == (1, "synqctl: no such store view\n")
    assert desk.changes == []


async def test_jobs_are_listed_and_shown(run: Run, desk: Desk) -> None:
    assert (await run("jobs")).out == "no jobs\n"
    desk.add_job("full", total=1000, selected=400, sent=200, dead=3)
    listed = await run("jobs")
    assert listed.out.splitlines()[1].split()[:8] == [
        "1",
        "full",
        "running",
        "product",
        "de",
        "203",
        "400",
        "3",
    ]
    shown = await run("job", "show", "1")
    assert shown.out.startswith(f"job 1: full, running\nby operator {ROOT} at 2026-01-02 03:04:05 UTC\n")


async def test_jobs_are_steered(run: Run, desk: Desk) -> None:
    desk.add_job("full")
    assert (await run("job", "pause", "1")).out == "job 1: paused\n"
    assert (await run("job", "resume", "1")).out == "job 1: running\n"
    assert (await run("job", "cancel", "1")).out == "job 1: cancelled\n"
    over = await run("job", "cancel", "1")
    assert (over.status, over.err) == (1, "synqctl: job 1 is over\n")


async def test_dead_letters_never_move_the_cursor(run: Run) -> None:
    listed = await run("dead", "list")
    assert listed.status == 0
    assert "\x1b" not in listed.out
    assert "?[31mvalue is bad" in listed.out
    assert "\x1b" not in (await run("dead", "show", "1")).out


async def test_dead_letters_are_retried_and_discarded(run: Run, desk: Desk) -> None:
    assert (await run("dead", "retry", "1")).out == "1 dead letters enqueued again\n"
    unsure = await run("dead", "discard", "--all")
    assert (unsure.status, unsure.err) == (1, "synqctl: discarding cannot be undone; say --yes\n")
    assert (await run("dead", "discard", "--all", "--yes")).out == "2 dead letters discarded\n"
    assert desk.letters == {}


async def test_hold_and_release(run: Run) -> None:
    held = await run("pause", "--model", "order", "--workspace", "main")
    assert held.out.startswith("paused: order of main, since 2026-01-02 03:04:05 UTC by operator ")
    assert (await run("resume")).out == "nothing is paused\n"


async def test_reload(run: Run, desk: Desk) -> None:
    assert (await run("reload")).out == "changed: sync.settle\nneeds a restart: control.mode\n"
    desk.broken_config = True
    ran = await run("reload")
    assert (ran.status, ran.err) == (1, "synqctl: [sync] enabld: unknown key; did you mean enabled?\n")


async def test_the_log_says_what_happened(run: Run, desk: Desk) -> None:
    ran = await run("log", "--job", "7", "--model", "product", "--limit", "2")
    assert ran.out.splitlines() == [
        "2026-01-02 03:04:05 UTC  chunk            de product  job 7  200 sent  ids 1-9",
        "2026-01-02 03:04:05 UTC  chunk            de product  job 7  300 sent  ids 1-9",
    ]
    (query,) = desk.log_queries
    assert (query.job, query.model, query.limit, query.entity) == (7, "product", 2, None)


async def test_a_delivery_is_told_with_its_key_and_answer(run: Run, desk: Desk) -> None:
    told = {"event": "item.sent", "job": None, "entity_id": 5, "key": "24-MB05", "facts": {"status": 202}}
    desk.lines = [line(1).model_copy(update=told)]
    assert (
        await run("log")
    ).out == "2026-01-02 03:04:05 UTC  item.sent        de product 24-MB05  status 202\n"


async def test_the_log_is_filtered(run: Run, desk: Desk) -> None:
    ran = await run("log", "--since", "2026-01-01 00:00", "--failed", "--search", "mb05", "--all")
    assert ran.status == 0, ran.err
    (query,) = desk.log_queries
    assert (query.since, query.failed) == (datetime(2026, 1, 1, tzinfo=UTC), True)
    assert (query.search, query.everything, query.limit) == ("mb05", True, 500)
    refused = await run("log", "--since", "yesterday")
    assert (refused.status, "'yesterday' is no time like 30min" in refused.err) == (2, True)


async def test_the_log_becomes_a_table_or_lines_of_json(run: Run, desk: Desk) -> None:
    formula = line(4).model_copy(update={"key": "=1+1", "entity_id": 3, "text": 'said "no", twice'})
    desk.lines.append(formula)
    ran = await run("log", "--format", "csv", "--limit", "2")
    heads, first, second = csv.reader(ran.out.splitlines())
    assert heads[:3] == ["number", "at", "event"]
    assert first == [
        "3",
        "2026-01-02T03:04:05Z",
        "chunk",
        "7",
        "product",
        "de",
        "",
        "ids 1-9",
        "",
        "sent=300",
        "",
    ]
    assert second[7:] == ["'=1+1", "", "sent=400", 'said "no", twice']
    lines = (await run("log", "--format", "json-lines")).out.splitlines()
    assert [json.loads(one)["number"] for one in lines] == [1, 2, 3, 4]


async def test_a_log_of_any_length_comes_page_by_page(run: Run, desk: Desk) -> None:
    desk.lines = [line(number) for number in range(1, 1201)]
    ran = await run("log", "--since", "2020-01-01", "--format", "json-lines")
    assert [json.loads(one)["number"] for one in ran.out.splitlines()] == list(range(1, 1201))
    some = (await run("log", "--limit", "700", "--json")).json["lines"]
    assert [one["number"] for one in some] == list(range(501, 1201))


async def test_one_command_says_whether_an_order_was_sent_and_what_synerise_said(run: Run) -> None:
    ran = await run("log", "--entity", "10001", "--limit", "1")
    told, blank, _ = ran.out.splitlines()
    assert blank == ""
    assert told == (
        "order 10 (10001) in de: sent 2026-01-02 03:04:05 UTC, accepted by Synerise with status 202,"
        " workspace main; first sent 2026-01-02 03:04:05 UTC; REFUSED 2026-01-02 03:04:05 UTC: status 400,"
        ' refused: ?[31mvalue is bad, answer {"error": "bad"} (synqctl dead show 1)'
    )
    assert (await run("log", "--entity", "10001", "--json")).json["items"][0]["accepted"] == "sent"


async def test_keys_of_the_past_and_forgotten_people_are_told_of(run: Run, desk: Desk) -> None:
    former = schema.FormerKeyView(key="24-MB05", workspace="main", until=THEN, removed=True)
    known = desk.items[0].model_copy(update={"dead": None, "former": [former], "wire_key": "24-MB05-NEW"})
    desk.items = [known, schema.ItemView.unknown(Model.ORDER, 11, forgotten=True)]
    first, second, *_ = (await run("log", "--entity", "24-MB05")).out.splitlines()
    told = "was sent as 24-MB05 until 2026-01-02 03:04:05 UTC, removed then, now 24-MB05-NEW"
    assert first.endswith(told)
    assert second == "order 11: forgotten; nothing about the person is kept or sent"


async def test_one_command_says_that_nobody_knows_whether_an_order_arrived(run: Run, desk: Desk) -> None:
    desk.items = [
        item.model_copy(update={"accepted": None, "in_doubt": True, "dead": None}) for item in desk.items
    ]
    ran = await run("log", "--entity", "10001", "--limit", "1")
    assert ran.out.splitlines()[0] == (
        "order 10 (10001) in de: left 2026-01-02 03:04:05 UTC for workspace main, unknown whether it arrived"
    )


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "message"),
    [
        (("--email", "ann@x.example"), b"", 1, "forgetting cannot be undone; say --yes"),
        ((), b"", 2, "give either --email or --customer-id"),
        (("--email", "-", "--yes"), b"", 2, "give either --email or --customer-id"),
        (("--email", "ann@x.example", "--customer-id", "1", "--yes"), b"", 2, "give either"),
        (("--email", "ann", "--yes"), b"", 1, "email: is not an e-mail address"),
        (("--customer-id", "404", "--revoke"), b"", 1, "nobody who was forgotten is known by this"),
    ],
)
async def test_nobody_is_forgotten_by_mistake(
    run: Run, desk: Desk, arguments: tuple[str, ...], stdin: bytes, status: int, message: str
) -> None:
    ran = await run("forget", *arguments, stdin=stdin)
    assert ran.status == status
    assert message in ran.err
    assert not desk.changes


async def test_forgetting_says_what_is_left_to_do(run: Run, desk: Desk) -> None:
    ran = await run("forget", "--email", "-", "--yes", stdin=b"ann@x.example\n")
    assert ran.out.splitlines() == [
        "forgotten: 1 customers, 2 orders",
        "erased: 3 sent",
        "not erased:",
        "  Synerise: delete the profile of ?[31mann there",
    ]
    assert (await run("forget", "--customer-id", "1", "--revoke")).status == 0
    assert desk.changes == ["forget", "readmit"]


async def test_following_the_log_goes_on_after_the_last_line(path: Path, desk: Desk) -> None:
    # Background jobs of a shell, and so their children, ignore SIGINT.
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    following = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", heeding + PROGRAM, "--socket", str(path)),
        *("log", "--follow", "--json", "--interval", "0.1"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert following.stdout is not None
    async with asyncio.timeout(20):
        seen = [json.loads(await following.stdout.readline())["number"] for _ in range(3)]
        desk.lines.append(desk.lines[-1].model_copy(update={"number": 4}))
        seen.append(json.loads(await following.stdout.readline())["number"])
        following.send_signal(signal.SIGINT)
        assert (seen, await following.wait()) == ([1, 2, 3, 4], 0)


async def test_a_verification_shows_figures_and_fails_while_something_is_wrong(run: Run, desk: Desk) -> None:
    ran = await run("verify", "--model", "product", "--store", "de")
    assert (ran.status, ran.err) == (
        1,
        "synqctl: 1 items are wrong; synqctl verify --model product --store de --repair enqueues them\n",
    )
    assert ran.out.splitlines()[2:] == [
        "STORE  MODEL    TOTAL  CHECKED  CORRECT  STALE",
        "de     product     10       10        9      1",
        "",
        "STORE  MODEL    WHAT   KEY   DETAIL",
        "de     product  stale  sku7",
    ]
    desk.figures["repaired"] = 1
    assert (await run("verify", "--repair")).status == 0
    assert (await run("verify", "--last", "--json")).json["id"] == 2
    assert (await run("verify", "--no-wait")).out == "verification 3 started; synqctl verify --last\n"


async def test_keys_that_lead_to_nothing_are_named(run: Run, desk: Desk) -> None:
    job = desk.add_job("batch", total=1)
    missing = [schema.UnknownKey(key="A\x1b", reason="not in Magento")]
    desk.job_views[job.id] = job.model_copy(
        update={"unknown": 3, "unknown_keys": missing, "waits_for": "Magento: does not answer"}
    )
    shown = (await run("job", "show", "1")).out.splitlines()
    assert shown[2:7] == [
        "12.5 items/s, 1 min left",
        "waits: Magento: does not answer",
        "3 of the keys lead to nothing and are left out:",
        "  A?: not in Magento",
        "  and 2 more",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("stauts",),
        ("full", "--model", "produkt"),
        ("full", "--store", "de", "--all-stores"),
        ("batch", "product"),
        ("batch", "product", "--ids", "1", "--skus", "a"),
        ("batch", "product", "--from-file", "/does/not/exist"),
        ("job", "show"),
        ("job", "show", "x"),
        ("dead", "retry"),
        ("dead", "discard", "1", "--all", "--yes"),
    ],
)
async def test_wrong_usage_has_status_2_and_changes_nothing(
    run: Run, desk: Desk, arguments: tuple[str, ...]
) -> None:
    ran = await run(*arguments)
    assert ran.status == 2
    assert "Traceback" not in ran.err
    assert desk.changes == []
