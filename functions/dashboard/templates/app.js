// Makes the pages live. Everything here is a convenience: without it all is shown and reachable.
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const main = $("#main"), body = document.body, setup = body.dataset;
const store = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); } catch { /* private mode */ } },
};
const set = (element, attributes) => {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
};
const make = (name, attributes, text = "") => {
  const element = document.createElement(name);
  set(element, attributes);
  element.textContent = text;
  return element;
};

// Times: relative ones go on, exact ones are told in the zone of the visitor.
const UNITS = [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]];
const words = (seconds) => {
  for (const [large, name, small, rest] of UNITS) {
    if (seconds < large) continue;
    const more = Math.floor(seconds % large / small);
    return `${Math.floor(seconds / large)} ${name}` + (more ? ` ${more} ${rest}` : "");
  }
  return `${Math.max(0, Math.floor(seconds))} s`;
};
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const tell = (element, text) => { if (element.textContent !== text) element.textContent = text; };
let skew = 0;
const tick = () => {
  const now = Date.now() + skew;
  for (const time of $$("time[datetime]")) {
    const at = Date.parse(time.dateTime), passed = (now - at) / 1000;
    const kind = time.className;
    if (kind === "ago") tell(time, passed < 1 ? "just now" : `${words(passed)} ago`);
    else if (kind === "for") tell(time, `for ${words(passed)}`);
    else if (kind === "in") tell(time, passed > 0 ? `${words(passed)} ago` : `in ${words(-passed)}`);
    else if (kind === "at") {
      time.title ||= time.textContent;
      tell(time, local.format(at));
    }
  }
};
const localize = () => {
  const read = $(".asof time.at");
  if (read && !read.title) skew = Date.parse(read.dateTime) - Date.now();
  for (const zone of $$(".zone")) tell(zone, "Times are yours, exact UTC when you point at them.");
  tick();
};

