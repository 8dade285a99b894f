// What pages gain where scripts run. Without them each link here is a page of its own and each form has its button.
"use strict";

(() => {
  // --- Views: links marked data-view open in place, in a dialog, under their own address.

  let dialog = null;
  let opener = null;
  // What the document itself is, whatever address a dialog of it has put in its place.
  const own = location.pathname + location.search;
  const placeOf = (address) => address.pathname + address.search;
  /** The address that the dialog shows; null when it is closed. */
  let shown = null;
  let asked = 0;
  let waiting = null;
  const root = document.documentElement;

  const makeDialog = () => {
    const made = document.createElement("dialog");
    made.className = "dialog";
    made.setAttribute("aria-labelledby", "view-title");
    const close = document.createElement("button");
    close.type = "button";
    close.className = "dialog-close";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => made.close());
    const content = document.createElement("div");
    content.className = "dialog-content";
    made.append(close, content);
    made.addEventListener("click", (event) => {
      if (event.target === made) made.close();
    });
    made.addEventListener("close", () => {
      uncolour(content);
      content.replaceChildren();
      if (shown && history.state && history.state.view === shown) history.back();
      shown = null;
      if (opener && opener.isConnected) opener.focus();
      opener = null;
    });
    document.body.append(made);
    return made;
  };

  /** Whatever was asked for before is not shown any more. */
  const forget = () => {
    asked += 1;
    if (waiting) waiting.abort();
    waiting = null;
    root.classList.remove("is-loading");
  };

  const show = async (address, push) => {
    forget();
    const turn = asked;
    waiting = new AbortController();
    root.classList.add("is-loading");
    let content = null;
    try {
      const response = await fetch(address, { credentials: "same-origin", redirect: "error", signal: waiting.signal });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      content = page.querySelector("[data-view-content]");
    } catch {
      content = null;
    }
    if (turn !== asked) return;
    if (!content) {
      if (push) location.assign(address);
      else location.reload();
      return;
    }
    forget();
    dialog = dialog || makeDialog();
    const box = dialog.querySelector(".dialog-content");
    uncolour(box);
    box.replaceChildren(document.importNode(content, true));
    if (push) {
      const isView = dialog.open && history.state && history.state.view;
      history[isView ? "replaceState" : "pushState"]({ view: address }, "", address);
    }
    shown = address;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    enhance(dialog);
  };

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-view]") : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (typeof HTMLDialogElement !== "function") return;
    event.preventDefault();
    opener = link;
    show(link.href, true);
  });

  addEventListener("popstate", (event) => {
    forget();
    const here = placeOf(location);
    if (dialog && dialog.open && shown && placeOf(new URL(shown)) === here) return;
    const view = event.state && event.state.view;
    if (view && here !== own) {
      opener = document.querySelector(`a[data-view][href="${CSS.escape(new URL(view).pathname)}"]`);
      show(view, false);
      return;
    }
    shown = null;
    if (dialog && dialog.open) dialog.close();
    // After a reload under a view's address the document is the view: what is behind it has to be fetched.
    if (here !== own) location.reload();
  });

  // --- What the server has to say about what was done comes first.

  const news = document.querySelector("main [role=alert]:not(:empty), main [role=status]:not(:empty)");
  if (news) {
    news.tabIndex = -1;
    news.dataset.focus = "";
    news.focus({ preventScroll: location.hash !== "" });
  }

  // --- Open menus close when the reader turns elsewhere.

  const closeMenus = (but) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu !== but) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => {
    closeMenus(event.target instanceof Element ? event.target.closest("details[data-menu]") : null);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // --- What buttons did is said aloud, in one place: within the dialog while there is one, as all else is inert then.

  let voice = null;
  document.addEventListener("say", (event) => {
    if (!voice) {
      voice = document.createElement("p");
      voice.className = "hidden";
      voice.setAttribute("role", "status");
    }
    const place = event.target.closest("dialog") || document.querySelector("main") || document.body;
    if (voice.parentNode !== place) place.append(voice);
    voice.textContent = "";
    setTimeout(() => { voice.textContent = event.detail; }, 100);
  });

  // --- Ids and bodies get a button that copies them.

  const lowered = (text) => text[0].toLowerCase() + text.slice(1);

  const addCopyButton = (element, what) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    const tell = (word) => {
      button.textContent = word;
      button.setAttribute("aria-label", `${word} ${what}`);
    };
    tell("Copy");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(element.textContent);
        tell("Copied");
      } catch {
        // Browsers give no clipboard to pages without TLS: the reader copies what is selected.
        getSelection().selectAllChildren(element);
        tell("Selected");
      }
      button.dispatchEvent(new CustomEvent("say", { bubbles: true, detail: button.textContent }));
      setTimeout(() => tell("Copy"), 1600);
    });
    return button;
  };

  // --- JSON gets colours, by ranges over the text: the text itself stays as it came.

  const longestColoured = 200000;
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;

  const colour = (block) => {
    if (!window.Highlight || !CSS.highlights) return;
    for (const node of block.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || node.length > longestColoured) continue;
      for (const match of node.data.matchAll(token)) {
        const first = match[0][0];
        const kind = first === '"' ? (match[1] ? "json-name" : "json-text") : "json-value";
        const range = new Range();
        range.setStart(node, match.index);
        range.setEnd(node, match.index + match[0].length - (match[1] ? match[1].length : 0));
        if (!CSS.highlights.has(kind)) CSS.highlights.set(kind, new Highlight());
        CSS.highlights.get(kind).add(range);
      }
    }
  };

  /** Before the text goes: ranges outlive it. */
  const uncolour = (box) => {
    if (!window.Highlight || !CSS.highlights) return;
    for (const highlight of CSS.highlights.values()) {
      for (const range of [...highlight]) {
        if (box.contains(range.startContainer)) highlight.delete(range);
      }
    }
  };

  const enhance = (root) => {
    for (const element of root.querySelectorAll("[data-copy]")) {
      const what = element.dataset.copy || "ID";
      element.removeAttribute("data-copy");
      element.after(addCopyButton(element, what));
    }
    for (const block of root.querySelectorAll("pre.code-box:not([data-ready])")) {
      block.setAttribute("data-ready", "");
      const frame = document.createElement("div");
      frame.className = "code-frame";
      block.before(frame);
      frame.append(block, addCopyButton(block, lowered(block.getAttribute("aria-label") || "content")));
    }
    for (const block of root.querySelectorAll("pre[data-json]:not([data-coloured])")) {
      block.setAttribute("data-coloured", "");
      colour(block);
    }
    for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
      const date = new Date(time.dateTime);
      if (!Number.isNaN(date.getTime())) time.title = `${date.toLocaleString()} where you are`;
    }
  };

  enhance(document);
  // Other scripts say so when they have added something to the page.
  document.addEventListener("content-added", (event) => enhance(event.target));
})();
