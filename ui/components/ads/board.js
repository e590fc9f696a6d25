// Cards of a storyboard are put elsewhere by dragging: tells of [from, to].
let dragged = null;
addEventListener("dragstart", (e) => {
  const card = e.target.closest?.("[data-sortable] > [data-key]");
  dragged = card ?? null;
  if (card) e.dataTransfer.effectAllowed = "move";
});
addEventListener("dragover", (e) => {
  if (dragged && e.target.closest?.("[data-sortable]") === dragged.parentElement) e.preventDefault();
});
addEventListener("drop", (e) => {
  const over = e.target.closest?.("[data-sortable] > [data-key]");
  if (!dragged || !over || over === dragged || over.parentElement !== dragged.parentElement) return;
  e.preventDefault();
  const detail = [Number(dragged.dataset.key), Number(over.dataset.key)];
  dragged.parentElement.dispatchEvent(new CustomEvent("reorder", { detail }));
  dragged = null;
});
