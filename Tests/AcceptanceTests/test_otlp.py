"""OTLP over HTTP and gRPC, spoken by the official exporters of Python and, where they say too little, by their messages."""

import gzip
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import grpc
import pytest
import requests
from google.rpc import error_details_pb2, status_pb2
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GRPCLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GRPCSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HTTPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HTTPSpanExporter
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from examples import example
from server import BINARY, NO_RATE_LIMIT, Server, free_port
from tls import make_certificate

TRACES = "opentelemetry.proto.collector.trace.v1.TraceService/Export"
LOGS = "opentelemetry.proto.collector.logs.v1.LogsService/Export"
CLIENT = 3


class OTLPServer(Server):
    """With the ports of OTLP; plain text."""

    def start(self, **options):
        self.grpc_port, self.http_port = free_port(), free_port()
        self.arguments = (*self.arguments, "--otlp-grpc-port", str(self.grpc_port),
                          "--otlp-http-port", str(self.http_port))
        super().start(**options)
        wait_for_port(self.grpc_port)
        wait_for_port(self.http_port)
        return self

    def otlp(self, body, key, path="/v1/traces", media="application/x-protobuf", **headers):
        sent = {"Content-Type": media} | {k.replace("_", "-"): v for k, v in headers.items()}
        return self.request("POST", path, body, key, sent)

    def call(self, method, body, key, compression=None, port=None, **metadata):
        """One call over gRPC; the answer's bytes."""
        options = [("grpc.enable_http_proxy", 0)]
        with grpc.insecure_channel(f"127.0.0.1:{port or self.grpc_port}", options=options) as channel:
            send = channel.unary_unary(f"/{method}", request_serializer=None, response_deserializer=None)
            sent = [(name, value) for name, value in metadata.items()]
            if key:
                sent.append(("authorization", f"Bearer {key}"))
            return send(body, metadata=sent, timeout=60, compression=compression)

    def entries(self, connector):
        rows = self.pages(f"/v1/teams/1/logs?connector={connector}", "logs")
        return [self.get(f"/v1/teams/1/logs/{row['id']}").json for row in reversed(rows)]


def wait_for_port(port):
    deadline = time.monotonic() + 30
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, f"nothing listens on {port}"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = OTLPServer(tmp_path_factory.mktemp("otlp") / "data").start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def key(server):
    return server.create_key("recorder")


def span(name="GET", kind=CLIENT, trace=1, id=1, parent=0, start=1_700_000_000_000_000_000, duration=81_250_000,
         **attributes):
    """One span as a request; attributes with dots are written with two underscores."""
    request = trace_service_pb2.ExportTraceServiceRequest()
    add_span(request, name, kind, trace, id, parent, start, duration, attributes)
    return request


def add_span(request, name, kind, trace, id, parent, start, duration, attributes, resource=None):
    group = request.resource_spans.add()
    for key, value in (resource or {}).items():
        set_attribute(group.resource.attributes, key, value)
    made = group.scope_spans.add().spans.add(
        trace_id=trace.to_bytes(16), span_id=id.to_bytes(8), parent_span_id=parent.to_bytes(8) if parent else b"",
        name=name, kind=kind, start_time_unix_nano=start, end_time_unix_nano=start + duration)
    for key, value in attributes.items():
        set_attribute(made.attributes, key.replace("__", "."), value)
    return made


def set_attribute(attributes, key, value):
    made = attributes.add(key=key)
    set_value(made.value, value)


def set_value(target, value):
    if isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int):
        target.int_value = value
    elif isinstance(value, float):
        target.double_value = value
    elif isinstance(value, bytes):
        target.bytes_value = value
    elif isinstance(value, list):
        for element in value:
            set_value(target.array_value.values.add(), element)
        if not value:
            target.array_value.SetInParent()
    elif isinstance(value, dict):
        for name, member in value.items():
            set_attribute(target.kvlist_value.values, name, member)
    else:
        target.string_value = value


CALL = {"http__request__method": "POST", "url__full": "https://api.acme.example/v1/leads?page=2",
        "http__response__status_code": 422}


