import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from synqd.exporter import Exporter, Health
from synqd.exporter.address import Hosts
from synqd.metrics import Metrics, Snapshot, StreamFacts
from synqd.models.errors import Fatal, StorageUnavailable
from synqd.models.names import Model
from synqd.runtime.supervisor import Progress
from tests.support.clocks import HandClock


@dataclass
class Scene:
    """An exporter that runs, and everything that it looks at."""

    clock: HandClock = field(default_factory=HandClock)
    metrics: Metrics = field(default_factory=Metrics)
    looks: int = 0
    fault: Exception | None = None

    def __post_init__(self) -> None:
        self.health = Health(self.clock, Progress(self.clock))
        self.exporter = Exporter("127.0.0.1:0", self.metrics, self.health, self.look, self.clock)

    async def look(self) -> Snapshot:
        self.looks += 1
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        return Snapshot(streams=[StreamFacts("main", "de", Model.ORDER, dead=self.looks)])

    @property
    def url(self) -> str:
        host, port = self.exporter.addresses[0]
        return f"http://{host}:{port}"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    async with scene.exporter:
        yield scene


@pytest.fixture
async def client(scene: Scene) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(scene.url) as session:
        yield session


def values(text: str) -> dict[str, float]:
    families = text_string_to_metric_families(text)
    return {sample.name: sample.value for family in families for sample in family.samples}


async def test_metrics_are_scraped(scene: Scene, client: aiohttp.ClientSession) -> None:
    scene.health.expect("queue", 30)
    scene.clock.pass_(2)
    answer = await client.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    found = values(await answer.text())
    assert found["synqd_dead_letters"] == 1
    assert found["synqd_mover_last_turn_age_seconds"] == 2
    assert found["synqd_snapshot_success"] == 1


async def test_many_scrapes_look_once_a_second(scene: Scene, client: aiohttp.ClientSession) -> None:
    await asyncio.gather(*(client.get("/metrics") for _ in range(10)))
    assert scene.looks == 1
    scene.clock.pass_(1)
    await asyncio.gather(*(client.get("/metrics") for _ in range(10)))
    assert scene.looks == 2


async def test_counters_are_shown_when_the_queue_cannot_be_read(
    scene: Scene, client: aiohttp.ClientSession
) -> None:
    scene.metrics.changes_read(Model.ORDER, 7)
    scene.fault = StorageUnavailable("disk I/O error")
    answer = await client.get("/metrics")
    found = values(await answer.text())
    assert answer.status == 200
    assert (found["synqd_snapshot_success"], found["synqd_changes_read_total"]) == (0, 7)
    assert "synqd_dead_letters" not in found


