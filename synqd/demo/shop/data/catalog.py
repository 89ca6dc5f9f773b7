"""Categories and products as rows: entities, values, links, stock, pictures, addresses, rule prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count

from synqd.demo.shop.data.attributes import CATEGORY, PRODUCT, Attributes
from synqd.demo.shop.data.products import (
    BUNDLES,
    DOWNLOADS,
    GROUPED,
    NOT_VISIBLE,
    SUPER_ATTRIBUTES,
    TRADE_VIEWS,
    VARIANTS,
    Product,
    products,
)
from synqd.demo.shop.data.rows import Rows, Value
from synqd.demo.shop.data.scopes import (
    DEFAULT_SOURCE,
    GDANSK,
    GENERAL,
    HOME,
    HOME_DE,
    NOT_LOGGED_IN,
    POZNAN,
    TRADE,
    TRADE_PL,
    VIEWS,
    WHOLESALE,
)

# (id, parent, name, German, Polish, active)
_CATEGORIES = (
    (1, 0, "Root Catalog", None, None, True),
    (2, 1, "Home range", None, None, True),
    (3, 2, "Tea", "Tee", None, True),
    (5, 3, "Green tea", "Grüner Tee", None, True),
    (6, 3, "Black tea", "Schwarzer Tee", None, True),
    (7, 3, "Herbs", "Kräuter", "Zioła", True),
    (4, 2, "Tableware", "Geschirr", None, True),
    (8, 4, "Mugs", "Becher", None, True),
    (9, 4, "Pots & tools", "Kannen und Zubehör", None, True),
    (10, 2, "Workshops", "Kurse", None, True),
    (11, 2, "Seasonal", "Saison", None, False),
    (12, 11, "Winter", "Winter", None, True),
    (20, 1, "Trade range", None, None, True),
    (21, 20, "Bulk tea", None, "Herbata na wagę", True),
    (22, 20, "Porcelain", None, "Porcelana", True),
)
_LINK_TYPES = ((1, "relation"), (3, "super"), (4, "up_sell"), (5, "cross_sell"))
_GROUPED_LINK, _POSITION, _QUANTITY = 3, 4, 5
# (product, all groups, group, quantity, value, website, percent off)
_TIER_PRICES = (
    (116, 1, 0, "1", "7.95", 0, None),
    (116, 1, 0, "10", "6.50", 0, None),
    (122, 0, GENERAL, "1", "8.00", HOME, None),
    (126, 1, 0, "3", "0", HOME, "15.00"),
    (134, 1, 0, "1", "480.00", TRADE, None),
    (134, 0, WHOLESALE, "5", "430.00", TRADE, None),
)


def add_catalog(rows: Rows, attributes: Attributes, day: date) -> None:
    """The whole range as of ``day``."""
    _add_categories(rows, attributes)
    for link_type, code in _LINK_TYPES:
        rows.add("catalog_product_link_type", link_type_id=link_type, code=code)
    for link_attribute, code, kind in ((_POSITION, "position", "int"), (_QUANTITY, "qty", "decimal")):
        rows.add(
            "catalog_product_link_attribute",
            product_link_attribute_id=link_attribute,
            link_type_id=_GROUPED_LINK,
            product_link_attribute_code=code,
            data_type=kind,
        )
    range_ = products(day)
    created = datetime.combine(day - timedelta(days=90), time(8))
    for product in range_:
        _add_product(rows, attributes, product, created + timedelta(hours=product.id - 100))
    _add_pictures(rows, attributes, range_)
    _add_addresses(rows, range_)
    _add_variants(rows, attributes)
    _add_grouped(rows)
    _add_bundles(rows)
    _add_downloads(rows)
    for product_id, all_groups, group, qty, value, website, percent in _TIER_PRICES:
        rows.add(
            "catalog_product_entity_tier_price",
            entity_id=product_id,
            all_groups=all_groups,
            customer_group_id=group,
            qty=Decimal(qty),
            value=Decimal(value),
            website_id=website,
            percentage_value=None if percent is None else Decimal(percent),
        )
    _add_rule(rows, day)


def _add_categories(rows: Rows, attributes: Attributes) -> None:
    paths: dict[int, str] = {}
    for position, (category, parent, name, german, polish, active) in enumerate(_CATEGORIES, start=1):
        paths[category] = f"{paths[parent]}/{category}" if parent else str(category)
        rows.add(
            "catalog_category_entity",
            entity_id=category,
            attribute_set_id=CATEGORY,
            parent_id=parent,
            path=paths[category],
            position=position,
            level=paths[category].count("/"),
            children_count=sum(1 for row in _CATEGORIES if f"{category}" in _ancestors(row[0])),
        )
        key = name.lower().replace(" & ", "-").replace(" ", "-")
        attributes.put(
            CATEGORY, category, {"name": name, "is_active": int(active), "is_anchor": 1, "url_key": key}
        )
        for view, label in ((HOME_DE, german), (TRADE_PL, polish)):
            if label is not None:
                attributes.put(CATEGORY, category, {"name": label}, view)


def _ancestors(category: int) -> Iterator[str]:
    parents = {row[0]: row[1] for row in _CATEGORIES}
    while parent := parents[category]:
        yield str(parent)
        category = parent


def _add_product(rows: Rows, attributes: Attributes, product: Product, created: datetime) -> None:
    rows.add(
        "catalog_product_entity",
        entity_id=product.id,
        attribute_set_id=PRODUCT,
        type_id=product.kind,
        sku=product.sku,
        has_options=int(product.kind in ("configurable", "bundle")),
        required_options=int(product.kind in ("configurable", "bundle")),
        created_at=created,
        updated_at=created + timedelta(days=1),
    )
    attributes.put(PRODUCT, product.id, _resolve(attributes, _default_values(product)))
    for view, values in _view_values(product).items():
        attributes.put(PRODUCT, product.id, _resolve(attributes, values), view)
    for website in product.websites:
        rows.add("catalog_product_website", product_id=product.id, website_id=website)
    for position, category in enumerate(product.categories):
        rows.add("catalog_category_product", category_id=category, product_id=product.id, position=position)
    _add_stock(rows, product)


def _default_values(product: Product) -> dict[str, Value]:
    values: dict[str, Value] = {
        "name": product.name,
        "url_key": _url_key(product.name),
        "status": 1,
        "visibility": product.visibility,
    }
    if product.price is not None:
        values["price"] = Decimal(product.price)
    if product.kind != "grouped":
        values["tax_class_id"] = product.tax
    if product.images:
        values |= dict.fromkeys(("image", "small_image", "thumbnail"), product.images[0])
    return values | product.values


def _view_values(product: Product) -> dict[int, Mapping[str, Value]]:
    values: dict[int, dict[str, Value]] = {}
    for view, name in ((HOME_DE, product.german), (TRADE_PL, product.polish)):
        if name is not None:
            values[view] = {"name": name, "url_key": _url_key(name)}
    if product.zloty is not None:
        for view in TRADE_VIEWS:
            values.setdefault(view, {})["price"] = Decimal(product.zloty)
    for view, own in product.views.items():
        values.setdefault(view, {}).update(own)
    return dict(values)


def _resolve(attributes: Attributes, values: Mapping[str, Value]) -> dict[str, Value]:
    """Replace option labels by option ids."""
    resolved = dict(values)
    for code, value in values.items():
        if isinstance(value, str) and value.startswith(("option:", "options:")):
            labels = value.split(":", 1)[1].split(",")
            single = value.startswith("option:")
            resolved[code] = attributes.option(code, labels[0]) if single else attributes.multi(code, *labels)
    return resolved


def _url_key(name: str) -> str:
    folded = name.lower().translate(str.maketrans("äöüßąćęłńóśźż", "aousacelnoszz"))
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in folded).split()
    return "-".join(words)


def _add_stock(rows: Rows, product: Product) -> None:
    stock = product.stock
    if stock is None:
        return
    settings = {
        "min_qty": 0,
        "use_config_min_qty": 1,
        "backorders": 0,
        "use_config_backorders": 1,
        "manage_stock": 1,
        "use_config_manage_stock": 1,
        **stock.settings,
    }
    rows.add_row(
        "cataloginventory_stock_item",
        {
            "product_id": product.id,
            "stock_id": 1,
            "qty": stock.default or 0,
            "is_in_stock": int(stock.in_stock),
            **settings,
        },
    )
    rows.add(
        "cataloginventory_stock_status",
        product_id=product.id,
        website_id=0,
        stock_id=1,
        qty=stock.default or 0,
        stock_status=int(stock.in_stock),
    )
    for source, quantity in ((DEFAULT_SOURCE, stock.default), (GDANSK, stock.gdansk), (POZNAN, stock.poznan)):
        if quantity is not None:
            status = int(quantity > 0 or bool(stock.settings))
            rows.add(
                "inventory_source_item", source_code=source, sku=product.sku, quantity=quantity, status=status
            )


def _add_pictures(rows: Rows, attributes: Attributes, range_: list[Product]) -> None:
    pictures = count(501)
    for product in range_:
        for position, path in enumerate(product.images, start=1):
            picture = next(pictures)
            rows.add(
                "catalog_product_entity_media_gallery",
                value_id=picture,
                attribute_id=attributes.ids[PRODUCT, "media_gallery"],
                value=path,
            )
            rows.add(
                "catalog_product_entity_media_gallery_value_to_entity", value_id=picture, entity_id=product.id
            )
            rows.add(
                "catalog_product_entity_media_gallery_value",
                value_id=picture,
                entity_id=product.id,
                label=product.name,
                position=position,
                disabled=int(path.endswith("-old.jpg")),
            )


def _add_addresses(rows: Rows, range_: list[Product]) -> None:
    rewrites = count(9001)
    for product in range_:
        if product.visibility == NOT_VISIBLE:
            continue
        for view in (view for website in product.websites for view in VIEWS[website]):
            own = _view_values(product).get(view, {}).get("url_key")
            suffix = ".htm" if view == HOME_DE else ".html"
            path = f"{own or _url_key(product.name)}{suffix}"
            _add_rewrite(rows, next(rewrites), product.id, view, path)
            for category in product.categories:
                rewrite = next(rewrites)
                _add_rewrite(rows, rewrite, product.id, view, f"c{category}/{path}", category)
                rows.add(
                    "catalog_url_rewrite_product_category",
                    url_rewrite_id=rewrite,
                    category_id=category,
                    product_id=product.id,
                )
    rows.add(
        "url_rewrite",
        url_rewrite_id=next(rewrites),
        entity_type="product",
        entity_id=136,
        request_path="tin-for-tea.html",
        target_path="tea-canister.html",
        redirect_type=301,
        store_id=1,
        is_autogenerated=0,
        metadata=None,
    )


def _add_rewrite(
    rows: Rows, rewrite: int, product: int, view: int, path: str, category: int | None = None
) -> None:
    target = f"catalog/product/view/id/{product}"
    rows.add(
        "url_rewrite",
        url_rewrite_id=rewrite,
        entity_type="product",
        entity_id=product,
        request_path=path,
        target_path=target if category is None else f"{target}/category/{category}",
        redirect_type=0,
        store_id=view,
        is_autogenerated=1,
        metadata=None if category is None else f'{{"category_id":"{category}"}}',
    )


def _add_variants(rows: Rows, attributes: Attributes) -> None:
    for parent, codes in SUPER_ATTRIBUTES.items():
        for position, code in enumerate(codes):
            attribute = attributes.ids[PRODUCT, code]
            rows.add(
                "catalog_product_super_attribute",
                product_id=parent,
                attribute_id=attribute,
                position=position,
            )
    for parent, children in VARIANTS.items():
        for child in children:
            rows.add("catalog_product_super_link", product_id=child, parent_id=parent)
            rows.add("catalog_product_relation", parent_id=parent, child_id=child)


def _add_grouped(rows: Rows) -> None:
    links = count(301)
    for parent, children in GROUPED.items():
        for position, (child, quantity) in enumerate(children, start=1):
            link = next(links)
            rows.add(
                "catalog_product_link",
                link_id=link,
                product_id=parent,
                linked_product_id=child,
                link_type_id=_GROUPED_LINK,
            )
            rows.add("catalog_product_relation", parent_id=parent, child_id=child)
            for table, attribute, value in (("int", _POSITION, position), ("decimal", _QUANTITY, quantity)):
                rows.add(
                    f"catalog_product_link_attribute_{table}",
                    product_link_attribute_id=attribute,
                    link_id=link,
                    value=value,
                )


def _add_bundles(rows: Rows) -> None:
    numbers = count(701)
    for parent, options in BUNDLES.items():
        for position, option in enumerate(options, start=1):
            number = next(numbers)
            rows.add(
                "catalog_product_bundle_option",
                option_id=number,
                parent_id=parent,
                required=int(option.required),
                position=position,
                type=option.type,
            )
            rows.add(
                "catalog_product_bundle_option_value",
                option_id=number,
                store_id=0,
                title=option.title,
                parent_product_id=parent,
            )
            for place, (product, quantity, price_type, price) in enumerate(option.selections, start=1):
                rows.add(
                    "catalog_product_bundle_selection",
                    option_id=number,
                    parent_product_id=parent,
                    product_id=product,
                    position=place,
                    is_default=int(place == 1),
                    selection_price_type=price_type,
                    selection_price_value=Decimal(price),
                    selection_qty=quantity,
                )
        for child in sorted({selection[0] for option in options for selection in option.selections}):
            rows.add("catalog_product_relation", parent_id=parent, child_id=child)


def _add_downloads(rows: Rows) -> None:
    numbers = count(801)
    for product, links in DOWNLOADS.items():
        for place, (title, price) in enumerate(links, start=1):
            number = next(numbers)
            rows.add(
                "downloadable_link",
                link_id=number,
                product_id=product,
                sort_order=place,
                link_file=f"/f/i/file-{number}.pdf",
                link_type="file",
            )
            rows.add("downloadable_link_price", link_id=number, website_id=0, price=Decimal(price))
            rows.add("downloadable_link_title", link_id=number, store_id=0, title=title)


def _add_rule(rows: Rows, day: date) -> None:
    """Ten percent off matcha and mugs at home; the index holds yesterday, today and tomorrow."""
    rows.add(
        "catalogrule", rule_id=3, name="Autumn", is_active=1, simple_action="by_percent", discount_amount=10
    )
    rows.add("catalogrule_website", rule_id=3, website_id=HOME)
    for group in (NOT_LOGGED_IN, GENERAL):
        rows.add("catalogrule_customer_group", rule_id=3, customer_group_id=group)
    prices = {138: "21.60", 105: "16.20", 106: "16.20", 107: "19.35"}
    for offset in (-1, 0, 1):
        for group in (NOT_LOGGED_IN, GENERAL):
            for product, price in prices.items():
                rows.add(
                    "catalogrule_product_price",
                    rule_date=day + timedelta(days=offset),
                    customer_group_id=group,
                    product_id=product,
                    rule_price=Decimal(price),
                    website_id=HOME,
                )
