#!lua name=product_@VERSION@
-- lua/product.lua - a merchant's products, written whole and only when they change.
-- Keys: one product per call, all under its partition's hash tag (storage/key.h). Where
-- the id is not known before the call, the key is given without it ("product:{p003}:")
-- and the id put behind.
-- A product's hash: merchant, handle, doc (JSON, made in C, equal bytes for equal
-- content), text (the description), down ("m" by its merchant, "o" by an operator, both,
-- or none), reason, order, version, changed_at (ms). Its stock's hash: variant -> pieces,
-- absent where they are not counted.
-- Each new version is told to the index by the outbox.

-- HGETALL without a value's worth of work for what is not there.
local function read_at(product, stock)
    return redis.call('HGETALL', product), redis.call('HGETALL', stock)
end

-- KEYS product, stock
local function read(keys, args)
    local fields, stock = read_at(keys[1], keys[2])
    if #fields == 0 then
        return { 'no_such_product' }
    end
    return { 'ok', fields, stock }
end

-- KEYS handle, products, stocks
local function find(keys, args)
    local id = redis.call('GET', keys[1])
    if not id then
        return { 'no_such_product' }
    end
    local fields, stock = read_at(keys[2] .. id, keys[3] .. id)
    return { 'ok', fields, stock, id }
end

local function tell(outbox, id)
    redis.call('XADD', outbox, '*', 'kind', 'product', 'id', id)
end

-- Sets the stock's hash to the pairs from args[first] on; false when it is so already.
local function put_stock(key, args, first)
    local held, held_count, pairs_count = redis.call('HGETALL', key), 0, 0
    local by_variant, changed = {}, false
    for i = 1, #held, 2 do
        by_variant[held[i]] = held[i + 1]
        held_count = held_count + 1
    end
    for i = first, #args, 2 do
        pairs_count = pairs_count + 1
        changed = changed or by_variant[args[i]] ~= args[i + 1]
    end
    if not changed and held_count == pairs_count then
        return false
    end
    redis.call('DEL', key)
    if pairs_count > 0 then
        redis.call('HSET', key, unpack(args, first))
    end
    return true
end

-- KEYS handle, products, stocks, seq, outbox; ARGV partition, version it was settled
-- against (0: none), merchant, handle, doc, text, down by the merchant (1, 0), order,
-- now_ms, then variant, pieces ...
-- Reply: { code, id, version, made | changed | same }
local function put(keys, args)
    local id = redis.call('GET', keys[1])
    local held = id and redis.call('HMGET', keys[2] .. id, 'version', 'doc', 'text', 'down')
        or {}
    if (held[1] or '0') ~= args[2] then
        return { 'moved_on' }
    end
    local down = (args[7] == '1' and 'm' or '') .. ((held[4] or ''):match('o') or '')
    local version, outcome = tonumber(args[2]), 'same'

    if not id then
        local n = redis.call('INCR', keys[4])
        id = string.format('%.0f', n * 256 + tonumber(args[1]))
        redis.call('SET', keys[1], id)
        redis.call('HSET', keys[2] .. id, 'merchant', args[3], 'handle', args[4],
            'order', args[8])
        outcome = 'made'
    elseif held[2] ~= args[5] or held[3] ~= args[6] or held[4] ~= down then
        outcome = 'changed'
    end
    if outcome ~= 'same' then
        version = version + 1
        redis.call('HSET', keys[2] .. id, 'doc', args[5], 'text', args[6], 'down', down,
            'version', version, 'changed_at', args[9])
        tell(keys[5], id)
    end
    if put_stock(keys[3] .. id, args, 10) and outcome == 'same' then
        outcome = 'changed'
    end
    return { 'ok', id, version, outcome }
end

-- KEYS product, outbox (, done); ARGV id, down by an operator (1, 0), reason, now_ms
-- (, fingerprint, keep_s). `done`, of an Idempotency-Key (storage/idempotency.h), says who
-- keeps the product down since then, if anybody, and when it changed: "FINGERPRINT mo 1".
local function set_down(keys, args)
    if keys[3] and redis.call('EXISTS', keys[3]) == 1 then
        return { 'idempotency_in_progress' }
    end
    local held = redis.call('HMGET', keys[1], 'down', 'version', 'changed_at')
    local down, changed_at = held[1], held[3]
    if not down then
        return { 'no_such_product' }
    end
    local is_down, wanted = down:find('o') ~= nil, args[2] == '1'
    if is_down ~= wanted then
        down, changed_at = (down:match('m') or '') .. (wanted and 'o' or ''), args[4]
        redis.call('HSET', keys[1], 'down', down, 'reason', args[3],
            'version', tonumber(held[2]) + 1, 'changed_at', changed_at)
        tell(keys[2], args[1])
    end
    if keys[3] then
        redis.call('SET', keys[3], string.format('%s %s %s', args[5], down, changed_at),
            'EX', args[6])
    end
    return { 'ok' }
end

redis.register_function{
    function_name = 'product_read_@VERSION@', callback = read, flags = { 'no-writes' }
}
redis.register_function{
    function_name = 'product_find_@VERSION@', callback = find, flags = { 'no-writes' }
}
redis.register_function('product_put_@VERSION@', put)
redis.register_function('product_set_down_@VERSION@', set_down)
