#!/usr/bin/env bash
# Sends records to Connector Log: one JSON object a line on standard input, the server's answer on standard output.
# CONNECTORLOG_URL and CONNECTORLOG_API_KEY say where to, and as whom.
#
#   echo '{"connector_identifier":"crm","method":"GET","uri":"https://api.example.com/v1/orders","status":200}' | report.sh
#
# Ends with 0 when the server took the request, else with 22; `rejected` in the answer names lines that it did not take.
# After no answer, 429 and 5xx it is sent again, under one Idempotency-Key, by which nothing is stored twice: at most
# CONNECTORLOG_ATTEMPTS times (6 if not set).
set -euo pipefail

url=${CONNECTORLOG_URL:-http://127.0.0.1:8080}
key=${CONNECTORLOG_API_KEY:?make one with: connectorlog key create --team 1 --role recorder my-script}
batch=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
cat >"$files/lines"

delay=1
for ((attempt = ${CONNECTORLOG_ATTEMPTS:-6}; ; attempt--)); do
    : >"$files/answer"
    # The key goes through a file descriptor: arguments of a process are there for everybody on the machine to read.
    told=$(curl --silent --show-error --max-time 60 \
        --output "$files/answer" --write-out '%{http_code} %header{retry-after}' \
        --config <(printf 'header = "Authorization: Bearer %s"\n' "$key") \
        --header 'Content-Type: application/x-ndjson' --header "Idempotency-Key: $batch" \
        --data-binary @"$files/lines" "${url%/}/v1/ingest") || told=000
    read -r status asked <<<"$told"
    if [[ $status != @(000|429|5??) || $attempt -le 1 ]]; then break; fi
    # Of what the server asks for, up to 999 seconds.
    if [[ $asked =~ ^[1-9][0-9]{0,2}$ && $asked -gt $delay ]]; then delay=$asked; fi
    sleep "$delay"
    delay=$((delay * 2))
done
cat "$files/answer"
echo
[[ $status == 200 ]] || exit 22
