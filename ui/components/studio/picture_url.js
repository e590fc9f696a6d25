// An address may be pasted anywhere but into a text.
addEventListener("paste", (e) => {
  const text = e.clipboardData?.getData("text/plain").trim() ?? "";
  const box = document.querySelector(".picture-url");
  if (e.defaultPrevented) return; // a picture was pasted, and is being uploaded
  if (!box || !/^https?:\/\/\S+$/.test(text) || e.target.closest?.("input, textarea, [contenteditable]")) return;
  e.preventDefault();
  box.querySelector("input").value = text;
  adsvideo.sendAddress(box);
});
addEventListener("keydown", (e) => {
  const box = e.key === "Escape" && e.target.closest?.(".picture-url");
  if (box) box.dispatchEvent(new CustomEvent("leave"));
});

// <ads-address>: the address that was given before the sign-in is fetched after it.
customElements.define(
  "ads-address",
  class extends HTMLElement {
    connectedCallback() {
      const address = sessionStorage.getItem("address");
      if (!address) return;
      sessionStorage.removeItem("address");
      setTimeout(() => {
        const box = document.querySelector(".picture-url");
        box.querySelector("input").value = address;
        adsvideo.sendAddress(box);
      });
    }
  },
);
