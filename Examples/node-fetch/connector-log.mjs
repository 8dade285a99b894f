// Records the calls that a program makes with `fetch`, in the background. Node 20.3 or newer, nothing to install.
//
//     const log = connectorLog({ url: "https://connectorlog.example.com", key });
//     globalThis.fetch = log.recording("hubspot");
//
// A call waits for nothing and never fails for being recorded. At most 10,000 records and 16 MiB wait; when there are so
// many, the newest are dropped. What is dropped is counted in `log.dropped` and told at most once a minute.
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { setTimeout as waiting } from "node:timers/promises";

const MAX_RECORDS = 10_000;
const MAX_BYTES = 16 << 20;
const BATCH_RECORDS = 1000;
const BATCH_BYTES = 512 << 10; // proxies commonly refuse more than 1 MiB
const BODY_BYTES = 256 << 10;
const FLUSH_MS = 1000;
const ATTEMPTS = 10;
const MAX_WAIT_MS = 120_000; // whatever the server says in Retry-After
const EXIT_MS = 10_000; // what is not sent by then is dropped
// Past these, the server would refuse the record.
const URI_LENGTH = 8192;
const MESSAGE_LENGTH = 16_384;
const NAME_LENGTH = 255;
const HEADER_FIELDS = 256;
const HEADER_BYTES = 64 << 10;
const LATER = new Set([429, 500, 502, 503, 504, 507]);
const STATE_FIELDS = ["team_id", "state_id", "flow_id", "flow_name", "flow_version", "user", "current_step", "join_uri"];
const CREDENTIAL_HEADERS = new Set([
  "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-auth-token",
]);

