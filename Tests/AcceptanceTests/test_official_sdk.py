"""The official Python SDK of the compatible API, unchanged, against the live server."""

import datetime
import io
import re
import struct
import urllib.request
import uuid
import zlib

import pytest
from supermetrics import (
    NetworkError,
    SupermetricsAPIError,
    SupermetricsAuthError,
    SupermetricsClient,
    SupermetricsForbiddenError,
    SupermetricsNotFoundError,
    SupermetricsRateLimitError,
    SupermetricsValidationError,
)
from supermetrics._generated.supermetrics_api_client.types import File

from entries import START, entry, instant
from server import free_port


@pytest.fixture(scope="module")
def key(server):
    return server.create_key("editor")


@pytest.fixture(scope="module")
def client(server, key):
    with SupermetricsClient(api_key=key, base_url=server.url) as client:
        yield client


def png():
    """The smallest picture: one white pixel."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\xff"))
            + chunk(b"IEND", b""))


def record(server, key, lines):
    answer = server.ingest(lines, key)
    assert answer.status == 200 and answer.json["accepted"] == len(lines), answer


class TestLogs:
    def test_lists_a_hundred_newest_first_unless_told_otherwise(self, server, key, client):
        record(server, key, [entry("listed", n) for n in range(250)])
        logs = client.connector_builder_logs.list(1, "listed").logs
        assert [log.log_time for log in logs] == [
            START + datetime.timedelta(milliseconds=n) for n in range(249, 149, -1)]
        assert len(client.connector_builder_logs.list(1, "listed", limit=7).logs) == 7
        assert len(client.connector_builder_logs.list(1, "listed", limit=1).logs) == 1
        assert len(client.connector_builder_logs.list(1, "listed", limit=1000).logs) == 250

    @pytest.mark.parametrize("limit", [1, 7, 100])
    def test_pages_back_through_shared_instants_without_a_skip_or_a_repeat(self, server, key, client, limit):
        connector = f"shared-{limit}"
        count = 30 if limit == 1 else 300
        lines = [entry(connector, n, log_time=instant(n // 40 * 1_000_000)) for n in range(count)]
        # Three requests, so that instants are shared within a request and across requests.
        for part in range(3):
            record(server, key, lines[part::3])
        seen, before = [], None
        while logs := client.connector_builder_logs.list(1, connector, limit=limit, before=before).logs:
            assert len(logs) <= limit
            seen += logs
            before = logs[-1].log_time
        assert sorted(str(log.request_id) for log in seen) == sorted(line["request_id"] for line in lines)
        assert len({log.id for log in seen}) == count
        times = [log.log_time for log in seen]
        assert all(later > earlier for later, earlier in zip(times, times[1:]))

    def test_before_is_exclusive_and_may_be_a_text_or_lack_an_offset(self, server, key, client):
        record(server, key, [entry("bounds", n) for n in range(10)])
        edge = START + datetime.timedelta(milliseconds=5)
        for before in (edge, edge.isoformat(), edge.astimezone(datetime.timezone(datetime.timedelta(hours=5))),
                       edge.replace(tzinfo=None)):
            logs = client.connector_builder_logs.list(1, "bounds", before=before).logs
            assert [log.log_time for log in logs] == [START + datetime.timedelta(milliseconds=n) for n in range(4, -1, -1)]

    def test_gets_an_entry_with_all_its_fields(self, server, key, client):
        record(server, key, [entry("got", 1, method="PATCH", status=204, duration_ms=41.5, event="data.update")])
        listed = client.connector_builder_logs.list(1, "got").logs[0]
        log = client.connector_builder_logs.get(1, "got", listed.id)
        assert log.to_dict() == listed.to_dict()
        assert (log.status, log.event, log.request) == (204, "data.update", "PATCH /v1/leads/1?page=1")
        assert log.log_time == START + datetime.timedelta(milliseconds=1)
        assert isinstance(log.duration_ms, int) and log.duration_ms in (41, 42)
        assert log.request_id == uuid.UUID(entry("got", 1)["request_id"])
        assert log.additional_keys == []

    def test_an_entry_without_a_response_has_nulls(self, server, key, client):
        record(server, key, [{"connector_identifier": "bare", "log_time": instant(0), "request_id": "not a uuid"}])
        log = client.connector_builder_logs.list(1, "bare").logs[0]
        assert (log.status, log.event, log.request, log.duration_ms, log.request_id) == (None,) * 5

    @pytest.mark.parametrize("text", ["a", "\u00e9", "e\u0301", "\U0001f44b", "\U0001f468\u200d\U0001f469\u200d\U0001f467"])
    def test_a_long_request_is_cut_at_a_thousand_characters(self, server, key, client, text):
        connector = f"long-{len(text)}-{ord(text[0])}"
        record(server, key, [entry(connector, 1, uri="https://api.acme.example/" + (text * 3000)[:3000])])
        assert len(client.connector_builder_logs.list(1, connector).logs[0].request) == 1000

    def test_an_entry_is_found_only_under_its_own_connector(self, server, key, client):
        record(server, key, [entry("mine", 1), entry("other", 1)])
        identifier = client.connector_builder_logs.list(1, "mine").logs[0].id
        with pytest.raises(SupermetricsNotFoundError):
            client.connector_builder_logs.get(1, "other", identifier)


class TestErrors:
    def test_an_unknown_key_is_an_authentication_error(self, server):
        with SupermetricsClient(api_key="clk_" + "0" * 43, base_url=server.url) as stranger:
            with pytest.raises(SupermetricsAuthError) as caught:
                stranger.connector_builder.list(1)
        assert (caught.value.status_code, caught.value.error_code) == (401, "UNAUTHORIZED")
        response = caught.value.raw_response
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert response.headers["X-Request-Id"] == response.json()["meta"]["request_id"]

    def test_another_team_is_forbidden(self, client):
        for call in (lambda: client.connector_builder.list(2),
                     lambda: client.connector_builder_logs.list(2, "acme"),
                     lambda: client.connector_builder.delete(2, "acme")):
            with pytest.raises(SupermetricsForbiddenError) as caught:
                call()
            assert (caught.value.status_code, caught.value.error_code) == (403, "FORBIDDEN")

    def test_a_viewer_may_not_create(self, server):
        with SupermetricsClient(api_key=server.create_key("viewer"), base_url=server.url) as viewer:
            viewer.connector_builder.list(1)
            with pytest.raises(SupermetricsForbiddenError):
                viewer.connector_builder.create(1, "Acme")

    def test_a_recorder_may_not_read(self, server):
        with SupermetricsClient(api_key=server.create_key("recorder"), base_url=server.url) as recorder:
            with pytest.raises(SupermetricsForbiddenError):
                recorder.connector_builder_logs.list(1, "acme")

    def test_what_is_not_there_is_not_found(self, server, key, client):
        record(server, key, [entry("there", 1)])
        for call in (lambda: client.connector_builder.get(1, "nowhere"),
                     lambda: client.connector_builder.delete(1, "nowhere"),
                     lambda: client.connector_builder.get_logo(1, "nowhere"),
                     lambda: client.connector_builder.update(1, "nowhere", {"name": "a", "description": "b"},
                                                             {"configuration_json": {}}),
                     lambda: client.connector_builder.create(1, "Copy", connector_identifier="nowhere"),
                     lambda: client.connector_builder_logs.get(1, "there", "no-such-id"),
                     lambda: client.connector_builder_logs.get(1, "there", str(uuid.uuid4()))):
            with pytest.raises(SupermetricsNotFoundError) as caught:
                call()
            assert (caught.value.status_code, caught.value.error_code) == (404, "NOT_FOUND")

    @pytest.mark.parametrize("identifier", ["a/b", "a b", "{{K}}", "caf\u00e9", "a%2Fb", "a?b#c", "..", "x" * 101])
    def test_identifiers_that_none_can_have_are_refused_in_the_envelope(self, client, identifier):
        with pytest.raises((SupermetricsNotFoundError, SupermetricsValidationError)) as caught:
            client.connector_builder.get(1, identifier)
        assert caught.value.status_code in (400, 404) and caught.value.error_code in ("BAD_REQUEST", "NOT_FOUND")

    @pytest.mark.parametrize("identifier", ["a/b", "a b?c#d", "{{K}}", "caf\u00e9 \U0001f44b", "100%", "%2F", "x" * 255])
    def test_log_ids_may_hold_any_character(self, server, key, client, identifier):
        record(server, key, [entry("anyid", 1)])
        with pytest.raises(SupermetricsNotFoundError) as caught:
            client.connector_builder_logs.get(1, "anyid", identifier)
        assert (caught.value.status_code, caught.value.error_code) == (404, "NOT_FOUND")

    @pytest.mark.parametrize("limit", [0, -1, 1001, "abc", 1.5, 10**30])
    def test_a_bad_limit_is_a_validation_error(self, server, key, client, limit):
        record(server, key, [entry("limited", 1)])
        with pytest.raises(SupermetricsValidationError) as caught:
            client.connector_builder_logs.list(1, "limited", limit=limit)
        assert caught.value.status_code in (400, 422)
        assert "limit" in caught.value.message

    def test_too_many_requests_are_a_rate_limit_error_that_says_when_to_come_again(self, make_server):
        server = make_server(arguments=("--rate-limit-per-hour", "5"))
        key = server.create_key("viewer")
        with SupermetricsClient(api_key=key, base_url=server.url) as client:
            for _ in range(5):
                client.connector_builder.list(1)
            with pytest.raises(SupermetricsRateLimitError) as caught:
                client.connector_builder.list(1)
        error = caught.value
        assert (error.status_code, error.error_code) == (429, "TOO_MANY_REQUESTS")
        assert 1 <= error.retry_after <= 86_400
        assert (error.headers["X-RateLimit-Limit"], error.headers["X-RateLimit-Remaining"]) == ("5", "0")
        # Another key has a bucket of its own.
        assert server.get("/v1/teams/1/connector_builder/connectors").status == 200

    def test_a_server_that_is_away_is_a_network_error(self):
        with SupermetricsClient(api_key="clk_" + "0" * 43, base_url=f"http://127.0.0.1:{free_port()}") as client:
            with pytest.raises(NetworkError):
                client.connector_builder.list(1)


class TestConnectors:
    @pytest.mark.parametrize("title, description", [
        ("Acme CRM", "Reads leads & accounts = 100%"),
        ("Gr\u00fc\u00dfe \u65e5\u672c\u8a9e \U0001f50c", "\u0645\u0631\u062d\u0628\u0627 + a b"),
        ("n" * 255, "d" * 1000),
        ("No description", None),
    ])
    def test_creates_and_gets_the_same(self, client, title, description):
        created = client.connector_builder.create(1, title, description=description)
        assert created.name == title and created.description in (description, "" if description is None else description)
        assert 1 <= len(created.connector_identifier) <= 100
        assert created.configuration.configuration_json.to_dict() == {}
        got = client.connector_builder.get(1, created.connector_identifier)
        assert got.to_dict() == created.to_dict()

    @pytest.mark.parametrize("title, description", [("", None), ("n" * 256, None), ("fine", "d" * 1001)])
    def test_refuses_what_breaks_a_limit(self, client, title, description):
        with pytest.raises(SupermetricsValidationError):
            client.connector_builder.create(1, title, description=description)

    def test_lists_with_configurations_when_asked(self, client):
        made = client.connector_builder.create(1, "Listed").connector_identifier
        without = client.connector_builder.list(1)
        assert without.count == len(without.connectors)
        assert all("configuration" not in connector.to_dict() for connector in without.connectors)
        identifiers = [connector.connector_identifier for connector in without.connectors]
        assert made in identifiers and identifiers == sorted(identifiers)
        with_configurations = client.connector_builder.list(1, include_configs=True).connectors
        assert all(connector.to_dict()["configuration"]["configuration_json"] is not None
                   for connector in with_configurations)

    def test_updates_and_takes_its_own_configuration_back(self, client):
        identifier = client.connector_builder.create(1, "Before").connector_identifier
        settings = {"configuration_json": {"base": "https://api.acme.example", "deep": {"list": [1, 2.5, None, "\u00e9"]}}}
        client.connector_builder.update(1, identifier, {"name": "After", "description": "now"}, settings)
        first = client.connector_builder.get(1, identifier)
        assert (first.name, first.description) == ("After", "now")
        assert first.configuration.configuration_json.to_dict() == settings["configuration_json"]
        # What `get` gave, `update` takes: version and times in it are ignored.
        client.connector_builder.update(
            1, identifier, {"name": "After", "description": "again"}, first.configuration.to_dict())
        second = client.connector_builder.get(1, identifier)
        assert second.configuration.configuration_json == first.configuration.configuration_json
        assert second.updated_at >= first.updated_at and second.created_at == first.created_at

    def test_duplicates_a_connector(self, client):
        original = client.connector_builder.create(1, "Original", description="the first").connector_identifier
        client.connector_builder.update(
            1, original, {"name": "Original", "description": "the first"}, {"configuration_json": {"page": 5}})
        copy = client.connector_builder.create(1, "Copy", connector_identifier=original)
        assert copy.connector_identifier != original and copy.name == "Copy"
        assert copy.configuration.configuration_json.to_dict() == {"page": 5}

    def test_a_deleted_connector_is_gone_and_its_log_stays(self, server, key, client):
        identifier = client.connector_builder.create(1, "Short-lived").connector_identifier
        record(server, key, [entry(identifier, 1)])
        client.connector_builder.delete(1, identifier)
        with pytest.raises(SupermetricsNotFoundError):
            client.connector_builder.get(1, identifier)
        assert identifier not in [c.connector_identifier for c in client.connector_builder.list(1).connectors]
        rows = server.get(f"/v1/teams/1/logs?connector={identifier}").json["logs"]
        assert len(rows) == 1
        with pytest.raises(SupermetricsNotFoundError):
            client.connector_builder.delete(1, identifier)

    def test_a_connector_is_registered_by_its_first_entry(self, server, key, client):
        record(server, key, [entry("first-seen", 1)])
        assert client.connector_builder.get(1, "first-seen").connector_identifier == "first-seen"

    def test_uploads_a_logo_and_serves_it(self, client):
        identifier = client.connector_builder.create(1, "Pictured").connector_identifier
        assert client.connector_builder.get(1, identifier).logo_url is None
        with pytest.raises(SupermetricsNotFoundError):
            client.connector_builder.get_logo(1, identifier)
        picture = png()
        uploaded = client.connector_builder.upload_logo(
            1, identifier, File(payload=io.BytesIO(picture), file_name="logo \u00e9.png", mime_type="image/png"))
        url = client.connector_builder.get_logo(1, identifier).logo_url
        assert url == uploaded.logo_url == client.connector_builder.get(1, identifier).logo_url
        with urllib.request.urlopen(url, timeout=10) as response:
            assert response.read() == picture
            assert response.headers["Content-Type"] == "image/png"

    @pytest.mark.parametrize("content", [b"", b"GIF89a not taken", b"<svg onload='alert(1)'/>", b"\x89PNG\r\n\x1a\n" + b"0" * 5_300_000])
    def test_refuses_a_logo_that_is_no_picture_or_too_large(self, client, content):
        identifier = client.connector_builder.create(1, "Unpictured").connector_identifier
        with pytest.raises(SupermetricsAPIError) as caught:
            client.connector_builder.upload_logo(
                1, identifier, File(payload=io.BytesIO(content), file_name="logo.png", mime_type="image/png"))
        assert caught.value.status_code in (400, 413, 415, 422)
        assert client.connector_builder.get(1, identifier).logo_url is None


class TestSecrets:
    @pytest.fixture
    def connector(self, client):
        return client.connector_builder.create(1, "With secrets").connector_identifier

    def test_lists_creates_updates_and_deletes(self, client, connector):
        secrets = client.connector_builder_secrets
        empty = secrets.list(1, connector)
        assert (empty.count, empty.secrets) == (0, [])
        made = secrets.create(1, connector, "token", "correct-horse-battery")
        assert made.count == 1 and made.secrets[0].secret_name == "token"
        placeholder = made.secrets[0].secret_placeholder
        assert re.fullmatch("sec_[0-9a-f]{9}", placeholder)
        both = secrets.create(1, connector, "\u00e9 other name", "staple \U0001f50c")
        assert [secret.secret_name for secret in both.secrets] == ["token", "\u00e9 other name"]
        assert secrets.list(1, connector).to_dict() == both.to_dict()
        assert "correct" not in str(both.to_dict()) and "staple" not in str(both.to_dict())
        assert secrets.update(1, connector, placeholder, "another-value") is None
        assert secrets.delete(1, connector, placeholder) is None
        assert [secret.secret_name for secret in secrets.list(1, connector).secrets] == ["\u00e9 other name"]

    def test_a_name_is_taken_once(self, client, connector):
        client.connector_builder_secrets.create(1, connector, "token", "correct-horse-battery")
        with pytest.raises(SupermetricsAPIError) as caught:
            client.connector_builder_secrets.create(1, connector, "token", "another-value")
        assert (caught.value.status_code, caught.value.error_code) == (409, "CONFLICT_ERROR")
        assert "another-value" not in str(caught.value)

    def test_what_is_not_there_is_not_found(self, client, connector):
        secrets = client.connector_builder_secrets
        for call in (lambda: secrets.list(1, "nowhere"),
                     lambda: secrets.create(1, "nowhere", "token", "a-value"),
                     lambda: secrets.update(1, connector, "sec_000000000", "a-value"),
                     lambda: secrets.update(1, connector, "{{K}}/..", "a-value"),
                     lambda: secrets.delete(1, connector, "sec_000000000"),
                     lambda: secrets.delete(1, "nowhere", "sec_000000000")):
            with pytest.raises(SupermetricsNotFoundError) as caught:
                call()
            assert (caught.value.status_code, caught.value.error_code) == (404, "NOT_FOUND")

    @pytest.mark.parametrize("name, value", [
        ("", "a-value"), ("n" * 256, "a-value"), ("n", ""), ("n", "abc"), ("n", "v" * 10_001), ("n", None), (None, "v" * 9)])
    def test_what_breaks_a_limit_is_a_validation_error(self, client, connector, name, value):
        with pytest.raises(SupermetricsValidationError) as caught:
            client.connector_builder_secrets.create(1, connector, name, value)
        assert (caught.value.status_code, caught.value.error_code) == (422, "UNPROCESSABLE_ENTITY")
        assert client.connector_builder_secrets.list(1, connector).count == 0

    def test_a_hundred_are_the_limit(self, client, connector):
        for number in range(100):
            client.connector_builder_secrets.create(1, connector, f"n{number}", f"value-{number}")
        with pytest.raises(SupermetricsValidationError):
            client.connector_builder_secrets.create(1, connector, "more", "a-value")

    def test_a_viewer_may_not_see_them(self, server, connector):
        with SupermetricsClient(api_key=server.create_key("viewer"), base_url=server.url) as viewer:
            with pytest.raises(SupermetricsForbiddenError):
                viewer.connector_builder_secrets.list(1, connector)
