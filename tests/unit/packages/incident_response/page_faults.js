// Returns what a person with a phone, a keyboard or weak eyes would find wrong on a page that is `width` pixels wide.
((width) => {
  "use strict";
  const LEAST_TARGET = 44;  // pixels that a finger hits
  const LEAST_CONTRAST = 4.5;  // WCAG 2.2, level AA, for text that is not large
  const found = [];
  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0;
  const name = (one) => `${one.tagName.toLowerCase()}${one.id && "#" + one.id} "${one.textContent.trim().slice(0, 40)}"`;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);

  // Mobile browsers make the window as wide as what does not fit, so the screen is asked for.
  if (document.documentElement.scrollWidth > width) found.push(`the page scrolls to ${document.documentElement.scrollWidth}`);
  for (const one of all("body *")) {
    const { left, right } = one.getBoundingClientRect();
    if (left < -0.5 || right > width + 0.5) found.push(`${name(one)} reaches from ${left} to ${right}`);
    const hides = getComputedStyle(one).overflowX !== "visible";
    if (hides && one.scrollWidth > one.clientWidth + 1) found.push(`${name(one)} is cut off`);
  }

  for (const one of all("button, input, select, textarea, summary, nav a, .incidents a")) {
    const { height } = one.getBoundingClientRect();
    if (height < LEAST_TARGET) found.push(`${name(one)} is ${height} pixels high`);
  }

  const channels = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return { colour: [red, green, blue], alpha };
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((one) => one / 255).map(
      (one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (one) => {
    for (let each = one; each; each = each.parentElement) {
      const { colour, alpha } = channels(getComputedStyle(each).backgroundColor);
      if (alpha === 1) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const one = text.parentElement;
    if (!text.data.trim() || !shown(one)) continue;
    const [light, dark] = [channels(getComputedStyle(one).color).colour, behind(one)].map(luminance).sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < LEAST_CONTRAST) found.push(`${name(one)} has a contrast of ${contrast.toFixed(1)}`);
  }

  for (const one of all("input, select, textarea")) {
    if (![...one.labels].some((label) => shown(label) && label.textContent.trim())) found.push(`${name(one)} has no label`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  found.push(...ids.filter((one, at) => ids.indexOf(one) !== at).map((one) => `the id ${one} is there twice`));
  const levels = all("h1, h2, h3, h4").map((one) => Number(one.tagName[1]));
  if (levels[0] !== 1 || levels.filter((one) => one === 1).length !== 1) found.push(`its headings are ${levels}`);
  if (!document.documentElement.lang) found.push("the page has no language");
  if (!document.title) found.push("the page has no title");
  return [...new Set(found)];
})
