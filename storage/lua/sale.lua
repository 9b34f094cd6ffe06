#!lua name=sale_@VERSION@
-- lua/sale.lua - reported sales and what is taken back, written with their events.
-- Keys: a partition's book of sales and its shops, or a partition's claims and its
-- merchants' lists (see storage/key.h).
-- Claims, sales and refunds are many and small, so they lie in leaves: hashes of some
-- dozens, which stay listpacks. A thing's hash (12 bytes) is its field; a record is made
-- in C and opaque here. Amounts are at most 10^12. Functions that find a leaf themselves
-- also name a key that never is: on a slot that moves, half a book is then no answer.
-- Events come ready made, without the entry's head; what is new goes out as one entry.
-- Time is an argument. Reply: { 'ok', one array for each, ... }.

-- --- leaves -------------------------------------------------------------------------

-- Linear hashing: a table of so many things has so many leaves, and grows by one leaf at
-- a time, which takes its part of one older leaf. A leaf holds at most twice as many on
-- average, and with what chance adds fewer than the 128 fields of a careful redis.conf.
local PER_LEAF = 32
local FIELDS_MAX = 1000

local function leaves_of(count)
    return math.floor(count / PER_LEAF) + 1
end

-- The greatest power of two that is not above n.
local function power_below(n)
    local _, exponent = math.frexp(n)
    return 2 ^ (exponent - 1)
end

-- What is no hash, but damage, stays where it is.
local function number_of(hash)
    local a, b, c, d = hash:byte(1, 4)
    if not d then
        return 0
    end
    return ((a * 256 + b) * 256 + c) * 256 + d
end

-- The key of the leaf where a thing lies while `count` of them lie in all.
local function leaf_of(prefix, hash, count)
    local leaves, number = leaves_of(count), number_of(hash)
    local power = power_below(leaves)
    local leaf = number % (2 * power)
    return prefix .. (leaf < leaves and leaf or leaf - power)
end

