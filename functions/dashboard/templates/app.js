// Makes the pages live. Everything here is a convenience: without it all is shown and reachable.
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const on = (element, types, act) => { for (const type of types.split(" ")) element?.addEventListener(type, act); };
const make = (name, properties) => Object.assign(document.createElement(name), properties);
const tell = (element, text) => { if (element.textContent !== text) element.textContent = text; };
const main = $("#main"), body = document.body, setup = body.dataset;
// Visitors may have forbidden that anything is kept.
const recall = (key) => { try { return localStorage[key]; } catch { return; } };
const keep = (key, value) => { try { localStorage[key] = value; } catch { return; } };

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
let skew = 0;
const now = () => Date.now() + skew;
const TELL = {
  ago: (passed) => passed < 1 ? "just now" : `${words(passed)} ago`,
  for: (passed) => `for ${words(passed)}`,
  in: (passed) => passed > 0 ? `${words(passed)} ago` : `in ${words(-passed)}`,
};
const tick = () => {
  for (const time of $$("time")) {
    const at = Date.parse(time.dateTime), relative = TELL[time.className];
    if (relative) tell(time, relative((now() - at) / 1000));
    else if (time.className === "at") {
      time.title ||= time.textContent;
      tell(time, local.format(at));
    }
  }
};
const asof = () => $(".asof", main);

