// Replaces the parts of a page that have changed. Their text is escaped where they are made.
"use strict";
const path = document.body.dataset.live;
if (path) {
  const source = new EventSource(path);
  source.onmessage = (event) => {
    for (const [id, html] of Object.entries(JSON.parse(event.data))) {
      const place = document.getElementById(id);
      if (!place) continue;
      const open = [...place.querySelectorAll("details")].map((one) => one.open);
      place.innerHTML = html;
      place.querySelectorAll("details").forEach((one, index) => { one.open = open[index] ?? one.open; });
    }
  };
  source.onopen = () => document.body.classList.remove("stale");
  source.onerror = () => document.body.classList.add("stale");
}
