// Documents to fold get buttons for all of their folds, and bodies one that copies them as they were stored.
"use strict";

(() => {
  const makeButton = (text, rest, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    const tell = (word) => {
      button.textContent = word;
      button.setAttribute("aria-label", `${word} ${rest}`);
    };
    tell(text);
    button.addEventListener("click", () => act(button, tell));
    return button;
  };

  const copyOf = (source) => async (button, tell) => {
    const text = source.textContent.replace(/\n$/, "");
    try {
      await navigator.clipboard.writeText(source.matches("pre") ? source.textContent : text);
      tell("Copied");
    } catch {
      // Browsers give no clipboard to pages without TLS: the reader copies what is selected.
      const around = source.closest("details");
      if (around) around.open = true;
      getSelection().selectAllChildren(source);
      tell("Selected");
    }
    // Another script says it aloud.
    button.dispatchEvent(new CustomEvent("say", { bubbles: true, detail: button.textContent }));
    setTimeout(() => tell("Copy"), 1600);
  };

  const foldAll = (tree, isOpen) => {
    for (const details of tree.querySelectorAll("details")) details.open = isOpen;
    // The outermost stays: a document that is one bracket tells nothing.
    const outer = tree.querySelector("details");
    if (outer) outer.open = true;
  };

  const enhance = (root) => {
    for (const tree of root.querySelectorAll("[data-fold]")) {
      tree.removeAttribute("data-fold");
      const tools = document.createElement("div");
      tools.className = "code-tools";
      const body = tree.closest("[data-body]");
      const stored = body && body.querySelector("[data-stored]");
      if (tree.querySelector("details details")) {
        tools.append(
          makeButton("Expand all", "of the content", () => foldAll(tree, true)),
          makeButton("Collapse all", "of the content", () => foldAll(tree, false)),
        );
      }
      const source = stored || tree;
      const name = source.getAttribute("aria-label") || "Content";
      tools.append(makeButton("Copy", name[0].toLowerCase() + name.slice(1), copyOf(source)));
      tree.before(tools);
    }
  };

  // Dialogs are filled by another script: whatever comes is looked at.
  enhance(document);
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (node instanceof Element && node.querySelector("[data-fold]")) enhance(node);
      }
    }
  }).observe(document.body, { childList: true, subtree: true });
})();
