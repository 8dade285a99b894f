"""The programs of Examples/ between a host, a vendor and a log server that behave in other ways than usual."""

import gzip
import io
import json
import subprocess
import threading

import pytest
import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from server import clean_environment
from test_examples import EXAMPLES, NODE, connector_log, needs_node, run
from vendor import Eavesdropper, Scripted, Vendor, serving

PASSWORD = "made-up-password"
LEFT_OUT = "connectorlog.left_out"


@pytest.fixture(scope="module")
def vendor():
    with serving(Vendor) as vendor:
        yield vendor.url


def heard(server):
    """The records that a server was sent."""
    return [json.loads(line) for _, body in server.heard for line in body.splitlines()]


class Canned(requests.adapters.BaseAdapter):
    """An adapter of the host's own: it answers by itself."""

    def __init__(self, headers, raw):
        super().__init__()
        self.headers, self.raw, self.pool = headers, raw, "made-up"

    def send(self, request, **_):
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 200, request.url, request
        answer.headers, answer.raw = CaseInsensitiveDict(self.headers), self.raw
        return answer

    def close(self):
        pass


class TestPython:
    @pytest.fixture
    def away(self):
        """A log whose server takes everything."""
        with serving(Eavesdropper) as server:
            log = connector_log.ConnectorLog(server.url, "clk_x")
            yield server, log
            log.close()

    def test_the_raw_response_is_read_as_without(self, away, vendor):
        session = away[1].recording(requests.Session(), "raw")
        for read in (
            lambda raw: raw.read(8, True), lambda raw: raw.read(), lambda raw: raw.read(amt=3), lambda raw: raw.data,
            lambda raw: list(raw.stream(4)), lambda raw: list(raw), lambda raw: raw.readinto(bytearray(4)),
            lambda raw: type(raw).__name__, lambda raw: isinstance(raw, urllib3.HTTPResponse)):
            with (requests.get(f"{vendor}/orders", stream=True, timeout=30).raw as plain,
                  session.get(f"{vendor}/orders", stream=True, timeout=30).raw as recorded):
                assert read(recorded) == read(plain)

    def test_what_the_host_says_of_decoding_reaches_the_response(self, away):
        for decodes in (True, False):
            raw = urllib3.HTTPResponse(io.BytesIO(gzip.compress(b"plain")), {"content-encoding": "gzip"}, preload_content=False)
            session = requests.Session()
            session.mount("http://", Canned({}, raw))
            got = away[1].recording(session, "decoding").get("http://vendor.example", stream=True).raw
            got.decode_content = decodes
            assert (got.read() == b"plain") is decodes

    def test_an_adapter_of_the_hosts_own_works_on(self, away):
        server, log = away
        session = requests.Session()
        session.mount("http://", Canned({}, io.BytesIO(b"in memory")))
        log.recording(session, "own")
        assert session.get("http://vendor.example").content == b"in memory"
        assert session.get_adapter("http://vendor.example").pool == "made-up"
        log.close()
        [record] = heard(server)
        assert record["status"] == 200 and record["response_body_truncated"]

    def test_the_pool_of_connections_can_be_reached(self, away):
        adapter = away[1].recording(requests.Session(), "pool").get_adapter("https://vendor.example")
        assert adapter.poolmanager is not None
        assert not hasattr(adapter, "nothing")

    def test_recording_twice_records_once(self, away, vendor):
        server, log = away
        session = log.recording(log.recording(requests.Session(), "once"), "twice")
        session.get(f"{vendor}/orders", timeout=30)
        log.close()
        assert [record["connector_identifier"] for record in heard(server)] == ["twice"]

    def test_user_information_goes_out_nowhere(self, away):
        server, log = away
        session = requests.Session()
        session.mount("http://", Canned({"Location": f"http://me:{PASSWORD}@h/x"}, io.BytesIO()))
        session.mount("https://", requests.adapters.HTTPAdapter())
        log.recording(session, "user").get("http://vendor.example", headers={"Referer": f"//me:{PASSWORD}@h/"})
        call = connector_log._Call(log, "user")
        call.end(ValueError(f"GET https://me:{PASSWORD}@h/a failed, and http://me:{PASSWORD}@h"))
        log.close()
        answered, failed = heard(server)
        assert PASSWORD not in json.dumps([answered, failed])
        assert answered["response_headers"]["Location"] == "http://h/x"
        assert answered["request_headers"]["Referer"] == "//h/"
        assert failed["error_message"] == "GET https://h/a failed, and http://h"

    def test_what_is_too_long_is_left_out_and_named(self, away):
        server, log = away
        session = requests.Session()
        session.mount("http://", Canned({f"x-{number}": "v" for number in range(300)}, io.BytesIO()))
        log.recording(session, "long").get("http://vendor.example/" + "a" * 8192, headers={"x-long": "v" * (64 << 10)})
        connector_log._Call(log, "long").end(ValueError("m" * 16_385))
        log.close()
        answered, failed = heard(server)
        assert answered["attributes"] == {LEFT_OUT: "uri, request_headers, response_headers"}
        assert "uri" not in answered and len(answered["response_headers"]) == 256
        assert failed["attributes"] == {LEFT_OUT: "error_message"} and "error_message" not in failed

    def test_a_text_is_sent_as_text(self, away):
        server, log = away
        log.record(name="half \udcff, grüß dich")
        log.record(name="no number", value=float("nan"))
        log.close()
        assert [record["name"] for record in heard(server)] == ["half ?, grüß dich"]
        assert log.dropped == {"invalid": 1}

    def test_a_long_body_of_a_request_is_recorded_by_its_beginning(self, away, vendor):
        server, log = away
        log.recording(requests.Session(), "long").post(f"{vendor}/orders", data="ü" * 200_000, timeout=30)
        log.close()
        [record] = heard(server)
        assert record["request_body"] == "ü" * (connector_log.BODY_BYTES // 2)
        assert record["request_body_truncated"] and record["request_body_size"] == 400_000

    def test_a_run_tells_how_it_ended(self, away):
        server, log = away
        with log.run(flow_id="f", state_id="s-1", flow_name="Flow", event="e"):
            with log.run(flow_id="f", state_id="s-1"), log.run(event="a step of it"):
                pass
        with pytest.raises(ValueError), log.run(flow_id="f"), log.run(state_id="s-2"):
            raise ValueError(f"no answer of https://me:{PASSWORD}@h/a")
        with pytest.raises(ValueError), log.run(flow_id="f", state_id="s-3"):
            log.record(type="fault", name="Data Save Fault")
            raise ValueError("the same")
        with pytest.raises(SystemExit), log.run(flow_id="f", state_id="s-4"):
            raise SystemExit(0)
        with log.run(flow_id="f"), log.run(event="no state"):
            pass
        log.close()
        records = heard(server)
        states = [record for record in records if record["type"] == "state"]
        assert [(record["state_id"], record["status"]) for record in states] == [
            ("s-1", "done"), ("s-2", "failed"), ("s-3", "failed"), ("s-4", "done")]
        assert states[0]["flow_name"] == "Flow" and all(record["updated_at"] for record in states)
        faults = [record for record in records if record["type"] == "fault"]
        assert [(record["state_id"], record["name"]) for record in faults] == [("s-2", "ValueError"), ("s-3", "Data Save Fault")]
        assert faults[0]["message"] == "no answer of https://h/a"

    @pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"accepted":0,"rejected":[]}', b'{"accepted":1}'])
    def test_an_answer_that_does_not_account_for_each_line_is_a_refusal(self, body):
        with serving(Scripted) as server:
            server.answers = [(200, body)]
            log = connector_log.ConnectorLog(server.url, "clk_x")
            log.record(name="lost")
            log.close()
        assert (log.accepted, log.dropped) == (0, {"refused": 1})

    def test_the_server_is_waited_for_within_reason_and_only_before_an_attempt(self, monkeypatch):
        waits = []
        monkeypatch.setattr(connector_log, "ATTEMPTS", 3)
        monkeypatch.setattr(connector_log.ConnectorLog, "_wait", lambda _, seconds: waits.append(seconds))
        with serving(Scripted) as server:
            server.answers = [(503, b"", {"Retry-After": seconds}) for seconds in ("7", "86400", "86400")]
            log = connector_log.ConnectorLog(server.url, "clk_x")
            log.record(name="lost")
            log.close()
        assert waits == [7, 120]
        assert log.dropped == {"unavailable": 1}

    def test_what_a_hanging_request_holds_is_counted_at_the_end(self, monkeypatch):
        monkeypatch.setattr(connector_log, "BATCH_RECORDS", 1)
        monkeypatch.setattr(connector_log, "EXIT_SECONDS", -1.0)  # no time at all
        asked, ended = threading.Event(), threading.Event()

        class Hanging(Eavesdropper):
            def do_POST(self):
                asked.set()
                ended.wait(60)
                super().do_POST()

        with serving(Hanging) as server:
            log = connector_log.ConnectorLog(server.url, "clk_x")
            log.record(name="under way")
            assert asked.wait(60)
            log.record(name="waiting")
            log.close()
            assert log.dropped == {"shutdown": 2}
            ended.set()
            log._thread.join(60)
        assert (log.accepted, log.dropped) == (0, {"shutdown": 2})


