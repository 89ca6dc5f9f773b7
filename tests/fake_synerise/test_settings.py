from typing import Any

import pytest

from synqd_demo.fake_synerise import ALL_PERMISSIONS, FakeSynerise, Settings, SettingsError, settings_from
from synqd_demo.fake_synerise.latency import Latency
from synqd_demo.fake_synerise.settings import CHOICES, as_document


def test_nothing_given_is_the_default() -> None:
    assert settings_from({}) == Settings()


def test_document_of_settings_is_read_again() -> None:
    given = settings_from(
        {
            "api_keys": [
                {"key": "a", "permissions": ["TRACKER_CREATE"], "event_denylist": ["x"]},
                {"key": "b"},
            ],
            "max_items": 5,
            "max_body_bytes": {"items": 7},
            "rate": {"limit": 3, "retry_after": "huge"},
            "faults": [{"action": "never", "nth": 1}],
            "token_ttl_s": 3,
        }
    )
    assert settings_from(as_document(given)) == given
    assert given.api_keys[0].permissions == {"TRACKER_CREATE"}
    assert given.api_keys[1].permissions == ALL_PERMISSIONS
    assert given.max_items == {"clients": 5, "events": 5, "transactions": 5, "items": 5}
    assert given.max_body_bytes["clients"] == 1_000_000


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ([], "object"),
        ({"unheard_of": 1}, "unheard_of"),
        ({"now": 1}, "now"),
        ({"token_ttl_s": "1"}, "token_ttl_s"),
        ({"token_ttl_s": True}, "token_ttl_s"),
        ({"seed": 1.5}, "seed"),
        ({"keep_bodies": 1}, "keep_bodies"),
        ({"delete_paths": "by-customid"}, "delete_paths"),
        ({"max_items": {"people": 1}}, "max_items"),
        ({"max_items": "all"}, "max_items"),
        ({"api_keys": []}, "api_keys"),
        ({"api_keys": [{"name": "x"}]}, "api_keys"),
        ({"api_keys": [{"kind": "personal"}]}, "api_keys.kind"),
        ({"api_keys": [{"permissions": "ALL"}]}, "api_keys.permissions"),
        ({"api_keys": ["key"]}, "api_keys"),
        ({"rate": {"speed": 1}}, "rate"),
        ({"rate": {"scope": "person"}}, "rate.scope"),
        ({"rate": 5}, "rate"),
        *[({name: "unheard-of"}, name) for name in CHOICES if "." not in name],
    ],
    ids=str,
)
def test_wrong_settings_are_named(document: Any, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        settings_from(document)


def test_latency_forms() -> None:
    assert Latency(0, 0).seconds("/v4") == 0
    assert Latency(25, 0).seconds("/v4") == 0.025
    spread = Latency([10, 20, 7], 0)
    times = [spread.seconds("/v4") for _ in range(20)]
    assert len(set(times)) == 20
    assert all(0.01 <= seconds <= 0.02 for seconds in times)
    again = Latency((10, 20, 7), 1)
    assert [again.seconds("/v4") for _ in range(20)] == times
    by_path = Latency({"^/v4/clients": 5, "^/v4": [1, 1]}, 0)
    assert [by_path.seconds(path) for path in ("/v4/clients", "/v4/events", "/uauth")] == [0.005, 0.001, 0]


@pytest.mark.parametrize("setting", [None, "5", -1, [1], [1, 2, 3, 4], [2, 1], {"(": 1}, {"a": "b"}], ids=str)
def test_wrong_latency(setting: Any) -> None:
    with pytest.raises(SettingsError, match="latency_ms"):
        FakeSynerise(Settings(latency_ms=setting))
