// The gallery: input, a run, its baseline. What is shown is the address: #gallery/run=1/show=loss/task=spatial-003.
(() => {
  const CHUNK = 6, MANY = 12, LONG = 420, BLOCKS = 8, APART = 18;
  const byId = (id) => document.getElementById(id);
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const draw = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    return node;
  };
  const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + String(Math.round(Math.abs(value) * 10) / 10);
  const data = JSON.parse(byId("data").textContent);
  const list = byId("tasks"), end = byId("end"), count = byId("count"), tools = byId("tools");
  const numbered = data.runs.map((run, i) => ({ ...run, i }));
  const baselines = numbered.filter((run) => run.baseline), candidates = numbered.filter((run) => !run.baseline);
  // Without a baseline every run is shown on its own.
  const pairs = baselines.length
    ? candidates.flatMap((run) => baselines.map((base) => ({ run: run.i, base: base.i, name: baselines.length > 1 ? run.label + " against " + base.label : run.label })))
    : candidates.map((run) => ({ run: run.i, base: null, name: run.label }));
  const clean = () => ({ run: "1", show: "all", cat: "all", axis: "all", task: "" });
  let state = clean(), rows = [], drawn = 0;

  // The address.
  const read = () => {
    if (!location.hash.startsWith("#gallery")) return false;
    const next = clean();
    location.hash.split("/").slice(1).forEach((part) => {
      const at = part.indexOf("="), key = part.slice(0, at);
      if (!Object.hasOwn(next, key)) return;
      try { next[key] = decodeURIComponent(part.slice(at + 1)); } catch { /* Not an address of this page. */ }
    });
    if (!pairs[next.run - 1]) next.run = "1";
    if (!data.axes[next.axis]) next.axis = "all";
    if (!data.categories.includes(next.cat)) next.cat = "all";
    if (!["all", "win", "loss", "tie", "failure"].includes(next.show)) next.show = "all";
    state = next;
    return true;
  };
  // A task that the filters hide is shown without them.
  const reach = () => {
    const task = data.tasks.find((one) => one.id === state.task);
    if (!task) { state.task = ""; return; }
    const d = gap(task), row = { kind: kind(d), failed: failed(task) };
    if (!fits(row, state.show)) state.show = "all";
    if (state.cat !== "all" && state.cat !== task.category) state.cat = "all";
  };
  const plain = clean();
  const address = (more) => "#gallery" + Object.entries({ ...state, ...more })
    .filter(([key, value]) => value && value !== plain[key])
    .map(([key, value]) => "/" + key + "=" + encodeURIComponent(value)).join("");

  // What a task is under the filters.
  const pair = () => pairs[state.run - 1];
  const axes = () => state.axis === "all" ? data.axes.map((_, i) => i) : [Number(state.axis)];
  const mean = (values) => values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;
  const gap = (task) => {
    if (pair().base == null) return null;
    const a = task.answers[pair().run].points, b = task.answers[pair().base].points;
    return mean(axes().filter((i) => a[i] != null && b[i] != null).map((i) => a[i] - b[i]));
  };
  const lowest = (task) => {
    const points = task.answers[pair().run].points, own = axes().map((i) => points[i]).filter((value) => value != null);
    return own.length ? mean(own) : Infinity;
  };
  const lost = (answer) => answer.samples.some((sample) => sample.no_picture || sample.no_text ||
    axes().some((i) => sample.marks[i].some((mark) => mark.status && mark.status !== "not-applicable")));
  const failed = (task) => [pair().run, pair().base].some((i) => i != null && lost(task.answers[i]));
  const kind = (d) => d == null ? "" : d > 1e-9 ? "win" : d < -1e-9 ? "loss" : "tie";
  const fits = (row, show) => show === "all" || (show === "failure" ? row.failed : row.kind === show);

  // Filters: chips, or a list where there are many.
  const choice = (name, legend, options) => {
    const box = make("fieldset", "chips");
    box.append(make("legend", "", legend));
    if (options.length > MANY) {
      const select = make("select");
      select.name = name;
      select.setAttribute("aria-label", legend);
      options.forEach(([value, text]) => { const option = make("option", "", text); option.value = value; select.append(option); });
      box.append(select);
    } else options.forEach(([value, text]) => {
      const label = make("label"), input = make("input"), chip = make("span", "", text + " ");
      input.type = "radio";
      input.name = name;
      input.value = value;
      chip.append(make("i"));
      label.append(input, chip);
      box.append(label);
    });
    tools.append(box);
  };
  const fill = () => {
    if (pairs.length > 1) choice("run", "Run", pairs.map((one, i) => [String(i + 1), one.name]));
    const shows = baselines.length ? [["all", "all"], ["loss", "losses"], ["win", "wins"], ["tie", "ties"]] : [["all", "all"]];
    const failures = data.tasks.some((task) => task.answers.some(lost));
    if (failures) shows.push(["failure", "failures"]);
    if (shows.length > 1) choice("show", "Show", shows);
    if (data.categories.length > 1) choice("cat", "Category", [["all", "all"], ...data.categories.map((name) => [name, name])]);
    choice("axis", "Axis", [["all", "all"], ...data.axes.map((axis, i) => [String(i), axis.title])]);
  };
  const inputs = (name) => Array.from(tools.elements).filter((input) => input.name === name);
  const tally = (name, number) => inputs(name).forEach((input) => {
    if (input.type === "radio") input.nextElementSibling.querySelector("i").textContent = number(input.value);
  });

  // Pictures; cells where the two differ are outlined.
  const shot = (number, alt) => {
    const entry = data.pictures[number];
    if (!entry || !entry.url) return make("p", "nothing", (entry && entry.fault) || "no picture");
    const box = make("div", "shot"), img = make("img");
    img.loading = "lazy";
    img.decoding = "async";
    img.alt = alt;
    img.width = entry.width;
    img.height = entry.height;
    img.src = entry.url;
    box.append(img);
    return box;
  };
  const pixels = (img, side) => {
    const canvas = make("canvas"), context = canvas.getContext("2d", { willReadFrequently: true });
    canvas.width = canvas.height = side;
    context.drawImage(img, 0, 0, side, side);
    return context.getImageData(0, 0, side, side).data;
  };
  const outline = (one, other, blocks) => {
    const side = 8 * blocks, cells = [];
    let a, b;
    // Pictures from a folder beside a page from disk may not be read: then nothing is outlined.
    try { [a, b] = [pixels(one, side), pixels(other, side)]; } catch { return; }
    for (let cell = 0; cell < blocks * blocks; cell++) {
      let sum = 0;
      const left = 8 * (cell % blocks), top = 8 * Math.floor(cell / blocks);
      for (let y = top; y < top + 8; y++) for (let x = left; x < left + 8; x++) for (let c = 0; c < 3; c++) {
        const at = 4 * (y * side + x) + c;
        sum += Math.abs(a[at] - b[at]);
      }
      if (sum / 192 > APART) cells.push(cell);
    }
    // Where most of it differs, outlines say nothing.
    if (!cells.length || cells.length > blocks * blocks / 2) return;
    [one, other].forEach((img) => {
      const grid = draw("svg", { viewBox: "0 0 " + 6 * blocks + " " + 6 * blocks, "aria-hidden": "true" });
      cells.forEach((cell) => grid.append(draw("rect", {
        x: 6 * (cell % blocks) + .3, y: 6 * Math.floor(cell / blocks) + .3, width: 5.4, height: 5.4, class: "differs",
      })));
      img.parentElement.append(grid);
    });
  };
  const compare = (box) => {
    const [one, other] = Array.from(box.querySelectorAll(".side:not(.input) .shot:first-of-type img"));
    if (!one || !other || one.width !== other.width || one.height !== other.height || one.width !== one.height) return;
    const blocks = data.grid || BLOCKS;
    Promise.all([one.decode(), other.decode()]).then(() => outline(one, other, blocks), () => {});
  };

  // Answers.
  const cutNote = (text) => text.of ? text.text + "\n[cut: " + text.text.length + " of " + text.of + " characters are shown]" : text.text;
  const pips = (mark) => {
    const box = draw("svg", { viewBox: "0 0 50 10", "aria-hidden": "true" });
    for (let i = 0; i < 5; i++) box.append(draw("circle", { cx: 5 + 10 * i, cy: 5, r: i < mark ? 4 : 3.6, class: i < mark ? "p" + mark : "pip0" }));
    return box;
  };
  const reason = (mark) => mark.why ? cutNote(mark.why)
    : mark.status === "model-empty" ? "The part of the answer that this axis needs is missing: set to the lowest mark without asking the judge."
    : !mark.status ? "" : "No mark: " + mark.status + ".";
  const markOf = (axis, marks) => {
    const line = make("li"), scores = marks.map((mark) => mark.score == null ? "×" : String(mark.score));
    line.append(make("span", "", axis.title));
    const only = Number(scores[0]), five = marks.length === 1 && axis.five && Number.isInteger(only);
    line.append(five ? pips(only) : make("span"), make("span", "got", scores.join(" · ")));
    marks.forEach((mark) => {
      const words = reason(mark);
      const best = mark.score != null && Number(mark.score) >= axis.top;
      if (words) line.append(make("span", best ? "why best" : "why", words));
    });
    return line;
  };
  const marksOf = (sample) => {
    const marks = make("ul", "marks");
    data.axes.forEach((axis, i) => {
      const own = sample.marks[i];
      if (own.length && !own.every((mark) => mark.status === "not-applicable")) marks.append(markOf(axis, own));
    });
    return marks;
  };
  const thoughtOf = (sample) => {
    if (!sample.text) return [make("p", "thought none", sample.no_text || "No reasoning: this run does not think.")];
    const words = make("p", "thought", cutNote(sample.text));
    words.dir = "auto";
    if (sample.text.text.length <= LONG && sample.text.text.split("\n").length <= 7) return [words];
    words.classList.add("long");
    const more = make("button", "more", "Whole reasoning");
    more.type = "button";
    more.setAttribute("aria-expanded", "false");
    more.addEventListener("click", () => {
      const cut = words.classList.toggle("long");
      more.textContent = cut ? "Whole reasoning" : "Shorter";
      more.setAttribute("aria-expanded", String(!cut));
    });
    return [words, more];
  };
  const sampleOf = (task, run, sample, several) => {
    const box = make("div", "pair"), left = make("div"), right = make("div");
    const alt = "Picture by " + run.label + " for " + task.id + (several ? ", sample " + (sample.number + 1) : "");
    left.append(sample.picture == null ? make("p", "nothing", sample.no_picture) : shot(sample.picture, alt));
    if (several) right.append(make("p", "small", "sample " + (sample.number + 1)));
    right.append(marksOf(sample), ...thoughtOf(sample));
    box.append(left, right);
    if (sample.passes || sample.film) reels.set(box, { name: run.label, passes: sample.passes, film: sample.film });
    return box;
  };
  const side = (task, number) => {
    const run = data.runs[number], box = make("section", "side"), head = make("h4", "", run.label + " ");
    if (run.baseline) head.append(make("span", "", "baseline"));
    const samples = task.answers[number].samples;
    box.append(head, ...samples.map((sample) => sampleOf(task, run, sample, samples.length > 1)));
    return box;
  };
  const card = (row) => {
    const task = row.task, box = make("article", "task"), head = make("header"), trio = make("div", "trio");
    box.tabIndex = -1;
    box.id = "task-" + row.place;
    box.dataset.task = task.id;
    const title = make("h3", "", task.id), link = make("a", "small", "Link");
    title.id = "title-" + row.place;
    box.setAttribute("aria-labelledby", title.id);
    head.append(title, make("span", "small", task.category === task.kind ? task.kind : task.category + " · " + task.kind));
    if (row.kind === "tie") head.append(make("span", "nb", "tie"));
    else if (row.kind) head.append(make("span", row.kind === "win" ? "nb c-better" : "nb c-worse", signed(row.d) + " points against " + data.runs[pair().base].label));
    link.href = address({ task: task.id });
    link.setAttribute("aria-label", "Link to " + task.id);
    head.append(link);
    box.append(head);
    if (task.instruction) {
      const asked = make("p", "asked", cutNote(task.instruction));
      asked.dir = "auto";
      box.append(asked);
    }
    const sides = [];
    if (task.input != null) {
      const input = make("section", "side input");
      input.append(make("h4", "", "Input"), shot(task.input, "Input of " + task.id));
      sides.push(input);
    }
    sides.push(...[pair().run, pair().base].filter((i) => i != null).map((i) => side(task, i)));
    trio.classList.add(["", "one", "two", "three"][sides.length] + (task.input == null ? "" : "-in"));
    trio.append(...sides);
    box.append(trio);
    const player = playerOf(trio, data.pictures);
    if (player) box.append(player);
    compare(box);
    return box;
  };

  // What is drawn.
  const more = () => {
    const next = rows.slice(drawn, drawn + CHUNK);
    list.append(...next.map(card));
    drawn += next.length;
  };
  const update = (push) => {
    const all = data.tasks.map((task, place) => {
      const d = gap(task);
      return { task, place, d, kind: kind(d), low: lowest(task), failed: failed(task) };
    });
    const here = all.filter((row) => state.cat === "all" || row.task.category === state.cat);
    tally("show", (show) => here.filter((row) => fits(row, show)).length);
    const shown = all.filter((row) => fits(row, state.show));
    tally("cat", (name) => shown.filter((row) => name === "all" || row.task.category === name).length);
    rows = here.filter((row) => fits(row, state.show));
    const far = (row) => row.d == null ? 0 : Math.abs(row.d);
    rows.sort((x, y) => y.failed - x.failed || far(y) - far(x) || x.low - y.low || x.place - y.place);
    drawn = 0;
    list.replaceChildren();
    more();
    const order = baselines.length ? "failures first, then the largest differences" : "failures first, then the lowest scores";
    count.textContent = rows.length + " of " + all.length + " tasks; " + order;
    document.documentElement.dataset.shown = String(rows.length);
    ["run", "show", "cat", "axis"].forEach((name) => inputs(name).forEach((input) => {
      if (input.type === "radio") input.checked = input.value === state[name];
      else input.value = state[name];
    }));
    if (push) history.replaceState(null, "", address());
  };
  // To a task, or to the gallery where there is none: an address that somebody sent opens what it names.
  const go = (id) => {
    const place = rows.findIndex((row) => row.task.id === id);
    if (place < 0) {
      byId("gallery").scrollIntoView({ block: "start", behavior: "instant" });
      return;
    }
    while (drawn <= place) more();
    const task = list.children[place];
    task.focus({ preventScroll: true });
    // Cards above have a guessed height until they are near: the place settles within two frames.
    const there = () => task.scrollIntoView({ block: "start", behavior: "instant" });
    there();
    requestAnimationFrame(() => { there(); requestAnimationFrame(there); });
  };

  tools.addEventListener("change", (event) => {
    state[event.target.name] = event.target.value;
    state.task = "";
    update(true);
  });
  tools.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.target.type === "range") return;
    const here = document.activeElement && document.activeElement.closest("#tasks .task");
    const step = (by) => {
      if (!rows.length) return;
      const at = here ? Array.from(list.children).indexOf(here) + by : 0;
      state.task = rows[Math.max(0, Math.min(rows.length - 1, at))].task.id;
      go(state.task);
      history.replaceState(null, "", address());
    };
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "r" && here) here.querySelectorAll(".more").forEach((button) => button.click());
    else if (event.key === "m" && here) here.classList.toggle("reasons");
    else if (event.key === "/") (tools.querySelector("input:checked") || tools.querySelector("select")).focus();
    else if (/^[1-9]$/.test(event.key) && pairs[event.key - 1]) {
      state.run = event.key;
      update(true);
      if (state.task) go(state.task);
    } else return;
    event.preventDefault();
  });
  const near = new IntersectionObserver((seen) => {
    if (!seen.some((entry) => entry.isIntersecting) || drawn >= rows.length) return;
    more();
    // Observed anew, because an end that is still near would not be reported again.
    near.unobserve(end);
    near.observe(end);
  }, { rootMargin: "1000px" });
  near.observe(end);
  addEventListener("hashchange", () => {
    if (!read()) return;
    reach();
    update(false);
    go(state.task);
  });

  fill();
  tools.hidden = false;
  byId("keys").hidden = false;
  document.querySelectorAll("#telling .trio").forEach(compare);
  // The telling tasks stand in the page itself; only their scrubber comes from here.
  document.querySelectorAll("#telling .task").forEach((box) => {
    const task = data.tasks.find((one) => one.id === box.dataset.task);
    box.querySelectorAll(".side[data-run] .pair").forEach((answer) => {
      const number = answer.parentElement.dataset.run, sample = task && task.answers[number] && task.answers[number].samples[0];
      if (sample && sample.passes) reels.set(answer, { name: data.runs[number].label, passes: sample.passes });
    });
    const player = playerOf(box, data.pictures);
    if (player) box.querySelector(".trio").after(player);
  });
  const asked = read();
  reach();
  update(false);
  if (asked) go(state.task);
})();
