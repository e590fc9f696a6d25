// [data-address]: a field and a button; a click or Enter tells the server what address is in the field.
adsvideo.sendAddress = (box) => {
  const field = box.querySelector("input");
  const address = field.value.trim();
  if (box.hasAttribute("data-busy")) return;
  if (!address) field.focus();
  box.dispatchEvent(new CustomEvent("address", { detail: address }));
};

addEventListener("click", (e) => {
  const box = e.target.closest?.("[data-address] button")?.closest("[data-address]");
  if (box) adsvideo.sendAddress(box);
});
addEventListener("keydown", (e) => {
  const box = e.key === "Enter" && !e.isComposing && e.target.matches?.("input") && e.target.closest("[data-address]");
  if (box) adsvideo.sendAddress(box);
});
