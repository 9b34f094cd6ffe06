#!lua name=member_@VERSION@
-- lua/member.lua - accounts, the claims on their names, their sessions.
-- Keys: one member, or one claim, or one counter per call, under its partition's tag.
-- Which sessions are alive stands in one hash of the member, token hash -> "begun_ms
-- used_ms"; the keys by which a token finds its member are only signposts to it.
-- Time is an argument. Reply: { code, ... }.

-- Copies args[first...] as field, value pairs into a hash.
local function write_pairs(key, args, first, count)
    local pairs_given = {}
    for i = first, first + 2 * count - 1 do
        pairs_given[#pairs_given + 1] = args[i]
    end
    redis.call('HSET', key, unpack(pairs_given))
end

-- KEYS member, sessions, session (, merchant); ARGV id, token hash, now_ms, keep_s,
-- number of member fields, fields and values, number of merchant fields, ...
-- The id was drawn from the counter before and is nobody else's.
local function make(keys, args)
    local count = tonumber(args[5])
    if redis.call('EXISTS', keys[1]) == 1 then
        return { 'ok', 0 } -- a repeat after a lost reply
    end
    write_pairs(keys[1], args, 6, count)
    if keys[4] then
        write_pairs(keys[4], args, 7 + 2 * count, tonumber(args[6 + 2 * count]))
    end
    redis.call('HSET', keys[2], args[2], args[3] .. ' ' .. args[3])
    redis.call('SET', keys[3], args[1], 'EX', args[4])
    return { 'ok', 1 }
end

-- KEYS member, sessions, session; takes back what make() wrote.
local function unmake(keys)
    redis.call('DEL', keys[1], keys[2], keys[3])
    return { 'ok' }
end

-- KEYS member; ARGV field, value
local function set(keys, args)
    if redis.call('EXISTS', keys[1]) == 0 then
        return { 'not_found' }
    end
    redis.call('HSET', keys[1], args[1], args[2])
    return { 'ok' }
end

-- KEYS claim; ARGV expected value, wanted value ('' for none)
local function swap_username(keys, args)
    local held = redis.call('GET', keys[1]) or ''
    if held == args[2] then
        return { 'ok', held } -- a repeat after a lost reply
    end
    if held ~= args[1] then
        return { 'moved_on', held }
    end
    if args[2] == '' then
        redis.call('DEL', keys[1])
    else
        redis.call('SET', keys[1], args[2])
    end
    return { 'ok', args[2] }
end

-- KEYS member, sessions; ARGV password hash, token hash that stays ('' for none)
local function set_password(keys, args)
    if redis.call('EXISTS', keys[1]) == 0 then
        return { 'not_found' }
    end
    local kept = args[2] ~= '' and redis.call('HGET', keys[2], args[2])
    redis.call('HSET', keys[1], 'password', args[1])
    redis.call('DEL', keys[2])
    if kept then
        redis.call('HSET', keys[2], args[2], kept)
    end
    return { 'ok' }
end

-- The session that was used longest ago, and those that are too old.
local function sessions_to_drop(key, now_ms, life_ms, max)
    local all = redis.call('HGETALL', key)
    local drop, oldest, oldest_ms = {}, nil, math.huge
    for i = 1, #all, 2 do
        local used_ms = tonumber(all[i + 1]:match('(%d+)$'))
        if now_ms - used_ms >= life_ms then
            drop[#drop + 1] = all[i]
        elseif used_ms < oldest_ms then
            oldest, oldest_ms = all[i], used_ms
        end
    end
    if #all / 2 - #drop >= max then
        drop[#drop + 1] = oldest
    end
    return drop
end

-- KEYS member, sessions, session; ARGV id, token hash, now_ms, keep_s, life_ms, max
local function open_session(keys, args)
    if redis.call('EXISTS', keys[1]) == 0 then
        return { 'not_found' }
    end
    local drop = sessions_to_drop(
        keys[2], tonumber(args[3]), tonumber(args[5]), tonumber(args[6]))
    if #drop > 0 then
        redis.call('HDEL', keys[2], unpack(drop))
    end
    redis.call('HSET', keys[2], args[2], args[3] .. ' ' .. args[3])
    redis.call('SET', keys[3], args[1], 'EX', args[4])
    return { 'ok' }
end

-- KEYS sessions, session; ARGV token hash, now_ms, keep_s. Never moves a use back.
local function touch_session(keys, args)
    local held = redis.call('HGET', keys[1], args[1])
    if not held then
        return { 'unauthenticated' }
    end
    local begun_ms, used_ms = held:match('^(%d+) (%d+)$')
    if tonumber(args[2]) > tonumber(used_ms) then
        redis.call('HSET', keys[1], args[1], begun_ms .. ' ' .. args[2])
        redis.call('EXPIRE', keys[2], args[3])
    end
    return { 'ok' }
end

-- KEYS sessions, session; ARGV token hash
local function end_session(keys, args)
    redis.call('HDEL', keys[1], args[1])
    redis.call('DEL', keys[2])
    return { 'ok' }
end

-- KEYS counter; ARGV now_ms, window_ms, max. A window begins with its first attempt;
-- one that lies ahead of the clock by more than its length is no longer believed.
local function take_attempt(keys, args)
    local now_ms, window_ms = tonumber(args[1]), tonumber(args[2])
    local held = redis.call('HMGET', keys[1], 'since', 'count')
    local since_ms, count = tonumber(held[1] or 0), tonumber(held[2] or 0)
    if math.abs(now_ms - since_ms) >= window_ms then
        since_ms, count = now_ms, 0
    end
    if count >= tonumber(args[3]) then
        return { 'rate_limited', math.max(1, since_ms + window_ms - now_ms) }
    end
    redis.call('HSET', keys[1], 'since', string.format('%.0f', since_ms), 'count', count + 1)
    redis.call('PEXPIRE', keys[1], 2 * window_ms)
    return { 'ok', 0 }
end

-- KEYS counter
local function give_back_attempt(keys)
    local count = tonumber(redis.call('HGET', keys[1], 'count') or 0)
    if count > 0 then
        redis.call('HSET', keys[1], 'count', count - 1)
    end
    return { 'ok' }
end

-- KEYS merchant; ARGV sealed secret, now_ms, former_ms, former secrets kept at most
-- A former secret is the field "former:UNTIL_MS".
local function renew_secret(keys, args)
    local now_ms, held = tonumber(args[2]), redis.call('HGETALL', keys[1])
    local secret, former = nil, {}
    for i = 1, #held, 2 do
        local until_ms = held[i]:match('^former:(%d+)$')
        if held[i] == 'secret' then
            secret = held[i + 1]
        elseif until_ms then
            former[#former + 1] = tonumber(until_ms)
        end
    end
    if not secret then
        return { 'not_found' }
    end
    if secret == args[1] then
        return { 'ok' } -- a repeat after a lost reply
    end
    table.sort(former)
    for i, until_ms in ipairs(former) do
        if until_ms <= now_ms or #former - i + 1 >= tonumber(args[4]) then
            redis.call('HDEL', keys[1], string.format('former:%.0f', until_ms))
        end
    end
    local until_ms = now_ms + tonumber(args[3])
    while redis.call('HEXISTS', keys[1], string.format('former:%.0f', until_ms)) == 1 do
        until_ms = until_ms + 1
    end
    redis.call('HSET', keys[1], string.format('former:%.0f', until_ms), secret,
        'secret', args[1])
    return { 'ok' }
end

redis.register_function('member_make_@VERSION@', make)
redis.register_function{
    function_name = 'member_unmake_@VERSION@', callback = unmake, flags = { 'allow-oom' } }
redis.register_function('member_set_@VERSION@', set)
redis.register_function('member_set_password_@VERSION@', set_password)
redis.register_function('username_swap_@VERSION@', swap_username)
redis.register_function('session_open_@VERSION@', open_session)
redis.register_function('session_touch_@VERSION@', touch_session)
redis.register_function{
    function_name = 'session_end_@VERSION@', callback = end_session, flags = { 'allow-oom' } }
redis.register_function('attempt_take_@VERSION@', take_attempt)
redis.register_function('attempt_give_back_@VERSION@', give_back_attempt)
redis.register_function('merchant_renew_secret_@VERSION@', renew_secret)
