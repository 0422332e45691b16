-- wrk asks for the paths of a file, one a line, in their order; the file's lines were drawn from a fixed seed. What stands
-- behind a tab in a line is sent as JSON.
-- Arguments: the file, then headers as "Name: value".

local requests, at = {}, 0

function init(args)
  local headers = {}
  for i = 2, #args do
    local name, value = args[i]:match("^(.-): (.*)$")
    headers[name] = value
  end
  for path in io.lines(args[1]) do
    local where, body = path:match("^(.-)\t(.*)$")
    if body then
      headers["Content-Type"] = "application/json"
      requests[#requests + 1] = wrk.format("POST", where, headers, body)
    else
      requests[#requests + 1] = wrk.format("GET", path, headers)
    end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"bytes":%d,"refused":%d,"failed":%d,"p50":%f,"p99":%f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status, failed,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
