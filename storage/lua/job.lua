#!lua name=job_@VERSION@
-- lua/job.lua - the records of work that goes on after its request was answered.
-- Keys: one job's hash per call, in its owner's tag; the asking stream alone in {g}.
-- Whoever works on a job writes to it at least every few seconds; `beat_s` is Redis' own
-- time, for it must not move with a test clock. A reader that finds a running job silent
-- for too long may call it interrupted: so records need no process to bury them. They go
-- by EXPIRE, which collects garbage here and decides nothing.
-- Reply: { code, ... }.

local function now_s()
    return redis.call('TIME')[1]
end

-- KEYS job; ARGV owner, kind, state, at_ms, fingerprint, keep_s; shall the work begin?
-- A repeat finds it queued when we stopped before anybody was told of it. Who has no
-- fingerprint yet, of a body that is still coming, does not ask whether it is the same.
-- One that was refused stands in nobody's way.
local function create(keys, args)
    local held = redis.call('HMGET', keys[1], 'fingerprint', 'state', 'refused')
    local is_there = held[1] and not held[3]
    if is_there and args[5] ~= '' and held[1] ~= args[5] then
        return { 'idempotency_mismatch' }
    elseif is_there then
        return { 'ok', held[2] == 'queued' and 1 or 0 }
    end
    redis.call('DEL', keys[1])
    redis.call('HSET', keys[1], 'owner', args[1], 'kind', args[2], 'state', args[3],
        'created_at_ms', args[4], 'fingerprint', args[5], 'beat_s', now_s())
    redis.call('EXPIRE', keys[1], args[6])
    return { 'ok', 1 }
end

-- Is there still work to be told of?
local function is_open(key)
    local state = redis.call('HGET', key, 'state')
    return state == 'queued' or state == 'running'
end

-- KEYS job; ARGV done, total, errors_total, fingerprint ('' when it was known before or
-- is not yet), errors kept so far, then errors
-- Errors bear their number, so that telling them twice changes nothing.
local function progress(keys, args)
    if not is_open(keys[1]) then
        return { 'moved_on' }
    end
    local pairs_told = { 'state', 'running', 'beat_s', now_s(), 'done', args[1],
        'total', args[2], 'errors_total', args[3] }
    if args[4] ~= '' then
        pairs_told[#pairs_told + 1] = 'fingerprint'
        pairs_told[#pairs_told + 1] = args[4]
    end
    for i = 6, #args do
        pairs_told[#pairs_told + 1] = 'e' .. string.format('%d', args[5] + i - 5)
        pairs_told[#pairs_told + 1] = args[i]
    end
    redis.call('HSET', keys[1], unpack(pairs_told))
    return { 'ok' }
end

-- KEYS job; ARGV state, result, reason
local function finish(keys, args)
    if not is_open(keys[1]) then
        local same = redis.call('HGET', keys[1], 'state') == args[1]
        return { same and 'ok' or 'moved_on' }
    end
    redis.call('HSET', keys[1], 'state', args[1], 'result', args[2], 'reason', args[3])
    return { 'ok' }
end

-- KEYS job; ARGV reason. Nobody was told of it, and nobody will work on it.
local function refuse(keys, args)
    if is_open(keys[1]) then
        redis.call('HSET', keys[1], 'state', 'failed', 'reason', args[1], 'refused', '1')
    end
    return { 'ok' }
end

-- KEYS job; the record and for how many seconds nobody wrote to it
local function read(keys)
    local held = redis.call('HGETALL', keys[1])
    if #held == 0 then
        return { 'not_found' }
    end
    local beat_s = redis.call('HGET', keys[1], 'beat_s')
    return { 'ok', math.max(0, tonumber(now_s()) - tonumber(beat_s)), held }
end

-- How many of this kind wait already; true when one is for this very job.
local function look_for(entries, job, kind)
    local same_kind = 0
    for _, entry in ipairs(entries) do
        local held = {}
        for i = 1, #entry[2], 2 do
            held[entry[2][i]] = entry[2][i + 1]
        end
        if held.job == job then
            return same_kind, true
        end
        same_kind = same_kind + (held.kind == kind and 1 or 0)
    end
    return same_kind, false
end

-- KEYS ask; ARGV job, kind, arguments, most that may wait, most of this kind
-- A repeat after a lost reply finds its entry there. A kind of which only one may wait is
-- work that takes long.
local function ask(keys, args)
    local waiting = redis.call('XRANGE', keys[1], '-', '+', 'COUNT', args[4])
    local same_kind, asked = look_for(waiting, args[1], args[2])
    if asked then
        return { 'ok' }
    elseif #waiting >= tonumber(args[4]) then
        return { 'overloaded' }
    elseif same_kind >= tonumber(args[5]) then
        return { 'preview_running' }
    end
    redis.call('XADD', keys[1], '*', 'job', args[1], 'kind', args[2], 'args', args[3])
    return { 'ok' }
end

redis.register_function('job_create_@VERSION@', create)
redis.register_function('job_progress_@VERSION@', progress)
redis.register_function('job_finish_@VERSION@', finish)
redis.register_function('job_refuse_@VERSION@', refuse)
redis.register_function('job_ask_@VERSION@', ask)
redis.register_function{
    function_name = 'job_read_@VERSION@',
    callback = read,
    flags = { 'no-writes' },
}
