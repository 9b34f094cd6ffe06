#!lua name=catalogue_@VERSION@
-- lua/catalogue.lua - the catalogue's index: which products are where in which list.
-- Keys: all under {g}. Lists, grams and the merchants' own lists are given without what
-- comes behind ("gram:{g}:"): which of them a product was in is known here only.
-- A product's entry in indexed:{g} is what the index holds of it, seven lines: version,
-- listed (1, 0), merchant, order, price in fen, category, grams. A message about an
-- older version than that changes nothing.
-- Lists are zsets of product ids: of all (""), of a category ("c:NAME"), of a merchant
-- ("m:ID"), each by order and by price. A product that is not listed is in its
-- merchant's own list only.

local function parse(entry)
    local version, listed, merchant, order, price, category, grams = (entry or ''):match(
        '^(%d+)\n(%d)\n(%d+)\n(%d+)\n(%d+)\n([^\n]*)\n(.*)$')
    return version and { version = tonumber(version), listed = listed == '1',
        merchant = merchant, order = order, price = price, category = category,
        grams = grams }
end

-- key -> score of every zset that holds the product
local function places(keys, item)
    local found = {}
    if item then
        found[keys[5] .. item.merchant] = item.order
    end
    if item and item.listed then
        local names = { '', 'm:' .. item.merchant }
        if item.category ~= '' then
            names[3] = 'c:' .. item.category
        end
        for _, name in ipairs(names) do
            found[keys[3] .. name .. ':order'] = item.order
            found[keys[3] .. name .. ':price'] = item.price
        end
    end
    return found
end

local function gram_keys(keys, item)
    local found = {}
    if item and item.listed then
        for gram in item.grams:gmatch('[^ ]+') do
            found[keys[4] .. gram] = true
        end
    end
    return found
end

local function move(id, was, is)
    for key in pairs(was) do
        if not is[key] then
            redis.call('ZREM', key, id)
        end
    end
    for key, score in pairs(is) do
        if was[key] ~= score then
            redis.call('ZADD', key, score, id)
        end
    end
end

local function move_grams(id, was, is)
    for key in pairs(was) do
        if not is[key] then
            redis.call('SREM', key, id)
        end
    end
    for key in pairs(is) do
        if not was[key] then
            redis.call('SADD', key, id)
        end
    end
end

-- The category that the product is counted in, if any.
local function counted(item)
    return item and item.listed and item.category ~= '' and item.category or nil
end

local function count(key, was, is)
    if was == is then
        return
    end
    if was then
        redis.call('ZINCRBY', key, -1, was)
        redis.call('ZREMRANGEBYSCORE', key, '-inf', 0)
    end
    if is then
        redis.call('ZINCRBY', key, 1, is)
    end
end

-- KEYS indexed, categories, lists, grams, owns; ARGV id, entry
-- Reply: { code, the category that the product was in before }
local function put(keys, args)
    local id, entry = args[1], args[2]
    local was, is = parse(redis.call('HGET', keys[1], id)), parse(entry)
    local former = was and was.category or ''
    if was and was.version >= is.version then
        return { 'ok', former }
    end
    move(id, places(keys, was), places(keys, is))
    move_grams(id, gram_keys(keys, was), gram_keys(keys, is))
    count(keys[2], counted(was), counted(is))
    redis.call('HSET', keys[1], id, entry)
    return { 'ok', former }
end

-- Is the product wherever its entry says? All places are looked at, also behind a wrong
-- one: there are few.
local function is_in_place(keys, id)
    local item = parse(redis.call('HGET', keys[1], id))
    local category = counted(item)
    local right = item ~= nil
    for key, score in pairs(places(keys, item)) do
        right = tonumber(redis.call('ZSCORE', key, id) or -1) == tonumber(score) and right
    end
    for key in pairs(gram_keys(keys, item)) do
        right = redis.call('SISMEMBER', key, id) ~= 0 and right
    end
    if category then
        right = redis.call('ZSCORE', keys[2], category) ~= false and right
    end
    return right
end

-- KEYS as for put; ARGV ids. Replies for each 1 or 0.
local function check(keys, args)
    local reply = { 'ok' }
    for i, id in ipairs(args) do
        reply[i + 1] = is_in_place(keys, id) and 1 or 0
    end
    return reply
end

