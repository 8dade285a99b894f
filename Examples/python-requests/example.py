"""Two calls of a vendor, one of which fails, recorded as those of one run.

    CONNECTORLOG_API_KEY=... python3 Examples/python-requests/example.py
"""

import os
import uuid

import requests

from connector_log import ConnectorLog

log_url = os.environ.get("CONNECTORLOG_URL", "http://127.0.0.1:8080")
# A vendor to try it with: the log server itself, which has no orders.
vendor = os.environ.get("VENDOR_URL", log_url)

log = ConnectorLog(log_url, os.environ["CONNECTORLOG_API_KEY"])
session = log.recording(requests.Session(), "order-vendor")
session.headers["Authorization"] = "Bearer made-up-vendor-token"  # is not sent to the log

state_id = str(uuid.uuid4())
with log.run(flow_id="order-sync", state_id=state_id):
    session.get(f"{vendor}/healthz", timeout=30)
    answer = session.post(f"{vendor}/orders", json={"amount": -1}, timeout=30)
    if not answer.ok:
        log.record(type="fault", name="Data Save Fault", status_code=answer.status_code, message="the order was not taken")

print(f"run {state_id}")
log.close()
print(f"recorded: {log.accepted}, dropped: {sum(log.dropped.values())}")
