// The arrow keys in a group, [data-roving]: Tab reaches one of its [data-rove], the arrows the others.
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: "first", End: "last" };

addEventListener("keydown", (e) => {
  const step = STEPS[e.key];
  const inMenu = e.target.matches?.(".q-menu") && e.target.querySelector("[data-roving]"); // just opened
  const group = inMenu || e.target.closest?.("[data-roving]");
  if (!group || step === undefined || e.ctrlKey || e.metaKey || e.altKey) return;
  const items = $all("[data-rove]", group).filter((item) => item.offsetParent !== null);
  if (!items.length) return;
  const at = items.indexOf(document.activeElement);
  const marked = Math.max(0, items.findIndex((item) => item.getAttribute("tabindex") === "0"));
  const next = at < 0 ? marked : (at + step + items.length) % items.length;
  const to = step === "first" ? 0 : step === "last" ? items.length - 1 : next;
  e.preventDefault();
  items.forEach((item, i) => item.setAttribute("tabindex", i === to ? 0 : -1));
  items[to].focus();
  items[to].scrollIntoView({ block: "nearest", inline: "nearest", behavior: glide() });
  if (group.dataset.roving === "choose") items[to].click();
});

// In a group of which Tab reaches one, that is the chosen one, else the first. Gives the chosen one.
adsvideo.settle = (group) => {
  const items = $all("[data-rove]", group);
  const isChosen = (item) => ["checked", "pressed", "selected"].some((s) => item.getAttribute(`aria-${s}`) === "true");
  const chosen = items.find(isChosen);
  items.forEach((item) => item.setAttribute("tabindex", item === (chosen ?? items[0]) ? 0 : -1));
  return chosen;
};
addEventListener("focusout", (e) => {
  const group = e.target.closest?.("[data-roving]:not(.menu-list)");
  if (group && !group.contains(e.relatedTarget)) adsvideo.settle(group);
});

// [data-copy]: a button that copies the text of what it controls.
addEventListener("click", async (e) => {
  const copy = e.target.closest?.("[data-copy]");
  if (!copy) return;
  const field = document.getElementById(copy.getAttribute("aria-controls"));
  try {
    await navigator.clipboard.writeText(field.value ?? field.textContent);
  } catch {
    field.select ? field.select() : getSelection().selectAllChildren(field);
    document.execCommand("copy"); // http on another host has no navigator.clipboard
  }
  copy.dispatchEvent(new CustomEvent("copied"));
  if (!copy.dataset.copied || copy.textContent === copy.dataset.copied) return;
  const word = copy.textContent;
  copy.textContent = copy.dataset.copied;
  setTimeout(() => (copy.textContent = word), 2000);
});

// What is drawn anew between the two clicks of a double click may put another button under the pointer, which nobody has
// aimed at: "Try again", which costs, where "Cancel" was. The second click is for the button of the first one, or for none;
// and one that opens a dialog has done so.
let aimedAt = null;
addEventListener(
  "click",
  (e) => {
    const button = e.target.closest?.("button, a.button, [role=menuitem], [role=option]");
    if (e.detail < 2) aimedAt = button;
    const isAlike = (name) => button?.dataset[name] && button.dataset[name] === aimedAt?.dataset[name];
    const isSame = button === aimedAt || isAlike("do") || isAlike("field"); // drawn anew, and still what it was
    if (!button || e.detail < 2 || (isSame && button.getAttribute("aria-haspopup") !== "dialog")) return;
    e.preventDefault();
    e.stopImmediatePropagation();
  },
  true,
);
