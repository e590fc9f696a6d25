// [data-inline]: Enter keeps the text, Escape brings back the one that was there.
let before = "";
addEventListener("focusin", (e) => {
  if (e.target.matches?.("[data-inline]")) before = e.target.value;
});
addEventListener("keydown", (e) => {
  if (!e.target.matches?.("[data-inline]") || e.isComposing) return;
  if (e.key === "Escape") e.target.value = before;
  if (e.key === "Escape" || e.key === "Enter") e.target.blur();
});
adsvideo.retype = (field, text) => {
  if (field && document.activeElement !== field) field.value = text;
};
adsvideo.edit = (field) => {
  if (document.querySelector(".q-menu")) return setTimeout(() => adsvideo.edit(field), 30); // it gives the focus back when it closes
  field?.focus();
  field?.select();
};
