// The scrubber: one slider in network passes moves text and picture of all answers of a card.
const reels = new WeakMap();
const playerOf = (card, pictures) => {
  const boxes = Array.from(card.querySelectorAll(".pair")).filter((box) => reels.has(box));
  if (!boxes.length) return null;
  const make = (tag, name) => Object.assign(document.createElement(tag), { className: name || "" });
  const last = (film) => film[film.length - 1];
  const end = Math.max(...boxes.map((box) => last(reels.get(box).film).step));
  const player = make("div", "player"), play = make("button"), slider = make("input"), out = make("output");
  play.type = "button";
  play.textContent = "Play";
  slider.type = "range";
  slider.min = "0";
  slider.max = String(end);
  slider.value = String(end);
  slider.setAttribute("aria-label", "Network passes");
  // What stood there before a film is shown comes back at its end.
  const parts = boxes.map((box) => {
    const { name, film } = reels.get(box), img = box.querySelector(".shot img"), words = box.querySelector(".thought");
    const overlay = box.querySelector(".shot");
    return { name, film, img, words, overlay, url: img && img.src, text: words && words.textContent };
  });
  const share = (now, whole) => whole ? Math.round(100 * now / whole) + " %" : "–";
  const show = (at) => {
    slider.value = String(at);
    const said = parts.map((part) => {
      const frame = part.film.filter((one) => one.step <= at).pop(), whole = last(part.film).decided;
      const done = at >= last(part.film).step, entry = frame && pictures[frame.picture];
      if (part.overlay) part.overlay.classList.toggle("running", !done);
      if (part.img) part.img.src = done || !entry || !entry.url ? part.url : entry.url;
      if (part.img) part.img.classList.toggle("unseen", !frame && !done);
      if (part.words) part.words.textContent = done || !frame ? (done ? part.text : "") : frame.text;
      const [text, cells] = frame ? frame.decided : [0, 0];
      return part.name + ": text " + share(text, whole[0]) + ", picture " + share(cells, whole[1]);
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
