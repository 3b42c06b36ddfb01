-- Replaces the record, if the writer still holds the lease and nobody has written since it read; the lease then lasts anew.
-- KEYS: lease, record. ARGV: owner, milliseconds, revision before, revision, text.
local time = redis.call('TIME')
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return { 0, time } end
local stored = redis.call('HMGET', KEYS[2], 'revision', 'writer')
-- Written already: the answer to the first time was lost.
local again = stored[1] == ARGV[4] and stored[2] == ARGV[1]
if not again and (stored[1] or '0') ~= ARGV[3] then return { 0, time } end
redis.call('HSET', KEYS[2], 'revision', ARGV[4], 'writer', ARGV[1], 'text', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return { 1, time }