@pytest.fixture(scope="module")
def vendor():
    class Vendor(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status = 503 if "broken" in self.path else 200
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    vendor = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    threading.Thread(target=vendor.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{vendor.server_port}"
    vendor.shutdown()


class TestOfficialExporters:
    """Spans that the instrumentation of `requests` makes of real calls."""

    def exporter(self, server, key, kind):
        headers = {"authorization": f"Bearer {key}"}
        http_url = f"http://127.0.0.1:{server.http_port}/v1/traces"
        match kind:
            case "http":
                return HTTPSpanExporter(f"{server.url}/v1/traces", headers=headers)
            case "http-gzip":
                return HTTPSpanExporter(http_url, headers=headers, compression=Compression.Gzip)
            case "http-deflate":
                return HTTPSpanExporter(http_url, headers=headers, compression=Compression.Deflate)
            case "grpc":
                return GRPCSpanExporter(f"http://127.0.0.1:{server.grpc_port}", headers=headers, insecure=True)
            case "grpc-gzip":
                return GRPCSpanExporter(f"127.0.0.1:{server.grpc_port}", headers=headers, insecure=True,
                                        compression=grpc.Compression.Gzip)

    @pytest.mark.parametrize("kind", ["http", "http-gzip", "http-deflate", "grpc", "grpc-gzip"])
    def test_calls_are_recorded(self, server, key, vendor, kind):
        connector = f"acme-{kind}"
        provider = TracerProvider(resource=Resource.create({"service.name": connector, "service.version": "1.2"}))
        provider.add_span_processor(BatchSpanProcessor(self.exporter(server, key, kind)))
        instrumentor = RequestsInstrumentor()
        instrumentor.instrument(tracer_provider=provider)
        try:
            tracer = provider.get_tracer("test")
            with tracer.start_as_current_span("Nightly sync", attributes={"flow.name": "Nightly sync"}) as run:
                requests.get(f"{vendor}/v1/leads?page=2", timeout=10)
                requests.get(f"{vendor}/broken", timeout=10)
                with pytest.raises(requests.ConnectionError):
                    requests.get("http://127.0.0.1:1/unreachable", timeout=10)
        finally:
            instrumentor.uninstrument()
        provider.shutdown()
        first, second, third = server.entries(connector)
        trace_id = f"{run.get_span_context().trace_id:032x}"
        assert first["method"] == "GET" and first["uri"] == f"{vendor}/v1/leads?page=2"
        assert (first["status"], first["outcome"], first["trace_id"]) == (200, "ok", trace_id)
        assert first["duration_ms"] > 0 and first["attributes"]["service.version"] == "1.2"
        assert (second["status"], second["outcome"]) == (503, "failed")
        assert (third["status"], third["outcome"]) == (None, "failed")
        assert third["error_name"].endswith("ConnectionError") and "unreachable" in third["error_message"]
        # The root span of the trace stands for the run, and its calls are the run's.
        state = server.get(f"/v1/teams/1/states/{trace_id}").json
        assert (state["flow_name"], state["status"], state["calls"]) == ("Nightly sync", "done", 3)

    @pytest.mark.parametrize("kind", ["http", "grpc"])
    def test_log_records_are_recorded(self, server, key, kind):
        headers = {"authorization": f"Bearer {key}"}
        exporter = (HTTPLogExporter(f"{server.url}/v1/logs", headers=headers) if kind == "http" else
                    GRPCLogExporter(f"127.0.0.1:{server.grpc_port}", headers=headers, insecure=True))
        provider = LoggerProvider(resource=Resource.create({"service.name": f"logs-{kind}"}))
        provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
        logger = provider.get_logger("test")
        state = f"run-of-logs-{kind}"
        logger.emit(LogRecord(
            timestamp=1_700_000_000_000_000_000, severity_number=SeverityNumber.ERROR, body="the vendor said no",
            attributes={"http.request.method": "PUT", "url.full": "https://api.acme.example/v1/x",
                        "http.response.status_code": 409, "flow.request.state.id": state}))
        logger.emit(LogRecord(
            timestamp=1_700_000_001_000_000_000, severity_number=SeverityNumber.FATAL, body="the run broke",
            attributes={"exception.type": "SyncError", "flow.request.state.id": state, "flow.name": "Sync"}))
        logger.emit(LogRecord(timestamp=1, severity_number=SeverityNumber.INFO, body="nothing for us"))
        provider.shutdown()
        (call,) = server.entries(f"logs-{kind}")
        assert (call["method"], call["status"], call["error_message"]) == ("PUT", 409, "the vendor said no")
        (fault,) = server.get(f"/v1/teams/1/states/{state}/faults").json["faults"]
        assert (fault["name"], fault["message"], fault["flow_name"]) == ("SyncError", "the run broke", "Sync")

    def test_over_tls(self, make_server, tmp_path):
        certificate, private_key = make_certificate(tmp_path)
        port = free_port()
        server = Server(tmp_path / "tls", arguments=(
            *NO_RATE_LIMIT, "--otlp-grpc-port", str(port), "--tls-certificate", str(certificate),
            "--tls-private-key", str(private_key)))
        server.log = open(tmp_path / "tls.log", "ab")
        server.process = subprocess.Popen(
            [BINARY, "serve", "--data", server.data, "--port", str(free_port()), *server.arguments],
            stdout=server.log, stderr=server.log)
        try:
            wait_for_port(port)
            credentials = grpc.ssl_channel_credentials(certificate.read_bytes())
            exporter = GRPCSpanExporter(
                f"https://localhost:{port}", credentials=credentials,
                headers={"authorization": f"Bearer {server.owner_key}", })
            provider = TracerProvider(resource=Resource.create({"service.name": "tls", "connectorlog.team_id": 1}))
            provider.add_span_processor(SimpleSpanProcessor(exporter))
            with provider.get_tracer("test").start_as_current_span("GET", kind=SpanKind.CLIENT, attributes={
                    "http.request.method": "GET", "url.full": "https://api.acme.example/"}):
                pass
            assert exporter.force_flush()
            provider.shutdown()
        finally:
            server.stop()
        assert "method=gRPC" in server.output() and "status=200" in server.output()


class TestMapping:
    def send(self, server, key, request):
        answer = server.otlp(request.SerializeToString(), key)
        assert (answer.status, answer.body) == (200, b""), answer
        assert answer.headers["content-type"] == "application/x-protobuf"

    def test_everything_that_a_call_has(self, server, key):
        request = span(
            name="load leads", trace=0x0af7651916cd43dd8448eb211c80319c, id=0xb7ad6b7169203331, **CALL,
            connector__identifier="everything", peer__service="not-this", flow__id="f-1", flow__name="Sync",
            flow__version="3", flow__request__state__id="run-1", http__request__body='{"a":1}',
            http__response__body=b"\x00\x01", http__request__body__size=7, tenant="t-1", retries=2, ratio=0.5,
            **{"http.request.header.x-request-id": ["r-1"], "http.response.header.via": ["a", "b"],
               "tags": ["x", 1], "ok": True})
        failed = request.resource_spans[0].scope_spans[0].spans[0]
        failed.status.code = 2
        failed.status.message = "not this one"
        event = failed.events.add(name="exception")
        for name, value in {"type": "acme.Refused", "message": "no such lead", "stacktrace": "at line 1"}.items():
            set_attribute(event.attributes, f"exception.{name}", value)
        self.send(server, key, request)
        (entry,) = server.entries("everything")
        expected = {
            "connector_identifier": "everything", "log_time": "2023-11-14T22:13:20.000000Z", "event": "load leads",
            "method": "POST", "uri": "https://api.acme.example/v1/leads?page=2", "status": 422, "outcome": "failed",
            "duration_ms": 81.25, "request_id": "r-1", "flow_id": "f-1", "flow_name": "Sync", "flow_version": "3",
            "state_id": "run-1", "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
            "request_headers": {"x-request-id": "r-1"}, "response_headers": {"via": ["a", "b"]},
            "request_body": '{"a":1}', "error_name": "acme.Refused", "error_message": "no such lead"}
        assert {name: entry[name] for name in expected} == expected
        assert entry["attributes"] == {
            "peer.service": "not-this", "tenant": "t-1", "retries": 2, "ratio": 0.5, "tags": '["x",1]', "ok": True,
            "exception.stacktrace": "at line 1"}

    def test_names_of_before_the_conventions_were_stable(self, server, key):
        self.send(server, key, span(
            name="HTTP GET", trace=2, http__method="GET", http__scheme="https", net__peer__name="api.old.example",
            net__peer__port=8443, http__target="/v1/x?a=1", http__status_code=200, peer__service="old names",
            **{"http.request.header.content_type": ["text/plain"]}))
        (entry,) = server.entries("old-names")
        assert entry["uri"] == "https://api.old.example:8443/v1/x?a=1" and entry["event"] is None
        assert entry["request_headers"] == {"content-type": "text/plain"}

    def test_a_run_of_boomi_flow(self, server, key):
        problem = {"kind": "service", "uri": "https://api.acme.example/v1/save", "statusCode": 502, "message": "no answer",
                   "responseBody": "{\"error\":1}", "responseHeaders": {"Via": ["a"]}, "invokeType": "FORWARD", "action": "SAVE"}
        request = span(
            name="POST", trace=3, id=31, parent=30, connector__identifier="boomi-call",
            **(CALL | {"http__response__status_code": 502}))
        root = add_span(
            request, "FORWARD-Save order", 2, 3, 30, 0, 1_700_000_000_000_000_000, 2_000_000_000,
            {"flow__name": "Orders", "flow__version": "v-7", "flow__request__state__id": "state-9",
             "flow__request__invokeType": "FORWARD", "flow__response__hasRootFaults": "True",
             "flow__response__firstRootFault": json.dumps(problem), "enduser__id": "Public User"})
        assert root.name
        self.send(server, key, request)
        state = server.get("/v1/teams/1/states/state-9").json
        assert (state["status"], state["current_step"], state["user"]) == ("failed", "Save order", "Public User")
        assert (state["flow_id"], state["flow_name"], state["calls"]) == ("Orders", "Orders", 1)
        (fault,) = server.get("/v1/teams/1/states/state-9/faults").json["faults"]
        assert (fault["name"], fault["kind"], fault["status_code"]) == ("Save order", "service", 502)
        assert (fault["message"], fault["response_body"], fault["action"]) == ("no answer", '{"error":1}', "SAVE")
        assert fault["response_headers"] == {"Via": "a"}
        (call,) = server.entries("boomi-call")
        assert (call["state_id"], call["flow_name"]) == ("state-9", "Orders")

    def test_what_is_too_long_is_left_out_and_named(self, server, key):
        self.send(server, key, span(
            trace=4, connector__identifier="long", http__request__method="GET", url__full="https://h/" + "x" * 9000))
        (entry,) = server.entries("long")
        assert entry["uri"] is None and entry["attributes"]["connectorlog.left_out"] == "uri"

    def test_no_secret_is_stored(self, server, key):
        secret = "planted-" + "q7Rk2" * 5
        self.send(server, key, span(
            trace=5, connector__identifier="secrets", http__request__method="GET",
            url__full=f"https://u:{secret}@h/x?api_key={secret}", http__request__body=json.dumps({"password": secret}),
            **{"http.request.header.authorization": [f"Bearer {secret}"], "client_secret": secret}))
        (entry,) = server.entries("secrets")
        # That nothing is left in the files is for StoredSecretsTests to say, which looks into the blocks.
        assert entry["receipt"] and secret not in json.dumps(entry)


class TestAnswers:
    def test_an_empty_request_is_a_full_success(self, server, key):
        assert server.otlp(b"", key).status == 200
        answer = server.otlp(b"{}", key, media="application/json; charset=utf-8")
        assert (answer.status, answer.json) == (200, {})

    def test_records_for_nobody_are_counted_and_nothing_false_is_said(self, server, key):
        def skipped():
            lines = server.get("/metrics").body.decode().splitlines()
            return sum(float(line.split()[-1]) for line in lines if line.startswith("connectorlog_otlp_records_total")
                       and 'signal="traces"' in line and 'result="skipped"' in line)

        before = skipped()
        answer = server.otlp(span(kind=1, trace=6, a="b").SerializeToString(), key)
        assert (answer.status, answer.body) == (200, b"")
        assert skipped() == before + 1

    def test_rejected_records_are_told_with_a_reason(self, server):
        request = span(trace=7, connector__identifier="no-team", **CALL)
        add_span(request, "GET", CLIENT, 7, 2, 0, 1_700_000_000_000_000_000, 1, {
            **CALL, "connector__identifier": "with-team", "connectorlog__team_id": 1})
        answer = server.otlp(request.SerializeToString(), server.owner_key)
        assert answer.status == 200
        told = trace_service_pb2.ExportTraceServiceResponse.FromString(answer.body).partial_success
        assert told.rejected_spans == 1 and "connectorlog.team_id" in told.error_message
        assert len(server.entries("with-team")) == 1

    def test_json_in_its_own_spelling(self, server, key):
        body = {"resourceSpans": [{"resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": "json"}}]}, "scopeSpans": [{"spans": [{
                "traceId": "0AF7651916CD43DD8448EB211C80319D", "spanId": "b7ad6b7169203332", "name": "GET", "kind": 3,
                "startTimeUnixNano": "1700000000000000001", "endTimeUnixNano": 1700000000005000000, "unknown": {"a": 1},
                "attributes": [{"key": "http.request.method", "value": {"stringValue": "GET"}},
                               {"key": "url.full", "value": {"stringValue": "https://h/"}},
                               {"key": "http.response.status_code", "value": {"intValue": "200"}},
                               {"key": "big", "value": {"intValue": "9007199254740993"}},
                               {"key": "nan", "value": {"doubleValue": "NaN"}}, {"key": "none", "value": {}}],
                "status": {}}]}]}]}
        answer = server.otlp(json.dumps(body).encode(), key, media="application/json")
        assert (answer.status, answer.json, answer.headers["content-type"]) == (200, {}, "application/json")
        (entry,) = server.entries("json")
        assert entry["trace_id"] == "0af7651916cd43dd8448eb211c80319d" and entry["span_id"] == "b7ad6b7169203332"
        assert (entry["status"], entry["duration_ms"]) == (200, 5)
        assert entry["attributes"] == {"big": 9007199254740993, "nan": "nan"}

    def test_what_is_sent_again_is_stored_once(self, server, key):
        body = span(trace=8, connector__identifier="twice", **CALL).SerializeToString()
        assert [server.otlp(body, key).body for _ in range(2)] == [b"", b""]
        server.call(TRACES, body, key)
        assert len(server.entries("twice")) == 1

    @pytest.mark.parametrize("encoding, pack", [("gzip", gzip.compress), ("deflate", zlib.compress)])
    def test_codings(self, server, key, encoding, pack):
        body = span(trace=9, id=len(encoding), connector__identifier=encoding, **CALL).SerializeToString()
        assert server.otlp(pack(body), key, Content_Encoding=encoding).status == 200
        assert len(server.entries(encoding)) == 1

    @pytest.mark.parametrize("media, body, headers, status, code", [
        ("application/x-protobuf", b"\xff\xff\xff", {}, 400, 3),
        ("application/json", b"{", {}, 400, 3),
        ("application/json", b"[]", {}, 400, 3),
        ("application/x-protobuf", b"no gzip", {"Content-Encoding": "gzip"}, 400, 3),
        ("application/x-protobuf", b"", {"Content-Encoding": "br"}, 415, 3),
        ("text/plain", b"", {}, 415, 3),
        ("application/x-protobuf", gzip.compress(bytes(21 << 20)), {"Content-Encoding": "gzip"}, 413, 8),
        ("application/x-protobuf", bytes((20 << 20) + 1), {}, 413, 8),
    ])
    def test_refusals_carry_a_status(self, server, key, media, body, headers, status, code):
        answer = server.request("POST", "/v1/traces", body, key, {"Content-Type": media} | headers)
        assert answer.status == status, answer
        self.check_status(answer, media, code)
        assert "retry-after" not in answer.headers

    def check_status(self, answer, media, code):
        if media == "application/json":
            assert answer.headers["content-type"] == "application/json"
            assert answer.json["code"] == code and answer.json["message"]
        else:
            assert answer.headers["content-type"] == "application/x-protobuf"
            told = status_pb2.Status.FromString(answer.body)
            assert told.code == code and told.message

    def test_who_may_not(self, server, key):
        for path in ["/v1/traces", "/v1/logs"]:
            for sent, status, code in [(None, 401, 16), ("clk_unknown" + "0" * 32, 401, 16),
                                       (server.create_key("viewer"), 403, 7)]:
                answer = server.otlp(b"", sent, path=path)
                assert answer.status == status
                self.check_status(answer, "application/x-protobuf", code)
            assert server.request("GET", path, None, key).status == 405

    def test_the_port_of_otlp_has_nothing_else(self, server, key):
        for path, status in [("/v1/traces", 200), ("/healthz", 405), ("/v1/ingest", 404), ("/sign-in", 404)]:
            answer = requests.post(
                f"http://127.0.0.1:{server.http_port}{path}", b"", timeout=10,
                headers={"Authorization": f"Bearer {key}", "Content-Type": "application/x-protobuf"})
            assert answer.status_code == status, path

    def test_a_full_server_asks_to_come_again(self, make_server, tmp_path):
        server = OTLPServer(tmp_path / "full", arguments=(*NO_RATE_LIMIT, "--ingest-memory", str(1 << 20)))
        server.start()
        try:
            key = server.create_key("recorder")
            body = span(connector__identifier="full", http__request__body="x" * (1 << 20), **CALL).SerializeToString()
            answer = server.otlp(body, key)
            assert answer.status == 503 and int(answer.headers["retry-after"]) >= 1
            self.check_status(answer, "application/x-protobuf", 14)
            with pytest.raises(grpc.RpcError) as refused:
                server.call(TRACES, body, key)
            assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
            trailers = dict(refused.value.trailing_metadata())
            info = error_details_pb2.RetryInfo.FromString(trailers["google.rpc.retryinfo-bin"])
            assert info.retry_delay.seconds >= 1
            status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
            assert status.code == 14 and status.details[0].Unpack(info)
        finally:
            server.kill()


