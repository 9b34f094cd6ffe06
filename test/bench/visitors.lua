-- visitors.lua - wrk's requests, each of another visitor: the agents differ.
local head = 'GET ' .. wrk.path .. ' HTTP/1.1\r\nHost: bench\r\nUser-Agent: visitor '
local count = 0
local began = os.time()

function request()
    count = count + 1
    return head .. began .. '-' .. count .. '\r\n\r\n'
end