@needs_node
class TestNode:
    def script(self, text):
        """What `text` prints, with a log whose server is a function, and a vendor on loopback."""
        head = f"""
            import {{ createServer }} from "node:http";
            import {{ connectorLog }} from "{(EXAMPLES / "node-fetch/connector-log.mjs").as_uri()}";
            const records = [];
            const take = async (url, {{ body }}) => {{
                const lines = body.toString().trim().split("\\n").map((line) => JSON.parse(line));
                records.push(...lines);
                return Response.json({{ accepted: lines.length, rejected: [] }});
            }};
            const print = (value) => console.log(JSON.stringify(value));
            const logged = (options) => connectorLog({{ url: "http://log.example", key: "clk_x", warn() {{}}, fetch: take, ...options }});
            const log = logged();
            const vendor = createServer();
            await new Promise((resolve) => vendor.listen(0, "127.0.0.1", resolve));
            const url = `http://127.0.0.1:${{vendor.address().port}}`;
            const answering = (answer) => vendor.removeAllListeners("request").on("request", answer);
        """
        tail = "vendor.closeAllConnections(); vendor.close();"
        ended = run([NODE, "--expose-gc", "--input-type=module", "--eval", head + text + tail], "", "")
        assert ended.returncode == 0, ended
        return [json.loads(line) for line in ended.stdout.splitlines()]

    def test_a_run_tells_how_it_ended(self):
        assert self.script(f"""
            const nothing = () => {{}};
            print(await log.run({{ flow_id: "f", state_id: "s-1" }}, () => log.run({{ event: "a step of it" }}, async () => 17)));
            await log.run({{ flow_id: "f" }}, () => log.run({{ state_id: "s-2" }}, async () => {{
                throw new TypeError("no answer of https://me:{PASSWORD}@h/a");
            }})).catch((error) => print(error.name));
            await log.run({{ flow_id: "f", state_id: "s-3" }}, async () => {{
                log.record({{ type: "fault", name: "Data Save Fault" }});
                throw new Error("the same");
            }}).catch(nothing);
            try {{ log.run({{ flow_id: "f", state_id: "s-4" }}, () => {{ throw undefined; }}); }} catch (error) {{ print(error === undefined); }}
            print(log.run({{ flow_id: "f", state_id: "s-5", flow_name: "Flow" }}, () => 18));
            log.run({{ flow_id: "f" }}, nothing);
            await log.close();
            for (const {{ type, state_id, status, name, message, flow_name }} of records) print([type, state_id, status ?? name, message ?? flow_name ?? null]);
        """) == [
            17, "TypeError", True, 18,
            ["state", "s-1", "done", None],
            ["fault", "s-2", "TypeError", "no answer of https://h/a"], ["state", "s-2", "failed", None],
            ["fault", "s-3", "Data Save Fault", None], ["state", "s-3", "failed", None],
            ["fault", "s-4", "Error", "undefined"], ["state", "s-4", "failed", None],
            ["state", "s-5", "done", "Flow"],
        ]

    def test_a_response_that_cannot_be_made_anew_reaches_the_host(self):
        assert self.script("""
            answering((_, answer) => answer.writeHead(999, "Pr\\u00fcfung").end("why"));
            const response = await log.recording("odd", fetch)(url);
            print([response.status, response.url === url + "/", await response.text(), response.bodyUsed]);
            await log.close();
            print([records[0].status, records[0].response_body]);
        """) == [[999, True, "why", True], [999, "why"]]

    def test_a_body_is_read_as_without(self):
        assert self.script("""
            answering((_, answer) => answer.end("0123456789"));
            const recorded = log.recording("same", fetch);
            for (const get of [fetch, recorded]) {
                const response = await get(url);
                const twin = response.clone().clone();
                print([twin.url === response.url, twin.status, await twin.text(), await response.text(), response instanceof Response]);
                const reader = (await get(url)).body.getReader({ mode: "byob" });
                const pieces = [];
                for (;;) {
                    const { done, value } = await reader.read(new Uint8Array(4));
                    if (done) break;
                    pieces.push(Buffer.from(value).toString());
                }
                print([pieces.join(""), await (await get(url)).body.getReader().read().then(({ value }) => value.length)]);
                const blob = await (await get(url)).blob();
                const read = await get(url);
                await read.text();
                print([blob.size, blob.type, await read.text().catch((error) => error.name), read.headers.get("content-length")]);
            }
        """) == [[True, 200, "0123456789", "0123456789", True], ["0123456789", 10], [10, "", "TypeError", "10"]] * 2

    @pytest.mark.parametrize("reads", ["", "await response.body.getReader().read();"])
    def test_a_response_that_the_host_drops_lets_go_of_its_connection(self, reads):
        assert self.script(f"""
            let isClosed = false;
            answering((_, answer) => {{ answer.write("beginning"); answer.on("close", () => {{ isClosed = true; }}); }});
            const recorded = log.recording("dropped", fetch);
            await (async () => {{ const response = await recorded(url); {reads} }})();
            // The collector runs at the end of a turn; nothing else says when.
            for (let turn = 0; turn < 5000 && !isClosed; turn++) {{
                await new Promise((resolve) => setImmediate(resolve));
                if (turn % 50 === 0) gc();
            }}
            await log.close();
            print([isClosed, records.length, records[0].response_body_truncated]);
        """) == [[True, 1, True]]

    def test_user_information_goes_out_nowhere(self):
        [records] = self.script(f"""
            const answer = () => new Response(null, {{ headers: {{ Location: "http://me:{PASSWORD}@h/x" }} }});
            await log.recording("user", answer)("http://h/", {{ headers: {{ Referer: "//me:{PASSWORD}@h/" }} }});
            const fail = () => {{ throw new Error("GET https://me:{PASSWORD}@h/a failed, and http://me:{PASSWORD}@h"); }};
            await log.recording("user", fail)("http://h/").catch(() => {{}});
            await log.close();
            print(records);
        """)
        assert PASSWORD not in json.dumps(records)
        assert records[0]["response_headers"]["location"] == "http://h/x"
        assert records[0]["request_headers"]["referer"] == "//h/"
        assert records[1]["error_message"] == "GET https://h/a failed, and http://h"

    def test_what_is_too_long_is_left_out_and_named(self):
        [[answered, failed]] = self.script("""
            const many = Object.fromEntries(Array.from({ length: 300 }, (_, number) => [`x-${number}`, "v"]));
            const long = { headers: { "x-long": "v".repeat(64 << 10) }, body: "\\u00fc".repeat(200_000), method: "POST" };
            await log.recording("long", () => new Response(null, { headers: many }))("http://h/" + "a".repeat(8192), long);
            await log.recording("long", () => { throw new Error("m".repeat(16_385)); })("http://h/").catch(() => {});
            await log.close();
            print(records);
        """)
        assert answered["attributes"] == {LEFT_OUT: "uri, request_headers, response_headers"}
        assert "uri" not in answered and len(answered["response_headers"]) == 256
        assert answered["request_body"] == "ü" * (128 << 10) and answered["request_body_size"] == 400_000
        assert failed["attributes"] == {LEFT_OUT: "error_message"} and "error_message" not in failed

    def test_half_a_character_is_sent_as_text(self):
        assert self.script("""
            log.record({ name: "half \\ud83d", attributes: { a: "\\udc4b" } });
            await log.close();
            print([records[0].name, records[0].attributes.a]);
        """) == [["half \ufffd", "\ufffd"]]

    def test_calls_under_way_at_the_end_are_counted_and_not_called_failed(self):
        assert self.script("""
            const never = new Promise(() => {});
            void log.recording("asked", () => never)("http://h/");
            const answered = await log.recording("answered", () => new Response("unread"))("http://h/");
            await log.close();
            print([records.map((record) => [record.connector_identifier, record.status]), log.dropped, log.accepted, answered.status]);
        """) == [[[["answered", 200]], {"shutdown": 1}, 1, 200]]

    @pytest.mark.parametrize("body", ["<html>", "[]", '{"accepted":0,"rejected":[]}', '{"accepted":1}'])
    def test_an_answer_that_does_not_account_for_each_line_is_a_refusal(self, body):
        assert self.script(f"""
            const log = logged({{ fetch: async () => new Response({json.dumps(body)}) }});
            log.record({{ name: "lost" }});
            await log.close();
            print([log.accepted, log.dropped]);
        """.replace("const log", "const other").replace("log.", "other.")) == [[0, {"refused": 1}]]

    def test_the_server_is_waited_for_within_reason_and_only_before_an_attempt(self):
        [[waits, dropped]] = self.script("""
            const waits = [];
            const away = logged({
                fetch: async () => new Response(null, { status: 503, headers: { "Retry-After": waits.length ? "9999999" : "40" } }),
                sleep: async (ms) => { waits.push(ms); return false; },
            });
            away.record({ name: "lost" });
            await away.close();
            print([waits, away.dropped]);
        """)
        assert waits == [40_000] + [120_000] * 8
        assert dropped == {"unavailable": 1}