// Filter: tiles and search hide rows, in slices that grow: what the first ones show pushes the rest off
// the screen, where showing costs nothing.
let filtering = 0, texts;
const textOf = (row) => {
  if (!texts.has(row)) {
    const link = $("a", row), id = link.getAttribute("href").replace(/.*\//, "");
    texts.set(row, `${link.textContent} ${decodeURIComponent(id)}`.toLowerCase());
  }
  return texts.get(row);
};
const drawn = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
const filter = async () => {
  const turn = ++filtering, query = new URLSearchParams(location.search);
  const status = query.get("status") ?? "", text = (query.get("q") ?? "").toLowerCase();
  let shown = 0, changed = 0, slice = 200;
  for (const group of $$(".group", main)) {
    const all = $("h2", group).textContent.toLowerCase().includes(text);
    let any = 0;
    for (const list of $$(".rows", group)) {
      let some = 0;
      for (const row of list.children) {
        const standing = /s-(\w+)/.exec(row.className)?.[1] ?? "up";
        const wanted = (!status || standing === status) && (all || textOf(row).includes(text));
        if (row.hidden === wanted) {
          row.hidden = !wanted;
          changed++;
        }
        some += wanted;
      }
      list.hidden = !some;
      list.style.setProperty("--n", some);
      any += some;
      if (changed < slice) continue;
      group.hidden = !any;
      await drawn();
      if (turn !== filtering) return;
      changed = 0;
      slice *= 2;
    }
    group.hidden = !any;
    shown += any;
  }
  $(".nothing").hidden = shown > 0 || !(status || text);
  for (const tile of $$(".tile"))
    tile.ariaCurrent = (new URL(tile.href).searchParams.get("status") ?? "") === status ? "true" : null;
};
const want = (changes) => {
  const query = new URLSearchParams(location.search);
  for (const key in changes) changes[key] ? query.set(key, changes[key]) : query.delete(key);
  history.replaceState(null, "", `${location.pathname}?${query}`.replace(/\?$/, ""));
  filter();
};
// Links that are followed here; those for another tab or window are not ours.
const follow = (event, link, act) => {
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  act(link);
};
on(main, "click", (event) => {
  const { target } = event;
  if (target.matches(".copy")) {
    getSelection().selectAllChildren(target.nextElementSibling);
    // The newer way is closed to pages without TLS.
    tell(target, document.execCommand("copy") ? "Copied" : "Selected");
    setTimeout(tell, 3000, target, "Copy");
  }
  if ($("#q")) follow(event, target.closest(".tile, .nothing a"), (link) => {
    const { searchParams } = new URL(link.href), changes = { status: searchParams.get("status") };
    if (!link.matches(".tile")) $("#q").value = changes.q = "";
    want(changes);
  });
});
on(main, "input", ({ target }) => { if (target.id === "q") want({ q: target.value.trim() }); });
on(main, "submit", (event) => { if (event.target.role === "search") event.preventDefault(); });

// Refresh: the part of the page that changes is fetched and laid over what is there, node by node,
// so that focus, scroll and open panels stay.
const parse = (text) => new DOMParser().parseFromString(text, "text/html");
const mark = (node) => node.id || node.attributes?.["aria-labelledby"]?.value ||
  node.nodeName === "LI" && $("a", node)?.getAttribute("href");
const alike = (one, other) => one.nodeName === other.nodeName && mark(one) === mark(other);
const morph = (old, fresh) => {
  if (old.nodeType !== 1) { tell(old, fresh.data); return; }
  if (old.nodeName === "INPUT" || old.isEqualNode(fresh)) return;
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !/^(open|style|tabindex|role|aria-(value|label$))/.test(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value && !/^(open|role)$/.test(name)) old.setAttribute(name, value);
  let at = old.firstChild;
  const drop = (end) => { while (at !== end) { const gone = at; at = at.nextSibling; gone.remove(); } };
  for (const node of [...fresh.childNodes]) {
    let same = at;
    // A text takes the place of a text that is next, or else is new.
    while (same && !alike(same, node)) same = node.nodeType === 1 ? same.nextSibling : null;
    if (!same) { old.insertBefore(node, at); continue; }
    drop(same);
    at = same.nextSibling;
    morph(same, node);
  }
  drop(null);
};
// Who gets no answer in time has none.
const ask = (address, headers) => fetch(address, { cache: "no-store", headers, signal: AbortSignal.timeout(15000) });
const part = main.dataset.part;
let tag, busy, due = Infinity;
const refresh = async () => {
  if (busy || part === undefined) return;
  busy = true;
  try {
    const answer = await ask(part + location.search, tag ? { "if-none-match": tag } : {});
    if (answer.status === 304) {
      const read = $("time", asof());
      asof().dataset.read = new Date(now()).toISOString();
      if (read?.matches(".at")) Object.assign(read, { dateTime: asof().dataset.read, title: "" });
      tick();
    } else {
      // Who has to sign in again is shown the form.
      if (answer.status === 401) location.reload();
      if (!answer.ok) throw answer;
      const copy = main.cloneNode(), fresh = parse(await answer.text());
      // Others answer in our place: proxies, hotels.
      if (!$(".asof", fresh)) throw answer;
      tag = answer.headers.get("etag");
      copy.append(...($("main", fresh) ?? fresh.body).childNodes);
      morph(main, copy);
      enhance();
    }
    $("#offline")?.remove();
  } catch {
    const note = $("#offline") ?? make("p", { id: "offline", role: "status" });
    main.before(note);
    tell(note, `Offline, last data ${local.format(Date.parse(asof().dataset.read))}`);
  }
  busy = 0;
  schedule();
};
// What a browser had kept is shown as it was.
const isKept = performance.getEntriesByType("navigation")[0]?.transferSize === 0;
on(window, "pageshow", (event) => { if (isKept || event.persisted) refresh(); });
const every = $("#every"), left = $("#left"), CHOICES = [0, 10, 30, 60, 300, 600];
let interval = setup.refresh / 1000;
const remembered = Number(recall("refresh-seconds"));
if (every && CHOICES.includes(remembered)) interval = remembered;
const schedule = () => { due = interval ? Date.now() + interval * 1000 : Infinity; };
if (every && part !== undefined) {
  for (const value of new Set([...CHOICES, interval]))
    every.append(make("option", { value, textContent: value ? words(value) : "Off" }));
  every.value = interval;
  every.hidden = false;
  on(every, "change", () => {
    interval = Number(every.value);
    keep("refresh-seconds", interval);
    schedule();
  });
  on($("#refresh"), "click", (event) => follow(event, true, refresh));
}

// Alerts that are newer than what this browser has seen: on the page, and outside of it once asked for.
// A page that nobody looks at asks for nothing.
const address = (path) => new URL(path, import.meta.url);
const toast = ({ severity = "", tone = "degraded", status, title, message = "", serviceId }) => {
  const box = make("div", { className: `toast s-${tone}` });
  const close = make("button", { className: "btn", ariaLabel: `Dismiss ${title}`, textContent: "\u00d7" });
  close.onclick = () => box.remove();
  const href = address(serviceId ? `services/${encodeURIComponent(encodeURIComponent(serviceId))}` : "alerts");
  box.append(make("b", { textContent: status === "resolved" ? status : severity }), " ", make("a", { href, textContent: title }));
  const text = make("p");
  text.append(...message.split(/(\d{4}-\d\d-\d\dT[\d:.]+Z)/).map((part, at) =>
    at % 2 ? make("time", { className: "at", dateTime: part, textContent: part }) : part));
  box.append(text, close);
  $("#toasts").append(box);
  tick();
  const leave = () => setTimeout(() => box.matches(":hover,:focus-within") ? leave() : box.remove(), 10000);
  leave();
};
const bell = window.Notification && $("#notify");
const isAllowed = () => bell && Notification.permission === "granted" && recall("notify") === "on";
const ring = () => {
  bell.ariaPressed = isAllowed();
  bell.hidden = Notification.permission === "denied";
};
if (bell) ring();
on(bell, "click", async () => {
  keep("notify", isAllowed() ? "off" : "on");
  await Notification.requestPermission();
  ring();
});
const outside = ({ id, title, message }) => {
  // Phones leave this to service workers, and refuse it here.
  try { new Notification(title, { body: message, tag: id }); } catch { bell.hidden = true; }
};
let seen, asked = 0;
const news = async () => {
  asked = Date.now();
  seen = recall(setup.key) || seen;
  let newest = new Date(now()).toISOString();
  if (Date.parse(seen)) {
    const { alerts } = await (await ask(address(`api/alerts/recent?since=${Date.parse(seen)}`))).json();
    newest = alerts[0]?.timestamp ?? seen;
    const wanted = setup.severities && setup.severities.split(" ");
    const told = alerts.filter(({ muted, severity }) => !muted && (!wanted || wanted.includes(severity.toLowerCase())));
    const few = told.slice(0, 3);
    if ("toasts" in setup) {
      if (told.length > 3) toast({ title: "More alerts" });
      few.reverse().forEach(toast);
    }
    if (isAllowed()) few.forEach(outside);
  }
  keep(setup.key, seen = newest);
};
setInterval(() => {
  if (document.hidden) return;
  tick();
  if (setup.poll > 0 && Date.now() - asked >= setup.poll) news().catch(() => {});
  if (left) tell(left, due === Infinity ? "" : `${Math.max(0, Math.ceil((due - Date.now()) / 1000))} s`);
  if (Date.now() >= due) refresh();
}, 1000);

// Alerts and export, which are pages of their own, as panels beside what is open. Escape and focus are
// the dialog's own business.
const panel = make("dialog", { closedBy: "any" });
body.append(panel);
const fill = async (href, before = []) => {
  const answer = await ask(href), copy = panel.cloneNode();
  if (!answer.ok) throw answer;
  copy.append(make("button", { className: "btn close", ariaLabel: "Close", textContent: "\u00d7" }));
  copy.append(...$("main", parse(await answer.text())).children);
  for (const link of $$("a, form", copy)) {
    const name = link.action ? "action" : "href";
    link[name] = new URL(link.getAttribute(name), href);
  }
  $(".list", copy)?.prepend(...before);
  morph(panel, copy);
  tick();
};
const open = (link, before) => fill(link.href, before).catch(() => { location = link.href; });
for (const opener of $$("#open-alerts, #open-export"))
  on(opener, "click", (event) => follow(event, opener, async () => {
    Object.assign(panel, { className: opener.id, ariaLabel: opener.textContent.trim() });
    await open(opener);
    panel.showModal();
  }));
on(panel, "click", (event) => {
  if (event.target.matches(".close")) panel.close();
  follow(event, event.target.closest(".tile"), open);
  follow(event, event.target.closest(".nothing a"), (link) =>
    open(link, $$(".list > li", panel).map((line) => line.cloneNode(true))));
});
on(panel, "input", ({ target }) => { if (target.type === "date") $("#dates").checked = true; });
// An answer has so many lines at most, and names the next; the file has them all.
const download = async (form) => {
  const parts = [];
  let next = `${form.action}?${new URLSearchParams(new FormData(form))}`, name;
  while (next) {
    const answer = await ask(next), { headers } = answer, text = await answer.text();
    if (!answer.ok) return JSON.parse(text).error;
    name ??= /"(.+)"/.exec(headers.get("content-disposition"))[1];
    parts.push(parts.length ? text.slice(text.indexOf("\n") + 1) : text);
    const link = /<(.+?)>/.exec(headers.get("link"));
    next = link && new URL(link[1], next);
  }
  make("a", { href: URL.createObjectURL(new Blob(parts)), download: name }).click();
  return `${name} is in your downloads.`;
};
on(panel, "submit", async (event) => {
  event.preventDefault();
  const said = $(".said", panel);
  tell(said, "One moment");
  tell(said, await download(event.target).catch(() => "The server cannot be reached. Try again."));
});

// Theme.
const theme = $("#theme"), root = document.documentElement.dataset;
if (theme) {
  theme.hidden = false;
  theme.value = root.theme || "auto";
  on(theme, "change", () => keep("theme", root.theme = theme.value));
}

// Days: which one it is and how it was, for pointer, finger and keyboard.
const tip = make("div", { id: "tip", role: "tooltip", hidden: true });
body.append(tip);
const dayDate = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeZone: "UTC" });
const daysOf = (strip) => strip.viewBox.baseVal.width;
const dayText = (strip, day) => {
  const today = Date.parse(asof().dataset.read.slice(0, 10));
  const date = dayDate.format(today - (daysOf(strip) - 1 - day) * 86400000);
  const covers = ([, at, days]) => day >= at && day - at < days;
  const path = $$("path", strip).find((path) => [...path.getAttribute("d").matchAll(/M(\d+)\s1h(\d+)/g)].some(covers));
  const level = path?.getAttribute("class"), figure = new RegExp(`(?:^| )${day}:(\\S+)`).exec(strip.dataset.days)?.[1];
  if (level === "kn") return `${date}: no data`;
  // Where there are very many services, days say their level alone.
  const told = figure || !level ? `${figure ?? 100} %` : $(`.legend .${level}`).textContent;
  return `${date}: ${told}`;
};
// What a strip has for those who point with keys, and for screen readers.
const lively = (strip) => {
  if (strip.tabIndex === 0) return;
  const last = daysOf(strip) - 1;
  if (!strip.ariaLabel) strip.ariaLabel = `Days of ${strip.previousSibling.textContent}`;
  Object.assign(strip, { tabIndex: 0, role: "slider", ariaValueMin: 0, ariaValueMax: last, ariaValueNow: last, ariaValueText: dayText(strip, last) });
};
const point = (strip, day) => {
  const box = strip.getBoundingClientRect(), x = box.left + (day + 0.5) / daysOf(strip) * box.width;
  tell(tip, strip.ariaValueText = dayText(strip, strip.ariaValueNow = day));
  tip.hidden = false;
  const half = tip.offsetWidth / 2;
  tip.style.left = `${Math.min(Math.max(x, half + 4), innerWidth - half - 4) + scrollX}px`;
  tip.style.top = `${box.top + scrollY - tip.offsetHeight - 6}px`;
};
on(main, "click pointermove pointerleave focusin focusout keydown", (event) => {
  const { target, type, key } = event, strip = target.closest(".strip, .compact svg");
  const near = $("svg", target.closest(".compact li") ?? tip);
  if (near) lively(near);
  if (!strip || /leave|out/.test(type) || key === "Escape") { tip.hidden = true; return; }
  const last = daysOf(strip) - 1, box = strip.getBoundingClientRect();
  let day = Number(strip.ariaValueNow);
  if (/^[cp]/.test(type)) day = Math.floor((event.clientX - box.left) / box.width * (last + 1));
  if (key) {
    day = { ArrowLeft: day - 1, ArrowDown: day - 1, ArrowRight: day + 1, ArrowUp: day + 1, PageDown: day - 7, PageUp: day + 7, Home: 0, End: last }[key];
    if (day === undefined) return;
    event.preventDefault();
  }
  point(strip, Math.min(last, Math.max(0, day)));
});
const enhance = () => {
  const { read } = asof()?.dataset ?? {};
  if (read && (tag || !isKept)) skew = Date.parse(read) - Date.now();
  texts = new WeakMap();
  $$(".strip").forEach(lively);
  const brief = $(".banner")?.dataset.brief;
  if (brief) document.title = `${brief} · ${setup.title}`;
  tick();
};
enhance();
schedule();
