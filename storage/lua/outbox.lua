#!lua name=outbox_@VERSION@
-- lua/outbox.lua - the relay's place in an outbox, moved when a message was delivered.
-- Keys: one outbox and its position, under one tag (see storage/key.h).
-- Messages are appended by the functions that change the thing they speak of; they are
-- trimmed here only, and only what was delivered.

-- KEYS outbox, relayed; ARGV upto: the id of the last message that was delivered.
-- The position never moves back: a relay that was stopped and wakes up changes nothing.
local function less(a, b)
    local a_ms, a_seq = a:match('^(%d+)-(%d+)$')
    local b_ms, b_seq = b:match('^(%d+)-(%d+)$')
    a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
    return a_ms < b_ms or (a_ms == b_ms and tonumber(a_seq) < tonumber(b_seq))
end

local function relayed(keys, args)
    local at = redis.call('HGET', keys[2], 'at') or '0-0'

    if not less(at, args[1]) then
        return { 'ok', at }
    end
    redis.call('HSET', keys[2], 'at', args[1])
    redis.call('XTRIM', keys[1], 'MINID', args[1])
    return { 'ok', args[1] }
end

-- KEYS outbox, relayed; ARGV at most. Reply: { 'ok', what was not relayed yet, in order }
local function read(keys, args)
    local at = redis.call('HGET', keys[2], 'at') or '0-0'

    return { 'ok', redis.call('XRANGE', keys[1], '(' .. at, '+', 'COUNT', args[1]) }
end

redis.register_function{
    function_name = 'outbox_read_@VERSION@',
    callback = read,
    flags = { 'no-writes' },
}
redis.register_function{
    function_name = 'outbox_relayed_@VERSION@',
    callback = relayed,
    flags = { 'allow-oom' },
}