class TestCurl:
    LINE = '{"connector_identifier":"curl"}\n'

    def report(self, answers, tmp_path):
        """What the script does when the server answers so; its pauses are told, not made."""
        pauses = tmp_path / "pauses"
        (tmp_path / "sleep").write_text(f'#!/bin/sh\necho "$1" >>{pauses}\n')
        (tmp_path / "sleep").chmod(0o755)
        with serving(Scripted) as server:
            server.answers = list(answers)
            settings = {"CONNECTORLOG_URL": server.url, "CONNECTORLOG_API_KEY": "clk_x"}
            environment = clean_environment(settings)
            environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
            ended = subprocess.run(
                [EXAMPLES / "curl/report.sh"], input=self.LINE, env=environment, capture_output=True, text=True, timeout=60)
        assert {body for _, body in server.heard} == {self.LINE.encode()}
        assert len({headers["Idempotency-Key"] for headers, _ in server.heard}) == 1
        return ended, len(server.heard), pauses.read_text().split() if pauses.exists() else []

    @pytest.mark.parametrize("answer", [
        (429, b'{"error":1}'), (500, b'{"error":1}'), (503, b'{"error":1}'), (507, b'{"error":1}'), None])
    def test_it_is_sent_again_and_the_last_answer_is_told_alone(self, answer, tmp_path):
        ended, asked, pauses = self.report([answer, answer], tmp_path)
        assert (ended.returncode, asked, pauses) == (0, 3, ["1", "2"]), ended
        assert json.loads(ended.stdout) == {"accepted": 1, "rejected": []}

    def test_it_waits_as_long_as_the_server_asks(self, tmp_path):
        _, _, pauses = self.report([(503, b"", {"Retry-After": "30"}), (503, b"", {"Retry-After": "86400"})], tmp_path)
        assert pauses == ["30", "60"]

    def test_it_gives_up_after_some_attempts(self, tmp_path):
        ended, asked, _ = self.report([(503, b'{"error":"away"}')] * 6, tmp_path)
        assert (ended.returncode, asked) == (22, 6)
        assert json.loads(ended.stdout) == {"error": "away"}


def test_client_docs_delete_nothing_of_a_directory_that_is_in_use(tmp_path):
    page = tmp_path / "site/index.html"
    page.parent.mkdir()
    page.write_text("mine")
    script = EXAMPLES.parent / "scripts/client-docs"
    for directory in ("site", page.parent):
        ended = subprocess.run([script, directory], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 1 and "is not empty" in ended.stderr
        assert page.read_text() == "mine"
