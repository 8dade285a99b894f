#!/usr/bin/env python3
"""The workload's entries as spans of OTLP: requests in protobuf, each behind its length in four bytes.

    python3 otlp.py entries.ndjson requests.bin --spans 512

Every field of an entry that OTLP has a place for becomes an attribute: headers one each, bodies as text. Written without a
library, so that the benchmark needs none; the attributes are those of the stable HTTP conventions.
"""

import argparse
import calendar
import hashlib
import itertools
import json
import struct
import time


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, content):
    """A field of wire type 2: text, bytes or a message."""
    if isinstance(content, str):
        content = content.encode()
    return varint(number << 3 | 2) + varint(len(content)) + content


def number(number, value):
    return varint(number << 3) + varint(value)


def fixed(number, value):
    return varint(number << 3 | 1) + struct.pack("<Q", value)


def value(content):
    if isinstance(content, int):
        return number(3, content)
    if isinstance(content, list):
        return field(5, b"".join(field(1, value(element)) for element in content))
    return field(1, content)


def attribute(key, content):
    return field(1, key) + field(2, value(content))


def nanoseconds(text):
    """Of an RFC 3339 time in UTC."""
    whole, _, rest = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 1_000_000_000 + int((rest or "0").ljust(9, "0"))


NAMES = {"method": "http.request.method", "uri": "url.full", "status": "http.response.status_code", "event": "connector.event",
         "connector_identifier": "connector.identifier", "request_id": "connector.request_id", "flow_id": "flow.id",
         "flow_name": "flow.name", "state_id": "flow.request.state.id", "request_body": "http.request.body",
         "response_body": "http.response.body"}


def span(entry, place):
    """An entry without a team: it is the key's."""
    attributes = []
    for name, key in NAMES.items():
        if (content := entry.get(name)) is not None:
            attributes.append((key, content if isinstance(content, (str, int)) else json.dumps(content)))
    if (version := entry.get("flow_version")) is not None:
        attributes.append(("flow.version", str(version)))
    for side in ("request", "response"):
        for name, content in (entry.get(f"{side}_headers") or {}).items():
            values = content if isinstance(content, list) else [content]
            attributes.append((f"http.{side}.header.{name.lower()}", values))
    start = nanoseconds(entry["log_time"])
    end = start + int(entry.get("duration_ms", 0) * 1_000_000)
    unique = hashlib.blake2b(place.to_bytes(8, "big"), digest_size=8).digest()
    trace = bytes.fromhex(entry["trace_id"]) if entry.get("trace_id") else unique * 2
    parts = [field(1, trace), field(2, unique), field(4, b"\x00\x01" + unique[:6]), field(5, entry.get("method") or "GET"),
             number(6, 3), fixed(7, start), fixed(8, end)]
    parts += [field(9, attribute(key, content)) for key, content in attributes]
    if entry.get("error_name"):
        exception = [attribute("exception.type", entry["error_name"])]
        if entry.get("error_message"):
            exception.append(attribute("exception.message", entry["error_message"]))
        parts.append(field(11, fixed(1, end) + field(2, "exception") + b"".join(field(3, a) for a in exception)))
        parts.append(field(15, number(3, 2)))
    return b"".join(parts)


RESOURCE = field(1, b"".join(field(1, attribute(key, content)) for key, content in {
    "service.name": "sync-worker", "service.version": "4.2.0", "telemetry.sdk.language": "python",
    "telemetry.sdk.name": "opentelemetry", "telemetry.sdk.version": "1.45.2", "host.name": "worker-7"}.items()))


def requests(lines, spans):
    """Requests of so many spans of one resource and scope."""
    place = 0
    for batch in itertools.batched(lines, spans) if hasattr(itertools, "batched") else batches(lines, spans):
        records = []
        for line in batch:
            records.append(field(2, span(json.loads(line), place)))
            place += 1
        scope = field(1, field(1, "opentelemetry.instrumentation.requests"))
        yield field(1, RESOURCE + field(2, scope + b"".join(records)))


def batches(lines, size):
    lines = iter(lines)
    while batch := list(itertools.islice(lines, size)):
        yield batch


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("entries")
    parser.add_argument("requests")
    parser.add_argument("--spans", type=int, default=512)
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args()
    with open(options.entries, "rb") as lines, open(options.requests, "wb") as out:
        for request in requests(itertools.islice(lines, options.limit), options.spans):
            out.write(struct.pack("<I", len(request)) + request)


if __name__ == "__main__":
    main()
