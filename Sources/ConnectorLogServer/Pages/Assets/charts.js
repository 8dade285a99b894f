// Charts show the numbers under the pointer and, by arrow keys, under the focus; where a range can be chosen, by dragging or
// with the shift key, it becomes the page's. All numbers come from the table below each chart.
"use strict";

(() => {
  const svgElement = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  /** Pixels that make a drag of a click. */
  const leastDrag = 4;

  const instant = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19);

  const prepare = (figure) => {
    const plot = figure.querySelector(".plot");
    const svg = plot && plot.querySelector(".plot-svg");
    const rows = [...figure.querySelectorAll(".numbers tbody tr")];
    if (!svg || rows.length === 0) return;
    const names = [...figure.querySelectorAll(".numbers thead th")].slice(1).map((cell) => cell.textContent);
    const rangeHref = figure.dataset.range;

    const cursor = svgElement("line", { class: "cursor", y1: "0%", y2: "100%", visibility: "hidden" });
    const chosen = svgElement("rect", { class: "chosen", height: "100%", visibility: "hidden" });
    svg.append(chosen, cursor);
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    plot.append(tip);

    // What the arrow keys move along, with what it tells in words.
    const hint = document.createElement("p");
    hint.id = `${figure.id}-hint`;
    hint.className = "note plot-hint";
    hint.textContent = rangeHref
      ? "Drag, or hold shift with the arrow keys and press Enter, to choose a range"
      : svg.getAttribute("aria-label");
    hint.hidden = !rangeHref;
    plot.after(hint);
    for (const [name, value] of Object.entries({
      role: "slider",
      tabindex: "0",
      "aria-label": figure.querySelector(".chart-title").textContent,
      "aria-describedby": hint.id,
      "aria-valuemin": 1,
      "aria-valuemax": rows.length,
    })) svg.setAttribute(name, value);
    if (rangeHref) svg.classList.add("choosable");

    // The keyboard's place, and where its selection began.
    let at = rows.length - 1;
    let anchor = null;
    // A pointer that is down: where, and at what bucket.
    let drag = null;
    // A tip that a finger called stays until the next tap elsewhere.
    let isHeld = false;

    const within = (bucket) => Math.min(Math.max(bucket, 0), rows.length - 1);
    const cellsOf = (bucket) => [...rows[bucket].children].map((cell) => cell.textContent);

    const tipRow = (name, value) => {
      const row = document.createElement("span");
      row.className = "tip-row";
      for (const text of [name, value || "–"]) {
        const part = document.createElement("span");
        part.textContent = text;
        row.append(part);
      }
      return row;
    };

    /** The tip of a bucket, and the selection from another one to it. */
    const show = (bucket, from) => {
      const place = (bucket + 0.5) / rows.length;
      cursor.setAttribute("x1", `${place * 100}%`);
      cursor.setAttribute("x2", `${place * 100}%`);
      cursor.setAttribute("visibility", "visible");
      const cells = cellsOf(bucket);
      const time = document.createElement("span");
      time.className = "tip-time";
      time.textContent = cells[0];
      tip.replaceChildren(time, ...names.map((name, number) => tipRow(name, cells[number + 1])));
      tip.hidden = false;
      const box = svg.getBoundingClientRect();
      const x = box.left - plot.getBoundingClientRect().left + place * box.width;
      const left = x + 14 + tip.offsetWidth > plot.clientWidth ? x - 14 - tip.offsetWidth : x + 14;
      tip.style.left = `${Math.max(0, Math.min(left, plot.clientWidth - tip.offsetWidth))}px`;
      if (from === null) {
        chosen.setAttribute("visibility", "hidden");
        return;
      }
      const [first, last] = [Math.min(from, bucket), Math.max(from, bucket)];
      chosen.setAttribute("x", `${(first / rows.length) * 100}%`);
      chosen.setAttribute("width", `${((last - first + 1) / rows.length) * 100}%`);
      chosen.setAttribute("visibility", "visible");
    };

    const hide = () => {
      tip.hidden = true;
      isHeld = false;
      cursor.setAttribute("visibility", "hidden");
      chosen.setAttribute("visibility", "hidden");
    };

    /** Back to what the keyboard had, if it is here. */
    const leave = () => {
      drag = null;
      if (document.activeElement === svg && svg.matches(":focus-visible")) show(at, anchor);
      else hide();
    };

    const speak = () => {
      const cells = cellsOf(at);
      const parts = [cells[0], ...names.map((name, number) => `${name} ${cells[number + 1] || "none"}`)];
      if (anchor !== null) {
        const [first, last] = [Math.min(anchor, at), Math.max(anchor, at)];
        parts.push(`selected from ${cellsOf(first)[0]} to ${cellsOf(last)[0]}`);
      }
      svg.setAttribute("aria-valuenow", at + 1);
      svg.setAttribute("aria-valuetext", parts.join(", "));
    };
    speak();

    const choose = (from, to) => {
      const [first, last] = [Math.min(from, to), Math.max(from, to)];
      const [start, width] = [Number(figure.dataset.first), Number(figure.dataset.width)];
      const address = new URL(rangeHref, location.href);
      address.searchParams.set("range", "custom");
      address.searchParams.set("from", instant(start + first * width));
      address.searchParams.set("to", instant(start + (last + 1) * width));
      location.assign(address);
    };

    const bucketUnder = (event) => {
      const box = svg.getBoundingClientRect();
      return within(Math.floor(((event.clientX - box.left) / box.width) * rows.length));
    };

    // --- Pointers

    plot.addEventListener("pointermove", (event) => {
      if (drag) {
        drag.isFar = drag.isFar || Math.abs(event.clientX - drag.x) >= leastDrag;
        show(bucketUnder(event), drag.isFar ? drag.from : null);
      } else if (anchor === null) {
        isHeld = event.pointerType === "touch";
        show(bucketUnder(event), null);
      }
    });
    plot.addEventListener("pointerleave", () => {
      if (!drag && !isHeld) leave();
    });
    plot.addEventListener("pointerup", (event) => {
      if (event.pointerType === "touch") {
        anchor = null;
        at = bucketUnder(event);
        speak();
        show(at, null);
        isHeld = true;
      } else if (drag) {
        const { from, isFar } = drag;
        drag = null;
        if (isFar) choose(from, bucketUnder(event));
      }
    });
    plot.addEventListener("pointercancel", leave);
    document.addEventListener("pointerdown", (event) => {
      if (isHeld && !plot.contains(event.target)) hide();
    });
    if (rangeHref) {
      plot.addEventListener("pointerdown", (event) => {
        if (event.button !== 0 || event.pointerType === "touch") return;
        event.preventDefault();
        plot.setPointerCapture(event.pointerId);
        anchor = null;
        drag = { from: bucketUnder(event), x: event.clientX, isFar: false };
      });
    }

    // --- Keys

    svg.addEventListener("focus", () => {
      if (svg.matches(":focus-visible")) show(at, anchor);
    });
    svg.addEventListener("blur", () => {
      anchor = null;
      speak();
      if (!drag && !isHeld) hide();
    });
    svg.addEventListener("keydown", (event) => {
      const steps = {
        ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: rows.length - 1,
        PageDown: at - 10, PageUp: at + 10,
      };
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key in steps) {
        event.preventDefault();
        if (!rangeHref || !event.shiftKey) anchor = null;
        else if (anchor === null) anchor = at;
        at = within(steps[event.key]);
        speak();
        show(at, anchor);
      } else if (event.key === "Enter" && rangeHref) {
        event.preventDefault();
        choose(anchor ?? at, at);
      }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || (tip.hidden && !drag)) return;
      drag = null;
      anchor = null;
      speak();
      hide();
    });
  };

  for (const figure of document.querySelectorAll("figure[data-chart]")) prepare(figure);
})();