// `key` is of role recorder. `team` is needed for the owner's key alone, which belongs to none.
export function connectorLog({ url, key, team, warn = console.warn, fetch = globalThis.fetch, sleep = waiting }) {
  const context = new AsyncLocalStorage();
  const runs = new AsyncLocalStorage();
  const openCalls = new Set();
  const dropped = {};
  let untold = {};
  let [lines, bytes, accepted, toldAt] = [[], 0, 0, -Infinity];
  let [sending, closing, timer, lastStatus] = [null, null, null, null];
  const giveUp = new AbortController();

  // Takes one record of the server's flat form, as { type: "fault", name: "Data Save Fault" }.
  function record(fields) {
    const [all, current] = [{ log_time: new Date().toISOString(), ...context.getStore(), ...fields }, runs.getStore()];
    if (all.type === "fault" && isOf(current, all)) current.hasFault = true;
    append(all);
  }

  function append(fields) {
    let line;
    try {
      line = Buffer.from(JSON.stringify({ team_id: team, ...fields }, wellFormed) + "\n");
    } catch {
      return drop("invalid"); // a host must not break for what it records
    }
    if (closing) return drop("shutdown");
    if (lines.length >= MAX_RECORDS || bytes + line.length > MAX_BYTES) return drop("buffer_full");
    lines.push(line);
    bytes += line.length;
    if (lines.length >= BATCH_RECORDS || bytes >= BATCH_BYTES) flush();
    else timer ??= setTimeout(flush, FLUSH_MS).unref();
  }

  // Sends what there is.
  function flush() {
    clearTimeout(timer);
    timer = null;
    sending ??= sendAll().finally(() => { sending = null; });
    return sending;
  }

  async function sendAll() {
    while (lines.length > 0) {
      let [count, size] = [0, 0];
      while (count < Math.min(lines.length, BATCH_RECORDS) && (count === 0 || size + lines[count].length <= BATCH_BYTES)) {
        size += lines[count++].length;
      }
      const batch = lines.splice(0, count);
      await send(Buffer.concat(batch), count);
      bytes -= size;
    }
  }

  async function send(body, count) {
    const headers = {
      Authorization: `Bearer ${key}`, "Content-Type": "application/x-ndjson", "Idempotency-Key": randomUUID(),
    };
    for (let attempt = 1; ; attempt++) {
      let delay = Math.min(125 * 2 ** attempt, 30_000) * (0.5 + Math.random() / 2);
      try {
        const signal = AbortSignal.any([AbortSignal.timeout(30_000), giveUp.signal]);
        // Redirects are not followed: the key must not go where another server points.
        const answer = await fetch(`${url.replace(/\/$/, "")}/v1/ingest`, { method: "POST", headers, body, signal, redirect: "manual" });
        lastStatus = answer.status;
        const document = await answer.json().catch(() => null);
        if (!LATER.has(answer.status)) return settle(answer.status, document, count);
        delay = Math.max(delay, Number(answer.headers.get("retry-after")) * 1000 || 0);
      } catch {
        // There was no answer.
      }
      if (giveUp.signal.aborted) return drop("shutdown", count);
      if (attempt === ATTEMPTS) return drop("unavailable", count);
      // A program that has ended must not be kept by a server that is away, except by close().
      const wait = sleep(Math.min(delay, MAX_WAIT_MS), false, { signal: giveUp.signal, ref: closing !== null });
      if (await wait.catch(() => true)) return drop("shutdown", count);
    }
  }

  function settle(status, document, count) {
    const rejected = Array.isArray(document?.rejected) ? document.rejected.length : NaN;
    // Only an answer that accounts for each line is the server's; with 422, none was accepted.
    const isAnswer = (status === 200 || status === 422) && (document?.accepted ?? 0) + rejected === count;
    if (!isAnswer) return drop("refused", count);
    accepted += count - rejected;
    drop("rejected", rejected);
  }

  // Sends what is left, for ten seconds at most. Is called when the program ends by itself; before process.exit(), or in
  // a handler of SIGTERM, call it yourself.
  function close() {
    if (!closing) {
      for (const call of openCalls) {
        if (call.isAnswered) call.end();
        else if (call.leave()) drop("shutdown"); // whether it would have failed, nobody knows
      }
      openCalls.clear();
      const end = setTimeout(() => giveUp.abort(), EXIT_MS);
      closing = flush().then(flush).finally(() => { clearTimeout(end); tell(true); });
    }
    return closing;
  }

  function drop(reason, count = 1) {
    if (count > 0) {
      dropped[reason] = (dropped[reason] ?? 0) + count;
      untold[reason] = (untold[reason] ?? 0) + count;
    }
    tell();
  }

  function tell(isLast = false) {
    if (Object.keys(untold).length === 0 || (performance.now() - toldAt < 60_000 && !isLast)) return;
    warn("Connector Log records were dropped:", untold, "its last status was", lastStatus);
    [untold, toldAt] = [{}, performance.now()];
  }

  // `send` is what it calls; each call of what it returns is recorded as one of this connector.
  function recording(connector, send = fetch) {
    return async function recordedFetch(input, init) {
      let call, response;
      try {
        call = startCall(connector, input, init, context.getStore(), (fields) => { openCalls.delete(call); append(fields); });
      } catch {
        return send(input, init); // what cannot be read here, fetch will refuse by itself
      }
      openCalls.add(call);
      try {
        response = await send(input, init);
      } catch (error) {
        call.end({ error });
        throw error;
      }
      try {
        call.answered(response);
        watchBody(response, call);
      } catch {
        call.end(); // the host has its answer, whatever it is
      }
      return response;
    };
  }

  // What is recorded within `body` has these fields: flow_id, flow_name, state_id, event, ...
  //
  // The outermost that names a flow_id and a state_id ends that state: failed, when `body` throws or a root fault was recorded
  // within, else done. What it throws is recorded as the root fault where there is no other.
  function run(fields, body) {
    const [all, outer] = [{ ...context.getStore(), ...fields }, runs.getStore()];
    const isOutermost = all.flow_id && all.state_id && !isOf(outer, all);
    if (!isOutermost) return context.run(all, body);
    const current = { flow_id: all.flow_id, state_id: all.state_id, hasFault: false };
    const [succeed, fail] = [
      (value) => (end(current, all), value), (error) => { end(current, all, { error }); throw error; },
    ];
    return runs.run(current, () => context.run(all, () => {
      let result;
      try {
        result = body();
      } catch (error) {
        fail(error);
      }
      return typeof result?.then === "function" ? Promise.resolve(result).then(succeed, fail) : succeed(result);
    }));
  }

  function isOf(run, fields) {
    return run !== undefined && run.flow_id === fields.flow_id && run.state_id === fields.state_id;
  }

  // A host must not break for what is noted of it.
  function end(run, fields, failure) {
    try {
      if (failure && !run.hasFault) {
        const { error } = failure;
        const message = withoutUser(String(error?.message ?? error));
        const told = message.length <= MESSAGE_LENGTH ? { message } : {};
        record({ type: "fault", name: String(error?.name ?? "Error").slice(0, NAME_LENGTH), kind: "exception", ...told });
      }
      const status = failure || run.hasFault ? "failed" : "done";
      const names = Object.fromEntries(STATE_FIELDS.filter((name) => name in fields).map((name) => [name, fields[name]]));
      append({ type: "state", status, updated_at: new Date().toISOString(), ...names });
    } catch {
      drop("invalid");
    }
  }

  process.once("beforeExit", close);
  return {
    record, recording, run, flush, close, dropped,
    get accepted() { return accepted; },
  };
}

