"""Calls through the invoker, beside nginx as a plain reverse proxy to the same vendor and beside no proxy at all.

The three take turns, so that a machine that grows slow for a while is slow for each of them. Each figure is the median of
the rounds; shares and differences are taken within a round. wrk drives as many calls as pass, and has no steady rate: what a
call takes longer on its way is measured with the client of our own (clients/calls.c), at a rate that leaves all three at
ease. In a closed loop of 32 connections a call's time would only be 32 divided by the calls a second.
"""

import http.client
import json
import resource
import shutil
import statistics
import subprocess
import time

from gateway import FOR_CALLS, Nginx, Target, call, connector, recorded
from programs import BENCHMARKS, Missing
from stages import IDLE_SECONDS, fresh, say

CONNECTIONS = 32
STEADY_RATE = 2000
IDLE_CONNECTIONS = 10_000
WARM_UP_CALLS = 2000
AT_ONCE = 64  # calls over the idle connections
WRK = shutil.which("wrk")


def prepare_invoker():
    """Raises Missing where the stage cannot be run."""
    if lacking := [package for package, found in (("wrk", WRK), ("nginx-light", Nginx.binary)) if not found]:
        raise Missing(f"the invoker cannot be measured: apt-get install {' '.join(lacking)}")
    allow_files(IDLE_CONNECTIONS + 1000)


def measure_invoker(options):
    return beside_nginx(options) | {"idle": idle_connections(options)}


def beside_nginx(options):
    with (Nginx.vendor(options.folder, options.ports) as vendor, Nginx.proxy(options.folder, options.ports, vendor) as proxy,
          fresh(options, "invoker", *FOR_CALLS) as server):
        targets = {"direct": Target.of(vendor), "nginx": Target.of(proxy), "invoker": connector(server, vendor)}
        for target in targets.values():
            call(target, "--count", WARM_UP_CALLS)
        before = recorded(server, WARM_UP_CALLS), server.cpu_seconds()
        say(f"calls on {CONNECTIONS} connections, as many as pass: no proxy, nginx, the invoker")
        saturated = in_turns(options.rounds, targets, lambda target: saturate(target, options.seconds))
        say(f"{STEADY_RATE:,} calls a second")
        steady = in_turns(options.rounds, targets, lambda target: steadily(target, options.seconds))
        result = {"nginx_version": Nginx.version(), "connections": CONNECTIONS, "rate": STEADY_RATE,
                  "saturated": medians(saturated), "share_of_nginx": share(saturated), "steady": medians(steady),
                  "added": added(steady), "errors": sum(round["invoker"]["errors"] for round in saturated + steady)}
        made = sum(round["invoker"]["calls"] for round in saturated + steady)
        return result | settled(server, made, *before, options.rounds * CONNECTIONS)


def settled(server, made, count, cpu, cut):
    """What is left to tell when the last call is in the log and compaction has nothing left to do."""
    recorded(server, count + made)
    server.settle()
    found = recorded(server, count + made) - count
    return {"settled_cpu_us": (server.cpu_seconds() - cpu) / made * 1e6, "rss_mb": server.memory_mb("VmRSS"),
            "peak_mb": server.memory_mb("VmHWM")} | once(made, found, cut)


def once(calls, found, cut):
    """Calls that are not in the log exactly once. wrk leaves as many calls as it has connections unanswered at its end; those
    are recorded as calls whose caller left, if they were begun, and nobody else knows of them."""
    return {"calls": calls, "found": found, "cut_off": max(0, found - calls),
            "not_once": calls - found if found < calls else max(0, found - calls - cut)}


# MARK: - Rounds

def in_turns(rounds, targets, measure):
    return [{name: measure(target) for name, target in targets.items()} for _ in range(rounds)]


def saturate(target, seconds):
    command = [WRK, "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", BENCHMARKS / "clients/wrk.lua"]
    fields = [word for field in target.fields for word in ("-H", field)]
    before = target.cpu_seconds()
    ended = subprocess.run([*command, *fields, f"http://127.0.0.1:{target.port}{target.path}"], stdout=subprocess.PIPE,
                           text=True, check=True)
    used = target.cpu_seconds() - before
    result = json.loads(ended.stdout.splitlines()[-1])
    if not result["calls"]:
        raise SystemExit(f"wrk had no answer: {ended.stdout}")
    return result | {"calls_per_s": result["calls"] / result["wall_s"], "cpu_us": used / result["calls"] * 1e6}


def steadily(target, seconds):
    before = target.cpu_seconds()
    result = call(target, "--rate", STEADY_RATE, "--seconds", seconds, connections=CONNECTIONS)
    used = target.cpu_seconds() - before
    times = {f"{kind}_ms": milliseconds for kind, milliseconds in result["call_ms"].items()}
    return times | {"calls": result["calls"], "errors": result["errors"], "cpu_us": used / result["calls"] * 1e6}


def medians(rounds):
    return {name: {figure: statistics.median(round[name][figure] for round in rounds) for figure in figures}
            for name, figures in rounds[0].items()}


def share(rounds):
    return statistics.median(round["invoker"]["calls_per_s"] / round["nginx"]["calls_per_s"] for round in rounds)


def added(rounds):
    """By how much calls take longer than without a proxy."""
    return {name: {figure: statistics.median(round[name][figure] - round["direct"][figure] for round in rounds)
                   for figure in ("median_ms", "p99_ms")} for name in ("nginx", "invoker")}


# MARK: - Idle connections

def idle_connections(options, count=IDLE_CONNECTIONS):
    """Connections that made a call each and wait for the next: what the server holds for them."""
    say(f"{count:,} idle connections")
    limits = ("--maximum-connections", str(count + 100), "--idle-seconds", "3600")
    with (Nginx.vendor(options.folder / "idle", options.ports) as vendor,
          fresh(options, "invoker-idle", *FOR_CALLS, *limits) as server):
        target = connector(server, vendor)
        before = server.memory_mb("VmRSS")
        connections = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=60) for _ in range(count)]
        call_over_each(connections, target)
        time.sleep(IDLE_SECONDS)
        result = {"connections": count, "before_mb": before, "idle_mb": server.memory_mb("VmRSS"),
                  "peak_mb": server.memory_mb("VmHWM")}
        call_over_each(connections, target)  # none was closed meanwhile
        for connection in connections:
            connection.close()
        return result | {"not_once": abs(2 * count - recorded(server, 2 * count))}


def call_over_each(connections, target):
    fields = dict(field.split(": ", 1) for field in target.fields)
    for at in range(0, len(connections), AT_ONCE):
        some = connections[at:at + AT_ONCE]
        for connection in some:
            connection.request("GET", target.path, headers=fields)
        for connection in some:
            response = connection.getresponse()
            body = response.read()
            if response.status != 200 or response.will_close:
                raise SystemExit(f"a call over an idle connection: {response.status} {body[:300]!r}")


def allow_files(count):
    """For this process and those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise Missing(f"the invoker cannot be measured with {hard:,} open files, it takes {count:,}: ulimit -Hn")
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
