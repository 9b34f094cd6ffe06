#!lua name=score_@VERSION@
-- lua/score.lua - what the scoring worker writes, and what is read of it in one piece.
-- Keys: one partition's, under its tag {sNNN}; the pointer of releases alone in {g}.
-- The position applied:{sNNN}.at, {event id, step}, is the fence: every write of the
-- worker moves it, and none is taken when it is not where the worker thinks, so nothing
-- can count twice, be skipped or be overwritten by one that was stopped and wakes up.
-- Packed values are opaque here. Reply: { code, ... }.

local writes = {
    HSET = true, HDEL = true, HINCRBY = true, ZADD = true, ZREM = true, DEL = true,
    UNLINK = true, XADD = true, XTRIM = true
}
local keys_only = { DEL = true, UNLINK = true } -- arguments of theirs would be keys

-- KEYS applied, then others; ARGV expected, next, then { command, index of its key,
-- count, arguments.. }.. Every command was made by storage/score/apply.c.
local function apply(keys, args)
    local at = redis.call('HGET', keys[1], 'at') or ''
    if at ~= args[1] then
        return { 'moved_on', at }
    end
    local i = 3
    while args[i] do -- nothing may fail once the first was written
        if not writes[args[i]] or not keys[tonumber(args[i + 1])]
            or (keys_only[args[i]] and args[i + 2] ~= '0') then
            return { 'internal' }
        end
        i = i + 3 + tonumber(args[i + 2])
    end
    redis.call('HSET', keys[1], 'at', args[2])
    i = 3
    while args[i] do
        local count = tonumber(args[i + 2])
        redis.call(args[i], keys[tonumber(args[i + 1])], unpack(args, i + 3, i + 2 + count))
        i = i + 3 + count
    end
    return { 'ok' }
end

-- All chunks of a shop in one period's hash: chunk k + 1 may exist only after chunk k.
local function read_chunks(key, n)
    local chunks, k = {}, 0
    while k < 65536 do
        local chunk = redis.call('HGET', key, n .. struct.pack('<H', k))
        if not chunk then
            return chunks
        end
        k = k + 1
        chunks[k] = chunk
    end
    return chunks
end

-- What the owner's explanation is made of. KEYS score page, days page, then hashes of
-- chunks of sales; ARGV n (4 bytes)
local function live(keys, args)
    local reply = {
        'ok',
        redis.call('HGET', keys[1], args[1]) or '',
        redis.call('HGET', keys[2], args[1]) or ''
    }
    for i = 3, #keys do
        reply[i + 1] = read_chunks(keys[i], args[1])
    end
    return reply
end

-- A shop with its books, in one piece, so that what belongs together is seen together on
-- a store that is at work. KEYS applied, events, score page, days page, shop, the visits
-- of two periods, then for each period its sales and the shop's sums; ARGV n (4 bytes)
local function whole(keys, args)
    local n, sales, sums = args[1], {}, {}
    local newest = redis.call('XREVRANGE', keys[2], '+', '-', 'COUNT', 1)[1]
    for i = 8, #keys, 2 do
        sales[#sales + 1] = read_chunks(keys[i], n)
        sums[#sums + 1] = redis.call('HGETALL', keys[i + 1])
    end
    return {
        'ok',
        redis.call('HGET', keys[1], 'at') or '',
        newest and newest[1] or '0-0',
        redis.call('HGET', keys[3], n) or '',
        redis.call('HGET', keys[4], n) or '',
        redis.call('HGETALL', keys[5]),
        { read_chunks(keys[6], n), read_chunks(keys[7], n) },
        sales,
        sums,
        redis.call('HGET', keys[1], 'rebuild') or '0'
    }
end

-- A new release is made: everything switches. KEYS release; ARGV release, then field,
-- value.. A release that is not newer than what stands changes nothing.
local function release(keys, args)
    local held = tonumber(redis.call('HGET', keys[1], 'release') or 0)
    if held >= tonumber(args[1]) then
        return { 'moved_on', held }
    end
    redis.call('HSET', keys[1], 'release', args[1], unpack(args, 2))
    redis.call('HDEL', keys[1], 'making', 'making_as_of_ms', 'making_measure',
        'making_listing', 'making_asked')
    return { 'ok', held }
end

-- Somebody begins to make the next release, or goes on with the one begun. KEYS release;
-- ARGV release, as_of_ms, then field, value... Replies the one being made.
local function begin(keys, args)
    local held = redis.call('HMGET', keys[1], 'release', 'making', 'making_as_of_ms')
    if held[2] then
        return { 'ok', held[2], held[3] }
    end
    if tonumber(held[1] or 0) + 1 ~= tonumber(args[1]) then
        return { 'moved_on', held[1] or '0' }
    end
    redis.call('HSET', keys[1], 'making', args[1], 'making_as_of_ms', args[2],
        unpack(args, 3))
    return { 'ok', args[1], args[2] }
end

redis.register_function('score_apply_@VERSION@', apply)
redis.register_function('score_release_@VERSION@', release)
redis.register_function('score_begin_@VERSION@', begin)
redis.register_function{
    function_name = 'score_live_@VERSION@', callback = live, flags = { 'no-writes' }
}
redis.register_function{
    function_name = 'score_whole_@VERSION@', callback = whole, flags = { 'no-writes' }
}
