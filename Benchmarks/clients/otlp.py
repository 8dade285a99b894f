#!/usr/bin/env python3
"""Sends requests of OTLP over HTTP or gRPC and reports what it cost; prints one JSON object.

    python3 otlp.py --requests requests.bin --spans 512 --port 8080 --key clk_... --pid SERVER_PID
    python3 otlp.py --requests requests.bin --spans 512 --grpc 4317 --key clk_... --pid SERVER_PID

Requests are made before the clock starts. Each connection is a process that sends its next request when the last was
answered. gRPC is spoken by the official library (PyPI `grpcio`).
"""

import argparse
import json
import multiprocessing
import os
import socket
import struct
import time


def read(path):
    with open(path, "rb") as file:
        while head := file.read(4):
            yield file.read(struct.unpack("<I", head)[0])


class HTTP:
    def __init__(self, options):
        self.socket = socket.create_connection(("127.0.0.1", options.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = (f"POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:{options.port}\r\nAuthorization: Bearer {options.key}\r\n"
                     "Content-Type: application/x-protobuf\r\nContent-Length: ")

    def send(self, body):
        """True when all was taken: 200 without content."""
        self.socket.sendall(f"{self.head}{len(body)}\r\n\r\n".encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = self.socket.recv(65_536)
            if not more:
                raise ConnectionError("closed")
            answer += more
        return answer.startswith(b"HTTP/1.1 200 ") and b"content-length: 0\r\n" in answer.lower()


class GRPC:
    def __init__(self, options):
        import grpc
        channel = grpc.insecure_channel(f"127.0.0.1:{options.grpc}", options=[("grpc.enable_http_proxy", 0)])
        self.call = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        self.metadata = [("authorization", f"Bearer {options.key}")]

    def send(self, body):
        return self.call(body, metadata=self.metadata) == b""


def work(options, bodies, go, results):
    connection = GRPC(options) if options.grpc else HTTP(options)
    connection.send(b"")
    results.put(None)
    go.wait()
    wrong, times = 0, []
    for body in bodies:
        start = time.perf_counter()
        wrong += not connection.send(body)
        times.append(time.perf_counter() - start)
    used = os.times()
    results.put((wrong, times, used.user + used.system))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", required=True)
    parser.add_argument("--spans", type=int, required=True, help="spans of each request")
    parser.add_argument("--port", type=int)
    parser.add_argument("--grpc", type=int)
    parser.add_argument("--key", default=os.environ.get("CONNECTORLOG_API_KEY"))
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    bodies = list(read(options.requests))
    go, results = multiprocessing.Event(), multiprocessing.Queue()
    processes = [multiprocessing.Process(target=work, args=(options, bodies[at::options.connections], go, results))
                 for at in range(options.connections)]
    for process in processes:
        process.start()
    for _ in processes:
        results.get(timeout=60)
    before, start = cpu_seconds(options.pid), time.perf_counter()
    go.set()
    ended = [results.get(timeout=600) for _ in processes]
    wall, cpu = time.perf_counter() - start, cpu_seconds(options.pid) - before
    for process in processes:
        process.join()
    spans = len(bodies) * options.spans
    times = sorted(t for one in ended for t in one[1])
    print(json.dumps({
        "spans": spans, "errors": sum(one[0] for one in ended), "spans_per_s": round(spans / wall),
        "bytes_per_span": round(sum(map(len, bodies)) / spans), "wall_s": round(wall, 2), "server_cpu_s": round(cpu, 2),
        "spans_per_cpu_s": round(spans / cpu), "client_cpu_s": round(sum(one[2] for one in ended), 2),
        "request_ms": {"median": round(times[len(times) // 2] * 1e3, 1), "p99": round(times[int(len(times) * .99)] * 1e3, 1)}}))


if __name__ == "__main__":
    main()
