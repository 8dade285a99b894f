"""Records the calls that a program makes with `requests`, in the background.

    log = ConnectorLog("https://connectorlog.example.com", key)
    session = log.recording(requests.Session(), "hubspot")

A call waits for nothing and never fails for being recorded. At most `MAX_RECORDS` records and `MAX_BYTES` wait; when there
are so many, the newest are dropped. What is dropped is counted in `log.dropped` and logged at most once a minute.
"""

import atexit
import base64
import collections
import contextlib
import contextvars
import datetime
import functools
import json
import logging
import random
import re
import threading
import time
import uuid

import requests
import urllib3

MAX_RECORDS = 10_000
MAX_BYTES = 16 << 20
BATCH_RECORDS = 1000
BATCH_BYTES = 512 << 10  # proxies commonly refuse more than 1 MiB
BODY_BYTES = 256 << 10
FLUSH_SECONDS = 1.0
ATTEMPTS = 10
MAX_WAIT_SECONDS = 120  # whatever the server says in Retry-After
EXIT_SECONDS = 10.0  # what is not sent by then is dropped
# Past these, the server would refuse the record.
URI_LENGTH = 8192
MESSAGE_LENGTH = 16_384
NAME_LENGTH = 255
HEADER_FIELDS = 256
HEADER_BYTES = 64 << 10
CREDENTIAL_HEADERS = {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-auth-token"}
STATE_FIELDS = {"team_id", "state_id", "flow_id", "flow_name", "flow_version", "user", "current_step", "join_uri"}
LATER = {429, 500, 502, 503, 504, 507}
USER_INFORMATION = re.compile(r"(?<![^\W_])//[^/?#\\\s]+@")

logger = logging.getLogger("connector_log")
_context = contextvars.ContextVar("connector_log", default={})
_current_run = contextvars.ContextVar("connector_log_run", default=None)


class ConnectorLog:
    """Sends records to one server. Make it after forking: the thread that sends does not live on in a child."""

    def __init__(self, url, key, team=None):
        """`key` is of role recorder. `team` is needed for the owner's key alone, which belongs to none."""
        self.dropped = collections.Counter()  # by reason
        self.accepted = 0
        self._url, self._key, self._team = url.rstrip("/") + "/v1/ingest", key, team
        self._lines, self._bytes = collections.deque(), 0
        self._under_way = 0  # lines of the batch that is being sent
        self._changed = threading.Condition()
        self._exit_at, self._last_status = None, None
        self._told_at, self._untold = -60.0, collections.Counter()
        self._thread = threading.Thread(target=self._run, name="connector-log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def recording(self, session, connector):
        """The session, with each of its calls recorded."""
        for prefix, adapter in list(session.adapters.items()):
            if isinstance(adapter, _RecordingAdapter):  # else a call would be recorded twice
                adapter = adapter._inner
            session.mount(prefix, _RecordingAdapter(adapter, self, connector))
        return session

    @contextlib.contextmanager
    def run(self, **fields):
        """What is recorded within has these fields: flow_id, flow_name, state_id, event, ...

        The outermost that names a flow_id and a state_id ends that state: failed, when an exception leaves it or a root fault
        was recorded within, else done. The exception is recorded as the root fault where there is no other.
        """
        context, outer = _context.get() | fields, _current_run.get()
        state = (context.get("flow_id"), context.get("state_id"))
        is_outermost = all(state) and (outer is None or outer.state != state)
        run = _Run(state) if is_outermost else outer
        tokens = _context.set(context), _current_run.set(run)
        try:
            yield
        except BaseException as error:
            if is_outermost:
                self._end(run, error)
            raise
        else:
            if is_outermost:
                self._end(run)
        finally:
            _context.reset(tokens[0])
            _current_run.reset(tokens[1])

    def record(self, **fields):
        """Takes one record of the server's flat form, as `type="fault", name="Data Save Fault"`."""
        fields, run = {"log_time": _now()} | _context.get() | fields, _current_run.get()
        if run and fields.get("type") == "fault" and (fields.get("flow_id"), fields.get("state_id")) == run.state:
            run.has_fault = True
        self._append(fields)

    def _end(self, run, error=None):
        # sys.exit() and sys.exit(0) end a program that did what it should.
        failed = error is not None and not (isinstance(error, SystemExit) and not error.code)
        with contextlib.suppress(Exception):  # a host must not break for what is noted of it
            if failed and not run.has_fault:
                message = _without_user(str(error))
                told = {"message": message} if len(message) <= MESSAGE_LENGTH else {}
                self.record(type="fault", name=type(error).__name__[:NAME_LENGTH], kind="exception", **told)
            status = "failed" if failed or run.has_fault else "done"
            names = {name: value for name, value in _context.get().items() if name in STATE_FIELDS}
            self._append({"type": "state", "status": status, "updated_at": _now()} | names)

    def _append(self, fields):
        try:
            own = {"team_id": self._team} if self._team else {}
            text = json.dumps(own | fields, separators=(",", ":"), default=str, ensure_ascii=False, allow_nan=False)
            line = text.encode(errors="replace") + b"\n"  # half a character of UTF-16 is no text to the server
        except Exception:  # a host must not break for what it records
            return self._drop("invalid")
        with self._changed:
            if self._exit_at is not None:
                reason = "shutdown"
            elif len(self._lines) >= MAX_RECORDS or self._bytes + len(line) > MAX_BYTES:
                reason = "buffer_full"
            else:
                self._lines.append(line)
                self._bytes += len(line)
                if len(self._lines) >= BATCH_RECORDS or self._bytes >= BATCH_BYTES:
                    self._changed.notify()
                return
        self._drop(reason)

    def close(self):
        """Sends what is left, for `EXIT_SECONDS` at most. Is called when the program ends."""
        with self._changed:
            if self._exit_at is None:
                self._exit_at = time.monotonic() + EXIT_SECONDS
            self._changed.notify()
        self._thread.join(max(0, self._exit_at + 1 - time.monotonic()))
        if self._thread.is_alive():  # a request hangs: what it sends may arrive, but nobody will learn of it
            with self._changed:
                count, self._under_way, self._bytes = self._under_way + len(self._lines), 0, 0
                self._lines.clear()
            self._drop("shutdown", count)
            self._tell(is_last=True)

    def _run(self):
        with requests.Session() as session:
            while True:
                with self._changed:
                    if self._exit_at is None and self._bytes < BATCH_BYTES and len(self._lines) < BATCH_RECORDS:
                        self._changed.wait(FLUSH_SECONDS)
                    if not self._lines and self._exit_at is not None:
                        break
                    batch = self._take()
                if batch:
                    self._send(session, batch)
                self._tell()
        self._tell(is_last=True)

    def _take(self):
        """The oldest lines. They take room no longer: one batch is held beside the buffer."""
        batch, size = [], 0
        while self._lines and len(batch) < BATCH_RECORDS and (not batch or size + len(self._lines[0]) <= BATCH_BYTES):
            batch.append(self._lines.popleft())
            size += len(batch[-1])
        self._bytes -= size
        self._under_way = len(batch)
        return batch

    def _finish(self):
        """How many lines the batch had; 0 when close() has counted them."""
        with self._changed:
            count, self._under_way = self._under_way, 0
        return count

    def _send(self, session, batch):
        headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": str(uuid.uuid4())}
        for attempt in range(ATTEMPTS):
            if attempt:
                self._wait(min(delay, MAX_WAIT_SECONDS))
            if self._seconds_left() <= 0:
                return self._drop("shutdown", self._finish())
            delay = min(0.25 * 2**attempt, 30) * random.uniform(0.5, 1)
            try:
                timeout = min(30.0, self._seconds_left())
                answer = session.post(
                    self._url, data=b"".join(batch), headers=headers, auth=self._sign, timeout=timeout,
                    allow_redirects=False)  # the key must not go where another server points
            except Exception:  # whatever it is, there was no answer; the text may hold the key
                pass
            else:
                self._last_status = answer.status_code
                if answer.status_code not in LATER:
                    return self._settle(answer, len(batch))
                with contextlib.suppress(KeyError, ValueError):
                    delay = max(delay, int(answer.headers["Retry-After"]))
        self._drop("unavailable", self._finish())

    def _sign(self, request):
        # As a function, so that no .netrc file puts another credential in its place.
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def _settle(self, answer, count):
        rejected = None
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            document = answer.json()
            # Only an answer that accounts for each line is the server's; with 422, none was accepted.
            if answer.status_code in (200, 422) and document.get("accepted", 0) + len(document["rejected"]) == count:
                rejected = len(document["rejected"])
        if not self._finish():
            return
        if rejected is None:
            return self._drop("refused", count)
        self.accepted += count - rejected
        self._drop("rejected", rejected)

    def _seconds_left(self):
        return 3600.0 if self._exit_at is None else self._exit_at - time.monotonic()

    def _wait(self, seconds):
        """So long, or until there is no more time."""
        end = time.monotonic() + seconds
        with self._changed:
            while (left := min(end - time.monotonic(), self._seconds_left())) > 0:
                self._changed.wait(left)

    def _drop(self, reason, count=1):
        if count:
            with self._changed:
                self.dropped[reason] += count
                self._untold[reason] += count
        self._tell()

    def _tell(self, is_last=False):
        with self._changed:
            if not self._untold or (time.monotonic() - self._told_at < 60 and not is_last):
                return
            untold, self._untold, self._told_at = dict(self._untold), collections.Counter(), time.monotonic()
        logger.warning("Connector Log records were dropped: %s; its last status was %s", untold, self._last_status)


class _Run:
    def __init__(self, state):
        self.state, self.has_fault = state, False


class _RecordingAdapter(requests.adapters.BaseAdapter):
    """In front of a session's own adapter, where each request of a redirect passes, and each error."""

    def __init__(self, inner, log, connector):
        super().__init__()
        self._inner, self._log, self._connector = inner, log, connector

    def __getattr__(self, name):  # poolmanager, max_retries, ...
        return getattr(vars(self).get("_inner"), name)

    def send(self, request, **options):
        call = _Call(self._log, self._connector)
        call.began(request)
        try:
            response = self._inner.send(request, **options)
        except Exception as error:
            call.end(error)
            raise
        call.answered(response)
        _watch_body(response.raw, call)
        return response

    def close(self):
        self._inner.close()


def _quietly(method):
    """A host must not break for what is noted of its calls."""

    @functools.wraps(method)
    def noted(*arguments, **options):
        try:
            method(*arguments, **options)
        except Exception:
            logger.debug("a call could not be noted")

    return noted


class _Call:
    def __init__(self, log, connector):
        self._log, self._started, self._is_over = log, time.monotonic(), False
        self._body, self._size, self._left_out = bytearray(), 0, []
        self._fields = _context.get() | {"log_time": _now(), "connector_identifier": connector}

    def __del__(self):  # the host let go of a body before its end
        self.end()

    @_quietly
    def began(self, request):
        self._fields["method"] = request.method
        self._note("uri", _without_user(request.url), URI_LENGTH)
        self._note_headers("request_headers", request.headers.items())
        if request.headers.get("X-Request-Id"):
            self._fields["request_id"] = _text(request.headers["X-Request-Id"])[:NAME_LENGTH]
        sent, size = request.body, None
        if isinstance(sent, str):
            sent, size = sent[:BODY_BYTES].encode(), request.headers.get("Content-Length")
        if isinstance(sent, (bytes, bytearray)) and sent:  # a stream is its reader's alone
            size = int(size or len(sent))
            self._fields |= _body("request_body", sent[:BODY_BYTES], size, size > BODY_BYTES)

    @_quietly
    def answered(self, response):
        self._fields["status"] = response.status_code
        self._touch()
        self._note_headers("response_headers", getattr(response.raw, "headers", response.headers).items())

    def _note(self, name, text, length):
        """A text that is cut before the server removes secrets could lose the part by which one is recognised."""
        if len(text) <= length:
            self._fields[name] = text
        else:
            self._left_out.append(name)

    def _note_headers(self, name, items):
        self._fields[name], is_whole = _headers(items)
        if not is_whole:
            self._left_out.append(name)

    @_quietly
    def saw(self, piece):
        if self._is_over:
            return
        self._size += len(piece)
        self._body += piece[:BODY_BYTES - len(self._body)]
        self._touch()

    @_quietly
    def end(self, error=None, is_whole=False):
        """Records the call, once."""
        if self._is_over:
            return
        self._is_over = True
        if error is not None:
            self._touch()
            self._fields["error_name"] = type(error).__name__[:NAME_LENGTH]
            self._note("error_message", _without_user(str(error)), MESSAGE_LENGTH)
        if "status" in self._fields:
            self._fields |= _body("response_body", self._body, self._size, not is_whole or self._size > len(self._body))
        if self._left_out:
            note = {"connectorlog.left_out": ", ".join(self._left_out)}
            self._fields["attributes"] = self._fields.get("attributes", {}) | note
        self._log._append(self._fields)
        self._body, self._fields = bytearray(), {}  # a host may keep the response for long

    def _touch(self):
        self._fields["duration_ms"] = round((time.monotonic() - self._started) * 1000, 3)


@_quietly
def _watch_body(raw, call):
    """The response of urllib3 stays what it is, but for its class. Of anything else, the body is not recorded."""
    if isinstance(raw, urllib3.HTTPResponse):
        raw.__class__ = _recorded(type(raw))
        raw._connector_log_call = call


@functools.cache
def _recorded(kind):
    """A subclass that notes what the host reads. `stream` reads by way of the two others."""

    class Recorded(kind):
        def read(self, *arguments, **options):
            with _noting_errors(self._connector_log_call) as call:
                piece = super().read(*arguments, **options)
            amount = arguments[0] if arguments else options.get("amt")
            call.saw(piece)
            if amount is None or amount < 0 or (not piece and amount > 0):
                call.end(is_whole=True)
            return piece

        def read_chunked(self, *arguments, **options):
            with _noting_errors(self._connector_log_call) as call:
                for piece in super().read_chunked(*arguments, **options):
                    call.saw(piece)
                    yield piece
            call.end(is_whole=True)

        def stream(self, *arguments, **options):
            with _noting_errors(self._connector_log_call) as call:
                yield from super().stream(*arguments, **options)
            call.end(is_whole=True)

        def close(self):
            super().close()
            call = vars(self).get("_connector_log_call")
            if call:
                call.end()

    Recorded.__name__, Recorded.__qualname__, Recorded.__module__ = kind.__name__, kind.__qualname__, kind.__module__
    return Recorded


@contextlib.contextmanager
def _noting_errors(call):
    try:
        yield call
    except GeneratorExit:  # the host read no further
        call.end()
        raise
    except Exception as error:
        call.end(error)
        raise


def _now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def _text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _headers(items):
    """The fields, as many as the server takes, and whether they are all."""
    fields, size, is_whole = {}, 0, True
    for count, (name, value) in enumerate(items):
        name, value = _text(name), _text(value)
        size += len(name.encode(errors="replace")) + len(value.encode(errors="replace"))
        if count == HEADER_FIELDS or size > HEADER_BYTES:
            is_whole = False
            break
        value = "[redacted]" if name.lower() in CREDENTIAL_HEADERS else _without_user(value)
        fields.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}, is_whole


def _without_user(text):
    """Without user:password@ of the URLs in it."""
    return USER_INFORMATION.sub("//", text)


def _body(name, kept, size, is_cut):
    fields = {name + "_size": size, name + "_truncated": True} if is_cut else {}
    try:
        # A cut may go through a character.
        return fields | {name: bytes(kept).decode() if not is_cut else _decoded_beginning(kept)}
    except UnicodeDecodeError:
        return fields | {name: base64.b64encode(kept).decode(), name + "_encoding": "base64"}


def _decoded_beginning(kept):
    for cut in range(3):
        with contextlib.suppress(UnicodeDecodeError):
            return bytes(kept[:len(kept) - cut]).decode()
    return bytes(kept[:max(0, len(kept) - 3)]).decode()
