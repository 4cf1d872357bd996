"use strict";
(() => {
  const data = document.getElementById("data");
  const cards = JSON.parse(data.textContent);
  const place = "parabench labels " + data.dataset.page;
  const byId = (id) => document.getElementById(id);
  let state = { rater: "", at: 0, marks: {} };
  try {
    const kept = JSON.parse(localStorage.getItem(place));
    if (kept && typeof kept.marks === "object") state = { ...state, ...kept };
  } catch (_) { /* a browser without storage keeps nothing, and the CSV still works */ }
  const keep = () => { try { localStorage.setItem(place, JSON.stringify(state)); } catch (_) { /* as above */ } };
  const name = (veiled) => new TextDecoder().decode(Uint8Array.from(atob(veiled), (c) => c.charCodeAt(0)));
  const key = (card, answer) => card + "/" + answer;
  const all = cards.reduce((sum, card) => sum + card.answers.length, 0);
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    element.append(...children);
    return element;
  };
  const image = (source, alt) => make("img", { src: source, alt });

  function progress() {
    const done = Object.keys(state.marks).length;
    byId("progress").textContent = `Page ${state.at + 1} of ${cards.length}; ${done} of ${all} marks`;
  }

  function mark(number, score) {
    if (score === 0) delete state.marks[key(state.at, number)];
    else state.marks[key(state.at, number)] = score;
    keep();
    const boxes = byId("card").querySelectorAll(".answer");
    for (const button of boxes[number].querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(Number(button.textContent) === score));
    }
    progress();
    if (score === 0) return;
    if (number + 1 < boxes.length) boxes[number + 1].focus();
    else if (state.at + 1 < cards.length && complete(state.at)) turn(state.at + 1);
  }

  const complete = (at) => cards[at].answers.every((_, number) => key(at, number) in state.marks);

  function answerBox(answer, number) {
    const box = make("article", { class: "answer", tabindex: "0", "aria-label": `Answer ${number + 1}` });
    box.append(make("h3", {}, `Answer ${number + 1}`));
    if (answer.reasoning !== null) box.append(make("div", { class: "words" }, answer.reasoning));
    if (answer.output !== null) box.append(image(answer.output, "output image"));
    const marks = make("div", { class: "scale", role: "group", "aria-label": "mark" });
    for (let score = 1; score <= 5; score++) {
      const pressed = state.marks[key(state.at, number)] === score;
      const button = make("button", { type: "button", tabindex: "-1", "aria-pressed": String(pressed) }, String(score));
      button.addEventListener("click", () => mark(number, score));
      marks.append(button);
    }
    box.append(marks);
    return box;
  }

  function turn(to) {
    state.at = Math.min(Math.max(to, 0), cards.length - 1);
    keep();
    const card = cards[state.at];
    const section = byId("card");
    section.replaceChildren(make("h2", {}, card.title), make("p", { class: "lede" }, card.question));
    if (card.instruction !== null) section.append(make("h3", {}, "Instruction"), make("div", { class: "words" }, card.instruction));
    if (card.input !== null) section.append(make("h3", {}, "Input image"), image(card.input, "input image"));
    const answers = make("div", { class: "put" });
    card.answers.forEach((answer, number) => answers.append(answerBox(answer, number)));
    section.append(answers);
    // What scrolls is reached by key.
    for (const words of section.querySelectorAll(".words")) {
      if (words.scrollHeight <= words.clientHeight) continue;
      words.tabIndex = 0;
      words.setAttribute("role", "region");
      words.setAttribute("aria-label", words.previousElementSibling.textContent);
    }
    const open = card.answers.findIndex((_, number) => !(key(state.at, number) in state.marks));
    answers.children[Math.max(open, 0)].focus({ preventScroll: true });
    scrollTo(0, 0);
    progress();
  }

  // A cell that a spreadsheet would take for a formula is a name like any other here: it is only quoted.
  const cell = (text) => /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;

  function csv() {
    const lines = ["task,model,axis,rater,score"];
    cards.forEach((card, at) => card.answers.forEach((answer, number) => {
      const score = state.marks[key(at, number)];
      if (score === undefined) return;
      lines.push([card.task, name(answer.model), card.axis, state.rater.trim(), String(score)].map(cell).join(","));
    }));
    return lines.join("\n") + "\n";
  }

  function save() {
    if (state.rater.trim() === "") {
      byId("rater").focus();
      byId("progress").textContent = "Enter your name or code first: it stands in the CSV";
      return;
    }
    const link = make("a", { download: "labels.csv", href: URL.createObjectURL(new Blob([csv()], { type: "text/csv" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  byId("rater").value = state.rater;
  byId("rater").addEventListener("input", (event) => { state.rater = event.target.value; keep(); });
  byId("back").addEventListener("click", () => turn(state.at - 1));
  byId("next").addEventListener("click", () => turn(state.at + 1));
  byId("open").addEventListener("click", () => {
    const open = cards.findIndex((_, at) => !complete(at));
    if (open >= 0) turn(open);
  });
  byId("save").addEventListener("click", save);
  document.addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowLeft") turn(state.at - 1);
    else if (event.key === "ArrowRight") turn(state.at + 1);
    else if (/^[0-5]$/.test(event.key)) {
      const boxes = [...byId("card").querySelectorAll(".answer")];
      const at = boxes.findIndex((box) => box.contains(document.activeElement));
      mark(Math.max(at, 0), Number(event.key));
    } else return;
    event.preventDefault();
  });
  globalThis.labels = { csv };
  if (cards.length > 0) turn(Math.min(state.at, cards.length - 1));
})();
