-- targets.lua - wrk's requests, each for an address that nobody asked for before.
local head = 'GET ' .. wrk.path .. '?n='
local tail = ' HTTP/1.1\r\nHost: bench\r\n\r\n'
local count = 0
local began = os.time()

function request()
    count = count + 1
    return head .. began .. '-' .. count .. tail
end