// In a program that lets go of a body before its end, nobody else would end the call or close the connection.
const abandoned = new FinalizationRegistry(({ call, source }) => {
  call.end();
  source.cancel().catch(() => {});
});

function startCall(connector, input, init, context, record) {
  const started = performance.now();
  const request = typeof input === "object" && "url" in input ? input : { url: String(input) };
  const headers = new Headers(init?.headers ?? request.headers);
  const leftOut = [];
  // A value that is cut before the server removes secrets could lose the part by which one is recognised.
  const whole = (name, text, length) => text.length <= length ? { [name]: text } : (leftOut.push(name), {});
  const headerFields = (name, headers) => {
    const { fields, isWhole } = shortEnough(headers);
    if (!isWhole) leftOut.push(name);
    return { [name]: fields };
  };
  const fields = {
    log_time: new Date().toISOString(), ...context, connector_identifier: connector,
    method: (init?.method ?? request.method ?? "GET").toUpperCase(), ...whole("uri", withoutUser(request.url), URI_LENGTH),
    ...headerFields("request_headers", headers), request_id: headers.get("x-request-id")?.slice(0, NAME_LENGTH),
    ...requestBody(init?.body),
  };
  const [pieces, touch] = [[], () => { fields.duration_ms = Math.round((performance.now() - started) * 1000) / 1000; }];
  let [kept, size, isOver] = [0, 0, false];
  return {
    get isAnswered() { return fields.status !== undefined; },
    answered(response) {
      touch();
      Object.assign(fields, { status: response.status, ...headerFields("response_headers", response.headers) });
    },
    saw(piece) {
      if (isOver || !ArrayBuffer.isView(piece)) return;
      touch();
      size += piece.byteLength;
      if (kept === BODY_BYTES) return;
      pieces.push(Buffer.from(piece.subarray(0, BODY_BYTES - kept))); // a copy: the host may change what it was given
      kept += pieces.at(-1).length;
    },
    // Records the call, once.
    end({ error, isWhole = false } = {}) {
      if (!this.leave()) return;
      if (error !== undefined) {
        touch();
        // Why a connection failed is in the cause.
        const message = withoutUser(String(error?.cause?.message ?? error?.message ?? error));
        fields.error_name = String(error?.cause?.code ?? error?.name ?? "Error").slice(0, NAME_LENGTH);
        Object.assign(fields, whole("error_message", message, MESSAGE_LENGTH));
      }
      if (this.isAnswered) Object.assign(fields, body("response_body", Buffer.concat(pieces), size, !isWhole || size > kept));
      if (leftOut.length > 0) fields.attributes = { ...fields.attributes, "connectorlog.left_out": leftOut.join(", ") };
      record(fields);
    },
    // Whether this is the call's end; it is not recorded any more.
    leave() {
      const isEnd = !isOver;
      isOver = true;
      return isEnd;
    },
  };
}

