import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synqd.config import load_settings, read_secret
from synqd.models.errors import ConfigError
from synqd.models.names import Model
from synqd.models.shortage import Shortage
from tests.config.conftest import Load
from tests.support.shortage import without_files

WORKSPACE = '[workspaces.main]\napi_key_file = "main.key"\nwebsites = ["base"]\n'


def faults(load: Load, text: str, **variables: str) -> list[str]:
    """The lines of the refusal, without the file's name."""
    with pytest.raises(ConfigError) as refused:
        load(text, **variables)
    return [re.sub(r"^\S+synqd\.toml: ", "", line) for line in str(refused.value).splitlines()]


def test_nothing_is_sent_until_it_is_asked_for(load: Load) -> None:
    empty = load("")
    assert not empty.sync.enabled
    assert empty.sync.models == tuple(Model)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[sync]\nenabld = true", "[sync] enabld: unknown key; did you mean enabled?"),
        ("[snyc]\nenabled = true", "[snyc]: unknown key; did you mean sync?"),
        ("[sync]\nqqqq = 1", "[sync] qqqq: unknown key; known here: continuous, enabled, mapping, models, "),
        (
            f"{WORKSPACE}max_inflight = 3",
            "[workspaces.main] max_inflight: unknown key; did you mean max_in_flight?",
        ),
        (
            "[product.website.b2b]\natributes = []",
            "[product.website.b2b] atributes: unknown key; did you mean attributes?",
        ),
        ("[product.store.de]\nprize = 'final'", "[product.store.de] prize: unknown key; did you mean price?"),
        (
            "[[schedule]]\ncron = '* * * * *'\nmodel = []",
            "[schedule.0] model: unknown key; did you mean models?",
        ),
        ("[product.stores.de]\nprice = 'final'", "[product] stores: unknown key; did you mean store?"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest(load: Load, text: str, line: str) -> None:
    (said,) = faults(load, text)
    assert said.startswith(line)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[sync]\nenabled = 'perhaps'", "[sync] enabled: "),
        ("[sync]\nmodels = ['products']", "[sync] models.0: "),
        ("[sync]\nstores = 'some'", "[sync] stores: "),
        ("[sync]\nstores = [1]", "[sync] stores"),
        ("sync = 5", "[sync] "),
        ("[magento]\nport = 70000", "[magento] port: "),
        ("[magento]\ntable_prefix = 'm-'", "[magento] table_prefix: "),
        ("[product]\nmax_items_per_request = 0", "[product] max_items_per_request: "),
        ("[order]\nsource = 'WEB'", "[order] source: "),
        ("[order.store.de]\nsource = 'WEB'", "[order.store.de] source: "),
        ("[metrics]\nlisten = '9464'", "[metrics] listen: "),
        ("[metrics]\nallowed_hosts = ['http://shop']", "[metrics] allowed_hosts.0: "),
        ("[control]\nmode = '0999'", "[control] mode: "),
        ("[workspaces.main]\nwebsites = ['base']", "[workspaces.main] api_key_file: "),
        (f"{WORKSPACE}base_url = 'http://example.com'", "[workspaces.main] base_url: "),
        (f"{WORKSPACE}base_url = 'example.com'", "[workspaces.main] base_url: "),
        (f"{WORKSPACE}auth = 'basic'", "[workspaces.main] guid: "),
        ("[workspaces.main]\napi_key_file = 'k'", "[workspaces.main] websites: "),
        ("[[schedule]]\ncron = 5", "[schedule.0] cron: "),
    ],
)
def test_a_wrong_value_is_named(load: Load, text: str, place: str) -> None:
    said = faults(load, text)
    assert said
    for line in said:
        assert line.startswith(place)
        assert "tuple[" not in line


def test_all_faults_are_said_at_once(load: Load) -> None:
    assert len(faults(load, "[sync]\nenabld = true\nsettle = -1\n[magneto]\n")) == 3


def test_a_loopback_address_may_be_plain(load: Load) -> None:
    settings = load(f"{WORKSPACE}base_url = 'http://127.0.0.1:8080/'")
    assert settings.workspaces["main"].url == "http://127.0.0.1:8080"


