"""What schemathesis cannot know of this API."""

import json
import os

import schemathesis
from hypothesis import strategies

from entries import PICTURE


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """The document describes NDJSON as the array of its lines."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, list):
        value = [value]
    return b"".join(json.dumps(line).encode() + b"\n" for line in value)


# A schema cannot describe the bytes of a picture.
for media_type in ("image/png", "image/jpeg"):
    schemathesis.openapi.media_type(media_type, strategies.just(PICTURE))


SECRETS = json.loads(os.environ["CONNECTORLOG_TEST_SECRETS"])


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw.get("operationId")
    # Team 1 holds what the other operations read: its deletion is tried on a team that nobody needs.
    if operation == "deleteTeam" and str(case.path_parameters.get("team_id")) == "1":
        case.path_parameters["team_id"] = 999
    # Erasures are tried on what nobody needs, too.
    spare = {"eraseEntry": ("log_id", "00000000-0000-7000-8000-000000000000"), "eraseState": ("state_id", "spare"),
             "eraseConnectorLog": ("connector_identifier", "spare")}.get(operation)
    if spare and str(case.path_parameters.get("team_id")) == "1":
        case.path_parameters[spare[0]] = spare[1]
    # A client is one whose secret is a key.
    if operation == "createAccessToken" and isinstance(case.body, dict) and "client_id" in case.body:
        case.body["client_id"], case.body["client_secret"] = os.environ["CONNECTORLOG_TEST_CLIENT"].split()
    # A picture is found under the connector that it belongs to.
    connector, name = os.environ["CONNECTORLOG_TEST_LOGO"].split("/")
    if operation == "getConnectorLogoImage" and case.path_parameters.get("logo_name") == name:
        case.path_parameters |= {"team_id": 1, "connector_identifier": connector}
    # So is a secret, which is deleted once.
    kind = {"updateConnectorSecret": "of_connector", "deleteConnectorSecret": "of_connector",
            "updateTeamSecret": "of_team", "deleteTeamSecret": "of_team"}.get(operation)
    if kind and case.path_parameters.get("secret_placeholder") == "sec_known" and len(SECRETS[kind]) > 1:
        known = SECRETS[kind].pop() if operation.startswith("delete") else SECRETS[kind][0]
        case.path_parameters |= {"team_id": 1, "secret_placeholder": known}
        if kind == "of_connector":
            case.path_parameters["connector_identifier"] = SECRETS["connector"]
