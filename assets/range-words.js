// Moments and ranges as people read them, in a time zone.
(function () {
  "use strict";
  const UNITS = { s: 1000, m: 60000, h: 3600000, d: 86400000, w: 604800000 };
  const WORDS = { s: "second", m: "minute", h: "hour", d: "day", w: "week" };
  const RELATIVE = /^(?:now-)?([0-9]{1,6})([smhdw])$/;
  const NAMED = {
    "now/d now": "Today", "now/w now": "This week", "now/M now": "This month",
    "now-1d/d now-1d/d": "Yesterday", "now-1w/w now-1w/w": "Last week",
  };
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const LOCALES = ["en-GB", "en-US", "en-AU"]; // each knows the short names of its own part of the world
  const SECONDS_BELOW_MS = 900000; // in longer ranges nobody looks for seconds
  const formats = new Map();

  function browserZone() {
    return usable(Intl.DateTimeFormat().resolvedOptions().timeZone);
  }

  function usable(zone) {
    try {
      if (zone && zone !== "Etc/Unknown") return new Intl.DateTimeFormat("en-GB", { timeZone: zone }) && zone;
    } catch (_unknown) {} // the server says that it does not know the zone either
    return "UTC";
  }

  function formatOf(zone, locale, options) {
    const key = zone + locale + JSON.stringify(options);
    if (!formats.has(key)) {
      formats.set(key, new Intl.DateTimeFormat(locale, Object.assign({ timeZone: usable(zone) }, options)));
    }
    return formats.get(key);
  }

  function wallClock(ms, zone) {
    const options = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    const parts = formatOf(zone, "en-GB", options).formatToParts(ms);
    return Object.fromEntries(parts.map((part) => [part.type, part.value]));
  }

  // CET, or GMT+5:45 where the zone has no name in letters.
  function zoneName(ms, zone) {
    const names = LOCALES.map((locale) => {
      const parts = formatOf(zone, locale, { timeZoneName: "short" }).formatToParts(ms);
      return parts.find((part) => part.type === "timeZoneName").value;
    });
    return names.find((name) => /^[A-Z]{2,5}$/.test(name)) || names[0];
  }

  function isoDay(clock) {
    return clock.year + "-" + clock.month + "-" + clock.day;
  }

  function shortDay(clock, thisYear) {
    const day = Number(clock.day) + " " + MONTHS[Number(clock.month) - 1];
    return clock.year === thisYear ? day : day + " " + clock.year;
  }

  function spanText(startMs, endMs, zone, dayText) {
    const [start, end] = [wallClock(startMs, zone), wallClock(endMs, zone)];
    const [first, last] = [zoneName(startMs, zone), zoneName(endMs, zone)];
    const exact = endMs - startMs < SECONDS_BELOW_MS && (start.second !== "00" || end.second !== "00");
    const time = (clock) => clock.hour + ":" + clock.minute + (exact ? ":" + clock.second : "");
    const sameDay = isoDay(start) === isoDay(end);
    return dayText(start) + " " + time(start) + (first === last ? "" : " " + first) + " to " +
      (sameDay ? "" : dayText(end) + " ") + time(end) + " " + last;
  }

  // 2026-11-20 14:00 to 16:30 CET
  function exactSpan(startMs, endMs, zone) {
    return spanText(startMs, endMs, zone, isoDay);
  }

  // 20 Nov 14:00 to 16:30 CET
  function shortSpan(startMs, endMs, zone) {
    const thisYear = wallClock(Date.now(), zone).year;
    return spanText(startMs, endMs, zone, (clock) => shortDay(clock, thisYear));
  }

  // The milliseconds of a plain relative moment, like now-1h or 13h; null for all others.
  function relativeMs(text) {
    const found = RELATIVE.exec(text);
    return found ? Number(found[1]) * UNITS[found[2]] : null;
  }

  function durationText(ms) {
    const fits = (unit) => ms % UNITS[unit] === 0 && ms >= (unit === "d" ? 2 : 1) * UNITS[unit];
    const unit = ["d", "h", "m"].find(fits) || "s";
    return Math.round(ms / UNITS[unit]) + unit;
  }

  // 1 hour, 90 minutes, 29 hours 15 minutes.
  function durationWords(text) {
    const found = RELATIVE.exec(text);
    const count = Number(found[1]);
    const larger = { s: "m", m: "h" }[found[2]];
    const perLarger = 60;
    if (!larger || count < 2 * perLarger) return countWords(count, found[2]);
    const rest = count % perLarger;
    return durationWords(Math.floor(count / perLarger) + larger) + (rest ? " " + countWords(rest, found[2]) : "");
  }

  function countWords(count, unit) {
    return count + " " + WORDS[unit] + (count === 1 ? "" : "s");
  }

  // The range in words; what is typed in another way than these is shown as the server understood it, in seconds.
  function rangeWords(range, understood) {
    const written = range.from + " " + range.to;
    const usual = written.replace(/\btoday$/, "now").replace(/now\/([dwM])$/, "now").replace(/^today/, "now/d").replace(/\byesterday\b/g, "now-1d/d");
    if (NAMED[usual]) return NAMED[usual];
    if (range.to === "now" && relativeMs(range.from)) return "Last " + durationWords(range.from);
    if (isIso(range.from) && isIso(range.to)) return shortSpan(Date.parse(range.from), Date.parse(range.to), range.zone);
    if (understood) return shortSpan(understood.from * 1000, understood.to * 1000, range.zone);
    return range.from + " to " + range.to;
  }

  // Written with its zone, so that it means the same moment everywhere.
  function isIso(text) {
    return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text));
  }

  function isoText(ms) {
    return new Date(ms).toISOString().slice(0, 19) + "Z";
  }

  window.tammaWords = {
    browserZone: browserZone, zoneName: zoneName, wallClock: wallClock, exactSpan: exactSpan, shortSpan: shortSpan,
    rangeWords: rangeWords, relativeMs: relativeMs,
    durationText: durationText, durationWords: durationWords, isIso: isIso, isoText: isoText,
  };
})();
