// Times in the reader's own zone and words. The page's own text is UTC, for readers without this module.

const locale = document.documentElement.lang;
const ago = new Intl.RelativeTimeFormat(locale, { numeric: "always", style: "narrow" });
const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
const full = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "long" });
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function age(seconds) {
  if (seconds < MINUTE) return ago.format(-Math.max(0, Math.floor(seconds)), "second");
  if (seconds < HOUR) return ago.format(-Math.floor(seconds / MINUTE), "minute");
  if (seconds < DAY) return ago.format(-Math.floor(seconds / HOUR), "hour");
  return ago.format(-Math.floor(seconds / DAY), "day");
}

/** The time of day, with the day in front if it is another one. */
export function clockTime(date) {
  const today = day.format(new Date()) === day.format(date);
  return today ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Writes every time below `root` anew; called after each change and every few seconds, so that ages keep growing. */
export function writeMoments(root = document) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const date = new Date(element.dateTime);
    const text = element.dataset.show === "age" ? age((Date.now() - date) / 1000) : clockTime(date);
    put(element, text);
    element.title = full.format(date);
  }
  for (const element of root.querySelectorAll("[data-last-heard]")) {
    element.title = `last heard ${full.format(new Date(element.dataset.lastHeard))}`;
  }
}
