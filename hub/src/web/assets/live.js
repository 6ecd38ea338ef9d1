// Keeps the page live: follows the hub's stream of changes and asks for each changed card again. Whether the page is live
// is never guessed: it says so unless the stream is open and the hub has answered a moment ago. Who is no longer signed in
// (a restart of the hub ends every session) keeps the last view, marked as old, and signs in above it.

import { morph } from "./morph.js";
import { clockTime, writeMoments } from "./moments.js";

const GATHER_MS = 120; // changes come in swarms; one request serves them all
const PROBE_MS = 15_000; // a dead line is noticed within two of these
const ANSWER_MS = 8_000;
const RECONNECT_MS = 3_000;
const TICK_MS = 5_000;
const GLANCE_MS = 5_000; // the stream tells of armings and incidents; values of points are asked for where people look

const overview = document.getElementById("overview");
const banner = document.getElementById("not-live");
const announce = document.getElementById("announce");
const signInAgain = document.getElementById("sign-in-again");

let after = overview.dataset.feed;
let streamOpen = false;
let answered = true;
let signedIn = true;
const changed = new Set();
let gathering = null;

// ---- live or not

function showLiveness() {
  const live = streamOpen && answered && signedIn;
  const root = document.documentElement;
  const said = live ? "yes" : "no";
  if (root.dataset.live === said) return;
  root.dataset.live = said;
  banner.hidden = live;
  if (live) return;
  const lostAt = new Date();
  const since = banner.querySelector("time");
  since.dateTime = lostAt.toISOString();
  since.textContent = clockTime(lostAt);
}

function nowSayTrying() {
  banner.querySelector('[data-say="trying"]').hidden = false;
  banner.querySelector('[data-say="reload"]').hidden = true;
}

/** The hub's answers tell; a sign-in in another window counts, too. */
function showSignedIn(status) {
  if (status >= 500) return; // a hub that fails says nothing of who is signed in
  signedIn = status !== 401;
  signInAgain.hidden = signedIn;
  banner.querySelector('[data-say="trying"]').hidden = !signedIn;
  showLiveness();
}

// ---- fragments

async function ask(path, options = {}) {
  const response = await fetch(path, { ...options, signal: AbortSignal.timeout(ANSWER_MS) });
  showSignedIn(response.status);
  return response;
}

function addressOf(id) {
  return id.startsWith("part-") ? `/fragments/parts/${encodeURIComponent(id.slice("part-".length))}` : `/fragments/${id}`;
}

async function renew(id) {
  const response = await ask(addressOf(id));
  if (response.status === 404) return location.reload(); // a part that the configuration no longer names
  if (!response.ok) throw new Error(`${id}: ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const [now, fresh] = [document.getElementById(id), page.getElementById(id)];
  if (!now || !fresh) return location.reload(); // a part that came after the page
  morph(now, fresh, greet);
  writeMoments(now);
  if (id === "incidents") document.title = `${now.dataset.title}${overview.dataset.site} · Strongroom`;
}

function greet(element) {
  if (!element.dataset.announce) return;
  element.dataset.arrived = "";
  const line = document.createElement("span");
  line.textContent = element.dataset.announce;
  announce.replaceChildren(line);
}

/** Marks fragments as changed; they are asked for together, a moment later, and again if that fails. */
function mark(...ids) {
  for (const id of ids) changed.add(id);
  if (changed.size > 0) gathering ??= setTimeout(gather, GATHER_MS);
}

async function gather() {
  const ids = [...changed];
  changed.clear();
  const outcomes = await Promise.allSettled(ids.map(renew));
  const failed = ids.filter((_, place) => outcomes[place].status === "rejected");
  gathering = null;
  answered = failed.length === 0;
  showLiveness();
  for (const id of failed) changed.add(id);
  if (changed.size > 0) gathering = setTimeout(gather, failed.length > 0 ? again() : GATHER_MS);
}

function markAll() {
  const parts = [...document.querySelectorAll("[data-part]")].map((part) => part.id);
  mark("hub", "incidents", ...parts);
}

/** The cards that are on the screen, as long as anybody can see it. */
function glance() {
  if (document.hidden) return;
  const inSight = (card) => {
    const { top, bottom } = card.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  mark(...[...document.querySelectorAll("[data-part]")].filter(inSight).map((card) => card.id));
}

/** Nothing is gained by asking often for what takes a sign-in. */
function again() {
  return signedIn ? RECONNECT_MS : PROBE_MS;
}

// ---- the stream

function follow() {
  const stream = new EventSource(`/api/v1/stream?after=${encodeURIComponent(after)}`);
  const on = (name, act) =>
    stream.addEventListener(name, (event) => {
      after = event.lastEventId;
      act(JSON.parse(event.data));
    });
  on("incident", (incident) => mark("incidents", `part-${incident.part}`));
  on("edge", (edge) => mark("hub", `part-${edge.part}`));
  on("part", (change) => mark(`part-${change.part}`));
  on("reset", markAll);
  stream.addEventListener("open", () => {
    // What the page showed while it was not live is asked for anew, whatever the stream repeats.
    if (document.documentElement.dataset.live === "no") markAll();
    streamOpen = true;
    showLiveness();
  });
  stream.addEventListener("error", () => {
    streamOpen = false;
    showLiveness();
    if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    if (signedIn) mark("hub"); // the stream does not say why it was refused; a fragment does
    setTimeout(follow, again());
  });
}

// ---- forms

async function send(form) {
  const said = form.querySelector(".said");
  const button = form.querySelector("button");
  const fields = Object.fromEntries(new FormData(form));
  if (!fields.note?.trim()) delete fields.note;
  said.textContent = "";
  button.disabled = true;
  try {
    const body = JSON.stringify(fields);
    const response = await ask(form.dataset.api, { method: "POST", body, headers: { "content-type": "application/json" } });
    if (!response.ok) {
      const problem = await response.json();
      said.textContent = `${problem.title}: ${problem.detail}`;
    }
  } catch {
    said.textContent = said.dataset.unanswered;
  } finally {
    button.disabled = false;
    mark("incidents");
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.api) return;
  event.preventDefault();
  send(event.target);
});

// ---- begin

nowSayTrying();
writeMoments();
setInterval(writeMoments, TICK_MS);
setInterval(() => mark("hub"), PROBE_MS);
setInterval(glance, GLANCE_MS);
follow();
