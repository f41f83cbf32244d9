// Replaces the parts of a page that have changed. Their text is escaped where they are made.
"use strict";
const path = document.body.dataset.live;
const UNEXPECTED = 700;  // milliseconds in which a button that has just appeared is not meant by who presses it
const pending = new Map();  // the parts that have arrived, by their ids, until they are shown

// What a person has opened, chosen or reached in a part is found again in what replaces it.
const named = (one) => [one.id, one.getAttribute("formaction"), one.getAttribute("href"), one.matches("button") && one.value].join();
const reached = (place) => [...place.querySelectorAll("a, button, select, summary")];

function replace(place, html) {
  const open = [...place.querySelectorAll("details")].map((one) => one.open);
  const chosen = new Map([...place.querySelectorAll("select")].map((one) => [one.id, one.value]));
  const known = new Set(reached(place).map(named));
  const focus = place.contains(document.activeElement) && document.activeElement;
  const [name, at] = focus ? [named(focus), reached(place).indexOf(focus)] : [];
  place.innerHTML = html;
  place.querySelectorAll("details").forEach((one, index) => { one.open = open[index] ?? one.open; });
  for (const one of place.querySelectorAll("select")) {
    if ([...one.options].some((option) => option.value === chosen.get(one.id))) one.value = chosen.get(one.id);
  }
  for (const one of place.querySelectorAll("button")) {
    if (known.has(named(one))) continue;
    one.disabled = true;
    setTimeout(() => { one.disabled = false; }, UNEXPECTED);
  }
  if (focus) (reached(place).find((one) => named(one) === name) ?? reached(place)[at])?.focus({ preventScroll: true });
}

if (path) {
  const parts = [...document.querySelectorAll("main [id]")];
  const shown = new Map(parts.map((one) => [one.id, one.innerHTML]));
  let pressing = false;
  const show = () => {
    if (pressing) return;  // what is replaced under a finger is not pressed
    for (const [id, html] of pending) {
      const made = document.createElement("div");
      made.innerHTML = html;
      if (!shown.has(id) || made.innerHTML === shown.get(id)) continue;
      shown.set(id, made.innerHTML);
      replace(document.getElementById(id), html);
    }
    pending.clear();
  };
  const source = new EventSource(path);
  source.onmessage = (event) => {
    for (const [id, html] of Object.entries(JSON.parse(event.data))) pending.set(id, html);
    show();
  };
  source.onopen = () => document.body.classList.remove("stale");
  source.onerror = () => document.body.classList.add("stale");
  document.addEventListener("pointerdown", () => { pressing = true; });
  // The click comes after the pointer is up.
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { pressing = false; setTimeout(show); });
}
