-- readers.lua: wrk as a crowd of readers, each opening one of ten thousand articles, hardly ever one twice.
-- COOKIES and NEW name files of cookies, lines of one length: of stored readers, picked at random, and of new ones, each taken
-- once, from line FIRST on, one request in twenty. NAME is the cookie's name, TARGET the address. One page in ten is of the
-- section that asks. All sides of a comparison send exactly these requests, but for the cookie's value.
local ffi = require("ffi")
ffi.cdef [[
int open(const char *path, int flags, ...);
long lseek(int fd, long offset, int whence);
void *mmap(void *at, size_t n, int protection, int flags, int fd, long offset);
]]
local target, name = os.getenv("TARGET"), os.getenv("NAME") or "pledged"
local stored, new
local thread, next_new = 0, 0

-- Mapped, not read: a million lines for each of wrk's threads would be all its memory.
local function lines(path)
	local fd = ffi.C.open(path, 0)
	assert(fd >= 0, path)
	local size = tonumber(ffi.C.lseek(fd, 0, 2))
	local bytes = ffi.cast("const char *", ffi.C.mmap(nil, size, 1, 2, fd, 0))
	local width = 0
	while bytes[width] ~= 10 do
		width = width + 1
	end
	return { bytes = bytes, width = width + 1, n = math.floor(size / (width + 1)) }
end

local function line(list, i)
	return ffi.string(list.bytes + i * list.width, list.width - 1)
end

function setup(t)
	t:set("seed", thread)
	thread = thread + 1
end

function init()
	stored = lines(os.getenv("COOKIES"))
	new = os.getenv("NEW") and lines(os.getenv("NEW"))
	next_new = tonumber(os.getenv("FIRST") or 0) + seed
	math.randomseed(os.time() * 16 + seed)
end

function request()
	local cookie
	if new and math.random(20) == 1 then
		cookie = line(new, next_new % new.n)
		next_new = next_new + 2 -- of two threads
	else
		cookie = line(stored, math.random(stored.n) - 1)
	end
	local path = string.format("%s?a=/en/news/bench-%d&s=%s&l=en", target, math.random(10000), math.random(10) == 1 and "opinion" or "news")
	return wrk.format("GET", path, { Cookie = name .. "=" .. cookie, Accept = "application/json" })
end
