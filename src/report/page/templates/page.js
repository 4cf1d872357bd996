"use strict";
(() => {
  document.querySelectorAll(".js").forEach((node) => { node.hidden = false; });

  // On paper nothing can be opened: the methods and the verdicts stand open, tables of numbers stay folded.
  addEventListener("beforeprint", () => document.querySelectorAll("#methods details").forEach((fold) => { fold.open = true; }));

  // The section that is being read is marked in the list of sections.
  const links = new Map(Array.from(document.querySelectorAll(".toc a"), (link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    links.forEach((link) => link.removeAttribute("aria-current"));
    const link = links.get(entry.target.id);
    if (link) link.setAttribute("aria-current", "true");
  }), { rootMargin: "-20% 0px -75% 0px" });
  links.forEach((_, id) => { const section = document.getElementById(id); if (section) seen.observe(section); });

  document.querySelectorAll("button.copy").forEach((button) => button.addEventListener("click", async () => {
    const from = document.getElementById(button.dataset.from), was = button.textContent;
    try {
      await navigator.clipboard.writeText(from.innerText);
      button.textContent = "Copied";
    } catch {
      // A page from disk may not have the clipboard: the text is selected instead.
      getSelection().selectAllChildren(from);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = was; }, 1500);
  }));
})();
