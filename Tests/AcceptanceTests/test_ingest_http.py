"""POST /v1/ingest over plain HTTP: every form of a good body, and bad ones, from the merely wrong to the hostile."""

import concurrent.futures
import gzip
import http.client
import json
import re
import select
import socket
import struct
import time
import zlib

import pytest
import zstandard

from entries import entry, instant
from server import ndjson, send

MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def key(server):
    return server.create_key("recorder")


@pytest.fixture(autouse=True)
def still_well(server):
    """Whatever a test sent, the server lives and takes entries."""
    yield
    assert server.process.poll() is None
    assert server.get("/readyz", key=None).status == 200


def stored(server, connector):
    """The numbers of the connector's entries, oldest first: the last part of their path."""
    rows = server.pages(f"/v1/teams/1/logs?connector={connector}", "logs")
    return [int(row["uri"].split("/")[-1].split("?")[0]) for row in reversed(rows)]


def refused(answer, status, code):
    assert (answer.status, answer.error_code) == (status, code), answer
    assert set(answer.json) <= {"meta", "error", "rejected"}
    assert answer.headers["x-request-id"] == answer.json["meta"]["request_id"]
    assert answer.headers["content-type"].startswith("application/json")


def zstd_with_checksum(content):
    """As the zstd program writes it: only with the checksum can a decoder tell every damage."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


class TestGoodBodies:
    @pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd", None])
    @pytest.mark.parametrize("media", ["ndjson", "array", "object"])
    def test_takes_each_form_in_each_encoding(self, server, key, media, encoding):
        connector = f"good-{media}-{encoding}"
        lines = [entry(connector, n) for n in range(1 if media == "object" else 50)]
        body = ndjson(lines) if media == "ndjson" else json.dumps(lines[0] if media == "object" else lines).encode()
        headers = {"Content-Type": "application/x-ndjson" if media == "ndjson" else "application/json; charset=utf-8"}
        if encoding is not None:
            headers["Content-Encoding"] = encoding
        if encoding == "gzip":
            body = gzip.compress(body)
        elif encoding == "zstd":
            body = zstandard.compress(body)
        answer = server.request("POST", "/v1/ingest", body, key, headers)
        assert answer.status == 200, answer
        assert answer.json == {"accepted": len(lines), "rejected": [], "meta": answer.json["meta"]}
        assert stored(server, connector) == list(range(len(lines)))

    def test_gives_an_entry_back_whole(self, server, key):
        sent = entry("whole", 7, attributes={"region": "eu", "attempt": 2, "cached": False}, unknown_member="kept",
                     trace_id="0af7651916cd43dd8448eb211c80319c", span_id="b7ad6b7169203331",
                     error_name="Odd", error_message="not so bad", outcome="ok")
        assert server.ingest([sent], key).json["accepted"] == 1
        identifier = server.get("/v1/teams/1/logs?connector=whole").json["logs"][0]["id"]
        got = server.get(f"/v1/teams/1/logs/{identifier}").json
        for name, value in sent.items():
            if name == "flow_version":
                assert str(got[name]) == "3"
            elif name == "attributes":
                assert got[name] == value | {"unknown_member": "kept"}
            elif name != "unknown_member":
                assert got[name] == value, name
        assert (got["id"], got["team_id"], got["receipt"]) == (identifier, 1, [])

    def test_keeps_bytes_sizes_and_cut_marks_of_bodies(self, server, key):
        big = "x" * (300 << 10)
        assert server.ingest([
            entry("bodies", 0, request_body="AP8Q", request_body_encoding="base64", response_body={"a": [1, None]}),
            entry("bodies", 1, request_body=big),
            entry("bodies", 2, request_body="the beginning", request_body_size=5_000, request_body_truncated=True),
        ], key).json["accepted"] == 3
        rows = server.get("/v1/teams/1/logs?connector=bodies").json["logs"]
        third, second, first = (server.get(f"/v1/teams/1/logs/{row['id']}").json for row in rows)
        assert (first["request_body"], first["request_body_encoding"]) == ("AP8Q", "base64")
        assert json.loads(first["response_body"]) == {"a": [1, None]}
        assert second["request_body_truncated"] is True and second["request_body_size"] == len(big)
        assert second["request_body"] == big[:256 << 10]
        assert (third["request_body_truncated"], third["request_body_size"]) == (True, 5_000)

    def test_takes_a_chunked_body_in_small_pieces(self, server, key):
        body = ndjson([entry("chunked", n) for n in range(20)])
        pieces = (body[at:at + 97] for at in range(0, len(body), 97))
        connection = server.connection()
        connection.request("POST", "/v1/ingest", pieces, {
            "Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}, encode_chunked=True)
        assert json.loads(connection.getresponse().read())["accepted"] == 20
        connection.close()
        assert stored(server, "chunked") == list(range(20))

    def test_takes_blank_lines_carriage_returns_and_a_missing_last_newline(self, server, key):
        body = b"\n\r\n" + ndjson([entry("blank", 0)]).replace(b"\n", b"\r\n") + b"\n" + ndjson([entry("blank", 1)])[:-1]
        assert server.ingest(body, key).json["accepted"] == 2
        bad = server.ingest(b"\n\n" + ndjson([entry("blank", 2), b"oops"]), key)
        assert [row["line"] for row in bad.json["rejected"]] == [4]

    def test_takes_faults_and_states(self, server, key):
        answer = server.ingest([
            {"type": "state", "state_id": "s-1", "flow_id": "f-1", "flow_name": "Flow", "status": "in_progress",
             "current_step": "Load", "user": "Public User", "created_at": instant(0), "updated_at": instant(1)},
            entry("stateful", 1, state_id="s-1", flow_id="f-1", status=502),
            {"type": "fault", "name": "Bad Gateway", "state_id": "s-1", "flow_id": "f-1", "log_time": instant(2000),
             "kind": "service", "uri": "https://api.acme.example/v1", "message": "no answer", "status_code": 502,
             "response_headers": {"Server": "acme"}, "response_body": "{}", "invoke_type": "FORWARD", "action": "load"},
            {"type": "state", "state_id": "s-1", "flow_id": "f-1", "status": "failed", "updated_at": instant(3000)},
        ], key)
        assert (answer.status, answer.json["accepted"], answer.json["rejected"]) == (200, 4, [])
        state = server.get("/v1/teams/1/states/s-1").json
        assert (state["status"], state["current_step"], state["calls"], state["failed_calls"], state["faults"]) == (
            "failed", "Load", 1, 1, 1)
        fault = server.get("/v1/teams/1/states/s-1/faults").json["faults"][0]
        assert (fault["name"], fault["status_code"], fault["message"]) == ("Bad Gateway", 502, "no answer")
        assert len(server.get("/v1/teams/1/states/s-1/logs").json["logs"]) == 1

    def test_the_owners_key_names_the_team_in_each_line(self, server):
        answer = server.ingest([entry("owned", 0), entry("owned", 1, team_id=2), entry("owned", 2, team_id=77)],
                               server.owner_key)
        assert answer.json["accepted"] == 1
        assert [(row["line"], row["code"], row["field"]) for row in answer.json["rejected"]] == [
            (1, "MISSING_FIELD", "team_id"), (3, "TEAM_NOT_FOUND", "team_id")]
        assert len(server.get("/v1/teams/2/logs?connector=owned").json["logs"]) == 1
        assert stored(server, "owned") == []

    def test_another_teams_line_is_refused(self, server, key):
        answer = server.ingest([entry("foreign", 0, team_id=2), entry("foreign", 1)], key)
        assert [(row["line"], row["code"], row["field"]) for row in answer.json["rejected"]] == [
            (1, "FORBIDDEN", "team_id")]
        assert stored(server, "foreign") == [1]


def bad_lines():
    """(name, line, codes, field): what is wrong with it may be told in one of several true ways."""
    good = entry("bad", 1)

    def raw(name, text):
        return json.dumps({n: v for n, v in good.items() if n != name})[:-1].encode() + b', "%s": %s}' % (name.encode(), text)

    yield "truncated", json.dumps(good)[:-20].encode(), {"INVALID_JSON"}, None
    yield "word", b"oops", {"INVALID_JSON"}, None
    yield "two values", json.dumps(good).encode() + b" {}", {"INVALID_JSON"}, None
    yield "trailing comma", json.dumps(good)[:-1].encode() + b",}", {"INVALID_JSON"}, None
    yield "single quotes", b"{'connector_identifier': 'bad'}", {"INVALID_JSON"}, None
    yield "comment", b"{/* */" + json.dumps(good)[1:].encode(), {"INVALID_JSON"}, None
    yield "nan", raw("duration_ms", b"NaN"), {"INVALID_JSON"}, None
    yield "leading zero", raw("status", b"0200"), {"INVALID_JSON"}, None
    yield "hexadecimal", raw("status", b"0xC8"), {"INVALID_JSON"}, None
    yield "bare control character", raw("event", b'"a\x01b"'), {"INVALID_JSON"}, None
    yield "bad escape", raw("event", b'"\\x41"'), {"INVALID_JSON"}, None
    yield "short escape", raw("event", b'"\\u12"'), {"INVALID_JSON"}, None
    yield "lone surrogate", raw("event", b'"\\ud800"'), {"INVALID_JSON", "INVALID_UTF8", "INVALID_VALUE"}, None
    yield "byte order mark", b"\xef\xbb\xbf" + json.dumps(good).encode(), {"INVALID_JSON"}, None
    yield "nul", json.dumps(good).encode() + b"\0", {"INVALID_JSON"}, None
    yield "array", b"[1, 2]", {"NOT_AN_OBJECT"}, None
    yield "number", b"17", {"NOT_AN_OBJECT"}, None
    yield "null", b"null", {"NOT_AN_OBJECT"}, None
    yield "utf-8", raw("event", b'"\xff\xfe"'), {"INVALID_UTF8"}, None
    yield "overlong utf-8", raw("event", b'"\xc0\xaf"'), {"INVALID_UTF8"}, None
    yield "surrogate in utf-8", raw("event", b'"\xed\xa0\x80"'), {"INVALID_UTF8"}, None
    yield "latin-1 in a body", raw("request_body", b'"caf\xe9"'), {"INVALID_UTF8"}, None
    yield "latin-1 in an unknown member", raw("whatever", b'"caf\xe9"'), {"INVALID_UTF8"}, None
    yield "depth 10,000", raw("request_body", b"[" * 10_000 + b"]" * 10_000), {"INVALID_JSON"}, None
    yield "depth 10,000 of objects", raw("whatever", b'{"a":' * 10_000 + b"1" + b"}" * 10_000), {"INVALID_JSON"}, None
    yield "unclosed depth 100,000", raw("request_body", b"[" * 100_000), {"INVALID_JSON"}, None
    yield "10 MB line", raw("request_body", b'"' + b"x" * 10_000_000 + b'"'), {"LINE_TOO_LONG"}, None
    yield "10 MB of blanks", b" " * 10_000_000 + json.dumps(good).encode(), {"LINE_TOO_LONG"}, None
    yield "duplicate", json.dumps(good)[:-1].encode() + b', "status": 500}', {"DUPLICATE_MEMBER"}, "status"
    yield "escaped duplicate", json.dumps(good)[:-1].encode() + b', "\\u0073tatus": 500}', {"DUPLICATE_MEMBER"}, "status"
    yield "no connector", json.dumps({n: v for n, v in good.items() if n != "connector_identifier"}).encode(), \
        {"MISSING_FIELD"}, "connector_identifier"
    for name, value, codes in [
        ("connector_identifier", b'""', {"INVALID_VALUE", "OUT_OF_RANGE"}),
        ("connector_identifier", b'"a b"', {"INVALID_VALUE"}),
        ("connector_identifier", b'"%s"' % (b"x" * 101), {"TOO_LONG", "INVALID_VALUE"}),
        ("connector_identifier", b"17", {"WRONG_TYPE"}),
        ("connector_identifier", b"null", {"MISSING_FIELD", "WRONG_TYPE"}),
        ("status", b"99", {"OUT_OF_RANGE"}), ("status", b"600", {"OUT_OF_RANGE"}), ("status", b"-200", {"OUT_OF_RANGE"}),
        ("status", b"1e400", {"OUT_OF_RANGE"}), ("status", b"9" * 5000, {"OUT_OF_RANGE", "INVALID_JSON"}),
        ("status", b"200.5", {"WRONG_TYPE", "OUT_OF_RANGE", "INVALID_VALUE"}), ("status", b'"200"', {"WRONG_TYPE"}),
        ("status", b"true", {"WRONG_TYPE"}), ("status", b"[]", {"WRONG_TYPE"}),
        ("duration_ms", b"-1", {"OUT_OF_RANGE"}), ("duration_ms", b"86400001", {"OUT_OF_RANGE"}),
        ("duration_ms", b"1e308", {"OUT_OF_RANGE"}), ("duration_ms", b"1e999999", {"OUT_OF_RANGE"}),
        ("duration_ms", b'"fast"', {"WRONG_TYPE"}),
        ("team_id", b"0", {"OUT_OF_RANGE"}), ("team_id", b"-1", {"OUT_OF_RANGE"}),
        ("team_id", b"9223372036854775808", {"OUT_OF_RANGE"}), ("team_id", b"1.5", {"WRONG_TYPE", "OUT_OF_RANGE", "INVALID_VALUE"}),
        ("log_time", b'"yesterday"', {"INVALID_VALUE"}), ("log_time", b'"2026-02-30T00:00:00Z"', {"INVALID_VALUE"}),
        ("log_time", b'"2026-11-01 12:00"', {"INVALID_VALUE"}), ("log_time", b'"2026-11-01T12:00:00"', {"INVALID_VALUE"}),
        ("log_time", b'"2026-11-01T24:00:00Z"', {"INVALID_VALUE"}), ("log_time", b'"2026-11-01T12:00:00+25:00"', {"INVALID_VALUE"}),
        ("log_time", b'"+12026-11-01T12:00:00Z"', {"INVALID_VALUE"}),
        ("log_time", b'"1969-12-31T23:59:59Z"', {"OUT_OF_RANGE"}), ("log_time", b'"0000-01-01T00:00:00Z"', {"OUT_OF_RANGE", "INVALID_VALUE"}),
        ("log_time", b'"9999-12-31T23:59:59Z"', {"OUT_OF_RANGE"}), ("log_time", b"1762000000", {"WRONG_TYPE"}),
        ("event", b'"%s"' % (b"x" * 256), {"TOO_LONG"}), ("event", b"1", {"WRONG_TYPE"}),
        ("method", b'"GE T"', {"INVALID_VALUE"}), ("method", b'"%s"' % (b"X" * 33), {"TOO_LONG", "INVALID_VALUE"}),
        ("uri", b'"https://a.example/%s"' % (b"x" * 8192), {"TOO_LONG"}),
        ("outcome", b'"good"', {"INVALID_VALUE"}), ("type", b'"event"', {"INVALID_VALUE"}),
        ("trace_id", b'"xyz"', {"INVALID_VALUE"}), ("span_id", b'"b7ad6b716920333"', {"INVALID_VALUE"}),
        ("request_headers", b'["a"]', {"WRONG_TYPE"}), ("request_headers", b'{"a": 1}', {"WRONG_TYPE"}),
        ("request_body_encoding", b'"gzip"', {"INVALID_VALUE"}),
        ("error_message", b'"%s"' % (b"x" * 16_385), {"TOO_LONG"}),
        ("attributes", b"[]", {"WRONG_TYPE"}),
        ("attributes", json.dumps({str(n): n for n in range(65)}).encode(), {"TOO_LONG"}),
        ("attributes", json.dumps({"a": "x" * 9000}).encode(), {"TOO_LONG"}),
    ]:
        label = value.decode() if len(value) < 40 else value[:20].decode() + "..."
        yield f"{name} {label}", raw(name, value), codes, name


BAD_LINES = list(bad_lines())


class TestBadLines:
    @pytest.mark.parametrize("line, codes, field", [row[1:] for row in BAD_LINES], ids=[row[0] for row in BAD_LINES])
    def test_a_bad_line_is_told_and_its_neighbours_are_stored(self, server, key, line, codes, field, request):
        connector = f"bad-{request.node.callspec.indices['line']}"
        answer = server.ingest([entry(connector, 0), line, entry(connector, 2)], key)
        assert answer.status == 200, answer
        assert answer.json["accepted"] == 2
        [row] = answer.json["rejected"]
        assert row["line"] == 2 and row["code"] in codes, row
        if field is None:
            assert "field" not in row or row["field"], row
        else:
            assert row["field"] == field or row["field"].startswith(field + "."), row
        if row["code"] in ("INVALID_JSON", "INVALID_UTF8"):
            assert any(character.isdigit() for character in row["message"]), row
        assert len(row["message"]) < 300
        assert stored(server, connector) == [0, 2]
        assert stored(server, "bad") == []

    @pytest.mark.parametrize("wrong", ["9999-12-31T23:59:59Z", 25 * 3600])
    def test_a_time_more_than_a_day_ahead_is_refused(self, server, key, wrong):
        if isinstance(wrong, int):
            wrong = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + wrong))
        answer = server.ingest([entry("ahead", 0, log_time=wrong)], key)
        refused(answer, 422, "UNPROCESSABLE_ENTITY")
        assert [(row["line"], row["code"], row["field"]) for row in answer.json["rejected"]] == [
            (1, "OUT_OF_RANGE", "log_time")]

    def test_a_time_an_hour_ahead_is_taken(self, server, key):
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        assert server.ingest([entry("soon", 0, log_time=soon)], key).json["accepted"] == 1

    def test_elements_of_an_array_are_numbered(self, server, key):
        body = json.dumps([entry("array", 0), entry("array", 1, status=9), 17, entry("array", 3)]).encode()
        answer = server.request("POST", "/v1/ingest", body, key, {"Content-Type": "application/json"})
        assert answer.json["accepted"] == 2
        assert [(row["line"], row["code"]) for row in answer.json["rejected"]] == [
            (2, "OUT_OF_RANGE"), (3, "NOT_AN_OBJECT")]
        assert stored(server, "array") == [0, 3]

    def test_nothing_good_is_422_with_all_that_was_wrong(self, server, key):
        answer = server.ingest([b"oops", entry("none", 1, status=9), b"[]"], key)
        refused(answer, 422, "UNPROCESSABLE_ENTITY")
        assert [(row["line"], row["code"], row.get("field")) for row in answer.json["rejected"]] == [
            (1, "INVALID_JSON", None), (2, "OUT_OF_RANGE", "status"), (3, "NOT_AN_OBJECT", None)]

    def test_an_answer_never_repeats_what_was_sent(self, server, key):
        marker = "made-up-secret-8f2c"
        for line in ([entry("echo", 0, status=marker)], [entry("echo", 0, **{marker: {"a": [marker]}}, status=9)],
                     [b'{"connector_identifier":"echo","event":"' + marker.encode() + b'\xff"}'], [marker.encode()],
                     [entry("echo", 0, event=marker * 20)], [entry("echo", 0, log_time=marker)],
                     [entry("echo", 0, uri="https://a.example/" + marker * 500)]):
            answer = server.ingest(line, key)
            refused(answer, 422, "UNPROCESSABLE_ENTITY")
            assert marker.encode() not in answer.body


class TestBadRequests:
    @pytest.mark.parametrize("body", [b"", b"\n", b"\r\n \n\t\n"])
    @pytest.mark.parametrize("media", ["application/x-ndjson", "application/json"])
    def test_an_empty_body_is_422(self, server, key, body, media):
        refused(server.request("POST", "/v1/ingest", body, key, {"Content-Type": media}), 422, "UNPROCESSABLE_ENTITY")

    @pytest.mark.parametrize("body", [b"[", b"[1,", b"[]x", b"{", b"nonsense", b'"text"', b"17"])
    def test_a_document_without_a_good_element_is_refused(self, server, key, body):
        answer = server.request("POST", "/v1/ingest", body, key, {"Content-Type": "application/json"})
        assert answer.status in (400, 422), answer
        refused(answer, answer.status, {400: "BAD_REQUEST", 422: "UNPROCESSABLE_ENTITY"}[answer.status])

    @pytest.mark.parametrize("end", [b"", b",", b",]", b"] x", b'}', b' {"connector_identifier":"cut-9","uri":"/9"}]'],
                             ids=["cut", "cut at a comma", "trailing comma", "garbage", "brace", "no comma"])
    def test_an_array_that_breaks_off_keeps_what_was_good_and_tells_the_place(self, server, key, end, request):
        connector = f"cut-{request.node.callspec.indices['end']}"
        good = json.dumps([entry(connector, n) for n in range(3)]).encode()[:-1]
        answer = server.request("POST", "/v1/ingest", good + end, key, {"Content-Type": "application/json"})
        assert (answer.status, answer.json["accepted"]) == (200, 3), answer
        [row] = answer.json["rejected"]
        assert (row["line"], row["code"]) == (4, "INVALID_JSON")
        offsets = [int(word) for word in re.findall(r"byte (\d+)", row["message"])]
        assert len(offsets) == 1 and len(good) <= offsets[0] <= len(good + end), row
        assert stored(server, connector) == [0, 1, 2]
        assert stored(server, "cut-9") == []

    @pytest.mark.parametrize("media", ["application/x-ndjson", "application/json"])
    def test_a_byte_order_mark_before_the_body_is_passed_over(self, server, key, media):
        connector = "mark-" + media.split("/")[1]
        body = b"\xef\xbb\xbf" + json.dumps(entry(connector, 0)).encode()
        answer = server.request("POST", "/v1/ingest", body, key, {"Content-Type": media})
        assert (answer.status, answer.json["accepted"]) == (200, 1), answer
        assert stored(server, connector) == [0]

    @pytest.mark.parametrize("media", ["text/plain", "application/xml", "nonsense", "", None])
    def test_another_media_type_is_415(self, server, key, media):
        headers = {} if media is None else {"Content-Type": media}
        refused(server.request("POST", "/v1/ingest", ndjson([entry("media", 0)]), key, headers),
                415, "UNSUPPORTED_MEDIA_TYPE")

    @pytest.mark.parametrize("encoding", ["br", "compress", "gzip, zstd", "nonsense"])
    def test_another_encoding_is_415(self, server, key, encoding):
        refused(server.ingest([entry("encoding", 0)], key, Content_Encoding=encoding), 415, "UNSUPPORTED_MEDIA_TYPE")

    @pytest.mark.parametrize("encoding, pack", [("gzip", gzip.compress), ("zstd", zstd_with_checksum)])
    @pytest.mark.parametrize("damage", ["cut", "flipped", "plain", "foreign", "trailing"])
    def test_damaged_compression_stores_nothing(self, server, key, encoding, pack, damage):
        connector = f"damaged-{encoding}-{damage}"
        plain = ndjson([entry(connector, n) for n in range(200)])
        packed = pack(plain)
        middle = len(packed) // 2
        body = {
            "cut": packed[:-10],
            "flipped": packed[:middle] + bytes(byte ^ 0xFF for byte in packed[middle:middle + 40]) + packed[middle + 40:],
            "plain": plain,
            "foreign": {"gzip": zstandard.compress, "zstd": gzip.compress}[encoding](plain),
            "trailing": packed + b"trailing garbage",
        }[damage]
        refused(server.ingest(body, key, Content_Encoding=encoding), 400, "BAD_REQUEST")
        assert stored(server, connector) == []

    @pytest.mark.parametrize("encoding, pack", [("gzip", gzip.compress), ("zstd", zstandard.compress)])
    def test_several_compressed_members_are_one_body(self, server, key, encoding, pack):
        connector = f"members-{encoding}"
        body = b"".join(pack(ndjson([entry(connector, n)])) for n in range(3))
        assert server.ingest(body, key, Content_Encoding=encoding).json["accepted"] == 3

    def test_other_methods_are_405_and_say_which_there_are(self, server, key):
        answer = server.request("GET", "/v1/ingest", key=key)
        refused(answer, 405, "METHOD_NOT_ALLOWED")
        assert "POST" in answer.headers["allow"]

    def test_keys_that_may_not_write_are_refused(self, server):
        refused(server.ingest([entry("viewer", 0)], server.create_key("viewer")), 403, "FORBIDDEN")
        refused(server.ingest([entry("viewer", 0)], "clk_" + "x" * 43), 401, "UNAUTHORIZED")
        refused(server.ingest([entry("viewer", 0)], None), 401, "UNAUTHORIZED")
        assert stored(server, "viewer") == []

    def test_a_key_without_the_scheme_is_taken(self, server, key):
        assert server.ingest([entry("schemeless", 0)], None, Authorization=key).json["accepted"] == 1


class TestIdempotency:
    def test_a_repeated_request_is_stored_once_and_answered_the_same_also_after_a_kill(self, make_server):
        server = make_server()
        key = server.create_key("recorder")
        body = ndjson([entry("once", 0), b"oops", entry("once", 2)])
        first = server.ingest(body, key, Idempotency_Key="order-17")
        assert (first.status, first.json["accepted"]) == (200, 2)
        for _ in range(2):
            again = server.ingest(body, key, Idempotency_Key="order-17")
            assert (again.status, again.json["accepted"], again.json["rejected"]) == (200, 2, first.json["rejected"])
            assert stored(server, "once") == [0, 2]
            server.restart()
        other_body = server.ingest([entry("once", 3)], key, Idempotency_Key="order-17")
        refused(other_body, 422, "UNPROCESSABLE_ENTITY")
        other_key = server.ingest(body, server.create_key("recorder"), Idempotency_Key="order-17")
        assert (other_key.status, other_key.json["accepted"]) == (200, 2)
        assert stored(server, "once") == [0, 0, 2, 2]

    def test_the_same_request_at_once_from_eight_clients_is_stored_once(self, server, key):
        body = ndjson([entry("race", n) for n in range(100)])
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: server.ingest(body, key, Idempotency_Key="race"), range(8)))
        assert {(answer.status, answer.json["accepted"]) for answer in answers} == {(200, 100)}
        assert stored(server, "race") == list(range(100))

    @pytest.mark.parametrize("name", ["x" * 256, "", "caf\u00e9"])
    def test_a_bad_key_is_refused(self, server, key, name):
        assert server.ingest([entry("badkey", 0)], key, Idempotency_Key=name.encode("latin-1")).status == 400


def bomb(encoding, piece, count):
    """`count` times `piece`, compressed without ever being held whole."""
    packer = zlib.compressobj(6, wbits=31) if encoding == "gzip" else zstandard.ZstdCompressor(level=1).compressobj()
    return b"".join(packer.compress(piece) for _ in range(count)) + packer.flush()


class TestHostileClients:
    @pytest.mark.parametrize("encoding", ["gzip", "zstd"])
    @pytest.mark.parametrize("kind", ["one line", "lines", "blank lines"])
    def test_a_bomb_is_refused_and_memory_stays_bounded(self, make_server, encoding, kind):
        server = make_server()
        key = server.create_key("recorder")
        piece = {"one line": b"x" * MEBIBYTE, "lines": b'{"connector_identifier":"bomb","uri":"/0"}\n' * 10_000,
                 "blank lines": b"\n" * MEBIBYTE}[kind]
        body = bomb(encoding, piece, 512)
        assert len(body) < 2 * MEBIBYTE
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: server.ingest(body, key, Content_Encoding=encoding), range(4)))
        for answer in answers:
            assert answer.status in (413, 503), answer
            assert answer.error_code in ("CONTENT_TOO_LARGE", "SERVICE_UNAVAILABLE")
        assert any(answer.status == 413 for answer in answers)
        assert server.peak_megabytes() < 700
        assert time.monotonic() - started < 60
        assert stored(server, "bomb") == []
        assert server.ingest([entry("after", 0)], key).status == 200

    @pytest.mark.parametrize("declared", [10 << 40, None], ids=["declared", "chunked"])
    def test_a_body_past_the_limit_is_413_before_it_was_all_sent(self, server, key, declared):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
            client.sendall(request_head(server, key, declared))
            line = ndjson([entry("endless", 0, request_body="x" * 60_000)])
            if declared is None:
                line = b"%x\r\n%s\r\n" % (len(line), line)
            sent = 0
            while not select.select([client], [], [], 0)[0]:
                assert sent < 512 * MEBIBYTE, "it takes whatever comes"
                client.sendall(line)
                sent += len(line)
            assert client.recv(65536).startswith(b"HTTP/1.1 413")
        assert stored(server, "endless") == []

    def test_a_slow_client_holds_nobody_up_and_is_served(self, server, key):
        body = ndjson([entry("slow", n) for n in range(3)])
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
            client.sendall(request_head(server, key, len(body)))
            for at in range(0, len(body), 256):
                client.sendall(body[at:at + 256])
                started = time.monotonic()
                assert server.get("/healthz", key=None).status == 200
                assert server.ingest([entry("beside", at)], key).status == 200
                assert time.monotonic() - started < 5
            response = http.client.HTTPResponse(client)
            response.begin()
            assert json.loads(response.read())["accepted"] == 3
        assert stored(server, "slow") == [0, 1, 2]

    @pytest.mark.parametrize("how", ["closed", "reset"])
    def test_an_aborted_request_stores_nothing(self, server, key, how):
        connector = f"aborted-{how}"
        body = ndjson([entry(connector, n) for n in range(500)])
        for part in (0, 1, len(body) // 2, len(body) - 1):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=30)
            client.sendall(request_head(server, key, len(body)) + body[:part])
            if how == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        # A whole request behind them shows that the server is past the aborted ones.
        assert server.ingest([entry("after-aborts", 0)], key).status == 200
        assert stored(server, connector) == []

    def test_two_hundred_idle_connections_leave_room(self, server, key):
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
        try:
            for client in idle[::2]:
                client.sendall(request_head(server, key, 1_000_000) + b'{"connector')
            assert server.ingest([entry("room", 0)], key).json["accepted"] == 1
        finally:
            for client in idle:
                client.close()

    @pytest.mark.parametrize("garbage", [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100, b"GET\r\n\r\n", b"\0" * 1000,
        b"POST /v1/ingest HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/ingest HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\n",
        b"GET /%00%ff%c0%af/../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ])
    def test_garbage_on_the_socket_is_survived(self, server, garbage):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            answer = b""
            try:
                client.sendall(garbage)
                client.shutdown(socket.SHUT_WR)
                while more := client.recv(65536):
                    answer += more
            except OSError:
                pass
        assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer[:200]

    def test_a_kept_alive_connection_outlives_a_refused_request(self, server, key):
        connection = server.connection()
        for number in range(3):
            assert send(connection, "POST", "/v1/ingest", b"oops", key, {"Content-Type": "application/x-ndjson"}).status == 422
            assert send(connection, "GET", "/v1/nowhere", key=key).status == 404
            body = ndjson([entry("kept-alive", number)])
            assert send(connection, "POST", "/v1/ingest", body, key, {"Content-Type": "application/x-ndjson"}).status == 200
        connection.close()
        assert stored(server, "kept-alive") == [0, 1, 2]


def request_head(server, key, length):
    """Of a body of so many bytes; None is for one in chunks."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return (f"POST /v1/ingest HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/x-ndjson\r\n{framing}\r\n\r\n").encode()
