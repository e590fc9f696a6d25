// <ads-draft draft="{...}" key="ad">: what was put into the form survives a reload and the way to the sign-in and back. The
// prompt is kept as it is typed: while the server is away nobody else knows it.
customElements.define(
  "ads-draft",
  class extends HTMLElement {
    static observedAttributes = ["draft"];
    connectedCallback() {
      const kept = sessionStorage.getItem(this.getAttribute("key") ?? "draft");
      if (kept) setTimeout(() => this.dispatchEvent(new CustomEvent("restore", { detail: kept })));
      if (this.hasAttribute("key")) return;
      this.parentElement.addEventListener("input", ({ target }) => {
        const known = sessionStorage.getItem("draft") ?? this.getAttribute("draft");
        if (target.matches(".text-area")) sessionStorage.setItem("draft", JSON.stringify({ ...JSON.parse(known), prompt: target.value }));
      });
    }
    attributeChangedCallback(_name, before, value) {
      if (before !== null && value) sessionStorage.setItem(this.getAttribute("key") ?? "draft", value);
    }
  },
);
