#!lua name=shop_@VERSION@
-- lua/shop.lua - shops, their texts, their featured slots, changed atomically.
-- Keys: one shop per call (tiers: many of one partition), all under its partition's tag.
-- A slot's value is packed: product id (7 bytes), placed_at_ms (6), promised_at_ms (6). It
-- rests until the earlier of what was promised when it was filled and what today's policy
-- says: a shorter cooldown helps at once, a longer one breaks no promise.
-- Time is an argument: tests can move it, and a caller's clock that steps back can only
-- lengthen a cooldown. Events come ready made; each of an owner's days is told once.
-- Reply: { code, ... }. A refusal is a code; an error reply is our own bug.

local SLOTS_MAX = 12
local SLOT, SLOT_BYTES = '<I7I6I6', 19

local function add_event(key, event)
    redis.call('XADD', key, '*', 'e', event)
end

-- Why the owner may not change this shop just now, or nil.
local function refusal(status, suspended)
    if not status then
        return 'no_such_shop'
    end
    if status == 'closed' then
        return 'shop_closed'
    end
    return suspended and 'suspended' or nil
end

-- --- texts ---------------------------------------------------------------------------

-- A profile is one packed value (storage/shop/profile.c): its format, then for each text
-- that is not empty, in the order of fields, the field, its length and itself.
local FORMAT, NOTE, FIELD_MAX, TEXT_BYTES_MAX = 1, 1, 1 + SLOTS_MAX, 800
-- (In quotes, as all words that come from outside: test/function/walk.lua draws from them.)
local FIELD_OF = { ['nickname'] = 0, ['bio'] = 1 }

-- Texts by their field; nil when they are damaged.
local function read_texts(key)
    local packed = redis.call('GET', key)
    if not packed then
        return {}
    end
    local texts, at, before = {}, 2, -1
    while at + 2 <= #packed do
        local field, bytes = struct.unpack('<BH', packed, at)
        if field <= before or field > FIELD_MAX or bytes == 0 or bytes > TEXT_BYTES_MAX then
            return nil
        end
        texts[field] = packed:sub(at + 3, at + 2 + bytes)
        at, before = at + 3 + bytes, field
    end
    return packed:byte(1) == FORMAT and at == #packed + 1 and texts or nil
end

