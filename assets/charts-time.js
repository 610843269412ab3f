// Moments in the chosen time zone: round ticks, words, offsets. Positions stay UTC milliseconds.
(function () {
  "use strict";
  const charts = (window.tammaCharts = window.tammaCharts || {});
  const SECOND = 1000;
  const MINUTE = 60 * SECOND;
  const QUARTER = 15 * MINUTE; // every zone's offset is a multiple of it
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;
  const SHORT_STEPS = [1, 2, 5, 10, 15, 30].map((s) => s * SECOND).concat([1, 2, 5, 10, 15].map((m) => m * MINUTE));
  const HOUR_STEPS = [0.5, 1, 2, 3, 6, 12].map((h) => h * HOUR);
  const DAY_STEPS = [1, 2, 3, 7, 14];
  const MONTH_STEPS = [1, 2, 3, 6, 12];
  const TICK_PX = 64; // room for one label
  const MOST_TICKS = 6;
  const KEPT = 4096; // offsets and tick rows, each
  const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const formats = new Map();
  const offsets = new Map();
  const tickRows = new Map();

  function browserZone() {
    return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  }

  // The page's zone, or the browser's when none is chosen or the name is unknown here.
  function zone() {
    const chosen = window.tammaRange ? window.tammaRange().zone : "";
    if (!chosen) return browserZone();
    return formatOf(chosen) ? chosen : browserZone();
  }

  function formatOf(name) {
    if (!formats.has(name)) formats.set(name, madeFormat(name));
    return formats.get(name);
  }

  function madeFormat(name) {
    const parts = ["year", "month", "day", "hour", "minute", "second"].map((part) => [part, "numeric"]);
    const options = Object.assign({ timeZone: name, hourCycle: "h23" }, Object.fromEntries(parts));
    try {
      return new Intl.DateTimeFormat("en-US", options);
    } catch {
      return null; // an unknown name
    }
  }

  // How far the zone's clock is ahead of UTC at that moment, in milliseconds.
  function offsetAt(ms, name) {
    const slot = Math.floor(ms / QUARTER) * QUARTER;
    const key = name + slot;
    if (!offsets.has(key)) {
      if (offsets.size >= KEPT) offsets.clear();
      offsets.set(key, measuredOffset(slot, name));
    }
    return offsets.get(key);
  }

  function measuredOffset(ms, name) {
    const found = {};
    for (const part of formatOf(name).formatToParts(ms)) found[part.type] = Number(part.value);
    return Date.UTC(found.year, found.month - 1, found.day, found.hour, found.minute, found.second) - ms;
  }

  // The clock on the zone's wall, read off with getUTC...().
  function wall(ms, name) {
    return new Date(ms + offsetAt(ms, name));
  }

  // The moment at which the zone's clock shows that wall time; of two such moments the first, of none the next one.
  function momentOf(wallMs, name) {
    const early = wallMs - offsetAt(wallMs - DAY, name);
    const late = wallMs - offsetAt(wallMs + DAY, name);
    const fits = [early, late].filter((ms) => ms + offsetAt(ms, name) === wallMs);
    return fits.length ? Math.min(...fits) : Math.max(early, late);
  }

  function ticks(startMs, endMs, widthPx, name) {
    const most = Math.max(2, Math.min(MOST_TICKS, Math.floor(widthPx / TICK_PX)));
    const key = [startMs, endMs, most, name].join(" ");
    if (!tickRows.has(key)) {
      if (tickRows.size >= 64) tickRows.clear();
      tickRows.set(key, madeTicks(startMs, endMs, most, name));
    }
    return tickRows.get(key);
  }

  function madeTicks(startMs, endMs, most, name) {
    for (const row of candidates(startMs, endMs, name)) {
      if (row.span / row.step > most + 1) continue;
      const at = row.find();
      if (at.length <= most) return { at: at, text: texts(at, row.step, endMs - startMs, name) };
    }
    return { at: [], text: [] };
  }

  function candidates(startMs, endMs, name) {
    const span = endMs - startMs;
    const short = SHORT_STEPS.map((step) => ({ step, span, find: () => evenTicks(startMs, endMs, step, name) }));
    const hours = HOUR_STEPS.map((step) => ({ step, span, find: () => hourTicks(startMs, endMs, step, name) }));
    const days = DAY_STEPS.map((n) => ({ step: n * DAY, span, find: () => dayTicks(startMs, endMs, n, name) }));
    const months = MONTH_STEPS.map((n) => ({ step: n * 30 * DAY, span, find: () => monthTicks(startMs, endMs, n, name) }));
    return [...short, ...hours, ...days, ...months].filter((row) => row.step >= span / 400);
  }

  // Up to a quarter of an hour: no change of an offset moves these.
  function evenTicks(startMs, endMs, step, name) {
    const offset = offsetAt(startMs, name);
    const found = [];
    for (let ms = Math.ceil((startMs + offset) / step) * step - offset; ms <= endMs; ms += step) found.push(ms);
    return found;
  }

  // Found among all quarters of an hour, so that an hour which comes twice has two ticks and a missing one none.
  function hourTicks(startMs, endMs, step, name) {
    const found = [];
    for (let ms = Math.ceil(startMs / QUARTER) * QUARTER; ms <= endMs; ms += QUARTER) {
      if ((ms + offsetAt(ms, name)) % step === 0) found.push(ms);
    }
    return found;
  }

  // Every n-th midnight, weeks on Mondays, counted from a fixed day: ticks of a live range keep their days.
  function dayTicks(startMs, endMs, n, name) {
    const found = [];
    const first = Math.floor((startMs + offsetAt(startMs, name)) / DAY);
    for (let day = first; day * DAY - DAY <= endMs; day += 1) {
      const ms = momentOf(day * DAY, name);
      const monday = n % 7 === 0 ? 4 : 0; // 1 January 1970 was a Thursday
      if (ms >= startMs && ms <= endMs && (day - monday) % n === 0) found.push(ms);
    }
    return found;
  }

  function monthTicks(startMs, endMs, n, name) {
    const found = [];
    const start = wall(startMs, name);
    for (let month = start.getUTCFullYear() * 12 + start.getUTCMonth(); ; month += 1) {
      const ms = momentOf(Date.UTC(Math.floor(month / 12), month % 12, 1), name);
      if (ms > endMs) return found;
      if (ms >= startMs && month % n === 0) found.push(ms);
    }
  }

  // Where the clock goes back the same hour comes twice: those ticks are told apart by their offsets.
  function texts(at, step, spanMs, name) {
    const plain = at.map((ms) => tickText(wall(ms, name), step, spanMs));
    return plain.map((text, index) => {
      const back = index > 0 && wall(at[index], name) <= wall(at[index - 1], name);
      const twice = plain.some((other, one) => other === text && one !== index && Math.abs(at[one] - at[index]) < DAY / 4);
      return step < DAY && (back || twice) ? text + " " + shortOffset(at[index], name) : text;
    });
  }

  function tickText(clock, step, spanMs) {
    const day = clock.getUTCDate();
    const month = MONTHS[clock.getUTCMonth()];
    if (step >= 30 * DAY) return clock.getUTCMonth() === 0 ? String(clock.getUTCFullYear()) : month;
    if (step >= DAY && spanMs > 8 * DAY) return day + " " + month;
    if (step >= DAY || (step >= MINUTE && clock % DAY === 0)) return WEEKDAYS[clock.getUTCDay()] + " " + day;
    return time(clock, step < MINUTE);
  }

  function time(clock, withSeconds) {
    return clock.toISOString().slice(11, withSeconds ? 19 : 16);
  }

  function offsetText(ms, name) {
    const minutes = Math.round(offsetAt(ms, name) / MINUTE);
    const sign = minutes < 0 ? "-" : "+";
    const size = Math.abs(minutes);
    return "UTC" + sign + String(Math.floor(size / 60)).padStart(2, "0") + ":" + String(size % 60).padStart(2, "0");
  }

  function shortOffset(ms, name) {
    return offsetText(ms, name).slice(3).replace(":00", "");
  }

  // "Mon 3 Nov 14:02:15 UTC+01:00"
  function words(ms, name) {
    const clock = wall(ms, name);
    const day = WEEKDAYS[clock.getUTCDay()] + " " + clock.getUTCDate() + " " + MONTHS[clock.getUTCMonth()];
    return day + " " + time(clock, true) + " " + offsetText(ms, name);
  }

  // "2026-11-03 14:02:15"
  function stamp(ms, name) {
    return wall(ms, name).toISOString().slice(0, 19).replace("T", " ");
  }

  // The zone by name, with its offset at both ends where it has one: "Europe/Berlin (UTC+02:00, then UTC+01:00)".
  function zoneWords(startMs, endMs, name) {
    if (name === "UTC") return name;
    const both = [offsetText(startMs, name), offsetText(endMs, name)];
    return name + " (" + (both[0] === both[1] ? both[0] : both.join(", then ")) + ")";
  }

  function rangeWords(startMs, endMs, name) {
    const [from, to] = [stamp(startMs, name).slice(0, 16), stamp(endMs, name).slice(0, 16)];
    const sameDay = from.slice(0, 10) === to.slice(0, 10);
    return from + " to " + to.slice(sameDay ? 11 : 0) + " " + zoneWords(startMs, endMs, name);
  }

  function agoWords(ms, nowMs) {
    const s = (nowMs - ms) / SECOND;
    if (Math.abs(s) < 5) return "now";
    const text = spanWords(Math.abs(s));
    return s < 0 ? "in " + text : text + " ago";
  }

  function spanWords(s) {
    if (s < 90) return Math.round(s) + " s";
    if (s < 5400) return Math.round(s / 60) + " min";
    return s < 172800 ? Math.round(s / 3600) + " h" : Math.round(s / 86400) + " days";
  }

  charts.time = { zone, ticks, wall, offsetAt, offsetText, words, stamp, zoneWords, rangeWords, agoWords };
})();
