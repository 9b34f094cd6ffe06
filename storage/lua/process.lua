#!lua name=process_@VERSION@
-- lua/process.lua - which processes live, by Redis' own time.
-- Keys: process:{g} alone. A field is a process id, its value "beaten_ms state"; the
-- state is opaque here. Who beat for the last time a minute ago is swept out.
-- Reply: { 'ok', ... }.

local SWEEP_MS = 60000

local function now_ms()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Calls fn(id, silent_ms, state) for each process.
local function each(key, fn)
    local held, now = redis.call('HGETALL', key), now_ms()
    for i = 1, #held, 2 do
        local beaten_ms, state = held[i + 1]:match('^(%d+) (.*)$')
        fn(held[i], now - tonumber(beaten_ms or 0), state or '')
    end
end

-- KEYS process; ARGV id, state
local function beat(keys, args)
    local gone = {}
    each(keys[1], function(id, silent_ms)
        if silent_ms > SWEEP_MS and #gone < 1000 then
            gone[#gone + 1] = id
        end
    end)
    if #gone > 0 then
        redis.call('HDEL', keys[1], unpack(gone))
    end
    redis.call('HSET', keys[1], args[1], string.format('%.0f %s', now_ms(), args[2]))
    return { 'ok' }
end

-- KEYS process; ARGV id
local function leave(keys, args)
    redis.call('HDEL', keys[1], args[1])
    return { 'ok' }
end

-- KEYS process; ARGV silent_ms. Replies id, silent for how many ms, state of those that
-- live.
local function list(keys, args)
    local reply = { 'ok' }
    each(keys[1], function(id, silent_ms, state)
        if silent_ms <= tonumber(args[1]) then
            local at = #reply
            reply[at + 1], reply[at + 2], reply[at + 3] = id, silent_ms, state
        end
    end)
    return reply
end

redis.register_function('process_beat_@VERSION@', beat)
redis.register_function{
    function_name = 'process_leave_@VERSION@', callback = leave, flags = { 'allow-oom' }
}
redis.register_function{
    function_name = 'process_list_@VERSION@', callback = list, flags = { 'no-writes' }
}
