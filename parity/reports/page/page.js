
"use strict";
// Filters what Python wrote: without this script all of it is there. The state is the address's
// fragment, `#pair=…&check=…&cause=…&tag=…&text=…&open=D-…`, so a link shows the same again.
(() => {
  const NAMES = ["pair", "check", "cause", "tag", "text"];
  const form = document.getElementById("filter");
  const status = document.getElementById("status");
  const heading = document.getElementById("causes");
  const causes = [...document.querySelectorAll(".cause")].map((section) => ({
    section,
    quiet: Boolean(section.closest(".quiet")),
    size: Number(section.dataset.count),
    tags: JSON.parse(section.dataset.tags),
    fits: section.querySelector(".fits"),
  }));
  const links = [...document.querySelectorAll("a[data-pair], a[data-tag]")];
  const all = status.textContent;
  let state = {};

  const number = (value) => value.toLocaleString("en-US");
  const counted = (found, of, noun) => `${number(found)} of ${number(of)} ${noun}`;
  const contents = (one) => (one.text ??= one.section.textContent.toLowerCase());

  function size(one) {
    if (state.tag && !Object.hasOwn(one.tags, state.tag)) return 0;
    const data = one.section.dataset;
    if (["pair", "check", "cause"].some((name) => state[name] && state[name] !== data[name])) return 0;
    if (state.text && !contents(one).includes(state.text.toLowerCase())) return 0;
    return state.tag ? one.tags[state.tag] : one.size;
  }

  function told(some) {
    const fit = some.filter((one) => !one.section.hidden);
    const sum = (list, get) => list.reduce((total, one) => total + get(one), 0);
    const cases = counted(sum(fit, (one) => one.shown), sum(some, (one) => one.size), "cases");
    return `${counted(fit.length, some.length, "causes")}, ${cases}`;
  }

  function show() {
    const filtered = NAMES.some((name) => state[name]);
    for (const one of causes) {
      one.shown = size(one);
      one.section.hidden = !one.shown;
      one.fits.textContent = state.tag && one.shown ? ` (${number(one.shown)} with the tag)` : "";
    }
    const failing = causes.filter((one) => !one.quiet);
    const quiet = causes.filter((one) => one.quiet);
    const fit = causes.filter((one) => !one.section.hidden);
    if (!filtered) status.textContent = all;
    else if (!fit.length) status.textContent = "Nothing fits this filter.";
    else {
      const rest = quiet.length ? `; expected or reported: ${told(quiet)}` : "";
      status.textContent = `Shown: ${told(failing)}${rest}.`;
    }
    for (const part of document.querySelectorAll(".of")) {
      part.hidden = !part.querySelector(".cause:not([hidden])");
    }
    const apart = document.querySelector(".quiet");
    if (apart && filtered && fit.length && fit.every((one) => one.quiet)) apart.open = true;
    for (const name of NAMES) {
      const control = form.elements[name];
      if (control.value !== (state[name] ?? "")) control.value = state[name] ?? "";
    }
    for (const link of links) {
      const same = NAMES.every((name) => (state[name] ?? "") === (link.dataset[name] ?? ""));
      if (same) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  function write(push) {
    const found = new URLSearchParams();
    for (const name of [...NAMES, "open"]) if (state[name]) found.set(name, state[name]);
    const fragment = `#${found}`;
    if (fragment === location.hash || (fragment === "#" && !location.hash)) return;
    history[push ? "pushState" : "replaceState"](null, "", fragment);
  }

  function unfold(name) {
    const section = document.getElementById(name);
    if (!section?.classList.contains("cause")) return;
    for (let outer = section; outer; outer = outer.parentElement?.closest("details")) outer.open = true;
    section.scrollIntoView();
  }

  function read() {
    const fragment = location.hash.slice(1);
    if (fragment.includes("=")) state = Object.fromEntries(new URLSearchParams(fragment));
    else if (fragment.startsWith("D-")) state = { open: fragment };
    else if (!fragment) state = {};
    show();
    if (state.open) unfold(state.open);
    else if (NAMES.some((name) => state[name])) heading.scrollIntoView();
  }

  function filter(changed, push) {
    state = { ...state, ...changed };
    show();
    write(push);
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    filter({ [event.target.name]: event.target.value }, event.target.tagName === "SELECT");
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    filter(Object.fromEntries(NAMES.map((name) => [name, ""])), true);
    form.elements.text.focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-pair], a[data-tag]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    filter(Object.fromEntries(NAMES.map((name) => [name, link.dataset[name] ?? ""])), true);
    heading.focus();
    heading.scrollIntoView();
  });
  document.addEventListener("toggle", (event) => {
    const section = event.target;
    if (!section.classList?.contains("cause")) return;
    if (section.open) filter({ open: section.id }, false);
    else if (state.open === section.id) filter({ open: "" }, false);
  }, true);
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(button.previousElementSibling);
        button.textContent = "selected";
      }
    });
  }
  addEventListener("hashchange", read);
  addEventListener("popstate", read);
  read();
})();
