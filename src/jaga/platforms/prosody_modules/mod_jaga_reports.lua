-- Keeps what people report (XEP-0377) until Jaga has taken it, and hands it over by the shell of Prosody:
--     prosodyctl shell jaga reports HOST AFTER
-- prints one line of JSON for each report with a number above AFTER, and forgets those up to AFTER.
-- A report comes with a block order (XEP-0191). Of the conversation only what is inside the report is kept.

local json = require "prosody.util.json";
local jid = require "prosody.util.jid";
local now = require "prosody.util.time".now;

local store = module:open_store("jaga_reports", "keyval");
local MOST_AT_ONCE, LONGEST, MOST_KEPT = 100, 4000, 10000;
local host = module.host;

local function head()
	return store:get("numbers") or { first = 1, last = 0 };
end

local function keep(reporter, item)
	local report = item:get_child("report", "urn:xmpp:reporting:1");
	if not report then return; end
	local numbers = head();
	if numbers.last - numbers.first + 1 >= MOST_KEPT then
		module:log("error", "Jaga has not taken reports for too long: one was not kept");
		return;
	end
	local words = report:get_child_text("text") or "";
	local number = numbers.last + 1;
	-- The report first: should the server die in between, its place is written over, and no number is without one.
	store:set(tostring(number), {
		number = number;
		account = jid.bare(item.attr.jid) or "";
		reporter = jid.bare(reporter);
		reason = report.attr.reason or "";
		words = words:sub(1, LONGEST);
		at = now();
	});
	numbers.last = number;
	store:set("numbers", numbers);
	module:log("info", "A report was kept for Jaga: number %d", number);
end

-- Before mod_blocklist answers, and whatever it answers: people report whom they have blocked before, too.
module:hook("iq-set/self/urn:xmpp:blocking:block", function(event)
	for item in event.stanza.tags[1]:childtags("item") do
		keep(event.stanza.attr.from or (event.origin.username .. "@" .. host), item);
	end
end, 10);

module:hook("account-disco-info", function(event)
	(event.reply or event.stanza):tag("feature", { var = "urn:xmpp:reporting:1" }):up();
end);

local function reports_after(after)
	local numbers = head();
	while numbers.first <= numbers.last and numbers.first <= after do
		store:set(tostring(numbers.first), nil);
		numbers.first = numbers.first + 1;
	end
	store:set("numbers", numbers);
	local found = {};
	for number = numbers.first, math.min(numbers.last, numbers.first + MOST_AT_ONCE - 1) do
		found[#found + 1] = store:get(tostring(number));
	end
	return found;
end

module:add_item("shell-command", {
	section = "jaga";
	section_desc = "Reports for Jaga";
	name = "reports";
	desc = "What people reported, after this number";
	args = { { name = "host"; type = "string" }; { name = "after"; type = "number" } };
	host_selector = "host";
	handler = function(self, _, after)
		local found = reports_after(tonumber(after) or 0);
		for _, report in ipairs(found) do
			self.session.print("report " .. json.encode(report));
		end
		return true, ("%d reports"):format(#found);
	end;
});
