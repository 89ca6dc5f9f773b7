"""The OpenAPI 3.1 document, made from the routes and the schemas, so that it cannot say otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from synqd import __version__
from synqd.control.body import NDJSON
from synqd.control.routes import ROUTES, Route
from synqd.control.schema import BatchHeader, ErrorBody

COMPONENTS = "#/components/schemas/"
ERRORS = {"4XX": "The request is wrong; nothing was changed.", "5XX": "It cannot be done now, or a bug."}


def document(routes: Sequence[Route] = ROUTES) -> dict[str, Any]:
    """The document as JSON-ready values."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    title = {"title": "synqd control socket", "version": __version__}
    return {"openapi": "3.1.0", "info": title, "paths": paths, "components": {"schemas": _schemas(routes)}}


def _schemas(routes: Sequence[Route]) -> Mapping[str, Any]:
    answers = {route.answer for route in routes} | {ErrorBody}
    requests = {model for route in routes for model in route.body} | {BatchHeader}
    inputs = [(model, "validation") for model in requests]
    outputs = [(model, "serialization") for model in answers]
    listed = sorted([*inputs, *outputs], key=lambda entry: entry[0].__name__)
    _, definitions = models_json_schema(listed, ref_template=f"{COMPONENTS}{{model}}")  # type: ignore[arg-type]  # literals
    schemas: Mapping[str, Any] = definitions["$defs"]
    return schemas


def _operation(route: Route) -> dict[str, Any]:
    errors = {status: _answer(says, ErrorBody) for status, says in ERRORS.items()}
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": {"200": _answer("Done.", route.answer), **errors},
    }
    if route.body:
        operation["requestBody"] = {"required": True, "content": _content(route)}
    return operation


def _content(route: Route) -> dict[str, Any]:
    options = [_reference(model) for model in route.body]
    content = _json(options[0] if len(options) == 1 else {"oneOf": options})
    if route.lines:
        says = "The first line is a BatchHeader, each further line one id (number) or key (string)."
        content[NDJSON] = {"schema": {"type": "string", "description": says}}
    return content


def _parameters(route: Route) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 1}
    parameters = [{"name": "id", "in": "path", "required": True, "schema": number}] if route.numbered else []
    if route.query is not None:
        flat = route.query.model_json_schema()
        for name, values in flat["properties"].items():
            parameters.append({"name": name, "in": "query", "required": False, "schema": values})
    return parameters


def _answer(says: str, model: type[BaseModel]) -> dict[str, Any]:
    return {"description": says, "content": _json(_reference(model))}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"{COMPONENTS}{model.__name__}"}
