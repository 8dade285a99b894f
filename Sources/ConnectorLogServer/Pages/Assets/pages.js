// What pages gain where scripts run. Without them each link here is a page of its own and each form has its button.
"use strict";

(() => {
  // --- Views: links marked data-view open in place, in a dialog, under their own address.

  let dialog = null;
  let opener = null;

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
      content.replaceChildren();
      if (history.state && history.state.view) history.back();
      if (opener && opener.isConnected) opener.focus();
      opener = null;
    });
    document.body.append(made);
    return made;
  };

  const show = async (address, push) => {
    let content = null;
    try {
      const response = await fetch(address, { credentials: "same-origin", redirect: "error" });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      content = page.querySelector("[data-view-content]");
    } catch {
      content = null;
    }
    if (!content) {
      location.assign(address);
      return;
    }
    dialog = dialog || makeDialog();
    dialog.querySelector(".dialog-content").replaceChildren(document.importNode(content, true));
    if (push) history.pushState({ view: address }, "", address);
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
    if (event.state && event.state.view) {
      opener = document.querySelector(`a[data-view][href="${CSS.escape(new URL(event.state.view).pathname)}"]`);
      show(event.state.view, false);
    } else if (dialog && dialog.open) {
      dialog.close();
    }
  });

  // --- Menus of choices apply at once.

  document.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement && event.target.hasAttribute("data-submit")) {
      event.target.form.requestSubmit();
    }
  });

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

  // --- Ids and bodies get a button that copies them.

  const addCopyButton = (element, label) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", label);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(element.textContent);
        button.textContent = "Copied";
      } catch {
        // Browsers give no clipboard to pages without TLS: the reader copies what is selected.
        getSelection().selectAllChildren(element);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
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

  const enhance = (root) => {
    for (const element of root.querySelectorAll("[data-copy]")) {
      element.removeAttribute("data-copy");
      element.after(addCopyButton(element, "Copy ID"));
    }
    for (const block of root.querySelectorAll("pre.code-box:not([data-ready])")) {
      block.setAttribute("data-ready", "");
      const frame = document.createElement("div");
      frame.className = "code-frame";
      block.before(frame);
      frame.append(block, addCopyButton(block, "Copy content"));
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
})();