def test_the_environment_wins_over_the_file(load: Load) -> None:
    settings = load(
        f"{WORKSPACE}[sync]\nenabled = false\n[magento]\nhost = 'db'",
        SYNQD_SYNC__ENABLED="true",
        SYNQD_SYNC__MODELS='["order"]',
        SYNQD_MAGENTO__USER="shop",
        SYNQD_WORKSPACES__MAIN__MAX_IN_FLIGHT="3",
        SYNQD_PRODUCT__STORE__DE__PRICE="regular",
        SYNQD_CONFORMANCE_DIR="/elsewhere",
        OTHER__SYNQD="1",
    )
    assert settings.sync.enabled
    assert settings.sync.models == (Model.ORDER,)
    assert (settings.magento.host, settings.magento.user) == ("db", "shop")
    assert settings.workspaces["main"].max_in_flight == 3
    assert settings.product.store["de"].price == "regular"


def test_the_environment_is_checked_like_the_file(load: Load) -> None:
    assert faults(load, "", SYNQD_SYNC__ENABLD="true") == [
        "[sync] enabld: unknown key; did you mean enabled?"
    ]
    assert faults(load, "sync = 5", SYNQD_SYNC__ENABLED="true") == [
        "SYNQD_SYNC__ENABLED: sync is a value, not a section"
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "synqd init"), (b"[sync", "is not valid TOML"), (b"\xff\xfe", "is not valid TOML")],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "synqd.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        load_settings(path, {})


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path, {})


def test_a_file_that_cannot_be_read_just_now_is_an_outage(tmp_path: Path) -> None:
    path = tmp_path / "synqd.toml"
    path.touch()
    with without_files(), pytest.raises(Shortage, match="cannot be read now"):
        load_settings(path, {})


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("base_url = 'https://anna:secret@api.example.com'", "user or password"),
        ("base_url = 'https://api.example.com@evil.example'", "user or password"),
        ("base_url = 'https://api.example.com/?key=secret'", "'?' and '#'"),
        ("base_url = 'https://api.example.com/v4?'", "'?' and '#'"),
        ("base_url = 'https://api.example.com/#secret'", "'?' and '#'"),
        ("base_url = 'https://api.example.com/#'", "'?' and '#'"),
        ("base_url = 'https://api.example.com /'", "blanks"),
        ("base_url = ' https://api.example.com'", "blanks"),
        ('base_url = "https://api.example.com\\n"', "blanks"),
        ('base_url = "https://api.\\texample.com"', "blanks"),
        ('base_url = "https://api.example.com/\\u202e"', "blanks"),
        ('base_url = "https://api.example.com/\\u0000"', "blanks"),
        ("base_url = 'https://api.example.com\\evil'", "blanks"),
        ("base_url = 'ftp://api.example.com'", "begin with https://"),
        ("base_url = 'file:///etc/passwd'", "begin with https://"),
        ("base_url = '//api.example.com'", "begin with https://"),
        ("base_url = 'https://'", "names no host"),
        ("base_url = 'https://:443'", "names no host"),
        ("base_url = 'https://api.example.com:99999'", "is no address"),
        ("base_url = 'https://api.example.com:0'", "names no host"),
        ("base_url = 'https://[::1'", "is no address"),
        ("base_url = 'http://127.0.0.1.evil.example'", "unencrypted"),
        ("login_path = 'uauth'", "begin with one '/'"),
        ("login_path = '//evil.example/login'", "begin with one '/'"),
        ("login_path = '/login?key=secret'", "'?' and '#'"),
        ("login_path = '/log in'", "blanks"),
        ('login_path = "/login\\r\\nHost: evil.example"', "blanks"),
    ],
)
def test_an_address_that_is_more_than_one_is_refused(load: Load, key: str, said: str) -> None:
    name = key.partition(" ")[0]
    (line,) = faults(load, f"{WORKSPACE}{key}")
    assert line.startswith(f"[workspaces.main] {name}: ")
    assert said in line
    assert "secret" not in line
    assert line.isprintable()


@pytest.mark.parametrize(
    "url", ["https://api.example.com:8443/synerise/", "http://[::1]:80", "HTTPS://API.example.com"]
)
def test_an_address_with_port_and_path_is_taken(load: Load, url: str) -> None:
    assert load(f"{WORKSPACE}base_url = '{url}'").workspaces["main"].url == url.rstrip("/")


words = st.sampled_from(
    ["sync", "magento", "workspaces", "product", "store", "website", "schedule", "main", "de", "enabled", "x"]
)
trees = st.recursive(
    st.integers() | st.booleans() | st.text(st.characters(codec="ascii", categories=["L"]), max_size=4),
    lambda inner: st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


def toml(tree: object) -> str:
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{name} = {toml(value)}" for name, value in tree.items()) + "}"
    return f'"{tree}"' if isinstance(tree, str) else str(tree).lower()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.dictionaries(words, trees, max_size=4))
