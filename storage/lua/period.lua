#!lua name=period_@VERSION@
-- lua/period.lua - the keys of pseudonyms, one field of one hash for each kind and period.
-- Keys: period:{g}. Values are wrapped and opaque here. The first key that is offered
-- stands; it is replaced only by the same key wrapped anew, and a key that was deleted
-- never comes back by a late replacement.

-- KEYS period; ARGV field, wrapped. Reply: { 'ok', the one that stands }
local function take(keys, args)
    redis.call('HSETNX', keys[1], args[1], args[2])
    return { 'ok', redis.call('HGET', keys[1], args[1]) }
end

-- KEYS period; ARGV field, wrapped as it was read, wrapped anew.
local function rewrap(keys, args)
    if redis.call('HGET', keys[1], args[1]) ~= args[2] then
        return { 'moved_on' }
    end
    redis.call('HSET', keys[1], args[1], args[3])
    return { 'ok' }
end

-- KEYS period; ARGV fields.
local function drop(keys, args)
    redis.call('HDEL', keys[1], unpack(args))
    return { 'ok' }
end

redis.register_function('period_take_@VERSION@', take)
redis.register_function('period_rewrap_@VERSION@', rewrap)
redis.register_function{
    function_name = 'period_drop_@VERSION@',
    callback = drop,
    flags = { 'allow-oom' },
}
