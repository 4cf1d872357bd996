// The scrubber: one slider in network passes moves text and picture of all answers of a card. Where what was decided stays
// decided, the final answer is masked cell by cell and word by word; else frames are shown.
const reels = new WeakMap();
const element = (tag, name) => Object.assign(document.createElement(tag), { className: name || "" });
// What a reel shows after a number of passes, and the shares of text and picture that are decided then.
const masked = (reel, shot, words) => {
  const { all, grid, cells, words: passes } = reel.passes, space = "http://www.w3.org/2000/svg";
  const text = words && !words.classList.contains("none") ? words.textContent : "", pieces = text.match(/\S+\s*/g) || [];
  if (pieces.length !== passes.length) return null;
  const veil = document.createElementNS(space, "svg"), spans = pieces.map((piece, i) => {
    const span = element("span");
    span.textContent = piece;
    span.dataset.pass = passes[i];
    return span;
  });
  veil.setAttribute("viewBox", "0 0 " + grid[1] + " " + grid[0]);
  veil.setAttribute("class", "veil");
  veil.setAttribute("aria-hidden", "true");
  const rects = cells.map((pass, cell) => {
    const rect = document.createElementNS(space, "rect");
    Object.entries({ x: cell % grid[1], y: Math.floor(cell / grid[1]), width: 1, height: 1 }).forEach(([key, value]) => rect.setAttribute(key, value));
    rect.dataset.pass = pass;
    return rect;
  });
  veil.append(...rects);
  if (shot) shot.append(veil);
  const open = (one, at) => one.dataset.pass > 0 && one.dataset.pass <= at;
  const cover = (list, at) => list.filter((one) => { const known = open(one, at); one.classList.toggle("mask", !known); return known; }).length;
  return {
    end: all,
    show: (at) => {
      const done = at >= all;
      if (spans.length) words.replaceChildren(...(done ? [text] : spans));
      if (shot) shot.classList.toggle("running", !done);
      veil.toggleAttribute("hidden", done);
      return [[cover(spans, at), spans.length], [cover(rects, at), rects.length]];
    },
  };
};
const filmed = (reel, shot, words, pictures) => {
  const film = reel.film, last = film[film.length - 1], img = shot && shot.querySelector("img");
  // What stood there before a film is shown comes back at its end.
  const url = img && img.src, text = words && words.textContent;
  return {
    end: last.step,
    show: (at) => {
      const frame = film.filter((one) => one.step <= at).pop(), done = at >= last.step, entry = frame && pictures[frame.picture];
      if (shot) shot.classList.toggle("running", !done);
      if (img) img.src = done || !entry || !entry.url ? url : entry.url;
      if (img) img.classList.toggle("unseen", !frame && !done);
      if (words) words.textContent = done ? text : frame ? frame.text : "";
      const decided = frame ? frame.decided : [0, 0];
      return decided.map((now, i) => [now, last.decided[i]]);
    },
  };
};
const playerOf = (card, pictures) => {
  const parts = Array.from(card.querySelectorAll(".pair")).filter((box) => reels.has(box)).flatMap((box) => {
    const reel = reels.get(box), shot = box.querySelector(".shot"), words = box.querySelector(".thought");
    const part = reel.passes ? masked(reel, shot, words) : filmed(reel, shot, words, pictures);
    return part ? [{ name: reel.name, ...part }] : [];
  });
  if (!parts.length) return null;
  const end = Math.max(...parts.map((part) => part.end));
  const player = element("div", "player"), play = element("button"), slider = element("input"), out = element("output");
  play.type = "button";
  play.textContent = "Play";
  slider.type = "range";
  slider.min = "0";
  slider.max = String(end);
  slider.setAttribute("aria-label", "Network passes");
  const share = ([now, whole]) => whole ? Math.round(100 * now / whole) + " %" : "–";
  const show = (at) => {
    slider.value = String(at);
    const said = parts.map((part) => {
      const [text, cells] = part.show(at);
      return part.name + ": text " + share(text) + ", picture " + share(cells);
    });
    out.textContent = at + " of " + end + " passes. " + said.join("; ");
    slider.setAttribute("aria-valuetext", out.textContent);
  };
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = "Play"; };
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (Number(slider.value) >= end) show(0);
    play.textContent = "Pause";
    timer = setInterval(() => {
      // A card that was taken away plays no more.
      const next = Number(slider.value) + 1;
      if (!player.isConnected || next > end) { stop(); return; }
      show(next);
    }, 160);
  });
  show(end);
  player.append(play, slider, out);
  return player;
};