local function write_texts(key, texts)
    local parts = { string.char(FORMAT) }
    for field = 0, FIELD_MAX do
        local text = texts[field] or ''
        if text ~= '' then
            parts[#parts + 1] = struct.pack('<BH', field, #text) .. text
        end
    end
    redis.call('SET', key, table.concat(parts))
end

local function write_note(key, texts, slot, note)
    if (texts[NOTE + slot] or '') ~= note then
        texts[NOTE + slot] = note
        write_texts(key, texts)
    end
end

-- --- shops ---------------------------------------------------------------------------

-- What an Idempotency-Key did here (storage/idempotency.h).
local function record(done, fingerprint, keep_s, state)
    if done then
        redis.call('SET', done, fingerprint .. ' ' .. state, 'EX', keep_s)
    end
end

-- KEYS shop, profile, shops (, done); ARGV its bit in the list, owner, now_ms, nickname,
-- the policy's version, profile (, fingerprint, keep_s). `done` says how the shop began:
-- when, under which policy, by which name.
local function make(keys, args)
    if keys[4] and redis.call('EXISTS', keys[4]) == 1 then
        return { 'idempotency_in_progress' }
    end
    if redis.call('EXISTS', keys[1]) == 1 then
        return { 'ok', 0 }
    end
    redis.call('SETBIT', keys[3], args[1], 1) -- first: a list that is none refuses it
    redis.call('HSET', keys[1], 'owner', args[2], 'status', 'open', 'on_boards', '1',
        'opened_at_ms', args[3])
    redis.call('SET', keys[2], args[6])
    record(keys[4], args[7], args[8], args[3] .. ' ' .. args[5] .. ' ' .. args[4])
    return { 'ok', 1 }
end

-- KEYS shop, profile, events; ARGV day, activity event, status event, then field, value
-- pairs: nickname and bio for the profile, status and on_boards for the shop.
local function edit(keys, args)
    local held = redis.call(
        'HMGET', keys[1], 'status', 'suspended', 'active_day', 'on_boards')
    local why = refusal(held[1], held[2])
    if why then
        return { why }
    end
    local texts, active, boards = read_texts(keys[2]), false, false
    for i = 4, #args, 2 do
        local text, value = FIELD_OF[args[i]], args[i + 1]
        if text and not texts then
            return { 'bad_data' }
        elseif text and (texts[text] or '') ~= value then
            texts[text], active = value, true
        end
    end
    for i = 4, #args, 2 do
        local field, value = args[i], args[i + 1]
        if not FIELD_OF[field] and (redis.call('HGET', keys[1], field) or '') ~= value then
            redis.call('HSET', keys[1], field, value)
            boards = boards or field == 'on_boards'
        end
    end
    if active then
        write_texts(keys[2], texts)
    end
    if active and held[3] ~= args[1] then
        redis.call('HSET', keys[1], 'active_day', args[1])
        add_event(keys[3], args[2])
    end
    if boards then
        add_event(keys[3], args[3])
    end
    return { 'ok' }
end

-- KEYS shop, events (, done); ARGV '1' or '0', event when on boards, event when not
-- (, fingerprint, keep_s). `done` says which status the shop had then.
local function suspend(keys, args)
    if keys[3] and redis.call('EXISTS', keys[3]) == 1 then
        return { 'idempotency_in_progress' }
    end
    local held = redis.call('HMGET', keys[1], 'status', 'suspended', 'on_boards')
    if not held[1] then
        return { 'no_such_shop' }
    end
    record(keys[3], args[4], args[5], args[1] == '1' and 'suspended' or held[1])
    if (held[2] or '0') == args[1] then
        return { 'ok', 0 }
    end
    if args[1] == '1' then
        redis.call('HSET', keys[1], 'suspended', '1')
    else
        redis.call('HDEL', keys[1], 'suspended')
    end
    add_event(keys[2], held[3] == '0' and args[3] or args[2])
    return { 'ok', 1 }
end

-- A worker that has lost events hears again how the shop stands. KEYS shop, events; ARGV
-- event when on boards, when not, when suspended, day that activity is known of ('' for
-- none), its event. A newer day has told of itself.
local function retell(keys, args)
    local held = redis.call('HMGET', keys[1], 'status', 'suspended', 'on_boards', 'active_day')
    if not held[1] then
        return { 'ok', 0 }
    end
    add_event(keys[2], held[2] and args[3] or held[3] == '0' and args[2] or args[1])
    if held[4] and held[4] == args[4] then
        add_event(keys[2], args[5])
    end
    return { 'ok', 1 }
end

-- What the owner's changes of slots are judged by, in one read.
local function read_shop(key)
    local fields = { 'status', 'suspended', 'slots', 'active_day' }
    for slot = 1, SLOTS_MAX do
        fields[4 + slot] = 'slot:' .. slot
    end
    local held = redis.call('HMGET', key, unpack(fields))
    local shop = { refusal = refusal(held[1], held[2]), slots = tonumber(held[3] or 0),
                   active_day = held[4], slot = {} }
    for slot = 1, SLOTS_MAX do
        local packed = held[4 + slot]
        if packed and #packed == SLOT_BYTES then
            local id, placed_ms, promised_ms = struct.unpack(SLOT, packed)
            shop.slot[slot] = { id = string.format('%.0f', id), placed_ms = placed_ms,
                                promised_ms = promised_ms }
        end
    end
    return shop
end

-- When a filled slot may change.
local function changeable_ms(slot, cooldown_ms)
    return math.min(slot.promised_ms, slot.placed_ms + cooldown_ms)
end

-- A change by the owner, noted once a day.
local function be_active(keys, shop, day, event)
    if shop.active_day ~= day then
        redis.call('HSET', keys[1], 'active_day', day)
        add_event(keys[3], event)
    end
end

-- { code, product, placed_ms, changeable_ms, limit, note } of a slot as it stands.
local function slot_reply(code, held, cooldown_ms, limit, note)
    if not held then
        return { code, '0', 0, 0, limit, '' }
    end
    return { code, held.id, held.placed_ms, changeable_ms(held, cooldown_ms), limit,
             note or '' }
end

-- The rules that filling and emptying share: nil when the change is allowed.
local function slot_refusal(shop, number, limit, args)
    local now_ms, cooldown_ms, taken_down = tonumber(args[2]), tonumber(args[3]), args[5]
    local held = shop.slot[number]
    if number > limit then
        return slot_reply('slot_limit', nil, cooldown_ms, limit)
    end
    if held and held.id ~= taken_down and now_ms < changeable_ms(held, cooldown_ms) then
        return slot_reply('cooldown', held, cooldown_ms, limit)
    end
    return nil
end

local function featured_elsewhere(shop, number, product)
    for slot = 1, SLOTS_MAX do
        if slot ~= number and shop.slot[slot] and shop.slot[slot].id == product then
            return true
        end
    end
    return false
end

-- KEYS shop, profile, events; ARGV slot, now_ms, cooldown_ms, slots of a shop without a
-- tier, product that was taken down ('' for none), day, activity event, product, is
-- there a note ('1'), note
local function feature(keys, args)
    local shop, texts = read_shop(keys[1]), read_texts(keys[2])
    if shop.refusal or not texts then
        return { shop.refusal or 'bad_data' }
    end
    local number, now_ms, cooldown_ms = tonumber(args[1]), tonumber(args[2]), tonumber(args[3])
    local limit = shop.slots > 0 and shop.slots or tonumber(args[4])
    local product, held = args[8], shop.slot[number]

    if held and held.id == product then -- a repeat changes nothing but the note
        local note = texts[NOTE + number] or ''
        if args[9] == '1' and note ~= args[10] then
            note = args[10]
            write_note(keys[2], texts, number, note)
            be_active(keys, shop, args[6], args[7])
        end
        return slot_reply('ok', held, cooldown_ms, limit, note)
    end
    if number <= limit and featured_elsewhere(shop, number, product) then
        return slot_reply('already_featured', held, cooldown_ms, limit)
    end
    local refused = slot_refusal(shop, number, limit, args)
    if refused then
        return refused
    end

    held = { id = product, placed_ms = now_ms, promised_ms = now_ms + cooldown_ms }
    redis.call('HSET', keys[1], 'slot:' .. number,
        struct.pack(SLOT, tonumber(product), held.placed_ms, held.promised_ms))
    redis.call('HDEL', keys[1], 'parked:' .. product)
    write_note(keys[2], texts, number, args[10])
    be_active(keys, shop, args[6], args[7])
    return slot_reply('ok', held, cooldown_ms, limit, args[10])
end

-- KEYS shop, profile, events; ARGV as feature's first seven
local function empty(keys, args)
    local shop, texts = read_shop(keys[1]), read_texts(keys[2])
    if shop.refusal or not texts then
        return { shop.refusal or 'bad_data' }
    end
    local number, cooldown_ms = tonumber(args[1]), tonumber(args[3])
    local limit = shop.slots > 0 and shop.slots or tonumber(args[4])
    local refused = slot_refusal(shop, number, limit, args)
    if refused then
        return refused
    end
    if shop.slot[number] then
        redis.call('HDEL', keys[1], 'slot:' .. number)
        write_note(keys[2], texts, number, '')
        be_active(keys, shop, args[6], args[7])
    end
    return slot_reply('ok', nil, cooldown_ms, limit)
end

-- Which of the filled slots stay when there are more than `limit`: the longest placed.
local function split_by_age(shop, limit)
    local filled = {}
    for slot = 1, SLOTS_MAX do
        if shop.slot[slot] then
            filled[#filled + 1] = slot
        end
    end
    table.sort(filled, function(a, b)
        local left, right = shop.slot[a].placed_ms, shop.slot[b].placed_ms
        return left < right or (left == right and a < b)
    end)
    local gone = {}
    while #filled > limit do
        gone[#gone + 1] = table.remove(filled)
    end
    return gone
end

-- Moves a product and its note to a lower slot.
local function move_slot(key, texts, from, to)
    local value = redis.call('HGET', key, 'slot:' .. from)
    redis.call('HSET', key, 'slot:' .. to, value)
    redis.call('HDEL', key, 'slot:' .. from)
    texts[NOTE + to], texts[NOTE + from] = texts[NOTE + from], nil
end

-- Parked products are few: the one whose time ends first makes room.
local function park(key, product, until_ms, parked_max)
    local all, parked = redis.call('HGETALL', key), {}
    for i = 1, #all, 2 do
        if all[i]:sub(1, 7) == 'parked:' then
            parked[#parked + 1] = { field = all[i], until_ms = tonumber(all[i + 1]) }
        end
    end
    table.sort(parked, function(a, b)
        return a.until_ms < b.until_ms or (a.until_ms == b.until_ms and a.field < b.field)
    end)
    if #parked >= parked_max then
        redis.call('HDEL', key, parked[1].field)
    end
    redis.call('HSET', key, 'parked:' .. product, until_ms)
end

-- Damaged texts stay as they are and keep no slot.
local function fit_slots(keys, held, limit, until_ms, parked_max)
    local shop, texts, to, changed = read_shop(keys.shop), held or {}, 1, false
    for _, slot in ipairs(split_by_age(shop, limit)) do
        park(keys.shop, shop.slot[slot].id, until_ms, parked_max)
        redis.call('HDEL', keys.shop, 'slot:' .. slot)
        texts[NOTE + slot] = nil
        shop.slot[slot], changed = nil, true
    end
    for from = limit + 1, SLOTS_MAX do
        if shop.slot[from] then
            while shop.slot[to] do
                to = to + 1
            end
            move_slot(keys.shop, texts, from, to)
            shop.slot[to], shop.slot[from], changed = shop.slot[from], nil, true
        end
    end
    if held and changed then
        write_texts(keys.profile, texts)
    end
end

-- The worker's, under its fence: applied:{sNNN}.at, which every write of the worker moves
-- (lua/score.lua). KEYS applied, then shop, profile, shop, profile ...; ARGV position
-- expected, the next, parked_until_ms, parked at most, then for each shop tier, slots,
-- up, down, hold_until_ms, tier_day, earned
local function tiers(keys, args)
    local at = redis.call('HGET', keys[1], 'at') or ''
    if at ~= args[1] then
        return { 'moved_on', at }
    end
    for i = 1, (#keys - 1) / 2 do
        local shop, first = keys[2 * i], 5 + 7 * (i - 1)
        local held = redis.call('HMGET', shop, 'status', 'tier_day', 'slots')
        local limit = tonumber(args[first + 1])
        if held[1] and tonumber(held[2] or 0) <= tonumber(args[first + 5]) then
            local lower = tonumber(held[3] or SLOTS_MAX) > limit
            local texts = lower and read_texts(keys[2 * i + 1]) -- before anything is written
            redis.call('HSET', shop, 'tier', args[first], 'slots', args[first + 1],
                'up', args[first + 2], 'down', args[first + 3],
                'hold_until_ms', args[first + 4], 'tier_day', args[first + 5],
                'earned', args[first + 6])
            if lower then
                fit_slots({ shop = shop, profile = keys[2 * i + 1] }, texts, limit, args[3],
                    tonumber(args[4]))
            end
        end
    end
    redis.call('HSET', keys[1], 'at', args[2])
    return { 'ok' }
end

redis.register_function('shop_make_@VERSION@', make)
redis.register_function('shop_edit_@VERSION@', edit)
redis.register_function('shop_suspend_@VERSION@', suspend)
redis.register_function('shop_retell_@VERSION@', retell)
redis.register_function('slot_feature_@VERSION@', feature)
redis.register_function('slot_empty_@VERSION@', empty)
redis.register_function('shop_tiers_@VERSION@', tiers)
