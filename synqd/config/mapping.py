"""The sections of the four models: what is sent of them, with Magento-like scopes."""

from collections.abc import Mapping
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from synqd.models.shop import StoreView

Attributes = tuple[str, ...] | Literal["all"]
Source = Literal["WEB_DESKTOP", "WEB_MOBILE", "MOBILE_APP", "POS", "MOBILE", "DESKTOP"]
ItemsPerRequest = Annotated[int, Field(ge=1, le=1000)]


class AtStart:
    """Marks a key that is read at the start only: a changed value needs a restart."""


class Section(BaseModel):
    """A frozen section; unknown keys are errors."""

    # What was given may be a secret in a wrong place: no error repeats it.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Scope(Section):
    """What may differ by website or store view; what is not given there falls back (``ModelSettings.at``)."""


S = TypeVar("S", bound=Scope)


class ModelSettings(Section, Generic[S]):
    """Base of the four model sections: shared keys and Magento-like scopes."""

    max_items_per_request: ItemsPerRequest = 100
    """Most items that share a request."""
    website: Mapping[str, S] = Field(default_factory=dict)
    """Values for single websites, by code."""
    store: Mapping[str, S] = Field(default_factory=dict)
    """Values for single store views, by code; they win over the website's."""

    def at(self, store: StoreView) -> Self:
        """The section's values for one store view: store view over website over default."""
        values: dict[str, object] = {}
        for scope in (self.website.get(store.website_code), self.store.get(store.code)):
            if scope is not None:
                values |= {name: getattr(scope, name) for name in scope.model_fields_set}
        return self.model_copy(update=values) if values else self


class CustomerScope(Scope):
    """`[customer]`, `[customer.website.CODE]` and `[customer.store.CODE]`."""

    attributes: Attributes = ()
    """Attribute codes to send beside name and e-mail, or `all`."""
    custom_id: Literal["entity_id", "none"] = "entity_id"
    """Whether the customer id is sent as customId."""


class CustomerSettings(CustomerScope, ModelSettings[CustomerScope]):
    """How customers become profiles."""

    delete: Literal["event", "remove", "ignore"] = "event"
    """What a deleted customer causes: an event, the profile's removal, nothing."""


class OrderScope(Scope):
    """`[order]`, `[order.website.CODE]` and `[order.store.CODE]`."""

    source: Source = "WEB_DESKTOP"
    """Source of transactions; Magento does not record it."""
    guest_profiles: bool = False
    """Whether a guest's order also makes a profile."""


class OrderSettings(OrderScope, ModelSettings[OrderScope]):
    """How orders become transaction events."""


class ProductScope(Scope):
    """`[product]`, `[product.website.CODE]` and `[product.store.CODE]`."""

    attributes: Attributes = ("name",)
    """Attribute codes to send, or `all`."""
    attribute_format: Literal["id", "label", "id_and_label", "label_and_oid"] = "label"
    """How the values of selects are written ("Labels as values")."""
    calculate_tax: bool = True
    """Whether prices carry the tax of the store's default destination; orders follow it too."""
    price: Literal["regular", "final"] = "final"
    """Which price is `price`."""
    include_filterable: bool = False
    """Whether every attribute used in search, filters or sorting is added."""
    disabled: Literal["keep", "delete"] = "keep"
    """Whether disabled products stay in the catalog or get `deleted = 1`."""


class ProductSettings(ProductScope, ModelSettings[ProductScope]):
    """How products become catalog items."""


class SubscriberScope(Scope):
    """`[subscriber.website.CODE]` and `[subscriber.store.CODE]`: nothing differs by scope so far."""


class SubscriberSettings(ModelSettings[SubscriberScope]):
    """How newsletter subscribers become e-mail agreements."""


class PlainSettings(ModelSettings[Scope]):
    """A model without settings of its own."""


AnyModelSettings = CustomerSettings | OrderSettings | ProductSettings | SubscriberSettings | PlainSettings
