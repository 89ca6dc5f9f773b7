"""The audit of dependencies, against an advisory service of the test's own."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tools import audit, lock


class Service(BaseHTTPRequestHandler):
    status: ClassVar[int] = 200
    vulnerable: ClassVar[dict[str, list[str]]] = {}
    asked: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        type(self).asked = queries
        results = [
            {"vulns": [{"id": one} for one in ids]} if ids else {}
            for ids in (self.vulnerable.get(query["package"]["name"]) for query in queries)
        ]
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(json.dumps({"results": results}).encode())

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the library's name
        """Says nothing."""


@pytest.fixture
def service() -> type[Service]:
    class Own(Service):
        """Its state is this test's."""

    return Own


@pytest.fixture
def url(service: type[Service]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/querybatch"
        server.shutdown()


def test_everything_that_synqd_stands_on_is_asked_about(
    service: type[Service], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main(["--service", url, "--required"]) == 0
    asked = {query["package"]["name"]: query["version"] for query in service.asked}
    assert asked == audit.installed()
    assert {"aiohttp", "asyncmy", "cryptography", "yarl", "cffi", "pytest"} <= asked.keys()
    assert not {"synqd", "pip", "setuptools"} & asked.keys()
    assert f"{len(asked)} packages, 0 open advisories" in capsys.readouterr().out


def test_an_advisory_is_a_failure_that_names_it(
    service: type[Service], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    service.vulnerable = {"aiohttp": ["GHSA-aaaa-bbbb-cccc"]}
    assert audit.main(["--service", url]) == 1
    assert "has GHSA-aaaa-bbbb-cccc: https://osv.dev/GHSA-aaaa-bbbb-cccc" in capsys.readouterr().err


def test_what_is_locked_is_asked_about_where_it_is_not_what_is_installed(
    service: type[Service], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = audit.installed()
    monkeypatch.setattr(audit, "installed", lambda: {**here, "aiohttp": "3.0.0"})
    service.vulnerable = {"twine": ["GHSA-aaaa-bbbb-cccc"]}
    assert audit.main(["--service", url]) == 0
    assert audit.main(["--service", url, "--locked"]) == 1
    asked = {query["package"]["name"]: query["version"] for query in service.asked}
    assert asked["aiohttp"] == lock.pins(lock.LOCK)["aiohttp"]
    assert asked["twine"] == lock.pins(lock.RELEASE)["twine"]
    assert asked == audit.locked()


def test_an_advisory_is_accepted_with_a_reason(
    service: type[Service], url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.audit.accepted]\nGHSA-1 = "no such call"\n')
    known = audit.accepted(tmp_path / "pyproject.toml")
    monkeypatch.setattr(audit, "accepted", lambda: known)
    service.vulnerable = {"aiohttp": ["GHSA-1"]}
    assert audit.main(["--service", url]) == 0
    service.vulnerable = {"aiohttp": ["GHSA-1", "GHSA-2"]}
    assert audit.main(["--service", url]) == 1


def test_no_verdict_is_told_loudly_and_fails_only_where_one_is_required(
    service: type[Service], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    service.status = 503
    assert audit.main(["--service", url]) == 0
    assert "NOT AUDITED" in capsys.readouterr().err
    assert audit.main(["--service", url, "--required"]) == 1


@pytest.mark.parametrize("answer", ["{}", '{"results": []}', '{"results": [1]}', "<html>", ""])
def test_an_answer_of_somebody_else_is_no_verdict(
    answer: str, service: type[Service], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def do_post(self: Service) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer.encode())

    monkeypatch.setattr(service, "do_POST", do_post)
    with pytest.raises(audit.NotAudited):
        audit.advisories({"aiohttp": "3.14.0"}, url)


def test_a_service_that_is_not_there_is_no_verdict() -> None:
    with pytest.raises(audit.NotAudited, match="refused"):
        audit.advisories({"aiohttp": "3.14.0"}, "http://127.0.0.1:9/")


def test_every_acceptance_has_a_reason() -> None:
    assert all(len(reason) > 20 for reason in audit.accepted().values())
