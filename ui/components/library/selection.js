const shelf = () => document.querySelector("[data-selectable]");
const boxes = () => $all("input[data-select]", shelf() ?? document);
let lastBox = null;

function tellChosen() {
  const ids = boxes().filter((box) => box.checked).map((box) => Number(box.dataset.select));
  shelf()?.dispatchEvent(new CustomEvent("chosen", { detail: ids }));
}

// From the last box to this one all become what this one has become.
function chooseUpTo(box, range) {
  const all = boxes();
  const from = range ? all.indexOf(lastBox) : -1;
  const to = all.indexOf(box);
  if (from >= 0) for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
  lastBox = box;
  tellChosen();
}

function chooseAll(on) {
  boxes().forEach((box) => (box.checked = on));
  lastBox = null;
  tellChosen();
}

addEventListener("click", (e) => {
  const list = shelf();
  if (!list) return;
  const box = e.target.closest("input[data-select]");
  if (box) return chooseUpTo(box, e.shiftKey);
  const button = e.target.closest("[data-choose]");
  if (button?.dataset.choose === "all") return chooseAll(true);
  if (button?.dataset.choose === "begin") list.setAttribute("data-selecting", ""); // the next click may come before an answer
  const media = e.target.closest(".card-media");
  if (media && list.hasAttribute("data-selecting") && !e.ctrlKey && !e.metaKey) {
    e.preventDefault();
    const own = media.closest(".card").querySelector("input[data-select]");
    own.checked = !own.checked;
    chooseUpTo(own, e.shiftKey);
  }
});
addEventListener("keydown", (e) => {
  const list = shelf();
  if (!list?.hasAttribute("data-selecting") || document.querySelector(".q-menu, .q-dialog")) return;
  if (e.target.matches?.("input:not([data-select]), textarea, select")) return;
  if (e.key === "Escape") list.querySelector("[data-choose=leave]")?.click();
  if (e.key === "a" && (e.ctrlKey || e.metaKey)) {
    e.preventDefault();
    chooseAll(true);
  }
});

adsvideo.choose = chooseAll;
