import pytest

from synqd.config import Routes, fingerprint
from synqd.config.scopes import check_codes
from synqd.models.errors import ConfigError
from synqd.models.names import Model, Stream
from synqd.models.shop import Shop, ShopConfig, StoreView, Website
from tests.config.conftest import Load


def view(store_id: int, code: str, website_id: int, website: str, *, active: bool = True) -> StoreView:
    return StoreView(store_id, code, code, website_id, website, website_id, 2, active)


SHOP = Shop(
    websites={1: Website(1, "base", "Main", 1), 2: Website(2, "b2b", "B2B", 3)},
    stores={
        1: view(1, "de", 1, "base"),
        2: view(2, "en", 1, "base"),
        3: view(3, "b2b_de", 2, "b2b"),
        4: view(4, "old", 2, "b2b", active=False),
    },
    config=ShopConfig(),
)


def workspace(name: str, **claims: list[str]) -> str:
    lines = "".join(f"{key} = {value}\n" for key, value in claims.items())
    return f'[workspaces.{name}]\napi_key_file = "{name}.key"\n{lines}'


def routed(load: Load, text: str) -> dict[str, str]:
    routes = Routes.build(load(text), SHOP)
    return {route.store.code: route.workspace for route in routes.by_store.values()}


def test_a_website_brings_its_active_store_views(load: Load) -> None:
    assert routed(load, workspace("main", websites=["base", "b2b"])) == {
        "de": "main",
        "en": "main",
        "b2b_de": "main",
    }


def test_a_store_view_named_by_itself_wins_over_its_website(load: Load) -> None:
    text = workspace("main", websites=["base"]) + workspace("english", stores=["en"])
    assert routed(load, text) == {"de": "main", "en": "english"}


def test_one_website_cannot_belong_to_two_workspaces(load: Load) -> None:
    text = workspace("main", websites=["base"]) + workspace("other", websites=["b2b", "base"])
    with pytest.raises(
        ConfigError,
        match=r"^\[workspaces\.other\] websites: website base is claimed by \[workspaces\.main\] too",
    ):
        routed(load, text)


def test_one_store_view_cannot_belong_to_two_workspaces(load: Load) -> None:
    with pytest.raises(
        ConfigError, match=r"\[workspaces\.b\] stores: store view de is claimed by \[workspaces\.a\]"
    ):
        routed(load, workspace("a", stores=["de"]) + workspace("b", stores=["de"]))


def test_a_website_that_the_shop_does_not_have_is_named_with_the_nearest(load: Load) -> None:
    with pytest.raises(ConfigError, match=r"the shop has no website 'bsae'; did you mean base\?"):
        routed(load, workspace("main", websites=["bsae"]))
    with pytest.raises(ConfigError, match="the shop has no store view 'zz'; it has b2b_de, de, en, old"):
        routed(load, workspace("main", stores=["zz"]))


def test_store_views_without_a_workspace_are_told(load: Load) -> None:
    routes = Routes.build(load(workspace("main", stores=["de"])), SHOP)
    assert routes.unrouted == ("b2b_de", "en")


def test_only_what_is_switched_on_is_routed(load: Load) -> None:
    text = '[sync]\nmodels = ["order"]\nstores = ["en"]\n' + workspace("main", websites=["base"])
    routes = Routes.build(load(text), SHOP)
    assert routes.streams == {Stream(Model.ORDER, 2)}
    assert routes.workspace(2) == "main"
    assert routes.unrouted == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[sync]\nstores = ["dee"]', r"\[sync\] stores: the shop has no store view 'dee'; did you mean de\?"),
        ('[product.store.dee]\nprice = "final"', r"\[product\.store\]: the shop has no store view 'dee'"),
        ('[product.website.bbb]\nprice = "final"', r"\[product\.website\]: the shop has no website 'bbb'"),
        ('[[schedule]]\ncron = "0 3 * * 0"\nstores = ["xx"]', r"\[\[schedule\]\] .* no store view 'xx'"),
    ],
)
def test_every_code_is_checked_against_the_shop(load: Load, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_codes(load(text), SHOP)


SCOPED = """
[product]
price = "regular"
attributes = ["name"]
calculate_tax = false
[product.website.base]
attributes = ["name", "color"]
price = "final"
[product.store.en]
attributes = "all"
"""


def test_a_store_views_value_wins_over_the_websites_and_that_over_the_default(load: Load) -> None:
    product = load(SCOPED).product
    found = {
        code: product.at(store) for code in ("de", "en", "b2b_de") if (store := SHOP.store_by_code(code))
    }
    assert {code: values.attributes for code, values in found.items()} == {
        "de": ("name", "color"),
        "en": "all",
        "b2b_de": ("name",),
    }
    assert {code: values.price for code, values in found.items()} == {
        "de": "final",
        "en": "final",
        "b2b_de": "regular",
    }
    assert not any(values.calculate_tax for values in found.values())


def test_a_scope_that_repeats_the_programs_default_still_wins(load: Load) -> None:
    product = load('[product]\nprice = "regular"\n[product.store.de]\nprice = "final"').product
    assert product.at(SHOP.stores[1]).price == "final"


def test_the_fingerprint_follows_what_shapes_a_payload_and_nothing_else(load: Load) -> None:
    store = SHOP.stores[1]
    plain = load("")
    assert fingerprint(plain, Model.PRODUCT, store) == fingerprint(
        load(
            "[product]\nmax_items_per_request = 5\n[product.store.en]\nprice = 'regular'\n[sync]\nsettle = 0"
        ),
        Model.PRODUCT,
        store,
    )
    for text in ("[product.store.de]\nprice = 'regular'", "[sync]\nmapping = 'module'"):
        assert fingerprint(plain, Model.PRODUCT, store) != fingerprint(load(text), Model.PRODUCT, store)
    untaxed = load("[product]\ncalculate_tax = false")
    assert fingerprint(plain, Model.ORDER, store) != fingerprint(untaxed, Model.ORDER, store)
    assert fingerprint(plain, Model.CUSTOMER, store) == fingerprint(untaxed, Model.CUSTOMER, store)
