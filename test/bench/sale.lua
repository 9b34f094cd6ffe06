-- test/bench/sale.lua - for wrk: sends the requests of a file, one after the other. Each
-- stands there as its length, a line feed and its bytes. None is sent twice.
local requests, at = {}, 0

function init(args)
    local file = assert(io.open(args[1], 'rb'))
    local length = file:read('*n')
    while length do
        file:read(1)
        requests[#requests + 1] = file:read(length)
        length = file:read('*n')
    end
    file:close()
end

function request()
    at = at + 1
    return requests[at] or error('there were too few requests')
end
