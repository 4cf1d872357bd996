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
  const say = (words) => { byId("progress").textContent = words; };

  // Marks are decimal texts, compared in units of 10^-12, so that none is rounded.
  const unit = 10n ** 12n;
  function units(text) {
    const found = /^\s*(-?)(\d{1,6})(?:[.,](\d{1,12}))?\s*$/.exec(text);
    if (found === null) return null;
    const size = BigInt(found[2]) * unit + BigInt((found[3] ?? "").padEnd(12, "0"));
    return found[1] === "-" ? -size : size;
  }
  function written(value) {
    const size = value < 0n ? -value : value;
    const decimals = String(size % unit).padStart(12, "0").replace(/0+$/, "");
    return (value < 0n ? "-" : "") + size / unit + (decimals === "" ? "" : "." + decimals);
  }
  // The mark that a text means on a scale; null where it means none.
  function markOf(text, { lo, hi, step }) {
    const [value, from, to, by] = [text, lo, hi, step].map(units);
    if (value === null || value < from || value > to || (value - from) % by !== 0n) return null;
    return written(value);
  }
  // Whether every mark is one digit, which one key gives.
  const oneKey = ({ buttons }) => buttons.length > 0 && buttons.every((mark) => /^\d$/.test(mark));

  function progress() {
    const done = Object.keys(state.marks).length;
    say(`Page ${state.at + 1} of ${cards.length}; ${done} of ${all} marks`);
  }

  // The mark of an answer; null takes it back.
  function mark(number, score, goesOn = true) {
    if (score === null) delete state.marks[key(state.at, number)];
    else state.marks[key(state.at, number)] = score;
    keep();
    const boxes = byId("card").querySelectorAll(".answer");
    for (const button of boxes[number].querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.textContent === score));
    }
    const typed = boxes[number].querySelector("input");
    if (typed !== null) typed.value = score ?? "";
    progress();
    if (score === null || !goesOn) return;
    if (number + 1 < boxes.length) boxes[number + 1].focus();
    else if (state.at + 1 < cards.length && complete(state.at)) turn(state.at + 1);
  }

  const complete = (at) => cards[at].answers.every((_, number) => key(at, number) in state.marks);

  // Where a mark is typed. Enter goes on to the next answer; leaving the field only keeps what was typed.
  function field(number, scale, given) {
    const typed = make("input", { size: "8", inputmode: "decimal", autocomplete: "off", maxlength: "20", tabindex: "-1",
      "aria-label": `Mark of answer ${number + 1}` });
    typed.value = given ?? "";
    const at = state.at;
    const take = (goesOn) => {
      // A field of a page that was turned says nothing.
      if (state.at !== at || !typed.isConnected) return;
      const text = typed.value.trim();
      const score = markOf(text, scale);
      if (score === null && text !== "") say(`“${text}” is not a mark. ${cards[at].marks.words}`);
      else mark(number, score, goesOn);
    };
    typed.addEventListener("change", () => take(false));
    typed.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      take(true);
    });
    return typed;
  }

  function answerBox(answer, number) {
    const box = make("article", { class: "answer", tabindex: "0", "aria-label": `Answer ${number + 1}` });
    box.append(make("h3", {}, `Answer ${number + 1}`));
    if (answer.reasoning !== null) box.append(make("div", { class: "words" }, answer.reasoning));
    if (answer.output !== null) box.append(image(answer.output, "output image"));
    const { marks: scale } = cards[state.at];
    const given = state.marks[key(state.at, number)];
    // The class `put` lets many buttons wrap.
    const marks = make("div", { class: "put scale", role: "group", "aria-label": "mark" });
    for (const score of scale.buttons) {
      const button = make("button", { type: "button", tabindex: "-1", "aria-pressed": String(given === score) }, score);
      button.addEventListener("click", () => mark(number, score));
      marks.append(button);
    }
    if (!oneKey(scale)) marks.append(field(number, scale, given));
    box.append(marks);
    return box;
  }

  function turn(to) {
    state.at = Math.min(Math.max(to, 0), cards.length - 1);
    keep();
    const card = cards[state.at];
    const section = byId("card");
    section.replaceChildren(make("h2", {}, card.title), make("p", { class: "lede" }, card.question));
    if (card.marks.words !== null) section.append(make("p", { class: "small" }, card.marks.words));
    if (card.instruction !== null) section.append(make("h3", {}, "Instruction"), make("div", { class: "words" }, card.instruction));
    for (const { label, picture } of card.inputs) section.append(make("h3", {}, label), image(picture, label.toLowerCase()));
    if (card.reference !== null) section.append(make("h3", {}, "What a correct answer shows"), make("div", { class: "words" }, card.reference));
    if (card.reference_image !== null) section.append(make("h3", {}, "A right answer"), image(card.reference_image, "right answer"));
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
      lines.push([card.task, name(answer.model), card.axis, state.rater.trim(), score].map(cell).join(","));
    }));
    return lines.join("\n") + "\n";
  }

  function save() {
    if (state.rater.trim() === "") {
      byId("rater").focus();
      say("Enter your name or code first: it is written into the CSV");
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
    const boxes = [...byId("card").querySelectorAll(".answer")];
    const at = Math.max(boxes.findIndex((box) => box.contains(document.activeElement)), 0);
    if (event.key === "ArrowLeft") turn(state.at - 1);
    else if (event.key === "ArrowRight") turn(state.at + 1);
    else if (event.key === "Backspace" || event.key === "Delete") mark(at, null);
    else if (/^[0-9.,-]$/.test(event.key)) {
      const { marks: scale } = cards[state.at];
      if (!oneKey(scale)) {
        // The character goes into the field.
        boxes[at].querySelector("input").focus();
        boxes[at].querySelector("input").select();
        return;
      }
      const score = markOf(event.key, scale);
      if (score !== null || event.key === "0") mark(at, score);
      else return;
    } else return;
    event.preventDefault();
  });
  globalThis.labels = { csv, markOf };
  if (cards.length > 0) turn(Math.min(state.at, cards.length - 1));
})();
