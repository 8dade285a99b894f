"""Log entries for tests. All values are made up."""

import datetime
import uuid

START = datetime.datetime(2026, 11, 1, 12, tzinfo=datetime.timezone.utc)


def instant(microseconds):
    """RFC 3339 text, so many microseconds behind the start of the tests' time."""
    moment = START + datetime.timedelta(microseconds=microseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry(connector, number=0, **more):
    """A full entry; the number tells it from its neighbours in every field that can."""
    return {
        "connector_identifier": connector,
        "log_time": instant(number * 1000),
        "event": "data.load",
        "method": "GET",
        "uri": f"https://api.acme.example/v1/leads/{number}?page={number}",
        "status": 200,
        "duration_ms": number % 1000 + 0.25,
        "request_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{connector}/{number}")),
        "flow_id": "nightly-sync",
        "flow_name": "Nightly sync",
        "flow_version": 3,
        "state_id": f"run-{number // 10}",
        "request_headers": {"Accept": "application/json", "X-Number": str(number)},
        "response_headers": {"Content-Type": "application/json", "Set-Number": [str(number), "again"]},
        "request_body": f"request {number}",
        "response_body": '{"number": %d, "text": "gr\u00fc\u00df dich \U0001f44b"}' % number,
    } | more


# Recognised as a PNG by its first bytes.
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
