"""The attributes of the shop: one or more of every input type and scope, beside those every Magento has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CUSTOMER, ADDRESS, CATEGORY, PRODUCT = 1, 2, 3, 4
STORE, GLOBAL, WEBSITE = 0, 1, 2  # values of catalog_eav_attribute.is_global

_MODEL = "Magento\\Eav\\Model\\Entity\\Attribute"
_BOOLEAN = f"{_MODEL}\\Source\\Boolean"
_TABLE = f"{_MODEL}\\Source\\Table"
_ARRAY = f"{_MODEL}\\Backend\\ArrayBackend"
_CATALOG = "Magento\\Catalog\\Model\\Product"


@dataclass(frozen=True)
class Attribute:
    """One attribute. ``options`` are (label, German, Polish), in sort order, numbered by the writer."""

    code: str
    kind: str = "static"
    input: str | None = "text"
    scope: int = GLOBAL
    custom: bool = False
    source: str | None = None
    backend: str | None = None
    search: bool = False
    filter: bool = False
    sort: bool = False
    default: str | None = None
    options: Sequence[tuple[str, str, str]] = ()


def _custom(code: str, kind: str, frontend: str, scope: int = GLOBAL, **more: object) -> Attribute:
    return Attribute(code, kind, frontend, scope, custom=True, **more)  # type: ignore[arg-type]  # flags by name


_COLORS = (("Sage", "Salbei", "Szałwia"), ("Clay", "Ton", "Glina"), ("Ink", "Tinte", "Atrament"))
_SIZES = (("50 g", "50 g", "50 g"), ("100 g", "100 g", "100 g"), ("250 g", "250 g", "250 g"))
_CLOTHES = (("S", "S", "S"), ("M", "M", "M"))
_MAKERS = (("Hagi Kiln", "Brennerei Hagi", "Piec Hagi"), ("Lindenhof", "", ""))
_MATERIALS = (
    ("Stoneware", "Steinzeug", "Kamionka"),
    ("Linen", "Leinen", "Len"),
    ("Cast iron", "Gusseisen", "Żeliwo"),
)
_NOTES = (("Floral", "Blumig", "Kwiatowy"), ("Malty", "Malzig", "Słodowy"), ("Smoky", "Rauchig", "Dymny"))

PRODUCT_ATTRIBUTES = (
    Attribute("name", "varchar", "text", STORE, search=True, sort=True),
    Attribute("sku", backend=f"{_CATALOG}\\Attribute\\Backend\\Sku", search=True),
    Attribute("description", "text", "textarea", STORE, search=True),
    Attribute("short_description", "text", "textarea", STORE, search=True),
    Attribute("price", "decimal", "price", WEBSITE, search=True, filter=True, sort=True),
    Attribute("special_price", "decimal", "price", WEBSITE),
    Attribute("special_from_date", "datetime", "date", WEBSITE),
    Attribute("special_to_date", "datetime", "date", WEBSITE),
    Attribute("cost", "decimal", "price", WEBSITE, custom=True),
    Attribute("weight", "decimal", "weight"),
    _custom("manufacturer", "int", "select", search=True, filter=True, options=_MAKERS),
    Attribute("meta_title", "varchar", "text", STORE),
    Attribute("image", "varchar", "media_image", STORE),
    Attribute("small_image", "varchar", "media_image", STORE),
    Attribute("thumbnail", "varchar", "media_image", STORE),
    Attribute("media_gallery", "static", "gallery"),
    Attribute("tier_price", "decimal", "text", WEBSITE, backend=f"{_CATALOG}\\Attribute\\Backend\\Tierprice"),
    _custom("color", "int", "select", filter=True, options=_COLORS),
    Attribute("news_from_date", "datetime", "date", WEBSITE),
    Attribute("news_to_date", "datetime", "date", WEBSITE),
    Attribute(
        "status",
        "int",
        "select",
        WEBSITE,
        source=f"{_CATALOG}\\Attribute\\Source\\Status",
        search=True,
        default="1",
    ),
    Attribute("visibility", "int", "select", STORE, source=f"{_CATALOG}\\Visibility", default="4"),
    Attribute("category_ids", backend=f"{_CATALOG}\\Attribute\\Backend\\Category"),
    Attribute("required_options"),
    Attribute("has_options"),
    Attribute("created_at", input="date"),
    Attribute("updated_at", input="date"),
    Attribute(
        "country_of_manufacture",
        "varchar",
        "select",
        WEBSITE,
        source=f"{_CATALOG}\\Attribute\\Source\\Countryofmanufacture",
    ),
    Attribute(
        "quantity_and_stock_status",
        "int",
        "select",
        source="Magento\\CatalogInventory\\Model\\Source\\Stock",
        backend=f"{_CATALOG}\\Attribute\\Backend\\Stock",
    ),
    Attribute("url_key", "varchar", "text", STORE, search=True),
    Attribute("url_path", "varchar", "text", STORE),
    Attribute("msrp", "decimal", "price", WEBSITE),
    Attribute("price_type", "int", "boolean"),
    Attribute("sku_type", "int", "boolean"),
    Attribute("weight_type", "int", "boolean"),
    Attribute(
        "price_view",
        "int",
        "select",
        source="Magento\\Bundle\\Model\\Product\\Attribute\\Source\\Price\\View",
    ),
    Attribute(
        "shipment_type",
        "int",
        "select",
        source="Magento\\Bundle\\Model\\Product\\Attribute\\Source\\Shipment\\Type",
    ),
    Attribute("links_purchased_separately", "int", None),
    Attribute("links_title", "varchar", None, STORE),
    Attribute(
        "tax_class_id",
        "int",
        "select",
        WEBSITE,
        source="Magento\\Tax\\Model\\TaxClass\\Source\\Product",
        search=True,
        default="2",
    ),
    _custom("size", "int", "select", filter=True, options=_SIZES),
    _custom("clothes_size", "int", "select", filter=True, options=_CLOTHES),
    _custom("material", "text", "multiselect", filter=True, backend=_ARRAY, options=_MATERIALS),
    _custom("tasting_notes", "varchar", "multiselect", STORE, backend=_ARRAY, options=_NOTES),
    _custom("organic", "int", "boolean", WEBSITE, source=_BOOLEAN, default="0"),
    _custom("brewing", "text", "textarea", STORE),
    _custom("origin_story", "varchar", "text", STORE, search=True),
    _custom("harvested_on", "datetime", "date"),
    _custom("restocked_at", "datetime", "datetime", STORE),
    _custom("caffeine_mg", "decimal", "text"),
    _custom("deposit", "decimal", "price", WEBSITE),
    _custom("leaflet_image", "varchar", "media_image", STORE),
    _custom("infusions", "int", "text"),
)

CATEGORY_ATTRIBUTES = (
    Attribute("name", "varchar", "text", STORE),
    Attribute("is_active", "int", "select", STORE, source=_BOOLEAN),
    Attribute("description", "text", "textarea", STORE),
    Attribute("url_key", "varchar", "text", STORE),
    Attribute("url_path", "varchar", "text", STORE),
    Attribute("is_anchor", "int", "select", source=_BOOLEAN, default="1"),
    Attribute("include_in_menu", "int", "select", STORE, source=_BOOLEAN, default="1"),
    Attribute("path"),
    Attribute("position"),
    Attribute("level"),
)

_CUSTOMER_MODEL = "Magento\\Customer\\Model\\Customer\\Attribute"
_LEVELS = (("Seedling", "", ""), ("Blossom", "", ""), ("Evergreen", "", ""))
_INTERESTS = (("Green tea", "", ""), ("Ceramics", "", ""), ("Workshops", "", ""))
CUSTOMER_ATTRIBUTES = (
    Attribute("website_id", input="select", source=f"{_CUSTOMER_MODEL}\\Source\\Website"),
    Attribute("store_id", input="select", source=f"{_CUSTOMER_MODEL}\\Source\\Store"),
    *(
        Attribute(code)
        for code in ("created_in", "prefix", "firstname", "middlename", "lastname", "suffix", "email")
    ),
    Attribute("group_id", input="select", source=f"{_CUSTOMER_MODEL}\\Source\\Group"),
    Attribute("dob", input="date"),
    *(Attribute(code, input="hidden") for code in ("password_hash", "rp_token", "failures_num")),
    *(Attribute(code, input="date") for code in ("rp_token_created_at", "first_failure", "lock_expires")),
    *(Attribute(code) for code in ("default_billing", "default_shipping", "taxvat", "confirmation")),
    Attribute("created_at", input="date"),
    Attribute("updated_at", input="date"),
    Attribute(
        "gender",
        input="select",
        source=_TABLE,
        options=(("Male", "", ""), ("Female", "", ""), ("Not Specified", "", "")),
    ),
    Attribute("disable_auto_group_change", input="boolean"),
    _custom("loyalty_level", "int", "select", source=_TABLE, options=_LEVELS),
    _custom("interests", "text", "multiselect", source=_TABLE, backend=_ARRAY, options=_INTERESTS),
    _custom("nickname", "varchar", "text"),
    _custom("tea_diary", "text", "textarea"),
    _custom("first_visit", "datetime", "date"),
    _custom("birthday_gift", "int", "boolean", source=_BOOLEAN),
    _custom("credit_limit", "decimal", "text"),
)

ADDRESS_ATTRIBUTES = (
    *(Attribute(c) for c in ("prefix", "firstname", "middlename", "lastname", "suffix", "company")),
    Attribute("street", input="multiline"),
    *(Attribute(c) for c in ("city", "region", "postcode", "telephone", "fax", "vat_id")),
    Attribute(
        "country_id",
        input="select",
        source="Magento\\Customer\\Model\\ResourceModel\\Address\\Attribute\\Source\\Country",
    ),
    Attribute("region_id", input="hidden"),
    _custom("floor", "varchar", "text"),
)
