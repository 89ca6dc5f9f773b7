"""The OpenAPI 3.1 document, made from the routes and the schemas, so that it cannot say otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import ModelSchema

from synqd import __version__
from synqd.config.fielddocs import field_docs
from synqd.control.body import NDJSON
from synqd.control.routes import ROUTES, Route
from synqd.control.schema import BatchHeader, ErrorBody

TEMPLATE = "#/components/schemas/{model}"
ERRORS = {"4XX": "The request is wrong; nothing was changed.", "5XX": "It cannot be done now, or a bug."}
LINES = "The first line is a BatchHeader, each further line one id (number) or key (string)."

Way = Literal["validation", "serialization"]
References = Mapping[tuple[str, Way], Mapping[str, Any]]
"""What stands for the request ("validation") or the answer ("serialization") of each operation."""


class _Described(GenerateJsonSchema):
    """Adds what is said of the fields."""

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """The schema of a model."""
        made = super().model_schema(schema)
        for name, text in field_docs(schema["cls"]).items():
            made["properties"][name].setdefault("description", text)
        return made


def document(routes: Sequence[Route] = ROUTES) -> dict[str, Any]:
    """The document as JSON-ready values."""
    references, schemas = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, references)
    title = {"title": "synqd control socket", "version": __version__}
    return {"openapi": "3.1.0", "info": title, "paths": paths, "components": {"schemas": schemas}}


def _schemas(routes: Sequence[Route]) -> tuple[References, Mapping[str, Any]]:
    wanted: list[tuple[str, Way, TypeAdapter[Any]]] = [
        ("error", "serialization", TypeAdapter(ErrorBody)),
        ("lines", "validation", TypeAdapter(BatchHeader)),
        *((route.name, "serialization", TypeAdapter(route.answer)) for route in routes),
        *((route.name, "validation", route.body) for route in routes if route.body),
    ]
    references, schemas = TypeAdapter.json_schemas(wanted, ref_template=TEMPLATE, schema_generator=_Described)
    return references, schemas["$defs"]


def _operation(route: Route, references: References) -> dict[str, Any]:
    error = _json(references["error", "serialization"])
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": {
            "200": {"description": "Done.", "content": _json(references[route.name, "serialization"])},
            **{status: {"description": says, "content": error} for status, says in ERRORS.items()},
        },
    }
    if route.body:
        content = _json(references[route.name, "validation"])
        if route.lines:
            content[NDJSON] = {"schema": {"type": "string", "description": LINES}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    properties = _properties(route.query) if route.query else {}
    parameters = [
        {"name": name, "in": "query", "required": False, "schema": values}
        for name, values in properties.items()
    ]
    if route.numbered:
        number = {"type": "integer", "minimum": 1}
        parameters.insert(0, {"name": "id", "in": "path", "required": True, "schema": number})
    return parameters


def _properties(query: type[BaseModel]) -> Mapping[str, Any]:
    """Schemas of query parameters; they stand alone, so nothing in them may be a reference."""
    schema = query.model_json_schema(schema_generator=_Described)
    definitions = schema.get("$defs", {})
    return {name: _inlined(values, definitions) for name, values in schema["properties"].items()}


def _inlined(value: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_inlined(inner, definitions) for inner in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return definitions[value["$ref"].rpartition("/")[2]]
    return {name: _inlined(inner, definitions) for name, inner in value.items()}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
