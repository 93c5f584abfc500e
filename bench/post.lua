-- Posts the bodies of a file, one a line, round and round; at the end prints what was measured as one line of JSON.
-- `sent` counts those too that were under way when time was up: they cost the server as much as the others.
local requests, worker = {}, nil
turn = -1 -- wrk asks for one request that it never sends

function setup(thread)
  worker = thread
end

function init(arguments)
  local headers = { ["content-type"] = "application/json", ["authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN") }
  for body in io.lines(os.getenv("BENCH_BODIES")) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  turn = turn + 1
  return requests[turn % #requests + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"sent":%d,"answered":%d,"microseconds":%d,"bytes":%d,"p50":%d,"faults":%d}\n',
    worker:get("turn"), summary.requests, summary.duration, summary.bytes, latency:percentile(50),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
