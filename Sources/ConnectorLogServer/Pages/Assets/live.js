// While a state is in progress, its new calls and faults appear by themselves. Without this the Refresh link does it.
"use strict";

(() => {
  const bar = document.querySelector("[data-live-source]");
  if (!bar || typeof EventSource !== "function") return;

  const mostRows = 1000;
  const address = new URL(bar.dataset.liveSource, location.href);
  const isNewestFirst = "liveNewest" in bar.dataset;
  const isPart = "livePart" in bar.dataset;
  const word = bar.querySelector("[data-live-word]");
  const button = bar.querySelector("[data-live-pause]");
  const say = bar.querySelector("[data-live-say]");
  let source = null;
  let isPaused = false;
  let isOver = false;
  let added = 0;
  // Seconds until the next attempts, and how many there were since the stream was last there.
  const pauses = [5, 15, 60];
  let attempts = 0;
  let timer = 0;
  /** Whether the stream was refused, and the button asks for it again. */
  let isOff = false;

  const tell = (state, text) => {
    bar.dataset.liveIs = state;
    if (word.textContent !== text) word.textContent = text;
  };

  // --- Rows

  const insert = (box, row, newestFirst, isPart, order) => {
    const body = box.querySelector("tbody");
    if (document.getElementById(row.id)) return false;
    const rows = body.rows;
    // Most rows belong at the end where new ones come; some calls took long and belong further in.
    let place = newestFirst ? 0 : rows.length;
    if (newestFirst) {
      while (place < rows.length && rows[place].dataset.time > order) place += 1;
      if (isPart && place === rows.length && place > 0) return false;
    } else {
      while (place > 0 && rows[place - 1].dataset.time > order) place -= 1;
      if (isPart && place === 0 && rows.length > 0) return false;
    }
    row.classList.add("row-new");
    body.insertBefore(row, rows[place] || null);
    while (body.rows.length > mostRows) (newestFirst ? body.rows[body.rows.length - 1] : body.rows[0]).remove();
    row.dispatchEvent(new CustomEvent("content-added", { bubbles: true }));
    return true;
  };

  const take = (rows, name, newestFirst, isPart) => {
    const box = document.querySelector(`[data-live-${name}]`);
    let count = 0;
    for (const { order, html } of rows) {
      const template = document.createElement("template");
      template.innerHTML = html;
      const row = template.content.querySelector("tr");
      if (row && insert(box, document.importNode(row, true), newestFirst, isPart, order)) count += 1;
    }
    if (count) {
      box.hidden = false;
      const empty = document.querySelector(`[data-live-no-${name}]`);
      if (empty) empty.remove();
    }
    return count;
  };

  // --- What the page says of the state

  const set = (name, text) => {
    const element = document.querySelector(`[data-live="${name}"]`);
    if (element && text) element.textContent = text;
    return element;
  };

  const show = (news) => {
    const badge = set("status", news.status);
    if (badge) badge.className = `badge badge-${news.tone}`;
    set("step", news.step);
    set("elapsed", news.elapsed);
    set("calls", news.calls);
    for (const [name, text] of [["failed", news.failed], ["faults", news.faultCount]]) {
      const figure = set(name, text);
      if (figure) figure.classList.toggle("bad", text !== "0");
    }
    const fresh = take(news.events, "events", isNewestFirst, isPart) + take(news.faults, "faults", false, false);
    added += fresh;
    const chart = document.querySelector(".waterfall > summary .note");
    if (fresh && chart && !("isOld" in chart.dataset)) {
      chart.dataset.isOld = "";
      chart.append(", when this page was loaded");
    }
    if (news.cut) say.textContent = "More came in than is shown: refresh the page";
    else if (fresh) say.textContent = `${added} new ${added === 1 ? "row" : "rows"}`;
  };

  // --- The connection

  const disconnect = () => {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  };

  const over = (text) => {
    isOver = true;
    disconnect();
    if (document.activeElement === button) {
      // The keyboard goes on from here.
      word.tabIndex = -1;
      word.focus();
    }
    button.remove();
    tell("over", text);
  };

  const isSessionOver = async () => {
    try {
      const page = await fetch(location.href, { credentials: "same-origin", redirect: "manual", cache: "no-store" });
      if (page.body) page.body.cancel();
      return page.type === "opaqueredirect";
    } catch {
      return false;
    }
  };

  const refused = async () => {
    disconnect();
    isOff = true;
    button.textContent = "Try again";
    tell("over", "Not live");
    if (await isSessionOver()) {
      const link = document.createElement("a");
      link.href = location.href;
      link.textContent = "Reload the page";
      say.replaceChildren("Your session is over. ", link);
      over("Not live");
    } else if (isOff && !source && attempts < pauses.length) {
      timer = setTimeout(connect, pauses[attempts] * 1000);
      attempts += 1;
    }
  };

  const connect = () => {
    if (source || isPaused || isOver || document.hidden) return;
    clearTimeout(timer);
    source = new EventSource(address);
    const onNews = (event) => {
      // Connections that this page opens anew begin behind what it has.
      address.searchParams.set("since", event.lastEventId);
      show(JSON.parse(event.data));
      if (event.type === "end") over("Ended");
    };
    source.addEventListener("open", () => {
      attempts = 0;
      isOff = false;
      button.textContent = "Pause";
      tell("live", "Live");
    });
    source.addEventListener("news", onNews);
    source.addEventListener("end", onNews);
    source.addEventListener("error", () => {
      if (source && source.readyState === EventSource.CLOSED) refused();
      else tell("waiting", "Connecting");
    });
  };

  button.addEventListener("click", () => {
    if (isOff) {
      isOff = false;
      attempts = 0;
      button.textContent = "Pause";
      tell("waiting", "Connecting");
      connect();
      return;
    }
    isPaused = !isPaused;
    button.textContent = isPaused ? "Resume" : "Pause";
    if (isPaused) {
      disconnect();
      tell("paused", "Paused");
    } else {
      tell("waiting", "Connecting");
      connect();
    }
  });

  // A browser has few connections for one server: pages that nobody sees hold none.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) disconnect();
    else connect();
  });
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", connect);

  // What is said aloud has to be there before its first text.
  bar.hidden = false;
  setTimeout(() => {
    if (!word.textContent) tell("waiting", "Connecting");
  }, 100);
  connect();
})();
