// Two calls of a vendor, one of which fails, recorded as those of one run.
//
//     CONNECTORLOG_API_KEY=... node Examples/node-fetch/example.mjs
import { randomUUID } from "node:crypto";
import { connectorLog } from "./connector-log.mjs";

const logURL = process.env.CONNECTORLOG_URL ?? "http://127.0.0.1:8080";
// A vendor to try it with: the log server itself, which has no orders.
const vendor = process.env.VENDOR_URL ?? logURL;

const log = connectorLog({ url: logURL, key: process.env.CONNECTORLOG_API_KEY });
globalThis.fetch = log.recording("order-vendor");

const stateID = randomUUID();
await log.run({ flow_id: "order-sync", state_id: stateID }, async () => {
  const headers = { Authorization: "Bearer made-up-vendor-token", "Content-Type": "application/json" }; // the first is not sent to the log
  await (await fetch(`${vendor}/healthz`, { headers })).text();
  const answer = await fetch(`${vendor}/orders`, { method: "POST", headers, body: JSON.stringify({ amount: -1 }) });
  await answer.text();
  if (!answer.ok) log.record({ type: "fault", name: "Data Save Fault", status_code: answer.status, message: "the order was not taken" });
});

console.log(`run ${stateID}`);
await log.close();
console.log(`recorded: ${log.accepted}, dropped: ${Object.values(log.dropped).reduce((sum, count) => sum + count, 0)}`);
