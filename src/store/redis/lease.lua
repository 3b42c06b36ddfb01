-- Takes the lease, or takes it again if the answer to the first time was lost.
-- KEYS: lease. ARGV: owner, milliseconds.
local holder = redis.call('GET', KEYS[1])
local free = not holder or holder == ARGV[1]
if free then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return { free and 1 or 0, redis.call('TIME') }
