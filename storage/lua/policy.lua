#!lua name=policy_@VERSION@
-- lua/policy.lua - the policy's versions, and the audit's chain that records them.
-- Keys: policy:{g}, audit:{g} and done:{g}, which share their tag (see storage/key.h).
-- The audit is a stream: entry N has the id N-0 and names the hash of entry N-1. Hashes
-- are made by the caller (storage/policy/audit.c), who says on which one it built; when
-- another entry came first the answer is moved_on, and the caller builds anew.
-- Time is an argument. Reply: { code, ... }.

-- Does the caller's entry follow the last one?
local function follows(stream, seq, prev)
    local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
    if not last then
        return seq == '1' and prev == ''
    end
    local fields = last[2]
    for i = 1, #fields, 2 do
        if fields[i] == 'hash' then
            return last[1] == string.format('%.0f-0', tonumber(seq) - 1) and
                fields[i + 1] == prev
        end
    end
    return false
end

-- From args[first] on: seq, at_ms, actor, what, target, from, to, note, prev, hash
local function append(stream, args, first)
    redis.call('XADD', stream, args[first] .. '-0', 'at_ms', args[first + 1],
        'actor', args[first + 2], 'what', args[first + 3], 'target', args[first + 4],
        'from', args[first + 5], 'to', args[first + 6], 'note', args[first + 7],
        'prev', args[first + 8], 'hash', args[first + 9])
end

-- What an Idempotency-Key did (storage/idempotency.h).
local function record(done, fingerprint, keep_s, state)
    if done then
        redis.call('SET', done, fingerprint .. ' ' .. state, 'EX', keep_s)
    end
end

-- KEYS audit (, done); ARGV seq, at_ms, actor, what, target, from, to, note, prev, hash
-- (, fingerprint, keep_s). `done` is there for as long as the same request may be under
-- way a second time (storage/idempotency.h).
local function audit_append(keys, args)
    local done = keys[2] and redis.call('GET', keys[2])
    if done then
        return { done == args[11] .. ' audited' and 'ok' or 'idempotency_mismatch' }
    end
    if not follows(keys[1], args[1], args[9]) then
        return { 'moved_on' }
    end
    append(keys[1], args, 1)
    record(keys[2], args[11], args[12], 'audited')
    return { 'ok' }
end

-- A version's line in the history: "at_ms actor note".
local function write(key, version, document, at_ms, actor, note)
    redis.call('HSET', key, 'version', version, 'document', document,
        'v' .. version, document, 'm' .. version, at_ms .. ' ' .. actor .. ' ' .. note)
end

-- KEYS policy; ARGV document, at_ms. The defaults become version 1, unless there is one.
local function begin(keys, args)
    if redis.call('HEXISTS', keys[1], 'version') == 0 then
        write(keys[1], '1', args[1], args[2], '0', '')
    end
    local held = redis.call('HMGET', keys[1], 'version', 'document')
    return { 'ok', held[1], held[2] }
end

-- KEYS policy, audit (, done); ARGV expected version, document, then as for audit_append
-- (, fingerprint, keep_s). `done` holds the version that it led to.
local function put(keys, args)
    if keys[3] and redis.call('EXISTS', keys[3]) == 1 then
        return { 'idempotency_in_progress' }
    end
    local held = redis.call('HMGET', keys[1], 'version', 'document')
    local version = tonumber(held[1] or 0)
    if version == tonumber(args[1]) + 1 and held[2] == args[2] then
        record(keys[3], args[13], args[14], version)
        return { 'ok', version } -- a repeat after a lost reply
    end
    if version ~= tonumber(args[1]) then
        return { 'stale_version', version }
    end
    if not follows(keys[2], args[3], args[11]) then
        return { 'moved_on' }
    end
    version = string.format('%.0f', version + 1)
    write(keys[1], version, args[2], args[4], args[5], args[10])
    append(keys[2], args, 3)
    record(keys[3], args[13], args[14], version)
    return { 'ok', version }
end

redis.register_function('audit_append_@VERSION@', audit_append)
redis.register_function('policy_begin_@VERSION@', begin)
redis.register_function('policy_put_@VERSION@', put)