-- Does the entry say that its product is in this list, or under this gram?
local function belongs(keys, item, key)
    if key:sub(1, #keys[4]) == keys[4] then
        return item ~= nil and item.listed
            and (' ' .. item.grams .. ' '):find(' ' .. key:sub(#keys[4] + 1) .. ' ', 1, true)
    end
    return places(keys, item)[key] ~= nil
end

-- Who is in a set or list and does not belong there.
-- KEYS as for put, then a list or a gram's set; ARGV cursor. Replies the next cursor, how
-- many were looked at, and how many are where they do not belong.
local function strays(keys, args)
    local key = keys[6]
    local is_gram = key:sub(1, #keys[4]) == keys[4]
    local page = redis.call(is_gram and 'SSCAN' or 'ZSCAN', key, args[1], 'COUNT', 200)
    local looked, found = 0, 0
    for i = 1, #page[2], is_gram and 1 or 2 do
        looked = looked + 1
        if not belongs(keys, parse(redis.call('HGET', keys[1], page[2][i])), key) then
            found = found + 1
        end
    end
    return { 'ok', page[1], looked, found }
end

-- The same for categories, whose number is that of their listed products. KEYS as for put.
local function miscounts(keys, args)
    local page = redis.call('ZSCAN', keys[2], args[1], 'COUNT', 200)
    local found = 0
    for i = 1, #page[2], 2 do
        local size = redis.call('ZCARD', keys[3] .. 'c:' .. page[2][i] .. ':order')
        if size ~= tonumber(page[2][i + 1]) then
            found = found + 1
        end
    end
    return { 'ok', page[1], #page[2] / 2, found }
end

-- Searching. A page begins behind (value, id) and goes up, or down. Where few products
-- have all grams they are gathered and sorted; else the list is walked in its order.
-- Either way no more than 10,000 products are looked at.
local LOOKED_MAX, GATHER_MAX, CHUNK = 10000, 2000, 256

local function before(a_value, a_id, b_value, b_id)
    return a_value < b_value or (a_value == b_value and a_id < b_id)
end

-- How many of the list's elements come first, from below, up to the cursor: with it
-- when it is left behind upwards, without it when downwards.
local function passed(list, value, id, down)
    local low, high = 0, redis.call('ZCARD', list)
    while low < high do
        local middle = math.floor((low + high) / 2)
        local at = redis.call('ZRANGE', list, middle, middle, 'WITHSCORES')
        local at_value, is_before = tonumber(at[2])
        if down then
            is_before = before(at_value, at[1], value, id)
        else
            is_before = not before(value, id, at_value, at[1])
        end
        if is_before then
            low = middle + 1
        else
            high = middle
        end
    end
    return low
end

-- Which of the ids are in every filter list and have every gram: a table of booleans.
local function sift(ids, filters, grams)
    local kept = {}
    for i = 1, #ids do
        kept[i] = true
    end
    for _, key in ipairs(filters) do
        for i, score in ipairs(redis.call('ZMSCORE', key, unpack(ids))) do
            kept[i] = kept[i] and score ~= false
        end
    end
    for _, key in ipairs(grams) do
        for i, is_member in ipairs(redis.call('SMISMEMBER', key, unpack(ids))) do
            kept[i] = kept[i] and is_member == 1
        end
    end
    return kept
end

local function walk(list, filters, grams, page)
    local at = page.value and passed(list, page.value, page.id, page.down) or 0
    local size, found, looked = redis.call('ZCARD', list), {}, 0
    local command = page.down and 'ZREVRANGE' or 'ZRANGE'
    local chunk = (#filters + #grams > 0) and CHUNK or page.limit
    local last
    if page.down and page.value then
        at = size - at
    end
    while at < size and #found < page.limit and looked < LOOKED_MAX do
        local pairs_there = redis.call(command, list, at, at + chunk - 1, 'WITHSCORES')
        local ids = {}
        for i = 1, #pairs_there, 2 do
            ids[#ids + 1] = pairs_there[i]
        end
        local kept = sift(ids, filters, grams)
        for i, id in ipairs(ids) do
            if #found == page.limit then
                break
            end
            if kept[i] then
                found[#found + 1] = id
            end
            last, at, looked = i, at + 1, looked + 1
        end
        last = { pairs_there[2 * last], pairs_there[2 * last - 1] }
    end
    return found, at < size and last or nil
end

-- All that have the grams and are in the lists, sorted, up to the page's end.
local function gather(list, filters, grams, page)
    local entries, found, last = {}, {}
    local all = redis.call('SINTER', unpack(grams))
    for from = 1, #all, 1000 do
        local ids = { unpack(all, from, math.min(from + 999, #all)) }
        local kept, scores = sift(ids, filters, {}), redis.call('ZMSCORE', list, unpack(ids))
        for i, id in ipairs(ids) do
            if kept[i] and scores[i] then
                entries[#entries + 1] = { tonumber(scores[i]), id }
            end
        end
    end
    table.sort(entries, function(a, b)
        if page.down then
            a, b = b, a
        end
        return before(a[1], a[2], b[1], b[2])
    end)
    for i, entry in ipairs(entries) do
        local is_behind = not page.value
            or (page.down and before(entry[1], entry[2], page.value, page.id))
            or (not page.down and before(page.value, page.id, entry[1], entry[2]))
        if is_behind and #found < page.limit then
            found[#found + 1] = entry[2]
            last = i < #entries and entry or nil
        end
    end
    return found, last and { string.format('%.0f', last[1]), last[2] }
end

-- KEYS list, filter lists, grams; ARGV limit, down (1, 0), filter lists, value and id of
-- the cursor ('' when there is none)
-- Reply: { code, value and id to go on from ('' at the end), id ... }
local function search(keys, args)
    local page = { limit = tonumber(args[1]), down = args[2] == '1',
        value = tonumber(args[4]), id = args[5] }
    local filters, grams, fewest = {}, {}, nil
    for i = 2, #keys do
        local into = i <= 1 + tonumber(args[3]) and filters or grams
        into[#into + 1] = keys[i]
        if into == grams then
            local size = redis.call('SCARD', keys[i])
            fewest = math.min(fewest or size, size)
        end
    end
    local is_rare = fewest and fewest <= GATHER_MAX
    local found, last = (is_rare and gather or walk)(keys[1], filters, grams, page)
    return { 'ok', last and last[1] or '', last and last[2] or '', unpack(found) }
end

redis.register_function('catalogue_put_@VERSION@', put)
redis.register_function{
    function_name = 'catalogue_check_@VERSION@', callback = check, flags = { 'no-writes' }
}
redis.register_function{
    function_name = 'catalogue_strays_@VERSION@', callback = strays, flags = { 'no-writes' }
}
redis.register_function{
    function_name = 'catalogue_miscounts_@VERSION@', callback = miscounts, flags = { 'no-writes' }
}
redis.register_function{
    function_name = 'catalogue_search_@VERSION@', callback = search, flags = { 'no-writes' }
}
