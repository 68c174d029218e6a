-- readers.lua: wrk as a crowd of stored readers, each opening an article that nobody has opened before.
-- COOKIES names the file that pledgectl mint-cookies wrote, TARGET the address. Both sides of the
-- comparison send exactly these requests.
local target = os.getenv("TARGET")
local cookies = {}
local n, thread = 0, 0

function setup(t)
	t:set("seed", thread)
	thread = thread + 1
end

function init()
	for line in io.lines(os.getenv("COOKIES")) do
		cookies[#cookies + 1] = "pledged=" .. line
	end
	math.randomseed(os.time() * 16 + seed)
end

function request()
	n = n + 1
	local path = string.format("%s?a=/en/news/bench-%d-%d-%d&s=news&l=en", target, seed, n, math.random(1000000))
	return wrk.format("GET", path, { Cookie = cookies[math.random(#cookies)], Accept = "application/json" })
end
