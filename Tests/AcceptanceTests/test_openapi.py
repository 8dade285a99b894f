"""The OpenAPI document by itself: valid, with true examples, and nothing in it that nothing uses."""

import jsonschema
import pytest
import yaml
from openapi_spec_validator import validate

from server import REPOSITORY

TEXT = (REPOSITORY / "Sources/ConnectorLogAPI/openapi.yaml").read_text()
DOCUMENT = yaml.safe_load(TEXT)
OPERATIONS = {operation["operationId"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()}


def test_is_valid():
    validate(DOCUMENT)


def test_uses_every_component():
    unused = [f"{kind}/{name}" for kind, components in DOCUMENT["components"].items() if kind != "securitySchemes"
              for name in components if f'#/components/{kind}/{name}"' not in TEXT]
    assert unused == []


def media_types(node):
    """Every object that has a schema and examples."""
    if isinstance(node, dict):
        if "schema" in node and "examples" in node:
            yield node
        for child in node.values():
            yield from media_types(child)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_examples_fit_their_schemas(operation):
    for media in media_types(OPERATIONS[operation]):
        for name, example in media["examples"].items():
            if "$ref" in example:
                example = DOCUMENT["components"]["examples"][example["$ref"].split("/")[-1]]
            if isinstance(example["value"], str):
                continue  # the text of NDJSON
            jsonschema.Draft202012Validator(
                {"components": DOCUMENT["components"], **media["schema"]}).validate(example["value"])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_told_with_its_request_id(operation):
    for status, response in OPERATIONS[operation]["responses"].items():
        if "$ref" in response:
            response = DOCUMENT["components"]["responses"][response["$ref"].split("/")[-1]]
        assert "X-Request-Id" in response["headers"], status
        assert status in ("200", "201", "204") or "application/json" in response["content"]


LINES = {
    "NewEntry": {"connector_identifier": "openapi-null"},
    "NewFault": {"type": "fault", "name": "Bad Gateway"},
    "StateChange": {"type": "state", "state_id": "s", "flow_id": "f"},
}


@pytest.mark.parametrize("schema", LINES)
def test_says_where_a_line_must_not_hold_a_null_character(server, schema):
    """What the document lets pass is stored, and what it does not is refused."""
    key = server.create_key("recorder")
    properties = DOCUMENT["components"]["schemas"][schema]["properties"]
    names = [name for name, of in properties.items() if of.get("format") != "date-time"]
    values = {name: {"a\0b": "c"} if name.endswith("_headers") else "a\0b" for name in names}
    lines = [LINES[schema] | {name: value} for name, value in values.items()]
    validator = jsonschema.Draft202012Validator(
        {"components": DOCUMENT["components"], "$ref": f"#/components/schemas/{schema}"})
    answer = server.ingest(lines, key)
    refused = {names[row["line"] - 1] for row in answer.json["rejected"]}
    assert refused == {name for name, line in zip(names, lines) if not validator.is_valid(line)}
    assert {"flow_name", "flow_id", "state_id"} <= refused


def test_says_that_names_hold_no_null_character():
    for schema, name in [("NewTeam", "name"), ("TeamChange", "name"), ("NewKey", "name"), ("NewConnector", "title")]:
        properties = DOCUMENT["components"]["schemas"][schema]["properties"]
        validator = jsonschema.Draft202012Validator({"components": DOCUMENT["components"], **properties[name]})
        assert validator.is_valid("a\nb") and not validator.is_valid("a\0b")


def test_the_server_serves_it(server):
    answer = server.get("/openapi.yaml", key=None)
    assert answer.status == 200 and answer.body.decode() == TEXT
    assert answer.headers["content-type"].startswith("application/yaml")