// The response stays the host's own, with a body that is noted as it is read: fetch gives responses that cannot be made anew,
// such as of status 999. The body is taken when the host asks for it.
function watchBody(response, call) {
  const source = response.body;
  if (source === null) return call.end({ isWhole: true });
  let copy;
  const reading = () => {
    abandoned.unregister(call);
    return copy ??= new Response(observed(source, call), { headers: response.headers });
  };
  const properties = {
    body: { get: () => reading().body }, bodyUsed: { get: () => copy?.bodyUsed ?? false },
    clone: { value: () => twin(reading().clone(), response) },
  };
  for (const name of ["arrayBuffer", "blob", "bytes", "formData", "json", "text"]) {
    if (name in response) properties[name] = { value: async () => reading()[name]() };
  }
  Object.defineProperties(response, properties);
  abandoned.register(response, { call, source }, call);
}

function twin(copy, original) {
  for (const name of ["url", "status", "statusText", "ok", "redirected", "type"]) {
    Object.defineProperty(copy, name, { value: original[name] });
  }
  return Object.defineProperty(copy, "clone", { value: () => twin(Response.prototype.clone.call(copy), original) });
}

// The stream, piece by piece as the host asks for them.
function observed(source, call) {
  const type = isOfBytes(source) ? "bytes" : undefined;
  const reader = source.getReader();
  const stream = new ReadableStream({
    type,
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          call.end({ isWhole: true });
          controller.close();
          controller.byobRequest?.respond(0); // who waits with a buffer of its own is told, too
          return;
        }
        call.saw(value);
        controller.enqueue(value);
      } catch (error) {
        call.end({ error });
        throw error;
      }
    },
    cancel(reason) {
      call.end();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  abandoned.register(stream, { call, source: reader });
  return stream;
}

function isOfBytes(stream) {
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

function shortEnough(headers) {
  const fields = Object.create(null);
  let [count, size] = [0, 0];
  for (const [name, value] of headers) {
    size += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (++count > HEADER_FIELDS || size > HEADER_BYTES) return { fields, isWhole: false };
    const text = CREDENTIAL_HEADERS.has(name) ? "[redacted]" : withoutUser(value);
    fields[name] = name in fields ? [fields[name], text].flat() : text; // Set-Cookie alone repeats
  }
  return { fields, isWhole: true };
}

// Text and bytes; a stream is its reader's alone.
function requestBody(value) {
  if (value === undefined || value === null) return {};
  let bytes, size;
  if (typeof value === "string" || value instanceof URLSearchParams) {
    const text = String(value);
    [bytes, size] = [Buffer.from(text.slice(0, BODY_BYTES)), Buffer.byteLength(text)];
  } else if (value instanceof ArrayBuffer) bytes = Buffer.from(value);
  else if (ArrayBuffer.isView(value)) bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  else return {};
  size ??= bytes.length;
  return body("request_body", bytes.subarray(0, BODY_BYTES), size, size > BODY_BYTES);
}

function body(name, kept, size, isCut) {
  if (size === 0 && !isCut) return {};
  const cut = isCut ? { [`${name}_size`]: size, [`${name}_truncated`]: true } : {};
  try {
    // In a stream, a character that is cut in half is left out; of a whole body, it makes the body bytes.
    return { ...cut, [name]: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(kept, { stream: isCut }) };
  } catch {
    return { ...cut, [name]: kept.toString("base64"), [`${name}_encoding`]: "base64" };
  }
}

// Without user:password@ of the URLs in it.
function withoutUser(text) {
  return text.replace(/(?<![\p{L}\p{N}])\/\/[^/?#\\\s]+@/gu, "//");
}

// Half a character of UTF-16 is no text to the server.
function wellFormed(_, value) {
  return typeof value === "string" ? value.replace(/\p{Surrogate}/gu, "\ufffd") : value;
}
