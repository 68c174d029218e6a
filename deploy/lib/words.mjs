// deploy/lib/words.mjs: what the pages of the demo's newspaper say around their texts, in its two languages.

const plural = (n, one, few, many) => {
	const last = n % 10, two = n % 100;

	return two > 10 && two < 15 ? many : last === 1 ? one : last > 1 && last < 5 ? few : many;
};

export const WORDS = {
	en: {
		paper: "The Halvik Courier", home: "/", feed: "/feed.xml", sections: { news: "/news/", culture: "/culture/" },
		tag: "Independent since 1911, and owned by the people who write it",
		skip: "Skip to the text", other: "По-русски", other_lang: "ru", give: "Contribute", give_at: "/contribute/", thanks: "Thank you",
		manage: "/manage?l=en", nav: "Sections",
		links: [["/news/", "News", "news"], ["/culture/", "Culture", "culture"], ["/live/ice-watch", "Live", "live"],
			["/en/obituaries/tomas-erle", "Obituaries", "obituaries"]],
		more: "More from the Courier", brief: "In brief", latest: "Latest", by: "By ",
		left: ["That was your last free article of this month.", "One free article is left this month.", (n) => `${n} free articles are left this month.`],
		left_why: "Why we count", minutes: (n) => `${n} minutes’ read`,
		address: "17 Saltmarket, Halvik · Editor on duty: Ida Korhal", feed_word: "Feed", play: "How this paper decides to ask",
		small: "The Halvik Courier is a newspaper that does not exist, on a coast that does not either. It was written for the demonstration of pledged.",
		full: "The full page", shut: "This article cannot be opened right now. Please try again in a moment.",
		names: { news: ["News", "The council, the boats, the river: what happened on the Sela coast, and what it cost."],
			culture: ["Culture", "Books, music, maps and other reasons to go out after dark on the Sela coast."] },
	},
	ru: {
		paper: "Хальвикский курьер", home: "/ru/", feed: "/ru/feed.xml", sections: { news: "/ru/news/", culture: "/ru/culture/" },
		tag: "Независимая газета побережья. Издаётся с 1911 года теми, кто её пишет",
		skip: "Перейти к тексту", other: "In English", other_lang: "en", give: "Поддержать", give_at: "/ru/contribute/", thanks: "Спасибо",
		manage: "/manage?l=ru", nav: "Разделы",
		links: [["/ru/news/", "Новости", "news"], ["/ru/culture/", "Культура", "culture"]],
		more: "Ещё в «Курьере»", brief: "Коротко", latest: "Последнее", by: "",
		left: ["Это была последняя бесплатная статья месяца.", "В этом месяце осталась одна бесплатная статья.",
			(n) => `В этом месяце ${plural(n, "осталась", "осталось", "осталось")} ещё ${n} ${plural(n, "бесплатная статья", "бесплатные статьи", "бесплатных статей")}.`],
		left_why: "Зачем мы считаем", minutes: (n) => `${n} ${plural(n, "минута", "минуты", "минут")} чтения`,
		address: "Соляной рынок, 17, Хальвик · Дежурный редактор: Вера Луговая", feed_word: "Лента", play: "Как газета решает, просить ли",
		small: "«Хальвикский курьер» — газета, которой нет, на побережье, которого тоже нет. Она написана для показа программы pledged.",
		full: "Полная версия", shut: "Сейчас эту статью открыть не получается. Попробуйте ещё раз чуть позже.",
		names: { news: ["Новости", "Совет, паромы, река: что случилось на побережье Селы и чего это стоило."],
			culture: ["Культура", "Книги, музыка, кино и другие причины выйти из дома после захода солнца."] },
	},
};
