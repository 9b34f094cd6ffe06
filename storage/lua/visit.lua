#!lua name=visit_@VERSION@
-- lua/visit.lua - visits on their way to the scoring worker, a partition at a time.
-- Keys: the partition's events, and the sums of shops in it (see storage/key.h).
-- Visits carry pseudonyms only; views of products are the owner's sums and name nobody.
-- Nothing here is idempotent: who cannot tell whether a call happened does not repeat it,
-- and the visits of 100 ms are lost (docs/operations.md).

-- KEYS events, then a shop's stats for each view; ARGV the entry ('' for none), then for
-- each view: field, views
local function append(keys, args)
    if args[1] ~= '' then
        redis.call('XADD', keys[1], '*', 'e', args[1])
    end
    for i = 2, #keys do
        redis.call('HINCRBY', keys[i], args[2 * i - 2], args[2 * i - 1])
    end
    return { 'ok' }
end

redis.register_function('visit_append_@VERSION@', append)
