#!lua name=following_@VERSION@
-- lua/following.lua - whom a member follows, and who follows a shop.
-- Keys: a member, its set and its outbox under its tag, or a shop's set and what was delivered
-- there under the shop's tag (see storage/key.h).
-- Reply: { code }.

local function tell(outbox, shop, follower, on)
    redis.call('XADD', outbox, '*', 'kind', 'follow', 'shop', shop, 'follower', follower,
        'on', on)
end

-- KEYS following, outbox, member; ARGV shop, '1' or '0', shops at most
-- A member without a shop has nothing that the other could follow back: no message.
local function set(keys, args)
    local follows = redis.call('SISMEMBER', keys[1], args[1]) == 1
    if follows == (args[2] == '1') then
        return { 'ok', 0 }
    end
    if not follows and redis.call('SCARD', keys[1]) >= tonumber(args[3]) then
        return { 'following_full' }
    end
    local own = redis.call('HGET', keys[3], 'shop')
    redis.call(follows and 'SREM' or 'SADD', keys[1], args[1])
    if own then
        tell(keys[2], args[1], own, args[2])
    end
    return { 'ok', 1 }
end

-- KEYS following, outbox, member; ARGV number. The one shop is taken once and for ever,
-- and all whom the member follows already hear of it.
local function take_shop(keys, args)
    if redis.call('EXISTS', keys[3]) == 0 then
        return { 'not_found' }
    end
    if redis.call('HSETNX', keys[3], 'shop', args[1]) == 1 then
        for _, shop in ipairs(redis.call('SMEMBERS', keys[1])) do
            tell(keys[2], shop, args[1], '1')
        end
    end
    return { 'ok', redis.call('HGET', keys[3], 'shop') }
end

-- Is one message id of a stream before another?
local function before(a, b)
    local a_ms, a_seq = a:match('^(%d+)-(%d+)$')
    local b_ms, b_seq = b:match('^(%d+)-(%d+)$')
    a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
    return a_ms < b_ms or (a_ms == b_ms and tonumber(a_seq) < tonumber(b_seq))
end

-- KEYS followers, relayed; ARGV outbox ('m017'), message id, follower, '1' or '0'
-- What came from an outbox is known by its last message here: a relay that was stopped
-- and wakes up cannot bring back what was taken back since.
local function deliver(keys, args)
    local field = 'follow:' .. args[1]
    local last = redis.call('HGET', keys[2], field)
    if last and not before(last, args[2]) then
        return { 'ok', 0 }
    end
    redis.call('HSET', keys[2], field, args[2])
    redis.call(args[4] == '1' and 'SADD' or 'SREM', keys[1], args[3])
    return { 'ok', 1 }
end

redis.register_function('following_set_@VERSION@', set)
redis.register_function('following_take_shop_@VERSION@', take_shop)
redis.register_function('following_deliver_@VERSION@', deliver)