def test_whatever_is_wrong_is_a_configuration_error(load: Load, document: dict[str, object]) -> None:
    text = "\n".join(f"{name} = {toml(value)}" for name, value in document.items())
    try:
        load(text)
    except ConfigError as error:
        assert str(error)  # noqa: PT017 - any other exception, or none, is what this test is about


def test_a_fault_of_the_file_is_told_with_its_place(load: Load) -> None:
    assert faults(load, "[sync]\nenabled true") == [
        "is not valid TOML: Expected '=' after a key in a key/value pair (at line 2, column 9)"
    ]


def test_the_environment_alone_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing = tmp_path / "synqd.toml"
    monkeypatch.setattr("synqd.config.loading.DEFAULT_CONFIG", missing)
    variables = {
        "SYNQD_SYNC__ENABLED": "true",
        "SYNQD_SYNC__MODELS": "order, product",
        "SYNQD_SYNC__STORES": "de,en",
        "SYNQD_MAGENTO__USER": "007",
        "SYNQD_MAGENTO__DATABASE": "12345",
        "SYNQD_MAGENTO__SOCKET": "",
        "SYNQD_MAGENTO__PASSWORD_FILE": "/run/secrets/db",
        "SYNQD_WORKSPACES__MAIN__API_KEY_FILE": "/run/secrets/key",
        "SYNQD_WORKSPACES__MAIN__WEBSITES": "base",
        "SYNQD_PRODUCT__ATTRIBUTES": '["name", "color"]',
        "SYNQD_SCHEDULE": '[{cron = "0 3 * * 0"}]',
        "SYNQD_METRICS__LISTEN": "0.0.0.0:9464",
    }
    settings = load_settings(missing, variables)
    assert settings.sync.models == (Model.ORDER, Model.PRODUCT)
    assert settings.sync.stores == ("de", "en")
    assert (settings.magento.user, settings.magento.database) == ("007", "12345")
    assert settings.magento.socket is None
    assert settings.workspaces["main"].websites == ("base",)
    assert settings.product.attributes == ("name", "color")
    assert settings.schedule[0].cron == "0 3 * * 0"
    with pytest.raises(ConfigError, match=r"^environment: \[sync\] stores: has to be|^environment: "):
        load_settings(missing, {"SYNQD_SYNC__ENABLED": "perhaps"})
    with pytest.raises(ConfigError, match="there is no such file"):
        load_settings(missing, {"SYNQD_CONFIG": "x"})
    with pytest.raises(ConfigError, match="there is no such file"):
        load_settings(tmp_path / "named.toml", variables)


@pytest.mark.parametrize(
    ("text", "stores"), [("all", "all"), ("fr", ("fr",)), ('["a,b"]', ("a,b",)), ("", ())]
)
def test_a_list_by_a_variable(load: Load, text: str, stores: object) -> None:
    assert load("", SYNQD_SYNC__STORES=text).sync.stores == stores


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[magento]\nport = 70000", "[magento] port: has to be at most 65535"),
        ("[magento]\nport = 'abc'", "[magento] port: has to be a whole number"),
        ("[sync]\nenabled = 'perhaps'", "[sync] enabled: has to be true or false"),
        (
            "[sync]\nmodels = ['products']",
            "[sync] models.0: has to be 'customer', 'order', 'product' or 'subscriber'",
        ),
        ("[sync]\nstores = 'fr'", '[sync] stores: has to be a list, like ["a", "b"], or has to be \'all\''),
        ("[magento]\ntable_prefix = 'm-'", "[magento] table_prefix: may hold letters, digits and _ only"),
        (
            "[metrics]\nlisten = 'x'",
            "[metrics] listen: has to be an address with a port, like 127.0.0.1:9464, or off",
        ),
        ("[workspaces.main]\nwebsites = ['base']", "[workspaces.main] api_key_file: is missing"),
        (
            "[metrics]\nrunbook_url = 'file:///x'",
            "[metrics] runbook_url: has to begin with https:// or http://",
        ),
    ],
)
def test_what_is_wrong_is_said_plainly(load: Load, text: str, said: str) -> None:
    assert faults(load, text) == [said]


def test_a_secret_is_looked_for_beside_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "etc" / "synqd.toml"
    config.parent.mkdir()
    config.write_text(WORKSPACE)
    (config.parent / "main.key").write_text("beside\n")
    monkeypatch.chdir(tmp_path)
    file = load_settings(config, {}).workspaces["main"].api_key_file
    assert read_secret(file, "x").reveal() == "beside"
    (config.parent / "main.key").unlink()
    with pytest.raises(ConfigError, match=f"looked in {config.parent}, {tmp_path}$"):
        read_secret(file, "x")