// Filter: tiles and search hide rows, in slices that keep the page responsive.
const standing = (row) => /s-(\w+)/.exec(row.className)?.[1] ?? "up";
let filtering = 0;
const filter = async () => {
  const turn = ++filtering, query = new URLSearchParams(location.search);
  const status = query.get("status") ?? "", text = (query.get("q") ?? "").toLowerCase();
  let shown = 0, seen = 0;
  for (const group of $$(".group", main)) {
    const name = $("h2", group).textContent.toLowerCase();
    let any = false;
    for (const row of group.querySelector(".rows").children) {
      const link = $("a", row);
      const matches = () => name.includes(text) || link.textContent.toLowerCase().includes(text) ||
        decodeURIComponent(link.pathname.replace(/.*\/services\//, "")).toLowerCase().includes(text);
      const wanted = (!status || standing(row) === status) && (!text || matches());
      if (row.hidden === wanted) row.hidden = !wanted;
      if (wanted) { any = true; shown++; }
      if (++seen % 1000 === 0) await new Promise((next) => setTimeout(next));
      if (turn !== filtering) return;
    }
    group.hidden = !any;
  }
  const nothing = $(".nothing");
  if (nothing) nothing.hidden = shown > 0 || !(status || text);
  for (const tile of $$(".tile")) {
    const own = new URL(tile.href).searchParams.get("status") ?? "";
    if (own === status) tile.setAttribute("aria-current", "true");
    else tile.removeAttribute("aria-current");
  }
};
const want = (changes) => {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(changes)) value ? query.set(key, value) : query.delete(key);
  history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
  filter();
};
main.addEventListener("click", (event) => {
  const tile = event.target.closest(".tile, .nothing a");
  if (!tile || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const query = new URL(tile.href).searchParams;
  if (tile.matches(".nothing a")) { $("#q").value = ""; want({ status: "", q: "" }); }
  else want({ status: query.get("status") ?? "" });
});
main.addEventListener("input", (event) => { if (event.target.id === "q") want({ q: event.target.value.trim() }); });
main.addEventListener("submit", (event) => { if (event.target.matches("[role=search]")) event.preventDefault(); });

// Refresh: the part of the page that changes is fetched and laid over what is there, node by node,
// so that focus, scroll and open panels stay.
const morph = (old, fresh) => {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType !== 1) { if (old.data !== fresh.data) old.data = fresh.data; return; }
  if (old.nodeName === "INPUT") return;
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !/^(open|tabindex|role|aria-value)/.test(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value && name !== "role") old.setAttribute(name, value);
  const have = [...old.childNodes], come = [...fresh.childNodes];
  come.forEach((node, at) => have[at] ? morph(have[at], node) : old.append(node));
  have.slice(come.length).forEach((node) => node.remove());
};
const part = main.dataset.part;
let tag = "", busy = false, due = Infinity;
const refresh = async () => {
  if (busy || !part) return;
  busy = true;
  try {
    const answer = await fetch(part + location.search, { headers: tag ? { "if-none-match": tag } : {} });
    if (answer.status !== 304) {
      if (!answer.ok) throw new Error(answer.status);
      tag = answer.headers.get("etag") ?? "";
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
      const copy = main.cloneNode(false);
      copy.append(...fresh.childNodes);
      morph(main, copy);
      enhance();
    } else {
      const read = $(".asof time.at");
      if (read) { read.dateTime = new Date(Date.now() + skew).toISOString(); read.title = ""; tick(); }
    }
    $("#offline")?.remove();
  } catch {
    const last = $(".asof time.at"), at = last ? ` ${local.format(Date.parse(last.dateTime))}` : "";
    const text = `Offline, last data${at}`;
    const note = $("#offline") ?? make("p", { id: "offline", role: "status" });
    tell(note, text);
    main.before(note);
  }
  busy = false;
  schedule();
};
const every = $("#every"), left = $("#left");
const CHOICES = [0, 10, 30, 60, 300, 600];
let interval = Number(setup.refresh) / 1000;
const remembered = store.get("refresh-seconds");
if (every && remembered !== null && CHOICES.includes(Number(remembered))) interval = Number(remembered);
const schedule = () => { due = interval ? Date.now() + interval * 1000 : Infinity; };
if (every && part) {
  if (!CHOICES.includes(interval)) CHOICES.push(interval);
  for (const value of CHOICES) every.append(make("option", { value }, value ? words(value) : "Off"));
  every.value = interval;
  every.hidden = false;
  every.addEventListener("change", () => {
    interval = Number(every.value);
    store.set("refresh-seconds", interval);
    schedule();
  });
  $("#refresh").addEventListener("click", (event) => { event.preventDefault(); refresh(); });
}

// Alerts that are newer than what this browser has seen: on the page, and outside of it once allowed.
// A page that nobody looks at asks for nothing.
const poll = Number(setup.poll), at = (path) => new URL(path, import.meta.url);
const toast = ({ severity: word = "", title, message = "", serviceId }) => {
  const kind = { critical: "down", error: "down", info: "up", ok: "up" }[word.toLowerCase()] ?? "degraded";
  const box = make("div", { class: `toast s-${kind}` });
  const href = at(serviceId ? `services/${encodeURIComponent(serviceId)}` : "alerts");
  const close = make("button", { class: "btn", "aria-label": `Dismiss ${title}` }, "\u00d7");
  close.onclick = () => box.remove();
  box.append(make("b", {}, word), " ", make("a", { href }, title), make("p", {}, message), close);
  $("#toasts").append(box);
  const leave = () => setTimeout(() => box.matches(":hover,:focus-within") ? leave() : box.remove(), 10000);
  leave();
};
let seen, asked = 0;
const news = async () => {
  asked = Date.now();
  seen = store.get(setup.key) || seen;
  let newest = new Date(asked + skew).toISOString();
  if (Date.parse(seen)) {
    const { alerts } = await (await fetch(at(`api/alerts/recent?since=${Date.parse(seen)}`))).json();
    newest = alerts[0]?.timestamp ?? seen;
    const filter = setup.severities && setup.severities.split(" ");
    const told = alerts.filter(({ muted, severity }) => !muted && (!filter || filter.includes(severity.toLowerCase())));
    if ("toasts" in setup) {
      if (told.length > 3) toast({ title: "More alerts" });
      told.slice(0, 3).reverse().forEach(toast);
    }
    if (notify && Notification.permission === "granted")
      for (const { id, title, message } of told.slice(0, 3)) new Notification(title, { body: message, tag: id });
  }
  store.set(setup.key, seen = newest);
};
const notify = window.Notification && $("#notify");
if (notify) {
  notify.hidden = Notification.permission !== "default";
  notify.onclick = async () => { notify.hidden = await Notification.requestPermission() !== "default"; };
}
setInterval(() => {
  if (document.hidden) return;
  tick();
  if (poll && Date.now() - asked >= poll) news().catch(() => {});
  if (left) tell(left, due === Infinity ? "" : `${Math.max(0, Math.ceil((due - Date.now()) / 1000))} s`);
  if (Date.now() >= due) refresh();
}, 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() >= due) refresh(); });

