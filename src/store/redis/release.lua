-- Gives the lease back, if it is still its owner's. KEYS: lease. ARGV: owner.
local held = redis.call('GET', KEYS[1]) == ARGV[1]
if held then redis.call('DEL', KEYS[1]) end
return { held and 1 or 0, redis.call('TIME') }
