"""Where each field of a profile comes from; for ``synqd preview --explain``."""

from collections.abc import Mapping

from synqd.entities.customer.plan import Field, Plan
from synqd.models.wire import Parcel, Skip

_ADDRESS = "customer_address_entity row that customer_entity.default_billing names"
_ORIGINS: Mapping[str, str] = {
    "email": "customer_entity.email, exactly as stored",
    "customId": "customer_entity.entity_id",
    "firstName": "customer_entity.firstname",
    "lastName": "customer_entity.lastname",
    "phone": f"telephone of the {_ADDRESS}",
    "city": f"city of the {_ADDRESS}",
    "address": f"street of the {_ADDRESS}, its lines joined",
    "zipCode": f"postcode of the {_ADDRESS}",
    "province": f"region of the {_ADDRESS}, else directory_country_region.default_name",
    "countryCode": f"country_id of the {_ADDRESS}",
    "company": f"company of the {_ADDRESS}",
    "attributes.lastUpdateType": "how the item got here: item (live), batch, all (full)",
}


def explain(plan: Plan, outcome: Parcel | Skip) -> Mapping[str, str] | None:
    """A line for each field of a profile, attributes dotted; None where no profile is sent."""
    if isinstance(outcome, Skip) or not outcome.alive:
        return None
    origins = {**_ORIGINS, **_selected(plan)}
    body = outcome.items[-1].body
    names = [name for name in body if name != "attributes"]
    names += [f"attributes.{name}" for name in body["attributes"]]
    return {name: origins.get(name, "sent before, empty or not selected now: null once") for name in names}


def _selected(plan: Plan) -> Mapping[str, str]:
    static = {_name(field): f"customer_entity.{field.code}{_written(field)}" for field in plan.statics}
    stored = {
        _name(field): f"attribute {field.code} ({number}) in the customer_entity_* tables{_written(field)}"
        for number, field in plan.fields.items()
    }
    return static | stored


def _name(field: Field) -> str:
    return field.name if field.native else f"attributes.{field.name}"


def _written(field: Field) -> str:
    return ", as stored" if field.convert is None else ", translated for Synerise"