class TestGRPC:
    def refusal(self, server, method, body, key):
        with pytest.raises(grpc.RpcError) as refused:
            server.call(method, body, key)
        return refused.value.code()

    def test_refusals_have_their_codes(self, server, key):
        codes = grpc.StatusCode
        assert self.refusal(server, TRACES, b"", None) == codes.UNAUTHENTICATED
        assert self.refusal(server, LOGS, b"", "clk_unknown") == codes.UNAUTHENTICATED
        assert self.refusal(server, TRACES, b"", server.create_key("viewer")) == codes.PERMISSION_DENIED
        assert self.refusal(server, TRACES, b"\xff\xff", key) == codes.INVALID_ARGUMENT
        assert self.refusal(server, TRACES, bytes((20 << 20) + 1), key) == codes.RESOURCE_EXHAUSTED
        metrics = "opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
        assert self.refusal(server, metrics, b"", key) == codes.UNIMPLEMENTED

    def test_success_and_partial_success(self, server, key):
        assert server.call(TRACES, b"", key) == b"" and server.call(LOGS, b"", key) == b""
        request = logs_service_pb2.ExportLogsServiceRequest()
        record = request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=1)
        set_attribute(record.attributes, "http.request.method", "GET")
        answer = server.call(LOGS, request.SerializeToString(), key)
        told = logs_service_pb2.ExportLogsServiceResponse.FromString(answer).partial_success
        assert told.rejected_log_records == 1 and "connector" in told.error_message
        [warning] = [line for line in server.output().splitlines() if "records were rejected" in line and f"route={LOGS}" in line]
        assert "rejected=1" in warning and "code=MISSING_FIELD" in warning and "field=connector.identifier" in warning

    def test_what_it_does_is_in_the_log_and_in_the_metrics(self, server, key):
        server.call(TRACES, b"", key)
        assert "method=gRPC" in server.output() and key not in server.output()
        assert f'route="{TRACES}"' in server.get("/metrics").body.decode()

    def test_a_call_without_its_one_message_is_the_clients_fault(self, server, key):
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            send = channel.stream_unary(f"/{TRACES}")
            for messages in ([], [b"", b""]):
                with pytest.raises(grpc.RpcError) as refused:
                    send(iter(messages), metadata=[("authorization", f"Bearer {key}")], timeout=60)
                assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "request failed" not in server.output()

    def test_ends_with_the_server(self, tmp_path):
        server = OTLPServer(tmp_path / "ending").start()
        assert server.stop() == 0

    def test_a_port_that_is_taken_is_told_by_its_setting(self, server, tmp_path):
        for flag, port in [("--otlp-grpc-port", server.grpc_port), ("--otlp-http-port", server.http_port)]:
            ended = subprocess.run(
                [BINARY, "serve", "--data", tmp_path / flag, "--port", str(free_port()), flag, str(port)],
                capture_output=True, text=True, timeout=60)
            assert ended.returncode == 69 and flag in ended.stderr

class TestDocumentation:
    def test_the_example_of_the_page(self, server, vendor, tmp_path):
        """As docs/ingest.md has it, with the exporter's own variables."""
        (script,) = example("ingest.md", "otlp", "sh")
        (worker,) = example("ingest.md", "otlp", "python")
        (tmp_path / "worker.py").write_text(worker)
        script = script.replace("connectorlog key", f"{BINARY} key")
        environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "CONNECTORLOG_URL": server.url, "VENDOR_URL": vendor,
                       "CONNECTORLOG_API_KEY": server.owner_key}
        ended = subprocess.run(["bash", "-euc", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        (entry,) = server.entries("acme-crm")
        assert (entry["uri"], entry["flow_name"]) == (f"{vendor}/v1/leads", "Nightly sync")
        assert entry["attributes"]["service.name"] == "sync-worker"