// Theme.
const theme = $("#theme");
if (theme) {
  theme.hidden = false;
  theme.value = store.get("theme") ?? "";
  theme.addEventListener("change", () => {
    store.set("theme", theme.value);
    if (theme.value) document.documentElement.dataset.theme = theme.value;
    else delete document.documentElement.dataset.theme;
  });
}

// Days: which one it is and how it was, for pointer, finger and keyboard.
const tip = make("div", { id: "tip", role: "tooltip", hidden: "" });
body.append(tip);
const dayDate = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const daysOf = (strip) => strip.viewBox.baseVal.width;
const dayText = (strip, day) => {
  const read = $(".asof time.at"), today = Date.parse((read?.dateTime ?? new Date().toISOString()).slice(0, 10));
  const date = dayDate.format(today - (daysOf(strip) - 1 - day) * 86400000);
  const figure = new RegExp(`(?:^| )${day}:(\\S+)`).exec(strip.dataset.days ?? "")?.[1];
  if (figure) return `${date}: ${figure} %`;
  for (const path of $$("path", strip))
    for (const [, at, days] of path.getAttribute("d").matchAll(/M(\d+) 1h(\d+)/g))
      if (day >= at && day < Number(at) + Number(days)) {
        const level = $(`.legend .${path.classList[0]}`, strip.closest("section"))?.firstChild?.data.trim();
        return `${date}: ${level ?? "no data"}`;
      }
  return `${date}: 100 %`;
};
const point = (strip, day) => {
  const box = strip.getBoundingClientRect(), x = box.left + (day + 0.5) / daysOf(strip) * box.width;
  tell(tip, dayText(strip, day));
  tip.hidden = false;
  const half = tip.offsetWidth / 2;
  tip.style.left = `${Math.min(Math.max(x, half + 4), innerWidth - half - 4) + scrollX}px`;
  tip.style.top = `${box.top + scrollY - tip.offsetHeight - 6}px`;
  set(strip, { "aria-valuenow": day, "aria-valuetext": tip.textContent });
};
const stripOf = (event) => event.target.closest?.("svg.strip, .compact svg");
main.addEventListener("pointermove", (event) => {
  const strip = stripOf(event);
  if (!strip) { tip.hidden = true; return; }
  const box = strip.getBoundingClientRect(), days = daysOf(strip);
  point(strip, Math.min(days - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * days))));
});
main.addEventListener("pointerleave", () => { tip.hidden = true; });
main.addEventListener("focusout", () => { tip.hidden = true; });
main.addEventListener("focusin", (event) => {
  const strip = stripOf(event);
  if (strip) point(strip, Number(strip.getAttribute("aria-valuenow")));
});
main.addEventListener("keydown", (event) => {
  const strip = stripOf(event);
  if (event.key === "Escape") tip.hidden = true;
  if (!strip) return;
  const day = Number(strip.getAttribute("aria-valuenow")), last = daysOf(strip) - 1;
  const to = { ArrowLeft: day - 1, ArrowDown: day - 1, ArrowRight: day + 1, ArrowUp: day + 1, PageDown: day - 7, PageUp: day + 7, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  point(strip, Math.min(last, Math.max(0, to)));
});
const enhance = () => {
  for (const strip of $$("svg.strip:not([tabindex])")) {
    const last = daysOf(strip) - 1;
    set(strip, { tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": last, "aria-valuenow": last, "aria-valuetext": dayText(strip, last) });
  }
  for (const button of $$("form[role=search] button")) button.hidden = true;
  const brief = $(".banner")?.dataset.brief, title = document.title.split(" · ");
  if (brief) document.title = [brief, ...title.slice(1)].join(" · ");
  localize();
};
enhance();
schedule();
