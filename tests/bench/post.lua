-- One new record a request, each with a key of its own, so that none is taken for a repetition.
local n, who = 0, tostring(os.time())
request = function()
	n = n + 1
	return wrk.format("POST", "/r/item/new", { ["Authorization"] = "Bearer bench-token", ["Accept"] = "application/json",
		["Content-Type"] = "application/json", ["Idempotency-Key"] = who .. "-" .. n },
		'{"values":{"title":"试验项目' .. n .. '","holder":"' .. os.getenv("BENCH_HOLDER") .. '","level":"city","money":"12000","people":"3"}}')
end
local bad = 0
response = function(status) if status >= 300 and status ~= 303 then bad = bad + 1; if bad == 1 then io.stderr:write("refused: ", status, "\n") end end end
