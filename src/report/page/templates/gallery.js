"use strict";
(() => {
  const CHUNK = 12;
  const SHORT = { text_quality: "TQ", text_alignment: "TA", image_consistency: "IC", image_alignment: "IA", image_quality: "IQ", output_alignment: "OA" };
  const byId = (id) => document.getElementById(id);
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const data = JSON.parse(byId("data").textContent);
  const list = byId("tasks"), end = byId("end"), count = byId("count"), form = byId("filters");
  const choice = { pair: byId("pair"), axis: byId("axis"), category: byId("category"), outcome: byId("outcome"), order: byId("order") };
  let shown = [], drawn = 0;

  const option = (select, value, text) => {
    const node = make("option", "", text);
    node.value = value;
    select.append(node);
  };
  const baselines = data.runs.map((run, i) => [run, i]).filter(([run]) => run.baseline);
  const candidates = data.runs.map((run, i) => [run, i]).filter(([run]) => !run.baseline);
  const pairs = candidates.flatMap(([a, i]) => baselines.map(([b, j]) => [i, j, a.label + " − " + b.label]));

  const fill = () => {
    pairs.forEach((pair, i) => option(choice.pair, String(i), pair[2]));
    byId("for-pair").hidden = pairs.length < 2;
    option(choice.axis, "", "all axes");
    data.axes.forEach((axis, i) => option(choice.axis, String(i), axis.title));
    option(choice.category, "", "all categories");
    data.categories.forEach((name) => option(choice.category, name, name));
    option(choice.outcome, "all", "everything");
    if (pairs.length) [["win", "wins"], ["tie", "ties"], ["loss", "losses"]].forEach((o) => option(choice.outcome, ...o));
    option(choice.outcome, "failure", "failures");
    const orders = pairs.length
      ? [["first", "failures, then largest differences"], ["loss", "largest losses first"], ["win", "largest wins first"]]
      : [["first", "failures, then lowest scores"]];
    orders.concat([["low", "lowest scores first"], ["suite", "the suite's order"]]).forEach((o) => option(choice.order, ...o));
  };

  const mean = (values) => values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;
  const axes = () => choice.axis.value === "" ? data.axes.map((_, i) => i) : [Number(choice.axis.value)];
  const difference = (task, pair) => {
    const [a, b] = [task.answers[pair[0]], task.answers[pair[1]]];
    const both = axes().filter((i) => a.points[i] != null && b.points[i] != null);
    return mean(both.map((i) => a.points[i] - b.points[i]));
  };
  const lowest = (task) => {
    const runs = pairs.length ? [task.answers[pair()[0]]] : task.answers;
    const means = runs.map((answer) => mean(axes().map((i) => answer.points[i]).filter((p) => p != null)));
    return Math.min(...means.map((m) => m == null ? Infinity : m));
  };
  const failed = (task) => task.answers.some((answer) => answer.samples.some((sample) =>
    sample.no_picture || sample.no_text ||
    axes().some((i) => sample.marks[i].some((mark) => mark.status !== "ok" && mark.status !== "not-applicable"))));
  const pair = () => pairs[Number(choice.pair.value) || 0];

  const outcome = (d) => d == null ? "" : d > 1e-9 ? "win" : d < -1e-9 ? "loss" : "tie";
  const select = () => {
    const wanted = choice.outcome.value, category = choice.category.value;
    let rows = data.tasks.map((task, place) => ({
      task, place, d: pairs.length ? difference(task, pair()) : null, low: lowest(task), failed: failed(task),
    }));
    rows = rows.filter((row) => (!category || row.task.category === category) &&
      (wanted === "all" || (wanted === "failure" ? row.failed : outcome(row.d) === wanted)));
    const far = (row) => row.d == null ? (pairs.length ? -1 : 0) : Math.abs(row.d);
    const last = (value, empty) => value == null ? empty : value;
    const orders = {
      first: (a, b) => (b.failed - a.failed) || (far(b) - far(a)) || (a.low - b.low) || 0,
      win: (a, b) => last(b.d, -Infinity) - last(a.d, -Infinity) || 0,
      loss: (a, b) => last(a.d, Infinity) - last(b.d, Infinity) || 0,
      low: (a, b) => (a.low - b.low) || 0,
      suite: () => 0,
    };
    rows.sort((a, b) => orders[choice.order.value](a, b) || a.place - b.place);
    return rows;
  };

  const picture = (number, alt) => {
    const entry = data.pictures[number];
    if (!entry || !entry.url) return make("p", "nothing", (entry && entry.fault) || "no picture");
    const img = make("img");
    img.loading = "lazy";
    img.decoding = "async";
    img.alt = alt;
    img.width = entry.width;
    img.height = entry.height;
    // Small pictures are not blown up beyond twice their size.
    img.style.maxWidth = Math.min(320, 2 * entry.width) + "px";
    img.src = entry.url;
    return img;
  };
  const cutNote = (text) => text.of ? text.text + "\n[cut: " + text.text.length + " of " + text.of + " characters are shown]" : text.text;

  const marksOf = (sample) => {
    const box = make("details", "marks"), line = make("summary"), why = make("dl");
    data.axes.forEach((axis, i) => {
      const marks = sample.marks[i];
      if (!marks.length || marks.every((mark) => mark.status === "not-applicable")) return;
      const short = make("abbr", "", (SHORT[axis.key] || axis.title) + " ");
      short.title = axis.title;
      line.append(short, make("b", "", marks.map((mark) => mark.score == null ? "×" : mark.score).join("·")), " ");
      why.append(make("dt", "", axis.title + ": " + marks.map((mark) => mark.score == null ? mark.status : mark.score).join(", ")));
      marks.forEach((mark) => {
        const words = mark.why ? cutNote(mark.why)
          : mark.status === "model-empty" ? "The answer is empty where this axis looks: 1 without a call."
          : mark.status === "ok" ? "The judge gave no reasons." : "No mark: " + mark.status + ".";
        why.append(make("dd", "", words));
      });
    });
    box.append(line, why);
    return box;
  };

  const reasoningOf = (sample) => {
    const box = make("div");
    if (!sample.text) {
      if (sample.no_text) box.append(make("p", "nothing", sample.no_text));
      return box;
    }
    const words = make("p", "reasoning", cutNote(sample.text));
    words.dir = "auto";
    box.append(words);
    if (sample.text.text.length > 260 || sample.text.text.split("\n").length > 5) {
      const more = make("button", "more", "whole reasoning");
      more.type = "button";
      more.setAttribute("aria-expanded", "false");
      more.addEventListener("click", () => {
        const whole = words.classList.toggle("whole");
        more.textContent = whole ? "shorter" : "whole reasoning";
        more.setAttribute("aria-expanded", String(whole));
      });
      box.append(more);
    }
    return box;
  };

  const filmOf = (sample, alt) => {
    const strip = make("ol", "film");
    strip.setAttribute("aria-label", "While it was decoded");
    sample.film.forEach((frame) => {
      const item = make("li");
      item.append(picture(frame.picture, alt + " after step " + frame.step), make("span", "", String(frame.step)));
      strip.append(item);
    });
    return strip;
  };

  const sampleOf = (task, run, sample, many) => {
    const box = make("div", "sample"), alt = "Picture by " + run.label + " for " + task.id;
    if (many) box.append(make("p", "note", "sample " + sample.number));
    if (sample.picture != null) {
      const img = picture(sample.picture, alt);
      if (sample.size) img.title = sample.size[0] + " × " + sample.size[1] + " pixels";
      box.append(img);
    } else box.append(make("p", "nothing", sample.no_picture || "no picture"));
    if (sample.film) box.append(filmOf(sample, alt));
    box.append(marksOf(sample), reasoningOf(sample));
    return box;
  };

  const signed = (d) => (d > 0 ? "+" : d < 0 ? "−" : "") + String(Number(Math.abs(d).toFixed(1)));
  const taskOf = (row) => {
    const { task } = row, box = make("article", "task");
    box.tabIndex = -1;
    box.id = "task-" + task.id;
    const head = make("div", "head"), title = make("h3", "", task.id);
    title.id = "name-" + task.id;
    box.setAttribute("aria-labelledby", title.id);
    head.append(title, make("span", "", task.category === task.kind ? task.kind : task.category + " · " + task.kind));
    if (row.d != null) head.append(make("span", "", signed(row.d) + " points, " + pair()[2]));
    box.append(head);
    if (task.instruction) {
      const words = make("p", "instruction", cutNote(task.instruction));
      words.dir = "auto";
      box.append(words);
    }
    const answers = make("div", "answers");
    answers.tabIndex = 0;
    answers.setAttribute("role", "group");
    answers.setAttribute("aria-label", "Answers to " + task.id);
    if (task.input != null) {
      const input = make("section", "input");
      input.append(make("h4", "", "input"), picture(task.input, "Input picture of " + task.id));
      answers.append(input);
    }
    task.answers.forEach((answer, i) => {
      const run = data.runs[i], column = make("section", "answer");
      column.append(make("h4", "", run.label + (run.baseline ? " (baseline)" : "")));
      answer.samples.forEach((sample) => column.append(sampleOf(task, run, sample, answer.samples.length > 1)));
      answers.append(column);
    });
    box.append(answers);
    return box;
  };

  const more = () => {
    const next = shown.slice(drawn, drawn + CHUNK);
    list.append(...next.map(taskOf));
    drawn += next.length;
  };
  const update = () => {
    shown = select();
    drawn = 0;
    list.replaceChildren();
    more();
    const all = data.tasks.length;
    count.textContent = shown.length === all ? "All " + all + " tasks" : shown.length + " of " + all + " tasks";
    document.documentElement.dataset.shown = String(shown.length);
  };

  const step = (by) => {
    const here = document.activeElement && document.activeElement.closest(".task");
    const tasks = () => Array.from(list.children);
    let place = here ? tasks().indexOf(here) + by : 0;
    if (place >= drawn && drawn < shown.length) more();
    place = Math.max(0, Math.min(place, drawn - 1));
    const task = tasks()[place];
    if (task) {
      task.focus({ preventScroll: true });
      task.scrollIntoView({ block: "start" });
    }
  };
  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const here = document.activeElement && document.activeElement.closest(".task");
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "r" && here) here.querySelectorAll(".more").forEach((button) => button.click());
    else if (event.key === "m" && here) {
      const boxes = Array.from(here.querySelectorAll(".marks")), open = !boxes.every((box) => box.open);
      boxes.forEach((box) => { box.open = open; });
    } else if (event.key === "/") (pairs.length > 1 ? choice.pair : choice.axis).focus();
    else return;
    event.preventDefault();
  };

  fill();
  form.hidden = false;
  byId("keys").hidden = false;
  form.addEventListener("change", update);
  document.addEventListener("keydown", keys);
  const near = new IntersectionObserver((seen) => {
    if (!seen.some((entry) => entry.isIntersecting) || drawn >= shown.length) return;
    more();
    // Observed anew, because an end that is still near would not be reported again.
    near.unobserve(end);
    near.observe(end);
  }, { rootMargin: "1200px" });
  near.observe(end);
  update();
})();
