#!lua name=walk
-- test/function/walk.lua - runs a library's functions without a store, many times, and
-- notes which keys they touch.
-- Arguments and answers are drawn from a hat: nothing, small numbers, the call's own
-- arguments, the words that stand in the library's source, examples of its patterns. So
-- a function is led through all its branches by what it looks for itself. Which words of
-- a command are keys Redis says (COMMAND GETKEYS).

local EACH, CALLS_MAX, KEYS_MAX, ARGS_MAX = 50, 80, 12, 20

-- library -> place that was reached, function that ended well
local reached, ended = {}, {}
-- function -> the tapes of runs that came further than those before
local good = {}

-- The numbers of Park and Miller: the same walk on every machine.
local state = 1
local function fresh()
    state = state * 16807 % 2147483647
    return state
end

-- A run is what is drawn in it: a tape of numbers, which grows as it is read.
local tape, at = {}, 0
local function below(bound)
    at = at + 1
    tape[at] = tape[at] or fresh()
    return tape[at] % bound
end

-- Most runs begin as a good one did, often one of the newest, with a few other numbers.
local function begin_tape(name)
    local tapes, from = good[name] or {}, {}
    if #tapes > 0 and fresh() % 4 > 0 then
        local newest = fresh() % 2 == 0 and math.min(4, #tapes) or #tapes
        from = tapes[#tapes - fresh() % newest]
    end
    tape, at = {}, 0
    for i = 1, fresh() % 2 == 0 and #from or fresh() % (#from + 1) do
        tape[i] = from[i]
    end
    for _ = 1, #tape > 0 and 1 + fresh() % 4 or 0 do
        local first = 1 + fresh() % #tape
        for i = first, math.min(first + 2, #tape) do -- about a word
            tape[i] = fresh()
        end
    end
end

-- Something that a pattern matches, the n-th: "^(%d+) (%d+)$" -> "3 1"
local function example(run, pattern, n)
    pattern = pattern:gsub('%[[^%]]*%]', 'w'):gsub('\\n', '\n')
    pattern = pattern:gsub('%%d', function()
        n = (n + 1) * 16807 % 2147483647
        return run.ones and '1' or tostring(n % 4)
    end)
    return (pattern:gsub('[%^$()+*]', ''):gsub('%.', 'w'))
end

-- Small numbers in a struct's format: "<I7I6" -> thirteen bytes
local function packed_example(run, format, n)
    local values = {}
    for i = 1, select(2, format:gsub('%a', '')) do
        n = (n + 1) * 16807 % 2147483647
        values[i] = run.ones and 1 or n % 4
    end
    return struct.pack(format, unpack(values))
end

-- The source's words, by kind; in each kind there is at least the empty one.
local PATTERNS, FORMATS = 2, 5
local function words_of(code)
    local words, patterns, commands, numbers = { '' }, { '' }, { '' }, { '' }
    local formats = { '' }
    for word in code:gmatch("'([^'\n]*)'") do
        if word:find('%%[ds]') or word:find('^', 1, true) then
            patterns[#patterns + 1] = word
        elseif word:find('^<[%u%d]+$') then
            formats[#formats + 1] = word
        elseif word:find('%l') then
            words[#words + 1] = word
        end
    end
    for word in code:gmatch('%u%u%u+') do
        commands[#commands + 1] = word
    end
    -- one less than a number that a library has a name for: there something begins
    for bound in code:gmatch('%u = (%d%d)%D') do
        numbers[#numbers + 1] = tostring(bound - 1)
    end
    return { words, patterns, commands, numbers, formats }
end

-- --- what stands in for the store ---------------------------------------------------

-- Some runs see little but numbers, some hardly any; in some each number is 1, so that
-- what is compared is equal. Each word takes the same length of
-- the tape, so that another word leaves those behind it as they are.
local function draw(run)
    local way, kind, n = below(8), below(6), below(27720)
    if way < run.numbers then
        return (run.ones or n % 12 < 6) and '1' or tostring(n % 6)
    end
    local from = run.words[kind] or run.args
    local word = from[1 + n % #from]
    return kind == PATTERNS and example(run, word, n)
        or kind == FORMATS and packed_example(run, word, n) or word
end

-- A key of its own; one that was given before; or one of those that an open key begins.
local function draw_key(run, i, open)
    local way, n = below(8), below(27720)
    local other = run.keys[1 + n % math.max(1, #run.keys)]
    if open[i] then
        return 'k' .. i .. ':{s001}:'
    elseif way == 0 and other then
        return other:sub(-1) == ':' and other .. draw(run) or other
    end
    return 'k' .. i .. ':{s001}'
end

local function draw_answer(run)
    local is_there, word = below(4) > 0, draw(run)
    return is_there and word
end

local function list(count, fn, run)
    local drawn = {}
    for i = 1, count do
        drawn[i] = fn(run, i)
    end
    return drawn
end

local function draw_score(run, i)
    local score = below(6)
    return i % 2 == 1 and draw(run) or run.ones and '1' or tostring(score)
end

local function draw_bit(run)
    local bit = below(2)
    return run.ones and 1 or bit
end

local function draw_page(fn)
    return function(run)
        return { tostring(below(3)), list(2 * below(4), fn, run) }
    end
end

local function draw_entry(run)
    return { below(4) .. '-' .. below(4), list(4, draw, run) }
end

-- Mostly few, now and then more than one would gather.
local function draw_count(run)
    local way, few = below(8), below(4)
    return way == 0 and 5000 or run.ones and 1 or few
end

-- What is not here answers with a count.
local answers = {
    GET = draw_answer,
    HGET = draw_answer,
    HGETALL = function(run) return list(2 * below(4), draw, run) end,
    HMGET = function(run, count) return list(count - 2, draw_answer, run) end,
    HSCAN = draw_page(draw),
    MGET = function(run, count) return list(count - 1, draw_answer, run) end,
    SET = draw_answer,
    SINTER = function(run) return list(below(4), draw, run) end,
    SMEMBERS = function(run) return list(below(4), draw, run) end,
    SMISMEMBER = function(run, count) return list(count - 2, draw_bit, run) end,
    SSCAN = draw_page(draw),
    TIME = function() return { '1700000000', '5' } end,
    XRANGE = function(run) return list(below(3), draw_entry, run) end,
    XREVRANGE = function(run) return list(below(3), draw_entry, run) end,
    ZMSCORE = function(run, count) return list(count - 2, draw_answer, run) end,
    ZRANGE = function(run) return list(2 * below(4), draw_score, run) end,
    ZREVRANGE = function(run) return list(2 * below(4), draw_score, run) end,
    ZSCAN = draw_page(draw_score)
}

-- --- what is found out --------------------------------------------------------------

local function keys_of(command)
    if #command == 1 then
        return {}
    end
    local keys = redis.pcall('COMMAND', 'GETKEYS', unpack(command))
    if keys.err and not keys.err:find('no key arguments', 1, true) then
        error(keys.err)
    end
    return keys.err and {} or keys
end

-- Was it handed in? An open key was handed in without what comes behind.
local function is_given(run, key)
    for _, given in ipairs(run.keys) do
        if key == given or (given:sub(-1) == ':' and key:sub(1, #given) == given) then
            return true
        end
    end
    return false
end

-- A line that is reached a second time in a run is another place, up to the eighth.
local function come(run, line)
    local times = run.times[line] or 0
    local place = line + math.min(times, 7) / 8
    run.times[line] = times + 1
    run.further = run.further or not reached[run.library][place]
    reached[run.library][place] = true
end

local function call(run, line, ...)
    local command = { ... }
    run.calls = run.calls + 1
    if type(line) ~= 'number' then
        run.broken['redis.call goes by another name'] = true
    end
    if run.calls > CALLS_MAX then
        error('it goes on for ever')
    end
    for i = 1, select('#', ...) do
        if type(command[i]) ~= 'string' and type(command[i]) ~= 'number' then
            error('not a word')
        end
    end
    for _, key in ipairs(keys_of(command)) do
        if not is_given(run, key) then
            run.broken[run.name .. ', line ' .. line .. ': ' .. command[1] .. ' of ' ..
                key .. ', which is none of its KEYS'] = true
        end
    end
    come(run, line)
    return (answers[command[1]] or draw_count)(run, #command)
end

-- The library with each redis.call told its line, and those lines. A line that opens a
-- block tells its own too: so a run is seen to come further between two calls.
local function number_calls(code)
    local lines, sites = {}, {}
    for line in code:gmatch('([^\n]*)\n') do
        local n = #lines + 1
        line = line:gsub('%s*%-%-.*$', ''):gsub('redis%.call%(', function()
            sites[n] = true
            return 'redis.call(' .. n .. ', '
        end)
        for _, opener in ipairs({ 'then', 'do', 'else' }) do
            line = line:gsub('%f[%a]' .. opener .. '$', opener .. ' redis.come(' .. -n .. ')')
        end
        lines[n] = n == 1 and 'local redis = ...' or line
    end
    return table.concat(lines, '\n'), sites
end

-- The library's functions by name, made with a redis that is none.
local function load_library(code, run)
    local functions, names = {}, {}
    local api = { call = function(...) return call(run, ...) end,
        come = function(line) come(run, line) end }
    function api.register_function(name, callback)
        if type(name) == 'table' then
            name, callback = name.function_name, name.callback
        end
        functions[name] = callback
        names[#names + 1] = name
    end
    setmetatable(api, { __index = function(_, name)
        run.broken['redis.' .. name .. ' is not walked'] = true
    end })
    assert(loadstring(code))(api)
    return functions, names
end

-- open: which of the function's keys are given without what comes behind
local function walk_once(run, callback, open)
    begin_tape(run.name)
    run.calls, run.times, run.further = 0, {}, false
    run.numbers, run.ones, run.keys, run.args = below(8), below(4) == 0, {}, { '' }
    for i = 1, 1 + below(KEYS_MAX) do
        run.keys[i] = draw_key(run, i, open)
    end
    run.args = list(1 + below(ARGS_MAX), draw, run)
    run.numbers = below(8)
    local ok, reply = pcall(callback, run.keys, run.args)
    if ok and type(reply) == 'table' and type(reply[1]) == 'string' then
        run.further = run.further or not ended[run.library][run.name]
        ended[run.library][run.name] = true
    end
    if run.further then
        good[run.name] = good[run.name] or {}
        table.insert(good[run.name], tape)
    end
end

local function open_keys(args, first)
    local open = {}
    for i = first, #args, 2 do
        open[args[i]] = open[args[i]] or {}
        open[args[i]][tonumber(args[i + 1])] = true
    end
    return open
end

-- ARGV library, code, seed, then { function, which of its keys is an open one }..
-- Reply: { what is wrong.. }, { what was not reached yet.. }
local function walk(_, args)
    local library, open = args[1], open_keys(args, 4)
    local code, sites = number_calls(args[2])
    local run = { library = library, broken = {} }
    local functions, names = load_library(code, run)
    local broken, missing = {}, {}

    state = tonumber(args[3]) * 48271 % 2147483647
    run.words = words_of(code)
    reached[library], ended[library] = reached[library] or {}, ended[library] or {}
    for _, name in ipairs(names) do
        run.name = name
        for _ = 1, EACH do
            walk_once(run, functions[name], open[name:match('^(.*)_%x+$')] or {})
        end
        if not ended[library][name] then
            missing[#missing + 1] = name
        end
    end
    for line in pairs(sites) do
        if not reached[library][line] then
            missing[#missing + 1] = 'line ' .. line
        end
    end
    for what in pairs(run.broken) do
        broken[#broken + 1] = what
    end
    return { broken, missing }
end

redis.register_function('walk', walk)