async def test_a_bug_is_not_hidden(
    scene: Scene, client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    scene.fault = ZeroDivisionError("a bug")
    assert (await client.get("/metrics")).status == 500
    assert [record.message for record in caplog.records] == ["http.failed"]


async def test_health_and_readiness(scene: Scene, client: aiohttp.ClientSession) -> None:
    scene.health.expect("queue", 30)
    assert ((await client.get("/healthz")).status, (await client.get("/readyz")).status) == (200, 503)
    scene.health.usable("magento", ok=True)
    assert (await client.get("/readyz")).status == 200
    scene.clock.pass_(31)
    answer = await client.get("/healthz")
    assert answer.status == 503
    assert (await answer.json())["checks"] == [
        {"name": "queue", "age": 31, "limit": 30, "trouble": "", "ok": False}
    ]
    not_ready = await (await client.get("/readyz")).json()
    assert [one["name"] for one in not_ready["stuck"]] == ["queue"]


async def test_landing_page_links_to_what_there_is(client: aiohttp.ClientSession) -> None:
    page = await (await client.get("/")).text()
    for path in ("/metrics", "/healthz", "/readyz"):
        assert f'href="{path}"' in page
        assert (await client.get(path)).status in {200, 503}
    assert (await client.head("/metrics")).status == 200
    assert (await client.post("/metrics")).status == 405


async def test_an_address_in_use_is_one_clear_line(scene: Scene) -> None:
    host, port = scene.exporter.addresses[0]
    second = Exporter(f"{host}:{port}", scene.metrics, scene.health, scene.look, scene.clock)
    with pytest.raises(
        Fatal, match=r"^\[metrics\] listen: .* cannot be used: .*address already in use"
    ) as said:
        async with second:
            pass
    assert "\n" not in str(said.value)


async def test_off_listens_nowhere() -> None:
    scene = Scene()
    async with Exporter("off", scene.metrics, scene.health, scene.look, scene.clock) as off:
        assert off.addresses == []


async def test_slow_and_silent_readers_hold_up_nobody(scene: Scene, client: aiohttp.ClientSession) -> None:
    peers = []
    for sent in (b"", b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 20):
        for _ in range(10):
            peer = socket.create_connection(scene.exporter.addresses[0])
            peer.setblocking(False)
            peer.send(sent)
            peers.append(peer)
    answers = await asyncio.gather(*(client.get("/metrics") for _ in range(10)))
    assert {answer.status for answer in answers} == {200}
    for peer in peers:
        peer.close()


async def test_what_is_not_http_is_no_error_of_ours(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await asyncio.open_connection(*scene.exporter.addresses[0])
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
    assert b" 400 " in await reader.read()
    writer.close()
    assert caplog.records == []


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;version=1.x",
        "text/plain;version=\u00e9",
        "application/openmetrics-text;version=" + "9" * 5_000,
        "application/openmetrics-text;version=" + "1." * 2_000,
    ],
)
async def test_no_wish_for_a_form_makes_an_error(
    scene: Scene, client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, accept: str
) -> None:
    answer = await client.get("/metrics", headers={"Accept": accept})
    assert answer.status == 200
    assert "synqd_snapshot_success 1.0" in await answer.text()
    assert caplog.records == []


async def test_a_connection_gets_one_answer(scene: Scene) -> None:
    reader, writer = await asyncio.open_connection(*scene.exporter.addresses[0])
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
    async with asyncio.timeout(20):
        answers = await reader.read()
    writer.close()
    assert answers.count(b"HTTP/1.1 200 OK") == 1
    assert b"Connection: close" in answers


LOOPBACK = ["localhost", "LOCALHOST.:9464", "127.0.0.1", "127.1.2.3:80", "[::1]:9464", "::1"]
NAMES = ["evil.example", "evil.example:9464", "localhost.evil.example", "", "127.0.0.1.evil.example"]
ADDRESSES = ["10.1.2.3:9464", "[2001:db8::1]:9464"]


@pytest.mark.parametrize(
    ("listen", "allowed", "bound", "good", "bad"),
    [
        ("127.0.0.1", (), ["127.0.0.1"], LOOPBACK, [*NAMES, *ADDRESSES]),
        ("localhost", ("shop.example",), ["127.0.0.1", "::1"], [*LOOPBACK, "shop.example:1"], NAMES),
        ("metrics.internal", (), ["127.0.1.1"], ["metrics.internal:9464", "localhost"], NAMES),
        ("0.0.0.0", (), ["0.0.0.0"], [*LOOPBACK, *NAMES, *ADDRESSES], []),
        ("10.1.2.3", ("shop.example",), ["10.1.2.3"], [*LOOPBACK, *ADDRESSES, "Shop.Example."], NAMES),
    ],
)
def test_by_which_names_it_may_be_asked(
    listen: str, allowed: Sequence[str], bound: Sequence[str], good: Sequence[str], bad: Sequence[str]
) -> None:
    hosts = Hosts(listen, allowed, bound)
    assert [name for name in good if not hosts.admits(name)] == []
    assert [name for name in bad if hosts.admits(name)] == []
    assert hosts.admits(None)


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz", "/nothing"])
async def test_a_page_that_makes_its_name_mean_loopback_reads_nothing(
    client: aiohttp.ClientSession, path: str
) -> None:
    answer = await client.get(path, headers={"Host": "evil.example:9464"})
    assert answer.status == 421
    assert await answer.text() == (
        "the Host of this request is not known here: add it to [metrics] allowed_hosts\n"
    )


async def test_a_probe_without_a_host_is_answered(scene: Scene) -> None:
    reader, writer = await asyncio.open_connection(*scene.exporter.addresses[0])
    writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
    assert b" 200 OK" in await reader.readline()
    writer.close()
