-- The record. KEYS: record.
local stored = redis.call('HMGET', KEYS[1], 'revision', 'text')
return { stored[1] and 1 or 0, redis.call('TIME'), stored[1], stored[2] }
