-- What wrk measured, as one JSON object in the last line of its output: `wrk --latency -s wrk.lua`.
done = function(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        '{"calls": %d, "wall_s": %.6f, "errors": %d, "median_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f}\n',
        summary.requests, summary.duration / 1e6,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