-- The fields of an older leaf that belong to the new one, and what they hold.
local function choose_moved(held, leaf, power)
    local fields, pairs_of = {}, {}
    for i = 1, #held, 2 do
        if number_of(held[i]) % (2 * power) == leaf then
            fields[#fields + 1] = held[i]
            pairs_of[#pairs_of + 1] = held[i]
            pairs_of[#pairs_of + 1] = held[i + 1]
        end
    end
    return fields, pairs_of
end

-- Adds the leaves that a table needs for its new count.
local function grow(prefix, before, after)
    for leaf = leaves_of(before), leaves_of(after) - 1 do
        local power = power_below(leaf)
        local from, to = prefix .. (leaf - power), prefix .. leaf
        local fields, moved = choose_moved(redis.call('HGETALL', from), leaf, power)
        for i = 1, #fields, FIELDS_MAX do
            local last = math.min(i + FIELDS_MAX - 1, #fields)
            redis.call('HSET', to, unpack(moved, 2 * i - 1, 2 * last))
            redis.call('HDEL', from, unpack(fields, i, last))
        end
    end
end

-- --- claims and lists ---------------------------------------------------------------

-- KEYS claims, their leaves; ARGV for each sale its hash and the shop's number. Replies
-- the number that stands there afterwards, below zero when the sale is listed.
local function claim(keys, args)
    local before = tonumber(redis.call('HGET', keys[1], 'count') or 0)
    local count, reply = before, { 'ok' }
    for i = 1, #args, 2 do
        local hash, number = args[i], args[i + 1]
        local leaf = leaf_of(keys[2], hash, before)
        if redis.call('HSETNX', leaf, hash, number) == 1 then
            count = count + 1
        else
            number = redis.call('HGET', leaf, hash)
        end
        reply[#reply + 1] = number
    end
    if count > before then
        grow(keys[2], before, count)
        redis.call('HSET', keys[1], 'count', count)
    end
    return reply
end

-- KEYS claims, their leaves; ARGV hashes of sales. Replies for each what its claim says.
local function claimed(keys, args)
    local count, reply = tonumber(redis.call('HGET', keys[1], 'count') or 0), { 'ok' }
    for i, hash in ipairs(args) do
        reply[i + 1] = redis.call('HGET', leaf_of(keys[2], hash, count), hash)
    end
    return reply
end

-- KEYS claims, their leaves, for each sale its merchant's list; ARGV now_ms, then for each
-- its hash, the shop's number, its id. A list's times never step back. Without a claim,
-- which was there a moment ago, we do not know what happened to the store.
local function list(keys, args)
    local held = redis.call('HMGET', keys[1], 'count', 'listed_at')
    local count = tonumber(held[1] or 0)
    local at = string.format('%.0f', math.max(tonumber(args[1]), tonumber(held[2] or 0)))
    local fresh, seen = {}, {}
    for i = 3, #keys do
        local a = 2 + 3 * (i - 3)
        local hash, leaf = args[a], leaf_of(keys[2], args[a], count)
        local number = redis.call('HGET', leaf, hash)
        if not number then
            return { 'outcome_unknown' }
        end
        if number == args[a + 1] and not seen[hash] then
            seen[hash] = true
            local place = number .. ' ' .. args[a + 2]
            fresh[#fresh + 1] = { keys[i], place, leaf, hash, '-' .. number }
        end
    end
    for _, it in ipairs(fresh) do
        redis.call('XADD', it[1], at .. '-*', 's', it[2])
        redis.call('HSET', it[3], it[4], it[5])
    end
    if #fresh > 0 then
        redis.call('HSET', keys[1], 'listed_at', at)
    end
    return { 'ok' }
end

-- --- sales --------------------------------------------------------------------------

-- Appends events as one entry: MessagePack [1, event ...].
local function add_events(key, events)
    local count = #events + 1
    if count == 1 then
        return
    end
    local head = count < 16 and string.char(0x90 + count)
        or string.char(0xdc, math.floor(count / 256), count % 256)
    redis.call('XADD', key, '*', 'e', head .. '\1' .. table.concat(events))
end

-- Why nothing can be sold through this shop, or nil; each shop is asked once a call.
local function shop_refusal(seen, key)
    if seen[key] == nil then
        local held = redis.call('HMGET', key, 'status', 'suspended')
        seen[key] = (not held[1] and 'no_such_shop') or
            (held[1] == 'closed' and 'shop_closed') or (held[2] and 'suspended') or false
    end
    return seen[key] or nil
end

-- The owner's sums: orders and fen of a product on a day, a field "ORDERS FEN"; the day's
-- own are the sums of its products. An order is a sale of which money is left, as in the
-- worker's records: what cost nothing or was taken back whole is none. Sums are gathered
-- first: a call's sales are often of one shop and day.
local function gather(sums, key, word, orders, fen)
    local of_key = sums[key] or {}
    local sum = of_key[word] or { 0, 0 }
    sums[key], of_key[word] = of_key, sum
    sum[1], sum[2] = sum[1] + orders, sum[2] + fen
end

-- What each key's fields will be: arguments of one HSET. Nil when a sum no longer fits
-- the 53 bits that Lua counts with.
local function add_to_held(sums)
    local writes = {}
    for key, of_key in pairs(sums) do
        local words, fields = {}, {}
        for word in pairs(of_key) do
            words[#words + 1] = word
        end
        for i, held in ipairs(redis.call('HMGET', key, unpack(words))) do
            local orders, fen = (held or '0 0'):match('^(%-?%d+) (%-?%d+)$')
            local sum = of_key[words[i]]
            orders, fen = tonumber(orders) + sum[1], tonumber(fen) + sum[2]
            if math.abs(fen) >= 2 ^ 53 then
                return nil
            end
            fields[2 * i - 1] = words[i]
            fields[2 * i] = string.format('%.0f %.0f', orders, fen)
        end
        writes[key] = fields
    end
    return writes
end

local function write_sums(writes)
    for key, fields in pairs(writes) do
        redis.call('HSET', key, unpack(fields))
    end
end

local PSEUDONYM_BYTES, BUYERS_MAX = 8, 1000

-- The buyers of a product's day, one behind the other, with one more if it is another;
-- nobody asks for more than BUYERS_MAX. `buyer` has the field that counts it behind it.
local function add_buyer(lists, key, buyer)
    local field = buyer:sub(PSEUDONYM_BYTES + 1)
    local of_key = lists[key] or {}
    local list_of = of_key[field] or redis.call('HGET', key, field) or ''
    buyer = buyer:sub(1, PSEUDONYM_BYTES)
    lists[key], of_key[field] = of_key, list_of
    local at = list_of:find(buyer, 1, true)
    while at and at % PSEUDONYM_BYTES ~= 1 do -- half of one and half of the next
        at = list_of:find(buyer, at + 1, true)
    end
    if not at and #list_of < BUYERS_MAX * PSEUDONYM_BYTES then
        of_key[field] = list_of .. buyer
    end
end

local function write_buyers(lists)
    for key, of_key in pairs(lists) do
        for field, list_of in pairs(of_key) do
            redis.call('HSET', key, field, list_of)
        end
    end
end

-- KEYS events, book, its sales' leaves, the shops (each once), their stats (each once),
-- buyers of those that count them; ARGV now many shops, stats, then for each sale: hash,
-- record, fen, field of the sums, which shop, which stats, buyer with the field that
-- counts it ('' when not counted), event ('' when it is for the books alone)
-- Replies for each { code } or { 'ok', made, record }: another record may stand there. A
-- sale that stands twice in a call is new once.
local function report(keys, args)
    local reply, events, seen, sums, lists, fresh = { 'ok' }, {}, {}, {}, {}, {}
    local shops, stats = tonumber(args[1]), tonumber(args[2])
    local before = tonumber(redis.call('HGET', keys[2], 'sales') or 0)
    local count, buyers = before, 3 + shops + stats
    for a = 3, #args, 8 do
        local hash, record, fen = args[a], args[a + 1], tonumber(args[a + 2])
        local counted = args[a + 6] ~= ''
        local leaf = leaf_of(keys[3], hash, before)
        local held = fresh[hash] and fresh[hash][2] or redis.call('HGET', leaf, hash)
        local why = not held and shop_refusal(seen, keys[3 + tonumber(args[a + 4])])
        buyers = buyers + (counted and 1 or 0)
        reply[#reply + 1] = why and { why } or { 'ok', held and 0 or 1, held or record }
        if not held and not why then
            fresh[hash], count = { leaf, record }, count + 1
            if counted and fen > 0 then
                add_buyer(lists, keys[buyers], args[a + 6])
            end
            gather(sums, keys[3 + shops + tonumber(args[a + 5])], args[a + 3],
                fen > 0 and 1 or 0, fen)
            events[#events + 1] = args[a + 7] ~= '' and args[a + 7] or nil
        end
    end
    local writes = add_to_held(sums)
    if not writes then
        return { 'amount_range' }
    end
    for hash, it in pairs(fresh) do
        redis.call('HSET', it[1], hash, it[2])
    end
    write_buyers(lists)
    write_sums(writes)
    add_events(keys[1], events)
    if count > before then
        grow(keys[3], before, count)
        redis.call('HSET', keys[2], 'sales', count)
    end
    return reply
end

-- KEYS book, its sales' leaves, its refunds' leaves, stats, events; ARGV the sale's hash,
-- the refund's hash, fen, the record as it was read, the record with this refund, orders
-- that it leaves less, field of the sums, event ('' of a sale for the books alone), why it
-- cannot be (a code, or ''). Replies { code, made, record }. Says moved_on when the sale
-- was refunded otherwise in between: all this would be of a sale that is no more.
local function refund(keys, args)
    local count = redis.call('HMGET', keys[1], 'sales', 'refunds')
    local refunds, hash = tonumber(count[2] or 0), args[1]
    local leaf = leaf_of(keys[2], hash, tonumber(count[1] or 0))
    local record = redis.call('HGET', leaf, hash)
    if not record then
        return { 'not_found' }
    end
    local refund_leaf = leaf_of(keys[3], args[2], refunds)
    local done = redis.call('HGET', refund_leaf, args[2])
    if done then
        return { done == args[3] and 'ok' or 'sale_mismatch', 0, record }
    end
    if record ~= args[4] then
        return { 'moved_on', 0, record }
    end
    if args[9] ~= '' then
        return { args[9], 0, record }
    end
    local sums = {}
    gather(sums, keys[4], args[7], -tonumber(args[6]), -tonumber(args[3]))
    local writes = add_to_held(sums)
    if not writes then
        return { 'amount_range', 0, record }
    end
    redis.call('HSET', leaf, hash, args[5])
    redis.call('HSET', refund_leaf, args[2], args[3])
    write_sums(writes)
    add_events(keys[5], { args[8] ~= '' and args[8] or nil })
    grow(keys[3], refunds, refunds + 1)
    redis.call('HSET', keys[1], 'refunds', refunds + 1)
    return { 'ok', 1, args[5] }
end

-- KEYS book, its sales' leaves; ARGV hashes. Replies each one's record.
local function read(keys, args)
    local count, reply = tonumber(redis.call('HGET', keys[1], 'sales') or 0), { 'ok' }
    for i, hash in ipairs(args) do
        reply[i + 1] = redis.call('HGET', leaf_of(keys[2], hash, count), hash)
    end
    return reply
end

-- KEYS book, its sales' leaves; ARGV number of a leaf. Replies how many leaves there are,
-- and hashes and records of this one. A sale moves to later leaves only.
local function leaf_read(keys, args)
    local count = tonumber(redis.call('HGET', keys[1], 'sales') or 0)
    return { 'ok', leaves_of(count), redis.call('HGETALL', keys[2] .. args[1]) }
end

redis.register_function('sale_claim_@VERSION@', claim)
redis.register_function('sale_list_@VERSION@', list)
redis.register_function('sale_report_@VERSION@', report)
redis.register_function('sale_refund_@VERSION@', refund)
redis.register_function{
    function_name = 'sale_claimed_@VERSION@', callback = claimed, flags = { 'no-writes' }
}
redis.register_function{
    function_name = 'sale_read_@VERSION@', callback = read, flags = { 'no-writes' }
}
redis.register_function{
    function_name = 'sale_leaf_@VERSION@', callback = leaf_read, flags = { 'no-writes' }
}
